"""What a title or a footer says about a log view, as numbers and as words."""

from dataclasses import dataclass
from typing import Literal

from ecstui.ui.text import number, plural

Mode = Literal["follow", "scrolled", "paused"]


@dataclass(frozen=True, slots=True)
class LogStatus:
    """What a title or footer says about the view."""

    mode: Mode
    line_count: int
    """Lines that can be scrolled to: all, or those that pass the filters."""
    new_count: int
    """Lines below the last one on the screen."""
    dropped_count: int
    hit: int
    """Which match the search stands on, from 1; 0 if on none."""
    hit_count: int
    is_searching: bool

    @property
    def text(self) -> str:
        """`FOLLOW`, `PAUSED +37`, `SCROLLED +1 204`."""
        new = f" +{number(self.new_count)}" if self.new_count else ""
        return f"{self.mode.upper()}{new}"

    @property
    def find_text(self) -> str:
        """`2 of 7`, `no match`, with `…` while older lines are still looked through."""
        more = "…" if self.is_searching else ""
        if not self.hit_count:
            return f"searching{more}" if more else "no match"
        return f"{number(self.hit)} of {number(self.hit_count)}{more}"

    @property
    def dropped_text(self) -> str:
        """`1 204 older lines dropped`, or nothing."""
        count = self.dropped_count
        return f"{plural(count, 'older line')} dropped" if count else ""
