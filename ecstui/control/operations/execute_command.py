"""ExecuteCommand: every check that ECS makes, and then the truth: there is no session to give.

ECS answers with a stream of the Session Manager, whose protocol ecstui does not speak. A shell in
a container is opened by the screens, or with `ecstui exec`. Source: ecs.md 13.2.
"""

from ecstui.base.errors import (
    ClientException,
    InvalidParameterException,
    TargetNotConnectedException,
)
from ecstui.control.context import Context
from ecstui.control.operations.names import active_cluster, find_task, name_in_cluster
from ecstui.control.operations.table import reads
from ecstui.model.enums import TaskStatus
from ecstui.model.requests.execute_command import ExecuteCommandRequest, ExecuteCommandResponse
from ecstui.model.task import TaskRecord
from ecstui.store.tables import View

_NOT_ENABLED = (
    "The execute command failed because execute command was not enabled when the task was run or "
    "the execute command agent isn't running. Wait and try again or run a new task with execute "
    "command enabled and try again."
)


def execute_command(
    view: View, request: ExecuteCommandRequest, context: Context
) -> ExecuteCommandResponse:
    """Refuse, with the reason that is nearest: ECS's own, or how to get a shell here."""
    cluster = active_cluster(view, request.cluster).cluster_name
    task = find_task(view, cluster, name_in_cluster(request.task, "task", cluster, "task"))
    if task is None:
        raise InvalidParameterException("The referenced task was not found.", field="task")
    if not request.command:
        raise InvalidParameterException("command must be given.", field="command")
    if not request.interactive:
        raise InvalidParameterException("Interactive is the only mode supported currently.")
    if task.last_status is not TaskStatus.RUNNING:
        raise InvalidParameterException("The task is not running.", field="task")
    if not task.enable_execute_command:
        raise InvalidParameterException(_NOT_ENABLED, field="task")
    container = _container(task, request.container)
    raise TargetNotConnectedException(
        "The execute command failed: ecstui speaks no Session Manager protocol. Press the key for "
        f"a shell in the screens, or run: ecstui exec -it --cluster {cluster} -c {container} "
        f"{task.task_id} -- {request.command}"
    )


def _container(task: TaskRecord, name: str | None) -> str:
    """Name of the container that is meant; the only one needs none."""
    found = [c for c in task.containers if name in (None, c.name)]
    if not found:
        raise ClientException("The specified container was not found.", field="container")
    if len(found) > 1:
        raise InvalidParameterException(
            "The task has several containers: container must be given.", field="container"
        )
    return found[0].name


ENTRIES = (reads(ExecuteCommandRequest, execute_command),)
