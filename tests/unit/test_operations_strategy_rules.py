"""`deploymentConfiguration`: strategies, bake time, lifecycle hooks, alarms, circuit breaker."""

from typing import Any

import pytest

from ecstui.model.deployment_configuration import DeploymentConfiguration
from ecstui.model.enums import SchedulingStrategy
from ecstui.model.requests.services import UpdateServiceRequest
from tests.support.desk import Desk, create_request

IPE = "InvalidParameterException"
UFE = "UnsupportedFeatureException"
PATH = "deploymentConfiguration"


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.register("web")
    return desk


def configured(**members: Any) -> dict[str, Any]:
    return {"deployment_configuration": DeploymentConfiguration.model_validate(members)}


def blue_green(**members: Any) -> dict[str, Any]:
    return configured(**({"strategy": "BLUE_GREEN", "bake_time_in_minutes": 5} | members))


def paused(*stages: str, **members: Any) -> dict[str, Any]:
    hook = {"target_type": "PAUSE", "lifecycle_stages": stages} | members
    return blue_green(lifecycle_hooks=[hook])


@pytest.mark.parametrize(
    "members",
    [
        blue_green(),
        blue_green(bake_time_in_minutes=0),
        blue_green(bake_time_in_minutes=1440),
        configured(bake_time_in_minutes=5),
        paused("PRE_SCALE_UP", "PRE_PRODUCTION_TRAFFIC_SHIFT"),
        paused("POST_SCALE_UP", timeout_configuration={"timeout_in_minutes": 20160}),
        configured(alarms={"alarm_names": ["errors"], "enable": True, "rollback": True}),
        configured(alarms={"enable": False}),
        configured(
            deployment_circuit_breaker={
                "enable": True,
                "rollback": True,
                "threshold_configuration": {"type": "COUNT", "value": 1},
            }
        ),
    ],
)
def test_what_keeps_the_rules_is_kept(desk: Desk, members: dict[str, Any]) -> None:
    service = desk.create(**members)
    given = members["deployment_configuration"]
    kept = service.deployment_configuration
    assert all(getattr(kept, name) == getattr(given, name) for name in given.model_fields_set)


@pytest.mark.parametrize(
    ("members", "code", "field"),
    [
        (configured(strategy="LINEAR"), IPE, "strategy"),
        (configured(strategy="CANARY"), IPE, "strategy"),
        (configured(linear_configuration={}), IPE, "linearConfiguration"),
        (blue_green(canary_configuration={}), IPE, "canaryConfiguration"),
        (configured(strategy="BLUE_GREEN"), IPE, "bakeTimeInMinutes"),
        (blue_green(bake_time_in_minutes=-1), IPE, "bakeTimeInMinutes"),
        (blue_green(bake_time_in_minutes=1441), IPE, "bakeTimeInMinutes"),
        (
            configured(lifecycle_hooks=[{"target_type": "PAUSE"}]),
            IPE,
            "lifecycleHooks",
        ),
        (
            blue_green(lifecycle_hooks=[{"lifecycle_stages": ["PRE_SCALE_UP"]}]),
            UFE,
            "lifecycleHooks[0].targetType",
        ),
        (
            paused("PRE_SCALE_UP", target_type="AWS_LAMBDA", hook_target_arn="arn:aws:lambda:x"),
            UFE,
            "lifecycleHooks[0].targetType",
        ),
        (paused(), IPE, "lifecycleHooks[0].lifecycleStages"),
        (paused("PRE_SCALE_UP", "SCALE_UP"), IPE, "lifecycleHooks[0].lifecycleStages[1]"),
        (paused("TEST_TRAFFIC_SHIFT"), IPE, "lifecycleHooks[0].lifecycleStages[0]"),
        (paused("PRODUCTION_TRAFFIC_SHIFT"), IPE, "lifecycleHooks[0].lifecycleStages[0]"),
        (paused("POST_SCALE_UP", hook_target_arn="x"), IPE, "lifecycleHooks[0].hookTargetArn"),
        (
            paused("POST_SCALE_UP", timeout_configuration={"timeout_in_minutes": 20161}),
            IPE,
            "lifecycleHooks[0].timeoutConfiguration.timeoutInMinutes",
        ),
        (configured(alarms={"enable": True}), IPE, "alarms.alarmNames"),
        (configured(alarms={"enable": True, "alarm_names": [" "]}), IPE, "alarms.alarmNames[0]"),
        (
            configured(
                deployment_circuit_breaker={
                    "enable": True,
                    "rollback": True,
                    "threshold_configuration": {"type": "COUNT", "value": 0},
                }
            ),
            IPE,
            "deploymentCircuitBreaker.thresholdConfiguration.value",
        ),
    ],
)
def test_what_breaks_a_rule_is_refused(
    desk: Desk, members: dict[str, Any], code: str, field: str
) -> None:
    error = desk.refuse(create_request(**members))
    assert (error.code, error.field) == (code, f"{PATH}.{field}")


def test_steps_of_traffic_need_something_that_traffic_goes_through(desk: Desk) -> None:
    error = desk.refuse(create_request(**configured(strategy="CANARY")))
    assert "requires the service to use an Application Load Balancer" in error.message


def test_a_daemon_is_not_doubled(desk: Desk) -> None:
    members = blue_green(maximum_percent=100, minimum_healthy_percent=0)
    request = create_request(scheduling_strategy=SchedulingStrategy.DAEMON, **members)
    request = request.with_(desired_count=None)
    assert desk.refuse(request).field == f"{PATH}.strategy"


def test_an_update_is_held_to_the_rules_with_what_was_there_before(desk: Desk) -> None:
    desk.create(**blue_green())
    kept = desk.update(**configured(maximum_percent=150)).deployment_configuration
    assert (kept.strategy, kept.bake_time_in_minutes) == ("BLUE_GREEN", 5)
    assert kept.maximum_percent == 150


def test_whoever_goes_back_to_rolling_is_told_how_the_hooks_go(desk: Desk) -> None:
    desk.create(**paused("PRE_SCALE_UP"))
    rolling = configured(strategy="ROLLING")
    error = desk.refuse(UpdateServiceRequest.model_validate({"service": "web"} | rolling))
    assert "an empty list takes away those that the service has" in error.message
    kept = desk.update(**configured(strategy="ROLLING", lifecycle_hooks=[]))
    assert kept.deployment_configuration.lifecycle_hooks == ()
