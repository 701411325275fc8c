"""The tables of ecstui: one `Kind` per record class, with keys and indexes.

Keys are ARNs where ECS has one. A new kind is one entry here.
"""

from ecstui.base.ids import short_name
from ecstui.model.account import AccountSettingRecord
from ecstui.model.capacity import AutoScalingGroupRecord, CapacityProviderRecord
from ecstui.model.cluster import (
    ClusterRecord,
    ContainerInstanceRecord,
    EngineRecord,
    EventRecord,
    PlaneRecord,
    TokenRecord,
)
from ecstui.model.deployment import (
    AlarmRecord,
    ServiceDeploymentRecord,
    ServiceRevisionRecord,
)
from ecstui.model.engine_link import EngineLinkRecord
from ecstui.model.enums import TASK_STATUS_ORDER, DesiredStatus, LaunchType
from ecstui.model.history import CallRecord
from ecstui.model.service import ServiceRecord
from ecstui.model.shape import Shape
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import FamilyRecord, TaskDefinitionRecord
from ecstui.plan.counts import Stage, stage_of
from ecstui.store.tables import Kind


def _check_task(before: TaskRecord, after: TaskRecord) -> None:
    assert TASK_STATUS_ORDER[after.last_status] >= TASK_STATUS_ORDER[before.last_status], (
        f"task {before.task_id} moved back from {before.last_status} to {after.last_status}"
    )
    assert before.desired_status is DesiredStatus.RUNNING or not after.is_wanted, (
        f"task {before.task_id} was wanted again after it was told to stop"
    )


def _fargate_engine(task: TaskRecord) -> str | None:
    """Engine of a task that Fargate runs, until it has stopped."""
    is_fargate = task.launch_type is LaunchType.FARGATE and not task.is_stopped
    return task.engine if is_fargate and task.engine else None


def stage_key(cluster_name: str, stage: Stage, *, is_fargate: bool) -> str:
    """Value of the index `stage`: the tasks of a cluster that count as the same."""
    return f"{cluster_name}/{stage.name}/{'Fargate' if is_fargate else 'EC2'}"


def _stage(task: TaskRecord) -> str | None:
    stage = stage_of(task)
    is_fargate = task.launch_type is LaunchType.FARGATE
    is_gone = stage is Stage.GONE
    return None if is_gone else stage_key(task.cluster_name, stage, is_fargate=is_fargate)


PLANES = Kind("plane", PlaneRecord, key=lambda r: "plane")
ENGINES = Kind("engine", EngineRecord, key=lambda r: r.name)
ENGINE_LINKS = Kind("engineLink", EngineLinkRecord, key=lambda r: r.name)
CLUSTERS = Kind("cluster", ClusterRecord, key=lambda r: r.cluster_name)
FAMILIES = Kind("family", FamilyRecord, key=lambda r: r.family)
TASK_DEFINITIONS = Kind(
    "taskDefinition",
    TaskDefinitionRecord,
    key=lambda r: r.task_definition_arn,
    indexes={"family": lambda r: r.family},
)
INSTANCES = Kind(
    "containerInstance",
    ContainerInstanceRecord,
    key=lambda r: r.container_instance_arn,
    indexes={
        "cluster": lambda r: r.cluster_name,
        "engine": lambda r: r.engine,
        "group": lambda r: None if r.is_gone else r.auto_scaling_group or None,
    },
)
SERVICES = Kind(
    "service",
    ServiceRecord,
    key=lambda r: r.service_arn,
    indexes={"cluster": lambda r: r.cluster_name},
)
TASKS = Kind(
    "task",
    TaskRecord,
    key=lambda r: r.task_arn,
    indexes={
        "cluster": lambda r: r.cluster_name,
        "service": lambda r: r.service_arn,
        "instance": lambda r: r.container_instance_arn,
        "task_id": lambda r: r.task_id,
        "family": lambda r: short_name(r.task_definition_arn).split(":")[0],
        "active": lambda r: None if r.is_stopped else "yes",
        "engine": lambda r: None if r.is_stopped else r.engine,
        "stopped": lambda r: "yes" if r.is_stopped else None,
        "waiting": lambda r: r.cluster_name if r.is_waiting_for_capacity else None,
        "fargate": _fargate_engine,
        "stage": _stage,
    },
    check=_check_task,
)
EVENTS = Kind(
    "event",
    EventRecord,
    key=lambda r: r.id,
    indexes={
        "service": lambda r: r.service_arn,
        "cluster": lambda r: r.cluster_name,
        "subject": lambda r: r.subject_arn,
    },
)
SERVICE_DEPLOYMENTS = Kind(
    "serviceDeployment",
    ServiceDeploymentRecord,
    key=lambda r: r.service_deployment_arn,
    indexes={
        "service": lambda r: r.service_arn,
        "ongoing": lambda r: None if r.has_ended else r.service_arn,
    },
)
SERVICE_REVISIONS = Kind(
    "serviceRevision",
    ServiceRevisionRecord,
    key=lambda r: r.service_revision_arn,
    indexes={"service": lambda r: r.service_arn},
)
ALARMS = Kind("alarm", AlarmRecord, key=lambda r: r.alarm_name)
CAPACITY_PROVIDERS = Kind("capacityProvider", CapacityProviderRecord, key=lambda r: r.name)
AUTO_SCALING_GROUPS = Kind(
    "autoScalingGroup", AutoScalingGroupRecord, key=lambda r: r.auto_scaling_group_name
)
TOKENS = Kind("token", TokenRecord, key=lambda r: r.key)


def call_key(number: int) -> str:
    """Key of a call by its number; keys stand in the order of numbers."""
    return f"{number:012d}"


CALLS = Kind("call", CallRecord, key=lambda r: call_key(r.number))


def account_setting_key(principal_arn: str, name: str) -> str:
    """Key of a principal's own account setting."""
    return f"{principal_arn}/{name}"


ACCOUNT_SETTINGS = Kind(
    "accountSetting",
    AccountSettingRecord,
    key=lambda r: account_setting_key(r.principal_arn, r.name),
)

KINDS: tuple[Kind[Shape], ...] = (
    PLANES,  # type: ignore[assignment]
    ENGINES,
    ENGINE_LINKS,
    CLUSTERS,
    FAMILIES,
    TASK_DEFINITIONS,
    INSTANCES,
    SERVICES,
    TASKS,
    EVENTS,
    TOKENS,
    ACCOUNT_SETTINGS,
    CAPACITY_PROVIDERS,
    AUTO_SCALING_GROUPS,
    SERVICE_DEPLOYMENTS,
    SERVICE_REVISIONS,
    ALARMS,
    CALLS,
)
KIND_NAMED = {kind.name: kind for kind in KINDS}
KIND_OF = {kind.type: kind for kind in KINDS}
