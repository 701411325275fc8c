"""Services and their deployments: ECS's shapes, and the records that the store keeps.

Counts (`runningCount`, `pendingCount`) are never stored; `plan/counts.py` computes them.
"""

from enum import StrEnum
from typing import Literal

from ecstui.model.deployment_configuration import (
    CircuitBreakerConfiguration as CircuitBreakerConfiguration,  # noqa: PLC0414 - shown here too
)
from ecstui.model.deployment_configuration import (
    DeploymentAlarms as DeploymentAlarms,  # noqa: PLC0414 - shown here too
)
from ecstui.model.deployment_configuration import (
    DeploymentConfiguration as DeploymentConfiguration,  # noqa: PLC0414 - shown here too
)
from ecstui.model.enums import (
    DeploymentStatus,
    LaunchType,
    PropagateTags,
    RolloutState,
    SchedulingStrategy,
    ServiceStatus,
)
from ecstui.model.placement import PlacementConstraint as PlacementConstraint  # noqa: PLC0414 - shown here too
from ecstui.model.placement import PlacementStrategy as PlacementStrategy  # noqa: PLC0414 - shown here too
from ecstui.model.shape import Shape, Tag, Timestamp
from ecstui.model.task import NetworkConfiguration


class DeploymentController(Shape):
    """Who deploys: only `ECS` here."""

    type: Literal["ECS", "CODE_DEPLOY", "EXTERNAL"] = "ECS"


class CapacityProviderStrategyItem(Shape):
    """Share of tasks that a capacity provider gets."""

    capacity_provider: str
    weight: int = 0
    base: int = 0


class LoadBalancer(Shape):
    """A target group that the tasks of a service join."""

    target_group_arn: str | None = None
    load_balancer_name: str | None = None
    container_name: str | None = None
    container_port: int | None = None


class ServiceEvent(Shape):
    """One line of a service's history."""

    id: str
    created_at: Timestamp
    message: str


class Deployment(Shape):
    """One rollout of a task definition in a service, as DescribeServices shows it."""

    id: str
    status: DeploymentStatus
    task_definition: str
    desired_count: int = 0
    pending_count: int = 0
    running_count: int = 0
    failed_tasks: int = 0
    created_at: Timestamp
    updated_at: Timestamp
    capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...] = ()
    launch_type: LaunchType | None = None
    platform_version: str | None = None
    platform_family: str | None = None
    network_configuration: NetworkConfiguration | None = None
    rollout_state: RolloutState = RolloutState.IN_PROGRESS
    rollout_state_reason: str | None = None


class FailedBy(StrEnum):
    """What ended a deployment before it was done."""

    CIRCUIT_BREAKER = "CIRCUIT_BREAKER"
    ALARM = "ALARM"
    REQUEST = "REQUEST"
    LIFECYCLE = "LIFECYCLE"


class DeploymentFailure(Shape):
    """Why a deployment failed, and whether it was to be rolled back."""

    by: FailedBy
    reason: str
    """What follows "because"."""
    wants_rollback: bool
    failed_tasks: int = 0
    at: Timestamp


class DeploymentRecord(Deployment):
    """A deployment with what the scheduler must remember across restarts."""

    start_failures: int = 0
    """Consecutive tasks that never reached RUNNING; for throttling (ecs.md 6.10)."""
    next_start_at: Timestamp | None = None
    """Throttled: no start before this time."""
    quick_exits: int = 0
    """Consecutive tasks that ran and died within seconds; for pacing crash loops."""
    has_been_healthy: bool = False
    has_run: bool = False
    """Whether a task of it reached RUNNING: from then on only bad health counts (ecs.md 6.9)."""
    service_revision_arn: str | None = None
    """What it deploys; None for one that is older than the history."""
    failure: DeploymentFailure | None = None
    """Why it is FAILED."""


class CurrentRevision(Shape):
    """A revision that a service has tasks of, or is to have."""

    arn: str
    requested_task_count: int = 0
    running_task_count: int = 0
    pending_task_count: int = 0


class Service(Shape):
    """A service, as DescribeServices shows it."""

    service_arn: str
    service_name: str
    cluster_arn: str
    load_balancers: tuple[LoadBalancer, ...] = ()
    service_registries: tuple[str, ...] = ()
    status: ServiceStatus = ServiceStatus.ACTIVE
    desired_count: int = 0
    running_count: int = 0
    pending_count: int = 0
    launch_type: LaunchType | None = None
    capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...] = ()
    platform_version: str | None = None
    platform_family: str | None = None
    task_definition: str = ""
    deployment_configuration: DeploymentConfiguration = DeploymentConfiguration()
    deployments: tuple[Deployment, ...] = ()
    role_arn: str | None = None
    events: tuple[ServiceEvent, ...] = ()
    created_at: Timestamp
    current_service_deployment: str | None = None
    current_service_revisions: tuple[CurrentRevision, ...] = ()
    placement_constraints: tuple[PlacementConstraint, ...] = ()
    placement_strategy: tuple[PlacementStrategy, ...] = ()
    network_configuration: NetworkConfiguration | None = None
    health_check_grace_period_seconds: int | None = None
    scheduling_strategy: SchedulingStrategy = SchedulingStrategy.REPLICA
    deployment_controller: DeploymentController = DeploymentController()
    tags: tuple[Tag, ...] = ()
    created_by: str | None = None
    enable_ecs_managed_tags: bool = False
    propagate_tags: PropagateTags = PropagateTags.NONE
    enable_execute_command: bool = False
    availability_zone_rebalancing: str | None = None


class Rebalancing(Shape):
    """One task on its way from a zone with many tasks of a service to one with few."""

    source_zone: str
    target_zone: str
    task_id: str
    """The task that was started in the target zone."""
    desired_count: int
    """What the service wanted when it began; another number ends it."""


class ServiceRecord(Service):
    """A service with what the scheduler must remember across restarts."""

    deployments: tuple[DeploymentRecord, ...] = ()
    cluster_name: str
    waiting: str | None = None
    """Why the scheduler does less than it wants, in words; None when it does all it wants."""
    is_steady: bool = False
    """Whether the last pass found everything as it should be."""
    last_trouble: str | None = None
    """The last trouble told, not to be repeated while it lasts (ecs.md 6.11)."""
    last_trouble_at: Timestamp | None = None
    last_completed: DeploymentRecord | None = None
    """Where a failed deployment rolls back to."""
    rolled_back: DeploymentFailure | None = None
    """Why the PRIMARY deployment came back; None when it is the newest."""
    client_token: str | None = None
    rebalancing: Rebalancing | None = None
    """What Availability Zone rebalancing is doing (ecs.md 5.6)."""
    steady_since: Timestamp | None = None
    """Since when every pass found everything as it should be."""
    steady_told_at: Timestamp | None = None
    """When the steady state was told last."""
    inactive_at: Timestamp | None = None
    """When it became INACTIVE; None also in records older than this member."""

    @property
    def primary(self) -> DeploymentRecord:
        """The newest deployment."""
        for deployment in self.deployments:
            if deployment.status is DeploymentStatus.PRIMARY:
                return deployment
        raise LookupError(f"{self.service_arn} has no PRIMARY deployment")

    @property
    def minimum_healthy_percent(self) -> int:
        """Floor of a rolling update, percent of the desired count (default 100, daemon 0)."""
        default = 100 if self.scheduling_strategy is SchedulingStrategy.REPLICA else 0
        value = self.deployment_configuration.minimum_healthy_percent
        return default if value is None else value

    @property
    def maximum_percent(self) -> int:
        """Ceiling of a rolling update, percent of the desired count (default 200, daemon 100)."""
        default = 200 if self.scheduling_strategy is SchedulingStrategy.REPLICA else 100
        value = self.deployment_configuration.maximum_percent
        return default if value is None else value
