"""The record of a task that was placed: what RunTask and the service scheduler both write.

Pure: ids and the time are handed in. It starts nothing; the tasks reconciler acts on the record.
"""

from collections.abc import Sequence
from functools import lru_cache

from ecstui.base.ids import Ids, Namespace
from ecstui.model.enums import LaunchType, NetworkMode, PropagateTags, TaskStatus
from ecstui.model.service import ServiceRecord
from ecstui.model.shape import Tag
from ecstui.model.task import Attachment, NetworkConfiguration, TaskOverride, TaskRecord
from ecstui.model.task_definition import Attribute, TaskDefinitionRecord
from ecstui.plan.capacity import Capacity
from ecstui.plan.fargate import PLATFORM_FAMILY, PLATFORM_VERSION
from ecstui.plan.naming import pause_name_of
from ecstui.plan.ports import network_mode_of
from ecstui.plan.reservation import NO_OVERRIDES, reservation_of
from ecstui.plan.translate import containers_of

CLUSTER_TAG = "aws:ecs:clusterName"
SERVICE_TAG = "aws:ecs:serviceName"
_SHOWN_ATTRIBUTE = "ecs.cpu-architecture"


def new_task(  # noqa: PLR0913 - a task has that many origins, and each is named
    definition: TaskDefinitionRecord,
    capacity: Capacity,
    names: Namespace,
    ids: Ids,
    now: float,
    *,
    group: str,
    started_by: str | None,
    service: ServiceRecord | None,
    deployment_id: str | None,
    overrides: TaskOverride = NO_OVERRIDES,
    launch_type: LaunchType | None = LaunchType.EC2,
    tags: Sequence[Tag] = (),
    network_configuration: NetworkConfiguration | None = None,
    enable_execute_command: bool = False,
    task_id: str | None = None,
    capacity_provider: str | None = None,
    platform_version: str | None = None,
) -> TaskRecord:
    """A task on the instance of `capacity`: PENDING, or PROVISIONING in awsvpc mode (ecs.md 3.1).

    Where the capacity has no engine the task is PROVISIONING until an instance has room for it.
    `tags` come before those that the service propagates; `task_id`: drawn from `ids` if absent.
    """
    identifier = ids() if task_id is None else task_id
    cluster = capacity.cluster_name
    arn = names.task(cluster, identifier)
    reservation = reservation_of(definition, overrides)
    is_awsvpc = network_mode_of(definition) is NetworkMode.AWSVPC
    is_fargate = launch_type is LaunchType.FARGATE
    begins_at = TaskStatus.PENDING if capacity.engine else TaskStatus.PROVISIONING
    return TaskRecord(
        task_arn=arn,
        task_id=identifier,
        cluster_arn=names.cluster(cluster),
        cluster_name=cluster,
        task_definition_arn=definition.task_definition_arn,
        container_instance_arn=capacity.instance_arn or None,
        capacity_provider_name=capacity_provider,
        availability_zone=capacity.zone or None,
        engine=capacity.engine,
        instance_ip=capacity.ip,
        attachments=(Attachment(id=ids(), status="PRECREATED"),) if is_awsvpc else (),
        attributes=_attributes_of(capacity),
        overrides=overrides,
        last_status=TaskStatus.PROVISIONING if is_awsvpc else begins_at,
        containers=containers_of(definition, names, cluster, identifier, ids, overrides),
        cpu=str(reservation.cpu_units),
        memory=str(reservation.memory_mib),
        created_at=now,
        started_by=started_by,
        group=group,
        launch_type=launch_type or LaunchType.EC2,
        platform_version=(platform_version or PLATFORM_VERSION) if is_fargate else None,
        platform_family=PLATFORM_FAMILY if is_fargate else None,
        enable_execute_command=enable_execute_command,
        tags=(*tags, *_service_tags(service, definition, tags)),
        service_arn=None if service is None else service.service_arn,
        deployment_id=deployment_id,
        reservation=reservation,
        network_configuration=network_configuration,
        pause_engine_name=pause_name_of(definition, identifier) if is_awsvpc else None,
    )


def placed_task(task: TaskRecord, capacity: Capacity) -> TaskRecord:
    """A task that waited for capacity, now on the instance of `capacity` (ecs.md 4.6)."""
    is_awsvpc = task.pause_engine_name is not None
    return task.with_(
        container_instance_arn=capacity.instance_arn,
        availability_zone=capacity.zone or None,
        engine=capacity.engine,
        instance_ip=capacity.ip,
        attributes=_attributes_of(capacity),
        last_status=TaskStatus.PROVISIONING if is_awsvpc else TaskStatus.PENDING,
        placement_constraints=(),
        placement_strategy=(),
        version=task.version + 1,
    )


def managed_tags(cluster_name: str, service_name: str | None = None) -> tuple[Tag, ...]:
    """Tags that `enableECSManagedTags` adds to a task (ecs.md 1.4)."""
    cluster = Tag(key=CLUSTER_TAG, value=cluster_name)
    if service_name is None:
        return (cluster,)
    return cluster, Tag(key=SERVICE_TAG, value=service_name)


def _service_tags(
    service: ServiceRecord | None, definition: TaskDefinitionRecord, given: Sequence[Tag]
) -> tuple[Tag, ...]:
    """Tags that a service passes on to its tasks: its own or the definition's, and managed ones."""
    if service is None:
        return ()
    passed: tuple[Tag, ...] = ()
    if service.propagate_tags is PropagateTags.SERVICE:
        passed = service.tags
    elif service.propagate_tags is PropagateTags.TASK_DEFINITION:
        passed = definition.tags
    if service.enable_ecs_managed_tags:
        passed = (*passed, *managed_tags(service.cluster_name, service.service_name))
    keys = {tag.key for tag in given}
    return tuple(tag for tag in passed if tag.key not in keys)


def _attributes_of(capacity: Capacity) -> tuple[Attribute, ...]:
    value = capacity.attributes.get(_SHOWN_ATTRIBUTE)
    return () if value is None else _shown(value)


@lru_cache(maxsize=16)
def _shown(value: str) -> tuple[Attribute, ...]:
    """The one tuple of this value: thousands of tasks have the same."""
    return (Attribute(name=_SHOWN_ATTRIBUTE, value=value),)
