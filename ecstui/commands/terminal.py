"""Words to and from the person at the shell.

Answers go to standard output, everything else to standard error, so that output can be piped.
"""

import io
import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from ecstui.base.errors import EcstuiError

LOG_BYTES = 1024 * 1024
LOG_FILES = 3


class OutputError(EcstuiError):
    """Standard output takes no more, e.g. the disk behind it is full."""


def prepare_streams() -> None:
    """Make the three streams what every command may write to and read from.

    One that the shell closed (`>&-`) is nowhere; what an encoding has no sign for is written as
    its number.
    """
    # In this order: an opened file gets the lowest number that is free, so that of the closed one.
    nowhere = Path(os.devnull)
    sys.stdin = sys.stdin or nowhere.open(encoding="utf-8")
    sys.stdout = sys.stdout or nowhere.open("w", encoding="utf-8")
    sys.stderr = sys.stderr or nowhere.open("w", encoding="utf-8")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def flush_answer() -> None:
    """Write what is held back, while it can still be told when that fails.

    Raises `OutputError`, or `BrokenPipeError` when nobody reads any more.
    """
    answer("")


def drop(stream: TextIO) -> None:
    """Send the rest of a stream nowhere: Python would try to write it once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def answer(text: str) -> None:
    """A part of the answer that may end within a line; raises as `say` does."""
    try:
        # Nothing is held back, also where it goes into a pipe: who reads there follows as well.
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"output cannot be written: {error.strerror or error}.") from error


def say(text: str = "") -> None:
    """A line of the answer; raises `OutputError`, or `BrokenPipeError` when nobody reads it."""
    answer(text + "\n")


def tell(text: str) -> None:
    """A line beside the answer."""
    _aside(text + "\n")


def _aside(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        # There is nowhere left to say so.
        drop(sys.stderr)


def progress(text: str, *, is_last: bool = False) -> None:
    """A line that replaces the one before it, where the terminal can do that."""
    if sys.stderr.isatty():
        _aside(f"\r\x1b[K{text}" + ("\n" if is_last else ""))
    else:
        tell(text)


def confirm(question: str, *, default: bool = False) -> bool:
    """Ask; an empty answer is the default, and so is the end of the input."""
    _aside(f"{question} {'[Y/n]' if default else '[y/N]'} ")
    answer = sys.stdin.readline()
    if not answer:
        tell("")
        return False
    word = answer.strip().lower()
    return word in ("y", "yes") if word else default


def can_show_screens() -> bool:
    """Whether there is a terminal to draw on; Textual draws on standard error."""
    return sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()


def log_to(path: Path, *, is_quiet: bool = True) -> None:
    """Log to a file, which is rotated, and to standard error unless it is to be quiet."""
    handlers: list[logging.Handler] = [
        RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8")
    ]
    if not is_quiet:
        handlers.append(logging.StreamHandler(sys.stderr))
    logging.basicConfig(
        level=logging.INFO,
        handlers=handlers,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    # Callers that do not speak HTTP are told so; their tracebacks would only fill the log.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
