"""Instances that people register: tasks run on them, and move on when they are taken away."""

import pytest

from ecstui.base.ids import short_name
from ecstui.model.cluster import Resource
from ecstui.model.requests.instances import (
    DeregisterContainerInstanceRequest,
    RegisterContainerInstanceRequest,
)
from ecstui.store.kinds import INSTANCES, TASKS
from tests.support.town import Town

pytestmark = pytest.mark.sim


def a_slice() -> RegisterContainerInstanceRequest:
    resources = (
        Resource(name="CPU", type="INTEGER", integer_value=4096),
        Resource(name="MEMORY", type="INTEGER", integer_value=8192),
    )
    return RegisterContainerInstanceRequest(total_resources=resources)


def homes(town: Town) -> set[str | None]:
    """Instances on which tasks run."""
    return {task.container_instance_arn for task in town.tasks() if task.is_wanted}


async def test_a_registered_instance_takes_tasks_and_gives_them_up(town: Town) -> None:
    added = (await town.plane.call(a_slice())).container_instance.container_instance_arn
    web = await town.service("web", 8, await town.definition("web", image="town/web:1"))
    await town.steady(web)
    assert added in homes(town)
    await town.plane.call(
        DeregisterContainerInstanceRequest(container_instance=short_name(added), force=True)
    )
    await town.until(lambda: added not in homes(town) and len(town.running_containers()) == 8)
    await town.steady(web)
    left = town.plane.store.by(TASKS, "instance", added)
    assert {task.stopped_reason for task in left} == {
        "Container instance deregistration forced by user"
    }


async def test_tasks_given_up_while_the_engine_is_away_are_stopped_when_it_is_back(
    town: Town,
) -> None:
    (arn,) = await town.run(await town.definition("web", image="town/web:1"))
    await town.until(lambda: len(town.running_containers()) == 1)
    home = town.task(arn).container_instance_arn
    assert home is not None
    town.world.stop_engine(containers_survive=True)

    def is_away() -> bool:
        instance = town.plane.store.get(INSTANCES, home)
        return instance is not None and not instance.agent_connected

    await town.until(is_away)
    await town.plane.call(DeregisterContainerInstanceRequest(container_instance=home, force=True))
    assert town.task(arn).is_stopped
    town.world.start_engine()
    await town.until(lambda: town.running_containers() == [])


async def test_a_registered_instance_outlives_a_crash(town: Town) -> None:
    added = (await town.plane.call(a_slice())).container_instance.container_instance_arn
    await town.crash()
    web = await town.service("web", 8, await town.definition("web", image="town/web:1"))
    await town.steady(web)
    assert added in homes(town)
    instance = town.plane.store.get(INSTANCES, added)
    assert instance is not None
    assert (instance.name, instance.agent_connected) == ("slice-1", True)
