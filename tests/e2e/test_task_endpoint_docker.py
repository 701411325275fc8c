"""Containers on a real Docker Engine ask the daemon what they are, and their lines outlive them."""

import json
import socket
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from ecstui.base.ids import short_name
from tests.e2e.test_aws_door_docker import OnDocker

pytestmark = pytest.mark.docker

URI = "$ECS_CONTAINER_METADATA_URI_V4"
RELATIVE = "http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
ASK = "; echo; ".join(
    f"wget -q -O - {uri}"
    for uri in (URI, f"{URI}/task", f"${{AWS_CONTAINER_CREDENTIALS_FULL_URI:-{RELATIVE}}}")
)
ROLE = "arn:aws:iam::000000000000:role/web"


class Beside(OnDocker):
    """A daemon in the network namespace of its engine, as on the engine's own machine."""

    def __init__(self, root: Path, docker_host: str) -> None:
        super().__init__(root, docker_host)
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(docker_host.removeprefix("unix://"))
            told = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        self.enter = ["nsenter", f"--net=/proc/{struct.unpack('3i', told)[0]}/ns/net"]

    def command(self, *words: str) -> list[str]:
        return [*self.enter, *super().command(*words)]

    def call(self, operation: str, **members: Any) -> Any:
        return json.loads(self.run("call", operation, json.dumps(members)))

    def ended(self, arn: str) -> Any:
        """The task once it has stopped."""
        return self._once(arn, "STOPPED")

    def running(self, arn: str) -> Any:
        """The task once it runs."""
        return self._once(arn, "RUNNING")

    def keeps(self, count: int) -> None:
        """Wait until so many lines are kept, and may be had without their container."""
        stored = self.paths.logs
        while sum(path.read_bytes().count(b"\n") for path in stored.rglob("*.log")) < count:
            self.run("status")

    def _once(self, arn: str, status: str) -> Any:
        while True:
            (told,) = self.call("DescribeTasks", tasks=[arn])["tasks"]
            if told["lastStatus"] == status:
                return told


@pytest.fixture
def real(tmp_path: Path, docker_host: str) -> Iterator[Beside]:
    one = Beside(tmp_path / "state", docker_host)
    folder = tmp_path / "config" / "ecstui"
    folder.mkdir(parents=True)
    keys = tmp_path / "keys"
    keys.write_text(
        "[default]\naws_access_key_id = ECSTUIKEY\naws_secret_access_key = notsosecret\n"
    )
    (folder / "config.toml").write_text(f'[roles]\nweb = {{file = "{keys}"}}\n')
    one.environ["XDG_CONFIG_HOME"] = str(tmp_path / "config")
    one.run("daemon", "--detach", "--port", "0")
    yield one
    owner = one.paths.owner.read_text().strip()
    one.kill()
    client = docker.APIClient(docker_host, version="auto")
    try:
        for container in client.containers(all=True, filters={"label": f"ecstui.owner={owner}"}):
            client.remove_container(container["Id"], force=True, v=True)
    finally:
        client.close()


@pytest.mark.parametrize("mode", ["bridge", "awsvpc", "host"])
def test_a_container_reads_its_metadata_and_its_credentials(
    real: Beside, docker_host: str, mode: str
):
    options = {"awslogs-group": "/ecs/asks", "awslogs-region": "x", "awslogs-stream-prefix": "p"}
    container = {
        "name": "app",
        "image": "busybox:stable",
        "memory": 32,
        "command": ["sh", "-c", ASK],
        "logConfiguration": {"logDriver": "awslogs", "options": options},
    }
    real.call(
        "RegisterTaskDefinition",
        family="asks",
        containerDefinitions=[container],
        networkMode=mode,
        taskRoleArn=ROLE,
    )
    request: dict[str, Any] = {"taskDefinition": "asks"}
    if mode == "awsvpc":
        request["networkConfiguration"] = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
    (task,) = real.call("RunTask", **request)["tasks"]
    told = real.ended(task["taskArn"])
    real.keeps(3)
    client = docker.APIClient(docker_host, version="auto")
    try:
        client.remove_container(told["containers"][0]["runtimeId"], force=True)
    finally:
        client.close()
    found = real.run("logs", short_name(task["taskArn"])).splitlines()
    assert len(found) == 3, found
    container_told, task_told, credentials = (json.loads(line) for line in found)
    assert container_told["DockerId"] == told["containers"][0]["runtimeId"]
    assert container_told["Networks"][0]["NetworkMode"] == mode
    assert task_told["TaskARN"] == task["taskArn"]
    assert credentials["AccessKeyId"] == "ECSTUIKEY"
    assert "notsosecret" not in real.paths.log.read_text()


def test_port_and_id_outlive_the_daemon(real: Beside):
    script = "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done"
    container = {"name": "app", "image": "busybox:stable", "memory": 32}
    container["command"] = ["sh", "-c", script]
    real.call("RegisterTaskDefinition", family="stays", containerDefinitions=[container])
    (task,) = real.call("RunTask", taskDefinition="stays")["tasks"]
    told = real.running(task["taskArn"])
    real.kill()
    real.run("daemon", "--detach")
    ask = f"wget -q -O - {URI}/stats"
    command = ["docker", "exec", told["containers"][0]["runtimeId"], "sh", "-c", ask]
    done = subprocess.run(command, env=real.environ, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["cpu_stats"]


def test_no_kill_of_the_daemon_loses_or_doubles_a_line(real: Beside, docker_host: str):
    count = 400
    script = f"i=0; while [ $i -lt {count} ]; do echo out $i; echo err $i >&2; i=$((i+1)); "
    options = {"awslogs-group": "/ecs/many", "awslogs-region": "x", "awslogs-stream-prefix": "p"}
    container = {
        "name": "app",
        "image": "busybox:stable",
        "memory": 32,
        "command": ["sh", "-c", script + "usleep 20000; done"],
        "logConfiguration": {"logDriver": "awslogs", "options": options},
    }
    real.call("RegisterTaskDefinition", family="many", containerDefinitions=[container])
    (task,) = real.call("RunTask", taskDefinition="many")["tasks"]
    real.running(task["taskArn"])
    for _ in range(2):
        real.kill()
        real.run("daemon", "--detach")
    told = real.ended(task["taskArn"])
    real.keeps(2 * count)
    client = docker.APIClient(docker_host, version="auto")
    try:
        client.remove_container(told["containers"][0]["runtimeId"], force=True)
    finally:
        client.close()
    found = real.run("logs", short_name(task["taskArn"])).splitlines()
    for side in ("out", "err"):
        wanted = [f"{side} {number}" for number in range(count)]
        assert [line for line in found if line.startswith(side)] == wanted
