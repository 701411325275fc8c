"""Rules of `deploymentConfiguration` beyond its percentages: strategy, hooks, alarms, breaker.

Nothing is read or changed here; what breaks a rule is raised. Source: ecs.md 6.9, 6.14.
"""

from ecstui.base.errors import UnsupportedFeatureException
from ecstui.control.operations.checks import INT_MAX, check_length, check_range, invalid
from ecstui.model.deployment_configuration import (
    DeploymentConfiguration,
    HookTargetType,
    LifecycleHook,
    LifecycleStage,
)
from ecstui.model.enums import SchedulingStrategy
from ecstui.plan.blue_green import LAMBDA_ONLY, UNHOOKED

LONGEST_BAKE_MINUTES = 1440
LONGEST_PAUSE_MINUTES = 20_160
MOST_HOOKS = 50
MOST_ALARMS = 100
_PATH = "deploymentConfiguration"


def check_strategy(configuration: DeploymentConfiguration, scheduling: SchedulingStrategy) -> None:
    """Refuse a configuration, given and former members together, that breaks a rule."""
    _check_shifting(configuration)
    _check_bake_time(configuration)
    if configuration.strategy not in {None, "ROLLING"} and scheduling is SchedulingStrategy.DAEMON:
        raise invalid(
            f"The daemon scheduling strategy does not support deployment strategy "
            f"{configuration.strategy}.",
            f"{_PATH}.strategy",
        )
    _check_hooks(configuration)
    _check_alarms(configuration)
    _check_breaker(configuration)


def _check_shifting(configuration: DeploymentConfiguration) -> None:
    """What shifts traffic in steps needs something that traffic goes through."""
    strategy = configuration.strategy
    if configuration.linear_configuration is not None and strategy != "LINEAR":
        words = "linearConfiguration is only valid for the LINEAR deployment strategy."
        raise invalid(words, f"{_PATH}.linearConfiguration")
    if configuration.canary_configuration is not None and strategy != "CANARY":
        words = "canaryConfiguration is only valid for the CANARY deployment strategy."
        raise invalid(words, f"{_PATH}.canaryConfiguration")
    if strategy in {"LINEAR", "CANARY"}:
        raise invalid(
            f"Deployment strategy {strategy} requires the service to use an Application Load "
            "Balancer, a Network Load Balancer or Service Connect.",
            f"{_PATH}.strategy",
        )


def _check_bake_time(configuration: DeploymentConfiguration) -> None:
    minutes, field = configuration.bake_time_in_minutes, f"{_PATH}.bakeTimeInMinutes"
    if minutes is not None:
        check_range(minutes, 0, LONGEST_BAKE_MINUTES, field)
    elif configuration.strategy == "BLUE_GREEN":
        words = "bakeTimeInMinutes is required for the BLUE_GREEN deployment strategy."
        raise invalid(words, field)


def _check_hooks(configuration: DeploymentConfiguration) -> None:
    hooks, field = configuration.lifecycle_hooks or (), f"{_PATH}.lifecycleHooks"
    if hooks and configuration.strategy in {None, "ROLLING"}:
        raise invalid(
            "lifecycleHooks are not valid for the ROLLING deployment strategy. Leave them out; an "
            "empty list takes away those that the service has.",
            field,
        )
    if len(hooks) > MOST_HOOKS:
        raise invalid(f"lifecycleHooks cannot be more than {MOST_HOOKS}.", field)
    for position, hook in enumerate(hooks):
        _check_hook(hook, f"{field}[{position}]")


def _check_hook(hook: LifecycleHook, path: str) -> None:
    if hook.target_type is not HookTargetType.PAUSE:
        raise UnsupportedFeatureException(
            "Lambda functions are not available here. Use a lifecycle hook with targetType PAUSE "
            "and answer it with ContinueServiceDeployment.",
            field=f"{path}.targetType",
        )
    if hook.hook_target_arn is not None:
        raise invalid("hookTargetArn is not valid for a PAUSE hook.", f"{path}.hookTargetArn")
    stages = hook.lifecycle_stages
    if not stages:
        raise invalid("lifecycleStages can not be empty.", f"{path}.lifecycleStages")
    for number, stage in enumerate(stages):
        _check_stage(stage, f"{path}.lifecycleStages[{number}]")
    timeout = hook.timeout_configuration
    if timeout is not None and timeout.timeout_in_minutes is not None:
        field = f"{path}.timeoutConfiguration.timeoutInMinutes"
        check_range(timeout.timeout_in_minutes, 1, LONGEST_PAUSE_MINUTES, field)


def _check_stage(stage: LifecycleStage, field: str) -> None:
    if stage in UNHOOKED:
        raise invalid(f"{stage} is not a stage that takes a lifecycle hook.", field)
    if stage in LAMBDA_ONLY:
        raise invalid(f"PAUSE hooks cannot be configured at the {stage} stage.", field)


def _check_alarms(configuration: DeploymentConfiguration) -> None:
    alarms, field = configuration.alarms, f"{_PATH}.alarms"
    if alarms is None or not alarms.enable:
        return
    names = alarms.alarm_names
    if not names or len(names) > MOST_ALARMS:
        raise invalid(f"alarmNames must have 1 to {MOST_ALARMS} names.", f"{field}.alarmNames")
    for position, name in enumerate(names):
        path = f"{field}.alarmNames[{position}]"
        check_length(name, 255, path)
        if not name.strip():
            raise invalid("An alarm name can not be blank.", path)


def _check_breaker(configuration: DeploymentConfiguration) -> None:
    breaker = configuration.deployment_circuit_breaker
    threshold = None if breaker is None else breaker.threshold_configuration
    if threshold is None:
        return
    field = f"{_PATH}.deploymentCircuitBreaker.thresholdConfiguration.value"
    check_range(threshold.value, 1, INT_MAX, field)
