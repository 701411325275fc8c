"""Turns names, times and sizes into text that fits its cells.

Pure functions on strings and numbers. Text from outside (names, reasons, log lines) must pass
through `clean` or `ecstui.ui.ansi` before it reaches the screen: an escape sequence in a
container's name must never steer the terminal.
"""

from datetime import UTC, datetime, tzinfo

from rich.cells import cell_len, set_cell_size

from ecstui.ui.ansi import to_plain

ELLIPSIS = "…"
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_HEAD_SHARE = 0.6
_SPACES = str.maketrans({"\n": " ", "\t": " "})


def clean(text: str) -> str:
    """One line of harmless text: no escape sequence, no control character, no line break."""
    if text.isascii() and text.isprintable():
        return text
    return to_plain(text).translate(_SPACES)


def width_of(text: str) -> int:
    """Cells that the text takes on the screen."""
    return len(text) if text.isascii() else cell_len(text)


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Exactly `width` cells: filled with spaces, or cut without an ellipsis."""
    if right:
        free = width - width_of(text)
        if free >= 0:
            return " " * free + text
    if text.isascii():
        return text[:width].ljust(width)
    return set_cell_size(text, width)


def cut_end(text: str, width: int) -> str:
    """At most `width` cells; what is too long ends in an ellipsis."""
    if width_of(text) <= width:
        return text
    if width <= 1:
        return ELLIPSIS[:width]
    return set_cell_size(text, width - 1).rstrip() + ELLIPSIS


def cut_middle(text: str, width: int) -> str:
    """At most `width` cells; both ends of a long name stay, since both tell it from others."""
    if width_of(text) <= width:
        return text
    if width <= 1:
        return ELLIPSIS[:width]
    head = max(1, round((width - 1) * _HEAD_SHARE))
    return set_cell_size(text, head).rstrip() + ELLIPSIS + _last_cells(text, width - 1 - head)


def _last_cells(text: str, width: int) -> str:
    start = len(text)
    used = 0
    while start > 0 and (used := used + width_of(text[start - 1])) <= width:
        start -= 1
    return text[start:]


def age(seconds: float | None) -> str:
    """How long ago, in its largest unit: `4s`, `25m`, `6h`, `9d`; `–` for no time."""
    if seconds is None:
        return "–"
    whole = max(0, int(seconds))
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "m")):
        if whole >= unit:
            return f"{whole // unit}{name}"
    return f"{whole}s"


def duration(seconds: float | None) -> str:
    """How long, in its two largest units: `0.8s`, `9s`, `2m14s`, `1h05m`, `3d04h`."""
    if seconds is None:
        return "–"
    if 0 <= seconds < 1:
        return f"{seconds:.1f}s"
    whole = max(0, int(seconds))
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}m{whole % _MINUTE:02}s"
    if whole < _DAY:
        return f"{whole // _HOUR}h{whole % _HOUR // _MINUTE:02}m"
    return f"{whole // _DAY}d{whole % _DAY // _HOUR:02}h"


def clock(at: float | None, zone: tzinfo | None = None, *, millis: bool = False) -> str:
    """Time of day of `at` (POSIX seconds) in `zone`, or in the machine's own zone."""
    if at is None:
        return "–"
    moment = datetime.fromtimestamp(at, UTC).astimezone(zone)
    return moment.strftime("%H:%M:%S") + (f".{moment.microsecond // 1000:03}" if millis else "")


def moment(at: float) -> str:
    """Day and time of `at` (POSIX seconds) in the machine's own zone."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def stamp(at: float) -> str:
    """`at` (POSIX seconds) for the name of a file, in the machine's own zone."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y%m%d-%H%M%S")


def number(value: int) -> str:
    """A whole number with its thousands set apart: `1 204`."""
    return f"{value:,}".replace(",", " ")


def short_number(value: float) -> str:
    """A count in at most five cells: `812`, `2.1k`, `48k`, `1.2M`."""
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= unit:
            scaled = value / unit
            return f"{scaled:.1f}{name}" if scaled < 10 else f"{scaled:.0f}{name}"
    return f"{value:.0f}"


def size(count_bytes: float) -> str:
    """Bytes in binary units: `512 B`, `1.5 KiB`, `256 MiB`."""
    value = float(count_bytes)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(value) < 1024:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 10 else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def plural(count: int, one: str, many: str = "") -> str:
    """`1 task`, `3 tasks`, `2 policies` (give `many` where an s is not enough)."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"
