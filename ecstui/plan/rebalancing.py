"""Availability Zone rebalancing: one task more where there are few, then one less where many.

Decides whether a service may be rebalanced, and the next move; starting and stopping is left to
`plan/service.py`. Source: ecs.md 5.6 and 6.11.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ecstui.model.cluster import ZONE_ATTRIBUTE
from ecstui.model.enums import PlacementStrategyType, RolloutState, SchedulingStrategy
from ecstui.model.service import Rebalancing, ServiceRecord
from ecstui.model.task import TaskRecord

ENABLED = "ENABLED"
DISABLED = "DISABLED"
STOPPED = "stopped AZ Rebalancing."


@dataclass(frozen=True, slots=True)
class Move:
    """One task is to go from a zone with many to one with few."""

    source_zone: str
    target_zone: str


def why_not_eligible(service: ServiceRecord) -> str | None:
    """Why the service cannot be rebalanced, as a sentence; None when it can (ecs.md 5.6)."""
    if service.scheduling_strategy is not SchedulingStrategy.REPLICA:
        return "Availability Zone rebalancing is for REPLICA services only."
    if service.maximum_percent <= 100:
        return "Availability Zone rebalancing needs a maximumPercent above 100."
    first = next(iter(service.placement_strategy), None)
    is_spread = first is None or (
        first.type is PlacementStrategyType.SPREAD and (first.field or "").endswith(ZONE_ATTRIBUTE)
    )
    if not is_spread:
        return (
            "Availability Zone rebalancing needs a first placement strategy that spreads over "
            f"attribute:{ZONE_ATTRIBUTE}, or none."
        )
    if any(ZONE_ATTRIBUTE in (c.expression or "") for c in service.placement_constraints):
        return (
            "Availability Zone rebalancing is not possible with a placement constraint on "
            f"{ZONE_ATTRIBUTE}."
        )
    return None


def is_still_going(service: ServiceRecord, tasks: Iterable[TaskRecord]) -> bool:
    """Whether the move that was begun can go on: nothing was changed, and its task is there."""
    going = service.rebalancing
    return going is None or (
        service.availability_zone_rebalancing == ENABLED
        and service.primary.rollout_state is RolloutState.COMPLETED
        and len(service.deployments) == 1
        and service.desired_count == going.desired_count
        and any(task.task_id == going.task_id and task.is_wanted for task in tasks)
    )


def next_move(
    service: ServiceRecord, tasks: Sequence[TaskRecord], open_zones: Iterable[str], now: float
) -> Move | None:
    """The next task to move; None when the zones are as even as they can be.

    `tasks`: the service's tasks, all of them healthy; `open_zones`: where one more has room. From
    a zone whose tasks are all protected nothing is moved.
    """
    counts = zone_counts(tasks)
    movable = {t.availability_zone or "" for t in tasks if not t.is_protected(now)}
    sources = [zone for zone in counts if zone in movable]
    targets = sorted(set(open_zones))
    if not sources or not targets:
        return None
    source = min(sources, key=lambda zone: (-counts[zone], zone))
    target = min(targets, key=lambda zone: (counts.get(zone, 0), zone))
    is_uneven = counts[source] - counts.get(target, 0) >= 2
    return Move(source, target) if is_uneven else None


def may_be_uneven(tasks: Sequence[TaskRecord], zones: Iterable[str]) -> bool:
    """Whether it is worth looking at all: some zone has two tasks more than another."""
    counts = zone_counts(tasks)
    numbers = [counts.get(zone, 0) for zone in {*zones}]
    return bool(counts) and bool(numbers) and max(counts.values()) - min(numbers) >= 2


def zone_counts(tasks: Iterable[TaskRecord]) -> dict[str, int]:
    """Tasks by zone."""
    counts: dict[str, int] = {}
    for task in tasks:
        zone = task.availability_zone or ""
        counts[zone] = counts.get(zone, 0) + 1
    return counts


def begun(move: Move, task_id: str, service: ServiceRecord) -> Rebalancing:
    """What the service remembers while the move goes on."""
    return Rebalancing(
        source_zone=move.source_zone,
        target_zone=move.target_zone,
        task_id=task_id,
        desired_count=service.desired_count,
    )


# -- how ECS says so -----------------------------------------------------------------------------


def stop_reason(deployment_id: str) -> str:
    """`stoppedReason` of the task that is one less (ecs.md 3.3)."""
    return f"Availability-zone rebalancing initiated by (deployment {deployment_id})"


def told_uneven(counts: Mapping[str, int]) -> str:
    """That a rebalancing begins."""
    return f"is not AZ balanced with {_in_zones(counts)}. AZ Rebalancing in progress."


def told_even(counts: Mapping[str, int]) -> str:
    """That it is over."""
    return f"is AZ balanced with {_in_zones(counts)}."


def told_started(move: Move, task_id: str) -> str:
    """That the task that is one more was started."""
    return f"has started 1 tasks in {move.target_zone} to AZ Rebalance: (task {task_id})."


def told_stopped(zone: str, task_id: str) -> str:
    """That one of the many was stopped."""
    return f"has stopped 1 running tasks in {zone} due to AZ rebalancing: (task {task_id})."


def _in_zones(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{counts[zone]} tasks in {zone}" for zone in sorted(counts))
