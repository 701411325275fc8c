"""Capacity providers: rows with the figures of managed scaling, columns, inspector. Pure.

Figures are those of the last data point; nothing is computed here that the scheduler decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecstui.model.capacity import (
    FARGATE_PROVIDERS,
    AutoScalingGroupRecord,
    CapacityProviderRecord,
)
from ecstui.model.cluster import ContainerInstanceRecord
from ecstui.model.service import CapacityProviderStrategyItem
from ecstui.plan.counts import TaskCounts, task_counts
from ecstui.plan.managed_scaling import POINTS_BEFORE_SCALE_IN
from ecstui.plan.pace import PACES, PaceName
from ecstui.store.kinds import (
    AUTO_SCALING_GROUPS,
    CAPACITY_PROVIDERS,
    CLUSTERS,
    INSTANCES,
    PLANES,
    TASKS,
)
from ecstui.store.tables import View
from ecstui.ui.columns.cells import memory_text, quiet
from ecstui.ui.columns.inspect import command_line, facts_line
from ecstui.ui.glyphs import DRAINING, NEW, STARTING
from ecstui.ui.spans import Line, joined, line
from ecstui.ui.table import Cell, Column, Span
from ecstui.ui.text import clean, plural
from ecstui.ui.widgets.bars import meter

KINDS = frozenset(
    {"capacityProvider", "autoScalingGroup", "cluster", "containerInstance", "task", "plane"}
)
_BAR_CELLS = 6
_FULL = 100.0


@dataclass(frozen=True, slots=True)
class CapacityRow:
    """A capacity provider, its group, and what is on it in this cluster."""

    raw_name: str
    provider: CapacityProviderRecord | None
    """None: one of Fargate's, or a group that has none."""
    group: AutoScalingGroupRecord | None
    """None: one of Fargate's."""
    item: CapacityProviderStrategyItem | None
    """Its place in the cluster's default strategy."""
    is_associated: bool
    instances: tuple[ContainerInstanceRecord, ...]
    counts: TaskCounts
    waiting: int
    period_seconds: float

    @property
    def name(self) -> str:
        """Its name, harmless."""
        return clean(self.raw_name)

    @property
    def is_scaled(self) -> bool:
        """Whether managed scaling is on and at work."""
        if self.provider is None or self.group is None or not self.is_associated:
            return False
        return self.provider.auto_scaling_group_provider.managed_scaling.status == "ENABLED"

    @property
    def reservation(self) -> float | None:
        """CapacityProviderReservation in percent; None without managed scaling."""
        return self.group.scaling.reservation if self.group and self.is_scaled else None

    @property
    def running(self) -> int | None:
        """Instances that run: N of CapacityProviderReservation."""
        if self.group is None:
            return None
        return sum(1 for instance in self.instances if not instance.is_terminating)

    @property
    def needed(self) -> int | None:
        """Instances that are needed: M of CapacityProviderReservation."""
        return self.group.scaling.needed_count if self.group and self.is_scaled else None


def capacity_rows(view: View, cluster_name: str) -> Mapping[str, CapacityRow]:
    """Every capacity provider by name, as this cluster uses it."""
    cluster = view.get(CLUSTERS, cluster_name)
    associated = () if cluster is None else cluster.capacity_providers
    strategy = () if cluster is None else cluster.default_capacity_provider_strategy
    items = {item.capacity_provider: item for item in strategy}
    tasks = [task for task in view.by(TASKS, "cluster", cluster_name) if not task.is_stopped]
    period = _period_seconds(view)
    rows = {}
    providers = {record.name: record for record in view.all(CAPACITY_PROVIDERS)}
    for name in (*sorted(providers), *FARGATE_PROVIDERS):
        provider = providers.get(name)
        group = None
        if provider is not None:
            group = view.get(AUTO_SCALING_GROUPS, provider.auto_scaling_group)
        mine = [task for task in tasks if task.capacity_provider_name == name]
        rows[name] = CapacityRow(
            name,
            provider,
            group,
            items.get(name),
            name in associated,
            ()
            if group is None
            else tuple(view.by(INSTANCES, "group", group.auto_scaling_group_name)),
            task_counts(mine),
            sum(1 for task in mine if task.is_waiting_for_capacity),
            period,
        )
    return rows | _lone_groups(view, cluster_name, period)


def _lone_groups(view: View, cluster_name: str, period_seconds: float) -> dict[str, CapacityRow]:
    """The groups in the cluster that are no capacity provider's."""
    used = {provider.auto_scaling_group for provider in view.all(CAPACITY_PROVIDERS)}
    rows = {}
    for group in view.all(AUTO_SCALING_GROUPS):
        name = group.auto_scaling_group_name
        if name not in used and group.cluster == cluster_name:
            instances = tuple(view.by(INSTANCES, "group", name))
            row = CapacityRow(
                name, None, group, None, False, instances, TaskCounts(), 0, period_seconds
            )
            rows[f"group/{name}"] = row
    return rows


def _period_seconds(view: View) -> float:
    plane = view.get(PLANES, "plane")
    is_known = plane is not None and plane.pace in {name.value for name in PaceName}
    pace = PaceName(plane.pace) if plane is not None and is_known else PaceName.LOCAL
    return PACES[pace].scaling_period_seconds


# ---------------------------------------------------------------- cells


def type_text(row: CapacityRow) -> str:
    """What is behind it."""
    if row.provider is not None:
        return "Auto Scaling"
    return "Fargate" if row.group is None else "group alone"


def strategy_text(row: CapacityRow) -> str:
    """Its part in the cluster's default strategy."""
    if row.item is not None:
        return f"base {row.item.base} weight {row.item.weight}"
    return "by name" if row.is_associated else ""


def bounds_text(row: CapacityRow) -> str:
    """The group's bounds and desired capacity: `2 of 0-10`."""
    group = row.group
    if group is None:
        return ""
    return f"{group.desired_capacity} of {group.min_size}-{group.max_size}"


def _number(value: int | None) -> Cell:
    return quiet("") if value is None else (Span(str(value)),)


def _reservation(row: CapacityRow, _now: float) -> Cell:
    value = row.reservation
    if value is None:
        return quiet("")
    role = "status.warning" if value > _FULL else "chart.series.1"
    bar = meter(min(1.0, value / _FULL), _BAR_CELLS, role=role)
    return (*bar, Span(f" {value:.0f}%", role if value > _FULL else ""))


def _waiting(row: CapacityRow, _now: float) -> Cell:
    if not row.waiting:
        return quiet("")
    return (Span(f"{STARTING}{row.waiting}", "status.starting"),)


def _tasks(row: CapacityRow, _now: float) -> Cell:
    return (Span(str(row.counts.total - row.waiting)),)


def next_words(row: CapacityRow, now: float) -> str:
    """What managed scaling does next, in a few words."""
    if row.group is None:
        return "nothing to scale" if row.provider is None else "its group is gone"
    if row.group.booting:
        left = max(0.0, min(booting.ready_at for booting in row.group.booting) - now)
        return f"{plural(len(row.group.booting), 'instance')} booting, {left:.0f}s left"
    leaving = sum(1 for instance in row.instances if instance.is_terminating)
    if leaving:
        return f"{plural(leaving, 'instance')} draining"
    if row.provider is None:
        return "n makes its provider"
    if not row.is_associated:
        return "not used by this cluster"
    if not row.is_scaled:
        return "managed scaling is off"
    decision = clean(row.group.scaling.decision)
    at = row.group.scaling.evaluated_at
    left = 0.0 if at is None else max(0.0, at + row.period_seconds - now)
    return decision or f"nothing to do, next look in {left:.0f}s"


def _next(row: CapacityRow, now: float) -> Cell:
    words, _, _ = next_words(row, now).partition(", next look")
    return (Span(words, "muted"),)


COLUMNS: tuple[Column[CapacityRow], ...] = (
    Column("name", "PROVIDER", lambda row, _: row.name, 18, min_width=10, priority=0, name=True),
    Column("type", "TYPE", lambda row, _: type_text(row), 12, priority=4),
    Column("strategy", "STRATEGY", lambda row, _: quiet(strategy_text(row)), 17, priority=3),
    Column("group", "DESIRED", lambda row, _: quiet(bounds_text(row)), 10, priority=2),
    Column("running", "RUN", lambda row, _: _number(row.running), 4, priority=0, right=True,
           sort=lambda row: row.running, descending=True),
    Column("needed", "NEED", lambda row, _: _number(row.needed), 4, priority=0, right=True,
           sort=lambda row: row.needed, descending=True),
    Column("reservation", "RESERVATION", _reservation, 12, priority=0,
           sort=lambda row: row.reservation, descending=True, flash=False),
    Column("tasks", "TASKS", _tasks, 5, priority=1, right=True,
           sort=lambda row: row.counts.total, descending=True),
    Column("waiting", "WAITING", _waiting, 7, priority=1, right=True,
           sort=lambda row: row.waiting, descending=True),
    Column("next", "NEXT", _next, 26, min_width=20, priority=0, grow=1, flash=False),
)  # fmt: skip


# ---------------------------------------------------------------- inspector


def inspect(row: CapacityRow, width: int, height: int, now: float) -> Sequence[Line]:
    """A capacity provider in `height` lines: settings, figures, instances, the command."""
    command = command_line(f"describe-capacity-providers --capacity-providers {row.name}", width)
    if row.provider is None and row.group is not None:
        return [_group_line(row, row.group, width), *_instance_lines(row, width)][:height]
    if row.provider is None or row.group is None:
        words = "Fargate runs tasks without container instances; Spot tasks may be interrupted"
        return [
            facts_line(width, ("strategy", strategy_text(row) or "not used by this cluster")),
            facts_line(width, ("tasks", str(row.counts.total))),
            line(Span(words[:width], "muted")),
            command,
        ][:height]
    lines = [*_settings_lines(row, row.provider, row.group, width), _figures(row, width, now)]
    room = max(0, height - len(lines) - 1)
    return [*lines, *_instance_lines(row, width)[:room], command][:height]


def _settings_lines(
    row: CapacityRow, provider: CapacityProviderRecord, group: AutoScalingGroupRecord, width: int
) -> list[Line]:
    settings = provider.auto_scaling_group_provider
    scaling = settings.managed_scaling
    return [
        _group_line(row, group, width),
        facts_line(
            width,
            ("scaling", "on" if scaling.status == "ENABLED" else "off"),
            ("target", f"{scaling.target_capacity}%"),
            ("steps", f"{scaling.minimum_scaling_step_size}-{scaling.maximum_scaling_step_size}"),
            ("warmup", f"{scaling.instance_warmup_period}s"),
            ("draining", "on" if settings.managed_draining == "ENABLED" else "off"),
            (
                "protection",
                "on" if settings.managed_termination_protection == "ENABLED" else "off",
            ),
        ),
    ]


def _group_line(row: CapacityRow, group: AutoScalingGroupRecord, width: int) -> Line:
    return facts_line(
        width,
        ("group", clean(group.auto_scaling_group_name)),
        ("desired", bounds_text(row)),
        ("each", f"{group.cpu} cpu {memory_text(group.memory)}"),
        ("boots in", f"{group.boot_delay_seconds:g}s"),
        ("zones", clean(" ".join(group.availability_zones))),
    )


def _figures(row: CapacityRow, width: int, now: float) -> Line:
    assert row.group is not None
    low = row.group.scaling.low_points
    return facts_line(
        width,
        ("next", next_words(row, now)),
        ("low points", f"{low} of {POINTS_BEFORE_SCALE_IN}" if low else ""),
        ("strategy", strategy_text(row)),
    )


def _instance_lines(row: CapacityRow, width: int) -> list[Line]:
    if row.group is None or not (row.instances or row.group.booting):
        return []
    shown = [
        line(
            Span(f"{DRAINING if i.is_terminating else NEW} ", _role_of(i)),
            clean(i.name),
            Span(f" {clean(i.zone)}", "muted"),
        )
        for i in row.instances
    ]
    shown += [
        line(Span(f"{STARTING} ", "status.starting"), Span(f"booting {clean(b.zone)}", "muted"))
        for b in row.group.booting
    ]
    cell = 30
    per_line = max(1, width // cell)
    return [joined(shown[start : start + per_line]) for start in range(0, len(shown), per_line)]


def _role_of(instance: ContainerInstanceRecord) -> str:
    return "status.draining" if instance.is_terminating else "chart.series.1"
