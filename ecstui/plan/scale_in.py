"""Which tasks of a service stop first: the strategy undone (ecs.md 5.5).

It orders the tasks that it is given and never asks whether any of them should stop.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ecstui.model.cluster import ZONE_ATTRIBUTE
from ecstui.model.service import CapacityProviderStrategyItem, PlacementStrategy
from ecstui.model.task import Reservation
from ecstui.plan.capacity import Capacity
from ecstui.plan.capacity_provider import withdraw
from ecstui.plan.ranking import Cell, Key, Ranking
from ecstui.plan.strategy import Own, Spread, default_strategies, parts_of, spread_attributes

NOTHING = Reservation()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A task of a service that may be stopped."""

    task_arn: str
    instance_arn: str
    zone: str
    is_on_draining: bool = False
    is_pending: bool = False
    is_unhealthy: bool = False
    deployment_created_at: float = 0.0
    task_created_at: float = 0.0
    reservation: Reservation = NOTHING
    provider: str = ""
    """The capacity provider that it is of."""


def choose_scale_in(
    candidates: Sequence[Candidate],
    capacities: Sequence[Capacity] = (),
    strategies: Sequence[PlacementStrategy] = (),
    *,
    count: int | None = None,
    providers: Sequence[CapacityProviderStrategyItem] = (),
) -> tuple[Candidate, ...]:
    """The candidates in the order in which they stop, the first `count` of them if given.

    On draining instances, then pending, then unhealthy, then of older deployments; among equals
    so that what stays is shared by several capacity providers as `providers` says, and spread or
    packed as the strategies say; the youngest task of an instance first.
    """
    wanted = len(candidates) if count is None else min(count, len(candidates))
    classes: dict[tuple[bool, bool, bool, float], list[Candidate]] = {}
    for candidate in candidates:
        classes.setdefault(_class_of(candidate), []).append(candidate)
    shrinking = _Shrinking(
        candidates, capacities, strategies or default_strategies(is_service=True)
    )
    order: list[Candidate] = []
    for key in sorted(classes):
        if len(order) < wanted:
            staying = Counter(candidate.provider for candidate in candidates)
            staying.subtract(candidate.provider for candidate in order)
            for some, number in _shares(classes[key], providers, staying, wanted - len(order)):
                order += shrinking.order(some, number)
    return tuple(order)


def _shares(
    candidates: list[Candidate],
    providers: Sequence[CapacityProviderStrategyItem],
    staying: Counter[str],
    number: int,
) -> Iterator[tuple[list[Candidate], int]]:
    """Of which candidates how many stop: those of each capacity provider, where several share."""
    if len(providers) < 2:
        yield candidates, number
        return
    may_stop = Counter(candidate.provider for candidate in candidates)
    for name, share in withdraw(providers, staying, may_stop, number).items():
        yield [candidate for candidate in candidates if candidate.provider == name], share


def _class_of(candidate: Candidate) -> tuple[bool, bool, bool, float]:
    return (
        not candidate.is_on_draining,
        not candidate.is_pending,
        not candidate.is_unhealthy,
        candidate.deployment_created_at,
    )


@dataclass(slots=True)
class _Pile:
    """Tasks on one instance that take the same from it, the youngest last."""

    instance_arn: str
    reservation: Reservation
    tasks: list[Candidate] = field(default_factory=list)


class _Shrinking:
    """A service as its tasks are taken away one by one; lives for one `choose_scale_in`."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        capacities: Sequence[Capacity],
        strategies: Sequence[PlacementStrategy],
    ) -> None:
        parts = parts_of(strategies)
        self._pattern = tuple(isinstance(part, Spread) for part in parts)
        self._own = tuple(part for part in parts if not isinstance(part, Spread))
        self._attributes = spread_attributes(parts)
        self._capacities = {capacity.instance_arn: capacity for capacity in capacities}
        self._zones = {candidate.instance_arn: candidate.zone for candidate in candidates}
        self._on_instance: dict[str, int] = {}
        self._counts: list[dict[str, int]] = [{} for _ in self._attributes]
        self._given_back: dict[str, tuple[int, int]] = {}
        for candidate in candidates:
            self._count(candidate.instance_arn, 1)

    def _count(self, instance_arn: str, number: int) -> None:
        self._on_instance[instance_arn] = self._on_instance.get(instance_arn, 0) + number
        for counts, value in zip(self._counts, self._cell_of(instance_arn), strict=True):
            counts[value] = counts.get(value, 0) + number

    def _cell_of(self, instance_arn: str) -> Cell:
        return tuple(self._value_of(instance_arn, name) for name in self._attributes)

    def _value_of(self, instance_arn: str, attribute: str) -> str:
        capacity = self._capacities.get(instance_arn)
        if capacity is None:
            return self._zones[instance_arn] if attribute == ZONE_ATTRIBUTE else ""
        return capacity.attribute(attribute) or ""

    def order(self, candidates: Sequence[Candidate], count: int) -> list[Candidate]:
        """The first `count` of candidates that nothing but the strategies tells apart."""
        piles = _piles_of(candidates)
        on_instance: dict[str, list[int]] = {}
        ranking = Ranking(self._pattern)
        for number, pile in enumerate(piles):
            on_instance.setdefault(pile.instance_arn, []).append(number)
            ranking.put(number, self._cell_of(pile.instance_arn), self._key_of(pile))
        order: list[Candidate] = []
        while len(order) < count:
            salt = candidates[len(order) % len(candidates)].task_arn
            chosen = ranking.best(self._shared, salt)
            if chosen is None:
                break
            order.append(self._stop(piles[chosen]))
            for number in on_instance[piles[chosen].instance_arn]:
                self._rank(ranking, number, piles[number])
        return order

    def _rank(self, ranking: Ranking, number: int, pile: _Pile) -> None:
        if pile.tasks:
            ranking.put(number, self._cell_of(pile.instance_arn), self._key_of(pile))
        else:
            ranking.remove(number)

    def _stop(self, pile: _Pile) -> Candidate:
        arn, reservation = pile.instance_arn, pile.reservation
        cpu_units, memory_mib = self._given_back.get(arn, (0, 0))
        self._given_back[arn] = (
            cpu_units + reservation.cpu_units,
            memory_mib + reservation.memory_mib,
        )
        self._count(arn, -1)
        return pile.tasks.pop()

    def _shared(self, cell: Cell) -> Key:
        return tuple(-counts[value] for counts, value in zip(self._counts, cell, strict=True))

    def _key_of(self, pile: _Pile) -> Key:
        return tuple(-self._own_part(part, pile) for part in self._own)

    def _own_part(self, part: Own, pile: _Pile) -> int:
        """Tasks on the instance, or what would be left of it without one of the pile."""
        arn = pile.instance_arn
        capacity = self._capacities.get(arn)
        cpu_units, memory_mib = self._given_back.get(arn, (0, 0))
        match part:
            case Own.GROUP_COUNT:
                return self._on_instance[arn]
            case Own.CPU_LEFT:
                left = 0 if capacity is None else capacity.cpu_units
                return left + cpu_units + pile.reservation.cpu_units
            case Own.MEMORY_LEFT:
                left = 0 if capacity is None else capacity.memory_mib
                return left + memory_mib + pile.reservation.memory_mib


def _piles_of(candidates: Sequence[Candidate]) -> list[_Pile]:
    piles: dict[tuple[str, int, int], _Pile] = {}
    for candidate in sorted(candidates, key=lambda c: c.task_created_at):
        taken = candidate.reservation
        key = (candidate.instance_arn, taken.cpu_units, taken.memory_mib)
        pile = piles.setdefault(key, _Pile(candidate.instance_arn, taken))
        pile.tasks.append(candidate)
    return list(piles.values())
