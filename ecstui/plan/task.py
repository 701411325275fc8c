"""One step of one task: from what was seen to its next record and what to do next.

Starts containers as their dependencies allow, stops them in reverse, and words the end as ECS
does (ecs.md 3). It looks at one task only and never chooses where a task runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.model.enums import (
    STARTING,
    ContainerStatus,
    DesiredStatus,
    StopCode,
    TaskStatus,
)
from ecstui.model.task import AttachmentDetail, ContainerRecord, TaskRecord
from ecstui.model.task_definition import TaskDefinition
from ecstui.plan.actions import (
    Action,
    CreateContainer,
    EnsureImage,
    RemoveContainer,
    StartContainer,
    StopContainer,
    container_key,
    image_key,
)
from ecstui.plan.depends import ContainerState, Never, Ready, Waiting, can_start, may_stop, stranded
from ecstui.plan.health import task_health_status
from ecstui.plan.spec import ContainerSpec, Phase
from ecstui.plan.task_facts import (
    OUT_OF_MEMORY,
    TaskSituation,
    absorb,
    definition_of,
    final_error,
    never_started,
    pull_stopped_at,
)
from ecstui.plan.translate import PAUSE_IMAGE, container_spec, pause_spec

ESSENTIAL_EXITED = "Essential container in task exited"
DEFAULT_STOP_TIMEOUT_SECONDS = 30
PAUSE_STOP_TIMEOUT_SECONDS = 1


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """The task's next record, what to do, when to look again, and what to tell."""

    task: TaskRecord
    actions: tuple[Action, ...] = ()
    wake_at: float | None = None
    told: str | None = None
    """A sentence for the event history, or None."""
    is_problem: bool = False


def plan_task(situation: TaskSituation) -> TaskPlan:
    """One step of one task."""
    if situation.task.is_stopped:
        return TaskPlan(situation.task)
    situation = _with_task(situation, situation.task.with_(containers=absorb(situation)))
    if situation.task.is_wanted:
        plan = _plan_wanted(situation)
        if plan.task.is_wanted:
            return _finish(situation, plan)
        situation = _with_task(situation, plan.task)
    return _finish(situation, _plan_unwanted(situation))


def _with_task(situation: TaskSituation, task: TaskRecord) -> TaskSituation:
    if task is situation.task:
        return situation
    return TaskSituation(
        task,
        situation.definition,
        situation.seen,
        situation.busy,
        situation.last,
        situation.attempts,
        situation.now,
        situation.setting,
    )


def _finish(before: TaskSituation, plan: TaskPlan) -> TaskPlan:
    """Health and the end of pulling, which follow from the rest."""
    task = plan.task
    if task.pull_started_at is not None and task.pull_stopped_at is None:
        ended_at = pull_stopped_at(_with_task(before, task))
        task = task if ended_at is None else task.with_(pull_stopped_at=ended_at)
    health = task_health_status(task.containers)
    task = task if health is task.health_status else task.with_(health_status=health)
    return TaskPlan(task, plan.actions, plan.wake_at, plan.told, plan.is_problem)


# -- wanted: start what may start ------------------------------------------------------------


def _plan_wanted(situation: TaskSituation) -> TaskPlan:
    task = situation.task
    ended = _essential_that_ended(situation)
    if ended is not None:
        return TaskPlan(_stop_because_of(situation, ended))
    if task.pause_engine_name is not None:
        waiting = _plan_pause(situation, task.pause_engine_name)
        if waiting is not None:
            return waiting
        situation = _with_task(situation, _attached(situation))
    return _plan_containers(situation)


def _essential_that_ended(situation: TaskSituation) -> ContainerRecord | None:
    for container in situation.task.containers:
        matters = container.essential or _has_no_resources(container)
        has_ended = matters and container.last_status is ContainerStatus.STOPPED
        if has_ended and not _may_restart(situation, container):
            return container
    return None


def _has_no_resources(container: ContainerRecord) -> bool:
    """Whether a secret or a file was missing: what a task needs, it needs as a whole (3.3)."""
    reason = container.reason or ""
    return container.started_at is None and reason.startswith(EngineErrorKind.CANNOT_INITIALIZE)


def _stop_because_of(situation: TaskSituation, container: ContainerRecord) -> TaskRecord:
    """The task told to stop because an essential container ended (ecs.md 3.3)."""
    if container.started_at is not None:
        code, reason = StopCode.ESSENTIAL_CONTAINER_EXITED, ESSENTIAL_EXITED
        if container.reason == OUT_OF_MEMORY:
            reason = OUT_OF_MEMORY
    else:
        code, reason = StopCode.TASK_FAILED_TO_START, container.reason or ESSENTIAL_EXITED
    task = stop_task_record(situation.task, code, reason, situation.now)
    return task.with_(
        started_at=task.started_at or container.started_at,
        execution_stopped_at=container.finished_at or situation.now,
    )


def stop_task_record(task: TaskRecord, code: StopCode, reason: str, now: float) -> TaskRecord:
    """The task with desired status STOPPED; the first cause wins (ecs.md 3.2)."""
    if not task.is_wanted:
        return task
    return task.with_(
        desired_status=DesiredStatus.STOPPED,
        stop_code=code,
        stopped_reason=reason,
        stopping_at=now,
        version=task.version + 1,
    )


def _plan_pause(situation: TaskSituation, name: str) -> TaskPlan | None:
    """Bring up the network namespace; None when it is up."""
    task = situation.task
    observation = situation.seen.get(name)
    if situation.is_busy(name):
        return TaskPlan(task)
    if observation is not None and observation.phase is Phase.RUNNING:
        return None
    is_gone = observation is None and task.last_status is not TaskStatus.PROVISIONING
    if is_gone or (observation is not None and observation.phase is Phase.EXITED):
        return TaskPlan(_lost_network(situation))
    error = _network_error(situation, name)
    if error is not None:
        return TaskPlan(_failed_network(situation, str(error)))
    pull = _ensure_image(situation, PAUSE_IMAGE)
    if pull is not None:
        return TaskPlan(task, (pull,))
    if observation is not None:
        return TaskPlan(task, (StartContainer(task.engine, name),))
    if not _has_image(situation, PAUSE_IMAGE):
        return TaskPlan(task)
    spec = pause_spec(task, situation.definition, situation.setting)
    return TaskPlan(task, (CreateContainer(task.engine, spec, and_start=True),))


def _network_error(situation: TaskSituation, name: str) -> EngineError | None:
    """Why the namespace cannot come up; None while it may."""
    own = situation.last.get(container_key(situation.task.engine, name))
    if own is not None and own.error is not None and not own.error.retryable:
        return own.error
    image = situation.last.get(image_key(situation.task.engine, PAUSE_IMAGE))
    if image is None or name in situation.seen:
        return None
    return final_error(situation, image)


def _lost_network(situation: TaskSituation) -> TaskRecord:
    """The namespace is gone: a failed start, or for a task that ran, an essential end."""
    if situation.task.started_at is None:
        return _failed_network(situation, "the pause container exited")
    task = stop_task_record(
        situation.task, StopCode.ESSENTIAL_CONTAINER_EXITED, ESSENTIAL_EXITED, situation.now
    )
    return task.with_(execution_stopped_at=situation.now)


def _failed_network(situation: TaskSituation, words: str) -> TaskRecord:
    reason = f"ResourceInitializationError: unable to set up the task's network: {words}"
    return stop_task_record(
        situation.task, StopCode.TASK_FAILED_TO_START, reason[:1024], situation.now
    )


def _attached(situation: TaskSituation) -> TaskRecord:
    """The task with its network interface, once its namespace is up."""
    task = situation.task
    pause = situation.seen.get(task.pause_engine_name or "")
    if pause is None or task.last_status is not TaskStatus.PROVISIONING:
        return task
    attachments = tuple(
        attachment.with_(
            status="ATTACHED",
            details=(AttachmentDetail(name="privateIPv4Address", value=pause.address),),
        )
        for attachment in task.attachments
    )
    return task.with_(
        last_status=TaskStatus.PENDING, attachments=attachments, version=task.version + 1
    )


def _plan_containers(situation: TaskSituation) -> TaskPlan:
    states = container_states(situation)
    actions: list[Action] = []
    wakes: list[float] = []
    records = []
    for record in situation.task.containers:
        step = _plan_container(situation, record, states)
        records.append(step.record)
        actions += step.actions
        wakes += step.wakes
    task = situation.task.with_(containers=tuple(records))
    ended = _essential_that_ended(_with_task(situation, task))
    if ended is not None:
        return TaskPlan(_stop_because_of(_with_task(situation, task), ended))
    task = _advance(situation, task, actions)
    plan = TaskPlan(task, tuple(actions), min(wakes, default=None))
    return _dead_end(situation, plan) or plan


@dataclass(frozen=True, slots=True)
class _ContainerStep:
    record: ContainerRecord
    actions: tuple[Action, ...] = ()
    wakes: tuple[float, ...] = ()


def _plan_container(
    situation: TaskSituation, record: ContainerRecord, states: Mapping[str, ContainerState]
) -> _ContainerStep:
    if situation.is_busy(record.engine_name):
        return _ContainerStep(record)
    if record.last_status is ContainerStatus.STOPPED:
        return _restart(situation, record)
    if record.last_status is not ContainerStatus.PENDING:
        return _ContainerStep(record)
    observation = situation.seen.get(record.engine_name)
    if observation is not None:
        return _ContainerStep(record, (StartContainer(situation.task.engine, record.engine_name),))
    readiness = can_start(record.name, situation.definition, states, situation.now)
    match readiness:
        case Never(reason=reason):
            return _ContainerStep(never_started(record, reason))
        case Waiting(wake_at=wake_at):
            return _ContainerStep(record, wakes=() if wake_at is None else (wake_at,))
        case Ready():
            return _ContainerStep(record, _create(situation, record))


def _create(situation: TaskSituation, record: ContainerRecord) -> tuple[Action, ...]:
    pull = _ensure_image(situation, record.image, _credentials(situation, record))
    if pull is not None:
        return (pull,)
    if not _has_image(situation, record.image):
        return ()
    return (CreateContainer(situation.task.engine, _spec_of(situation, record), and_start=True),)


def _spec_of(situation: TaskSituation, record: ContainerRecord) -> ContainerSpec:
    container = situation.definition.container(record.name)
    return container_spec(situation.task, situation.definition, container, situation.setting)


def _has_image(situation: TaskSituation, image: str) -> bool:
    outcome = situation.last.get(image_key(situation.task.engine, image))
    return outcome is not None and outcome.error is None


def _credentials(situation: TaskSituation, record: ContainerRecord) -> str:
    credentials = situation.definition.container(record.name).repository_credentials
    return "" if credentials is None else credentials.credentials_parameter


def _ensure_image(
    situation: TaskSituation, image: str, credentials: str = ""
) -> EnsureImage | None:
    """The action that makes an image ready; None when it is, or is on its way."""
    key = image_key(situation.task.engine, image)
    if key in situation.busy or _has_image(situation, image):
        return None
    return EnsureImage(situation.task.engine, image, credentials)


def _may_restart(situation: TaskSituation, record: ContainerRecord) -> bool:
    """Whether the container's policy restarts it in place now (ecs.md 3.8)."""
    definition = definition_of(situation.definition, record.name)
    policy = None if definition is None else definition.restart_policy
    if policy is None or not policy.enabled or record.exit_code is None:
        return False
    if record.started_at is None or record.exit_code in policy.ignored_exit_codes:
        return False
    ended_at = record.finished_at or situation.now
    return ended_at >= record.started_at + policy.restart_attempt_period


def _restart(situation: TaskSituation, record: ContainerRecord) -> _ContainerStep:
    if not _may_restart(situation, record):
        return _ContainerStep(record)
    restarted = record.with_(
        last_status=ContainerStatus.PENDING,
        restarted_from=record.started_at,
        restart_count=record.restart_count + 1,
        exit_code=None,
        reason=None,
        finished_at=None,
    )
    return _ContainerStep(restarted, (StartContainer(situation.task.engine, record.engine_name),))


def _advance(situation: TaskSituation, task: TaskRecord, actions: list[Action]) -> TaskRecord:
    """Status and times that follow from the containers."""
    changes: dict[str, object] = {}
    pulls = any(isinstance(action, EnsureImage) for action in actions)
    if pulls and task.pull_started_at is None:
        changes["pull_started_at"] = situation.now
    is_up = not any(
        c.last_status is ContainerStatus.PENDING
        or (c.essential and c.last_status is ContainerStatus.STOPPED)
        for c in task.containers
    )
    if is_up and task.last_status in STARTING:
        changes |= {
            "last_status": TaskStatus.RUNNING,
            "started_at": situation.now,
            "connectivity": "CONNECTED",
            "connectivity_at": situation.now,
            "version": task.version + 1,
        }
    return task.with_(**changes) if changes else task


def _dead_end(situation: TaskSituation, plan: TaskPlan) -> TaskPlan | None:
    """Stop a task in which no container can move any more (ecs.md 3.6)."""
    task = plan.task
    waiting = {c.name for c in task.containers if c.last_status is ContainerStatus.PENDING}
    if plan.actions or plan.wake_at is not None or not waiting:
        return None
    if _is_anything_busy(situation):
        return None
    states = container_states(_with_task(situation, task))
    if waiting - {*stranded(situation.definition, states)}:
        return None
    reason = (
        "TaskDependencyError: Task dependencies cannot be resolved, "
        f"taskArn: {situation.task.task_arn}"
    )
    stopped = stop_task_record(task, StopCode.TASK_FAILED_TO_START, reason, situation.now)
    return TaskPlan(stopped)


def _is_anything_busy(situation: TaskSituation) -> bool:
    engine = situation.task.engine
    return any(
        situation.is_busy(record.engine_name) or image_key(engine, record.image) in situation.busy
        for record in situation.task.containers
    )


def container_states(situation: TaskSituation) -> Mapping[str, ContainerState]:
    """What dependency rules look at, by container name."""
    return {
        record.name: ContainerState(
            status=record.last_status,
            started_at=record.started_at,
            seen_running_at=record.seen_running_at,
            finished_at=record.finished_at,
            exit_code=record.exit_code,
            health=record.health_status,
        )
        for record in situation.task.containers
    }


# -- unwanted: stop what runs, in reverse ------------------------------------------------------


def _plan_unwanted(situation: TaskSituation) -> TaskPlan:
    states = container_states(situation)
    records = []
    actions: list[Action] = []
    for record in situation.task.containers:
        records.append(_given_up(situation, record))
        if _may_be_stopped(situation, record, states):
            actions.append(_stop(situation, record))
    task = situation.task.with_(containers=tuple(records))
    if any(record.last_status is not ContainerStatus.STOPPED for record in records):
        is_stopping = any(r.last_status is ContainerStatus.RUNNING for r in records)
        if is_stopping and task.last_status is not TaskStatus.STOPPING:
            task = task.with_(last_status=TaskStatus.STOPPING, version=task.version + 1)
        return TaskPlan(task, tuple(actions))
    return _plan_release(situation, task)


def _given_up(situation: TaskSituation, record: ContainerRecord) -> ContainerRecord:
    """A container that was never started is stopped as soon as nothing is done to it."""
    if record.last_status is not ContainerStatus.PENDING:
        return record
    if situation.is_busy(record.engine_name):
        return record
    return record.with_(last_status=ContainerStatus.STOPPED)


def _may_be_stopped(
    situation: TaskSituation, record: ContainerRecord, states: Mapping[str, ContainerState]
) -> bool:
    if record.last_status is not ContainerStatus.RUNNING:
        return False
    if situation.is_busy(record.engine_name):
        return False
    return may_stop(record.name, situation.definition, states)


def _stop(situation: TaskSituation, record: ContainerRecord) -> StopContainer:
    seconds = stop_timeout_seconds(situation.definition, record.name)
    return StopContainer(situation.task.engine, record.engine_name, seconds)


def stop_timeout_seconds(definition: TaskDefinition, container_name: str) -> int:
    """How long a container may take to end once it was told to (ecs.md 3.4)."""
    container = definition_of(definition, container_name)
    timeout = None if container is None else container.stop_timeout
    return DEFAULT_STOP_TIMEOUT_SECONDS if timeout is None else timeout


def _plan_release(situation: TaskSituation, task: TaskRecord) -> TaskPlan:
    """All containers have stopped: give the network namespace free, then the task is STOPPED."""
    pause = task.pause_engine_name
    if pause is not None and not _is_released(situation, pause):
        if task.last_status is not TaskStatus.DEPROVISIONING:
            task = task.with_(last_status=TaskStatus.DEPROVISIONING, version=task.version + 1)
        if situation.is_busy(pause):
            return TaskPlan(task)
        return TaskPlan(task, (RemoveContainer(task.engine, pause),))
    stopped = task.with_(
        last_status=TaskStatus.STOPPED,
        stopped_at=situation.now,
        execution_stopped_at=task.execution_stopped_at or _last_finish(task, situation.now),
        connectivity="DISCONNECTED",
        attachments=tuple(a.with_(status="DELETED") for a in task.attachments),
        version=task.version + 1,
    )
    return TaskPlan(stopped, told=_obituary(stopped), is_problem=_is_problem(stopped))


def _is_released(situation: TaskSituation, pause: str) -> bool:
    """Whether the namespace is gone; a dead container that stays is left to the reaper."""
    if situation.is_busy(pause):
        return False
    observation = situation.seen.get(pause)
    if observation is None:
        return True
    outcome = situation.last.get(container_key(situation.task.engine, pause))
    has_failed = outcome is not None and outcome.error is not None
    was_removal = outcome is not None and isinstance(outcome.action, RemoveContainer)
    return observation.phase is Phase.EXITED and was_removal and has_failed


def _last_finish(task: TaskRecord, now: float) -> float | None:
    times = [c.finished_at for c in task.containers if c.finished_at is not None]
    return max(times) if times else (now if task.started_at is not None else None)


def _is_problem(task: TaskRecord) -> bool:
    if task.stop_code is StopCode.TASK_FAILED_TO_START:
        return True
    if task.stop_code is not StopCode.ESSENTIAL_CONTAINER_EXITED:
        return False
    return any(c.essential and c.exit_code not in (0, None) for c in task.containers)


def _obituary(task: TaskRecord) -> str:
    """One sentence on how a task ended, with the exit codes of its containers."""
    codes = [f"{c.name} exited {c.exit_code}" for c in task.containers if c.exit_code is not None]
    detail = f" [{', '.join(codes)}]" if codes else ""
    return f"(task {task.task_id}) stopped: {task.stopped_reason}{detail}"


def observed_names(task: TaskRecord) -> tuple[str, ...]:
    """Names in the engine of everything that belongs to a task."""
    names = tuple(container.engine_name for container in task.containers)
    return names if task.pause_engine_name is None else (*names, task.pause_engine_name)
