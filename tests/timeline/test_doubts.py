"""What is not known is looked at, not guessed: stories that the simulator found first."""

import asyncio
from dataclasses import replace

import pytest

from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.engine.behaviour import Behaviour
from ecstui.engine.faults import Faults
from ecstui.engine.simulated import SimulatedEngine
from ecstui.model.enums import ContainerStatus, StopCode, TaskStatus
from ecstui.model.requests.instances import DeregisterContainerInstanceRequest
from ecstui.model.requests.tasks import StopTaskRequest
from ecstui.model.task import TaskRecord
from ecstui.plan.spec import ContainerName, Observation
from ecstui.store.kinds import ENGINES, TASKS
from ecstui.store.tables import Change
from tests.support.town import Town

pytestmark = pytest.mark.sim

PLAIN = Behaviour(pull_seconds=0.0, start_seconds=0.5, stops_after_seconds=1.5)


def a_container(name: str, **members: object) -> dict[str, object]:
    """A container of the web image."""
    return {"name": name, "image": "town/web:1", "memory": 64} | members


def depends_on(name: str, condition: str) -> list[dict[str, str]]:
    """A dependency."""
    return [{"container_name": name, "condition": condition}]


async def test_a_list_that_is_older_than_what_is_known_takes_no_container_away(
    town: Town,
) -> None:
    town.world.faults = Faults(list_stale_ratio=1.0, hint_lost_ratio=1.0)
    await town.advance(20)
    web = await town.service("web", 3, await town.definition("web", image="town/web:1"))
    await town.steady(web)
    before = {task.task_arn for task in town.tasks(web)}
    await town.advance(120)
    assert {task.task_arn for task in town.tasks(web)} == before


async def test_a_task_is_not_declared_stopped_while_its_start_cannot_be_looked_at(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_blind = True

    async def inspect(engine: SimulatedEngine, name: ContainerName) -> Observation | None:
        if is_blind:
            raise EngineError(EngineErrorKind.CANNOT_INSPECT, "try again", retryable=True)
        return await looks(engine, name)

    looks = SimulatedEngine.inspect
    (arn,) = await town.run(await town.definition("web", image="town/web:1"))
    await town.advance(0.2)
    monkeypatch.setattr(SimulatedEngine, "inspect", inspect)
    await town.until(lambda: len(town.running_containers()) == 1)
    await town.plane.call(StopTaskRequest(task=arn))
    await town.advance(30)
    assert not town.task(arn).is_stopped
    is_blind = False
    await town.until(lambda: town.task(arn).is_stopped)
    assert town.running_containers() == []


async def test_a_task_whose_dependency_is_lost_starts_nothing_more(town: Town) -> None:
    town.image("town/sick", replace(PLAIN, healthy_after_seconds=None))
    check = {"command": ["CMD-SHELL", "curl -f localhost"], "interval": 5, "retries": 9}
    definition = await town.register(
        "web",
        [
            a_container("db", image="town/sick:1", health_check=check, start_timeout=7),
            a_container("app", depends_on=depends_on("db", "HEALTHY")),
        ],
    )
    (arn,) = await town.run(definition)
    wanted_without: list[str] = []

    def watch(change: Change) -> None:
        task = change.after
        if isinstance(task, TaskRecord) and task.is_wanted:
            lost = [c.name for c in task.containers if c.last_status is ContainerStatus.STOPPED]
            wanted_without.extend(lost)

    town.plane.store.on_change(watch)
    await town.until(lambda: town.task(arn).is_stopped)
    assert wanted_without == []
    assert town.task(arn).stop_code is StopCode.TASK_FAILED_TO_START


async def test_a_task_that_waits_for_what_can_never_be_known_is_stopped(town: Town) -> None:
    """The job was removed behind our back: nobody knows its exit code."""
    job = a_container("job", essential=False)
    app = a_container("app", depends_on=depends_on("job", "COMPLETE"))
    definition = await town.register("web", [a_container("side"), job, app])
    (arn,) = await town.run(definition)
    await town.until(lambda: len(town.running_containers()) == 2)
    await town.advance(1)
    town.world.remove(next(n for n in town.running_containers() if "-job-" in n))
    await town.until(lambda: town.task(arn).is_stopped, within_seconds=10)
    reason = town.task(arn).stopped_reason or ""
    assert reason.startswith("TaskDependencyError: Task dependencies cannot be resolved")


async def test_a_task_that_lost_its_network_namespace_is_replaced(town: Town) -> None:
    network = {"awsvpc_configuration": {"subnets": ["subnet-1"]}}
    definition = await town.register("web", [a_container("app")], network_mode="awsvpc")
    web = await town.service("web", 1, definition, network_configuration=network)
    await town.steady(web)
    (task,) = town.tasks(web)
    town.world.remove(task.pause_engine_name or "")
    await town.until(lambda: town.task(task.task_arn).is_stopped)
    assert town.task(task.task_arn).stop_code is StopCode.ESSENTIAL_CONTAINER_EXITED
    await town.steady(web)


async def test_a_container_that_died_early_is_not_restarted_when_something_else_happens(
    town: Town,
) -> None:
    town.image("town/job", replace(PLAIN, exits_after_seconds=3.0))
    town.image("town/late", replace(PLAIN, exits_after_seconds=90.0))
    policy = {"enabled": True, "restart_attempt_period": 60}
    definition = await town.register(
        "web",
        [
            a_container("app"),
            a_container("early", image="town/job:1", essential=False, restart_policy=policy),
            a_container("late", image="town/late:1", essential=False),
        ],
    )
    (arn,) = await town.run(definition)
    await town.advance(100)
    early = next(c for c in town.task(arn).containers if c.name == "early")
    assert (early.last_status, early.restart_count) == (ContainerStatus.STOPPED, 0)


async def test_a_restart_in_place_that_the_engine_refuses_is_not_tried_for_ever(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.image("town/late", replace(PLAIN, exits_after_seconds=90.0))
    policy = {"enabled": True, "restart_attempt_period": 60}
    container = a_container("app", image="town/late:1", restart_policy=policy)
    (arn,) = await town.run(await town.register("web", [container]))
    await town.until(lambda: town.task(arn).last_status is TaskStatus.RUNNING)
    starts: list[ContainerName] = []

    async def start(_engine: SimulatedEngine, name: ContainerName) -> None:
        starts.append(name)
        if len(starts) > 5:  # enough to fail, and not for ever
            await asyncio.sleep(3600)
        raise EngineError(EngineErrorKind.CANNOT_START, "port is already allocated")

    monkeypatch.setattr(SimulatedEngine, "start", start)
    await town.until(lambda: town.task(arn).is_stopped)
    task = town.task(arn)
    assert (task.containers[0].reason or "").startswith("CannotStartContainerError: port is")
    assert task.stop_code is StopCode.ESSENTIAL_CONTAINER_EXITED
    assert len(starts) == 1


async def test_a_container_that_is_being_looked_at_is_left_alone(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    removals: list[ContainerName] = []

    async def remove(engine: SimulatedEngine, name: ContainerName) -> None:
        removals.append(name)
        await removes(engine, name)

    async def inspect(engine: SimulatedEngine, name: ContainerName) -> Observation | None:
        if removals:
            await asyncio.sleep(60)
        return await looks(engine, name)

    removes, looks = SimulatedEngine.remove, SimulatedEngine.inspect
    monkeypatch.setattr(SimulatedEngine, "remove", remove)
    monkeypatch.setattr(SimulatedEngine, "inspect", inspect)
    (arn,) = await town.run(await town.definition("web", image="town/web:1"))
    await town.advance(5)
    await town.plane.call(StopTaskRequest(task=arn))
    await town.until(lambda: town.task(arn).is_stopped)
    await town.until(lambda: bool(removals), within_seconds=2000)
    await town.advance(50)
    assert len(removals) == 1


async def test_a_container_made_late_goes_before_the_record_of_its_task(town: Town) -> None:
    """As by a call that a control plane had sent when it died."""
    (arn,) = await town.run(await town.definition("web", image="town/web:1"))
    await town.advance(5)
    (name,) = town.running_containers()
    spec = town.world.containers[name].spec
    await town.plane.call(StopTaskRequest(task=arn))
    await town.until(lambda: name not in town.world.containers, within_seconds=2000)
    await town.advance(60)
    town.world.create(spec)
    await town.advance(4000)
    assert town.plane.store.get(TASKS, arn) is None
    assert town.world.containers == {}


async def test_a_task_is_not_forgotten_while_its_container_cannot_be_looked_at(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def inspect(engine: SimulatedEngine, name: ContainerName) -> Observation | None:
        raise EngineError(EngineErrorKind.CANNOT_INSPECT, "try again", retryable=True)

    looks = SimulatedEngine.inspect
    (arn,) = await town.run(await town.definition("web", image="town/web:1"))
    await town.advance(0.2)
    monkeypatch.setattr(SimulatedEngine, "inspect", inspect)
    await town.until(lambda: len(town.running_containers()) == 1)
    town.world.stop_engine(containers_survive=True)
    await town.advance(20)
    instance = town.task(arn).container_instance_arn or ""
    await town.plane.call(
        DeregisterContainerInstanceRequest(container_instance=instance, force=True)
    )
    await town.advance(7200)
    monkeypatch.setattr(SimulatedEngine, "inspect", looks)
    town.world.start_engine()
    await town.until(lambda: town.world.containers == {}, within_seconds=60)
    assert town.plane.store.all(ENGINES)[0].orphans == ()


async def test_a_start_timeout_goes_on_over_a_crash_and_never_fires_early(town: Town) -> None:
    town.image("town/sick", replace(PLAIN, healthy_after_seconds=None))
    check = {"command": ["CMD-SHELL", "curl -f localhost"], "interval": 5, "retries": 9}
    db = a_container("db", image="town/sick:1", health_check=check, start_timeout=60)
    app = a_container("app", depends_on=depends_on("db", "HEALTHY"))
    (arn,) = await town.run(await town.register("web", [db, app]))
    await town.until(lambda: len(town.running_containers()) == 1)
    await town.advance(30)
    await town.crash()
    await town.advance(28)
    assert town.task(arn).is_wanted
    await town.until(lambda: not town.task(arn).is_wanted, within_seconds=5)
    assert "startTimeout of 60 s" in (town.task(arn).stopped_reason or "")
