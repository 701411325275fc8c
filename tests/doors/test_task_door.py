"""What containers are told by the task endpoint, and that only they are told."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ecstui.base.clock import SystemClock
from ecstui.base.ids import new_id
from ecstui.control.plane import ControlPlane
from ecstui.control.setup import InstanceSetup, Setup
from ecstui.engine.behaviour import Behaviour
from ecstui.engine.simulated import SimulatedEngine
from ecstui.engine.world import World
from ecstui.model.enums import TaskStatus
from ecstui.model.requests.definitions import RegisterTaskDefinitionRequest
from ecstui.model.requests.services import CreateServiceRequest
from ecstui.model.requests.tasks import RunTaskRequest
from ecstui.model.task import TaskRecord
from ecstui.plan.role_setting import RoleSetting
from ecstui.serve import task_door
from ecstui.serve.task_door import TaskDoor, open_task_door
from ecstui.serve.task_sockets import open_task_sockets
from ecstui.serve.tcp import ConnectionLimits
from ecstui.store.journal import MemoryJournal
from ecstui.store.kinds import TASKS

ROLE = "arn:aws:iam::000000000000:role/web"
SECRET = "wJalrXUtnFEMI/not/a/real/secret/key12345"
STATISTICS: dict[str, object] = {"cpu_stats": {"online_cpus": 2}}
QUICK = Behaviour(pull_seconds=0.0, create_seconds=0.0, start_seconds=0.0, stops_after_seconds=0.0)


class MeasuredEngine(SimulatedEngine):
    async def statistics(self, name: str) -> dict[str, object]:
        return STATISTICS


class House:
    """A plane whose containers could reach the endpoint at loopback."""

    def __init__(self, folder: Path) -> None:
        self.clock = SystemClock()
        self.world = World(self.clock, images={"web": QUICK})
        self.engine = MeasuredEngine(self.world, "simulated")
        self.home = folder
        roles = {"web": RoleSetting(profile="dev")}
        path = folder / "metadata.json"
        sockets = open_task_sockets(path, "127.0.0.2", "simulated", roles, new_id)
        assert sockets is not None
        self.sockets = sockets
        self.sockets.endpoint = replace(sockets.endpoint, credentials_port=80)
        setup = Setup(
            owner="doors",
            is_simulation=True,
            instances=(InstanceSetup("i-1", "simulated", "us-east-1a", 4096, 4096),),
            task_endpoint=self.sockets.endpoint,
        )
        self.plane = ControlPlane(MemoryJournal(), {"simulated": self.engine}, self.clock, setup)
        environ = {"HOME": str(folder)}
        self.door = TaskDoor(self.plane, sockets.endpoint, self.engine, self.clock, environ)
        self.door.seen = self.plane.seen

    async def task(self, *, service: bool = False, **members: Any) -> TaskRecord:
        container = {"name": "app", "image": "web", "memory": 64, "cpu": 128}
        given = {"family": "web", "containerDefinitions": [container]} | members
        await self.plane.call(RegisterTaskDefinitionRequest.model_validate(given))
        if service:
            request = {"serviceName": "shop", "taskDefinition": "web", "desiredCount": 1}
            await self.plane.call(CreateServiceRequest.model_validate(request))
        else:
            await self.plane.call(RunTaskRequest(task_definition="web"))
        async for _ in self.plane.batches():
            running = [t for t in self.plane.store.all(TASKS) if t.last_status is RUNNING]
            if running:
                return running[0]
        raise AssertionError

    def environment(self, task: TaskRecord) -> dict[str, str]:
        return dict(self.world.containers[task.containers[0].engine_name].spec.environment)


RUNNING = TaskStatus.RUNNING
MOST = 20
"""Connections at once."""


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    one = House(tmp_path)
    await one.plane.start()
    limits = ConnectionLimits(connections=MOST)
    async with open_task_door(one.sockets, one.door, new_id, limits):
        yield one
    await one.plane.stop()
    await one.engine.close()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def get(http: aiohttp.ClientSession, url: str) -> tuple[int, Any]:
    async with http.get(url) as answer:
        return answer.status, await answer.json()


async def test_a_container_reads_what_it_is(house: House, http: aiohttp.ClientSession):
    task = await house.task()
    base = house.environment(task)["ECS_CONTAINER_METADATA_URI_V4"]
    status, told = await get(http, base)
    assert status == 200
    assert told["DockerId"] == task.containers[0].runtime_id
    assert (told["Name"], told["KnownStatus"], told["Type"]) == ("app", "RUNNING", "NORMAL")
    assert told["Limits"] == {"CPU": 128, "Memory": 64}
    assert told["Labels"]["com.amazonaws.ecs.task-arn"] == task.task_arn
    assert told["Networks"][0]["NetworkMode"] == "bridge"
    assert told["StartedAt"].endswith("Z")
    assert len(told["StartedAt"]) == len("2020-10-02T00:43:06.202617438Z")


async def test_a_task_reads_what_it_is(house: House, http: aiohttp.ClientSession):
    task = await house.task(cpu="256", memory="512")
    base = house.environment(task)["ECS_CONTAINER_METADATA_URI_V4"]
    _, told = await get(http, f"{base}/task")
    assert (told["Cluster"], told["Family"], told["Revision"]) == ("default", "web", "1")
    assert told["Limits"] == {"CPU": 0.25, "Memory": 512}
    assert [one["Name"] for one in told["Containers"]] == ["app"]
    assert None not in told.values()
    _, tagged = await get(http, f"{base}/taskWithTags")
    assert tagged.items() >= told.items()


async def test_statistics_are_docker_s_own(house: House, http: aiohttp.ClientSession):
    task = await house.task()
    base = house.environment(task)["ECS_CONTAINER_METADATA_URI_V4"]
    assert await get(http, f"{base}/stats") == (200, STATISTICS)
    assert await get(http, f"{base}/task/stats") == (
        200,
        {task.containers[0].runtime_id: STATISTICS},
    )


async def test_who_does_not_know_the_id_is_told_nothing(house: House, http: aiohttp.ClientSession):
    task = await house.task()
    port = house.sockets.endpoint.port
    for wrong in ("", "x", task.task_id, f"{task.task_id}-{'0' * 32}", "%00", "é"):
        for tail, words in (("", "container"), ("/task", "task")):
            url = f"http://127.0.0.1:{port}/v4/{wrong or 'none'}{tail}"
            status, told = await get(http, url)
            assert status == 404
            assert told.startswith(f"V4 {words} metadata handler: ")
    status, told = await get(http, f"http://127.0.0.1:{port}/elsewhere")
    assert (status, told) == (404, "Not Found")


async def test_too_many_requests_are_refused(house: House, http: aiohttp.ClientSession):
    base = house.environment(await house.task())["ECS_CONTAINER_METADATA_URI_V4"]
    statuses = [(await get(http, base))[0] for _ in range(400)]
    assert statuses[:60] == [200] * 60
    assert 429 in statuses


async def test_credentials_of_the_mapped_role(
    house: House, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
):
    task = await house.task(taskRoleArn=ROLE)
    path = house.environment(task)["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
    url = f"http://127.0.0.1:{house.sockets.endpoint.port}{path}"
    status, told = await get(http, url)
    assert (status, told["code"]) == (503, "CredentialsUninitialized")
    assert "no profile dev" in told["message"]
    folder = house.home / ".aws"
    folder.mkdir()
    keys = f"[dev]\naws_access_key_id = ECSTUITESTKEY\naws_secret_access_key = {SECRET}\n"
    (folder / "credentials").write_text(keys)
    status, told = await get(http, url)
    assert status == 200
    assert told["RoleArn"] == ROLE
    assert (told["AccessKeyId"], told["SecretAccessKey"]) == ("ECSTUITESTKEY", SECRET)
    assert told.keys() == {"RoleArn", "AccessKeyId", "SecretAccessKey", "Token", "Expiration"}
    assert SECRET not in caplog.text
    assert house.sockets.endpoint.key not in repr(house.sockets.endpoint)
    status, told = await get(http, f"{url[:-1]}{'0' if url[-1] != '0' else '1'}")
    assert (status, told["code"]) == (400, "InvalidIdInRequest")


async def test_a_role_that_is_not_mapped_brings_nothing(house: House):
    task = await house.task(taskRoleArn=f"{ROLE}-other", executionRoleArn=ROLE)
    environment = house.environment(task)
    assert not [name for name in environment if "CREDENTIALS" in name]


async def test_credentials_by_network_mode(house: House):
    task = await house.task(taskRoleArn=ROLE, networkMode="host")
    environment = house.environment(task)
    port = house.sockets.endpoint.port
    start = f"http://127.0.0.1:{port}/v2/credentials/"
    assert environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"].startswith(start)


async def test_without_a_network_nothing_is_told(house: House):
    task = await house.task(taskRoleArn=ROLE, networkMode="none")
    assert not [name for name in house.environment(task) if "URI" in name]


async def test_a_task_protects_itself(house: House, http: aiohttp.ClientSession):
    task = await house.task(service=True)
    url = house.environment(task)["ECS_AGENT_URI"] + "/task-protection/v1/state"
    assert await get(http, url) == (
        200,
        {"protection": {"ProtectionEnabled": False, "TaskArn": task.task_arn}},
    )
    body = {"ProtectionEnabled": True, "ExpiresInMinutes": 60}
    async with http.put(url, json=body) as answer:
        told = (await answer.json())["protection"]
    assert (told["ProtectionEnabled"], "ExpirationDate" in told) == (True, True)
    assert house.plane.store.all(TASKS)[0].protected_until is not None
    async with http.put(url, json={"no": 1}) as answer:
        assert (answer.status, (await answer.json())["error"]["Arn"]) == (400, task.task_arn)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[" * 4_000,
        b'{"ProtectionEnabled":' + b"[" * 1_900 + b"]" * 1_900 + b"}",
        b'{"ProtectionEnabled": true, "ExpiresInMinutes": -1}',
        b'{"ProtectionEnabled": true, "ExpiresInMinutes": true}',
        b'{"ProtectionEnabled": true, "ExpiresInMinutes": 1' + b"0" * 400 + b"}",
        b'{"ProtectionEnabled": true, "ExpiresInMinutes": 1e999}',
        b"\xff",
    ],
    ids=lambda body: body[:30].decode(errors="replace"),
)
async def test_what_is_no_protection_is_refused(
    house: House, http: aiohttp.ClientSession, body: bytes
):
    url = house.environment(await house.task(service=True))["ECS_AGENT_URI"]
    async with http.put(f"{url}/task-protection/v1/state", data=body) as answer:
        told = await answer.json()
        assert (answer.status, told["error"]["Code"]) == (400, "InvalidParameterException")


async def exchange(house: House, sent: bytes) -> bytes:
    """Send bytes and read until the door closes the connection, or breaks it off."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.sockets.endpoint.port)
    writer.write(sent)
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()
        with suppress(ConnectionResetError):
            await writer.wait_closed()


async def test_a_body_that_does_not_come_is_not_waited_for(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(task_door, "BODY_SECONDS", 0.05)
    url = house.environment(await house.task(service=True))["ECS_AGENT_URI"]
    path = url.partition("/api/")[2]
    head = f"PUT /api/{path}/task-protection/v1/state HTTP/1.1\r\nHost: x\r\n"
    told = await exchange(house, f"{head}Content-Length: 9\r\n\r\n{{".encode())
    assert told.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("path", [b"/v4/%ff%fe", b"/v4/%ed%a0%80/task", b"/v2/credentials/%ff"])
async def test_a_path_that_is_no_text_is_nobody_s(house: House, path: bytes):
    told = await exchange(house, b"GET " + path + b" HTTP/1.0\r\nHost: x\r\n\r\n")
    assert told.startswith((b"HTTP/1.0 404 ", b"HTTP/1.0 400 "))


async def test_connections_beyond_the_limit_are_closed(house: House):
    """A container must not take every file that the daemon may open."""
    port = house.sockets.endpoint.port
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MOST)]
    try:
        assert await exchange(house, b"GET / HTTP/1.0\r\n\r\n") == b""
    finally:
        for _, writer in held:
            writer.close()
            await writer.wait_closed()


async def test_a_task_of_no_service_cannot_protect_itself(
    house: House, http: aiohttp.ClientSession
):
    url = house.environment(await house.task())["ECS_AGENT_URI"] + "/task-protection/v1/state"
    status, told = await get(http, url)
    assert (status, told["failure"]["Reason"]) == (200, "TASK_NOT_VALID")


def test_port_and_key_stay_the_same(tmp_path: Path):
    path = tmp_path / "metadata.json"
    first = open_task_sockets(path, "127.0.0.2", "e", {}, new_id)
    assert first is not None
    first.close()
    second = open_task_sockets(path, "127.0.0.2", "e", {}, new_id)
    assert second is not None
    second.close()
    assert (first.endpoint.port, first.endpoint.key) == (second.endpoint.port, second.endpoint.key)
    assert path.stat().st_mode & 0o77 == 0


def test_an_address_of_another_machine_is_not_listened_on(tmp_path: Path):
    path = tmp_path / "m"
    assert open_task_sockets(path, "192.0.2.77", "e", {}, new_id) is None
    early = open_task_sockets(path, "192.0.2.77", "e", {}, new_id, is_remembered=True)
    assert early is None  # it never was this machine's


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can listen ahead")
def test_addresses_that_were_this_machines_are_listened_on_before_the_engine_is_up(tmp_path: Path):
    path = tmp_path / "m"
    roles = {"web": RoleSetting(profile="dev")}
    first = open_task_sockets(path, "127.0.0.2", "e", {}, new_id)
    assert first is not None
    first.close()
    kept = json.loads(path.read_text()) | {"credentials_port": first.endpoint.port}
    path.write_text(json.dumps(kept))
    early = open_task_sockets(path, "192.0.2.77", "e", roles, new_id, is_remembered=True)
    assert early is not None
    addresses = [listener.getsockname() for listener in early.listeners]
    early.close()
    port = first.endpoint.port
    assert addresses == [("192.0.2.77", port), ("127.0.0.1", port), ("169.254.170.2", port)]
