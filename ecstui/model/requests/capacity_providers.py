"""Requests for capacity providers, and ecstui's own for local Auto Scaling groups."""

from typing import ClassVar, Literal

from ecstui.model.capacity import (
    AutoScalingGroup,
    AutoScalingGroupProvider,
    CapacityProvider,
    ManagedScaling,
    Switch,
)
from ecstui.model.cluster import Cluster
from ecstui.model.service import CapacityProviderStrategyItem
from ecstui.model.shape import Failure, Request, Shape, Tag
from ecstui.model.task import Task


class CreateCapacityProviderResponse(Shape):
    """The capacity provider that was made."""

    capacity_provider: CapacityProvider


class CreateCapacityProviderRequest(Request[CreateCapacityProviderResponse]):
    """Make a capacity provider of an Auto Scaling group."""

    response: ClassVar[type[Shape]] = CreateCapacityProviderResponse
    name: str
    auto_scaling_group_provider: AutoScalingGroupProvider | None = None
    tags: tuple[Tag, ...] = ()


class AutoScalingGroupProviderUpdate(Shape):
    """What may be changed in the Auto Scaling group of a capacity provider."""

    managed_scaling: ManagedScaling | None = None
    managed_termination_protection: Switch | None = None
    managed_draining: Switch | None = None


class UpdateCapacityProviderResponse(Shape):
    """The capacity provider after the change."""

    capacity_provider: CapacityProvider


class UpdateCapacityProviderRequest(Request[UpdateCapacityProviderResponse]):
    """Change managed scaling, draining or protection; an absent member stays."""

    response: ClassVar[type[Shape]] = UpdateCapacityProviderResponse
    name: str
    auto_scaling_group_provider: AutoScalingGroupProviderUpdate | None = None


class DeleteCapacityProviderResponse(Shape):
    """The capacity provider, now INACTIVE."""

    capacity_provider: CapacityProvider


class DeleteCapacityProviderRequest(Request[DeleteCapacityProviderResponse]):
    """Delete a capacity provider that no cluster uses."""

    response: ClassVar[type[Shape]] = DeleteCapacityProviderResponse
    capacity_provider: str


class DescribeCapacityProvidersResponse(Shape):
    """Capacity providers, and which of those asked for are unknown."""

    capacity_providers: tuple[CapacityProvider, ...] = ()
    failures: tuple[Failure, ...] = ()
    next_token: str | None = None


class DescribeCapacityProvidersRequest(Request[DescribeCapacityProvidersResponse]):
    """Show capacity providers by name or ARN, or all of them a page at a time."""

    response: ClassVar[type[Shape]] = DescribeCapacityProvidersResponse
    capacity_providers: tuple[str, ...] = ()
    include: tuple[Literal["TAGS"], ...] = ()
    max_results: int | None = None
    next_token: str | None = None


class PutClusterCapacityProvidersResponse(Shape):
    """The cluster after the change."""

    cluster: Cluster


class PutClusterCapacityProvidersRequest(Request[PutClusterCapacityProvidersResponse]):
    """Replace a cluster's capacity providers and its default strategy."""

    response: ClassVar[type[Shape]] = PutClusterCapacityProvidersResponse
    cluster: str
    capacity_providers: tuple[str, ...]
    default_capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...]


class CreateAutoScalingGroupResponse(Shape):
    """The group that was made."""

    auto_scaling_group: AutoScalingGroup


class CreateAutoScalingGroupRequest(Request[CreateAutoScalingGroupResponse]):
    """Make a local Auto Scaling group of slices; ecstui's own operation."""

    response: ClassVar[type[Shape]] = CreateAutoScalingGroupResponse
    auto_scaling_group_name: str
    cpu: int
    memory: int
    min_size: int = 0
    max_size: int = 10
    desired_capacity: int | None = None
    cluster: str | None = None
    availability_zones: tuple[str, ...] = ()
    boot_delay_seconds: float = 3.0


class UpdateAutoScalingGroupResponse(Shape):
    """The group after the change."""

    auto_scaling_group: AutoScalingGroup


class UpdateAutoScalingGroupRequest(Request[UpdateAutoScalingGroupResponse]):
    """Change the bounds or the desired capacity of a local Auto Scaling group; ecstui's own."""

    response: ClassVar[type[Shape]] = UpdateAutoScalingGroupResponse
    auto_scaling_group_name: str
    min_size: int | None = None
    max_size: int | None = None
    desired_capacity: int | None = None


class DeleteAutoScalingGroupResponse(Shape):
    """The group that was deleted."""

    auto_scaling_group: AutoScalingGroup


class DeleteAutoScalingGroupRequest(Request[DeleteAutoScalingGroupResponse]):
    """Delete a local Auto Scaling group that no capacity provider uses; ecstui's own operation."""

    response: ClassVar[type[Shape]] = DeleteAutoScalingGroupResponse
    auto_scaling_group_name: str


class DescribeAutoScalingGroupsResponse(Shape):
    """Local Auto Scaling groups."""

    auto_scaling_groups: tuple[AutoScalingGroup, ...] = ()


class DescribeAutoScalingGroupsRequest(Request[DescribeAutoScalingGroupsResponse]):
    """Show local Auto Scaling groups, all of them unless some are named; ecstui's own."""

    response: ClassVar[type[Shape]] = DescribeAutoScalingGroupsResponse
    auto_scaling_group_names: tuple[str, ...] = ()


class InterruptSpotTaskResponse(Shape):
    """The task as it is at the moment of the answer."""

    task: Task


class InterruptSpotTaskRequest(Request[InterruptSpotTaskResponse]):
    """Take a FARGATE_SPOT task's capacity away, as AWS does now and then; ecstui's own."""

    response: ClassVar[type[Shape]] = InterruptSpotTaskResponse
    task: str
    cluster: str | None = None


REQUESTS = (
    CreateCapacityProviderRequest,
    UpdateCapacityProviderRequest,
    DeleteCapacityProviderRequest,
    DescribeCapacityProvidersRequest,
    PutClusterCapacityProvidersRequest,
    CreateAutoScalingGroupRequest,
    UpdateAutoScalingGroupRequest,
    DeleteAutoScalingGroupRequest,
    DescribeAutoScalingGroupsRequest,
    InterruptSpotTaskRequest,
)
