"""One thing wrong with a task definition: where, in which words, under which error code.

Plain data, shared by all rules; it neither finds problems nor raises them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ecstui.model.task_definition import ContainerDefinition, TaskDefinitionBody

CLIENT = "ClientException"
INVALID_PARAMETER = "InvalidParameterException"
SERIALIZATION = "SerializationException"


@dataclass(frozen=True, slots=True)
class Problem:
    """A rule that is broken, or a notice of something that was left out."""

    path: str
    """Member at fault, e.g. `containerDefinitions[0].image`; empty for the whole."""
    message: str
    """ECS's wording where it is known (ecs.md 2.9)."""
    code: str = CLIENT
    line: int | None = None
    """Line in the text that was read, from 1; None where there was no text."""
    column: int | None = None
    """Column in that line, from 1."""
    is_notice: bool = False
    """Told for information: the definition is good without it."""


TaskRule = Callable[[TaskDefinitionBody], Iterator[Problem]]
"""A rule about the definition as a whole."""

ContainerRule = Callable[[TaskDefinitionBody, ContainerDefinition, str], Iterator[Problem]]
"""A rule about one container of it; the last argument is the container's path."""


def container_paths(body: TaskDefinitionBody) -> Iterator[tuple[str, ContainerDefinition]]:
    """Every container with its path."""
    for index, container in enumerate(body.container_definitions):
        yield f"containerDefinitions[{index}]", container
