"""A still: the letters of a screen, and the style of each of its cells in several themes.

Kept as text instead of SVG: a tenth of the size, and a difference can be read. First the lines of
the screen, then for each theme the styles by letter and the runs of each line (`a12b3`: twelve
cells of a, three of b; `3 x` before it: three such lines). What was kept and what is there now are
compared cell by cell.
"""

import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from ecstui.ui.text import plural

Cells = tuple[tuple[str, ...], ...]
"""The style of each cell, line by line."""
_LETTERS = string.ascii_letters + "".join(map(chr, range(0x391, 0x3CA)))
_THEME = "== "


@dataclass(frozen=True)
class Still:
    """How a screen looks."""

    lines: tuple[str, ...]
    """Its letters, line by line, each as wide as the screen."""
    looks: Mapping[str, Cells]
    """Its styles, by theme."""

    def text(self) -> str:
        """As it is kept in a file."""
        parts = [line.rstrip() for line in self.lines]
        for theme, cells in self.looks.items():
            parts += [f"{_THEME}{theme}", *_look_lines(cells)]
        return "\n".join(parts) + "\n"

    @classmethod
    def read(cls, text: str) -> "Still":
        """The still that gave the text."""
        shown, *looks = re.split(rf"^{_THEME}", text, flags=re.MULTILINE)
        by_theme = {}
        for look in looks:
            theme, *lines = look.splitlines()
            by_theme[theme] = tuple(_cells(lines))
        width = max((len(line) for cells in by_theme.values() for line in cells), default=0)
        return cls(tuple(line.ljust(width) for line in shown.splitlines()), by_theme)

    def cells(self) -> dict[tuple[str, int, int], tuple[str, str]]:
        """Letter and style by theme, row and column, both from 0."""
        return {
            (theme, y, x): (self.lines[y][x : x + 1] if y < len(self.lines) else "", style)
            for theme, rows in self.looks.items()
            for y, row in enumerate(rows)
            for x, style in enumerate(row)
        }


def _look_lines(cells: Cells) -> Iterator[str]:
    letters: dict[str, str] = {}
    lines = []
    for row in cells:
        runs = groupby(letters.setdefault(style, _LETTERS[len(letters)]) for style in row)
        lines.append("".join(f"{letter}{len(list(run))}" for letter, run in runs))
    yield from (f"{letter}: {style}" for style, letter in letters.items())
    for line, same in groupby(lines):
        count = len(list(same))
        yield f"{count} x {line}" if count > 1 else line


def _cells(look: list[str]) -> Iterator[tuple[str, ...]]:
    styles: dict[str, str] = {}
    for line in look:
        letter, colon, style = line.partition(": ")
        if colon:
            styles[letter] = style
            continue
        times, _, runs = line.rpartition(" x ")
        row: list[str] = []
        for letter, count in re.findall(r"(\D)(\d+)", runs):
            row += [styles[letter]] * int(count)
        yield from [tuple(row)] * int(times or 1)


def difference(kept: Still, now: Still) -> str:
    """Where two stills differ: how many cells, the first of them, and its row; empty if nowhere."""
    before, after = kept.cells(), now.cells()
    places = [place for place in sorted({*before, *after}) if before.get(place) != after.get(place)]
    if not places:
        return ""
    theme, y, x = places[0]
    rows = [still.lines[y].rstrip() if y < len(still.lines) else "" for still in (kept, now)]
    return "\n".join(
        [
            f"differs in {plural(len(places), 'cell')}, "
            f"first in theme {theme}, row {y + 1}, column {x + 1}",
            f"  kept {_words(before.get(places[0]))}",
            f"  now  {_words(after.get(places[0]))}",
            f"  the row as it was kept and as it is now, and the column\n{rows[0]}\n{rows[1]}",
            f"{' ' * x}^",
        ]
    )


def _words(cell: tuple[str, str] | None) -> str:
    return "no such cell" if cell is None else f"{cell[0]!r} in {cell[1] or 'no style'!r}"
