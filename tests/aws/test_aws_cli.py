"""The AWS CLI as people have it, on the door of a daemon: commands, waiters and exit codes."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session

from ecstui.commands import env as env_command
from tests.aws.clis import FIRST, AwsCli, hurry, second, version_of
from tests.aws.served import Served

WAITER_FAILED = 255
Cli = Callable[..., Any]


@pytest.fixture(params=[FIRST, *second()], ids=version_of)
def aws(request: pytest.FixtureRequest) -> AwsCli:
    found: AwsCli = request.param
    return found


@pytest.fixture
def cli(aws: AwsCli, served: Served, tmp_path: Path) -> Cli:
    hurry(tmp_path)

    def run(*words: str, code: int = 0, **changes: str) -> Any:
        environ = {**served.environ(tmp_path), "PATH": "/usr/bin:/bin", **changes}
        done = subprocess.run(
            aws.line(environ, *words),
            env=environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        if code:
            return done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    return run


def test_a_task_from_its_definition_to_its_end(cli: Cli):
    container = '[{"name": "app", "image": "web", "memory": 64}]'
    words = ("--family", "web", "--container-definitions", container)
    made = cli("ecs", "register-task-definition", *words)
    assert made["taskDefinition"]["revision"] == 1
    (task,) = cli("ecs", "run-task", "--task-definition", "web", "--count", "1")["tasks"]
    cli("ecs", "wait", "tasks-running", "--tasks", task["taskArn"])
    arns = cli("ecs", "list-tasks", "--query", "taskArns", "--output", "json")
    assert arns == [task["taskArn"]]
    cli("ecs", "stop-task", "--task", task["taskArn"])
    cli("ecs", "wait", "tasks-stopped", "--tasks", task["taskArn"])


def test_a_service_from_its_start_to_its_end(cli: Cli):
    container = "name=app,image=web,memory=64"
    cli("ecs", "register-task-definition", "--family", "web", "--container-definitions", container)
    words = ("--service-name", "shop", "--task-definition", "web", "--desired-count", "2")
    cli("ecs", "create-service", *words)
    cli("ecs", "wait", "services-stable", "--services", "shop")
    (service,) = cli("ecs", "describe-services", "--services", "shop")["services"]
    assert service["runningCount"] == 2
    cli("ecs", "delete-service", "--service", "shop", "--force")
    cli("ecs", "wait", "services-inactive", "--services", "shop")


def test_errors_are_told_as_aws_tells_them(cli: Cli, aws: AwsCli):
    error = cli("ecs", "list-tasks", "--cluster", "nope", code=aws.refused)
    assert "(ClusterNotFoundException) when calling the ListTasks operation" in error
    error = cli("ecs", "list-clusters", code=aws.refused, AWS_SECRET_ACCESS_KEY="wrong")
    assert "InvalidSignatureException" in error
    error = cli("ecs", "wait", "services-stable", "--services", "nope", code=WAITER_FAILED)
    assert "Waiter ServicesStable failed" in error


def test_who_am_i(cli: Cli):
    assert cli("sts", "get-caller-identity")["Account"] == "000000000000"


# -- ecstui env -----------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["sh", "fish"])
def test_the_variables_are_words_of_the_shell(shell: str):
    values = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_SECRET_ACCESS_KEY": "a'b/c+$d\\"}
    lines = env_command.lines(values, shell)
    assert "AWS_PROFILE" in lines[-1] or any("AWS_PROFILE" in line for line in lines)
    if shell == "sh":
        script = "\n".join([*lines, 'printf %s "$AWS_SECRET_ACCESS_KEY"'])
        done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=True)
        assert done.stdout.decode() == values["AWS_SECRET_ACCESS_KEY"]
    else:
        assert lines[1] == "set -gx AWS_SECRET_ACCESS_KEY 'a\\'b/c+$d\\\\';"


@pytest.mark.parametrize("service", ["ecs", "sts", "logs"])
def test_no_variable_of_a_service_goes_before_the_endpoint(service: str):
    name = Session().get_service_model(service).service_id.replace(" ", "_").upper()
    assert f"AWS_ENDPOINT_URL_{name}" in env_command.CLEARED


@pytest.mark.parametrize(
    ("path", "shell"), [("/usr/bin/fish", "fish"), ("/bin/bash", "sh"), ("", "sh")]
)
def test_the_shell_is_the_person_s_own(path: str, shell: str):
    assert env_command.shell_of({"SHELL": path}) == shell
