"""At the first process of a simulated container: the lines of its log as they come, and its input.

A shell that is the container's first process takes lines; what else runs there takes them and says
nothing. Whoever leaves leaves the container as it is.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress

from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.engine.simulated_container import SimulatedContainer
from ecstui.engine.simulated_exec import LineInput
from ecstui.model.exec import ExecOrder, ExecOutput, TerminalSize
from ecstui.model.logs import LogLine


class SimulatedAttach:
    """One connection to a container's own input and output; an `ExecSession`."""

    def __init__(
        self,
        container: SimulatedContainer,
        order: ExecOrder,
        lines: AsyncGenerator[Sequence[LogLine]],
        closed: Callable[["SimulatedAttach"], None],
    ) -> None:
        """`lines`: of its log from now on; `closed` is told when this ends."""
        self._container = container
        self._order = order
        self._closed = closed
        self._input = LineInput(has_tty=order.has_tty)
        self._line_end = b"\r\n" if order.has_tty else b"\n"
        self._outputs: list[ExecOutput] = []
        self._has_ended = False
        self._error: EngineError | None = None
        self._ready = asyncio.Event()
        self._reader = asyncio.create_task(self._follow(lines))

    async def read(self) -> Sequence[ExecOutput] | None:
        """What was written since the last call; None when the container has ended."""
        while not self._outputs:
            if self._error is not None:
                raise self._error
            if self._has_ended:
                return None
            self._ready.clear()
            await self._ready.wait()
        found, self._outputs = self._outputs, []
        return found

    async def write(self, data: bytes) -> None:
        """Take what is typed; a terminal shows it."""
        if not self._order.has_input:
            return
        echo = self._input.take(data)
        if echo:
            self._put("stdout", echo)
        while self._input.lines:
            self._container.take_line(self._input.lines.popleft())

    async def end_input(self) -> None:
        """Its input stays open for the next one."""

    async def resize(self, size: TerminalSize) -> None:
        """Nothing here asks how large its terminal is."""

    async def exit_code(self) -> int:
        """How the container ended."""
        if self._container.exit_code is None:
            raise EngineError(EngineErrorKind.CANNOT_EXECUTE, "the container runs on")
        return self._container.exit_code

    async def close(self) -> None:
        """Leave it to itself."""
        self._reader.cancel()
        with suppress(asyncio.CancelledError):
            await self._reader
        self._closed(self)

    def cut(self) -> None:
        """The engine is gone: whoever reads is told."""
        self._error = EngineError(
            EngineErrorKind.UNREACHABLE, "the engine closed the connection", retryable=True
        )
        self._ready.set()

    async def _follow(self, lines: AsyncGenerator[Sequence[LogLine]]) -> None:
        try:
            async for batch in lines:
                for each in batch:
                    self._put(each.stream, each.text.encode() + self._line_end)
        except EngineError as error:
            self._error = error
        finally:
            await lines.aclose()
            self._has_ended = True
            self._ready.set()

    def _put(self, stream: str, data: bytes) -> None:
        self._outputs.append(ExecOutput(stream, data))
        self._ready.set()
