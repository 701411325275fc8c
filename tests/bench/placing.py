"""How many tasks a second are placed on 1,000 instances, by strategy: plain decisions, no I/O.

Seconds are those of one core that the process used; those on the wall stand beside them.
"""

from collections.abc import Sequence
from dataclasses import replace

from ecstui.model.enums import PlacementConstraintType, PlacementStrategyType
from ecstui.model.service import PlacementConstraint, PlacementStrategy
from ecstui.model.task import Reservation
from ecstui.plan.capacity import Capacity, Demand, take
from ecstui.plan.placement import Placed, place_all
from tests.bench.figures import Figure, Spent

INSTANCES = 1_000
SERVICES = 500
PER_SERVICE = 20
GOAL = 5_000.0

_BINPACK = (PlacementStrategy(type=PlacementStrategyType.BINPACK, field="memory"),)
_DISTINCT = (PlacementConstraint(type=PlacementConstraintType.DISTINCT_INSTANCE),)
_MEMBER_OF = (
    PlacementConstraint(
        type=PlacementConstraintType.MEMBER_OF, expression="attribute:ecs.os-type == linux"
    ),
)


def placements_per_second() -> list[Figure]:
    """10,000 tasks, service after service, each seeing what the ones before took."""
    return [
        _placing("default zone spread"),
        _placing("binpack", strategies=_BINPACK),
        _placing("distinctInstance", constraints=_DISTINCT),
        _placing("memberOf", constraints=_MEMBER_OF),
        _one_batch(),
    ]


def _instances() -> list[Capacity]:
    return [
        Capacity(
            instance_arn=f"arn:{n}",
            instance_id=f"{n}",
            cluster_name="default",
            engine="local",
            ip="",
            zone=f"zone-{'abc'[n % 3]}",
            is_active=True,
            agent_connected=True,
            cpu_units=8192,
            memory_mib=16384,
            attributes={"ecs.os-type": "linux"},
        )
        for n in range(INSTANCES)
    ]


def _demands(service: int, count: int) -> list[Demand]:
    needs = Reservation(cpu_units=64, memory_mib=128)
    first = Demand(needs, f"service:s{service}", "", is_service=True)
    return [replace(first, salt=f"{service}-{n}") for n in range(count)]


def _placing(
    name: str,
    *,
    constraints: Sequence[PlacementConstraint] = (),
    strategies: Sequence[PlacementStrategy] = (),
) -> Figure:
    rooms = {room.instance_arn: room for room in _instances()}
    batches = [_demands(service, PER_SERVICE) for service in range(SERVICES)]
    spent = Spent()
    for demands in batches:
        placements = place_all(demands, list(rooms.values()), constraints, strategies)
        for demand, placement in zip(demands, placements, strict=True):
            assert isinstance(placement, Placed)
            rooms[placement.instance_arn] = take(rooms[placement.instance_arn], demand)
    return _figure(f"{name}, {SERVICES} services of {PER_SERVICE}", spent.end())


def _one_batch() -> Figure:
    rooms, demands = _instances(), _demands(0, SERVICES * PER_SERVICE)
    spent = Spent()
    placements = place_all(demands, rooms)
    spent.end()
    assert all(isinstance(placement, Placed) for placement in placements)
    return _figure("one service of 10,000", spent)


def _figure(name: str, spent: Spent) -> Figure:
    count = SERVICES * PER_SERVICE
    detail = f"{count / spent.cpu:,.0f} a second; goal {GOAL:,.0f}; wall {count / spent.wall:,.0f}"
    return Figure(f"placement, {name}", spent.cpu * 1e6 / count, 1e6 / GOAL, " µs", detail)
