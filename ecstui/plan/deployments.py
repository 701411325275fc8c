"""The deployments of a service: failures counted, completion, deployments that are replaced.

Pure bookkeeping over `ServiceRecord.deployments`; which tasks start and stop is decided in
`plan/service.py`, what a failed deployment leads to in `plan/failing.py`. Source: ecs.md 6.1,
6.8 to 6.10.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ecstui.model.enums import DeploymentStatus, RolloutState, StopCode
from ecstui.model.service import DeploymentRecord, ServiceRecord
from ecstui.model.task import TaskRecord
from ecstui.plan.pace import Pace
from ecstui.plan.rollout import throttle_seconds

FAILED_HEALTH_CHECKS = "Task failed container health checks"


@dataclass(frozen=True, slots=True)
class Told:
    """A service event: ECS's sentence after `(service NAME) `."""

    message: str
    is_problem: bool = False


@dataclass(frozen=True, slots=True)
class Bookkeeping:
    """The service after bookkeeping, and what there is to tell."""

    service: ServiceRecord
    told: tuple[Told, ...] = ()


def with_deployment(service: ServiceRecord, deployment: DeploymentRecord) -> ServiceRecord:
    """The service with one deployment replaced by its newer self."""
    deployments = tuple(deployment if d.id == deployment.id else d for d in service.deployments)
    return service if deployments == service.deployments else service.with_(deployments=deployments)


def settle(
    service: ServiceRecord,
    stopped: Sequence[TaskRecord],
    proven: Collection[str],
    pace: Pace,
    now: float,
    *,
    ran: Collection[str] = (),
) -> ServiceRecord:
    """Count how tasks ended.

    `stopped`: tasks whose end was not counted yet; `proven`: deployments with a task that now
    became healthy for the first time, which resets their counters (API Deployment.failedTasks);
    `ran`: deployments of which a task has reached RUNNING, which ends the breaker's first stage.
    """
    resets = _resets_failures(service)
    for deployment in service.deployments:
        if deployment.id in ran and not deployment.has_run:
            failed = 0 if resets else deployment.failed_tasks
            service = with_deployment(service, deployment.with_(has_run=True, failed_tasks=failed))
    for task in stopped:
        for deployment in service.deployments:
            if deployment.id == task.deployment_id:
                counted = _count_end(deployment, task, pace, now)
                service = with_deployment(service, counted)
    for deployment in service.deployments:
        if deployment.id in proven:
            reset = deployment.with_(
                failed_tasks=0 if resets else deployment.failed_tasks,
                start_failures=0,
                quick_exits=0,
                next_start_at=None,
                has_been_healthy=True,
            )
            service = with_deployment(service, reset)
    return service


def _resets_failures(service: ServiceRecord) -> bool:
    """Whether a success sets the failures that the circuit breaker counts back to 0."""
    breaker = service.deployment_configuration.deployment_circuit_breaker
    return breaker is None or breaker.reset_on_healthy_task is not False


_NOT_ITS_FAULT = (
    StopCode.USER_INITIATED,
    StopCode.TERMINATION_NOTICE,
    StopCode.SPOT_INTERRUPTION,
)
"""Ends that say nothing of what a deployment is worth: somebody or a machine ended the task."""


def _count_end(
    deployment: DeploymentRecord, task: TaskRecord, pace: Pace, now: float
) -> DeploymentRecord:
    if task.stop_code in _NOT_ITS_FAULT:
        return deployment
    if task.started_at is None and task.stop_code is not StopCode.SERVICE_SCHEDULER_INITIATED:
        failures = deployment.start_failures + 1
        wait = throttle_seconds(failures, pace.throttle_first_seconds, pace.throttle_limit_seconds)
        return deployment.with_(
            failed_tasks=deployment.failed_tasks + (0 if deployment.has_run else 1),
            start_failures=failures,
            next_start_at=now + wait if wait else None,
        )
    if task.stopped_reason == FAILED_HEALTH_CHECKS:
        return deployment.with_(failed_tasks=deployment.failed_tasks + 1)
    if task.stop_code is StopCode.ESSENTIAL_CONTAINER_EXITED:
        return _count_exit(deployment, task, pace, now)
    return deployment


def _count_exit(
    deployment: DeploymentRecord, task: TaskRecord, pace: Pace, now: float
) -> DeploymentRecord:
    """A task that ran and died: ECS starts another at once, but crash loops are paced."""
    # What ended had ended when it was seen: an engine's clock may be ahead of ours.
    ended_at = min(task.execution_stopped_at or now, task.stopping_at or now)
    lived = ended_at - (task.started_at or now)
    if lived >= pace.quick_exit_seconds:
        return deployment.with_(start_failures=0, quick_exits=0, next_start_at=None)
    exits = deployment.quick_exits + 1
    wait = throttle_seconds(exits, pace.crash_first_seconds, pace.crash_limit_seconds)
    return deployment.with_(
        start_failures=0, quick_exits=exits, next_start_at=now + wait if wait else None
    )


def complete(service: ServiceRecord, now: float) -> Bookkeeping:
    """Mark the PRIMARY deployment COMPLETED."""
    primary = service.primary
    if primary.rollout_state is not RolloutState.IN_PROGRESS:
        return Bookkeeping(service)
    completed = primary.with_(
        rollout_state=RolloutState.COMPLETED,
        rollout_state_reason=f"ECS deployment {primary.id} completed.",
        updated_at=now,
    )
    service = with_deployment(service, completed).with_(last_completed=completed)
    return Bookkeeping(service, (Told(f"(deployment {primary.id}) deployment completed."),))


def drop_replaced(service: ServiceRecord, alive: Collection[str]) -> ServiceRecord:
    """Without the ACTIVE deployments that have no task left; `alive`: deployment ids with tasks."""
    kept = tuple(
        d for d in service.deployments if d.status is DeploymentStatus.PRIMARY or d.id in alive
    )
    return service if len(kept) == len(service.deployments) else service.with_(deployments=kept)
