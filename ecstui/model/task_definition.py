"""Task definitions: every member that RegisterTaskDefinition takes, with ECS's defaults.

Holds shapes only; the rules between members are checked by `plan/definition.py`.
Source: ECS API reference, RegisterTaskDefinition (ecs.md 2.2 and 2.3).
"""

from typing import Literal

from pydantic import Field

from ecstui.model.enums import (
    Compatibility,
    DependencyCondition,
    NetworkMode,
    PlacementConstraintType,
    TaskDefinitionStatus,
)
from ecstui.model.shape import KeyValuePair, Shape, Tag, Timestamp


class PortMapping(Shape):
    """A container port and where the host publishes it; host port 0 or absent means dynamic."""

    container_port: int | None = None
    host_port: int | None = None
    protocol: Literal["tcp", "udp"] = "tcp"
    name: str | None = None
    app_protocol: str | None = None
    container_port_range: str | None = None


class HealthCheck(Shape):
    """Command that tells whether a container is healthy; times in seconds."""

    command: tuple[str, ...]
    interval: int = 30
    timeout: int = 5
    retries: int = 3
    start_period: int | None = None


class ContainerDependency(Shape):
    """What a container waits for before it starts."""

    container_name: str
    condition: DependencyCondition


class MountPoint(Shape):
    """A volume of the task, mounted in a container."""

    source_volume: str | None = None
    container_path: str | None = None
    read_only: bool | None = None


class VolumeFrom(Shape):
    """All volumes of another container, mounted in this one."""

    source_container: str
    read_only: bool = False


class Ulimit(Shape):
    """A resource limit of the container's processes."""

    name: str
    soft_limit: int
    hard_limit: int


class Secret(Shape):
    """A value resolved outside the task definition and handed to a container."""

    name: str
    value_from: str


class EnvironmentFile(Shape):
    """A file of environment variables."""

    value: str
    type: str = "s3"


class LogConfiguration(Shape):
    """Log driver of a container and its options."""

    log_driver: str
    options: dict[str, str] | None = None
    secret_options: tuple[Secret, ...] = ()


class RepositoryCredentials(Shape):
    """Secret with the user and password of a private registry."""

    credentials_parameter: str


class RestartPolicy(Shape):
    """Whether a container is restarted in place when it exits; period in seconds."""

    enabled: bool
    ignored_exit_codes: tuple[int, ...] = ()
    restart_attempt_period: int = 300


class Capabilities(Shape):
    """Linux capabilities added and dropped."""

    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


class Device(Shape):
    """A host device made visible in a container."""

    host_path: str
    container_path: str | None = None
    permissions: tuple[str, ...] = ()


class Tmpfs(Shape):
    """A memory file system in a container; size in MiB."""

    container_path: str
    size: int
    mount_options: tuple[str, ...] = ()


class LinuxParameters(Shape):
    """Linux settings of a container; sharedMemorySize and maxSwap in MiB."""

    capabilities: Capabilities | None = None
    devices: tuple[Device, ...] = ()
    init_process_enabled: bool | None = None
    shared_memory_size: int | None = None
    tmpfs: tuple[Tmpfs, ...] = ()
    max_swap: int | None = None
    swappiness: int | None = None


class HostEntry(Shape):
    """A line of the container's hosts file."""

    hostname: str
    ip_address: str


class SystemControl(Shape):
    """A kernel parameter of the container's namespaces."""

    namespace: str | None = None
    value: str | None = None


class NvidiaMps(Shape):
    """A share of a GPU; memory in MiB."""

    memory: int | None = None
    max_compute_percent: int | None = None


class SharingStrategy(Shape):
    """How a container shares a GPU with others."""

    nvidia_mps: NvidiaMps | None = None


class ResourceRequirement(Shape):
    """GPUs or accelerators that a container needs."""

    value: str = ""
    type: str
    sharing_strategy: SharingStrategy | None = None


class FirelensConfiguration(Shape):
    """Marks a container as the log router of the task."""

    type: str
    options: dict[str, str] | None = None


class ContainerDefinition(Shape):
    """One container of a task; cpu in units of 1/1024 vCPU, memory in MiB."""

    name: str = ""
    image: str = ""
    cpu: int = 0
    memory: int | None = None
    memory_reservation: int | None = None
    links: tuple[str, ...] = ()
    port_mappings: tuple[PortMapping, ...] = ()
    essential: bool = True
    restart_policy: RestartPolicy | None = None
    entry_point: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: tuple[KeyValuePair, ...] = ()
    environment_files: tuple[EnvironmentFile, ...] = ()
    mount_points: tuple[MountPoint, ...] = ()
    volumes_from: tuple[VolumeFrom, ...] = ()
    linux_parameters: LinuxParameters | None = None
    secrets: tuple[Secret, ...] = ()
    depends_on: tuple[ContainerDependency, ...] = ()
    start_timeout: int | None = None
    stop_timeout: int | None = None
    version_consistency: Literal["enabled", "disabled"] | None = None
    hostname: str | None = None
    user: str | None = None
    working_directory: str | None = None
    disable_networking: bool | None = None
    privileged: bool | None = None
    readonly_root_filesystem: bool | None = None
    dns_servers: tuple[str, ...] = ()
    dns_search_domains: tuple[str, ...] = ()
    extra_hosts: tuple[HostEntry, ...] = ()
    docker_security_options: tuple[str, ...] = ()
    interactive: bool | None = None
    pseudo_terminal: bool | None = None
    docker_labels: dict[str, str] | None = None
    ulimits: tuple[Ulimit, ...] = ()
    log_configuration: LogConfiguration | None = None
    health_check: HealthCheck | None = None
    system_controls: tuple[SystemControl, ...] = ()
    resource_requirements: tuple[ResourceRequirement, ...] = ()
    firelens_configuration: FirelensConfiguration | None = None
    repository_credentials: RepositoryCredentials | None = None
    credential_specs: tuple[str, ...] = ()


class HostVolume(Shape):
    """A path of the host, or an empty volume that lives as long as the task."""

    source_path: str | None = None


class DockerVolumeConfiguration(Shape):
    """A Docker volume of scope `task` or `shared`."""

    scope: Literal["task", "shared"] = "task"
    autoprovision: bool | None = None
    driver: str | None = None
    driver_opts: dict[str, str] | None = None
    labels: dict[str, str] | None = None


class EfsAuthorizationConfig(Shape):
    """How an EFS volume is authorised."""

    access_point_id: str | None = None
    iam: str | None = None


class EfsVolumeConfiguration(Shape):
    """An Elastic File System volume."""

    file_system_id: str
    root_directory: str | None = None
    transit_encryption: str | None = None
    transit_encryption_port: int | None = None
    authorization_config: EfsAuthorizationConfig | None = None


class FsxAuthorizationConfig(Shape):
    """How an FSx volume is authorised."""

    credentials_parameter: str
    domain: str


class FsxVolumeConfiguration(Shape):
    """An FSx for Windows File Server volume."""

    file_system_id: str
    root_directory: str
    authorization_config: FsxAuthorizationConfig


class S3FilesVolumeConfiguration(Shape):
    """An S3 Files file system."""

    file_system_arn: str
    root_directory: str | None = None
    transit_encryption_port: int | None = None
    access_point_arn: str | None = None


class Volume(Shape):
    """A volume that containers of the task mount by its name."""

    name: str | None = None
    host: HostVolume | None = None
    docker_volume_configuration: DockerVolumeConfiguration | None = None
    efs_volume_configuration: EfsVolumeConfiguration | None = None
    fsx_windows_file_server_volume_configuration: FsxVolumeConfiguration | None = None
    s3files_volume_configuration: S3FilesVolumeConfiguration | None = None
    configured_at_launch: bool | None = None


class TaskDefinitionPlacementConstraint(Shape):
    """A constraint that every task of the definition keeps; type `memberOf` only."""

    type: PlacementConstraintType | None = None
    expression: str | None = None


class RuntimePlatform(Shape):
    """Processor and operating system that the task needs."""

    cpu_architecture: str | None = None
    operating_system_family: str | None = None


class EphemeralStorage(Shape):
    """Disk of a Fargate task, GiB."""

    size_in_gib: int


class ProxyConfiguration(Shape):
    """App Mesh proxy of the task."""

    type: str | None = None
    container_name: str
    properties: tuple[KeyValuePair, ...] = ()


class InferenceAccelerator(Shape):
    """An accelerator of a retired kind."""

    device_name: str
    device_type: str


class TrustedExecutionConfiguration(Shape):
    """How far a task is kept apart from others of its instance."""

    isolation_mode: str
    attestation_policy: str | None = None


class Attribute(Shape):
    """A name and value that an instance has or a task needs."""

    name: str
    value: str | None = None
    target_type: str | None = None
    target_id: str | None = None


class TaskDefinitionBody(Shape):
    """The members that the caller of RegisterTaskDefinition gives."""

    family: str = ""
    task_role_arn: str | None = None
    execution_role_arn: str | None = None
    network_mode: NetworkMode | None = None
    container_definitions: tuple[ContainerDefinition, ...] = ()
    volumes: tuple[Volume, ...] = ()
    placement_constraints: tuple[TaskDefinitionPlacementConstraint, ...] = ()
    requires_compatibilities: tuple[Compatibility, ...] = ()
    cpu: str | None = None
    memory: str | None = None
    pid_mode: str | None = None
    ipc_mode: str | None = None
    proxy_configuration: ProxyConfiguration | None = None
    inference_accelerators: tuple[InferenceAccelerator, ...] = ()
    ephemeral_storage: EphemeralStorage | None = None
    runtime_platform: RuntimePlatform | None = None
    enable_fault_injection: bool | None = None
    trusted_execution_configuration: TrustedExecutionConfiguration | None = None


class TaskDefinition(TaskDefinitionBody):
    """A registered revision of a family."""

    task_definition_arn: str
    revision: int
    status: TaskDefinitionStatus = TaskDefinitionStatus.ACTIVE
    requires_attributes: tuple[Attribute, ...] = ()
    compatibilities: tuple[Compatibility, ...] = ()
    registered_at: Timestamp | None = None
    deregistered_at: Timestamp | None = None
    delete_requested_at: Timestamp | None = None
    registered_by: str | None = None

    @property
    def family_revision(self) -> str:
        """`family:revision`, the short name that people use."""
        return f"{self.family}:{self.revision}"

    def container(self, name: str) -> ContainerDefinition:
        """The container definition of that name; `KeyError` when there is none."""
        for container in self.container_definitions:
            if container.name == name:
                return container
        raise KeyError(name)


class TaskDefinitionRecord(TaskDefinition):
    """A registered revision as kept by the store, with its tags."""

    tags: tuple[Tag, ...] = Field(default=())


class FamilyRecord(Shape):
    """The highest revision that a family ever had: numbers are never given twice."""

    family: str
    latest_revision: int
