"""Draws log lines: time, source, text with its own colours, the level word, what was searched for.

Pure functions of a line and a `LogLook`. One stored line becomes one row, or several when wrapped;
each row fills exactly the width.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Literal

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from ecstui.ui.ansi import to_segments
from ecstui.ui.log_json import one_line
from ecstui.ui.log_levels import level_span
from ecstui.ui.log_search import Finder
from ecstui.ui.logstore import OWN_SOURCE, StoredLine
from ecstui.ui.roles import RoleStyles
from ecstui.ui.text import age, clean, clock, cut_middle, pad, width_of

Times = Literal["off", "clock", "utc", "age"]
SOURCE_COLORS = 8
MAX_LABEL_CELLS = 20
_MIN_TEXT_CELLS = 24
_RULE = "─"


@dataclass(frozen=True, slots=True)
class LogLook:
    """How lines are drawn; two equal looks draw a line alike."""

    width: int
    base: Style
    roles: RoleStyles
    times: Times = "clock"
    zone: tzinfo | None = None
    wrap: bool = False
    left: int = 0
    """Columns of the text that are scrolled out to the left; nothing when wrapped."""
    labels: Sequence[str] = field(default_factory=tuple)
    """What is written before each source's lines, by source number."""
    label_cells: int = 0
    finder: Finder | None = None
    json: bool = False
    """Lines of JSON as `level message key=value`."""
    locked: bool = True
    """Time and label stay where they are when the text is read to the side."""

    def with_hit(self) -> Style:
        """The ground of the line that the search stands on."""
        return self.base + self.roles["table.cursor"]


def source_role(source: int) -> str:
    """The colour of a source: eight in turn."""
    return f"log.source.{(source - 1) % SOURCE_COLORS + 1}"


def label_cells(labels: Sequence[str]) -> int:
    """Width of the column of labels; 0 if there is nothing to tell apart."""
    widths = [width_of(label) for label in labels[1:]]
    return min(MAX_LABEL_CELLS, max(widths)) if len(widths) > 1 else 0


def draw_line(line: StoredLine, look: LogLook, now: float, *, is_hit: bool) -> list[Strip]:
    """The rows of one line, each exactly as wide as the look says."""
    base = look.with_hit() if is_hit else look.base
    if line.source == OWN_SOURCE:
        return [_own_line(line, look, base)]
    prefix = _prefix(line, look, base, now)
    front = sum(segment.cell_length for segment in prefix)
    room = look.width - front
    if room < min(_MIN_TEXT_CELLS, look.width // 2):
        prefix, front, room = [], 0, look.width
    text = Strip(_text_segments(line.text, look, base))
    if not look.wrap and not look.locked:
        row = Strip([*prefix, *text]).crop(look.left, look.left + look.width)
        return [_row([], row, look.width, base)]
    if not look.wrap:
        return [_row(prefix, text.crop(look.left, look.left + room), look.width, base)]
    rows = []
    for start in range(0, max(1, text.cell_length), max(1, room)):
        head = prefix if start == 0 else [Segment(" " * front, base)]
        rows.append(_row(head, text.crop(start, start + room), look.width, base))
    return rows


def _row(prefix: list[Segment], text: Strip, width: int, base: Style) -> Strip:
    return Strip([*prefix, *text]).adjust_cell_length(width, base).simplify()


def _own_line(line: StoredLine, look: LogLook, base: Style) -> Strip:
    """A line of the program's own: a rule across, with its text in it."""
    when = "" if look.times == "off" else f"{clock(line.at, _zone(look))} "
    text = f"{_RULE * 3} {when}{line.text} "
    rule = text + _RULE * max(0, look.width - width_of(text))
    return Strip([Segment(pad(rule, look.width), base + look.roles["log.notice"])])


def _zone(look: LogLook) -> tzinfo | None:
    return UTC if look.times == "utc" else look.zone


def _prefix(line: StoredLine, look: LogLook, base: Style, now: float) -> list[Segment]:
    segments = []
    if look.times == "age":
        ago = pad(age(now - line.at), 4, right=True)
        segments.append(Segment(ago + " ", base + look.roles["muted"]))
    elif look.times != "off":
        stamp = clock(line.at, _zone(look), millis=look.width >= 100)
        segments.append(Segment(stamp + " ", base + look.roles["muted"]))
    if look.label_cells:
        label = look.labels[line.source] if line.source < len(look.labels) else ""
        text = pad(cut_middle(label, look.label_cells), look.label_cells)
        segments.append(Segment(text + " ", base + look.roles[source_role(line.source)]))
    return segments


def _text_segments(raw: str, look: LogLook, base: Style) -> list[Segment]:
    parts = one_line(raw, with_time=look.times in ("age", "off")) if look.json else None
    if parts is None:
        segments = to_segments(raw, base)
    else:
        raw = ""
        segments = [
            Segment(clean(text), base + look.roles[role] if role else base) for text, role in parts
        ]
    plain = "".join(segment.text for segment in segments)
    if "\x1b" not in raw and (level := level_span(plain)) is not None:
        start, end, name = level
        role = look.roles[f"log.{name}"]
        segments = restyle(segments, [(start, end)], lambda style: style + role)
    if look.finder is not None:
        found = look.finder.spans(plain)
        segments = restyle(segments, found, lambda _: base + look.roles["log.match"])
    return segments


def restyle(
    segments: Sequence[Segment],
    spans: Sequence[tuple[int, int]],
    change: Callable[[Style], Style],
) -> list[Segment]:
    """The segments with another style inside the spans (in characters; they must not overlap)."""
    edges = sorted({edge for span in spans for edge in span})
    if not edges:
        return list(segments)
    result: list[Segment] = []
    at = 0
    for text, style, _ in segments:
        start = 0
        for edge in [edge - at for edge in edges if at < edge < at + len(text)] + [len(text)]:
            piece = text[start:edge]
            inside = any(low <= at + start < high for low, high in spans)
            result.append(Segment(piece, change(style or Style.null()) if inside else style))
            start = edge
        at += len(text)
    return result
