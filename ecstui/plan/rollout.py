"""The rolling planner: how many tasks to start and stop now, from counts alone.

It knows nothing of single tasks; `plan/service.py` chooses them. Rules: ecs.md 6.3 to 6.9.
"""

from dataclasses import dataclass
from enum import StrEnum

from ecstui.model.deployment_configuration import ThresholdConfiguration
from ecstui.model.enums import RolloutOrder


class Blocked(StrEnum):
    """What keeps a rollout from going on."""

    DEPLOYMENT_CONFIGURATION = "DEPLOYMENT_CONFIGURATION"
    PLACEMENT = "PLACEMENT"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a service promises while it changes, in tasks."""

    desired_count: int
    minimum_healthy_percent: int
    maximum_percent: int

    @property
    def floor(self) -> int:
        """Tasks that must stay healthy, rounded up (API DeploymentConfiguration)."""
        return (self.desired_count * self.minimum_healthy_percent + 99) // 100

    @property
    def ceiling(self) -> int:
        """Tasks that may exist at once, rounded down (API DeploymentConfiguration)."""
        return self.desired_count * self.maximum_percent // 100


@dataclass(frozen=True, slots=True)
class Fleet:
    """Tasks of one service: new ones belong to the PRIMARY deployment, old ones to all others.

    Healthy ones are among the running.
    """

    running_old: int = 0
    pending_old: int = 0
    stopping_old: int = 0
    running_new: int = 0
    pending_new: int = 0
    stopping_new: int = 0
    healthy_old: int = 0
    healthy_new: int = 0

    @property
    def healthy(self) -> int:
        """Healthy tasks, old and new."""
        return self.healthy_old + self.healthy_new

    @property
    def stopping(self) -> int:
        """Tasks told to stop that have not stopped yet."""
        return self.stopping_old + self.stopping_new

    def total(self, *, count_stopping: bool = True) -> int:
        """Tasks that count toward the ceiling."""
        alive = self.running_old + self.pending_old + self.running_new + self.pending_new
        return alive + (self.stopping if count_stopping else 0)


@dataclass(frozen=True, slots=True)
class Surplus:
    """Tasks to stop, by what they are."""

    pending: int = 0
    unhealthy: int = 0
    healthy: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.pending + self.unhealthy + self.healthy


@dataclass(frozen=True, slots=True)
class RolloutStep:
    """What to do now: starts are of the new revision."""

    start_new: int
    stop_old: Surplus
    stop_new: Surplus
    blocked: Blocked | None
    is_done: bool


def plan_rollout(
    bounds: Bounds,
    fleet: Fleet,
    order: RolloutOrder = RolloutOrder.SURGE_FIRST,
    *,
    room: int | None = None,
    count_stopping: bool = True,
) -> RolloutStep:
    """One step of a rolling update (ecs.md 6.6); `room`: free places in the cluster, None: enough.

    Old tasks that are pending or not healthy leave at once: they do not count toward the floor.
    """
    want = bounds.desired_count - fleet.running_new - fleet.pending_new
    headroom = bounds.ceiling - fleet.total(count_stopping=count_stopping)
    wished = max(0, min(want, headroom))
    start = wished if room is None else min(wished, max(0, room))
    allowance = _allowance(bounds, fleet, order, want=want, start=start)
    stop_old = Surplus(
        pending=fleet.pending_old,
        unhealthy=fleet.running_old - fleet.healthy_old,
        healthy=min(fleet.healthy_old, allowance),
    )
    stop_new = _surplus_new(bounds, fleet, -want, stop_old.healthy)
    blocked = Blocked.PLACEMENT if start < wished else None
    if blocked is None and _is_stuck(fleet, want, start, stop_old.total + stop_new.total):
        blocked = Blocked.DEPLOYMENT_CONFIGURATION
    return RolloutStep(start, stop_old, stop_new, blocked, is_done=_is_done(bounds, fleet))


def _allowance(bounds: Bounds, fleet: Fleet, order: RolloutOrder, *, want: int, start: int) -> int:
    """How many healthy old tasks may be stopped now."""
    above_floor = max(0, fleet.healthy - bounds.floor)
    if order is RolloutOrder.CONCURRENT:
        return above_floor
    above_desired = max(0, fleet.healthy - bounds.desired_count)
    if above_desired:
        return above_desired
    is_settled = fleet.running_new == fleet.healthy_new and not fleet.pending_new
    can_only_shrink = want > 0 and not start and not fleet.stopping and is_settled
    return above_floor if can_only_shrink else 0


def _surplus_new(bounds: Bounds, fleet: Fleet, surplus: int, healthy_old_stopped: int) -> Surplus:
    """Which tasks of the new revision are too many: pending, then unhealthy, then healthy."""
    if surplus <= 0:
        return Surplus()
    pending = min(surplus, fleet.pending_new)
    unhealthy = min(surplus - pending, fleet.running_new - fleet.healthy_new)
    spare = max(0, fleet.healthy - healthy_old_stopped - bounds.floor)
    return Surplus(pending, unhealthy, min(surplus - pending - unhealthy, spare))


def _is_stuck(fleet: Fleet, want: int, start: int, stops: int) -> bool:
    """Nothing can move, and nothing in flight will change that."""
    in_flight = fleet.pending_new + fleet.stopping + (fleet.running_new - fleet.healthy_new)
    return want > 0 and not start and not stops and not in_flight


def _is_done(bounds: Bounds, fleet: Fleet) -> bool:
    """Whether the deployment may be marked COMPLETED."""
    no_old = not fleet.running_old and not fleet.pending_old
    all_new = fleet.running_new == fleet.healthy_new == bounds.desired_count
    return no_old and all_new and not fleet.pending_new


@dataclass(frozen=True, slots=True)
class SingleFleet:
    """Tasks of a service with one deployment; warming ones run but are not judged yet."""

    healthy: int = 0
    unhealthy: int = 0
    warming: int = 0
    pending: int = 0
    stopping: int = 0


@dataclass(frozen=True, slots=True)
class ReplacementStep:
    """What keeps a single deployment at its desired count."""

    start: int
    stop_unhealthy: int
    stop_healthy: int
    stop_pending: int = 0
    stop_warming: int = 0

    @property
    def stops(self) -> int:
        """All that are to stop."""
        return self.stop_pending + self.stop_warming + self.stop_unhealthy + self.stop_healthy


def plan_replacement(bounds: Bounds, fleet: SingleFleet) -> ReplacementStep:
    """Replace missing and unhealthy tasks, start first where the ceiling allows (ecs.md 6.5)."""
    desired = bounds.desired_count
    coming = fleet.healthy + fleet.warming + fleet.pending
    need = max(0, desired - coming)
    alive = coming + fleet.unhealthy + fleet.stopping
    start = min(need, max(0, bounds.ceiling - alive))
    missing = max(0, desired - (coming + fleet.unhealthy))
    if not fleet.stopping:
        start = max(start, missing)
    stop_unhealthy = min(fleet.unhealthy, max(0, fleet.healthy + fleet.unhealthy - desired))
    in_flight = fleet.pending or fleet.warming or fleet.stopping
    if not stop_unhealthy and not start and need and not in_flight and fleet.unhealthy:
        stop_unhealthy = 1
    surplus = max(0, coming - desired)
    stop_pending = min(surplus, fleet.pending)
    stop_warming = min(surplus - stop_pending, fleet.warming)
    is_clean = not (fleet.unhealthy or fleet.pending or fleet.warming)
    stop_healthy = max(0, fleet.healthy - desired) if is_clean else 0
    return ReplacementStep(start, stop_unhealthy, stop_healthy, stop_pending, stop_warming)


def failure_threshold(
    desired_count: int, configuration: ThresholdConfiguration | None = None
) -> int:
    """Task failures after which a deployment fails: half of desired_count, within 3..200.

    Source: ECS developer guide, deployment circuit breaker (ecs.md 6.9).
    """
    if configuration is None:
        return min(200, max(3, (desired_count + 1) // 2))
    if configuration.type == "COUNT":
        return configuration.value
    share = (desired_count * configuration.value + 99) // 100
    return max(1, share) if configuration.type == "UNBOUNDED_PERCENT" else min(200, max(3, share))


def throttle_seconds(start_failures: int, first: float, limit: float) -> float:
    """Wait before the next start after so many starts in a row that failed (ecs.md 6.10)."""
    if start_failures < 3:
        return 0.0
    return min(limit, first * 2.0 ** min(start_failures - 3, 30))
