"""What RegisterTaskDefinition makes of a task definition: its rules, its normal form (ecs.md 2).

Every broken rule is told, in ECS's words and with the path of the member at fault, so that a form
can show them all; an operation raises the first. Nothing here assigns revisions.
"""

from collections.abc import Iterator

from ecstui.model.enums import Compatibility, NetworkMode
from ecstui.model.task_definition import (
    ContainerDefinition,
    HostVolume,
    PortMapping,
    TaskDefinitionBody,
    Volume,
)
from ecstui.plan.attributes import INSTANCE_CAPABILITIES, requires_attributes_of
from ecstui.plan.container_rules import CONTAINER_RULES
from ecstui.plan.definition_text import ParsedDefinition, locate, read_definition_text
from ecstui.plan.fargate_rules import fargate_problems
from ecstui.plan.network_rules import NETWORK_RULES, TASK_NETWORK_RULES
from ecstui.plan.ports import network_mode_of
from ecstui.plan.problem import Problem, container_paths
from ecstui.plan.task_rules import FIRST_TASK_RULES, TASK_RULES
from ecstui.plan.units import cpu_units_of, memory_mib_of
from ecstui.plan.volume_rules import VOLUME_RULES

__all__ = [
    "INSTANCE_CAPABILITIES",
    "ParsedDefinition",
    "Problem",
    "check_definition",
    "compatibilities_of",
    "normalise",
    "parse_definition_text",
    "requires_attributes_of",
]


def check_definition(body: TaskDefinitionBody) -> tuple[Problem, ...]:
    """Every rule that the definition breaks, normal or not; empty when it may be registered.

    Source: ecs.md 2.9.
    """
    return tuple(_problems(body))


def parse_definition_text(text: str) -> ParsedDefinition:
    """Read and check a task definition as people keep it in a file or type it into an editor.

    The body comes as soon as the text has its shape, also when rules are broken; every problem
    carries line and column.
    """
    parsed = read_definition_text(text)
    if parsed.body is None:
        return parsed
    found = locate(check_definition(parsed.body), text)
    return ParsedDefinition(parsed.body, (*parsed.problems, *found))


def _problems(body: TaskDefinitionBody) -> Iterator[Problem]:
    for rule in FIRST_TASK_RULES:
        yield from rule(body)
    for path, container in container_paths(body):
        for container_rule in (*CONTAINER_RULES, *NETWORK_RULES):
            yield from container_rule(body, container, path)
    for rule in (*TASK_RULES, *VOLUME_RULES, *TASK_NETWORK_RULES):
        yield from rule(body)
    if Compatibility.FARGATE in body.requires_compatibilities:
        yield from fargate_problems(body)


def compatibilities_of(body: TaskDefinitionBody) -> tuple[Compatibility, ...]:
    """The launch types that a definition without problems would do for (ecs.md 2.2)."""
    found = []
    if network_mode_of(body) is not NetworkMode.AWSVPC:
        found.append(Compatibility.EXTERNAL)
    found.append(Compatibility.EC2)
    if not any(fargate_problems(body)):
        found.append(Compatibility.FARGATE)
    if Compatibility.MANAGED_INSTANCES in body.requires_compatibilities:
        found.append(Compatibility.MANAGED_INSTANCES)
    return tuple(found)


def normalise(body: TaskDefinitionBody) -> TaskDefinitionBody:
    """The definition as ECS reads it back: sizes in units, ports and volumes filled in.

    Source: ecs.md 2.2; what the model fills in by its defaults is there already.
    """
    cpu_units, memory_mib = cpu_units_of(body.cpu), memory_mib_of(body.memory)
    mode = network_mode_of(body)
    return body.with_(
        cpu=body.cpu if cpu_units is None else str(cpu_units),
        memory=body.memory if memory_mib is None else str(memory_mib),
        container_definitions=tuple(_container(c, mode) for c in body.container_definitions),
        volumes=tuple(_volume(volume) for volume in body.volumes),
        requires_compatibilities=tuple(dict.fromkeys(body.requires_compatibilities)),
    )


def _container(container: ContainerDefinition, mode: NetworkMode) -> ContainerDefinition:
    mappings = tuple(_mapping(mapping, mode) for mapping in container.port_mappings)
    return container.with_(port_mappings=mappings)


def _mapping(mapping: PortMapping, mode: NetworkMode) -> PortMapping:
    if mapping.host_port or mapping.container_port is None:
        return mapping
    is_shared = mode in (NetworkMode.HOST, NetworkMode.AWSVPC)
    return mapping.with_(host_port=mapping.container_port if is_shared else 0)


def _volume(volume: Volume) -> Volume:
    efs = volume.efs_volume_configuration
    if efs is not None:
        filled = efs.with_(root_directory=efs.root_directory or "/")
        return volume.with_(efs_volume_configuration=filled)
    is_named_only = (
        volume.docker_volume_configuration is None
        and volume.fsx_windows_file_server_volume_configuration is None
        and volume.s3files_volume_configuration is None
        and not volume.configured_at_launch
    )
    if volume.host is None and is_named_only:
        return volume.with_(host=HostVolume())
    return volume
