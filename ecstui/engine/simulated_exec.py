"""Commands in simulated containers: the container's own shell, with somebody at its input.

With a terminal there is what a terminal does: echo, erasing, ctrl-c, ctrl-d, a prompt. It sleeps on
the loop's timers, takes no more than its reader reads, and ends with its container.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import assert_never

from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.engine.process import KILLED
from ecstui.engine.shell import (
    INTERRUPTED,
    NOT_FOUND,
    Ask,
    Call,
    EatMemory,
    Interrupted,
    Print,
    Shell,
    Step,
    Wait,
)
from ecstui.engine.shell_syntax import NotPlainError
from ecstui.engine.simulated_container import SimulatedContainer
from ecstui.model.exec import ExecOrder, ExecOutput, TerminalSize

_BUSY_STEPS = 300
_BUSY_SECONDS = 0.05
_BYTES_WAITING = 256 * 1024
_MOST_TYPED = 1024 * 1024
_PROMPT = b"/ # "
_INTERRUPT, _END, _KILL_LINE, _ESCAPE = 3, 4, 21, 27
_ENTER, _ERASES, _FIRST_LETTER = (10, 13), (8, 127), 32


class LineInput:
    """Makes lines of bytes that are typed or sent; with a terminal it says what that shows.

    An end is None among the lines: of an input that was closed, or ctrl-d on an empty line.
    """

    def __init__(self, *, has_tty: bool) -> None:
        """`has_tty`: with echo and keys for erasing."""
        self.lines: deque[str | None] = deque()
        self.is_interrupted = False
        self._has_tty = has_tty
        self._line = bytearray()
        self._in_escape = False

    def take(self, data: bytes) -> bytes:
        """Take bytes in; what a terminal shows of them."""
        if not self._has_tty:
            *lines, rest = (bytes(self._line) + data).split(b"\n")
            self.lines.extend(line.decode(errors="replace") for line in lines)
            self._line = bytearray(rest[:_MOST_TYPED])
            return b""
        return b"".join(self._key(byte) for byte in data)

    def end(self) -> None:
        """No more comes."""
        if self._line:
            self.lines.append(self._line.decode(errors="replace"))
            self._line.clear()
        self.lines.append(None)

    def _key(self, byte: int) -> bytes:
        if self._in_escape:  # arrows and the like: there is no editing but at the end
            self._in_escape = not (chr(byte).isalpha() or byte == ord("~"))
            return b""
        shown = self._control(byte)
        if shown is None and len(self._line) < _MOST_TYPED:
            self._line.append(byte)
            shown = bytes([byte])
        return shown or b""

    def _control(self, byte: int) -> bytes | None:
        """What a key that is no letter does; None for a letter."""
        shown = b""
        if byte in _ENTER:
            self.lines.append(self._line.decode(errors="replace"))
            self._line.clear()
            shown = b"\r\n"
        elif byte == _INTERRUPT:
            self._line.clear()
            self.is_interrupted = True
            shown = b"^C\r\n"
        elif byte == _END and not self._line:
            self.lines.append(None)
        elif byte in _ERASES:
            shown = self._erase(1)
        elif byte == _KILL_LINE:
            shown = self._erase(len(self._line))
        elif byte >= _FIRST_LETTER:
            return None
        self._in_escape = byte == _ESCAPE
        return shown

    def _erase(self, characters: int) -> bytes:
        text = self._line.decode(errors="replace")
        count = min(characters, len(text))
        self._line = bytearray(text[: len(text) - count].encode())
        return b"\b \b" * count


class SimulatedExec:
    """One command; an `ExecSession`."""

    def __init__(
        self,
        container: SimulatedContainer,
        order: ExecOrder,
        closed: Callable[["SimulatedExec"], None],
    ) -> None:
        """Starts at once; `closed` is told when this ends."""
        self._container = container
        self._order = order
        self._closed = closed
        self._input = LineInput(has_tty=order.has_tty)
        if not order.has_input:
            self._input.end()
        self._shell = Shell(container, container.environment, is_attached=True)
        self._steps = self._shell.run(order.command)
        self._outputs: list[ExecOutput] = []
        self._size = 0
        self._exit_code: int | None = None
        self._error: EngineError | None = None
        self._changed = asyncio.Event()
        self._driver = asyncio.create_task(self._drive())
        self._watcher = asyncio.create_task(self._watch(container.runs))

    # -- session -------------------------------------------------------------------------------

    async def read(self) -> Sequence[ExecOutput] | None:
        """What was written since the last call; None when it has ended."""
        while not self._outputs:
            if self._exit_code is not None:
                return None
            if self._error is not None:
                raise self._error
            await self._change()
        found, self._outputs, self._size = self._outputs, [], 0
        self._note()
        return found

    async def write(self, data: bytes) -> None:
        """Take what is typed, and show it."""
        if self._exit_code is None and self._order.has_input:
            echo = self._input.take(data)
            if echo:
                self._put("stdout", echo)
            self._note()

    async def end_input(self) -> None:
        """No more input comes."""
        self._input.end()
        self._note()

    async def resize(self, size: TerminalSize) -> None:
        """Nothing here asks how large its terminal is."""

    async def exit_code(self) -> int:
        """How it ended."""
        while self._exit_code is None:
            if self._error is not None:
                raise self._error
            await self._change()
        return self._exit_code

    async def close(self) -> None:
        """Hang up."""
        self._finish(KILLED)
        self._driver.cancel()
        self._watcher.cancel()
        await asyncio.gather(self._driver, self._watcher, return_exceptions=True)
        self._closed(self)

    def cut(self) -> None:
        """The engine is gone: whoever reads is told."""
        if self._exit_code is None:
            self._error = EngineError(
                EngineErrorKind.UNREACHABLE, "the engine closed the connection", retryable=True
            )
            self._note()

    # -- its life ------------------------------------------------------------------------------

    async def _watch(self, run: int) -> None:
        """A command ends with its container."""
        while self._container.is_in_run(run):
            await self._container.something(math.inf)
        self._finish(KILLED)

    async def _drive(self) -> None:
        try:
            status = await self._take_steps()
        except NotPlainError as error:
            self._put("stderr", f"sh: this is simulated, and too much: {error}{self._newline}")
            status = 2
        except Interrupted:
            status = INTERRUPTED
        except ValueError as error:
            self._put("stderr", f"sh: {error}{self._newline}")
            status = 2
        self._finish(status)

    async def _take_steps(self) -> int:
        answer, is_first, taken = 0, True, 0
        while True:
            try:
                if self._input.is_interrupted and not is_first:
                    self._input.is_interrupted = False
                    step = self._steps.throw(Interrupted())
                else:
                    step = self._steps.send(None if is_first else answer)
            except StopIteration as end:
                return int(end.value)
            is_first, taken = False, taken + 1
            if isinstance(step, EatMemory):
                return KILLED
            answer = await self._after(step)
            if taken % _BUSY_STEPS == 0:
                await asyncio.sleep(_BUSY_SECONDS)
            while self._size > _BYTES_WAITING:
                await self._change()

    async def _after(self, step: Step) -> int:
        """Do what a step says; the status of a program."""
        match step:
            case Print(stream, text):
                self._put(stream, text + self._newline)
            case Wait(seconds):
                await self._pause(seconds)
            case Call(words, is_client):
                if not is_client:
                    self._put("stderr", f"{words[0]}: is not simulated{self._newline}")
                    return NOT_FOUND
            case Ask():
                await self._ask()
            case EatMemory():
                pass
            case _:
                assert_never(step)
        return 0

    async def _ask(self) -> None:
        if self._order.has_tty:
            self._put("stdout", _PROMPT)
        while not (self._input.lines or self._input.is_interrupted):
            await self._change()
        if not self._input.is_interrupted:
            line = self._input.lines.popleft()
            if line is None and not self._order.has_tty:
                self._input.lines.append(None)  # what has ended stays so
            self._shell.give_line(line)

    async def _pause(self, seconds: float) -> None:
        """Wait, but not on after ctrl-c."""
        with suppress(TimeoutError):
            async with asyncio.timeout(None if math.isinf(seconds) else seconds):
                while seconds > 0 and not self._input.is_interrupted:
                    await self._change()

    @property
    def _newline(self) -> str:
        return "\r\n" if self._order.has_tty else "\n"

    def _put(self, stream: str, data: str | bytes) -> None:
        """Write; a terminal has one stream."""
        written = data.encode(errors="replace") if isinstance(data, str) else data
        self._outputs.append(ExecOutput("stdout" if self._order.has_tty else stream, written))
        self._size += len(written)
        self._note()

    def _finish(self, exit_code: int) -> None:
        if self._exit_code is None:
            self._exit_code = exit_code
            self._driver.cancel()
            self._watcher.cancel()
            self._note()

    def _note(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _change(self) -> None:
        await self._changed.wait()
