"""Rules of RegisterTaskDefinition about ports, links and name resolution (ecs.md 2.5, 2.9).

Each rule yields what it finds and goes on; whether a port is free is placement's business.
"""

import re
from collections.abc import Iterator

from ecstui.model.enums import NetworkMode
from ecstui.model.task_definition import ContainerDefinition, PortMapping, TaskDefinitionBody
from ecstui.plan.ports import host_port_of, network_mode_of, port_range_of
from ecstui.plan.problem import ContainerRule, Problem, TaskRule, container_paths

MOST_RANGES = 100
_PORT_NAME = re.compile(r"[a-z0-9_][a-z0-9_-]{0,63}")


def _mappings(
    body: TaskDefinitionBody, container: ContainerDefinition, path: str
) -> Iterator[Problem]:
    mode = network_mode_of(body)
    if mode is NetworkMode.NONE and container.port_mappings:
        words = "Port mappings are not supported when networkMode=none"
        yield Problem(f"{path}.portMappings", words)
    for index, mapping in enumerate(container.port_mappings):
        here = f"{path}.portMappings[{index}]"
        yield from _mapping(mapping, here)
        if mapping.container_port_range is None:
            yield from _host_port(mapping, mode, here)
        else:
            yield from _range(mapping, mode, here)
    yield from _protocols(container, path)
    yield from _ranges(container, path)


def _mapping(mapping: PortMapping, path: str) -> Iterator[Problem]:
    if mapping.name is not None and _PORT_NAME.fullmatch(mapping.name) is None:
        words = "Port mapping name must have 1 to 64 of a-z, 0-9, _ and -, not beginning with -."
        yield Problem(f"{path}.name", words)
    if mapping.app_protocol not in (None, "http", "http2", "grpc"):
        words = "appProtocol should be one of [http, http2, grpc]"
        yield Problem(f"{path}.appProtocol", words)
    if mapping.container_port is not None and mapping.container_port_range is not None:
        yield Problem(path, "cannot specify both single port and port range")
    elif mapping.container_port is None and mapping.container_port_range is None:
        yield Problem(path, "Port mapping needs a 'containerPort' or a 'containerPortRange'.")


def _host_port(mapping: PortMapping, mode: NetworkMode, path: str) -> Iterator[Problem]:
    container_port, host_port = mapping.container_port, mapping.host_port
    if container_port is not None and not 1 <= container_port <= 65535:
        yield Problem(f"{path}.containerPort", _not_a_port("containerPort", container_port, 1))
    if host_port is not None and not 0 <= host_port <= 65535:
        yield Problem(f"{path}.hostPort", _not_a_port("hostPort", host_port, 0))
    if mode in (NetworkMode.AWSVPC, NetworkMode.HOST) and host_port not in (
        None,
        0,
        container_port,
    ):
        words = (
            f"When networkMode={mode}, the host ports and container ports in port mappings must "
            "match."
        )
        yield Problem(f"{path}.hostPort", words)


def _not_a_port(member: str, port: int, lowest: int) -> str:
    return f"Invalid '{member}' setting. It must be between {lowest} and 65535, but was {port}."


def _range(mapping: PortMapping, mode: NetworkMode, path: str) -> Iterator[Problem]:
    if port_range_of(mapping.container_port_range) is None:
        yield Problem(f"{path}.containerPortRange", "Invalid 'containerPortRange' setting")
    if mode not in (NetworkMode.AWSVPC, NetworkMode.BRIDGE):
        words = f"containerPortRange is not supported when networkMode={mode}"
        yield Problem(f"{path}.containerPortRange", words)
    if mapping.host_port is not None:
        words = "hostPort cannot be given together with containerPortRange"
        yield Problem(f"{path}.hostPort", words)


def _protocols(container: ContainerDefinition, path: str) -> Iterator[Problem]:
    """One container port goes by one protocol (API PortMapping.protocol)."""
    protocols: dict[int, str] = {}
    for index, mapping in enumerate(container.port_mappings):
        port = mapping.container_port
        if port is not None and protocols.setdefault(port, mapping.protocol) != mapping.protocol:
            words = f"Container port {port} cannot be exposed for more than one protocol."
            yield Problem(f"{path}.portMappings[{index}].protocol", words)


def _ranges(container: ContainerDefinition, path: str) -> Iterator[Problem]:
    ranges = [
        (index, found, mapping.protocol)
        for index, mapping in enumerate(container.port_mappings)
        if (found := port_range_of(mapping.container_port_range)) is not None
    ]
    if len(ranges) > MOST_RANGES:
        words = f"A container can have at most {MOST_RANGES} port ranges."
        yield Problem(f"{path}.portMappings", words)
    latest: dict[str, int] = {}
    for index, ports, protocol in sorted(ranges, key=lambda entry: entry[1].start):
        if ports.start < latest.get(protocol, 0):
            words = f"Port range {ports.start}-{ports.stop - 1} overlaps another one."
            yield Problem(f"{path}.portMappings[{index}].containerPortRange", words)
        latest[protocol] = max(latest.get(protocol, 0), ports.stop)


def _links(
    body: TaskDefinitionBody, container: ContainerDefinition, path: str
) -> Iterator[Problem]:
    if not container.links:
        return
    mode = network_mode_of(body)
    if mode is not NetworkMode.BRIDGE:
        yield Problem(f"{path}.links", f"Links are not supported when networkMode={mode}")
    names = {other.name for other in body.container_definitions}
    for index, link in enumerate(container.links):
        target = link.partition(":")[0]
        if target not in names:
            words = f"Invalid 'links' setting. Unknown container: '{target}'"
            yield Problem(f"{path}.links[{index}]", words)


def _awsvpc(
    body: TaskDefinitionBody, container: ContainerDefinition, path: str
) -> Iterator[Problem]:
    if network_mode_of(body) is not NetworkMode.AWSVPC:
        return
    refused = (
        ("hostname", container.hostname, "hostname is"),
        ("extraHosts", container.extra_hosts, "Extra hosts are"),
        ("dnsServers", container.dns_servers, "DNS servers are"),
        ("disableNetworking", container.disable_networking, "Disable Networking is"),
    )
    for member, value, subject in refused:
        if value:
            words = f"{subject} not supported on container when networkMode=awsvpc"
            yield Problem(f"{path}.{member}", words)


def _port_names(body: TaskDefinitionBody) -> Iterator[Problem]:
    names: set[str] = set()
    for path, container in container_paths(body):
        for index, mapping in enumerate(container.port_mappings):
            if mapping.name is not None and mapping.name in names:
                words = f"Port mapping names must be unique, but '{mapping.name}' is given twice."
                yield Problem(f"{path}.portMappings[{index}].name", words)
            names.add(mapping.name or "")


def _static_ports(body: TaskDefinitionBody) -> Iterator[Problem]:
    """Two mappings of a task cannot take the same port of their instance."""
    mode = network_mode_of(body)
    taken: set[tuple[int, str]] = set()
    for path, container in container_paths(body):
        for index, mapping in enumerate(container.port_mappings):
            port = host_port_of(mapping, mode)
            if port and (port, mapping.protocol) in taken:
                words = f"Host port {port}/{mapping.protocol} is mapped more than once."
                yield Problem(f"{path}.portMappings[{index}].hostPort", words)
            taken.add((port, mapping.protocol))


NETWORK_RULES: tuple[ContainerRule, ...] = (_mappings, _links, _awsvpc)

TASK_NETWORK_RULES: tuple[TaskRule, ...] = (_port_names, _static_ports)
