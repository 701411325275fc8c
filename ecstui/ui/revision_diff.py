"""Two texts compared line by line: rows for drawing side by side or one below the other. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from ecstui.ui.json_text import MOST_COMPARED_LINES
from ecstui.ui.spans import Line, line, spread
from ecstui.ui.table import Span
from ecstui.ui.text import clean, cut_end, pad, plural

Kind = Literal["equal", "added", "removed", "changed", "fold"]
CONTEXT = 3
"""Equal lines that stay around what differs."""
_LEAST_FOLDED = 2


@dataclass(frozen=True, slots=True)
class Row:
    """A line on either side, or how many equal ones are folded away. Lines count from 1."""

    kind: Kind
    old: str = ""
    new: str = ""
    old_number: int = 0
    new_number: int = 0
    folded: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """All rows, and where each run of differences begins."""

    rows: tuple[Row, ...]
    hunks: tuple[int, ...]
    added: int = 0
    removed: int = 0
    changed: int = 0

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not self.hunks


def compare(old: str, new: str, *, is_folded: bool = True) -> Comparison:
    """Compare two texts; equal lines far from a difference are folded unless told otherwise."""
    before, after = old.split("\n"), new.split("\n")
    if len(before) + len(after) > MOST_COMPARED_LINES:
        before, after = before[: MOST_COMPARED_LINES // 2], after[: MOST_COMPARED_LINES // 2]
    rows: list[Row] = []
    hunks: list[int] = []
    counts = {"added": 0, "removed": 0, "changed": 0}
    opcodes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for index, (tag, a, b, c, d) in enumerate(opcodes):
        if tag == "equal":
            equal = [Row("equal", before[a + i], after[c + i], a + i + 1, c + i + 1)
                     for i in range(b - a)]  # fmt: skip
            is_first, is_last = index == 0, index == len(opcodes) - 1
            rows += _folded(equal, is_first, is_last) if is_folded else equal
            continue
        hunks.append(len(rows))
        for row in _pairs(before, after, (a, b), (c, d)):
            rows.append(row)
            counts[row.kind] += 1
    return Comparison(tuple(rows), tuple(hunks), **counts)


def _folded(equal: list[Row], is_first: bool, is_last: bool) -> list[Row]:
    head = 0 if is_first else CONTEXT
    tail = 0 if is_last else CONTEXT
    hidden = len(equal) - head - tail
    if hidden < _LEAST_FOLDED:
        return equal
    return [*equal[:head], Row("fold", folded=hidden), *equal[len(equal) - tail :]]


def _pairs(
    before: Sequence[str], after: Sequence[str], old: tuple[int, int], new: tuple[int, int]
) -> list[Row]:
    """What was replaced, line beside line as far as both sides have any."""
    rows = []
    for step in range(max(old[1] - old[0], new[1] - new[0])):
        at, to = old[0] + step, new[0] + step
        if at >= old[1]:
            rows.append(Row("added", new=after[to], new_number=to + 1))
        elif to >= new[1]:
            rows.append(Row("removed", old=before[at], old_number=at + 1))
        else:
            rows.append(Row("changed", before[at], after[to], at + 1, to + 1))
    return rows


# ---------------------------------------------------------------- drawing


def side_by_side(comparison: Comparison, width: int) -> list[Line]:
    """Old at the left, new at the right, one row each."""
    half = (width - 3) // 2
    return [_beside(row, half, width) for row in comparison.rows]


def _beside(row: Row, half: int, width: int) -> Line:
    if row.kind == "fold":
        return _fold_line(row, width)
    old_span, new_span = _parts(row)
    left = _half(row.old_number, "−", "diff.removed", row, old_span, row.old)
    right = _half(row.new_number, "+", "diff.added", row, new_span, row.new)
    return (
        *spread(left, (), half),
        Span(" │ ", "frame.border"),
        *spread(right, (), width - half - 3),
    )


def _half(
    number: int, mark: str, role: str, row: Row, differing: tuple[int, int], text: str
) -> Line:
    if not number:
        return ()
    if row.kind == "equal":
        return line(Span(f"{number:>4}   ", "muted"), clean(text))
    return (
        Span(f"{number:>4} ", "muted"),
        Span(f"{mark} ", role),
        *_emphasised(text, differing, role),
    )


def unified(comparison: Comparison, width: int) -> tuple[list[Line], list[int]]:
    """Old lines before new ones in one column, and the rows where differences begin."""
    lines: list[Line] = []
    starts = []
    index = 0
    rows = comparison.rows
    while index < len(rows):
        if index in comparison.hunks:
            starts.append(len(lines))
        row = rows[index]
        if row.kind == "fold":
            lines.append(_fold_line(row, width))
        elif row.kind == "equal":
            lines.append(line(Span(f"{row.new_number:>4}   ", "muted"), clean(row.new)))
        else:
            run = [row]
            while index + 1 < len(rows) and rows[index + 1].kind not in ("equal", "fold"):
                index += 1
                run.append(rows[index])
            lines += [_half(r.old_number, "−", "diff.removed", r, _parts(r)[0], r.old)
                      for r in run if r.old_number]  # fmt: skip
            lines += [_half(r.new_number, "+", "diff.added", r, _parts(r)[1], r.new)
                      for r in run if r.new_number]  # fmt: skip
        index += 1
    return lines, starts


def _fold_line(row: Row, width: int) -> Line:
    words = f"  … {plural(row.folded, 'equal line')}"
    return line(Span(pad(cut_end(words, width), width), "muted"))


def _parts(row: Row) -> tuple[tuple[int, int], tuple[int, int]]:
    """The part of either line that differs, as start and end."""
    if row.kind != "changed":
        return (0, len(row.old)), (0, len(row.new))
    old, new = row.old, row.new
    most = min(len(old), len(new))
    head = next((i for i in range(most) if old[i] != new[i]), most)
    tail = 0
    while tail < most - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return (head, len(old) - tail), (head, len(new) - tail)


def _emphasised(text: str, part: tuple[int, int], role: str) -> Line:
    start, end = part
    pieces = (
        Span(clean(text[:start]), role),
        Span(clean(text[start:end]), f"bold underline {role}" if (start, end) != (0, len(text))
             else role),
        Span(clean(text[end:]), role),
    )  # fmt: skip
    return tuple(piece for piece in pieces if piece.text)


def summary(comparison: Comparison) -> Line:
    """`~3 +1 −0`: lines changed, added, removed."""
    return line(
        Span(f"~{comparison.changed}", "diff.changed"), " ",
        Span(f"+{comparison.added}", "diff.added"), " ",
        Span(f"−{comparison.removed}", "diff.removed"),
    )  # fmt: skip
