"""What is called so on the command line: a service by its name, a task by its ARN or its id.

Names of services are whole, other than in the screens, where one sees what is meant: a script must
not touch `web-canary` because `web` is gone.
"""

from ecstui.commands.attached import NotFoundError
from ecstui.model.enums import ClusterStatus, ServiceStatus
from ecstui.model.service import ServiceRecord
from ecstui.store.kinds import CLUSTERS, SERVICES, TASKS
from ecstui.store.tables import View

SHORTEST_ID = 4
"""Of the beginning of a task's id: less is a slip, or a variable that is empty."""


def service_named(view: View, cluster: str, name: str) -> ServiceRecord | None:
    """The service of that name, unless it was deleted."""
    for service in view.by(SERVICES, "cluster", cluster):
        if service.service_name == name and service.status is not ServiceStatus.INACTIVE:
            return service
    return None


def check_cluster(view: View, name: str) -> None:
    """Raise `NotFoundError` when there is no such cluster."""
    cluster = view.get(CLUSTERS, name)
    if cluster is None or cluster.status is ClusterStatus.INACTIVE:
        raise NotFoundError(f"there is no cluster {name}: see `ecstui get clusters`.")


def arn_named(view: View, name: str, cluster: str) -> str:
    """The service, or the task by its ARN or the beginning of its id; raises `NotFoundError`."""
    service = service_named(view, cluster, name)
    if service is not None:
        return service.service_arn
    tasks = [
        task
        for task in view.by(TASKS, "cluster", cluster)
        if name == task.task_arn or (len(name) >= SHORTEST_ID and task.task_id.startswith(name))
    ]
    if len(tasks) > 1:
        raise several(len(tasks), name)
    if not tasks:
        raise NotFoundError(f"there is no service and no task {name} in cluster {cluster}.")
    return tasks[0].task_arn


def several(count: int, name: str) -> NotFoundError:
    """Words for a name that several tasks have the beginning of."""
    return NotFoundError(f"{count} tasks begin with {name}: give more of the id.")
