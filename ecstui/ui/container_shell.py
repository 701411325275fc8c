"""Shells and single commands in a task's containers, from the screens.

For a shell the screens step aside: a real terminal session takes their place, and they come back as
they were. A single command runs behind them, and what it wrote is shown to read.
"""

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from ecstui.base.errors import DaemonUnreachableError, EcsError, EcstuiError
from ecstui.client.raw_terminal import Left, converse, size_of
from ecstui.model.exec import SHELL_COMMAND, ExecOrder, ExecSession
from ecstui.model.task import TaskRecord
from ecstui.store.kinds import INSTANCES
from ecstui.ui import routes
from ecstui.ui.columns.cells import short_id
from ecstui.ui.shell import Severity
from ecstui.ui.text import clean, cut_middle, width_of

if TYPE_CHECKING:
    from ecstui.ui.app import EcsTui
    from ecstui.ui.screens.command_output import CommandOutput

_NO_SHELL = (126, 127)
_MOST_OUTPUT_BYTES = 128 * 1024
_LEAVE = (
    "exit: ctrl-d   hang up: ctrl-p ctrl-q",
    "exit ctrl-d  hang up ctrl-p ctrl-q",
    "exit ctrl-d",
)


def choose_container(app: "EcsTui", task: TaskRecord, then: Callable[[str], object]) -> None:
    """Ask for the container, if the task has several that run, and go on with its name."""
    names = [record.name for record in task.containers if record.exit_code is None]
    if task.is_stopped or not names:
        app.say("No container of this task runs.", "warning")
    elif len(names) == 1:
        then(names[0])
    else:
        choices = [(clean(name), "") for name in names]
        at = {clean(name): name for name in names}
        routes.choose(app, "Container", choices, lambda name, _: then(at[name]))


def open_shell(app: "EcsTui", task: TaskRecord) -> None:
    """A shell in a container of a task, in place of the screens."""

    def go_on(container: str) -> None:
        app.run_worker(shell(app, task, container), group="shell", exclusive=True)

    choose_container(app, task, go_on)


async def shell(app: "EcsTui", task: TaskRecord, container: str) -> None:
    """Run the shell to its end and say how it was left."""
    source, output = sys.__stdin__, sys.__stdout__
    if source is None or output is None or app.is_headless:
        app.say("There is no terminal for a shell here.", "warning")
        return
    screen = output.fileno()
    order = ExecOrder(SHELL_COMMAND, has_tty=True, has_input=True, size=size_of(screen))
    session = await _session(app, task, container, order)
    if session is None:
        return
    words = f"The shell in {clean(container)}"
    try:
        left = await _in_place_of_the_screens(app, session, task, container)
    except SuspendNotSupported:
        app.say("The screens cannot step aside here.", "warning")
    except EcstuiError as error:
        app.say(f"{words} broke off: {error}", "error")
    else:
        app.say(*left_words(words, left))
    finally:
        await session.close()


def left_words(words: str, left: Left) -> tuple[str, Severity]:
    """What to say after a shell."""
    if left.exit_code is None:
        return f"{words} was hung up; what still ran in it was ended.", "information"
    if left.exit_code in _NO_SHELL and len(left.tail) < 400 and b"exec" in left.tail:
        return f"There is no shell: {clean(left.tail.decode(errors='replace').strip())}", "error"
    return f"{words} ended with {left.exit_code}.", "information"


async def _in_place_of_the_screens(
    app: "EcsTui", session: ExecSession, task: TaskRecord, container: str
) -> Left:
    """The session with the terminal to itself; nothing is drawn meanwhile."""
    assert sys.__stdin__ is not None
    assert sys.__stdout__ is not None
    source, screen = sys.__stdin__.fileno(), sys.__stdout__.fileno()
    with app.batch_update(), app.suspend():
        app.flush_terminal()
        size = size_of(screen)
        banner = banner_lines(app, task, container, size.columns)
        # What was there before goes up into the terminal's own history.
        begin = "\r\n" * size.rows + "\x1b[H" + "\r\n".join(banner) + "\r\n"
        os.write(screen, begin.encode(errors="replace"))
        await session.resize(size)
        return await converse(session, source=source, outputs=(screen, screen), is_terminal=True)


def banner_lines(app: "EcsTui", task: TaskRecord, container: str, width: int) -> list[str]:
    """Where this is and how to leave, in two lines."""
    owner = clean((task.group or "").removeprefix("service:")) or "task"
    instance = app.view.get(INSTANCES, task.container_instance_arn or "")
    place = "" if instance is None else f"   {clean(instance.name)}"
    where = f" {owner} › {short_id(task.task_arn)} › {clean(container)}"
    room = width - 1
    for leave in _LEAVE:
        if width_of(where) + width_of(place) + width_of(leave) + 2 <= room:
            gap = " " * (room - width_of(where) - width_of(place) - width_of(leave))
            return [f"{where}{place}{gap}{leave}", _rule(app, width)]
    leave = f"  {_LEAVE[-1]}" if width > 40 else ""
    return [cut_middle(where, max(1, room - width_of(leave))) + leave, _rule(app, width)]


def _rule(app: "EcsTui", width: int) -> str:
    return " " + ("-" if app.ascii_glyphs else "─") * max(0, width - 2)


async def _session(
    app: "EcsTui", task: TaskRecord, container: str, order: ExecOrder
) -> ExecSession | None:
    """The session; None when there is none, and then the user knows why."""
    reason = app.why_no_writes()
    if reason is not None:
        app.say(reason, "warning")
        return None
    try:
        return await app.client.execute(task.task_arn, container, order)
    except EcsError as error:
        app.say(f"{error.code}: {error.message}", "error")
    except DaemonUnreachableError as error:
        app.say(str(error), "error")
    return None


# -- one command -------------------------------------------------------------------------------


def ask_command(app: "EcsTui", task: TaskRecord) -> None:
    """Ask for a command line, run it in a container of a task, show what it wrote."""

    def ask(container: str) -> None:
        from ecstui.ui.screens.ask import AskModal

        async def accept(text: str) -> str:
            return "" if text else "Nothing to run."

        def answered(text: str | None) -> None:
            if text:
                app.last_command = text
                app.run_worker(run_command(app, task, container, text), group="commands")

        title = f"Run in {clean(container)} of {short_id(task.task_arn)}"
        app.push_screen(AskModal(title, "$", accept, value=app.last_command), answered)

    choose_container(app, task, ask)


async def run_command(app: "EcsTui", task: TaskRecord, container: str, text: str) -> None:
    """Run one command line to its end and show what it wrote."""
    from ecstui.ui.screens.command_output import CommandOutput

    order = ExecOrder(("/bin/sh", "-c", text))
    session = await _session(app, task, container, order)
    if session is None:
        return
    shown = CommandOutput(f"{clean(container)} of {short_id(task.task_arn)}  $ {clean(text)}")
    worker = app.run_worker(_read(session, shown), group="commands")
    await app.push_screen(shown)
    shown.on_close = worker.cancel


async def _read(session: ExecSession, shown: "CommandOutput") -> None:
    """Show what comes, until the command has ended or nobody looks any more."""
    try:
        size = 0
        while (outputs := await session.read()) is not None:
            for output in outputs:
                shown.add(output.data)
                size += len(output.data)
            if size > _MOST_OUTPUT_BYTES:
                shown.end("ended here: it wrote more than 128 KiB")
                return
        shown.end(f"ended with {await session.exit_code()}")
    except EcstuiError as error:
        shown.end(f"broke off: {clean(str(error))}")
    finally:
        await session.close()
