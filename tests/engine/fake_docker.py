"""Something that answers like a Docker Engine on a Unix socket, as a test tells it to.

For what a real engine does not do on demand: refuse with a status, break a stream in the middle,
hang, be gone and come back.
"""

import json
import queue
import socket
import socketserver
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

END, BREAK = b"end", b"break"
"""Put into a stream: its proper end, or a connection that breaks."""
NOW = "Fri, 02 Jan 2026 04:05:00 GMT"
"""The time of the engine's clock, always."""
HANG = "hang"
"""As an answer: none, until the engine stops."""

Answer = tuple[int, object] | queue.SimpleQueue[bytes] | str
Query = Mapping[str, str]


class FakeDocker:
    """Answers by the table `answers`: method and path without version to an answer, or to a
    function of the query that gives one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked: list[tuple[str, Query]] = []
        """What was asked for, in order: method and path, and query."""
        self.bodies: list[Any] = []
        self.registry_logins: list[str] = []
        """The header of each pull that had one."""
        self.answers: dict[str, Answer | Callable[[Query], Answer]] = {
            "GET /version": (200, {"ApiVersion": "1.41"}),
            "GET /info": (200, {"NCPU": 2, "Architecture": "x86_64", "ServerVersion": "20.10"}),
            "GET /_ping": (200, {}),
        }
        self._server: socketserver.ThreadingUnixStreamServer | None = None
        self._connections: set[socket.socket] = set()
        self._stopping = threading.Event()
        self.start()

    @property
    def address(self) -> str:
        return f"unix://{self.path}"

    def count(self, start: str) -> int:
        """How many calls begin like this."""
        return sum(what.startswith(start) for what, _ in self.asked)

    def start(self) -> None:
        self._stopping = threading.Event()
        self._server = _Server(str(self.path), _Handler)
        self._server.fake = self
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Be gone: no socket, every connection cut."""
        if self._server is None:
            return
        self._stopping.set()
        self._server.shutdown()
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self._server.server_close()
        self._server = None
        self.path.unlink()

    def answer_to(self, what: str, query: Query) -> Answer:
        self.asked.append((what, query))
        answer = self.answers.get(what, (404, {"message": f"nothing at {what}"}))
        return answer(query) if callable(answer) else answer


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = False  # so that server_close waits for them
    block_on_close = True
    fake: FakeDocker

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, _ = super().get_request()
        self.fake._connections.add(connection)
        return connection, ("local", 0)

    def shutdown_request(self, request: Any) -> None:
        self.fake._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that was cut is what the test wanted."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def date_time_string(self, timestamp: float | None = None) -> str:
        return NOW

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def _serve(self) -> None:
        fake, parts = self.server.fake, urlsplit(self.path)
        path = parts.path
        if path.startswith("/v1."):
            path = "/" + path.split("/", 2)[2]
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        login = self.headers.get("X-Registry-Auth")
        if login is not None:
            self.server.fake.registry_logins.append(login)
        length = int(self.headers.get("Content-Length") or 0)
        if length:
            fake.bodies.append(self.rfile.read(length))
        answer = fake.answer_to(f"{self.command} {path}", query)
        if answer == HANG:
            fake._stopping.wait()
            self.close_connection = True
        elif isinstance(answer, tuple):
            self._answer(*answer)
        elif isinstance(answer, queue.SimpleQueue):
            self._stream(answer)

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, pieces: queue.SimpleQueue[bytes]) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while not self.server.fake._stopping.is_set():
            try:
                piece = pieces.get(timeout=0.01)
            except queue.Empty:
                continue
            if piece == BREAK:
                break
            if piece == END:
                self.wfile.write(b"0\r\n\r\n")
                return
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.close_connection = True


def stream_of(*pieces: bytes) -> queue.SimpleQueue[bytes]:
    """A stream with these pieces in it already."""
    stream: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    for piece in pieces:
        stream.put(piece)
    return stream
