"""A WebSocket over our own Unix socket, as small as one door needs it (RFC 6455).

Messages are not split into frames by the other side, and nothing between the two could mistake
them, so the mask that a client must use is all zeros. It knows nothing of what is said.
"""

import asyncio
import base64
import os
import struct
from pathlib import Path

from ecstui.client.http import Answer, begin

TEXT, BINARY = 1, 2
_CLOSE, _PING, _PONG = 8, 9, 10
_LAST = 0x80
_MASKED = 0x80
_NO_MASK = b"\0\0\0\0"
_SHORT, _MEDIUM = 126, 127


class Channel:
    """One WebSocket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Of a connection that has become one."""
        self._reader = reader
        self._writer = writer

    async def send(self, kind: int, data: bytes) -> None:
        """Send a message of TEXT or BINARY; raises `ConnectionError` when the other has left."""
        self._writer.write(_frame(kind, data))
        await self._writer.drain()

    async def receive(self) -> tuple[int, bytes] | None:
        """The next message; None when the other side has said goodbye.

        Raises `ConnectionError` when it left without.
        """
        while True:
            try:
                kind, data = await self._frame()
            except asyncio.IncompleteReadError as error:
                raise ConnectionResetError("the connection ended") from error
            if kind == _CLOSE:
                await self.send(_CLOSE, data)
                return None
            if kind == _PING:
                await self.send(_PONG, data)
            elif kind in (TEXT, BINARY):
                return kind, data

    async def _frame(self) -> tuple[int, bytes]:
        first, second = await self._reader.readexactly(2)
        if not first & _LAST or second & _MASKED:
            raise ConnectionAbortedError("what answers does not speak as our door does")
        length = second
        if second == _SHORT:
            (length,) = struct.unpack(">H", await self._reader.readexactly(2))
        elif second == _MEDIUM:
            (length,) = struct.unpack(">Q", await self._reader.readexactly(8))
        return first & 0x0F, await self._reader.readexactly(length)

    async def close(self) -> None:
        """Say goodbye, and let go of the connection."""
        try:
            self._writer.write(_frame(_CLOSE, struct.pack(">H", 1000)))
            self._writer.close()
            await self._writer.wait_closed()
        except OSError:
            return


async def open_channel(socket: Path, target: str) -> Channel | Answer:
    """A WebSocket at `target`, or the answer that refuses it (close that).

    Raises `OSError` when nobody listens on the socket, or the connection ends.
    """
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
    }
    answer = await begin(socket, "GET", target, headers=headers, version="1.1")
    if answer.status == 101:
        return Channel(*answer.streams)
    return answer


def _frame(kind: int, data: bytes) -> bytes:
    if len(data) < _SHORT:
        length = bytes([_MASKED | len(data)])
    elif len(data) < 65_536:
        length = bytes([_MASKED | _SHORT]) + struct.pack(">H", len(data))
    else:
        length = bytes([_MASKED | _MEDIUM]) + struct.pack(">Q", len(data))
    return bytes([_LAST | kind]) + length + _NO_MASK + data
