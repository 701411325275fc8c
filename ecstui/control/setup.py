"""How a control plane is set: who it is, its limits, its pace, its container instances."""

from dataclasses import dataclass, field

from ecstui.base.ids import Ids, Namespace, new_id
from ecstui.control.log_keeper import LogKeeping
from ecstui.control.sources import NO_SOURCES, Sources
from ecstui.model.engine_link import EngineLink
from ecstui.model.enums import RolloutOrder
from ecstui.plan.group_setting import GroupSetting
from ecstui.plan.pace import PACES, Pace, PaceName
from ecstui.plan.role_setting import RoleSetting
from ecstui.plan.task_endpoint import TaskEndpoint


@dataclass(frozen=True, slots=True)
class Limits:
    """A bound on everything (architecture B.11)."""

    engine_calls_at_once: int = 16
    pulls_at_once: int = 3
    keys_per_turn: int = 5_000
    turn_seconds: float = 0.005
    """A turn begins no further key after that; the rest comes first in the next turn."""
    full_look_seconds: float = 15.0
    longest_nap_seconds: float = 30.0
    events_per_service: int = 100
    events_in_all: int = 3_000
    stopped_containers_per_group: int = 20
    retry_first_seconds: float = 0.2
    retry_limit_seconds: float = 15.0
    sweep_seconds: float = 5.0
    swept_at_once: int = 100
    """Of a sweep with more to do, so many stopped tasks and old events are done in one turn."""
    looked_at_by_sweep: int = 500
    """A sweep looks at no more stopped tasks in one turn."""


@dataclass(frozen=True, slots=True)
class InstanceSetup:
    """A container instance that the plane keeps registered: a share of one engine."""

    name: str
    engine: str
    zone: str
    cpu_units: int
    memory_mib: int
    ip: str = ""
    cluster_name: str = "default"
    instance_type: str = "local.slice"


@dataclass(frozen=True, slots=True)
class Setup:
    """All that a plane is told at its start."""

    owner: str
    """Id of the state directory; on the label of every container."""
    namespace: Namespace = field(default_factory=Namespace)
    pace: Pace = PACES[PaceName.LOCAL]
    limits: Limits = Limits()
    ids: Ids = new_id
    instances: tuple[InstanceSetup, ...] = ()
    rollout_order: RolloutOrder = RolloutOrder.SURGE_FIRST
    is_simulation: bool = False
    version: str = ""
    process_id: int = 0
    endpoints: dict[str, str] = field(default_factory=dict)
    """Engine name to endpoint, for people to see."""
    links: tuple[EngineLink, ...] = ()
    """Other engines that the settings name."""
    sources: Sources = NO_SOURCES
    """Where secrets and files of variables are read."""
    file_systems: dict[str, str] = field(default_factory=dict)
    """EFS or FSx file system id to the folder that stands for it."""
    auto_scaling_groups: tuple[GroupSetting, ...] = ()
    """Local Auto Scaling groups that the settings name."""
    is_fargate_limited: bool = False
    """Whether Fargate tasks together may have no more than their engine has."""
    log_keeping: LogKeeping | None = None
    """Where lines of containers are kept when they are gone; None: nowhere."""
    roles: dict[str, RoleSetting] = field(default_factory=dict)
    """Name or ARN of a task role to where its credentials are read from."""
    task_endpoint: TaskEndpoint | None = None
    """Where containers find their metadata and credentials; None: nowhere."""
