"""Makes the engines that a daemon, the doctor or the demo works with; nothing else loads one.

Docker's client costs 0.2 s to import, so each engine is imported when it is asked for.
"""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from ecstui.base.clock import Clock
from ecstui.base.errors import SettingsError
from ecstui.engine.endpoint import Endpoint, NoEndpoint, TlsFiles, find_endpoint
from ecstui.engine.protocol import ContainerEngine
from ecstui.model.engine_link import EngineLink
from ecstui.settings import Settings


class EngineKind(StrEnum):
    """Which engine runs the containers."""

    DOCKER = "docker"
    SIMULATED = "simulated"


def endpoint_of(settings: Settings, environ: Mapping[str, str]) -> Endpoint | NoEndpoint:
    """The Docker Engine that is meant: the one set, else the one that `docker` would use."""
    given = dict(environ)
    if settings.docker_host:
        given["DOCKER_HOST"] = settings.docker_host
    return find_endpoint(given, Path(environ.get("HOME") or Path.home()))


def make_engine(
    kind: EngineKind, settings: Settings, environ: Mapping[str, str], clock: Clock
) -> ContainerEngine:
    """An engine that has not been talked to yet; `SettingsError` when none can be meant."""
    if kind is EngineKind.SIMULATED:
        from ecstui.engine.simulated import SimulatedEngine
        from ecstui.engine.world import World

        return SimulatedEngine(World(clock))
    from ecstui.engine.docker import DockerEngine

    endpoint = endpoint_of(settings, environ)
    if isinstance(endpoint, NoEndpoint):
        raise SettingsError(f"{endpoint.reason}.")
    return DockerEngine(endpoint)


def linked_engine(link: EngineLink, clock: Clock) -> ContainerEngine:
    """Another engine, not talked to yet; `simulated://NAME` is a world of its own."""
    if link.address.startswith("simulated://"):
        from ecstui.engine.simulated import SimulatedEngine
        from ecstui.engine.world import World

        return SimulatedEngine(World(clock), link.name)
    from ecstui.engine.docker import DockerEngine

    return DockerEngine(linked_endpoint(link), link.name)


def linked_endpoint(link: EngineLink) -> Endpoint:
    """Where a linked engine listens; with a file of certificates, behind TLS."""
    has_files = link.ca_file or link.certificate_file or link.key_file
    tls = TlsFiles(link.ca_file, link.certificate_file, link.key_file) if has_files else None
    return Endpoint(link.address, f"engine {link.name}", tls)
