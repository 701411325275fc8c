"""Networks of a Docker Engine besides the one that a container is made with.

The address of the machine that containers in bridge mode see, and the network in which
169.254.170.2 is the machine itself, so that SDKs take credentials from there. Calls that are
repeated do no harm.
"""

import socket
import struct
import sys
from ipaddress import IPv4Network
from pathlib import Path

from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.engine.docker_calls import Calls
from ecstui.engine.docker_client import Client
from ecstui.engine.docker_errors import CLIENT_ERRORS, NOT_FOUND, status_of
from ecstui.engine.docker_observation import Json, object_at, objects_in, text_at
from ecstui.plan.spec import ContainerSpec
from ecstui.plan.task_endpoint import CREDENTIALS_ADDRESS, CREDENTIALS_NETWORK, CREDENTIALS_SUBNET

_PEER = struct.Struct("3i")
_PEER_SECONDS = 2.0
_FORBIDDEN = 403
_CONFLICT = 409
_OPTIONS = {"com.docker.network.bridge.enable_icc": "false"}
"""Containers of this network reach the machine, and not each other."""


async def gateway_of(calls: Calls, info: Json) -> str:
    """This machine's address in the default bridge; empty where it is not to be reached so.

    `info`: what the engine says of itself. Docker Desktop, rootless engines and those of other
    machines have their bridge somewhere else.
    """
    options = info.get("SecurityOptions")
    is_rootless = isinstance(options, list) and "name=rootless" in options
    is_here = bool(calls.endpoint.socket_path) and sys.platform == "linux"
    if not is_here or is_rootless or "Docker Desktop" in text_at(info, "OperatingSystem"):
        return ""
    if not await calls.compute(lambda: _shares_network(calls.endpoint.socket_path)):
        return ""
    try:
        network = await calls.look(lambda client: client.look_at("/networks/bridge"))
    except EngineError:
        return ""
    configs = objects_in(object_at(network or {}, "IPAM").get("Config"))
    return next(filter(None, map(gateway_in, configs)), "")


def gateway_in(config: Json) -> str:
    """The gateway of a network; an engine that has just made its bridge names the subnet alone."""
    gateway = text_at(config, "Gateway")
    if gateway:
        return gateway
    try:
        return str(next(IPv4Network(text_at(config, "Subnet")).hosts()))
    except ValueError:
        return ""


def _shares_network(socket_path: str) -> bool:
    """Whether an engine's bridge is among this process's interfaces, as far as that can be told.

    One in a network namespace of its own may have a bridge of the same address there.
    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
            peer.settimeout(_PEER_SECONDS)
            peer.connect(socket_path)
            told = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
        process_id, _, _ = _PEER.unpack(told)
        theirs = Path(f"/proc/{process_id}/ns/net").stat()
        return theirs.st_ino == Path("/proc/self/ns/net").stat().st_ino
    except OSError:
        return True


async def make_credentials_network(calls: Calls) -> None:
    """Have the network; raises `EngineError` when it cannot be made."""
    found = await calls.look(lambda client: client.look_at(f"/networks/{CREDENTIALS_NETWORK}"))
    if found is not None:
        return

    def make(client: Client) -> None:
        pool = {"Subnet": CREDENTIALS_SUBNET, "Gateway": CREDENTIALS_ADDRESS}
        try:
            client.create_network(
                CREDENTIALS_NETWORK,
                driver="bridge",
                options=_OPTIONS,
                ipam={"Driver": "default", "Config": [pool]},
                check_duplicate=True,
                internal=True,
            )
        except CLIENT_ERRORS as error:
            if status_of(error) != _CONFLICT:
                raise

    await calls.act(make, EngineErrorKind.CANNOT_CREATE, "made")


async def join_networks(calls: Calls, spec: ContainerSpec) -> None:
    """Connect a container that was made to its further networks."""
    for network in spec.more_networks:

        def connect(client: Client, network: str = network) -> None:
            try:
                client.connect_container_to_network(spec.name, network)
            except CLIENT_ERRORS as error:
                if status_of(error) != _FORBIDDEN or "already exists" not in str(error):
                    raise

        try:
            await calls.act(connect, EngineErrorKind.CANNOT_CREATE, "connected")
        except EngineError as error:
            if "not found" in error.message or str(NOT_FOUND) in error.message:
                await make_credentials_network(calls)
                await calls.act(connect, EngineErrorKind.CANNOT_CREATE, "connected")
            else:
                raise
