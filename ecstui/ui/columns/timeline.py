"""Events by subject on a line of time: what happened together stands one above the other. Pure."""

from collections.abc import Sequence

from ecstui.ui.columns.events import EventRow, event_sign
from ecstui.ui.glyphs import EMPTY, Sign
from ecstui.ui.spans import Line
from ecstui.ui.table import Span
from ecstui.ui.text import clock, cut_middle, pad, width_of

WINDOWS = (600.0, 1800.0, 3600.0, 3 * 3600.0, 12 * 3600.0, 24 * 3600.0)
"""Lengths of time that a timeline may show, seconds."""
_MOST = 0.75
_NAME_CELLS = 14
_LABEL_CELLS = 10


def window_of(rows: Sequence[EventRow], now: float) -> float:
    """The shortest window that holds most of the events, seconds."""
    for seconds in WINDOWS:
        recent = sum(row.event.created_at >= now - seconds for row in rows)
        if recent >= _MOST * len(rows):
            return seconds
    return WINDOWS[-1]


def timeline(
    rows: Sequence[EventRow], now: float, seconds: float, width: int, height: int
) -> list[Line]:
    """A line of times, then a line for each subject; who had news last stands first."""
    recent = [row for row in rows if now - seconds <= row.event.created_at <= now]
    recent.sort(key=lambda row: -row.event.created_at)
    subjects = list(dict.fromkeys(row.subject for row in recent))[: max(0, height - 1)]
    names = min(_NAME_CELLS, max((width_of(name) for name in subjects), default=0)) + 1
    cells = width - names
    if cells < _LABEL_CELLS or not subjects:
        return []
    lines: list[Line] = [(Span(" " * names), Span(_scale(now, seconds, cells), "muted"))]
    for subject in subjects:
        signs = _signs([row for row in recent if row.subject == subject], now, seconds, cells)
        name = Span(pad(cut_middle(subject, names - 1), names))
        lines.append((name, *(Span(sign.glyph, sign.role) for sign in signs)))
    return lines


def _signs(rows: Sequence[EventRow], now: float, seconds: float, cells: int) -> list[Sign]:
    """One sign for each cell; a problem is never hidden by something later."""
    found = [Sign(EMPTY, "frame.border")] * cells
    troubled: set[int] = set()
    for row in reversed(rows):
        place = min(cells - 1, int((row.event.created_at - (now - seconds)) / seconds * cells))
        if row.event.is_problem or place not in troubled:
            found[place] = event_sign(row.event)
        if row.event.is_problem:
            troubled.add(place)
    return found


def _scale(now: float, seconds: float, cells: int) -> str:
    """Times of day above their cells."""
    text = ""
    count = cells // _LABEL_CELLS
    for index in range(count):
        place = index * cells // count
        at = now - seconds + seconds * place / cells
        text = pad(text, place) + clock(at)[:5]
    return pad(text, cells)
