"""The one-cell signs of the interface, their ASCII twins, and which sign a status word gets.

Everything is written with the Unicode signs; where the terminal cannot show them, one line filter
swaps every character on its way out, so no screen ever asks which set is in use. A sign must be
one cell wide in both sets and must carry the state by its shape: colour only repeats it.
"""

from collections.abc import Mapping
from typing import NamedTuple

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

RUNNING = "●"
HEALTHY = "✓"
STARTING = "◇"
CHANGING = "◆"
DRAINING = "▨"
STOPPED = "○"
FAILED = "✗"
WARNING = "▲"
UNKNOWN = "–"
NEW = "■"
OLD = "□"
MARK = "•"
CURSOR = "▌"
USED = "█"
FREE = "░"
MOVING = "▒"
EMPTY = "·"
RISING = "▁▂▃▄▅▆▇█"
LIMIT = "╌"
DOWN_ARROW = "↓"
UP_ARROW = "↑"
ENTER = "↵"

_TWINS = {
    RUNNING: "R", HEALTHY: "+", STARTING: "S", CHANGING: "*", DRAINING: "D", STOPPED: ".",
    FAILED: "X", WARNING: "!", UNKNOWN: "-", NEW: "#", OLD: "o", MARK: ">", CURSOR: "=",
    USED: "#", FREE: ".", MOVING: ":", EMPTY: ".", ENTER: "<",
    "▁": "_", "▂": ".", "▃": ",", "▄": "-", "▅": "=", "▆": "+", "▇": "*",
    "→": ">", "←": "<", "↑": "^", "↓": "v", "▸": ">", "◂": "<", "▾": "v", "▼": "v", "⇧": "^",
    "‹": "<", "›": ">", "⟳": "@", "…": "~", "×": "x", "−": "-", "—": "-", "∅": "0", "⇄": "=",
    "“": '"', "”": '"', "‘": "'", "’": "'", "╌": "-", "┄": "-", "┈": "-", "▏": "|", "▕": "|",
    "│": "|", "┃": "|", "║": "|", "─": "-", "━": "-", "═": "=", "▔": "-", "▀": "-", "▎": "|",
    "▍": "|", "▋": "|", "▊": "|", "▉": "|", "▐": "|",
}  # fmt: skip
# Box drawing that is not a plain line is a corner or a crossing; other blocks are filled cells.
_ASCII = {
    **dict.fromkeys(range(9472, 9600), "+"),
    **dict.fromkeys(range(9600, 9632), "#"),
    **dict.fromkeys(range(10240, 10496), "*"),
    **{ord(sign): twin for sign, twin in _TWINS.items()},
}


class Sign(NamedTuple):
    """A state as it is drawn: one cell, and the theme's role for its colour."""

    glyph: str
    role: str


_STARTING = Sign(STARTING, "status.starting")
_STOPPING = Sign(DRAINING, "status.draining")
_UNKNOWN = Sign(UNKNOWN, "status.unknown")
_STATUS: Mapping[str, Sign] = {
    # Task and container lastStatus
    "PROVISIONING": _STARTING,
    "PENDING": _STARTING,
    "ACTIVATING": _STARTING,
    "RUNNING": Sign(RUNNING, "status.running"),
    "DEACTIVATING": _STOPPING,
    "STOPPING": _STOPPING,
    "DEPROVISIONING": _STOPPING,
    "STOPPED": Sign(STOPPED, "status.stopped"),
    "DELETED": Sign(STOPPED, "status.stopped"),
    # healthStatus
    "HEALTHY": Sign(HEALTHY, "status.running"),
    "UNHEALTHY": Sign(FAILED, "status.failed"),
    "UNKNOWN": _UNKNOWN,
    # services, clusters, container instances, task definitions
    "ACTIVE": Sign(RUNNING, "status.running"),
    "DRAINING": _STOPPING,
    "INACTIVE": Sign(STOPPED, "status.stopped"),
    "REGISTERING": _STARTING,
    "DEREGISTERING": _STOPPING,
    "REGISTRATION_FAILED": Sign(FAILED, "status.failed"),
    "DELETE_IN_PROGRESS": _STOPPING,
    # rolloutState
    "IN_PROGRESS": Sign(CHANGING, "status.changing"),
    "COMPLETED": Sign(HEALTHY, "status.running"),
    "FAILED": Sign(FAILED, "status.failed"),
}


def sign_of(status: str | None) -> Sign:
    """The sign for one of ECS's status words; a dash for a word that is not known."""
    return _STATUS.get(status or "", _UNKNOWN)


def to_ascii(text: str) -> str:
    """The text with every sign replaced by its ASCII twin; letters of any script stay."""
    return text if text.isascii() else text.translate(_ASCII)


def wants_ascii(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is known not to show our signs: the Linux console, or a C locale."""
    if environ.get("TERM") in {"linux", "dumb"}:
        return True
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        if value := environ.get(name):
            return value in {"C", "POSIX"}
    return False


class AsciiFilter(LineFilter):
    """Swaps signs for their ASCII twins in every line that is sent, borders included."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments in ASCII; `background` plays no part."""
        return [
            segment
            if segment.text.isascii()
            else Segment(to_ascii(segment.text), segment.style, segment.control)
            for segment in segments
        ]
