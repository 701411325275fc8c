"""The list of services: its rows from the records, its columns, and what the inspector tells.

Pure functions. CPU and memory are what the tasks have reserved; nothing measures use yet.
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecstui.base.ids import short_name
from ecstui.model.cluster import EventRecord
from ecstui.model.enums import DeploymentStatus, ServiceStatus
from ecstui.model.service import ServiceRecord
from ecstui.plan.counts import ServiceCounts
from ecstui.store.kinds import EVENTS
from ecstui.store.tables import View
from ecstui.ui.columns.cells import memory_text, revision_of, since, time_of
from ecstui.ui.columns.conditions import Condition, Grade
from ecstui.ui.columns.events import event_sign, event_words
from ecstui.ui.columns.inspect import command_line, facts_line
from ecstui.ui.columns.sums import ServiceSum, Sums
from ecstui.ui.glyphs import DRAINING, HEALTHY, STARTING
from ecstui.ui.spans import Line, joined, line, wrapped
from ecstui.ui.table import Cell, Column, Span
from ecstui.ui.text import clean

if TYPE_CHECKING:
    from ecstui.ui.columns.launch import Fact

KINDS = frozenset({"service", "task", "event"})
RECENT = 4
"""Events of a service that its row carries."""


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service with what its tasks add up to."""

    service: ServiceRecord
    counts: ServiceCounts
    condition: Condition
    cpu_units: int
    memory_mib: int
    recent: tuple[EventRecord, ...]
    """Its last events, the newest first."""

    @property
    def name(self) -> str:
        """Its name, harmless."""
        return clean(self.service.service_name)

    @property
    def news(self) -> str:
        """Why it waits, or else the last thing that happened."""
        if self.service.waiting:
            return clean(self.service.waiting)
        return event_words(self.recent[0].message) if self.recent else ""


def service_rows(view: View, cluster: str, sums: Sums | None = None) -> Mapping[str, ServiceRow]:
    """Services of a cluster that were not deleted, by ARN; `sums`: kept by who asks often."""
    found = (Sums() if sums is None else sums).of_cluster(view, cluster)
    return {
        arn: _row(view, each)
        for arn, each in found.items()
        if each.service.status is not ServiceStatus.INACTIVE
    }


def _row(view: View, summed: ServiceSum) -> ServiceRow:
    events = view.by(EVENTS, "service", summed.service.service_arn)
    return ServiceRow(
        summed.service,
        summed.counts,
        summed.condition,
        summed.cpu_units,
        summed.memory_mib,
        tuple(heapq.nlargest(RECENT, events, key=lambda event: event.created_at)),
    )


def _running(row: ServiceRow, _now: float) -> Cell:
    running, wanted = row.counts.all.running, row.service.desired_count
    role = "" if running == wanted else "bold status.warning"
    return (Span(str(running), role), Span(f"/{wanted}", "muted"))


def _pending(row: ServiceRow, _now: float) -> Cell:
    pending = row.counts.all.pending
    return (Span(str(pending), "status.starting" if pending else "muted"),)


def _deployment(row: ServiceRow, _now: float) -> Cell:
    condition = row.condition
    role = condition.sign.role if condition.grade is not Grade.GOOD else ""
    return (Span(f"{condition.sign.glyph} ", condition.sign.role), Span(condition.text, role))


def _news(row: ServiceRow, _now: float) -> Cell:
    return (Span(row.news, "foreground" if row.service.waiting else "muted"),)


COLUMNS: tuple[Column[ServiceRow], ...] = (
    Column("name", "NAME", lambda row, _: row.name, 32, min_width=12, priority=0, name=True),
    Column("running", "RUN", _running, 5, priority=0, right=True,
           sort=lambda row: row.counts.all.running, descending=True),
    Column("pending", "PND", _pending, 4, priority=1, right=True,
           sort=lambda row: row.counts.all.pending, descending=True),
    Column("deployment", "DEPLOYMENT", _deployment, 16, min_width=15, priority=0,
           sort=lambda row: (row.condition.grade, row.name)),
    Column("definition", "TASK DEF", lambda row, _: revision_of(row.service.task_definition), 22,
           min_width=15, priority=1, name=True),
    Column("cpu", "CPU RSV", lambda row, _: str(row.cpu_units), 8, min_width=7, priority=5,
           right=True, sort=lambda row: row.cpu_units, descending=True),
    Column("memory", "MEM RSV", lambda row, _: memory_text(row.memory_mib), 8, min_width=7,
           priority=5, right=True, sort=lambda row: row.memory_mib, descending=True),
    Column("age", "AGE", lambda row, now: since(row.service.primary.created_at, now), 4,
           priority=2, right=True, sort=lambda row: -row.service.primary.created_at, flash=False),
    Column("news", "LATEST", _news, 40, min_width=40, grow=1, priority=4, flash=False),
)  # fmt: skip


def search_text(row: ServiceRow) -> str:
    """What the filter looks in."""
    return f"{row.name}\n{revision_of(row.service.task_definition)}\n{row.condition.text}"


# ---------------------------------------------------------------- inspector


def inspect(
    row: ServiceRow,
    cluster: str,
    width: int,
    height: int,
    reasons: Sequence[str] = (),
    launch: "Sequence[Fact]" = (),
) -> Sequence[Line]:
    """What is worth knowing of a service, the most important first, in `height` lines.

    `reasons`: why it waits, harmless sentences; `launch`: how it is scheduled and launched.
    """
    last: list[Line] = [
        command_line(f"describe-services --cluster {clean(cluster)} --services {row.name}")
    ]
    lines: list[Line] = [_rollout(row), _counts(row, width, launch)]
    if height > 5:
        lines.append(_settings(row, width))
    room = max(1, height - len(lines) - len(last))
    return [*lines, *_latest(row, width, room, reasons), *last][:height]


def _rollout(row: ServiceRow) -> Line:
    service, condition = row.service, row.condition
    olds = [d for d in service.deployments if d.status is not DeploymentStatus.PRIMARY]
    parts: list[Line] = [
        line(
            Span(f"{condition.sign.glyph} ", condition.sign.role),
            Span(condition.text, f"bold {condition.sign.role}"),
        )
    ]
    if olds:
        before = revision_of(olds[0].task_definition)
        parts.append(line(f"{before} → {revision_of(service.primary.task_definition)}"))
        new = row.counts.of(service.primary.id)
        old = [row.counts.of(deployment.id) for deployment in olds]
        parts.append(
            line(
                Span("new ", "muted"),
                Span(f"{new.running}{HEALTHY} ", "status.running"),
                Span(f"{new.pending}{STARTING}", "status.starting"),
                Span("  old ", "muted"),
                f"{sum(o.running for o in old)} ",
                Span(f"{sum(o.stopping for o in old)}{DRAINING}", "status.draining"),
            )
        )
    else:
        parts.append(line(revision_of(service.primary.task_definition)))
    return joined(parts, "   ")


def _counts(row: ServiceRow, width: int, launch: "Sequence[Fact]") -> Line:
    service, counts = row.service, row.counts.all
    return facts_line(
        width,
        ("desired", str(service.desired_count)),
        ("running", str(counts.running)),
        ("pending", str(counts.pending) if counts.pending else ""),
        ("stopping", str(counts.stopping) if counts.stopping else ""),
        *launch,
        ("min", f"{service.minimum_healthy_percent}%"),
        ("max", f"{service.maximum_percent}%"),
        ("breaker", _breaker(service)),
    )


def _breaker(service: ServiceRecord) -> str:
    from ecstui.plan.failing import active_breaker, breaker_threshold  # not for the rows

    breaker = active_breaker(service)
    if breaker is None:
        return "off"
    limit = breaker_threshold(service)
    return f"{service.primary.failed_tasks}/{limit}" + (" rollback" if breaker.rollback else "")


def _settings(row: ServiceRow, width: int) -> Line:
    service = row.service
    strategies = [
        f"{s.type}({short_name((s.field or '').replace(':', '/'))})" if s.field else str(s.type)
        for s in service.placement_strategy
    ]
    constraints = [str(constraint.type) for constraint in service.placement_constraints]
    return facts_line(
        width,
        ("placement", "+".join([*strategies, *constraints]) or "spread(zone)"),
        ("exec", "on" if service.enable_execute_command else "off"),
        ("reserved", f"{row.cpu_units} cpu  {memory_text(row.memory_mib)}"),
    )


def _latest(row: ServiceRow, width: int, room: int, reasons: Sequence[str]) -> list[Line]:
    """Why it waits and what happened last; what it waits for comes first."""
    found: list[Line] = []
    service = row.service
    if reasons:
        words = wrapped("; ".join(reasons), width - 2, max(1, room - 1))
        found += [
            line(Span("▲ " if not index else "  ", "status.warning"), text)
            for index, text in enumerate(words)
        ]
    waiting = clean(service.waiting or "")
    for event in row.recent:
        told = event_words(event.message)
        if len(found) >= room or told == waiting:
            continue
        sign = event_sign(event)
        words = wrapped(f"{time_of(event.created_at)} {told}", width - 2, min(2, room - len(found)))
        found += [
            line(Span("  " if index else f"{sign.glyph} ", sign.role), text)
            for index, text in enumerate(words)
        ]
    return found
