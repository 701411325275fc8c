"""Deployments that fail: when the circuit breaker trips, and what comes back."""

from typing import Any

import pytest

from ecstui.model.deployment_configuration import (
    CircuitBreakerConfiguration,
    DeploymentConfiguration,
    ThresholdConfiguration,
)
from ecstui.model.enums import DeploymentStatus, LaunchType, RolloutState, StopCode, TaskStatus
from ecstui.model.service import DeploymentFailure, FailedBy, ServiceRecord
from ecstui.model.task import AwsVpcConfiguration, NetworkConfiguration
from ecstui.plan.deployments import FAILED_HEALTH_CHECKS, complete, settle
from ecstui.plan.failing import breaker_threshold, fail, trip_breaker
from ecstui.plan.pace import PACES, PaceName
from tests.factories import NOW, a_deployment, a_service, a_task

PACE = PACES[PaceName.LOCAL]
NETWORK = NetworkConfiguration(awsvpc_configuration=AwsVpcConfiguration(subnets=("subnet-1",)))
GOOD = a_deployment(
    "good",
    status=DeploymentStatus.ACTIVE,
    rollout_state=RolloutState.COMPLETED,
    launch_type=LaunchType.EC2,
)
BAD = a_deployment("bad", launch_type=LaunchType.FARGATE, platform_version="1.4.0")


def breaking(**members: Any) -> DeploymentConfiguration:
    values = {"enable": True, "rollback": True} | members
    return DeploymentConfiguration(deployment_circuit_breaker=CircuitBreakerConfiguration(**values))


def a_service_mid_way(**changes: Any) -> ServiceRecord:
    values: dict[str, Any] = {
        "deployment_configuration": breaking(),
        "deployments": (BAD, GOOD),
        "last_completed": GOOD,
        "launch_type": LaunchType.FARGATE,
        "platform_version": "LATEST",
        "network_configuration": NETWORK,
    }
    return a_service(**(values | changes))


def ended(**changes: Any):
    values: dict[str, Any] = {
        "deployment_id": BAD.id,
        "last_status": TaskStatus.STOPPED,
        "stopped_at": NOW,
    }
    return a_task(**(values | changes))


UNSTARTED = {"stop_code": StopCode.TASK_FAILED_TO_START}
SICK = {
    "started_at": NOW,
    "stop_code": StopCode.SERVICE_SCHEDULER_INITIATED,
    "stopped_reason": FAILED_HEALTH_CHECKS,
}


def counted(service: ServiceRecord, *tasks: Any, **kept: Any) -> ServiceRecord:
    return settle(service, tasks, kept.get("proven", ()), PACE, NOW, ran=kept.get("ran", ()))


def test_tasks_that_never_ran_are_counted_until_one_has_run() -> None:
    service = counted(a_service_mid_way(), ended(**UNSTARTED), ended(**UNSTARTED))
    assert service.primary.failed_tasks == 2
    service = counted(service, ended(**UNSTARTED), ran={BAD.id})
    assert (service.primary.failed_tasks, service.primary.has_run) == (0, True)
    assert service.primary.start_failures == 3, "throttling goes on"


def test_once_a_task_has_run_only_bad_health_counts() -> None:
    service = counted(a_service_mid_way(), ran={BAD.id})
    service = counted(service, ended(**SICK), ended(**UNSTARTED), ended(**SICK), ran={BAD.id})
    assert service.primary.failed_tasks == 2
    assert counted(service, proven={BAD.id}).primary.failed_tasks == 0


def test_the_count_goes_on_when_healthy_tasks_are_not_to_reset_it() -> None:
    configuration = breaking(reset_on_healthy_task=False)
    service = a_service_mid_way(deployment_configuration=configuration)
    service = counted(service, ended(**UNSTARTED))
    service = counted(service, ended(**SICK), ran={BAD.id}, proven={BAD.id})
    assert service.primary.failed_tasks == 2


@pytest.mark.parametrize(
    ("kind", "value", "desired", "threshold"),
    [
        ("BOUNDED_PERCENT", 50, 25, 13),
        ("BOUNDED_PERCENT", 10, 10, 3),
        ("BOUNDED_PERCENT", 100, 900, 200),
        ("UNBOUNDED_PERCENT", 10, 10, 1),
        ("UNBOUNDED_PERCENT", 10, 0, 1),
        ("UNBOUNDED_PERCENT", 100, 900, 900),
        ("COUNT", 7, 100, 7),
    ],
)
def test_a_threshold_that_is_given_holds(
    kind: Any, value: int, desired: int, threshold: int
) -> None:
    given = ThresholdConfiguration(type=kind, value=value)
    configuration = breaking(threshold_configuration=given)
    service = a_service_mid_way(deployment_configuration=configuration, desired_count=desired)
    assert breaker_threshold(service) == threshold


def tripped(**changes: Any):
    service = a_service_mid_way(desired_count=2, **changes)
    failing = service.primary.with_(failed_tasks=3)
    return trip_breaker(service.with_(deployments=(failing, *service.deployments[1:])), NOW)


def test_the_breaker_trips_at_its_threshold_and_not_before() -> None:
    service = a_service_mid_way(desired_count=2)
    almost = service.with_(deployments=(BAD.with_(failed_tasks=2), GOOD))
    assert trip_breaker(almost, NOW).service == almost
    assert tripped().service.primary.id == GOOD.id


def test_a_rollback_brings_back_all_that_the_last_completed_deployment_launched_by() -> None:
    kept = tripped()
    service = kept.service
    assert (service.task_definition, service.network_configuration) == (GOOD.task_definition, None)
    assert (service.launch_type, service.platform_version) == (LaunchType.EC2, None)
    assert service.primary.rollout_state is RolloutState.IN_PROGRESS
    assert service.primary.rollout_state_reason == (
        f"ECS deployment circuit breaker: rolling back to deploymentId {GOOD.id}."
    )
    assert service.rolled_back is not None
    assert service.rolled_back.by is FailedBy.CIRCUIT_BREAKER
    assert [told.message for told in kept.told] == [
        f"(deployment {BAD.id}) deployment failed: tasks failed to start.",
        f"rolling back to deployment {GOOD.id}.",
    ]
    failed = service.deployments[1]
    assert (failed.id, failed.status) == (BAD.id, DeploymentStatus.ACTIVE)
    assert failed.rollout_state_reason == "ECS deployment circuit breaker: task(s) failed to start."


def test_what_was_rolled_back_to_can_be_gone_back_to_when_it_is_completed_again() -> None:
    service = tripped().service
    assert service.last_completed is None
    again = complete(service, NOW + 1).service
    assert again.last_completed is not None
    assert again.last_completed.id == GOOD.id


@pytest.mark.parametrize(
    "changes",
    [
        {"last_completed": None},
        {"deployment_configuration": breaking(rollback=False)},
    ],
)
def test_without_a_way_back_the_service_stays_with_what_failed(changes: dict[str, Any]) -> None:
    service = tripped(**changes).service
    assert (service.primary.id, service.primary.rollout_state) == (BAD.id, RolloutState.FAILED)
    assert service.rolled_back is None
    assert service.launch_type is LaunchType.FARGATE


def test_a_breaker_that_is_off_never_trips() -> None:
    kept = tripped(deployment_configuration=breaking(enable=False))
    assert kept.service.primary.id == BAD.id
    assert kept.told == ()


def test_what_ended_a_deployment_is_said() -> None:
    failure = DeploymentFailure(
        by=FailedBy.ALARM, reason="alarm errors was detected", wants_rollback=False, at=NOW
    )
    kept = fail(a_service_mid_way(), failure)
    assert kept.service.primary.rollout_state_reason == (
        "ECS deployment alarm: alarm errors was detected."
    )
    assert kept.told[0].message == f"(deployment {BAD.id}) deployment failed: alarm detected."


@pytest.mark.parametrize("ahead_seconds", [0, 3600])
def test_a_crash_is_quick_also_where_the_engines_clock_is_ahead(ahead_seconds: float) -> None:
    crash = ended(
        started_at=NOW,
        stopping_at=NOW + 1,
        execution_stopped_at=NOW + 1 + ahead_seconds,
        stop_code=StopCode.ESSENTIAL_CONTAINER_EXITED,
    )
    service = settle(a_service_mid_way(), [crash], (), PACE, NOW + 1)
    assert service.primary.quick_exits == 1
