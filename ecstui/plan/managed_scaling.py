"""How many instances an Auto Scaling group should have: CapacityProviderReservation and its steps.

Pure: one evaluation of one group from counts, a size and the state that the last one left. It
launches and ends nothing. Source: ecs.md 4.6 (managed scaling).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ecstui.model.capacity import ManagedScaling, ScalingState
from ecstui.model.service import PlacementConstraint
from ecstui.plan.capacity import Capacity, Demand, take
from ecstui.plan.placement import Placed, place

POINTS_BEFORE_SCALE_IN = 15
FIRST_STEP = 2
"""With no instance at all, so many are launched first."""
DEFAULT_TARGET_CAPACITY = 100
DEFAULT_MINIMUM_STEP = 1
DEFAULT_MAXIMUM_STEP = 10_000


@dataclass(frozen=True, slots=True)
class WaitingGroup:
    """Tasks that wait in PROVISIONING and need the same."""

    demand: Demand
    constraints: tuple[PlacementConstraint, ...]
    number: int


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """One Auto Scaling group as it is now."""

    running: int
    """N: instances that run and are not being taken away."""
    busy: int
    """Of these, the ones that run at least one task that is no daemon's."""
    waiting: int
    """Tasks that wait for this provider."""
    new_instances: int
    """Fresh instances that the largest group of waiting tasks needs; 0: none of them fits one."""
    min_size: int
    max_size: int
    desired: int
    is_warming_up: bool
    """Whether an instance boots, or was launched less than the warmup period ago."""


@dataclass(frozen=True, slots=True)
class ScalingDecision:
    """What one evaluation decided."""

    desired: int
    state: ScalingState


def needed_instances(groups: Iterable[WaitingGroup], empty: Capacity) -> int:
    """Fresh instances for the group of tasks that needs most; `empty`: one of them, unused.

    A group of which not one task fits on a fresh instance is ignored: it waits for ever.
    """
    most = 0
    for group in groups:
        per_instance = _fitting(group, empty)
        if per_instance:
            most = max(most, -(-group.number // per_instance))
    return most


def _fitting(group: WaitingGroup, empty: Capacity) -> int:
    """How many tasks of a group one fresh instance takes, at most all of them."""
    room, fitting = empty, 0
    while fitting < group.number:
        if not isinstance(place(group.demand, (room,), group.constraints), Placed):
            break
        room = take(room, group.demand)
        fitting += 1
    return fitting


def reservation_of(running: int, needed: int) -> float:
    """CapacityProviderReservation: M / N in percent; 200 when tasks wait and nothing runs."""
    if running == 0:
        return 200.0 if needed else 100.0
    return needed / running * 100.0


def evaluate(
    scaling: ManagedScaling, facts: GroupFacts, before: ScalingState, now: float
) -> ScalingDecision:
    """One data point, and the desired capacity that follows from it."""
    target = scaling.target_capacity or DEFAULT_TARGET_CAPACITY
    needed = facts.running + facts.new_instances if facts.new_instances else facts.busy
    reservation = reservation_of(facts.running, needed)
    state = ScalingState(
        evaluated_at=now,
        running_count=facts.running,
        needed_count=needed,
        reservation=reservation,
        waiting_count=facts.waiting,
    )
    above_target = needed * 100 - target * facts.running
    if above_target > 0:
        return _scale_out(scaling, facts, state, target)
    if above_target == 0 or facts.running <= facts.min_size:
        return ScalingDecision(facts.desired, state.with_(decision=_at_rest(facts)))
    state = state.with_(low_points=before.low_points + 1)
    return _scale_in(facts, state, target)


def _at_rest(facts: GroupFacts) -> str:
    if facts.waiting:
        return f"{_tasks(facts.waiting)} wait, but would not fit on a new instance"
    return ""


def _scale_out(
    scaling: ManagedScaling, facts: GroupFacts, state: ScalingState, target: int
) -> ScalingDecision:
    if facts.is_warming_up:
        words = "waits until the last launch has warmed up"
        return ScalingDecision(facts.desired, state.with_(decision=words))
    if facts.running == 0:
        step = FIRST_STEP
    else:
        wanted = wanted_instances(state.needed_count, target)
        low = scaling.minimum_scaling_step_size or DEFAULT_MINIMUM_STEP
        high = scaling.maximum_scaling_step_size or DEFAULT_MAXIMUM_STEP
        step = min(max(wanted - facts.running, low), high)
    desired = min(facts.running + step, facts.max_size)
    if desired <= facts.desired:
        words = f"needs more, but has its most: {_instances(facts.max_size)}"
        return ScalingDecision(facts.desired, state.with_(decision=words))
    words = f"scales out from {facts.desired} to {desired}"
    return ScalingDecision(desired, state.with_(decision=words))


def wanted_instances(needed: int, target: int) -> int:
    """Instances that leave `target` percent of them in use: ceil(M / (target / 100))."""
    return -(-needed * 100 // target)


def _scale_in(facts: GroupFacts, state: ScalingState, target: int) -> ScalingDecision:
    wanted = max(wanted_instances(state.needed_count, target), facts.min_size)
    surplus = facts.running - wanted
    if surplus <= 0:
        return ScalingDecision(facts.desired, state.with_(low_points=0))
    if state.low_points < POINTS_BEFORE_SCALE_IN:
        words = f"scale-in point {state.low_points}/{POINTS_BEFORE_SCALE_IN}"
        return ScalingDecision(facts.desired, state.with_(decision=words))
    desired = facts.running - min(surplus, max(1, (facts.running - 1) // 2))
    words = f"scales in from {facts.running} to {desired}"
    return ScalingDecision(desired, state.with_(decision=words))


def leaving(
    candidates: Sequence[tuple[str, int]], number: int, *, is_protected: bool
) -> tuple[str, ...]:
    """Instances that leave: those with fewest tasks first, ties in the order given.

    `candidates`: ARN and number of tasks that are no daemon's. With managed termination
    protection only empty ones leave.
    """
    may_leave = [(arn, tasks) for arn, tasks in candidates if not (is_protected and tasks)]
    order = sorted(may_leave, key=lambda candidate: candidate[1])
    return tuple(arn for arn, _ in order[:number])


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count} tasks"


def _instances(count: int) -> str:
    return "1 instance" if count == 1 else f"{count} instances"
