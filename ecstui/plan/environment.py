"""Environment of a container: what the definition says, what RunTask changes, what ECS adds.

Order: ecs.md 2.7. Files of variables and secrets lie outside of the definition: here they are
names, and values are merged once somebody else has read them. Nothing here reads a file.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ecstui.model.enums import LaunchType
from ecstui.model.shape import KeyValuePair
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import ContainerDefinition, EnvironmentFile
from ecstui.plan.reservation import override_of
from ecstui.plan.spec import ContainerSpec, Unresolved

Pairs = Sequence[tuple[str, str]]


def environment_of(
    task: TaskRecord, container: ContainerDefinition, injected: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Names and values, each name once; the last to set it wins.

    What ECS adds, `injected`, never replaces what the user set (ecs.md 2.7).
    """
    values: dict[str, str] = dict(injected)
    values |= _pairs(container.environment)
    values |= _overriding(task, container)
    return tuple(values.items())


def unresolved_of(
    task: TaskRecord, container: ContainerDefinition, injected: Mapping[str, str]
) -> Unresolved:
    """The files and secrets that the container's environment is still to get.

    A variable that RunTask sets is never a secret, and its files replace the definition's
    (ecs.md 2.7).
    """
    overriding = _overriding(task, container)
    given = {pair.name for pair in container.environment} | overriding.keys()
    return Unresolved(
        environment_files=tuple(file.value for file in environment_files_of(task, container)),
        secrets=tuple(
            (secret.name, secret.value_from)
            for secret in container.secrets
            if secret.name not in overriding
        ),
        added=tuple(name for name in injected if name not in given),
    )


def environment_files_of(
    task: TaskRecord, container: ContainerDefinition
) -> tuple[EnvironmentFile, ...]:
    """The files of variables that hold: those of RunTask, else those of the definition."""
    files = override_of(task.overrides, container.name).environment_files
    return container.environment_files if files is None else files


def resolved(
    spec: ContainerSpec, files: Sequence[Pairs], secrets: Pairs, log_secrets: Pairs
) -> ContainerSpec:
    """The spec as an engine gets it: with what was read for its `unresolved`.

    Files come in their order, secrets as names and values.
    """
    own = {n: v for n, v in spec.environment if n not in spec.unresolved.added}
    values = {n: v for n, v in spec.environment if n in spec.unresolved.added}
    for pairs in reversed(files):
        values |= dict(pairs)
    return replace(
        spec,
        environment=tuple((values | own | dict(secrets)).items()),
        log_options={**spec.log_options, **dict(log_secrets)},
        unresolved=Unresolved(),
    )


def variables_of(text: str) -> tuple[tuple[str, str], ...]:
    """Names and values in a file of variables.

    One `NAME=VALUE` a line, kept literally; `#` begins a comment at the start of a line only, and
    lines without a name or a value say nothing. Source: ECS agent, taskresource/envFiles.
    """
    found: dict[str, str] = {}
    for line in text.removeprefix("\ufeff").split("\n"):
        name, _, value = line.removesuffix("\r").partition("=")
        if not line.startswith("#") and name and value:
            found[name] = value
    return tuple(found.items())


def _overriding(task: TaskRecord, container: ContainerDefinition) -> dict[str, str]:
    values: dict[str, str] = {}
    for override in task.overrides.container_overrides:
        if override.name == container.name:
            values |= _pairs(override.environment)
    return values


def _pairs(environment: Iterable[KeyValuePair]) -> dict[str, str]:
    return {pair.name: pair.value for pair in environment}


def injected_of(task: TaskRecord, region: str) -> Mapping[str, str]:
    """What ECS adds to every container's environment."""
    is_fargate = task.launch_type is LaunchType.FARGATE
    return {
        "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE" if is_fargate else "AWS_ECS_EC2",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }
