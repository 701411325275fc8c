"""Calls to one Docker Engine from the event loop: bounded pools of threads, one shared connection.

Looks, acts and waits have room of their own, so that a screenful of stopping containers never
keeps the observer from looking. It knows how to call and when to give up, not what to call.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, TypeVar

from requests import Response

from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.engine.docker_client import Client, Sockets
from ecstui.engine.docker_errors import CLIENT_ERRORS, engine_error, is_version_refused
from ecstui.engine.docker_observation import Json, one_line
from ecstui.engine.docker_ssh import SshTunnel
from ecstui.engine.docker_stream import StreamThread
from ecstui.engine.endpoint import Endpoint

R = TypeVar("R")
T = TypeVar("T")

THREADS = 16
"""Calls under way at once; most of them may act, the rest is kept for looks."""
_ACTS_AT_ONCE = 12
"""So many saturate an engine; more only make each of them slower."""
_WAITS_AT_ONCE = 64
_ACT_SECONDS = 120.0
_CLOSE_SECONDS = 2.0


class _Stream(Protocol):
    """A stream of whatever."""

    @property
    def is_alive(self) -> bool: ...

    def close(self) -> None: ...

    def join(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Connection:
    """A client, and what the engine said of itself when it was made."""

    client: Client
    info: Json


class Calls:
    """All calls to one engine."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Nothing is opened before the first call."""
        self.endpoint = endpoint
        self.is_closed = False
        self._short = ThreadPoolExecutor(THREADS, "docker-call")
        self._long = ThreadPoolExecutor(_WAITS_AT_ONCE, "docker-wait")
        self._acts = asyncio.Semaphore(_ACTS_AT_ONCE)
        self._looks = asyncio.Semaphore(THREADS - _ACTS_AT_ONCE)
        self._sockets = Sockets()
        self._tunnel = SshTunnel(endpoint) if endpoint.address.startswith("ssh://") else None
        self._connecting: asyncio.Task[Connection] | None = None
        self._streams: list[_Stream] = []
        self._closing = asyncio.Event()

    async def look(
        self,
        work: Callable[[Client], R],
        kind: EngineErrorKind = EngineErrorKind.CANNOT_INSPECT,
        transition: str = "inspecting",
    ) -> R:
        """Make a call that changes nothing.

        Raises:
            EngineError: of `kind` when the engine refuses, else TIMEOUT or UNREACHABLE.
        """
        async with self._looks:
            return await self._call(self._short, work, kind, transition)

    async def act(self, work: Callable[[Client], R], kind: EngineErrorKind, transition: str) -> R:
        """Make a call that changes something; a repetition is not made here.

        Raises:
            EngineError: as for `look`.
        """
        async with self._acts:
            return await self._call(self._short, work, kind, transition)

    async def wait(self, work: Callable[[Client], R], kind: EngineErrorKind, transition: str) -> R:
        """Make a call that mostly waits.

        Raises:
            EngineError: as for `look`.
        """
        return await self._call(self._long, work, kind, transition)

    async def compute(self, work: Callable[[], R]) -> R:
        """Do what would hold up the event loop, such as reading many files."""
        return await asyncio.get_running_loop().run_in_executor(self._short, work)

    async def connection(self) -> Connection:
        """The connection; callers that come while it is being made share it, or its failure.

        Raises:
            EngineError: UNREACHABLE or TIMEOUT.
        """
        self._check_open()
        task = self._connecting
        if task is None or (task.done() and _has_failed(task)):
            task = self._connecting = asyncio.create_task(self._connect())
            task.add_done_callback(_has_failed)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self._check_cut()
            raise

    def error(self, error: Exception, kind: EngineErrorKind, transition: str) -> EngineError:
        """What a failure of the client means."""
        return engine_error(error, kind, transition, self.endpoint)

    async def stream(
        self,
        name: str,
        open_response: Callable[[Client], Response],
        read: Callable[[Response], Iterator[Sequence[T]]],
        room: int,
        size_of: Callable[[T], int] = lambda _: 1,
    ) -> StreamThread[T]:
        """Open a stream, read by a thread of its own; close it.

        Raises:
            EngineError: UNREACHABLE or TIMEOUT; what the engine refuses is raised by `batch`.
        """
        client = (await self.connection()).client
        try:
            stream = StreamThread(name, lambda: open_response(client), read, room, size_of)
        except RuntimeError as error:
            raise self._no_thread(error) from error
        self._streams = [each for each in self._streams if each.is_alive]
        self._streams.append(stream)
        return stream

    async def nap(self, seconds: float) -> None:
        """Wait, but not longer than until everything is closed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    async def close(self) -> None:
        """Cut every call and stream under way and let the threads go."""
        self.is_closed = True
        self._closing.set()
        for stream in self._streams:
            stream.close()
        for pool in (self._short, self._long):
            pool.shutdown(wait=False, cancel_futures=True)
        self._sockets.cut()
        self._drop_connection()
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._threads_ended()

    async def _threads_ended(self) -> None:
        """Wait for all threads, in one more thread, since they cannot be waited for here."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()

        def wait() -> None:
            if self._tunnel is not None:
                self._tunnel.close()
            for stream in self._streams:
                stream.join()
            for pool in (self._short, self._long):
                pool.shutdown(wait=True)
            with suppress(RuntimeError):  # nobody waited so long
                loop.call_soon_threadsafe(ended.set)

        waiter = threading.Thread(target=wait, name="docker-close", daemon=True)
        waiter.start()
        await ended.wait()
        waiter.join()

    async def _connect(self) -> Connection:
        def open_client() -> Connection:
            client = Client(self.endpoint, _ACT_SECONDS, self._sockets, self._tunnel)
            info, _ = client.look("/info")
            return Connection(client, info if isinstance(info, dict) else {})

        return await self._run(self._short, open_client, EngineErrorKind.UNREACHABLE, "connected")

    def _drop_connection(self) -> None:
        """Let go of the connection; calls under way on it go on to their end."""
        connecting, self._connecting = self._connecting, None
        if connecting is not None:
            connecting.cancel()
            if not _has_failed(connecting):
                connecting.result().client.close()

    async def _call(
        self, pool: Executor, work: Callable[[Client], R], kind: EngineErrorKind, transition: str
    ) -> R:
        connection = await self.connection()
        return await self._run(pool, lambda: work(connection.client), kind, transition)

    async def _run(
        self, pool: Executor, work: Callable[[], R], kind: EngineErrorKind, transition: str
    ) -> R:
        self._check_open()
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, work)
        except CLIENT_ERRORS as error:
            if is_version_refused(error):  # the engine was replaced by another: ask it again
                self._drop_connection()
            raise self.error(error, kind, transition) from error
        except RuntimeError as error:
            raise self._no_thread(error) from error
        except asyncio.CancelledError:
            self._check_cut()
            raise

    def _no_thread(self, error: RuntimeError) -> EngineError:
        """What it means that this machine has no thread to give: there may be one later."""
        self._check_open()  # pools that are shut down say the same
        words = f"this machine cannot make the call: {one_line(str(error))}"
        return EngineError(EngineErrorKind.TIMEOUT, words, retryable=True)

    def _check_cut(self) -> None:
        """Tell a call that was cut, before a thread took it, from a caller that was cancelled."""
        task = asyncio.current_task()
        if task is not None and not task.cancelling():
            self._check_open()

    def _check_open(self) -> None:
        if self.is_closed:
            message = "the connection to the engine was closed"
            raise EngineError(EngineErrorKind.UNREACHABLE, message, retryable=True)


def _has_failed(task: "asyncio.Task[Connection]") -> bool:
    """Whether there is no connection; asking also takes note of the failure."""
    return not task.done() or task.cancelled() or task.exception() is not None
