"""What was seen and what actions led to, taken into a task's record: facts only.

The first half of `plan/task.py`; it starts nothing and stops nothing. Container states never go
back, but for a restart in place.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass

from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.model.enums import ContainerStatus, HealthStatus
from ecstui.model.task import ContainerRecord, NetworkBinding, NetworkInterface, TaskRecord
from ecstui.model.task_definition import ContainerDefinition, TaskDefinition
from ecstui.plan.actions import Outcome, ResourceKey, StartContainer, container_key, image_key
from ecstui.plan.health import health_status_of
from ecstui.plan.spec import ContainerName, Observation, Phase
from ecstui.plan.translate import Setting

OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
REMOVED_OUTSIDE = "CannotInspectContainerError: the container was removed outside of ECS"
ATTEMPTS = 5
"""So often an action whose answer was lost is tried before the container fails."""


@dataclass(frozen=True, slots=True)
class TaskSituation:
    """All that one step of a task is decided from."""

    task: TaskRecord
    definition: TaskDefinition
    seen: Mapping[ContainerName, Observation]
    """Containers of the task's engine as last looked at; absent means not there."""
    busy: Container[ResourceKey]
    """Things with an action running, a look pending, or waiting before they are tried again."""
    last: Mapping[ResourceKey, Outcome]
    attempts: Mapping[ResourceKey, int]
    """How often in a row an action failed in a way that may be tried again."""
    now: float
    setting: Setting

    def is_busy(self, name: ContainerName) -> bool:
        """Whether nothing may be decided about a container now."""
        return container_key(self.task.engine, name) in self.busy


def absorb(situation: TaskSituation) -> tuple[ContainerRecord, ...]:
    """The task's containers, brought up to date with what was seen."""
    return tuple(_absorb_container(situation, record) for record in situation.task.containers)


def _absorb_container(situation: TaskSituation, record: ContainerRecord) -> ContainerRecord:
    if record.last_status is ContainerStatus.STOPPED or situation.is_busy(record.engine_name):
        return record
    observation = situation.seen.get(record.engine_name)
    failure = _failure_of(situation, record, observation)
    if failure is not None:
        ended_at = None if observation is None else observation.finished_at
        return _stopped(record, reason=failure).with_(finished_at=ended_at)
    if observation is None:
        if record.runtime_id is not None:
            return _stopped(record, reason=REMOVED_OUTSIDE)
        return record
    if observation.phase is Phase.CREATED:
        return record.with_(runtime_id=observation.engine_id)
    if observation.phase is Phase.RUNNING:
        return _running(situation, record, observation)
    return _exited(situation, record, observation)


def _failure_of(
    situation: TaskSituation, record: ContainerRecord, observation: Observation | None
) -> str | None:
    """Why the container can never start, in ECS's words; None while it may."""
    if record.last_status is not ContainerStatus.PENDING:
        return None
    for outcome in _failures_to_start(situation, record, observation):
        error = final_error(situation, outcome)
        if error is None:
            continue
        if error.kind is EngineErrorKind.IMAGE_NOT_FOUND:
            return f"{EngineErrorKind.CANNOT_PULL}: {error.message}"
        return str(error)
    return None


def final_error(situation: TaskSituation, outcome: Outcome) -> EngineError | None:
    """What went wrong for this task and is not tried again for it."""
    error = outcome.error
    if error is None or outcome.ended_at < situation.task.created_at:
        return None
    if error.retryable and error.kind is EngineErrorKind.UNREACHABLE:
        return None
    if error.retryable and situation.attempts.get(outcome.action.key, 0) < ATTEMPTS:
        return None
    return error


def _failures_to_start(
    situation: TaskSituation, record: ContainerRecord, observation: Observation | None
) -> list[Outcome]:
    """The outcomes that tell whether the container can start.

    A restart that the engine refuses leaves the run before it to be seen (ecs.md 3.8).
    """
    engine = situation.task.engine
    own = situation.last.get(container_key(engine, record.engine_name))
    if observation is None or observation.phase is Phase.CREATED:
        image = situation.last.get(image_key(engine, record.image))
        return [outcome for outcome in (image, own) if outcome is not None]
    is_start = own is not None and isinstance(own.action, StartContainer)
    return [own] if own is not None and is_start and _is_run_before(record, observation) else []


def _is_run_before(record: ContainerRecord, observation: Observation) -> bool:
    """Whether what is seen is the run that a restart in place is to replace."""
    return (
        observation.phase is Phase.EXITED
        and record.restarted_from is not None
        and observation.started_at == record.restarted_from
    )


def _stopped(
    record: ContainerRecord, *, reason: str, exit_code: int | None = None
) -> ContainerRecord:
    return record.with_(
        last_status=ContainerStatus.STOPPED,
        reason=reason[:1024],
        exit_code=exit_code,
        health_status=HealthStatus.UNKNOWN,
    )


def never_started(record: ContainerRecord, reason: str) -> ContainerRecord:
    """A container whose dependencies can never hold (ecs.md 3.6)."""
    return _stopped(record, reason=reason, exit_code=143)


def pull_stopped_at(situation: TaskSituation) -> float | None:
    """When the last pull of the task ended, well or not; None while one is still to come (3.2).

    What stops pulls no more, but one that is under way has no end yet.
    """
    task = situation.task
    if any(image_key(task.engine, record.image) in situation.busy for record in task.containers):
        return None
    if task.is_wanted and not all(_has_pulled(situation, record) for record in task.containers):
        return None
    outcomes = (situation.last.get(image_key(task.engine, r.image)) for r in task.containers)
    ends = [o.ended_at for o in outcomes if o and o.ended_at >= (task.pull_started_at or 0.0)]
    if not ends and task.is_wanted:
        # A control plane that came up since knows of no pulls: they ended before this.
        ends = [r.started_at for r in task.containers if r.started_at] or [situation.now]
    return max(ends, default=None)


def _has_pulled(situation: TaskSituation, record: ContainerRecord) -> bool:
    """Whether a container needs no image any more: it has one, is made of one, or is over."""
    if record.last_status is not ContainerStatus.PENDING or record.engine_name in situation.seen:
        return True
    outcome = situation.last.get(image_key(situation.task.engine, record.image))
    return outcome is not None and outcome.error is None


def _running(
    situation: TaskSituation, record: ContainerRecord, observation: Observation
) -> ContainerRecord:
    definition = definition_of(situation.definition, record.name)
    is_checked = definition is not None and definition.health_check is not None
    return record.with_(
        runtime_id=observation.engine_id,
        image_digest=observation.image_digest,
        last_status=ContainerStatus.RUNNING,
        started_at=observation.started_at or situation.now,
        seen_running_at=_seen_running_at(record) or situation.now,
        health_status=(health_status_of(observation.probe) if is_checked else HealthStatus.UNKNOWN),
        network_bindings=bindings_of(definition, _publisher_of(situation, observation)),
        network_interfaces=_interfaces_of(situation, record),
    )


def _seen_running_at(record: ContainerRecord) -> float | None:
    """When this run was first seen; None when it is seen only now."""
    return record.seen_running_at if record.last_status is ContainerStatus.RUNNING else None


def _publisher_of(situation: TaskSituation, observation: Observation) -> Observation:
    """Who publishes the ports: the pause container, where the task has one."""
    pause = situation.task.pause_engine_name
    return observation if pause is None else situation.seen.get(pause, observation)


def _exited(
    situation: TaskSituation, record: ContainerRecord, observation: Observation
) -> ContainerRecord:
    if _is_run_before(record, observation):
        return record
    started_at = observation.started_at
    exited = _stopped(
        record,
        reason=OUT_OF_MEMORY if observation.is_out_of_memory else "",
        exit_code=observation.exit_code,
    )
    return exited.with_(
        runtime_id=observation.engine_id,
        image_digest=observation.image_digest,
        reason=exited.reason or None,
        started_at=started_at,
        finished_at=observation.finished_at or situation.now,
    )


def definition_of(definition: TaskDefinition, name: str) -> ContainerDefinition | None:
    """The container definition of that name, or None."""
    for container in definition.container_definitions:
        if container.name == name:
            return container
    return None


def bindings_of(
    definition: ContainerDefinition | None, observation: Observation
) -> tuple[NetworkBinding, ...]:
    """Published ports of a container, IPv4 only (ecs.md 2.5)."""
    if definition is None:
        return ()
    wanted = {(m.container_port, m.protocol) for m in definition.port_mappings}
    return tuple(
        NetworkBinding(
            bind_ip=port.host_ip,
            container_port=port.container_port,
            host_port=port.host_port,
            protocol=port.protocol,
        )
        for port in observation.ports
        if ":" not in port.host_ip
        and ((port.container_port, port.protocol) in wanted or _has_range(definition))
    )


def _has_range(definition: ContainerDefinition) -> bool:
    return any(mapping.container_port_range for mapping in definition.port_mappings)


def _interfaces_of(
    situation: TaskSituation, record: ContainerRecord
) -> tuple[NetworkInterface, ...]:
    task = situation.task
    if task.pause_engine_name is None:
        return record.network_interfaces
    pause = situation.seen.get(task.pause_engine_name)
    if pause is None or not pause.address:
        return record.network_interfaces
    attachment = task.attachments[0].id if task.attachments else None
    return (NetworkInterface(attachment_id=attachment, private_ipv4_address=pause.address),)
