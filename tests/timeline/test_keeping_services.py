"""Keeping services at their desired count through deaths, crashes, scaling and loss of room."""

import asyncio
from dataclasses import replace

import pytest

from ecstui.engine.behaviour import Behaviour
from ecstui.model.cluster import ContainerInstanceRecord
from ecstui.model.enums import DesiredStatus, ServiceStatus, StopCode, TaskStatus
from ecstui.model.requests.attributes import DeleteAttributesRequest, PutAttributesRequest
from ecstui.model.requests.instances import UpdateContainerInstancesStateRequest
from ecstui.model.requests.services import DeleteServiceRequest
from ecstui.model.requests.tasks import StopTaskRequest
from ecstui.model.task_definition import Attribute
from ecstui.store.kinds import TASKS
from ecstui.store.tables import Transaction
from tests.support.town import Town

pytestmark = pytest.mark.sim


async def a_web(town: Town, desired_count: int = 3, **members: object) -> str:
    """A steady service."""
    definition = await town.definition("web", image="town/web:1")
    web = await town.service("web", desired_count, definition, **members)
    await town.steady(web)
    return web


async def test_a_killed_container_is_replaced_at_once(town: Town) -> None:
    web = await a_web(town)
    victim = town.running_containers()[0]
    town.world.kill(victim, 137)
    assert await town.timeline(web) == "  0.0s  v1 ###\n  0.0s  v1 ##.\n  0.5s  v1 ###"
    assert town.picture(web) == "v1 ###"
    assert victim not in town.running_containers()
    dead = [t for t in town.plane.store.all(TASKS) if t.is_stopped]
    assert [t.stop_code for t in dead] == [StopCode.ESSENTIAL_CONTAINER_EXITED]
    assert dead[0].containers[0].exit_code == 137


async def test_tasks_spread_over_the_zones(town: Town) -> None:
    web = await a_web(town, 6)
    zones = sorted(task.availability_zone or "" for task in town.tasks(web))
    assert zones == ["zone-a", "zone-a", "zone-b", "zone-b", "zone-c", "zone-c"]


async def test_scaling_in_keeps_the_zones_even(town: Town) -> None:
    web = await a_web(town, 6)
    await town.update("web", desired_count=3)
    await town.timeline(web)
    assert sorted(t.availability_zone or "" for t in town.tasks(web)) == [
        "zone-a",
        "zone-b",
        "zone-c",
    ]


async def test_a_task_stopped_by_hand_is_replaced(town: Town) -> None:
    web = await a_web(town, 2)
    task = town.tasks(web)[0]
    await town.plane.call(StopTaskRequest(task=task.task_arn))
    await town.timeline(web)
    assert town.picture(web) == "v1 ##"
    stopped = town.task(task.task_arn)
    assert (stopped.stop_code, stopped.stopped_reason) == (
        StopCode.USER_INITIATED,
        "Task stopped by user",
    )


async def test_a_crash_loop_is_slowed_down_and_says_when_it_goes_on(town: Town) -> None:
    town.image("town/crash", Behaviour(exits_after_seconds=0.3, exit_code=1, pull_seconds=0.0))
    definition = await town.definition("crash", image="town/crash:1")
    crash = await town.service("crash", 1, definition)
    await town.advance(60)
    deaths = [t for t in town.plane.store.by(TASKS, "service", crash) if t.is_stopped]
    assert 5 <= len(deaths) <= 20
    primary = town.service_record(crash).primary
    assert primary.next_start_at is not None
    assert "died soon" in (town.service_record(crash).waiting or "")


async def test_starts_that_fail_are_throttled_and_a_new_revision_starts_at_once(
    town: Town,
) -> None:
    definition = await town.definition("web", image="nowhere/absent:1")
    web = await town.service("web", 1, definition)
    await town.advance(300)
    tries = len(town.plane.store.by(TASKS, "service", web))
    assert 5 <= tries <= 14
    await town.update("web", task_definition=await town.definition("web", image="town/web:1"))
    await town.steady(web, within_seconds=10)


async def test_a_throttled_service_that_is_scaled_to_nothing_has_nothing_to_wait_for(
    town: Town,
) -> None:
    definition = await town.definition("web", image="nowhere/absent:1")
    web = await town.service("web", 1, definition)
    await town.until(lambda: "waiting before" in (town.service_record(web).waiting or ""))
    await town.update("web", desired_count=0)
    await town.steady(web, within_seconds=1)


async def test_a_deployment_that_failed_is_not_said_to_try_again(town: Town) -> None:
    breaker = {"deployment_circuit_breaker": {"enable": True, "rollback": False}}
    definition = await town.definition("web", image="nowhere/absent:1")
    web = await town.service("web", 1, definition, deployment_configuration=breaker)
    await town.advance(60)
    assert town.events(web)[-1].endswith("deployment failed: tasks failed to start.")


async def test_a_crash_of_the_plane_at_any_moment_loses_and_doubles_nothing(town: Town) -> None:
    definition = await town.definition("web", image="town/web:1")
    web = await town.service("web", 6, definition)
    second = await town.definition("web", image="town/web:2")
    for moment in (0.01, 0.3, 0.2, 1.0, 0.1, 0.7):
        await town.advance(moment)
        await town.crash()
        if moment == 0.2:
            await town.update("web", task_definition=second)
    await town.until(lambda: town.service_record(web).is_steady)
    await town.until(lambda: town.picture(web) == "v2 ######")
    wanted = {c.engine_name for task in town.tasks(web) for c in task.containers}
    assert set(town.running_containers()) == wanted


async def test_an_engine_that_restarts_with_dead_containers_is_filled_again(town: Town) -> None:
    web = await a_web(town, 4)
    town.world.stop_engine()
    await town.advance(20)
    town.world.start_engine()
    await town.until(lambda: len(town.running_containers()) == 4, within_seconds=60)
    await town.steady(web)


async def test_an_engine_that_is_away_for_a_while_keeps_its_tasks(town: Town) -> None:
    web = await a_web(town, 4)
    before = {task.task_arn for task in town.tasks(web)}
    town.world.stop_engine(containers_survive=True)
    await town.advance(15)  # less than `instance_lost_seconds`
    town.world.start_engine()
    await town.advance(20)
    assert {task.task_arn for task in town.tasks(web)} == before
    assert town.picture(web) == "v1 ####"


async def test_a_drained_instance_is_emptied_start_first(town: Town) -> None:
    web = await a_web(town, 3)
    leaving = town.instances()[0]
    await town.plane.call(
        UpdateContainerInstancesStateRequest(
            container_instances=(leaving.container_instance_arn,), status="DRAINING"
        )
    )
    fewest = 3
    while any(t.container_instance_arn == leaving.container_instance_arn for t in town.tasks(web)):
        running = [t for t in town.tasks(web) if t.is_wanted]
        fewest = min(fewest, sum(t.last_status is TaskStatus.RUNNING for t in running))
        await town.advance(0.1)
    assert fewest == 3
    await town.steady(web)


async def test_an_unhealthy_task_is_replaced_start_first(town: Town) -> None:
    check = {"command": ["CMD-SHELL", "curl -f localhost"], "interval": 5, "retries": 1}
    definition = await town.definition("web", image="town/web:1", health_check=check)
    web = await town.service("web", 2, definition)
    await town.steady(web)
    sick = town.tasks(web)[0]
    town.world.force_health(sick.containers[0].engine_name, False)
    await town.until(lambda: town.task(sick.task_arn).is_stopped)
    assert town.task(sick.task_arn).stopped_reason == "Task failed container health checks"
    assert len([t for t in town.tasks(web) if t.last_status is TaskStatus.RUNNING]) == 2
    assert any("due to an unhealthy status" in message for message in town.events(web))


async def test_a_deleted_service_drains_and_goes(town: Town) -> None:
    web = await a_web(town, 2)
    await town.plane.call(DeleteServiceRequest(service="web", force=True))
    assert town.service_record(web).status is ServiceStatus.DRAINING
    await town.until(lambda: town.service_record(web).status is ServiceStatus.INACTIVE)
    assert not any(task.is_wanted for task in town.tasks(web))
    await town.until(lambda: not town.tasks(web))
    assert town.running_containers() == []


async def test_a_service_may_take_the_name_of_one_whose_tasks_still_stop(town: Town) -> None:
    web = await a_web(town, 2)
    before = {task.task_arn for task in town.tasks(web)}
    await town.plane.call(DeleteServiceRequest(service="web", force=True))
    await town.until(lambda: town.service_record(web).status is ServiceStatus.INACTIVE)
    assert {task.task_arn for task in town.tasks(web)} == before
    await a_web(town, 2)
    assert len(town.running_containers()) == 2
    assert not before & {task.task_arn for task in town.tasks(web)}


async def test_tasks_that_find_no_room_start_as_soon_as_there_is_some(town: Town) -> None:
    big = await town.definition("big", image="town/web:1", memory=8192)
    await town.steady(await town.service("big", 3, big))
    small = await town.service("web", 1, await town.definition("web", image="town/web:1"))
    await town.advance(30)
    assert town.picture(small) == ""
    assert "insufficient memory" in (town.service_record(small).waiting or "")
    await town.update("big", desired_count=2)
    await town.until(lambda: town.picture(small) == "v1 #", within_seconds=5)


async def test_a_static_port_is_used_once_per_instance(town: Town) -> None:
    ports = [{"container_port": 80, "host_port": 8080}]
    definition = await town.definition("web", image="town/web:1", port_mappings=ports)
    web = await town.service("web", 4, definition)
    await town.until(lambda: town.picture(web) == "v1 ###")
    assert "already using a port required by your task" in (town.service_record(web).waiting or "")


async def test_a_run_task_that_ends_is_not_replaced(town: Town) -> None:
    town.image("town/job", Behaviour(exits_after_seconds=2.0, exit_code=0, pull_seconds=0.0))
    (job,) = await town.run(await town.definition("job", image="town/job:1"))
    await town.until(lambda: town.task(job).is_stopped)
    task = town.task(job)
    assert task.containers[0].exit_code == 0
    assert task.desired_status is DesiredStatus.STOPPED
    await town.advance(10)
    assert town.tasks() == []


async def test_stopping_with_tasks_leaves_nothing_running(town: Town) -> None:
    await a_web(town, 3)
    await town.plane.stop(tasks=True)
    assert town.running_containers() == []


async def test_a_quiet_town_changes_nothing(town: Town) -> None:
    await a_web(town, 3)
    await town.advance(30)
    before = town.plane.store.seq
    await town.advance(300)
    assert town.plane.store.seq == before


async def test_containers_of_stopped_tasks_go_after_a_while_and_then_their_records(
    town: Town,
) -> None:
    (job,) = await town.run(await town.definition("job", image="town/web:1"))
    await town.advance(5)
    await town.plane.call(StopTaskRequest(task=job))
    await town.until(lambda: town.task(job).is_stopped)
    assert len(town.world.containers) == 1
    await town.advance(1810)
    assert len(town.world.containers) == 0
    await town.advance(1900)
    assert town.plane.store.get(TASKS, job) is None


async def test_an_essential_container_without_a_check_does_not_hide_one_that_is_healthy(
    town: Town,
) -> None:
    check = {"command": ["CMD-SHELL", "curl -f localhost"], "interval": 5}
    containers: list[dict[str, object]] = [
        {"name": "app", "image": "town/web:1", "memory": 64, "health_check": check},
        {"name": "proxy", "image": "town/web:1", "memory": 64},
    ]
    definition = await town.register("web", containers)
    await town.steady(await town.service("web", 2, definition), within_seconds=20)


async def test_a_daemon_service_has_one_task_on_each_active_instance(town: Town) -> None:
    definition = await town.definition("agent", image="town/web:1")
    agent = await town.service(
        "agent", definition=definition, desired_count=None, scheduling_strategy="DAEMON"
    )
    await town.steady(agent)
    assert len({task.container_instance_arn for task in town.tasks(agent)}) == 3
    assert town.service_record(agent).desired_count == 3
    leaving = town.instances()[0]
    await town.plane.call(
        UpdateContainerInstancesStateRequest(
            container_instances=(leaving.container_instance_arn,), status="DRAINING"
        )
    )
    await town.until(lambda: len(town.tasks(agent)) == 2)
    await town.steady(agent)
    assert town.service_record(agent).desired_count == 2
    await town.update("agent", task_definition=await town.definition("agent", image="town/web:2"))
    await town.timeline(agent)
    assert town.picture(agent) == "v2 ##"


async def test_an_instance_that_is_set_up_no_more_is_emptied_and_forgotten(town: Town) -> None:
    web = await a_web(town, 3)
    town.setup = replace(town.setup, instances=town.setup.instances[:2])
    await town.crash()
    await town.until(lambda: [i.name for i in town.instances()] == ["i-1", "i-2"])
    await town.steady(web)
    assert town.picture(web) == "v1 ###"


async def test_a_bug_in_the_loop_is_told_to_whoever_waits(town: Town) -> None:
    async def broken() -> None:
        raise RuntimeError("a bug")

    failed = asyncio.ensure_future(town.plane.wait_failed())
    await asyncio.sleep(0)
    town.plane.store.flush = broken  # type: ignore[assignment,method-assign]
    town.plane.loop.mark("reaper", "sweep")
    assert str(await failed) == "a bug"
    del town.plane.store.flush


async def an_agent_of_workers(town: Town, *workers: ContainerInstanceRecord) -> str:
    """A daemon service on the instances with an attribute."""
    await put_role(town, *workers)
    agent = await town.service(
        "agent",
        definition=await town.definition("agent", image="town/web:1"),
        desired_count=None,
        scheduling_strategy="DAEMON",
        placement_constraints=[{"type": "memberOf", "expression": "attribute:role == worker"}],
    )
    await town.steady(agent)
    return agent


def role_of(*instances: ContainerInstanceRecord) -> tuple[Attribute, ...]:
    return tuple(
        Attribute(name="role", value="worker", target_id=instance.container_instance_arn)
        for instance in instances
    )


async def put_role(town: Town, *instances: ContainerInstanceRecord) -> None:
    await town.plane.call(PutAttributesRequest(attributes=role_of(*instances)))


def homes(town: Town, service: str) -> set[str | None]:
    """Instances where tasks of a service are wanted, each of which has one."""
    arns = [task.container_instance_arn for task in town.tasks(service)]
    return set(arns) if len(arns) == len(set(arns)) else {"several on one"}


async def test_the_daemon_of_an_instance_that_is_not_eligible_any_more_is_the_one_stopped(
    town: Town,
) -> None:
    for position in range(3):
        others = [i.container_instance_arn for i in town.instances()]
        agent = await an_agent_of_workers(town, *town.instances())
        gone = town.instances()[position]
        await town.plane.call(DeleteAttributesRequest(attributes=role_of(gone)))
        await town.until(lambda: len(town.tasks(agent)) == 2)  # noqa: B023
        await town.steady(agent)
        assert homes(town, agent) == {*others} - {gone.container_instance_arn}
        await town.plane.call(DeleteServiceRequest(service="agent", force=True))
        await town.until(lambda: not town.tasks(agent))  # noqa: B023


async def test_a_daemon_follows_an_attribute_from_one_instance_to_another(town: Town) -> None:
    first, second, third = town.instances()
    agent = await an_agent_of_workers(town, first, second)
    await put_role(town, third)
    await town.until(lambda: len(homes(town, agent)) == 3)
    await put_role(town, first)
    first, second, third = town.instances()

    def move(tx: Transaction) -> None:
        tx.put(first.with_(attributes=()))
        tx.put(third.with_(attributes=second.attributes))

    town.plane.store.update(move)
    left = {second.container_instance_arn, third.container_instance_arn}
    await town.until(lambda: homes(town, agent) == left)
    await town.steady(agent)


async def test_daemons_go_where_a_changed_constraint_wants_them(town: Town) -> None:
    first, second, third = town.instances()
    agent = await an_agent_of_workers(town, first, second)
    expression = f"attribute:ecs.availability-zone == {third.zone}"
    constraint = {"type": "memberOf", "expression": expression}
    await town.update("agent", placement_constraints=[constraint])
    await town.until(lambda: homes(town, agent) == {third.container_instance_arn})
    await town.steady(agent)
