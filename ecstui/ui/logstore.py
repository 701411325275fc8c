"""Keeps log lines of many containers in one order of time, within a bound of bytes.

Pure: no Textual, no clock. Taking lines in does no work per character: text is cleaned when it is
drawn or searched (`ecstui.ui.log_search`); chunks that nothing is added to any more are packed. It
never drops a line silently: what the bound pushes out is counted, what is cut off a line is said.
"""

import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count, pairwise
from typing import NamedTuple, Protocol

from ecstui.ui.text import number

CHUNK_LINES = 1024
MAX_LINE_CHARACTERS = 16 * 1024
LINE_COST_BYTES = 88
"""What a line costs beside its text: the string object and its entries in the arrays."""
PACKED_LINE_COST_BYTES = 19
"""What a line of a packed chunk costs beside its part of the packed text."""
LOOSE_CHUNKS = 4
"""So many of the last chunks stay as they are: lines of other sources may still come between."""
_CACHED_CHUNKS = 64
OWN_SOURCE = 0
"""The source of lines that the program itself adds: marks, containers that come and go."""


class TimedText(Protocol):
    """A line as whoever reads a container gives it: POSIX seconds, and its text."""

    @property
    def at(self) -> float:
        """When it was written."""
        ...

    @property
    def text(self) -> str:
        """Without the line break."""
        ...


class Incoming(NamedTuple):
    """A line as it arrives: POSIX seconds, and its text without the line break."""

    at: float
    text: str


class Position(NamedTuple):
    """Where a line stands for its whole life: by time, and among equals by arrival."""

    at: float
    sequence: int


class StoredLine(NamedTuple):
    """A line as it is kept."""

    at: float
    sequence: int
    source: int
    text: str

    @property
    def position(self) -> Position:
        """Its place in the order."""
        return Position(self.at, self.sequence)


@dataclass(slots=True, eq=False)
class Chunk:
    """A run of lines in order. `version` changes whenever its lines do."""

    at: "array[float]" = field(default_factory=lambda: array("d"))
    sequence: "array[int]" = field(default_factory=lambda: array("Q"))
    source: "array[int]" = field(default_factory=lambda: array("H"))
    level: bytearray = field(default_factory=bytearray)
    """Levels of the first lines, as far as somebody has looked (see `log_search.levels_in`)."""
    cost: int = 0
    version: int = 0
    _lines: list[str] = field(default_factory=list)
    _packed: bytes | None = None

    def __len__(self) -> int:
        return len(self.at)

    @property
    def text(self) -> Sequence[str]:
        """The texts, unpacked if need be."""
        return self._lines if self._packed is None else _unpacked(self._packed)

    @property
    def is_packed(self) -> bool:
        """Whether the texts are packed."""
        return self._packed is not None

    def line(self, index: int) -> StoredLine:
        """The line at that index of the chunk."""
        return StoredLine(
            self.at[index], self.sequence[index], self.source[index], self.text[index]
        )

    def position(self, index: int) -> Position:
        """Where the line at that index stands; does not look at its text."""
        return Position(self.at[index], self.sequence[index])

    def extend(self, lines: Sequence[StoredLine]) -> None:
        """Add lines that come after all that are here."""
        if self._packed is not None:
            self._lines, self._packed = list(self.text), None
            self.cost = sum(map(_cost, self._lines))
        texts = [line.text for line in lines]
        self.at.extend([line.at for line in lines])
        self.sequence.extend([line.sequence for line in lines])
        self.source.extend([line.source for line in lines])
        self._lines += texts
        self.cost += sum(map(_cost, texts))
        self.version += 1

    def pack(self) -> None:
        """Keep the texts in as little room as can be; nobody sees a difference."""
        if self._packed is None:
            self._packed = zlib.compress(
                "\n".join(self._lines).encode("utf-8", "surrogatepass"), level=1
            )
            self._lines = []
            self.cost = len(self._packed) + PACKED_LINE_COST_BYTES * len(self)

    def find(self, position: Position) -> int:
        """Index of the first line that is not before `position`."""
        low = bisect_left(self.at, position.at)
        high = bisect_right(self.at, position.at, low)
        return bisect_left(self.sequence, position.sequence, low, high)


@lru_cache(_CACHED_CHUNKS)
def _unpacked(packed: bytes) -> Sequence[str]:
    return zlib.decompress(packed).decode("utf-8", "surrogatepass").split("\n")


def _cost(text: str) -> int:
    return LINE_COST_BYTES + len(text) * (1 if text.isascii() else 2)


def cut(text: str) -> str:
    """One line of at most `MAX_LINE_CHARACTERS` and a word on how much of it is missing."""
    if len(text) > MAX_LINE_CHARACTERS:
        missing = number(len(text) - MAX_LINE_CHARACTERS)
        text = f"{text[:MAX_LINE_CHARACTERS]} … {missing} more characters were cut"
    return text.replace("\n", " ") if "\n" in text else text


class LogStore:
    """Lines of many sources in order of time; the oldest go when there are too many bytes."""

    def __init__(self, max_bytes: int = 64 * 1024 * 1024) -> None:
        """`max_bytes`: bound of what is kept, texts and bookkeeping together."""
        self.max_bytes = max_bytes
        self.chunks: list[Chunk] = []
        self.dropped_count = 0
        self.bytes = 0
        self.held = False
        """While true (a reader has paused) twice the bytes are allowed, so that its lines stay."""
        self.version = 0
        self._sequences = count(1)
        self._sources = [""]
        self._counts: list[int] = [0]
        self._length = 0
        self._loose: list[Chunk] = []

    def __len__(self) -> int:
        return self._length

    @property
    def sources(self) -> Sequence[str]:
        """Names of the sources by number; number 0 is the program itself."""
        return self._sources

    def source(self, name: str) -> int:
        """The number of a source, given to it the first time."""
        try:
            return self._sources.index(name, 1)
        except ValueError:
            self._sources.append(name)
            self._counts.append(0)
            return len(self._sources) - 1

    def received_count(self, source: int) -> int:
        """Lines ever taken in from a source; rates are made of its differences."""
        return self._counts[source]

    def extend(self, source: int, lines: Iterable[TimedText]) -> None:
        """Take in lines of one source. They may be older than what is here: they find their place.

        Lines longer than `MAX_LINE_CHARACTERS` are cut.
        """
        batch = [
            StoredLine(line.at, sequence, source, cut(line.text))
            for line, sequence in zip(lines, self._sequences, strict=False)
        ]
        if not batch:
            return
        if any(after.at < before.at for before, after in pairwise(batch)):
            batch.sort(key=lambda line: line.at)
        self._counts[source] += len(batch)
        self._length += len(batch)
        self.version += 1
        late = bisect_left(batch, self._last_at(), key=lambda line: line.at)
        if late:
            self._merge(batch[:late])
        self._append(batch[late:])
        self._pack()
        self._shrink()

    def note(self, at: float, text: str) -> None:
        """Add a line of the program's own: a mark, a container that came or went."""
        self.extend(OWN_SOURCE, [Incoming(at, text)])

    def clear(self) -> None:
        """Forget all lines, and what was dropped; not counted as dropped themselves."""
        self.chunks.clear()
        self._loose.clear()
        self.bytes = self._length = self.dropped_count = 0
        self.version += 1

    def _last_at(self) -> float:
        return self.chunks[-1].at[-1] if self.chunks else float("-inf")

    def _append(self, batch: Sequence[StoredLine]) -> None:
        start = 0
        while start < len(batch):
            if not self.chunks or len(self.chunks[-1]) >= CHUNK_LINES:
                self.chunks.append(Chunk())
                self._loose.append(self.chunks[-1])
            chunk = self.chunks[-1]
            part = batch[start : start + CHUNK_LINES - len(chunk)]
            before = chunk.cost
            chunk.extend(part)
            self.bytes += chunk.cost - before
            start += len(part)

    def _merge(self, late: Sequence[StoredLine]) -> None:
        """Put lines among those that are here; only chunks that get some are made anew."""
        place = bisect_right(self.chunks, late[0].at, key=lambda chunk: chunk.at[-1])
        merged: list[Chunk] = []
        start = 0
        for chunk in self.chunks[place:]:
            stop = bisect_left(late, chunk.at[-1], start, key=lambda line: line.at)
            if stop == start:
                merged.append(chunk)
                continue
            made = list(self._merge_chunk(chunk, late[start:stop]))
            self.bytes += sum(new.cost for new in made) - chunk.cost
            self._loose = [one for one in self._loose if one is not chunk] + made
            merged += made
            start = stop
        self.chunks[place:] = merged

    @staticmethod
    def _merge_chunk(chunk: Chunk, late: Sequence[StoredLine]) -> Iterator[Chunk]:
        here = map(StoredLine, chunk.at, chunk.sequence, chunk.source, chunk.text)
        # By time, then by arrival: no two lines share both.
        lines = sorted([*here, *late])
        # Of equal size, so that many late lines do not leave many small chunks.
        size = -(-len(lines) // -(-len(lines) // CHUNK_LINES))
        for start in range(0, len(lines), size):
            made = Chunk()
            made.extend(lines[start : start + size])
            yield made

    def _pack(self) -> None:
        """Pack what is no longer among the last chunks."""
        if len(self._loose) <= 2 * LOOSE_CHUNKS:
            return
        last = self.chunks[-LOOSE_CHUNKS:]
        for chunk in self._loose:
            if chunk not in last:
                self.bytes -= chunk.cost
                chunk.pack()
                self.bytes += chunk.cost
        self._loose = last

    def _shrink(self) -> None:
        limit = self.max_bytes * (2 if self.held else 1)
        gone = 0
        while len(self.chunks) > 1 and self.bytes > limit:
            chunk = self.chunks.pop(0)
            self.bytes -= chunk.cost
            gone += len(chunk)
            if chunk in self._loose:
                self._loose.remove(chunk)
        self.dropped_count += gone
        self._length -= gone
