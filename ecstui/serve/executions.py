"""The door for commands in containers: a WebSocket for each, on the Unix socket only.

Whoever may open that socket may do everything already, so nobody is asked for more. A client that
is gone, however it went, leaves nothing running: its session is closed at once.
"""

import asyncio
import json
import logging
from contextlib import suppress

from aiohttp import WSMsgType, web

from ecstui.base.errors import (
    EcsError,
    EcstuiError,
    InvalidParameterException,
    ServerException,
)
from ecstui.client.exec_wire import (
    MOST_MESSAGE_BYTES,
    STARTED,
    TAKEN,
    exit_text,
    output_bytes,
    read_fields,
    read_order,
    read_size,
)
from ecstui.client.plane import Plane
from ecstui.client.wire import write_error
from ecstui.model.exec import ExecSession

logger = logging.getLogger(__name__)

SESSIONS_AT_ONCE = 64
_ORDER_SECONDS = 20.0
_GOODBYE_SECONDS = 2.0
_MESSAGES_WAITING = 8
"""A client sends the next piece of input when the one before was taken."""


class Executions:
    """Sessions of one plane, each until its client leaves or its command ends."""

    def __init__(self, plane: Plane) -> None:
        """`plane` runs the commands."""
        self._plane = plane
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def open(self) -> int:
        """How many sessions there are."""
        return len(self._serving)

    async def close(self, app: web.Application) -> None:
        """End every session: its client sees the connection end."""
        serving = list(self._serving)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    async def execute(self, http: web.Request) -> web.StreamResponse:
        """`GET /_ecstui/exec`, which becomes a WebSocket (`client/exec_wire.py`)."""
        if self.open >= SESSIONS_AT_ONCE:
            raise EcsError(
                f"{SESSIONS_AT_ONCE} sessions are open: close some first.",
                code="ThrottlingException",
            )
        channel = web.WebSocketResponse(
            timeout=_GOODBYE_SECONDS, compress=False, max_msg_size=MOST_MESSAGE_BYTES
        )
        if not channel.can_prepare(http):
            raise InvalidParameterException("This is for WebSockets only: see `ecstui exec`.")
        await channel.prepare(http)
        serving = asyncio.create_task(self._serve(channel))
        self._serving.add(serving)
        try:
            await asyncio.wait((serving,))
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            self._serving.discard(serving)
            if serving.cancelled() and http.transport is not None:
                http.transport.abort()  # a door that closes does not hear a goodbye any more
        return channel

    async def _serve(self, channel: web.WebSocketResponse) -> None:
        try:
            await self._talk(channel)
        except EcsError as error:
            await _say_last(channel, json.dumps(write_error(error)))
        except ConnectionError:
            return
        except Exception as error:
            if not isinstance(error, EcstuiError):
                logger.exception("a session in a container broke off")
            failure = ServerException(f"The session broke off: {error}")
            await _say_last(channel, json.dumps(write_error(failure)))

    async def _talk(self, channel: web.WebSocketResponse) -> None:
        async with asyncio.timeout(_ORDER_SECONDS):
            first = await channel.receive()
        if first.type is not WSMsgType.TEXT:
            raise InvalidParameterException("The order must come first.")
        session = await self._plane.execute(*read_order(first.data))
        try:
            await channel.send_str(STARTED)
            await _converse(channel, session)
        finally:
            await _closed(session)


async def _closed(session: ExecSession) -> None:
    """Close a session to the end, also when whoever closes it is being cancelled."""
    closing = asyncio.ensure_future(session.close())
    try:
        await asyncio.shield(closing)
    except asyncio.CancelledError:
        await asyncio.gather(closing, return_exceptions=True)
        raise


async def _converse(channel: web.WebSocketResponse, session: ExecSession) -> None:
    """Carry input and output until the command has ended or the client has left."""
    pieces: asyncio.Queue[bytes | None] = asyncio.Queue(_MESSAGES_WAITING)
    outward = asyncio.create_task(_send_output(channel, session))
    others = [
        asyncio.create_task(_receive(channel, session, pieces)),
        asyncio.create_task(_give_input(channel, session, pieces)),
    ]
    try:
        done, _ = await asyncio.wait([outward, *others], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in (outward, *others):
            task.cancel()
        await asyncio.gather(outward, *others, return_exceptions=True)


async def _send_output(channel: web.WebSocketResponse, session: ExecSession) -> None:
    while (outputs := await session.read()) is not None:
        for output in outputs:
            await channel.send_bytes(output_bytes(output))
    await _say_last(channel, exit_text(await session.exit_code()))


async def _receive(
    channel: web.WebSocketResponse, session: ExecSession, pieces: asyncio.Queue[bytes | None]
) -> None:
    """Take what the client sends, until it leaves."""
    async for message in channel:
        piece = await _heard(message.type, message.data, session)
        if piece == b"":
            continue
        try:
            pieces.put_nowait(piece)
        except asyncio.QueueFull:
            raise InvalidParameterException("Too much input at once.") from None


async def _heard(kind: WSMsgType, data: bytes | str, session: ExecSession) -> bytes | None:
    """The input in a message; None for its end, nothing for what is no input."""
    if isinstance(data, bytes):
        return data if kind is WSMsgType.BINARY else b""
    fields = read_fields(data)
    size = read_size(fields)
    if size is not None:
        await session.resize(size)
    return None if fields.get("endOfInput") is True else b""


async def _give_input(
    channel: web.WebSocketResponse, session: ExecSession, pieces: asyncio.Queue[bytes | None]
) -> None:
    while True:
        piece = await pieces.get()
        if piece is None:
            await session.end_input()
        else:
            await session.write(piece)
        await channel.send_str(TAKEN)


async def _say_last(channel: web.WebSocketResponse, text: str) -> None:
    """The last message; a client that does not take it is let go."""
    with suppress(ConnectionError, TimeoutError):
        await channel.send_str(text)
        await channel.close()
