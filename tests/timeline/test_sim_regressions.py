"""What the simulator found, told as small stories: each failed before it was put right."""

import asyncio

import pytest

from ecstui.base.errors import EcsError, JournalError
from ecstui.engine.behaviour import Behaviour
from ecstui.engine.faults import Faults
from ecstui.model.requests.capacity_providers import (
    CreateAutoScalingGroupRequest,
    CreateCapacityProviderRequest,
    PutClusterCapacityProvidersRequest,
    UpdateAutoScalingGroupRequest,
)
from ecstui.model.requests.deployments import StopServiceDeploymentRequest
from ecstui.model.requests.instances import UpdateContainerInstancesStateRequest
from ecstui.model.requests.protection import UpdateTaskProtectionRequest
from ecstui.model.requests.tasks import StartTaskRequest, StopTaskRequest
from tests.support.town import Town

pytestmark = pytest.mark.sim


@pytest.mark.parametrize("rounds_later", range(8))
async def test_nothing_looks_on_when_an_action_ends_while_the_plane_does(rounds_later):
    town = await Town().open()
    town.image("town/*", Behaviour(pull_seconds=0.5, create_seconds=0.5, start_seconds=0.5))
    town.world.faults = Faults(hint_lost_ratio=1.0)
    await town.service("web", 2, await town.definition("web", image="town/web:1"))
    await asyncio.sleep(1.5)  # in this very moment the containers run
    town.world.faults = Faults(hint_lost_ratio=1.0, latency_seconds=5.0)
    for _ in range(rounds_later):
        await asyncio.sleep(0)
    await town.plane.crash()
    left = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()]
    assert [name for name in left if name.startswith("EngineObserver")] == []


BLUE_GREEN = {
    "strategy": "BLUE_GREEN",
    "bake_time_in_minutes": 0,
    "minimum_healthy_percent": 50,
    "maximum_percent": 100,
}


async def test_blue_comes_back_while_green_is_not_ready(town):
    web = await town.service("web", 1, await town.definition(), deployment_configuration=BLUE_GREEN)
    await town.steady(web)
    blue = town.service_record(web).primary.id
    town.image("town/slow:*", Behaviour(start_seconds=60.0))
    await town.update("web", task_definition=await town.definition(image="town/slow:2"))
    await town.advance(5)
    (old,) = [task for task in town.tasks(web) if task.deployment_id == blue]
    await town.plane.call(StopTaskRequest(task=old.task_arn))
    await town.advance(10)
    blues = [task for task in town.tasks(web) if task.deployment_id == blue and not task.is_stopped]
    assert [(task.last_status, task.is_wanted) for task in blues] == [("RUNNING", True)]
    assert blue in [deployment.id for deployment in town.service_record(web).deployments]


async def test_a_deployment_that_failed_is_not_taken_for_blue(town):
    town.image("town/slow:*", Behaviour(start_seconds=60.0))
    first = await town.definition(image="town/slow:1")
    web = await town.service("web", 2, first, deployment_configuration=BLUE_GREEN)
    await town.advance(5)
    await town.update("web", task_definition=await town.definition(image="town/slow:2"))
    await town.advance(1)
    arn = town.service_record(web).current_service_deployment
    await town.plane.call(StopServiceDeploymentRequest(service_deployment_arn=arn))
    await town.advance(1)
    failed = town.service_record(web).primary
    assert failed.rollout_state == "FAILED"
    before = [task.task_arn for task in town.tasks(web)]
    await town.update("web", task_definition=await town.definition(image="town/slow:3"))
    await town.advance(5)
    started = [task for task in town.tasks(web) if task.task_arn not in before]
    assert failed.id not in [task.deployment_id for task in started]
    assert len(started) == 2


async def test_blue_goes_no_further_than_the_floor_while_green_is_not_whole(town):
    careful = BLUE_GREEN | {"maximum_percent": 200, "bake_time_in_minutes": 1}
    web = await town.service("web", 4, await town.definition(), deployment_configuration=careful)
    await town.steady(web)
    blue = town.service_record(web).primary.id
    town.image("town/late:*", Behaviour(start_seconds=5.0))
    await town.update("web", task_definition=await town.definition(image="town/late:2"))
    await town.advance(66)  # the bake time is nearly over: two and more of green are lost
    greens = [task for task in town.tasks(web) if task.deployment_id != blue]
    for task in greens[:3]:
        await town.plane.call(StopTaskRequest(task=task.task_arn))
    least = 8
    for _ in range(100):
        await town.advance(0.1)
        here = [t for t in town.tasks(web) if t.is_wanted and t.last_status == "RUNNING"]
        least = min(least, len(here))
    assert least == 2
    await town.steady(web)
    assert {t.deployment_id == blue for t in town.tasks(web) if t.is_wanted} == {False}


async def test_blue_is_what_serves_where_nothing_has_completed(town):
    town.image("town/slow:*", Behaviour(start_seconds=60.0))
    settings = BLUE_GREEN | {"bake_time_in_minutes": 5}
    web = await town.service("web", 2, await town.definition(), deployment_configuration=settings)
    await town.until(lambda: all(task.last_status == "RUNNING" for task in town.tasks(web)))
    serving = [task.task_arn for task in town.tasks(web)]
    for number in (2, 3):
        image = f"town/slow:{number}"
        await town.update("web", task_definition=await town.definition(image=image))
    await town.advance(10)
    assert len(serving) == 2
    assert [town.task(arn).is_wanted for arn in serving] == [True, True]


async def test_blue_is_what_was_healthy_where_nothing_has_completed(town):
    """The second deployment runs but never becomes healthy; the third must not take it for blue."""
    town.image("town/sick:*", Behaviour(start_seconds=0.1, healthy_after_seconds=None))
    check = {"command": ["CMD", "true"], "interval": 5, "retries": 10}
    settings = BLUE_GREEN | {"bake_time_in_minutes": 5}
    web = await town.service("web", 2, await town.definition(), deployment_configuration=settings)
    await town.advance(10)
    serving = [task.task_arn for task in town.tasks(web)]
    for number in (2, 3):
        sick = await town.definition(image=f"town/sick:{number}", health_check=check)
        await town.update("web", task_definition=sick)
        await town.advance(3)
    assert [town.task(arn).is_wanted for arn in serving] == [True, True]


async def test_blue_on_a_draining_instance_serves_until_green_does(town):
    settings = BLUE_GREEN | {"minimum_healthy_percent": 100, "maximum_percent": 150}
    web = await town.service("web", 1, await town.definition(), deployment_configuration=settings)
    await town.steady(web)
    (blue,) = town.tasks(web)
    instances = (blue.container_instance_arn or "",)
    drain = UpdateContainerInstancesStateRequest(container_instances=instances, status="DRAINING")
    await town.plane.call(drain)
    town.image("town/slow:*", Behaviour(start_seconds=20.0))
    await town.update("web", task_definition=await town.definition(image="town/slow:2"))
    await town.advance(10)
    assert town.task(blue.task_arn).is_wanted
    await town.steady(web)
    assert not town.task(blue.task_arn).is_wanted


async def test_protected_blue_on_a_draining_instance_stays(town):
    settings = BLUE_GREEN | {"minimum_healthy_percent": 100, "maximum_percent": 200}
    web = await town.service("web", 1, await town.definition(), deployment_configuration=settings)
    await town.steady(web)
    (blue,) = town.tasks(web)
    await town.plane.call(
        UpdateTaskProtectionRequest(tasks=(blue.task_arn,), protection_enabled=True)
    )
    instances = (blue.container_instance_arn or "",)
    drain = UpdateContainerInstancesStateRequest(container_instances=instances, status="DRAINING")
    await town.plane.call(drain)
    await town.update("web", task_definition=await town.definition(image="town/web:2"))
    await town.advance(30)
    assert town.task(blue.task_arn).is_wanted
    assert len(town.tasks(web)) == 2


async def test_a_failed_deployment_that_shrinks_keeps_the_floor(town):
    """Only the one healthy task is not protected: above the ceiling or not, it has to stay."""
    town.image("town/sick:*", Behaviour(start_seconds=0.1, healthy_after_seconds=None))
    settings = {
        "minimum_healthy_percent": 50,
        "maximum_percent": 200,
        "deployment_circuit_breaker": {"enable": True, "rollback": False},
    }
    web = await town.service("web", 2, await town.definition(), deployment_configuration=settings)
    await town.steady(web)
    healthy = [task.task_arn for task in town.tasks(web)]
    check = {"command": ["CMD", "true"], "interval": 60, "retries": 10}
    sick = await town.definition(image="town/sick:2", health_check=check)
    await town.update("web", task_definition=sick)
    await town.advance(5)
    warming = tuple(t.task_arn for t in town.tasks(web) if t.task_arn not in healthy)
    await town.plane.call(UpdateTaskProtectionRequest(tasks=warming, protection_enabled=True))
    await town.update("web", task_definition=await town.definition(image="absent:3"))
    await town.until(lambda: town.service_record(web).primary.rollout_state == "FAILED")
    await town.update("web", desired_count=1)
    await town.advance(5)
    assert [town.task(arn).is_wanted for arn in warming] == [True, True]
    assert sum(t.task_arn in healthy and t.is_wanted for t in town.tasks(web)) == 1


async def test_an_instance_that_its_group_takes_away_does_not_come_back(town):
    group = {"auto_scaling_group_name": "pool", "cpu": 256, "memory": 512, "desired_capacity": 1}
    await town.plane.call(CreateAutoScalingGroupRequest.model_validate(group))
    provider = {"name": "pool", "auto_scaling_group_provider": {"auto_scaling_group_arn": "pool"}}
    await town.plane.call(CreateCapacityProviderRequest.model_validate(provider))
    offer = {
        "cluster": "default",
        "capacity_providers": ["pool"],
        "default_capacity_provider_strategy": [],
    }
    await town.plane.call(PutClusterCapacityProvidersRequest.model_validate(offer))
    await town.advance(5)
    (arn,) = [i.container_instance_arn for i in town.instances() if i.auto_scaling_group]
    await town.plane.call(
        StartTaskRequest(
            task_definition=await town.definition(memory=128), container_instances=(arn,)
        )
    )
    await town.advance(5)
    none = {"auto_scaling_group_name": "pool", "desired_capacity": 0}
    await town.plane.call(UpdateAutoScalingGroupRequest.model_validate(none))
    await town.advance(1)
    back = UpdateContainerInstancesStateRequest(container_instances=(arn,), status="ACTIVE")
    answer = await town.plane.call(back)
    assert [failure.reason for failure in answer.failures] == ["DRAINING"]
    (instance,) = [i for i in town.instances() if i.container_instance_arn == arn]
    assert (instance.status, instance.is_terminating) == ("DRAINING", True)


async def test_a_journal_that_fails_in_a_call_ends_the_plane_at_once(town):
    """Registering a revision gives the control loop nothing to do: it would not notice for long."""

    async def full(changes):
        raise JournalError("disk full")

    town.journal.write = full
    failed = asyncio.ensure_future(town.plane.wait_failed())
    before = town.now
    with pytest.raises(EcsError, match="disk full"):
        await town.definition()
    assert str(await failed) == "disk full"
    assert town.now == before
