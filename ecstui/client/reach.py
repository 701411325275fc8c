"""How a TCP port of a container is reached from this machine now, read from the records. Pure.

Ports of a service lead to any of its RUNNING tasks, so they outlive each of them. Where there is no
way (a simulated engine, an engine of another machine that publishes on its own loopback) it says
why, and never offers an address that cannot be the right one.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from ecstui.model.cluster import EngineRecord
from ecstui.model.enums import HealthStatus, TaskStatus
from ecstui.model.task import ContainerRecord, TaskRecord
from ecstui.model.task_definition import TaskDefinition
from ecstui.store.kinds import ENGINES, SERVICES, TASK_DEFINITIONS, TASKS
from ecstui.store.tables import View

LOCALHOST = "127.0.0.1"
ANY_ADDRESS = frozenset({"0.0.0.0", "", "::"})
"""Addresses of a binding that is reached from anywhere, so also as localhost."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A TCP port of a container: of one task, or of whichever task of a service runs."""

    arn: str
    """Of the task or of the service."""
    container: str
    container_port: int


class Way(NamedTuple):
    """An address that leads to a goal, and the task behind it."""

    task_arn: str
    host: str
    port: int


class Ways(NamedTuple):
    """Every way to a goal, the best first; without any, why not, as a sentence."""

    found: tuple[Way, ...]
    reason: str = ""


def goals_of(view: View, arn: str) -> tuple[Goal, ...]:
    """TCP ports that a task, or the revision of a service, declares or publishes."""
    service, task = view.get(SERVICES, arn), view.get(TASKS, arn)
    tasks = [task] if task is not None else _running(view, arn)
    names = {each.task_definition_arn for each in tasks}
    if service is not None:
        names.add(service.task_definition)
    found: dict[Goal, None] = {}
    for name in sorted(names):
        definition = view.get(TASK_DEFINITIONS, name)
        if definition is not None:
            found.update(dict.fromkeys(_declared(arn, definition)))
    for each in tasks:
        found.update(dict.fromkeys(_published(arn, each)))
    return tuple(found)


def _declared(arn: str, definition: TaskDefinition) -> list[Goal]:
    return [
        Goal(arn, container.name, mapping.container_port)
        for container in definition.container_definitions
        for mapping in container.port_mappings
        if mapping.container_port and mapping.protocol == "tcp"
    ]


def _published(arn: str, task: TaskRecord) -> list[Goal]:
    return [
        Goal(arn, container.name, binding.container_port or binding.host_port or 0)
        for container in task.containers
        for binding in container.network_bindings
        if binding.host_port and binding.protocol == "tcp"
    ]


def ways_to(view: View, goal: Goal) -> Ways:
    """Where connections to the goal can go now."""
    tasks = _candidates(view, goal.arn)
    if not tasks:
        return Ways((), "No task of it is RUNNING.")
    found: list[Way] = []
    reason = ""
    for task in tasks:
        way = _way(view, task, goal)
        if isinstance(way, Way):
            found.append(way)
        else:
            reason = reason or way
    return Ways(tuple(found), "" if found else reason)


def _candidates(view: View, arn: str) -> list[TaskRecord]:
    """RUNNING tasks: those that are not unhealthy first, of the PRIMARY deployment first."""
    task = view.get(TASKS, arn)
    if task is not None:
        return [task] if _runs(task) else []
    service = view.get(SERVICES, arn)
    primary = None if service is None else service.primary.id

    def rank(task: TaskRecord) -> tuple[bool, bool, float]:
        is_sick = task.health_status is HealthStatus.UNHEALTHY
        return (is_sick, task.deployment_id != primary, -task.created_at)

    return sorted(_running(view, arn), key=rank)


def _running(view: View, service_arn: str) -> list[TaskRecord]:
    return [task for task in view.by(TASKS, "service", service_arn) if _runs(task)]


def _runs(task: TaskRecord) -> bool:
    return task.last_status is TaskStatus.RUNNING and task.is_wanted


def _way(view: View, task: TaskRecord, goal: Goal) -> Way | str:
    container = next((c for c in task.containers if c.name == goal.container), None)
    if container is None:
        return f"The task has no container named {goal.container}."
    engine = view.get(ENGINES, task.engine)
    if engine is not None and engine.kind == "simulated":
        return "The engine is simulated: nothing listens at its ports."
    host, is_here = host_of(engine)
    published = _binding(container, goal.container_port)
    if published is not None:
        bind_ip, port = published
        if not is_here and bind_ip not in ANY_ADDRESS and _is_loopback(bind_ip):
            where = "another machine" if engine is None else f"the machine of engine {engine.name}"
            return f"Port {port} is published at {bind_ip} of {where}: it is reached only there."
        return Way(task.task_arn, host if bind_ip in ANY_ADDRESS else bind_ip, port)
    address = next((i.private_ipv4_address for i in container.network_interfaces), None)
    if address and is_here:
        return Way(task.task_arn, address, goal.container_port)
    return f"Port {goal.container_port} of {goal.container} is not published."


def _binding(container: ContainerRecord, container_port: int) -> tuple[str, int] | None:
    for binding in container.network_bindings:
        is_tcp = binding.protocol == "tcp" and binding.host_port is not None
        if is_tcp and (binding.container_port or binding.host_port) == container_port:
            return binding.bind_ip, binding.host_port or 0
    return None


def host_of(engine: EngineRecord | None) -> tuple[str, bool]:
    """Where ports of an engine are reached that it publishes everywhere; whether it is here."""
    if engine is None or not engine.endpoint.startswith(("tcp://", "ssh://")):
        return LOCALHOST, True
    host = urlsplit(engine.endpoint).hostname or LOCALHOST
    is_here = host == "localhost" or _is_loopback(host)
    return (LOCALHOST if is_here else host), is_here and not engine.endpoint.startswith("ssh://")


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
