"""Blue and green where room, launch or instances change under them, told as small stories."""

import pytest

from ecstui.engine.behaviour import Behaviour
from ecstui.model.enums import LaunchType
from ecstui.model.requests.capacity_providers import (
    CreateAutoScalingGroupRequest,
    CreateCapacityProviderRequest,
    PutClusterCapacityProvidersRequest,
)
from ecstui.model.requests.instances import UpdateContainerInstancesStateRequest
from ecstui.model.requests.protection import UpdateTaskProtectionRequest
from ecstui.model.requests.tasks import StopTaskRequest
from ecstui.model.task import TaskRecord
from tests.support.town import Town

pytestmark = pytest.mark.sim

BLUE_GREEN = {"strategy": "BLUE_GREEN", "bake_time_in_minutes": 1}
STRATEGY = ({"capacity_provider": "local", "weight": 1},)
LARGE = {"cpu": 64, "memory": 5000}
"""An instance has room for one such container."""


async def steady_web(town: Town, desired_count: int, **members: object) -> str:
    """A steady service of blue tasks; `members` of its container."""
    blue = await town.definition("web", **({"image": "town/web:1"} | members))
    web = await town.service("web", desired_count, blue, deployment_configuration=BLUE_GREEN)
    await town.steady(web)
    return web


def tasks_of(town: Town, web: str, revision: int) -> list[TaskRecord]:
    """Tasks of a revision that are not told to stop."""
    return [
        task
        for task in town.tasks(web)
        if task.is_wanted and task.task_definition_arn.endswith(f":{revision}")
    ]


async def drain(town: Town, *tasks: TaskRecord) -> None:
    arns = tuple({task.container_instance_arn or "" for task in tasks})
    request = UpdateContainerInstancesStateRequest(container_instances=arns, status="DRAINING")
    await town.plane.call(request)


async def associate_pool(town: Town) -> None:
    """A capacity provider of two instances."""
    group = {"auto_scaling_group_name": "pool", "cpu": 512, "memory": 512, "desired_capacity": 2}
    await town.plane.call(CreateAutoScalingGroupRequest.model_validate(group))
    provider = {"name": "local", "auto_scaling_group_provider": {"auto_scaling_group_arn": "pool"}}
    await town.plane.call(CreateCapacityProviderRequest.model_validate(provider))
    offer = {
        "cluster": "default",
        "capacity_providers": ("local",),
        "default_capacity_provider_strategy": (),
    }
    await town.plane.call(PutClusterCapacityProvidersRequest.model_validate(offer))
    await town.advance(5)


# -- green does not wait for blue ---------------------------------------------------------------


async def test_green_starts_although_blue_has_no_room_for_what_it_lacks(town: Town) -> None:
    web = await steady_web(town, 3, **LARGE)
    green = await town.definition("web", image="town/web:2")
    await town.update("web", task_definition=green, desired_count=4)
    await town.advance(0.1)
    assert town.picture(web) == "v1 ###  v2 ...."
    assert "was unable to place a task" in (town.service_record(web).waiting or "")
    await town.advance(30)
    assert town.picture(web) == "v1 ###  v2 ####"
    assert sum("was unable to place a task" in event for event in town.events(web)) == 1
    await town.steady(web)
    assert town.picture(web) == "v2 ####"


async def test_blue_gets_the_room_that_comes_while_green_stands(town: Town) -> None:
    web = await steady_web(town, 2, **LARGE)
    (filler,) = await town.run(await town.definition("filler", image="town/web:1", **LARGE))
    green = await town.definition("web", image="town/web:2")
    await town.update("web", task_definition=green, desired_count=3)
    await town.advance(10)
    assert town.picture(web) == "v1 ##  v2 ###"
    await town.plane.call(StopTaskRequest(task=filler))
    await town.advance(5)
    assert town.picture(web) == "v1 ###  v2 ###"


async def test_green_takes_no_more_than_it_wants_while_both_find_no_room(town: Town) -> None:
    web = await steady_web(town, 3, **LARGE)
    green = await town.definition("web", image="town/web:2", cpu=64, memory=3000)
    await town.update("web", task_definition=green, desired_count=4)
    await town.advance(30)
    assert town.picture(web) == "v1 ###  v2 ###"
    assert "was unable to place a task" in (town.service_record(web).waiting or "")
    assert sum("was unable to place a task" in event for event in town.events(web)) == 1


async def test_green_starts_while_starts_of_blue_are_throttled(town: Town) -> None:
    good = Behaviour(pull_seconds=0.0, start_seconds=0.1)
    town.image("town/first", good)
    web = await steady_web(town, 2, image="town/first:1")
    town.image("town/first", Behaviour(pull_seconds=0.0, exits_after_seconds=0.3, exit_code=1))
    await town.plane.call(StopTaskRequest(task=town.tasks(web)[0].task_arn))
    await town.until(lambda: town.service_record(web).primary.quick_exits >= 8)
    until = town.service_record(web).primary.next_start_at
    assert until is not None
    await town.update("web", task_definition=await town.definition("web", image="town/web:2"))
    await town.advance(0.1)
    assert town.clock.now() < until - 5
    assert town.picture(web) == "v1 #  v2 .."
    assert "8 tasks in a row died soon" in (town.service_record(web).waiting or "")
    town.image("town/first", good)
    await town.advance(until - town.clock.now() + 1)  # blue is tried again when its time comes
    assert town.picture(web) == "v1 ##  v2 ##"


# -- each side launches its own way ---------------------------------------------------------------


async def test_a_lost_blue_task_on_instances_comes_back_there(town: Town) -> None:
    await associate_pool(town)
    web = await steady_web(town, 2)
    green = await town.definition("web", image="town/web:2")
    await town.update(
        "web",
        task_definition=green,
        capacity_provider_strategy=STRATEGY,
        force_new_deployment=True,
    )
    await town.advance(10)
    await town.plane.call(StopTaskRequest(task=tasks_of(town, web, 1)[0].task_arn))
    await town.advance(5)
    assert town.picture(web) == "v1 ##  v2 ##"
    assert [t.capacity_provider_name for t in tasks_of(town, web, 1)] == [None, None]
    assert {t.launch_type for t in tasks_of(town, web, 1)} == {LaunchType.EC2}
    assert [t.capacity_provider_name for t in tasks_of(town, web, 2)] == ["local", "local"]


async def test_a_lost_blue_task_of_a_provider_comes_back_there(town: Town) -> None:
    await associate_pool(town)
    blue = await town.definition("web", image="town/web:1")
    web = await town.service(
        "web",
        2,
        blue,
        deployment_configuration=BLUE_GREEN,
        capacity_provider_strategy=STRATEGY,
    )
    await town.steady(web)
    green = await town.definition("web", image="town/web:2")
    await town.update(
        "web", task_definition=green, capacity_provider_strategy=(), force_new_deployment=True
    )
    await town.advance(10)
    assert town.service_record(web).capacity_provider_strategy == ()
    await town.plane.call(StopTaskRequest(task=tasks_of(town, web, 1)[0].task_arn))
    await town.advance(5)
    assert town.picture(web) == "v1 ##  v2 ##"
    assert [t.capacity_provider_name for t in tasks_of(town, web, 1)] == ["local", "local"]
    assert [t.capacity_provider_name for t in tasks_of(town, web, 2)] == [None, None]


# -- instances that drain, tasks that are protected -----------------------------------------------


async def test_a_pending_task_of_either_side_leaves_a_draining_instance_at_once(
    town: Town,
) -> None:
    web = await steady_web(town, 2)
    town.image("town/*", Behaviour(pull_seconds=0.0, start_seconds=60.0, stops_after_seconds=0.1))
    await town.update("web", task_definition=await town.definition("web", image="town/slow:2"))
    await town.advance(1)
    lost = tasks_of(town, web, 1)[0]
    await town.plane.call(StopTaskRequest(task=lost.task_arn))
    await town.advance(5)
    starting = [t for t in town.tasks(web) if t.is_wanted and t.started_at is None]
    assert len(starting) == 3
    (blue,) = [t for t in starting if t.task_definition_arn.endswith(":1")]
    (green, *_) = [t for t in starting if t.task_definition_arn.endswith(":2")]
    await drain(town, blue, green)
    await town.advance(2)
    assert [town.task(t.task_arn).is_wanted for t in (blue, green)] == [False, False]
    active = {i.container_instance_arn for i in town.instances() if i.status == "ACTIVE"}
    starting = [t for t in town.tasks(web) if t.is_wanted and t.started_at is None]
    assert {t.container_instance_arn for t in starting} <= active
    assert len(tasks_of(town, web, 2)) == 2


async def test_protection_keeps_no_unhealthy_task_that_is_neither_blue_nor_green(
    town: Town,
) -> None:
    web = await steady_web(town, 2)
    check = {"command": ["CMD-SHELL", "curl -f localhost"], "interval": 5, "retries": 1}
    second = await town.definition("web", image="town/web:2", health_check=check)
    await town.update("web", task_definition=second)
    await town.advance(30)
    strays = tuple(task.task_arn for task in tasks_of(town, web, 2))
    assert len(strays) == 2
    request = UpdateTaskProtectionRequest(
        tasks=strays, protection_enabled=True, expires_in_minutes=60
    )
    await town.plane.call(request)
    await town.update("web", task_definition=await town.definition("web", image="town/web:3"))
    await town.advance(20)
    assert [town.task(arn).is_wanted for arn in strays] == [True, True]
    town.world.force_health(town.task(strays[0]).containers[0].engine_name, False)
    await town.advance(20)
    assert [town.task(arn).is_wanted for arn in strays] == [False, True]
