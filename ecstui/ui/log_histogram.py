"""One row about a whole log: how many lines of each level, and when the errors came. Pure.

The bars span from the oldest line that is kept to the newest; they only look up positions in an
index, never lines.
"""

from collections.abc import Sequence
from itertools import pairwise

from ecstui.ui.glyphs import FAILED
from ecstui.ui.log_levels import DEBUG, ERROR, INFO, WARN, levels_in
from ecstui.ui.log_search import LineIndex
from ecstui.ui.logstore import LOOSE_CHUNKS, LogStore, Position
from ecstui.ui.spans import Line, line
from ecstui.ui.table import Span
from ecstui.ui.text import clock, short_number
from ecstui.ui.widgets.bars import spark

_LETTERS = ((ERROR, "E", "log.error"), (WARN, "W", "log.warn"), (INFO, "I", "log.info"),
            (DEBUG, "D", "log.debug"))  # fmt: skip
_LEAST_CELLS = 12


def level_counts(store: LogStore) -> dict[int, int]:
    """Lines of each level, of those that were looked at so far."""
    for chunk in store.chunks[-LOOSE_CHUNKS:]:
        # Those that lines of other sources come between are made anew all the time.
        levels_in(chunk)
    levels = [chunk.level for chunk in store.chunks]
    return {level: sum(found.count(level) for found in levels) for level, _, _ in _LETTERS}


def errors_over_time(
    store: LogStore, errors: LineIndex, cells: int
) -> tuple[float, float, Sequence[int]] | None:
    """The oldest and the newest moment, and the errors in each of `cells` equal parts of them."""
    if not store.chunks or cells < 1:
        return None
    first, last = store.chunks[0].at[0], store.chunks[-1].at[-1]
    step = (last - first) / cells
    rows = [errors.row_of(Position(first + step * cell, 0)) for cell in range(cells)]
    return first, last, [after - row for row, after in pairwise([*rows, len(errors)])]


def histogram_line(store: LogStore, errors: LineIndex, counts: dict[int, int], width: int) -> Line:
    """`E7 W31 I2.1k   14:02:11 ▁ ▃█▁ 14:03:22 e next error`, as much as fits."""
    spans: list[Span] = []
    for level, letter, role in _LETTERS:
        count = counts.get(level, 0)
        spans.append(Span(f"{letter}{short_number(count)} ", role if count else "muted"))
    used = sum(len(span.text) for span in spans)
    hint = f" {FAILED} e next error"
    cells = width - used - len(hint) - 20
    found = errors_over_time(store, errors, cells) if cells >= _LEAST_CELLS else None
    if found is None or not len(errors):
        return tuple(spans)
    first, last, values = found
    bars = spark([value or None for value in values], cells)
    return (*spans, *line(
        Span(f" {clock(first)} ", "muted"), Span(bars, "log.error"),
        Span(f" {clock(last)}", "muted"), Span(hint, "log.error"),
    ))  # fmt: skip
