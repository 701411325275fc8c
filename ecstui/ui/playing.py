"""Words for a recording that is played, and for where in it one wants to be. Pure."""

import re
from datetime import datetime

from ecstui.client.replay import ReplayClient
from ecstui.ui.text import clock

_STEP = re.compile(r"([+-])(\d+(?:\.\d+)?)([smh]?)")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def playing_words(player: ReplayClient | None) -> str:
    """For the header; empty when nothing is played."""
    if player is None:
        return ""
    state = "END" if player.is_over else "PAUSE" if player.is_paused else f"PLAY ×{player.speed:g}"
    return f"{state} {clock(player.now())}"


def place_of(text: str, now: float) -> float | None:
    """`+30s`, `-2m` from `now`, or a time of that day `12:03:04`; None for anything else."""
    step = _STEP.fullmatch(text)
    if step is not None:
        seconds = float(step[2]) * _UNITS[step[3]]
        return now + (seconds if step[1] == "+" else -seconds)
    found = _TIME.fullmatch(text)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59 or int(found[3] or 0) > 59:
        return None
    day = datetime.fromtimestamp(now).astimezone()
    hour, minute, second = (int(part or 0) for part in found.groups())
    return day.replace(hour=hour, minute=minute, second=second, microsecond=0).timestamp()
