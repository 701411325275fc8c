"""Rows of text as lines whose cells stand below each other, for answers in a terminal."""

from collections.abc import Sequence

from ecstui.ui.text import clean, pad, width_of

_GAP = "  "


def columns_of(rows: Sequence[Sequence[str]]) -> list[str]:
    """A line for each row, as wide as it is; nothing in a cell can steer the terminal.

    Raises `ValueError` when the rows are not equally long.
    """
    shown = [[clean(cell) for cell in row] for row in rows]
    widths = [max(map(width_of, cells)) for cells in zip(*shown, strict=True)]
    return [
        _GAP.join(pad(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in shown
    ]
