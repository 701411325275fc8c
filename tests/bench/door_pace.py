"""One kept connection to the Unix socket that speaks the AWS JSON protocol, to pace a door."""

from pathlib import Path
from types import TracebackType

import aiohttp

from ecstui.model.shape import Request, Shape


class SocketDoor:
    """Calls one after another over one connection; answers are read whole and not parsed."""

    def __init__(self, socket: Path) -> None:
        """`socket`: where the daemon listens."""
        self._socket = socket

    async def __aenter__(self) -> "SocketDoor":
        """Connect at the first call."""
        connector = aiohttp.UnixConnector(str(self._socket))
        self._session = aiohttp.ClientSession(connector=connector)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect."""
        await self._session.close()

    async def call(self, request: Request[Shape]) -> bytes:
        """Carry out one operation; the answer's body."""
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"AmazonEC2ContainerServiceV20141113.{request.operation()}",
        }
        body = request.model_dump_json(by_alias=True, exclude_unset=True)
        async with self._session.post("http://ecstui/", data=body, headers=headers) as answer:
            answer.raise_for_status()
            return await answer.read()
