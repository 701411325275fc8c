"""Docker's own client, with one pool of connections that can all be cut from outside.

It talks to an engine and waits for its answers; it starts no thread and decides nothing.
"""

import functools
import socket
import threading
import weakref

from docker import APIClient, auth
from docker.constants import MINIMUM_DOCKER_API_VERSION
from docker.errors import APIError, InvalidVersion
from docker.tls import TLSConfig
from docker.transport import UnixHTTPAdapter
from docker.transport.unixconn import UnixHTTPConnection, UnixHTTPConnectionPool
from docker.utils import version_lt
from requests import Response
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from ecstui.engine.docker_errors import NOT_FOUND, status_of
from ecstui.engine.docker_observation import Json
from ecstui.engine.docker_ssh import SshTunnel
from ecstui.engine.endpoint import Endpoint
from ecstui.engine.protocol import RegistryLogin

_POOL_SIZE = 64
_LOOK_SECONDS = 20.0
_PING_SECONDS = 3.0
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


class _SshConnection(_UnixConnection):
    tunnel: SshTunnel

    def connect(self) -> None:
        """Through the tunnel, which looks like a Unix socket from then on."""
        self.sock = self.tunnel.connect(self.timeout)
        self.sockets.add(self.sock)


class _UnixPool(UnixHTTPConnectionPool):  # type: ignore[misc]
    sockets: Sockets
    tunnel: SshTunnel | None = None

    def _new_conn(self) -> _UnixConnection:
        if self.tunnel is None:
            connection = _UnixConnection(self.base_url, self.socket_path, self.timeout)
        else:
            connection = _SshConnection(self.base_url, self.socket_path, self.timeout)
            connection.tunnel = self.tunnel
        connection.sockets = self.sockets
        return connection


class _UnixAdapter(UnixHTTPAdapter):  # type: ignore[misc]
    """One pool of connections; the SDK keeps one for every URL, and so opens many more."""

    def __init__(
        self, path: str, timeout_seconds: float, sockets: Sockets, tunnel: SshTunnel | None = None
    ) -> None:
        super().__init__(f"http+unix://{path}", timeout_seconds, max_pool_size=_POOL_SIZE)
        self._pool = _UnixPool("http+docker://localhost", path, timeout_seconds, maxsize=_POOL_SIZE)
        self._pool.sockets = sockets
        self._pool.tunnel = tunnel

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

    def __init__(
        self,
        endpoint: Endpoint,
        timeout_seconds: float,
        sockets: Sockets,
        tunnel: SshTunnel | None = None,
    ) -> None:
        """Ask for the version (one call); `tunnel`: the way to an engine behind ssh.

        Raises:
            CLIENT_ERRORS: the engine does not answer, or is too old.
        """
        super().__init__(
            # The SDK's own way over ssh has no sockets that could be timed or cut.
            base_url=endpoint.address if tunnel is None else "unix:///ssh",
            version=_OLDEST_VERSION,  # so that nothing is asked before the sockets are ours
            timeout=_LOOK_SECONDS,
            tls=_tls_of(endpoint),
            max_pool_size=_POOL_SIZE,
        )
        # Neither proxies, .netrc nor certificates of the environment, which requests would look for
        # with every call; it would even prefer those certificates to the engine's own.
        self.trust_env = False
        if endpoint.socket_path or tunnel is not None:
            path = endpoint.socket_path or "/ssh"
            self.mount("http+docker://", _UnixAdapter(path, timeout_seconds, sockets, tunnel))
        else:
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

    def open_pull(
        self, parameters: dict[str, str], idle_seconds: float, login: RegistryLogin | None
    ) -> Response:
        """The raw stream of a pull's progress, with this login or else that of `docker login`."""
        registry, _ = auth.resolve_repository_name(parameters["fromImage"])
        if login is None:
            self.reload_config()  # somebody may have logged in since
            credentials = auth.get_config_header(self, registry)
        else:
            given = {"username": login.username, "password": login.password}
            credentials = auth.encode_header(given | {"serveraddress": registry})
        return self._opened(
            self._post(
                self._url("/images/create"),
                params=parameters,
                headers=_ALONE | ({"X-Registry-Auth": credentials} if credentials else {}),
                stream=True,
                timeout=(self.timeout, idle_seconds),
            )
        )

    def make_exec(self, name: str, body: Json) -> str:
        """Prepare a command in a container; its id."""
        response = self._post_json(self._url("/containers/{0}/exec", name), data=body)
        self._raise_for_status(response)
        return str(response.json()["Id"])

    def open_exec(self, exec_id: str, body: Json) -> Response:
        """Start a prepared command; the response is its way in and out from then on."""
        headers = {"Connection": "Upgrade", "Upgrade": "tcp"}
        url = self._url("/exec/{0}/start", exec_id)
        return self._endless(self._post_json(url, data=body, headers=headers, stream=True))

    def run_exec(self, exec_id: str) -> None:
        """Start a prepared command that nobody reads."""
        url = self._url("/exec/{0}/start", exec_id)
        self._raise_for_status(self._post_json(url, data={"Detach": True}))

    def resize_exec(self, exec_id: str, columns: int, rows: int) -> None:
        """Tell the terminal of a command its size."""
        url = self._url("/exec/{0}/resize", exec_id)
        self._raise_for_status(self._post(url, params={"h": rows, "w": columns}))

    def open_attach(self, name: str) -> Response:
        """Be at a container's own input and output, which the response is from then on."""
        headers = {"Connection": "Upgrade", "Upgrade": "tcp"}
        wanted = {"stream": 1, "stdin": 1, "stdout": 1, "stderr": 1}
        url = self._url("/containers/{0}/attach", name)
        return self._endless(self._post(url, params=wanted, headers=headers, stream=True))

    def resize_container(self, name: str, columns: int, rows: int) -> None:
        """Tell the terminal of a container its size."""
        url = self._url("/containers/{0}/resize", name)
        self._raise_for_status(self._post(url, params={"h": rows, "w": columns}))

    def look(
        self, path: str, seconds: float = _LOOK_SECONDS, **parameters: str
    ) -> tuple[object, str]:
        """The JSON that the engine answers to a GET, and the engine's time as HTTP gives it.

        A look that takes long is given up sooner than an act: it can be made again.
        """
        response = self._get(self._url(path), params=parameters, timeout=seconds)
        self._raise_for_status(response)
        return response.json(), response.headers.get("Date", "")

    def look_at(self, path: str, seconds: float = _LOOK_SECONDS, **parameters: str) -> Json | None:
        """The JSON object that the engine answers to a GET; None when there is no such thing."""
        try:
            answer, _ = self.look(path, seconds, **parameters)
        except APIError as error:
            if status_of(error) == NOT_FOUND:
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
