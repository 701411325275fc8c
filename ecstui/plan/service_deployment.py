"""The history of a deployment while it goes on: begun, watched, baked, ended, rolled back.

`steer` comes before a pass of the scheduler: alarms, requests to stop, pauses and stages are
looked at, and say what the pass may do. `follow` comes after it: what the pass made of the
service is written down. Both are pure. Source: ecs.md 6.9, 6.13, 6.14.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecstui.base.ids import Ids
from ecstui.model.deployment import (
    AlarmRecord,
    AlarmsState,
    AlarmState,
    BreakerState,
    HookStatus,
    MonitorStatus,
    RevisionSummary,
    Rollback,
    ServiceDeploymentRecord,
    ServiceDeploymentStatus,
)
from ecstui.model.deployment_configuration import DeploymentConfiguration, LifecycleStage
from ecstui.model.enums import RolloutState, ServiceStatus
from ecstui.model.service import DeploymentFailure, DeploymentRecord, FailedBy, ServiceRecord
from ecstui.model.task import TaskRecord
from ecstui.plan import blue_green
from ecstui.plan.counts import ServiceCounts
from ecstui.plan.deployments import Told
from ecstui.plan.failing import active_breaker, breaker_threshold, fail
from ecstui.plan.health import TaskHealth, Verdict
from ecstui.plan.pace import Pace
from ecstui.plan.service_steps import ROLLING, Course, ServicePlan

Status = ServiceDeploymentStatus

_NO_BREAKER = BreakerState()


@dataclass(frozen=True, slots=True)
class Scene:
    """All that `steer` decides from."""

    service: ServiceRecord
    current: ServiceDeploymentRecord | None
    """The service deployment that goes on, or the last one."""
    tasks: Sequence[TaskRecord]
    health: Mapping[str, TaskHealth]
    alarms: Mapping[str, AlarmRecord]
    pace: Pace
    ids: Ids
    now: float


@dataclass(frozen=True, slots=True)
class Steering:
    """What the pass that follows is to go by."""

    service: ServiceRecord
    current: ServiceDeploymentRecord | None
    course: Course = ROLLING
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Followed:
    """What was written down after a pass."""

    current: ServiceDeploymentRecord
    waiting: str | None = None
    """Why the deployment is not over although nothing moves; None when that is not so."""
    wake_at: float | None = None


def is_blue_green(configuration: DeploymentConfiguration) -> bool:
    """Whether new tasks stand beside all old ones before any of those goes."""
    return configuration.strategy not in {None, "ROLLING"}


def blue_of(service: ServiceRecord) -> str | None:
    """Id of the deployment that serves while the PRIMARY one is green; None: there is none."""
    older = [d for d in service.deployments if d.id != service.primary.id]
    completed = service.last_completed
    if completed is not None and completed.id in [d.id for d in older]:
        return completed.id
    return min(older, key=_unlikely_to_serve).id if older else None


def _unlikely_to_serve(deployment: DeploymentRecord) -> tuple[bool, bool, bool, int]:
    """What serves has not failed, has been healthy, has run, and has most tasks."""
    has_failed = deployment.rollout_state is RolloutState.FAILED
    was_healthy, has_run = deployment.has_been_healthy, deployment.has_run
    return has_failed, not was_healthy, not has_run, -deployment.desired_count


# -- before the pass --------------------------------------------------------------------------


def steer(scene: Scene) -> Steering:
    """What a pass is to go by; a deployment that must fail has failed in `service`."""
    service, current = scene.service, scene.current
    if current is None or current.has_ended or service.status is not ServiceStatus.ACTIVE:
        return Steering(service, current)
    current = _begun(_configured(current, service), scene)
    if service.primary.id != current.deployment_id:
        return Steering(service, current)
    failure = _failure_of(current, scene)
    if failure is not None:
        return _failed(service, _noted(current, failure, scene), failure)
    if is_blue_green(current.deployment_configuration):
        return _steer_blue_green(scene, current)
    bake = bake_seconds(current.deployment_configuration, scene.alarms, scene.pace)
    is_baked = current.baking_since is not None and scene.now >= current.baking_since + bake
    return Steering(service, current, Course(may_complete=is_baked or not bake))


def bake_seconds(
    configuration: DeploymentConfiguration, alarms: Mapping[str, AlarmRecord], pace: Pace
) -> float:
    """How long a finished rollout is watched: as given, else by its alarms (ecs.md 6.9)."""
    if configuration.bake_time_in_minutes is not None:
        return 60.0 * configuration.bake_time_in_minutes
    watched = configuration.alarms
    if watched is None or not watched.enable or is_blue_green(configuration):
        return 0.0
    known = [alarms[name] for name in watched.alarm_names if name in alarms]
    times = [float(a.period * (a.evaluation_periods or 1)) for a in known if a.period is not None]
    return max(times, default=pace.alarm_bake_seconds)


def _configured(
    current: ServiceDeploymentRecord, service: ServiceRecord
) -> ServiceDeploymentRecord:
    """With the configuration of the moment (ecs.md 6.8), but for the strategy it began with."""
    before = current.deployment_configuration
    now = service.deployment_configuration.with_(strategy=before.strategy)
    return current if now == before else current.with_(deployment_configuration=now)


def _begun(current: ServiceDeploymentRecord, scene: Scene) -> ServiceDeploymentRecord:
    if current.status is not Status.PENDING:
        return current
    return current.with_(
        status=Status.IN_PROGRESS,
        started_at=scene.now,
        ignored_alarm_names=_in_alarm(current, scene.alarms),
    )


def _in_alarm(
    current: ServiceDeploymentRecord, alarms: Mapping[str, AlarmRecord]
) -> tuple[str, ...]:
    watched = current.deployment_configuration.alarms
    if watched is None or not watched.enable:
        return ()
    return tuple(
        name
        for name in watched.alarm_names
        if name in alarms and alarms[name].state_value is AlarmState.ALARM
    )


def _fired(current: ServiceDeploymentRecord, scene: Scene) -> tuple[str, ...]:
    """Alarms that ended well before and are in ALARM now; none after the bake time."""
    if current.lifecycle_stage is LifecycleStage.CLEAN_UP:
        return ()
    ignored = current.ignored_alarm_names
    return tuple(name for name in _in_alarm(current, scene.alarms) if name not in ignored)


def _failure_of(current: ServiceDeploymentRecord, scene: Scene) -> DeploymentFailure | None:
    if scene.service.primary.rollout_state is not RolloutState.IN_PROGRESS:
        return None
    if current.status is Status.ROLLBACK_REQUESTED:
        reason = current.stop_reason or "a rollback was requested"
        return _failure(scene, FailedBy.REQUEST, reason, wants_rollback=True)
    fired = _fired(current, scene)
    if not fired:
        return None
    watched = current.deployment_configuration.alarms
    names = ", ".join(fired)
    words = f"alarm {names} was detected" if len(fired) == 1 else f"alarms {names} were detected"
    wants = watched is not None and watched.rollback
    return _failure(scene, FailedBy.ALARM, words, wants_rollback=wants)


def _failure(scene: Scene, by: FailedBy, reason: str, *, wants_rollback: bool) -> DeploymentFailure:
    return DeploymentFailure(
        by=by,
        reason=reason,
        wants_rollback=wants_rollback,
        failed_tasks=scene.service.primary.failed_tasks,
        at=scene.now,
    )


def _noted(
    current: ServiceDeploymentRecord, failure: DeploymentFailure, scene: Scene
) -> ServiceDeploymentRecord:
    if failure.by is not FailedBy.ALARM:
        return current
    state = current.alarms.with_(
        status=MonitorStatus.TRIGGERED, triggered_alarm_names=_fired(current, scene)
    )
    return current.with_(alarms=state)


def _failed(
    service: ServiceRecord, current: ServiceDeploymentRecord, failure: DeploymentFailure
) -> Steering:
    kept = fail(service, failure)
    return Steering(kept.service, current, told=kept.told)


# -- blue/green -------------------------------------------------------------------------------


def _steer_blue_green(scene: Scene, current: ServiceDeploymentRecord) -> Steering:
    """Go through as many stages as have nothing to wait for."""
    progress = _progress(scene, current)
    if current.lifecycle_stage is None:
        current = _entered(current, blue_green.first_stage(progress), scene)
    while True:
        stage, began_at = current.lifecycle_stage, current.stage_began_at
        assert stage is not None, "a blue/green deployment has a stage"
        assert began_at is not None, "a stage began some time"
        current = _with_hooks_settled(current, scene.now)
        here = [hook for hook in current.lifecycle_hook_details if hook.stage is stage]
        if any(blue_green.wants_rollback(hook) for hook in here):
            reason = f"a pause at {stage} ended with a rollback"
            return _fail_stage(scene, current, reason)
        waits = [h.expires_at for h in here if h.status is HookStatus.AWAITING_ACTION]
        if not waits and blue_green.is_over(stage, began_at, progress):
            current = _entered(current, blue_green.after(stage), scene)
            continue
        limit = began_at + blue_green.LONGEST_STAGE_SECONDS
        is_timed = stage in {LifecycleStage.RECONCILE_SERVICE, LifecycleStage.SCALE_UP}
        if is_timed and not waits and scene.now >= limit:
            return _fail_stage(scene, current, f"{stage} took longer than 24 hours")
        return Steering(scene.service, current, Course(stage))


def _fail_stage(scene: Scene, current: ServiceDeploymentRecord, reason: str) -> Steering:
    failure = _failure(scene, FailedBy.LIFECYCLE, reason, wants_rollback=True)
    return _failed(scene.service, current, failure)


def _entered(
    current: ServiceDeploymentRecord, stage: LifecycleStage, scene: Scene
) -> ServiceDeploymentRecord:
    hooks = current.deployment_configuration.lifecycle_hooks or ()
    begun = blue_green.hooks_at(stage, hooks, [scene.ids() for _ in hooks], scene.now)
    return current.with_(
        lifecycle_stage=stage,
        stage_began_at=scene.now,
        lifecycle_hook_details=(*current.lifecycle_hook_details, *begun),
    )


def _with_hooks_settled(current: ServiceDeploymentRecord, now: float) -> ServiceDeploymentRecord:
    hooks = tuple(blue_green.settled_hook(h, now) for h in current.lifecycle_hook_details)
    if hooks == current.lifecycle_hook_details:
        return current
    return current.with_(lifecycle_hook_details=hooks)


def _progress(scene: Scene, current: ServiceDeploymentRecord) -> blue_green.Progress:
    service = scene.service
    green, blue = service.primary.id, blue_of(service)
    alive = [task for task in scene.tasks if not task.is_stopped]
    mine = [scene.health[t.task_arn].verdict for t in alive if t.deployment_id == green]
    healthy = mine.count(Verdict.HEALTHY)
    configuration = current.deployment_configuration
    return blue_green.Progress(
        has_blue=blue is not None,
        strays=sum(1 for task in alive if task.deployment_id not in {green, blue}),
        is_green_ready=healthy >= service.desired_count,
        bake_seconds=bake_seconds(configuration, scene.alarms, scene.pace),
        now=scene.now,
    )


# -- after the pass ---------------------------------------------------------------------------


def follow(
    current: ServiceDeploymentRecord,
    plan: ServicePlan,
    counts: ServiceCounts,
    bake: float,
    now: float,
) -> Followed:
    """Write down what a pass made of the service; `bake`: seconds that a rollout is watched."""
    service = plan.service
    if current.has_ended:
        return Followed(current)
    if service.status is not ServiceStatus.ACTIVE:
        return Followed(superseded(current, service, counts, now, "the service was deleted"))
    before = current
    if service.primary.id == current.deployment_id:
        current = _followed_forward(current, service, now)
        if plan.is_rolled_out and bake and _may_bake(current):
            stage = LifecycleStage.BAKE_TIME
            current = current.with_(baking_since=now, lifecycle_stage=stage)
    else:
        current = _followed_back(current, service, now)
        current = _without_pauses(current)
    current = current.with_(deployment_circuit_breaker=_breaker_state(current, service))
    if current.has_ended:
        current = _closed(current, service, counts, now)
    if current != before:
        current = current.with_(updated_at=now)
    return Followed(current, _waiting(current, bake), _wake_at(current, bake, now))


def _may_bake(current: ServiceDeploymentRecord) -> bool:
    """Whether a rolling update begins its bake time."""
    is_rolling = not is_blue_green(current.deployment_configuration)
    return is_rolling and current.status is Status.IN_PROGRESS and current.baking_since is None


def _followed_forward(
    current: ServiceDeploymentRecord, service: ServiceRecord, now: float
) -> ServiceDeploymentRecord:
    primary = service.primary
    if primary.rollout_state is RolloutState.COMPLETED:
        return current.with_(status=Status.SUCCESSFUL)
    if primary.rollout_state is not RolloutState.FAILED or primary.failure is None:
        return current
    failure = primary.failure
    if not failure.wants_rollback:
        words = f"Service deployment failed because {failure.reason}."
        return current.with_(status=Status.STOPPED, status_reason=words, stopped_at=now)
    words = (
        f"Service deployment failed because {failure.reason}. There is no completed deployment "
        "to roll back to."
    )
    return current.with_(status=Status.ROLLBACK_FAILED, status_reason=words)


def _followed_back(
    current: ServiceDeploymentRecord, service: ServiceRecord, now: float
) -> ServiceDeploymentRecord:
    """The deployment before it is PRIMARY again."""
    primary, failure = service.primary, service.rolled_back
    if current.rollback is None:
        because = failure.reason if failure is not None else "it failed"
        words = f"Service deployment rolled back because {because}."
        started_at = failure.at if failure is not None else now
        current = current.with_(
            status=Status.ROLLBACK_IN_PROGRESS,
            status_reason=words,
            rollback=Rollback(
                reason=words,
                started_at=started_at,
                service_revision_arn=primary.service_revision_arn,
            ),
        )
    if primary.rollout_state is RolloutState.COMPLETED:
        return current.with_(status=Status.ROLLBACK_SUCCESSFUL)
    if primary.rollout_state is RolloutState.FAILED:
        because = primary.failure.reason if primary.failure is not None else "it failed"
        words = f"{current.status_reason} The rollback failed because {because}."
        return current.with_(status=Status.ROLLBACK_FAILED, status_reason=words)
    return current


def _breaker_state(current: ServiceDeploymentRecord, service: ServiceRecord) -> BreakerState:
    state, primary = current.deployment_circuit_breaker, service.primary
    is_forward = primary.id == current.deployment_id
    failure = primary.failure if is_forward else service.rolled_back
    if failure is not None and failure.by is FailedBy.CIRCUIT_BREAKER:
        return state.with_(status=MonitorStatus.TRIGGERED, failure_count=failure.failed_tasks)
    if not is_forward:
        return state
    if active_breaker(service) is None:
        return _NO_BREAKER
    return state.with_(
        status=MonitorStatus.MONITORING,
        failure_count=primary.failed_tasks,
        threshold=breaker_threshold(service),
    )


def _monitored(status: MonitorStatus) -> MonitorStatus:
    return MonitorStatus.MONITORING_COMPLETE if status is MonitorStatus.MONITORING else status


def _closed(
    current: ServiceDeploymentRecord, service: ServiceRecord, counts: ServiceCounts, now: float
) -> ServiceDeploymentRecord:
    """A deployment that has just ended, with the counts that it ended with."""
    breaker, alarms = current.deployment_circuit_breaker, current.alarms
    summarized = with_counts(_without_pauses(current), service, counts)
    return summarized.with_(
        finished_at=now,
        deployment_circuit_breaker=breaker.with_(status=_monitored(breaker.status)),
        alarms=alarms.with_(status=_monitored(alarms.status)),
    )


def _without_pauses(current: ServiceDeploymentRecord) -> ServiceDeploymentRecord:
    """A deployment that does not go forward any more waits for no answer: its pauses FAILED."""
    hooks = tuple(
        hook.with_(status=HookStatus.FAILED) if hook.status is HookStatus.AWAITING_ACTION else hook
        for hook in current.lifecycle_hook_details
    )
    return current.with_(lifecycle_hook_details=hooks)


def superseded(
    current: ServiceDeploymentRecord,
    service: ServiceRecord,
    counts: ServiceCounts,
    now: float,
    because: str,
) -> ServiceDeploymentRecord:
    """A deployment that something else has put an end to: STOPPED."""
    words = f"Service deployment stopped because {because}."
    if current.status_reason:  # It was on its way back.
        words = f"{current.status_reason} The rollback was stopped because {because}."
    stopped = current.with_(
        status=Status.STOPPED, status_reason=words, stopped_at=now, updated_at=now
    )
    return _closed(stopped, service, counts, now)


def with_counts(
    current: ServiceDeploymentRecord, service: ServiceRecord, counts: ServiceCounts
) -> ServiceDeploymentRecord:
    """With the tasks that each of its revisions has now; one that ended keeps what it had."""
    sources = tuple(_summary(s, service, counts) for s in current.source_service_revisions)
    target = _summary(current.target_service_revision, service, counts)
    return current.with_(source_service_revisions=sources, target_service_revision=target)


def _summary(
    summary: RevisionSummary, service: ServiceRecord, counts: ServiceCounts
) -> RevisionSummary:
    mine = [d for d in service.deployments if d.service_revision_arn == summary.arn]
    return summary.with_(
        requested_task_count=sum(d.desired_count for d in mine),
        running_task_count=sum(counts.of(d.id).running for d in mine),
        pending_task_count=sum(counts.of(d.id).pending for d in mine),
    )


def initial_monitors(service: ServiceRecord) -> tuple[BreakerState, AlarmsState]:
    """Breaker and alarms of a deployment that begins."""
    breaker, alarms = BreakerState(), AlarmsState()
    if active_breaker(service) is not None:
        threshold = breaker_threshold(service)
        breaker = BreakerState(status=MonitorStatus.MONITORING, threshold=threshold)
    watched = service.deployment_configuration.alarms
    if watched is not None and watched.enable:
        names = watched.alarm_names
        alarms = AlarmsState(status=MonitorStatus.MONITORING, alarm_names=names)
    return breaker, alarms


def _waiting(current: ServiceDeploymentRecord, bake: float) -> str | None:
    if current.status is not Status.IN_PROGRESS:
        return None
    paused = [h for h in current.lifecycle_hook_details if h.status is HookStatus.AWAITING_ACTION]
    if paused:
        hook = paused[0]
        return f"paused at {hook.stage}: continue or roll back (hook {hook.hook_id})"
    if current.lifecycle_stage is LifecycleStage.BAKE_TIME:
        return f"watching the new tasks until the bake time of {_minutes(bake)} is over"
    return None


def _minutes(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 60 else f"{seconds / 60:g} min"


def _wake_at(current: ServiceDeploymentRecord, bake: float, now: float) -> float | None:
    if current.status is not Status.IN_PROGRESS:
        return None
    times = [
        hook.expires_at
        for hook in current.lifecycle_hook_details
        if hook.status is HookStatus.AWAITING_ACTION and hook.expires_at is not None
    ]
    if current.stage_began_at is not None and current.lifecycle_stage is LifecycleStage.BAKE_TIME:
        times.append(current.stage_began_at + bake)
    elif current.stage_began_at is not None:
        times.append(current.stage_began_at + blue_green.LONGEST_STAGE_SECONDS)
    elif current.baking_since is not None:
        times.append(current.baking_since + bake)
    return min((at for at in times if at > now), default=None)
