"""How a container meets the network, by the task's network mode (ecs.md 2.5, 2.10, 11.1).

In awsvpc mode a pause container owns the task's network namespace and everything that belongs to
it; the others join. The engine is never given for a joining container what it refuses there.
"""

from collections.abc import Sequence
from dataclasses import replace

from ecstui.model.enums import NetworkMode
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import ContainerDefinition, TaskDefinition
from ecstui.plan.naming import engine_name, pause_name_of
from ecstui.plan.ports import network_mode_of, publications_of, task_publications_of
from ecstui.plan.spec import ContainerSpec, PortPublication


def with_network(
    spec: ContainerSpec,
    task: TaskRecord,
    definition: TaskDefinition,
    container: ContainerDefinition,
    network: str,
) -> ContainerSpec:
    """The spec of a container, with its network; `network`: what bridge mode joins."""
    spec = replace(
        spec,
        is_network_disabled=bool(container.disable_networking),
        pid_mode=_shared_mode(definition.pid_mode, task, definition),
        ipc_mode=_shared_mode(definition.ipc_mode, task, definition),
    )
    mode = network_mode_of(definition)
    if mode is NetworkMode.AWSVPC:
        return _joined(spec, task, definition, container)
    spec = replace(
        spec,
        network_mode=str(mode),
        hostname=container.hostname or None,
        dns=container.dns_servers,
        dns_search=container.dns_search_domains,
        extra_hosts=tuple((host.hostname, host.ip_address) for host in container.extra_hosts),
        sysctls=_sysctls(container),
    )
    if mode is not NetworkMode.BRIDGE:
        return spec
    return _bridged(spec, task, definition, container, network)


def _joined(
    spec: ContainerSpec,
    task: TaskRecord,
    definition: TaskDefinition,
    container: ContainerDefinition,
) -> ContainerSpec:
    sysctls = _sysctls(container)
    return replace(
        spec,
        network_mode=f"container:{_pause_of(task, definition)}",
        sysctls={name: value for name, value in sysctls.items() if not _is_of_network(name)},
    )


def _bridged(
    spec: ContainerSpec,
    task: TaskRecord,
    definition: TaskDefinition,
    container: ContainerDefinition,
    network: str,
) -> ContainerSpec:
    ports = publications_of(container, task.instance_ip)
    links = (link.partition(":") for link in container.links)
    return replace(
        spec,
        network_mode=network,
        ports=ports,
        exposed_ports=_exposed(ports),
        links=tuple(
            (engine_name(definition, name, task.task_id), alias or name) for name, _, alias in links
        ),
    )


def with_task_network(
    spec: ContainerSpec, task: TaskRecord, definition: TaskDefinition, network: str
) -> ContainerSpec:
    """The spec of a pause container, with all that its task's network namespace is to have."""
    containers = definition.container_definitions
    ports = task_publications_of(definition, task.instance_ip)
    sysctls = {name: value for c in containers for name, value in _sysctls(c).items()}
    return replace(
        spec,
        name=_pause_of(task, definition),
        network_mode=network,
        ports=ports,
        exposed_ports=_exposed(ports),
        hostname=next((c.hostname for c in containers if c.hostname), None),
        dns=_union([c.dns_servers for c in containers]),
        dns_search=_union([c.dns_search_domains for c in containers]),
        extra_hosts=tuple(
            dict.fromkeys((h.hostname, h.ip_address) for c in containers for h in c.extra_hosts)
        ),
        sysctls={name: value for name, value in sysctls.items() if _is_of_network(name)},
        ipc_mode="shareable" if definition.ipc_mode == "task" else None,
    )


def _union(lists: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for values in lists for value in values))


def _exposed(ports: tuple[PortPublication, ...]) -> tuple[tuple[int, str], ...]:
    return tuple(dict.fromkeys((port.container_port, port.protocol) for port in ports))


def _pause_of(task: TaskRecord, definition: TaskDefinition) -> str:
    return task.pause_engine_name or pause_name_of(definition, task.task_id)


def _shared_mode(mode: str | None, task: TaskRecord, definition: TaskDefinition) -> str | None:
    """PID or IPC mode; `task` joins the pause container where there is one."""
    if mode != "task":
        return mode or None
    if network_mode_of(definition) is NetworkMode.AWSVPC:
        return f"container:{_pause_of(task, definition)}"
    return None


def _sysctls(container: ContainerDefinition) -> dict[str, str]:
    return {
        control.namespace: control.value
        for control in container.system_controls
        if control.namespace and control.value is not None
    }


def _is_of_network(sysctl: str) -> bool:
    return sysctl.startswith("net.")
