"""What can be done to tasks from several screens: replace them, reach them, read the one before.

It says what will happen, with the AWS CLI line, asks, and sends; the service's scheduler does the
replacing. A task of its own would only stop, so it is refused here.
"""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ecstui.model.enums import ServiceStatus
from ecstui.model.requests.tasks import StopTaskRequest
from ecstui.model.task import TaskRecord
from ecstui.store.kinds import SERVICES, TASKS
from ecstui.store.tables import View
from ecstui.ui import routes
from ecstui.ui.columns.cells import revision_of, short_id
from ecstui.ui.columns.tasks import TaskRow
from ecstui.ui.questions import Question, ask_and_send
from ecstui.ui.screens.base import EcsScreen
from ecstui.ui.screens.task_words import ports_of
from ecstui.ui.text import plural

if TYPE_CHECKING:
    from ecstui.ui.app import EcsTui

REASON = "Replaced by the user in ecstui"


def replace(screen: EcsScreen, rows: Sequence[TaskRow]) -> None:
    """Stop tasks that their services will replace."""
    running = [row for row in rows if row.task.service_arn and row.task.is_wanted]
    kept = [row for row in running if _is_replaced(screen.view, row.task)]
    if not kept:
        screen.shell.say(_why_not_replace(len(running)), "warning")
        return
    owners = sorted({row.owner for row in kept})
    what = kept[0].id if len(kept) == 1 else plural(len(kept), "task")
    lost = len(running) - len(kept)

    requests = [
        StopTaskRequest(task=row.task.task_id, cluster=screen.cluster, reason=REASON)
        for row in kept
    ]
    ask_and_send(
        screen,
        requests,
        Question(
            "Replace",
            f"Stop {what} of {', '.join(owners)}, to be replaced?",
            [
                "SIGTERM first, SIGKILL after the stop timeout",
                "the service starts another task in its place",
                *[f"{plural(lost, 'task')} left alone: {_doomed(lost)}"] * bool(lost),
            ],
            f"replacing {what} of {', '.join(owners)}",
        ),
    )


def _is_replaced(view: View, task: TaskRecord) -> bool:
    service = view.get(SERVICES, task.service_arn or "")
    return service is not None and service.status is ServiceStatus.ACTIVE


def _why_not_replace(lost: int) -> str:
    """`lost`: running tasks of services that start nothing any more."""
    if not lost:
        return "Only a running task of a service is replaced."
    words = _doomed(lost)
    return f"{words[0].upper()}{words[1:]}."


def _doomed(count: int) -> str:
    whose, them = ("its", "it") if count == 1 else ("their", "them")
    return f"{whose} service is being deleted: nothing replaces {them}"


def open_previous_logs(screen: EcsScreen, task: TaskRecord) -> None:
    """The logs of the task of the same service that stopped last; of a stopped task its own."""
    found = [
        other
        for other in screen.view.by(TASKS, "service", task.service_arn or "")
        if other.is_stopped and other.swept_at is None
    ]
    if task.is_stopped:
        found = [task]
    if not found:
        screen.shell.say("No stopped task of this service has logs left.", "warning")
        return
    last = max(found, key=lambda other: other.stopped_at or 0.0)
    routes.open_logs(screen.shell, [(last.task_arn, c.name) for c in last.containers])


def open_shell(screen: EcsScreen, task: TaskRecord) -> None:
    """A shell in one of its containers, in place of the screens."""
    from ecstui.ui import container_shell  # the terminal's own modules: not before they are used

    container_shell.open_shell(screen.shell, task)


def attach(screen: EcsScreen, task: TaskRecord) -> None:
    """At the input and output of one of its containers, in place of the screens."""
    from ecstui.ui import container_shell

    container_shell.open_attach(screen.shell, task)


def run_command(screen: EcsScreen, task: TaskRecord) -> None:
    """One command in one of its containers; what it wrote is shown."""
    from ecstui.ui import container_shell

    container_shell.ask_command(screen.shell, task)


def forward(screen: EcsScreen, arn: str) -> None:
    """Let a port of 127.0.0.1 lead to a port of a task or a service."""
    from ecstui.ui import forwards

    forwards.ask_forward(screen.shell, arn)


def open_ports(app: "EcsTui", tasks: Sequence[TaskRecord]) -> None:
    """Offer addresses at which tasks are reached: to open in the browser, or to copy."""
    found = [(port, task) for task in tasks for port in ports_of(task)]
    if not found:
        app.say("Nothing of this is published on a port.", "warning")
        return
    choices = [
        (
            f"{revision_of(task.task_definition_arn)} {short_id(task.task_id)}"
            f" :{port.container_port}",
            port,
        )
        for port, task in found
    ]
    opens = [(f"open {name}", port.url) for name, port in choices if port.is_tcp]
    if _browser():
        copies = [(f"copy {name}", port.address) for name, port in choices]
        routes.choose(app, "Ports", [*opens, *copies], lambda name, text: _take(app, name, text))
    else:
        app.open_copy([(name, port.address) for name, port in choices])


def _take(app: "EcsTui", name: str, text: str) -> None:
    if name.startswith("open "):
        open_address(app, text)
    else:
        app.copy(text)


def open_address(app: "EcsTui", url: str) -> None:
    """Open an address in the browser; without one, copy it."""
    from ecstui.ui.browser import open_in_browser

    command = _browser()
    if command:
        open_in_browser(command, url)
        app.say(f"opened {url}")
    else:
        app.copy(url)


def _browser() -> list[str]:
    from ecstui.ui.browser import browser_command

    return browser_command(os.environ)
