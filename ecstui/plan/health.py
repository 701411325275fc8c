"""Health: from container checks to a task's health status, and to what the scheduler counts.

Source: ecs.md 3.7 (health status) and 6.4 (what counts as healthy).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ecstui.model.enums import STARTING, HealthStatus, TaskStatus
from ecstui.model.task import ContainerRecord, TaskRecord
from ecstui.model.task_definition import TaskDefinition
from ecstui.plan.pace import Pace
from ecstui.plan.spec import Probe

_HEALTH_OF_PROBE = {
    Probe.HEALTHY: HealthStatus.HEALTHY,
    Probe.UNHEALTHY: HealthStatus.UNHEALTHY,
}


def health_status_of(probe: Probe) -> HealthStatus:
    """What a container's check says, in ECS's words."""
    return _HEALTH_OF_PROBE.get(probe, HealthStatus.UNKNOWN)


def task_health_status(containers: tuple[ContainerRecord, ...]) -> HealthStatus:
    """Health of a task: the worst of its essential containers (API Task.healthStatus)."""
    statuses = [container.health_status for container in containers if container.essential]
    if HealthStatus.UNHEALTHY in statuses:
        return HealthStatus.UNHEALTHY
    if HealthStatus.UNKNOWN in statuses:
        return HealthStatus.UNKNOWN
    return HealthStatus.HEALTHY


class Verdict(StrEnum):
    """What the scheduler makes of a task."""

    PENDING = "pending"
    WARMING = "warming"
    """Runs, but does not count yet."""
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class TaskHealth:
    """The verdict, and when it changes by time alone (POSIX seconds)."""

    verdict: Verdict
    settles_at: float | None = None


def judge_task(
    task: TaskRecord,
    definition: TaskDefinition,
    pace: Pace,
    now: float,
    grace_period_seconds: int = 0,
) -> TaskHealth:
    """Whether the scheduler counts a task as healthy (ecs.md 6.4)."""
    if task.last_status is TaskStatus.STOPPED:
        return TaskHealth(Verdict.STOPPED)
    if not task.is_wanted:
        return TaskHealth(Verdict.STOPPING)
    if task.last_status in STARTING or task.started_at is None:
        return TaskHealth(Verdict.PENDING)
    checked = _checked_statuses(task, definition)
    if not checked:
        return _settle(task.started_at + pace.settling_seconds, now)
    if all(status is HealthStatus.HEALTHY for status in checked.values()):
        return TaskHealth(Verdict.HEALTHY)
    if HealthStatus.UNHEALTHY in checked.values():
        grace_ends_at = task.started_at + grace_period_seconds
        if now < grace_ends_at:
            return TaskHealth(Verdict.WARMING, grace_ends_at)
        return TaskHealth(Verdict.UNHEALTHY)
    return TaskHealth(Verdict.WARMING)


def _checked_statuses(task: TaskRecord, definition: TaskDefinition) -> Mapping[str, HealthStatus]:
    """Health of the essential containers that have a check."""
    has_check = {c.name for c in definition.container_definitions if c.health_check is not None}
    return {c.name: c.health_status for c in task.containers if c.essential and c.name in has_check}


def _settle(settles_at: float, now: float) -> TaskHealth:
    if now >= settles_at:
        return TaskHealth(Verdict.HEALTHY)
    return TaskHealth(Verdict.WARMING, settles_at)
