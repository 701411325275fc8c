"""Places tasks by launch type FARGATE or by a capacity provider strategy (ecs.md 4.6).

Pure. A task goes to an instance of its provider, to Fargate, or waits in PROVISIONING where managed
scaling may bring an instance; otherwise it is not placed. Tasks of launch type EC2 go the plain
way, `plan/placement.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ecstui.model.capacity import FARGATE
from ecstui.model.enums import LaunchType
from ecstui.model.placement import PlacementConstraint, PlacementStrategy
from ecstui.model.service import CapacityProviderStrategyItem
from ecstui.model.task import NetworkConfiguration, TaskRecord
from ecstui.plan.capacity import Capacity, Demand
from ecstui.plan.capacity_provider import distribute
from ecstui.plan.fargate import FargatePool, place_on_fargate
from ecstui.plan.placement import Placed, place_all
from ecstui.plan.refusal import Unplaced

MOST_WAITING = 500
"""So many tasks of a cluster wait in PROVISIONING at once (ecs.md 4.6)."""
TOO_MANY_WAIT = (
    "was unable to place tasks in your cluster because the tasks provisioning capacity limit was "
    "exceeded."
)
EMPTY_PROVIDER = (
    "was unable to reach steady state. Reason: No Container Instances were found in your capacity "
    "provider."
)


_EMPTY = Unplaced((), EMPTY_PROVIDER, "EMPTY CAPACITY PROVIDER")
_NONE_ACTIVE = Unplaced((), EMPTY_PROVIDER, "NO ACTIVE INSTANCES")
_TOO_MANY = Unplaced((), TOO_MANY_WAIT, "The tasks provisioning capacity limit was exceeded.")


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """One capacity provider as placement needs it."""

    name: str
    is_fargate: bool
    is_scaled: bool = False
    """Managed scaling is on: tasks may wait for an instance."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a cluster offers besides its instances."""

    cluster_name: str
    providers: Mapping[str, ProviderFacts] = field(default_factory=dict)
    pools: tuple[FargatePool, ...] = ()
    waiting: int = 0
    """Tasks of the cluster that wait in PROVISIONING."""


@dataclass(frozen=True, slots=True)
class Launching:
    """How tasks are launched: on Fargate, or by a strategy over capacity providers."""

    strategy: tuple[CapacityProviderStrategyItem, ...] = ()
    """Empty: launch type FARGATE."""
    constraints: tuple[PlacementConstraint, ...] = ()
    strategies: tuple[PlacementStrategy, ...] = ()
    network: NetworkConfiguration | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    """Tasks that each provider has already."""


@dataclass(frozen=True, slots=True)
class Berth:
    """Where a task goes; without an engine it waits in PROVISIONING."""

    capacity: Capacity
    launch_type: LaunchType
    capacity_provider: str | None

    @property
    def is_waiting(self) -> bool:
        """Whether an instance has to come first."""
        return not self.capacity.engine


def place_by_provider(
    demands: Sequence[Demand],
    capacities: Sequence[Capacity],
    surroundings: Surroundings,
    launching: Launching,
) -> tuple[Berth | Unplaced, ...]:
    """Where each task goes, in the order given."""
    names: tuple[str | None, ...] = (None,) * len(demands)
    if launching.strategy:
        names = distribute(launching.strategy, launching.counts, len(demands))
    found: dict[int, Berth | Unplaced] = {}
    number_waiting = surroundings.waiting
    pools = surroundings.pools
    for name in dict.fromkeys(names):
        positions = [p for p, given in enumerate(names) if given == name]
        mine = [demands[p] for p in positions]
        facts = ProviderFacts(FARGATE, True) if name is None else surroundings.providers.get(name)
        if facts is not None and facts.is_fargate:
            placed, pools = _on_fargate(mine, pools, launching.network, name)
        else:
            placed = _on_instances(
                mine, capacities, surroundings, launching, name or "", number_waiting
            )
            number_waiting += sum(
                1 for each in placed if isinstance(each, Berth) and each.is_waiting
            )
        found |= dict(zip(positions, placed, strict=True))
    return tuple(found[position] for position in sorted(found))


def _on_fargate(
    demands: Sequence[Demand],
    pools: tuple[FargatePool, ...],
    network: NetworkConfiguration | None,
    provider: str | None,
) -> tuple[list[Berth | Unplaced], tuple[FargatePool, ...]]:
    found: list[Berth | Unplaced] = []
    for demand in demands:
        place, pools = place_on_fargate(demand, pools, network)
        if isinstance(place, Capacity):
            found.append(Berth(place, LaunchType.FARGATE, provider))
        else:
            found.append(place)
    return found, pools


def _on_instances(
    demands: Sequence[Demand],
    capacities: Sequence[Capacity],
    surroundings: Surroundings,
    launching: Launching,
    provider: str,
    number_waiting: int,
) -> list[Berth | Unplaced]:
    rooms = of_provider(capacities, provider)
    placements = place_all(demands, rooms, launching.constraints, launching.strategies)
    by_arn = {room.instance_arn: room for room in rooms}
    facts = surroundings.providers.get(provider)
    nobody = None
    if not any(room.is_active for room in rooms):
        has_instances = any(room.capacity_provider == provider for room in rooms)
        nobody = _NONE_ACTIVE if has_instances else _EMPTY
    found: list[Berth | Unplaced] = []
    for placement in placements:
        if isinstance(placement, Placed):
            capacity = by_arn[placement.instance_arn]
            found.append(Berth(capacity, LaunchType.EC2, provider))
        elif facts is None or not facts.is_scaled:
            found.append(nobody or placement)
        elif number_waiting >= MOST_WAITING:
            found.append(_TOO_MANY)
        else:
            number_waiting += 1
            found.append(Berth(nowhere(surroundings.cluster_name), LaunchType.EC2, provider))
    return found


def of_provider(capacities: Sequence[Capacity], provider: str) -> list[Capacity]:
    """The capacities with those of other providers closed: their tasks and ports still count."""
    return [
        capacity if capacity.capacity_provider == provider else replace(capacity, is_active=False)
        for capacity in capacities
    ]


def waiting(task: TaskRecord, launching: Launching) -> TaskRecord:
    """The task with all that is needed to place it when an instance comes."""
    return task.with_(
        placement_constraints=launching.constraints, placement_strategy=launching.strategies
    )


def nowhere(cluster_name: str) -> Capacity:
    """The place of a task that waits for capacity."""
    return Capacity(
        instance_arn="",
        instance_id="",
        cluster_name=cluster_name,
        engine="",
        ip="",
        zone="",
        is_active=False,
        agent_connected=False,
        cpu_units=0,
        memory_mib=0,
    )
