"""The editor for a new revision of a task definition: a form and JSON, checked as one types.

The text is the document; the form shows it and changes it. It begins as a revision that is there,
or as a small template. What is typed is kept as a draft from
key to key, so a killed terminal takes nothing; a registered revision is never changed, and two
sessions have drafts of their own. It must never leave a text behind without asking.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll

from ecstui.base.errors import EcsError
from ecstui.base.ids import short_name
from ecstui.model.task_definition import TaskDefinition, TaskDefinitionRecord
from ecstui.store.kinds import FAMILIES, TASK_DEFINITIONS
from ecstui.ui import editor_words
from ecstui.ui.columns.cells import since
from ecstui.ui.drafts import Draft, DraftFolder, OpenDraft
from ecstui.ui.editor_file import is_compose, read_compose, read_import
from ecstui.ui.editor_text import (
    TEMPLATE_FAMILY,
    Checked,
    as_definition,
    checked,
    imported_text,
    refusal,
    revision_text,
    template_text,
)
from ecstui.ui.glyphs import RUNNING, WARNING
from ecstui.ui.hangup import before_hangup
from ecstui.ui.json_text import JsonMap, Problem, changed_lines, visible
from ecstui.ui.modals.leave_editor import Leave, LeaveEditorModal
from ecstui.ui.modals.register import RegisterModal
from ecstui.ui.presence import is_open, when_drawn
from ecstui.ui.revision_diff import Comparison, compare, summary
from ecstui.ui.revisions import definition_named, newest_of, next_revision
from ecstui.ui.screens import editor_acts
from ecstui.ui.screens.ask import AskModal
from ecstui.ui.screens.choose import ChooseModal
from ecstui.ui.screens.diff import Side
from ecstui.ui.screens.dry_run import DryRunModal
from ecstui.ui.screens.editor_panes import EditorPanes
from ecstui.ui.screens.frame import KeyBar
from ecstui.ui.screens.panel import Panel
from ecstui.ui.screens.service_parts import FluidLines
from ecstui.ui.spans import Line, line
from ecstui.ui.table import Span
from ecstui.ui.text import clean, clock, plural
from ecstui.ui.widgets.form_pane import FormPane
from ecstui.ui.widgets.json_editor import JsonEditor

_DEFINITION_KINDS = frozenset({TASK_DEFINITIONS.name, FAMILIES.name})


class EditorScreen(EditorPanes):
    """Edits one text and registers it."""

    DEFAULT_CSS = """
    EditorScreen {
        #panes { height: 1fr; }
        #editor, #form { width: 1fr; }
        &.-layout-form #editor, &.-layout-json #form, &.-layout-split #about { display: none; }
        #about { width: 40; padding: 0 1; }
        #about VerticalScroll { scrollbar-size-vertical: 1; }
        #status { height: 1; padding: 0 1; }
        &.-narrow #about, &.-tiny #about { display: none; }
        &.-wide #about { width: 52; }
        &.-short JsonEditor OptionList { max-height: 5; }
        &.-flat JsonEditor OptionList { max-height: 3; }
    }
    """
    title_text = "Editor"
    commands: ClassVar[tuple[str, ...]] = (
        "editor.register", "editor.layout", "editor.fix", "editor.diff", "editor.dry_run",
        "editor.outside", "editor.import_file", "editor.close", "editor.undo", "editor.redo",
        "editor.meaning",
    )  # fmt: skip

    def __init__(self, name: str | None = None) -> None:
        """`name`: a family, `family:revision` or an ARN to begin from; None for a new family."""
        super().__init__()
        self._opened_as = short_name(name) if name else ""
        self._family = self._opened_as.partition(":")[0]
        self._base: TaskDefinitionRecord | None = None
        self._base_text = ""
        self._checked = Checked(None, ())
        self._definition: TaskDefinition | None = None
        self._revision_at_first = 0
        self._folder: DraftFolder | None = None
        self._draft: OpenDraft | None = None
        self._draft_words = ""
        self._is_draft_kept = False
        self._room: editor_words.RoomWords | None = None
        self._changes: Comparison | None = None
        self._forget_hangup = _nothing
        self._is_done = False
        self._made: TaskDefinition | None = None
        """What was registered, until the editor is left for it."""

    # ---------------------------------------------------------------- parts

    def compose_body(self) -> ComposeResult:
        """The text; beside it what it is about, where there is room; below it how it stands."""
        self._base = definition_named(self.view, self._opened_as) if self._opened_as else None
        if self._base is None and self._family:
            self._base = newest_of(self.view, self._family)
        self._base_text = self._first_text()
        self._revision_at_first = next_revision(self.view, self._family)
        editor = JsonEditor(
            self._base_text,
            validate=self._validate,
            save_draft=self._save_draft,
            base_text=None if self._base is None else self._base_text,
        )
        editor.area.with_messages = True
        with Horizontal(id="panes"):
            with Panel(id="form"):
                yield FormPane(self._suggest, self._apply_edit)
            with Panel(id="editor"):
                yield editor
            with Panel(id="about"), VerticalScroll(can_focus=False):
                yield FluidLines(id="here")
                yield FluidLines(id="change")
        yield FluidLines(id="status")

    def _first_text(self) -> str:
        if self._base is not None:
            return revision_text(self._base)
        text = template_text()
        return text.replace(TEMPLATE_FAMILY, self._family, 1) if self._family else text

    def on_mount(self) -> None:
        """Offer the drafts that were lost, and keep one of this session's own."""
        self._forget_hangup = before_hangup(self._save_on_hangup)
        self.show_layout(self._layout)
        self._select_family()
        folder = self.shell.drafts
        if folder is not None:
            self._folder = DraftFolder(folder)
            lost = self._folder.lost(self._family)
            self._draft = self._folder.open(self._family, self._base_name)
            if lost:
                self._offer(lost)
        self.query_one("#about", Panel).set_title("About")
        self._show_words()

    def _select_family(self) -> None:
        """In a template the family's name is what one types first."""
        if self._base is not None:
            return
        (row, column, length), _ = JsonMap(self.editor.text).locate(("family",))
        area = self.editor.area
        area.selection = area.selection.__class__((row - 1, column), (row - 1, column + length - 2))

    def on_unmount(self) -> None:
        """Leave the draft, if there is one, to the next who edits the family."""
        self._forget_hangup()
        if self._draft is not None:
            self._draft.close()
        if self._is_draft_kept and not self._is_done:
            self.shell.say(f"a draft of {clean(self._family) or 'the new family'} is kept")

    @property
    def _base_name(self) -> str:
        return "" if self._base is None else self._base.family_revision

    def breadcrumb(self) -> str:
        """What it will be."""
        name = editor_words.new_name(self.view, self._checked.request, self._family)
        return f"{name} from {clean(self._base_name)}" if self._base else f"{name} new"

    def refresh_keys(self) -> None:
        """A question mark is a character here: help is on F1."""
        if is_open(self) and self.is_current:
            keys = [key for key in self.live_keys() if key.command.shown]
            more = replace(self.shell.registry["global.help"], key="f1")
            self.query_one(KeyBar).show_keys(keys, more)

    # ---------------------------------------------------------------- checking

    def _validate(self, text: str) -> Sequence[Problem]:
        self._checked = checked(text)
        request = self._checked.request
        self._definition = None
        if request is not None and not any(p.severity == "error" for p in self._checked.problems):
            self._definition = as_definition(request, next_revision(self.view, request.family))
        return self._checked.problems

    @on(JsonEditor.Edited)
    def _show_state(self) -> None:
        """What every key may change."""
        name = editor_words.new_name(self.view, self._checked.request, self._family)
        self._show_form_title()
        state = f"{RUNNING} edited" if self._is_edited else "unchanged"
        from_base = f" from {clean(self._base_name)}" if self._base else ""
        self.query_one("#editor", Panel).set_title(f"{name}{from_base}", state)

    @on(JsonEditor.Checked)
    def _show_words(self) -> None:
        """What can be said only of a text that was checked: not from key to key."""
        now = self._definition
        self._room = editor_words.room_words(self.view, self.cluster, now) if now else None
        self._changes = compare(self._base_text, self.editor.text) if self._base else None
        self._show_state()
        self._show_form()
        self._show_status()
        self._show_place()
        self.query_one("#change", FluidLines).show(self._about)
        self.refresh_crumbs()

    def refresh_data(self, kinds: frozenset[str]) -> None:
        """Another revision may have been registered meanwhile."""
        if is_open(self) and kinds & _DEFINITION_KINDS:
            self._show_words()

    @property
    def _is_edited(self) -> bool:
        return self.editor.text != self._base_text

    def _show_status(self) -> None:
        # The last draft is saved while the screen is taken apart: the line may be gone by then.
        for status in self.query("#status").results(FluidLines):
            status.show(self._status)

    def _status(self, width: int) -> Sequence[Line]:
        notice = self._notice()
        parts: list[tuple[Line, int]] = [
            (line(Span(f"{WARNING} {notice}", "status.warning")) if notice else (), 0),
            (editor_words.problem_words(self.editor.summary), 1),
        ]
        if self._changes is not None:
            base = Span(f"beside {clean(self._base_name)} ", "muted")
            parts.append(((base, *summary(self._changes)), 2))
        if self._draft_words:
            parts.append((line(Span(self._draft_words, "muted")), 3))
        if self._room is not None:
            parts.append((self._room.words, 4))
        return [editor_words.status_line(parts, width)]

    def _notice(self) -> str:
        """What another session did or does."""
        newer = next_revision(self.view, self._family) if self._family else 0
        if self._family and newer > self._revision_at_first:
            newest = newest_of(self.view, self._family)
            if newest is not None:
                return f"{clean(newest.family_revision)} was registered meanwhile"
        if self._folder is not None and self._folder.is_edited_elsewhere(self._family, self._draft):
            return f"another session edits {clean(self._family) or 'a new family'} too"
        return ""

    def _about(self, width: int) -> Sequence[Line]:
        base, now = self._base, self._definition
        against = f"beside {clean(base.family_revision)}" if base is not None else "change"
        room = self._room
        return [
            *editor_words.titled(against, editor_words.change_lines(base, now, width)),
            *editor_words.titled("room", editor_words.room_lines(room, width) if room else ()),
        ]

    # ---------------------------------------------------------------- drafts

    def _save_draft(self, text: str) -> None:
        if self._draft is None or self._is_done:
            return
        if text == self._base_text:
            self._draft.discard()
            self._is_draft_kept, self._draft_words = False, ""
        else:
            now = self.shell.now()
            problem = self._draft.save(text, now)
            self._is_draft_kept = not problem
            self._draft_words = f"draft not kept: {problem}" if problem else f"draft {clock(now)}"
        self._show_status()

    def _save_on_hangup(self) -> None:
        if self._draft is not None and self._is_edited:
            self._draft.save(self.editor.text, self.shell.now())

    def _offer(self, lost: Sequence[Draft]) -> None:
        """Ask which of the drafts to go on with; those that are not taken stay."""
        choices = []
        for draft in lost:
            changes = len(changed_lines(self._base_text.split("\n"), draft.text.split("\n")))
            base = f"from {clean(draft.base)}, " if draft.base else ""
            begun = clean(self._base_name) or "the template"
            words = f"{base}{plural(changes, 'line')} not as in {begun}"
            choices.append((f"{since(draft.saved_at, self.shell.now())} ago", words))
        choices.append(("none", f"begin with {clean(self._base_name) or 'the template'}"))

        def chosen(index: int | None) -> None:
            if index is not None and index < len(lost):
                self._take(lost[index])

        title = f"A draft of {clean(self._family) or 'a new family'} was kept"
        self.app.push_screen(ChooseModal(title, choices), chosen)

    def _take(self, draft: Draft) -> None:
        if not is_open(self):
            return
        self.editor.text = visible(draft.text)
        self.editor.save_draft_now()
        if self._is_draft_kept and self._folder is not None:
            self._folder.remove(draft)
        self.shell.say(f"took up the draft of {clock(draft.saved_at)}")

    # ---------------------------------------------------------------- leaving

    def action_close(self) -> None:
        """Leave, after a question where something would be lost."""
        self.form.apply(is_last=True)
        if not self._is_edited:
            self._leave()
            return

        def answered(answer: Leave | None) -> None:
            if answer == "keep":
                self.shell.go_back()
            elif answer == "discard":
                self._leave()

        self.editor.save_draft_now()
        name = editor_words.new_name(self.view, self._checked.request, self._family)
        self.app.push_screen(LeaveEditorModal(name, is_kept=self._is_draft_kept), answered)

    def _leave(self) -> None:
        """Leave without a draft."""
        self._is_done = True
        if self._draft is not None:
            self._draft.discard()
        self.shell.go_back()

    def action_back(self) -> None:
        """As esc."""
        self.action_close()

    def action_leave(self) -> None:
        """As esc."""
        self.action_close()

    # ---------------------------------------------------------------- commands

    def action_diff(self) -> None:
        """Show what differs from the revision that it began as, or from another one."""
        new, request = self._draft_side(), self._checked.request
        family = request.family if request is not None else self._family
        editor_acts.choose_diff(self, new, self._base, family)

    def action_meaning(self) -> None:
        """Show in words what the draft changes in the revision that it began as."""
        if self._base is None:
            self.shell.say("It began as no revision: F2 compares it with any.", "warning")
        else:
            editor_acts.show_diff(self, self._base, self._draft_side(), mode="meaning")

    def _draft_side(self) -> Side:
        self.form.apply()
        self.editor.check_now()
        name = editor_words.new_name(self.view, self._checked.request, self._family)
        return Side(name, self.editor.text, self._definition, "not registered")

    def action_dry_run(self) -> None:
        """Show where a task could go now, and what is not done here as on AWS."""
        self.form.apply()
        self.editor.check_now()
        if self._definition is None:
            self.shell.say(f"Not yet: {self.editor.summary}. F8 goes to the next.", "warning")
            return
        self.app.push_screen(DryRunModal(self.view, self.cluster, self._definition))

    def action_outside(self) -> None:
        """Edit the text in $EDITOR; what is saved comes back, also when it is wrong."""
        self.form.apply()
        found = editor_acts.run_outside(self.app, self.editor.text)
        if found.problem:
            self.shell.say(clean(found.problem), "warning")
        elif visible(found.text).rstrip("\n") != self.editor.text.rstrip("\n"):
            self._take_text(visible(found.text).rstrip("\n"))
            self.shell.say("took over what was saved; ^z takes it back")

    def _take_text(self, text: str) -> None:
        """Another text in the place of this one, as one step."""
        area = self.editor.area
        area.replace(text, (0, 0), area.document.end)
        area.move_cursor((0, 0))
        self.editor.check_now()
        self.editor.save_draft_now()
        self.show_what_is_wrong()

    def action_import_file(self) -> None:
        """Take the text of a file, or what a docker-compose file would be."""

        async def submit(path: str) -> str:
            if not is_open(self):
                return "The editor is closed."
            if is_compose(path):
                return self._import_compose(path)
            text, problem = read_import(path)
            if problem:
                return problem
            self._take_text(imported_text(text, self._family))
            self.shell.say(f"imported {clean(path)}; ^z takes it back")
            return ""

        self.app.push_screen(AskModal("Import JSON or docker-compose.yml", "File", submit))

    def _import_compose(self, path: str) -> str:
        found = read_compose(path, self._family)
        if found.problem:
            return found.problem
        self._take_text(visible(json.dumps(found.document, indent=2, ensure_ascii=False)))
        self.shell.say(f"imported {clean(path)}; ^z takes it back")
        if found.notes:
            notes = [str(note) for note in found.notes]
            when_drawn(self, lambda: editor_acts.show_notes(self, notes))
        return ""

    def action_register(self) -> None:
        """Show what it changes, ask, and register it."""
        if not self.form.apply(is_last=True):
            return
        self.editor.check_now()
        request = self._checked.request
        if request is None or not self.editor.is_valid:
            self.editor.action_next_problem()
            self.shell.say(f"Not yet: {self.editor.summary}. F8 goes to the next.", "warning")
            return
        warnings = sum(problem.severity == "warning" for problem in self.editor.problems)
        effects = editor_words.register_effects(self.view, request, self._base_name, warnings)
        name = editor_words.new_name(self.view, request, self._family)
        command = f"aws ecs register-task-definition --cli-input-json file://{request.family}.json"

        def answered(yes: bool | None) -> None:
            if yes:
                self.submit(request, done=lambda a: self._registered(a.task_definition),
                            on_error=self._refused)  # fmt: skip

        self.app.push_screen(RegisterModal(name, effects, clean(command)), answered)

    def _refused(self, error: EcsError) -> None:
        """Show the refusal at the member that caused it."""
        words = f"{error.code}: {clean(error.message)}"
        self.shell.say(words, "error")
        if not is_open(self):
            return
        self.editor.show_problems([refusal(error.field or "", words, self.editor.text)])
        self.editor.action_next_problem()

    def _registered(self, definition: TaskDefinition) -> None:
        """Say so, and leave the editor when nothing is above it."""
        self.shell.say(f"registered {clean(definition.family_revision)}")
        self._is_done = True
        if self._draft is not None:
            self._draft.discard()
        self._made = definition
        self._go_on()

    def on_screen_resume(self) -> None:
        """A box above it is gone, and the answer may have come meanwhile."""
        super().on_screen_resume()
        self._go_on()

    def _go_on(self) -> None:
        """Leave the editor once its revision is made, and ask what to do with that."""
        # Textual's `is_current` is also true of what is seen below a box.
        if self._made is not None and self.app.screen is self:
            shell, made, self._made = self.shell, self._made, None
            shell.go_back()
            editor_acts.offer_next(shell, made)


def _nothing() -> None:
    """There is nothing to take back yet."""
