"""Timelines that people can check by hand: percentages, crashes, drains, daemons, dependencies."""

import asyncio
import itertools

import pytest

from ecstui.engine.behaviour import Behaviour
from ecstui.model.requests.instances import UpdateContainerInstancesStateRequest
from ecstui.model.requests.tasks import RunTaskRequest, StartTaskRequest, StopTaskRequest
from ecstui.store.kinds import TASKS
from tests.support.town import Town

pytestmark = pytest.mark.sim


async def steady_web(town: Town, desired_count: int, minimum: int, maximum: int) -> str:
    percentages = {"minimum_healthy_percent": minimum, "maximum_percent": maximum}
    web = await town.service(
        "web",
        desired_count,
        await town.definition("web", image="town/web:1"),
        deployment_configuration=percentages,
        # Zones are evened out after a deployment: a story of its own, in `test_zones.py`.
        availability_zone_rebalancing="DISABLED",
    )
    await town.steady(web)
    return web


async def second(town: Town) -> str:
    return await town.definition("web", image="town/web:2")


async def told(town: Town, web: str) -> str:
    return "\n" + await town.timeline(web) + "\n"


@pytest.mark.parametrize("count", [3, 10])
async def test_100_200_starts_all_before_any_stops(town: Town, count: int) -> None:
    web = await steady_web(town, count, 100, 200)
    await town.update("web", task_definition=await second(town))
    all_, starting, stopping = "#" * count, "." * count, "-" * count
    assert await told(town, web) == (
        f"\n  0.0s  v1 {all_}  v2 {starting}\n"
        f"  0.5s  v1 {all_}  v2 {all_}\n"
        f"  2.5s  v1 {stopping}  v2 {all_}\n"
        f"  4.0s  v2 {all_}\n"
    )


async def test_a_forced_deployment_replaces_all_tasks_of_the_same_revision(town: Town) -> None:
    web = await steady_web(town, 2, 100, 200)
    before = {task.task_arn for task in town.tasks(web)}
    await town.update("web", force_new_deployment=True)
    assert await told(town, web) == (
        "\n  0.0s  v1 ##..\n  0.5s  v1 ####\n  2.5s  v1 ##--\n  4.0s  v1 ##\n"
    )
    assert not before & {task.task_arn for task in town.tasks(web)}


async def test_an_unhealthy_task_is_replaced_start_first(town: Town) -> None:
    check = {"command": ["CMD-SHELL", "curl -f localhost"], "interval": 5, "retries": 1}
    definition = await town.definition("web", image="town/web:1", health_check=check)
    web = await town.service("web", 2, definition)
    await town.steady(web)
    town.world.force_health(town.tasks(web)[0].containers[0].engine_name, False)
    await town.until(lambda: not town.service_record(web).is_steady)
    pictures = [line.split("s  ")[1] for line in (await town.timeline(web)).splitlines()]
    assert pictures == ["v1 ##.", "v1 ###", "v1 ##-", "v1 ##"]


async def test_more_tasks_in_the_middle_are_of_the_new_revision(town: Town) -> None:
    web = await steady_web(town, 2, 100, 150)
    await town.update("web", task_definition=await second(town))
    await town.until(lambda: "v2 #" in town.picture(web))
    await town.update("web", desired_count=4)
    assert await told(town, web) == (
        "\n  0.0s  v1 ##  v2 #...\n"
        "  0.6s  v1 ##  v2 ####\n"
        "  2.6s  v1 --  v2 ####\n"
        "  4.1s  v2 ####\n"
    )


async def test_fewer_tasks_in_the_middle(town: Town) -> None:
    web = await steady_web(town, 4, 100, 150)
    await town.update("web", task_definition=await second(town))
    await town.until(lambda: "v2 ##" in town.picture(web))
    await town.update("web", desired_count=2)
    assert await told(town, web) == (
        "\n  0.0s  v1 ##--  v2 ##\n  1.6s  v1 ##  v2 ##\n  2.0s  v1 --  v2 ##\n  3.5s  v2 ##\n"
    )


async def test_other_percentages_in_the_middle_hold_from_the_next_pass_on(town: Town) -> None:
    web = await steady_web(town, 4, 100, 125)
    await town.update("web", task_definition=await second(town))
    await town.until(lambda: "v2 #" in town.picture(web))
    percentages = {"minimum_healthy_percent": 100, "maximum_percent": 200}
    await town.update("web", deployment_configuration=percentages)
    assert await told(town, web) == (
        "\n  0.0s  v1 ####  v2 #...\n"
        "  0.6s  v1 ####  v2 ####\n"
        "  2.0s  v1 ###-  v2 ####\n"
        "  2.6s  v1 ----  v2 ####\n"
        "  3.5s  v1 ---  v2 ####\n"
        "  4.1s  v2 ####\n"
    )


async def test_starts_that_fail_come_ever_more_slowly(town: Town) -> None:
    definition = await town.definition("web", image="nowhere/absent:1")
    web = await town.service("web", 1, definition)
    await town.advance(70)
    made = sorted(t.created_at for t in town.plane.store.by(TASKS, "service", web))
    waits = [round(later - earlier, 1) for earlier, later in itertools.pairwise(made)]
    assert [round(wait) for wait in waits] == [0, 0, 1, 2, 4, 8, 16, 32]


async def test_a_drained_instance_is_emptied_start_first(town: Town) -> None:
    web = await steady_web(town, 3, 100, 200)
    leaving = town.instances()[0].container_instance_arn
    await town.plane.call(
        UpdateContainerInstancesStateRequest(container_instances=(leaving,), status="DRAINING")
    )
    assert await told(town, web) == ("\n  0.0s  v1 ###.\n  0.5s  v1 ####\n  2.5s  v1 ###-\n")


async def test_a_daemon_service_comes_to_a_new_instance(town: Town) -> None:
    definition = await town.definition("agent", image="town/web:1")
    agent = await town.service(
        "agent", definition=definition, desired_count=None, scheduling_strategy="DAEMON"
    )
    await town.steady(agent)
    away = town.instances()[2].container_instance_arn
    for status in ("DRAINING", "ACTIVE"):
        await town.plane.call(
            UpdateContainerInstancesStateRequest(container_instances=(away,), status=status)
        )
        if status == "DRAINING":
            await town.until(lambda: len(town.tasks(agent)) == 2)
            await town.steady(agent)
    assert await told(town, agent) == ("\n  0.0s  v1 ##.\n  0.6s  v1 ###\n")


async def test_containers_start_in_the_order_of_dependson_and_stop_in_the_other(
    town: Town,
) -> None:
    town.image("town/init", Behaviour(pull_seconds=0.0, exits_after_seconds=1.0, exit_code=0))
    check = {"command": ["CMD-SHELL", "true"], "interval": 5, "retries": 1}
    containers: list[dict[str, object]] = [
        {
            "name": "app", "image": "town/web:1", "memory": 64,
            "depends_on": [{"container_name": "db", "condition": "HEALTHY"}],
        },
        {
            "name": "db", "image": "town/web:1", "memory": 64, "health_check": check,
            "depends_on": [{"container_name": "init", "condition": "SUCCESS"}],
        },
        {"name": "init", "image": "town/init:1", "memory": 64, "essential": False},
    ]  # fmt: skip
    (task,) = await town.run(await town.register("chain", containers))
    lines: list[str] = []
    began = town.now

    def picture() -> str:
        found = {c.name: c.last_status.value[0] for c in town.task(task).containers}
        return " ".join(f"{name} {found[name]}" for name in ("init", "db", "app"))

    async def watch(until: str) -> None:
        while not lines or not lines[-1].endswith(until):
            if not lines or not lines[-1].endswith(picture()):
                lines.append(f"{town.now - began:5.1f}s  {picture()}")
            assert town.now - began < 60, lines
            await asyncio.sleep(0.05)

    await watch("init S db R app R")
    await town.plane.call(StopTaskRequest(task=task))
    await watch("init S db S app S")
    assert lines == [
        "  0.0s  init P db P app P",
        "  0.3s  init R db P app P",
        "  1.2s  init S db P app P",
        "  1.8s  init S db R app P",
        "  7.3s  init S db R app R",
        "  8.8s  init S db R app S",
        " 10.3s  init S db S app S",
    ]


async def test_the_steady_state_is_told_again_after_a_while(town: Town) -> None:
    web = await steady_web(town, 1, 100, 200)
    repeat = town.setup.pace.repeat_event_seconds
    for number in (1, 2, 3):
        steady = [m for m in town.events(web) if m.endswith("has reached a steady state.")]
        assert len(steady) == number
        await town.advance(repeat + 1)


async def test_ports_of_the_host_and_of_an_instance_are_the_same_ports(town: Town) -> None:
    ports = [{"container_port": 80, "host_port": 80}]
    container: dict[str, object] = {"name": "app", "image": "town/web:1", "memory": 64}
    container["port_mappings"] = ports
    host = await town.register("host", [container], network_mode="host")
    bridge = await town.register("bridge", [container])
    (first,) = await town.run(bridge)
    refused = await town.plane.call(RunTaskRequest(task_definition=host))
    assert {failure.reason for failure in refused.failures} == {"RESOURCE:PORTS"}
    await town.plane.call(StopTaskRequest(task=first))
    await town.until(lambda: town.task(first).is_stopped)
    await town.run(host)
    refused = await town.plane.call(RunTaskRequest(task_definition=bridge))
    assert {failure.reason for failure in refused.failures} == {"RESOURCE:PORTS"}
    assert len(refused.failures) == 3


async def an_agent(town: Town, **container: object) -> str:
    """A daemon service that is steady."""
    definition = await town.definition("agent", image="town/web:1", **container)
    agent = await town.service(
        "agent", definition=definition, desired_count=None, scheduling_strategy="DAEMON"
    )
    await town.steady(agent)
    return agent


async def set_state(town: Town, name: str, status: str) -> str:
    """Have an instance be ACTIVE or DRAINING; its ARN."""
    arn = next(i.container_instance_arn for i in town.instances() if i.name == name)
    await town.plane.call(
        UpdateContainerInstancesStateRequest(container_instances=(arn,), status=status)
    )
    return arn


async def test_a_new_instance_gets_its_daemon_before_other_tasks(town: Town) -> None:
    """Room is for one of the two, and the other service is older and waits for room."""
    web = await town.service("web", 0, await town.definition("web", image="town/web:1", cpu=3000))
    away = await set_state(town, "i-3", "DRAINING")
    agent = await an_agent(town, cpu=2048)
    await town.update("web", desired_count=1)
    await town.until(lambda: "unable to place" in str(town.service_record(web).waiting))
    await set_state(town, "i-3", "ACTIVE")
    assert await told(town, agent) == ("\n  0.0s  v1 ##.\n  0.5s  v1 ###\n")
    assert [t.container_instance_arn for t in town.tasks(agent)].count(away) == 1
    assert town.tasks(web) == []


async def test_a_daemon_is_the_last_to_stop_on_a_draining_instance(town: Town) -> None:
    agent = await an_agent(town)
    job = await town.definition("job", image="town/web:1")
    away = next(i.container_instance_arn for i in town.instances() if i.name == "i-3")
    request = StartTaskRequest(task_definition=job, container_instances=(away,))
    (started,) = (await town.plane.call(request)).tasks
    await town.until(lambda: town.task(started.task_arn).last_status == "RUNNING")
    await set_state(town, "i-3", "DRAINING")
    await town.advance(30)
    assert town.picture(agent) == "v1 ###"
    assert town.service_record(agent).is_steady
    assert town.service_record(agent).desired_count == 2
    await town.update("agent", task_definition=await second_agent(town))
    await told(town, agent)
    assert town.picture(agent) == "v1 #  v2 ##", "a deployment does not wait for it"
    (last,) = (task for task in town.tasks(agent) if task.container_instance_arn == away)
    await town.plane.call(StopTaskRequest(task=started.task_arn))
    await town.until(lambda: town.picture(agent) == "v2 ##")
    await town.steady(agent)
    stopped_at = town.task(started.task_arn).stopped_at
    stopping_at = town.task(last.task_arn).stopping_at
    assert stopped_at is not None
    assert stopping_at is not None
    assert stopped_at <= stopping_at < stopped_at + 1


async def test_daemons_do_not_keep_each_other_on_a_draining_instance(town: Town) -> None:
    agent = await an_agent(town)
    definition = await town.definition("guard", image="town/web:1")
    guard = await town.service(
        "guard", definition=definition, desired_count=None, scheduling_strategy="DAEMON"
    )
    await town.steady(guard)
    await set_state(town, "i-3", "DRAINING")
    await town.until(lambda: len(town.tasks(agent)) == len(town.tasks(guard)) == 2)


async def second_agent(town: Town) -> str:
    return await town.definition("agent", image="town/web:2")
