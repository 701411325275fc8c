"""The history of calls: rows, columns, and what the inspector tells. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecstui.model.history import CallRecord
from ecstui.store.kinds import CALLS, call_key
from ecstui.store.tables import View
from ecstui.ui.aws_cli import command_rows
from ecstui.ui.call_words import command_of
from ecstui.ui.columns.cells import quiet
from ecstui.ui.columns.inspect import facts_line
from ecstui.ui.spans import Line, line
from ecstui.ui.table import Cell, Column, Span
from ecstui.ui.text import clean, clock, moment

KINDS = frozenset({"call"})
LOST = "too long to be kept"


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call, and what is shown of the command that makes it again: no values of variables."""

    call: CallRecord
    command: str | None


def call_rows(view: View) -> Mapping[str, CallRow]:
    """The calls that are kept, newest first."""
    calls = sorted(view.all(CALLS), key=lambda call: -call.number)
    return {
        call_key(call.number): CallRow(call, command_of(view, call, hides_values=True))
        for call in calls
    }


def _command(row: CallRow, _now: float) -> Cell:
    if row.command is None:
        return quiet(LOST)
    return (Span(row.command.removeprefix("aws ecs "), "muted"),)


COLUMNS: tuple[Column[CallRow], ...] = (
    Column("time", "TIME", lambda row, _: (Span(clock(row.call.at), "muted"),), 8, priority=0,
           sort=lambda row: row.call.number, descending=True, flash=False),
    Column("caller", "WHO", lambda row, _: clean(row.call.caller), 22, min_width=12, priority=1,
           name=True),
    Column("operation", "OPERATION", lambda row, _: row.call.operation, 26, min_width=16,
           priority=0),
    Column("command", "COMMAND", _command, 60, min_width=20, grow=1, priority=0, flash=False),
)  # fmt: skip


def search_text(row: CallRow) -> str:
    """What the filter looks in."""
    return f"{clean(row.call.caller)}\n{row.call.operation}\n{row.command or ''}"


def inspect(row: CallRow, width: int, height: int) -> Sequence[Line]:
    """When, who, and the whole command."""
    call = row.call
    lines = [
        facts_line(
            width,
            ("at", moment(call.at)),
            ("by", clean(call.caller)),
            ("number", str(call.number)),
        )
    ]
    if row.command is None:
        return [*lines, line(Span(f"Its members were {LOST}.", "status.warning"))]
    rows = command_rows(row.command, max(10, width - 2), max(1, height - 1))
    return [*lines, *(line(Span("$ " if not i else "  ", "frame.key"), text)
                      for i, text in enumerate(rows))]  # fmt: skip
