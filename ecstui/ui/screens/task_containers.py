"""The containers of a task as a table, and the environment of one of them as lines. Pure.

Values of the environment stay hidden until they are asked for: only names are shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ecstui.model.enums import ContainerStatus, HealthStatus
from ecstui.model.task import ContainerRecord, TaskRecord
from ecstui.model.task_definition import ContainerDefinition, TaskDefinition
from ecstui.plan.reservation import override_of
from ecstui.ui.call_words import HIDDEN
from ecstui.ui.columns.cells import memory_text
from ecstui.ui.glyphs import FAILED, UNKNOWN, sign_of
from ecstui.ui.screens.task_words import (
    container_definition_of,
    container_ports,
    depends_words,
    waits_of,
)
from ecstui.ui.spans import Line, line
from ecstui.ui.table import Cell, Column, Span
from ecstui.ui.text import clean, cut_end, pad, width_of

_NAME_CELLS = 24


@dataclass(frozen=True, slots=True)
class ContainerRow:
    """A container with its definition, and what it waits for."""

    record: ContainerRecord
    definition: ContainerDefinition | None
    waits: str
    """Words for a dependency that does not hold yet; empty otherwise."""

    @property
    def name(self) -> str:
        """Its name, harmless."""
        return clean(self.record.name)


def container_rows(
    task: TaskRecord, definition: TaskDefinition | None, now: float
) -> Mapping[str, ContainerRow]:
    """The containers in the order of the definition, by name."""
    waits = waits_of(task, definition, now)
    return {
        record.name: ContainerRow(
            record,
            container_definition_of(definition, record.name),
            waits.get(clean(record.name), ""),
        )
        for record in task.containers
    }


def _state(row: ContainerRow, _now: float) -> Cell:
    record = row.record
    sign = sign_of(record.last_status.value)
    has_failed = bool(record.exit_code) or (
        record.last_status is ContainerStatus.STOPPED and record.exit_code is None
    )
    glyph, role = (FAILED, "status.failed") if has_failed else (sign.glyph, sign.role)
    return (Span(f"{glyph} ", role), Span(record.last_status.value.lower()))


def _health(row: ContainerRow, _now: float) -> Cell:
    if row.record.health_status is HealthStatus.UNKNOWN:
        is_running = row.record.last_status is not ContainerStatus.STOPPED
        is_checked = row.definition is not None and row.definition.health_check is not None
        return (Span("…" if is_checked and is_running else UNKNOWN, "muted"),)
    sign = sign_of(row.record.health_status.value)
    return (Span(sign.glyph, sign.role),)


def _exit(row: ContainerRow, _now: float) -> Cell:
    code = row.record.exit_code
    if code is None:
        return (Span(UNKNOWN, "muted"),)
    return (Span(str(code), "status.failed" if code else ""),)


def _restarts(row: ContainerRow, _now: float) -> Cell:
    count = row.record.restart_count
    return (Span(str(count), "status.warning" if count else "muted"),)


def _ports(row: ContainerRow, _now: float) -> Cell:
    return " ".join(port.short_text for port in container_ports(row.record))


def _words(row: ContainerRow, _now: float) -> Cell:
    if row.waits:
        return (Span(row.waits, "status.starting"),)
    if row.record.reason:
        return (Span(clean(row.record.reason), "status.failed"),)
    parts = ("" if row.record.essential else "not essential", depends_words(row.definition))
    return (Span(", ".join(part for part in parts if part), "muted"),)


def _reserved(row: ContainerRow, _now: float) -> Cell:
    memory = row.record.memory or row.record.memory_reservation
    shown = memory_text(int(memory)) if memory and memory.isdecimal() else UNKNOWN
    return f"{clean(row.record.cpu)} {shown}"


COLUMNS: tuple[Column[ContainerRow], ...] = (
    Column("name", "CONTAINER", lambda row, _: row.name, 16, min_width=10, priority=0, name=True),
    Column("state", "STATE", _state, 10, min_width=9, priority=0),
    Column("health", "HC", _health, 2, priority=1),
    Column("exit", "EXIT", _exit, 4, priority=1, right=True),
    Column("restarts", "RST", _restarts, 3, priority=6, right=True),
    Column("ports", "PORTS", _ports, 24, min_width=12, priority=3),
    Column("image", "IMAGE", lambda row, _: clean(row.record.image), 26, min_width=14, priority=2,
           grow=1, name=True),
    Column("reserved", "CPU MEM", _reserved, 9, priority=5, right=True),
    Column("words", "WAITS FOR / REASON", _words, 26, min_width=18, grow=3, priority=4),
)  # fmt: skip


# ---------------------------------------------------------------- environment


def environment_lines(
    task: TaskRecord, row: ContainerRow, width: int, *, is_revealed: bool
) -> list[Line]:
    """Names of the variables of a container, with values only where they are asked for."""
    variables = _variables(task, row)
    name_cells = min(_NAME_CELLS, max((width_of(name) for name, *_ in variables), default=0))
    found = []
    for name, value, note in variables:
        shown = cut_end(value if is_revealed else HIDDEN, max(1, width - name_cells - 2))
        front = Span(pad(cut_end(name, name_cells), name_cells + 2))
        found.append(line(front, Span(shown, "" if is_revealed else "muted"), Span(note, "muted")))
    return [*found, *_mount_lines(row, width)] or [line(Span("no variables", "muted"))]


def variable_count(task: TaskRecord, row: ContainerRow) -> int:
    """How many variables the container gets from definition and overrides."""
    return len(_variables(task, row))


def _variables(task: TaskRecord, row: ContainerRow) -> list[tuple[str, str, str]]:
    """Name, value and a note, in the order of the definition; overrides win."""
    definition = row.definition
    found: dict[str, tuple[str, str]] = {}
    for pair in definition.environment if definition else ():
        found[pair.name] = (pair.value, "")
    for secret in definition.secrets if definition else ():
        found[secret.name] = (secret.value_from, "  secret")
    for pair in override_of(task.overrides, row.record.name).environment:
        found[pair.name] = (pair.value, "  override")
    return [(clean(name), clean(value), note) for name, (value, note) in found.items()]


def _mount_lines(row: ContainerRow, width: int) -> list[Line]:
    mounts = row.definition.mount_points if row.definition else ()
    return [
        line(
            Span("mount  ", "muted"),
            cut_end(
                clean(f"{m.container_path} ← {m.source_volume}{' ro' if m.read_only else ''}"),
                max(1, width - 7),
            ),
        )
        for m in mounts
    ]
