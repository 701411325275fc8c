"""A control plane that does what a test tells it, with a real store behind it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from functools import partial
from typing import Any

from ecstui.base.errors import ClientException
from ecstui.model.cluster import ClusterRecord
from ecstui.model.exec import ExecOrder, ExecOutput, TerminalSize
from ecstui.model.logs import LogLine, LogWindow
from ecstui.model.requests.clusters import (
    CreateClusterRequest,
    CreateClusterResponse,
    DescribeClustersRequest,
    DescribeClustersResponse,
)
from ecstui.model.shape import Request, Shape
from ecstui.store.feed import Batch, Feed, Resync
from ecstui.store.journal import MemoryJournal
from ecstui.store.kinds import CLUSTERS
from ecstui.store.store import Store
from ecstui.store.tables import Transaction

TASK = "arn:aws:ecs:us-east-1:000000000000:task/default/0123456789abcdef0123456789abcdef"


def cluster_record(name: str, created_at: float = 1.0) -> ClusterRecord:
    return ClusterRecord(
        cluster_arn=f"arn:aws:ecs:us-east-1:000000000000:cluster/{name}",
        cluster_name=name,
        created_at=created_at,
    )


async def until(is_so: Callable[[], object]) -> None:
    """Let the loop run until something is so."""
    while not is_so():  # noqa: ASYNC110
        await asyncio.sleep(0)


class Log:
    """One container's log: lines that are there, and those that a test adds."""

    def __init__(self) -> None:
        self.lines: list[LogLine] = []
        self.windows: list[LogWindow] = []
        self.readers = 0
        self.is_over = False
        self.error: Exception | None = None
        self._more = asyncio.Event()

    def add(self, *texts: str) -> None:
        for text in texts:
            at = 1_700_000_000.0 + len(self.lines)
            self.lines.append(LogLine(at, "stdout", text))
        self.wake()

    def end(self, error: Exception | None = None) -> None:
        self.is_over, self.error = True, error
        self.wake()

    def wake(self) -> None:
        self._more.set()
        self._more = asyncio.Event()

    async def read(self, window: LogWindow) -> AsyncGenerator[Sequence[LogLine]]:
        self.windows.append(window)
        self.readers += 1
        read = 0
        if window.tail is not None:
            read = max(len(self.lines) - window.tail, 0)
        since = window.since or 0.0
        try:
            while True:
                fresh = [line for line in self.lines[read:] if line.at >= since]
                read = len(self.lines)
                if fresh:
                    yield fresh
                    continue
                if self.error is not None:
                    raise self.error
                if self.is_over or not window.follow:
                    return
                await self._more.wait()
        finally:
            self.readers -= 1


class Session:
    """One command in a container: a test says what it writes and how it ends."""

    def __init__(self, task_arn: str, container: str, order: ExecOrder) -> None:
        self.asked = (task_arn, container, order)
        self.taken: list[bytes] = []
        self.sizes: list[TerminalSize] = []
        self.takes_input = asyncio.Event()
        self.takes_input.set()
        self.has_input_ended = False
        self.is_closed = False
        self._outputs: asyncio.Queue[ExecOutput | Exception | None] = asyncio.Queue()
        self._code = 0

    def say(self, data: bytes, stream: str = "stdout") -> None:
        self._outputs.put_nowait(ExecOutput(stream, data))

    def end(self, code: int) -> None:
        self._code = code
        self._outputs.put_nowait(None)

    def break_off(self, error: Exception) -> None:
        self._outputs.put_nowait(error)

    async def read(self) -> Sequence[ExecOutput] | None:
        found = await self._outputs.get()
        if isinstance(found, Exception):
            raise found
        return None if found is None else [found]

    async def write(self, data: bytes) -> None:
        await self.takes_input.wait()
        self.taken.append(data)

    async def end_input(self) -> None:
        self.has_input_ended = True

    async def resize(self, size: TerminalSize) -> None:
        self.sizes.append(size)

    async def exit_code(self) -> int:
        return self._code

    async def close(self) -> None:
        self.is_closed = True


class FakePlane:
    """Knows CreateCluster and DescribeClusters; `fault` is raised by every call while set."""

    def __init__(self) -> None:
        self.store = Store(MemoryJournal())
        self.log = Log()
        self.sessions: list[Session] = []
        self.fault: Exception | None = None
        self.hold: asyncio.Event | None = None
        self.callers: list[str] = []
        self.stopped_with: list[bool] = []
        self._failed: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()

    def limit_feed(self, *, batches_per_reader: int) -> None:
        """Have readers fall behind sooner."""
        snapshot = self.store._snapshot
        self.store.feed = Feed(snapshot, batches_per_reader=batches_per_reader)

    async def put(self, *records: Shape) -> None:
        for record in records:
            self.store.update(partial(Transaction.put, record=record))
        await self.store.flush()

    async def call(self, request: Request[Any], caller: str = "local") -> Any:
        self.callers.append(caller)
        if self.hold is not None:
            await self.hold.wait()
        if self.fault is not None:
            raise self.fault
        match request:
            case CreateClusterRequest(cluster_name=name):
                record = cluster_record(name or "default")
                await self.put(record)
                return CreateClusterResponse(cluster=record)
            case DescribeClustersRequest():
                return DescribeClustersResponse(clusters=(*self.store.all(CLUSTERS),))
        raise ClientException(f"no {request.operation()} here")

    def batches(self, since: int | None = None) -> AsyncGenerator[Batch | Resync]:
        return self.store.batches(since)

    def logs(
        self, task_arn: str, container: str, window: LogWindow
    ) -> AsyncGenerator[Sequence[LogLine]]:
        return self._logs(task_arn, container, window)

    async def _logs(
        self, task_arn: str, container: str, window: LogWindow
    ) -> AsyncGenerator[Sequence[LogLine]]:
        if task_arn != TASK:
            raise ClientException("The referenced task was not found.", field="task")
        async for lines in self.log.read(window):
            yield lines

    async def execute(self, task_arn: str, container: str, order: ExecOrder) -> Session:
        if self.fault is not None:
            raise self.fault
        if task_arn != TASK:
            raise ClientException("The referenced task was not found.", field="task")
        self.sessions.append(Session(task_arn, container, order))
        return self.sessions[-1]

    def fail(self, error: Exception) -> None:
        self._failed.set_result(error)

    async def wait_failed(self) -> Exception:
        return await asyncio.shield(self._failed)

    async def stop(self, *, tasks: bool = False) -> None:
        self.stopped_with.append(tasks)
