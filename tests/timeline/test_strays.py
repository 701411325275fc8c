"""Containers that are where no task wants them: started, renamed or left behind by others."""

from dataclasses import replace

import pytest

from ecstui.engine.behaviour import Behaviour
from ecstui.model.enums import StopCode
from ecstui.model.requests.tasks import StopTaskRequest
from tests.support.town import Town

pytestmark = pytest.mark.sim

A_DAY = 24 * 3600.0


async def a_web(town: Town, desired_count: int = 2, **members: object) -> str:
    """A steady service."""
    web = await town.service(
        "web", desired_count, await town.definition("web", image="town/web:1"), **members
    )
    await town.steady(web)
    return web


def wanted(town: Town) -> set[str]:
    """Names of the containers that records say run."""
    return {c.engine_name for task in town.tasks() for c in task.containers}


async def test_a_container_restarted_by_hand_does_not_outlive_its_task(town: Town) -> None:
    web = await a_web(town)
    victim = town.running_containers()[0]
    town.world.kill(victim, 0)
    await town.advance(0.1)
    town.world.start(victim)
    await town.until(lambda: victim not in town.running_containers())
    await town.steady(web)
    assert set(town.running_containers()) == wanted(town)


async def test_a_start_that_comes_through_after_a_crash_is_undone(town: Town) -> None:
    (arn,) = await town.run(await town.definition("web", image="town/web:1"))
    await town.advance(0.2)  # its start is under way, and nothing calls it back
    await town.plane.call(StopTaskRequest(task=arn))
    await town.crash()
    await town.until(lambda: town.task(arn).is_stopped)
    await town.advance(60)
    assert town.running_containers() == []


async def test_a_container_that_was_renamed_goes_with_its_task(town: Town) -> None:
    web = await a_web(town)
    victim = town.running_containers()[0]
    spec = town.world.containers[victim].spec
    town.world.remove(victim)
    town.world.create(replace(spec, name="renamed"))
    town.world.start("renamed")
    await town.until(lambda: "renamed" not in town.running_containers(), within_seconds=30)
    await town.steady(web)
    assert set(town.running_containers()) == wanted(town)
    await town.advance(A_DAY)
    assert "renamed" not in town.world.containers


async def test_nothing_is_swept_before_the_engine_was_seen(town: Town) -> None:
    town.image("town/job", Behaviour(pull_seconds=0.0, exits_after_seconds=1.0))
    definition = await town.register(
        "job",
        [
            {
                "name": "app",
                "image": "town/job:1",
                "memory": 64,
                "mount_points": [{"source_volume": "data", "container_path": "/data"}],
            }
        ],
        volumes=[{"name": "data"}],
    )
    (arn,) = await town.run(definition)
    await town.until(lambda: town.task(arn).is_stopped)
    town.world.stop_engine()
    await town.advance(A_DAY / 2)
    await town.crash()
    await town.advance(60)
    town.world.start_engine()
    await town.advance(60)
    assert town.world.containers == {}
    assert town.world.volumes == {}


async def test_the_volume_of_a_task_goes_in_the_end_whatever_comes_between(town: Town) -> None:
    town.image("town/job", Behaviour(pull_seconds=0.0, exits_after_seconds=1.0))
    container = {
        "name": "app",
        "image": "town/job:1",
        "memory": 64,
        "mount_points": [{"source_volume": "data", "container_path": "/data"}],
    }
    definition = await town.register("job", [container], volumes=[{"name": "data"}])
    (arn,) = await town.run(definition)
    await town.until(lambda: town.task(arn).is_stopped)
    (volume,) = town.world.volumes
    (name,) = town.world.containers
    spec = replace(town.world.containers[name].spec, name="borrower", owner="somebody", labels={})
    town.world.create(spec)
    await town.advance(A_DAY / 2)
    assert name not in town.world.containers
    assert volume in town.world.volumes, "somebody else has it"
    town.world.remove("borrower")
    await town.advance(A_DAY)
    assert town.world.volumes == {}


async def test_a_network_that_breaks_down_under_a_running_task_is_no_failed_start(
    town: Town,
) -> None:
    container = {"name": "app", "image": "town/web:1", "memory": 64}
    definition = await town.register("web", [container], network_mode="awsvpc")
    network = {"awsvpc_configuration": {"subnets": ["subnet-1"]}}
    web = await town.service("web", 1, definition, network_configuration=network)
    await town.steady(web)
    (task,) = town.tasks(web)
    assert task.pause_engine_name is not None
    town.world.kill(task.pause_engine_name, 137)
    await town.until(lambda: town.task(task.task_arn).is_stopped)
    stopped = town.task(task.task_arn)
    assert stopped.stop_code is StopCode.ESSENTIAL_CONTAINER_EXITED
    assert stopped.stopped_reason == "Essential container in task exited"
    assert town.service_record(web).primary.failed_tasks == 0
