"""Follows the logs of containers whose lines are kept, so that they outlive them (ecs.md 10.1).

By default those with the awslogs driver, in the group and stream that their definition names. A
container may be removed once its log was read to the end. It never alters a record.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import cast

from ecstui.base.clock import Clock
from ecstui.base.errors import ClientException, EngineError
from ecstui.control.log_cursor import OVERLAP_SECONDS, LogCursor
from ecstui.engine.protocol import ContainerEngine
from ecstui.model.enums import ContainerStatus
from ecstui.model.logs import LogLine, LogWindow
from ecstui.model.task import ContainerRecord, TaskRecord
from ecstui.model.task_definition import ContainerDefinition, TaskDefinition
from ecstui.store.kinds import TASK_DEFINITIONS, TASKS
from ecstui.store.log_store import LogStore, StreamName
from ecstui.store.tables import View

logger = logging.getLogger(__name__)

AWSLOGS = "awslogs"
FOLLOWED_AT_ONCE = 200
"""Each takes a thread and a connection; the others are read at intervals."""
READ_AT_ONCE = 8
"""Of those that are not followed."""
INTERVAL_SECONDS = 2.0
AGAIN_SECONDS = 1.0
REFUSED_SECONDS = 30.0
"""After a refusal that may be lasting, such as that of a log driver which cannot be read."""
GONE_SECONDS = 60.0
"""After an engine has said that there is no such container; whoever knows better says so sooner."""
WARNING_SECONDS = 60.0
"""The same trouble is told of again after so long: each container of a full disk has it."""
TRIES_AFTER_END = 5
SWEEP_SECONDS = 60.0

_Key = tuple[str, str]
"""Engine, and the container's name there."""


@dataclass(frozen=True, slots=True)
class LogKeeping:
    """Where lines are kept, and whose."""

    store: LogStore
    keeps_all: bool = False
    """Also containers without the awslogs driver."""


def stream_of(
    task: TaskRecord, definition: TaskDefinition, container: ContainerRecord, *, keeps_all: bool
) -> StreamName | None:
    """Group and stream that a container's lines belong to; None: they are not kept.

    With a prefix the stream is `PREFIX/CONTAINER/TASK`, without one the engine's id of the
    container; None too as long as that is not known.
    """
    made = next((c for c in definition.container_definitions if c.name == container.name), None)
    group = None if made is None else _group_of(made)
    if group is None:
        if not keeps_all:
            return None
        group = f"/ecstui/{task.cluster_name}/{definition.family}"
        return StreamName(group, f"{AWSLOGS}/{container.name}/{task.task_id}")
    options = made.log_configuration.options if made and made.log_configuration else None
    prefix = (options or {}).get("awslogs-stream-prefix")
    if prefix:
        return StreamName(group, f"{prefix}/{container.name}/{task.task_id}")
    return StreamName(group, container.runtime_id) if container.runtime_id else None


def _group_of(container: ContainerDefinition) -> str | None:
    logging_of = container.log_configuration
    if logging_of is None or logging_of.log_driver != AWSLOGS:
        return None
    return (logging_of.options or {}).get("awslogs-group") or None


class LogKeeper:
    """Keeps the lines of one plane's containers."""

    def __init__(
        self,
        engines: Mapping[str, ContainerEngine],
        records: View,
        clock: Clock,
        keeping: LogKeeping | None,
    ) -> None:
        """`engines` may change; without `keeping` nothing is kept."""
        self._engines = engines
        self._records = records
        self._clock = clock
        self._keeping = keeping
        self._readers: dict[_Key, asyncio.Task[None]] = {}
        self._changed: dict[_Key, asyncio.Event] = {}
        self._done: dict[_Key, ContainerRecord] = {}
        self._warned_at: dict[str, float] = {}
        """Trouble to when it was told of last."""
        self._following = 0
        self._reading = asyncio.Semaphore(READ_AT_ONCE)
        self._sweeping: asyncio.Task[None] | None = None
        self._is_open = False

    def start(self) -> None:
        """Follow what runs, and read what ended while nobody looked."""
        if self._keeping is None:
            return
        self._is_open = True
        self._sweeping = asyncio.create_task(self._sweep())
        for task in self._records.all(TASKS):
            self.on_task(task)

    async def close(self) -> None:
        """Stop; what has not been read is read after the next start."""
        self._is_open = False
        tasks = [*self._readers.values(), *([self._sweeping] if self._sweeping else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- questions --------------------------------------------------------------------------------

    def is_reading(self, engine: str, name: str) -> bool:
        """Whether lines of a container are still to be read, so that it must stay."""
        return (engine, name) in self._readers

    def stream(self, task: TaskRecord, container: ContainerRecord) -> StreamName | None:
        """Where a container's lines are kept; None: they are not."""
        if self._keeping is None:
            return None
        definition = self._records.get(TASK_DEFINITIONS, task.task_definition_arn)
        if definition is None:
            return None
        return stream_of(task, definition, container, keeps_all=self._keeping.keeps_all)

    async def lines(
        self, task: TaskRecord, container: ContainerRecord, window: LogWindow
    ) -> AsyncGenerator[Sequence[LogLine]]:
        """Lines of a container: from its engine, or those stored when it has them no more.

        Raises `ClientException` or `EngineError` when neither has any.
        """
        name = self.stream(task, container)
        engine = self._engines.get(task.engine)
        if engine is None and name is None:
            raise ClientException(f"Engine {task.engine} is used no more.", field="task")
        if engine is not None and not (task.swept_at is not None and name is not None):
            stream = engine.logs(container.engine_name, window)
            async with aclosing(cast("AsyncGenerator[Sequence[LogLine]]", stream)) as batches:
                try:
                    first = await anext(batches, None)
                except EngineError as error:
                    if error.retryable or name is None or not self._has_stored(name):
                        raise
                else:
                    if first is not None:
                        yield first
                    async for lines in batches:
                        yield lines
                    return
        if name is not None:
            async with aclosing(self.stored(name, window)) as found:
                async for stored in found:
                    yield stored

    def _has_stored(self, name: StreamName) -> bool:
        return self._keeping is not None and any(self._keeping.store.pieces(name))

    async def stored(self, name: StreamName, window: LogWindow) -> AsyncGenerator[list[LogLine]]:
        """The lines that are stored of a window."""
        if self._keeping is None:
            return
        store = self._keeping.store
        lines: list[LogLine] = []
        for piece in store.pieces(name, window.since):
            lines += (stored.line for stored in piece)
            if window.tail is None and lines:
                yield lines
                lines = []
            elif window.tail is not None:
                lines = lines[-window.tail :] if window.tail else []
            await asyncio.sleep(0)
        if lines:
            yield lines

    # -- tasks ------------------------------------------------------------------------------------

    def on_task(self, task: TaskRecord) -> None:
        """Take note of a task that is new or has changed."""
        if not self._is_open or not task.engine:
            return
        for container in task.containers:
            if container.started_at is None:
                continue
            key = (task.engine, container.engine_name)
            if key in self._readers:
                self._changed[key].set()
            elif task.swept_at is None and self._done.get(key) != container:
                self._begin(key, task, container)

    def forget(self, task: TaskRecord) -> None:
        """A task's record is gone."""
        for container in task.containers:
            key = (task.engine, container.engine_name)
            self._done.pop(key, None)
            if key in self._changed:
                self._changed[key].set()

    def _begin(self, key: _Key, task: TaskRecord, container: ContainerRecord) -> None:
        name = self.stream(task, container)
        if name is None or self._keeping is None:
            return
        self._changed[key] = asyncio.Event()
        reading = self._read(key, name, task.task_arn, container.name)
        self._readers[key] = asyncio.create_task(reading)

    async def _read(self, key: _Key, name: StreamName, task_arn: str, container: str) -> None:
        assert self._keeping is not None
        store = self._keeping.store
        store.open.add(name)
        try:
            cursor = LogCursor(store.recent(name, OVERLAP_SECONDS))
            await self._read_to_the_end(key, name, cursor, (task_arn, container))
        except asyncio.CancelledError:
            raise
        except Exception:
            logger.exception("the log of %s on %s is not kept any more", key[1], key[0])
        finally:
            store.open.discard(name)
            self._readers.pop(key, None)
            self._changed.pop(key, None)
            self._warned_at.pop(key[1], None)

    async def _read_to_the_end(
        self, key: _Key, name: StreamName, cursor: LogCursor, who: tuple[str, str]
    ) -> None:
        """Over restarts of the container and breaks, until it will not run again."""
        failures, is_told = 0, False
        while True:
            self._changed[key].clear()
            container, is_over = self._now(*who)
            try:
                await self._take(key, name, cursor, is_over=is_over)
            except (EngineError, OSError) as error:
                failures += 1
                is_gone = _is_gone(error)
                if is_over and (is_gone or failures >= TRIES_AFTER_END):
                    break
                is_refused = isinstance(error, EngineError) and not error.retryable
                if not is_gone and not (is_refused and is_told):
                    is_told = is_refused
                    self._warn(key, error)
                await self._wait(key, _seconds_after(error, is_over=is_over))
                continue
            failures = 0
            self._warned_at.pop(key[1], None)
            if is_over:
                break
            has_ended = container is None or container.last_status is ContainerStatus.STOPPED
            seconds = INTERVAL_SECONDS * max(1.0, len(self._readers) / FOLLOWED_AT_ONCE)
            await self._wait(key, None if has_ended else seconds)
        if container is not None:
            self._done[key] = container

    def _warn(self, key: _Key, error: EngineError | OSError) -> None:
        """Tell of a trouble that may last, of each once in a while: one disk is everybody's."""
        trouble = (error.strerror or str(error)) if isinstance(error, OSError) else key[1]
        told_at, now = self._warned_at.get(trouble), self._clock.now()
        if told_at is None or now >= told_at + WARNING_SECONDS:
            self._warned_at[trouble] = now
            logger.warning("the log of %s will be read again: %s", key[1], error)

    def _now(self, task_arn: str, container: str) -> tuple[ContainerRecord | None, bool]:
        """The container's record, and whether it will not run again."""
        task = self._records.get(TASKS, task_arn)
        if task is None:
            return None, True
        record = next((c for c in task.containers if c.name == container), None)
        return record, record is None or task.is_stopped

    async def _wait(self, key: _Key, seconds: float | None) -> None:
        """Until the task changes, or for so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed[key].wait()
        except TimeoutError:
            pass

    async def _take(self, key: _Key, name: StreamName, cursor: LogCursor, *, is_over: bool) -> None:
        engine = self._engines.get(key[0])
        if engine is None:
            return
        if is_over or self._following >= FOLLOWED_AT_ONCE:
            async with self._reading:
                await self._store(engine, key[1], name, cursor, follow=False)
            return
        self._following += 1
        try:
            await self._store(engine, key[1], name, cursor, follow=True)
        finally:
            self._following -= 1

    async def _store(
        self, engine: ContainerEngine, container: str, name: StreamName, cursor: LogCursor,
        *, follow: bool,
    ) -> None:  # fmt: skip
        assert self._keeping is not None
        stream = engine.logs(container, cursor.window(follow=follow))
        async with aclosing(cast("AsyncGenerator[Sequence[LogLine]]", stream)) as batches:
            async for lines in batches:
                fresh = cursor.fresh(lines)
                if fresh:
                    self._keeping.store.append(name, fresh, self._clock.now())
                    cursor.note(fresh)
                await asyncio.sleep(0)

    async def _sweep(self) -> None:
        """Let go at times what is older than its group keeps."""
        assert self._keeping is not None
        while True:
            try:
                self._keeping.store.sweep(self._clock.now())
            except OSError as error:
                logger.warning("old lines of logs cannot be removed: %s", error)
            await asyncio.sleep(SWEEP_SECONDS)


def _is_gone(error: Exception) -> bool:
    """Whether an engine said that it has no such container, as both kinds of engines word it."""
    return (
        isinstance(error, EngineError)
        and not error.retryable
        and error.message.startswith("No such container")
    )


def _seconds_after(error: Exception, *, is_over: bool) -> float:
    """How long to wait before a log is read again; one that is over holds up a removal."""
    if _is_gone(error):
        return GONE_SECONDS
    is_refused = isinstance(error, EngineError) and not error.retryable
    return REFUSED_SECONDS if is_refused and not is_over else AGAIN_SECONDS
