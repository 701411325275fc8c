"""Two real engines, the second on a machine of its own behind TLS or ssh: spread, loss, return."""

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import docker
import pytest

from ecstui.model.cluster import ContainerInstanceRecord
from ecstui.model.enums import StopCode
from ecstui.model.logs import LogWindow
from ecstui.model.requests.engines import RegisterEngineRequest
from ecstui.store.kinds import TASKS
from tests.docker_engine.choice import is_required
from tests.docker_engine.errors import EngineUnavailable
from tests.docker_engine.remote import RemoteEngine
from tests.support.docker_town import DockerTown

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a Docker Engine"),
]
LOST_SECONDS = 2.0
FAR = "far"


class TwoEngines(DockerTown):
    """The town's own engine, and one far away; `behind` looks into both without ecstui."""

    behind: dict[str, Any]

    def on(self, engine: str, *, everything: bool = False) -> list[str]:
        """Names of the town's containers in an engine."""
        label = {"label": f"ecstui.owner={self.setup.owner}"}
        found = self.behind[engine].containers(all=everything, filters=label)
        return sorted(container["Names"][0].removeprefix("/") for container in found)

    def far(self) -> ContainerInstanceRecord | None:
        return next((i for i in self.instances() if i.name == FAR), None)

    def is_connected(self) -> bool:
        far = self.far()
        return far is not None and far.agent_connected

    def ended_far(self):
        return [t for t in self.plane.store.all(TASKS) if t.engine == FAR and t.is_stopped]


@pytest.fixture(scope="module")
def remote() -> Iterator[RemoteEngine]:
    """A short path, for its socket's sake."""
    with TemporaryDirectory(prefix="ecstui-far-", ignore_cleanup_errors=True) as folder:
        try:
            engine = RemoteEngine(Path(folder) / "engine")
        except EngineUnavailable as reason:
            if is_required(os.environ):
                raise
            pytest.skip(str(reason))
        yield engine
        engine.close()


@pytest.fixture
async def town(docker_host: str, remote: RemoteEngine, tmp_path: Path) -> AsyncIterator[TwoEngines]:
    near = docker.APIClient(docker_host, version="auto")
    far = docker.APIClient(remote.local_address, version="auto")
    town = TwoEngines(tmp_path, docker_host, near, instances=1)
    town.behind = {"docker": near, FAR: far}
    pace = replace(town.setup.pace, instance_lost_seconds=LOST_SECONDS)
    town.setup = replace(town.setup, pace=pace)
    await town.open()
    yield town
    remote.plug_cable()
    await town.close()
    for name in town.on(FAR, everything=True):
        far.remove_container(name, force=True, v=True)
    near.close()
    far.close()


async def join(town: TwoEngines, how: dict[str, str]) -> None:
    """The far engine joins while the plane runs."""
    members = {"name": FAR, "zone": "zone-far", **how}
    await town.plane.call(RegisterEngineRequest.model_validate(members))
    await town.until(town.is_connected)


async def spread(town: TwoEngines) -> str:
    """A service of four, spread over both zones."""
    definition = await town.definition("web", image="nginx:stable")
    web = await town.service("web", 4, definition, availability_zone_rebalancing="DISABLED")
    await town.steady(web)
    assert (len(town.on("docker")), len(town.on(FAR))) == (2, 2)
    return web


async def test_a_machine_that_drops_off_the_network_behind_tls(
    town: TwoEngines, remote: RemoteEngine
) -> None:
    await join(town, remote.tls)
    web = await spread(town)
    before = town.on(FAR)
    remote.pull_cable()
    await town.until(lambda: not town.is_connected())
    await town.until(lambda: len(town.on("docker")) == 4)
    await town.steady(web)
    for task in town.ended_far():
        assert task.stop_code is StopCode.TERMINATION_NOTICE
        assert (task.stopped_reason or "").endswith(" stopped/terminated.")
    assert town.on(FAR) == before, "what nobody can reach runs on"
    remote.plug_cable()
    await town.until(town.is_connected)
    await town.until(lambda: town.on(FAR) == [])
    await town.steady(web)
    assert len(town.on("docker")) == 4, "nothing is doubled"
    await town.update("web", desired_count=6)
    await town.steady(web)
    assert len(town.on(FAR)) == 2, "it takes tasks again"


async def test_an_engine_that_stops_behind_ssh(town: TwoEngines, remote: RemoteEngine) -> None:
    await join(town, remote.ssh)
    web = await spread(town)
    remote.stop_dockerd()
    try:
        await town.until(lambda: not town.is_connected())
        await town.until(lambda: len(town.on("docker")) == 4)
        await town.steady(web)
    finally:
        remote.start_dockerd()
    await town.until(town.is_connected)
    assert town.on(FAR) == []
    await town.update("web", desired_count=6)
    await town.steady(web)
    assert (len(town.on("docker")), len(town.on(FAR))) == (4, 2)


async def test_a_killed_plane_finds_both_engines_again_behind_ssh(
    town: TwoEngines, remote: RemoteEngine
) -> None:
    await join(town, remote.ssh)
    web = await spread(town)
    before = town.on("docker"), town.on(FAR)
    await town.crash()
    await town.until(town.is_connected)
    await town.steady(web)
    assert (town.on("docker"), town.on(FAR)) == before


async def test_logs_and_networks_of_tasks_are_there_behind_tls(
    town: TwoEngines, remote: RemoteEngine
) -> None:
    await join(town, remote.tls)
    words = ["sh", "-c", "echo from far away; sleep 60 & wait"]
    definition = await town.register(
        "say",
        [{"name": "app", "image": "busybox:stable", "memory": 16, "command": words}],
        network_mode="awsvpc",
    )
    network = {"awsvpc_configuration": {"subnets": ["subnet-1"]}}
    where = [{"type": "memberOf", "expression": "attribute:ecs.availability-zone == zone-far"}]
    (arn,) = await town.run(definition, network_configuration=network, placement_constraints=where)
    await town.until(lambda: town.task(arn).last_status.value == "RUNNING")
    assert len(town.on(FAR)) == 2, "the container, and the pause container of its network"
    texts: list[str] = []

    async def read() -> None:
        async for lines in town.plane.logs(arn, "app", LogWindow(follow=False)):
            texts.extend(line.text for line in lines)

    await read()
    assert texts == ["from far away"]
