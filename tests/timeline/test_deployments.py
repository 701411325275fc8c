"""Deployments that fail, are stopped or overtaken, and blue/green: as timelines and as history."""

import pytest

from ecstui.base.ids import short_name
from ecstui.engine.behaviour import Behaviour
from ecstui.model.deployment import (
    MonitorStatus,
    ServiceDeployment,
    ServiceDeploymentStatus,
)
from ecstui.model.deployment_configuration import HookAction
from ecstui.model.enums import DeploymentStatus, RolloutState
from ecstui.model.requests.alarms import SetAlarmStateRequest
from ecstui.model.requests.deployments import (
    ContinueServiceDeploymentRequest,
    DescribeServiceDeploymentsRequest,
    ListServiceDeploymentsRequest,
    StopServiceDeploymentRequest,
)
from ecstui.model.requests.instances import UpdateContainerInstancesStateRequest
from ecstui.model.requests.services import DeleteServiceRequest
from ecstui.model.requests.tasks import StopTaskRequest
from tests.support.town import Town

pytestmark = pytest.mark.sim

Status = ServiceDeploymentStatus
BREAKER = {"enable": True, "rollback": True}


async def steady_web(town: Town, desired_count: int, **configuration: object) -> str:
    """A steady service of the first revision, whose first deployment has COMPLETED."""
    first = await town.definition("web", image="town/web:1")
    web = await town.service(
        "web", desired_count, first, deployment_configuration=configuration or None
    )
    await town.steady(web)
    return web


async def history(town: Town) -> list[ServiceDeployment]:
    """The deployments of the service, oldest first."""
    listed = await town.plane.call(ListServiceDeploymentsRequest(service="web"))
    arns = tuple(brief.service_deployment_arn for brief in listed.service_deployments)
    request = DescribeServiceDeploymentsRequest(service_deployment_arns=arns)
    found = (await town.plane.call(request)).service_deployments
    return list(reversed(found))


async def latest(town: Town) -> ServiceDeployment:
    return (await history(town))[-1]


async def stop(town: Town) -> None:
    arn = (await latest(town)).service_deployment_arn
    await town.plane.call(StopServiceDeploymentRequest(service_deployment_arn=arn))


async def set_alarm(town: Town, name: str, state: str) -> None:
    request = SetAlarmStateRequest.model_validate({"alarm_name": name, "state_value": state})
    await town.plane.call(request)


def said(town: Town, web: str) -> list[str]:
    return [message.split(") ", 1)[1] for message in town.events(web)]


# -- circuit breaker --------------------------------------------------------------------------


async def test_the_circuit_breaker_gives_up_after_three_failures_and_rolls_back(
    town: Town,
) -> None:
    web = await steady_web(town, 2, deployment_circuit_breaker=BREAKER)
    good = town.service_record(web).primary
    bad = await town.definition("web", image="nowhere/absent:1")
    await town.update("web", task_definition=bad)
    failed = town.service_record(web).primary.id
    assert (
        "\n" + await town.timeline(web) + "\n"
        == """
  0.0s  v1 ##  v2 ..
  0.5s  v1 ##
"""
    )
    assert [m for m in said(town, web) if "steady" not in m and "started" not in m][-3:] == [
        f"(deployment {failed}) deployment failed: tasks failed to start.",
        f"rolling back to deployment {good.id}.",
        f"(deployment {good.id}) deployment completed.",
    ]
    ended = await latest(town)
    assert ended.status is Status.ROLLBACK_SUCCESSFUL
    assert ended.deployment_circuit_breaker.status is MonitorStatus.TRIGGERED
    assert ended.deployment_circuit_breaker.failure_count >= 3
    assert ended.deployment_circuit_breaker.threshold == 3
    assert ended.rollback is not None
    assert ended.rollback.service_revision_arn == good.service_revision_arn
    assert ended.status_reason == (
        "Service deployment rolled back because the circuit breaker threshold was exceeded."
    )


SICK = Behaviour(
    pull_seconds=0.0,
    create_seconds=0.0,
    start_seconds=0.5,
    stops_after_seconds=1.5,
    healthy_after_seconds=None,
)
CHECK = {
    "command": ["CMD-SHELL", "curl -f http://localhost/"],
    "interval": 5,
    "retries": 1,
    "timeout": 2,
}


async def test_tasks_that_run_but_are_never_healthy_trip_the_breaker_too(town: Town) -> None:
    town.image("town/sick", SICK)
    web = await steady_web(town, 2, deployment_circuit_breaker=BREAKER)
    sick = await town.definition("web", image="town/sick:1", health_check=CHECK)
    await town.update("web", task_definition=sick)
    assert (
        "\n" + await town.timeline(web) + "\n"
        == """
  0.0s  v1 ##  v2 ..
  0.5s  v1 ##  v2 ##
  5.5s  v1 ##  v2 --
  7.0s  v1 ##  v2 ..
  7.5s  v1 ##  v2 ##
 12.5s  v1 ##  v2 --
 14.0s  v1 ##
"""
    )
    assert (await latest(town)).status is Status.ROLLBACK_SUCCESSFUL


async def test_without_rollback_a_failed_deployment_starts_nothing_more(town: Town) -> None:
    breaker = {"enable": True, "rollback": False}
    web = await steady_web(town, 2, deployment_circuit_breaker=breaker)
    bad = await town.definition("web", image="nowhere/absent:1")
    await town.update("web", task_definition=bad)
    await town.until(lambda: town.service_record(web).primary.rollout_state is RolloutState.FAILED)
    failed = town.service_record(web).primary
    assert failed.rollout_state_reason == (
        "ECS deployment circuit breaker: task(s) failed to start."
    )
    await town.advance(60)
    assert town.picture(web) == "v1 ##"
    ended = await latest(town)
    assert (ended.status, ended.stopped_at is not None) == (Status.STOPPED, True)
    await town.update("web", desired_count=0)
    await town.advance(5)
    assert town.picture(web) == ""


async def test_a_first_deployment_has_nothing_to_go_back_to(town: Town) -> None:
    bad = await town.definition("web", image="nowhere/absent:1")
    configuration = {"deployment_circuit_breaker": BREAKER}
    web = await town.service("web", 2, bad, deployment_configuration=configuration)
    await town.until(lambda: town.service_record(web).primary.rollout_state is RolloutState.FAILED)
    await town.advance(60)
    assert town.picture(web) == ""
    ended = await latest(town)
    assert ended.status is Status.ROLLBACK_FAILED
    assert "no completed deployment to roll back to" in (ended.status_reason or "")


async def test_a_rollback_that_fails_is_not_rolled_back_again(town: Town) -> None:
    first = await town.definition("web", image="town/web:1", health_check=CHECK)
    configuration = {
        "deployment_circuit_breaker": BREAKER,
        "minimum_healthy_percent": 0,
        "maximum_percent": 100,
    }
    web = await town.service("web", 2, first, deployment_configuration=configuration)
    await town.steady(web)
    good = town.service_record(web).primary.id
    town.image("town/sick", SICK)
    sick = await town.definition("web", image="town/sick:1", health_check=CHECK)
    await town.update("web", task_definition=sick)
    await town.advance(3)
    town.image("town/web", SICK)
    await town.until(lambda: town.service_record(web).primary.id == good)
    assert (await latest(town)).status is Status.ROLLBACK_IN_PROGRESS
    await town.until(lambda: town.service_record(web).primary.rollout_state is RolloutState.FAILED)
    assert town.service_record(web).primary.id == good
    ended = await latest(town)
    assert ended.status is Status.ROLLBACK_FAILED
    assert "The rollback failed because the circuit breaker" in (ended.status_reason or "")


async def test_the_threshold_follows_the_desired_count(town: Town) -> None:
    await steady_web(town, 2, deployment_circuit_breaker=BREAKER)
    town.image("town/sick", SICK)
    sick = await town.definition("web", image="town/sick:1", health_check=CHECK)
    await town.update("web", task_definition=sick)
    await town.advance(1)
    assert (await latest(town)).deployment_circuit_breaker.threshold == 3
    await town.update("web", desired_count=10)
    await town.advance(1)
    assert (await latest(town)).deployment_circuit_breaker.threshold == 5


# -- stopped and overtaken --------------------------------------------------------------------


async def test_a_deployment_stopped_mid_way_rolls_back(town: Town) -> None:
    web = await steady_web(town, 4, minimum_healthy_percent=50, maximum_percent=150)
    await town.update("web", task_definition=await town.definition("web", image="town/web:2"))
    await town.advance(3)
    assert town.picture(web) == "v1 ##--  v2 ##"
    await stop(town)
    await stop(town)
    assert (
        "\n" + await town.timeline(web) + "\n"
        == """
  0.0s  v1 ##--  v2 ##
  1.0s  v1 ##..  v2 ##
  1.5s  v1 ####  v2 ##
  3.5s  v1 ####  v2 --
  5.0s  v1 ####
"""
    )
    first, second = await history(town)
    assert first.status is Status.SUCCESSFUL
    assert second.status is Status.ROLLBACK_SUCCESSFUL
    assert second.deployment_circuit_breaker.status is MonitorStatus.DISABLED
    assert second.rollback is not None
    assert second.rollback.reason == (
        "Service deployment rolled back because StopServiceDeployment was called."
    )
    assert second.finished_at is not None


async def test_a_third_deployment_takes_the_place_of_the_second(town: Town) -> None:
    web = await steady_web(town, 4, minimum_healthy_percent=50, maximum_percent=150)
    await town.update("web", task_definition=await town.definition("web", image="town/web:2"))
    await town.advance(3)
    await town.update("web", task_definition=await town.definition("web", image="town/web:3"))
    assert (
        "\n" + await town.timeline(web) + "\n"
        == """
  0.0s  v1 ##--  v2 ##
  1.0s  v1 ##  v2 ##  v3 ..
  1.5s  v1 ##  v2 ##  v3 ##
  3.5s  v1 --  v2 ##  v3 ##
  5.0s  v2 ##  v3 ##..
  5.5s  v2 ##  v3 ####
  7.5s  v2 --  v3 ####
  9.0s  v3 ####
"""
    )
    assert [d.status for d in await history(town)] == [
        Status.SUCCESSFUL,
        Status.STOPPED,
        Status.SUCCESSFUL,
    ]
    third = await latest(town)
    assert len(third.source_service_revisions) == 2
    assert third.target_service_revision.running_task_count == 4


async def test_a_third_deployment_that_fails_goes_back_to_the_first(town: Town) -> None:
    web = await steady_web(town, 4, deployment_circuit_breaker=BREAKER)
    good = town.service_record(web).primary.id
    await town.update("web", task_definition=await town.definition("web", image="town/web:2"))
    await town.advance(1)
    bad = await town.definition("web", image="nowhere/absent:1")
    await town.update("web", task_definition=bad)
    await town.timeline(web)
    assert town.service_record(web).primary.id == good
    assert town.picture(web) == "v1 ####"


# -- alarms -----------------------------------------------------------------------------------

ALARMS = {"alarm_names": ["errors"], "enable": True, "rollback": True}


async def test_an_alarm_during_the_bake_time_rolls_back(town: Town) -> None:
    web = await steady_web(town, 2, alarms=ALARMS, bake_time_in_minutes=1)
    await town.update("web", task_definition=await town.definition("web", image="town/web:2"))
    await town.advance(30)
    assert town.picture(web) == "v2 ##"
    assert "bake time of 1 min" in (town.service_record(web).waiting or "")
    assert (await latest(town)).status is Status.IN_PROGRESS
    await set_alarm(town, "errors", "ALARM")
    assert (
        "\n" + await town.timeline(web) + "\n"
        == """
  0.0s  v1 ..  v2 ##
  0.5s  v1 ##  v2 ##
  2.5s  v1 ##  v2 --
  4.0s  v1 ##
"""
    )
    ended = await latest(town)
    assert ended.status is Status.ROLLBACK_SUCCESSFUL
    assert ended.alarms.status is MonitorStatus.TRIGGERED
    assert ended.alarms.triggered_alarm_names == ("errors",)


async def test_an_alarm_that_was_on_before_is_not_looked_at(town: Town) -> None:
    await set_alarm(town, "errors", "ALARM")
    web = await steady_web(town, 2, alarms=ALARMS)
    await town.update("web", task_definition=await town.definition("web", image="town/web:2"))
    await town.advance(1)
    await set_alarm(town, "errors", "OK")
    await set_alarm(town, "errors", "ALARM")
    await town.timeline(web)
    assert town.picture(web) == "v2 ##"
    assert (await latest(town)).status is Status.SUCCESSFUL


async def test_an_alarm_without_rollback_only_fails_the_deployment(town: Town) -> None:
    alarms = ALARMS | {"rollback": False}
    web = await steady_web(town, 2, alarms=alarms)
    await town.update("web", task_definition=await town.definition("web", image="town/web:2"))
    await town.advance(0.1)
    await set_alarm(town, "errors", "ALARM")
    await town.advance(60)
    assert town.picture(web) == "v1 ##  v2 ##"
    assert (await latest(town)).status is Status.STOPPED


# -- blue/green -------------------------------------------------------------------------------


async def blue_green_web(town: Town, **more: object) -> str:
    return await steady_web(town, 2, strategy="BLUE_GREEN", bake_time_in_minutes=1, **more)


async def test_green_stands_beside_blue_until_the_bake_time_is_over(town: Town) -> None:
    web = await blue_green_web(town)
    await town.update("web", task_definition=await town.definition("web", image="town/web:2"))
    assert (
        "\n" + await town.timeline(web) + "\n"
        == """
  0.0s  v1 ##  v2 ..
  0.5s  v1 ##  v2 ##
 62.5s  v1 --  v2 ##
 64.0s  v2 ##
"""
    )
    ended = await latest(town)
    assert (ended.status, ended.lifecycle_stage) == (Status.SUCCESSFUL, "CLEAN_UP")


async def test_a_rollback_in_the_bake_time_is_instant(town: Town) -> None:
    web = await blue_green_web(town)
    await town.update("web", task_definition=await town.definition("web", image="town/web:2"))
    await town.advance(30)
    assert (await latest(town)).lifecycle_stage == "BAKE_TIME"
    await stop(town)
    assert (
        "\n" + await town.timeline(web) + "\n"
        == """
  0.0s  v1 ##  v2 --
  1.5s  v1 ##
"""
    )
    assert (await latest(town)).status is Status.ROLLBACK_SUCCESSFUL


async def test_a_lost_blue_task_comes_back_while_green_bakes(town: Town) -> None:
    web = await blue_green_web(town)
    await town.update("web", task_definition=await town.definition("web", image="town/web:2"))
    await town.advance(30)
    blue = next(t for t in town.tasks(web) if t.task_definition_arn.endswith(":1"))
    await town.plane.call(StopTaskRequest(task=blue.task_arn))
    await town.advance(10)
    assert town.picture(web) == "v1 ##  v2 ##"


async def test_the_desired_count_changes_on_both_sides(town: Town) -> None:
    web = await blue_green_web(town)
    await town.update("web", task_definition=await town.definition("web", image="town/web:2"))
    await town.advance(30)
    await town.update("web", desired_count=3)
    await town.advance(10)
    assert town.picture(web) == "v1 ###  v2 ###"
    await town.update("web", desired_count=1)
    await town.advance(10)
    assert town.picture(web) == "v1 #  v2 #"


PAUSE = {
    "target_type": "PAUSE",
    "lifecycle_stages": ["PRE_SCALE_UP", "POST_SCALE_UP"],
    "timeout_configuration": {"timeout_in_minutes": 2, "action": "CONTINUE"},
}


async def answer(town: Town, action: HookAction | None = None) -> None:
    deployment = await latest(town)
    request = ContinueServiceDeploymentRequest(
        service_deployment_arn=deployment.service_deployment_arn,
        hook_id=deployment.lifecycle_hook_details[-1].hook_id,
        action=action,
    )
    await town.plane.call(request)


async def test_a_pause_holds_a_deployment_until_it_is_answered(town: Town) -> None:
    web = await blue_green_web(town)
    await town.update(
        "web",
        task_definition=await town.definition("web", image="town/web:2"),
        deployment_configuration={"lifecycle_hooks": [PAUSE]},
    )
    await town.advance(30)
    assert town.picture(web) == "v1 ##"
    assert "paused at PRE_SCALE_UP" in (town.service_record(web).waiting or "")
    await answer(town)
    await town.advance(10)
    assert town.picture(web) == "v1 ##  v2 ##"
    assert (await latest(town)).lifecycle_stage == "POST_SCALE_UP"
    await answer(town, HookAction.ROLLBACK)
    await town.timeline(web)
    assert town.picture(web) == "v1 ##"
    ended = await latest(town)
    assert ended.status is Status.ROLLBACK_SUCCESSFUL
    assert [h.status for h in ended.lifecycle_hook_details] == ["SUCCEEDED", "FAILED"]


async def test_a_pause_that_nobody_answers_ends_as_it_says(town: Town) -> None:
    web = await blue_green_web(town)
    await town.update(
        "web",
        task_definition=await town.definition("web", image="town/web:2"),
        deployment_configuration={"lifecycle_hooks": [PAUSE]},
    )
    await town.timeline(web, within_seconds=600)
    assert town.picture(web) == "v2 ##"
    ended = await latest(town)
    assert [h.status for h in ended.lifecycle_hook_details] == ["TIMED_OUT", "TIMED_OUT"]


@pytest.mark.parametrize("end", ["stop", "supersede", "delete"])
async def test_a_deployment_that_ends_in_a_pause_waits_for_nobody(town: Town, end: str) -> None:
    await blue_green_web(town)
    green = await town.definition("web", image="town/web:2")
    hooks = {"lifecycle_hooks": [PAUSE]}
    await town.update("web", task_definition=green, deployment_configuration=hooks)
    await town.advance(30)
    paused = (await latest(town)).service_deployment_arn
    if end == "stop":
        await stop(town)
    elif end == "supersede":
        await town.update("web", force_new_deployment=True)
    else:
        await town.plane.call(DeleteServiceRequest(service="web", force=True))
    await town.advance(10)
    (ended,) = [d for d in await history(town) if d.service_deployment_arn == paused]
    assert ended.finished_at is not None
    assert [h.status for h in ended.lifecycle_hook_details] == ["FAILED"]


async def test_a_rollback_that_a_newer_deployment_ends_says_so(town: Town) -> None:
    web = await steady_web(town, 2, minimum_healthy_percent=0, maximum_percent=100)
    await town.update("web", task_definition=await town.definition("web", image="town/web:2"))
    await town.advance(2)
    await stop(town)
    await town.advance(0.1)
    assert (await latest(town)).status is Status.ROLLBACK_IN_PROGRESS
    await town.update("web", task_definition=await town.definition("web", image="town/web:3"))
    await town.timeline(web)
    _, stopped, last = await history(town)
    assert (stopped.status, last.status) == (Status.STOPPED, Status.SUCCESSFUL)
    assert stopped.status_reason == (
        "Service deployment rolled back because StopServiceDeployment was called. The rollback "
        "was stopped because a newer deployment began."
    )


async def test_a_third_revision_reconciles_to_blue_first(town: Town) -> None:
    web = await blue_green_web(town)
    await town.update("web", task_definition=await town.definition("web", image="town/web:2"))
    await town.advance(30)
    await town.update("web", task_definition=await town.definition("web", image="town/web:3"))
    assert (
        "\n" + await town.timeline(web) + "\n"
        == """
  0.0s  v1 ##  v2 --
  1.5s  v1 ##  v3 ..
  2.0s  v1 ##  v3 ##
 64.0s  v1 --  v3 ##
 65.5s  v3 ##
"""
    )
    statuses = [d.status for d in await history(town)]
    assert statuses == [Status.SUCCESSFUL, Status.STOPPED, Status.SUCCESSFUL]


async def test_a_crash_in_the_bake_time_loses_nothing(town: Town) -> None:
    web = await blue_green_web(town)
    await town.update("web", task_definition=await town.definition("web", image="town/web:2"))
    await town.advance(30)
    began = (await latest(town)).lifecycle_stage
    await town.crash()
    assert (await latest(town)).lifecycle_stage == began == "BAKE_TIME"
    await town.timeline(web)
    assert town.picture(web) == "v2 ##"
    assert [d.status for d in town.service_record(web).deployments] == [DeploymentStatus.PRIMARY]
    assert short_name((await latest(town)).target_service_revision.arn).isdigit()


async def test_blue_comes_back_with_its_own_network(town: Town) -> None:
    web = await blue_green_web(town)
    app = {"name": "app", "image": "town/web:2", "memory": 64}
    second = await town.register("web", [app], network_mode="awsvpc")
    network = {"awsvpc_configuration": {"subnets": ["subnet-1"]}}
    await town.update("web", task_definition=second, network_configuration=network)
    await town.advance(30)
    (blue, _) = (t for t in town.tasks(web) if t.task_definition_arn.endswith(":1"))
    await town.plane.call(StopTaskRequest(task=blue.task_arn))
    await town.advance(10)
    assert town.picture(web) == "v1 ##  v2 ##"
    for task in town.tasks(web):
        has_network = any(a.type == "ElasticNetworkInterface" for a in task.attachments)
        assert has_network is task.task_definition_arn.endswith(":2")


async def test_a_drained_instance_loses_both_sides_without_a_failure(town: Town) -> None:
    web = await blue_green_web(town, deployment_circuit_breaker=BREAKER)
    await town.update("web", task_definition=await town.definition("web", image="town/web:2"))
    await town.advance(30)
    drained = town.tasks(web)[0].container_instance_arn
    assert drained is not None
    request = UpdateContainerInstancesStateRequest.model_validate(
        {"container_instances": [drained], "status": "DRAINING"}
    )
    await town.plane.call(request)
    await town.advance(15)
    assert town.picture(web) == "v1 ##  v2 ##"
    assert drained not in {t.container_instance_arn for t in town.tasks(web)}
    going = await latest(town)
    assert (going.lifecycle_stage, going.deployment_circuit_breaker.failure_count) == (
        "BAKE_TIME",
        0,
    )
