"""Whether tasks would find room now: the placement rules tried on what the records say is left.

A dry run. It reads the view and calls the same placement as the control plane does; it starts
nothing, and what it finds may be otherwise a moment later.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ecstui.model.enums import InstanceStatus, PlacementConstraintType
from ecstui.model.service import PlacementConstraint, PlacementStrategy, ServiceRecord
from ecstui.model.task import TaskOverride
from ecstui.model.task_definition import TaskDefinition
from ecstui.plan.counts import task_counts, usage_of
from ecstui.plan.placement import Capacity, Placed, closest, demand_of, place_all
from ecstui.plan.reservation import NO_OVERRIDES
from ecstui.plan.service_words import is_launched_by_provider
from ecstui.store.kinds import CLUSTERS, INSTANCES, TASKS
from ecstui.store.tables import View
from ecstui.ui.text import clean

MOST_TRIED = 200
"""A dry run tries no more tasks than this."""


@dataclass(frozen=True, slots=True)
class Room:
    """What a dry run found."""

    wanted: int
    placed: int
    by_zone: Mapping[str, int] = field(default_factory=dict)
    """Tasks that would go to each zone."""
    reason: str = ""
    """Why the others find no place, as a sentence; empty when all do."""

    @property
    def is_enough(self) -> bool:
        """Whether all of them find a place."""
        return self.placed >= self.wanted


def capacities_of(view: View, cluster: str) -> tuple[Capacity, ...]:
    """What is left of the container instances of a cluster."""
    found = []
    for instance in view.by(INSTANCES, "cluster", cluster):
        tasks = view.by(TASKS, "instance", instance.container_instance_arn)
        used = usage_of(tasks)
        groups = Counter(task.group for task in tasks if task.is_wanted and task.group)
        found.append(
            Capacity(
                instance_arn=instance.container_instance_arn,
                instance_id=instance.instance_id,
                cluster_name=instance.cluster_name,
                engine=instance.engine,
                ip=instance.ip,
                zone=instance.zone,
                is_active=instance.status is InstanceStatus.ACTIVE,
                agent_connected=instance.agent_connected,
                cpu_units=instance.cpu_units - used.cpu_units,
                memory_mib=instance.memory_mib - used.memory_mib,
                used_tcp_ports=used.tcp_ports | frozenset(instance.reserved_ports),
                used_udp_ports=used.udp_ports,
                attributes={a.name: a.value for a in instance.attributes},
                task_groups=dict(groups),
                ec2_instance_id=instance.ec2_instance_id or "",
                agent_version=instance.version_info.agent_version or "",
                registered_at=instance.registered_at,
                running_tasks_count=task_counts(tasks).running,
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Wish:
    """Tasks that are to be placed, and by which rules."""

    definition: TaskDefinition
    group: str
    count: int
    is_service: bool = False
    constraints: Sequence[PlacementConstraint] = ()
    strategies: Sequence[PlacementStrategy] = ()
    overrides: TaskOverride = NO_OVERRIDES
    is_by_provider: bool | None = None
    """Launched by Fargate or capacity providers; None: as the cluster's default strategy says."""


def wish_of_service(service: ServiceRecord, definition: TaskDefinition, count: int) -> Wish:
    """More tasks of a service, by the service's own rules."""
    return Wish(
        definition,
        f"service:{service.service_name}",
        count,
        is_service=True,
        constraints=service.placement_constraints,
        strategies=service.placement_strategy,
        is_by_provider=is_launched_by_provider(service),
    )


def dry_run(view: View, cluster: str, wish: Wish) -> Room:
    """Where the tasks would go now.

    Fargate and capacity providers are taken at their word: there a task may wait for an instance.
    """
    if _is_by_provider(view, cluster, wish):
        return Room(wish.count, wish.count)
    capacities = capacities_of(view, cluster)
    tried = min(wish.count, MOST_TRIED)
    demands = [
        demand_of(
            wish.definition,
            wish.group,
            f"dry-run-{number}",
            is_service=wish.is_service,
            overrides=wish.overrides,
        )
        for number in range(tried)
    ]
    constraints = (*wish.constraints, *_own_constraints(wish.definition))
    placements = place_all(demands, capacities, constraints, wish.strategies)
    zones = {capacity.instance_arn: capacity.zone for capacity in capacities}
    placed = Counter(zones[p.instance_arn] for p in placements if isinstance(p, Placed))
    refused = next((p for p in placements if not isinstance(p, Placed)), None)
    reason = ""
    if refused is not None:
        refusal = closest(refused)
        reason = "no container instance is ACTIVE" if refusal is None else clean(refusal.detail)
    total = sum(placed.values())
    # What was not tried counts as placed when all that was tried found a place.
    total += wish.count - tried if total == tried else 0
    return Room(wish.count, total, dict(sorted(placed.items())), reason)


def _is_by_provider(view: View, cluster: str, wish: Wish) -> bool:
    if wish.is_by_provider is not None:
        return wish.is_by_provider
    record = view.get(CLUSTERS, cluster)
    return record is not None and bool(record.default_capacity_provider_strategy)


def _own_constraints(definition: TaskDefinition) -> list[PlacementConstraint]:
    return [
        PlacementConstraint(
            type=constraint.type or PlacementConstraintType.MEMBER_OF,
            expression=constraint.expression,
        )
        for constraint in definition.placement_constraints
    ]


def zones_text(room: Room) -> str:
    """`zone-a 3, zone-b 2`; empty where instances have no zones or there is only one."""
    if len(room.by_zone) < 2:
        return ""
    return ", ".join(f"{clean(zone) or '–'} {count}" for zone, count in room.by_zone.items())
