"""Commands in Docker's containers: the way in and out of each, its size, its end.

Docker lets a command with a terminal run on when who started it hangs up. So each carries a mark in
its environment, by which what is left of it is found and ended. Nothing here decides who may start
one.
"""

import asyncio
import ssl
import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from socket import SHUT_WR, socket

from requests import Response

from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.base.ids import new_id
from ecstui.engine.docker_calls import Calls
from ecstui.engine.docker_errors import CLIENT_ERRORS
from ecstui.engine.docker_observation import object_at
from ecstui.engine.docker_stream import StreamThread
from ecstui.model.exec import ExecOrder, ExecOutput, TerminalSize

_MARK = "ECSTUI_EXEC"
_CHUNK_BYTES = 65_536
_BYTES_WAITING = 1024 * 1024
_HEADER = struct.Struct(">BxxxL")
_LOOKS = 50
_LOOK_WAIT_SECONDS = 0.1
_GRACE_LOOKS = 10
_KIND = EngineErrorKind.CANNOT_EXECUTE


class Executions:
    """All commands of one engine that somebody has a session with."""

    def __init__(self, calls: Calls) -> None:
        """Begin with none."""
        self._calls = calls
        self._sessions: set[HijackedSession] = set()
        self._late: set[asyncio.Task[None]] = set()

    async def open(self, name: str, order: ExecOrder) -> "HijackedSession":
        """Start a command, or attach.

        Raises:
            EngineError: there is no such container, it does not run, or the engine is not there.
        """
        start = self._attach if order.attaches else self._open
        opening = asyncio.ensure_future(start(name, order))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            late = asyncio.ensure_future(_close_late(opening))
            self._late.add(late)
            late.add_done_callback(self._late.discard)
            raise

    async def close(self) -> None:
        """Hang up on all."""
        await asyncio.gather(*self._late, *(each.close() for each in tuple(self._sessions)))

    async def _attach(self, name: str, order: ExecOrder) -> "HijackedSession":
        from ecstui.engine.docker_attach import DockerAttach

        answer = await self._calls.look(
            lambda client: client.look_at(f"/containers/{name}/json"), _KIND
        )
        if answer is None or object_at(answer, "State").get("Running") is not True:
            raise EngineError(_KIND, f"container {name} is not running")
        response = await self._calls.act(lambda client: client.open_attach(name), _KIND, "attached")
        stream = await self._stream(response, has_tty=order.has_tty)
        session = DockerAttach(
            self._calls, name, stream, socket_of(response), self._sessions.discard
        )
        self._sessions.add(session)
        if order.has_tty:
            await session.resize(order.size)
        return session

    async def _stream(self, response: Response, *, has_tty: bool) -> StreamThread[ExecOutput]:
        read: Callable[[Response], Iterator[Sequence[ExecOutput]]]
        read = plain_outputs if has_tty else framed_outputs
        return await self._calls.stream(
            "docker-exec", lambda _: response, read, _BYTES_WAITING, lambda each: len(each.data)
        )

    async def _open(self, name: str, order: ExecOrder) -> "HijackedSession":
        mark = f"{_MARK}={new_id()}"
        body: dict[str, object] = {
            "Cmd": list(order.command),
            "AttachStdin": order.has_input,
            "AttachStdout": True,
            "AttachStderr": True,
            "Tty": order.has_tty,
            "Env": [mark],
        }
        size = [order.size.rows, order.size.columns]
        start: dict[str, object] = {"Detach": False, "Tty": order.has_tty}
        if order.has_tty:
            start["ConsoleSize"] = body["ConsoleSize"] = size
        calls = self._calls
        exec_id = await calls.act(lambda client: client.make_exec(name, body), _KIND, "executed")
        response = await calls.act(
            lambda client: client.open_exec(exec_id, start), _KIND, "executed"
        )
        stream = await self._stream(response, has_tty=order.has_tty)
        running = _Running(name, exec_id, mark)
        session = DockerExec(calls, running, stream, socket_of(response), self._sessions.discard)
        self._sessions.add(session)
        if order.has_tty:
            await session.resize(order.size)  # engines before API 1.42 know no other way
        return session


@dataclass(frozen=True, slots=True)
class _Running:
    """Where a command runs, and what marks its processes."""

    container: str
    exec_id: str
    mark: str


class HijackedSession(ABC):
    """A connection that carries input one way and output the other; an `ExecSession`."""

    def __init__(
        self,
        calls: Calls,
        name: str,
        stream: StreamThread[ExecOutput],
        pipe: socket,
        closed: Callable[["HijackedSession"], None],
    ) -> None:
        """`name`: of the container; `pipe`: where input goes; `closed` is told when this ends."""
        self.calls = calls
        self.name = name
        self._stream = stream
        self._pipe = pipe
        self._closed = closed
        self._writer = ThreadPoolExecutor(1, "docker-exec-input")
        self._is_closed = False

    async def read(self) -> Sequence[ExecOutput] | None:
        """What was written since the last call; None when it has ended."""
        return await self._stream.batch()

    async def write(self, data: bytes) -> None:
        """Hand input over; waits as long as nobody reads it."""
        await self._send(lambda: self._pipe.sendall(data))

    async def end_input(self) -> None:
        """Close its input. One half of a TLS connection cannot be closed, so there it stays."""
        if not isinstance(self._pipe, ssl.SSLSocket):
            await self._send(lambda: self._pipe.shutdown(SHUT_WR))

    async def _send(self, work: Callable[[], None]) -> None:
        if self._is_closed:
            return
        with suppress(OSError, asyncio.InvalidStateError):  # it has ended and reads no more
            await asyncio.get_running_loop().run_in_executor(self._writer, work)

    def cut(self) -> bool:
        """Cut the connection; whether it was not cut before."""
        if self._is_closed:
            return False
        self._is_closed = True
        self._stream.close()
        self._writer.shutdown(wait=False, cancel_futures=True)
        return True

    def forget(self) -> None:
        """Say that this has ended."""
        self._closed(self)

    @abstractmethod
    async def resize(self, size: TerminalSize) -> None:
        """Tell the terminal its new size."""

    @abstractmethod
    async def exit_code(self) -> int:
        """How it ended."""

    @abstractmethod
    async def close(self) -> None:
        """Leave."""


class DockerExec(HijackedSession):
    """One command."""

    def __init__(
        self,
        calls: Calls,
        running: _Running,
        stream: StreamThread[ExecOutput],
        pipe: socket,
        closed: Callable[[HijackedSession], None],
    ) -> None:
        """`running`: what it is in its container."""
        super().__init__(calls, running.container, stream, pipe, closed)
        self._running = running
        self._exit_code: int | None = None

    async def resize(self, size: TerminalSize) -> None:
        """Tell the terminal its new size; one that has ended wants none."""
        exec_id = self._running.exec_id
        with suppress(EngineError):
            await self.calls.look(
                lambda client: client.resize_exec(exec_id, size.columns, size.rows), _KIND
            )

    async def exit_code(self) -> int:
        """How it ended.

        Raises:
            EngineError: the engine cannot tell.
        """
        if self._exit_code is None:
            self._exit_code = await self._ended(_LOOKS)
        if self._exit_code is None:
            message = "the connection ended, but the command runs on"
            raise EngineError(EngineErrorKind.TIMEOUT, message)
        return self._exit_code

    async def close(self) -> None:
        """Cut the connection and end what still runs of it."""
        if not self.cut():
            return
        try:
            if self._exit_code is None and not self.calls.is_closed:
                with suppress(EngineError):
                    await self._hang_up()
        finally:
            self.forget()

    async def _hang_up(self) -> None:
        """As a terminal that goes away does; what does not heed that is killed."""
        if await self._ended(1) is not None:
            return
        for signal in ("HUP", "KILL"):
            await self._signal(signal)
            if await self._ended(_GRACE_LOOKS) is not None:
                return

    async def _signal(self, name: str) -> None:
        """Signal all processes with the mark, from inside of the container: wherever that is."""
        script = (
            f"for each in /proc/[0-9]*; do grep -q {self._running.mark} $each/environ 2>/dev/null"
            f" && kill -{name} ${{each#/proc/}}; done"
        )
        container, body = self._running.container, {"Cmd": ["/bin/sh", "-c", script]}
        exec_id = await self.calls.act(
            lambda client: client.make_exec(container, body), _KIND, "executed"
        )
        await self.calls.act(lambda client: client.run_exec(exec_id), _KIND, "executed")

    async def _ended(self, looks: int) -> int | None:
        """Its exit code; None while it runs, after so many looks."""
        path = f"/exec/{self._running.exec_id}/json"
        for is_last in (*[False] * (looks - 1), True):
            answer = await self.calls.look(lambda client: client.look_at(path), _KIND)
            if answer is None:
                raise EngineError(_KIND, "the engine knows the command no more")
            code = answer.get("ExitCode")
            if not answer.get("Running") and isinstance(code, int):
                return code
            if not is_last:
                await self.calls.nap(_LOOK_WAIT_SECONDS)
        return None


async def _close_late(opening: "asyncio.Future[HijackedSession]") -> None:
    """Close a session that nobody waits for any more, once it is there."""
    try:
        session = await opening
    except EngineError:
        return
    await session.close()


# -- reading a response ------------------------------------------------------------------------


def socket_of(response: Response) -> socket:
    """The connection below a response that became a way in and out."""
    found = response.raw._fp.fp.raw._sock  # noqa: SLF001 - the way that Docker's own client takes
    assert isinstance(found, socket)
    return found


def _pieces(response: Response) -> Iterator[bytes]:
    """What comes, beginning with what was read together with the head of the answer."""
    file = response.raw._fp.fp  # noqa: SLF001 - see above
    try:
        while data := file.read1(_CHUNK_BYTES):
            yield data
    except (*CLIENT_ERRORS, AttributeError):
        return  # cut, or the engine is gone: who asks for the exit code will hear


def plain_outputs(response: Response) -> Iterator[Sequence[ExecOutput]]:
    """All that a terminal shows."""
    for data in _pieces(response):
        yield [ExecOutput("stdout", data)]


def framed_outputs(response: Response) -> Iterator[Sequence[ExecOutput]]:
    """Pieces of two streams, each with a head that says whose and how long it is."""
    waiting = b""
    for data in _pieces(response):
        waiting += data
        found = []
        while len(waiting) >= _HEADER.size:
            stream, length = _HEADER.unpack_from(waiting)
            end = _HEADER.size + length
            if len(waiting) < end:
                break
            name = "stderr" if stream == 2 else "stdout"
            found.append(ExecOutput(name, waiting[_HEADER.size : end]))
            waiting = waiting[end:]
        if found:
            yield found
