"""Log lines that are JSON objects: in one readable line, and as a document over many.

Pure. What is not a JSON object is left as it is. Nothing here cleans text: whoever draws does.
"""

import json
from collections.abc import Mapping

LEVEL_NAMES = ("level", "severity", "lvl", "levelname", "log.level", "loglevel", "@level")
TIME_NAMES = ("time", "timestamp", "ts", "@timestamp", "asctime", "datetime")
MESSAGE_NAMES = ("msg", "message", "event", "@message")
_NUMBERED = {10: "TRACE", 20: "DEBUG", 30: "INFO", 40: "WARN", 50: "ERROR", 60: "FATAL"}
_MOST_CHARACTERS = 16 * 1024

Part = tuple[str, str]
"""Text and the role that it is drawn in."""


def record_of(text: str) -> Mapping[str, object] | None:
    """The JSON object that a line is; None for any other line."""
    if not text.lstrip().startswith("{") or len(text) > 2 * _MOST_CHARACTERS:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def one_line(text: str, *, with_time: bool = False) -> list[Part] | None:
    """`time level msg key=value` of a line of JSON; None for any other line."""
    record = record_of(text)
    if record is None:
        return None
    rest = dict(record)
    at, level, message = (_taken(rest, names) for names in (TIME_NAMES, LEVEL_NAMES, MESSAGE_NAMES))
    parts: list[Part] = []
    if with_time and at:
        parts.append((f"{at} ", "muted"))
    if level:
        parts.append((f"{level_word(level):<5} ", ""))
    if message:
        parts.append((message, ""))
    for key, value in rest.items():
        parts += [(f" {key}=" if parts else f"{key}=", "muted"), (_value(value), "")]
    return parts


_MOST_DIGITS = 3


def level_word(level: str) -> str:
    """The level in capitals; numbers as pino and bunyan write them as their names."""
    is_number = level.isdecimal() and len(level) <= _MOST_DIGITS
    return _NUMBERED.get(int(level), level) if is_number else level.upper()


def _taken(rest: dict[str, object], names: tuple[str, ...]) -> str:
    """The first of these members that is there and simple, taken out."""
    for name in names:
        if isinstance(rest.get(name), str | int | float):
            return str(rest.pop(name))
    return ""


def _value(value: object) -> str:
    if isinstance(value, str):
        needs_quotes = not value or " " in value or "=" in value or '"' in value
        return json.dumps(value, ensure_ascii=False) if needs_quotes else value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def pretty(text: str) -> str | None:
    """A line of JSON as an indented document; None for any other line."""
    record = record_of(text)
    return None if record is None else json.dumps(record, indent=2, ensure_ascii=False)
