"""Where the task endpoint listens: loopback, the bridge's gateway, and for SDKs 169.254.170.2.

The environment of a container cannot change, so port and key are kept in a file of mode 0600 and
taken again. Only those addresses are listened on, never all of the machine's.
"""

import errno
import json
import logging
import re
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

from ecstui.base.errors import EngineError, SettingsError
from ecstui.base.ids import Ids
from ecstui.engine.protocol import ContainerEngine
from ecstui.plan.role_setting import RoleSetting
from ecstui.plan.task_endpoint import CREDENTIALS_ADDRESS, HTTP_PORT, TaskEndpoint
from ecstui.serve.state import BACKLOG, write_whole
from ecstui.settings import Settings

logger = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
_TRIES = 20
_IP_FREEBIND = 15
"""Linux: listen on an address that the machine does not have yet; Python has no name for it."""
_KEY = re.compile(r"[0-9a-f]{32,}")


@dataclass(frozen=True, slots=True)
class Kept:
    """What stays the same over restarts; port 0: none was chosen yet."""

    key: str = field(repr=False)
    port: int = 0
    credentials_port: int = 0


@dataclass(slots=True)
class TaskSockets:
    """The endpoint and its listeners."""

    endpoint: TaskEndpoint
    listeners: list[socket.socket]

    def close(self) -> None:
        """Stop listening."""
        for listener in self.listeners:
            listener.close()


@runtime_checkable
class MakesCredentialsNetwork(Protocol):
    """An engine in whose containers 169.254.170.2 can be this machine."""

    async def make_credentials_network(self) -> None:
        """Have the network."""
        ...


async def task_sockets_of(
    settings: Settings, gateway: str, engine: ContainerEngine, ids: Ids, *, is_remembered: bool
) -> TaskSockets | None:
    """The sockets that settings and engine allow; None: containers are told of no endpoint.

    `is_remembered`: the engine is away, so that its networks may come only later.
    """
    if settings.task_metadata == "off" or not gateway:
        return None
    if settings.roles and isinstance(engine, MakesCredentialsNetwork):
        try:
            await engine.make_credentials_network()
        except EngineError as error:
            logger.warning("the network for credentials cannot be made: %s", error)
    path, roles, name = settings.paths.metadata, settings.roles, engine.name
    return open_task_sockets(path, gateway, name, roles, ids, is_remembered=is_remembered)


def open_task_sockets(
    path: Path,
    gateway: str,
    engine: str,
    roles: Mapping[str, RoleSetting],
    ids: Ids,
    *,
    is_remembered: bool = False,
) -> TaskSockets | None:
    """Listen for the containers of an engine; None when its gateway is not this machine's.

    `gateway`: as the engine told. `is_remembered`: it did so earlier; if it was this machine's
    then, it will be again, and is listened on before it is there. `SettingsError` for a damaged
    file.
    """
    kept = _read(path) or Kept(key=ids() + ids())
    found = _listen_at(gateway, kept.port, is_early=is_remembered and kept.port != 0)
    if found is None:
        logger.warning("containers find no metadata: %s is no address of this machine", gateway)
        return None
    port, listeners = found
    if kept.port not in (0, port):
        logger.warning("port %d is taken: containers made before find no metadata", kept.port)
    kept = replace(kept, port=port)
    if roles:
        is_early = is_remembered and kept.credentials_port != 0
        listener = _listen_for_credentials(kept, is_early=is_early)
        if listener is not None:
            listeners.append(listener)
            kept = replace(kept, credentials_port=listener.getsockname()[1])
    write_whole(path, json.dumps(asdict(kept)) + "\n")
    path.chmod(0o600)
    has_credentials = any(one.getsockname()[0] == CREDENTIALS_ADDRESS for one in listeners)
    endpoint = TaskEndpoint(
        engine=engine,
        gateway=gateway,
        port=port,
        key=kept.key,
        credentials_port=kept.credentials_port if has_credentials else None,
        roles=roles,
    )
    return TaskSockets(endpoint, listeners)


def _read(path: Path) -> Kept | None:
    try:
        found = Kept(**json.loads(path.read_text(encoding="utf-8")))
        is_whole = _KEY.fullmatch(found.key) is not None
        is_whole &= 0 <= int(found.port) < 65536 and 0 <= int(found.credentials_port) < 65536
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        is_whole = False
    if not is_whole:
        raise SettingsError(
            f"{path} holds no port and key: remove it, and the next start of the daemon makes "
            "new ones; containers that run then find no metadata."
        )
    return found


def _listen_at(
    gateway: str, wanted: int, *, is_early: bool
) -> tuple[int, list[socket.socket]] | None:
    """The same port on the gateway and on loopback: the one wanted, else any that is free."""
    for port in (wanted, *[0] * _TRIES) if wanted else [0] * _TRIES:
        first = None
        try:
            first = _listen(gateway, port, is_early=is_early)
            chosen = int(first.getsockname()[1])
            return chosen, [first, _listen(LOOPBACK, chosen)]
        except OSError as error:
            if first is not None:
                first.close()
            if error.errno == errno.EADDRNOTAVAIL:
                return None
    return None


def _listen_for_credentials(kept: Kept, *, is_early: bool) -> socket.socket | None:
    """Port 80, at which every SDK asks; else the one of before, or any."""
    for port in dict.fromkeys((kept.credentials_port or HTTP_PORT, HTTP_PORT, kept.port, 0)):
        with suppress(OSError):
            return _listen(CREDENTIALS_ADDRESS, port, is_early=is_early)
    logger.warning("tasks get no credentials in bridge and awsvpc mode: no %s", CREDENTIALS_ADDRESS)
    return None


def _listen(address: str, port: int, *, is_early: bool = False) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_early and sys.platform == "linux":
            listener.setsockopt(socket.IPPROTO_IP, _IP_FREEBIND, 1)
        listener.bind((address, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
