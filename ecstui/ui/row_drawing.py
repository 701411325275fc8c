"""Draws table lines as segments: cells cut to their slots, the header, and skeleton rows.

Pure functions of what they are given. They must always fill exactly the width asked for: a line
that is one cell off shifts everything to its right.
"""

from collections.abc import Collection, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from ecstui.ui.glyphs import FREE
from ecstui.ui.roles import RoleStyles
from ecstui.ui.table import Cell, R, Slot, Span
from ecstui.ui.text import cut_end, cut_middle, pad, width_of

GUTTER = 3
"""Cells left of the first column: cursor bar, mark, space."""
_SKELETON_LINES = 6


def header_strip(
    slots: Sequence[Slot[R]], sort_key: str, arrow: str, width: int, style: Style
) -> Strip:
    """The titles; the sorted one is bold and carries the arrow."""
    segments = [Segment(" " * GUTTER, style)]
    at = GUTTER
    for slot in slots:
        is_sorted = slot.column.key == sort_key
        title = (
            cut_end(slot.column.title, slot.width - 1) + arrow if is_sorted else slot.column.title
        )
        text = pad(cut_end(title, slot.width), slot.width, right=slot.column.right)
        segments.append(Segment(" " * (slot.x - at), style))
        segments.append(Segment(text, style + Style(bold=is_sorted)))
        at = slot.x + slot.width
    return Strip(Segment.adjust_line_length(segments, width, style), width)


def row_segments(
    slots: Sequence[Slot[R]],
    cells: Sequence[Cell],
    line: Style,
    roles: RoleStyles,
    flashing: Collection[str],
) -> list[Segment]:
    """A row's cells in their slots; `flashing` are the keys of columns that have just changed."""
    segments = []
    at = GUTTER
    for slot, cell in zip(slots, cells, strict=True):
        segments.append(Segment(" " * (slot.x - at), line))
        is_flashing = slot.column.key in flashing
        segments += _cell_segments(
            cell, slot, line + roles["table.flash"] if is_flashing else line, roles
        )
        at = slot.x + slot.width
    return segments


def skeleton_strip(slots: Sequence[Slot[R]], line: int, width: int, style: Style) -> Strip:
    """A line of a table whose rows are not here yet."""
    text = " " * GUTTER
    for slot in slots if line < _SKELETON_LINES else ():
        bar = FREE * max(1, slot.width * (4 - (line + slot.x) % 3) // 5)
        text = pad(text, slot.x) + bar
    return Strip([Segment(pad(text, width), style)], width)


def centred(text: str, width: int) -> str:
    """The text in the middle of exactly `width` cells."""
    shown = cut_end(text, max(0, width - 2))
    return pad(" " * ((width - width_of(shown)) // 2) + shown, width)


def _cell_segments(cell: Cell, slot: Slot[R], style: Style, roles: RoleStyles) -> list[Segment]:
    """A cell in exactly the width of its slot."""
    width, right = slot.width, slot.column.right
    if isinstance(cell, str):
        shorten = cut_middle if slot.column.name else cut_end
        return [Segment(pad(shorten(cell, width), width, right=right), style)]
    spans = fit_spans(cell, width, middle=slot.column.name)
    free = Segment(" " * (width - sum(width_of(span.text) for span in spans)), style)
    drawn = [Segment(span.text, style + roles[span.role]) for span in spans]
    return [free, *drawn] if right else [*drawn, free]


def fit_spans(spans: Sequence[Span], width: int, *, middle: bool = False) -> list[Span]:
    """Spans in at most `width` cells; of a name the longest span gives way, else the last ones."""
    fitted = list(spans)
    over = sum(width_of(span.text) for span in spans) - width
    if over <= 0:
        return fitted
    if middle:
        longest = max(range(len(fitted)), key=lambda index: width_of(fitted[index].text))
        text = fitted[longest].text
        fitted[longest] = Span(
            cut_middle(text, max(1, width_of(text) - over)), fitted[longest].role
        )
    room = width
    result = []
    for span in fitted:
        text = cut_end(span.text, room)
        room -= width_of(text)
        result.append(Span(text, span.role))
    return result


def text_strip(
    text: str, line: int, width: int, height: int, base: Style, roles: RoleStyles, role: str
) -> Strip:
    """One line of a text that stands a third down in `height` lines; its first line in `role`."""
    lines = text.split("\n")
    index = line - max(1, (height - len(lines)) // 3)
    shown = lines[index] if 0 <= index < len(lines) else ""
    style = base + roles[role if index == 0 else "muted"]
    return Strip([Segment(centred(shown, width), style)], width)
