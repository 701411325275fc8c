"""Edits a text in the program that the user names: a file that only its owner may read, then gone.

It never changes the text by itself and never raises for what the program does. The caller has given
the terminal back before (`App.suspend`).
"""

import contextlib
import os
import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ecstui.ui.editor_text import LONGEST_TEXT

FALLBACK = "vi"


class Edited(NamedTuple):
    """What came back."""

    text: str
    problem: str = ""
    """Why nothing came back; then the text is as it was."""


def editor_command(environ: Mapping[str, str]) -> list[str]:
    """The program and its words: `$VISUAL`, else `$EDITOR`, else vi."""
    for name in ("VISUAL", "EDITOR"):
        with contextlib.suppress(ValueError):
            words = shlex.split(environ.get(name, ""))
            if words:
                return words
    return [FALLBACK]


def edit_outside(text: str, environ: Mapping[str, str]) -> Edited:
    """Run the program on the text and wait for it; the text that was saved."""
    command = editor_command(environ)
    folder = Path(tempfile.mkdtemp(prefix="ecstui-"))
    path = folder / "task-definition.json"
    try:
        handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(handle, "w", encoding="utf-8") as file:  # noqa: PTH123 - the mode is set as it is made
            file.write(text)
        code = subprocess.run([*command, str(path)], check=False).returncode
        if code:
            return Edited(text, f"{command[0]} ended with {code}: nothing was taken over")
        if path.stat().st_size > LONGEST_TEXT:
            return Edited(text, f"what was saved is longer than {LONGEST_TEXT // 1024} KiB")
        return Edited(path.read_text("utf-8"))
    except UnicodeDecodeError:
        return Edited(text, "what was saved is not text in UTF-8")
    except OSError as error:
        return Edited(text, f"{command[0]}: {(error.strerror or str(error)).lower()}")
    finally:
        remove_folder(folder)


def remove_folder(folder: Path) -> None:
    """The file and what the program left beside it."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
