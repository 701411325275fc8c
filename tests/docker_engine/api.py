"""The few calls to a Docker Engine that the test set-up makes, over its Unix socket.

Standard library only; everything else that talks to an engine uses `ecstui.engine`.
"""

import http.client
import json
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import IO
from urllib.parse import quote


class ApiError(Exception):
    """The engine refused a call or could not be asked."""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout_seconds: float) -> None:
        super().__init__("localhost", timeout=timeout_seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class EngineApi:
    """A Docker Engine that listens on the Unix socket at `path`."""

    def __init__(self, path: Path, timeout_seconds: float = 60) -> None:
        self._path = path
        self._timeout_seconds = timeout_seconds

    def is_ready(self) -> bool:
        """Whether the engine answers."""
        try:
            return self._request("GET", "/_ping") == b"OK"
        except ApiError:
            return False

    def running_containers(self) -> list[str]:
        """Ids of the containers that run."""
        return [str(each["Id"]) for each in json.loads(self._request("GET", "/containers/json"))]

    def kill(self, container: str) -> None:
        """Kill a container; one that is gone already is fine."""
        self._request("POST", f"/containers/{container}/kill", accept=(204, 404, 409))

    def has_image(self, name: str) -> bool:
        """Whether an image of this name is there."""
        answer = self._request("GET", f"/images/{quote(name)}/json", accept=(200, 404))
        return "Id" in json.loads(answer)

    def load_image(self, archive: Path) -> None:
        """Take in an image archive, as `docker load` does."""
        headers = {
            "Content-Type": "application/x-tar",
            "Content-Length": str(archive.stat().st_size),
        }
        with archive.open("rb") as body:
            answer = self._request("POST", "/images/load?quiet=1", body=body, headers=headers)
        for line in answer.splitlines():
            if "error" in json.loads(line):
                raise ApiError(f"{archive.name}: {json.loads(line)['error']}")

    def _request(
        self,
        method: str,
        url: str,
        *,
        accept: Sequence[int] = (200,),
        body: IO[bytes] | None = None,
        headers: dict[str, str] | None = None,
    ) -> bytes:
        connection = _UnixConnection(self._path, self._timeout_seconds)
        try:
            connection.request(method, url, body=body, headers=headers or {})
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise ApiError(f"{self._path}: {error}") from error
        finally:
            connection.close()
        if response.status not in accept:
            raise ApiError(f"{method} {url}: {response.status} {answer.decode(errors='replace')}")
        return answer
