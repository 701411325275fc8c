"""StartTask: one task on each container instance that the caller names, if it fits there.

Nothing is chosen here: placement constraints and strategies have no say, resources and required
attributes have. What cannot be is a failure in the answer. Source: ecs.md 3.9.
"""

from collections.abc import Mapping
from dataclasses import replace

from ecstui.control.context import Context
from ecstui.control.operations.checks import check_number_of_items
from ecstui.control.operations.describe import TAGS, missing, task_shape
from ecstui.control.operations.launch import (
    check_launched,
    definition_to_launch,
    group_of,
    launched,
    say_launched,
)
from ecstui.control.operations.names import active_cluster, find_instance, name_in_cluster
from ecstui.control.operations.table import changes
from ecstui.control.operations.unsupported import TASK_MEMBERS, refuse_members
from ecstui.model.enums import InstanceStatus
from ecstui.model.requests.tasks import StartTaskRequest, StartTaskResponse
from ecstui.model.shape import Failure
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.plan.placement import Capacity, Unplaced, demand_of, failures_of, place, take
from ecstui.store.tables import Transaction

MOST_INSTANCES = 10
LONGEST_STARTED_BY = 36
_FIELD = "containerInstances"


def start_task(tx: Transaction, request: StartTaskRequest, context: Context) -> StartTaskResponse:
    """Start a task on each named instance; each is named once, however often (API StartTask)."""
    cluster = active_cluster(tx, request.cluster).cluster_name
    refuse_members(request, TASK_MEMBERS)
    asked = request.container_instances
    check_number_of_items(asked, MOST_INSTANCES, "Container instances", _FIELD)
    check_launched(request, LONGEST_STARTED_BY)
    definition = definition_to_launch(tx, request)
    rooms = dict(context.capacities)
    tasks = []
    failures: tuple[Failure, ...] = ()
    names = (
        name_in_cluster(text, "container-instance", cluster, f"{_FIELD}[{position}]")
        for position, text in enumerate(asked)
    )
    for instance_id in dict.fromkeys(names):
        arn = context.names.container_instance(cluster, instance_id)
        task_id = context.ids()
        failed = _unnamed(tx, cluster, instance_id, arn) or _placed(
            request, definition, rooms, arn, task_id
        )
        failures += failed
        if not failed:
            task = launched(request, definition, context.capacities[arn], context, task_id)
            tx.put(task)
            tasks.append(task)
    say_launched(tx, context, definition, tasks)
    return StartTaskResponse(
        tasks=tuple(task_shape(task, (TAGS,)) for task in tasks), failures=failures
    )


def _unnamed(tx: Transaction, cluster: str, instance_id: str, arn: str) -> tuple[Failure, ...]:
    """Why an instance takes nothing at all: it is not there, or not ACTIVE."""
    instance = find_instance(tx, cluster, instance_id)
    if instance is None:
        return (missing(arn),)
    if instance.status is not InstanceStatus.ACTIVE:
        return (Failure(arn=arn, reason=instance.status.value),)
    return ()


def _placed(
    request: StartTaskRequest,
    definition: TaskDefinitionRecord,
    rooms: dict[str, Capacity],
    arn: str,
    task_id: str,
) -> tuple[Failure, ...]:
    """Why the instance cannot take the task; empty when it does, and then `rooms` has less."""
    demand = demand_of(
        definition, group_of(request, definition), task_id, overrides=request.overrides
    )
    placement = place(demand, _only(rooms, arn))
    if isinstance(placement, Unplaced):
        return failures_of(placement)
    rooms[arn] = take(rooms[arn], demand)
    return ()


def _only(rooms: Mapping[str, Capacity], arn: str) -> tuple[Capacity, ...]:
    """All instances, this one the only one that takes tasks: the others hold ports of its host."""
    return tuple(replace(room, is_active=room.instance_arn == arn) for room in rooms.values())


ENTRIES = (changes(StartTaskRequest, start_task),)
