"""What can be done to tasks with a plain yes or no: put new ones in their place.

It says what will happen, with the AWS CLI line, asks, and sends; the service's scheduler does the
replacing. A task of its own would only stop, so it is refused here.
"""

from collections.abc import Sequence

from ecstui.model.requests.tasks import StopTaskRequest
from ecstui.ui.columns.tasks import TaskRow
from ecstui.ui.questions import Question, ask_and_send
from ecstui.ui.screens.base import EcsScreen
from ecstui.ui.text import plural

REASON = "Replaced by the user in ecstui"


def replace(screen: EcsScreen, rows: Sequence[TaskRow]) -> None:
    """Stop tasks that their services will replace."""
    running = [row for row in rows if row.task.service_arn and not row.task.is_stopped]
    if not running:
        screen.shell.say("Only a running task of a service is replaced.", "warning")
        return
    owners = sorted({row.owner for row in running})
    what = running[0].id if len(running) == 1 else plural(len(running), "task")

    requests = [
        StopTaskRequest(task=row.task.task_id, cluster=screen.cluster, reason=REASON)
        for row in running
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
            ],
            f"replacing {what} of {', '.join(owners)}",
        ),
    )
