"""Every test that asks for `lab` runs twice: on the simulated engine and on a real Docker Engine.

The simulated one runs in simulated time. Each test has an owner of its own on the engine, and
whatever it made there is removed after it.
"""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Callable, Mapping

import pytest

from ecstui.base.clock import LoopClock
from ecstui.engine.protocol import ContainerEngine
from ecstui.engine.simulated import SimulatedEngine
from ecstui.engine.world import World
from tests.engine.lab import IMAGE, SERVER_IMAGE, Lab
from tests.support.simloop import SimLoop

_SIMULATED, _DOCKER = "simulated", "docker"
_EPOCH = 1_790_000_000.0
_numbers = itertools.count(1)


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]] | None:
    if "lab" in getattr(item, "fixturenames", ()):
        return {_SIMULATED: SimLoop, _DOCKER: asyncio.new_event_loop}
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each half of the contract: before the root's conftest looks at the marks."""
    for item in items:
        if "lab" in getattr(item, "fixturenames", ()):
            is_docker = _DOCKER in item.callspec.id.split("-")  # type: ignore[attr-defined]
            item.add_marker(pytest.mark.docker if is_docker else pytest.mark.sim)


@pytest.fixture
async def lab(request: pytest.FixtureRequest) -> AsyncIterator[Lab]:
    """An engine with the image `IMAGE`, and an owner that nobody else has."""
    if isinstance(asyncio.get_running_loop(), SimLoop):
        make_engine = _simulated_engines()
    else:
        make_engine = _docker_engines(request.getfixturevalue("docker_host"))
    owner = f"contract-{os.getpid()}-{next(_numbers)}"
    async with Lab(make_engine, owner) as it:
        yield it


def _simulated_engines() -> Callable[[], ContainerEngine]:
    world = World(LoopClock(_EPOCH))
    for image in (IMAGE, SERVER_IMAGE):
        world.add_image(image)
    return lambda: SimulatedEngine(world)


def _docker_engines(endpoint: str) -> Callable[[], ContainerEngine]:
    from ecstui.engine.docker import DockerEngine
    from ecstui.engine.endpoint import Endpoint

    return lambda: DockerEngine(Endpoint(endpoint))
