"""Counts that are never stored: tasks of services, clusters and instances, and what is left.

Pure sums over records. A task is pending, running or stopping, never two of them; a stopped task
is none of them. Source: ecs.md 3.1 (counting) and 4.1 (resources of an instance).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from ecstui.model.cluster import ContainerInstanceRecord, Resource
from ecstui.model.enums import STARTING, InstanceStatus, ServiceStatus, TaskStatus
from ecstui.model.service import ServiceRecord
from ecstui.model.task import TaskRecord

REGISTERED = frozenset({InstanceStatus.ACTIVE, InstanceStatus.DRAINING})
"""States in which an instance counts as one of its cluster."""


class Stage(Enum):
    """What a task counts as."""

    PENDING = "pending"
    RUNNING = "running"
    STOPPING = "stopping"
    GONE = "gone"


def stage_of(task: TaskRecord) -> Stage:
    """What a task counts as: told to stop it is stopping, whatever its containers do (3.1)."""
    if task.is_stopped:
        return Stage.GONE
    if not task.is_wanted:
        return Stage.STOPPING
    if task.last_status is TaskStatus.RUNNING:
        return Stage.RUNNING
    return Stage.PENDING if task.last_status in STARTING else Stage.STOPPING


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """Tasks by what they count as."""

    running: int = 0
    pending: int = 0
    stopping: int = 0

    @property
    def total(self) -> int:
        """All that have not stopped."""
        return self.running + self.pending + self.stopping

    def __add__(self, others: "TaskCounts") -> "TaskCounts":
        """These and others together."""
        return TaskCounts(
            self.running + others.running,
            self.pending + others.pending,
            self.stopping + others.stopping,
        )


@dataclass(frozen=True, slots=True)
class ServiceCounts:
    """Tasks of a service, and of each of its deployments by id."""

    all: TaskCounts = TaskCounts()
    by_deployment: Mapping[str, TaskCounts] = field(default_factory=dict)

    def of(self, deployment_id: str) -> TaskCounts:
        """Tasks of one deployment."""
        return self.by_deployment.get(deployment_id, TaskCounts())


@dataclass(frozen=True, slots=True)
class ClusterCounts:
    """What a cluster holds."""

    tasks: TaskCounts = TaskCounts()
    container_instances: int = 0
    active_services: int = 0
    draining_services: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What tasks take from one container instance; reserved ports are not among these."""

    cpu_units: int = 0
    memory_mib: int = 0
    tcp_ports: frozenset[int] = frozenset()
    udp_ports: frozenset[int] = frozenset()


def task_counts(tasks: Iterable[TaskRecord]) -> TaskCounts:
    """Tasks by what they count as."""
    stages = [stage_of(task) for task in tasks]
    return TaskCounts(
        stages.count(Stage.RUNNING), stages.count(Stage.PENDING), stages.count(Stage.STOPPING)
    )


def service_counts(service: ServiceRecord, tasks: Iterable[TaskRecord]) -> ServiceCounts:
    """Tasks of a service; every deployment of it has an entry, and so has every older one seen."""
    groups: dict[str, list[TaskRecord]] = {d.id: [] for d in service.deployments}
    for task in tasks:
        if task.service_arn == service.service_arn:
            groups.setdefault(task.deployment_id or "", []).append(task)
    by_deployment = {key: task_counts(group) for key, group in groups.items()}
    return ServiceCounts(sum(by_deployment.values(), TaskCounts()), by_deployment)


def cluster_counts(
    tasks: TaskCounts,
    services: Iterable[ServiceRecord],
    instances: Iterable[ContainerInstanceRecord],
) -> ClusterCounts:
    """What a cluster holds, from its own tasks, services and instances."""
    statuses = [service.status for service in services]
    return ClusterCounts(
        tasks=tasks,
        container_instances=sum(1 for i in instances if i.status in REGISTERED),
        active_services=statuses.count(ServiceStatus.ACTIVE),
        draining_services=statuses.count(ServiceStatus.DRAINING),
    )


def usage_of(tasks: Iterable[TaskRecord]) -> Usage:
    """What the tasks of one instance hold; a task gives it back when it is STOPPED."""
    held = [task.reservation for task in tasks if not task.is_stopped]
    return Usage(
        cpu_units=sum(r.cpu_units for r in held),
        memory_mib=sum(r.memory_mib for r in held),
        tcp_ports=frozenset(port for r in held for port in r.tcp_ports),
        udp_ports=frozenset(port for r in held for port in r.udp_ports),
    )


def registered_resources(instance: ContainerInstanceRecord) -> tuple[Resource, ...]:
    """All that an instance has; its ports are the reserved ones (ecs.md 4.1)."""
    return _resources(
        instance.cpu_units, instance.memory_mib, frozenset(instance.reserved_ports), frozenset()
    )


def remaining_resources(instance: ContainerInstanceRecord, usage: Usage) -> tuple[Resource, ...]:
    """What is left of an instance; its ports are those that are *not* free (ecs.md 4.1)."""
    return _resources(
        instance.cpu_units - usage.cpu_units,
        instance.memory_mib - usage.memory_mib,
        usage.tcp_ports | frozenset(instance.reserved_ports),
        usage.udp_ports,
    )


def _resources(
    cpu_units: int, memory_mib: int, tcp_ports: frozenset[int], udp_ports: frozenset[int]
) -> tuple[Resource, ...]:
    return (
        Resource(name="CPU", type="INTEGER", integer_value=cpu_units),
        Resource(name="MEMORY", type="INTEGER", integer_value=memory_mib),
        Resource(name="PORTS", type="STRINGSET", string_set_value=_in_words(tcp_ports)),
        Resource(name="PORTS_UDP", type="STRINGSET", string_set_value=_in_words(udp_ports)),
    )


def _in_words(ports: frozenset[int]) -> tuple[str, ...]:
    return tuple(str(port) for port in sorted(ports))
