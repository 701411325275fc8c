"""A deployment that FAILED, and instances that drain under it: the right tasks go, none starts."""

import pytest

from ecstui.engine.behaviour import Behaviour
from ecstui.model.enums import RolloutState
from ecstui.model.requests.alarms import SetAlarmStateRequest
from ecstui.model.requests.deployments import StopServiceDeploymentRequest
from ecstui.model.requests.instances import UpdateContainerInstancesStateRequest
from tests.support.town import Town

pytestmark = pytest.mark.sim

WATCHED = {
    "alarms": {"alarm_names": ["errors"], "enable": True, "rollback": False},
    "bake_time_in_minutes": 5,
}


async def drain(town: Town, instance_arn: str | None) -> None:
    request = UpdateContainerInstancesStateRequest(
        container_instances=(instance_arn or "",), status="DRAINING"
    )
    await town.plane.call(request)


async def fail(town: Town, service: str) -> None:
    """An alarm fails the deployment, and nothing is rolled back."""
    alarm = {"alarm_name": "errors", "state_value": "ALARM"}
    await town.plane.call(SetAlarmStateRequest.model_validate(alarm))
    await town.advance(1)
    assert town.service_record(service).primary.rollout_state is RolloutState.FAILED


async def test_a_failed_daemon_leaves_the_draining_instance_and_no_other(town: Town) -> None:
    agent = await town.service(
        "agent",
        definition=await town.definition("agent", image="town/web:1"),
        desired_count=None,
        scheduling_strategy="DAEMON",
        deployment_configuration=WATCHED,
    )
    await town.advance(20)
    await fail(town, agent)
    before = {task.container_instance_arn for task in town.tasks(agent)}
    assert len(before) == 3
    # The one that was started last: a choice by age alone would take another.
    leaving = max(town.tasks(agent), key=lambda task: task.task_arn).container_instance_arn
    await drain(town, leaving)
    await town.advance(10)
    after = {task.container_instance_arn for task in town.tasks(agent)}
    assert after == before - {leaving}


async def test_an_older_daemon_on_a_draining_instance_goes_before_newer_ones(town: Town) -> None:
    """Healthy daemons of the failed deployment stay where they are of use."""
    configuration = WATCHED | {"minimum_healthy_percent": 60}
    agent = await town.service(
        "agent",
        definition=await town.definition("agent", image="town/web:1"),
        desired_count=None,
        scheduling_strategy="DAEMON",
        deployment_configuration=WATCHED | {"bake_time_in_minutes": 0},
    )
    await town.steady(agent)
    town.image("town/slow", Behaviour(pull_seconds=0.0, start_seconds=2.0, stops_after_seconds=0.1))
    await town.update(
        "agent",
        task_definition=await town.definition("agent", image="town/slow:2"),
        deployment_configuration=configuration,
    )
    await town.until(lambda: town.picture(agent) in {"v1 ##  v2 #", "v1 #  v2 ##"})
    await fail(town, agent)
    await town.advance(5)
    old = next(t for t in town.tasks(agent) if t.task_definition_arn.endswith(":1"))
    kept = {t.task_arn for t in town.tasks(agent)} - {old.task_arn}
    await drain(town, old.container_instance_arn)
    await town.advance(10)
    assert {t.task_arn for t in town.tasks(agent) if t.is_wanted} == kept


async def test_a_pending_task_of_a_failed_deployment_leaves_a_draining_instance(
    town: Town,
) -> None:
    town.image("town/slow", Behaviour(pull_seconds=0.0, start_seconds=60.0))
    web = await town.service("web", 3, await town.definition("web", image="town/slow:1"))
    await town.advance(1)
    arn = town.service_record(web).current_service_deployment
    await town.plane.call(StopServiceDeploymentRequest(service_deployment_arn=arn or ""))
    await town.advance(1)
    assert town.service_record(web).primary.rollout_state is RolloutState.FAILED
    assert town.picture(web) == "v1 ..."
    leaving = town.tasks(web)[0]
    await drain(town, leaving.container_instance_arn)
    await town.advance(1)
    assert not town.task(leaving.task_arn).is_wanted
    await town.advance(20)
    assert len([task for task in town.tasks(web) if task.is_wanted]) == 2
