"""Typed tables in memory, read without waiting and changed all-or-nothing.

A `Transaction` applies changes at once and can undo them; nothing here knows of disks or readers.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from ecstui.model.shape import Shape

T = TypeVar("T", bound=Shape)
IndexOf = Callable[[T], str | None]


@dataclass(frozen=True, eq=False)
class Kind(Generic[T]):
    """A typed table: its name, record class, key, and the values it can be searched by."""

    name: str
    type: type[T]
    key: Callable[[T], str]
    indexes: Mapping[str, IndexOf[T]] = field(default_factory=dict)
    check: Callable[[T, T], None] | None = None
    """Called with the record before and after; raises `AssertionError` where that may not be."""


class View(Protocol):
    """Synchronous read access to all tables."""

    @property
    def seq(self) -> int:
        """Number of the latest change that is seen here."""
        ...

    def get(self, kind: Kind[T], key: str) -> T | None:
        """The record of that key, or None."""
        ...

    def all(self, kind: Kind[T]) -> Sequence[T]:
        """Every record, in the order in which they came."""
        ...

    def by(self, kind: Kind[T], index: str, value: str) -> Sequence[T]:
        """Every record whose `index` has that value."""
        ...

    def in_order(self, kind: Kind[T], index: str, value: str, after: str = "") -> Iterator[T]:
        """Every record whose `index` has that value, ordered by key, with keys after `after`."""
        ...

    def count(self, kind: Kind[T]) -> int:
        """How many records there are."""
        ...

    def count_by(self, kind: Kind[T], index: str, value: str) -> int:
        """How many records have that value of `index`, none of them read."""
        ...


@dataclass(frozen=True, slots=True)
class Change:
    """One record before and after; None where there was, or is, none."""

    kind: Kind[Shape]
    key: str
    before: Shape | None
    after: Shape | None


_Bucket = dict[str, None] | str
"""Keys of the rows with one value of an index, as they came; one alone needs no dict."""


class Table(Generic[T]):
    """The rows of one kind with their indexes."""

    def __init__(self, kind: Kind[T]) -> None:
        """An empty table."""
        self.kind = kind
        self.rows: dict[str, T] = {}
        self._index: dict[str, dict[str, _Bucket]] = {name: {} for name in kind.indexes}
        self._ordered: dict[tuple[str, str], list[str]] = {}
        """Keys in order, by index and value; kept from the first time that they are asked for."""

    def put(self, key: str, record: T | None) -> T | None:
        """Set a row, or remove it when `record` is None; returns what was there."""
        before = self.rows.get(key)
        if record is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = record
        for name, value_of in self.kind.indexes.items():
            old = None if before is None else value_of(before)
            new = None if record is None else value_of(record)
            if old != new:
                self._reindex(self._index[name], key, old, new)
                self._reorder(name, key, old, new)
        return before

    @staticmethod
    def _reindex(buckets: dict[str, _Bucket], key: str, old: str | None, new: str | None) -> None:
        if old is not None:
            bucket = buckets[old]
            if isinstance(bucket, dict):
                del bucket[key]
            if isinstance(bucket, str) or not bucket:
                del buckets[old]
        if new is not None:
            bucket = buckets.setdefault(new, key)
            if isinstance(bucket, dict):
                bucket[key] = None
            elif bucket != key:
                buckets[new] = {bucket: None, key: None}

    def _reorder(self, index: str, key: str, old: str | None, new: str | None) -> None:
        left = None if old is None else self._ordered.get((index, old))
        if left is not None:
            del left[bisect_left(left, key)]
            if not left:
                del self._ordered[index, old or ""]
        joined = None if new is None else self._ordered.get((index, new))
        if joined is not None:
            insort(joined, key)

    def in_order(self, index: str, value: str, after: str) -> Iterator[T]:
        """Rows whose index has that value, by key, those with keys after `after`."""
        keys = self._ordered.get((index, value))
        if keys is None:
            found = self._keys(index, value)
            if not found:
                return
            keys = self._ordered[index, value] = sorted(found)
        for position in range(bisect_right(keys, after), len(keys)):
            yield self.rows[keys[position]]

    def by(self, index: str, value: str) -> tuple[T, ...]:
        """Rows whose index has that value."""
        rows = self.rows
        return tuple([rows[key] for key in self._keys(index, value)])

    def count_by(self, index: str, value: str) -> int:
        """How many rows have that value of the index."""
        return len(self._keys(index, value))

    def _keys(self, index: str, value: str) -> Collection[str]:
        bucket = self._index[index].get(value, ())
        return (bucket,) if isinstance(bucket, str) else bucket


class Tables:
    """One table per kind: a `View`, and the place that transactions change."""

    def __init__(self, kinds: Iterable[Kind[Shape]]) -> None:
        """Empty tables of these kinds."""
        self.tables: dict[str, Table[Shape]] = {kind.name: Table(kind) for kind in kinds}
        self._seq = 0

    @property
    def seq(self) -> int:
        """Number of the latest change."""
        return self._seq

    def advance(self, seq: int) -> None:
        """Take over the number of the latest change."""
        self._seq = seq

    def table(self, kind: Kind[T]) -> Table[T]:
        """The table of a kind."""
        return self.tables[kind.name]  # type: ignore[return-value]

    def get(self, kind: Kind[T], key: str) -> T | None:
        """The record of that key, or None."""
        return self.tables[kind.name].rows.get(key)  # type: ignore[return-value]

    def all(self, kind: Kind[T]) -> Sequence[T]:
        """Every record, in the order in which they came."""
        return tuple(self.tables[kind.name].rows.values())  # type: ignore[arg-type]

    def by(self, kind: Kind[T], index: str, value: str) -> Sequence[T]:
        """Every record whose `index` has that value."""
        return self.table(kind).by(index, value)

    def in_order(self, kind: Kind[T], index: str, value: str, after: str = "") -> Iterator[T]:
        """Every record whose `index` has that value, ordered by key, with keys after `after`."""
        return self.table(kind).in_order(index, value, after)

    def count(self, kind: Kind[T]) -> int:
        """How many records there are."""
        return len(self.table(kind).rows)

    def count_by(self, kind: Kind[T], index: str, value: str) -> int:
        """How many records have that value of `index`, none of them read."""
        return self.table(kind).count_by(index, value)

    def records(self) -> Iterable[tuple[Kind[Shape], str, Shape]]:
        """Every record of every kind."""
        for table in self.tables.values():
            for key, record in table.rows.items():
                yield table.kind, key, record


class Transaction:
    """A `View` that can also `put` and `delete`; its changes are undone as one."""

    def __init__(self, tables: Tables, kind_of: Mapping[type[Shape], Kind[Shape]]) -> None:
        """`kind_of`: record class to kind."""
        self._tables = tables
        self._kind_of = kind_of
        self._undo: list[tuple[Kind[Shape], str, Shape | None]] = []

    @property
    def seq(self) -> int:
        """Number of the latest change before this transaction."""
        return self._tables.seq

    def get(self, kind: Kind[T], key: str) -> T | None:
        """The record of that key, or None; sees this transaction's own changes."""
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

    def put(self, record: Shape) -> None:
        """Add or replace a record."""
        kind = self._kind_of[type(record)]
        key = kind.key(record)
        before = self._tables.get(kind, key)
        if before is record:
            return
        if before is not None and kind.check is not None:
            kind.check(before, record)
        self._tables.table(kind).put(key, record)
        self._undo.append((kind, key, before))

    def delete(self, kind: Kind[T], key: str) -> None:
        """Remove a record; absent is fine."""
        before = self._tables.table(kind).put(key, None)
        if before is not None:
            self._undo.append((kind, key, before))  # type: ignore[arg-type]

    def changes(self) -> list[Change]:
        """What this transaction changed so far, one entry per record, in order of first touch."""
        if not self._undo:
            return []
        first: dict[tuple[str, str], tuple[Kind[Shape], Shape | None]] = {}
        for kind, key, before in self._undo:
            first.setdefault((kind.name, key), (kind, before))
        found = []
        for (_, key), (kind, before) in first.items():
            after = self._tables.get(kind, key)
            if after is not before and after != before:
                found.append(Change(kind, key, before, after))
        return found

    def undo(self) -> None:
        """Put everything back as it was; order among rows is kept for rows that stayed."""
        for kind, key, before in reversed(self._undo):
            self._tables.table(kind).put(key, before)
        self._undo.clear()
