"""A command in a container, seen through the daemon's door.

One task reads what comes, so that input is taken while output waits and the other way round. It
never opens a session anew: what a command did cannot be done again.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from ecstui.base.errors import (
    DaemonUnreachableError,
    EcstuiError,
    InvalidParameterException,
    ServerException,
)
from ecstui.client.exec_wire import (
    END_OF_INPUT,
    INPUT_BYTES,
    Fields,
    read_fields,
    read_output,
    size_text,
)
from ecstui.client.websocket import BINARY, TEXT, Channel
from ecstui.client.wire import read_error_body
from ecstui.model.exec import ExecOutput, TerminalSize

_BYTES_WAITING = 1024 * 1024


class RemoteExec:
    """One command; an `ExecSession`."""

    def __init__(self, channel: Channel, why: Callable[[], str]) -> None:
        """`channel` has said that the command runs; `why` says why nothing comes any more."""
        self._channel = channel
        self._why = why
        self._outputs: list[ExecOutput] = []
        self._size = 0
        self._taken = 0
        self._exit_code: int | None = None
        self._error: EcstuiError | None = None
        self._changed = asyncio.Event()
        self._writing = asyncio.Lock()
        self._pump = asyncio.create_task(self._receive())

    async def read(self) -> Sequence[ExecOutput] | None:
        """What was written since the last call; None when it has ended.

        Raises `EcsError`, or `DaemonUnreachableError` when the daemon went away.
        """
        while not self._outputs:
            if self._is_over:
                if self._error is not None:
                    raise self._error
                return None
            await self._changed.wait()
        found, self._outputs, self._size = self._outputs, [], 0
        self._note()
        return found

    async def write(self, data: bytes) -> None:
        """Hand input over; back when it was taken."""
        for start in range(0, len(data), INPUT_BYTES):
            await self._give(BINARY, data[start : start + INPUT_BYTES])

    async def end_input(self) -> None:
        """No more input comes."""
        await self._give(TEXT, END_OF_INPUT.encode())

    async def resize(self, size: TerminalSize) -> None:
        """Tell the terminal its new size."""
        if not self._is_over:
            with suppress(ConnectionError):
                await self._channel.send(TEXT, size_text(size).encode())

    async def exit_code(self) -> int:
        """How it ended."""
        while not self._is_over:
            await self._changed.wait()
        if self._exit_code is None:
            raise self._error or DaemonUnreachableError(self._why())
        return self._exit_code

    async def close(self) -> None:
        """Hang up."""
        self._pump.cancel()
        await asyncio.gather(self._pump, return_exceptions=True)
        if not self._is_over:
            self._error = DaemonUnreachableError("The session was closed.")
            self._note()
        await self._channel.close()

    async def _give(self, kind: int, data: bytes) -> None:
        async with self._writing:
            if self._is_over:
                return
            expected = self._taken + 1
            with suppress(ConnectionError):
                await self._channel.send(kind, data)
                while self._taken < expected and not self._is_over:
                    await self._changed.wait()

    # -- what comes ----------------------------------------------------------------------------

    @property
    def _is_over(self) -> bool:
        return self._exit_code is not None or self._error is not None

    async def _receive(self) -> None:
        try:
            while not self._is_over:
                message = await self._channel.receive()
                if message is None:
                    raise ConnectionResetError("the session ended without a word")
                self._take(*message)
                while self._size > _BYTES_WAITING:
                    await self._changed.wait()
        except (OSError, InvalidParameterException):
            self._error = DaemonUnreachableError(f"The session broke off. {self._why()}")
            self._note()

    def _take(self, kind: int, data: bytes) -> None:
        if kind == BINARY:
            output = read_output(data)
            self._outputs.append(output)
            self._size += len(output.data)
        else:
            self._hear(read_fields(data), data)
        self._note()

    def _hear(self, fields: Fields, data: bytes) -> None:
        match fields:
            case {"taken": True}:
                self._taken += 1
            case {"exitCode": int(code)}:
                self._exit_code = code
            case {"__type": str()}:
                self._error = read_error_body(data, 400)
            case _:
                self._error = ServerException("The daemon said something unknown.")

    def _note(self) -> None:
        self._changed.set()
        self._changed.clear()
