"""Why one service or one task waits, from the records: the reasons of `plan/why.py`, gathered.

Pure and total. It judges with the planners' own functions (health, percentages, placement) and
never decides anything.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ecstui.base.ids import short_name
from ecstui.model.deployment import AlarmRecord, ServiceDeploymentRecord
from ecstui.model.enums import (
    ContainerStatus,
    DeploymentStatus,
    RolloutOrder,
    RolloutState,
    ServiceStatus,
    TaskStatus,
)
from ecstui.model.service import DeploymentRecord, ServiceRecord
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import TaskDefinition
from ecstui.plan.blue_green import BlueGreenStep, plan_blue_green
from ecstui.plan.depends import ContainerState, Waiting, can_start
from ecstui.plan.health import TaskHealth, Verdict
from ecstui.plan.pace import Pace
from ecstui.plan.protection import is_blocked_by_protection
from ecstui.plan.refusal import Unplaced
from ecstui.plan.rollout import Blocked, Bounds, Fleet, plan_rollout
from ecstui.plan.service_deployment import blue_of, is_blue_green
from ecstui.plan.service_sides import fleet_of, sides_of
from ecstui.plan.task import DEFAULT_STOP_TIMEOUT_SECONDS
from ecstui.plan.task_end import end_of, is_failure
from ecstui.plan.why import (
    AtCeiling,
    AtFloor,
    AtStage,
    BeingDeleted,
    Ended,
    EngineAway,
    Failing,
    GivenUp,
    Moving,
    Noted,
    NotPlaced,
    OnDraining,
    Place,
    PlacementWhy,
    ProviderWhy,
    Provisioning,
    Reason,
    Settling,
    Sick,
    Starting,
    Stopping,
    Stuck,
    SurgingFirst,
    Throttled,
    UnderProtection,
    Unproven,
    Why,
    hindrances,
)
from ecstui.plan.why_deployment import of_deployment

_RUNNING = (Verdict.WARMING, Verdict.HEALTHY, Verdict.UNHEALTHY)
_WANTED = (Verdict.PENDING, *_RUNNING)
_MARGINS = (AtFloor, SurgingFirst, AtCeiling)
"""They come last: what goes on explains more."""
_RATE_SECONDS = 60.0
_NOT_LOOKED = "the scheduler has not looked yet"


@dataclass(frozen=True, slots=True)
class Facts:
    """All that an answer is made from (times in POSIX seconds)."""

    tasks: tuple[TaskRecord, ...]
    """Those asked about, without stopped ones."""
    health: Mapping[str, TaskHealth]
    definitions: Mapping[str, TaskDefinition]
    places: Sequence[Place]
    """The instances that the tasks are on."""
    pace: Pace
    now: float
    placing: Callable[[], PlacementWhy] | None = None
    """Tells what each instance says to one task more, where instances take tasks; asked only when
    one waits, for it may take long."""
    placing_blue: Callable[[], PlacementWhy] | None = None
    """The same for a task of the revision that serves while a blue/green deployment goes on."""
    providers: Mapping[str, ProviderWhy] = field(default_factory=dict)
    """Those of Auto Scaling groups."""
    failures: tuple[TaskRecord, ...] = ()
    """Tasks that failed and stopped, the newest first."""
    deployment: ServiceDeploymentRecord | None = None
    """The service deployment that goes on."""
    alarms: Mapping[str, AlarmRecord] = field(default_factory=dict)
    order: RolloutOrder = RolloutOrder.SURGE_FIRST

    def those(self, *verdicts: Verdict) -> list[TaskRecord]:
        """The tasks with one of these verdicts."""
        return [task for task in self.tasks if self.health[task.task_arn].verdict in verdicts]


def primary_of(service: ServiceRecord) -> DeploymentRecord | None:
    """The newest deployment; None of a service that is gone."""
    found = (d for d in service.deployments if d.status is DeploymentStatus.PRIMARY)
    return next(found, None)


def why_service(service: ServiceRecord, bounds: Bounds, facts: Facts) -> Why:
    """Why a service is not where it should be yet; without reasons when it is."""
    primary = primary_of(service)
    name = service.service_name
    if service.status is not ServiceStatus.ACTIVE or primary is None:
        gone = service.status is ServiceStatus.INACTIVE
        reasons: tuple[Reason, ...] = () if gone else (BeingDeleted(len(facts.tasks)),)
        return Why(service.service_arn, name, (*reasons, *_of_tasks(facts)))
    found: list[Reason] = []
    if primary.rollout_state is RolloutState.FAILED:
        found.append(GivenUp(primary.rollout_state_reason or "the deployment failed"))
    course = of_deployment(facts.deployment, facts.alarms, facts.pace)
    found += [each for each in course if not isinstance(each, AtStage)]
    counts = _of_counts(service, primary, bounds, facts)
    found += [each for each in counts if not isinstance(each, _MARGINS)]
    found += [each for each in course if isinstance(each, AtStage)]
    found += _noted(service, found)
    found += _failing(service, primary, facts)
    if service.rebalancing is not None:
        going = service.rebalancing
        found.append(Moving(going.source_zone, going.target_zone))
    found += _of_places(facts)
    found += _of_tasks(facts)
    found += [each for each in counts if isinstance(each, _MARGINS)]
    if not found and not service.is_steady:
        found.append(Noted(service.waiting or _NOT_LOOKED))
    return Why(service.service_arn, name, tuple(found))


def _noted(service: ServiceRecord, found: Sequence[Reason]) -> list[Reason]:
    """The trouble that the scheduler told, where the records do not show it (any more)."""
    is_told = any(isinstance(each, NotPlaced | Stuck | Throttled) for each in found)
    if is_blocked_by_protection(service.waiting):
        is_told = is_told or any(isinstance(each, UnderProtection) for each in found)
    if is_told or service.last_trouble is None or service.waiting is None:
        return []
    return [Noted(service.waiting)]


def _failing(service: ServiceRecord, primary: DeploymentRecord, facts: Facts) -> list[Reason]:
    """The last task that failed: while the deployment is on its way, or for a minute."""
    recent = [t for t in facts.failures if (t.stopped_at or 0.0) >= facts.now - _RATE_SECONDS]
    is_over = primary.rollout_state is RolloutState.COMPLETED
    if not facts.failures or (is_over and (service.is_steady or not recent)):
        return []
    last = facts.failures[0]
    has_run = any(container.started_at is not None for container in last.containers)
    at = last.stopped_at or facts.now
    return [Failing(last.task_id, at, end_of(last), len(recent), has_run=has_run)]


def _of_counts(
    service: ServiceRecord, primary: DeploymentRecord, bounds: Bounds, facts: Facts
) -> list[Reason]:
    """What floor, ceiling, throttle, room and protection say to the next step."""
    fleet, old = _fleet(primary, facts)
    found: list[Reason] = []
    wanted = bounds.desired_count - fleet.running_new - fleet.pending_new
    current = facts.deployment
    is_staged = current is not None and is_blue_green(current.deployment_configuration)
    staged = _staged_step(service, primary, bounds, facts)
    if staged is not None:
        wanted = staged.green.start
    at = primary.next_start_at
    is_failed = primary.rollout_state is RolloutState.FAILED
    if wanted > 0 and not is_failed:
        if at is not None and at > facts.now:
            found += hindrances(service, held_until=at)
        elif fleet.total() >= bounds.ceiling and not is_staged:
            found.append(AtCeiling(fleet.total(), bounds.ceiling, service.maximum_percent))
        else:
            found += _no_room(wanted, facts.placing)
    is_rolling = bool(old) or primary.rollout_state is RolloutState.IN_PROGRESS
    if is_rolling and not is_failed and not is_staged:
        step = plan_rollout(bounds, fleet, facts.order)
        if step.blocked is Blocked.DEPLOYMENT_CONFIGURATION:
            found = [Stuck(bounds.desired_count, bounds.floor, bounds.ceiling)]
        elif fleet.healthy_old and not step.stop_old.healthy:
            found.append(_holding(bounds, fleet))
    lacking = [] if staged is None else _of_blue(service, staged.blue.start, facts)
    return lacking + found + _protected(primary, bounds, fleet, old, facts)


def _staged_step(
    service: ServiceRecord, primary: DeploymentRecord, bounds: Bounds, facts: Facts
) -> BlueGreenStep | None:
    """What either side of a blue/green deployment lacks now; None where none goes on."""
    current = facts.deployment
    if (
        current is None
        or not is_blue_green(current.deployment_configuration)
        or current.lifecycle_stage is None
        or primary.rollout_state is not RolloutState.IN_PROGRESS
        or service.rolled_back is not None
    ):
        return None
    draining = {each.instance_arn for each in facts.places if each.status != "ACTIVE"}
    sides = sides_of(facts, blue_of(service), primary.id, draining)
    blue, green = fleet_of(sides.blue), fleet_of(sides.green)
    return plan_blue_green(current.lifecycle_stage, bounds, blue, green)


def _of_blue(service: ServiceRecord, wanted: int, facts: Facts) -> list[Reason]:
    """Why the revision that serves does not get the tasks that it lacks."""
    blue = next((d for d in service.deployments if d.id == blue_of(service)), None)
    if blue is None or not wanted:
        return []
    at = blue.next_start_at
    if at is not None and at > facts.now:
        return [Throttled(blue.start_failures, blue.quick_exits, at, is_blue=True)]
    return _no_room(wanted, facts.placing_blue, is_blue=True)


def _holding(bounds: Bounds, fleet: Fleet) -> AtFloor | SurgingFirst:
    """What keeps every healthy old task."""
    if fleet.healthy <= bounds.floor:
        return AtFloor(fleet.healthy, bounds.floor, bounds.desired_count)
    return SurgingFirst(fleet.healthy, bounds.desired_count)


def _fleet(primary: DeploymentRecord, facts: Facts) -> tuple[Fleet, list[TaskRecord]]:
    """Counts as the rollout sees them, and the old tasks that are still wanted."""
    draining = {each.instance_arn for each in facts.places if each.status != "ACTIVE"}
    count: dict[tuple[bool, Verdict], int] = {}
    old = []
    for task in facts.tasks:
        is_new = task.deployment_id == primary.id and task.container_instance_arn not in draining
        key = (is_new, facts.health[task.task_arn].verdict)
        count[key] = count.get(key, 0) + 1
        if not is_new and task.is_wanted:
            old.append(task)

    def number(*verdicts: Verdict, is_new: bool) -> int:
        return sum(count.get((is_new, verdict), 0) for verdict in verdicts)

    fleet = Fleet(
        running_old=number(*_RUNNING, is_new=False),
        pending_old=number(Verdict.PENDING, is_new=False),
        stopping_old=number(Verdict.STOPPING, is_new=False),
        running_new=number(*_RUNNING, is_new=True),
        pending_new=number(Verdict.PENDING, is_new=True),
        stopping_new=number(Verdict.STOPPING, is_new=True),
        healthy_old=number(Verdict.HEALTHY, is_new=False),
        healthy_new=number(Verdict.HEALTHY, is_new=True),
    )
    return fleet, old


def _no_room(
    count: int, placing: Callable[[], PlacementWhy] | None, *, is_blue: bool = False
) -> list[Reason]:
    """That no instance takes one task more, and what each of them says."""
    if placing is None:
        return []
    placement = placing()
    if any(instance.fits for instance in placement.instances):
        return []
    refusals = tuple(each.refusals[0] for each in placement.instances if each.refusals)
    return [NotPlaced(Unplaced(refusals), placement, count, is_blue=is_blue)]


def _protected(
    primary: DeploymentRecord,
    bounds: Bounds,
    fleet: Fleet,
    old: Sequence[TaskRecord],
    facts: Facts,
) -> list[Reason]:
    """Protected tasks that are too many: old ones, or more than are wanted."""
    surplus = len(old) + fleet.running_new + fleet.pending_new - bounds.desired_count
    if surplus <= 0:
        return []
    leaving = old or facts.those(*_WANTED)
    spared = [task for task in leaving if task.is_protected(facts.now)]
    if len(spared) < len(leaving) and (len(leaving) - len(spared) >= surplus):
        return []
    if not spared:
        return []
    until = min(task.protected_until or facts.now for task in spared)
    return [UnderProtection(primary.id, min(len(spared), surplus), until)]


def _of_places(facts: Facts) -> list[Reason]:
    """Instances that are being emptied, and engines that do not answer."""
    on: dict[str, int] = {}
    for task in facts.tasks:
        if task.is_wanted and task.container_instance_arn:
            on[task.container_instance_arn] = on.get(task.container_instance_arn, 0) + 1
    found: list[Reason] = []
    for place in facts.places:
        count = on.get(place.instance_arn, 0)
        if not count:
            continue
        if not place.agent_connected:
            since = place.away_since
            lost_at = None if since is None else since + facts.pace.instance_lost_seconds
            found.append(EngineAway(place.name, place.engine, count, since, lost_at))
        elif place.status == "DRAINING":
            found.append(OnDraining(place.name, count))
    return found


def _of_tasks(facts: Facts) -> list[Reason]:
    """Tasks that start, are not proven yet, are unhealthy, or stop."""
    found: list[Reason] = [*_all_starting(facts), *_warming(facts)]
    sick = facts.those(Verdict.UNHEALTHY)
    if sick:
        found.append(Sick(tuple(task.task_id for task in sick)))
    stopping = facts.those(Verdict.STOPPING)
    if stopping:
        ends = max(_killed_at(task, facts) for task in stopping)
        failures = {task.stopped_reason or "" if is_failure(task) else "" for task in stopping}
        failure = failures.pop() if len(failures) == 1 else ""
        found.append(Stopping(tuple(task.task_id for task in stopping), ends, failure))
    return found


def _warming(facts: Facts) -> list[Reason]:
    found: list[Reason] = []
    timed: dict[bool, list[tuple[float, str]]] = {}
    unproven = []
    for task in facts.those(Verdict.WARMING):
        settles_at = facts.health[task.task_arn].settles_at
        if settles_at is None:
            unproven.append(task)
        else:
            is_sick = task.health_status.value == "UNHEALTHY"
            timed.setdefault(is_sick, []).append((settles_at, task.task_id))
    for is_grace, each in timed.items():
        until = max(at for at, _ in each)
        ids = tuple(task_id for _, task_id in each)
        pace = facts.pace
        found.append(Settling(ids, until, pace.settling_seconds, pace.name, is_grace=is_grace))
    if unproven:
        since = min(task.started_at or task.created_at for task in unproven)
        found.append(Unproven(tuple(task.task_id for task in unproven), since))
    return found


def _all_starting(facts: Facts) -> list[Reason]:
    """Tasks on their way, those at the same step together."""
    steps: dict[str, list[tuple[float, str]]] = {}
    awaited: dict[str, list[TaskRecord]] = {}
    for task in facts.those(Verdict.PENDING):
        if task.is_waiting_for_capacity:
            awaited.setdefault(task.capacity_provider_name or "", []).append(task)
            continue
        since, what = _starting(task, facts)
        steps.setdefault(what, []).append((since, task.task_id))
    waits = [_provisioning(name, tasks, facts) for name, tasks in awaited.items()]
    return waits + [
        Starting(tuple(task_id for _, task_id in each), min(each)[0], what)
        for what, each in steps.items()
    ]


def _provisioning(name: str, tasks: Sequence[TaskRecord], facts: Facts) -> Reason:
    since = min(task.created_at for task in tasks)
    return Provisioning(
        task_ids=tuple(task.task_id for task in tasks),
        since=since,
        until=since + facts.pace.waiting_limit_seconds,
        provider_name=name,
        cpu_units=max(task.reservation.cpu_units for task in tasks),
        memory_mib=max(task.reservation.memory_mib for task in tasks),
        provider=facts.providers.get(name),
    )


def _starting(task: TaskRecord, facts: Facts) -> tuple[float, str]:
    """Since when a task is at its step, and which that is."""
    if task.last_status is TaskStatus.PROVISIONING:
        return task.created_at, "setting up the network"
    waits = container_waits(task, facts.definitions.get(task.task_definition_arn), facts.now)
    if waits:
        what = ", ".join(f"{name} {words}" for name, words in waits.items())
        return task.created_at, f"starting: {what}"
    if task.pull_started_at is not None and task.pull_stopped_at is None:
        return task.pull_started_at, "pulling the image"
    return task.created_at, "starting"


def container_waits(
    task: TaskRecord, definition: TaskDefinition | None, now: float
) -> dict[str, str]:
    """Which containers of a starting task wait for which others, in words, by their names."""
    if definition is None or not task.is_wanted:
        return {}
    states = {
        c.name: ContainerState(
            status=c.last_status,
            started_at=c.started_at,
            seen_running_at=c.seen_running_at,
            finished_at=c.finished_at,
            exit_code=c.exit_code,
            health=c.health_status,
        )
        for c in task.containers
    }
    known = {c.name for c in definition.container_definitions}
    found = {}
    for container in task.containers:
        if container.last_status is ContainerStatus.PENDING and container.name in known:
            verdict = can_start(container.name, definition, states, now)
            if isinstance(verdict, Waiting):
                found[container.name] = verdict.words
    return found


def _killed_at(task: TaskRecord, facts: Facts) -> float:
    definition = facts.definitions.get(task.task_definition_arn)
    containers = () if definition is None else definition.container_definitions
    timeouts = [c.stop_timeout for c in containers if c.stop_timeout is not None]
    if len(timeouts) < len(containers) or not containers:
        timeouts.append(DEFAULT_STOP_TIMEOUT_SECONDS)
    return (task.stopping_at or facts.now) + max(timeouts)


def why_task(task: TaskRecord, facts: Facts) -> Why:
    """Why one task is not RUNNING and healthy; `facts.tasks` is empty or the task alone."""
    if task.is_stopped:
        words = task.stopped_reason or short_name(task.task_arn)
        return Why(task.task_arn, task.task_id, (Ended(task.task_id, task.stopped_at, words),))
    found: list[Reason] = []
    if task.is_waiting_for_capacity:
        found += _no_room(1, facts.placing)
    found += _of_places(facts)
    found += _of_tasks(facts)
    return Why(task.task_arn, task.task_id, tuple(found))


def only(task: TaskRecord, facts: Facts) -> Facts:
    """The facts about one task alone."""
    return replace(facts, tasks=() if task.is_stopped else (task,))
