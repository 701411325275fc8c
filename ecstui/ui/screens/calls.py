"""The history: every change that was made, by whom, and the command that makes it again."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from ecstui.ui.call_words import command_of
from ecstui.ui.columns import calls as columns
from ecstui.ui.columns.calls import CallRow
from ecstui.ui.screens.list_screen import LIST_COMMANDS, ListScreen
from ecstui.ui.spans import Line
from ecstui.ui.table import Column


class CallsScreen(ListScreen[CallRow]):
    """Who did what when."""

    title_text = "History"
    noun = "change"
    kinds = columns.KINDS
    sort = "time"
    empty_text = "Nothing was changed yet."
    follow_top = True
    commands: ClassVar[tuple[str, ...]] = LIST_COMMANDS
    row_commands = frozenset()

    def columns(self) -> Sequence[Column[CallRow]]:
        """Most important first, where the terminal is narrow."""
        return columns.COLUMNS

    def rows(self) -> Mapping[str, CallRow]:
        """Changes that are kept."""
        return columns.call_rows(self.view)

    def name_of(self, row: CallRow) -> str:
        """Its operation."""
        return row.call.operation

    def search_text(self, row: CallRow) -> str:
        """Caller, operation, command."""
        return columns.search_text(row)

    def subtitle_words(self) -> str:
        """How to get them as a script."""
        return f"{super().subtitle_words()} · ecstui history --script"

    def inspect(self, row: CallRow, width: int, height: int) -> tuple[str, Sequence[Line]]:
        """When, who, the whole command."""
        return row.call.operation, columns.inspect(row, width, height)

    def copies(self) -> Sequence[tuple[str, str]]:
        """The command, the members."""
        row = self.table.cursor_row
        if row is None:
            return ()
        members = (("members", row.call.request),) if row.call.request else ()
        command = command_of(self.view, row.call)
        return ((("AWS CLI command", command),) if command else ()) + members
