"""Where a task goes: filters and orders container instances (ecs.md 5).

Pure: ties are broken by a hash of the salt that the caller gives, never by chance. Many tasks
that need the same are placed without looking at every instance for each of them.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from operator import attrgetter

from ecstui.model.enums import NetworkMode
from ecstui.model.service import PlacementConstraint, PlacementStrategy
from ecstui.model.task import TaskOverride
from ecstui.model.task_definition import TaskDefinition
from ecstui.plan.attributes import required_of
from ecstui.plan.capacity import Capacity, Demand, take, take_ports
from ecstui.plan.expression import Malformed
from ecstui.plan.ports import network_mode_of
from ecstui.plan.ranking import Cell, Key, Ranking
from ecstui.plan.refusal import (
    EnginePorts,
    InstanceRefusal,
    Placed,
    RefusalReason,
    Rules,
    Unplaced,
    closest,
    explain,
    failures_of,
    has_attribute,
    refusal_of,
    rules_of,
)
from ecstui.plan.reservation import NO_OVERRIDES, reservation_of
from ecstui.plan.scale_in import Candidate, choose_scale_in
from ecstui.plan.strategy import Own, Part, Spread, default_strategies, parts_of, spread_attributes

__all__ = [
    "Candidate",
    "Capacity",
    "Demand",
    "InstanceRefusal",
    "Placed",
    "RefusalReason",
    "Unplaced",
    "choose_scale_in",
    "closest",
    "default_strategies",
    "demand_of",
    "explain",
    "failures_of",
    "is_eligible",
    "place",
    "place_all",
    "take",
    "zones_with_room",
]


def demand_of(
    definition: TaskDefinition,
    group: str,
    salt: str,
    *,
    is_service: bool = False,
    overrides: TaskOverride = NO_OVERRIDES,
) -> Demand:
    """What one task of a definition needs; `group` and `salt` as in `Demand`."""
    return Demand(
        reservation=reservation_of(definition, overrides),
        group=group,
        salt=salt,
        is_service=is_service,
        required_attributes=required_of(definition, definition.requires_attributes),
        takes_host_network=network_mode_of(definition) is NetworkMode.HOST,
    )


def is_eligible(
    capacity: Capacity, definition: TaskDefinition, constraints: Sequence[PlacementConstraint]
) -> bool:
    """Whether a daemon service keeps a task on the instance, full or not (ecs.md 5.1, 6.5)."""
    if not capacity.is_active:
        return False
    required = required_of(definition, definition.requires_attributes)
    if not all(has_attribute(capacity, attribute) for attribute in required):
        return False
    meanings = [meaning for _, meaning in rules_of(constraints).expressions]
    return all(not isinstance(each, Malformed) and each(capacity) for each in meanings)


def place(
    demand: Demand,
    capacities: Sequence[Capacity],
    constraints: Sequence[PlacementConstraint] = (),
    strategies: Sequence[PlacementStrategy] = (),
) -> Placed | Unplaced:
    """The instance for one task; all constraints hold, strategies in order (ecs.md 5.1)."""
    return place_all((demand,), capacities, constraints, strategies)[0]


def place_all(
    demands: Sequence[Demand],
    capacities: Sequence[Capacity],
    constraints: Sequence[PlacementConstraint] = (),
    strategies: Sequence[PlacementStrategy] = (),
    *,
    zone: str | None = None,
) -> tuple[Placed | Unplaced, ...]:
    """The instances for many tasks, one after another, each seeing what the ones before took.

    Demands that differ in their salt only should stand next to each other. With `zone` only its
    instances are taken; the tasks and ports of the others still count.
    """
    session = _Session(capacities, rules_of(constraints), tuple(strategies), zone)
    return tuple(session.place(demand) for demand in demands)


def zones_with_room(
    demand: Demand,
    capacities: Sequence[Capacity],
    constraints: Sequence[PlacementConstraint] = (),
) -> frozenset[str]:
    """The zones in which some instance can take the task."""
    return _Session(capacities, rules_of(constraints)).zones_with_room(demand)


class _Session:
    """Capacities as placements use them up; lives for one `place_all`."""

    def __init__(
        self,
        capacities: Sequence[Capacity],
        rules: Rules,
        strategies: tuple[PlacementStrategy, ...] = (),
        zone: str | None = None,
    ) -> None:
        self._rooms = list(capacities)
        self._rules = rules
        self._strategies = strategies
        self._zone = zone
        self._engines = _engine_ports(capacities)
        self._round: _Round | None = None

    def place(self, demand: Demand) -> Placed | Unplaced:
        current = self._round
        if current is None or not current.is_for(demand):
            strategies = self._strategies or default_strategies(is_service=demand.is_service)
            current = _Round(demand, self._rooms, parts_of(strategies))
            for position in range(len(self._rooms)):
                self._rank(current, position)
            self._round = current
        chosen = current.choose(demand.salt)
        if chosen is None:
            return current.unplaced()
        self._take(current, chosen, demand)
        return Placed(self._rooms[chosen].instance_arn)

    def zones_with_room(self, demand: Demand) -> frozenset[str]:
        """Looks at no further instance of a zone once one has room."""
        found: set[str] = set()
        for room in self._rooms:
            if not room.is_active or room.zone in found:
                continue
            if refusal_of(demand, room, self._rules, self._engines) is None:
                found.add(room.zone)
        return frozenset(found)

    def _rank(self, current: "_Round", position: int) -> None:
        """Rank one instance by what is left of it now."""
        room = self._rooms[position]
        if room.is_active and self._zone in (None, room.zone):
            refusal = refusal_of(current.demand, room, self._rules, self._engines)
            current.rank(position, room, refusal)

    def _take(self, current: "_Round", chosen: int, demand: Demand) -> None:
        room = take(self._rooms[chosen], demand)
        self._rooms[chosen] = room
        current.count(chosen)
        ports = self._engines[room.engine]
        ports.tcp.update(demand.reservation.tcp_ports)
        ports.udp.update(demand.reservation.udp_ports)
        if demand.takes_host_network:
            self._take_on_engine(current, chosen, demand)
        self._rank(current, chosen)

    def _take_on_engine(self, current: "_Round", chosen: int, demand: Demand) -> None:
        """A port of the host is taken on every instance of its engine (ecs.md 11.1)."""
        engine = self._rooms[chosen].engine
        for position, room in enumerate(self._rooms):
            if room.engine == engine and position != chosen:
                self._rooms[position] = take_ports(room, demand)
                self._rank(current, position)


def _engine_ports(capacities: Sequence[Capacity]) -> dict[str, EnginePorts]:
    """Ports taken on each engine."""
    engines = {engine: EnginePorts() for engine in {capacity.engine for capacity in capacities}}
    for capacity in capacities:
        if capacity.used_tcp_ports or capacity.engine_tcp_ports:
            engines[capacity.engine].tcp |= capacity.used_tcp_ports | capacity.engine_tcp_ports
        if capacity.used_udp_ports or capacity.engine_udp_ports:
            engines[capacity.engine].udp |= capacity.used_udp_ports | capacity.engine_udp_ports
    return engines


class _Round:
    """A row of demands that differ in their salt only: the instances that can take them."""

    def __init__(self, demand: Demand, rooms: Sequence[Capacity], parts: tuple[Part, ...]) -> None:
        self.demand = demand
        self._refusals: dict[int, InstanceRefusal] = {}
        self._unplaced: Unplaced | None = None
        attributes = spread_attributes(parts)
        self._own = [
            _own_part(part, demand.group) for part in parts if not isinstance(part, Spread)
        ]
        self._ranking = Ranking(tuple(isinstance(part, Spread) for part in parts))
        self._cells: list[Cell] = [
            tuple([room.attribute(name) or "" for name in attributes]) for room in rooms
        ]
        """By position; what an instance is like stays the same for as long as this lives."""
        self._counts: tuple[Counter[str], ...] = tuple(Counter() for _ in attributes)
        for position, room in enumerate(rooms):
            if demand.group in room.task_groups:
                self.count(position, room.task_groups[demand.group])

    def is_for(self, demand: Demand) -> bool:
        """Whether a demand differs from this row's in its salt only."""
        mine = self.demand
        return demand is mine or (
            demand.group == mine.group
            and demand.is_service == mine.is_service
            and demand.takes_host_network == mine.takes_host_network
            and demand.reservation == mine.reservation
            and demand.required_attributes == mine.required_attributes
        )

    def count(self, position: int, number: int = 1) -> None:
        """Count tasks of the group, for every attribute that they are spread over."""
        for counts, value in zip(self._counts, self._cells[position], strict=True):
            counts[value] += number

    def rank(self, position: int, room: Capacity, refusal: InstanceRefusal | None) -> None:
        """Take an instance into the ranking, or out of it."""
        if refusal is None:
            key = tuple([part(room) for part in self._own])
            self._ranking.put(position, self._cells[position], key)
        else:
            self._ranking.remove(position)
            self._refusals[position] = refusal
            self._unplaced = None

    def choose(self, salt: str) -> int | None:
        """The instance for one more task, or None."""
        return self._ranking.best(self._shared, salt)

    def unplaced(self) -> Unplaced:
        """Why no instance can take one more, in the order of the instances."""
        if self._unplaced is None:
            self._unplaced = Unplaced(tuple(self._refusals[p] for p in sorted(self._refusals)))
        return self._unplaced

    def _shared(self, cell: Cell) -> Key:
        return tuple(counts[value] for counts, value in zip(self._counts, cell, strict=True))


def _own_part(part: Own, group: str) -> Callable[[Capacity], int]:
    match part:
        case Own.GROUP_COUNT:
            return lambda room: room.task_groups.get(group, 0)
        case Own.CPU_LEFT:
            return attrgetter("cpu_units")
        case Own.MEMORY_LEFT:
            return attrgetter("memory_mib")
