"""The store: transactions are all or nothing, flushes are durable, the feed shows only those."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import aclosing
from pathlib import Path

import pytest

from ecstui.base.errors import JournalError
from ecstui.model.cluster import ClusterRecord
from ecstui.model.shape import Shape
from ecstui.model.task_definition import FamilyRecord
from ecstui.store.feed import Batch, Feed, Resync
from ecstui.store.journal import MemoryJournal, Row, SqliteJournal
from ecstui.store.kinds import CLUSTERS, FAMILIES
from ecstui.store.store import Store
from ecstui.store.tables import Change, Transaction
from ecstui.store.upgrade import CURRENT_VERSION


def a_cluster(name: str, *, status: str = "ACTIVE") -> ClusterRecord:
    return ClusterRecord(cluster_arn=f"arn:{name}", cluster_name=name, created_at=1.0)


def putting(record: Shape) -> Callable[[Transaction], None]:
    return lambda tx: tx.put(record)


class BrokenJournal(MemoryJournal):
    async def write(self, changes: Sequence[Change]) -> None:
        raise JournalError("disk full")


class SlowJournal(MemoryJournal):
    """Writes wait until they are let through."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.sizes: list[int] = []

    async def write(self, changes: Sequence[Change]) -> None:
        self.sizes.append(len(changes))
        await self.gate.wait()
        await super().write(changes)


def test_an_exception_undoes_the_whole_transaction() -> None:
    store = Store(MemoryJournal())
    store.update(lambda tx: tx.put(a_cluster("kept")))
    seen: list[Change] = []
    store.on_change(seen.append)

    def spoil(tx: Transaction) -> None:
        tx.put(a_cluster("new"))
        tx.delete(CLUSTERS, "kept")
        raise RuntimeError("spoilt")

    with pytest.raises(RuntimeError, match="spoilt"):
        store.update(spoil)
    assert [cluster.cluster_name for cluster in store.all(CLUSTERS)] == ["kept"]
    assert seen == []
    assert store.seq == 1


def test_a_put_of_an_equal_record_is_no_change() -> None:
    store = Store(MemoryJournal())
    store.update(lambda tx: tx.put(a_cluster("one")))
    seq = store.seq
    store.update(lambda tx: tx.put(a_cluster("one")))
    assert store.seq == seq


async def test_what_was_flushed_is_there_after_a_restart(tmp_path: Path) -> None:
    journal = await SqliteJournal.open(tmp_path / "journal.sqlite")
    store = Store(journal)
    for name in ("b", "a", "c"):
        store.update(putting(a_cluster(name)))
    await store.flush()
    store.update(lambda tx: tx.delete(CLUSTERS, "a"))
    await store.flush()
    await store.close()
    again = Store(await SqliteJournal.open(tmp_path / "journal.sqlite"))
    await again.load()
    assert [cluster.cluster_name for cluster in again.all(CLUSTERS)] == ["b", "c"]
    assert again.get(CLUSTERS, "b") == a_cluster("b")
    await again.close()


@pytest.mark.parametrize(
    ("version", "document", "words"),
    [
        (1, "{", "cluster blue cannot be read"),
        (1, '{"clusterName": "blue"}', "cluster blue cannot be read"),
        (CURRENT_VERSION + 1, "{}", "a record of cluster was written by a newer version of ecstui"),
    ],
)
async def test_a_document_that_cannot_be_read_is_told_and_nothing_is_lost(
    version: int, document: str, words: str
) -> None:
    class Damaged(MemoryJournal):
        async def load(self) -> Iterable[Row]:
            return [("cluster", "blue", version, document)]

    with pytest.raises(JournalError, match=words):
        await Store(Damaged()).load()


async def test_changes_during_a_flush_go_together_with_the_next() -> None:
    journal = SlowJournal()
    store = Store(journal)
    store.update(lambda tx: tx.put(a_cluster("first")))
    first = asyncio.create_task(store.flush())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiters = []
    for name in ("second", "third"):
        store.update(putting(a_cluster(name)))
        waiters.append(asyncio.create_task(store.flush()))
    journal.gate.set()
    await asyncio.gather(first, *waiters)
    assert journal.sizes == [1, 2]


async def test_a_failed_flush_reaches_every_caller_and_is_final() -> None:
    store = Store(BrokenJournal())
    store.update(lambda tx: tx.put(a_cluster("lost")))
    with pytest.raises(JournalError, match="disk full"):
        await store.flush()
    store.update(lambda tx: tx.put(a_cluster("later")))
    with pytest.raises(JournalError, match="disk full"):
        await store.flush()


async def test_a_reader_sees_nothing_before_it_is_durable() -> None:
    journal = SlowJournal()
    store = Store(journal)
    store.update(lambda tx: tx.put(a_cluster("pending")))
    async with aclosing(store.batches()) as batches:
        first = await anext(batches)
        assert isinstance(first, Resync)
        assert first.records == ()
        journal.gate.set()
        await store.flush()
        second = await anext(batches)
    assert isinstance(second, Batch)
    assert [change.key for change in second.changes] == ["pending"]


async def test_a_reader_that_comes_during_a_write_sees_what_was_durable_before_it() -> None:
    journal = SlowJournal()
    store = Store(journal)
    journal.gate.set()
    store.update(putting(a_cluster("kept")))
    store.update(putting(a_cluster("going")))
    await store.flush()
    journal.gate.clear()
    store.update(putting(a_cluster("new")))
    store.update(lambda tx: tx.delete(CLUSTERS, "going"))
    store.update(putting(a_cluster("kept").with_(created_at=2.0)))
    writing = asyncio.create_task(store.flush())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    store.update(lambda tx: tx.delete(CLUSTERS, "kept"))
    async with aclosing(store.batches()) as batches:
        first = await anext(batches)
        assert isinstance(first, Resync)
        assert {key for _, key, _ in first.records} == {"kept", "going"}
        assert (CLUSTERS, "kept", a_cluster("kept")) in first.records
        journal.gate.set()
        await writing
        second = await anext(batches)
    assert isinstance(second, Batch)
    assert {change.key for change in second.changes} == {"new", "going", "kept"}
    await store.flush()
    async with aclosing(store.batches()) as batches:
        last = await anext(batches)
    assert isinstance(last, Resync)
    assert {key for _, key, _ in last.records} == {"new"}


async def _take(batches: AsyncIterator[Batch | Resync], count: int) -> list[Batch | Resync]:
    return [await anext(batches) for _ in range(count)]


async def test_a_reader_that_comes_back_gets_only_what_it_missed() -> None:
    store = Store(MemoryJournal())
    for number in range(5):
        store.update(putting(FamilyRecord(family=f"f{number}", latest_revision=1)))
        await store.flush()
    async with aclosing(store.batches(since=3)) as batches:
        missed = await _take(batches, 2)
    assert [item.seq for item in missed] == [4, 5]
    assert all(isinstance(item, Batch) for item in missed)


async def test_a_reader_that_falls_behind_gets_everything_anew() -> None:
    snapshots: list[Resync] = []

    def snapshot() -> Resync:
        snapshots.append(Resync(len(snapshots), ()))
        return snapshots[-1]

    feed = Feed(snapshot, batches_per_reader=2)
    async with aclosing(feed.batches()) as batches:
        assert await anext(batches) is snapshots[0]
        for seq in range(5):
            feed.publish(Batch(seq, ()))
        assert await anext(batches) is snapshots[1]
        feed.publish(Batch(9, ()))
        later = await anext(batches)
    assert later.seq == 9


def test_an_index_follows_its_records() -> None:
    store = Store(MemoryJournal())
    store.update(lambda tx: tx.put(FamilyRecord(family="web", latest_revision=1)))
    store.update(lambda tx: tx.put(FamilyRecord(family="web", latest_revision=2)))
    assert [f.latest_revision for f in store.all(FAMILIES)] == [2]
    assert store.count(FAMILIES) == 1
