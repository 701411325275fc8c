"""The list of tasks: its rows from the records, its columns, and what the inspector tells. Pure.

CPU and memory are what the task has reserved; nothing measures use yet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecstui.base.ids import short_name
from ecstui.model.enums import (
    STARTING,
    TASK_STATUS_ORDER,
    ContainerStatus,
    HealthStatus,
    StopCode,
)
from ecstui.model.task import ContainerRecord, TaskRecord
from ecstui.plan.counts import Stage, stage_of
from ecstui.store.kinds import INSTANCES, TASKS
from ecstui.store.tables import View
from ecstui.ui.columns.cells import (
    memory_text,
    quiet,
    revision_of,
    short_id,
    sign_cell,
    since,
    time_of,
    word,
)
from ecstui.ui.columns.inspect import command_line, facts_line
from ecstui.ui.columns.launch import task_facts
from ecstui.ui.glyphs import FAILED, UNKNOWN, sign_of
from ecstui.ui.spans import Line, Part, fitting, joined, line, wrapped
from ecstui.ui.table import Cell, Column, Span
from ecstui.ui.text import clean, duration, plural

KINDS = frozenset({"task", "containerInstance"})

_EXPECTED_ENDS = frozenset({StopCode.USER_INITIATED, StopCode.SERVICE_SCHEDULER_INITIATED})


_NONE: Mapping[str, "TaskRow"] = {}


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task with the name of the instance that it is on."""

    task: TaskRecord
    instance: str

    @property
    def id(self) -> str:
        """The first digits of its id."""
        return short_id(self.task.task_id)

    @property
    def owner(self) -> str:
        """Its service, or for a task of its own what started it."""
        if self.task.service_arn:
            return clean(short_name(self.task.service_arn))
        return clean(self.task.started_by or "") or UNKNOWN

    @property
    def ports(self) -> tuple[int, ...]:
        """Host ports that reach it."""
        found = {
            binding.host_port
            for container in self.task.containers
            for binding in container.network_bindings
            if binding.host_port
        }
        return tuple(sorted(found))

    @property
    def exit_code(self) -> int | None:
        """The exit code that says most: of the essential container that failed, else any."""
        codes = [(not c.essential, c.exit_code) for c in self.task.containers]
        known = sorted((rank, code) for rank, code in codes if code is not None)
        failed = [code for _, code in known if code]
        return failed[0] if failed else known[0][1] if known else None

    @property
    def is_problem(self) -> bool:
        """Unhealthy, or ended in a way that nobody asked for."""
        if self.task.is_stopped:
            return self.task.stop_code not in _EXPECTED_ENDS and bool(self.exit_code != 0)
        return self.task.health_status is HealthStatus.UNHEALTHY


def task_rows(
    view: View,
    cluster: str,
    *,
    service_arn: str = "",
    instance_arn: str = "",
    before: Mapping[str, TaskRow] = _NONE,
) -> Mapping[str, TaskRow]:
    """Tasks of a cluster, of one of its services or of one of its instances, by ARN.

    Rows of `before` that are as they were are taken over.
    """
    if service_arn:
        tasks = view.by(TASKS, "service", service_arn)
    elif instance_arn:
        tasks = view.by(TASKS, "instance", instance_arn)
    else:
        tasks = view.by(TASKS, "cluster", cluster)
    names = {
        instance.container_instance_arn: clean(instance.name) for instance in view.all(INSTANCES)
    }
    found = {}
    for task in tasks:
        name = names.get(task.container_instance_arn or "", "")
        row = before.get(task.task_arn)
        if row is None or row.task is not task or row.instance != name:
            row = TaskRow(task, name)
        found[task.task_arn] = row
    return found


def _status(row: TaskRow, _now: float) -> Cell:
    status = row.task.last_status.value
    sign = sign_of(status)
    if row.task.is_stopped and row.is_problem:
        return (Span(f"{FAILED} ", "status.failed"), Span(status, "muted"))
    if not row.task.is_wanted and not row.task.is_stopped:
        sign = sign_of("STOPPING")
    role = "muted" if row.task.is_stopped else ""
    return (Span(f"{sign.glyph} ", sign.role), Span(status, role))


def _health(row: TaskRow, _now: float) -> Cell:
    return quiet("") if row.task.is_stopped else sign_cell(row.task.health_status.value)


def _ports(row: TaskRow, _now: float) -> Cell:
    ports = row.ports
    if not ports:
        return quiet("")
    more = f" +{len(ports) - 1}" if len(ports) > 1 else ""
    return (Span(str(ports[0])), Span(more, "muted"))


def _exit(row: TaskRow, _now: float) -> Cell:
    code = row.exit_code
    if code is None:
        return ""
    return (Span(str(code), "status.failed" if code else "muted"),)


def _age_at(task: TaskRecord) -> float:
    return task.stopped_at or task.started_at or task.created_at


def reason_of(task: TaskRecord) -> str:
    """Why it ended or will end; empty for a task that runs."""
    reasons = [clean(c.reason) for c in task.containers if c.reason]
    words = clean(task.stopped_reason or "")
    return ": ".join([part for part in (words, *reasons[:1]) if part])


COLUMNS: tuple[Column[TaskRow], ...] = (
    Column("task", "TASK", lambda row, _: row.id, 6, priority=0),
    Column("owner", "SERVICE", lambda row, _: row.owner, 26, min_width=8, priority=0, name=True,
           sort=lambda row: (row.owner, TASK_STATUS_ORDER[row.task.last_status],
                             -row.task.created_at)),
    Column("definition", "TASK DEF", lambda row, _: revision_of(row.task.task_definition_arn), 20,
           min_width=12, priority=3, name=True),
    Column("status", "STATUS", _status, 16, min_width=14, priority=0,
           sort=lambda row: TASK_STATUS_ORDER[row.task.last_status]),
    Column("health", "HC", _health, 2, priority=1,
           sort=lambda row: row.task.health_status.value, descending=True),
    Column("instance", "INSTANCE", lambda row, _: row.instance, 14, min_width=8, priority=1,
           name=True),
    Column("zone", "ZONE", lambda row, _: word(row.task.availability_zone or "", 20), 12,
           min_width=10, priority=4, name=True),
    Column("ports", "PORT", _ports, 8, min_width=5, priority=2,
           sort=lambda row: row.ports[0] if row.ports else None),
    Column("exit", "EXIT", _exit, 4, priority=2, right=True, sort=lambda row: row.exit_code),
    Column("cpu", "CPU RSV", lambda row, _: str(row.task.reservation.cpu_units), 7, priority=5,
           right=True, sort=lambda row: row.task.reservation.cpu_units, descending=True),
    Column("memory", "MEM RSV", lambda row, _: memory_text(row.task.reservation.memory_mib), 7,
           priority=5, right=True, sort=lambda row: row.task.reservation.memory_mib,
           descending=True),
    Column("age", "AGE", lambda row, now: since(_age_at(row.task), now), 4, priority=1,
           right=True, sort=lambda row: -_age_at(row.task), flash=False),
    Column("reason", "REASON", lambda row, _: (Span(reason_of(row.task), "muted"),), 30,
           min_width=24, grow=1, priority=6, flash=False),
)  # fmt: skip


def search_text(row: TaskRow) -> str:
    """What the filter looks in."""
    task = row.task
    return "\n".join(
        (
            clean(task.task_id), row.owner, revision_of(task.task_definition_arn), row.instance,
            task.last_status.value, task.availability_zone or "", reason_of(task),
        )
    )  # fmt: skip


def summary(rows: Sequence[TaskRow]) -> str:
    """`45 running · 2 starting · 1 stopped`, leaving out what there is none of."""
    stages = [stage_of(row.task) for row in rows]
    names = {
        Stage.RUNNING: "running",
        Stage.PENDING: "starting",
        Stage.STOPPING: "stopping",
        Stage.GONE: "stopped",
    }
    parts = [f"{stages.count(stage)} {name}" for stage, name in names.items() if stage in stages]
    return " · ".join(parts)


def stopped_words(rows: Sequence[TaskRow]) -> str:
    """How many stopped tasks are hidden, and how the last of them that failed ended."""
    stopped = [row for row in rows if row.task.is_stopped]
    if not stopped:
        return ""
    bad = [row for row in stopped if row.is_problem]
    words = f"x shows {len(stopped)} stopped"
    if bad:
        last = max(bad, key=lambda row: row.task.stopped_at or 0.0)
        code = "" if last.exit_code is None else f" exit {last.exit_code}"
        words += f", {len(bad)} failed: last {last.owner}{code}"
    return words


# ---------------------------------------------------------------- inspector


def inspect(
    row: TaskRow, cluster: str, width: int, height: int, waits: Sequence[str] = ()
) -> Sequence[Line]:
    """What is worth knowing of a task in `height` lines.

    `waits`: why it is not RUNNING and healthy yet, and what would help, harmless sentences.
    """
    task = row.task
    words = f"describe-tasks --cluster {clean(cluster)} --tasks {clean(task.task_id)}"
    last = command_line(words, width)
    lines = [_state(row, width), _place(row, width)]
    room = height - len(lines) - 1
    reason = reason_of(task) or "; ".join(waits)
    if reason and room > 0:
        for text in wrapped(reason, width - 2, min(2 if task.is_stopped else 3, room)):
            lines.append(line(Span("▲ ", "status.warning") if len(lines) == 2 else "  ", text))
    room = height - len(lines) - 1
    lines += _containers(task.containers, width, max(0, room))
    return [*lines[: height - 1], last]


def _state(row: TaskRow, width: int) -> Line:
    task = row.task
    sign = sign_of(task.last_status.value)
    parts = [
        line(
            Span(f"{sign.glyph} ", sign.role),
            Span(task.last_status.value, f"bold {sign.role}"),
        ),
        line(revision_of(task.task_definition_arn)),
    ]
    if task.stopped_at is not None:
        parts.append(line(Span("stopped ", "muted"), time_of(task.stopped_at)))
        if task.stop_code is not None:
            parts.append(line(Span(str(task.stop_code), "status.warning")))
        if task.started_at is not None:
            lived = duration(task.stopped_at - task.started_at)
            parts.append(line(Span("ran ", "muted"), lived))
    elif task.started_at is not None:
        parts.append(line(Span("started ", "muted"), time_of(task.started_at)))
        if task.started_at > task.created_at:
            took = duration(task.started_at - task.created_at)
            parts.append(line(Span("took ", "muted"), took))
    if task.last_status in STARTING:
        parts.append(line(Span("created ", "muted"), time_of(task.created_at)))
    return fitting([Part(part, rank) for rank, part in enumerate(parts)], width, "   ")


def _place(row: TaskRow, width: int) -> Line:
    task = row.task
    address = next(
        (i.private_ipv4_address for c in task.containers for i in c.network_interfaces), None
    )
    return facts_line(
        width,
        *task_facts(task),
        ("on", f"{row.instance} {word(task.availability_zone or '', 14)}".strip()),
        ("address", clean(address or "")),
        ("ports", " ".join(str(port) for port in row.ports)),
        (
            "reserved",
            f"{task.reservation.cpu_units} cpu {memory_text(task.reservation.memory_mib)}",
        ),
        ("group", "" if task.service_arn else clean(task.group or "")),
    )


def _containers(containers: Sequence[ContainerRecord], width: int, room: int) -> list[Line]:
    """One line for each container, or where they do not fit, all of them in one."""
    if len(containers) <= room:
        return [container_line(container, width) for container in containers]
    if not room:
        return []
    signs = [(sign_of(c.last_status.value), word(c.name, 20)) for c in containers]
    return [joined(line(Span(f"{sign.glyph} ", sign.role), name) for sign, name in signs)]


def container_line(container: ContainerRecord, width: int) -> Line:
    """A container with its state, health, exit code, image and ports."""
    sign = sign_of(container.last_status.value)
    parts: list[Line] = [
        line(Span(f"{sign.glyph} ", sign.role), word(container.name, 24)),
        () if container.essential else line(Span("not essential", "muted")),
    ]
    if container.health_status is not HealthStatus.UNKNOWN:
        health = sign_of(container.health_status.value)
        parts.append(
            line(Span(f"{health.glyph} {container.health_status.value.lower()}", health.role))
        )
    if container.exit_code is not None and container.last_status is ContainerStatus.STOPPED:
        role = "status.failed" if container.exit_code else "muted"
        parts.append(line(Span(f"exit {container.exit_code}", role)))
    if container.restart_count:
        parts.append(line(Span(plural(container.restart_count, "restart"), "status.warning")))
    ports = " ".join(
        f"{binding.host_port}→{binding.container_port}" for binding in container.network_bindings
    )
    parts += [line(ports) if ports else (), line(Span(word(container.image, width // 2), "muted"))]
    return joined(parts, "  ")
