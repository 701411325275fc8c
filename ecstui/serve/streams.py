"""Streams of NDJSON for front ends: the feed of changes, and logs (`client/lines.py`).

A reader that is slow waits for itself only: the store keeps a bounded queue for it and sends
everything anew when that overflows. One that reads nothing at all is let go after a while.
"""

import asyncio
import logging
import math
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

from aiohttp import web

from ecstui.base.errors import EcsError, InvalidParameterException, ServerException
from ecstui.client.lines import (
    END,
    HEARTBEAT,
    HEARTBEAT_SECONDS,
    batch_line,
    error_line,
    log_line,
    snapshot_lines,
)
from ecstui.client.plane import Plane
from ecstui.client.pull import Pull
from ecstui.client.wire import EPOCH_HEADER, VERSION_HEADER
from ecstui.model.logs import LogWindow
from ecstui.store.feed import Batch

logger = logging.getLogger(__name__)

T = TypeVar("T")

STREAMS_AT_ONCE = 500
STALLED_SECONDS = 60.0


class Streams:
    """Feeds and logs of one plane, each until its reader leaves."""

    def __init__(
        self,
        plane: Plane,
        *,
        version: str,
        epoch: str,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        stalled_seconds: float = STALLED_SECONDS,
    ) -> None:
        """`epoch` names this run: numbers of changes that a reader has from another are void."""
        self._plane = plane
        self._headers = {VERSION_HEADER: version, EPOCH_HEADER: epoch}
        self._epoch = epoch
        self._heartbeat_seconds = heartbeat_seconds
        self._stalled_seconds = stalled_seconds
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def open(self) -> int:
        """How many streams have readers."""
        return len(self._serving)

    async def close(self, app: web.Application) -> None:
        """End every stream: its reader sees the connection end."""
        serving = list(self._serving)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    async def changes(self, http: web.Request) -> web.StreamResponse:
        """`GET /_ecstui/changes?since=&epoch=`: everything, or what came after `since`."""
        since = _number(http, "since", int)
        if http.query.get("epoch", self._epoch) != self._epoch:
            since = None
        return await self._stream(http, self._feed_lines(since))

    async def logs(self, http: web.Request) -> web.StreamResponse:
        """`GET /_ecstui/logs?task=&container=&tail=&since=&follow=`: lines of one container."""
        window = LogWindow(
            tail=_number(http, "tail", int),
            since=_number(http, "since", float),
            follow=http.query.get("follow", "1") not in ("0", "false"),
        )
        task, container = _given(http, "task"), _given(http, "container")
        return await self._stream(http, self._log_lines(task, container, window))

    # -- lines --------------------------------------------------------------------------------

    async def _feed_lines(self, since: int | None) -> AsyncGenerator[bytes]:
        yield HEARTBEAT
        async with aclosing(self._with_signs_of_life(self._plane.batches(since))) as items:
            async for item in items:
                if item is None:
                    yield HEARTBEAT
                elif isinstance(item, Batch):
                    yield batch_line(item)
                else:
                    for line in snapshot_lines(item):
                        yield line
                        await asyncio.sleep(0)

    async def _log_lines(
        self, task_arn: str, container: str, window: LogWindow
    ) -> AsyncGenerator[bytes]:
        found = self._plane.logs(task_arn, container, window)
        try:
            async with aclosing(self._with_signs_of_life(found)) as items:
                async for lines in items:
                    yield HEARTBEAT if lines is None else log_line(lines)
            yield END
        except EcsError as error:
            yield error_line(error)
        except Exception as error:
            logger.exception("the log of %s in %s broke off", container, task_arn)
            yield error_line(ServerException(f"The log cannot be read on: {error}"))

    async def _with_signs_of_life(self, found: AsyncGenerator[T]) -> AsyncGenerator[T | None]:
        """Each item, and None for each heartbeat without one."""
        pull = Pull(found)
        try:
            while True:
                if not await pull.wait(limit_seconds=self._heartbeat_seconds):
                    yield None
                    continue
                item = pull.take()
                if item is None:
                    return
                yield item
        finally:
            await pull.close()

    # -- connection ---------------------------------------------------------------------------

    async def _stream(self, http: web.Request, lines: AsyncGenerator[bytes]) -> web.StreamResponse:
        if self.open >= STREAMS_AT_ONCE:
            raise EcsError(
                f"{STREAMS_AT_ONCE} streams are open: close some first.", code="ThrottlingException"
            )
        response = web.StreamResponse(headers=self._headers)
        response.content_type = "application/x-ndjson"
        await response.prepare(http)
        writing = asyncio.create_task(self._write(http, response, lines))
        self._serving.add(writing)
        try:
            await asyncio.wait((writing,))
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            self._serving.discard(writing)
        return response

    async def _write(
        self,
        http: web.Request,
        response: web.StreamResponse,
        lines: AsyncGenerator[bytes],
    ) -> None:
        try:
            async with aclosing(lines):
                async for line in lines:
                    async with asyncio.timeout(self._stalled_seconds):
                        await response.write(line)
        except TimeoutError:
            logger.info("a reader took nothing for %.0f s and is let go", self._stalled_seconds)
            if http.transport is not None:
                http.transport.abort()
        except ConnectionError:
            return
        except Exception:
            logger.exception("a stream broke off")


def _given(http: web.Request, name: str) -> str:
    value = http.query.get(name, "")
    if not value:
        raise InvalidParameterException(f"{name} must be given.", field=name)
    return value


def _number(http: web.Request, name: str, kind: type[T]) -> T | None:
    text = http.query.get(name)
    if text is None:
        return None
    try:
        if float(text) >= 0 and math.isfinite(float(text)):
            return kind(text)  # type: ignore[call-arg]
    except ValueError:
        pass
    raise InvalidParameterException(f"{name} must be a number, 0 or more.", field=name)
