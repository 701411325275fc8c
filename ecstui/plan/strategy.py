"""Placement strategies as parts of a key that instances are ranked by (ecs.md 5.2).

A part is either shared by all instances of one attribute value (spread) or the instance's own
(binpack, spread over instances). Which way the key is used, up or down, is up to the caller.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from ecstui.model.cluster import ZONE_ATTRIBUTE
from ecstui.model.enums import PlacementStrategyType
from ecstui.model.service import PlacementStrategy

_ATTRIBUTE = "attribute:"


class Own(Enum):
    """Parts of the key that each instance has for itself."""

    GROUP_COUNT = "tasks of the group on it"
    CPU_LEFT = "CPU units left"
    MEMORY_LEFT = "MiB left"


@dataclass(frozen=True, slots=True)
class Spread:
    """Tasks of the group on all instances with the same value of an attribute."""

    attribute: str


Part = Own | Spread

DEFAULT_FOR_SERVICES = (
    PlacementStrategy(type=PlacementStrategyType.SPREAD, field=f"{_ATTRIBUTE}{ZONE_ATTRIBUTE}"),
    PlacementStrategy(type=PlacementStrategyType.SPREAD, field="instanceId"),
)
"""Zones first, then the instance with the fewest tasks of the service (ecs.md 5.2)."""

RANDOM = (PlacementStrategy(type=PlacementStrategyType.RANDOM),)


def default_strategies(*, is_service: bool) -> tuple[PlacementStrategy, ...]:
    """What holds when no strategy is given: spread for a service, any instance for RunTask."""
    return DEFAULT_FOR_SERVICES if is_service else RANDOM


def parts_of(strategies: Sequence[PlacementStrategy]) -> tuple[Part, ...]:
    """The parts of the key, in order; after `random` nothing counts any more."""
    parts: list[Part] = []
    for strategy in strategies:
        if strategy.type is PlacementStrategyType.RANDOM:
            break
        parts.append(_part_of(strategy.type, strategy.field or ""))
    return tuple(parts)


def _part_of(kind: PlacementStrategyType, field: str) -> Part:
    if kind is PlacementStrategyType.BINPACK:
        return Own.CPU_LEFT if field.lower() == "cpu" else Own.MEMORY_LEFT
    if field.startswith(_ATTRIBUTE):
        return Spread(field.removeprefix(_ATTRIBUTE))
    return Own.GROUP_COUNT


def spread_attributes(parts: Sequence[Part]) -> tuple[str, ...]:
    """Names of the attributes that the shared parts are counted by, in order."""
    return tuple(part.attribute for part in parts if isinstance(part, Spread))
