"""A command that runs beside a container's own: what is asked, what comes back, the way between.

Engines give sessions, doors and clients hand them on, terminals are put in front of them. Nothing
here decides who may have one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

MOST_COMMAND_BYTES = 64 * 1024
"""Of all words of a command together."""
SHELL_COMMAND = (
    "/bin/sh",
    "-c",
    "if command -v bash >/dev/null 2>&1; then exec bash; fi; exec sh",
)
"""The best shell that a container has."""


@dataclass(frozen=True, slots=True)
class TerminalSize:
    """Size of a terminal, in characters."""

    columns: int = 80
    rows: int = 24


@dataclass(frozen=True, slots=True)
class ExecOrder:
    """A command to run in a container."""

    command: tuple[str, ...]
    has_tty: bool = False
    """Whether it gets a terminal: then all output comes as `stdout`."""
    has_input: bool = False
    """Whether it can be written to; without, it reads an input that is empty."""
    size: TerminalSize = TerminalSize()
    """Of its terminal."""
    attaches: bool = False
    """To the container's first process, which runs already, in place of a command."""


@dataclass(frozen=True, slots=True)
class ExecOutput:
    """A piece of what it wrote; `stream` is `stdout` or `stderr`."""

    stream: str
    data: bytes


class ExecSession(Protocol):
    """One command that runs. Whoever has it closes it, and with that ends the command.

    A session that breaks off raises `EcstuiError` from `read`.
    """

    async def read(self) -> Sequence[ExecOutput] | None:
        """What was written since the last call, waiting for some; None when it has ended."""
        ...

    async def write(self, data: bytes) -> None:
        """Hand input over, as far as it is still taken."""
        ...

    async def end_input(self) -> None:
        """Say that no more input comes; a terminal has no such end: type ctrl-d."""
        ...

    async def resize(self, size: TerminalSize) -> None:
        """Tell the terminal its new size."""
        ...

    async def exit_code(self) -> int:
        """How it ended; to be asked once `read` has given None."""
        ...

    async def close(self) -> None:
        """Hang up: what still runs of it is ended."""
        ...
