"""Where the tasks go that one pass over a service wishes to start.

It asks placement, by instance or by capacity provider; how many start, `plan/service.py` decides.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ecstui.model.enums import LaunchType
from ecstui.model.service import DeploymentRecord, ServiceRecord
from ecstui.model.task import TaskRecord
from ecstui.plan import rebalancing
from ecstui.plan import service_words as words
from ecstui.plan.capacity import Capacity
from ecstui.plan.placement import (
    Demand,
    Placed,
    Unplaced,
    demand_of,
    place_all,
    zones_with_room,
)
from ecstui.plan.provider_placement import (
    Berth,
    Launching,
    Surroundings,
    of_provider,
    place_by_provider,
)
from ecstui.plan.rebalancing import Move
from ecstui.plan.service_steps import ServiceSituation, Start


@dataclass(frozen=True, slots=True)
class Placing:
    """What became of the starts that were wished for."""

    starts: tuple[Start, ...] = ()
    unplaced: Unplaced | None = None
    held_until: float | None = None
    """Throttled: no start before this time."""


def beside(placing: Placing, blue: Placing) -> Placing:
    """What became of green's starts, with the trouble of blue, which got none."""
    times = [at for at in (placing.held_until, blue.held_until) if at is not None]
    unplaced = blue.unplaced or placing.unplaced
    return Placing(placing.starts, unplaced, min(times, default=None))


def launched_as(service: ServiceRecord, deployment: DeploymentRecord) -> DeploymentRecord:
    """The deployment with how it launches tasks, which no later change touches (ecs.md 6.13).

    Records that are older than those members launch as the service does.
    """
    if deployment.launch_type is not None or deployment.capacity_provider_strategy:
        return deployment
    return deployment.with_(
        launch_type=service.launch_type,
        capacity_provider_strategy=service.capacity_provider_strategy,
    )


def place_starts(
    situation: ServiceSituation,
    service: ServiceRecord,
    starting: DeploymentRecord,
    count: int,
    move: Move | None,
) -> Placing:
    """Instances for so many starts of one deployment, all in one zone where one moves."""
    definition = situation.definitions[starting.task_definition]
    group = words.group_of(service)
    ids = [situation.ids() for _ in range(count)]
    demands = [demand_of(definition, group, task_id, is_service=True) for task_id in ids]
    if move is None and words.is_launched_by_provider(launched_as(service, starting)):
        return _place_by_provider(situation, service, starting, ids, demands)
    rooms = None if move is None else _own_instances(situation, service)
    rooms = rooms or _Rooms(situation.capacities)
    placements = place_all(
        demands,
        rooms.capacities,
        words.constraints_of(service, definition),
        service.placement_strategy,
        zone=None if move is None else move.target_zone,
    )
    starts = tuple(
        Start(task_id, starting, placement.instance_arn, rooms.berth_on(placement.instance_arn))
        for task_id, placement in zip(ids, placements, strict=True)
        if isinstance(placement, Placed)
    )
    unplaced = next((p for p in placements if isinstance(p, Unplaced)), None)
    return Placing(starts, unplaced)


@dataclass(frozen=True, slots=True)
class _Rooms:
    """The instances that a service's tasks may be on."""

    capacities: Sequence[Capacity]
    provider: str | None = None
    """The capacity provider that they are all of."""

    def berth_on(self, instance_arn: str) -> Berth | None:
        """How the provider launches a task there; None without a provider."""
        if self.provider is None:
            return None
        capacity = next(c for c in self.capacities if c.instance_arn == instance_arn)
        return Berth(capacity, LaunchType.EC2, self.provider)


def _own_instances(situation: ServiceSituation, service: ServiceRecord) -> _Rooms | None:
    """The instances over which a service can be evened out.

    None on Fargate, and where several capacity providers share the tasks by weight: a task of one
    cannot make up for a task of another.
    """
    launched = launched_as(service, service.primary)
    if not words.is_launched_by_provider(launched):
        return _Rooms(situation.capacities)
    names = {item.capacity_provider for item in launched.capacity_provider_strategy}
    known = situation.surroundings.providers if situation.surroundings else {}
    facts = known.get(next(iter(names))) if len(names) == 1 else None
    if facts is None or facts.is_fargate:
        return None
    return _Rooms(of_provider(situation.capacities, facts.name), facts.name)


def _place_by_provider(
    situation: ServiceSituation,
    service: ServiceRecord,
    starting: DeploymentRecord,
    ids: Sequence[str],
    demands: Sequence[Demand],
) -> Placing:
    """On Fargate, or by the deployment's capacity provider strategy (ecs.md 4.6)."""
    definition = situation.definitions[starting.task_definition]
    mine = [t for t in situation.tasks if t.is_wanted and t.deployment_id == starting.id]
    launching = Launching(
        strategy=launched_as(service, starting).capacity_provider_strategy,
        constraints=words.constraints_of(service, definition),
        strategies=service.placement_strategy,
        network=starting.network_configuration,
        counts=Counter(task.capacity_provider_name or "" for task in mine),
    )
    surroundings = situation.surroundings or Surroundings(service.cluster_name)
    berths = place_by_provider(demands, situation.capacities, surroundings, launching)
    starts = tuple(
        Start(task_id, starting, berth.capacity.instance_arn, berth)
        for task_id, berth in zip(ids, berths, strict=True)
        if isinstance(berth, Berth)
    )
    return Placing(starts, next((b for b in berths if isinstance(b, Unplaced)), None))


@dataclass(frozen=True, slots=True)
class Balance:
    """How the tasks of a service are spread over zones."""

    is_uneven: bool = False
    """Some zone has two tasks fewer than another, with or without room for one more."""
    move: Move | None = None


def balance_of(
    situation: ServiceSituation, service: ServiceRecord, tasks: Sequence[TaskRecord]
) -> Balance:
    """The next task that rebalancing moves; only on instances, Fargate spreads by itself."""
    rooms = _own_instances(situation, service)
    if (
        service.availability_zone_rebalancing != rebalancing.ENABLED
        or rebalancing.why_not_eligible(service) is not None
        or rooms is None
        or len(service.deployments) > 1
    ):
        return Balance()
    zones = {c.zone for c in rooms.capacities if c.is_active and c.agent_connected}
    if not rebalancing.may_be_uneven(tasks, zones):
        return Balance()
    definition = situation.definitions[service.primary.task_definition]
    demand = demand_of(definition, words.group_of(service), "", is_service=True)
    constraints = words.constraints_of(service, definition)
    with_room = zones_with_room(demand, rooms.capacities, constraints)
    move = rebalancing.next_move(service, tasks, with_room, situation.now)
    return Balance(is_uneven=True, move=move)
