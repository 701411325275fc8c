"""Words to and from the person at the shell.

Answers go to standard output, everything else to standard error, so that output can be piped.
"""

import sys


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
