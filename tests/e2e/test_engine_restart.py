"""Docker stopped and started again while services run: what happens is said, and undone."""

import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import docker
import pytest

from ecstui.store.kinds import ENGINES
from tests.docker_engine import daemon, images
from tests.docker_engine.api import EngineApi
from tests.support.docker_town import DockerTown

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a Docker Engine"),
]


class OwnEngine:
    """An engine that this test alone uses, and so may stop."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = daemon.start(folder, sys.executable, stops_with_us=True)
        images.load(EngineApi(daemon.socket_of(folder)))

    @property
    def address(self) -> str:
        return f"unix://{daemon.socket_of(self.folder)}"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)

    def start(self) -> None:
        self.process = daemon.start(self.folder, sys.executable, stops_with_us=True)


@pytest.fixture
def engine() -> Iterator[OwnEngine]:
    """An engine with the test images; a short path, for its socket's sake."""
    with TemporaryDirectory(prefix="ecstui-own-", ignore_cleanup_errors=True) as folder:
        engine = OwnEngine(Path(folder) / "engine")
        yield engine
        daemon.stop(engine.folder)
        engine.process.wait(30)


@pytest.fixture
async def town(engine: OwnEngine, tmp_path: Path) -> AsyncIterator[DockerTown]:
    """A town on that engine."""
    client = docker.APIClient(engine.address, version="auto")
    town = DockerTown(tmp_path, engine.address, client)
    await town.open()
    yield town
    await town.close()
    client.close()


async def test_services_come_back_with_the_engine(town: DockerTown, engine: OwnEngine) -> None:
    web = await town.service("web", 3, await town.definition("web", image="nginx:stable"))
    await town.steady(web)
    engine.stop()

    def record() -> tuple[bool, str | None]:
        found = town.plane.store.get(ENGINES, "docker")
        assert found is not None
        return found.is_connected, found.problem

    await town.until(lambda: not record()[0])
    assert record()[1]
    assert any("does not answer" in message for message in town.events())
    assert all(not instance.agent_connected for instance in town.instances())
    await town.update("web", desired_count=4)
    await town.advance(3)
    engine.start()
    await town.until(lambda: record() == (True, None))
    await town.until(lambda: len(town.running_containers()) == 4)
    await town.steady(web)
    wanted = {c.engine_name for task in town.tasks(web) for c in task.containers}
    assert set(town.running_containers()) == wanted
