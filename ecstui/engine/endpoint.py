"""Which Docker Engine is meant: DOCKER_HOST, a docker context, or a socket that is there.

Follows the order of Docker's own command line, then tries the sockets of rootless engines, Docker
Desktop and Podman. It reads files and looks at sockets, and never talks to an engine.
"""

import errno
import hashlib
import json
import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ecstui.base.addresses import address_problem

DEFAULT_SOCKET = "/var/run/docker.sock"
_CONNECT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Certificates for an engine behind TLS; paths, each empty when not used."""

    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    is_verified: bool = True


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an engine listens, and who said so."""

    address: str
    """`unix:///path`, `tcp://host:port` or `ssh://user@host`."""
    source: str = "given"
    tls: TlsFiles | None = None

    @property
    def socket_path(self) -> str:
        """Path of its Unix socket, or empty."""
        scheme, _, path = self.address.partition("://")
        return path if scheme == "unix" else ""

    @property
    def is_podman(self) -> bool:
        """Whether it looks like Podman's socket."""
        return "podman" in self.address


@dataclass(frozen=True, slots=True)
class NoEndpoint:
    """A setting names an engine in a way that cannot be followed."""

    source: str
    reason: str
    """A sentence that says what is wrong and what to do."""


class SocketState(StrEnum):
    """What a Unix socket looks like from outside."""

    LISTENING = "listening"
    ABSENT = "absent"
    FORBIDDEN = "forbidden"
    REFUSED = "refused"


def find_endpoint(environment: Mapping[str, str], home: Path) -> Endpoint | NoEndpoint:
    """The engine that `docker` itself would use in this environment, else one that is there.

    Source: docker CLI, order of DOCKER_HOST, DOCKER_CONTEXT and `currentContext`.
    """
    host = environment.get("DOCKER_HOST", "").strip()
    if host:
        return _from_host(host, environment, home)
    configuration = _configuration_folder(environment, home)
    for source, name in (
        ("DOCKER_CONTEXT", environment.get("DOCKER_CONTEXT", "")),
        (f"currentContext in {configuration / 'config.json'}", _current_context(configuration)),
    ):
        if name == "default":
            break
        if name:
            return _from_context(name, source, configuration)
    return _from_sockets(environment, home)


def socket_state(path: str) -> SocketState:
    """Try to connect to a Unix socket; at most two seconds."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
        trial.settimeout(_CONNECT_SECONDS)
        try:
            trial.connect(path)
        except OSError as error:
            return _STATES.get(error.errno or 0, SocketState.REFUSED)
    return SocketState.LISTENING


_STATES = {
    errno.ENOENT: SocketState.ABSENT,
    errno.ENOTDIR: SocketState.ABSENT,
    errno.EACCES: SocketState.FORBIDDEN,
    errno.EPERM: SocketState.FORBIDDEN,
}


def connection_problem(endpoint: Endpoint, error: OSError) -> str:
    """Why an engine could not be reached and what to do, as one sentence."""
    where = endpoint.socket_path or endpoint.address
    set_by = "" if endpoint.source in ("given", "default") else f" ({endpoint.source})"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return f"there is no socket {where}{set_by}: install Docker, or start its daemon"
    if isinstance(error, PermissionError):
        return f"no permission on {where}{set_by}: join the group that owns it, or run as root"
    if isinstance(error, ConnectionRefusedError):
        return f"nothing listens at {where}{set_by}: start the Docker daemon"
    if isinstance(error, socket.gaierror):
        return f"the host of {where}{set_by} is unknown: {error.strerror}"
    if isinstance(error, TimeoutError):
        return f"no answer from {where}{set_by} in time"
    if isinstance(error, ConnectionError):
        return f"the engine at {where}{set_by} closed the connection"
    return f"cannot reach {where}{set_by}: {error.strerror or error}"


# -- DOCKER_HOST -------------------------------------------------------------------------------


def _from_host(host: str, environment: Mapping[str, str], home: Path) -> Endpoint | NoEndpoint:
    problem = address_problem(host)
    if problem:
        return NoEndpoint("DOCKER_HOST", f"DOCKER_HOST is {host!r}, {problem}")
    folder = environment.get("DOCKER_CERT_PATH") or str(_configuration_folder(environment, home))
    is_verified = bool(environment.get("DOCKER_TLS_VERIFY"))
    has_tls = is_verified or bool(environment.get("DOCKER_TLS"))
    is_remote = host.startswith(("tcp://", "https://"))
    tls = _tls_in(Path(folder), is_verified=is_verified) if has_tls and is_remote else None
    return Endpoint(host, "DOCKER_HOST", tls)


# -- contexts ----------------------------------------------------------------------------------


def _configuration_folder(environment: Mapping[str, str], home: Path) -> Path:
    given = environment.get("DOCKER_CONFIG")
    return Path(given) if given else home / ".docker"


def _current_context(configuration: Path) -> str:
    """The context chosen with `docker context use`; empty when none is or nothing can be read."""
    name = _json_object(configuration / "config.json").get("currentContext", "")
    return name if isinstance(name, str) else ""


def _from_context(name: str, source: str, configuration: Path) -> Endpoint | NoEndpoint:
    identifier = hashlib.sha256(name.encode()).hexdigest()
    meta = _json_object(configuration / "contexts" / "meta" / identifier / "meta.json")
    endpoints = meta.get("Endpoints")
    docker = endpoints.get("docker") if isinstance(endpoints, dict) else None
    host = docker.get("Host") if isinstance(docker, dict) else None
    if not isinstance(docker, dict) or not isinstance(host, str) or not host:
        return NoEndpoint(
            source,
            f"{source} names the docker context {name!r}, which does not exist: "
            "see `docker context ls`, or choose one with `docker context use`",
        )
    problem = address_problem(host)
    if problem:
        return NoEndpoint(
            source, f"the docker context {name!r} has the address {host!r}, {problem}"
        )
    folder = configuration / "contexts" / "tls" / identifier / "docker"
    tls = _tls_in(folder, is_verified=not docker.get("SkipTLSVerify"))
    return Endpoint(host, f"docker context {name!r}", tls if _exists(folder) else None)


def _tls_in(folder: Path, *, is_verified: bool) -> TlsFiles:
    ca, certificate, key = (
        str(folder / name) if _exists(folder / name) else ""
        for name in ("ca.pem", "cert.pem", "key.pem")
    )
    return TlsFiles(ca, certificate, key, is_verified)


def _json_object(path: Path) -> dict[str, object]:
    """A file's JSON object; empty when it cannot be read, as Docker's command line has it."""
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


# -- sockets -----------------------------------------------------------------------------------


def _from_sockets(environment: Mapping[str, str], home: Path) -> Endpoint:
    """The first socket that may be used, else the first that is there, else Docker's own."""
    present = [(path, what) for path, what in _candidates(environment, home) if _exists(Path(path))]
    usable = [(path, what) for path, what in present if os.access(path, os.R_OK | os.W_OK)]
    path, what = (usable or present or [(DEFAULT_SOCKET, "default")])[0]
    return Endpoint(f"unix://{path}", what)


def _candidates(environment: Mapping[str, str], home: Path) -> Iterator[tuple[str, str]]:
    runtime = environment.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    yield DEFAULT_SOCKET, "default"
    yield f"{runtime}/docker.sock", "rootless Docker"
    yield f"{home}/.docker/run/docker.sock", "Docker Desktop"
    yield f"{home}/.docker/desktop/docker.sock", "Docker Desktop"
    yield f"{home}/.orbstack/run/docker.sock", "OrbStack"
    yield f"{home}/.colima/default/docker.sock", "Colima"
    yield f"{home}/.rd/docker.sock", "Rancher Desktop"
    yield f"{runtime}/podman/podman.sock", "rootless Podman"
    yield "/run/podman/podman.sock", "Podman"


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False
