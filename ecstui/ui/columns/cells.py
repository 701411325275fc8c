"""Cells that several lists share: ages, sizes, revisions, names of things from elsewhere. Pure."""

from ecstui.base.ids import short_name
from ecstui.ui.glyphs import UNKNOWN, sign_of
from ecstui.ui.table import Cell, Span
from ecstui.ui.text import age, clean, clock, cut_end

_STEP_SECONDS = 10
"""Below that an age ticks by seconds; above, a screen of rows would write all the time."""
SHORT_ID = 6
"""Digits of a task's id that are shown; enough to tell some thousands apart."""


def short_id(arn_or_id: str) -> str:
    """The first digits of a task's or instance's id."""
    return clean(short_name(arn_or_id))[:SHORT_ID]


def revision_of(task_definition: str) -> str:
    """`web:3` of a task definition's ARN."""
    return clean(short_name(task_definition))


def since(at: float | None, now: float) -> str:
    """How long ago, in one unit; tens of seconds, so that a list of young rows stands still."""
    if at is None:
        return age(None)
    seconds = now - at
    return age(seconds // _STEP_SECONDS * _STEP_SECONDS if seconds >= _STEP_SECONDS else seconds)


def time_of(at: float) -> str:
    """Time of day of something that happened."""
    return clock(at)


def memory_text(memory_mib: int) -> str:
    """MiB in a few cells: `512M`, `2G`, `1.5G`."""
    if memory_mib < 1024:
        return f"{memory_mib}M"
    return f"{memory_mib / 1024:.1f}".removesuffix(".0") + "G"


def status_cell(status: str) -> Cell:
    """A status word with its sign before it."""
    sign = sign_of(status)
    return (Span(f"{sign.glyph} ", sign.role), Span(status))


def sign_cell(status: str) -> Cell:
    """The sign of a status word."""
    sign = sign_of(status)
    return (Span(sign.glyph, sign.role),)


def quiet(text: str) -> Cell:
    """Text that matters less; a dash where there is none."""
    return (Span(text or UNKNOWN, "muted"),)


def word(text: str, width: int = 60) -> str:
    """A user's name or word, harmless and not endless."""
    return cut_end(clean(text), width)
