"""The store: records in memory, changed by synchronous transactions, made durable by `flush`.

Only one flush runs at a time; what piles up meanwhile goes with the next one. Nobody outside sees
a change before it is durable.
"""

import asyncio
import gc
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from ecstui.base.errors import JournalError
from ecstui.model.shape import Shape
from ecstui.store.feed import Batch, Feed, Resync
from ecstui.store.journal import Journal, Row
from ecstui.store.kinds import KIND_NAMED, KIND_OF, KINDS
from ecstui.store.sharing import Sharing
from ecstui.store.tables import Change, Kind, Tables, Transaction
from ecstui.store.upgrade import upgrade

R = TypeVar("R")
T = TypeVar("T", bound=Shape)


class Store:
    """A `View` over all tables, with the journal behind it."""

    def __init__(self, journal: Journal) -> None:
        """An empty store; `load` fills it from the journal."""
        self._journal = journal
        self._tables = Tables(KINDS)
        self._pending: list[Change] = []
        self._writing: Sequence[Change] = ()
        """Changes that are being written, or could not be: nobody has seen them."""
        self._listeners: list[Callable[[Change], None]] = []
        self._failure_listeners: list[Callable[[Exception], None]] = []
        self._durable = 0
        self._flushing: asyncio.Task[None] | None = None
        self._failure: Exception | None = None
        self._in_transaction = False
        self.feed = Feed(self._snapshot)

    async def load(self) -> None:
        """Read every document of the journal; `JournalError` when it cannot be read."""
        rows = await self._journal.load()
        with _no_garbage_search():
            self._take_in(rows)

    def _take_in(self, rows: Iterable[Row]) -> None:
        sharing = Sharing()
        for kind_name, key, version, document in rows:
            kind = KIND_NAMED.get(kind_name)
            if kind is None:
                continue
            try:
                text = upgrade(kind_name, version, document)
                record = kind.type.model_validate_json(text)
            except ValueError as error:
                raise JournalError(
                    f"the record of {kind_name} {key} cannot be read: put back a copy of the "
                    f"state directory, or start with an empty one. {_first_line(error)}"
                ) from error
            sharing.share(record)
            self._tables.table(kind).put(key, record)

    @property
    def seq(self) -> int:
        """Number of the latest transaction."""
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

    def update(self, change: Callable[[Transaction], R]) -> R:
        """Run `change` as one transaction; an exception undoes all of it."""
        assert not self._in_transaction, "transactions do not nest"
        tx = Transaction(self._tables, KIND_OF)
        self._in_transaction = True
        try:
            result = change(tx)
        except BaseException:
            tx.undo()
            raise
        finally:
            self._in_transaction = False
        changes = tx.changes()
        if changes:
            self._tables.advance(self._tables.seq + 1)
            self._pending.extend(changes)
            for made in changes:
                for listener in self._listeners:
                    listener(made)
        return result

    def on_change(self, listener: Callable[[Change], None]) -> None:
        """Call `listener` for each change at once, before it is durable; for the loop only."""
        self._listeners.append(listener)

    def on_failure(self, listener: Callable[[Exception], None]) -> None:
        """Call `listener` when changes could not be made durable, whoever waits for them."""
        self._failure_listeners.append(listener)

    @property
    def is_durable(self) -> bool:
        """Whether nothing waits for a flush."""
        return not self._pending and self._flushing is None

    async def flush(self) -> int:
        """Wait until everything changed so far is durable; returns its number.

        Raises `JournalError` when it could not be written; the store takes no more flushes then.
        """
        target = self._tables.seq
        while self._durable < target:
            if self._failure is not None:
                raise self._failure
            if self._flushing is None:
                self._flushing = asyncio.create_task(self._flush_pending())
            await asyncio.shield(self._flushing)
        return target

    async def _flush_pending(self) -> None:
        seq = self._tables.seq
        changes = _coalesce(self._pending)
        self._pending, self._writing = [], changes
        try:
            await self._journal.write(changes)
        except Exception as error:
            self._failure = error
            for listener in self._failure_listeners:
                listener(error)
            raise
        finally:
            self._flushing = None
        self._durable, self._writing = seq, ()
        self.feed.publish(Batch(seq, tuple(changes)))

    def batches(self, since: int | None = None) -> AsyncGenerator[Batch | Resync]:
        """Durable changes as they come, after a `Resync` unless `since` is recent enough."""
        return self.feed.batches(since)

    def _snapshot(self) -> Resync:
        waiting = {(c.kind.name, c.key): c for c in reversed([*self._writing, *self._pending])}
        records = []
        for kind, key, record in self._tables.records():
            change = waiting.pop((kind.name, key), None)
            durable = record if change is None else change.before
            if durable is not None:
                records.append((kind, key, durable))
        records += [(c.kind, c.key, c.before) for c in waiting.values() if c.before is not None]
        return Resync(self._durable, tuple(records))

    async def close(self) -> None:
        """Make everything durable and close the journal."""
        if self._failure is None:
            await self.flush()
        await self._journal.close()


@contextmanager
def _no_garbage_search() -> Iterator[None]:
    """Records form no cycles: looking for some while thousands come takes longer than they do."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _first_line(error: ValueError) -> str:
    return " ".join(str(error).split())[:300]


def _coalesce(changes: Sequence[Change]) -> list[Change]:
    """One change per record: the first `before` and the last `after`."""
    merged: dict[tuple[str, str], Change] = {}
    for change in changes:
        key = (change.kind.name, change.key)
        earlier = merged.get(key)
        before = change.before if earlier is None else earlier.before
        merged[key] = Change(change.kind, change.key, before, change.after)
    return list(merged.values())
