"""Words to and from the person at the shell.

Answers go to standard output, everything else to standard error, so that output can be piped.
"""

import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

LOG_BYTES = 1024 * 1024
LOG_FILES = 3


def say(text: str = "") -> None:
    """A line of the answer."""
    sys.stdout.write(text + "\n")


def tell(text: str) -> None:
    """A line beside the answer."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def progress(text: str, *, is_last: bool = False) -> None:
    """A line that replaces the one before it, where the terminal can do that."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}" + ("\n" if is_last else ""))
        sys.stderr.flush()
    else:
        tell(text)


def confirm(question: str, *, default: bool = False) -> bool:
    """Ask; an empty answer is the default, and so is the end of the input."""
    sys.stderr.write(f"{question} {'[Y/n]' if default else '[y/N]'} ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer:
        sys.stderr.write("\n")
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
