"""Stories of services on a real Docker Engine."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from ecstui.model.enums import StopCode, TaskStatus
from ecstui.model.requests.tasks import StopTaskRequest
from ecstui.store.kinds import TASKS
from tests.support.docker_town import DockerTown

pytestmark = pytest.mark.docker

PORT = [{"container_port": 80}]
LEAVES = "trap 'exit 0' TERM"
FOR_EVER = "while :; do sleep 1 & wait $!; done"
SLEEP = ["sh", "-c", f"{LEAVES}; {FOR_EVER}"]


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


async def status_of(address: str, port: int) -> int:
    """The status that a web server answers with; a task is RUNNING before its server listens."""
    async with asyncio.timeout(180):
        while True:
            if line := await _first_line(address, port):
                return int(line.split()[1])
            await asyncio.sleep(0.05)


async def _first_line(address: str, port: int) -> bytes:
    """What comes back to a request; nothing from a port behind which nobody listens yet."""
    try:
        reader, writer = await asyncio.open_connection(address, port)
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        line = await reader.readline()
        writer.close()
        await writer.wait_closed()
    except ConnectionError:
        return b""
    return line


async def a_web(town: DockerTown, desired_count: int = 3, **members: object) -> str:
    """A steady service of web servers."""
    definition = await town.definition("web", image="nginx:stable", port_mappings=PORT)
    web = await town.service("web", desired_count, definition, **members)
    await town.steady(web)
    return web


async def test_a_service_serves_scales_rolls_and_heals(town: DockerTown) -> None:
    web = await a_web(town)
    for task in town.tasks(web):
        (binding,) = task.containers[0].network_bindings
        assert binding.bind_ip == task.instance_ip
        assert await status_of(binding.bind_ip, binding.host_port or 0) == 200
    await town.update("web", desired_count=5)
    await town.until(lambda: town.picture(web) == "v1 #####")
    environment = [{"name": "RELEASE", "value": "2"}]
    second = await town.definition(
        "web", image="nginx:stable", port_mappings=PORT, environment=environment
    )
    await town.update("web", task_definition=second)
    await town.until(lambda: town.picture(web) == "v2 #####")
    await town.steady(web)
    victim = town.running_containers()[0]
    town.kill(victim)
    await town.until(lambda: victim not in town.running_containers())
    await town.until(lambda: len(town.running_containers()) == 5)
    await town.steady(web)


async def test_a_killed_plane_adopts_what_runs(town: DockerTown) -> None:
    web = await a_web(town, 4)
    before = town.running_containers()
    await town.crash()
    await town.steady(web)
    assert town.running_containers() == before
    second = await town.definition("web", image="nginx:stable")
    await town.update("web", task_definition=second)
    for pause in (0.05, 0.2, 0.3, 0.4):
        await town.advance(pause)
        await town.crash()
    await town.until(lambda: town.picture(web) == "v2 ####")
    await town.steady(web)
    wanted = {c.engine_name for task in town.tasks(web) for c in task.containers}
    assert set(town.running_containers()) == wanted


async def test_a_static_port_is_there_once_per_slice(town: DockerTown) -> None:
    ports = [{"container_port": 80, "host_port": 18080}]
    definition = await town.definition("web", image="nginx:stable", port_mappings=ports)
    web = await town.service("web", 4, definition)
    await town.until(lambda: town.picture(web) == "v1 ###")
    addresses = {task.instance_ip for task in town.tasks(web)}
    assert len(addresses) == 3
    assert [await status_of(address, 18080) for address in sorted(addresses)] == [200] * 3
    assert "already using a port" in (town.service_record(web).waiting or "")


async def test_a_port_that_somebody_else_holds_is_told(town: DockerTown) -> None:
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.1.1", 18081)
    ports = [{"container_port": 80, "host_port": 18081}]
    definition = await town.definition("web", image="nginx:stable", port_mappings=ports)
    constraint = [{"type": "memberOf", "expression": "attribute:ecs.availability-zone == zone-a"}]
    (task,) = await town.run(definition, placement_constraints=constraint)
    await town.until(lambda: town.task(task).is_stopped)
    server.close()
    await server.wait_closed()
    stopped = town.task(task)
    assert stopped.stop_code is StopCode.TASK_FAILED_TO_START
    assert "CannotStartContainerError" in (stopped.stopped_reason or "")
    assert "address already in use" in (stopped.stopped_reason or "")


async def test_an_image_that_does_not_exist_is_told(town: DockerTown) -> None:
    (task,) = await town.run(await town.definition("web", image="ecstui-absent:never"))
    await town.until(lambda: town.task(task).is_stopped)
    stopped = town.task(task)
    assert stopped.stop_code is StopCode.TASK_FAILED_TO_START
    assert (stopped.stopped_reason or "").startswith("CannotPullContainerError: ")


async def test_containers_start_and_stop_in_the_order_of_their_dependencies(
    town: DockerTown,
) -> None:
    check = {"command": ["CMD", "test", "-e", "/tmp/ready"], "interval": 5, "retries": 2}
    containers: list[dict[str, object]] = [
        {
            "name": "prepare",
            "image": "busybox:stable",
            "memory": 16,
            "essential": False,
            "command": ["sh", "-c", "echo hello > /data/word"],
            "mount_points": [{"source_volume": "data", "container_path": "/data"}],
        },
        {
            "name": "db",
            "image": "busybox:stable",
            "memory": 16,
            "command": ["sh", "-c", f"{LEAVES}; touch /tmp/ready; {FOR_EVER}"],
            "health_check": check | {"interval": 5},
            "depends_on": [{"container_name": "prepare", "condition": "SUCCESS"}],
        },
        {
            "name": "app",
            "image": "busybox:stable",
            "memory": 16,
            "command": ["sh", "-c", f"{LEAVES}; cat /data/word; {FOR_EVER}"],
            "mount_points": [{"source_volume": "data", "container_path": "/data"}],
            "depends_on": [{"container_name": "db", "condition": "HEALTHY"}],
        },
    ]
    definition = await town.register("chain", containers, volumes=[{"name": "data"}])
    (arn,) = await town.run(definition)
    await town.until(lambda: town.task(arn).last_status is TaskStatus.RUNNING)
    prepare, db, app = town.task(arn).containers
    assert prepare.exit_code == 0
    assert (prepare.finished_at or 0) <= (db.started_at or 0) <= (app.started_at or 0)
    await town.until(lambda: town.client.logs(app.engine_name).decode() == "hello\n")
    await town.plane.call(StopTaskRequest(task=arn))
    await town.until(lambda: town.task(arn).is_stopped)
    _, db, app = town.task(arn).containers
    assert (app.finished_at or 0) <= (db.finished_at or 0)
    assert (app.exit_code, db.exit_code) == (0, 0)


async def test_an_essential_container_that_exits_ends_the_task(town: DockerTown) -> None:
    containers: list[dict[str, object]] = [
        {"name": "job", "image": "busybox:stable", "memory": 16, "command": ["sh", "-c", "exit 7"]},
        {
            "name": "side",
            "image": "busybox:stable",
            "memory": 16,
            "command": SLEEP,
            "essential": False,
        },
    ]
    (arn,) = await town.run(await town.register("job", containers))
    await town.until(lambda: town.task(arn).is_stopped)
    task = town.task(arn)
    assert task.stopped_reason == "Essential container in task exited"
    assert task.containers[0].exit_code == 7
    assert town.running_containers() == []


async def test_a_task_that_ignores_the_stop_signal_is_killed_after_its_timeout(
    town: DockerTown,
) -> None:
    stubborn = ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"]
    definition = await town.definition(
        "stubborn", image="busybox:stable", command=stubborn, stop_timeout=2
    )
    (arn,) = await town.run(definition)
    await town.until(lambda: town.task(arn).last_status is TaskStatus.RUNNING)
    await town.plane.call(StopTaskRequest(task=arn, reason="enough"))
    await town.until(lambda: town.task(arn).is_stopped)
    task = town.task(arn)
    assert (task.stop_code, task.stopped_reason) == (StopCode.USER_INITIATED, "enough")
    assert task.containers[0].exit_code == 137


@pytest.mark.parametrize("mode", ["bridge", "host", "none", "awsvpc"])
async def test_each_network_mode_runs(town: DockerTown, mode: str) -> None:
    containers: list[dict[str, object]] = [
        {"name": "a", "image": "busybox:stable", "memory": 16, "command": SLEEP},
        {"name": "b", "image": "busybox:stable", "memory": 16, "command": SLEEP},
    ]
    definition = await town.register(f"net-{mode}", containers, network_mode=mode)
    network = {"awsvpc_configuration": {"subnets": ["subnet-1"]}}
    members = {"network_configuration": network} if mode == "awsvpc" else {}
    (arn,) = await town.run(definition, **members)
    await town.until(lambda: town.task(arn).last_status is TaskStatus.RUNNING)
    first, second = (namespace_of(town, c.engine_name) for c in town.task(arn).containers)
    assert (first == second) is (mode in ("host", "awsvpc"))
    if mode == "awsvpc":
        (interface,) = town.task(arn).containers[0].network_interfaces
        assert interface.private_ipv4_address
    await town.plane.call(StopTaskRequest(task=arn))
    await town.until(lambda: town.task(arn).is_stopped)
    assert town.running_containers() == []


def namespace_of(town: DockerTown, name: str) -> str:
    """The network namespace of a container, as the kernel names it."""
    made = town.client.exec_create(name, ["readlink", "/proc/self/ns/net"])
    return str(town.client.exec_start(made["Id"]).decode().strip())


async def test_two_owners_on_one_engine_leave_each_other_alone(
    town: DockerTown, tmp_path: Path, docker_host: str, client: Any
) -> None:
    web = await a_web(town, 2)
    folder = tmp_path / "other"
    folder.mkdir()
    other = DockerTown(folder, docker_host, client)
    await other.open()
    theirs = await a_web(other, 2)
    mine = town.running_containers()
    await other.update("web", desired_count=0)
    await other.until(lambda: other.picture(theirs) == "")
    await other.close()
    await town.crash()
    await town.steady(web)
    assert town.running_containers() == mine


async def test_logs_of_a_task_can_be_followed_and_read_after_its_end(town: DockerTown) -> None:
    from ecstui.model.logs import LogWindow

    command = ["sh", "-c", "for i in 1 2 3; do echo line $i; done; sleep 1; echo end"]
    definition = await town.definition("talker", image="busybox:stable", command=command)
    (arn,) = await town.run(definition)
    await town.until(lambda: town.task(arn).last_status is not TaskStatus.PENDING)

    async def read() -> list[str]:
        lines = []
        async for batch in town.plane.logs(arn, "app", LogWindow()):
            lines += [line.text for line in batch]
        return lines

    expected = ["line 1", "line 2", "line 3", "end"]
    assert await read() == expected
    await town.until(lambda: town.task(arn).is_stopped)
    assert await read() == expected


async def test_a_container_removed_behind_our_back_is_replaced(town: DockerTown) -> None:
    web = await a_web(town, 2)
    victim = town.running_containers()[0]
    town.client.remove_container(victim, force=True)
    await town.until(lambda: victim not in town.running_containers())
    await town.until(lambda: len(town.running_containers()) == 2)
    await town.steady(web)
    dead = [task for task in town.plane.store.by(TASKS, "service", web) if task.is_stopped]
    assert len(dead) == 1
