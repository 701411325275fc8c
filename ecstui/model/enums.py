"""Closed sets of words that ECS uses, and the order of task states."""

from enum import StrEnum


class TaskStatus(StrEnum):
    """States of a task in the order in which it passes through them (ecs.md 3.1)."""

    PROVISIONING = "PROVISIONING"
    PENDING = "PENDING"
    ACTIVATING = "ACTIVATING"
    RUNNING = "RUNNING"
    DEACTIVATING = "DEACTIVATING"
    STOPPING = "STOPPING"
    DEPROVISIONING = "DEPROVISIONING"
    STOPPED = "STOPPED"


TASK_STATUS_ORDER = {status: position for position, status in enumerate(TaskStatus)}

STARTING = frozenset({TaskStatus.PROVISIONING, TaskStatus.PENDING, TaskStatus.ACTIVATING})


class DesiredStatus(StrEnum):
    """What the control plane wants of a task."""

    RUNNING = "RUNNING"
    STOPPED = "STOPPED"


class ContainerStatus(StrEnum):
    """Container states that the API shows (ecs.md 3.4)."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    STOPPED = "STOPPED"


class HealthStatus(StrEnum):
    """Result of container health checks."""

    HEALTHY = "HEALTHY"
    UNHEALTHY = "UNHEALTHY"
    UNKNOWN = "UNKNOWN"


class StopCode(StrEnum):
    """Why a task stopped, as a code."""

    TASK_FAILED_TO_START = "TaskFailedToStart"
    ESSENTIAL_CONTAINER_EXITED = "EssentialContainerExited"
    USER_INITIATED = "UserInitiated"
    SERVICE_SCHEDULER_INITIATED = "ServiceSchedulerInitiated"
    SPOT_INTERRUPTION = "SpotInterruption"
    TERMINATION_NOTICE = "TerminationNotice"


class TaskDefinitionStatus(StrEnum):
    """Life of a task definition revision."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    DELETE_IN_PROGRESS = "DELETE_IN_PROGRESS"


class NetworkMode(StrEnum):
    """How a task meets the network."""

    BRIDGE = "bridge"
    HOST = "host"
    AWSVPC = "awsvpc"
    NONE = "none"


class DependencyCondition(StrEnum):
    """What a container waits for in another one (ecs.md 3.6)."""

    START = "START"
    COMPLETE = "COMPLETE"
    SUCCESS = "SUCCESS"
    HEALTHY = "HEALTHY"


class Compatibility(StrEnum):
    """Launch types that a task definition is made for."""

    EC2 = "EC2"
    FARGATE = "FARGATE"
    EXTERNAL = "EXTERNAL"
    MANAGED_INSTANCES = "MANAGED_INSTANCES"


class LaunchType(StrEnum):
    """Where a task runs."""

    EC2 = "EC2"
    FARGATE = "FARGATE"
    EXTERNAL = "EXTERNAL"
    MANAGED_INSTANCES = "MANAGED_INSTANCES"


class ServiceStatus(StrEnum):
    """Life of a service."""

    ACTIVE = "ACTIVE"
    DRAINING = "DRAINING"
    INACTIVE = "INACTIVE"


class ClusterStatus(StrEnum):
    """Life of a cluster."""

    ACTIVE = "ACTIVE"
    PROVISIONING = "PROVISIONING"
    DEPROVISIONING = "DEPROVISIONING"
    FAILED = "FAILED"
    INACTIVE = "INACTIVE"


class InstanceStatus(StrEnum):
    """Life of a container instance."""

    REGISTERING = "REGISTERING"
    REGISTRATION_FAILED = "REGISTRATION_FAILED"
    ACTIVE = "ACTIVE"
    DRAINING = "DRAINING"
    DEREGISTERING = "DEREGISTERING"
    INACTIVE = "INACTIVE"


class DeploymentStatus(StrEnum):
    """Place of a deployment in its service: the newest is PRIMARY."""

    PRIMARY = "PRIMARY"
    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class RolloutState(StrEnum):
    """How far a deployment is."""

    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class SchedulingStrategy(StrEnum):
    """How many tasks a service keeps."""

    REPLICA = "REPLICA"
    DAEMON = "DAEMON"


class PlacementStrategyType(StrEnum):
    """How instances are ordered for a task."""

    RANDOM = "random"
    SPREAD = "spread"
    BINPACK = "binpack"


class PlacementConstraintType(StrEnum):
    """How instances are filtered for a task."""

    DISTINCT_INSTANCE = "distinctInstance"
    MEMBER_OF = "memberOf"


class PropagateTags(StrEnum):
    """Whose tags a task gets."""

    TASK_DEFINITION = "TASK_DEFINITION"
    SERVICE = "SERVICE"
    NONE = "NONE"


class RolloutOrder(StrEnum):
    """Which margin of a rolling update is used first (ecs.md 6.6); a setting of ecstui."""

    SURGE_FIRST = "SURGE_FIRST"
    CONCURRENT = "CONCURRENT"


class EventSource(StrEnum):
    """What an event tells about."""

    SERVICE = "service"
    TASK = "task"
    INSTANCE = "instance"
    USER = "user"
    ENGINE = "engine"
