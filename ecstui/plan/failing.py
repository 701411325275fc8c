"""Deployments that fail: by the circuit breaker, by an alarm, by request; and the way back.

Pure bookkeeping: the failed deployment is marked, and the last one that COMPLETED becomes PRIMARY
again when a rollback is wanted and there is one. Source: ecs.md 6.9.
"""

from ecstui.model.enums import DeploymentStatus, RolloutState
from ecstui.model.service import (
    CircuitBreakerConfiguration,
    DeploymentFailure,
    DeploymentRecord,
    FailedBy,
    ServiceRecord,
)
from ecstui.plan.deployments import Bookkeeping, Told, with_deployment
from ecstui.plan.rollout import failure_threshold

_EVENTS = {
    FailedBy.CIRCUIT_BREAKER: "deployment failed: tasks failed to start.",
    FailedBy.ALARM: "deployment failed: alarm detected.",
    FailedBy.REQUEST: "deployment failed: rollback was requested.",
    FailedBy.LIFECYCLE: "deployment failed: lifecycle stage failed.",
}
_SOURCES = {
    FailedBy.CIRCUIT_BREAKER: "ECS deployment circuit breaker",
    FailedBy.ALARM: "ECS deployment alarm",
    FailedBy.REQUEST: "ECS deployment stopped",
    FailedBy.LIFECYCLE: "ECS deployment lifecycle",
}
_BREAKER_REASON = "the circuit breaker threshold was exceeded"


def active_breaker(service: ServiceRecord) -> CircuitBreakerConfiguration | None:
    """The circuit breaker, when it is on."""
    breaker = service.deployment_configuration.deployment_circuit_breaker
    return breaker if breaker is not None and breaker.enable else None


def breaker_threshold(service: ServiceRecord) -> int:
    """Failures at which the breaker trips; follows the desired count of the moment."""
    breaker = service.deployment_configuration.deployment_circuit_breaker
    configuration = None if breaker is None else breaker.threshold_configuration
    return failure_threshold(service.desired_count, configuration)


def trip_breaker(service: ServiceRecord, now: float) -> Bookkeeping:
    """Fail the PRIMARY deployment when too many of its tasks failed; roll back if wanted."""
    breaker, primary = active_breaker(service), service.primary
    if breaker is None or primary.rollout_state is not RolloutState.IN_PROGRESS:
        return Bookkeeping(service)
    if primary.failed_tasks < breaker_threshold(service):
        return Bookkeeping(service)
    failure = DeploymentFailure(
        by=FailedBy.CIRCUIT_BREAKER,
        reason=_BREAKER_REASON,
        wants_rollback=breaker.rollback,
        failed_tasks=primary.failed_tasks,
        at=now,
    )
    return fail(service, failure)


def fail(service: ServiceRecord, failure: DeploymentFailure) -> Bookkeeping:
    """Mark the PRIMARY deployment FAILED; make the last completed one PRIMARY if wanted.

    With nothing to roll back to the service stays with the failed deployment, and nothing more is
    started.
    """
    primary = service.primary
    failed = primary.with_(
        rollout_state=RolloutState.FAILED,
        rollout_state_reason=_words_of(failure),
        failure=failure,
        updated_at=failure.at,
    )
    told = (Told(f"(deployment {primary.id}) {_EVENTS[failure.by]}", is_problem=True),)
    service = with_deployment(service, failed)
    target = service.last_completed
    if not failure.wants_rollback or target is None or target.id == primary.id:
        return Bookkeeping(service, told)
    return Bookkeeping(
        _roll_back(service, failed, target, failure),
        (*told, Told(f"rolling back to deployment {target.id}.")),
    )


def _words_of(failure: DeploymentFailure) -> str:
    is_breaker = failure.by is FailedBy.CIRCUIT_BREAKER
    words = "task(s) failed to start" if is_breaker else failure.reason
    return f"{_SOURCES[failure.by]}: {words}."


def _roll_back(
    service: ServiceRecord,
    failed: DeploymentRecord,
    target: DeploymentRecord,
    failure: DeploymentFailure,
) -> ServiceRecord:
    """Make the last completed deployment PRIMARY again, with all that it launched tasks by.

    COMPLETED becomes IN_PROGRESS: until it is COMPLETED again nothing can roll back to it.
    """
    again = target.with_(
        status=DeploymentStatus.PRIMARY,
        rollout_state=RolloutState.IN_PROGRESS,
        rollout_state_reason=f"{_SOURCES[failure.by]}: rolling back to deploymentId {target.id}.",
        failed_tasks=0,
        start_failures=0,
        quick_exits=0,
        next_start_at=None,
        has_run=False,
        updated_at=failure.at,
    )
    others = (d for d in service.deployments if d.id not in {failed.id, target.id})
    old = tuple(d.with_(status=DeploymentStatus.ACTIVE) for d in (failed, *others))
    return service.with_(
        deployments=(again, *old),
        task_definition=target.task_definition,
        network_configuration=target.network_configuration,
        last_completed=None,
        rolled_back=failure,
        **_launching(service, target),
    )


def _launching(service: ServiceRecord, target: DeploymentRecord) -> dict[str, object]:
    """How the target launched its tasks; records older than that member keep the service's."""
    if target.launch_type is None and not target.capacity_provider_strategy:
        return {}
    version = target.platform_version
    return {
        "launch_type": target.launch_type,
        "capacity_provider_strategy": target.capacity_provider_strategy,
        "platform_version": None if version is None else service.platform_version or version,
        "platform_family": target.platform_family,
    }
