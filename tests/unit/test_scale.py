"""What must not grow with the number of records: counted, never timed."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

import pytest

from ecstui.control.loop import ControlLoop, Reconciled
from ecstui.control.observer import Sighting
from ecstui.control.operations.describe import cluster_shape
from ecstui.control.operations.paging import page_in_order
from ecstui.control.reconcilers.reaper import Reaper
from ecstui.control.setup import Limits
from ecstui.engine.behaviour import Behaviour
from ecstui.model.cluster import EventRecord
from ecstui.model.enums import EventSource, LaunchType, TaskStatus
from ecstui.model.requests.tasks import ListTasksRequest
from ecstui.model.shape import Shape
from ecstui.model.task import TaskRecord
from ecstui.plan.attributes import ARCHITECTURE
from ecstui.plan.pace import PACES, PaceName
from ecstui.plan.placement import Placed, place_all
from ecstui.plan.spec import Observation
from ecstui.store.journal import MemoryJournal
from ecstui.store.kinds import EVENTS, INSTANCES, KIND_OF, KINDS, TASKS
from ecstui.store.store import Store
from ecstui.store.tables import Change, Kind, Tables, Transaction
from tests.factories import NOW, a_capacity, a_cluster, a_demand, a_task
from tests.support.effects import NoEffects
from tests.support.town import Town

T = TypeVar("T", bound=Shape)


class _SteppingClock:
    """A second passes whenever it is asked."""

    def __init__(self) -> None:
        self._now = NOW

    def now(self) -> float:
        self._now += 1.0
        return self._now


class _StillClock:
    def now(self) -> float:
        return NOW


def _loop(clock: _SteppingClock | _StillClock, seconds: float, done: list[str]) -> ControlLoop:
    def reconcile(_: Transaction, key: str) -> Reconciled:
        done.append(key)
        return Reconciled()

    limits = Limits(turn_seconds=seconds)
    return ControlLoop(Store(MemoryJournal()), clock, limits, {"tasks": reconcile}, _no_action)


def _no_action(*_: object) -> None:
    raise AssertionError("nothing was asked for")


async def test_a_turn_ends_when_its_time_is_over_and_the_rest_comes_first_in_the_next():
    done: list[str] = []
    loop = _loop(_SteppingClock(), 1.5, done)
    for key in "abcde":
        loop.mark("tasks", key)
    report = await loop.turn()
    assert done == ["a", "b"]
    assert report.keys == 2
    was_idle = loop.is_idle
    assert not was_idle
    loop.mark("tasks", "z")
    for _ in range(3):
        await loop.turn()
    assert done == ["a", "b", "c", "d", "e", "z"]


async def test_a_turn_takes_one_key_however_late_it_is():
    done: list[str] = []
    loop = _loop(_SteppingClock(), 0.0, done)
    for key in "ab":
        loop.mark("tasks", key)
    await loop.turn()
    assert done == ["a"]


async def test_while_no_time_passes_a_turn_takes_all_keys():
    done: list[str] = []
    loop = _loop(_StillClock(), 0.0, done)
    for number in range(100):
        loop.mark("tasks", str(number))
    await loop.turn()
    assert len(done) == 100
    assert loop.is_idle


async def test_others_go_on_between_turns_that_change_nothing():
    done: list[str] = []
    loop = _loop(_SteppingClock(), 0.0, done)
    for key in "abc":
        loop.mark("tasks", key)
    running = asyncio.create_task(loop.run())
    seen = []
    for _ in range(3):
        await asyncio.sleep(0)
        seen.append(len(done))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert seen == [1, 2, 3]


class _CountedAttributes(dict[str, str | None]):
    """Attributes of an instance that count how often somebody looks for one."""

    looks = 0

    def __contains__(self, key: object) -> bool:
        self.looks += 1
        return super().__contains__(key)


def test_placing_many_looks_at_each_instance_once_and_not_once_per_task():
    attributes = _CountedAttributes()
    rooms = [
        replace(
            a_capacity(f"i-{n}", cpu_units=8192, memory_mib=16384),
            attributes=attributes,
        )
        for n in range(60)
    ]
    placements = place_all([a_demand(salt=str(n), is_service=True) for n in range(200)], rooms)
    assert all(isinstance(placement, Placed) for placement in placements)
    assert attributes.looks == len(rooms)


def test_records_in_order_stay_in_order_while_they_come_and_go():
    tables = Tables(KINDS)
    table = tables.table(TASKS)
    tasks = [a_task(seed=number, last_status=TaskStatus.RUNNING) for number in range(20)]
    for task in tasks[:10]:
        table.put(task.task_arn, task)

    def found(after: str = "") -> list[str]:
        return [t.task_arn for t in tables.in_order(TASKS, "active", "yes", after)]

    assert found() == sorted(task.task_arn for task in tasks[:10])
    for task in tasks[10:]:
        table.put(task.task_arn, task)
    table.put(tasks[0].task_arn, tasks[0].with_(last_status=TaskStatus.STOPPED))
    table.put(tasks[1].task_arn, None)
    arns = sorted(task.task_arn for task in tasks[2:])
    assert found() == arns
    assert found(arns[4]) == arns[5:]
    for task in tasks:
        table.put(task.task_arn, None)
    assert found() == []


def test_a_page_reads_the_records_on_it_and_no_more():
    read = []

    def items_after(key: str) -> Iterator[str]:
        for number in range(1_000):
            item = f"{number:04}"
            if item > key:
                read.append(item)
                yield item

    request = ListTasksRequest(max_results=10)
    page = page_in_order(request, items_after, lambda item: item)
    assert page.items == tuple(f"{n:04}" for n in range(10))
    assert len(read) == 11
    request = ListTasksRequest(max_results=10, next_token=page.next_token)
    assert page_in_order(request, items_after, lambda item: item).items[0] == "0010"


class _WatchedTransaction(Transaction):
    """Notes which tables were read from end to end, and which at all."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables, KIND_OF)
        self.scanned: set[str] = set()
        self.read: set[str] = set()

    def all(self, kind: Kind[T]) -> Sequence[T]:
        self.scanned.add(kind.name)
        return super().all(kind)

    def by(self, kind: Kind[T], index: str, value: str) -> Sequence[T]:
        self.read.add(kind.name)
        return super().by(kind, index, value)


def test_describing_a_cluster_counts_its_tasks_without_reading_one():
    tables = Tables(KINDS)
    statuses = [*[TaskStatus.RUNNING] * 5, TaskStatus.PENDING, TaskStatus.STOPPED]
    for number, status in enumerate(statuses):
        launch_type = LaunchType.FARGATE if number < 2 else LaunchType.EC2
        task = a_task(seed=number, last_status=status, launch_type=launch_type)
        tables.table(TASKS).put(task.task_arn, task)
    tx = _WatchedTransaction(tables)
    cluster = cluster_shape(tx, a_cluster(), ("STATISTICS",))
    assert (cluster.running_tasks_count, cluster.pending_tasks_count) == (5, 1)
    numbers = {pair.name: pair.value for pair in cluster.statistics}
    assert (numbers["runningEC2TasksCount"], numbers["runningFargateTasksCount"]) == ("3", "2")
    assert TASKS.name not in tx.scanned | tx.read


def test_a_sweep_does_not_read_the_tasks_that_run():
    tables = Tables(KINDS)
    for number in range(30):
        task = a_task(seed=number, last_status=TaskStatus.RUNNING)
        tables.table(TASKS).put(task.task_arn, task)
    tx = _WatchedTransaction(tables)
    Reaper(_StillClock(), PACES[PaceName.LOCAL], Limits(), lambda _: None, NoEffects())(tx, "sweep")
    assert TASKS.name not in tx.scanned
    assert "event" in tx.scanned


def _stopped_long_ago(number: int) -> TaskRecord:
    stopped_at = NOW - 100 * 24 * 3600.0 - number
    return a_task(seed=number, last_status=TaskStatus.STOPPED, stopped_at=stopped_at)


def test_a_sweep_with_much_to_do_takes_a_turn_for_each_portion():
    tables = Tables(KINDS)
    for number in range(25):
        task = _stopped_long_ago(number)
        tables.table(TASKS).put(task.task_arn, task)
        event = EventRecord(
            id=f"{number:02}",
            created_at=NOW,
            source=EventSource.ENGINE,
            cluster_name="default",
            subject_arn="x",
            message="",
        )
        tables.table(EVENTS).put(event.id, event)
    limits = Limits(swept_at_once=10, events_in_all=2)
    sighting = Sighting({}, {}, NOW + 1.0, ())
    reaper = Reaper(_StillClock(), PACES[PaceName.LOCAL], limits, lambda _: sighting, NoEffects())

    def sweep() -> tuple[int, int, float | None]:
        reconciled = reaper(Transaction(tables, KIND_OF), "sweep")
        swept = sum(task.swept_at is not None for task in tables.all(TASKS))
        return swept, tables.count(EVENTS), reconciled.wake_at

    assert sweep() == (10, 15, NOW)
    assert sweep() == (20, 5, NOW)
    assert sweep() == (25, 2, NOW + limits.sweep_seconds)
    assert tables.count(TASKS) == 25
    assert [sweep()[2] for _ in range(3)] == [NOW, NOW, NOW + limits.sweep_seconds]
    assert tables.count(TASKS) == 0
    assert sweep() == (0, 2, NOW + limits.sweep_seconds)


def test_a_sweep_with_much_to_look_at_takes_a_turn_for_each_portion():
    tables = Tables(KINDS)
    for number in range(25):
        stopped = a_task(seed=number, last_status=TaskStatus.STOPPED, stopped_at=NOW)
        tables.table(TASKS).put(stopped.task_arn, stopped)
    limits = Limits(looked_at_by_sweep=10)
    looked_at: list[str] = []

    class Noted(Sighting):
        def of_task(self, arn: str) -> Sequence[Observation]:
            looked_at.append(arn)
            return super().of_task(arn)

    sighting = Noted({}, {}, NOW + 1.0, ())
    reaper = Reaper(_StillClock(), PACES[PaceName.LOCAL], limits, lambda _: sighting, NoEffects())

    def sweep() -> tuple[int, float | None]:
        before = len(looked_at)
        reconciled = reaper(Transaction(tables, KIND_OF), "sweep")
        return len(looked_at) - before, reconciled.wake_at

    assert [sweep() for _ in range(3)] == [(10, NOW), (10, NOW), (5, NOW + limits.sweep_seconds)]
    assert len(set(looked_at)) == 25


@pytest.mark.sim
async def test_an_engine_that_goes_away_marks_each_service_once_and_not_for_every_instance():
    town = Town(instances=5)
    town.image("town/web", Behaviour())
    await town.open()
    services = [await town.service(f"web-{n}", desired_count=1) for n in range(3)]
    marked: Counter[str] = Counter()
    mark = town.plane.loop.mark

    def counted(room: str, key: str) -> None:
        marked[room] += 1
        mark(room, key)

    town.plane.loop.mark = counted  # type: ignore[method-assign]
    instances = town.plane.instances()

    def lose(tx: Transaction) -> None:
        for instance in instances:
            tx.put(instance.with_(agent_connected=False))

    town.plane.store.update(lose)
    assert marked["services"] == len(services)
    assert marked["capacity"] == len(instances)
    await town.close()


@pytest.mark.sim
async def test_a_restart_writes_no_container_instance_anew():
    town = Town(instances=3)
    await town.open()
    before = {instance.instance_id: instance for instance in town.plane.instances()}
    assert all(any(a.name == ARCHITECTURE for a in i.attributes) for i in before.values())
    rewritten: list[str] = []
    write = town.journal.write

    async def noted(changes: Sequence[Change]) -> None:
        rewritten.extend(change.key for change in changes if change.kind.name == INSTANCES.name)
        await write(changes)

    town.journal.write = noted  # type: ignore[method-assign]
    await town.crash()
    await town.advance(5.0)
    assert {instance.instance_id: instance for instance in town.plane.instances()} == before
    assert not rewritten
    await town.close()
