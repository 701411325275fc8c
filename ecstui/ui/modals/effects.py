"""What a change would mean, as sentences with a sign before each. Pure."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from ecstui.ui.aws_cli import command_rows
from ecstui.ui.glyphs import FAILED, HEALTHY, WARNING
from ecstui.ui.spans import Line, line, wrapped
from ecstui.ui.table import Span
from ecstui.ui.text import clean

Kind = Literal["fact", "fine", "warning", "bad", "added", "removed", "changed"]
_SIGNS: dict[Kind, Span] = {
    "fact": Span("• ", "muted"),
    "fine": Span(f"{HEALTHY} ", "status.running"),
    "warning": Span(f"{WARNING} ", "status.warning"),
    "bad": Span(f"{FAILED} ", "status.failed"),
    "added": Span("+ ", "diff.added"),
    "removed": Span("− ", "diff.removed"),
    "changed": Span("~ ", "diff.changed"),
}
_ROWS = 4
_COMMAND_ROWS = 6


class Effect(NamedTuple):
    """A consequence; the sentence must be harmless already."""

    text: str
    kind: Kind = "fact"


def effect_lines(effects: Sequence[Effect], width: int) -> list[Line]:
    """The consequences one below the other, each wrapped under its sign."""
    found: list[Line] = []
    for effect in effects:
        rows = wrapped(clean(effect.text), max(8, width - 2), _ROWS)
        for index, text in enumerate(rows):
            sign = Span("  ") if index else _SIGNS[effect.kind]
            found.append(line(sign, Span(text)))
    return found


def command_lines(command: str, width: int) -> list[Line]:
    """The command on as many rows as it takes, within reason."""
    rows = command_rows(clean(command), max(8, width - 2), _COMMAND_ROWS)
    return [
        line(Span("  " if index else "$ ", "frame.key"), Span(text, "muted"))
        for index, text in enumerate(rows)
    ]
