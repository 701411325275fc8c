"""Environment of a container: what the definition says, what RunTask changes, what ECS adds.

Order: ecs.md 2.7. Files of variables and secrets lie outside of the definition and are not read.
"""

from collections.abc import Iterable, Mapping

from ecstui.model.enums import LaunchType
from ecstui.model.shape import KeyValuePair
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import ContainerDefinition


def environment_of(
    task: TaskRecord, container: ContainerDefinition, region: str
) -> tuple[tuple[str, str], ...]:
    """Names and values, each name once; the last to set it wins.

    What ECS adds never replaces what the user set (ecs.md 2.7).
    """
    values: dict[str, str] = dict(_injected(task, region))
    values |= _pairs(container.environment)
    for override in task.overrides.container_overrides:
        if override.name == container.name:
            values |= _pairs(override.environment)
    return tuple(values.items())


def _pairs(environment: Iterable[KeyValuePair]) -> dict[str, str]:
    return {pair.name: pair.value for pair in environment}


def _injected(task: TaskRecord, region: str) -> Mapping[str, str]:
    is_fargate = task.launch_type is LaunchType.FARGATE
    return {
        "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE" if is_fargate else "AWS_ECS_EC2",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }
