"""Requests for container instances."""

from typing import ClassVar, Literal

from ecstui.model.cluster import ContainerInstance, Resource, VersionInfo
from ecstui.model.enums import InstanceStatus
from ecstui.model.shape import Failure, Request, Shape, Tag
from ecstui.model.task_definition import Attribute


class RegisterContainerInstanceResponse(Shape):
    """The container instance that was registered."""

    container_instance: ContainerInstance


class RegisterContainerInstanceRequest(Request[RegisterContainerInstanceResponse]):
    """Register a slice of an engine; with an ARN, change one that was registered so."""

    response: ClassVar[type[Shape]] = RegisterContainerInstanceResponse
    cluster: str | None = None
    total_resources: tuple[Resource, ...] = ()
    version_info: VersionInfo | None = None
    container_instance_arn: str | None = None
    attributes: tuple[Attribute, ...] = ()
    tags: tuple[Tag, ...] = ()


class DeregisterContainerInstanceResponse(Shape):
    """The container instance, now INACTIVE."""

    container_instance: ContainerInstance


class DeregisterContainerInstanceRequest(Request[DeregisterContainerInstanceResponse]):
    """Take a container instance out of its cluster; with `force` also while tasks run on it."""

    response: ClassVar[type[Shape]] = DeregisterContainerInstanceResponse
    container_instance: str
    cluster: str | None = None
    force: bool = False


class DescribeContainerInstancesResponse(Shape):
    """Container instances, and which of those asked for are unknown."""

    container_instances: tuple[ContainerInstance, ...] = ()
    failures: tuple[Failure, ...] = ()


class DescribeContainerInstancesRequest(Request[DescribeContainerInstancesResponse]):
    """Show up to 100 container instances."""

    response: ClassVar[type[Shape]] = DescribeContainerInstancesResponse
    container_instances: tuple[str, ...]
    cluster: str | None = None
    include: tuple[Literal["TAGS", "CONTAINER_INSTANCE_HEALTH"], ...] = ()


class ListContainerInstancesResponse(Shape):
    """A page of container instance ARNs."""

    container_instance_arns: tuple[str, ...] = ()
    next_token: str | None = None


class ListContainerInstancesRequest(Request[ListContainerInstancesResponse]):
    """List container instances of a cluster."""

    response: ClassVar[type[Shape]] = ListContainerInstancesResponse
    cluster: str | None = None
    filter: str | None = None
    status: InstanceStatus | None = None
    next_token: str | None = None
    max_results: int | None = None


class UpdateContainerInstancesStateResponse(Shape):
    """Instances after the change, and which could not be changed."""

    container_instances: tuple[ContainerInstance, ...] = ()
    failures: tuple[Failure, ...] = ()


class UpdateContainerInstancesStateRequest(Request[UpdateContainerInstancesStateResponse]):
    """Drain up to 10 instances, or make them ACTIVE again."""

    response: ClassVar[type[Shape]] = UpdateContainerInstancesStateResponse
    container_instances: tuple[str, ...]
    status: str
    cluster: str | None = None


REQUESTS = (
    RegisterContainerInstanceRequest,
    DeregisterContainerInstanceRequest,
    DescribeContainerInstancesRequest,
    ListContainerInstancesRequest,
    UpdateContainerInstancesStateRequest,
)
