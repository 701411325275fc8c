"""HTTP over a Unix socket, as small as a client of our own door needs it.

One connection carries one request of HTTP/1.0, so that an answer ends where the connection does:
no chunks, no keep-alive. It replaces aiohttp on the client's side, whose import takes a third of
the time in which the first screen has to be there. It knows nothing of ECS.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

LONGEST_SOCKET_PATH = 100
"""Bytes; Linux takes 107 and macOS 103 in the address of a Unix socket."""
LONGEST_LINE = 64 * 1024 * 1024
_LONGEST_HEAD = 64 * 1024
_CHUNK = 64 * 1024
_QUEUE_TRIES = 100
_QUEUE_SECONDS = 0.05


@contextmanager
def short_path(path: Path) -> Iterator[str]:
    """A way to reach `path` that fits into a socket's address, for as long as the block runs.

    A path that is too long is reached through a link in a fresh folder of mode 0700.
    """
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        yield str(path)
        return
    folder = Path(tempfile.mkdtemp(prefix="ecstui-", dir="/tmp"))
    link = folder / "state"
    try:
        link.symlink_to(path.parent, target_is_directory=True)
        yield str(link / path.name)
    finally:
        link.unlink(missing_ok=True)
        folder.rmdir()


class Answer:
    """Status and headers of an answer; its body is read as it comes."""

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """`headers` with names in lower case."""
        self.status = status
        self.headers = headers
        self._reader = reader
        self._writer = writer

    @property
    def streams(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The connection itself, once an answer has made something else of it."""
        return self._reader, self._writer

    async def body(self) -> bytes:
        """The whole body; `ConnectionError` when the connection ended before it did."""
        expected = self.headers.get("content-length")
        if expected is None:
            return await self._reader.read(-1)
        try:
            return await self._reader.readexactly(int(expected))
        except asyncio.IncompleteReadError as error:
            raise ConnectionResetError("the answer was cut off") from error

    async def lines(self) -> AsyncGenerator[bytes]:
        """Each line of the body without its end, as it comes; a line cut off is left out."""
        parts: list[bytes] = []
        size = 0
        while chunk := await self._reader.read(_CHUNK):
            *whole, rest = chunk.split(b"\n")
            for line in whole:
                yield b"".join((*parts, line))
                parts, size = [], 0
            parts.append(rest)
            size += len(rest)
            if size > LONGEST_LINE:
                raise ConnectionAbortedError("a line of the answer is too long")

    async def close(self) -> None:
        """Let go of the connection."""
        await _close(self._writer)


async def send(
    socket: Path,
    method: str,
    target: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> Answer:
    """Send one request and wait for the head of its answer; close the answer when done.

    Raises `OSError` when nobody listens on the socket, or the connection ends.
    """
    return await begin(socket, method, target, headers=headers or {}, body=body)


async def begin(
    socket: Path,
    method: str,
    target: str,
    *,
    headers: Mapping[str, str],
    body: bytes = b"",
    version: str = "1.0",
) -> Answer:
    """As `send`; in version 1.1 a connection can become something else than HTTP."""
    reader, writer = await _connect(socket)
    try:
        writer.write(_head(f"{method} {target} HTTP/{version}", headers, len(body)) + body)
        # Who refuses may answer and leave before it has read everything.
        with suppress(ConnectionResetError, BrokenPipeError):
            await writer.drain()
        status, answered = await _read_head(reader)
    except BaseException:
        await _close(writer)
        raise
    return Answer(status, answered, reader, writer)


async def fetch(
    socket: Path,
    method: str,
    target: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> tuple[int, bytes]:
    """Status and whole body of one request; raises `OSError` as `send` does."""
    answer = await send(socket, method, target, headers=headers, body=body)
    try:
        return answer.status, await answer.body()
    finally:
        await answer.close()


async def _connect(socket: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect, also while so many others do that the listener's queue is full."""
    for _ in range(_QUEUE_TRIES):
        with short_path(socket) as path:
            reader, writer = await asyncio.open_unix_connection(path, limit=_LONGEST_HEAD)
        try:
            # Where the queue is full, asyncio takes the kernel's "not now" for a connection.
            writer.get_extra_info("socket").getpeername()
        except OSError:
            await _close(writer)
            await asyncio.sleep(_QUEUE_SECONDS)
        else:
            return reader, writer
    raise ConnectionAbortedError("too many others connect at the same time")


def _head(first: str, headers: Mapping[str, str], length: int) -> bytes:
    lines = [first, "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if length or first.startswith("POST "):
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode()


async def _read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        raise ConnectionResetError("the connection ended before an answer came") from error
    except asyncio.LimitOverrunError as error:
        raise ConnectionAbortedError("the answer begins with too much") from error
    first, *rest = head.decode("latin-1").split("\r\n")
    words = first.split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].isdigit():
        raise ConnectionAbortedError("what answers does not speak HTTP")
    headers = {}
    for line in rest:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    return int(words[1]), headers


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    try:
        await writer.wait_closed()
    except OSError:
        return
