"""How bad a log line says it is: the level word in plain text, or the level of a line of JSON.

Pure. Lines that name no level have none: nothing is guessed from words like "failed".
"""

import re

from ecstui.ui.ansi import to_plain
from ecstui.ui.logstore import Chunk

NONE, DEBUG, INFO, WARN, ERROR = range(5)
NAMES = ("", "debug", "info", "warn", "error")
"""Names of the levels by number, as roles of a theme have them."""

_LEVELS = {
    "error": "error", "err": "error", "fatal": "error", "critical": "error", "panic": "error",
    "severe": "error", "warn": "warn", "warning": "warn", "info": "info", "notice": "info",
    "debug": "debug", "trace": "debug",
}  # fmt: skip
_JSON_LEVELS = _LEVELS | {
    "crit": "error", "emerg": "error", "alert": "error", "emergency": "error", "dpanic": "error",
    "information": "info", "informational": "info", "verbose": "debug",
}  # fmt: skip
_WORDS = "|".join(_LEVELS)
# In capitals anywhere near the beginning, in any case only where it is said to be a level.
_LEVEL = re.compile(
    rf"\b({_WORDS.upper()})\b|(?:level\"?\s*[=:]\s*\"?|\[|^)({_WORDS}|{_WORDS.title()})\b"
)
_LEVEL_WITHIN = 120
_JSON_LEVEL = re.compile(
    r'"(?:level|severity|lvl|levelname|log\.level|loglevel|@level)"\s*:\s*"?(\w+)', re.IGNORECASE
)
_JSON_LEVEL_WITHIN = 2000
_SHOWN_FROM = (frozenset(range(5)), frozenset(range(5)), frozenset((NONE, INFO, WARN, ERROR)),
               frozenset((WARN, ERROR)), frozenset((ERROR,)))  # fmt: skip


def shown_from(least: int) -> frozenset[int]:
    """The levels that are shown when the least is this one.

    Lines without a level are shown with informations: they may say anything.
    """
    return _SHOWN_FROM[least]


def level_span(text: str) -> tuple[int, int, str] | None:
    """Where the first level word stands, and which of error, warn, info and debug it means."""
    if text.startswith("{"):
        match = _JSON_LEVEL.search(text, 0, _JSON_LEVEL_WITHIN)
        name = _json_level(match[1]) if match else ""
        return (*match.span(1), name) if match and name else None
    match = _LEVEL.search(text, 0, _LEVEL_WITHIN)
    if match is None:
        return None
    group = 1 if match[1] else 2
    return (*match.span(group), _LEVELS[match[group].lower()])


def _json_level(word: str) -> str:
    """A name, or a number as pino and bunyan write it (30 is info, 50 error)."""
    if word.isdecimal() and len(word) <= 3:
        tens = int(word) // 10
        return "" if tens < 1 else NAMES[max(DEBUG, min(ERROR, tens - 1))]
    return _JSON_LEVELS.get(word.lower(), "")


def level_of(text: str) -> str:
    """`error`, `warn`, `info`, `debug`, or empty where the line does not say."""
    if "\x1b" in text[:_LEVEL_WITHIN]:
        text = to_plain(text[: 4 * _LEVEL_WITHIN])
    span = level_span(text)
    return span[2] if span else ""


_NUMBERS = {name: number for number, name in enumerate(NAMES)}


def levels_in(chunk: Chunk) -> bytearray:
    """The level of each line of a chunk; what was looked at once is not looked at again."""
    known = len(chunk.level)
    if known < len(chunk):
        chunk.level += bytes(_NUMBERS[level_of(text)] for text in chunk.text[known:])
    return chunk.level
