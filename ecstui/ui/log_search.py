"""Which lines of a log store count: by a test of ours, by a search, by the level they name.

Pure. An index is kept current in slices, so that a search through a full store never holds the
screen up; it must never look at a line again whose chunk has not changed.
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from ecstui.ui.ansi import to_plain
from ecstui.ui.logstore import OWN_SOURCE, Chunk, LogStore, Position, StoredLine

LineTest = Callable[[int, str], bool]
"""Whether a line counts, by its source and its text (as it arrived)."""


class LineIndex:
    """Which lines of a store pass a test, kept current chunk by chunk.

    Looking at a chunk again costs only when its lines have changed, so a busy tail is cheap.
    """

    def __init__(self, store: LogStore, test: LineTest | None = None) -> None:
        """Without a test every line counts."""
        self._store = store
        self._test = test
        self._hits: dict[Chunk, tuple[int, array[int]]] = {}
        self._chunks: list[Chunk] = []
        self._starts: list[int] = [0]
        self._seen_version = -1
        self.is_complete = True

    def refresh(self, max_chunks: int = 10**9) -> bool:
        """Look at what is new, the newest first; true when nothing is left to look at."""
        if self._seen_version == self._store.version and self.is_complete:
            return True
        self._seen_version = self._store.version
        # A copy: between two refreshes the store may drop or merge chunks, rows must stay valid.
        self._chunks = list(self._store.chunks)
        if self._test is not None:
            self._scan(self._test, max_chunks)
        self._starts = [0]
        for chunk in self._chunks:
            self._starts.append(self._starts[-1] + self._count(chunk))
        return self.is_complete

    def _scan(self, test: LineTest, max_chunks: int) -> None:
        old, self._hits = self._hits, {}
        self.is_complete = True
        for chunk in reversed(self._chunks):
            known = old.get(chunk)
            if known is not None and known[0] == chunk.version:
                self._hits[chunk] = known
            elif max_chunks > 0:
                max_chunks -= 1
                hits = [
                    index
                    for index, (source, text) in enumerate(
                        zip(chunk.source, chunk.text, strict=True)
                    )
                    if test(source, text)
                ]
                self._hits[chunk] = (chunk.version, array("H", hits))
            else:
                self.is_complete = False

    def _count(self, chunk: Chunk) -> int:
        if self._test is None:
            return len(chunk)
        return len(self._hits[chunk][1]) if chunk in self._hits else 0

    def __len__(self) -> int:
        """Lines that pass, as of the last `refresh`."""
        return self._starts[-1]

    def line(self, row: int) -> StoredLine:
        """The line that is `row`th of those that pass; IndexError outside."""
        if not 0 <= row < len(self):
            raise IndexError(row)
        place = bisect_right(self._starts, row) - 1
        chunk = self._chunks[place]
        index = row - self._starts[place]
        return chunk.line(index if self._test is None else self._hits[chunk][1][index])

    def row_of(self, position: Position) -> int:
        """The row of the first line that passes and is not before `position`."""
        chunks = self._chunks
        place = bisect_left(
            chunks, position, key=lambda chunk: Position(chunk.at[-1], chunk.sequence[-1])
        )
        if place >= len(chunks):
            return len(self)
        index = chunks[place].find(position)
        if self._test is not None:
            known = self._hits.get(chunks[place])
            index = bisect_left(known[1], index) if known else 0
        return self._starts[place] + index


class Finder:
    """What to look for in lines: text, or a regular expression; capitals count if it has any."""

    def __init__(self, wanted: str, *, regex: bool = False) -> None:
        """ValueError if `wanted` is not a regular expression."""
        self.wanted = wanted
        flags = re.NOFLAG if wanted != wanted.lower() else re.IGNORECASE
        try:
            self._pattern = re.compile(wanted if regex else re.escape(wanted), flags)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        self._simple = not regex and flags == re.NOFLAG

    def matches(self, text: str) -> bool:
        """Whether the line has it; colour codes in the line do not matter."""
        if "\x1b" in text:
            text = to_plain(text)
        return self.wanted in text if self._simple else self._pattern.search(text) is not None

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where it is in a line that has already been cleaned."""
        return [
            match.span() for match in self._pattern.finditer(text) if match.end() > match.start()
        ]


_LEVELS = {
    "error": "error", "err": "error", "fatal": "error", "critical": "error", "panic": "error",
    "severe": "error", "warn": "warn", "warning": "warn", "info": "info", "notice": "info",
    "debug": "debug", "trace": "debug",
}  # fmt: skip
_WORDS = "|".join(_LEVELS)
# In capitals anywhere near the beginning, in any case only where it is said to be a level.
_LEVEL = re.compile(
    rf"\b({_WORDS.upper()})\b|(?:level\"?\s*[=:]\s*\"?|\[|^)({_WORDS}|{_WORDS.title()})\b"
)
_LEVEL_WITHIN = 120


def level_span(text: str) -> tuple[int, int, str] | None:
    """Where the first level word stands, and which of error, warn, info and debug it means."""
    match = _LEVEL.search(text, 0, _LEVEL_WITHIN)
    if match is None:
        return None
    group = 1 if match[1] else 2
    return (*match.span(group), _LEVELS[match[group].lower()])


def level_of(text: str) -> str:
    """`error`, `warn`, `info`, `debug`, or empty where the line does not say."""
    span = level_span(text)
    return span[2] if span else ""


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Which lines a view shows and which of them it marks."""

    muted: frozenset[int] = frozenset()
    """Sources whose lines are hidden."""
    errors_only: bool = False
    """Only errors, warnings and the program's own lines."""
    finder: Finder | None = None
    """What is searched for."""
    only_matches: bool = False
    """Hide what the search does not find."""

    def shown_test(self) -> LineTest | None:
        """The test of lines that are shown; None if all are."""
        if self.only_matches and self.finder is not None:
            return self.found_test()
        return self._passes if self.muted or self.errors_only else None

    def found_test(self) -> LineTest | None:
        """The test of lines that the search finds among those shown; None without a search."""
        finder = self.finder
        if finder is None:
            return None
        return lambda source, text: self._passes(source, text) and finder.matches(text)

    def _passes(self, source: int, text: str) -> bool:
        if source in self.muted:
            return False
        return not self.errors_only or source == OWN_SOURCE or level_of(text) in ("error", "warn")
