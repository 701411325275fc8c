"""A port of 127.0.0.1 that leads to a container, for as long as somebody holds it.

Each connection asks anew where the container is, so a forward of a service outlives its tasks. It
listens on loopback only, passes bytes on as they are, and never keeps one: who is slow to read is
written to slowly.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from ecstui.client.reach import LOCALHOST, Goal, Way, Ways

MOST_CONNECTIONS = 256
CONNECT_SECONDS = 5.0
_CHUNK_BYTES = 64 * 1024

Find = Callable[[], Ways]
"""Where connections can go now."""


@dataclass(slots=True)
class Traffic:
    """What has gone through a forward."""

    connections: int = 0
    """Of all, since it began."""
    open_connections: int = 0
    bytes_up: int = 0
    """To the container."""
    bytes_down: int = 0


class Forward:
    """One port; make it with `open_forward`."""

    def __init__(self, goal: Goal, find: Find) -> None:
        """`find`: asked for each connection."""
        self.goal = goal
        self.port = 0
        self.traffic = Traffic()
        self.problem = ""
        """Why the last connection came to nothing; empty when it came through."""
        self.last: Way | None = None
        """Where the last connection went."""
        self._find = find
        self._server: asyncio.Server | None = None
        self._links: set[asyncio.Task[None]] = set()
        self._over = asyncio.Event()

    async def listen(self, port: int) -> None:
        """Begin to listen; 0 takes a port that is free. Raises OSError."""
        self._server = await asyncio.start_server(self._connected, LOCALHOST, port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def until_closed(self) -> None:
        """Wait until it is closed."""
        await self._over.wait()

    async def close(self) -> None:
        """Stop listening and cut every connection."""
        self._over.set()
        if self._server is not None:
            self._server.close()
        links = tuple(self._links)
        for link in links:
            link.cancel()
        await asyncio.gather(*links, return_exceptions=True)

    # ---------------------------------------------------------------- connections

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = asyncio.current_task()
        assert link is not None
        if len(self._links) >= MOST_CONNECTIONS:
            self.problem = f"more than {MOST_CONNECTIONS} connections at once"
            writer.transport.abort()
            return
        self._links.add(link)
        self.traffic.connections += 1
        self.traffic.open_connections += 1
        try:
            await self._link(reader, writer)
        except asyncio.CancelledError:
            pass  # closed: whoever cancels waits for this task, nobody for its answer
        finally:
            self._links.discard(link)
            self.traffic.open_connections -= 1
            writer.transport.abort()

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found = await self._dial()
        if found is None:
            return
        far_reader, far_writer = found
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass(reader, far_writer, is_up=True))
                both.create_task(self._pass(far_reader, writer, is_up=False))
        finally:
            far_writer.transport.abort()

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Connect to where the last one went while that is a way, else to the best that answers."""
        ways = self._find()
        self.problem = ways.reason
        last = self.last.task_arn if self.last is not None else ""
        for way in sorted(ways.found, key=lambda way: way.task_arn != last):
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    found = await asyncio.open_connection(way.host, way.port)
            except TimeoutError:
                self.problem = f"{way.host}:{way.port} does not answer"
            except OSError as error:
                words = os.strerror(error.errno) if error.errno else str(error)
                self.problem = f"{way.host}:{way.port}: {words.lower()}"
            else:
                self.last, self.problem = way, ""
                return found
        return None

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_up: bool
    ) -> None:
        """One direction to its end; the other may go on."""
        with suppress(OSError):
            while data := await reader.read(_CHUNK_BYTES):
                writer.write(data)
                await writer.drain()
                if is_up:
                    self.traffic.bytes_up += len(data)
                else:
                    self.traffic.bytes_down += len(data)
            if writer.can_write_eof():
                writer.write_eof()
            return
        writer.transport.abort()


async def open_forward(goal: Goal, find: Find, port: int = 0) -> Forward:
    """Listen at a port of 127.0.0.1, 0 for any that is free. Raises OSError."""
    forward = Forward(goal, find)
    await forward.listen(port)
    return forward
