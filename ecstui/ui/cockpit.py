"""What a service is doing, read from the records: the figures of the rollout cockpit.

Pure: a `View` and the time go in, a `Situation` comes out. Health is judged as the scheduler judges
it, with the pace that the control plane runs at. It must never decide what happens next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from ecstui.base.ids import short_name
from ecstui.client.why import failures_of, pace_of
from ecstui.model.cluster import ContainerInstanceRecord, EventRecord
from ecstui.model.deployment import HookRecord, HookStatus, ServiceDeploymentRecord
from ecstui.model.deployment_configuration import LifecycleStage
from ecstui.model.enums import (
    DeploymentStatus,
    HealthStatus,
    InstanceStatus,
    RolloutState,
    SchedulingStrategy,
    ServiceStatus,
    TaskStatus,
)
from ecstui.model.service import DeploymentRecord, ServiceRecord
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.plan.failing import active_breaker, breaker_threshold
from ecstui.plan.health import TaskHealth, Verdict, judge_task
from ecstui.plan.pace import Pace
from ecstui.plan.rollout import Bounds
from ecstui.plan.service_deployment import is_blue_green
from ecstui.plan.why_deployment import baked_at
from ecstui.plan.why_service import primary_of
from ecstui.store.kinds import (
    ALARMS,
    EVENTS,
    INSTANCES,
    SERVICE_DEPLOYMENTS,
    SERVICES,
    TASK_DEFINITIONS,
    TASKS,
)
from ecstui.store.tables import View
from ecstui.ui.text import clean
from ecstui.ui.widgets.fleet_bar import Fleet

STEADY_WORDS = "has reached a steady state."
_ROLLING_BACK = "rolling back"
_RATE_SECONDS = 60.0
_RUNNING = (Verdict.WARMING, Verdict.HEALTHY, Verdict.UNHEALTHY)


class State(Enum):
    """What a service is doing, as its title says it."""

    STEADY = "steady"
    STARTING = "starting"
    """Its first deployment is on its way."""
    ROLLING = "rolling update"
    ROLLING_BACK = "rolling back"
    FAILED = "deployment failed"
    SETTLING = "settling"
    """The deployment is complete, but tasks are missing, too many, or unhealthy."""
    DELETING = "being deleted"
    GONE = "deleted"


MOVING_STATES = frozenset(
    {State.STARTING, State.ROLLING, State.ROLLING_BACK, State.FAILED, State.DELETING}
)
"""States in which a deployment, or the service's end, is what one wants to watch."""


@dataclass(frozen=True, slots=True)
class Member:
    """A task of the service, and what the scheduler makes of it."""

    task: TaskRecord
    definition: TaskDefinitionRecord | None
    is_new: bool
    """Of the PRIMARY deployment, and not on an instance that is draining."""
    health: TaskHealth
    instance_name: str

    @property
    def verdict(self) -> Verdict:
        """What the scheduler makes of it."""
        return self.health.verdict

    @property
    def revision(self) -> str:
        """`family:revision`."""
        return clean(short_name(self.task.task_definition_arn))

    @property
    def is_moving(self) -> bool:
        """Whether it is on its way somewhere, or should be."""
        return self.verdict is not Verdict.HEALTHY


class Place(NamedTuple):
    """A zone, or an instance where there is one zone only, with the tasks in it."""

    name: str
    old: tuple[Member, ...]
    new: tuple[Member, ...]


class Breaker(NamedTuple):
    """The circuit breaker: tasks that failed, and how many of them end the deployment."""

    failed_count: int
    threshold: int
    rolls_back: bool


class Progress(NamedTuple):
    """How far a deployment is: new tasks that serve and old ones that are gone, of all of them."""

    done: int
    whole: int


@dataclass(frozen=True, slots=True)
class Situation:
    """All that the cockpit shows of one service at one moment (times in POSIX seconds)."""

    service: ServiceRecord
    primary: DeploymentRecord | None
    state: State
    pace: Pace
    now: float
    bounds: Bounds
    fleet: Fleet
    members: tuple[Member, ...]
    """Its tasks that have not stopped, in the order in which they were made."""
    failures: tuple[TaskRecord, ...]
    """Tasks of its deployments, and of one rolled back, that failed and stopped, newest first."""
    places: tuple[Place, ...]
    are_places_zones: bool
    breaker: Breaker | None
    """None when it is off."""
    begun_at: float | None
    """When the present deployment, or the way back, began."""
    finished_at: float | None
    steady_at: float | None
    rolled_back_at: float | None
    """When the circuit breaker made the present deployment PRIMARY again."""
    progress: Progress
    old_revisions: tuple[str, ...]
    stage: LifecycleStage | None = None
    """The stage of a blue/green deployment that goes on, or BAKE_TIME of a rolling one."""
    is_staged: bool = False
    """Whether it goes through the stages of a blue/green deployment."""
    is_paused: bool = False
    """Whether a lifecycle hook waits for an answer."""
    baked_at: float | None = None
    """When the bake time that goes on is over."""

    @property
    def new_revision(self) -> str:
        """`family:revision` of the PRIMARY deployment."""
        return revision_of(self.service if self.primary is None else self.primary)

    @property
    def is_moving(self) -> bool:
        """Whether a deployment or the end of the service is on its way."""
        return self.state in MOVING_STATES

    @property
    def failures_per_minute(self) -> int:
        """Tasks that failed within the last minute."""
        since = self.now - _RATE_SECONDS
        return sum(1 for task in self.failures if (task.stopped_at or 0.0) >= since)

    @property
    def elapsed_seconds(self) -> float | None:
        """How long the deployment has taken so far, or took."""
        if self.begun_at is None:
            return None
        return max(0.0, (self.finished_at or self.now) - self.begun_at)

    @property
    def eta_seconds(self) -> float | None:
        """How long it will go on if it goes on as it went; None when that cannot be told."""
        done, whole = self.progress
        is_going = self.state in (State.STARTING, State.ROLLING, State.ROLLING_BACK)
        if not is_going or not 0 < done < whole or self.elapsed_seconds is None:
            return None
        if self.failures_per_minute or self.service.last_trouble is not None:
            return None
        return self.elapsed_seconds * (whole - done) / done

    def count(self, *verdicts: Verdict, is_new: bool | None = None) -> int:
        """How many of its tasks have one of these verdicts; `is_new` None: old and new."""
        return sum(
            1
            for member in self.members
            if member.verdict in verdicts and (is_new is None or member.is_new is is_new)
        )


def revision_of(holder: ServiceRecord | DeploymentRecord) -> str:
    """`family:revision` of what a service or a deployment runs."""
    return clean(short_name(holder.task_definition))


def situation_of(view: View, service_arn: str, now: float) -> Situation | None:
    """What a service is doing; None when there is no such service any more."""
    service = view.get(SERVICES, service_arn)
    if service is None:
        return None
    tasks = view.by(TASKS, "service", service_arn)
    events = view.by(EVENTS, "service", service_arn)
    primary = primary_of(service)
    pace = pace_of(view)
    members = _members(view, service, primary, tasks, pace, now)
    state = _state(service, primary, members)
    bounds = bounds_of(view, service)
    rolled_back_at = _rolled_back_at(service, primary, events)
    failures = failures_of(service, tasks)
    begun_at = None if primary is None else rolled_back_at or primary.created_at
    zones, places = _places(view, service, members)
    ongoing = ongoing_of(view, service_arn)
    return Situation(
        service=service,
        primary=primary,
        state=state,
        pace=pace,
        now=now,
        bounds=bounds,
        fleet=_fleet(members, bounds, service, len(failures)),
        members=members,
        failures=failures,
        places=places,
        are_places_zones=zones,
        breaker=_breaker(service, primary, bounds),
        begun_at=begun_at,
        finished_at=_finished_at(service, primary),
        steady_at=_steady_at(service, events),
        rolled_back_at=rolled_back_at,
        progress=_progress(primary, tasks, members, begun_at, bounds),
        old_revisions=_old_revisions(service, members),
        stage=None if ongoing is None else ongoing.lifecycle_stage,
        is_staged=ongoing is not None and is_blue_green(ongoing.deployment_configuration),
        is_paused=ongoing is not None and bool(paused_hooks(ongoing)),
        baked_at=None if ongoing is None else _baked_at(view, ongoing, pace),
    )


def _baked_at(view: View, ongoing: ServiceDeploymentRecord, pace: Pace) -> float | None:
    alarms = {alarm.alarm_name: alarm for alarm in view.all(ALARMS)}
    return baked_at(ongoing, alarms, pace)


def ongoing_of(view: View, service_arn: str) -> ServiceDeploymentRecord | None:
    """The deployment of a service that goes on."""
    return next(iter(view.by(SERVICE_DEPLOYMENTS, "ongoing", service_arn)), None)


def paused_hooks(deployment: ServiceDeploymentRecord) -> tuple[HookRecord, ...]:
    """Hooks of a deployment that goes on and that nobody has answered yet."""
    return tuple(
        hook
        for hook in deployment.lifecycle_hook_details
        if not deployment.has_ended
        and hook.status is HookStatus.AWAITING_ACTION
        and hook.answer is None
    )


def bounds_of(view: View, service: ServiceRecord) -> Bounds:
    """Desired count, floor and ceiling; a daemon service wants one task for each instance."""
    desired = service.desired_count
    if service.scheduling_strategy is SchedulingStrategy.DAEMON:
        desired = sum(1 for i in _instances(view, service) if i.status is InstanceStatus.ACTIVE)
    return Bounds(desired, service.minimum_healthy_percent, service.maximum_percent)


# ---------------------------------------------------------------- parts


def _instances(view: View, service: ServiceRecord) -> Sequence[ContainerInstanceRecord]:
    return view.by(INSTANCES, "cluster", service.cluster_name)


def _members(
    view: View,
    service: ServiceRecord,
    primary: DeploymentRecord | None,
    tasks: Sequence[TaskRecord],
    pace: Pace,
    now: float,
) -> tuple[Member, ...]:
    instances = {i.container_instance_arn: i for i in _instances(view, service)}
    grace = service.health_check_grace_period_seconds or 0
    found = []
    for task in tasks:
        if task.is_stopped:
            continue
        instance = instances.get(task.container_instance_arn or "")
        is_draining = instance is not None and instance.status is not InstanceStatus.ACTIVE
        definition = view.get(TASK_DEFINITIONS, task.task_definition_arn)
        found.append(
            Member(
                task=task,
                definition=definition,
                is_new=primary is not None and task.deployment_id == primary.id and not is_draining,
                health=_judge(task, definition, pace, now, grace),
                instance_name="" if instance is None else clean(instance.name),
            )
        )
    return tuple(sorted(found, key=lambda member: member.task.created_at))


def _judge(
    task: TaskRecord,
    definition: TaskDefinitionRecord | None,
    pace: Pace,
    now: float,
    grace_period_seconds: int,
) -> TaskHealth:
    if definition is not None:
        return judge_task(task, definition, pace, now, grace_period_seconds)
    if not task.is_wanted:
        return TaskHealth(Verdict.STOPPING)
    if task.last_status is not TaskStatus.RUNNING:
        return TaskHealth(Verdict.PENDING)
    is_bad = task.health_status is HealthStatus.UNHEALTHY
    return TaskHealth(Verdict.UNHEALTHY if is_bad else Verdict.HEALTHY)


def _state(
    service: ServiceRecord, primary: DeploymentRecord | None, members: Sequence[Member]
) -> State:
    if service.status is ServiceStatus.INACTIVE:
        return State.GONE
    if service.status is not ServiceStatus.ACTIVE or primary is None:
        return State.DELETING
    if primary.rollout_state is RolloutState.FAILED:
        return State.FAILED
    if primary.rollout_state is RolloutState.IN_PROGRESS:
        if is_rolling_back(primary):
            return State.ROLLING_BACK
        is_first = len(service.deployments) == 1 and all(member.is_new for member in members)
        return State.STARTING if is_first else State.ROLLING
    if any(not member.is_new for member in members):
        return State.ROLLING
    return State.STEADY if service.is_steady else State.SETTLING


def is_rolling_back(deployment: DeploymentRecord) -> bool:
    """Whether the circuit breaker has made an older deployment PRIMARY again."""
    return _ROLLING_BACK in (deployment.rollout_state_reason or "")


def _fleet(members: Sequence[Member], bounds: Bounds, service: ServiceRecord, failed: int) -> Fleet:
    new: dict[Verdict, int] = dict.fromkeys(Verdict, 0)
    old: dict[Verdict, int] = dict.fromkeys(Verdict, 0)
    for member in members:
        (new if member.is_new else old)[member.verdict] += 1
    return Fleet(
        new_healthy=new[Verdict.HEALTHY],
        old_serving=old[Verdict.HEALTHY],
        starting=sum(group[v] for group in (new, old) for v in (Verdict.PENDING, Verdict.WARMING)),
        stopping=new[Verdict.STOPPING] + old[Verdict.STOPPING],
        unhealthy=new[Verdict.UNHEALTHY] + old[Verdict.UNHEALTHY],
        failed=failed,
        desired=bounds.desired_count,
        floor=bounds.floor,
        ceiling=bounds.ceiling,
        ceiling_percent=service.maximum_percent,
    )


def _places(
    view: View, service: ServiceRecord, members: Sequence[Member]
) -> tuple[bool, tuple[Place, ...]]:
    """Zones with the tasks in them, or instances where all are in one zone."""
    instances = [i for i in _instances(view, service) if i.status is not InstanceStatus.INACTIVE]
    zones = {i.zone for i in instances} | {m.task.availability_zone or "" for m in members}
    by_zone = len(zones) > 1
    names = [i.zone if by_zone else i.name for i in instances]
    groups: dict[str, list[Member]] = {clean(name): [] for name in sorted(names)}
    for member in members:
        name = clean(member.task.availability_zone or "") if by_zone else member.instance_name
        groups.setdefault(name, []).append(member)
    places = tuple(
        Place(
            name,
            tuple(member for member in group if not member.is_new),
            tuple(member for member in group if member.is_new),
        )
        for name, group in groups.items()
    )
    return by_zone, places


def _breaker(
    service: ServiceRecord, primary: DeploymentRecord | None, bounds: Bounds
) -> Breaker | None:
    breaker = active_breaker(service)
    if breaker is None or primary is None:
        return None
    threshold = breaker_threshold(service.with_(desired_count=bounds.desired_count))
    return Breaker(primary.failed_tasks, threshold, breaker.rollback)


def _rolled_back_at(
    service: ServiceRecord, primary: DeploymentRecord | None, events: Sequence[EventRecord]
) -> float | None:
    """When the present deployment came back; records older than that member tell it by event."""
    if primary is None or service.rolled_back is not None:
        return None if service.rolled_back is None else service.rolled_back.at
    words = f"{_ROLLING_BACK} to deployment {primary.id}."
    return max((e.created_at for e in events if e.message.endswith(words)), default=None)


def _finished_at(service: ServiceRecord, primary: DeploymentRecord | None) -> float | None:
    """When the present deployment was completed; it may have been touched since."""
    if primary is None or primary.rollout_state is RolloutState.IN_PROGRESS:
        return None
    completed = service.last_completed
    if completed is not None and completed.id == primary.id:
        return completed.updated_at
    return primary.updated_at


def _steady_at(service: ServiceRecord, events: Sequence[EventRecord]) -> float | None:
    if not service.is_steady:
        return None
    if service.steady_since is not None:  # It is told again while it lasts.
        return service.steady_since
    told = (e.created_at for e in events if e.message.endswith(STEADY_WORDS))
    return max(told, default=None)


def _progress(
    primary: DeploymentRecord | None,
    tasks: Sequence[TaskRecord],
    members: Sequence[Member],
    begun_at: float | None,
    bounds: Bounds,
) -> Progress:
    """New tasks that serve and old ones that are gone, against all that must come and go."""
    if primary is None or begun_at is None:
        return Progress(0, 0)
    old_at_start = sum(
        1
        for task in tasks
        if task.deployment_id != primary.id
        and task.created_at < begun_at
        and (task.stopped_at is None or task.stopped_at > begun_at)
    )
    old_left = sum(1 for m in members if m.task.deployment_id != primary.id)
    served = sum(1 for m in members if m.is_new and m.verdict is Verdict.HEALTHY)
    done = min(served, bounds.desired_count) + max(0, old_at_start - old_left)
    return Progress(done, bounds.desired_count + old_at_start)


def _old_revisions(service: ServiceRecord, members: Sequence[Member]) -> tuple[str, ...]:
    """What runs beside the newest deployment, the newest of them first."""
    found = [
        revision_of(d) for d in service.deployments if d.status is not DeploymentStatus.PRIMARY
    ]
    found += [member.revision for member in members if not member.is_new]
    return tuple(dict.fromkeys(found))
