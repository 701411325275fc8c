"""Families of task definitions at the left, the revisions of one at the right, a preview beside.

The verbs apply to the revision under the right cursor: the newest one unless one has looked for
another. It shows and asks; the editor and the control plane do the rest.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from ecstui.base.ids import short_name
from ecstui.model.enums import ServiceStatus, TaskDefinitionStatus
from ecstui.model.requests.definitions import DescribeTaskDefinitionRequest
from ecstui.model.task_definition import TaskDefinition, TaskDefinitionRecord
from ecstui.store.kinds import SERVICES, TASK_DEFINITIONS
from ecstui.ui import definition_verbs, routes
from ecstui.ui.columns import task_definitions as columns
from ecstui.ui.columns.task_definitions import FamilyRow, RevisionRow
from ecstui.ui.described import Described, described_by
from ecstui.ui.documents import json_text, registrable
from ecstui.ui.live import LiveTable
from ecstui.ui.presence import is_open
from ecstui.ui.screens.list_screen import LIST_COMMANDS, ListScreen
from ecstui.ui.screens.panel import Panel
from ecstui.ui.screens.reader import Reader
from ecstui.ui.table import Column
from ecstui.ui.text import clean, plural
from ecstui.ui.widgets.span_lines import SpanLines


class TaskDefinitionsScreen(ListScreen[FamilyRow]):
    """Families, revisions, and what is in a revision."""

    DEFAULT_CSS = """
    TaskDefinitionsScreen {
        #panes { layout: horizontal; }
        #right { width: 2fr; height: 1fr; layout: vertical; }
        #list { width: 3fr; }
        #revisions { height: 11; }
        #preview { height: 1fr; }
        #summary-panel { height: 6; display: none; }
        &.-narrow #body, &.-tiny #body { layout: vertical; }
        &.-narrow #right { width: 26; }
        &.-narrow #revisions { height: 1fr; }
        &.-narrow #preview { display: none; }
        &.-narrow #summary-panel { display: block; }
        &.-tiny #right, &.-flat #right { width: 22; }
        &.-tiny #revisions { height: 1fr; }
        &.-tiny #preview, &.-tiny #summary-panel, &.-flat #summary-panel { display: none; }
        &.-plain #summary-panel, &.-plain #preview { display: none; }
        &.-plain #revisions { height: 1fr; }
        &.-plain #right { width: 30; }
        #summary { height: 1fr; padding: 0 1; }
    }
    """
    title_text = "Task definitions"
    noun = "task definition"
    kinds = columns.KINDS
    sort = "family"
    empty_text = "No task definitions.\nn writes one"
    commands: ClassVar[tuple[str, ...]] = (
        *LIST_COMMANDS,
        "list.new",
        "list.edit",
        "list.delete",
        "list.describe",
        "list.json",
        "task_definitions.deploy",
        "task_definitions.run",
        "task_definitions.diff",
        "task_definitions.inactive",
    )
    row_commands = frozenset(commands) - {*LIST_COMMANDS, "list.new", "task_definitions.inactive"}

    def __init__(self, name: str = "") -> None:
        """With the cursor on `name`: a family, `family:revision`, or the ARN of a revision."""
        super().__init__()
        self.with_inactive = False
        self._wanted = short_name(name)
        self.revisions: LiveTable[str, RevisionRow] = LiveTable(
            columns.REVISION_COLUMNS, self._time, sort="revision", empty_text="No revision."
        )
        self._shown_arn = ""

    def breadcrumb(self) -> str:
        """The name of the level, with what was asked for."""
        wanted = clean(self._wanted)
        return f"{self.title_text} {wanted}".strip()

    def compose_body(self) -> ComposeResult:
        """Families; revisions above the preview; below them where the terminal is narrow."""
        with Vertical(id="panes"):
            yield from self.compose_list()
            with Vertical(id="right"):
                with Panel(title="Revisions", id="revisions"):
                    yield self.revisions
                with Panel(title="Preview", id="preview"):
                    yield Reader()
        with Panel(id="summary-panel"):
            yield SpanLines(id="summary")

    def on_mount(self) -> None:
        """Put the cursor where it was wanted."""
        super().on_mount()
        if self._wanted:
            self.table.resync(self.rows())
            family, _, revision = self._wanted.partition(":")
            self.table.move_to_key(family)
            self._show_revisions()
            for arn, row in self.revisions.model.rows.items():
                if str(row.definition.revision) == revision:
                    self.revisions.move_to_key(arn)
            if revision:
                self.revisions.focus()

    # ---------------------------------------------------------------- data

    def columns(self) -> Sequence[Column[FamilyRow]]:
        """Most important first, where the terminal is narrow."""
        return columns.FAMILY_COLUMNS

    def rows(self) -> Mapping[str, FamilyRow]:
        """Families with ACTIVE revisions, or all of them."""
        return columns.family_rows(self.view, with_inactive=self.with_inactive)

    def name_of(self, row: FamilyRow) -> str:
        """Its name."""
        return row.name

    def search_text(self, row: FamilyRow) -> str:
        """Family, services, images."""
        return columns.search_text(row)

    def is_problem(self, row: FamilyRow) -> bool:
        """A family of which nothing can be started any more."""
        return row.newest.status is not TaskDefinitionStatus.ACTIVE

    def title_words(self) -> tuple[str, str]:
        """How many families."""
        return self.title_text, self.table.summary

    def state_words(self) -> Sequence[str]:
        """Whether inactive revisions are shown."""
        return ("with inactive",) if self.with_inactive else ("active only",)

    def refresh_data(self, kinds: frozenset[str]) -> None:
        """Families, and the revisions of the one under the cursor."""
        super().refresh_data(kinds)
        if is_open(self) and kinds & self.kinds:
            self._show_revisions()

    def on_row_changed(self) -> None:
        """Another family, or another revision."""
        self._show_revisions()

    def _show_revisions(self) -> None:
        row = self.table.cursor_row
        family = "" if row is None else row.newest.family
        rows = columns.revision_rows(self.view, family, with_inactive=self.with_inactive)
        if not rows.keys() & self.revisions.model.rows.keys():
            self.revisions.move_to(0)
        self.revisions.resync(rows)
        self.revisions.flush(at_once=True)
        self.query_one("#revisions", Panel).set_title(
            clean(family) or "Revisions", self.revisions.summary
        )
        self.refresh_inspector()

    def subject_of(self, command_id: str) -> str:
        """The revision under the right cursor; those that are marked are deleted together."""
        row, marks = self.revision, self.revisions.model.marked()
        if command_id == "list.delete" and len(marks) > 1:
            return plural(len(marks), "marked revision")
        return "" if row is None else clean(row.definition.family_revision)

    @property
    def revision(self) -> RevisionRow | None:
        """The revision that verbs apply to."""
        return self.revisions.cursor_row

    def refresh_inspector(self) -> None:
        """Show the revision under the right cursor."""
        if not is_open(self):
            return
        row = self.revision
        preview, below = self.query_one("#preview", Panel), self.query_one("#summary-panel", Panel)
        if row is None:
            self._show_text("", "")
            below.set_title("", "")
            self.query_one("#summary", SpanLines).update([])
            return
        name = clean(row.definition.family_revision)
        if below.display:
            lines = self.query_one("#summary", SpanLines)
            width, height = max(20, lines.content_size.width), max(2, lines.content_size.height)
            below.set_title(name, "y JSON · i hide")
            lines.update(columns.summary(row, width, height))
        if preview.display:
            preview.set_title(name, "y whole screen")
            self._show_text(row.definition.task_definition_arn, row.definition.status.value)

    def _show_text(self, arn: str, status: str) -> None:
        if f"{arn} {status}" == self._shown_arn:
            return
        self._shown_arn = f"{arn} {status}"
        row = self.revision
        text = "" if row is None else json_text(registrable(row.definition))
        self.query_one(Reader).show(text, is_json=True)

    @on(LiveTable.StateChanged)
    def refresh_titles(self) -> None:
        """Counts of both tables."""
        super().refresh_titles()
        row = self.table.cursor_row
        title = "Revisions" if row is None else row.name
        self.query_one("#revisions", Panel).set_title(title, self.revisions.summary)

    @on(LiveTable.Opened)
    def _opened(self, event: LiveTable.Opened) -> None:
        if event.table is self.revisions:
            self.action_json()

    def open_row(self, key: str) -> None:
        """On a family: to its revisions."""
        self.revisions.focus()

    def action_back(self) -> None:
        """From the revisions back to the families, then as everywhere."""
        if self.revisions.clear_marks():
            return
        if not self.table.has_focus and self.focused is not self.query_one("#filter"):
            self.table.focus()
            return
        super().action_back()

    def copies(self) -> Sequence[tuple[str, str]]:
        """`family:revision`, ARN, JSON, command."""
        row = self.revision
        if row is None:
            return ()
        name = row.definition.family_revision
        return (
            ("name", name),
            ("ARN", row.definition.task_definition_arn),
            ("JSON", json_text(registrable(row.definition))),
            ("AWS CLI command", f"aws ecs describe-task-definition --task-definition {name}"),
        )

    # ---------------------------------------------------------------- verbs

    def action_new(self) -> None:
        """Write a new family."""
        routes.open_editor(self.shell)

    def action_edit(self) -> None:
        """Write a new revision of the family."""
        row = self.revision
        if row is not None:
            routes.open_editor(self.shell, row.definition.family_revision)

    def action_diff(self) -> None:
        """Compare two marked revisions, or the one under the right cursor with the one before."""
        row = self.revision
        if row is None:
            return
        marks = self.revisions.model.marked()
        if len(marks) > 2:
            self.shell.say("Mark two revisions, or none.", "warning")
            return
        model = self.revisions.model
        if len(marks) == 2:
            pair = [model.rows[arn].definition for arn in marks]
        else:
            other = model.rows[marks[0]].definition if marks else self._before(row.definition)
            pair = [row.definition] if other is None else [row.definition, other]
        if len({definition.revision for definition in pair}) < 2:
            self.shell.say("There is no other revision to compare with.", "warning")
            return
        old, new = sorted(pair, key=lambda definition: definition.revision)
        routes.open_diff(self.shell, old.task_definition_arn, new.task_definition_arn)

    def _before(self, definition: TaskDefinitionRecord) -> TaskDefinitionRecord | None:
        older = [
            other
            for other in self.view.by(TASK_DEFINITIONS, "family", definition.family)
            if other.revision < definition.revision
        ]
        return max(older, key=lambda other: other.revision, default=None)

    def action_run(self) -> None:
        """Run tasks of the revision."""
        row = self.revision
        if row is not None:
            routes.run_task(self.shell, row.definition.family_revision)

    def action_deploy(self) -> None:
        """Bring the revision to a service, or make a service of it."""
        row = self.revision
        if row is None:
            return
        services = [
            service
            for service in self.view.by(SERVICES, "cluster", self.cluster)
            if service.status is ServiceStatus.ACTIVE
        ]
        definition_verbs.deploy(self, row.definition, services)

    def action_delete(self) -> None:
        """Deregister the marked revisions, or the one under the right cursor."""
        found = [self.view.get(TASK_DEFINITIONS, arn) for arn in self.revisions.selection]
        definition_verbs.deregister(self, [record for record in found if record is not None])

    def action_inactive(self) -> None:
        """Show or hide revisions that were deregistered."""
        self.with_inactive = not self.with_inactive
        self.refresh_data(self.kinds)
        self.refresh_titles()

    def described(self) -> Described | None:
        """What the API tells of it."""
        row = self.revision
        if row is None:
            return None
        return described_by(
            clean(row.definition.family_revision),
            DescribeTaskDefinitionRequest(task_definition=row.definition.task_definition_arn),
            lambda answer: TaskDefinition.to_wire(answer.task_definition),
        )
