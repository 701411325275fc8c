"""Host ports: which leads to which container, which are reserved, wanted, or in the way. Pure.

Free is told of ports that a service names and nobody holds: of all others there are too many.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ecstui.base.ids import short_name
from ecstui.model.cluster import ContainerInstanceRecord
from ecstui.model.enums import InstanceStatus, ServiceStatus
from ecstui.model.service import ServiceRecord
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import TaskDefinition
from ecstui.plan.ports import static_ports
from ecstui.store.kinds import INSTANCES, SERVICES, TASK_DEFINITIONS, TASKS
from ecstui.store.tables import View
from ecstui.ui.columns.cells import quiet, revision_of, short_id
from ecstui.ui.columns.inspect import facts_line
from ecstui.ui.glyphs import FAILED, HEALTHY, STOPPED, WARNING, sign_of
from ecstui.ui.spans import Line, line, wrapped
from ecstui.ui.table import Cell, Column, Span
from ecstui.ui.text import clean, plural

KINDS = frozenset({"task", "containerInstance", "service", "taskDefinition"})
_ANY = "all"


@dataclass(frozen=True, slots=True)
class PortRow:
    """A host port of a container instance."""

    instance: str
    instance_arn: str
    address: str
    """Where it is published, or `all`."""
    port: int
    protocol: str
    task: TaskRecord | None = None
    """Who holds it."""
    container: str = ""
    container_port: int = 0
    is_fixed: bool = False
    """Named by the task definition; dynamic otherwise."""
    is_reserved: bool = False
    wanted_by: tuple[str, ...] = ()
    """Services that name it and do not have it here."""
    others: tuple[str, ...] = ()
    """Tasks that say that they hold it too."""
    held_beside: str = ""
    """Who holds it on another instance that shares this one's addresses."""

    @property
    def owner(self) -> str:
        """The service of its task, or what started the task."""
        return "" if self.task is None else _owner_of(self.task)

    @property
    def state(self) -> str:
        """`clash`, `taken`, `reserved` or `free`."""
        is_held = self.task is not None or self.is_reserved or bool(self.held_beside)
        if self.others or (is_held and self.wanted_by):
            return "clash"
        if self.task is not None:
            return "taken"
        return "reserved" if self.is_reserved else "free"


def _owner_of(task: TaskRecord) -> str:
    return clean(short_name(task.service_arn) if task.service_arn else task.group or "")


Place = tuple[str, int, str]
"""ARN of the instance, port, protocol."""


def port_rows(view: View, cluster: str, instance_arns: Sequence[str] = ()) -> Mapping[str, PortRow]:
    """Host ports of the instances of a cluster, or of some of them."""
    instances = [
        each
        for each in view.by(INSTANCES, "cluster", cluster)
        if not each.is_gone and (not instance_arns or each.container_instance_arn in instance_arns)
    ]
    found: dict[Place, PortRow] = {}
    for instance in instances:
        for port in instance.reserved_ports:
            row = replace(_row(instance, port, "tcp"), is_reserved=True)
            found[(row.instance_arn, port, "tcp")] = row
        for task in view.by(TASKS, "instance", instance.container_instance_arn):
            if not task.is_stopped:
                _put_task(
                    found, instance, task, view.get(TASK_DEFINITIONS, task.task_definition_arn)
                )
    _put_wishes(found, view, cluster, instances)
    return {f"{arn}/{port}/{protocol}": row for (arn, port, protocol), row in found.items()}


def _row(instance: ContainerInstanceRecord, port: int, protocol: str) -> PortRow:
    address = clean(instance.ip) or _ANY
    return PortRow(clean(instance.name), instance.container_instance_arn, address, port, protocol)


def _put_task(
    found: dict[Place, PortRow],
    instance: ContainerInstanceRecord,
    task: TaskRecord,
    definition: TaskDefinition | None,
) -> None:
    fixed = set() if definition is None else set(fixed_ports(definition))
    for container in task.containers:
        for binding in container.network_bindings:
            port = binding.host_port
            if not port:
                continue
            place = (instance.container_instance_arn, port, binding.protocol)
            before = found.get(place)
            if before is not None and before.task is not None:
                if before.task.task_arn != task.task_arn:
                    more = (*before.others, short_id(task.task_arn))
                    found[place] = replace(before, others=more)
                continue
            found[place] = replace(
                before or _row(instance, port, binding.protocol),
                task=task,
                container=clean(container.name),
                container_port=binding.container_port or port,
                is_fixed=(port, binding.protocol) in fixed,
            )


def _put_wishes(
    found: dict[Place, PortRow],
    view: View,
    cluster: str,
    instances: Sequence[ContainerInstanceRecord],
) -> None:
    """Ports that services name: free where nobody has them, a clash where somebody else does."""
    for service in view.by(SERVICES, "cluster", cluster):
        definition = view.get(TASK_DEFINITIONS, service.task_definition)
        if service.status is not ServiceStatus.ACTIVE or definition is None:
            continue
        for port, protocol in fixed_ports(definition):
            for instance in instances:
                if instance.status is InstanceStatus.ACTIVE:
                    place = (instance.container_instance_arn, port, protocol)
                    row = found.get(place) or _row(instance, port, protocol)
                    if row.task is None and not instance.ip:
                        row = replace(row, held_beside=_beside(view, instance, place, service))
                    found[place] = _wished(row, service)


def _beside(
    view: View, instance: ContainerInstanceRecord, place: Place, service: ServiceRecord
) -> str:
    """Who else holds the port on another instance of the engine, empty for nobody."""
    _, port, protocol = place
    for task in view.by(TASKS, "engine", instance.engine):
        if task.service_arn == service.service_arn:
            continue
        for container in task.containers:
            for binding in container.network_bindings:
                if (binding.host_port, binding.protocol) == (port, protocol):
                    other = view.get(INSTANCES, task.container_instance_arn or "")
                    where = "" if other is None else f" on {clean(other.name)}"
                    return f"{_owner_of(task)}{where}"
    return ""


def _wished(row: PortRow, service: ServiceRecord) -> PortRow:
    is_own = row.task is not None and row.task.service_arn == service.service_arn
    name = clean(service.service_name)
    return row if is_own else replace(row, wanted_by=(*row.wanted_by, name), is_fixed=True)


def fixed_ports(definition: TaskDefinition) -> list[tuple[int, str]]:
    """Host ports that a task definition names, with their protocols."""
    return [
        (port, protocol)
        for protocol in ("tcp", "udp")
        for port in static_ports(definition, protocol)
    ]


def summary(rows: Sequence[PortRow]) -> str:
    """`1 clash · 12 taken · 2 free`."""
    states = [row.state for row in rows]
    clashes = states.count("clash")
    parts = [plural(clashes, "clash", "clashes")] if clashes else []
    counts = {name: states.count(name) for name in ("taken", "free", "reserved")}
    return " · ".join([*parts, *(f"{count} {name}" for name, count in counts.items() if count)])


# ---------------------------------------------------------------- columns

_SIGNS = {
    "taken": (HEALTHY, "status.running"),
    "free": (STOPPED, "status.stopped"),
    "reserved": (STOPPED, "muted"),
    "clash": (FAILED, "status.failed"),
}


def _state(row: PortRow, _now: float) -> Cell:
    glyph, role = _SIGNS[row.state]
    if row.task is not None and row.state == "taken":
        sign = sign_of(row.task.last_status.value if row.task.is_wanted else "STOPPING")
        glyph, role = sign.glyph, sign.role
    return (Span(f"{glyph} ", role), Span(row.state, role if row.state == "clash" else ""))


def _port(row: PortRow, _now: float) -> Cell:
    return (Span(str(row.port)), Span("" if row.protocol == "tcp" else f"/{row.protocol}", "muted"))


def _leads(row: PortRow, _now: float) -> Cell:
    if row.task is None:
        return quiet("")
    return (Span(f"{row.container} "), Span(f":{row.container_port}", "muted"))


def _wanted(row: PortRow, _now: float) -> Cell:
    words = ", ".join((*row.wanted_by, *row.others))
    return (Span(words, "status.failed" if row.state == "clash" else ""),)


def _task_text(row: PortRow, _now: float) -> Cell:
    return quiet("") if row.task is None else short_id(row.task.task_arn)


def _definition(row: PortRow, _now: float) -> Cell:
    return quiet("") if row.task is None else revision_of(row.task.task_definition_arn)


COLUMNS: tuple[Column[PortRow], ...] = (
    Column("port", "PORT", _port, 9, min_width=6, priority=0,
           sort=lambda row: (row.port, row.instance)),
    Column("state", "STATE", _state, 10, priority=0, sort=lambda row: (row.state, row.port)),
    Column("instance", "INSTANCE", lambda row, _: row.instance, 16, min_width=8, priority=0,
           name=True, sort=lambda row: (row.instance, row.port)),
    Column("task", "TASK", _task_text, 6, priority=0),
    Column("owner", "SERVICE", lambda row, _: quiet(row.owner), 20, min_width=10, priority=1,
           name=True, sort=lambda row: (row.owner, row.port)),
    Column("leads", "LEADS TO", _leads, 20, min_width=10, priority=1),
    Column("wanted", "WANTED BY", _wanted, 16, min_width=9, grow=1, priority=2, name=True),
    Column("kind", "HOST PORT", lambda row, _: "fixed" if row.is_fixed else quiet("dynamic"), 9,
           priority=4),
    Column("address", "ADDRESS", lambda row, _: row.address, 15, min_width=9, priority=3),
    Column("definition", "TASK DEF", _definition, 18, min_width=12, priority=5, name=True),
)  # fmt: skip


def search_text(row: PortRow) -> str:
    """What the filter looks in."""
    task = "" if row.task is None else clean(row.task.task_id)
    return "\n".join(
        (str(row.port), row.instance, row.address, row.owner, row.container, row.state, task,
         *row.wanted_by)
    )  # fmt: skip


def inspect(row: PortRow, width: int, height: int) -> Sequence[Line]:
    """Where it leads, and who is in whose way."""
    where = row.address if row.address != _ANY else "all addresses"
    kind = "" if row.is_reserved else "fixed" if row.is_fixed else "dynamic"
    lines = [
        facts_line(
            width,
            ("", f"{row.port}/{row.protocol}"),
            ("", row.state),
            ("on", row.instance),
            ("at", where),
            ("host port", kind),
        )
    ]
    if row.task is not None:
        lines.append(
            facts_line(
                width,
                ("task", short_id(row.task.task_arn)),
                ("", row.task.last_status.value),
                ("service", row.owner),
                ("container", f"{row.container}:{row.container_port}"),
                ("revision", revision_of(row.task.task_definition_arn)),
            )
        )
    glyph, role = (WARNING, "status.warning") if row.state == "clash" else _SIGNS["taken"]
    texts = wrapped(words, width - 2, 2) if (words := _wish_words(row)) else []
    lines += [line(Span(f"{glyph} ", role), text) for text in texts]
    return lines[:height]


def _wish_words(row: PortRow) -> str:
    if row.others:
        return f"held by {plural(len(row.others) + 1, 'task')} at once: {', '.join(row.others)} too"
    names = ", ".join(row.wanted_by)
    if not names:
        return ""
    if row.state == "clash":
        holder = row.owner or row.held_beside or "the instance itself, where it is reserved"
        return f"{names} cannot be placed here: the port is held by {holder}"
    return f"free for {names}"
