"""Streams of one engine that go on over breaks: hints of what happened, and logs.

An engine that restarts ends its streams without a word; here they are opened again where they
broke. A stream ends when the engine object or its reader is closed, a log also with its container.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing

from requests import Response

from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.engine.docker_calls import Calls
from ecstui.engine.docker_client import Client
from ecstui.engine.docker_errors import CLIENT_ERRORS, NOT_FOUND, status_of
from ecstui.engine.docker_logs import LogPosition, lines_of
from ecstui.engine.docker_looks import Looks
from ecstui.engine.docker_observation import Json, has_tty, object_at, observation_of, text_at
from ecstui.engine.docker_stream import StreamThread, chunks, json_objects
from ecstui.model.logs import LogLine, LogWindow
from ecstui.plan.spec import ContainerName, Phase
from ecstui.plan.translate import OWNER_LABEL

_EVENTS = ("start", "die", "oom", "health_status", "destroy", "rename", "died", "remove")
"""What changes a container's looks; the last two are Podman's words.

Not `create`, after which whoever created it looks anyway, and none of the commands that health
checks run.
"""
_HINTS_WAITING = 10_000
_LOG_BYTES_WAITING = 4 * 1024 * 1024
_LINE_OVERHEAD_BYTES = 100
_SIGN_OF_LIFE_SECONDS = 5.0
_FIRST_WAIT_SECONDS = 0.05
_LONGEST_WAIT_SECONDS = 2.0
_START_POLL_SECONDS = 0.2


class _Waits:
    """Waits between attempts: each twice as long as the one before."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._next = _FIRST_WAIT_SECONDS

    def reset(self) -> None:
        self._next = _FIRST_WAIT_SECONDS

    async def wait(self) -> None:
        await self._calls.nap(self._next)
        self._next = min(self._next * 2, _LONGEST_WAIT_SECONDS)


# -- hints -------------------------------------------------------------------------------------


async def hints(calls: Calls, owner: str) -> AsyncGenerator[ContainerName]:
    """Names of containers to look at; an empty one when listening begins anew or has broken."""
    waits = _Waits(calls)
    while not calls.is_closed:
        has_listened = False
        try:
            async with aclosing(_listen(calls, owner)) as names:
                async for name in names:
                    waits.reset()
                    has_listened = True
                    yield name
        except EngineError:
            pass  # whoever calls the engine hears of it; here it is tried again
        if has_listened and not calls.is_closed:
            yield ""  # the engine may have gone: whoever looks now learns it at once
        await waits.wait()


async def _listen(calls: Calls, owner: str) -> AsyncGenerator[ContainerName]:
    """The names of one stream of events, empty first."""
    wanted = {
        "type": ["container"],
        "label": [f"{OWNER_LABEL}={owner}"],
        "event": list(_EVENTS),
    }
    parameters = {"filters": json.dumps(wanted)}
    stream = await calls.stream(
        "docker-hints", lambda client: client.open_events(parameters), _read_events, _HINTS_WAITING
    )
    try:
        while (names := await _next_batch(calls, stream)) is not None:
            for name in dict.fromkeys(names):
                yield name
    finally:
        stream.close()


async def _next_batch(calls: Calls, stream: StreamThread[str]) -> Sequence[str] | None:
    """What comes next; None at the end, or when the engine gives no sign of life."""
    while True:
        try:
            async with asyncio.timeout(_SIGN_OF_LIFE_SECONDS):
                return await stream.batch()
        except TimeoutError:
            await calls.look(lambda client: client.check_alive())
        except CLIENT_ERRORS as error:
            raise calls.error(error, EngineErrorKind.UNREACHABLE, "listening") from error


def _read_events(response: Response) -> Iterator[Sequence[str]]:
    yield [""]
    for event in json_objects(chunks(response)):
        names = list(_names_in(event))
        if names:
            yield names


def _names_in(event: Json) -> Iterator[str]:
    """The container of an event; of a renamed one the old name too."""
    attributes = object_at(object_at(event, "Actor"), "Attributes")
    for key in ("name", "oldName"):
        name = text_at(attributes, key).lstrip("/")
        if name:
            yield name


# -- logs --------------------------------------------------------------------------------------


async def logs(
    calls: Calls, looks: Looks, name: ContainerName, window: LogWindow
) -> AsyncGenerator[Sequence[LogLine]]:
    """Batches of a container's lines; ends when it has ended, unless it never started.

    Raises:
        EngineError: there is no such container, its log cannot be read, or the engine cannot be
            reached; a reader that follows is not told of the last once it has begun.
    """
    answer = await looks.answer(name)
    if answer is None:
        raise EngineError(EngineErrorKind.CANNOT_INSPECT, f"No such container: {name}")
    position, waits = LogPosition(window), _Waits(calls)
    while answer is not None and not calls.is_closed:
        phase = observation_of(answer).phase
        follow = window.follow and phase is Phase.RUNNING
        if window.follow and phase is Phase.CREATED:
            await calls.nap(_START_POLL_SECONDS)
            waits.reset()
        else:
            async with aclosing(_read(calls, answer, position, follow=follow)) as batches:
                async for batch in batches:
                    waits.reset()
                    yield batch
            if position.is_complete and not follow:
                return
        answer = await _look_on(calls, looks, name, waits)


async def _look_on(calls: Calls, looks: Looks, name: ContainerName, waits: _Waits) -> Json | None:
    """The container again, after a while, as soon as the engine can be reached."""
    while not calls.is_closed:
        await waits.wait()
        try:
            return await looks.answer(name)
        except EngineError as error:
            if not error.retryable:
                raise
    return None


async def _read(
    calls: Calls, answer: Json, position: LogPosition, *, follow: bool
) -> AsyncGenerator[Sequence[LogLine]]:
    """The lines of one stream of a log; a break is an end when the reader follows."""
    engine_id, has_terminal = text_at(answer, "Id"), has_tty(answer)

    def open_log(client: Client) -> Response:
        response = client.open_logs(
            engine_id, {"follow": str(int(follow)), **position.parameters()}
        )
        position.opened(response.headers.get("Date", ""))
        return response

    def read(response: Response) -> Iterator[Sequence[LogLine]]:
        return lines_of(chunks(response), position, has_tty=has_terminal, is_last=not follow)

    stream = await calls.stream("docker-log", open_log, read, _LOG_BYTES_WAITING, _size_of)
    try:
        while (batch := await stream.batch()) is not None:
            yield batch
    except CLIENT_ERRORS as failure:
        error = calls.error(failure, EngineErrorKind.CANNOT_INSPECT, "reading its log")
        is_gone = status_of(failure) == NOT_FOUND
        if not (is_gone or (error.retryable and position.window.follow)):
            raise error from failure
    finally:
        stream.close()


def _size_of(line: LogLine) -> int:
    return len(line.text) + _LINE_OVERHEAD_BYTES
