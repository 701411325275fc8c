"""JSON text with the place of every value in it, half-typed text included.

Reads and locates; what the values mean is for others. It never raises on any text.
"""

import json
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
"""A JSON value."""

DEEPEST = 40
"""Values nested deeper are read but not located."""

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"?|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a text: line and column from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a text is not JSON, and where."""

    words: str
    place: Place


class JsonText:
    """A text, and where in it each value stands; paths as in `containerDefinitions[0].image`."""

    def __init__(self, text: str) -> None:
        """`text` may be broken; then only what comes before the break is located well."""
        self._text = text
        self._line_starts = [0, *(found.end() for found in re.finditer("\n", text))]
        found = tuple(_offsets(text))
        self._offsets = dict(found)
        self._counts = Counter(path for path, _ in found)

    @property
    def duplicates(self) -> tuple[str, ...]:
        """Paths that are given more than once."""
        return tuple(path for path, count in self._counts.items() if count > 1)

    def place_of(self, path: str) -> Place:
        """Where the value stands, or the nearest one around it that is there."""
        while path and path not in self._offsets:
            path = parent_of(path)
        return self.place_at(self._offsets.get(path, 0))

    def place_at(self, offset: int) -> Place:
        """Line and column of a character."""
        line = bisect_right(self._line_starts, offset)
        return Place(line, offset - self._line_starts[line - 1] + 1)

    def read(self) -> Json | Fault:
        """The value of the whole text."""
        try:
            value: Json = json.loads(self._text, parse_constant=_refuse_constant)
        except json.JSONDecodeError as error:
            return Fault(error.msg, Place(error.lineno, error.colno))
        except RecursionError:
            return Fault("The text is too deeply nested", Place(1, 1))
        except ValueError as error:
            return Fault(str(error), Place(1, 1))
        return value


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON value")


def parent_of(path: str) -> str:
    """The path of what a value stands in; empty for the whole."""
    return path[: max(path.rfind("."), path.rfind("["), 0)]


@dataclass(slots=True)
class _Level:
    """An object or list that is being read."""

    path: str
    is_object: bool
    key: str | None = None
    has_colon: bool = False
    index: int = 0

    def next_path(self, depth: int) -> str:
        if depth > DEEPEST:
            return ""
        if not self.is_object:
            return f"{self.path}[{self.index}]"
        return f"{self.path}.{self.key}" if self.path else str(self.key)


def _offsets(text: str) -> Iterator[tuple[str, int]]:
    """Path and offset of each value, in the order of the text."""
    levels: list[_Level] = []
    for found in _TOKEN.finditer(text):
        token = found.group()
        top = levels[-1] if levels else None
        if token in "]}":
            if levels:
                levels.pop()
        elif token in ",:":
            _separate(top, token)
        elif top is not None and top.is_object and not top.has_colon:
            top.key = _key_of(token)
        else:
            path = "" if top is None else top.next_path(len(levels))
            if len(levels) <= DEEPEST:
                yield path, found.start()
            if token in "[{":
                levels.append(_Level(path, token == "{"))


def _separate(level: _Level | None, token: str) -> None:
    if level is None:
        return
    if token == ":":
        level.has_colon = True
    else:
        level.has_colon, level.key = False, None
        level.index += 1


def _key_of(token: str) -> str:
    try:
        return str(json.loads(token))
    except ValueError:
        return token.strip('"')
