"""Shells and single commands in a task's containers, and their own input, from the screens.

For a shell the screens step aside: a real terminal session takes their place, and they come back as
they were. A single command runs behind them, and what it wrote is shown to read.
"""

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from ecstui.base.errors import DaemonUnreachableError, EcsError, EcstuiError
from ecstui.client.raw_terminal import Left, converse, size_of
from ecstui.model.exec import SHELL_COMMAND, ExecOrder, ExecSession, TerminalSize
from ecstui.model.task import TaskRecord
from ecstui.plan.attach import attach_order
from ecstui.store.kinds import INSTANCES, TASK_DEFINITIONS
from ecstui.ui import routes
from ecstui.ui.ansi import to_plain
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
_DETACH = ("detach: ctrl-p ctrl-q", "leave ctrl-p ctrl-q", "^p ^q")


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
    order = ExecOrder(SHELL_COMMAND, has_tty=True, has_input=True, size=_screen_size())
    left = await _run_instead(app, task, container, order)
    if left is not None:
        app.say(*left_words(f"The shell in {clean(container)}", left))


def open_attach(app: "EcsTui", task: TaskRecord) -> None:
    """At the input and output of a container's own process, in place of the screens."""
    definition = app.view.get(TASK_DEFINITIONS, task.task_definition_arn)

    def go_on(container: str) -> None:
        order = attach_order(definition, container, _screen_size())
        if order is None:
            words = "is not interactive and has no pseudoTerminal: l shows what it writes"
            app.say(f"{clean(container)} {words}", "warning")
        else:
            app.run_worker(attach(app, task, container, order), group="shell", exclusive=True)

    choose_container(app, task, go_on)


async def attach(app: "EcsTui", task: TaskRecord, container: str, order: ExecOrder) -> None:
    """Stay until somebody leaves or the container ends, and say which."""
    left = await _run_instead(app, task, container, order)
    if left is None:
        return
    name = clean(container)
    if left.exit_code is None:
        app.say(f"Left {name}; it runs on.")
    else:
        app.say(f"{name} ended with {left.exit_code}.")


def _screen_size() -> TerminalSize:
    return TerminalSize() if sys.__stdout__ is None else size_of(sys.__stdout__.fileno())


async def _run_instead(
    app: "EcsTui", task: TaskRecord, container: str, order: ExecOrder
) -> Left | None:
    """A session in place of the screens; None when there was none, and then the user knows why."""
    what = "attachment" if order.attaches else "shell"
    if sys.__stdin__ is None or sys.__stdout__ is None or app.is_headless:
        words = "an attachment" if order.attaches else "a shell"
        app.say(f"There is no terminal for {words} here.", "warning")
        return None
    session = await _session(app, task, container, order)
    if session is None:
        return None
    try:
        return await _in_place_of_the_screens(app, session, task, container, order)
    except SuspendNotSupported:
        app.say("The screens cannot step aside here.", "warning")
    except EcstuiError as error:
        app.say(f"The {what} in {clean(container)} broke off: {error}", "error")
    finally:
        await session.close()
    return None


def left_words(words: str, left: Left) -> tuple[str, Severity]:
    """What to say after a shell."""
    if left.exit_code is None:
        return f"{words} was hung up; what still ran in it was ended.", "information"
    if left.exit_code in _NO_SHELL and len(left.tail) < 400 and b"exec" in left.tail:
        return f"There is no shell: {clean(left.tail.decode(errors='replace').strip())}", "error"
    return f"{words} ended with {left.exit_code}.", "information"


async def _in_place_of_the_screens(
    app: "EcsTui", session: ExecSession, task: TaskRecord, container: str, order: ExecOrder
) -> Left:
    """The session with the terminal to itself; nothing is drawn meanwhile."""
    assert sys.__stdin__ is not None
    assert sys.__stdout__ is not None
    source, screen = sys.__stdin__.fileno(), sys.__stdout__.fileno()
    with app.batch_update(), app.suspend():
        app.flush_terminal()
        size = size_of(screen)
        leave = _DETACH if order.attaches else _LEAVE
        banner = banner_lines(app, task, container, size.columns, leave)
        # What was there before goes up into the terminal's own history.
        begin = "\r\n" * size.rows + "\x1b[H" + "\r\n".join(banner) + "\r\n"
        os.write(screen, begin.encode(errors="replace"))
        await session.resize(size)
        return await converse(
            session,
            source=source,
            outputs=(screen, screen),
            is_terminal=True,
            in_lines=None if order.has_tty else to_plain,
        )


def banner_lines(
    app: "EcsTui", task: TaskRecord, container: str, width: int, leaves: Sequence[str] = _LEAVE
) -> list[str]:
    """Where this is and how to leave, in two lines; `leaves`: the words for that, longest first."""
    owner = clean((task.group or "").removeprefix("service:")) or "task"
    instance = app.view.get(INSTANCES, task.container_instance_arn or "")
    place = "" if instance is None else f"   {clean(instance.name)}"
    where = f" {owner} › {short_id(task.task_arn)} › {clean(container)}"
    room = width - 1
    for leave in leaves:
        if width_of(where) + width_of(place) + width_of(leave) + 2 <= room:
            gap = " " * (room - width_of(where) - width_of(place) - width_of(leave))
            return [f"{where}{place}{gap}{leave}", _rule(app, width)]
    leave = f"  {leaves[-1]}" if width > 40 else ""
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
