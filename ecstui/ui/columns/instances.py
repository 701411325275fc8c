"""Container instances: rows, columns, the map of what is placed where, host ports. Pure.

Bars show what tasks have reserved, not what they use: nothing measures use yet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecstui.base.ids import short_name
from ecstui.model.cluster import ContainerInstanceRecord
from ecstui.model.enums import InstanceStatus
from ecstui.model.task import TaskRecord
from ecstui.plan.counts import Stage, TaskCounts, Usage, stage_of, task_counts, usage_of
from ecstui.store.kinds import INSTANCES, TASKS
from ecstui.store.tables import View
from ecstui.ui.columns.cells import memory_text, revision_of, short_id, since, status_cell
from ecstui.ui.columns.inspect import command_line, facts_line
from ecstui.ui.glyphs import DRAINING, EMPTY, NEW, STARTING, sign_of
from ecstui.ui.spans import Line, joined, line, line_width
from ecstui.ui.table import Cell, Column, Span
from ecstui.ui.text import clean, cut_middle, pad, width_of
from ecstui.ui.widgets.bars import meter, percent

KINDS = frozenset({"containerInstance", "task"})

SLOT_CPU_UNITS = 256
SLOT_MEMORY_MIB = 256
_WALL = "┃"
_BAR_CELLS = 10
_NEARLY_ALL = 0.95


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """An instance with its tasks and what they take."""

    instance: ContainerInstanceRecord
    tasks: tuple[TaskRecord, ...]
    counts: TaskCounts
    usage: Usage

    @property
    def name(self) -> str:
        """Its name, harmless."""
        return clean(self.instance.name)

    @property
    def zone(self) -> str:
        """Its zone, harmless."""
        return clean(self.instance.zone)

    @property
    def cpu_ratio(self) -> float:
        """Share of its CPU that is reserved."""
        return self.usage.cpu_units / self.instance.cpu_units if self.instance.cpu_units else 0.0

    @property
    def memory_ratio(self) -> float:
        """Share of its memory that is reserved."""
        whole = self.instance.memory_mib
        return self.usage.memory_mib / whole if whole else 0.0

    @property
    def ports(self) -> list[tuple[int, int | None, TaskRecord]]:
        """Host ports in use: the port, the container's port, the task."""
        found = [
            (binding.host_port, binding.container_port, task)
            for task in self.tasks
            for container in task.containers
            for binding in container.network_bindings
            if binding.host_port
        ]
        return sorted(found, key=lambda entry: entry[0])


def instance_rows(view: View, cluster: str) -> Mapping[str, InstanceRow]:
    """Registered instances of a cluster, by ARN."""
    rows = {}
    for instance in view.by(INSTANCES, "cluster", cluster):
        if instance.status is not InstanceStatus.INACTIVE:
            arn = instance.container_instance_arn
            tasks = tuple(task for task in view.by(TASKS, "instance", arn) if not task.is_stopped)
            rows[arn] = InstanceRow(instance, tasks, task_counts(tasks), usage_of(tasks))
    return rows


def _status(row: InstanceRow, _now: float) -> Cell:
    if not row.instance.agent_connected:
        sign = sign_of("FAILED")
        return (Span(f"{sign.glyph} ", sign.role), Span("NO AGENT", sign.role))
    return status_cell(row.instance.status.value)


def _tasks(row: InstanceRow, _now: float) -> Cell:
    pending = f" {STARTING}{row.counts.pending}" if row.counts.pending else ""
    return (Span(str(row.counts.total)), Span(pending, "status.starting"))


def reserved_cell(ratio: float | None) -> Cell:
    """A bar and its percentage; what is reserved is a plan, so only a full bar stands out."""
    role = "status.warning" if ratio is not None and ratio > _NEARLY_ALL else "chart.series.1"
    return (*meter(ratio, _BAR_CELLS, role=role), Span(f" {percent(ratio)}"))


COLUMNS: tuple[Column[InstanceRow], ...] = (
    Column("name", "INSTANCE", lambda row, _: row.name, 20, min_width=8, priority=0, name=True,
           grow=1),
    Column("zone", "ZONE", lambda row, _: row.zone, 12, min_width=10, priority=1, name=True,
           sort=lambda row: (row.zone, row.name)),
    Column("status", "STATUS", _status, 14, min_width=10, priority=0),
    Column("tasks", "TASKS", _tasks, 7, min_width=5, priority=0, sort=lambda row: row.counts.total,
           descending=True, right=True),
    Column("cpu", "CPU RESERVED", lambda row, _: reserved_cell(row.cpu_ratio), 15, priority=0,
           sort=lambda row: row.cpu_ratio, descending=True, flash=False),
    Column("memory", "MEM RESERVED", lambda row, _: reserved_cell(row.memory_ratio), 15,
           priority=0, sort=lambda row: row.memory_ratio, descending=True, flash=False),
    Column("free", "FREE", lambda row, _: (Span(free_text(row), "muted"),), 14, priority=4,
           sort=lambda row: row.instance.memory_mib - row.usage.memory_mib, descending=True),
    Column("ports", "PORTS", lambda row, _: str(len(row.ports)), 5, priority=3, right=True,
           sort=lambda row: len(row.ports), descending=True),
    Column("age", "AGE", lambda row, now: since(row.instance.registered_at, now), 4, priority=5,
           right=True, sort=lambda row: -row.instance.registered_at, flash=False),
)  # fmt: skip


def free_text(row: InstanceRow) -> str:
    """What is left: `2304 cpu 3.2G`."""
    cpu = max(0, row.instance.cpu_units - row.usage.cpu_units)
    return f"{cpu} cpu {memory_text(max(0, row.instance.memory_mib - row.usage.memory_mib))}"


def search_text(row: InstanceRow) -> str:
    """What the filter looks in."""
    owners = {clean(task.group or "") for task in row.tasks}
    return "\n".join((row.name, row.zone, row.instance.status.value, *sorted(owners)))


# ---------------------------------------------------------------- inspector


def inspect(row: InstanceRow, cluster: str, width: int, height: int) -> Sequence[Line]:
    """An instance in `height` lines: state, what is left, its host ports, the command."""
    instance = row.instance
    ident = clean(instance.instance_id)
    words = f"describe-container-instances --cluster {clean(cluster)} --container-instances {ident}"
    head = facts_line(
        width,
        ("zone", row.zone),
        ("engine", clean(instance.engine)),
        ("provider", clean(instance.capacity_provider_name or "")),
        ("address", clean(instance.ip) or "all"),
        ("reserved ports", " ".join(str(port) for port in instance.reserved_ports)),
    )
    left = facts_line(
        width,
        ("has", f"{instance.cpu_units} cpu {memory_text(instance.memory_mib)}"),
        ("free", free_text(row)),
        ("tasks", f"{row.counts.running} running"),
        ("", f"{row.counts.pending} starting" if row.counts.pending else ""),
        ("", f"{row.counts.stopping} stopping" if row.counts.stopping else ""),
    )
    lines = [head, left]
    if not instance.agent_connected:
        lines.insert(0, line(Span("▲ its engine does not answer", "status.failed")))
    room = max(0, height - len(lines) - 1)
    return [*lines[: height - 1], *port_lines(row, width, room), command_line(words, width)]


def port_lines(row: InstanceRow, width: int, room: int) -> list[Line]:
    """Host ports with what they lead to, in as many columns as fit."""
    ports = row.ports
    if not ports or not room:
        return []
    items = [
        line(
            Span(f"{host} ", "accent"),
            f"{revision_of(task.task_definition_arn)}",
            Span(f" {inner or ''} {short_id(task.task_id)}", "muted"),
        )
        for host, inner, task in ports
    ]
    cell = max(line_width(item) for item in items) + 3
    columns = max(1, width // cell)
    lines = []
    for start in range(0, len(items), columns):
        spans: list[Span] = []
        for item in items[start : start + columns]:
            spans += [*item, Span(" " * (cell - line_width(item)))]
        lines.append(tuple(spans))
    if len(lines) > room:
        lines = [*lines[: room - 1], _as_many(items[(room - 1) * columns :], width)]
    return lines


def _as_many(items: Sequence[Line], width: int) -> Line:
    """The items that fit in one row, and how many do not."""
    shown = list(items[:width])  # each takes a cell at least; there may be thousands
    while shown:
        more = line(Span(f"+{len(items) - len(shown)}", "muted"))
        row = joined([*shown, more] if len(shown) < len(items) else shown)
        if line_width(row) <= width:
            return row
        shown.pop()
    return line(Span(f"{len(items)} ports", "muted"))


# ---------------------------------------------------------------- map


def placement_map(rows: Sequence[InstanceRow], width: int) -> list[Line]:
    """One line or more for each zone: its instances with a cell for each task.

    A task is its state and the first letter of its service; a dot is room for 256 CPU units
    and 256 MiB.
    """
    zones: dict[str, list[InstanceRow]] = {}
    for row in sorted(rows, key=lambda row: (row.zone, row.name)):
        zones.setdefault(row.zone or "no zone", []).append(row)
    names = min(14, max((width_of(row.name) for row in rows), default=0))
    front = min(12, max((width_of(zone) for zone in zones), default=0)) + 2
    most = max((len(row.tasks) * 2 for row in rows), default=0)
    cell = max(8, min(most + 8, (width - front) // 2 - names - 5))
    columns = max(1, (width - front) // (names + cell + 5))
    found = []
    for zone, members in zones.items():
        for start in range(0, len(members), columns):
            title = pad(cut_middle(zone, front - 2), front) if not start else " " * front
            items = [_map_item(row, names, cell) for row in members[start : start + columns]]
            found.append((Span(title, "muted"), *joined(items)))
    return found


def _map_item(row: InstanceRow, names: int, cell: int) -> Line:
    is_open = row.instance.status is InstanceStatus.ACTIVE and row.instance.agent_connected
    wall = "frame.border" if is_open else "status.draining"
    spans = [
        Span(pad(cut_middle(row.name, names), names), "" if is_open else "status.draining"),
        Span(f" {_WALL}", wall),
    ]
    used = 0
    for task in sorted(row.tasks, key=lambda task: (task.group or "", task.created_at)):
        if used + 2 > cell - 1 and used + 2 * (len(row.tasks) - used // 2) > cell:
            spans.append(Span("+", "muted"))
            used += 1
            break
        glyph, role = _TASK_SIGNS[stage_of(task)]
        name = clean(short_name(task.service_arn)) if task.service_arn else "-"
        spans += [Span(glyph, role), Span(name[:1].lower())]
        used += 2
    free = min(
        (row.instance.cpu_units - row.usage.cpu_units) // SLOT_CPU_UNITS,
        (row.instance.memory_mib - row.usage.memory_mib) // SLOT_MEMORY_MIB,
    )
    dots = max(0, min(free if is_open else 0, cell - used))
    spans += [Span(EMPTY * dots, "muted"), Span(" " * (cell - used - dots)), Span(_WALL, wall)]
    return tuple(spans)


_TASK_SIGNS = {
    Stage.RUNNING: (NEW, "chart.series.1"),
    Stage.PENDING: (STARTING, "status.starting"),
    Stage.STOPPING: (DRAINING, "status.draining"),
    Stage.GONE: (EMPTY, "muted"),
}
MAP_LEGEND: Line = joined(
    [
        line(Span("letter = service", "muted")),
        line(Span(NEW, "chart.series.1"), Span(" running", "muted")),
        line(Span(STARTING, "status.starting"), Span(" starting", "muted")),
        line(Span(DRAINING, "status.draining"), Span(" stopping", "muted")),
        line(Span(f"{EMPTY} {SLOT_CPU_UNITS} cpu {SLOT_MEMORY_MIB}M free", "muted")),
    ]
)
