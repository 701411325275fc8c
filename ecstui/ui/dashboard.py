"""What the dashboard tells beside the services: what rolls, what is full, what needs somebody.

Pure: rows made from the records go in, lines come out. The most urgent comes first, and what does
not fit is counted, never dropped in silence.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from ecstui.model.enums import DeploymentStatus, InstanceStatus, RolloutState
from ecstui.store.kinds import EVENTS
from ecstui.store.tables import View
from ecstui.ui.cockpit import Situation, State
from ecstui.ui.columns.cells import memory_text, time_of
from ecstui.ui.columns.conditions import Grade
from ecstui.ui.columns.events import event_sign, event_words, subject_of
from ecstui.ui.columns.inspect import facts_line
from ecstui.ui.columns.instances import InstanceRow
from ecstui.ui.columns.services import ServiceRow
from ecstui.ui.glyphs import CHANGING, DRAINING, FAILED, HEALTHY, STARTING, WARNING
from ecstui.ui.spans import Line, line, spread, wrapped
from ecstui.ui.table import Span
from ecstui.ui.text import age, clean, cut_middle, pad, plural, width_of
from ecstui.ui.widgets.bars import meter, percent
from ecstui.ui.widgets.fleet_bar import bar_spans

_NEARLY_ALL = 0.95
_LONGEST_ZONE = 12
_SUBJECT_CELLS = 14
_SUBJECT_CELLS_NARROW = 9
_WIDE = 56


@dataclass(frozen=True, slots=True)
class ZoneRow:
    """What the container instances of a zone have, and what tasks have reserved of it."""

    name: str
    tasks: int
    cpu_units: int
    cpu_reserved: int
    memory_mib: int
    memory_reserved: int

    @property
    def cpu_ratio(self) -> float | None:
        """Share of the CPU that is reserved; None without any."""
        return self.cpu_reserved / self.cpu_units if self.cpu_units else None

    @property
    def memory_ratio(self) -> float | None:
        """Share of the memory that is reserved; None without any."""
        return self.memory_reserved / self.memory_mib if self.memory_mib else None


def zone_rows(rows: Sequence[InstanceRow]) -> list[ZoneRow]:
    """The zones by name, from the instances in them."""
    zones: dict[str, list[InstanceRow]] = {}
    for row in rows:
        zones.setdefault(row.zone or "no zone", []).append(row)
    return [
        ZoneRow(
            name,
            sum(row.counts.total for row in members),
            sum(row.instance.cpu_units for row in members),
            sum(row.usage.cpu_units for row in members),
            sum(row.instance.memory_mib for row in members),
            sum(row.usage.memory_mib for row in members),
        )
        for name, members in sorted(zones.items())
    ]


# ---------------------------------------------------------------- what rolls


def is_rolling(row: ServiceRow) -> bool:
    """Whether a deployment of the service is on its way, or got stuck on it."""
    deployments = row.service.deployments
    return len(deployments) > 1 or any(
        deployment.rollout_state is not RolloutState.COMPLETED for deployment in deployments
    )


def rollout_lines(situations: Sequence[Situation], width: int, height: int) -> list[Line]:
    """Deployments on their way: from where to where, the fleet, its floor and ceiling."""
    if not situations:
        return [line(Span(f"{HEALTHY} ", "status.running"), Span("nothing is rolling", "muted"))]
    each = 3 if height >= 3 * len(situations) else 2 if height >= 2 * len(situations) else 1
    lines: list[Line] = []
    for index, situation in enumerate(situations):
        rest = len(situations) - index
        if len(lines) + each > height or (rest > 1 and len(lines) + each == height):
            lines.append(line(Span(f"and {rest} more on their way", "muted")))
            break
        lines += _rollout(situation, width)[:each]
    return lines[:height]


def _rollout(situation: Situation, width: int) -> list[Line]:
    service, fleet = situation.service, situation.fleet
    new = situation.new_revision
    olds = [d for d in service.deployments if d.status is not DeploymentStatus.PRIMARY]
    way = f"{_number(situation.old_revisions)}→{_number((new,))}" if olds else _number((new,))
    sign, role = _STATE_SIGNS.get(situation.state, (CHANGING, "status.changing"))
    elapsed = situation.elapsed_seconds
    right = line(
        Span(f"{fleet.new_healthy}/{fleet.desired}{HEALTHY} ", "bold"),
        Span(f"{fleet.starting}{STARTING} " if fleet.starting else "", "status.starting"),
        Span(f"{fleet.stopping}{DRAINING} " if fleet.stopping else "", "status.draining"),
        Span("" if elapsed is None else age(elapsed), "muted"),
    )
    left = line(
        Span(f"{sign} ", role),
        Span(clean(service.service_name), "bold"),
        Span(f"  {way}", "accent"),
    )
    limits = facts_line(
        width,
        ("floor", str(fleet.floor)),
        ("ceiling", str(fleet.ceiling)),
        ("headroom", str(fleet.headroom)),
    )
    return [spread(left, right, width), bar_spans(fleet, width), limits]


_STATE_SIGNS = {
    State.FAILED: (FAILED, "status.failed"),
    State.ROLLING_BACK: (WARNING, "status.warning"),
}


def _number(revisions: Sequence[str]) -> str:
    return ",".join(f":{revision.rpartition(':')[2]}" for revision in revisions)


# ---------------------------------------------------------------- what is full


def capacity_lines(rows: Sequence[InstanceRow], width: int, height: int) -> list[Line]:
    """A line for each zone with what is reserved in it; the fullest ones where not all fit."""
    zones = zone_rows(rows)
    if not zones:
        return [line(Span(f"{WARNING} ", "status.warning"), "no container instances")]
    names = min(_LONGEST_ZONE, max(width_of(zone.name) for zone in zones))
    room = max(1, height - 1)
    shown = zones
    if len(zones) > room:
        shown = sorted(zones, key=lambda zone: -(zone.memory_ratio or 0.0))[: max(1, room - 1)]
    lines = [_zone(zone, names, width) for zone in shown]
    if len(shown) < len(zones):
        lines.append(line(Span(f"and {len(zones) - len(shown)} zones that are less full", "muted")))
    return [*lines, _instances(rows, width)][:height]


def _zone(zone: ZoneRow, names: int, width: int) -> Line:
    front = pad(cut_middle(zone.name, names), names)
    tasks = f"{zone.tasks:4}"
    free = width - names - len(tasks) - 2 * (len(" c") + len(" 50%"))
    cells = max(3, min(10, free // 2))
    return line(
        Span(front, "muted"),
        Span(" c", "muted"),
        *_meter(zone.cpu_ratio, cells),
        Span(" m", "muted"),
        *_meter(zone.memory_ratio, cells),
        Span(tasks),
        Span(" tasks" if free - 2 * cells >= len(" tasks") else "", "muted"),
    )


def _meter(ratio: float | None, cells: int) -> Line:
    role = "status.warning" if ratio is not None and ratio > _NEARLY_ALL else "chart.series.1"
    return (*meter(ratio, cells, role=role), Span(percent(ratio)))


def _instances(rows: Sequence[InstanceRow], width: int) -> Line:
    open_rows = [row for row in rows if _is_open(row)]
    cpu = sum(max(0, row.instance.cpu_units - row.usage.cpu_units) for row in open_rows)
    memory = sum(max(0, row.instance.memory_mib - row.usage.memory_mib) for row in open_rows)
    closed = len(rows) - len(open_rows)
    return facts_line(
        width,
        ("free", f"{cpu} cpu {memory_text(memory)}"),
        ("on", f"{len(open_rows)} of {plural(len(rows), 'instance')}" if closed
         else plural(len(rows), "instance")),
    )  # fmt: skip


def _is_open(row: InstanceRow) -> bool:
    return row.instance.status is InstanceStatus.ACTIVE and row.instance.agent_connected


# ---------------------------------------------------------------- what needs somebody


def attention_lines(
    services: Sequence[ServiceRow], instances: Sequence[InstanceRow], width: int, height: int
) -> list[Line]:
    """What needs somebody, each with its reason; a calm line when nothing does."""
    found = [*_instance_troubles(instances), *_service_troubles(services)]
    if not found:
        return [line(Span(f"{HEALTHY} ", "status.running"), Span("nothing needs you", "muted"))]
    lines: list[Line] = []
    for index, (sign, role, name, words) in enumerate(found):
        rest = len(found) - index
        room = height - len(lines)
        if room <= 1 and rest > 1:
            lines.append(line(Span(f"and {rest} more", "status.warning")))
            break
        told = wrapped(f"{name}  {words}", width - 2, 2 if room > rest else 1)
        lines.append(line(Span(f"{sign} ", role), told[0]))
        lines += [line(Span(f"  {text}", "muted")) for text in told[1:]]
    return lines[:height]


def _service_troubles(rows: Sequence[ServiceRow]) -> list[tuple[str, str, str, str]]:
    return [
        (
            row.condition.sign.glyph,
            row.condition.sign.role,
            row.name,
            f"{row.condition.text.lower()}: {row.news}" if row.news else row.condition.text.lower(),
        )
        for row in sorted(rows, key=lambda row: row.name)
        if row.condition.grade is Grade.BAD
    ]


def _instance_troubles(rows: Sequence[InstanceRow]) -> list[tuple[str, str, str, str]]:
    return [
        (FAILED, "status.failed", row.name, "its engine does not answer")
        for row in sorted(rows, key=lambda row: row.name)
        if not row.instance.agent_connected
    ]


# ---------------------------------------------------------------- what happened


def event_lines(view: View, cluster: str, width: int, height: int) -> list[Line]:
    """The newest events of the cluster, one in a line."""
    events = [event for event in view.all(EVENTS) if event.cluster_name in ("", cluster)]
    newest = heapq.nlargest(max(1, height), events, key=lambda event: event.created_at)
    cells = _SUBJECT_CELLS if width >= _WIDE else _SUBJECT_CELLS_NARROW
    lines: list[Line] = []
    for event in newest:
        sign = event_sign(event)
        subject = pad(cut_middle(subject_of(view, event), cells), cells)
        lines.append(
            line(
                Span(f"{time_of(event.created_at)} ", "muted"),
                Span(f"{sign.glyph} ", sign.role),
                Span(f"{subject} "),
                Span(event_words(event.message), "muted"),
            )
        )
    return lines or [line(Span("Nothing has happened yet.", "muted"))]
