"""Service deployments and revisions (the history of a service), and alarms that end deployments.

A revision never changes. Counts of a deployment that goes on are never stored; they are computed
when it is shown, and kept as they were when it ended.
"""

from enum import StrEnum

from ecstui.model.deployment_configuration import (
    DeploymentConfiguration,
    HookAction,
    HookTargetType,
    LifecycleStage,
)
from ecstui.model.enums import LaunchType
from ecstui.model.service import CapacityProviderStrategyItem, LoadBalancer
from ecstui.model.shape import Shape, Timestamp
from ecstui.model.task import NetworkConfiguration


class ServiceDeploymentStatus(StrEnum):
    """How far a service deployment is (ecs.md 6.13)."""

    PENDING = "PENDING"
    SUCCESSFUL = "SUCCESSFUL"
    STOPPED = "STOPPED"
    STOP_REQUESTED = "STOP_REQUESTED"
    IN_PROGRESS = "IN_PROGRESS"
    ROLLBACK_REQUESTED = "ROLLBACK_REQUESTED"
    ROLLBACK_IN_PROGRESS = "ROLLBACK_IN_PROGRESS"
    ROLLBACK_SUCCESSFUL = "ROLLBACK_SUCCESSFUL"
    ROLLBACK_FAILED = "ROLLBACK_FAILED"


ENDED = frozenset(
    {
        ServiceDeploymentStatus.SUCCESSFUL,
        ServiceDeploymentStatus.STOPPED,
        ServiceDeploymentStatus.ROLLBACK_SUCCESSFUL,
        ServiceDeploymentStatus.ROLLBACK_FAILED,
    }
)
"""States that a service deployment never leaves."""


class MonitorStatus(StrEnum):
    """What a circuit breaker or the alarms of a deployment do."""

    TRIGGERED = "TRIGGERED"
    MONITORING = "MONITORING"
    MONITORING_COMPLETE = "MONITORING_COMPLETE"
    DISABLED = "DISABLED"


class HookStatus(StrEnum):
    """How far a lifecycle hook is."""

    AWAITING_ACTION = "AWAITING_ACTION"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"


class RevisionSummary(Shape):
    """A revision and its tasks; None where it carries no traffic of that sort."""

    arn: str
    requested_task_count: int = 0
    running_task_count: int = 0
    pending_task_count: int = 0
    requested_test_traffic_weight: float | None = None
    requested_production_traffic_weight: float | None = None


class Rollback(Shape):
    """Where a deployment rolled back to, and why."""

    reason: str
    started_at: Timestamp
    service_revision_arn: str | None = None


class BreakerState(Shape):
    """What the circuit breaker of a deployment counted."""

    status: MonitorStatus = MonitorStatus.DISABLED
    failure_count: int = 0
    threshold: int = 0


class AlarmsState(Shape):
    """What the alarms of a deployment say."""

    status: MonitorStatus = MonitorStatus.DISABLED
    alarm_names: tuple[str, ...] = ()
    triggered_alarm_names: tuple[str, ...] = ()


class HookDetail(Shape):
    """One hook at one stage of a deployment."""

    hook_id: str
    target_type: HookTargetType
    target_arn: str | None = None
    status: HookStatus
    expires_at: Timestamp | None = None
    timeout_action: HookAction | None = None


class HookRecord(HookDetail):
    """A hook with the stage that waits for it, and the answer that came."""

    stage: LifecycleStage
    answer: HookAction | None = None


class ServiceDeployment(Shape):
    """One deployment of a service from beginning to end, as the history shows it."""

    service_deployment_arn: str
    service_arn: str
    cluster_arn: str
    created_at: Timestamp
    started_at: Timestamp | None = None
    finished_at: Timestamp | None = None
    stopped_at: Timestamp | None = None
    updated_at: Timestamp
    source_service_revisions: tuple[RevisionSummary, ...] = ()
    target_service_revision: RevisionSummary
    status: ServiceDeploymentStatus = ServiceDeploymentStatus.PENDING
    status_reason: str | None = None
    lifecycle_stage: LifecycleStage | None = None
    lifecycle_hook_details: tuple[HookDetail, ...] = ()
    deployment_configuration: DeploymentConfiguration = DeploymentConfiguration()
    rollback: Rollback | None = None
    deployment_circuit_breaker: BreakerState = BreakerState()
    alarms: AlarmsState = AlarmsState()


class ServiceDeploymentRecord(ServiceDeployment):
    """A service deployment with what the scheduler must remember across restarts."""

    cluster_name: str
    deployment_id: str
    """Id of the deployment inside the service, `ecs-svc/N`."""
    lifecycle_hook_details: tuple[HookRecord, ...] = ()
    stage_began_at: Timestamp | None = None
    baking_since: Timestamp | None = None
    ignored_alarm_names: tuple[str, ...] = ()
    """In ALARM already when the deployment began: not looked at (ecs.md 6.9)."""
    stop_reason: str | None = None
    """Why a rollback was asked for."""

    @property
    def has_ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.status in ENDED


class ContainerImage(Shape):
    """The image of one container, and the digest that it is held at."""

    container_name: str
    image: str
    image_digest: str | None = None


class ServiceRevision(Shape):
    """What one deployment deployed; never changes."""

    service_revision_arn: str
    service_arn: str
    cluster_arn: str
    task_definition: str
    capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...] = ()
    launch_type: LaunchType | None = None
    platform_version: str | None = None
    platform_family: str | None = None
    load_balancers: tuple[LoadBalancer, ...] = ()
    network_configuration: NetworkConfiguration | None = None
    container_images: tuple[ContainerImage, ...] = ()
    created_at: Timestamp


class ServiceRevisionRecord(ServiceRevision):
    """A revision as kept by the store."""

    cluster_name: str


class AlarmState(StrEnum):
    """State of an alarm, in CloudWatch's words."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class AlarmRecord(Shape):
    """An alarm whose state people or scripts set; no metric is behind it."""

    alarm_name: str
    state_value: AlarmState
    state_reason: str = ""
    state_updated_timestamp: Timestamp
    period: int | None = None
    """Seconds of one evaluation; with `evaluation_periods` gives the bake time."""
    evaluation_periods: int | None = None
