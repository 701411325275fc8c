"""A list as a file: CSV for spreadsheets, JSON for programs. Pure.

What is written is what is shown, all columns of it, in the order on the screen. Text from users is
made harmless as on the screen; a cell that a spreadsheet would run as a formula is kept from that.
"""

import csv
import io
import json
import re
from collections.abc import Sequence
from typing import TypeVar

from ecstui.ui.glyphs import FREE, USED
from ecstui.ui.table import Column, plain

R = TypeVar("R")

_BARS = re.compile(f"[{USED}{FREE}]+")
_FORMULA_STARTS = ("=", "+", "-", "@")


def table_of(
    columns: Sequence[Column[R]], rows: Sequence[R], now: float
) -> tuple[list[str], list[list[str]]]:
    """Titles and cells; columns that only hold a sign are left out."""
    shown = [column for column in columns if column.title.strip()]
    cells = [[_words(plain(column.cell(row, now))) for column in shown] for row in rows]
    return [column.title for column in shown], cells


def _words(cell: str) -> str:
    """A cell without the bars that only an eye can read."""
    return _BARS.sub("", cell).strip()


def csv_text(columns: Sequence[Column[R]], rows: Sequence[R], now: float) -> str:
    """The rows as CSV with a line of titles."""
    titles, cells = table_of(columns, rows, now)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(titles)
    writer.writerows([[_tame(cell) for cell in row] for row in cells])
    return out.getvalue()


def _tame(cell: str) -> str:
    is_number = cell.lstrip("+-").replace(".", "", 1).isdigit()
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) and not is_number else cell


def json_rows(columns: Sequence[Column[R]], rows: Sequence[R], now: float) -> str:
    """The rows as a JSON list of objects by title."""
    titles, cells = table_of(columns, rows, now)
    objects = [dict(zip(titles, row, strict=True)) for row in cells]
    return json.dumps(objects, indent=2, ensure_ascii=False) + "\n"
