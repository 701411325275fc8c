"""Fields that several dialogs share: how tasks are placed, what a failing rollout does, networks.

Pure: choices, and how what was chosen becomes members of a request.
"""

import shlex
from collections.abc import Mapping, Sequence

from ecstui.model.enums import (
    NetworkMode,
    PlacementConstraintType,
    PlacementStrategyType,
    TaskDefinitionStatus,
)
from ecstui.model.service import (
    CircuitBreakerConfiguration,
    PlacementConstraint,
    PlacementStrategy,
)
from ecstui.model.shape import KeyValuePair
from ecstui.model.task import AwsVpcConfiguration, NetworkConfiguration
from ecstui.model.task_definition import TaskDefinitionBody, TaskDefinitionRecord
from ecstui.plan.ports import network_mode_of
from ecstui.store.tables import View
from ecstui.ui.modals.effects import Effect
from ecstui.ui.revisions import names_to_suggest
from ecstui.ui.text import clean, plural
from ecstui.ui.widgets.form_fields import Field, FieldError, SelectField, TextField

ANY_SUBNET = "subnet-local"
"""Subnets are only names here: every task gets a network of its own."""

_ZONE = PlacementStrategy(
    type=PlacementStrategyType.SPREAD, field="attribute:ecs.availability-zone"
)
_INSTANCE = PlacementStrategy(type=PlacementStrategyType.SPREAD, field="instanceId")
_MEMORY = PlacementStrategy(type=PlacementStrategyType.BINPACK, field="memory")
_CPU = PlacementStrategy(type=PlacementStrategyType.BINPACK, field="cpu")
_RANDOM = PlacementStrategy(type=PlacementStrategyType.RANDOM)
STRATEGIES: Mapping[str, tuple[str, tuple[PlacementStrategy, ...]]] = {
    "default": ("ECS's default", ()),
    "zones": ("spread over zones, then instances", (_ZONE, _INSTANCE)),
    "zones_memory": ("spread over zones, then pack by memory", (_ZONE, _MEMORY)),
    "instances": ("spread over instances", (_INSTANCE,)),
    "memory": ("pack by memory", (_MEMORY,)),
    "cpu": ("pack by CPU", (_CPU,)),
    "random": ("anywhere", (_RANDOM,)),
}
DISTINCT = (PlacementConstraint(type=PlacementConstraintType.DISTINCT_INSTANCE),)

BREAKERS: Mapping[str, tuple[str, CircuitBreakerConfiguration]] = {
    "rollback": (
        "on: a failing rollout goes back",
        CircuitBreakerConfiguration(enable=True, rollback=True),
    ),
    "stop": (
        "on: a failing rollout stops",
        CircuitBreakerConfiguration(enable=True, rollback=False),
    ),
    "off": ("off: it is tried for ever", CircuitBreakerConfiguration(enable=False, rollback=False)),
}


def definition_field(view: View, name: str = "") -> TextField:
    """A task definition by name, completed while one types."""
    return TextField(
        "task_definition",
        "Task definition",
        name,
        required=True,
        placeholder="family or family:revision, → completes",
        suggestions=names_to_suggest(view),
    )


def strategy_field(of_default: str) -> Field:
    """How tasks are placed; `of_default`: what ECS does when nothing is said."""
    choices = [(words, name) for name, (words, _) in STRATEGIES.items()]
    choices[0] = (f"{choices[0][0]}: {of_default}", choices[0][1])
    return SelectField("placement", "Placement", choices, "default")


def strategy_in(name: str) -> tuple[PlacementStrategy, ...]:
    """The strategy that was chosen."""
    return STRATEGIES[name][1] if name in STRATEGIES else ()


def breaker_field(name: str) -> Field:
    """What a failing rollout does; `name`: the choice at first."""
    choices = [(words, name) for name, (words, _) in BREAKERS.items()]
    return SelectField("circuit_breaker", "Circuit breaker", choices, name)


def breaker_name(present: CircuitBreakerConfiguration | None) -> str:
    """The choice that stands for a configuration."""
    return next((name for name, (_, one) in BREAKERS.items() if one == present), "off")


def breaker_in(name: str) -> CircuitBreakerConfiguration | None:
    """The configuration that was chosen."""
    return BREAKERS[name][1] if name in BREAKERS else None


def subnets_field(present: NetworkConfiguration | None = None) -> Field:
    """Subnets, for task definitions in awsvpc mode."""
    return TextField("subnets", "Subnets", subnets_text(present), help="for awsvpc")


def subnets_text(present: NetworkConfiguration | None) -> str:
    """What stands in the field of the subnets at first."""
    awsvpc = None if present is None else present.awsvpc_configuration
    return " ".join(awsvpc.subnets) if awsvpc else ANY_SUBNET


def needs_network(definition: TaskDefinitionBody | None) -> bool:
    """Whether tasks of the definition want subnets."""
    return definition is not None and network_mode_of(definition) is NetworkMode.AWSVPC


def network_in(text: str) -> NetworkConfiguration:
    """A network with the subnets that were typed."""
    awsvpc = AwsVpcConfiguration(subnets=subnets_in(text))
    return NetworkConfiguration(awsvpc_configuration=awsvpc)


def subnets_in(text: str) -> tuple[str, ...]:
    """Subnets as they were typed, between spaces or commas."""
    return tuple(text.replace(",", " ").split())


def command_in(text: str) -> tuple[str, ...] | None:
    """A command as a shell reads it; None for nothing typed. FieldError for an open quote."""
    return tuple(_split(text)) or None


def environment_in(text: str) -> tuple[KeyValuePair, ...]:
    """`NAME=value` pairs as a shell reads them; FieldError for anything else."""
    pairs = []
    for word in _split(text):
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise FieldError("must be NAME=value, with spaces between and quotes around spaces")
        pairs.append(KeyValuePair(name=name, value=value))
    return tuple(pairs)


def _split(text: str) -> Sequence[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise FieldError(f"cannot be read as a shell does: {str(error).lower()}") from None


def definition_effects(name: str, definition: TaskDefinitionRecord | None) -> list[Effect]:
    """What the name of a task definition stands for."""
    if not name:
        return []
    if definition is None:
        return [Effect(f"there is no task definition {clean(name)}", "bad")]
    containers = definition.container_definitions
    images = ", ".join(clean(container.image) for container in containers[:3])
    more = ", …" if len(containers) > 3 else ""
    what = f"{clean(definition.family_revision)}: {plural(len(containers), 'container')}"
    found = [Effect(f"{what}, {images}{more}")]
    if definition.status is not TaskDefinitionStatus.ACTIVE:
        found.append(Effect("it is not ACTIVE: nothing new can be started from it", "bad"))
    return found
