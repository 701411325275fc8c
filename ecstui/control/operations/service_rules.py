"""Rules and defaults of services that CreateService and UpdateService share (ecs.md 6.1, 6.2).

Nothing is read or changed here; what breaks a rule is raised in ECS's words.
"""

from ecstui.base.ids import deployment_id_of
from ecstui.control.context import Context
from ecstui.control.operations.checks import INT_MAX, check_range, invalid
from ecstui.control.operations.launch_choice import ON_INSTANCES, LaunchChoice
from ecstui.control.operations.strategy_rules import check_strategy
from ecstui.model.enums import DeploymentStatus, SchedulingStrategy
from ecstui.model.service import (
    CircuitBreakerConfiguration,
    DeploymentConfiguration,
    DeploymentRecord,
    ServiceRecord,
)
from ecstui.model.task import NetworkConfiguration
from ecstui.plan.fargate import PLATFORM_FAMILY
from ecstui.plan.rebalancing import DISABLED, ENABLED, why_not_eligible

MOST_TASKS = 5000
_CONFIGURATION = "deploymentConfiguration"
_MAXIMUM = f"{_CONFIGURATION}.maximumPercent"
_MINIMUM = f"{_CONFIGURATION}.minimumHealthyPercent"


def check_desired_count(
    desired_count: int | None, scheduling: SchedulingStrategy, *, is_required: bool
) -> None:
    """A REPLICA service has a desired count, a DAEMON service never one, not even 0."""
    field = "desiredCount"
    if scheduling is SchedulingStrategy.DAEMON:
        if desired_count is not None:
            raise invalid(
                "The daemon scheduling strategy does not support a desired count for services. "
                "Remove the desired count and try again.",
                field,
            )
        return
    if desired_count is None:
        if is_required:
            raise invalid(
                "desiredCount is required when the scheduling strategy is REPLICA.", field
            )
        return
    check_range(desired_count, 0, MOST_TASKS, field)


def check_grace_period(seconds: int | None) -> None:
    """A health check grace period is 0 or more seconds."""
    if seconds is not None:
        check_range(seconds, 0, INT_MAX, "healthCheckGracePeriodSeconds")


def merged_configuration(
    before: DeploymentConfiguration | None,
    given: DeploymentConfiguration | None,
    scheduling: SchedulingStrategy,
) -> DeploymentConfiguration:
    """The given members put over the ones before, or over ECS's defaults; checked as a whole."""
    start = default_configuration(scheduling) if before is None else before
    if given is None:
        return start
    members = {
        name: value
        for name in DeploymentConfiguration.model_fields
        if (value := getattr(given, name)) is not None
    }
    configuration = start.with_(**members)
    _check_percentages(configuration, scheduling)
    check_strategy(configuration, scheduling)
    return configuration


def with_rebalancing(service: ServiceRecord, given: str | None) -> ServiceRecord:
    """A new service: ENABLED unless it says otherwise or cannot be rebalanced (ecs.md 5.6)."""
    problem = why_not_eligible(service)
    if given == ENABLED and problem is not None:
        raise invalid(problem, "availabilityZoneRebalancing")
    return service.with_(availability_zone_rebalancing=given or (DISABLED if problem else ENABLED))


def keep_rebalancing(service: ServiceRecord, given: str | None) -> ServiceRecord:
    """A changed service: as it was unless given; while it is not eligible nothing is moved."""
    problem = why_not_eligible(service)
    if given == ENABLED and problem is not None:
        raise invalid(problem, "availabilityZoneRebalancing")
    setting = given or service.availability_zone_rebalancing or DISABLED
    return service.with_(availability_zone_rebalancing=setting)


def default_configuration(scheduling: SchedulingStrategy) -> DeploymentConfiguration:
    """What ECS fills in (ecs.md 6.1)."""
    is_replica = scheduling is SchedulingStrategy.REPLICA
    return DeploymentConfiguration(
        deployment_circuit_breaker=CircuitBreakerConfiguration(enable=False, rollback=False),
        maximum_percent=200 if is_replica else 100,
        minimum_healthy_percent=100 if is_replica else 0,
        strategy="ROLLING",
    )


def _check_percentages(
    configuration: DeploymentConfiguration, scheduling: SchedulingStrategy
) -> None:
    minimum = configuration.minimum_healthy_percent
    maximum = configuration.maximum_percent
    if minimum is not None and minimum > 100:
        raise invalid("minimumHealthyPercent must be at most 100", _MINIMUM)
    if minimum is not None and minimum < 0:
        raise invalid("minimumHealthyPercent must be at least 0", _MINIMUM)
    if maximum is not None and maximum < 100:
        raise invalid("maximumPercent must be at least 100", _MAXIMUM)
    if maximum is not None and maximum > INT_MAX:
        raise invalid(f"maximumPercent must be at most {INT_MAX}", _MAXIMUM)
    if scheduling is SchedulingStrategy.DAEMON and maximum != 100:
        raise invalid("maximumPercent must be 100 for the daemon scheduling strategy", _MAXIMUM)
    if minimum == 100 and maximum == 100:
        raise invalid(
            "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block "
            "deployments",
            _MAXIMUM,
        )


def new_deployment(
    context: Context,
    task_definition: str,
    network_configuration: NetworkConfiguration | None,
    *,
    desired_count: int,
    choice: LaunchChoice = ON_INSTANCES,
) -> DeploymentRecord:
    """A PRIMARY deployment that begins now; the scheduler owns it from here on (ecs.md 6.1)."""
    identifier = deployment_id_of(context.ids())
    return DeploymentRecord(
        id=identifier,
        status=DeploymentStatus.PRIMARY,
        task_definition=task_definition,
        desired_count=desired_count,
        created_at=context.now,
        updated_at=context.now,
        launch_type=choice.launch_type,
        capacity_provider_strategy=choice.strategy,
        platform_version=choice.running_version,
        platform_family=PLATFORM_FAMILY if choice.is_fargate else None,
        network_configuration=network_configuration,
        rollout_state_reason=f"ECS deployment {identifier} in progress.",
    )
