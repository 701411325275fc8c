"""The small languages inside a compose file: sizes, durations, ports, variables. Pure.

Each reader gives its value, or None for what it cannot read; saying so is for its caller.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ecstui.plan.json_text import Json

_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)\s*([bkmgt]?)i?b?", re.IGNORECASE)
_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(us|ms|s|m|h)")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PORT = re.compile(
    r"(?:(?P<ip>\[[0-9a-fA-F:]+\]|[0-9]{1,3}(?:\.[0-9]{1,3}){3}):)?"
    r"(?:(?P<host>\d{1,5}(?:-\d{1,5})?)?:)?"
    r"(?P<inner>\d{1,5}(?:-\d{1,5})?)(?:/(?P<protocol>\w+))?"
)
_VARIABLE = re.compile(
    r"\$(?:(?P<escape>\$)|(?P<plain>[A-Za-z_]\w*)"
    r"|\{(?P<name>[A-Za-z_]\w*)(?:(?P<how>:?[-?+])(?P<word>[^{}]*))?\})"
)
MOST_PORTS = 100
_MOST_PORT = 65_535


def mebibytes(value: Json) -> int | None:
    """A size (`512m`, `1.5g`, bytes) in MiB, rounded up."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    found = _SIZE.fullmatch(str(value).strip())
    if found is None:
        return None
    return math.ceil(float(found[1]) * _UNITS[found[2].lower()] / _UNITS["m"])


def seconds(value: Json) -> int | None:
    """A duration (`1m30s`, `90s`, or a whole number of seconds), rounded up to seconds."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if value >= 0 else None
    if not isinstance(value, str):
        return None
    text = value.strip()
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return math.ceil(sum(float(number) * _SECONDS[unit] for number, unit in parts))


def cpu_units(value: Json) -> int | None:
    """A number of processors (`0.5`) in units of 1/1024."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return round(number * 1024) if math.isfinite(number) and 0 <= number <= 10_000 else None


class Port(NamedTuple):
    """A port of a container; host port 0 for any."""

    inner: int
    host: int
    protocol: str
    ip: str = ""


def ports_of(text: str) -> Sequence[Port] | None:
    """The short form `[ip:][host:]container[/protocol]`, ranges unfolded."""
    found = _PORT.fullmatch(text.strip())
    if found is None:
        return None
    inner, host = _range(found["inner"]), _range(found["host"])
    if inner is None or len(inner) > MOST_PORTS:
        return None
    if found["host"] and (host is None or len(host) not in (1, len(inner))):
        return None
    protocol = (found["protocol"] or "tcp").lower()
    if host is not None and len(host) == 1 and len(inner) > 1:
        return None
    hosts = host if host is not None else [0] * len(inner)
    return [Port(a, b, protocol, found["ip"] or "") for a, b in zip(inner, hosts, strict=True)]


def _range(text: str | None) -> Sequence[int] | None:
    if not text:
        return None
    first, _, last = text.partition("-")
    low, high = int(first), int(last or first)
    return range(low, high + 1) if low <= high <= _MOST_PORT else None


def substituted(text: str, variables: Mapping[str, str], missing: Callable[[str], None]) -> str:
    """The text with Compose's `${…}` filled in; one without a value stays, and is told."""

    def fill(found: re.Match[str]) -> str:
        if found["escape"]:
            return "$"
        name, how, word = found["plain"] or found["name"], found["how"] or "", found["word"] or ""
        value = variables.get(name)
        is_there = value is not None and (value != "" or not how.startswith(":"))
        if how.endswith("+"):
            return word if is_there else ""
        if is_there:
            return value or ""
        if how.endswith("-"):
            return word
        missing(name)
        return found[0]

    return _VARIABLE.sub(fill, text)


def variables_of(text: str) -> dict[str, str]:
    """Variables of a file with a `NAME=value` on each line, quotes taken off."""
    found = {}
    for raw in text.splitlines():
        line = raw.strip().removeprefix("export ").strip()
        name, equals, value = line.partition("=")
        if not equals or line.startswith("#") or not name.strip():
            continue
        value = value.strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        else:
            value = value.partition(" #")[0].rstrip()
        found[name.strip()] = value
    return found
