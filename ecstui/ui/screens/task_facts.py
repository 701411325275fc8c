"""Where a task is, how it is reached, who wanted it, and what it was given. Pure."""

from collections.abc import Sequence

from ecstui.base.ids import short_name
from ecstui.model.enums import HealthStatus, LaunchType, NetworkMode
from ecstui.model.task import ContainerOverride, TaskRecord
from ecstui.model.task_definition import TaskDefinition
from ecstui.store.kinds import INSTANCES
from ecstui.store.tables import View
from ecstui.ui.columns.cells import memory_text, revision_of, short_id
from ecstui.ui.columns.launch import task_facts
from ecstui.ui.glyphs import FAILED, sign_of
from ecstui.ui.screens.task_words import addresses_of, container_ports, end_words
from ecstui.ui.spans import Line, line, wrapped
from ecstui.ui.table import Span
from ecstui.ui.text import clean, cut_end, pad

_NAME_CELLS = 10


def title(task: TaskRecord) -> str:
    """`Task c8de40  reports:1  service reports`."""
    owner = f"  service {clean(short_name(task.service_arn))}" if task.service_arn else ""
    return f"Task {short_id(task.task_id)}  {revision_of(task.task_definition_arn)}{owner}"


def state_words(task: TaskRecord) -> str:
    """`● RUNNING  ✗ UNHEALTHY`."""
    status = task.last_status.value
    words = f"{sign_of(status).glyph} {status}"
    if not task.is_wanted and not task.is_stopped:
        words += " → STOPPED"
    if task.health_status is not HealthStatus.UNKNOWN and not task.is_stopped:
        words += f"  {sign_of(task.health_status.value).glyph} {task.health_status.value}"
    return words


def end_lines(task: TaskRecord, width: int, limit: int = 3) -> list[Line]:
    """Why it stops or has stopped, prominently; nothing while it is wanted."""
    if task.is_wanted:
        return []
    code = "" if task.stop_code is None else f"{task.stop_code.value}: "
    is_bad = task.stop_code is not None and task.stop_code.value in _BAD_CODES
    role = "status.failed" if is_bad else "status.draining"
    sign = FAILED if is_bad else sign_of("STOPPING").glyph
    parts = wrapped(f"{code}{end_words(task)}", max(8, width - 2), limit)
    return [
        line(Span(f"{sign} " if index == 0 else "  ", role), Span(part, f"bold {role}"))
        for index, part in enumerate(parts)
    ]


_BAD_CODES = frozenset({"TaskFailedToStart", "EssentialContainerExited", "SpotInterruption"})


def fact_lines(
    view: View, task: TaskRecord, definition: TaskDefinition | None, width: int
) -> list[Line]:
    """Facts by name, the most useful first."""
    facts = [
        *_reach(task),
        ("instance", _instance(view, task)),
        ("network", _network(task, definition)),
        ("started by", clean(task.started_by or "")),
        ("group", "" if task.service_arn else clean(task.group or "")),
        ("reserved", _reserved(task)),
        *(task_facts(task) or (("launch", task.launch_type.value if task.launch_type else ""),)),
        *_overrides(task.overrides.container_overrides),
        ("tags", clean(", ".join(f"{tag.key}={tag.value}" for tag in task.tags))),
    ]
    room = max(1, width - _NAME_CELLS - 1)
    return [
        line(Span(pad(name, _NAME_CELLS + 1), "muted"), cut_end(value, room))
        for name, value in facts
        if value
    ]


def _reach(task: TaskRecord) -> list[tuple[str, str]]:
    """Where its published ports are reached from this machine."""
    found = []
    for container in task.containers:
        for port in container_ports(container):
            front = "http://" if port.protocol == "tcp" else "udp "
            name = clean(container.name)
            found.append(("open", f"{front}{port.address} → {name} {port.container_port}"))
    return found


def _instance(view: View, task: TaskRecord) -> str:
    instance = view.get(INSTANCES, task.container_instance_arn or "")
    zone = clean(task.availability_zone or "")
    provider = clean(task.capacity_provider_name or "")
    if task.is_waiting_for_capacity:
        return f"waits for an instance of capacity provider {provider}"
    if task.launch_type is LaunchType.FARGATE:
        return f"{provider or 'Fargate'}, {zone}"
    if instance is None:
        return f"gone, {zone}" if task.container_instance_arn else zone
    engine = f" on engine {clean(instance.engine)}" if instance.engine != instance.name else ""
    return f"{clean(instance.name)}, {zone}{engine}"


def _network(task: TaskRecord, definition: TaskDefinition | None) -> str:
    mode = NetworkMode.BRIDGE
    if definition is not None and definition.network_mode is not None:
        mode = definition.network_mode
    return " ".join([mode.value, *addresses_of(task)])


def _reserved(task: TaskRecord) -> str:
    held = task.reservation
    return f"{held.cpu_units} cpu units, {memory_text(held.memory_mib)} memory"


def _overrides(overrides: Sequence[ContainerOverride]) -> list[tuple[str, str]]:
    """What RunTask changed; of the environment only the names."""
    found = []
    for override in overrides:
        parts = []
        if override.command is not None:
            parts.append("command " + " ".join(override.command))
        if override.environment:
            parts.append("environment " + ", ".join(pair.name for pair in override.environment))
        if override.cpu is not None:
            parts.append(f"cpu {override.cpu}")
        memory = override.memory or override.memory_reservation
        if memory is not None:
            parts.append(f"memory {memory}")
        if parts:
            found.append(("override", clean(f"{override.name}: {'; '.join(parts)}")))
    return found
