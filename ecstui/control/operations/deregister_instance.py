"""DeregisterContainerInstance: an instance leaves its cluster, and with `force` its tasks end.

Where the engine answers, containers are told to stop as by StopTask; where it does not, the tasks
are STOPPED at once, and the reaper stops what still runs when the engine is back. An instance that
the settings name is registered again at the next start. Source: ecs.md 3.3, 4.5.
"""

from ecstui.base.errors import InvalidParameterException
from ecstui.control.context import Context
from ecstui.control.lost_tasks import lost_task_record
from ecstui.control.operations.describe import instance_shape
from ecstui.control.operations.events import say
from ecstui.control.operations.names import active_cluster, find_instance, name_in_cluster
from ecstui.control.operations.table import changes
from ecstui.model.cluster import ContainerInstanceRecord
from ecstui.model.enums import InstanceStatus, StopCode
from ecstui.model.requests.instances import (
    DeregisterContainerInstanceRequest,
    DeregisterContainerInstanceResponse,
)
from ecstui.model.task import TaskRecord
from ecstui.plan.task import stop_task_record
from ecstui.store.kinds import TASKS
from ecstui.store.tables import Transaction, View

FORCED = "Container instance deregistration forced by user"
_FIELD = "containerInstance"


def deregister_container_instance(
    tx: Transaction, request: DeregisterContainerInstanceRequest, context: Context
) -> DeregisterContainerInstanceResponse:
    """Make an instance INACTIVE; tasks on it are an error, or ended with `force` (ecs.md 4.5)."""
    cluster = active_cluster(tx, request.cluster).cluster_name
    instance = registered_instance(tx, cluster, request.container_instance, _FIELD)
    arn = instance.container_instance_arn
    tasks = [task for task in tx.by(TASKS, "instance", arn) if not task.is_stopped]
    if tasks and not request.force:
        raise InvalidParameterException("Found running tasks on the instance.", field=_FIELD)
    for task in tasks:
        tx.put(_ended(task, is_reachable=instance.agent_connected, now=context.now))
    instance = instance.with_(
        status=InstanceStatus.INACTIVE,
        deregistered_at=context.now,
        version=instance.version + 1,
    )
    tx.put(instance)
    ended = f", and ended {len(tasks)} of its tasks" if tasks else ""
    say(
        tx,
        context,
        f"deregistered container instance {instance.name}{ended}",
        subject_arn=arn,
        cluster_name=cluster,
    )
    return DeregisterContainerInstanceResponse(container_instance=instance_shape(tx, instance))


def registered_instance(view: View, cluster: str, text: str, field: str) -> ContainerInstanceRecord:
    """The instance of that id or ARN that was not deregistered.

    Raises `InvalidParameterException` when there is none.
    """
    name = name_in_cluster(text, "container-instance", cluster, field)
    instance = find_instance(view, cluster, name)
    if instance is None or instance.status is InstanceStatus.INACTIVE:
        raise InvalidParameterException(
            "The referenced container instance was not found.", field=field
        )
    return instance


def _ended(task: TaskRecord, *, is_reachable: bool, now: float) -> TaskRecord:
    """The task told to stop; one whose engine cannot be told counts as STOPPED (ecs.md 4.5)."""
    if is_reachable:
        return stop_task_record(task, StopCode.USER_INITIATED, FORCED, now)
    return lost_task_record(task, StopCode.USER_INITIATED, FORCED, now)


ENTRIES = (changes(DeregisterContainerInstanceRequest, deregister_container_instance),)
