"""Takes escape sequences out of text from containers; colours (SGR) become styles, all else goes.

Pure. Nothing from here may reach the terminal as a control character: what is not understood is
removed, never passed on.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from rich.color import Color
from rich.segment import Segment
from rich.style import Style

# One match per escape sequence; only "CSI … m" has a group, so only colours are kept.
_ESCAPE = re.compile(
    r"\x1b(?:"
    r"\[([0-9;:]*)m"
    r"|\[[0-?]*[ -/]*[@-~]"
    r"|\][^\x07\x1b]*(?:\x07|\x1b\\)?"
    r"|[PX^_][^\x1b]*(?:\x1b\\)?"
    r"|[ -/]*[0-~]?"
    r")"
)
# Removed by str.translate, which is several times faster here than a regular expression: C0 but
# newline and tab, C1, the characters that turn the writing direction, those that take no room or
# change that of their neighbours (terminals do not agree on it), and what UTF-8 cannot say.
_DROPPED = dict.fromkeys(
    (*range(9), *range(11, 32), 127, *range(0x80, 0xA0), 0xAD, 0x61C, 0x180E,
     *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070),
     *range(0xFE00, 0xFE10), 0xFEFF, *range(0xFFF9, 0xFFFC), *range(0xD800, 0xE000),
     *range(0xE0000, 0xE01F0))
)  # fmt: skip
_TAB_CELLS = 8
_PALETTE = 5
_DIRECT = 2
_FOREGROUND, _BACKGROUND = 38, 48

_ON_OFF: dict[int, Style] = {
    1: Style(bold=True),
    2: Style(dim=True),
    3: Style(italic=True),
    4: Style(underline=True),
    7: Style(reverse=True),
    9: Style(strike=True),
    22: Style(bold=False, dim=False),
    23: Style(italic=False),
    24: Style(underline=False),
    27: Style(reverse=False),
    29: Style(strike=False),
    39: Style(color=Color.default()),
    49: Style(bgcolor=Color.default()),
    **{30 + n: Style(color=Color.from_ansi(n)) for n in range(8)},
    **{40 + n: Style(bgcolor=Color.from_ansi(n)) for n in range(8)},
    **{90 + n: Style(color=Color.from_ansi(8 + n)) for n in range(8)},
    **{100 + n: Style(bgcolor=Color.from_ansi(8 + n)) for n in range(8)},
}


def to_plain(text: str) -> str:
    """The text without escape sequences and control characters; keeps newline and tab."""
    if "\x1b" in text:
        text = _ESCAPE.sub("", text)
    return text if text.isascii() and text.isprintable() else text.translate(_DROPPED)


def to_spans(text: str) -> list[tuple[str, Style]]:
    """One line as runs of harmless text, each with the style that its colour codes ask for."""
    if "\x1b" not in text:
        return [(_harmless(text), Style.null())] if text else []
    spans: list[tuple[str, Style]] = []
    style = Style.null()
    at = column = 0
    for match in [*_ESCAPE.finditer(text), None]:
        run = _harmless(text[at : match.start() if match else len(text)], column)
        column += len(run)
        if run:
            spans.append((run, style))
        if match is not None:
            style = style if match.group(1) is None else _after(style, match.group(1))
            at = match.end()
    return spans


def to_segments(text: str, base: Style) -> list[Segment]:
    """One line as segments over `base`, its own colours kept."""
    return [Segment(run, base + style) for run, style in to_spans(text)]


def _harmless(text: str, column: int = 0) -> str:
    """Without control characters, tabs as spaces; the text begins at that column of its line."""
    if "\t" in text:
        lead = column % _TAB_CELLS
        text = (" " * lead + text).expandtabs(_TAB_CELLS)[lead:]
    text = text.replace("\n", " ")
    return text if text.isascii() and text.isprintable() else text.translate(_DROPPED)


_MOST_DIGITS = 4


@lru_cache(4096)
def _after(style: Style, codes: str) -> Style:
    """The style after one SGR sequence. Cached: real logs use a handful of them."""
    numbers = iter([_number(code) for code in codes.replace(":", ";").split(";")])
    for code in numbers:
        if code == 0:
            style = Style.null()
        elif code in (_FOREGROUND, _BACKGROUND):
            color = _extended(numbers)
            if color is not None:
                style += Style(color=color) if code == _FOREGROUND else Style(bgcolor=color)
        else:
            style += _ON_OFF.get(code, Style.null())
    return style


def _number(code: str) -> int:
    """A code as a number; one of many digits means nothing, and Python reads no more than 4,300."""
    return int(code[:_MOST_DIGITS]) if code else 0


def _extended(numbers: Iterator[int]) -> Color | None:
    """The colour of `38;5;n` or `38;2;r;g;b`, or none where the sequence is cut short."""
    kind = next(numbers, None)
    if kind == _PALETTE:
        index = next(numbers, None)
        return None if index is None else Color.from_ansi(min(255, index))
    if kind == _DIRECT:
        parts = [next(numbers, None) for _ in range(3)]
        red, green, blue = (None if part is None else min(255, part) for part in parts)
        if red is not None and green is not None and blue is not None:
            return Color.from_rgb(red, green, blue)
    return None
