"""From records to the shapes that ECS answers with: counts filled in, our own members dropped.

Reads only. Source: ecs.md 1.3 (clusters), 4.1 (instances), 6.1 (services), 6.11 (events).
"""

from collections.abc import Collection
from typing import TypeVar

from ecstui.model.capacity import FARGATE_PROVIDERS
from ecstui.model.cluster import (
    Cluster,
    ClusterRecord,
    ContainerInstance,
    ContainerInstanceRecord,
)
from ecstui.model.enums import EventSource, LaunchType
from ecstui.model.service import CurrentRevision, Deployment, Service, ServiceEvent, ServiceRecord
from ecstui.model.shape import Failure, KeyValuePair, Shape
from ecstui.model.task import Attachment, AttachmentDetail, Container, Task, TaskRecord
from ecstui.model.task_definition import TaskDefinition, TaskDefinitionRecord
from ecstui.plan.counts import (
    ClusterCounts,
    cluster_counts,
    registered_resources,
    remaining_resources,
    service_counts,
    task_counts,
    usage_of,
)
from ecstui.store.counts import task_counts_of_cluster
from ecstui.store.kinds import CAPACITY_PROVIDERS, EVENTS, INSTANCES, SERVICES, TASKS
from ecstui.store.tables import View

S = TypeVar("S", bound=Shape)

MOST_EVENTS = 100
TAGS = "TAGS"


def as_shape(shape: type[S], record: Shape, **changes: object) -> S:
    """The members of `record` that `shape` has, some of them replaced."""
    return shape.taken_from(record, **changes)


def missing(arn: str) -> Failure:
    """The failure for something that is not there."""
    return Failure(arn=arn, reason="MISSING")


def definition_shape(record: TaskDefinitionRecord) -> TaskDefinition:
    """A task definition as ECS shows it."""
    return as_shape(TaskDefinition, record)


def task_shape(record: TaskRecord, include: Collection[str] = ()) -> Task:
    """A task as ECS shows it; tags only when `include` has `TAGS`."""
    containers = tuple(as_shape(Container, container) for container in record.containers)
    tags = record.tags if TAGS in include else ()
    return as_shape(Task, record, containers=containers, tags=tags)


def service_shape(view: View, record: ServiceRecord, include: Collection[str] = ()) -> Service:
    """A service as ECS shows it, with its counts and latest events."""
    counts = service_counts(record, view.by(TASKS, "service", record.service_arn))
    deployments = tuple(
        as_shape(
            Deployment,
            deployment,
            running_count=counts.of(deployment.id).running,
            pending_count=counts.of(deployment.id).pending,
        )
        for deployment in record.deployments
    )
    revisions = tuple(
        CurrentRevision(
            arn=deployment.service_revision_arn,
            requested_task_count=deployment.desired_count,
            running_task_count=counts.of(deployment.id).running,
            pending_task_count=counts.of(deployment.id).pending,
        )
        for deployment in record.deployments
        if deployment.service_revision_arn is not None
    )
    return as_shape(
        Service,
        record,
        deployments=deployments,
        current_service_revisions=revisions,
        running_count=counts.all.running,
        pending_count=counts.all.pending,
        events=_service_events(view, record),
        tags=record.tags if TAGS in include else (),
    )


def _service_events(view: View, record: ServiceRecord) -> tuple[ServiceEvent, ...]:
    """What the scheduler said of this service, newest first; an older namesake's is left out."""
    events = [
        ServiceEvent(id=event.id, created_at=event.created_at, message=event.message)
        for event in view.by(EVENTS, "service", record.service_arn)
        if event.source is EventSource.SERVICE and event.created_at >= record.created_at
    ]
    return tuple(reversed(events[-MOST_EVENTS:]))


def counts_of_cluster(view: View, name: str) -> ClusterCounts:
    """What a cluster holds; its tasks are counted without reading one."""
    ec2, fargate = (task_counts_of_cluster(view, name, is_fargate=is_it) for is_it in (False, True))
    return cluster_counts(
        ec2 + fargate, view.by(SERVICES, "cluster", name), view.by(INSTANCES, "cluster", name)
    )


def cluster_shape(view: View, record: ClusterRecord, include: Collection[str] = ()) -> Cluster:
    """A cluster as ECS shows it; settings, statistics and tags only when asked for."""
    name = record.cluster_name
    counts = counts_of_cluster(view, name)
    return as_shape(
        Cluster,
        record,
        registered_container_instances_count=counts.container_instances,
        running_tasks_count=counts.tasks.running,
        pending_tasks_count=counts.tasks.pending,
        active_services_count=counts.active_services,
        statistics=_statistics(view, name) if "STATISTICS" in include else (),
        attachments=_attachments(view, record) if "ATTACHMENTS" in include else (),
        attachments_status="UPDATE_COMPLETE" if record.capacity_providers else None,
        settings=record.settings if "SETTINGS" in include else (),
        tags=record.tags if TAGS in include else (),
    )


def _statistics(view: View, name: str) -> tuple[KeyValuePair, ...]:
    """Tasks and services by where they run; whatever is not on Fargate counts as EC2."""
    services = view.by(SERVICES, "cluster", name)
    numbers: dict[str, int] = {}
    for word, is_fargate in (("EC2", False), ("Fargate", True)):
        counts = cluster_counts(
            task_counts_of_cluster(view, name, is_fargate=is_fargate),
            [s for s in services if is_fargate_service(s) is is_fargate],
            (),
        )
        numbers |= {
            f"running{word}TasksCount": counts.tasks.running,
            f"pending{word}TasksCount": counts.tasks.pending,
            f"active{word}ServiceCount": counts.active_services,
            f"draining{word}ServiceCount": counts.draining_services,
        }
    return tuple(KeyValuePair(name=name, value=str(value)) for name, value in numbers.items())


def is_fargate_service(service: ServiceRecord) -> bool:
    """Whether a service's tasks run on Fargate, by launch type or by strategy."""
    if service.launch_type is LaunchType.FARGATE:
        return True
    used = {item.capacity_provider for item in service.capacity_provider_strategy}
    return bool(used & set(FARGATE_PROVIDERS))


def _attachments(view: View, record: ClusterRecord) -> tuple[Attachment, ...]:
    """What managed scaling and managed draining attached to the cluster (API Cluster)."""
    found = []
    for name in record.capacity_providers:
        provider = view.get(CAPACITY_PROVIDERS, name)
        if provider is None:
            continue
        settings = provider.auto_scaling_group_provider
        kinds = {
            "as_policy": settings.managed_scaling.status == "ENABLED",
            "managed_draining": settings.managed_draining == "ENABLED",
        }
        details = (AttachmentDetail(name="capacityProviderName", value=name),)
        found += [
            Attachment(id=f"{name}/{kind}", type=kind, status="CREATED", details=details)
            for kind, is_on in kinds.items()
            if is_on
        ]
    return tuple(found)


def instance_shape(
    view: View, record: ContainerInstanceRecord, include: Collection[str] = ()
) -> ContainerInstance:
    """A container instance as ECS shows it, with what is left of it."""
    tasks = view.by(TASKS, "instance", record.container_instance_arn)
    counts = task_counts(tasks)
    return as_shape(
        ContainerInstance,
        record,
        registered_resources=registered_resources(record),
        remaining_resources=remaining_resources(record, usage_of(tasks)),
        running_tasks_count=counts.running,
        pending_tasks_count=counts.pending,
        tags=record.tags if TAGS in include else (),
    )
