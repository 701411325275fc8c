"""Members ranked by keys of their own and by counts that they share, the best one at hand.

Placement ranks container instances with it, scale-in the tasks on them. Members whose shared
counts are the same form a cell: when a count changes no member moves, so that one step costs as
much as there are cells and not as there are members.
"""

import heapq
import zlib
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator

Cell = tuple[str, ...]
"""What the members of a cell have in common, e.g. their zone."""

Key = tuple[int, ...]
"""Compared in order; the lowest ranks first."""


class _Bucketed:
    """Members of one cell by their own key; equal keys share a bucket."""

    def __init__(self) -> None:
        self.buckets: dict[Key, list[int]] = {}
        self._heap: list[Key] = []

    def add(self, member: int, key: Key) -> None:
        bucket = self.buckets.get(key)
        if bucket is None:
            self.buckets[key] = [member]
            heapq.heappush(self._heap, key)
        else:
            insort(bucket, member)

    def discard(self, member: int, key: Key) -> None:
        bucket = self.buckets[key]
        del bucket[bisect_left(bucket, member)]
        if not bucket:
            del self.buckets[key]

    def lowest(self) -> Key | None:
        """The lowest key that some member has."""
        while self._heap and self._heap[0] not in self.buckets:
            heapq.heappop(self._heap)
        return self._heap[0] if self._heap else None


class Ranking:
    """Members, numbered, with the cell and the key of each."""

    def __init__(self, shared_first: tuple[bool, ...]) -> None:
        """`shared_first`: for each part of a whole key, whether the cell gives it."""
        self._pattern = shared_first
        self._cells: dict[Cell, _Bucketed] = {}
        self._places: dict[int, tuple[Cell, Key]] = {}

    def put(self, member: int, cell: Cell, key: Key) -> None:
        """Rank a member, or rank it anew."""
        if member in self._places:
            self.remove(member)
        self._places[member] = (cell, key)
        bucketed = self._cells.get(cell)
        if bucketed is None:
            bucketed = self._cells[cell] = _Bucketed()
        bucketed.add(member, key)

    def remove(self, member: int) -> None:
        """Forget a member; nothing if it is not there."""
        place = self._places.pop(member, None)
        if place is not None:
            cell, key = place
            self._cells[cell].discard(member, key)

    def best(self, counts: Callable[[Cell], Key], salt: str) -> int | None:
        """A member with the lowest whole key; `salt` decides among several. None when empty.

        `counts`: the parts of the key that the members of a cell share.
        """
        lowest: Key | None = None
        tied: list[list[int]] = []
        for cell, bucketed in self._cells.items():
            own = bucketed.lowest()
            if own is None:
                continue
            whole = self._merged(counts(cell), own)
            if lowest is None or whole < lowest:
                lowest, tied = whole, []
            if whole == lowest:
                tied.append(bucketed.buckets[own])
        return _drawn(tied, salt) if tied else None

    def _merged(self, shared: Key, own: Key) -> Key:
        parts: tuple[Iterator[int], Iterator[int]] = (iter(own), iter(shared))
        return tuple(next(parts[is_shared]) for is_shared in self._pattern)


def _drawn(tied: list[list[int]], salt: str) -> int:
    """One of all members, the same for the same salt, spread evenly over salts."""
    index = zlib.crc32(salt.encode()) % sum(len(bucket) for bucket in tied)
    for bucket in tied:
        if index < len(bucket):
            return bucket[index]
        index -= len(bucket)
    raise AssertionError("the index is below the number of members")
