"""Records that were read hold equal parts in common, and say what they said before."""

from collections.abc import Callable

from ecstui.client.lines import batch_line, snapshot_lines
from ecstui.client.replica import Replica
from ecstui.model.enums import TaskStatus
from ecstui.model.shape import Shape
from ecstui.model.task import TaskRecord
from ecstui.store.feed import Batch, Resync
from ecstui.store.journal import MemoryJournal
from ecstui.store.kinds import TASKS
from ecstui.store.sharing import Sharing, take_over
from ecstui.store.store import Store
from ecstui.store.tables import Change, Transaction
from tests.factories import a_container, a_definition, a_port, a_task


def read_again(record: TaskRecord) -> TaskRecord:
    return TaskRecord.model_validate_json(record.model_dump_json(by_alias=True))


def putting(record: Shape) -> Callable[[Transaction], None]:
    return lambda tx: tx.put(record)


def shared(*records: Shape) -> None:
    sharing = Sharing()
    for record in records:
        sharing.share(record)


def test_what_two_tasks_have_in_common_is_one_object() -> None:
    definition = a_definition(a_container(port_mappings=(a_port(80, 8080),)))
    one, other = (read_again(a_task(definition, seed=seed)) for seed in (1, 2))
    assert one.reservation is not other.reservation
    shared(one, other)
    assert one.reservation is other.reservation
    assert one.overrides is other.overrides
    assert one.task_definition_arn is other.task_definition_arn
    assert one.containers[0].image is other.containers[0].image
    assert one.containers[0] is not other.containers[0]


def test_sharing_changes_nothing_that_a_record_says() -> None:
    tasks = [a_task(seed=seed, last_status=status) for seed, status in enumerate(TaskStatus)]
    copies = [read_again(task) for task in tasks]
    shared(*copies)
    assert copies == tasks
    assert all(isinstance(copy.last_status, TaskStatus) for copy in copies)
    assert [copy.to_json() for copy in copies] == [task.to_json() for task in tasks]


class _Words(Shape):
    text: str
    status: TaskStatus


class _Holder(Shape):
    words: _Words | None = None
    numbers: dict[str, int] = {}
    parts: tuple["_Holder", ...] = ()


def test_a_text_is_not_taken_for_the_enumeration_that_equals_it() -> None:
    both = _Words(text="RUNNING", status=TaskStatus.RUNNING)
    holder, other = _Holder(words=both), _Holder(words=both.with_(text="RUNNING"))
    shared(holder, other)
    assert type(both.text) is str
    assert type(both.status) is TaskStatus


def test_parts_with_mappings_stay_as_they_are() -> None:
    holder = _Holder(parts=(_Holder(numbers={"a": 1}), _Holder(numbers={"a": 1})))
    shared(holder)
    assert holder == _Holder(parts=(_Holder(numbers={"a": 1}), _Holder(numbers={"a": 1})))


async def test_a_store_that_is_loaded_shares() -> None:
    journal = MemoryJournal()
    store = Store(journal)
    for seed in (1, 2):
        store.update(putting(a_task(seed=seed)))
    await store.flush()
    again = Store(journal)
    await again.load()
    one, other = again.all(TASKS)
    assert one.reservation is other.reservation


def test_a_record_holds_the_parts_of_the_one_that_it_replaces() -> None:
    definition = a_definition(
        a_container("app", port_mappings=(a_port(80, 8080),)), a_container("b")
    )
    before = a_task(definition, seed=1)
    app, other = before.containers
    after = before.with_(stopped_at=5.0, containers=(app.with_(exit_code=3), other, other))
    read = read_again(after)
    take_over(before, read)
    assert read == after
    assert read.to_json() == after.to_json()
    assert read.reservation is before.reservation
    assert read.task_arn is before.task_arn
    assert read.containers[1] is before.containers[1]
    assert read.containers[0].image is before.containers[0].image
    assert (read.stopped_at, read.containers[0].exit_code) == (5.0, 3)
    assert (before.stopped_at, before.containers[0].exit_code) == (None, None)


def test_parts_that_are_equal_but_of_another_type_stay() -> None:
    before, after = _Holder(numbers={"a": 1}), _Holder(numbers={"a": 2}, words=None)
    take_over(before, after)
    assert after.numbers == {"a": 2}
    take_over(_Holder(parts=(before,)), holder := _Holder(parts=()))
    assert holder.parts == ()


def test_a_replica_shares_what_snapshot_and_changes_have_in_common() -> None:
    one, other = a_task(seed=1), a_task(seed=2)
    changed = one.with_(stopped_at=5.0)
    replica = Replica()
    everything = Resync(1, tuple((TASKS, task.task_arn, task) for task in (one, other)))  # type: ignore[misc]
    for line in snapshot_lines(everything):
        replica.take_line(line)
    first = replica.get(TASKS, one.task_arn)
    second = replica.get(TASKS, other.task_arn)
    replica.take_line(batch_line(Batch(2, (Change(TASKS, one.task_arn, one, changed),))))  # type: ignore[arg-type]
    now = replica.get(TASKS, one.task_arn)
    assert first == one and second == other and now == changed  # noqa: PT018
    assert now.reservation is first.reservation is second.reservation
