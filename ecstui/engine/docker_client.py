"""Docker's own client, with one pool of connections that can all be cut, and errors in ECS's words.

It talks and translates; it starts no thread and decides nothing.
"""

import functools
import re
import socket
import threading
import weakref
from collections.abc import Iterator
from http.client import RemoteDisconnected

from docker import APIClient, auth
from docker.constants import MINIMUM_DOCKER_API_VERSION
from docker.errors import APIError, DockerException, InvalidVersion
from docker.tls import TLSConfig
from docker.transport import UnixHTTPAdapter
from docker.transport.unixconn import UnixHTTPConnection, UnixHTTPConnectionPool
from docker.utils import version_lt
from requests import Response
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as RequestConnectionError
from requests.exceptions import ReadTimeout, RequestException
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ReadTimeoutError

from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.engine.docker_observation import Json, one_line
from ecstui.engine.endpoint import Endpoint, connection_problem

CLIENT_ERRORS = (DockerException, RequestException, OSError, ValueError)
"""What the client raises when a call fails; a ValueError is an answer that is not JSON."""

NOT_FOUND = 404
_POOL_SIZE = 64
_LOOK_SECONDS = 20.0
_PING_SECONDS = 5.0
_OLDEST_VERSION = "1.24"
_ALONE = {"Connection": "close"}
"""A stream's connection never comes back to the pool: cutting it late must not cut another's."""
_KEEP_ALIVE = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))
        if hasattr(socket, name)
    ),
]
"""A peer that is gone without a word is noticed within half a minute."""


class Sockets:
    """The sockets that a client has open, so that calls under way can be cut from outside."""

    def __init__(self) -> None:
        """Begin with none."""
        self._open: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._is_cut = False

    def add(self, opened: socket.socket | None) -> None:
        """Remember a socket; one that comes after `cut` is cut at once."""
        if opened is None:
            return
        with self._lock:
            self._open.add(opened)
            is_late = self._is_cut
        if is_late:
            _shut(opened)

    def cut(self) -> None:
        """End whatever waits for an answer on any of them."""
        with self._lock:
            self._is_cut = True
            sockets = list(self._open)
        for each in sockets:
            _shut(each)


def _shut(each: socket.socket) -> None:
    try:
        each.shutdown(socket.SHUT_RDWR)
    except (OSError, ValueError):
        return


class _UnixConnection(UnixHTTPConnection):  # type: ignore[misc]
    sockets: Sockets

    def connect(self) -> None:
        """As the SDK does, but without leaving a socket open that could not be connected."""
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            opened.settimeout(self.timeout)
            opened.connect(self.unix_socket)
        except BaseException:
            opened.close()
            raise
        self.sock = opened
        self.sockets.add(opened)


class _UnixPool(UnixHTTPConnectionPool):  # type: ignore[misc]
    sockets: Sockets

    def _new_conn(self) -> _UnixConnection:
        connection = _UnixConnection(self.base_url, self.socket_path, self.timeout)
        connection.sockets = self.sockets
        return connection


class _UnixAdapter(UnixHTTPAdapter):  # type: ignore[misc]
    """One pool of connections; the SDK keeps one for every URL, and so opens many more."""

    def __init__(self, path: str, timeout_seconds: float, sockets: Sockets) -> None:
        super().__init__(f"http+unix://{path}", timeout_seconds, max_pool_size=_POOL_SIZE)
        self._pool = _UnixPool("http+docker://localhost", path, timeout_seconds, maxsize=_POOL_SIZE)
        self._pool.sockets = sockets

    def get_connection(self, url: str, proxies: object = None) -> _UnixPool:
        return self._pool

    def close(self) -> None:
        super().close()
        self._pool.close()


class _TrackedConnection(HTTPConnection):
    def __init__(self, sockets: Sockets, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self._sockets = sockets

    def connect(self) -> None:
        super().connect()
        self._sockets.add(self.sock)


class _TrackedTlsConnection(HTTPSConnection):
    def __init__(self, sockets: Sockets, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self._sockets = sockets

    def connect(self) -> None:
        super().connect()
        self._sockets.add(self.sock)


class _TcpAdapter(HTTPAdapter):
    """Like requests' own, with a larger pool, keep-alive probes and sockets that can be cut."""

    def __init__(self, sockets: Sockets) -> None:
        self._sockets = sockets
        super().__init__(pool_connections=2, pool_maxsize=_POOL_SIZE)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **options: object
    ) -> None:
        options["socket_options"] = [*HTTPConnection.default_socket_options, *_KEEP_ALIVE]
        super().init_poolmanager(connections, maxsize, block, **options)
        plain = functools.partial(_TrackedConnection, self._sockets)
        over_tls = functools.partial(_TrackedTlsConnection, self._sockets)
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("_Pool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("_TlsPool", (HTTPSConnectionPool,), {"ConnectionCls": over_tls}),
        }


class Client(APIClient):  # type: ignore[misc]
    """A connection to one engine, its API version already agreed on."""

    def __init__(self, endpoint: Endpoint, timeout_seconds: float, sockets: Sockets) -> None:
        """Ask for the version (one call).

        Raises:
            CLIENT_ERRORS: the engine does not answer, or is too old.
        """
        super().__init__(
            base_url=endpoint.address,
            version=_OLDEST_VERSION,  # so that nothing is asked before the sockets are ours
            timeout=_LOOK_SECONDS,
            tls=_tls_of(endpoint),
            max_pool_size=_POOL_SIZE,
        )
        if endpoint.socket_path:
            # Neither proxies nor .netrc, which requests would look for with every call.
            self.trust_env = False
            self.mount(
                "http+docker://", _UnixAdapter(endpoint.socket_path, timeout_seconds, sockets)
            )
        elif not endpoint.address.startswith("ssh://"):
            self.mount("http://", _TcpAdapter(sockets))
            self.mount("https://", _TcpAdapter(sockets))
        try:
            self._agree_on_version()
        except BaseException:
            self.close()
            raise
        self.timeout = timeout_seconds

    def _agree_on_version(self) -> None:
        self._version = self._retrieve_server_version()
        if version_lt(self._version, MINIMUM_DOCKER_API_VERSION):
            raise InvalidVersion(f"its API version {self._version} is too old")

    def open_logs(self, name: str, parameters: dict[str, str]) -> Response:
        """The raw stream of a container's log.

        Raises:
            CLIENT_ERRORS: it cannot be read; `APIError` with 404 when there is no container.
        """
        wanted = {"stdout": "1", "stderr": "1", "timestamps": "1", **parameters}
        url = self._url("/containers/{0}/logs", name)
        return self._endless(self._get(url, params=wanted, headers=_ALONE, stream=True))

    def open_events(self, parameters: dict[str, str]) -> Response:
        """The raw stream of the engine's events."""
        url = self._url("/events")
        return self._endless(self._get(url, params=parameters, headers=_ALONE, stream=True))

    def open_pull(self, parameters: dict[str, str], idle_seconds: float) -> Response:
        """The raw stream of a pull's progress, with the credentials of `docker login`."""
        self.reload_config()  # somebody may have logged in since
        registry, _ = auth.resolve_repository_name(parameters["fromImage"])
        credentials = auth.get_config_header(self, registry)
        return self._opened(
            self._post(
                self._url("/images/create"),
                params=parameters,
                headers=_ALONE | ({"X-Registry-Auth": credentials} if credentials else {}),
                stream=True,
                timeout=(self.timeout, idle_seconds),
            )
        )

    def look(self, path: str, **parameters: str) -> tuple[object, str]:
        """The JSON that the engine answers to a GET, and the engine's time as HTTP gives it.

        A look that takes long is given up sooner than an act: it can be made again.
        """
        response = self._get(self._url(path), params=parameters, timeout=_LOOK_SECONDS)
        self._raise_for_status(response)
        return response.json(), response.headers.get("Date", "")

    def look_at(self, path: str, **parameters: str) -> Json | None:
        """The JSON object that the engine answers to a GET; None when there is no such thing."""
        try:
            answer, _ = self.look(path, **parameters)
        except APIError as error:
            if error.status_code == NOT_FOUND:
                return None
            raise
        return answer if isinstance(answer, dict) else {}

    def check_alive(self) -> None:
        """Ask for a sign of life."""
        self._raise_for_status(self._get(self._url("/_ping"), timeout=_PING_SECONDS))

    def import_image(self, image: str, archive: bytes, changes: tuple[str, ...]) -> None:
        """Make an image of an archive of files."""
        repository, _, tag = image.rpartition(":")
        parameters = {"fromSrc": "-", "repo": repository, "tag": tag, "changes": list(changes)}
        headers = {"Content-Type": "application/x-tar"}
        url = self._url("/images/create")
        self._raise_for_status(self._post(url, data=archive, params=parameters, headers=headers))

    def _opened(self, response: Response) -> Response:
        """The stream of a call that was not refused."""
        try:
            self._raise_for_status(response)
        except BaseException:
            response.close()
            raise
        return response

    def _endless(self, response: Response) -> Response:
        """A stream that may be silent for ever."""
        self._disable_socket_timeout(self._get_raw_response_socket(self._opened(response)))
        return response


def _tls_of(endpoint: Endpoint) -> object:
    files = endpoint.tls
    if files is None:
        return endpoint.address.startswith("https://")
    certificate = (files.certificate_file, files.key_file) if files.certificate_file else None
    return TLSConfig(
        client_cert=certificate, ca_cert=files.ca_file or None, verify=files.is_verified
    )


# -- errors ------------------------------------------------------------------------------------


def status_of(error: Exception) -> int:
    """HTTP status of a refused call, or 0."""
    return error.status_code or 0 if isinstance(error, APIError) else 0


def words_of(error: Exception) -> str:
    """The engine's own words of a refused call, in one line."""
    explanation = error.explanation if isinstance(error, APIError) else None
    return one_line(str(explanation or error))


def engine_error(
    error: Exception, kind: EngineErrorKind, transition: str, endpoint: Endpoint
) -> EngineError:
    """What a failed call means; `kind` when the engine refused it.

    `transition`: what the container should have become, as the ECS agent says when time is up.
    """
    status = status_of(error)
    if status == 503 or is_version_refused(error) or (status and _is_dying(error)):
        return EngineError(EngineErrorKind.UNREACHABLE, words_of(error), retryable=True)
    if status:
        return EngineError(_kind_of(kind, status, words_of(error)), words_of(error))
    if _is_timeout(error):
        message = f"Could not transition to {transition}; timed out after waiting for the engine"
        return EngineError(EngineErrorKind.TIMEOUT, message, retryable=True)
    if isinstance(error, DockerException) and not isinstance(error, RequestException):
        cause = _system_error_of(error)
        if cause is None:
            return EngineError(kind, words_of(error))
        return _unreachable(cause, endpoint)
    return _unreachable(_system_error_of(error) or ConnectionResetError(), endpoint)


def _unreachable(cause: OSError, endpoint: Endpoint) -> EngineError:
    message = one_line(connection_problem(endpoint, cause))
    return EngineError(EngineErrorKind.UNREACHABLE, message, retryable=True)


def _kind_of(kind: EngineErrorKind, status: int, words: str) -> EngineErrorKind:
    if kind is EngineErrorKind.CANNOT_CREATE:
        if status == NOT_FOUND and "no such image" in words.lower():
            return EngineErrorKind.IMAGE_NOT_FOUND
        if "is already in use" in words and "ame" in words:
            return EngineErrorKind.NAME_TAKEN
        if _VOLUME_TROUBLE.search(words):
            return EngineErrorKind.CANNOT_CREATE_VOLUME
    return kind


def _is_dying(error: Exception) -> bool:
    """Whether a refusal only says that the engine is shutting down."""
    return status_of(error) >= 500 and _DYING_WORDS.search(words_of(error)) is not None


_DYING_WORDS = re.compile(
    r"(connection|transport) is closing|shutting down|context canceled"
    r"|containerd\.sock|object type \*libnetwork\.\w+: open :"
)
_VOLUME_TROUBLE = re.compile(
    r"local volume name|volume driver|(create|mount)(ing)? [^:]*volume", re.IGNORECASE
)


def is_version_refused(error: Exception) -> bool:
    """Whether the engine is another one than the API version was agreed on with."""
    words = words_of(error)
    return status_of(error) == 400 and "client version" in words and " is too " in words


def _is_timeout(error: Exception) -> bool:
    if isinstance(error, ReadTimeout):
        return True
    return isinstance(error, RequestConnectionError) and any(
        isinstance(each, ReadTimeoutError) for each in _chain(error)
    )


def _system_error_of(error: Exception) -> OSError | None:
    """The operating system's error at the bottom of the client's wrappings, if there is one."""
    for each in _chain(error):
        if isinstance(each, RemoteDisconnected):
            return ConnectionResetError()
        if isinstance(each, OSError) and not isinstance(each, RequestException) and each.args:
            return each
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error, and those that it wraps in any of the ways that the libraries use."""
    waiting, met = [error], set[int]()
    while waiting:
        each = waiting.pop(0)
        if id(each) in met:
            continue
        met.add(id(each))
        yield each
        wrapped = (each.__cause__, each.__context__, getattr(each, "reason", None), *each.args)
        waiting.extend(inner for inner in wrapped if isinstance(inner, BaseException))
