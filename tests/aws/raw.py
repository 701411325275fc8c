"""Requests of HTTP written by hand, for what no client of AWS would send."""

import json
import socket
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from ecstui.serve import credentials
from tests.aws.served import REGION, Served

TARGET = "AmazonEC2ContainerServiceV20141113."


class Door(Protocol):
    """What is asked over TCP, and the key for it."""

    @property
    def credentials(self) -> credentials.Credentials: ...
    @property
    def endpoint(self) -> str: ...
    @property
    def port(self) -> int: ...


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> dict[str, Any]:
        return json.loads(self.body)  # type: ignore[no-any-return]

    @property
    def code(self) -> str:
        return str(self.told["__type"])


def signed(
    served: Door,
    operation: str = "ListClusters",
    body: bytes = b"{}",
    *,
    service: str = "ecs",
    region: str = REGION,
    **headers: str,
) -> dict[str, str]:
    """The headers of a request with a right signature, made by botocore."""
    keys = Credentials(served.credentials.access_key, served.credentials.secret_key)
    given = {
        "Host": f"127.0.0.1:{served.port}",
        "X-Amz-Target": TARGET + operation,
        "Content-Type": "application/x-amz-json-1.1",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    request = AWSRequest("POST", f"{served.endpoint}/", headers=given, data=body)
    SigV4Auth(keys, service, region).add_auth(request)
    return dict(request.headers.items())


def connect(served: Served) -> socket.socket:
    return socket.create_connection(("127.0.0.1", served.port), timeout=120)


def head(headers: dict[str, str], length: int | None, line: str = "POST / HTTP/1.1") -> bytes:
    lines = [line, *(f"{name}: {value}" for name, value in headers.items())]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def post(served: Served, headers: dict[str, str], body: bytes = b"{}") -> Answer:
    return exchange(served, head(headers, len(body)) + body)


def exchange(served: Served, sent: bytes) -> Answer:
    """Send bytes and read one answer."""
    with connect(served) as connection:
        connection.sendall(sent)
        return read_answer(connection)


def read_answer(connection: socket.socket) -> Answer:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65_536)
        if not chunk:
            raise ConnectionResetError(f"no answer: {data!r}")
        data += chunk
    top, _, body = data.partition(b"\r\n\r\n")
    first, *rest = top.decode("latin-1").split("\r\n")
    headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in rest)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65_536)
    return Answer(int(first.split()[1]), headers, body)
