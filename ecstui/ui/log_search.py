"""Which lines of a log store count: by their source, by the level they name, by a search.

Pure. An index is kept current in slices, so that a search through a full store never holds the
screen up; it must never look at a line again whose chunk has not changed.
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from ecstui.ui.ansi import to_plain
from ecstui.ui.log_levels import NONE, levels_in, shown_from
from ecstui.ui.logstore import OWN_SOURCE, Chunk, LogStore, Position, StoredLine

LineTest = Callable[[int, str], bool]
"""Whether a line counts, by its source and its text (as it arrived)."""


@dataclass(frozen=True, slots=True)
class Sieve:
    """What a line must be to count."""

    muted: frozenset[int] = frozenset()
    """Sources whose lines do not count."""
    least_level: int = NONE
    """Lines below do not count; the program's own lines always do."""
    test: LineTest | None = None
    """What it must be besides."""
    context: int = 0
    """So many lines before and after one that passes the test count too."""

    @property
    def is_open(self) -> bool:
        """Whether every line counts."""
        return not self.muted and not self.least_level and self.test is None

    def ground(self, chunk: Chunk) -> Sequence[int]:
        """Indexes of the lines that count as long as no test is asked."""
        found: Sequence[int] = range(len(chunk))
        if self.least_level:
            levels, shown = levels_in(chunk), shown_from(self.least_level)
            sources = chunk.source
            found = [i for i in found if levels[i] in shown or sources[i] == OWN_SOURCE]
        if self.muted:
            sources, muted = chunk.source, self.muted
            found = [i for i in found if sources[i] not in muted]
        return found

    def tested(self, chunk: Chunk, ground: Sequence[int]) -> Sequence[int]:
        """Which of the lines on the ground pass the test: indexes into `ground`."""
        test = self.test
        if test is None:
            return range(len(ground))
        texts, sources = chunk.text, chunk.source
        return [place for place, i in enumerate(ground) if test(sources[i], texts[i])]


@dataclass(frozen=True, slots=True)
class _Scanned:
    """What was found in one chunk at one version of it."""

    version: int
    ground: Sequence[int]
    hits: Sequence[int]
    """Indexes into `ground`."""
    shown: Sequence[int]
    """Indexes into the chunk: hits and their context."""
    reach: tuple[int, int] = (0, 0)
    """How much context comes in from the chunks before and after."""


class LineIndex:
    """Which lines of a store count, kept current chunk by chunk.

    Looking at a chunk again costs only when its lines have changed, so a busy tail is cheap.
    """

    def __init__(
        self, store: LogStore, test: LineTest | None = None, *, sieve: Sieve | None = None
    ) -> None:
        """Without a test or a sieve every line counts."""
        self._store = store
        self._sieve = sieve or Sieve(test=test)
        self._is_open = self._sieve.is_open
        self._scanned: dict[Chunk, _Scanned] = {}
        self._chunks: list[Chunk] = []
        self._starts: list[int] = [0]
        self._seen_version = -1
        self.is_complete = True

    def refresh(
        self, max_chunks: int = 10**9, is_enough: Callable[[], bool] = lambda: False
    ) -> bool:
        """Look at what is new, the newest first; true when nothing is left to look at.

        `is_enough` is asked after each chunk whether the rest may wait for the next time.
        """
        if self._seen_version == self._store.version and self.is_complete:
            return True
        self._seen_version = self._store.version
        # A copy: between two refreshes the store may drop or merge chunks, rows must stay valid.
        self._chunks = list(self._store.chunks)
        if self._is_open:
            lengths: Iterable[int] = map(len, self._chunks)
        else:
            self._scan(max_chunks, is_enough)
            if self._sieve.context:
                self._widen()
            scanned = self._scanned
            lengths = (
                len(scanned[chunk].shown) if chunk in scanned else 0 for chunk in self._chunks
            )
        self._starts = list(accumulate(lengths, initial=0))
        return self.is_complete

    def _scan(self, max_chunks: int, is_enough: Callable[[], bool]) -> None:
        old, self._scanned = self._scanned, {}
        self.is_complete = True
        sieve = self._sieve
        for chunk in reversed(self._chunks):
            known = old.get(chunk)
            if known is not None and known.version == chunk.version:
                self._scanned[chunk] = known
            elif max_chunks > 0:
                max_chunks -= 1
                ground = sieve.ground(chunk)
                hits = sieve.tested(chunk, ground)
                shown = array("H", [ground[place] for place in hits])
                ground = array("H", ground) if sieve.context else ()
                hits = array("H", hits) if sieve.context else ()
                self._scanned[chunk] = _Scanned(chunk.version, ground, hits, shown, (-1, -1))
                if is_enough():
                    max_chunks = 0
            else:
                self.is_complete = False

    def _widen(self) -> None:
        """Add the lines around those that pass, also across the ends of chunks."""
        context, scanned = self._sieve.context, self._scanned
        known = [scanned.get(chunk) for chunk in self._chunks]
        for index, chunk in enumerate(self._chunks):
            found = known[index]
            if found is None:
                continue
            before = known[index - 1] if index else None
            after = known[index + 1] if index + 1 < len(known) else None
            reach = (_reach_down(before, context), _reach_up(after, context))
            if reach != found.reach:
                shown = _with_context(found, context, reach)
                scanned[chunk] = replace(found, shown=shown, reach=reach)

    @property
    def chunk_count(self) -> int:
        """How many chunks there are to look at."""
        return len(self._store.chunks)

    def __len__(self) -> int:
        """Lines that count, as of the last `refresh`."""
        return self._starts[-1]

    def _place(self, row: int) -> tuple[Chunk, int]:
        if not 0 <= row < len(self):
            raise IndexError(row)
        place = bisect_right(self._starts, row) - 1
        chunk = self._chunks[place]
        index = row - self._starts[place]
        return chunk, index if self._is_open else self._scanned[chunk].shown[index]

    def line(self, row: int) -> StoredLine:
        """The line that is `row`th of those that count; IndexError outside."""
        chunk, index = self._place(row)
        return chunk.line(index)

    def position(self, row: int) -> Position:
        """Where the line of that row stands, without a look at its text; IndexError outside."""
        chunk, index = self._place(row)
        return chunk.position(index)

    def row_of(self, position: Position) -> int:
        """The row of the first line that counts and is not before `position`."""
        chunks = self._chunks
        place = bisect_left(chunks, position, key=lambda chunk: chunk.position(len(chunk) - 1))
        if place >= len(chunks):
            return len(self)
        index = chunks[place].find(position)
        if not self._is_open:
            known = self._scanned.get(chunks[place])
            index = bisect_left(known.shown, index) if known else 0
        return self._starts[place] + index


def _reach_down(found: _Scanned | None, context: int) -> int:
    """How many lines after the end of a chunk are still beside its last hit."""
    if found is None or not found.hits:
        return 0
    return max(0, context - (len(found.ground) - 1 - found.hits[-1]))


def _reach_up(found: _Scanned | None, context: int) -> int:
    return 0 if found is None or not found.hits else max(0, context - found.hits[0])


def _with_context(found: _Scanned, context: int, reach: tuple[int, int]) -> "array[int]":
    ground, end = found.ground, len(found.ground)
    places = set(range(min(end, reach[0]))) | set(range(max(0, end - reach[1]), end))
    for hit in found.hits:
        places.update(range(max(0, hit - context), min(end, hit + context + 1)))
    return array("H", [ground[place] for place in sorted(places)])


class Finder:
    """What to look for in lines: text, or a regular expression; capitals count if it has any."""

    def __init__(self, wanted: str, *, regex: bool = False) -> None:
        """ValueError if `wanted` is not a regular expression."""
        self.wanted = wanted
        flags = re.NOFLAG if wanted != wanted.lower() else re.IGNORECASE
        try:
            self._pattern = re.compile(wanted if regex else re.escape(wanted), flags)
        except (re.error, OverflowError, RecursionError) as error:
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


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Which lines a view shows and which of them it marks."""

    muted: frozenset[int] = frozenset()
    """Sources whose lines are hidden."""
    least_level: int = NONE
    """Lines below this level are hidden."""
    finder: Finder | None = None
    """What is searched for."""
    only_matches: bool = False
    """Hide what the search does not find."""
    context: int = 0
    """Lines to show around each match while the others are hidden."""

    @property
    def shown(self) -> Sieve:
        """Which lines are shown."""
        if self.only_matches and self.finder is not None:
            return replace(self._found(self.finder), context=self.context)
        return Sieve(self.muted, self.least_level)

    @property
    def found(self) -> Sieve | None:
        """Which lines the search finds among those shown; None without a search."""
        return None if self.finder is None else self._found(self.finder)

    def _found(self, finder: Finder) -> Sieve:
        return Sieve(self.muted, self.least_level, lambda _source, text: finder.matches(text))
