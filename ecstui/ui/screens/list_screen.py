"""ListScreen: a live table, a line to filter it, and an inspector that follows the cursor.

Subclasses say which rows there are, what the inspector tells of one, and what their verbs do. The
screen itself never knows what a row is.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from ecstui.ui import routes
from ecstui.ui.changed import Changed
from ecstui.ui.live import LiveTable
from ecstui.ui.presence import is_closing, is_open, when_drawn
from ecstui.ui.screens.base import GO_COMMANDS, EcsScreen
from ecstui.ui.screens.panel import Panel
from ecstui.ui.spans import Line, joined, line
from ecstui.ui.table import Column, Span
from ecstui.ui.text import clean, plural, stamp
from ecstui.ui.widgets.keys_in_order import OrderedInput
from ecstui.ui.widgets.span_lines import SpanLines

if TYPE_CHECKING:
    from ecstui.ui.app import EcsTui

R = TypeVar("R")

LIST_COMMANDS = (
    "list.filter",
    "list.problems",
    "list.inspector",
    "list.save",
    "list.wide",
    "list.pan_left",
    "list.pan_right",
    *GO_COMMANDS,
)
"""What every list has."""


class FilterInput(OrderedInput):
    """The line that takes the filter; enter goes back to the rows, esc takes the filter away."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "no filter"),
        Binding("enter,down", "rows", "to the rows", priority=True),
    ]

    def _list(self) -> "ListScreen[object]":
        screen = self.screen
        assert isinstance(screen, ListScreen)
        return screen

    def action_close(self) -> None:
        """Take the filter away."""
        self._list().end_filter()

    def action_rows(self) -> None:
        """Back to the rows; the filter stays."""
        self._list().leave_filter()


class ListScreen(EcsScreen, Generic[R]):
    """A list of rows by keys that are ARNs or names."""

    DEFAULT_CSS = """
    ListScreen {
        #list { height: 1fr; }
        #inspector { height: 9; }
        #filter { height: 1; display: none; background: $panel; border: none; padding: 0 1; }
        &.-filtering #filter { display: block; }
        &.-short #inspector { height: 6; }
        &.-plain #inspector, &.-tiny #inspector, &.-flat #inspector { display: none; }
        #inspector SpanLines { height: 1fr; padding: 0 1; }
        &.-wide.-short #panes { layout: horizontal; }
        &.-wide.-short #inspector { width: 56; height: 1fr; }
        &.-offline LiveTable, &.-offline #inspector SpanLines { text-opacity: 55%; }
    }
    """
    kinds: ClassVar[frozenset[str]] = frozenset()
    """Names of the kinds that the rows are made from."""
    noun: ClassVar[str] = "row"
    many_commands: ClassVar[frozenset[str]] = frozenset()
    """Ids of those `row_commands` that take every marked row; the others take the cursor's."""
    sort: ClassVar[str] = ""
    empty_text: ClassVar[str] = "Nothing here."
    follow_top: ClassVar[bool] = False
    table_type: ClassVar[type[LiveTable[str, R]]] = LiveTable

    def __init__(self) -> None:
        """With the filter empty and the inspector open."""
        super().__init__()
        self.only_problems = False
        self._grouped = ""
        self._is_inspection_due = False
        self.table: LiveTable[str, R] = self.table_type(
            self.columns(),
            self._time,
            search=self.search_text,
            sort=self.sort,
            empty_text=self.empty_text,
            follow_top=self.follow_top,
        )

    def _time(self) -> float:
        return self.shell.now()

    # ---------------------------------------------------------------- what subclasses say

    @abstractmethod
    def columns(self) -> Sequence[Column[R]]:
        """The columns of the table."""

    @abstractmethod
    def rows(self) -> Mapping[str, R]:
        """All rows by key, from the view."""

    def changed_rows(self, changed: Changed) -> Mapping[str, R | None] | None:
        """Rows of records that changed, None for those that are gone; None: look at all rows."""
        return None

    @abstractmethod
    def search_text(self, row: R) -> str:
        """What the filter looks in."""

    @abstractmethod
    def name_of(self, row: R) -> str:
        """The name of a row, for sentences."""

    def is_problem(self, row: R) -> bool:
        """Whether `!` shows the row."""
        return True

    def is_kept(self, row: R) -> bool:
        """Whether the row is shown where nothing else hides it."""
        return True

    def inspect(self, row: R, width: int, height: int) -> tuple[str, Sequence[Line]]:
        """What the inspector tells of a row: its title, and lines of `width` cells."""
        return "", ()

    def title_words(self) -> tuple[str, str]:
        """Title of the list, and what stands beside it."""
        return self.title_text, self.table.summary

    def subtitle_words(self) -> str:
        """What stands in the lower border of the list."""
        return f"sort {self.table.sort_summary}" if self.table.sort_summary else ""

    def state_words(self) -> Sequence[str]:
        """More of what the view hides, beside filter and problems."""
        return ()

    # ---------------------------------------------------------------- parts

    def compose_body(self) -> ComposeResult:
        """The list with its filter, and the inspector."""
        with Vertical(id="panes"):
            yield from self.compose_list()
            yield from self.compose_inspector()

    def compose_list(self) -> ComposeResult:
        """The list with its filter."""
        with Panel(title=self.title_text, id="list"):
            yield self.table
            yield FilterInput(
                placeholder="words, !without", id="filter", select_on_focus=True, compact=True
            )

    def compose_inspector(self) -> ComposeResult:
        """The inspector."""
        with Panel(id="inspector"):
            yield SpanLines(id="facts")

    def on_mount(self) -> None:
        """The rows first."""
        super().on_mount()
        self._keep()
        self.table.focus()

    # ---------------------------------------------------------------- data

    def refresh_data(self, kinds: frozenset[str]) -> None:
        """Take over the rows of the view where they differ."""
        if not is_open(self):
            return
        if kinds & self.kinds:
            self.table.resync(self.rows())
        self._show_phase()
        self._inspect_soon()

    def take_changes(self, changed: Changed) -> None:
        """Take over rows of records that changed, where it can be told which they are."""
        rows = self.changed_rows(changed) if is_open(self) else None
        if rows is None:
            self.refresh_data(changed.kinds)
            return
        for key, row in rows.items():
            if row is None:
                self.table.drop(key)
            else:
                self.table.put(key, row)
        self._show_phase()
        self._inspect_soon()

    def _show_phase(self) -> None:
        shell = self.shell
        is_offline = shell.offline_since is not None
        self.set_class(is_offline, "-offline")
        if shell.facts.is_known:
            self.table.show_phase("ready")
        elif is_offline:
            problem = clean(shell.client.problem or "")
            self.table.show_phase("failed", f"{problem}\nTrying again until it answers")
        else:
            self.table.show_phase("loading")

    def _inspect_soon(self) -> None:
        """Tell of the row under the cursor when the rows are drawn: there may be much to tell."""
        if not self._is_inspection_due:
            self._is_inspection_due = True
            when_drawn(self, self._inspect)

    def _inspect(self) -> None:
        self._is_inspection_due = False
        self.refresh_inspector()

    def refresh_inspector(self) -> None:
        """Tell of the row under the cursor, if the inspector is open."""
        facts = next(iter(self.query("#facts").results(SpanLines)), None)
        if facts is None or not is_open(self):
            return  # The screen comes or goes.
        panel = self.query_one("#inspector", Panel)
        if not panel.display:
            return
        row = self.table.cursor_row
        if row is None:
            panel.set_title("Inspector", "i hide")
            facts.update([line(Span("Nothing is selected.", "muted"))])
            return
        width = max(20, facts.content_size.width)
        title, lines = self.inspect(row, width, max(2, facts.content_size.height))
        panel.set_title(title, "i hide")
        facts.update(lines)

    @property
    def keys(self) -> list[str]:
        """What a verb of `many_commands` applies to: the marked rows, or the one at the cursor."""
        return [key for key in self.table.selection if key in self.table.model.rows]

    @property
    def key(self) -> str | None:
        """Key of the row under the cursor, to which any other verb applies.

        None also where that row has gone and only its place is still drawn.
        """
        return None if self.table.cursor_row is None else self.table.cursor_key

    def selected_rows(self) -> list[R]:
        """The rows of `keys`."""
        return [self.table.model.rows[key] for key in self.keys]

    def open_row_with(self, route: Callable[["EcsTui", str], None]) -> None:
        """Take a route with the key of the row under the cursor, if there is one."""
        if self.key is not None:
            route(self.shell, self.key)

    def subject_of(self, command_id: str) -> str:
        """The row under the cursor; for what takes many also how many are marked."""
        keys = self._subjects(command_id)
        if len(keys) != 1:
            return f"{plural(len(keys), f'marked {self.noun}')}" if keys else ""
        return clean(self.name_of(self.table.model.rows[keys[0]]))

    def _subjects(self, command_id: str) -> list[str]:
        if command_id in self.many_commands:
            return self.keys
        return [] if self.key is None else [self.key]

    # ---------------------------------------------------------------- what the table tells

    @on(LiveTable.Highlighted)
    def _row_changed(self) -> None:
        self._inspect_soon()
        self.on_row_changed()

    def on_row_changed(self) -> None:
        """The cursor is on another row."""

    @on(LiveTable.Opened)
    def _row_opened(self, event: LiveTable.Opened) -> None:
        if event.table is self.table and event.key in self.table.model.rows:
            self.open_row(str(event.key))

    def open_row(self, key: str) -> None:
        """Enter on a row."""

    @on(LiveTable.StateChanged)
    def refresh_titles(self) -> None:
        """Counts, order and marks in the frame."""
        if is_closing(self):
            return
        panel = self.query_one("#list", Panel)
        panel.set_title(*self.title_words())
        panel.set_subtitle(self.subtitle_words())
        self.refresh_crumbs()
        self.refresh_bindings()

    def view_state(self) -> Line:
        """The filter, and whether only problems are shown."""
        words = list(self.state_words())
        if self.table.pan is not None:
            words.append("wide ←→")
        if self._grouped:
            words.append(f"by {self._grouped.lower()}")
        if self.only_problems:
            words.append("problems only")
        parts = [line(Span(word, "muted")) for word in words]
        if self.table.model.filter_text:
            parts.append(
                line(Span("/", "muted"), Span(clean(self.table.model.filter_text), "accent"))
            )
        if self.table.model.marks:
            parts.append(line(Span(f"{len(self.table.model.marks)} marked", "table.mark")))
        return joined(parts)

    def why_not(self, action: str) -> str | None:
        """Also: a verb needs something to apply to."""
        command = self.command_of(action)
        needed = command.id if command and command.id in self.row_commands else None
        if needed and not self._subjects(needed):
            return f"No {self.noun} is selected."
        return super().why_not(action)

    # ---------------------------------------------------------------- filter, problems, inspector

    def action_filter(self) -> None:
        """Open the line for the filter, with the one that is in force."""
        self.add_class("-filtering")
        self.query_one("#filter", FilterInput).focus()

    @on(Input.Changed, "#filter")
    def _filter(self, event: Input.Changed) -> None:
        self.table.set_filter(event.value)
        self.refresh_titles()

    def leave_filter(self) -> None:
        """To the rows; the line stays only while it says something."""
        if not self.query_one("#filter", FilterInput).value:
            self.remove_class("-filtering")
        self.table.focus()

    def end_filter(self) -> bool:
        """Show all rows again; false if there was no filter."""
        field = self.query_one("#filter", FilterInput)
        had = bool(field.value) or self.has_class("-filtering")
        field.value = ""
        self.table.set_filter("")
        self.remove_class("-filtering")
        self.table.focus()
        return had

    def action_back(self) -> None:
        """One step: marks, filter, only problems, then the screen before."""
        if self.table.clear_marks() or self.end_filter():
            self.refresh_titles()
            return
        if self.only_problems:
            self.action_problems()
            return
        super().action_back()

    def action_problems(self) -> None:
        """Show only what needs somebody, or everything."""
        self.only_problems = not self.only_problems
        self._keep()

    def _keep(self) -> None:
        """Hide what is not wanted."""
        self.table.set_keep(self._is_shown)
        self.refresh_titles()

    def _is_shown(self, row: R) -> bool:
        return self.is_kept(row) and (not self.only_problems or self.is_problem(row))

    def action_inspector(self) -> None:
        """Show or hide the inspector."""
        self.toggle_class("-plain")
        when_drawn(self, self.refresh_inspector)

    # ---------------------------------------------------------------- columns

    def groupings(self) -> Mapping[str, Callable[[R], str]]:
        """What the rows can be grouped by: titles, and the group of a row."""
        return {}

    def action_group(self) -> None:
        """Keep rows together that share something, or no longer."""
        groups = self.groupings()
        choices = [("nothing", ""), *((title.lower(), "") for title in groups)]
        routes.choose(self.shell, "Group by", choices, lambda title, _: self._group(title.upper()))

    def _group(self, title: str) -> None:
        self._grouped = title if title in self.groupings() else ""
        self.table.group_by(title, self.groupings().get(title))
        self.refresh_titles()

    def action_wide(self) -> None:
        """All columns at full width, to be moved left and right; again for those that fit."""
        self.table.pan = 0 if self.table.pan is None else None
        self.refresh_titles()

    def action_pan_left(self) -> None:
        """The columns one to the left, where they are wide."""
        if self.table.pan is not None:
            self.table.pan -= 1

    def action_pan_right(self) -> None:
        """The columns one to the right, where they are wide."""
        if self.table.pan is not None:
            self.table.pan += 1

    # ---------------------------------------------------------------- as a file

    def action_save(self) -> None:
        """Save the rows that are shown, as CSV or JSON, in the working directory."""
        stem = f"ecstui-{self.noun.replace(' ', '-')}s-{stamp(self.shell.now())}"
        files = (("CSV", f"{stem}.csv"), ("JSON", f"{stem}.json"))
        routes.choose(self.shell, "Save what is shown", files, self._save)

    def _save(self, form: str, name: str) -> None:
        from ecstui.ui.export import csv_text, json_rows

        rows = self.table.model.shown_rows()
        write = csv_text if form == "CSV" else json_rows
        self.shell.save_file(name, write(self.columns(), rows, self.shell.now()))

    def on_resize(self, event: events.Resize) -> None:
        """The inspector has another width."""
        super().on_resize(event)
        when_drawn(self, self.refresh_inspector)
