"""boto3 on a daemon on a real Docker Engine, signatures, waiters and all."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import docker
import pytest
from botocore.config import Config

from tests.e2e.conftest import Ecstui

pytestmark = pytest.mark.docker

SLEEP = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done"]
WAIT = {"Delay": 0.2, "MaxAttempts": 300}


class OnDocker(Ecstui):
    """`ecstui --state DIR` on the engine of the tests."""

    def __init__(self, root: Path, docker_host: str) -> None:
        super().__init__(root)
        self.environ["DOCKER_HOST"] = docker_host

    def command(self, *words: str) -> list[str]:
        simulated = super().command()
        return [*simulated[: simulated.index("--engine")], *words]


@pytest.fixture
def real(tmp_path: Path, docker_host: str) -> Iterator[OnDocker]:
    one = OnDocker(tmp_path / "state", docker_host)
    one.run("daemon", "--detach", "--port", "0")
    owner = one.paths.owner.read_text().strip()
    yield one
    one.kill()
    client = docker.APIClient(docker_host, version="auto")
    try:
        label = {"label": f"ecstui.owner={owner}"}
        for container in client.containers(all=True, filters=label):
            client.remove_container(container["Id"], force=True, v=True)
    finally:
        client.close()


@pytest.fixture
def ecs(real: OnDocker) -> Iterator[Any]:
    words = [line.split() for line in real.run("env", "--shell", "sh").splitlines()]
    given = dict(shlex.split(one[1])[0].split("=", 1) for one in words if one[0] == "export")
    client = boto3.session.Session().client(
        "ecs",
        aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
        region_name=given["AWS_REGION"],
        endpoint_url=given["AWS_ENDPOINT_URL"],
        config=Config(retries={"total_max_attempts": 1}),
    )
    yield client
    client.close()


def wait(ecs: Any, name: str, **request: Any) -> None:
    ecs.get_waiter(name).wait(WaiterConfig=WAIT, **request)


def test_a_service_and_a_task_live_on_docker(ecs: Any, docker_host: str):
    container = {"name": "app", "image": "busybox:stable", "memory": 32, "command": SLEEP}
    ecs.register_task_definition(family="web", containerDefinitions=[container])
    (task,) = ecs.run_task(taskDefinition="web")["tasks"]
    wait(ecs, "tasks_running", tasks=[task["taskArn"]])
    (told,) = ecs.describe_tasks(tasks=[task["taskArn"]])["tasks"]
    client = docker.APIClient(docker_host, version="auto")
    try:
        state = client.inspect_container(told["containers"][0]["runtimeId"])["State"]
    finally:
        client.close()
    assert state["Running"]
    ecs.create_service(serviceName="shop", taskDefinition="web", desiredCount=2)
    wait(ecs, "services_stable", services=["shop"])
    ecs.register_task_definition(family="web", containerDefinitions=[container | {"memory": 40}])
    ecs.update_service(service="shop", taskDefinition="web:2")
    wait(ecs, "services_stable", services=["shop"])
    (service,) = ecs.describe_services(services=["shop"])["services"]
    assert (service["runningCount"], len(service["deployments"])) == (2, 1)
    ecs.stop_task(task=task["taskArn"])
    wait(ecs, "tasks_stopped", tasks=[task["taskArn"]])
    ecs.delete_service(service="shop", force=True)
    wait(ecs, "services_inactive", services=["shop"])
