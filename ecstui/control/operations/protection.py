"""UpdateTaskProtection, GetTaskProtection: tasks that scale-in leaves alone for a while.

Only the end of the protection is kept; it is over by itself when that time has come. What it
keeps from being stopped, the service planner decides. Source: ecs.md 3.10.
"""

from ecstui.control.context import Context
from ecstui.control.operations.checks import check_number_of_items, check_range
from ecstui.control.operations.describe import missing
from ecstui.control.operations.events import say
from ecstui.control.operations.names import active_cluster, find_task, name_in_cluster
from ecstui.control.operations.table import changes, reads
from ecstui.model.requests.protection import (
    GetTaskProtectionRequest,
    GetTaskProtectionResponse,
    ProtectedTask,
    UpdateTaskProtectionRequest,
    UpdateTaskProtectionResponse,
)
from ecstui.model.shape import Failure
from ecstui.model.task import TaskRecord
from ecstui.plan.protection import is_blocked_by_protection
from ecstui.store.kinds import SERVICES
from ecstui.store.tables import Transaction, View

MOST_UPDATED = 10
MOST_SHOWN = 100
DEFAULT_MINUTES = 120
LONGEST_MINUTES = 2880
_NOT_VALID = "TASK_NOT_VALID"
_BLOCKED = "DEPLOYMENT_BLOCKED"


def update_task_protection(
    tx: Transaction, request: UpdateTaskProtectionRequest, context: Context
) -> UpdateTaskProtectionResponse:
    """Protect tasks anew, each call from now on, or end their protection."""
    cluster = active_cluster(tx, request.cluster).cluster_name
    check_number_of_items(request.tasks, MOST_UPDATED, "Tasks", "tasks")
    minutes = DEFAULT_MINUTES if request.expires_in_minutes is None else request.expires_in_minutes
    check_range(minutes, 1, LONGEST_MINUTES, "expiresInMinutes")
    until = context.now + 60.0 * minutes if request.protection_enabled else None
    found: dict[str, ProtectedTask] = {}
    failures: dict[str, Failure] = {}
    for position, text in enumerate(request.tasks):
        task_id = name_in_cluster(text, "task", cluster, f"tasks[{position}]")
        task = find_task(tx, cluster, task_id)
        failure = _failure(task, context.names.task(cluster, task_id))
        if failure is None and task is not None and until is not None:
            failure = _blocked(tx, task)
        if failure is not None or task is None:
            failures[task_id] = failure or missing(context.names.task(cluster, task_id))
            continue
        if task.protected_until != until:
            task = task.with_(protected_until=until)
            tx.put(task)
        found[task_id] = _protection(task, context.now)
    _say(tx, context, request, cluster, list(found), minutes)
    return UpdateTaskProtectionResponse(
        protected_tasks=tuple(found.values()), failures=tuple(failures.values())
    )


def get_task_protection(
    view: View, request: GetTaskProtectionRequest, context: Context
) -> GetTaskProtectionResponse:
    """The protection of tasks as it is now."""
    cluster = active_cluster(view, request.cluster).cluster_name
    check_number_of_items(request.tasks, MOST_SHOWN, "Tasks", "tasks")
    found: dict[str, ProtectedTask] = {}
    failures: dict[str, Failure] = {}
    for position, text in enumerate(request.tasks):
        task_id = name_in_cluster(text, "task", cluster, f"tasks[{position}]")
        task = find_task(view, cluster, task_id)
        failure = _failure(task, context.names.task(cluster, task_id))
        if failure is not None or task is None:
            failures[task_id] = failure or missing(context.names.task(cluster, task_id))
        else:
            found[task_id] = _protection(task, context.now)
    return GetTaskProtectionResponse(
        protected_tasks=tuple(found.values()), failures=tuple(failures.values())
    )


def _failure(task: TaskRecord | None, arn: str) -> Failure | None:
    """Why a task can have no protection at all."""
    if task is None:
        return missing(arn)
    if task.service_arn is None:
        return Failure(
            arn=arn, reason=_NOT_VALID, detail="The task is not part of an Amazon ECS service."
        )
    if not task.is_wanted or task.is_stopped:
        return Failure(arn=arn, reason=_NOT_VALID, detail="The task is stopping or has stopped.")
    return None


def _blocked(tx: Transaction, task: TaskRecord) -> Failure | None:
    """While protected tasks hold a deployment up, no task gets more protection."""
    service = tx.get(SERVICES, task.service_arn or "")
    if service is None or not is_blocked_by_protection(service.last_trouble):
        return None
    detail = "A deployment waits for tasks of the service that are protected already."
    return Failure(arn=task.task_arn, reason=_BLOCKED, detail=detail)


def _protection(task: TaskRecord, now: float) -> ProtectedTask:
    is_protected = task.is_protected(now)
    return ProtectedTask(
        task_arn=task.task_arn,
        protection_enabled=is_protected,
        expiration_date=task.protected_until if is_protected else None,
    )


def _say(
    tx: Transaction,
    context: Context,
    request: UpdateTaskProtectionRequest,
    cluster: str,
    task_ids: list[str],
    minutes: int,
) -> None:
    for task_id in task_ids:
        task = find_task(tx, cluster, task_id)
        if task is None:
            continue
        words = f"protected task {task_id} from scale-in for {minutes} min"
        if not request.protection_enabled:
            words = f"ended the scale-in protection of task {task_id}"
        say(
            tx,
            context,
            words,
            subject_arn=task.task_arn,
            cluster_name=cluster,
            service_arn=task.service_arn,
        )


ENTRIES = (
    changes(UpdateTaskProtectionRequest, update_task_protection),
    reads(GetTaskProtectionRequest, get_task_protection),
)
