"""From a task and its definition to what an engine creates: specs, labels, names (ecs.md 2.3-2.8).

Every member of a task definition either lands in a spec, is somebody else's to act on, or is told
by `untranslated`: none is dropped in silence. It never decides when something is created.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ecstui.base.ids import REGION, Ids, Namespace, short_name
from ecstui.model.enums import NetworkMode
from ecstui.model.task import ContainerRecord, TaskOverride, TaskRecord
from ecstui.model.task_definition import ContainerDefinition, HealthCheck, TaskDefinition
from ecstui.plan.environment import environment_of, injected_of, unresolved_of
from ecstui.plan.limits import with_limits, with_privileges
from ecstui.plan.naming import PAUSE_CONTAINER, engine_name, pause_name_of, volume_name
from ecstui.plan.network import with_network, with_task_network
from ecstui.plan.ports import network_mode_of
from ecstui.plan.reservation import NO_OVERRIDES, override_of, reservation_of, size_of
from ecstui.plan.spec import ContainerSpec, HealthProbe
from ecstui.plan.task_endpoint import TaskEndpoint
from ecstui.plan.untranslated import ENGINE_LOG_DRIVERS, Notice, untranslated
from ecstui.plan.volumes import mounts_of, task_volumes

__all__ = [
    "CONTAINER_NAME_LABEL",
    "OWNER_LABEL",
    "PAUSE_IMAGE",
    "TASK_ARN_LABEL",
    "Notice",
    "Setting",
    "container_spec",
    "containers_of",
    "engine_name",
    "network_mode_of",
    "pause_name_of",
    "pause_spec",
    "reservation_of",
    "task_volumes",
    "untranslated",
    "volume_name",
]

PAUSE_IMAGE = "ecstui/pause:1"
"""Image of the container that owns a task's network namespace; the engine makes it itself."""

OWNER_LABEL = "ecstui.owner"
SERVICE_LABEL = "ecstui.service"
TASK_LABEL = "ecstui.task"
INSTANCE_LABEL = "ecstui.instance"
ECS_LABEL = "com.amazonaws.ecs."
CONTAINER_NAME_LABEL = f"{ECS_LABEL}container-name"
TASK_ARN_LABEL = f"{ECS_LABEL}task-arn"

NO_PROBE = HealthProbe(("NONE",))
"""ECS ignores the image's own check, so that the engine must not run it (ecs.md 3.7)."""

DEFAULT_STOP_TIMEOUT_SECONDS = 30
PAUSE_STOP_TIMEOUT_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Setting:
    """What specs need to know of this control plane."""

    owner: str
    """Id of the state directory, on every container's label."""
    region: str = REGION
    network: str = "bridge"
    """Network of the engine that tasks in bridge mode, and the owners of namespaces, join."""
    log_max_size: str = "10m"
    """A log file is rotated when it is so large, in the engine's notation."""
    log_max_files: int = 2
    file_systems: Mapping[str, str] = field(default_factory=dict)
    """EFS or FSx file system id to the folder of the host that stands for it."""
    endpoint: TaskEndpoint | None = None
    """Where containers find their metadata and credentials; None: nowhere."""


def container_spec(
    task: TaskRecord, definition: TaskDefinition, container: ContainerDefinition, setting: Setting
) -> ContainerSpec:
    """What the engine creates for one container of a task, overrides applied.

    Source: ECS agent, api/task and engine/docker_task_engine (ecs.md 2.3 to 2.8).
    """
    spec = _plain_spec(task, definition, container, setting)
    spec = with_network(spec, task, definition, container, setting.network)
    more_networks = _more_networks(task, definition, setting)
    if more_networks and network_mode_of(definition) is NetworkMode.BRIDGE:
        spec = replace(spec, more_networks=more_networks)
    spec = with_limits(spec, definition, container, task.overrides)
    return with_privileges(spec, container)


def _plain_spec(
    task: TaskRecord, definition: TaskDefinition, container: ContainerDefinition, setting: Setting
) -> ContainerSpec:
    """What runs, under which name, with which files: everything but network and limits."""
    log_driver, log_options = _logging(container, setting)
    own_labels = _labels(task, definition, container.name, setting)
    name = engine_name(definition, container.name, task.task_id)
    injected = dict(injected_of(task, setting.region))
    if setting.endpoint is not None and not container.disable_networking:
        injected |= setting.endpoint.variables(task, definition, name)
    return ContainerSpec(
        name=name,
        image=container.image,
        owner=setting.owner,
        labels={**(container.docker_labels or {}), **own_labels},
        command=override_of(task.overrides, container.name).command or container.command,
        entry_point=container.entry_point,
        environment=environment_of(task, container, injected),
        unresolved=replace(
            unresolved_of(task, container, injected),
            log_secrets=() if log_driver is None else _log_secrets(container),
        ),
        volumes_from=_volumes_from(task, definition, container),
        mounts=mounts_of(container, definition, task.task_id, setting.file_systems),
        health=_probe(container.health_check),
        stop_timeout_seconds=_stop_timeout_seconds(container),
        working_directory=container.working_directory or None,
        has_stdin=bool(container.interactive),
        has_tty=bool(container.pseudo_terminal),
        log_driver=log_driver,
        log_options=log_options,
    )


def pause_spec(task: TaskRecord, definition: TaskDefinition, setting: Setting) -> ContainerSpec:
    """What the engine creates to own a task's network namespace, in awsvpc mode.

    Names, hosts, name servers and `net.` kernel parameters of its containers are set here: the
    engine refuses them for those that join (ecs.md 2.10, 11.1).
    """
    spec = ContainerSpec(
        name=pause_name_of(definition, task.task_id),
        image=PAUSE_IMAGE,
        owner=setting.owner,
        labels=_labels(task, definition, PAUSE_CONTAINER, setting),
        health=NO_PROBE,
        stop_timeout_seconds=PAUSE_STOP_TIMEOUT_SECONDS,
        more_networks=_more_networks(task, definition, setting),
        log_options=_rotation(setting),
    )
    return with_task_network(spec, task, definition, setting.network)


def _more_networks(
    task: TaskRecord, definition: TaskDefinition, setting: Setting
) -> tuple[str, ...]:
    return () if setting.endpoint is None else setting.endpoint.networks(task, definition)


def containers_of(
    definition: TaskDefinition,
    names: Namespace,
    cluster: str,
    task_id: str,
    ids: Ids,
    overrides: TaskOverride = NO_OVERRIDES,
) -> tuple[ContainerRecord, ...]:
    """The container records of a new task, one per container definition, in its order.

    `ids` is asked once for each container.
    """
    records = []
    for container in definition.container_definitions:
        size = size_of(container, overrides)
        records.append(
            ContainerRecord(
                container_arn=names.container(cluster, task_id, ids()),
                task_arn=names.task(cluster, task_id),
                name=container.name,
                image=container.image,
                cpu=str(size.cpu_units),
                memory=_text(size.memory_mib),
                memory_reservation=_text(size.memory_reservation_mib),
                engine_name=engine_name(definition, container.name, task_id),
                essential=container.essential,
            )
        )
    return tuple(records)


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def _labels(
    task: TaskRecord, definition: TaskDefinition, container_name: str, setting: Setting
) -> dict[str, str]:
    """Labels that the ECS agent sets, and ours; both win over the user's (ecs.md 2.8)."""
    labels = {
        f"{ECS_LABEL}cluster": task.cluster_name,
        TASK_ARN_LABEL: task.task_arn,
        CONTAINER_NAME_LABEL: container_name,
        f"{ECS_LABEL}task-definition-family": definition.family,
        f"{ECS_LABEL}task-definition-version": str(definition.revision),
        OWNER_LABEL: setting.owner,
        TASK_LABEL: task.task_id,
    }
    if task.service_arn is not None:
        labels[SERVICE_LABEL] = short_name(task.service_arn)
    if task.container_instance_arn is not None:
        labels[INSTANCE_LABEL] = short_name(task.container_instance_arn)
    return labels


def _logging(container: ContainerDefinition, setting: Setting) -> tuple[str | None, dict[str, str]]:
    """Driver and options; None is the engine's own readable driver, with rotation."""
    logging = container.log_configuration
    if logging is None or logging.log_driver not in ENGINE_LOG_DRIVERS:
        # ECS differs: what would go to CloudWatch or a log router stays readable here (10.1).
        return None, _rotation(setting)
    return logging.log_driver, dict(logging.options or {})


def _log_secrets(container: ContainerDefinition) -> tuple[tuple[str, str], ...]:
    logging = container.log_configuration
    options = () if logging is None else logging.secret_options
    return tuple((secret.name, secret.value_from) for secret in options)


def _rotation(setting: Setting) -> dict[str, str]:
    return {"max-size": setting.log_max_size, "max-file": str(setting.log_max_files)}


def _probe(check: HealthCheck | None) -> HealthProbe:
    if check is None:
        return NO_PROBE
    return HealthProbe(
        test=check.command,
        interval_seconds=check.interval,
        timeout_seconds=check.timeout,
        retries=check.retries,
        start_period_seconds=check.start_period or 0,
    )


def _volumes_from(
    task: TaskRecord, definition: TaskDefinition, container: ContainerDefinition
) -> tuple[tuple[str, bool], ...]:
    return tuple(
        (engine_name(definition, volumes.source_container, task.task_id), volumes.read_only)
        for volumes in container.volumes_from
    )


def _stop_timeout_seconds(container: ContainerDefinition) -> int:
    if container.stop_timeout is None:
        return DEFAULT_STOP_TIMEOUT_SECONDS
    return container.stop_timeout
