"""What the header says of the control plane and of one cluster, summed up from the records.

Pure. Percentages are of what is reserved, not of what is used: nothing measures use yet.
"""

from dataclasses import dataclass, field

from ecstui.model.enums import ServiceStatus
from ecstui.plan.counts import REGISTERED, TaskCounts, Usage, task_counts, usage_of
from ecstui.store.kinds import ENGINES, INSTANCES, PLANES, SERVICES, TASKS
from ecstui.store.tables import View
from ecstui.ui.columns.conditions import Grade
from ecstui.ui.columns.sums import ServiceSum, Sums
from ecstui.ui.glyphs import CHANGING, FAILED, HEALTHY, RUNNING, STARTING
from ecstui.ui.spans import Line, line
from ecstui.ui.table import Span
from ecstui.ui.text import clean, number

HEADER_KINDS = frozenset(kind.name for kind in (PLANES, ENGINES, SERVICES, TASKS, INSTANCES))


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """One engine, as its lamp shows it."""

    name: str
    kind: str
    is_connected: bool
    problem: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the header needs."""

    cluster: str
    is_known: bool = False
    """Whether the records are here at all."""
    pace: str = ""
    is_simulation: bool = False
    engines: tuple[EngineFacts, ...] = ()
    good_services: int = 0
    changing_services: int = 0
    bad_services: int = 0
    tasks: TaskCounts = field(default_factory=TaskCounts)
    cpu_percent: int | None = None
    memory_percent: int | None = None

    @property
    def services(self) -> int:
        """Services of the cluster that were not deleted."""
        return self.good_services + self.changing_services + self.bad_services


def facts_of(view: View, cluster: str, sums: Sums | None = None) -> Facts:
    """Sum up one cluster; `sums`: kept by who asks often."""
    plane = view.get(PLANES, "plane")
    services = (Sums() if sums is None else sums).of_cluster(view, cluster)
    grades = [
        each.condition.grade
        for each in services.values()
        if each.service.status is not ServiceStatus.INACTIVE
    ]
    others = [
        task
        for task in view.by(TASKS, "active", "yes")
        if task.service_arn not in services and task.cluster_name == cluster
    ]
    instances = [i for i in view.by(INSTANCES, "cluster", cluster) if i.status in REGISTERED]
    held: list[ServiceSum | Usage] = [*services.values(), usage_of(others)]
    return Facts(
        cluster=cluster,
        is_known=plane is not None,
        pace="" if plane is None else plane.pace,
        is_simulation=plane is not None and plane.is_simulation,
        engines=tuple(
            EngineFacts(clean(e.name), clean(e.kind), e.is_connected, clean(e.problem or ""))
            for e in view.all(ENGINES)
        ),
        good_services=grades.count(Grade.GOOD),
        changing_services=grades.count(Grade.CHANGING),
        bad_services=grades.count(Grade.BAD),
        tasks=sum((each.counts.all for each in services.values()), task_counts(others)),
        cpu_percent=_percent(sum(r.cpu_units for r in held), sum(i.cpu_units for i in instances)),
        memory_percent=_percent(
            sum(r.memory_mib for r in held), sum(i.memory_mib for i in instances)
        ),
    )


def _percent(part: int, whole: int) -> int | None:
    return round(100 * part / whole) if whole else None


def engine_lamps(facts: Facts, *, named: bool) -> Line:
    """A lamp for each engine; with its kind where there is room."""
    spans: list[Span] = []
    for engine in facts.engines:
        if named and spans:
            spans.append(Span(" "))
        role = "status.running" if engine.is_connected else "status.failed"
        spans.append(Span(RUNNING if engine.is_connected else FAILED, role))
        if named:
            label = engine.kind if len(facts.engines) == 1 else engine.name
            spans.append(Span(f" {label}"))
    return tuple(spans)


def service_counts_line(facts: Facts) -> Line:
    """`svc 12 ✓11 ◆1 ✗0`."""
    quiet = "muted"
    return line(
        Span("svc ", quiet),
        f"{facts.services} ",
        Span(f"{HEALTHY}{facts.good_services}", "status.running" if facts.good_services else quiet),
        " ",
        Span(
            f"{CHANGING}{facts.changing_services}",
            "status.changing" if facts.changing_services else quiet,
        ),
        " ",
        Span(f"{FAILED}{facts.bad_services}", "status.failed" if facts.bad_services else quiet),
    )


def task_counts_line(facts: Facts) -> Line:
    """`tasks 45 ◇2`."""
    spans = [Span("tasks ", "muted"), Span(number(facts.tasks.running))]
    if facts.tasks.pending:
        spans.append(Span(f" {STARTING}{facts.tasks.pending}", "status.starting"))
    return tuple(spans)


def reserved_line(facts: Facts, *, named: bool) -> Line:
    """Share of CPU and memory that tasks have reserved."""
    if facts.cpu_percent is None or facts.memory_percent is None:
        return ()
    front = "reserved " if named else "rsv "
    return line(
        Span(f"{front}cpu ", "muted"),
        f"{facts.cpu_percent}%",
        Span(" mem ", "muted"),
        f"{facts.memory_percent}%",
    )
