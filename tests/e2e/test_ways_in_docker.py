"""Ways into containers on a real Docker Engine: a forward that outlives tasks, and attaching."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from ecstui.client.forwarding import open_forward
from ecstui.client.reach import goals_of, ways_to
from ecstui.model.exec import ExecOrder
from tests.e2e.test_docker_stories import a_web, status_of
from tests.support.docker_town import DockerTown

pytestmark = pytest.mark.docker

ATTACH = ExecOrder((), attaches=True)


@pytest.fixture
def client(docker_host: str) -> Iterator[Any]:
    """Docker's own client."""
    client = docker.APIClient(docker_host, version="auto")
    yield client
    client.close()


@pytest.fixture
async def town(tmp_path: Path, docker_host: str, client: Any) -> AsyncIterator[DockerTown]:
    """An open town on three slices of the engine."""
    town = DockerTown(tmp_path, docker_host, client)
    await town.open()
    yield town
    await town.close()


async def test_a_forward_of_a_service_answers_over_a_rollout(town: DockerTown) -> None:
    web = await a_web(town, 2)
    (goal,) = goals_of(town.plane.store, web)
    forward = await open_forward(goal, lambda: ways_to(town.plane.store, goal))
    try:
        first = {task.task_arn for task in town.tasks(web)}
        assert await status_of("127.0.0.1", forward.port) == 200
        await town.update("web", force_new_deployment=True)
        statuses = []
        while any(task.task_arn in first for task in town.tasks(web) if not task.is_stopped):
            statuses.append(await status_of("127.0.0.1", forward.port))
        assert set(statuses) == {200}
        assert await status_of("127.0.0.1", forward.port) == 200
        assert forward.last is not None
        assert forward.last.task_arn not in first
    finally:
        await forward.close()


async def attached(town: DockerTown, text: bytes, **container: object) -> tuple[str, bytes]:
    """Type a text at a container of its own task; the task and what comes, up to `42`."""
    (arn,) = await town.run(await town.definition("shell", image="busybox:stable", **container))
    await town.until(lambda: town.task(arn).last_status.value == "RUNNING")
    session = await town.plane.execute(arn, "", ATTACH)
    shown = b""
    try:
        async with asyncio.timeout(60):
            await session.write(text)
            while b"42" not in shown.replace(text, b""):
                shown += b"".join(each.data for each in await session.read() or ())
    finally:
        await session.close()
    return arn, shown


@pytest.mark.parametrize("has_terminal", [False, True])
async def test_who_attaches_and_leaves_leaves_the_container_as_it_is(
    town: DockerTown, has_terminal: bool
) -> None:
    arn, shown = await attached(
        town, b"echo $((6*7))\n", command=["sh"], interactive=True, pseudo_terminal=has_terminal
    )
    assert (b"echo" in shown) is has_terminal  # a terminal shows what is typed
    await town.until(lambda: len(town.running_containers()) == 1)
    assert town.task(arn).last_status.value == "RUNNING"
