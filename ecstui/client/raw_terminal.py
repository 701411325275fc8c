"""A person's terminal in front of a command in a container: keys in, output out, size, the way out.

While it lasts the terminal is raw: every key goes to the command, ctrl-c too. Only ctrl-p ctrl-q is
heard here, and hangs up. In front of what has no terminal of its own, lines are edited here and
what comes is made harmless. Afterwards the terminal is as it was, whatever the command did to it.
"""

import asyncio
import os
import signal
import termios
import tty
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from ecstui.model.exec import ExecOutput, ExecSession, TerminalSize

HANG_UP_KEYS = b"\x10\x11"
"""Ctrl-p ctrl-q, as Docker's own client has them."""
INTERRUPT_KEY = b"\x03"
_CHUNK_BYTES = 32 * 1024
_WRITE_BYTES = 4096
_TAIL_BYTES = 2048
_AS_BEFORE = b"\x1b[?1049l\x1b[?1000;1002;1003;1006;2004l\x1b[?1l\x1b>\x1b[?7h\x1b[?25h\x1b[0m"
"""Ends what a program that was cut off may have left: other screen, mouse, paste, no cursor."""


@dataclass(frozen=True, slots=True)
class Left:
    """How a session ended: with the command, or by hanging up (then without an exit code)."""

    exit_code: int | None
    tail: bytes = b""
    """The last of what was written."""


class HangUpKeys:
    """Finds ctrl-p ctrl-q in what is typed; of whole lines also ctrl-c."""

    def __init__(self, *, in_lines: bool = False) -> None:
        """Nothing was typed yet."""
        self._held = b""
        self._in_lines = in_lines

    def take(self, data: bytes) -> tuple[bytes, bool]:
        """What goes to the command, and whether to hang up."""
        data = self._held + data
        if self._in_lines:
            data = data.replace(INTERRUPT_KEY, HANG_UP_KEYS)
        before, found, _ = data.partition(HANG_UP_KEYS)
        if found and self._in_lines:
            before = before[: before.rfind(b"\n") + 1]
        self._held = b""
        if not found and data.endswith(HANG_UP_KEYS[:1]):
            before, self._held = data[:-1], data[-1:]
        return before, bool(found)


def size_of(descriptor: int) -> TerminalSize:
    """Size of a terminal; what is none has the usual one."""
    with suppress(OSError):
        columns, rows = os.get_terminal_size(descriptor)
        if columns > 0 and rows > 0:
            return TerminalSize(columns, rows)
    return TerminalSize()


async def converse(
    session: ExecSession,
    *,
    source: int | None,
    outputs: tuple[int, int],
    is_terminal: bool,
    in_lines: Callable[[str], str] | None = None,
) -> Left:
    """Carry keys and output until the command has ended, or somebody hangs up.

    `source`: the descriptor to read from, None for no input; `outputs`: those for `stdout` and
    `stderr`; `in_lines`: the command has no terminal, so lines are typed here, and this makes what
    it writes harmless. Raises what the session raises when it breaks off.
    """
    if in_lines is not None:
        session = _Harmless(session, in_lines)
    source_mode = _as_it_is()
    if is_terminal and source is not None:
        source_mode = _raw(source) if in_lines is None else _lines(source)
    with source_mode, _resizing(session, outputs[0] if is_terminal else None):
        try:
            keys = HangUpKeys(in_lines=in_lines is not None) if is_terminal else None
            return await _carry(session, source, outputs, keys)
        finally:
            if is_terminal:
                with suppress(OSError):
                    os.write(outputs[0], _AS_BEFORE)


async def _carry(
    session: ExecSession, source: int | None, outputs: tuple[int, int], keys: HangUpKeys | None
) -> Left:
    tail = bytearray()
    showing = asyncio.ensure_future(_show(session, outputs, tail))
    reading = None
    if source is not None:
        reading = asyncio.ensure_future(_type(session, source, keys))
    try:
        while not showing.done():
            waiting = [showing] if reading is None else [showing, reading]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if reading is not None and reading.done() and not showing.done():
                if reading.result():
                    return Left(None, bytes(tail))
                reading = None  # no more input; the output goes on
        return Left(showing.result(), bytes(tail))
    finally:
        others = [showing] if reading is None else [showing, reading]
        for each in others:
            each.cancel()
        await asyncio.gather(*others, return_exceptions=True)


async def _show(session: ExecSession, outputs: tuple[int, int], tail: bytearray) -> int:
    while (found := await session.read()) is not None:
        for output in found:
            await _write(outputs[1] if output.stream == "stderr" else outputs[0], output)
            tail += output.data
            del tail[:-_TAIL_BYTES]
    return await session.exit_code()


async def _write(descriptor: int, output: ExecOutput) -> None:
    """Write, a piece whenever there is room: a terminal that is slow holds up nobody else."""
    data = memoryview(output.data)
    while data:
        await _ready(descriptor, is_write=True)
        data = data[os.write(descriptor, data[:_WRITE_BYTES]) :]


async def _type(session: ExecSession, source: int, keys: HangUpKeys | None) -> bool:
    """Hand input over to its end; whether somebody hung up."""
    while True:
        await _ready(source, is_write=False)
        try:
            data = os.read(source, _CHUNK_BYTES)
        except OSError:
            data = b""  # the terminal is gone
        if not data:
            await session.end_input()
            return keys is not None
        data, hangs_up = keys.take(data) if keys is not None else (data, False)
        if data:
            await session.write(data)
        if hangs_up:
            return True


async def _ready(descriptor: int, *, is_write: bool) -> None:
    """Wait until a descriptor can be read or written; files always can."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    add = loop.add_writer if is_write else loop.add_reader
    remove = loop.remove_writer if is_write else loop.remove_reader
    try:
        add(descriptor, ready.set)
    except PermissionError:
        await asyncio.sleep(0)
        return
    try:
        await ready.wait()
    finally:
        remove(descriptor)


# -- the terminal ------------------------------------------------------------------------------


@contextmanager
def _as_it_is() -> Iterator[None]:
    yield


@contextmanager
def _raw(descriptor: int) -> Iterator[None]:
    """A terminal that hands on every key as it is."""
    try:
        before = termios.tcgetattr(descriptor)
    except termios.error:
        yield
        return
    tty.setraw(descriptor, termios.TCSANOW)
    try:
        yield
    finally:
        with suppress(termios.error):
            termios.tcsetattr(descriptor, termios.TCSANOW, before)


@contextmanager
def _lines(descriptor: int) -> Iterator[None]:
    """A terminal that edits lines; the keys that hang up, and ctrl-c, come at once."""
    try:
        before = termios.tcgetattr(descriptor)
    except termios.error:
        yield
        return
    mode = termios.tcgetattr(descriptor)
    mode[_INPUT_FLAGS] &= ~termios.IXON  # ctrl-q is a key, not a word to go on
    mode[_LOCAL_FLAGS] &= ~termios.ISIG
    characters = mode[_CHARACTERS]
    characters[termios.VEOL], characters[termios.VEOL2] = HANG_UP_KEYS[1:], INTERRUPT_KEY
    termios.tcsetattr(descriptor, termios.TCSANOW, mode)
    try:
        yield
    finally:
        with suppress(termios.error):
            termios.tcsetattr(descriptor, termios.TCSANOW, before)


_INPUT_FLAGS, _LOCAL_FLAGS, _CHARACTERS = 0, 3, 6


class _Harmless:
    """A session whose output is text without anything that steers a terminal."""

    def __init__(self, session: ExecSession, harmless: Callable[[str], str]) -> None:
        self._session = session
        self._harmless = harmless
        self._decoders = {
            stream: getincrementaldecoder("utf-8")(errors="replace")
            for stream in ("stdout", "stderr")
        }
        self.write, self.end_input = session.write, session.end_input
        self.resize, self.exit_code, self.close = session.resize, session.exit_code, session.close

    async def read(self) -> Sequence[ExecOutput] | None:
        """What was written since the last call, harmless; None when it has ended."""
        found = await self._session.read()
        return None if found is None else [self._cleaned(each) for each in found]

    def _cleaned(self, output: ExecOutput) -> ExecOutput:
        text = self._decoders[output.stream].decode(output.data)
        return ExecOutput(output.stream, self._harmless(text).encode())


@contextmanager
def _resizing(session: ExecSession, descriptor: int | None) -> Iterator[None]:
    """Tell the session whenever the terminal gets another size."""
    if descriptor is None:
        yield
        return
    loop = asyncio.get_running_loop()
    told: set[asyncio.Task[None]] = set()

    def tell() -> None:
        task = loop.create_task(session.resize(size_of(descriptor)))
        told.add(task)
        task.add_done_callback(told.discard)

    restore = _on_signal(loop, tell)
    try:
        yield
    finally:
        restore()
        for task in told:
            task.cancel()


def _on_signal(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> Callable[[], None]:
    """Call when the window changes; gives what takes that back."""
    before = signal.getsignal(signal.SIGWINCH)
    try:
        loop.add_signal_handler(signal.SIGWINCH, call)
    except (ValueError, RuntimeError):  # not the main thread: then the size stays
        return lambda: None

    def restore() -> None:
        loop.remove_signal_handler(signal.SIGWINCH)
        if before is not None:
            signal.signal(signal.SIGWINCH, before)

    return restore
