"""Requests for tasks."""

from typing import ClassVar, Literal

from ecstui.model.enums import DesiredStatus, LaunchType, PropagateTags
from ecstui.model.service import (
    CapacityProviderStrategyItem,
    PlacementConstraint,
    PlacementStrategy,
)
from ecstui.model.shape import Failure, Request, Shape, Tag
from ecstui.model.task import NetworkConfiguration, Task, TaskOverride


class RunTaskResponse(Shape):
    """The tasks that were placed, and why others were not."""

    tasks: tuple[Task, ...] = ()
    failures: tuple[Failure, ...] = ()


class RunTaskRequest(Request[RunTaskResponse]):
    """Place and start 1 to 10 tasks of a task definition."""

    response: ClassVar[type[Shape]] = RunTaskResponse
    task_definition: str
    cluster: str | None = None
    count: int | None = None
    group: str | None = None
    started_by: str | None = None
    launch_type: LaunchType | None = None
    capacity_provider_strategy: tuple[CapacityProviderStrategyItem, ...] = ()
    client_token: str | None = None
    enable_ecs_managed_tags: bool = False
    enable_execute_command: bool = False
    network_configuration: NetworkConfiguration | None = None
    overrides: TaskOverride = TaskOverride()
    placement_constraints: tuple[PlacementConstraint, ...] = ()
    placement_strategy: tuple[PlacementStrategy, ...] = ()
    platform_version: str | None = None
    propagate_tags: PropagateTags | None = None
    reference_id: str | None = None
    tags: tuple[Tag, ...] = ()


class StartTaskResponse(Shape):
    """The tasks that were started, and why others were not."""

    tasks: tuple[Task, ...] = ()
    failures: tuple[Failure, ...] = ()


class StartTaskRequest(Request[StartTaskResponse]):
    """Start a task of a task definition on each of 1 to 10 container instances."""

    response: ClassVar[type[Shape]] = StartTaskResponse
    task_definition: str
    container_instances: tuple[str, ...]
    cluster: str | None = None
    group: str | None = None
    started_by: str | None = None
    enable_ecs_managed_tags: bool = False
    enable_execute_command: bool = False
    network_configuration: NetworkConfiguration | None = None
    overrides: TaskOverride = TaskOverride()
    propagate_tags: PropagateTags | None = None
    reference_id: str | None = None
    tags: tuple[Tag, ...] = ()


class StopTaskResponse(Shape):
    """The task as it is at the moment of the answer."""

    task: Task


class StopTaskRequest(Request[StopTaskResponse]):
    """Stop one task."""

    response: ClassVar[type[Shape]] = StopTaskResponse
    task: str
    cluster: str | None = None
    reason: str | None = None


class DescribeTasksResponse(Shape):
    """Tasks, and which of those asked for are unknown."""

    tasks: tuple[Task, ...] = ()
    failures: tuple[Failure, ...] = ()


class DescribeTasksRequest(Request[DescribeTasksResponse]):
    """Show up to 100 tasks."""

    response: ClassVar[type[Shape]] = DescribeTasksResponse
    tasks: tuple[str, ...]
    cluster: str | None = None
    include: tuple[Literal["TAGS"], ...] = ()


class ListTasksResponse(Shape):
    """A page of task ARNs."""

    task_arns: tuple[str, ...] = ()
    next_token: str | None = None


class ListTasksRequest(Request[ListTasksResponse]):
    """List tasks of a cluster; desiredStatus RUNNING unless asked otherwise."""

    response: ClassVar[type[Shape]] = ListTasksResponse
    cluster: str | None = None
    container_instance: str | None = None
    family: str | None = None
    started_by: str | None = None
    service_name: str | None = None
    desired_status: DesiredStatus | Literal["PENDING"] | None = None
    launch_type: LaunchType | None = None
    next_token: str | None = None
    max_results: int | None = None


REQUESTS = (
    RunTaskRequest,
    StartTaskRequest,
    StopTaskRequest,
    DescribeTasksRequest,
    ListTasksRequest,
)
