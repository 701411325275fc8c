"""Clusters, container instances and events: ECS's shapes, and the records of the store."""

from ecstui.model.enums import ClusterStatus, EventSource, InstanceStatus
from ecstui.model.service import CapacityProviderStrategyItem
from ecstui.model.shape import KeyValuePair, Shape, Tag, Timestamp
from ecstui.model.task import Attachment
from ecstui.model.task_definition import Attribute

ZONE_ATTRIBUTE = "ecs.availability-zone"


class ClusterSetting(Shape):
    """A setting of a cluster."""

    name: str
    value: str


class Cluster(Shape):
    """A cluster, as DescribeClusters shows it."""

    cluster_arn: str
    cluster_name: str
    status: ClusterStatus = ClusterStatus.ACTIVE
    registered_container_instances_count: int = 0
    running_tasks_count: int = 0
    pending_tasks_count: int = 0
    active_services_count: int = 0
    statistics: tuple[KeyValuePair, ...] = ()
    tags: tuple[Tag, ...] = ()
    settings: tuple[ClusterSetting, ...] = ()
    capacity_providers: tuple[str, ...] = ()
    default_capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    attachments_status: str | None = None


class ClusterRecord(Cluster):
    """A cluster as kept by the store."""

    created_at: Timestamp
    inactive_at: Timestamp | None = None
    """When it was deleted; None also in records older than this member."""


class Resource(Shape):
    """An amount that an instance has: CPU units, MiB, or a set of ports."""

    name: str
    type: str
    integer_value: int = 0
    long_value: int = 0
    double_value: float = 0.0
    string_set_value: tuple[str, ...] = ()


class VersionInfo(Shape):
    """Versions of the agent and of Docker on an instance."""

    agent_version: str | None = None
    agent_hash: str | None = None
    docker_version: str | None = None


class ContainerInstance(Shape):
    """A container instance, as DescribeContainerInstances shows it."""

    container_instance_arn: str
    ec2_instance_id: str | None = None
    capacity_provider_name: str | None = None
    version: int = 1
    version_info: VersionInfo = VersionInfo()
    remaining_resources: tuple[Resource, ...] = ()
    registered_resources: tuple[Resource, ...] = ()
    status: InstanceStatus = InstanceStatus.ACTIVE
    status_reason: str | None = None
    agent_connected: bool = True
    running_tasks_count: int = 0
    pending_tasks_count: int = 0
    attributes: tuple[Attribute, ...] = ()
    registered_at: Timestamp
    tags: tuple[Tag, ...] = ()


class ContainerInstanceRecord(ContainerInstance):
    """An instance: a share of one engine's CPU, memory and ports."""

    instance_id: str
    cluster_name: str
    name: str
    """Short name for people, e.g. `local-1`."""
    engine: str
    """Name of the engine that runs its tasks: a key of the control plane's engines."""
    cpu_units: int
    memory_mib: int
    ip: str = ""
    """Loopback address for published ports, or empty for all addresses."""
    reserved_ports: tuple[int, ...] = ()
    disconnected_at: Timestamp | None = None
    is_registered_by_user: bool = False
    """Made by RegisterContainerInstance: the settings do not name it, and need not."""
    auto_scaling_group: str = ""
    """Name of the local Auto Scaling group that made it, or empty."""
    is_terminating: bool = False
    """Its group takes it away: it goes when nothing is left on it."""
    terminates_at: Timestamp | None = None
    """When its group ends what is still left on it."""
    deregistered_at: Timestamp | None = None

    @property
    def is_gone(self) -> bool:
        """Whether it was deregistered."""
        return self.status is InstanceStatus.INACTIVE

    @property
    def zone(self) -> str:
        """Availability zone, or empty."""
        for attribute in self.attributes:
            if attribute.name == ZONE_ATTRIBUTE:
                return attribute.value or ""
        return ""


class EventRecord(Shape):
    """Something that happened, in one sentence; service events use ECS's own wording."""

    id: str
    created_at: Timestamp
    source: EventSource
    cluster_name: str
    subject_arn: str
    message: str
    service_arn: str | None = None
    is_problem: bool = False


class EngineRecord(Shape):
    """What the control plane knows of one engine, for people to see."""

    name: str
    kind: str
    """`docker` or `simulated`."""
    endpoint: str = ""
    version: str = ""
    is_connected: bool = False
    problem: str | None = None
    changed_at: Timestamp
    cpu_units: int = 0
    memory_mib: int = 0
    orphans: tuple[str, ...] = ()
    """Names of labelled containers that belong to no record."""


class PlaneRecord(Shape):
    """The control plane itself: who it is and how it is set."""

    owner: str
    """Id of this state directory, on every container's label."""
    pace: str
    """`local` or `aws`: which column of waits holds."""
    is_simulation: bool
    version: str
    started_at: Timestamp
    region: str
    account: str
    process_id: int
    is_fargate_limited: bool = False
    """Whether Fargate tasks together may have no more than their engine has."""
    role_sources: tuple[KeyValuePair, ...] = ()
    """Name or ARN of a task role, and in words where its credentials are read from."""


class TokenRecord(Shape):
    """A client token and what it made, so that a repeated request makes nothing twice."""

    key: str
    """Operation and token."""
    digest: str
    """Hash of the request's other members."""
    arns: tuple[str, ...]
    created_at: Timestamp
