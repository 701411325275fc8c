"""Lines that outlive their containers: followed, stored, and told when the container is gone."""

import errno
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.control.log_keeper import LogKeeping
from ecstui.engine.simulated import SimulatedEngine
from ecstui.model.logs import LogLine, LogWindow
from ecstui.model.requests.tasks import StopTaskRequest
from ecstui.store.log_store import LogStore, StreamName
from tests.support.town import Town

pytestmark = pytest.mark.sim

AWSLOGS = {
    "log_driver": "awslogs",
    "options": {
        "awslogs-group": "/ecs/talk",
        "awslogs-region": "us-east-1",
        "awslogs-stream-prefix": "p",
    },
}
TALK = ["sh", "-c", "i=0; while [ $i -lt 20 ]; do echo line $i; i=$((i+1)); sleep 0.5; done"]


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    town = Town()
    store = LogStore(tmp_path / "logs")
    store.load()
    town.setup = replace(town.setup, log_keeping=LogKeeping(store))
    town.plane = town._new_plane()
    await town.open()
    yield town
    await town.close()


def store_of(town: Town) -> LogStore:
    assert town.setup.log_keeping is not None
    return town.setup.log_keeping.store


def stored(town: Town, arn: str) -> list[str]:
    name = StreamName("/ecs/talk", f"p/app/{town.task(arn).task_id}")
    return [one.line.text for piece in store_of(town).pieces(name) for one in piece]


async def told(town: Town, arn: str) -> list[str]:
    stream = town.plane.logs(arn, "app", LogWindow(follow=False))
    async with aclosing(stream) as batches:
        return [line.text async for lines in batches for line in lines]


async def has(town: Town, arn: str, least: int) -> None:
    await town.until(lambda: len(stored(town, arn)) > least)


async def talk(town: Town, **members: object) -> str:
    given = {"image": "busybox", "command": TALK, "log_configuration": AWSLOGS} | members
    (arn,) = await town.run(await town.definition("talk", **given))
    return arn


EVERY = [f"line {number}" for number in range(20)]


async def test_lines_are_stored_as_they_come_and_stay_when_the_container_is_gone(town: Town):
    arn = await talk(town)
    await town.until(lambda: len(stored(town, arn)) > 3)
    assert not town.task(arn).is_stopped
    await town.until(lambda: town.task(arn).is_stopped)
    await town.until(lambda: town.task(arn).swept_at is not None, within_seconds=7200)
    assert town.world.containers == {}
    assert stored(town, arn) == EVERY
    assert await told(town, arn) == EVERY


async def test_no_crash_loses_or_doubles_a_line(town: Town):
    arn = await talk(town)
    for least in (3, 6, 9, 12):
        await has(town, arn, least)
        await town.crash()
    await town.until(lambda: town.task(arn).is_stopped)
    await town.until(lambda: len(stored(town, arn)) >= 20)
    assert stored(town, arn) == EVERY


async def test_what_ended_while_nobody_looked_is_read_before_it_is_removed(town: Town):
    arn = await talk(town)
    await town.until(lambda: len(stored(town, arn)) > 3)
    await town.plane.crash()
    await town.advance(4 * 3600)
    town.plane = town._new_plane()
    await town.plane.start()
    await town.until(lambda: town.task(arn).swept_at is not None, within_seconds=7200)
    assert stored(town, arn) == EVERY


async def test_a_container_that_is_restarted_in_place_goes_on_in_its_stream(town: Town):
    short = ["sh", "-c", "echo once; sleep 65; exit 1"]
    policy = {"enabled": True, "restart_attempt_period": 60}
    arn = await talk(town, command=short, restart_policy=policy)
    await town.until(lambda: town.task(arn).containers[0].restart_count >= 1, within_seconds=600)
    await town.until(lambda: len(stored(town, arn)) >= 2)
    await town.plane.call(StopTaskRequest(task=arn))
    await town.until(lambda: town.task(arn).is_stopped)
    await town.until(lambda: stored(town, arn) == ["once"] * (1 + _restarts(town, arn)))


def _restarts(town: Town, arn: str) -> int:
    return town.task(arn).containers[0].restart_count


async def test_a_broken_engine_is_read_on_when_it_is_back(town: Town):
    arn = await talk(town)
    await town.until(lambda: len(stored(town, arn)) > 3)
    town.world.faults = replace(town.world.faults, error_ratio=0.5)
    await town.until(lambda: town.task(arn).is_stopped, within_seconds=600)
    await town.until(lambda: len(stored(town, arn)) >= 20, within_seconds=600)
    town.world.faults = replace(town.world.faults, error_ratio=0.0)
    assert stored(town, arn) == EVERY


@pytest.mark.parametrize(
    ("words", "warnings"), [("layer does not exist", 1), ("No such container: app", 0)]
)
async def test_a_log_that_is_refused_for_a_while_is_read_on_and_told_of_once(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, words, warnings
):
    right, refusals = SimulatedEngine.logs, [words] * 3

    def logs(engine: SimulatedEngine, name: str, window: LogWindow):
        if refusals:
            raise EngineError(EngineErrorKind.CANNOT_INSPECT, refusals.pop())
        return right(engine, name, window)

    monkeypatch.setattr(SimulatedEngine, "logs", logs)
    arn = await talk(town, command=["sh", "-c", "echo once; sleep 600"])
    await town.until(lambda: stored(town, arn) == ["once"], within_seconds=200)
    assert not town.task(arn).is_stopped
    told_of = [r for r in caplog.records if "will be read again" in r.getMessage()]
    assert len(told_of) == warnings


async def test_a_full_disk_is_told_of_once_a_minute_for_all_containers(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    right, is_full = LogStore.append, True

    def append(store: LogStore, name: StreamName, lines: list[LogLine], now: float) -> None:
        if is_full:
            raise OSError(errno.ENOSPC, "No space left on device", f"/logs/{name.stream}")
        right(store, name, lines, now)

    monkeypatch.setattr(LogStore, "append", append)
    arns = [await talk(town, command=["sh", "-c", "echo once; sleep 600"]) for _ in range(3)]
    await town.advance(150)
    told_of = [r for r in caplog.records if "will be read again" in r.getMessage()]
    assert len(told_of) == 3
    is_full = False
    await town.advance(5)
    assert [stored(town, arn) for arn in arns] == [["once"]] * 3


async def test_without_the_driver_nothing_is_kept_unless_all_is(town: Town):
    arn = await talk(town, log_configuration=None)
    await town.until(lambda: town.task(arn).is_stopped)
    assert store_of(town).groups() == []
    town.setup = replace(town.setup, log_keeping=LogKeeping(store_of(town), keeps_all=True))
    await town.crash()
    arn = await talk(town, log_configuration=None)
    await town.until(lambda: town.task(arn).is_stopped)
    await town.advance(5)
    assert "/ecstui/default/talk" in [group.name for group in store_of(town).groups()]


async def test_without_a_prefix_the_stream_is_named_as_the_container_in_the_engine(town: Town):
    options = {"awslogs-group": "/ecs/talk", "awslogs-region": "us-east-1"}
    arn = await talk(town, log_configuration={"log_driver": "awslogs", "options": options})
    await town.until(lambda: town.task(arn).is_stopped)
    await town.advance(5)
    (group,) = store_of(town).groups()
    assert list(group.streams) == [town.task(arn).containers[0].runtime_id]
