"""A copy of the store that follows its feed: the same tables, read in the same way.

It holds what it was given last and never asks. A snapshot replaces everything at once, when its
last part is there; until then the old records stay readable.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from ecstui.client.lines import SnapshotPart, read_feed_line
from ecstui.model.shape import Shape
from ecstui.store.feed import Batch, Resync
from ecstui.store.kinds import KINDS
from ecstui.store.sharing import Sharing, take_over
from ecstui.store.tables import Kind, Tables

T = TypeVar("T", bound=Shape)


class Replica:
    """A `View` kept current by the lines of a feed."""

    def __init__(self) -> None:
        """Empty tables."""
        self._tables = Tables(KINDS)
        self._coming = Tables(KINDS)
        self._sharing = Sharing()
        self.has_snapshot = False
        """Whether everything was taken in at least once."""

    @property
    def seq(self) -> int:
        """Number of the latest batch that was taken in."""
        return self._tables.seq

    def get(self, kind: Kind[T], key: str) -> T | None:
        """The record of that key, or None."""
        return self._tables.get(kind, key)

    def all(self, kind: Kind[T]) -> Sequence[T]:
        """Every record, in the order in which they came."""
        return self._tables.all(kind)

    def by(self, kind: Kind[T], index: str, value: str) -> Sequence[T]:
        """Every record whose `index` has that value."""
        return self._tables.by(kind, index, value)

    def in_order(self, kind: Kind[T], index: str, value: str, after: str = "") -> Iterator[T]:
        """Every record whose `index` has that value, ordered by key, with keys after `after`."""
        return self._tables.in_order(kind, index, value, after)

    def count(self, kind: Kind[T]) -> int:
        """How many records there are."""
        return self._tables.count(kind)

    def count_by(self, kind: Kind[T], index: str, value: str) -> int:
        """How many records have that value of `index`, none of them read."""
        return self._tables.count_by(kind, index, value)

    def take_line(self, line: bytes) -> Batch | Resync | None:
        """Take in one line; what it changed, or None when that is not to be seen yet.

        Raises `UnreadableLineError`; the records stay as they were before the line.
        """
        match read_feed_line(line, self):
            case Batch() as batch:
                self._take_batch(batch)
                return batch
            case SnapshotPart() as part:
                return self._take_part(part)
            case None:
                return None

    def forget_part(self) -> None:
        """Drop the parts of a snapshot that was never finished."""
        self._coming, self._sharing = Tables(KINDS), Sharing()

    def snapshot(self) -> Resync:
        """Everything that is held."""
        return Resync(self.seq, tuple(self._tables.records()))

    def _take_batch(self, batch: Batch) -> None:
        for change in batch.changes:
            if change.before is not None and change.after is not None:
                take_over(change.before, change.after)
            self._tables.table(change.kind).put(change.key, change.after)
        self._tables.advance(batch.seq)

    def _take_part(self, part: SnapshotPart) -> Resync | None:
        for kind, key, record in part.records:
            self._sharing.share(record)
            self._coming.table(kind).put(key, record)
        if part.seq is None:
            return None
        self._tables = self._coming
        self.forget_part()
        self._tables.advance(part.seq)
        self.has_snapshot = True
        return self.snapshot()
