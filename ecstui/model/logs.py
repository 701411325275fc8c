"""Log lines of containers and the part of a log that a reader asks for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogWindow:
    """Which lines: the last `tail` (None: all) not older than `since` (POSIX seconds), and on."""

    tail: int | None = None
    since: float | None = None
    follow: bool = True


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line; `at` is POSIX seconds given by the engine."""

    at: float
    stream: str
    """`stdout` or `stderr`."""
    text: str
