"""Requests for services."""

from typing import ClassVar, Literal

from ecstui.model.enums import LaunchType, PropagateTags, SchedulingStrategy
from ecstui.model.service import (
    CapacityProviderStrategyItem,
    DeploymentConfiguration,
    DeploymentController,
    LoadBalancer,
    PlacementConstraint,
    PlacementStrategy,
    Service,
)
from ecstui.model.shape import Failure, Request, Shape, Tag
from ecstui.model.task import NetworkConfiguration


class CreateServiceResponse(Shape):
    """The service that was made, or that stood there already."""

    service: Service


class CreateServiceRequest(Request[CreateServiceResponse]):
    """Make a service that keeps tasks of a task definition running."""

    response: ClassVar[type[Shape]] = CreateServiceResponse
    service_name: str
    cluster: str | None = None
    task_definition: str | None = None
    desired_count: int | None = None
    client_token: str | None = None
    launch_type: LaunchType | None = None
    capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...] = ()
    platform_version: str | None = None
    role: str | None = None
    load_balancers: tuple[LoadBalancer, ...] = ()
    deployment_configuration: DeploymentConfiguration | None = None
    placement_constraints: tuple[PlacementConstraint, ...] = ()
    placement_strategy: tuple[PlacementStrategy, ...] = ()
    network_configuration: NetworkConfiguration | None = None
    health_check_grace_period_seconds: int | None = None
    scheduling_strategy: SchedulingStrategy | None = None
    deployment_controller: DeploymentController | None = None
    tags: tuple[Tag, ...] = ()
    enable_ecs_managed_tags: bool = False
    propagate_tags: PropagateTags | None = None
    enable_execute_command: bool = False
    availability_zone_rebalancing: Literal["ENABLED", "DISABLED"] | None = None


class UpdateServiceResponse(Shape):
    """The service as it is after the change."""

    service: Service


class UpdateServiceRequest(Request[UpdateServiceResponse]):
    """Change a service; an absent member stays, an empty list removes."""

    response: ClassVar[type[Shape]] = UpdateServiceResponse
    service: str
    cluster: str | None = None
    desired_count: int | None = None
    task_definition: str | None = None
    capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...] | None = None
    deployment_configuration: DeploymentConfiguration | None = None
    network_configuration: NetworkConfiguration | None = None
    placement_constraints: tuple[PlacementConstraint, ...] | None = None
    placement_strategy: tuple[PlacementStrategy, ...] | None = None
    platform_version: str | None = None
    force_new_deployment: bool = False
    health_check_grace_period_seconds: int | None = None
    enable_execute_command: bool | None = None
    enable_ecs_managed_tags: bool | None = None
    load_balancers: tuple[LoadBalancer, ...] | None = None
    propagate_tags: PropagateTags | None = None
    availability_zone_rebalancing: Literal["ENABLED", "DISABLED"] | None = None


class DeleteServiceResponse(Shape):
    """The service, now DRAINING or INACTIVE."""

    service: Service


class DeleteServiceRequest(Request[DeleteServiceResponse]):
    """Delete a service; with `force` also while it is scaled above 0."""

    response: ClassVar[type[Shape]] = DeleteServiceResponse
    service: str
    cluster: str | None = None
    force: bool = False


class DescribeServicesResponse(Shape):
    """Services, and which of those asked for are unknown."""

    services: tuple[Service, ...] = ()
    failures: tuple[Failure, ...] = ()


class DescribeServicesRequest(Request[DescribeServicesResponse]):
    """Show up to 10 services."""

    response: ClassVar[type[Shape]] = DescribeServicesResponse
    services: tuple[str, ...]
    cluster: str | None = None
    include: tuple[Literal["TAGS"], ...] = ()


class ListServicesResponse(Shape):
    """A page of service ARNs."""

    service_arns: tuple[str, ...] = ()
    next_token: str | None = None


class ListServicesRequest(Request[ListServicesResponse]):
    """List services of a cluster."""

    response: ClassVar[type[Shape]] = ListServicesResponse
    cluster: str | None = None
    launch_type: LaunchType | None = None
    scheduling_strategy: SchedulingStrategy | None = None
    next_token: str | None = None
    max_results: int | None = None


REQUESTS = (
    CreateServiceRequest,
    UpdateServiceRequest,
    DeleteServiceRequest,
    DescribeServicesRequest,
    ListServicesRequest,
)
