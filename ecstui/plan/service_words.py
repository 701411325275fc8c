"""The sentences of the service scheduler: events in ECS's wording, and why it waits.

Source: ecs.md 6.11 for events. The words on waiting are our own: one sentence for people.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ecstui.base.ids import short_name
from ecstui.model.enums import LaunchType, PlacementConstraintType, SchedulingStrategy
from ecstui.model.service import Deployment, PlacementConstraint, Service, ServiceRecord
from ecstui.model.task_definition import TaskDefinition
from ecstui.plan.deployments import Bookkeeping, Told
from ecstui.plan.pace import Pace
from ecstui.plan.placement import Unplaced
from ecstui.plan.rollout import Blocked
from ecstui.plan.service_steps import Start, Stop
from ecstui.plan.why import Throttled, hindrances
from ecstui.plan.why_words import event_of, tasks, throttled


def scaling_reason(deployment_id: str) -> str:
    """`stoppedReason` of a task that the scheduler stops (ecs.md 3.3)."""
    return f"Scaling activity initiated by (deployment {deployment_id})"


def group_of(service: ServiceRecord) -> str:
    """Task group of a service's tasks."""
    return f"service:{service.service_name}"


def is_launched_by_provider(owner: Service | Deployment) -> bool:
    """Whether Fargate or a capacity provider strategy launches its tasks (ecs.md 4.6)."""
    is_fargate = owner.launch_type is LaunchType.FARGATE
    return is_fargate or bool(owner.capacity_provider_strategy)


def constraints_of(
    service: ServiceRecord, definition: TaskDefinition
) -> tuple[PlacementConstraint, ...]:
    """Constraints of the service and of its task definition: all must hold (ecs.md 5.1).

    A daemon service has one task on each instance.
    """
    own = tuple(
        PlacementConstraint(
            type=constraint.type or PlacementConstraintType.MEMBER_OF,
            expression=constraint.expression,
        )
        for constraint in definition.placement_constraints
    )
    if service.scheduling_strategy is SchedulingStrategy.DAEMON:
        own = (PlacementConstraint(type=PlacementConstraintType.DISTINCT_INSTANCE), *own)
    return (*service.placement_constraints, *own)


def started(starts: Sequence[Start], replaced: int) -> list[Told]:
    """The event for tasks that were started."""
    if not starts:
        return []
    tasks = " ".join(f"(task {start.task_id})" for start in starts)
    words = f"has started {len(starts)} tasks: {tasks}."
    if replaced:
        words += f" Amazon ECS replaced {replaced} tasks due to an unhealthy status."
    return [Told(words)]


def stopped(running: Sequence[Stop], pending: Sequence[Stop]) -> list[Told]:
    """The events for tasks that are being stopped."""
    told = []
    if running:
        tasks = " ".join(f"(task {short_name(stop.task_arn)})" for stop in running)
        told.append(Told(f"has stopped {len(running)} running tasks: {tasks}."))
    if pending:
        told.append(Told(f"stopped {len(pending)} pending tasks."))
    return told


def trouble_of(
    service: ServiceRecord,
    blocked: Blocked | None,
    unplaced: Unplaced | None,
    held_until: float | None,
    spared: int = 0,
) -> str | None:
    """The event for what keeps the scheduler from its work; None when nothing does."""
    found = hindrances(
        service, blocked=blocked, unplaced=unplaced, held_until=held_until, spared=spared
    )
    return next((event for event in map(event_of, found) if event is not None), None)


def remember_trouble(
    service: ServiceRecord, trouble: str | None, pace: Pace, now: float
) -> Bookkeeping:
    """Tell a trouble once, and again after a while (ecs.md 6.11); forget it when it is over."""
    if trouble is None:
        if service.last_trouble is None or service.primary.next_start_at is not None:
            return Bookkeeping(service)
        return Bookkeeping(service.with_(last_trouble=None, last_trouble_at=None))
    told_at = service.last_trouble_at or 0.0
    if trouble == service.last_trouble and now < told_at + pace.repeat_event_seconds:
        return Bookkeeping(service)
    told = (Told(trouble, is_problem=True),)
    return Bookkeeping(service.with_(last_trouble=trouble, last_trouble_at=now), told)


def remember_steady(
    service: ServiceRecord, pace: Pace, now: float, *, is_steady: bool
) -> Bookkeeping:
    """Tell that it is steady when it becomes so, and again about every 6 h (ecs.md 6.11)."""
    if not is_steady:
        return Bookkeeping(service.with_(steady_since=None, steady_told_at=None))
    told_at = service.steady_told_at
    if service.is_steady:
        if told_at is not None and now < told_at + pace.repeat_event_seconds:
            return Bookkeeping(service)
        if told_at is None:  # A record of an older ecstui: it was told, nobody knows when.
            return Bookkeeping(service.with_(steady_told_at=now))
    since = service.steady_since if service.is_steady else now
    service = service.with_(steady_since=since, steady_told_at=now)
    return Bookkeeping(service, (Told("has reached a steady state."),))


@dataclass(frozen=True, slots=True)
class Moving:
    """Tasks that are on their way somewhere."""

    pending: int
    warming: int
    stopping: int
    unhealthy: int


def draining(alive: int) -> str:
    """Why a deleted service is still there."""
    return f"deleted; {tasks(alive)} still stopping"


def waiting(
    service: ServiceRecord, trouble: str | None, moving: Moving, held_until: float | None
) -> str | None:
    """Why the service is not where it should be yet, in one line for people."""
    for reason in hindrances(service, held_until=held_until):
        if isinstance(reason, Throttled):
            return f"{throttled(reason)}; waiting before the next attempt"
    if trouble is not None:
        return trouble
    parts = []
    if moving.pending:
        parts.append(f"{tasks(moving.pending)} starting")
    if moving.warming:
        parts.append(f"{tasks(moving.warming)} running but not counted as healthy yet")
    if moving.unhealthy:
        parts.append(f"{tasks(moving.unhealthy)} unhealthy")
    if moving.stopping:
        parts.append(f"{tasks(moving.stopping)} stopping")
    return "waiting for " + ", ".join(parts) if parts else None
