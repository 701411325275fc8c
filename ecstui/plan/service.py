"""One pass of the service scheduler: which tasks of one service to start and to stop now.

Chooses single tasks and instances; how many is decided by `plan/rollout.py` from counts, and what
failures mean by `plan/deployments.py`. Follows the order of ecs.md 6.17.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ecstui.base.ids import short_name
from ecstui.model.deployment_configuration import LifecycleStage
from ecstui.model.enums import (
    DeploymentStatus,
    RolloutState,
    SchedulingStrategy,
    ServiceStatus,
)
from ecstui.model.service import DeploymentRecord, ServiceRecord
from ecstui.model.task import TaskRecord
from ecstui.plan import deployments as book
from ecstui.plan import rebalancing
from ecstui.plan import service_words as words
from ecstui.plan.blue_green import plan_blue_green
from ecstui.plan.deployments import FAILED_HEALTH_CHECKS, Told
from ecstui.plan.failing import trip_breaker
from ecstui.plan.health import Verdict
from ecstui.plan.placement import Candidate, choose_scale_in, is_eligible
from ecstui.plan.rebalancing import Move
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
from ecstui.plan.service_placing import Balance, Placing, balance_of, beside, place_starts
from ecstui.plan.service_sides import (
    above_floor,
    by_draining,
    fleet_of,
    may_go,
    misplaced,
    sides_of,
)
from ecstui.plan.service_steps import ServicePlan, ServiceSituation, Start, Stop


@dataclass(frozen=True, slots=True)
class _Groups:
    """The tasks of a service by what they are; `old` also holds those where none may stay."""

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
    instead: int = 0
    """How many of the PRIMARY deployment to start where none of `deployment` can be."""
    spared: int = 0
    """Tasks that would be stopped if they were not protected."""
    move: Move | None = None
    """The start is one task more in a zone with few (ecs.md 5.6)."""
    is_move_done: bool = False
    """The stop is the one task less in the zone with many."""
    is_uneven: bool = False
    """A task would move if there were room where there are few."""


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
    if not rebalancing.is_still_going(draft.service, situation.tasks):
        draft.service = draft.service.with_(rebalancing=None)
        draft.told.append(Told(rebalancing.STOPPED))
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
    """A deleted service is INACTIVE when all tasks are STOPPING or STOPPED (ecs.md 6.16)."""
    service = situation.service
    wanted = [task for task in situation.tasks if task.is_wanted and not task.is_stopped]
    if not wanted:
        gone = service.with_(status=ServiceStatus.INACTIVE, deployments=(), waiting=None)
        return ServicePlan(gone)
    reason = words.scaling_reason(service.deployments[0].id if service.deployments else "")
    stops = tuple(Stop(task.task_arn, reason) for task in wanted)
    told = tuple(words.stopped(stops, []))
    waiting = words.draining(len(wanted))
    return ServicePlan(service.with_(waiting=waiting), stops=stops, told=told)


def _plan_active(situation: ServiceSituation, draft: _Draft) -> ServicePlan:
    bounds = _bounds(situation, draft.service)
    if draft.service.desired_count != bounds.desired_count:
        draft.service = draft.service.with_(desired_count=bounds.desired_count)
    service = draft.service
    groups = _group(situation, service)
    wish = _wish(situation, service, groups, bounds, room=None)
    placing = _tried(situation, service, wish)
    if placing.held_until is None and len(placing.starts) < wish.starts:
        wish = _wish(situation, service, groups, bounds, room=len(placing.starts))
    if wish.instead and not placing.starts:
        wish = replace(wish, starts=wish.instead, deployment=None)
        placing = beside(_tried(situation, service, wish), placing)
    return _conclude(situation, draft, groups, wish, placing)


def _tried(situation: ServiceSituation, service: ServiceRecord, wish: _Wish) -> Placing:
    """Places for the starts of a wish, unless they are throttled; no start waits for nothing."""
    if not wish.starts:
        return Placing()
    starting = wish.deployment or service.primary
    held_until = _held_until(situation, starting)
    if held_until is not None:
        return Placing(held_until=held_until)
    return place_starts(situation, service, starting, wish.starts, wish.move)


def _bounds(situation: ServiceSituation, service: ServiceRecord) -> Bounds:
    """What the service promises; a daemon's desired count is its eligible instances (6.2)."""
    desired = service.desired_count
    if service.scheduling_strategy is SchedulingStrategy.DAEMON:
        desired = len(situation.capacities) - len(_left(situation, service))
    return Bounds(desired, service.minimum_healthy_percent, service.maximum_percent)


def _left(situation: ServiceSituation, service: ServiceRecord) -> frozenset[str]:
    """Instances that tasks leave: draining ones, those not eligible for a daemon (4.4, 5.3)."""
    if service.scheduling_strategy is not SchedulingStrategy.DAEMON:
        return frozenset(c.instance_arn for c in situation.capacities if not c.is_active)
    definition = situation.definitions[service.primary.task_definition]
    rules = words.constraints_of(service, definition)
    return frozenset(
        c.instance_arn for c in situation.capacities if not is_eligible(c, definition, rules)
    )


def _group(situation: ServiceSituation, service: ServiceRecord) -> _Groups:
    draining = _left(situation, service)
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
        return _wish_blue_green(situation, service, groups, bounds)
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
    spared = step.stop_old.total + step.stop_new.total - len(chosen)
    return _Wish(step.start_new, tuple(stops), step.blocked, step.is_done, spared=spared)


def _failing_new(groups: _Groups, already_stopping: int) -> list[Stop]:
    """Unhealthy tasks of the new revision are replaced; their failure is counted (ecs.md 6.9)."""
    if already_stopping:
        return []
    unhealthy = groups.new.get(Verdict.UNHEALTHY, ())
    return [Stop(task.task_arn, FAILED_HEALTH_CHECKS) for task in unhealthy]


def _wish_less(
    situation: ServiceSituation, service: ServiceRecord, groups: _Groups, bounds: Bounds
) -> _Wish:
    """A failed deployment starts nothing more; only what is above the ceiling goes (ecs.md 6.9).

    What is on a draining instance goes first, what is PENDING there in any case (4.4). Elsewhere
    its own go before older ones. Healthy tasks go last and as the floor allows.
    """
    verdicts = (Verdict.PENDING, *_RUNNING)
    surplus = groups.count("old", *verdicts) + groups.count("new", *verdicts) - bounds.ceiling
    healthy = groups.count("old", Verdict.HEALTHY) + groups.count("new", Verdict.HEALTHY)
    spare = max(0, healthy - bounds.floor)
    chosen = [*misplaced(situation, groups.draining)]
    waning, older = by_draining(groups.old, groups.draining)
    for row in ((waning,), (groups.new, older)):
        ailing = (Verdict.PENDING, Verdict.UNHEALTHY, Verdict.WARMING)
        for tasks in row:
            chosen += _choose(situation, service, tasks, surplus - len(chosen), ailing)
        for tasks in row:
            count = min(surplus - len(chosen), spare)
            going = _choose(situation, service, tasks, count, (Verdict.HEALTHY,))
            chosen, spare = chosen + going, spare - len(going)
    reason = words.scaling_reason(service.primary.id)
    stops = tuple(Stop(task.task_arn, reason) for task in chosen)
    return _Wish(0, stops, spared=max(0, surplus - len(chosen)))


def _wish_blue_green(
    situation: ServiceSituation, service: ServiceRecord, groups: _Groups, bounds: Bounds
) -> _Wish:
    """Blue and green side by side, as the stage wants it; what is neither goes (ecs.md 6.14).

    What runs on a draining instance is replaced as if it were unhealthy (4.4). Where blue cannot
    have what it lacks, green does not wait for it.
    """
    stage = situation.course.stage
    assert stage is not None, "a blue/green deployment has a stage"
    green, blue = service.primary, blue_of(service)
    sides = sides_of(situation, blue, green.id, groups.draining)
    step = plan_blue_green(stage, bounds, fleet_of(sides.blue), fleet_of(sides.green))
    reason = words.scaling_reason(green.id)
    stops = [Stop(t.task_arn, reason) for t in sides.strays if may_go(t, situation)]
    stops += _stops_of(situation, service, sides.blue, step.blue, reason)
    stops += _stops_of(situation, service, sides.green, step.green, reason)
    stops = above_floor(situation, stops, bounds)
    spared = step.blue.stops + step.green.stops + len(sides.strays) - len(stops)
    stops += [Stop(t.task_arn, reason) for t in misplaced(situation, groups.draining)]
    older = next((d for d in service.deployments if d.id == blue), None)
    if step.blue.start and older is not None:
        starts, instead = step.blue.start, step.green.start
        return _Wish(starts, tuple(stops), deployment=older, spared=spared, instead=instead)
    return _Wish(step.green.start, tuple(stops), is_done=step.is_done, spared=spared)


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
    health = situation.health
    return [
        Stop(
            task.task_arn,
            FAILED_HEALTH_CHECKS if health[task.task_arn].verdict is Verdict.UNHEALTHY else reason,
        )
        for task in (*surplus, *failing)
    ]


def _wish_replacement(
    situation: ServiceSituation, service: ServiceRecord, groups: _Groups, bounds: Bounds
) -> _Wish:
    fleet = fleet_of(groups.new)
    step = plan_replacement(bounds, fleet)
    tasks, is_move_done = groups.new, False
    if service.rebalancing is not None:
        step, tasks, is_move_done = _wish_moved(situation, service, groups, step)
    reason_of = rebalancing.stop_reason if is_move_done else words.scaling_reason
    reason = reason_of(service.primary.id)
    stops = _stops_of(situation, service, tasks, step, reason)
    is_done = fleet.healthy == bounds.desired_count and fleet == SingleFleet(healthy=fleet.healthy)
    balance = Balance()
    if is_done and not stops and bounds.ceiling > bounds.desired_count:
        balance = balance_of(situation, service, groups.new.get(Verdict.HEALTHY, ()))
        if balance.move is not None:
            return _Wish(1, (), move=balance.move)
    return _Wish(
        step.start,
        tuple(stops),
        is_done=is_done,
        replaced=min(step.start, fleet.unhealthy),
        spared=step.stops - len(stops),
        is_move_done=is_move_done,
        is_uneven=balance.is_uneven,
    )


def _wish_moved(
    situation: ServiceSituation, service: ServiceRecord, groups: _Groups, step: ReplacementStep
) -> tuple[ReplacementStep, Mapping[Verdict, tuple[TaskRecord, ...]], bool]:
    """While a task moves: the one more is kept, and the one less is of the zone with many."""
    going = service.rebalancing
    healthy = groups.new.get(Verdict.HEALTHY, ())
    if going is None or not any(task.task_id == going.task_id for task in healthy):
        return replace(step, stop_pending=0, stop_warming=0), groups.new, False
    many = tuple(
        task
        for task in healthy
        if task.availability_zone == going.source_zone and not task.is_protected(situation.now)
    )
    if step.stop_healthy != 1 or not many:
        return step, groups.new, False
    return step, {**groups.new, Verdict.HEALTHY: many}, True


def _choose(
    situation: ServiceSituation,
    service: ServiceRecord,
    groups: Mapping[Verdict, tuple[TaskRecord, ...]],
    count: int,
    verdicts: tuple[Verdict, ...],
) -> list[TaskRecord]:
    """Which tasks of these verdicts leave first (ecs.md 5.5).

    A group may count a task as unhealthy for where it runs; that does not end its protection.
    """
    if count <= 0:
        return []
    health, now = situation.health, situation.now
    tasks = {
        task.task_arn: task
        for verdict in verdicts
        for task in groups.get(verdict, ())
        if health[task.task_arn].verdict is Verdict.UNHEALTHY or not task.is_protected(now)
    }
    created_at = {d.id: d.created_at for d in service.deployments}
    left = _left(situation, service)
    candidates = [
        Candidate(
            task_arn=task.task_arn,
            instance_arn=task.container_instance_arn or f"fargate/{task.availability_zone}",
            zone=task.availability_zone or "",
            is_on_draining=task.container_instance_arn in left,
            is_pending=health[task.task_arn].verdict is Verdict.PENDING,
            is_unhealthy=health[task.task_arn].verdict is Verdict.UNHEALTHY,
            deployment_created_at=created_at.get(task.deployment_id or "", 0.0),
            task_created_at=task.created_at,
            reservation=task.reservation,
            provider=task.capacity_provider_name or "",
        )
        for task in tasks.values()
    ]
    order = choose_scale_in(
        candidates,
        situation.capacities,
        service.placement_strategy,
        count=count,
        providers=service.capacity_provider_strategy,
    )
    return [tasks[candidate.task_arn] for candidate in order]


def _held_until(situation: ServiceSituation, deployment: DeploymentRecord) -> float | None:
    """When the next start may be tried, while starts are throttled (ecs.md 6.10)."""
    next_start_at = deployment.next_start_at
    return next_start_at if next_start_at is not None and next_start_at > situation.now else None


def _conclude(
    situation: ServiceSituation, draft: _Draft, groups: _Groups, wish: _Wish, placing: Placing
) -> ServicePlan:
    pending = {t.task_arn for g in (groups.new, groups.old) for t in g.get(Verdict.PENDING, ())}
    if wish.move is not None and placing.starts:
        _begin_move(draft, groups, wish.move, placing.starts[0])
    else:
        draft.told += words.started(placing.starts, wish.replaced)
    if wish.is_move_done and draft.service.rebalancing is not None:
        zone, stopped = draft.service.rebalancing.source_zone, wish.stops[0]
        task_id = short_name(stopped.task_arn)
        draft.told.append(Told(rebalancing.told_stopped(zone, task_id)))
    else:
        draft.told += words.stopped(
            [stop for stop in wish.stops if stop.task_arn not in pending],
            [stop for stop in wish.stops if stop.task_arn in pending],
        )
    trouble = words.trouble_of(
        draft.service, wish.blocked, placing.unplaced, placing.held_until, wish.spared
    )
    _keep(draft, words.remember_trouble(draft.service, trouble, situation.pace, situation.now))
    is_rolled_out = _is_rolled_out(wish, placing)
    is_steady = _finish_rollout(
        situation, draft, groups, placing.starts, is_rolled_out=is_rolled_out
    )
    service = _with_counts(draft.service, groups, placing.starts, wish.stops)
    waiting = None if is_steady else _waiting(service, groups, trouble, placing)
    return ServicePlan(
        service.with_(is_steady=is_steady, waiting=waiting),
        placing.starts,
        wish.stops,
        tuple(draft.told),
        _wake_at(situation, placing.held_until, service.with_(is_steady=is_steady)),
        is_short_of_room=placing.unplaced is not None or wish.is_uneven,
        is_rolled_out=is_rolled_out,
    )


def _begin_move(draft: _Draft, groups: _Groups, move: Move, start: Start) -> None:
    if draft.service.rebalancing is None:
        counts = rebalancing.zone_counts(groups.new.get(Verdict.HEALTHY, ()))
        counts.setdefault(move.target_zone, 0)
        draft.told.append(Told(rebalancing.told_uneven(counts)))
    going = rebalancing.begun(move, start.task_id, draft.service)
    draft.service = draft.service.with_(rebalancing=going)
    draft.told.append(Told(rebalancing.told_started(move, start.task_id)))


def _is_rolled_out(wish: _Wish, placing: Placing) -> bool:
    is_quiet = not placing.starts and not wish.stops and placing.held_until is None
    return wish.is_done and is_quiet and placing.unplaced is None


def _finish_rollout(
    situation: ServiceSituation,
    draft: _Draft,
    groups: _Groups,
    starts: Sequence[Start],
    *,
    is_rolled_out: bool,
) -> bool:
    """Complete the deployment when it is done; whether the service is steady now."""
    is_done = is_rolled_out and situation.course.may_complete
    if is_done:
        _keep(draft, book.complete(draft.service, situation.now))
    alive = {t.deployment_id or "" for t in situation.tasks if not t.is_stopped}
    alive |= {start.deployment.id for start in starts} | _blue_kept(situation, draft.service)
    draft.service = book.drop_replaced(draft.service, alive)
    is_steady = is_done and len(draft.service.deployments) == 1
    is_steady = is_steady and not groups.count("new", Verdict.STOPPING)
    if is_steady and draft.service.rebalancing is not None:
        counts = rebalancing.zone_counts(groups.new.get(Verdict.HEALTHY, ()))
        draft.service = draft.service.with_(rebalancing=None)
        draft.told.append(Told(rebalancing.told_even(counts)))
    _keep(
        draft,
        words.remember_steady(draft.service, situation.pace, situation.now, is_steady=is_steady),
    )
    return is_steady


def _blue_kept(situation: ServiceSituation, service: ServiceRecord) -> set[str]:
    """Blue stays while green is not in its place, even when none of its tasks lives."""
    blue = None if service.rolled_back else blue_of(service)
    is_needed = situation.course.stage not in {None, LifecycleStage.CLEAN_UP}
    completed = service.last_completed
    return {blue} if blue and is_needed and completed and completed.id == blue else set()


def _waiting(
    service: ServiceRecord, groups: _Groups, trouble: str | None, placing: Placing
) -> str | None:
    moving = words.Moving(
        pending=groups.count("new", Verdict.PENDING) + len(placing.starts),
        warming=groups.count("new", Verdict.WARMING),
        stopping=groups.count("old", Verdict.STOPPING) + groups.count("new", Verdict.STOPPING),
        unhealthy=groups.count("new", Verdict.UNHEALTHY),
    )
    return words.waiting(service, trouble, moving, placing.held_until)


def _wake_at(
    situation: ServiceSituation, held_until: float | None, service: ServiceRecord
) -> float | None:
    times = [h.settles_at for h in situation.health.values() if h.settles_at is not None]
    times += [
        task.protected_until
        for task in situation.tasks
        if task.protected_until is not None and task.is_protected(situation.now)
    ]
    if service.is_steady and service.steady_told_at is not None:
        times.append(service.steady_told_at + situation.pace.repeat_event_seconds)
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
