"""A question with the consequences and the command, and after a yes the requests themselves.

Every verb that needs no more than a yes goes this way: what will happen is said before, what came
of it after. It never sends anything before the yes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from ecstui.base.errors import EcsError
from ecstui.model.shape import Request, Shape
from ecstui.ui.aws_cli import aws_command
from ecstui.ui.modals.confirm import Confirm, Tier
from ecstui.ui.screens.base import EcsScreen

R = TypeVar("R", bound=Shape)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and what is said when all was done."""

    verb: str
    """Title of the box and label of its yes."""
    question: str
    facts: Sequence[str]
    done: str
    tier: Tier = 2
    type_name: str = ""


def undo_last(screen: EcsScreen) -> None:
    """Ask whether to take the last change back; what comes of it can be taken back too."""
    undos = screen.shell.undos
    if not undos:
        screen.shell.say("Nothing was changed here that could be taken back.")
        return
    back = undos[-1]

    def done(_answer: Shape) -> None:
        if back in undos:
            undos.remove(back)

    question = Question("Undo", f"Take the last change back? {back.words}", (), "taken back")
    ask_and_send(screen, [back.request], question, done)


def ask_and_send(
    screen: EcsScreen,
    requests: Sequence[Request[R]],
    question: Question,
    done: Callable[[R], None] | None = None,
) -> None:
    """Ask; after a yes send the requests in turn until one is refused.

    `done` is called for each answer; a refusal says so by itself, and how many were done before it.
    """

    async def work() -> None:
        for number, request in enumerate(requests):
            refused = partial(_say_refused, screen, request.operation(), number, len(requests))
            answer = await screen.send(request, on_error=refused)
            if answer is None:
                return
            if done is not None:
                done(answer)
        if question.done:
            screen.shell.say(question.done)

    def answered(yes: bool | None) -> None:
        if yes:
            screen.app.run_worker(work(), group="requests")

    command = aws_command(requests[0])
    if len(requests) > 1:
        command += f"   (and {len(requests) - 1} more)"
    screen.app.push_screen(
        Confirm(
            question.verb,
            question.question,
            facts=question.facts,
            command=command,
            yes=question.verb,
            tier=question.tier,
            type_name=question.type_name,
        ),
        answered,
    )


def _say_refused(
    screen: EcsScreen, operation: str, done_before: int, wanted: int, error: EcsError
) -> None:
    before = f" ({done_before} of {wanted} done before it)" if done_before else ""
    screen.shell.say(f"{operation}: {error.code}: {error.message}{before}", "error")
