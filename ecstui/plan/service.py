"""One pass of the service scheduler: which tasks of one service to start and to stop now.

Chooses single tasks and instances; how many is decided by `plan/rollout.py` from counts, and what
failures mean by `plan/deployments.py`. Follows the order of ecs.md 6.17.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ecstui.base.ids import Ids
from ecstui.model.deployment_configuration import LifecycleStage
from ecstui.model.enums import (
    DeploymentStatus,
    RolloutOrder,
    RolloutState,
    SchedulingStrategy,
    ServiceStatus,
)
from ecstui.model.service import DeploymentRecord, ServiceRecord
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.plan import deployments as book
from ecstui.plan import service_words as words
from ecstui.plan.blue_green import plan_blue_green
from ecstui.plan.deployments import FAILED_HEALTH_CHECKS, Told
from ecstui.plan.failing import trip_breaker
from ecstui.plan.health import TaskHealth, Verdict
from ecstui.plan.pace import Pace
from ecstui.plan.placement import (
    Candidate,
    Capacity,
    Demand,
    Placed,
    Unplaced,
    choose_scale_in,
    demand_of,
    is_eligible,
    place_all,
)
from ecstui.plan.provider_placement import Berth, Launching, Surroundings, place_by_provider
from ecstui.plan.rollout import (
    Blocked,
    Bounds,
    Fleet,
    ReplacementStep,
    SingleFleet,
    plan_replacement,
    plan_rollout,
)
from ecstui.plan.service_deployment import blue_of
from ecstui.plan.service_steps import ROLLING, Course, ServicePlan, Start, Stop


@dataclass(frozen=True, slots=True)
class ServiceSituation:
    """All that one pass over a service is decided from."""

    service: ServiceRecord
    definitions: Mapping[str, TaskDefinitionRecord]
    """Task definition ARN to definition, for every deployment."""
    tasks: tuple[TaskRecord, ...]
    """Every task of the service that is not stopped, and every stopped one not settled."""
    health: Mapping[str, TaskHealth]
    """Task ARN to verdict."""
    capacities: Sequence[Capacity]
    """What is left of the instances of the service's cluster."""
    pace: Pace
    order: RolloutOrder
    ids: Ids
    now: float
    surroundings: Surroundings | None = None
    """Capacity providers and Fargate; needed only by a service that is launched by them."""
    course: Course = ROLLING


@dataclass(frozen=True, slots=True)
class _Groups:
    """The tasks of a service by what they are; `old` also holds those on draining instances."""

    new: Mapping[Verdict, tuple[TaskRecord, ...]]
    old: Mapping[Verdict, tuple[TaskRecord, ...]]
    draining: frozenset[str]

    def count(self, which: str, *verdicts: Verdict) -> int:
        """How many tasks of `new` or `old` have one of these verdicts."""
        groups = self.new if which == "new" else self.old
        return sum(len(groups.get(verdict, ())) for verdict in verdicts)


@dataclass(frozen=True, slots=True)
class _Wish:
    """How many to start, and which to stop, before placement has its say."""

    starts: int
    stops: tuple[Stop, ...]
    blocked: Blocked | None = None
    is_done: bool = False
    replaced: int = 0
    """Unhealthy tasks that the starts replace."""
    deployment: DeploymentRecord | None = None
    """Whose tasks to start; None: the PRIMARY deployment's."""


@dataclass(frozen=True, slots=True)
class _Placing:
    """What became of the starts that were wished for."""

    starts: tuple[Start, ...] = ()
    unplaced: Unplaced | None = None
    held_until: float | None = None
    """Throttled: no start before this time."""


@dataclass(slots=True)
class _Draft:
    """A plan under construction."""

    service: ServiceRecord
    told: list[Told] = field(default_factory=list)


def plan_service(situation: ServiceSituation) -> ServicePlan:
    """One pass over one service."""
    service = situation.service
    if service.status is ServiceStatus.DRAINING:
        return _plan_draining(situation)
    if service.status is not ServiceStatus.ACTIVE:
        return ServicePlan(service)
    draft = _Draft(_settled(situation))
    _keep(draft, trip_breaker(draft.service, situation.now))
    return _plan_active(situation, draft)


def _settled(situation: ServiceSituation) -> ServiceRecord:
    stopped = [task for task in situation.tasks if task.is_stopped and not task.is_settled]
    proven = {
        task.deployment_id or ""
        for task in situation.tasks
        if task.healthy_at is None and situation.health[task.task_arn].verdict is Verdict.HEALTHY
    }
    ran = {task.deployment_id or "" for task in situation.tasks if task.started_at is not None}
    return book.settle(situation.service, stopped, proven, situation.pace, situation.now, ran=ran)


def _keep(draft: _Draft, kept: book.Bookkeeping) -> None:
    draft.service = kept.service
    draft.told += kept.told


def _plan_draining(situation: ServiceSituation) -> ServicePlan:
    """A deleted service: every task goes; when none is left it is INACTIVE (ecs.md 6.16)."""
    service = situation.service
    alive = [task for task in situation.tasks if not task.is_stopped]
    wanted = [task for task in alive if task.is_wanted]
    if not alive:
        gone = service.with_(status=ServiceStatus.INACTIVE, deployments=(), waiting=None)
        return ServicePlan(gone)
    reason = words.scaling_reason(service.deployments[0].id if service.deployments else "")
    stops = tuple(Stop(task.task_arn, reason) for task in wanted)
    told = tuple(words.stopped(stops, [])) if stops else ()
    waiting = words.draining(len(alive))
    return ServicePlan(service.with_(waiting=waiting), stops=stops, told=told)


def _plan_active(situation: ServiceSituation, draft: _Draft) -> ServicePlan:
    bounds = _bounds(situation, draft.service)
    if draft.service.desired_count != bounds.desired_count:
        draft.service = draft.service.with_(desired_count=bounds.desired_count)
    service = draft.service
    groups = _group(situation, service)
    wish = _wish(situation, service, groups, bounds, room=None)
    starting = wish.deployment or service.primary
    held_until = _held_until(situation, starting)
    placing = _Placing(held_until=held_until)
    if wish.starts and held_until is None:
        placing = _place(situation, service, starting, wish.starts)
        if len(placing.starts) < wish.starts:
            wish = _wish(situation, service, groups, bounds, room=len(placing.starts))
    return _conclude(situation, draft, groups, wish, placing)


def _bounds(situation: ServiceSituation, service: ServiceRecord) -> Bounds:
    """What the service promises; a daemon's desired count is its eligible instances (6.2)."""
    desired = service.desired_count
    if service.scheduling_strategy is SchedulingStrategy.DAEMON:
        definition = situation.definitions[service.primary.task_definition]
        constraints = words.constraints_of(service, definition)
        desired = sum(1 for c in situation.capacities if is_eligible(c, definition, constraints))
    return Bounds(desired, service.minimum_healthy_percent, service.maximum_percent)


def _group(situation: ServiceSituation, service: ServiceRecord) -> _Groups:
    draining = frozenset(c.instance_arn for c in situation.capacities if not c.is_active)
    primary = service.primary.id
    new: dict[Verdict, list[TaskRecord]] = {}
    old: dict[Verdict, list[TaskRecord]] = {}
    for task in situation.tasks:
        verdict = situation.health[task.task_arn].verdict
        is_new = task.deployment_id == primary and task.container_instance_arn not in draining
        (new if is_new else old).setdefault(verdict, []).append(task)
    return _Groups(
        {verdict: tuple(tasks) for verdict, tasks in new.items()},
        {verdict: tuple(tasks) for verdict, tasks in old.items()},
        draining,
    )


_RUNNING = (Verdict.WARMING, Verdict.HEALTHY, Verdict.UNHEALTHY)


def _wish(
    situation: ServiceSituation,
    service: ServiceRecord,
    groups: _Groups,
    bounds: Bounds,
    room: int | None,
) -> _Wish:
    has_old = groups.count("old", Verdict.PENDING, Verdict.STOPPING, *_RUNNING) > 0
    if service.primary.rollout_state is RolloutState.FAILED:
        return _wish_less(situation, service, groups, bounds)
    if situation.course.stage is not None and (
        service.primary.rollout_state is RolloutState.IN_PROGRESS and service.rolled_back is None
    ):
        return _wish_blue_green(situation, service, bounds, situation.course.stage)
    if has_old or service.primary.rollout_state is RolloutState.IN_PROGRESS:
        return _wish_rollout(situation, service, groups, bounds, room)
    return _wish_replacement(situation, service, groups, bounds)


def _wish_rollout(
    situation: ServiceSituation,
    service: ServiceRecord,
    groups: _Groups,
    bounds: Bounds,
    room: int | None,
) -> _Wish:
    fleet = Fleet(
        running_old=groups.count("old", *_RUNNING),
        pending_old=groups.count("old", Verdict.PENDING),
        stopping_old=groups.count("old", Verdict.STOPPING),
        running_new=groups.count("new", *_RUNNING),
        pending_new=groups.count("new", Verdict.PENDING),
        stopping_new=groups.count("new", Verdict.STOPPING),
        healthy_old=groups.count("old", Verdict.HEALTHY),
        healthy_new=groups.count("new", Verdict.HEALTHY),
    )
    step = plan_rollout(bounds, fleet, situation.order, room=room)
    chosen = [
        *_choose(situation, service, groups.old, step.stop_old.pending, (Verdict.PENDING,)),
        *_choose(
            situation,
            service,
            groups.old,
            step.stop_old.unhealthy,
            (Verdict.UNHEALTHY, Verdict.WARMING),
        ),
        *_choose(situation, service, groups.old, step.stop_old.healthy, (Verdict.HEALTHY,)),
        *_choose(situation, service, groups.new, step.stop_new.pending, (Verdict.PENDING,)),
        *_choose(
            situation,
            service,
            groups.new,
            step.stop_new.unhealthy,
            (Verdict.UNHEALTHY, Verdict.WARMING),
        ),
        *_choose(situation, service, groups.new, step.stop_new.healthy, (Verdict.HEALTHY,)),
    ]
    reason = words.scaling_reason(service.primary.id)
    stops = [Stop(task.task_arn, reason) for task in chosen]
    stops += _failing_new(groups, step.stop_new.total)
    return _Wish(step.start_new, tuple(stops), step.blocked, step.is_done)


def _failing_new(groups: _Groups, already_stopping: int) -> list[Stop]:
    """Unhealthy tasks of the new revision are replaced; their failure is counted (ecs.md 6.9)."""
    if already_stopping:
        return []
    unhealthy = groups.new.get(Verdict.UNHEALTHY, ())
    return [Stop(task.task_arn, FAILED_HEALTH_CHECKS) for task in unhealthy]


def _wish_less(
    situation: ServiceSituation, service: ServiceRecord, groups: _Groups, bounds: Bounds
) -> _Wish:
    """A failed deployment starts nothing more; only what is above the ceiling goes (ecs.md 6.9)."""
    verdicts = (Verdict.PENDING, *_RUNNING)
    surplus = groups.count("old", *verdicts) + groups.count("new", *verdicts) - bounds.ceiling
    chosen = _choose(situation, service, groups.new, surplus, verdicts)
    chosen += _choose(situation, service, groups.old, surplus - len(chosen), verdicts)
    reason = words.scaling_reason(service.primary.id)
    return _Wish(0, tuple(Stop(task.task_arn, reason) for task in chosen))


def _wish_blue_green(
    situation: ServiceSituation, service: ServiceRecord, bounds: Bounds, stage: LifecycleStage
) -> _Wish:
    """Blue and green side by side, as the stage wants it; what is neither goes (ecs.md 6.14)."""
    green, blue = service.primary, blue_of(service)
    sides: dict[str | None, dict[Verdict, tuple[TaskRecord, ...]]] = {green.id: {}, blue: {}}
    strays = []
    for task in situation.tasks:
        verdict = situation.health[task.task_arn].verdict
        side = sides.get(task.deployment_id) if task.deployment_id else None
        if side is not None:
            side[verdict] = (*side.get(verdict, ()), task)
        elif verdict in {Verdict.PENDING, *_RUNNING}:
            strays.append(task)
    blue_fleet = _fleet_of(sides[blue]) if blue is not None else SingleFleet()
    step = plan_blue_green(stage, bounds, blue_fleet, _fleet_of(sides[green.id]))
    reason = words.scaling_reason(green.id)
    stops = [Stop(task.task_arn, reason) for task in strays]
    if blue is not None:
        stops += _stops_of(situation, service, sides[blue], step.blue, reason)
    stops += _stops_of(situation, service, sides[green.id], step.green, reason)
    older = next((d for d in service.deployments if d.id == blue), None)
    if step.blue.start and older is not None:
        return _Wish(step.blue.start, tuple(stops), deployment=older)
    return _Wish(step.green.start, tuple(stops), is_done=step.is_done)


def _fleet_of(tasks: Mapping[Verdict, Sequence[TaskRecord]]) -> SingleFleet:
    return SingleFleet(
        healthy=len(tasks.get(Verdict.HEALTHY, ())),
        unhealthy=len(tasks.get(Verdict.UNHEALTHY, ())),
        warming=len(tasks.get(Verdict.WARMING, ())),
        pending=len(tasks.get(Verdict.PENDING, ())),
        stopping=len(tasks.get(Verdict.STOPPING, ())),
    )


def _stops_of(
    situation: ServiceSituation,
    service: ServiceRecord,
    tasks: Mapping[Verdict, tuple[TaskRecord, ...]],
    step: ReplacementStep,
    reason: str,
) -> list[Stop]:
    """The tasks that a step takes away, with the reason that each of them carries."""
    surplus = [
        *_choose(situation, service, tasks, step.stop_pending, (Verdict.PENDING,)),
        *_choose(situation, service, tasks, step.stop_warming, (Verdict.WARMING,)),
        *_choose(situation, service, tasks, step.stop_healthy, (Verdict.HEALTHY,)),
    ]
    failing = _choose(situation, service, tasks, step.stop_unhealthy, (Verdict.UNHEALTHY,))
    stops = [Stop(task.task_arn, reason) for task in surplus]
    return stops + [Stop(task.task_arn, FAILED_HEALTH_CHECKS) for task in failing]


def _wish_replacement(
    situation: ServiceSituation, service: ServiceRecord, groups: _Groups, bounds: Bounds
) -> _Wish:
    fleet = _fleet_of(groups.new)
    step = plan_replacement(bounds, fleet)
    reason = words.scaling_reason(service.primary.id)
    stops = _stops_of(situation, service, groups.new, step, reason)
    is_done = fleet.healthy == bounds.desired_count and fleet == SingleFleet(healthy=fleet.healthy)
    replaced = min(step.start, fleet.unhealthy)
    return _Wish(step.start, tuple(stops), None, is_done, replaced)


def _choose(
    situation: ServiceSituation,
    service: ServiceRecord,
    groups: Mapping[Verdict, tuple[TaskRecord, ...]],
    count: int,
    verdicts: tuple[Verdict, ...],
) -> list[TaskRecord]:
    """Which tasks of these verdicts leave first (ecs.md 5.5)."""
    if count <= 0:
        return []
    tasks = {task.task_arn: task for v in verdicts for task in groups.get(v, ())}
    created_at = {d.id: d.created_at for d in service.deployments}
    inactive = {c.instance_arn for c in situation.capacities if not c.is_active}
    candidates = [
        Candidate(
            task_arn=task.task_arn,
            instance_arn=task.container_instance_arn or f"fargate/{task.availability_zone}",
            zone=task.availability_zone or "",
            is_on_draining=task.container_instance_arn in inactive,
            is_pending=situation.health[task.task_arn].verdict is Verdict.PENDING,
            is_unhealthy=situation.health[task.task_arn].verdict is Verdict.UNHEALTHY,
            deployment_created_at=created_at.get(task.deployment_id or "", 0.0),
            task_created_at=task.created_at,
            reservation=task.reservation,
        )
        for task in tasks.values()
    ]
    order = choose_scale_in(candidates, situation.capacities, service.placement_strategy)
    return [tasks[candidate.task_arn] for candidate in order[:count]]


def _held_until(situation: ServiceSituation, deployment: DeploymentRecord) -> float | None:
    """When the next start may be tried, while starts are throttled (ecs.md 6.10)."""
    next_start_at = deployment.next_start_at
    return next_start_at if next_start_at is not None and next_start_at > situation.now else None


def _place(
    situation: ServiceSituation, service: ServiceRecord, starting: DeploymentRecord, count: int
) -> _Placing:
    definition = situation.definitions[starting.task_definition]
    group = words.group_of(service)
    ids = [situation.ids() for _ in range(count)]
    demands = [demand_of(definition, group, task_id, is_service=True) for task_id in ids]
    if words.is_launched_by_provider(service):
        return _place_by_provider(situation, service, starting, ids, demands)
    placements = place_all(
        demands,
        situation.capacities,
        words.constraints_of(service, definition),
        service.placement_strategy,
    )
    starts = tuple(
        Start(task_id, starting, placement.instance_arn)
        for task_id, placement in zip(ids, placements, strict=True)
        if isinstance(placement, Placed)
    )
    unplaced = next((p for p in placements if isinstance(p, Unplaced)), None)
    return _Placing(starts, unplaced)


def _place_by_provider(
    situation: ServiceSituation,
    service: ServiceRecord,
    starting: DeploymentRecord,
    ids: Sequence[str],
    demands: Sequence[Demand],
) -> _Placing:
    """On Fargate, or by the service's capacity provider strategy (ecs.md 4.6)."""
    definition = situation.definitions[starting.task_definition]
    mine = [t for t in situation.tasks if t.is_wanted and t.deployment_id == starting.id]
    launching = Launching(
        strategy=service.capacity_provider_strategy,
        constraints=words.constraints_of(service, definition),
        strategies=service.placement_strategy,
        network=service.network_configuration,
        counts=Counter(task.capacity_provider_name or "" for task in mine),
    )
    surroundings = situation.surroundings or Surroundings(service.cluster_name)
    berths = place_by_provider(demands, situation.capacities, surroundings, launching)
    starts = tuple(
        Start(task_id, starting, berth.capacity.instance_arn, berth)
        for task_id, berth in zip(ids, berths, strict=True)
        if isinstance(berth, Berth)
    )
    return _Placing(starts, next((b for b in berths if isinstance(b, Unplaced)), None))


def _conclude(
    situation: ServiceSituation, draft: _Draft, groups: _Groups, wish: _Wish, placing: _Placing
) -> ServicePlan:
    pending = {t.task_arn for g in (groups.new, groups.old) for t in g.get(Verdict.PENDING, ())}
    draft.told += words.started(placing.starts, wish.replaced)
    draft.told += words.stopped(
        [stop for stop in wish.stops if stop.task_arn not in pending],
        [stop for stop in wish.stops if stop.task_arn in pending],
    )
    trouble = words.trouble_of(draft.service, wish.blocked, placing.unplaced, placing.held_until)
    _keep(draft, words.remember_trouble(draft.service, trouble, situation.pace, situation.now))
    is_rolled_out = _is_rolled_out(wish, placing)
    is_steady = _finish_rollout(situation, draft, groups, is_rolled_out=is_rolled_out)
    service = _with_counts(draft.service, groups, placing.starts, wish.stops)
    waiting = None if is_steady else _waiting(service, groups, trouble, placing)
    return ServicePlan(
        service.with_(is_steady=is_steady, waiting=waiting),
        placing.starts,
        wish.stops,
        tuple(draft.told),
        _wake_at(situation, placing.held_until),
        is_short_of_room=placing.unplaced is not None,
        is_rolled_out=is_rolled_out,
    )


def _is_rolled_out(wish: _Wish, placing: _Placing) -> bool:
    is_quiet = not placing.starts and not wish.stops and placing.held_until is None
    return wish.is_done and is_quiet and placing.unplaced is None


def _finish_rollout(
    situation: ServiceSituation, draft: _Draft, groups: _Groups, *, is_rolled_out: bool
) -> bool:
    """Complete the deployment when it is done; whether the service is steady now."""
    is_done = is_rolled_out and situation.course.may_complete
    if is_done:
        _keep(draft, book.complete(draft.service, situation.now))
    alive = {t.deployment_id or "" for t in situation.tasks if not t.is_stopped}
    draft.service = book.drop_replaced(draft.service, alive)
    is_steady = is_done and len(draft.service.deployments) == 1
    is_steady = is_steady and not groups.count("new", Verdict.STOPPING)
    if is_steady and not draft.service.is_steady:
        draft.told.append(Told("has reached a steady state."))
    return is_steady


def _waiting(
    service: ServiceRecord, groups: _Groups, trouble: str | None, placing: _Placing
) -> str | None:
    moving = words.Moving(
        pending=groups.count("new", Verdict.PENDING) + len(placing.starts),
        warming=groups.count("new", Verdict.WARMING),
        stopping=groups.count("old", Verdict.STOPPING) + groups.count("new", Verdict.STOPPING),
        unhealthy=groups.count("new", Verdict.UNHEALTHY),
    )
    return words.waiting(service, trouble, moving, placing.held_until)


def _wake_at(situation: ServiceSituation, held_until: float | None) -> float | None:
    times = [h.settles_at for h in situation.health.values() if h.settles_at is not None]
    if held_until is not None:
        times.append(held_until)
    return min(times, default=None)


def _with_counts(
    service: ServiceRecord, groups: _Groups, starts: Sequence[Start], stops: Sequence[Stop]
) -> ServiceRecord:
    """Deployments with the number of tasks that each is meant to have (ecs.md 6.1)."""
    leaving = {stop.task_arn for stop in stops}
    wanted: dict[str, int] = {}
    for group in (groups.new, groups.old):
        for verdict in (Verdict.PENDING, *_RUNNING):
            for task in group.get(verdict, ()):
                if task.task_arn not in leaving:
                    key = task.deployment_id or ""
                    wanted[key] = wanted.get(key, 0) + 1
    for start in starts:
        wanted[start.deployment.id] = wanted.get(start.deployment.id, 0) + 1
    is_only = len(service.deployments) == 1
    for deployment in service.deployments:
        count = wanted.get(deployment.id, 0)
        if is_only and deployment.status is DeploymentStatus.PRIMARY:
            count = service.desired_count
        if count != deployment.desired_count:
            service = book.with_deployment(service, deployment.with_(desired_count=count))
    return service
