"""Capacity providers and local Auto Scaling groups: ECS's shapes, and the records of the store.

FARGATE and FARGATE_SPOT have no record: they are always there. What managed scaling must remember
across restarts is in the group's record, so that no instance is ever made twice.
"""

from typing import Literal

from ecstui.model.shape import Shape, Tag, Timestamp

Switch = Literal["ENABLED", "DISABLED"]

FARGATE = "FARGATE"
FARGATE_SPOT = "FARGATE_SPOT"
FARGATE_PROVIDERS = (FARGATE, FARGATE_SPOT)
"""Capacity providers that nobody makes and nobody deletes (ecs.md 4.6)."""


class ManagedScaling(Shape):
    """How ECS scales the Auto Scaling group of a capacity provider."""

    status: Switch | None = None
    target_capacity: int | None = None
    """Percent of the group's instances that shall be in use (1 to 100, default 100)."""
    minimum_scaling_step_size: int | None = None
    maximum_scaling_step_size: int | None = None
    instance_warmup_period: int | None = None
    """Seconds after a launch in which no other launch is decided (default 300)."""


class AutoScalingGroupProvider(Shape):
    """The Auto Scaling group behind a capacity provider."""

    auto_scaling_group_arn: str
    managed_scaling: ManagedScaling = ManagedScaling()
    managed_termination_protection: Switch = "DISABLED"
    managed_draining: Switch = "ENABLED"


class CapacityProvider(Shape):
    """A capacity provider, as DescribeCapacityProviders shows it."""

    capacity_provider_arn: str
    name: str
    status: Literal["PROVISIONING", "ACTIVE", "DEPROVISIONING", "INACTIVE"] = "ACTIVE"
    auto_scaling_group_provider: AutoScalingGroupProvider | None = None
    update_status: str | None = None
    update_status_reason: str | None = None
    type: Literal["EC2_AUTOSCALING", "MANAGED_INSTANCES", "FARGATE", "FARGATE_SPOT"]
    tags: tuple[Tag, ...] = ()


class CapacityProviderRecord(CapacityProvider):
    """A capacity provider of a local Auto Scaling group, as kept by the store."""

    auto_scaling_group_provider: AutoScalingGroupProvider
    auto_scaling_group: str
    """Name of the group."""
    created_at: Timestamp


class BootingInstance(Shape):
    """An instance that was decided and is not registered yet."""

    instance_id: str
    zone: str
    ready_at: Timestamp


class ScalingState(Shape):
    """What managed scaling found last, and what it must remember (ecs.md 4.6)."""

    evaluated_at: Timestamp | None = None
    running_count: int = 0
    """N: instances that run in the group."""
    needed_count: int = 0
    """M: instances that are needed."""
    reservation: float = 100.0
    """CapacityProviderReservation, percent: M / N."""
    waiting_count: int = 0
    """Tasks that wait in PROVISIONING for this provider."""
    low_points: int = 0
    """Points in a row below the target: 15 of them begin a scale-in."""
    decision: str = ""
    """What was decided, in words for people."""


class AutoScalingGroup(Shape):
    """A local Auto Scaling group: slices of an engine that come and go."""

    auto_scaling_group_name: str
    auto_scaling_group_arn: str
    cluster: str
    """Name of the cluster in which its instances register."""
    min_size: int
    max_size: int
    desired_capacity: int
    cpu: int
    """CPU units of each instance."""
    memory: int
    """MiB of each instance."""
    availability_zones: tuple[str, ...]
    boot_delay_seconds: float = 3.0


class AutoScalingGroupRecord(AutoScalingGroup):
    """A group with what its reconciler must remember across restarts."""

    booting: tuple[BootingInstance, ...] = ()
    scaling: ScalingState = ScalingState()
    number_of_launches: int = 0
    """Instances that it ever launched: names are never used twice."""
    is_from_settings: bool = False
    """`[[auto_scaling_groups]]` names it: its size and bounds follow the settings."""
    created_at: Timestamp
