"""Lines of text made of spans: joined, spread over a width, wrapped, and dropped where too long.

Pure. A line is a tuple of spans, each with its role; nothing here knows how a role looks. Text from
users must have been through `clean` before it comes here.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ecstui.ui.row_drawing import fit_spans
from ecstui.ui.table import Span
from ecstui.ui.text import cut_end, width_of

Line = tuple[Span, ...]
"""One line on the screen."""

BLANK: Line = ()


def line(*parts: Span | str) -> Line:
    """A line of spans and of plain text."""
    return tuple(Span(part) if isinstance(part, str) else part for part in parts)


def line_width(spans: Iterable[Span]) -> int:
    """Cells that the spans take together."""
    return sum(width_of(span.text) for span in spans)


def line_text(spans: Iterable[Span]) -> str:
    """The text without its roles."""
    return "".join(span.text for span in spans)


def joined(lines: Iterable[Line], gap: Span | str = "  ") -> Line:
    """Lines one after the other with a gap between; empty ones are left out."""
    between = Span(gap) if isinstance(gap, str) else gap
    found: list[Span] = []
    for spans in lines:
        if spans:
            found += [between, *spans] if found else spans
    return tuple(found)


def spread(left: Line, right: Line, width: int) -> Line:
    """`left` and `right` at the two ends of exactly `width` cells; the left one gives way."""
    shown_right = tuple(fit_spans(right, width))
    room = max(0, width - line_width(shown_right) - (1 if shown_right else 0))
    shown_left = tuple(fit_spans(left, room))
    free = width - line_width(shown_left) - line_width(shown_right)
    return (*shown_left, Span(" " * max(0, free)), *shown_right)


class Part(NamedTuple):
    """A piece of a line that may be left out: the higher its rank, the sooner."""

    spans: Line
    rank: int


def fitting(parts: Sequence[Part], width: int, gap: Span | str = "  ") -> Line:
    """The parts that fit in `width` cells with gaps between; the highest ranks go first."""
    shown = [part for part in parts if part.spans]
    while len(shown) > 1 and line_width(joined((p.spans for p in shown), gap)) > width:
        worst = max(range(len(shown)), key=lambda index: (shown[index].rank, index))
        del shown[worst]
    return tuple(fit_spans(joined((p.spans for p in shown), gap), width))


def wrapped(text: str, width: int, limit: int = 1) -> list[str]:
    """Text broken between words into at most `limit` lines; the last one ends in an ellipsis."""
    lines: list[str] = []
    words = text.split()
    while words and len(lines) < limit:
        if len(lines) == limit - 1:
            lines.append(cut_end(" ".join(words), width))
            break
        taken = words.pop(0)
        while words and width_of(taken) + 1 + width_of(words[0]) <= width:
            taken += " " + words.pop(0)
        lines.append(cut_end(taken, width))
    return lines
