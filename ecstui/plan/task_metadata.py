"""What a container is told of itself and its task: the task metadata endpoint, version 4.

Members and forms: ECS agent, tmds/handlers/v4/state and v2 (ecs.md 3.11); what is not known is left
out. Pure.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from ecstui.base.ids import short_name
from ecstui.model.enums import ContainerStatus, HealthStatus, LaunchType, NetworkMode
from ecstui.model.shape import Tag
from ecstui.model.task import ContainerRecord, TaskRecord
from ecstui.model.task_definition import ContainerDefinition, TaskDefinition
from ecstui.plan.naming import PAUSE_CONTAINER
from ecstui.plan.ports import network_mode_of
from ecstui.plan.spec import Observation, Phase
from ecstui.plan.volumes import mounts_of

Json = dict[str, object]

_UNITS_PER_CPU = 1024


def task_json(
    task: TaskRecord, definition: TaskDefinition, seen: Mapping[str, Observation]
) -> Json:
    """A task with its containers; `seen`: containers of its engine, by name."""
    is_fargate = task.launch_type is LaunchType.FARGATE
    containers = [container_json(task, definition, one, seen) for one in task.containers]
    pause = task.pause_engine_name
    if pause is not None and not is_fargate:
        containers.append(_pause(task, pause, seen))
    return _present(
        {
            "Cluster": task.cluster_arn if is_fargate else task.cluster_name,
            "TaskARN": task.task_arn,
            "Family": definition.family,
            "Revision": str(definition.revision),
            "DesiredStatus": str(task.desired_status),
            "KnownStatus": str(task.last_status),
            "Limits": _task_limits(task, definition),
            "PullStartedAt": _time(task.pull_started_at),
            "PullStoppedAt": _time(task.pull_stopped_at),
            "ExecutionStoppedAt": _time(task.execution_stopped_at),
            "AvailabilityZone": task.availability_zone,
            "LaunchType": None if task.launch_type is None else str(task.launch_type),
            "Containers": containers,
            "ServiceName": None if task.service_arn is None else short_name(task.service_arn),
        }
    ) | {"FaultInjectionEnabled": False}


def tags_json(tags: tuple[Tag, ...]) -> dict[str, str]:
    """Tags as TaskTags and ContainerInstanceTags have them."""
    return {tag.key: tag.value or "" for tag in tags}


def container_json(
    task: TaskRecord,
    definition: TaskDefinition,
    container: ContainerRecord,
    seen: Mapping[str, Observation],
) -> Json:
    """One container of a task."""
    made = next(c for c in definition.container_definitions if c.name == container.name)
    observation = seen.get(container.engine_name)
    has_ended = container.last_status is ContainerStatus.STOPPED
    logging = made.log_configuration
    return _present(
        {
            "DockerId": container.runtime_id or (observation and observation.engine_id),
            "Name": container.name,
            "DockerName": container.engine_name,
            "Image": container.image,
            "ImageID": container.image_digest or (observation and observation.image_digest),
            "Ports": _ports(container),
            "Labels": None if observation is None else dict(observation.labels),
            "DesiredStatus": str(task.desired_status),
            "KnownStatus": _status(container, observation),
            "ExitCode": container.exit_code,
            "Limits": _limits(container),
            "StartedAt": _time(container.started_at or _began(observation)),
            "FinishedAt": _time(container.finished_at) if has_ended else None,
            "Type": "NORMAL",
            "Health": _health(container, made),
            "Volumes": _volumes(task, definition, made),
            "LogDriver": None if logging is None else logging.log_driver,
            "LogOptions": None if logging is None else dict(logging.options or {}),
            "ContainerARN": container.container_arn,
            "Networks": _networks(task, definition, observation, seen),
            "RestartCount": container.restart_count if made.restart_policy else None,
        }
    )


def _pause(task: TaskRecord, name: str, seen: Mapping[str, Observation]) -> Json:
    observation = seen.get(name)
    return _present(
        {
            "DockerId": None if observation is None else observation.engine_id,
            "Name": PAUSE_CONTAINER,
            "DockerName": name,
            "DesiredStatus": "RESOURCES_PROVISIONED",
            "KnownStatus": "RESOURCES_PROVISIONED",
            "StartedAt": None if observation is None else _time(observation.started_at),
            "Type": "CNI_PAUSE",
            "Networks": [{"NetworkMode": "awsvpc", "IPv4Addresses": _addresses(observation)}],
        }
    )


def _status(container: ContainerRecord, observation: Observation | None) -> str:
    if container.last_status is ContainerStatus.PENDING:
        if observation is None:
            return "PULLED"
        # Who asks as it begins is quicker than the record.
        return "RUNNING" if observation.phase is Phase.RUNNING else "CREATED"
    return str(container.last_status)


def _ports(container: ContainerRecord) -> list[Json] | None:
    ports = [
        _present(
            {
                "ContainerPort": binding.container_port,
                "Protocol": binding.protocol,
                "HostPort": binding.host_port,
                "HostIp": binding.bind_ip,
            }
        )
        for binding in container.network_bindings
    ]
    return ports or None


def _limits(container: ContainerRecord) -> Json:
    """CPU units and MiB; the soft limit where there is no hard one."""
    memory = container.memory or container.memory_reservation
    return {"CPU": float(container.cpu or 0), "Memory": int(memory or 0)}


def _task_limits(task: TaskRecord, definition: TaskDefinition) -> Json | None:
    cpu, memory = task.cpu or definition.cpu, task.memory or definition.memory
    limits: Json = {}
    if cpu and cpu.isdecimal():
        limits["CPU"] = int(cpu) / _UNITS_PER_CPU
    if memory and memory.isdecimal():
        limits["Memory"] = int(memory)
    return limits or None


def _health(container: ContainerRecord, made: ContainerDefinition) -> Json | None:
    if made.health_check is None:
        return None
    health = container.health_status
    return {"status": str(health)} if health is not HealthStatus.UNKNOWN else {"status": "UNKNOWN"}


def _volumes(
    task: TaskRecord, definition: TaskDefinition, made: ContainerDefinition
) -> list[Json] | None:
    found: list[Json] = []
    for mount in mounts_of(made, definition, task.task_id, {}):
        kind = "Source" if mount.source.startswith("/") else "DockerName"
        found.append({kind: mount.source, "Destination": mount.target})
    return found or None


def _networks(
    task: TaskRecord,
    definition: TaskDefinition,
    observation: Observation | None,
    seen: Mapping[str, Observation],
) -> list[Json]:
    mode = network_mode_of(definition)
    if mode is NetworkMode.AWSVPC:
        observation = seen.get(task.pause_engine_name or "")
    addresses = _addresses(observation)
    return [_present({"NetworkMode": str(mode), "IPv4Addresses": addresses or None})]


def _addresses(observation: Observation | None) -> list[str]:
    return [observation.address] if observation is not None and observation.address else []


def _began(observation: Observation | None) -> float | None:
    return None if observation is None else observation.started_at


def _time(at: float | None) -> str | None:
    """RFC 3339 with nine places, as Go writes it."""
    if at is None:
        return None
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond * 1000:09d}Z"


def _present(members: Json) -> Json:
    return {name: value for name, value in members.items() if value is not None}
