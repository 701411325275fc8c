"""The client of a daemon: calls over its Unix socket, and a replica that follows its feed.

When the daemon goes away the view keeps what it had, `problem` says why, and the feed is taken up
again as soon as somebody answers. A call is never repeated: who made it decides.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TypeVar
from urllib.parse import urlencode

from ecstui import __version__
from ecstui.base.errors import DaemonUnreachableError, EcsError
from ecstui.client import exec_wire
from ecstui.client.http import Answer, send
from ecstui.client.lines import HEARTBEAT_SECONDS, UnreadableLineError, read_log_line
from ecstui.client.log_resume import LogResume
from ecstui.client.pull import Pull
from ecstui.client.remote_exec import RemoteExec
from ecstui.client.replica import Replica
from ecstui.client.websocket import TEXT, open_channel
from ecstui.client.wire import (
    CONTENT_TYPE,
    EPOCH_HEADER,
    SEQ_HEADER,
    TARGET_PREFIX,
    VERSION_HEADER,
    read_error_body,
    read_response,
    write_request,
)
from ecstui.model.exec import ExecOrder, ExecSession
from ecstui.model.logs import LogLine, LogWindow
from ecstui.model.shape import Request, Shape
from ecstui.settings import StatePaths
from ecstui.store.feed import Batch, Resync
from ecstui.store.tables import View

R = TypeVar("R", bound=Shape)

FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 3.0
SILENCE_SECONDS = 3 * HEARTBEAT_SECONDS
ANSWER_SECONDS = 60.0
CATCH_UP_SECONDS = 1.0
BATCHES_PER_READER = 1_000
NOT_RUNNING = "The daemon is not running."


class _Silence(ConnectionError):
    """Not even a sign of life came for too long."""


class _Reader:
    """What one reader of `changes` has not had yet."""

    def __init__(self) -> None:
        self._items: deque[Batch | Resync | None] = deque()
        self._ready = asyncio.Event()

    def offer(self, item: Batch | Resync | None, replica: Replica) -> None:
        if len(self._items) >= BATCHES_PER_READER:
            self._items.clear()
            self._items.append(None)
            item = replica.snapshot()
        self._items.append(item)
        self._ready.set()

    async def next(self) -> Batch | Resync | None:
        while not self._items:
            self._ready.clear()
            await self._ready.wait()
        return self._items.popleft()


class RemoteClient:
    """A `Client` over the socket of a state directory."""

    def __init__(self, paths: StatePaths, program: str = "ecstui") -> None:
        """Connects when it is used first; can be made outside of an event loop.

        `program`: who the history of calls says it is.
        """
        self._paths = paths
        self._program = program
        self._replica = Replica()
        self._problem: str | None = None
        self.daemon_version = ""
        """Version of ecstui that the daemon runs, as far as it has said so."""
        self._epoch = ""
        self._is_live = False
        self._readers: list[_Reader] = []
        self._following: asyncio.Task[None] | None = None
        self._moved = asyncio.Event()

    @property
    def view(self) -> View:
        """The records as the feed told of them last."""
        return self._replica

    @property
    def problem(self) -> str | None:
        """Why the view is not live; None when it is, or while the first answer is awaited."""
        return self._problem

    # -- calls --------------------------------------------------------------------------------

    async def call(self, request: Request[R]) -> R:
        """Carry out one operation; its changes are in `view` when it returns, if the feed lives.

        Raises `EcsError` when it is refused, `DaemonUnreachableError` when no answer came.
        """
        headers = {
            "Content-Type": CONTENT_TYPE,
            "User-Agent": self._program,
            "X-Amz-Target": TARGET_PREFIX + request.operation(),
        }
        status, body, seq = await self._answer(headers, write_request(request))
        if status != 200:
            raise read_error_body(body, status)
        await self._catch_up(seq)
        try:
            return read_response(request, body)
        except ValueError as error:
            raise DaemonUnreachableError(
                f"The answer to {request.operation()} cannot be read: does the daemon run another "
                f"version than {__version__}?"
            ) from error

    async def _answer(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes, int]:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await send(self._paths.socket, "POST", "/", headers=headers, body=body)
                try:
                    return answer.status, await answer.body(), _seq_of(answer)
                finally:
                    await answer.close()
        except (FileNotFoundError, ConnectionRefusedError, PermissionError) as error:
            raise DaemonUnreachableError(self._why(error)) from error
        except (OSError, TimeoutError) as error:
            raise DaemonUnreachableError(
                "The daemon went away before it answered: look whether the change was made "
                "before you try again."
            ) from error

    async def _catch_up(self, seq: int) -> None:
        """Wait, but not for long, until the view has what the call changed."""
        try:
            async with asyncio.timeout(CATCH_UP_SECONDS):
                while self._is_live and self._replica.seq < seq:
                    await self._moved.wait()
        except TimeoutError:
            return

    # -- feed ---------------------------------------------------------------------------------

    async def changes(self) -> AsyncGenerator[Batch | Resync | None]:
        """Each batch after `view` has taken it in, a snapshot first; None on a new `problem`."""
        if self._following is None:
            self._following = asyncio.create_task(self._follow())
        reader = _Reader()
        self._readers.append(reader)
        try:
            if self._replica.has_snapshot:
                yield self._replica.snapshot()
            while True:
                yield await reader.next()
        finally:
            self._readers.remove(reader)

    async def _follow(self) -> None:
        wait_seconds = FIRST_WAIT_SECONDS
        while True:
            try:
                await self._follow_once()
            except (OSError, UnreadableLineError, EcsError) as error:
                self._say(self._why(error))
            if self._is_live:
                wait_seconds = FIRST_WAIT_SECONDS
            self._is_live = False
            self._wake()
            await asyncio.sleep(wait_seconds)
            wait_seconds = min(2 * wait_seconds, LONGEST_WAIT_SECONDS)

    async def _follow_once(self) -> None:
        self._replica.forget_part()
        target = "/_ecstui/changes"
        if self._replica.has_snapshot:
            target += "?" + urlencode({"since": self._replica.seq, "epoch": self._epoch})
        answer = await _send_in_time(self._paths, target)
        epoch = answer.headers.get(EPOCH_HEADER.lower(), "")
        is_resumed = self._replica.has_snapshot and epoch == self._epoch
        self.daemon_version = answer.headers.get(VERSION_HEADER.lower(), "")
        async with aclosing(_lines_in_time(answer)) as lines:
            async for line in lines:
                item = self._replica.take_line(line)
                if not self._is_live and (is_resumed or item is not None):
                    self._is_live, self._epoch = True, epoch
                    self._say(None)
                if item is not None:
                    self._tell(item)
        raise ConnectionResetError("the feed ended")

    def _tell(self, item: Batch | Resync | None) -> None:
        for reader in self._readers:
            reader.offer(item, self._replica)
        self._wake()

    def _say(self, problem: str | None) -> None:
        if problem != self._problem:
            self._problem = problem
            self._tell(None)

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    def _why(self, error: Exception) -> str:
        """What to tell people about a connection that failed."""
        match error:
            case _Silence():
                return f"The daemon has not answered for {SILENCE_SECONDS:.0f} seconds."
            case PermissionError():
                return f"You may not use {self._paths.socket}: it belongs to another user."
            case UnreadableLineError():
                return (
                    f"The daemon runs ecstui {self.daemon_version or '?'}, which {__version__} "
                    "cannot understand: `ecstui stop`, then start it again (tasks keep running)."
                )
            case EcsError(message=message):
                return f"The daemon refuses its feed: {message}"
            case _:
                return gone(self._paths)

    # -- logs ---------------------------------------------------------------------------------

    async def logs(
        self, task_arn: str, container: str, window: LogWindow
    ) -> AsyncGenerator[Sequence[LogLine]]:
        """Batches of lines; a stream that breaks is taken up again where it broke.

        Raises `EcsError`, and `DaemonUnreachableError` when it is not to be followed.
        """
        resume = LogResume(window)
        wait_seconds = FIRST_WAIT_SECONDS
        while True:
            try:
                once = self._logs_once(task_arn, container, resume.window())
                async with aclosing(once) as batches:
                    async for lines in batches:
                        wait_seconds = FIRST_WAIT_SECONDS
                        fresh = resume.fresh(lines)
                        if fresh:
                            yield fresh
                return
            except (OSError, UnreadableLineError) as error:
                if not window.follow:
                    raise DaemonUnreachableError(self._why(error)) from error
            await asyncio.sleep(wait_seconds)
            wait_seconds = min(2 * wait_seconds, LONGEST_WAIT_SECONDS)

    async def _logs_once(
        self, task_arn: str, container: str, window: LogWindow
    ) -> AsyncGenerator[Sequence[LogLine]]:
        """The lines of one connection; ends with the log, raises when the connection ends first."""
        query: list[tuple[str, object]] = [("task", task_arn), ("container", container)]
        query += [("tail", window.tail), ("since", window.since), ("follow", int(window.follow))]
        given = [(name, value) for name, value in query if value is not None]
        answer = await _send_in_time(self._paths, "/_ecstui/logs?" + urlencode(given))
        async with aclosing(_lines_in_time(answer)) as found:
            async for line in found:
                lines = read_log_line(line)
                if lines is None:
                    return
                if lines:
                    yield lines
        raise ConnectionResetError("the log broke off")

    # -- commands in containers ----------------------------------------------------------------

    async def execute(self, task_arn: str, container: str, order: ExecOrder) -> ExecSession:
        """Run a command in a container; a session that breaks off is not taken up again.

        Raises `EcsError` when it is refused, `DaemonUnreachableError` when nobody answers.
        """
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._open_session(exec_wire.order_text(task_arn, container, order))
        except (OSError, TimeoutError) as error:
            raise DaemonUnreachableError(self._why(error)) from error

    async def _open_session(self, order: str) -> RemoteExec:
        channel = await open_channel(self._paths.socket, exec_wire.PATH)
        if isinstance(channel, Answer):
            try:
                raise read_error_body(await channel.body(), channel.status)
            finally:
                await channel.close()
        try:
            await channel.send(TEXT, order.encode())
            answer = await channel.receive()
            if answer is None or answer[1].decode() != exec_wire.STARTED:
                raise read_error_body(b"" if answer is None else answer[1], 400)
        except BaseException:
            await channel.close()
            raise
        return RemoteExec(channel, lambda: gone(self._paths))

    async def close(self) -> None:
        """Let go of the feed; the daemon goes on."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
            self._following = None


def gone(paths: StatePaths) -> str:
    """Words for a daemon that nobody hears of, with the reason that it left behind."""
    try:
        reason = paths.failure.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        reason = ""
    return f"The daemon had to stop: {reason}" if reason else NOT_RUNNING


def _seq_of(answer: Answer) -> int:
    seq = answer.headers.get(SEQ_HEADER.lower(), "")
    return int(seq) if seq.isdigit() else 0


async def _send_in_time(paths: StatePaths, target: str) -> Answer:
    try:
        async with asyncio.timeout(SILENCE_SECONDS):
            answer = await send(paths.socket, "GET", target)
    except TimeoutError as error:
        raise _Silence from error
    if answer.status != 200:
        try:
            raise read_error_body(await answer.body(), answer.status)
        finally:
            await answer.close()
    return answer


async def _lines_in_time(answer: Answer) -> AsyncGenerator[bytes]:
    pull = Pull(answer.lines())
    try:
        while await pull.wait(limit_seconds=SILENCE_SECONDS):
            line = pull.take()
            if line is None:
                return
            yield line
        raise _Silence
    finally:
        await pull.close()
        await answer.close()
