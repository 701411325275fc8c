"""Why a container instance cannot take a task, and how ECS says so (ecs.md 3.9, 5.1, 6.11).

One reason per instance: the first check that fails, in the order agent, attributes, constraints,
CPU, memory, ports. It decides nothing beyond that and changes no capacity.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ecstui.base.ids import short_name
from ecstui.model.enums import PlacementConstraintType
from ecstui.model.service import PlacementConstraint
from ecstui.model.shape import Failure
from ecstui.model.task_definition import Attribute
from ecstui.plan.capacity import Capacity, Demand
from ecstui.plan.expression import Malformed, Meaning, meaning_of, parse_expression

MOST_FAILURES = 10
"""So many failures are reported for one task (ecs.md 3.9)."""

NO_INSTANCES = "No Container Instances were found in your cluster."
_UNABLE = (
    "was unable to place a task because no container instance met all of its requirements. {} "
    "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."
)


class RefusalReason(StrEnum):
    """What an instance failed, in the order of the checks, worded as RunTask's failures."""

    AGENT = "AGENT"
    ATTRIBUTE = "ATTRIBUTE"
    MEMBER_OF = "MemberOf placement constraint unsatisfied"
    DISTINCT_INSTANCE = "DistinctInstance placement constraint unsatisfied"
    CPU = "RESOURCE:CPU"
    MEMORY = "RESOURCE:MEMORY"
    PORTS = "RESOURCE:PORTS"


_ORDER = {reason: position for position, reason in enumerate(RefusalReason)}

_SENTENCES = {
    RefusalReason.ATTRIBUTE: "is missing an attribute required by your task.",
    RefusalReason.CPU: "has insufficient CPU units available.",
    RefusalReason.MEMORY: "has insufficient memory available.",
    RefusalReason.PORTS: "is already using a port required by your task.",
}


@dataclass(frozen=True, slots=True)
class InstanceRefusal:
    """Why one instance cannot take the task."""

    instance_arn: str
    reason: RefusalReason
    detail: str
    """What is missing, in words for people."""
    missing_amount: int | None = None
    """CPU units or MiB short; None for other reasons."""
    cpu_units: int = 0
    """CPU units left on the instance."""
    memory_mib: int = 0
    """MiB left on the instance."""


@dataclass(frozen=True, slots=True)
class Placed:
    """The task goes to this instance."""

    instance_arn: str


@dataclass(frozen=True, slots=True)
class Unplaced:
    """No instance can take the task: why, for each ACTIVE instance; empty when there is none."""

    reasons: tuple[InstanceRefusal, ...]
    sentence: str = ""
    """The service event where no instance is to blame: capacity providers, Fargate."""
    failure: str = ""
    """RunTask's reason in that case."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Placement constraints, read once."""

    expressions: tuple[tuple[str, Meaning | Malformed], ...] = ()
    is_distinct: bool = False


def rules_of(constraints: Sequence[PlacementConstraint]) -> Rules:
    """The constraints, with their expressions read."""
    texts = [
        constraint.expression or ""
        for constraint in constraints
        if constraint.type is PlacementConstraintType.MEMBER_OF
    ]
    is_distinct = any(c.type is PlacementConstraintType.DISTINCT_INSTANCE for c in constraints)
    return Rules(tuple((text, _meaning_of(text)) for text in texts), is_distinct)


def _meaning_of(text: str) -> Meaning | Malformed:
    expression = parse_expression(text)
    return expression if isinstance(expression, Malformed) else meaning_of(expression)


@dataclass(slots=True)
class EnginePorts:
    """Ports taken on one engine by tasks of all its instances."""

    tcp: set[int] = field(default_factory=set)
    udp: set[int] = field(default_factory=set)


def refusal_of(
    demand: Demand, capacity: Capacity, rules: Rules, engines: Mapping[str, EnginePorts]
) -> InstanceRefusal | None:
    """Why the instance cannot take the task, or None when it can.

    Source: ecs.md 3.9 for the order of the checks.
    """
    if not capacity.agent_connected:
        return _refused(capacity, RefusalReason.AGENT, "its engine does not answer")
    for attribute in demand.required_attributes:
        if not has_attribute(capacity, attribute):
            return _refused(capacity, RefusalReason.ATTRIBUTE, _lacks(attribute))
    return _breaks_rules(demand, capacity, rules) or _is_full(demand, capacity, engines)


def has_attribute(capacity: Capacity, attribute: Attribute) -> bool:
    """Whether the instance has the attribute, with its value where one is asked for."""
    value = capacity.attribute(attribute.name)
    return value is not None and attribute.value in (None, "", value)


def _lacks(attribute: Attribute) -> str:
    wanted = f"{attribute.name} = {attribute.value}" if attribute.value else attribute.name
    return f"has no attribute {wanted}"


def _refused(
    capacity: Capacity, reason: RefusalReason, detail: str, missing_amount: int | None = None
) -> InstanceRefusal:
    return InstanceRefusal(
        capacity.instance_arn,
        reason,
        detail,
        missing_amount,
        capacity.cpu_units,
        capacity.memory_mib,
    )


def refusals_of(
    demand: Demand, capacity: Capacity, rules: Rules, engines: Mapping[str, EnginePorts]
) -> tuple[InstanceRefusal, ...]:
    """Every check that the instance fails, in their order; empty when it can take the task."""
    found: list[InstanceRefusal | None] = []
    if not capacity.agent_connected:
        found.append(_refused(capacity, RefusalReason.AGENT, "its engine does not answer"))
    found += [
        _refused(capacity, RefusalReason.ATTRIBUTE, _lacks(attribute))
        for attribute in demand.required_attributes
        if not has_attribute(capacity, attribute)
    ]
    found += [_breaks(text, meaning, capacity) for text, meaning in rules.expressions]
    found += [
        _is_taken(demand, capacity, rules),
        _lacks_cpu(demand, capacity),
        _lacks_memory(demand, capacity),
        _lacks_ports(demand, capacity, engines),
    ]
    return tuple(refusal for refusal in found if refusal is not None)


def _breaks_rules(demand: Demand, capacity: Capacity, rules: Rules) -> InstanceRefusal | None:
    for text, meaning in rules.expressions:
        refusal = _breaks(text, meaning, capacity)
        if refusal is not None:
            return refusal
    return _is_taken(demand, capacity, rules) if rules.is_distinct else None


def _breaks(text: str, meaning: Meaning | Malformed, capacity: Capacity) -> InstanceRefusal | None:
    if isinstance(meaning, Malformed):
        words = f"{text} cannot be read: {meaning.words}"
        return _refused(capacity, RefusalReason.MEMBER_OF, words)
    if not meaning(capacity):
        return _refused(capacity, RefusalReason.MEMBER_OF, f"is not one of: {text}")
    return None


def _is_taken(demand: Demand, capacity: Capacity, rules: Rules) -> InstanceRefusal | None:
    if rules.is_distinct and capacity.task_groups.get(demand.group, 0):
        words = f"runs a task of {demand.group} already"
        return _refused(capacity, RefusalReason.DISTINCT_INSTANCE, words)
    return None


def _is_full(
    demand: Demand, capacity: Capacity, engines: Mapping[str, EnginePorts]
) -> InstanceRefusal | None:
    needs = demand.reservation
    has_ports = needs.tcp_ports or needs.udp_ports
    has_room = needs.cpu_units <= capacity.cpu_units and needs.memory_mib <= capacity.memory_mib
    if has_room and not has_ports:  # asked of every instance for every service: kept short
        return None
    return (
        _lacks_cpu(demand, capacity)
        or _lacks_memory(demand, capacity)
        or _lacks_ports(demand, capacity, engines)
    )


def _lacks_cpu(demand: Demand, capacity: Capacity) -> InstanceRefusal | None:
    needed = demand.reservation.cpu_units
    short = needed - capacity.cpu_units
    # A task that asks for no CPU fits on an instance whose CPU is all given away.
    if short <= 0 or not needed:
        return None
    words = f"needs {needed} CPU units, {capacity.cpu_units} left"
    return _refused(capacity, RefusalReason.CPU, words, short)


def _lacks_memory(demand: Demand, capacity: Capacity) -> InstanceRefusal | None:
    needed = demand.reservation.memory_mib
    short = needed - capacity.memory_mib
    if short <= 0 or not needed:
        return None
    words = f"needs {needed} MiB, {capacity.memory_mib} MiB left"
    return _refused(capacity, RefusalReason.MEMORY, words, short)


def _lacks_ports(
    demand: Demand, capacity: Capacity, engines: Mapping[str, EnginePorts]
) -> InstanceRefusal | None:
    taken = _taken_ports(demand, capacity, engines)
    if not taken:
        return None
    words = f"host port {', '.join(taken)} in use"
    return _refused(capacity, RefusalReason.PORTS, words)


def _taken_ports(
    demand: Demand, capacity: Capacity, engines: Mapping[str, EnginePorts]
) -> list[str]:
    needs = demand.reservation
    if not needs.tcp_ports and not needs.udp_ports:
        return []
    tcp: frozenset[int] | set[int] = capacity.used_tcp_ports
    udp: frozenset[int] | set[int] = capacity.used_udp_ports
    if demand.takes_host_network:
        tcp, udp = engines[capacity.engine].tcp, engines[capacity.engine].udp
    taken = [f"{port}/tcp" for port in needs.tcp_ports if port in tcp]
    return taken + [f"{port}/udp" for port in needs.udp_ports if port in udp]


# -- how ECS says so -----------------------------------------------------------------------------


def closest(unplaced: Unplaced) -> InstanceRefusal | None:
    """The instance that came closest: it failed the latest check and has most left (6.11)."""
    return max(
        unplaced.reasons,
        key=lambda refusal: (_ORDER[refusal.reason], refusal.memory_mib, refusal.cpu_units),
        default=None,
    )


def explain(unplaced: Unplaced) -> str:
    """The service event, without `(service NAME) ` in front (ecs.md 6.11)."""
    refusal = closest(unplaced)
    if unplaced.sentence:
        return unplaced.sentence
    if refusal is None:
        return _UNABLE.format(f"Reason: {NO_INSTANCES}")
    sentence = _SENTENCES.get(refusal.reason, f'encountered error "{refusal.reason}".')
    instance = short_name(refusal.instance_arn)
    return _UNABLE.format(f"The closest matching (container-instance {instance}) {sentence}")


def failures_of(unplaced: Unplaced) -> tuple[Failure, ...]:
    """RunTask's failures: one per instance, at most ten (ecs.md 3.9)."""
    if unplaced.failure:
        return (Failure(reason=unplaced.failure),)
    if not unplaced.reasons:
        return (Failure(reason=NO_INSTANCES),)
    return tuple(
        Failure(arn=refusal.instance_arn, reason=str(refusal.reason), detail=refusal.detail)
        for refusal in unplaced.reasons[:MOST_FAILURES]
    )
