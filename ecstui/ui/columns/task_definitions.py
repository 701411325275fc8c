"""Families of task definitions and their revisions: rows, columns, and a summary. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecstui.model.enums import TaskDefinitionStatus
from ecstui.model.task_definition import ContainerDefinition, TaskDefinitionRecord
from ecstui.plan.reservation import reservation_of
from ecstui.store.kinds import SERVICES, TASK_DEFINITIONS, TASKS
from ecstui.store.tables import View
from ecstui.ui.columns.cells import memory_text, quiet, since, word
from ecstui.ui.glyphs import sign_of
from ecstui.ui.spans import Line, joined, line
from ecstui.ui.table import Cell, Column, Span
from ecstui.ui.text import clean, plural

KINDS = frozenset({"taskDefinition", "service", "task"})


@dataclass(frozen=True, slots=True)
class FamilyRow:
    """A family: its newest revision, how many there are, and which services use it."""

    newest: TaskDefinitionRecord
    revisions: int
    used_by: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its name, harmless."""
        return clean(self.newest.family)


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """A revision, how many tasks run it, and which services want it."""

    definition: TaskDefinitionRecord
    tasks: int
    used_by: tuple[str, ...]


def family_rows(view: View, *, with_inactive: bool) -> Mapping[str, FamilyRow]:
    """Families by name, with their newest ACTIVE revision, or else the newest of all."""
    groups: dict[str, list[TaskDefinitionRecord]] = {}
    for definition in view.all(TASK_DEFINITIONS):
        groups.setdefault(definition.family, []).append(definition)
    users: dict[str, set[str]] = {}
    for service in view.all(SERVICES):
        for deployment in service.deployments:
            found = view.get(TASK_DEFINITIONS, deployment.task_definition)
            if found is not None:
                users.setdefault(found.family, set()).add(clean(service.service_name))
    rows = {}
    for family, definitions in groups.items():
        active = [d for d in definitions if d.status is TaskDefinitionStatus.ACTIVE]
        if active or with_inactive:
            newest = max(active or definitions, key=lambda d: d.revision)
            used_by = tuple(sorted(users.get(family, ())))
            shown = definitions if with_inactive else active
            rows[family] = FamilyRow(newest, len(shown), used_by)
    return rows


def revision_rows(view: View, family: str, *, with_inactive: bool) -> Mapping[str, RevisionRow]:
    """Revisions of a family by ARN."""
    rows = {}
    tasks = [task for task in view.by(TASKS, "family", family) if not task.is_stopped]
    wanted: dict[str, list[str]] = {}
    for service in view.all(SERVICES):
        for deployment in service.deployments:
            wanted.setdefault(deployment.task_definition, []).append(clean(service.service_name))
    for definition in view.by(TASK_DEFINITIONS, "family", family):
        if with_inactive or definition.status is TaskDefinitionStatus.ACTIVE:
            arn = definition.task_definition_arn
            count = sum(task.task_definition_arn == arn for task in tasks)
            rows[arn] = RevisionRow(definition, count, tuple(wanted.get(arn, ())))
    return rows


def _used_by(row: FamilyRow, _now: float) -> Cell:
    if not row.used_by:
        return quiet("")
    first = row.used_by[0] if row.used_by[0] != row.name or len(row.used_by) == 1 else row.name
    more = f" +{len(row.used_by) - 1}" if len(row.used_by) > 1 else ""
    return (Span(first), Span(more, "muted"))


FAMILY_COLUMNS: tuple[Column[FamilyRow], ...] = (
    Column("family", "FAMILY", lambda row, _: row.name, 26, min_width=10, priority=0, name=True,
           grow=1),
    Column("latest", "LATEST", lambda row, _: f":{row.newest.revision}", 6, priority=0,
           right=True, sort=lambda row: row.newest.revision, descending=True),
    Column("revisions", "REVS", lambda row, _: str(row.revisions), 4, priority=3, right=True,
           sort=lambda row: row.revisions, descending=True),
    Column("cpu", "CPU", lambda row, _: str(reservation_of(row.newest).cpu_units), 5,
           priority=2, right=True, sort=lambda row: reservation_of(row.newest).cpu_units,
           descending=True),
    Column("memory", "MEM", lambda row, _: memory_text(reservation_of(row.newest).memory_mib), 5,
           priority=2, right=True, sort=lambda row: reservation_of(row.newest).memory_mib,
           descending=True),
    Column("containers", "CTR", lambda row, _: str(len(row.newest.container_definitions)), 3,
           priority=3, right=True, sort=lambda row: len(row.newest.container_definitions),
           descending=True),
    Column("used_by", "USED BY", _used_by, 18, min_width=10, priority=4, name=True),
    Column("age", "AGE", lambda row, now: since(row.newest.registered_at, now), 4, priority=1,
           right=True, sort=lambda row: -(row.newest.registered_at or 0.0), flash=False),
)  # fmt: skip


def _revision(row: RevisionRow, _now: float) -> Cell:
    is_active = row.definition.status is TaskDefinitionStatus.ACTIVE
    return (Span(f":{row.definition.revision}", "" if is_active else "muted"),)


def _in_use(row: RevisionRow, _now: float) -> Cell:
    if row.definition.status is not TaskDefinitionStatus.ACTIVE and not row.tasks:
        return (Span(row.definition.status.value.lower(), "muted"),)
    if not row.tasks:
        return quiet("wanted" if row.used_by else "")
    return (Span(plural(row.tasks, "task")),)


REVISION_COLUMNS: tuple[Column[RevisionRow], ...] = (
    Column("revision", "REV", _revision, 5, priority=0,
           sort=lambda row: row.definition.revision, descending=True),
    Column("in_use", "IN USE", _in_use, 10, min_width=8, priority=0, sort=lambda row: row.tasks,
           descending=True, grow=1),
    Column("age", "AGE", lambda row, now: since(row.definition.registered_at, now), 4, priority=1,
           right=True, sort=lambda row: -(row.definition.registered_at or 0.0), flash=False),
)  # fmt: skip


def search_text(row: FamilyRow) -> str:
    """What the filter looks in: the family, its services and its images."""
    images = "\n".join(clean(c.image) for c in row.newest.container_definitions)
    return "\n".join((row.name, *row.used_by, images))


def summary(row: RevisionRow, width: int, height: int) -> Sequence[Line]:
    """A revision in a few lines: what it takes, and its containers."""
    definition = row.definition
    held = reservation_of(definition)
    sign = sign_of(definition.status.value)
    mode = definition.network_mode.value if definition.network_mode else "bridge"
    head = joined(
        [
            line(Span(f"{sign.glyph} ", sign.role), Span(definition.status.value, sign.role)),
            line(
                Span("reserves ", "muted"), f"{held.cpu_units} cpu {memory_text(held.memory_mib)}"
            ),
            line(Span("network ", "muted"), mode),
            line(Span("used by ", "muted"), ", ".join(row.used_by)) if row.used_by else (),
        ],
        "   ",
    )
    containers = definition.container_definitions
    room = height - 1
    lines = [_container(container, width) for container in containers[:room]]
    if len(containers) > room > 0:
        more = f"and {plural(len(containers) - room + 1, 'container')} more: y shows all"
        lines[-1] = line(Span(more, "muted"))
    return [head, *lines]


def _container(container: ContainerDefinition, width: int) -> Line:
    memory = container.memory_reservation or container.memory
    ports = " ".join(
        f"{port.host_port or 'dyn'}→{port.container_port}"
        for port in container.port_mappings
        if port.container_port
    )
    return joined(
        [
            line(word(container.name, 20)),
            line(Span(word(container.image, max(12, width // 3)), "muted")),
            line(
                f"{container.cpu} cpu {memory_text(memory)}" if memory else f"{container.cpu} cpu"
            ),
            line(ports) if ports else (),
            line(Span("health check", "status.running")) if container.health_check else (),
            () if container.essential else line(Span("not essential", "muted")),
        ]
    )
