"""Operations on tasks that are there already: stop, describe, list. Source: ecs.md 3.1, 3.9.

StopTask only says what is wanted; the tasks reconciler stops the containers.
"""

from collections.abc import Callable, Iterable

from ecstui.base.errors import InvalidParameterException
from ecstui.control.context import Context
from ecstui.control.operations.checks import check_length, check_number_of_items
from ecstui.control.operations.describe import missing, task_shape
from ecstui.control.operations.events import say
from ecstui.control.operations.names import (
    active_cluster,
    find_instance,
    find_task,
    name_in_cluster,
    service_named,
)
from ecstui.control.operations.paging import page_in_order
from ecstui.control.operations.table import changes, reads
from ecstui.control.operations.unsupported import LIST_MEMBERS, refuse_members
from ecstui.model.enums import DesiredStatus, StopCode
from ecstui.model.requests.tasks import (
    DescribeTasksRequest,
    DescribeTasksResponse,
    ListTasksRequest,
    ListTasksResponse,
    StopTaskRequest,
    StopTaskResponse,
)
from ecstui.model.task import TaskRecord
from ecstui.plan.task import stop_task_record
from ecstui.store.kinds import TASKS
from ecstui.store.tables import Transaction, View

MOST_DESCRIBED = 100
LONGEST_REASON = 1024
STOPPED_BY_USER = "Task stopped by user"


def stop_task(tx: Transaction, request: StopTaskRequest, context: Context) -> StopTaskResponse:
    """Want a task STOPPED and return it as it is now; again is fine (API StopTask)."""
    cluster = active_cluster(tx, request.cluster).cluster_name
    check_length(request.reason, LONGEST_REASON, "reason")
    task = find_task(tx, cluster, name_in_cluster(request.task, "task", cluster, "task"))
    if task is None:
        raise InvalidParameterException("The referenced task was not found.", field="task")
    if task.is_wanted:
        reason = request.reason or STOPPED_BY_USER
        task = stop_task_record(task, StopCode.USER_INITIATED, reason, context.now)
        tx.put(task)
        say(
            tx,
            context,
            f"stopped task {task.task_id}" + (f": {request.reason}" if request.reason else ""),
            subject_arn=task.task_arn,
            cluster_name=cluster,
            service_arn=task.service_arn,
        )
    return StopTaskResponse(task=task_shape(task))


def describe_tasks(
    view: View, request: DescribeTasksRequest, context: Context
) -> DescribeTasksResponse:
    """Tasks by id or ARN, stopped ones while they are kept; unknown ones are failures."""
    cluster = active_cluster(view, request.cluster).cluster_name
    check_number_of_items(request.tasks, MOST_DESCRIBED, "Tasks", "tasks")
    found, failures = {}, {}
    for position, text in enumerate(request.tasks):
        task_id = name_in_cluster(text, "task", cluster, f"tasks[{position}]")
        task = find_task(view, cluster, task_id)
        if task is None:
            failures[task_id] = missing(context.names.task(cluster, task_id))
        else:
            found[task_id] = task_shape(task, request.include)
    return DescribeTasksResponse(tasks=tuple(found.values()), failures=tuple(failures.values()))


def list_tasks(view: View, request: ListTasksRequest, context: Context) -> ListTasksResponse:
    """ARNs of tasks that pass every filter; desired status RUNNING unless asked otherwise."""
    refuse_members(request, LIST_MEMBERS)
    cluster = active_cluster(view, request.cluster).cluster_name
    _check_filters(request)
    index, value = _narrowest(view, cluster, request)
    passes = _filters(view, cluster, request)

    def tasks_after(arn: str) -> Iterable[TaskRecord]:
        found = view.in_order(TASKS, index, value, arn)
        return (task for task in found if all(passes_one(task) for passes_one in passes))

    chosen = page_in_order(request, tasks_after, key=lambda task: task.task_arn)
    return ListTasksResponse(
        task_arns=tuple(task.task_arn for task in chosen.items), next_token=chosen.next_token
    )


def _check_filters(request: ListTasksRequest) -> None:
    others = (request.container_instance, request.family, request.service_name)
    if request.started_by is not None and any(other is not None for other in others):
        raise InvalidParameterException(
            "startedBy must be the only filter. Leave containerInstance, family and serviceName "
            "out.",
            field="startedBy",
        )


def _narrowest(view: View, cluster: str, request: ListTasksRequest) -> tuple[str, str]:
    """Index and value with the fewest tasks among which are all that pass."""
    index, value = "cluster", cluster
    if request.family is not None:
        index, value = "family", request.family
    if request.service_name is not None:
        service = service_named(view, cluster, request.service_name, "serviceName")
        index, value = "service", service.service_arn
    if request.container_instance is not None:
        arn = _instance_arn(view, cluster, request.container_instance)
        index, value = "instance", arn
    return index, value


def _instance_arn(view: View, cluster: str, text: str) -> str:
    field = "containerInstance"
    instance_id = name_in_cluster(text, "container-instance", cluster, field)
    instance = find_instance(view, cluster, instance_id)
    if instance is None:
        raise InvalidParameterException(
            "The referenced container instance was not found.", field=field
        )
    return instance.container_instance_arn


def _filters(
    view: View, cluster: str, request: ListTasksRequest
) -> list[Callable[[TaskRecord], bool]]:
    """What a task must pass; only what was asked for, as a cluster may have many tasks."""
    desired = request.desired_status or DesiredStatus.RUNNING
    filters: list[Callable[[TaskRecord], bool]] = [
        lambda task: task.desired_status == desired,
        lambda task: task.cluster_name == cluster,
    ]
    if request.service_name is not None:
        service = service_named(view, cluster, request.service_name, "serviceName")
        filters.append(lambda task: task.service_arn == service.service_arn)
    if request.started_by is not None:
        filters.append(lambda task: task.started_by == request.started_by)
    if request.launch_type is not None:
        filters.append(lambda task: task.launch_type == request.launch_type)
    if request.family is not None:
        filters.append(lambda task: _family_of(task) == request.family)
    return filters


def _family_of(task: TaskRecord) -> str:
    return task.task_definition_arn.rsplit("/", 1)[-1].split(":")[0]


ENTRIES = (
    changes(StopTaskRequest, stop_task),
    reads(DescribeTasksRequest, describe_tasks),
    reads(ListTasksRequest, list_tasks),
)
