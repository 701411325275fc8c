"""What an engine is told to create, and what it is seen to hold: plain data, no engine's words.

`translate` makes specs from task definitions; engines turn specs into calls and answers into
observations. Memory and sizes are in bytes here, because that is what engines count in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

ContainerName = str
"""Name of a container in its engine, unique there."""


@dataclass(frozen=True, slots=True)
class PortPublication:
    """A container port to publish; `host_port` None lets the engine choose."""

    container_port: int
    protocol: str = "tcp"
    host_ip: str = ""
    host_port: int | None = None


@dataclass(frozen=True, slots=True)
class Mount:
    """A bind mount (`source` is an absolute path) or a named volume."""

    source: str
    target: str
    read_only: bool = False
    volume: "VolumeMaking | None" = None
    """How a named volume is made when there is none; None: the engine's plain way."""


@dataclass(frozen=True, slots=True)
class VolumeMaking:
    """Driver, options and labels of a named volume that a mount brings into being."""

    driver: str = "local"
    options: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class HealthProbe:
    """Command of a health check; `("NONE",)` switches the image's own check off."""

    test: tuple[str, ...]
    interval_seconds: float = 30.0
    timeout_seconds: float = 5.0
    retries: int = 3
    start_period_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class DeviceMapping:
    """A host device in a container; permissions as `rwm`."""

    host_path: str
    container_path: str
    permissions: str = "rwm"


@dataclass(frozen=True, slots=True)
class UlimitSpec:
    """A resource limit."""

    name: str
    soft: int
    hard: int


@dataclass(frozen=True, slots=True)
class Unresolved:
    """What lies outside of the definition and is looked up as the container is made.

    References only: the values never stand in a record, a log or an answer.
    """

    environment_files: tuple[str, ...] = ()
    """ARNs of files of variables; of two that set the same one, the earlier wins."""
    secrets: tuple[tuple[str, str], ...] = ()
    """Name of the variable, and where its value is: `valueFrom`."""
    log_secrets: tuple[tuple[str, str], ...] = ()
    """Name of the log driver's option, and where its value is."""
    added: tuple[str, ...] = ()
    """Variables of the spec that files and secrets replace: ECS added them."""


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """All that an engine needs to create one container; None or empty leaves the default."""

    name: ContainerName
    image: str
    owner: str
    labels: Mapping[str, str]
    command: tuple[str, ...] = ()
    entry_point: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    unresolved: Unresolved = Unresolved()
    """What is added to the environment and the log options before an engine gets the spec."""
    network_mode: str = "bridge"
    """`bridge`, `host`, `none`, `container:NAME`, or the name of a network."""
    more_networks: tuple[str, ...] = ()
    """Networks that it joins besides."""
    ports: tuple[PortPublication, ...] = ()
    exposed_ports: tuple[tuple[int, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    """Container name in the engine and alias."""
    volumes_from: tuple[tuple[str, bool], ...] = ()
    """Container name in the engine and whether read-only."""
    mounts: tuple[Mount, ...] = ()
    health: HealthProbe | None = None
    cpu_shares: int = 2
    nano_cpus: int = 0
    memory_bytes: int = 0
    memory_reservation_bytes: int = 0
    memory_swap_bytes: int | None = None
    swappiness: int | None = None
    shared_memory_bytes: int = 0
    stop_timeout_seconds: int = 30
    hostname: str | None = None
    user: str | None = None
    working_directory: str | None = None
    is_network_disabled: bool = False
    is_privileged: bool = False
    is_root_read_only: bool = False
    has_init: bool | None = None
    has_stdin: bool = False
    has_tty: bool = False
    dns: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    extra_hosts: tuple[tuple[str, str], ...] = ()
    security_options: tuple[str, ...] = ()
    capabilities_added: tuple[str, ...] = ()
    capabilities_dropped: tuple[str, ...] = ()
    devices: tuple[DeviceMapping, ...] = ()
    ulimits: tuple[UlimitSpec, ...] = ()
    sysctls: Mapping[str, str] = field(default_factory=dict)
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    pid_mode: str | None = None
    ipc_mode: str | None = None
    log_driver: str | None = None
    """None: the engine's local, readable driver with rotation."""
    log_options: Mapping[str, str] = field(default_factory=dict)
    cgroup_parent: str | None = None
    gpu_count: int = 0


class Phase(StrEnum):
    """Where a container stands in its engine."""

    CREATED = "created"
    RUNNING = "running"
    EXITED = "exited"


class Probe(StrEnum):
    """What the engine says of a container's health check."""

    NONE = "none"
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class PublishedPort:
    """A port as the engine has published it."""

    container_port: int
    protocol: str
    host_ip: str
    host_port: int


@dataclass(frozen=True, slots=True)
class Observation:
    """What one look at one container showed; times are POSIX seconds, as the engine gives them."""

    name: ContainerName
    engine_id: str
    owner: str
    phase: Phase
    labels: Mapping[str, str] = field(default_factory=dict)
    image_digest: str | None = None
    exit_code: int | None = None
    is_out_of_memory: bool = False
    error: str = ""
    """The engine's words for why it did not start, or empty."""
    probe: Probe = Probe.NONE
    started_at: float | None = None
    finished_at: float | None = None
    ports: tuple[PublishedPort, ...] = ()
    address: str = ""
    """Its own address in a bridge network, or empty."""
    is_only_listed: bool = field(default=False, compare=False)
    """Whether the engine could not inspect it, so that only a list shows its phase."""
