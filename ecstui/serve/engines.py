"""Makes the engine that a daemon, the doctor or the demo works with; nothing else loads one.

Docker's client costs 0.2 s to import, so each engine is imported when it is asked for.
"""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from ecstui.base.clock import Clock
from ecstui.base.errors import SettingsError
from ecstui.engine.endpoint import Endpoint, NoEndpoint, find_endpoint
from ecstui.engine.protocol import ContainerEngine
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
