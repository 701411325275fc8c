"""boto3 and the AWS CLI on a daemon on a real Docker Engine, signatures, waiters and all."""

import json
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import docker
import pytest
from botocore.config import Config

from tests.aws.clis import FIRST, AwsCli, hurry, second, version_of
from tests.e2e.conftest import Ecstui

pytestmark = pytest.mark.docker

SLEEP = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done"]
WAIT = {"Delay": 0.2, "MaxAttempts": 900}


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
def variables(real: OnDocker) -> Mapping[str, str]:
    """What `ecstui env` has a shell export."""
    words = [line.split() for line in real.run("env", "--shell", "sh").splitlines()]
    return dict(shlex.split(one[1])[0].split("=", 1) for one in words if one[0] == "export")


@pytest.fixture
def ecs(variables: Mapping[str, str]) -> Iterator[Any]:
    client = boto3.session.Session().client(
        "ecs",
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        region_name=variables["AWS_REGION"],
        endpoint_url=variables["AWS_ENDPOINT_URL"],
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


class Shell:
    """A shell in which the AWS CLI finds the variables of `ecstui env`."""

    def __init__(self, aws: AwsCli, variables: Mapping[str, str], home: Path) -> None:
        hurry(home)
        self._aws = aws
        self._environ = {**variables, "HOME": str(home), "AWS_PAGER": "", "PATH": "/usr/bin:/bin"}

    def begin(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self._aws.line(self._environ, *words),
            env={**self._environ, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *words: str) -> str:
        with self.begin(*words) as begun:
            said, _ = begun.communicate(timeout=120)
        assert begun.returncode == 0, said
        return said


@pytest.fixture
def shell(aws: AwsCli, variables: Mapping[str, str], tmp_path: Path) -> Shell:
    return Shell(aws, variables, tmp_path)


@pytest.mark.parametrize("aws", [FIRST, *second()], ids=version_of)
def test_the_aws_cli_waits_for_what_lives_on_docker(shell: Shell):
    container = json.dumps(
        {"name": "app", "image": "busybox:stable", "memory": 32, "command": SLEEP}
    )
    definition = ("--family", "web", "--container-definitions", f"[{container}]")
    shell.run("ecs", "register-task-definition", *definition)
    (task,) = json.loads(shell.run("ecs", "run-task", "--task-definition", "web"))["tasks"]
    shell.run("ecs", "wait", "tasks-running", "--tasks", task["taskArn"])
    service = ("--service-name", "shop", "--task-definition", "web", "--desired-count", "1")
    shell.run("ecs", "create-service", *service)
    shell.run("ecs", "wait", "services-stable", "--services", "shop")
    shell.run("ecs", "stop-task", "--task", task["taskArn"])
    shell.run("ecs", "wait", "tasks-stopped", "--tasks", task["taskArn"])
    shell.run("ecs", "delete-service", "--service", "shop", "--force")
    shell.run("ecs", "wait", "services-inactive", "--services", "shop")


@pytest.mark.parametrize("aws", second(), ids=version_of)
def test_the_aws_cli_follows_lines_of_docker_and_finds_them_when_the_container_is_gone(
    shell: Shell, ecs: Any, docker_host: str
):
    script = "for i in 0 1 2 3 4 5 6 7 8 9; do echo line $i; sleep 0.2; done"
    options = {
        "awslogs-group": "/ecs/talk",
        "awslogs-region": "us-east-1",
        "awslogs-stream-prefix": "p",
    }
    container = {
        "name": "app",
        "image": "busybox:stable",
        "memory": 32,
        "command": ["sh", "-c", script],
        "logConfiguration": {"logDriver": "awslogs", "options": options},
    }
    shell.run("logs", "create-log-group", "--log-group-name", "/ecs/talk")
    ecs.register_task_definition(family="talk", containerDefinitions=[container])
    words = ("logs", "tail", "/ecs/talk", "--format", "short")
    with shell.begin(*words, "--follow") as following:
        try:
            (task,) = ecs.run_task(taskDefinition="talk")["tasks"]
            assert following.stdout is not None
            told = [next(following.stdout).rstrip("\n") for _ in range(10)]
        finally:
            following.terminate()
    assert [line.split(" ", 1)[1] for line in told] == [f"line {n}" for n in range(10)]
    wait(ecs, "tasks_stopped", tasks=[task["taskArn"]])
    (ended,) = ecs.describe_tasks(tasks=[task["taskArn"]])["tasks"]
    client = docker.APIClient(docker_host, version="auto")
    try:
        client.remove_container(ended["containers"][0]["runtimeId"], force=True)
    finally:
        client.close()
    assert shell.run(*words, "--since", "1h").splitlines() == told
