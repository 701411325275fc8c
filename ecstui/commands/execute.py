"""`ecstui exec`: a command in a task's container, from the shell; its exit code is the command's.

With `-t` it has a terminal, with `-i` it reads what is typed or piped. A shell that is interrupted
hangs up, and so ends the command.
"""

import asyncio
import sys
from collections.abc import Sequence
from typing import NamedTuple

from ecstui.client.raw_terminal import converse, size_of
from ecstui.commands.attached import NotFoundError, attached
from ecstui.commands.named import SHORTEST_ID, service_named, several
from ecstui.commands.terminal import tell
from ecstui.model.exec import SHELL_COMMAND, ExecOrder
from ecstui.model.task import TaskRecord
from ecstui.settings import Settings
from ecstui.store.kinds import TASKS
from ecstui.store.tables import View

EXIT_HUNG_UP = 129


class Order(NamedTuple):
    """What the command line says."""

    command: Sequence[str]
    has_tty: bool
    has_input: bool


def execute(
    settings: Settings,
    name: str,
    cluster: str,
    container: str,
    asked: Order,
) -> int:
    """Run it; `name`: the beginning of a task's id, or a service. Without a command a shell."""
    is_shell = not asked.command
    order = ExecOrder(
        tuple(asked.command) or SHELL_COMMAND,
        has_tty=asked.has_tty or is_shell,
        has_input=asked.has_input or is_shell,
        size=size_of(sys.stdout.fileno()),
    )
    if order.has_tty and not sys.stdin.isatty():
        raise NotFoundError(
            "-t needs a terminal to type at."
            if asked.has_tty
            else f"a shell needs a terminal; give a command: `ecstui exec {name} -- ls` "
            "(with -i standard input is handed over)."
        )
    return asyncio.run(_execute(settings, name, cluster, container, order))


async def _execute(
    settings: Settings, name: str, cluster: str, container: str, order: ExecOrder
) -> int:
    async with attached(settings, "ecstui-exec") as client:
        task = task_named(client.view, cluster, name)
        session = await client.execute(task.task_arn, container, order)
        try:
            left = await converse(
                session,
                source=sys.stdin.fileno() if order.has_input else None,
                outputs=(sys.stdout.fileno(), sys.stderr.fileno()),
                is_terminal=order.has_tty,
            )
        finally:
            await session.close()
    if left.exit_code is None:
        tell("ecstui: hung up; the command was ended.")
        return EXIT_HUNG_UP
    return left.exit_code


def task_named(view: View, cluster: str, name: str) -> TaskRecord:
    """The one running task that is meant; of a service its oldest.

    Raises:
        NotFoundError: there is none, or there are several.
    """
    running = [task for task in view.by(TASKS, "cluster", cluster) if not task.is_stopped]
    service = service_named(view, cluster, name)
    if service is not None:
        mine = [task for task in running if task.service_arn == service.service_arn]
        if mine:
            return min(mine, key=lambda task: task.started_at or float("inf"))
        raise NotFoundError(f"no task of {name} runs.")
    found = [
        task
        for task in running
        if task.task_arn == name or (len(name) >= SHORTEST_ID and task.task_id.startswith(name))
    ]
    if len(found) > 1:
        raise several(len(found), name)
    if not found:
        raise NotFoundError(f"there is no running task and no service {name} in cluster {cluster}.")
    return found[0]
