"""Task definitions as requests carry them, for tests of the rules: good ones, to be spoilt."""

from typing import Any

from ecstui.model.task_definition import TaskDefinitionBody
from ecstui.plan.definition import check_definition

APP = {"name": "app", "image": "busybox", "memory": 64}
CHECK = {"command": ["CMD-SHELL", "true"]}
FARGATE = {
    "requiresCompatibilities": ["FARGATE"],
    "networkMode": "awsvpc",
    "cpu": "256",
    "memory": "512",
    "executionRoleArn": "role",
}
AWSLOGS = {
    "logDriver": "awslogs",
    "options": {
        "awslogs-group": "g",
        "awslogs-region": "r",
        "awslogs-stream-prefix": "p",
    },
}
EFS = {"fileSystemId": "fs-1"}
PROXY = {
    "type": "APPMESH",
    "containerName": "app",
    "properties": [
        {"name": "IgnoredUID", "value": "1"},
        {"name": "AppPorts", "value": "1"},
        {"name": "ProxyIngressPort", "value": "1"},
        {"name": "ProxyEgressPort", "value": "1"},
    ],
}


def body(*containers: dict[str, Any], **members: Any) -> TaskDefinitionBody:
    """A definition with these containers, one plain one if none are given."""
    given: dict[str, Any] = {"family": "web", "containerDefinitions": list(containers) or [APP]}
    return TaskDefinitionBody.model_validate(given | members)


def app(**members: Any) -> dict[str, Any]:
    """A good container, with members changed."""
    return APP | members


def found(definition: TaskDefinitionBody) -> list[tuple[str, str]]:
    """Path and message of each problem."""
    return [(problem.path, problem.message) for problem in check_definition(definition)]


FIRST = "containerDefinitions[0]"
SECOND = "containerDefinitions[1]"
