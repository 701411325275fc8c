"""Opens what a text view shows in the person's editor: a copy to read, gone when the editor ends.

The screens step aside meanwhile and streams go on. What is changed in the copy is not taken over,
and the text has been made harmless before it comes here.
"""

import asyncio
import os
import re
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TextIO

from textual.app import SuspendNotSupported

from ecstui.ui.outside_editor import editor_command, remove_folder
from ecstui.ui.screens.base import EcsScreen

Write = Callable[[TextIO], Awaitable[object]]


def open_text(screen: EcsScreen, name: str, text: str) -> None:
    """Open a text in $EDITOR as a file of that name."""

    async def write(file: TextIO) -> None:
        file.write(text)

    open_written(screen, name, write)


def open_written(screen: EcsScreen, name: str, write: Write) -> None:
    """Open in $EDITOR what `write` puts into a file of that name."""
    screen.run_worker(_open(screen, name, write), group="outside", exclusive=True)


def file_stem(words: str) -> str:
    """A name for a file, of harmless characters."""
    return re.sub(r"[^\w.-]+", "-", words).strip("-.")[:80] or "ecstui"


async def _open(screen: EcsScreen, name: str, write: Write) -> None:
    folder = Path(tempfile.mkdtemp(prefix="ecstui-"))
    path = folder / name
    try:
        with path.open("x", encoding="utf-8", errors="replace") as file:
            await write(file)
        path.chmod(0o400)  # so that the editor says that it is only to be read
        problem = await _read_outside(screen, path)
    except OSError as error:
        problem = f"{path}: {(error.strerror or str(error)).lower()}"
    finally:
        remove_folder(folder)
    if problem:
        screen.shell.say(problem, "warning")


async def _read_outside(screen: EcsScreen, path: Path) -> str:
    """Give the terminal to the editor until it ends; why it could not be, or nothing."""
    command = [*editor_command(os.environ), str(path)]
    try:
        with screen.app.batch_update(), screen.app.suspend():
            screen.shell.flush_terminal()
            process = await asyncio.create_subprocess_exec(*command)
            await process.wait()
    except SuspendNotSupported:
        return "This terminal cannot be given to another program."
    except OSError as error:
        return f"{command[0]}: {(error.strerror or str(error)).lower()}"
    return ""
