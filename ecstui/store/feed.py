"""The feed: batches of durable changes for readers outside the control loop.

Readers get each batch once and in order. One that falls behind gets a `Resync` with everything
instead; a slow reader never slows the store.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from ecstui.model.shape import Shape
from ecstui.store.tables import Change, Kind


@dataclass(frozen=True, slots=True)
class Batch:
    """The changes of one flush; `seq` is the store's number after them."""

    seq: int
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Resync:
    """Everything there is: a reader forgets what it knew."""

    seq: int
    records: tuple[tuple[Kind[Shape], str, Shape], ...]


class _Reader:
    """One reader's queue of batches."""

    def __init__(self, limit: int) -> None:
        self.queue: deque[Batch] = deque()
        self.limit = limit
        self.is_behind = False
        self.ready = asyncio.Event()

    def offer(self, batch: Batch) -> None:
        if len(self.queue) >= self.limit:
            self.queue.clear()
            self.is_behind = True
        if not self.is_behind:
            self.queue.append(batch)
        self.ready.set()


class Feed:
    """Hands batches to readers and keeps the latest for readers that come back."""

    def __init__(
        self,
        snapshot: Callable[[], Resync],
        *,
        changes_kept: int = 10_000,
        batches_per_reader: int = 1_000,
    ) -> None:
        """`snapshot`: everything that is durable now."""
        self._snapshot = snapshot
        self._changes_kept = changes_kept
        self._batches_per_reader = batches_per_reader
        self._ring: deque[Batch] = deque()
        self._kept = 0
        self._readers: dict[int, _Reader] = {}
        self._next_reader = 0

    def publish(self, batch: Batch) -> None:
        """Give a batch to every reader."""
        self._ring.append(batch)
        self._kept += len(batch.changes)
        while self._kept > self._changes_kept and len(self._ring) > 1:
            self._kept -= len(self._ring.popleft().changes)
        for reader in self._readers.values():
            reader.offer(batch)

    async def batches(self, since: int | None = None) -> AsyncGenerator[Batch | Resync]:
        """Everything (unless `since` is still in the ring), then each batch as it comes."""
        reader = _Reader(self._batches_per_reader)
        number = self._next_reader
        self._next_reader += 1
        self._readers[number] = reader
        try:
            missed = self._missed(since)
            if missed is None:
                yield self._snapshot()
            else:
                for batch in missed:
                    yield batch
            while True:
                async for item in self._drain(reader):
                    yield item
                await reader.ready.wait()
        finally:
            del self._readers[number]

    async def _drain(self, reader: _Reader) -> AsyncGenerator[Batch | Resync]:
        reader.ready.clear()
        if reader.is_behind:
            reader.is_behind = False
            reader.queue.clear()
            yield self._snapshot()
        while reader.queue:
            yield reader.queue.popleft()

    def _missed(self, since: int | None) -> list[Batch] | None:
        """Batches after `since`; None when they are no longer all here."""
        if since is None or not self._ring:
            return None
        newest = self._ring[-1].seq
        if since > newest:
            return None
        if since == newest:
            return []
        later = [batch for batch in self._ring if batch.seq > since]
        return later if len(later) < len(self._ring) else None
