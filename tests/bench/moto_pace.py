"""The door on TCP beside moto's server: the same requests on the same machine, by one client.

Each server has one core, the client another (Linux). moto is no part of the project: the Python
that has it is this one or the one named by ECSTUI_MOTO_PYTHON; without it ecstui is paced alone.
Goals: no operation slower than moto's, and 1,000 DescribeTasks a second.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3

from ecstui.client.status import ask_status
from ecstui.serve.credentials import Credentials, read_credentials
from ecstui.settings import StatePaths
from tests.aws.raw import head, signed
from tests.bench.figures import Figure
from tests.bench.http_pace import Pace, pace
from tests.bench.served import Served

TASKS = int(os.environ.get("ECSTUI_SCALE_TASKS", "10000"))
PER_CALL = 10
SERVER, CLIENT = slice(1), slice(1, None)
"""Which of the cores each has, where there is more than one."""
INSTANCES = 250
"""Of 4,096 CPU units and 7,482 MiB, which is what moto gives each."""
REGION = "us-east-1"
ADD_MOTO = (
    "`python3 -m venv DIR && DIR/bin/pip install 'moto[server]'`, then run this with "
    "ECSTUI_MOTO_PYTHON=DIR/bin/python"
)
MOST_SECONDS = 1.0 / 1000
"""For a DescribeTasks of one task."""


@dataclass(frozen=True, slots=True)
class Door:
    """A server that speaks ECS's protocol, and the key with which it is asked."""

    name: str
    endpoint: str
    credentials: Credentials
    process_id: int

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.endpoint.rpartition(":")[2])

    def client(self, service: str) -> Any:
        """boto3's client of it."""
        return boto3.session.Session().client(
            service,
            aws_access_key_id=self.credentials.access_key,
            aws_secret_access_key=self.credentials.secret_key,
            region_name=REGION,
            endpoint_url=self.endpoint,
        )

    def request(self, operation: str, **members: object) -> bytes:
        """A signed request as it goes over the wire; the signature holds for 15 minutes."""
        body = json.dumps(members).encode()
        return head(signed(self, operation, body), len(body)) + body


def measure(_docker_host: str) -> list[Figure]:
    """Every request on ecstui, then on moto's server."""
    with ecstui_door() as ours:
        found = _paces(ours)
    python = _moto_python()
    if python is None:
        print(f"moto is not here, so there is nothing beside: {ADD_MOTO}.")
        return [_figure(name, one, None) for name, one in found.items()]
    with moto_door(python) as theirs:
        beside = _paces(theirs)
    return [_figure(name, one, beside[name]) for name, one in found.items()]


def _figure(name: str, ours: Pace, theirs: Pace | None) -> Figure:
    most = MOST_SECONDS if name == "DescribeTasks of 1" else float("inf")
    detail = f"ours {ours}"
    if theirs is not None:
        most = min(most, 1 / theirs.rate)
        detail += f"; moto {theirs}; {ours.rate / theirs.rate:.1f} times as many"
    return Figure(f"{name}, a request", 1000 / ours.rate, 1000 * most, " ms", detail)


# -- servers --------------------------------------------------------------------------------------


@contextmanager
def ecstui_door() -> Iterator[Door]:
    """A daemon on the simulated engine, its journal in a file."""
    with TemporaryDirectory(prefix="ecstui-bench-") as folder:
        served, paths = Served(Path(folder), ""), StatePaths(Path(folder))
        with _on_cores(SERVER):
            served.run("--engine", "simulated", "daemon", "--detach", "--port", "0")
        try:
            status, keys = asyncio.run(ask_status(paths)), read_credentials(paths.keys)
            assert status is not None
            assert keys is not None
            yield Door("ecstui", status.endpoint, keys, status.process_id)
        finally:
            served.run("stop")


@contextmanager
def moto_door(python: str) -> Iterator[Door]:
    """moto's server, as its users start it."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    command = [python, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with _on_cores(SERVER):
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with server:
        try:
            while server.poll() is None:
                with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port))):
                    break
                time.sleep(0.1)
            keys = Credentials("A" * 16, "S" * 16)
            yield Door("moto", f"http://127.0.0.1:{port}", keys, server.pid)
        finally:
            server.kill()


def _moto_python() -> str | None:
    """The Python that has moto's server."""
    for python in filter(None, (os.environ.get("ECSTUI_MOTO_PYTHON"), sys.executable)):
        has_it = [python, "-c", "import moto.server"]
        if subprocess.run(has_it, capture_output=True, check=False).returncode == 0:
            return python
    return None


@contextmanager
def _on_cores(part: slice) -> Iterator[None]:
    """This process, and those that it starts meanwhile, keep to some of its cores."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(cores)[part]) or cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


# -- requests -------------------------------------------------------------------------------------


def _paces(door: Door) -> Mapping[str, Pace]:
    tasks = populate(door)
    requests = {
        "DescribeTasks of 1": (door.request("DescribeTasks", tasks=tasks[-1:]), 1_000),
        "DescribeTasks of 100": (door.request("DescribeTasks", tasks=tasks[:100]), 40),
        "ListTasks": (door.request("ListTasks"), 160),
        "ListTasks of a family": (door.request("ListTasks", family="few"), 160),
        "RunTask": (door.request("RunTask", taskDefinition="app"), 240),
    }
    with _on_cores(CLIENT):
        return {
            name: asyncio.run(pace(door.port, door.process_id, request, times))
            for name, (request, times) in requests.items()
        }


def populate(door: Door) -> Sequence[str]:
    """Instances and as many running tasks as are wanted; the ARNs of the tasks."""
    with closing(door.client("ecs")) as ecs:
        ecs.create_cluster(clusterName="default")
        for document in _instances(door):
            ecs.register_container_instance(**document)
        for family in ("app", "few"):
            container = {"name": "app", "image": "nginx:stable", "cpu": 64, "memory": 64}
            ecs.register_task_definition(family=family, containerDefinitions=[container])
        arns: list[str] = []
        while len(arns) < TASKS:
            family = "app" if len(arns) + PER_CALL < TASKS else "few"
            told = ecs.run_task(taskDefinition=family, count=PER_CALL)
            arns += [task["taskArn"] for task in told["tasks"]]
            assert told["tasks"], told["failures"]
        while ecs.describe_clusters()["clusters"][0]["runningTasksCount"] < TASKS:
            time.sleep(1)
        return arns


def _instances(door: Door) -> Iterator[Mapping[str, Any]]:
    """What registers each: sizes for ecstui, one machine of EC2 for moto, which fixes the size."""
    if door.name == "ecstui":
        sizes = {"CPU": 4096, "MEMORY": 7482}
        resources = [{"name": n, "type": "INTEGER", "integerValue": v} for n, v in sizes.items()]
        yield from [{"totalResources": resources}] * INSTANCES
        return
    with closing(door.client("ec2")) as ec2:
        image = ec2.describe_images()["Images"][0]["ImageId"]
        made = ec2.run_instances(ImageId=image, MinCount=INSTANCES, MaxCount=INSTANCES)
    for machine in made["Instances"]:
        yield {"instanceIdentityDocument": json.dumps({"instanceId": machine["InstanceId"]})}
