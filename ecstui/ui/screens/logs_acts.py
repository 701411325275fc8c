"""What can be done with lines of a log screen: look at one, copy, save, give them to a program.

Files and programs get the lines that are shown: filters count, what was scrolled past counts too.
A program gets the terminal to itself meanwhile; lines that come wait at the engine.
"""

import shlex
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from textual.app import SuspendNotSupported

from ecstui.ui import routes
from ecstui.ui.ansi import to_plain
from ecstui.ui.log_files import FORMS, json_line, save_lines, text_line, write_lines
from ecstui.ui.logstore import OWN_SOURCE, StoredLine
from ecstui.ui.outside_reading import open_written
from ecstui.ui.screens.log_details import LineDetails, LineFacts, text_of
from ecstui.ui.text import plural, stamp

if TYPE_CHECKING:
    from ecstui.ui.screens.logs import LogsScreen

_PAGERS = frozenset({"less", "more", "most", "moor", "lnav", "vi", "vim", "nvim", "view", "nano"})
_COPIED_LINES = 1000


def labels(screen: "LogsScreen") -> dict[int, str]:
    """What stands before each source's lines, by its number."""
    names = screen.feeds.labels
    return {feed.number: names[source] for source, feed in screen.feeds.feeds.items()}


def _facts(screen: "LogsScreen", line: StoredLine | None) -> LineFacts | None:
    if line is None:
        return None
    source = "" if line.source == OWN_SOURCE else screen.store.sources[line.source]
    return LineFacts(line, labels(screen).get(line.source, ""), source)


def open_details(screen: "LogsScreen") -> None:
    """Show the line that one stands on."""
    facts = _facts(screen, screen.lines.step_line(0))
    if facts is None:
        screen.shell.say("there is no line yet")
        return
    details = LineDetails(facts, lambda step: _facts(screen, screen.lines.step_line(step)))
    screen.app.push_screen(details)


def copies(screen: "LogsScreen") -> Sequence[tuple[str, str]]:
    """The present line in every form, and the last of those shown."""
    line = screen.lines.current_line
    if line is None:
        return ()
    names = labels(screen)
    forms = [
        ("the line", to_plain(line.text)),
        ("with time and source", text_line(line, names)),
        ("as JSON", json_line(line, names)),
    ]
    document, is_json = text_of(line)
    if is_json:
        forms.append(("indented", document))
    shown = screen.lines.last_lines(_COPIED_LINES)
    text = "\n".join(text_line(one, names) for one in shown)
    return (*forms, (f"last {plural(len(shown), 'line')} shown", text))


def ask_how_to_save(screen: "LogsScreen") -> None:
    """Ask for the form, then save."""
    choices = [("text", "time, source and line"), ("JSON", "JSON lines, for programs")]
    routes.choose(screen.shell, "Save lines as", choices, lambda form, _: save(screen, form))


def save(screen: "LogsScreen", form: str) -> None:
    """Save the lines that are shown into a new file in the working directory."""
    ending, writer = FORMS[form]
    path = Path.cwd() / f"ecstui-logs-{stamp(screen.shell.now())}.{ending}"

    async def work() -> None:
        try:
            count = await save_lines(screen.lines.shown_lines(), path, writer, labels(screen))
        except OSError as error:
            screen.shell.say(f"{path} was not saved: {error.strerror or error}", "error")
        else:
            screen.shell.say(f"saved {plural(count, 'line')} in {path}")

    screen.run_worker(work(), group="files")


def pager_words(environ: Mapping[str, str]) -> list[str]:
    """The command of $PAGER, or less."""
    try:
        return shlex.split(environ.get("PAGER", "")) or ["less"]
    except ValueError:
        return ["less"]


def pipe(screen: "LogsScreen", command: Sequence[str]) -> None:
    """Run a command in the terminal with the lines that are shown on its standard input."""

    async def work() -> None:
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as file:
            lines = screen.lines.shown_lines()
            await write_lines(lines, file, text_line, labels(screen))
            file.flush()
            file.seek(0)
            _run(screen, command, file)

    screen.run_worker(work(), group="files")


def read_outside(screen: "LogsScreen") -> None:
    """Open the lines that are shown in $EDITOR."""
    lines, names = screen.lines.shown_lines(), labels(screen)
    open_written(screen, "ecstui.log", lambda file: write_lines(lines, file, text_line, names))


def _run(screen: "LogsScreen", command: Sequence[str], file: IO[str]) -> None:
    try:
        with screen.app.suspend():
            problem = _give_terminal(command, file)
    except SuspendNotSupported:
        problem = "This terminal cannot be given to another program."
    if problem:
        screen.shell.say(problem, "error")


def _give_terminal(command: Sequence[str], file: IO[str]) -> str:
    """Run it and wait; why it could not be run, or nothing."""
    try:
        subprocess.run(list(command), stdin=file, check=False)
        if Path(command[0]).name not in _PAGERS:
            input("\n[enter: back to ecstui] ")
    except OSError as error:
        return f"{command[0]}: {error.strerror or error}"
    except (EOFError, KeyboardInterrupt):
        return ""
    return ""
