"""Tasks and their containers: ECS's shapes, and the records that the store keeps.

A record adds members of our own to the ECS shape; dumping by the ECS class drops them.
"""

from pydantic import Field

from ecstui.model.enums import (
    ContainerStatus,
    DesiredStatus,
    HealthStatus,
    LaunchType,
    StopCode,
    TaskStatus,
)
from ecstui.model.placement import PlacementConstraint, PlacementStrategy
from ecstui.model.shape import KeyValuePair, Shape, Tag, Timestamp
from ecstui.model.task_definition import (
    Attribute,
    EnvironmentFile,
    EphemeralStorage,
    InferenceAccelerator,
    ResourceRequirement,
)


class NetworkBinding(Shape):
    """A container port and the host port that reaches it."""

    bind_ip: str = "0.0.0.0"
    container_port: int | None = None
    host_port: int | None = None
    protocol: str = "tcp"


class NetworkInterface(Shape):
    """Address of a container in awsvpc mode."""

    attachment_id: str | None = None
    private_ipv4_address: str | None = Field(default=None, alias="privateIpv4Address")


class AttachmentDetail(Shape):
    """One name and value of an attachment."""

    name: str
    value: str


class Attachment(Shape):
    """A network interface attached to a task."""

    id: str
    type: str = "ElasticNetworkInterface"
    status: str = "ATTACHED"
    details: tuple[AttachmentDetail, ...] = ()


class Container(Shape):
    """One container of a task, as DescribeTasks shows it."""

    container_arn: str
    task_arn: str
    name: str
    image: str
    image_digest: str | None = None
    runtime_id: str | None = None
    last_status: ContainerStatus = ContainerStatus.PENDING
    exit_code: int | None = None
    reason: str | None = None
    network_bindings: tuple[NetworkBinding, ...] = ()
    network_interfaces: tuple[NetworkInterface, ...] = ()
    health_status: HealthStatus = HealthStatus.UNKNOWN
    cpu: str = "0"
    memory: str | None = None
    memory_reservation: str | None = None


class ContainerRecord(Container):
    """A container with what the control plane needs to know of it."""

    engine_name: str
    """Name of the container in the engine (`plan/translate.py`); the same for ever."""
    essential: bool = True
    started_at: Timestamp | None = None
    seen_running_at: Timestamp | None = None
    """When the control plane first saw this run, by its own clock: an engine's may differ."""
    finished_at: Timestamp | None = None
    restart_count: int = 0
    restarted_from: Timestamp | None = None
    """`startedAt` of the run that the last restart in place replaced."""


class ContainerOverride(Shape):
    """What RunTask changes in one container."""

    name: str | None = None
    command: tuple[str, ...] | None = None
    environment: tuple[KeyValuePair, ...] = ()
    environment_files: tuple[EnvironmentFile, ...] | None = None
    cpu: int | None = None
    memory: int | None = None
    memory_reservation: int | None = None
    resource_requirements: tuple[ResourceRequirement, ...] | None = None


class TaskOverride(Shape):
    """What RunTask changes in the task."""

    container_overrides: tuple[ContainerOverride, ...] = ()
    cpu: str | None = None
    memory: str | None = None
    task_role_arn: str | None = None
    execution_role_arn: str | None = None
    ephemeral_storage: EphemeralStorage | None = None
    inference_accelerator_overrides: tuple[InferenceAccelerator, ...] = ()


class AwsVpcConfiguration(Shape):
    """Subnets and security groups of tasks in awsvpc mode."""

    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    assign_public_ip: str | None = None


class NetworkConfiguration(Shape):
    """Network of tasks in awsvpc mode."""

    awsvpc_configuration: AwsVpcConfiguration | None = None


class Task(Shape):
    """A task, as DescribeTasks shows it."""

    task_arn: str
    cluster_arn: str
    task_definition_arn: str
    container_instance_arn: str | None = None
    availability_zone: str | None = None
    capacity_provider_name: str | None = None
    attachments: tuple[Attachment, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    overrides: TaskOverride = TaskOverride()
    last_status: TaskStatus = TaskStatus.PROVISIONING
    desired_status: DesiredStatus = DesiredStatus.RUNNING
    health_status: HealthStatus = HealthStatus.UNKNOWN
    containers: tuple[Container, ...] = ()
    cpu: str | None = None
    memory: str | None = None
    connectivity: str | None = None
    connectivity_at: Timestamp | None = None
    """When the task was last CONNECTED; stays when it no more is (API Task, ecs.md 3.2)."""
    created_at: Timestamp
    pull_started_at: Timestamp | None = None
    pull_stopped_at: Timestamp | None = None
    started_at: Timestamp | None = None
    started_by: str | None = None
    stopping_at: Timestamp | None = None
    execution_stopped_at: Timestamp | None = None
    stopped_at: Timestamp | None = None
    stop_code: StopCode | None = None
    stopped_reason: str | None = None
    group: str | None = None
    launch_type: LaunchType | None = None
    platform_version: str | None = None
    platform_family: str | None = None
    enable_execute_command: bool = False
    version: int = 1
    tags: tuple[Tag, ...] = ()


class Reservation(Shape):
    """What a task takes from its container instance: CPU units, MiB, static host ports."""

    cpu_units: int = 0
    memory_mib: int = 0
    tcp_ports: tuple[int, ...] = ()
    udp_ports: tuple[int, ...] = ()
    takes_host_network: bool = False
    """Network mode `host`: its ports are those of the whole engine."""


class TaskRecord(Task):
    """A task with what the control plane needs to know of it."""

    containers: tuple[ContainerRecord, ...] = ()
    task_id: str
    cluster_name: str
    service_arn: str | None = None
    deployment_id: str | None = None
    engine: str = ""
    """Name of the engine that runs it: a key of the control plane's engines.

    Empty while it waits in PROVISIONING for capacity (ecs.md 4.6).
    """
    instance_ip: str = ""
    """Loopback address of its container instance for published ports, or empty."""
    reservation: Reservation = Reservation()
    network_configuration: NetworkConfiguration | None = None
    healthy_at: Timestamp | None = None
    """When the scheduler first counted it as healthy."""
    pause_engine_name: str | None = None
    """Name of the container that owns the network namespace, in awsvpc mode."""
    is_settled: bool = False
    """Whether the service scheduler has taken its end into account."""
    swept_at: Timestamp | None = None
    """When its containers were removed from the engine."""
    protected_until: Timestamp | None = None
    """Scale-in leaves it alone until then (ecs.md 3.10)."""
    placement_constraints: tuple[PlacementConstraint, ...] = ()
    """Kept only while it waits for capacity: what the instance must be like."""
    placement_strategy: tuple[PlacementStrategy, ...] = ()
    """Kept only while it waits for capacity: how instances are ordered."""

    @property
    def is_waiting_for_capacity(self) -> bool:
        """Whether it was accepted and no instance has room for it yet (ecs.md 4.6)."""
        return not self.engine and not self.is_stopped

    @property
    def is_stopped(self) -> bool:
        """Whether the task has reached its last state."""
        return self.last_status is TaskStatus.STOPPED

    @property
    def is_wanted(self) -> bool:
        """Whether the control plane wants it to run."""
        return self.desired_status is DesiredStatus.RUNNING

    def is_protected(self, now: float) -> bool:
        """Whether scale-in, deployments and rebalancing leave it alone at this time."""
        return self.is_wanted and self.protected_until is not None and now < self.protected_until
