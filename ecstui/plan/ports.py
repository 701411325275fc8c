"""Ports of a task: which it takes on its container instance and which its engine publishes.

Source: ecs.md 2.5. It asks no machine which ports are free; static ones are placement's business
and dynamic ones the engine's.
"""

import re
from collections.abc import Iterable, Iterator

from ecstui.model.enums import NetworkMode
from ecstui.model.task_definition import ContainerDefinition, PortMapping, TaskDefinitionBody
from ecstui.plan.spec import PortPublication

MOST_PORTS_OF_A_RANGE = 100
"""So many ports of one `containerPortRange` are published: each costs the engine a process."""

_RANGE = re.compile(r"(\d{1,5})-(\d{1,5})")


def network_mode_of(definition: TaskDefinitionBody) -> NetworkMode:
    """The network mode that holds: bridge when none is given (ecs.md 2.2)."""
    return definition.network_mode or NetworkMode.BRIDGE


def port_range_of(text: str | None) -> range | None:
    """The ports of a `containerPortRange`, e.g. `8000-8010`; None when it is no such range."""
    match = _RANGE.fullmatch(text or "")
    if match is None:
        return None
    first, last = int(match[1]), int(match[2])
    return range(first, last + 1) if 1 <= first < last <= 65535 else None


def static_ports(definition: TaskDefinitionBody, protocol: str) -> tuple[int, ...]:
    """Ports of the container instance that a task takes for itself, in ascending order.

    None in awsvpc mode, where every task has an address of its own.
    """
    mode = network_mode_of(definition)
    ports = {
        host_port_of(mapping, mode)
        for container in definition.container_definitions
        for mapping in container.port_mappings
        if mapping.protocol == protocol
    }
    return tuple(sorted(ports - {0}))


def host_port_of(mapping: PortMapping, mode: NetworkMode) -> int:
    """The port that a mapping takes on its instance; 0 when it takes none, or a dynamic one."""
    match mode:
        case NetworkMode.BRIDGE:
            return mapping.host_port or 0
        case NetworkMode.HOST:
            return mapping.host_port or mapping.container_port or 0
        case _:
            return 0


def publications_of(container: ContainerDefinition, host_ip: str) -> tuple[PortPublication, ...]:
    """What the engine publishes for a container in bridge mode, on the instance's address."""
    return tuple(dict.fromkeys(_publications([container], host_ip, is_static=True)))


def task_publications_of(
    definition: TaskDefinitionBody, host_ip: str
) -> tuple[PortPublication, ...]:
    """What the engine publishes for a whole task in awsvpc mode: every port, dynamically."""
    # ECS differs: there a task has an address of its own and nothing is published. That address
    # may be out of a person's reach here, so that every container port gets a host port too.
    containers = definition.container_definitions
    return tuple(dict.fromkeys(_publications(containers, host_ip, is_static=False)))


def _publications(
    containers: Iterable[ContainerDefinition], host_ip: str, *, is_static: bool
) -> Iterator[PortPublication]:
    for container in containers:
        for mapping in container.port_mappings:
            host_port = (mapping.host_port or None) if is_static else None
            for port in _container_ports(mapping):
                yield PortPublication(port, mapping.protocol, host_ip, host_port)


def _container_ports(mapping: PortMapping) -> Iterable[int]:
    if mapping.container_port is not None:
        return (mapping.container_port,)
    ports = port_range_of(mapping.container_port_range)
    return () if ports is None else ports[:MOST_PORTS_OF_A_RANGE]
