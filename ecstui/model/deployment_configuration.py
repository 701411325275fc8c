"""How a service deploys: bounds, failure detection, strategy, bake time and lifecycle hooks.

ECS's own shapes; what they mean is decided in `plan`, what is allowed in `control/operations`.
"""

from enum import StrEnum
from typing import Literal

from ecstui.model.shape import Shape

Strategy = Literal["ROLLING", "BLUE_GREEN", "LINEAR", "CANARY"]


class LifecycleStage(StrEnum):
    """Stages of a blue/green deployment in their order (ecs.md 6.14)."""

    RECONCILE_SERVICE = "RECONCILE_SERVICE"
    PRE_SCALE_UP = "PRE_SCALE_UP"
    SCALE_UP = "SCALE_UP"
    POST_SCALE_UP = "POST_SCALE_UP"
    TEST_TRAFFIC_SHIFT = "TEST_TRAFFIC_SHIFT"
    POST_TEST_TRAFFIC_SHIFT = "POST_TEST_TRAFFIC_SHIFT"
    PRE_PRODUCTION_TRAFFIC_SHIFT = "PRE_PRODUCTION_TRAFFIC_SHIFT"
    PRODUCTION_TRAFFIC_SHIFT = "PRODUCTION_TRAFFIC_SHIFT"
    POST_PRODUCTION_TRAFFIC_SHIFT = "POST_PRODUCTION_TRAFFIC_SHIFT"
    BAKE_TIME = "BAKE_TIME"
    CLEAN_UP = "CLEAN_UP"


class HookTargetType(StrEnum):
    """What a lifecycle hook does."""

    AWS_LAMBDA = "AWS_LAMBDA"
    PAUSE = "PAUSE"


class HookAction(StrEnum):
    """How a paused deployment goes on."""

    CONTINUE = "CONTINUE"
    ROLLBACK = "ROLLBACK"


class ThresholdConfiguration(Shape):
    """How many failures a circuit breaker takes."""

    type: Literal["COUNT", "BOUNDED_PERCENT", "UNBOUNDED_PERCENT"]
    value: int


class CircuitBreakerConfiguration(Shape):
    """Whether failing tasks end a deployment, and whether the last good one comes back."""

    enable: bool
    rollback: bool
    reset_on_healthy_task: bool | None = None
    """Whether a healthy task sets the count of failures back to 0; None means it does."""
    threshold_configuration: ThresholdConfiguration | None = None


class DeploymentAlarms(Shape):
    """Alarms that end a deployment."""

    alarm_names: tuple[str, ...] = ()
    enable: bool = False
    rollback: bool = False


class HookTimeout(Shape):
    """How long a hook is waited for, and what happens then."""

    timeout_in_minutes: int | None = None
    action: HookAction | None = None


class LifecycleHook(Shape):
    """Something that happens at stages of a deployment; here only pauses."""

    target_type: HookTargetType | None = None
    hook_target_arn: str | None = None
    role_arn: str | None = None
    lifecycle_stages: tuple[LifecycleStage, ...] = ()
    timeout_configuration: HookTimeout | None = None


class LinearConfiguration(Shape):
    """Equal steps in which production traffic is shifted."""

    step_percent: float | None = None
    step_bake_time_in_minutes: int | None = None


class CanaryConfiguration(Shape):
    """A share of production traffic that is shifted first."""

    canary_percent: float | None = None
    canary_bake_time_in_minutes: int | None = None


class DeploymentConfiguration(Shape):
    """Bounds of a rolling update in percent of the desired count, and everything else."""

    deployment_circuit_breaker: CircuitBreakerConfiguration | None = None
    maximum_percent: int | None = None
    minimum_healthy_percent: int | None = None
    alarms: DeploymentAlarms | None = None
    strategy: Strategy | None = None
    bake_time_in_minutes: int | None = None
    lifecycle_hooks: tuple[LifecycleHook, ...] | None = None
    linear_configuration: LinearConfiguration | None = None
    canary_configuration: CanaryConfiguration | None = None
