"""What is called so on the command line: a service by its name, a task by its ARN or its id."""

from ecstui.commands.attached import NotFoundError
from ecstui.store.kinds import TASKS
from ecstui.store.tables import View
from ecstui.ui.command_line import named_service

_SHORTEST_ID = 4


def arn_named(view: View, name: str, cluster: str) -> str:
    """The service, or the task by its ARN or the beginning of its id; raises `NotFoundError`."""
    service = named_service(view, cluster, name)
    if service is not None:
        return service.service_arn
    tasks = [
        task
        for task in view.by(TASKS, "cluster", cluster)
        if name == task.task_arn or (len(name) >= _SHORTEST_ID and task.task_id.startswith(name))
    ]
    if len(tasks) > 1:
        raise several(len(tasks), name)
    if not tasks:
        raise NotFoundError(f"there is no service and no task {name} in cluster {cluster}.")
    return tasks[0].task_arn


def several(count: int, name: str) -> NotFoundError:
    """Words for a name that several tasks have the beginning of."""
    return NotFoundError(f"{count} tasks begin with {name}: give more of the id.")
