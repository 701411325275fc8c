"""The list of clusters: rows with counts, and columns. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecstui.model.cluster import ClusterRecord
from ecstui.model.enums import ClusterStatus
from ecstui.plan.counts import (
    REGISTERED,
    ClusterCounts,
    Usage,
    cluster_counts,
    task_counts,
    usage_of,
)
from ecstui.store.kinds import CLUSTERS, INSTANCES, SERVICES, TASKS
from ecstui.store.tables import View
from ecstui.ui.columns.cells import memory_text, since, status_cell
from ecstui.ui.columns.inspect import command_line, facts_line
from ecstui.ui.columns.instances import reserved_cell
from ecstui.ui.glyphs import HEALTHY, STARTING
from ecstui.ui.spans import Line
from ecstui.ui.table import Cell, Column, Span
from ecstui.ui.text import clean

KINDS = frozenset({"cluster", "service", "task", "containerInstance"})


@dataclass(frozen=True, slots=True)
class ClusterRow:
    """A cluster with what it holds."""

    cluster: ClusterRecord
    counts: ClusterCounts
    usage: Usage
    cpu_units: int
    memory_mib: int
    is_shown: bool
    """Whether it is the one that the other lists show."""

    @property
    def name(self) -> str:
        """Its name, harmless."""
        return clean(self.cluster.cluster_name)

    @property
    def cpu_ratio(self) -> float | None:
        """Share of its CPU that is reserved; None without instances."""
        return self.usage.cpu_units / self.cpu_units if self.cpu_units else None

    @property
    def memory_ratio(self) -> float | None:
        """Share of its memory that is reserved; None without instances."""
        return self.usage.memory_mib / self.memory_mib if self.memory_mib else None


def cluster_rows(view: View, shown: str) -> Mapping[str, ClusterRow]:
    """Clusters that were not deleted, by name; `shown`: the one in use."""
    rows = {}
    for cluster in view.all(CLUSTERS):
        if cluster.status is ClusterStatus.INACTIVE:
            continue
        name = cluster.cluster_name
        tasks = view.by(TASKS, "cluster", name)
        instances = view.by(INSTANCES, "cluster", name)
        registered = [i for i in instances if i.status in REGISTERED]
        rows[name] = ClusterRow(
            cluster,
            cluster_counts(task_counts(tasks), view.by(SERVICES, "cluster", name), instances),
            usage_of(task for task in tasks if task.container_instance_arn is not None),
            sum(instance.cpu_units for instance in registered),
            sum(instance.memory_mib for instance in registered),
            is_shown=name == shown,
        )
    return rows


def _tasks(row: ClusterRow, _now: float) -> Cell:
    pending = row.counts.tasks.pending
    return (
        Span(str(row.counts.tasks.running)),
        Span(f" {STARTING}{pending}" if pending else "", "status.starting"),
    )


COLUMNS: tuple[Column[ClusterRow], ...] = (
    Column("shown", " ", lambda row, _: (Span(HEALTHY if row.is_shown else " ", "accent"),), 1,
           priority=0, sort=lambda row: not row.is_shown),
    Column("name", "CLUSTER", lambda row, _: row.name, 28, min_width=10, priority=0, name=True,
           grow=1),
    Column("status", "STATUS", lambda row, _: status_cell(row.cluster.status.value), 14,
           min_width=10, priority=1),
    Column("services", "SERVICES", lambda row, _: str(row.counts.active_services), 8, priority=0,
           right=True, sort=lambda row: row.counts.active_services, descending=True),
    Column("tasks", "TASKS", _tasks, 9, min_width=5, priority=0, right=True,
           sort=lambda row: row.counts.tasks.running, descending=True),
    Column("instances", "INSTANCES", lambda row, _: str(row.counts.container_instances), 9,
           priority=1, right=True, sort=lambda row: row.counts.container_instances,
           descending=True),
    Column("cpu", "CPU RESERVED", lambda row, _: reserved_cell(row.cpu_ratio), 15, priority=3,
           sort=lambda row: row.cpu_ratio, descending=True, flash=False),
    Column("memory", "MEM RESERVED", lambda row, _: reserved_cell(row.memory_ratio), 15,
           priority=3, sort=lambda row: row.memory_ratio, descending=True, flash=False),
    Column("age", "AGE", lambda row, now: since(row.cluster.created_at, now), 4, priority=2,
           right=True, sort=lambda row: -row.cluster.created_at, flash=False),
)  # fmt: skip


def _providers(row: ClusterRow) -> str:
    """Its capacity providers, with base and weight where the default strategy names them."""
    items = {i.capacity_provider: i for i in row.cluster.default_capacity_provider_strategy}
    names = (
        f"{name} (base {items[name].base}, weight {items[name].weight})" if name in items else name
        for name in row.cluster.capacity_providers
    )
    return clean(", ".join(names))


def inspect(row: ClusterRow, width: int) -> Sequence[Line]:
    """A cluster in a few lines."""
    providers = _providers(row)
    return [
        facts_line(
            width,
            ("services", str(row.counts.active_services)),
            ("draining", str(row.counts.draining_services or "")),
            ("running", str(row.counts.tasks.running)),
            ("pending", str(row.counts.tasks.pending)),
            ("container instances", str(row.counts.container_instances)),
        ),
        facts_line(
            width,
            ("reserved", f"{row.usage.cpu_units} of {row.cpu_units} cpu"),
            ("", f"{memory_text(row.usage.memory_mib)} of {memory_text(row.memory_mib)} memory"),
        ),
        *([facts_line(width, ("capacity providers", providers))] if providers else []),
        facts_line(width, ("", clean(row.cluster.cluster_arn))),
        command_line(f"describe-clusters --clusters {row.name}", width),
    ]
