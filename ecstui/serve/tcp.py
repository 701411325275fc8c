"""Listeners on TCP, one connection of HTTP after the other; the door's own is on 127.0.0.1 alone.

There are never more connections than this process can bear. Bytes that are no HTTP are answered in
the form of AWS's errors and not logged: whoever sends them would fill the log. It knows no
operation.
"""

import asyncio
import json
import logging
import resource
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from ecstui.base.errors import EcsError, SettingsError
from ecstui.base.ids import Ids
from ecstui.client.wire import CONTENT_TYPE, write_error

HOST = "127.0.0.1"
BACKLOG = 1024
"""Connections that may wait to be accepted."""
ACCEPTED_AT_ONCE = 32
"""So many before any of them is counted: more might take the last file that this process has."""
SHUTDOWN_SECONDS = 2.0

logger = logging.getLogger(__name__)


def most_connections() -> int:
    """A third of the files that this process may open: two doors must not take all of them."""
    may_open, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 4_000 if may_open == resource.RLIM_INFINITY else min(4_000, may_open // 3)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How many connections there may be at once, and how long one may be silent."""

    connections: int = field(default_factory=most_connections)
    head_seconds: float = 20.0
    """For the head of a request, and between two requests of one connection."""


def listen_tcp(port: int) -> socket.socket:
    """A listening socket on loopback; port 0: any that is free. `SettingsError` if it is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"port {port} of {HOST} cannot be opened: {error.strerror or error}. Choose another "
            "one with --port, or 0 for any that is free."
        ) from error
    return listener


def endpoint_of(listener: socket.socket) -> str:
    """The URL of a listener, as AWS's clients take it."""
    return f"http://{HOST}:{listener.getsockname()[1]}"


@asynccontextmanager
async def open_tcp(
    listeners: Sequence[socket.socket], app: web.Application, limits: ConnectionLimits, ids: Ids
) -> AsyncIterator[web.AppRunner]:
    """The application, served at the listeners for as long as the block runs."""
    loop = asyncio.get_running_loop()
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=SHUTDOWN_SECONDS)
    servers = []
    try:
        await runner.setup()
        doorman = runner.server
        assert doorman is not None
        for listener in listeners:
            server = await loop.create_server(
                lambda: _Connection(doorman, limits, ids), sock=listener, backlog=ACCEPTED_AT_ONCE
            )
            servers.append(server)
            listener.listen(BACKLOG)
        yield runner
    finally:
        for server in servers:
            server.close()
        await runner.cleanup()


class _Connection(web.RequestHandler):
    """One connection of HTTP."""

    def __init__(self, doorman: web.Server, limits: ConnectionLimits, ids: Ids) -> None:
        super().__init__(
            doorman,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]
            auto_decompress=False,
            keepalive_timeout=limits.head_seconds,
            logger=logger,
        )
        self._doorman = doorman
        self._most = limits.connections
        self._ids = ids

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or end at once where there are too many."""
        if len(self._doorman.connections) < self._most:
            super().connection_made(transport)
        else:
            assert isinstance(transport, asyncio.Transport)
            transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What cannot be read as HTTP, or took too long, told in the form of AWS."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun already")
        if status >= 500:
            logger.error("fault of the listener", exc_info=exc)
            error = EcsError("ecstui made a mistake; see its log.", code="ServerException")
        else:
            error = EcsError("The request is not valid HTTP.", code="SerializationException")
        answer = json_error(error, status, self._ids())
        answer.force_close()
        return answer


def json_error(error: EcsError, status: int, request_id: str) -> web.Response:
    """A refusal in the form of the JSON protocol."""
    headers = {"x-amzn-RequestId": request_id, "x-amzn-ErrorType": error.code}
    return web.Response(
        body=json.dumps(write_error(error)).encode(),
        status=status,
        content_type=CONTENT_TYPE,
        headers=headers,
    )
