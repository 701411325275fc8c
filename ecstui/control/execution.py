"""Opens a session for a command in a task's container, or at its own process, or says why not.

It looks up where the container is and hands the order to its engine; who may ask for it is decided
by the doors, which are open to their owner only.
"""

from collections.abc import Mapping

from ecstui.base.errors import (
    ClientException,
    EngineError,
    InvalidParameterException,
    TargetNotConnectedException,
)
from ecstui.engine.protocol import ContainerEngine
from ecstui.model.exec import MOST_COMMAND_BYTES, ExecOrder, ExecSession
from ecstui.model.task import TaskRecord
from ecstui.plan.attach import attach_order
from ecstui.store.kinds import TASK_DEFINITIONS, TASKS
from ecstui.store.tables import View


async def open_session(
    view: View,
    engines: Mapping[str, ContainerEngine],
    task_arn: str,
    container: str,
    order: ExecOrder,
) -> ExecSession:
    """Run a command in a container, or attach; its name may be empty when the task has only one.

    Raises:
        EcsError: the task, the container or the command is not what can be run.
    """
    if not order.attaches:
        _check_command(order.command)
    task = view.get(TASKS, task_arn)
    if task is None:
        raise ClientException("The referenced task was not found.", field="task")
    if task.is_stopped:
        raise InvalidParameterException("The task has stopped.", field="task")
    name = _engine_name(task, container)
    if order.attaches:
        order = _attaching(view, task, container, order)
    engine = engines.get(task.engine)
    if engine is None:
        raise ClientException(f"Engine {task.engine} is used no more.", field="task")
    try:
        return await engine.execute(name, order)
    except EngineError as error:
        raise TargetNotConnectedException(
            f"The execute command failed: {error.message}", field="task"
        ) from error


def _attaching(view: View, task: TaskRecord, container: str, order: ExecOrder) -> ExecOrder:
    """The order as the container's definition has it."""
    name = container or task.containers[0].name
    definition = view.get(TASK_DEFINITIONS, task.task_definition_arn)
    found = attach_order(definition, name, order.size)
    if found is None:
        raise InvalidParameterException(
            f"Container {name} is not interactive and has no pseudoTerminal.", field="container"
        )
    return found


def _check_command(command: tuple[str, ...]) -> None:
    if not command or not command[0]:
        raise InvalidParameterException("command must be given.", field="command")
    if any("\0" in word for word in command):
        raise InvalidParameterException("command must not have a NUL in it.", field="command")
    if sum(len(word.encode(errors="replace")) for word in command) > MOST_COMMAND_BYTES:
        raise InvalidParameterException(
            f"command must have {MOST_COMMAND_BYTES} bytes at most.", field="command"
        )


def _engine_name(task: TaskRecord, container: str) -> str:
    names = {record.name: record.engine_name for record in task.containers}
    if not container and len(names) == 1:
        return next(iter(names.values()))
    if container not in names:
        words = f"no container named {container}" if container else "several containers"
        raise ClientException(f"The task has {words}: {', '.join(names)}.", field="container")
    return names[container]
