"""Doors that are open for one test."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.aws.served import Served


@pytest.fixture
def served() -> Iterator[Served]:
    one = Served().open()
    yield one
    one.close()


@pytest.fixture
def ecs(served: Served) -> Any:
    return served.client()


@pytest.fixture
def web(ecs: Any) -> str:
    """A task definition of one container that runs until it is stopped; its ARN."""
    container = {"name": "app", "image": "web", "memory": 64, "cpu": 64}
    answer = ecs.register_task_definition(family="web", containerDefinitions=[container])
    return str(answer["taskDefinition"]["taskDefinitionArn"])
