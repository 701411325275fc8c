"""After how long what was told to stop is killed: the stopTimeout of containers, in seconds.

Pure. The one place that words on screens take it from; the engine is told it by `plan`.
"""

from collections.abc import Iterable

from ecstui.model.service import ServiceRecord
from ecstui.model.task_definition import TaskDefinition
from ecstui.plan.task import DEFAULT_STOP_TIMEOUT_SECONDS, stop_timeout_seconds
from ecstui.store.kinds import TASK_DEFINITIONS, TASKS
from ecstui.store.tables import View


def task_stop_seconds(definition: TaskDefinition | None) -> int:
    """After how long the last container of a task is killed, at most; None: nobody knows of what.

    The default holds for a container that says nothing, and only for such a one.
    """
    if definition is None:
        return DEFAULT_STOP_TIMEOUT_SECONDS
    names = (container.name for container in definition.container_definitions)
    timeouts = (stop_timeout_seconds(definition, name) for name in names)
    return max(timeouts, default=DEFAULT_STOP_TIMEOUT_SECONDS)


def stop_seconds(view: View, task_definitions: Iterable[str]) -> int:
    """The same for tasks of some revisions, by ARN: that of the slowest."""
    found = (task_stop_seconds(view.get(TASK_DEFINITIONS, arn)) for arn in set(task_definitions))
    return max(found, default=DEFAULT_STOP_TIMEOUT_SECONDS)


def service_stop_seconds(view: View, service: ServiceRecord) -> int:
    """The same for the tasks that a service has: in a rollout they are of several revisions."""
    tasks = view.by(TASKS, "service", service.service_arn)
    running = [task.task_definition_arn for task in tasks if not task.is_stopped]
    return stop_seconds(view, running or [service.task_definition])
