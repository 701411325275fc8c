"""Services and their deployments: ECS's shapes, and the records that the store keeps.

Counts (`runningCount`, `pendingCount`) are never stored; `plan/counts.py` computes them.
"""

from typing import Literal

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


class CircuitBreakerConfiguration(Shape):
    """Whether failing tasks end a deployment, and whether the last good one comes back."""

    enable: bool
    rollback: bool


class DeploymentAlarms(Shape):
    """Alarms that end a deployment."""

    alarm_names: tuple[str, ...] = ()
    enable: bool = False
    rollback: bool = False


class DeploymentConfiguration(Shape):
    """Bounds of a rolling update, in percent of the desired count."""

    deployment_circuit_breaker: CircuitBreakerConfiguration | None = None
    maximum_percent: int | None = None
    minimum_healthy_percent: int | None = None
    alarms: DeploymentAlarms | None = None
    strategy: Literal["ROLLING", "BLUE_GREEN", "LINEAR", "CANARY"] | None = None
    bake_time_in_minutes: int | None = None


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


class DeploymentRecord(Deployment):
    """A deployment with what the scheduler must remember across restarts."""

    start_failures: int = 0
    """Consecutive tasks that never reached RUNNING; for throttling (ecs.md 6.10)."""
    next_start_at: Timestamp | None = None
    """Throttled: no start before this time."""
    quick_exits: int = 0
    """Consecutive tasks that ran and died within seconds; for pacing crash loops."""
    has_been_healthy: bool = False


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
    """Where the circuit breaker rolls back to."""
    client_token: str | None = None

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
