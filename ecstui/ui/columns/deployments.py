"""The deployments of one service: rows from the history, columns, and all that is known of one.

Pure: records in, cells and lines out. Who began a deployment is told by the history of calls.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecstui.client.why import pace_of
from ecstui.model.deployment import (
    HookRecord,
    MonitorStatus,
    RevisionSummary,
    ServiceDeploymentRecord,
    ServiceDeploymentStatus,
    ServiceRevisionRecord,
)
from ecstui.model.shape import Shape
from ecstui.plan.blue_green import shown_stage
from ecstui.plan.counts import service_counts
from ecstui.plan.service_deployment import with_counts
from ecstui.plan.why_deployment import baked_at
from ecstui.store.kinds import (
    ALARMS,
    CALLS,
    SERVICE_DEPLOYMENTS,
    SERVICE_REVISIONS,
    SERVICES,
    TASK_DEFINITIONS,
    TASKS,
)
from ecstui.store.tables import View
from ecstui.ui.cockpit import paused_hooks
from ecstui.ui.columns.cells import revision_of, since
from ecstui.ui.glyphs import CHANGING, FAILED, HEALTHY, STARTING, STOPPED, WARNING, Sign
from ecstui.ui.screens.service_diff import RevisionDiff, diff_lines, diff_of, effect_lines, effects
from ecstui.ui.spans import BLANK, Line, line, wrapped
from ecstui.ui.table import Cell, Column, Span
from ecstui.ui.text import clean, duration, moment, pad

KINDS = frozenset({"serviceDeployment", "serviceRevision", "service", "task", "alarm", "call"})
_Status = ServiceDeploymentStatus
_CHANGING = Sign(CHANGING, "status.changing")
_WARNING = Sign(WARNING, "status.warning")
_FAILED = Sign(FAILED, "status.failed")
_SIGNS: Mapping[ServiceDeploymentStatus, Sign] = {
    _Status.PENDING: Sign(STARTING, "status.starting"),
    _Status.IN_PROGRESS: _CHANGING,
    _Status.SUCCESSFUL: Sign(HEALTHY, "status.running"),
    _Status.STOPPED: Sign(STOPPED, "status.stopped"),
    _Status.STOP_REQUESTED: _WARNING,
    _Status.ROLLBACK_REQUESTED: _WARNING,
    _Status.ROLLBACK_IN_PROGRESS: _WARNING,
    _Status.ROLLBACK_SUCCESSFUL: _FAILED,
    _Status.ROLLBACK_FAILED: _FAILED,
}
_BEGINNINGS = frozenset({"CreateService", "UpdateService"})
_NAME_CELLS = 11


@dataclass(frozen=True, slots=True)
class DeploymentRow:
    """One service deployment, and what it was between."""

    deployment: ServiceDeploymentRecord
    source: ServiceRevisionRecord | None
    target: ServiceRevisionRecord | None
    caller: str
    """Who asked for it; empty where that is not known any more."""
    baked_at: float | None

    @property
    def from_to(self) -> str:
        """`web:1 → web:2`; where only one is known, that one."""
        names = [revision_of(r.task_definition) for r in (self.source, self.target) if r]
        if len(names) == 2 and names[0] == names[1]:
            return f"{names[0]} again"
        return " → ".join(names) or "–"

    @property
    def from_to_briefly(self) -> str:
        """`web:1 → :2`, where both are of one family."""
        family = self.from_to.partition(":")[0]
        return self.from_to.replace(f" → {family}:", " → :")

    @property
    def stage(self) -> str:
        """The stage at which it is, while it goes on."""
        stage = self.deployment.lifecycle_stage
        return "" if stage is None or self.deployment.has_ended else shown_stage(stage).value

    @property
    def paused(self) -> tuple[HookRecord, ...]:
        """Hooks that wait for an answer."""
        return paused_hooks(self.deployment)

    def seconds(self, now: float) -> float:
        """How long it took, or takes already."""
        begun = self.deployment.started_at or self.deployment.created_at
        ended = self.deployment.finished_at or self.deployment.stopped_at
        if ended is None and self.deployment.has_ended:
            ended = self.deployment.updated_at
        return max(0.0, (now if ended is None else ended) - begun)


def deployment_rows(view: View, service_arn: str) -> Mapping[str, DeploymentRow]:
    """The deployments of a service that are kept, by ARN, the newest first."""
    found = sorted(
        view.by(SERVICE_DEPLOYMENTS, "service", service_arn), key=lambda d: -d.created_at
    )
    times = {record.created_at for record in found}
    callers = {
        call.at: clean(call.caller)
        for call in view.all(CALLS)
        if call.at in times and call.operation in _BEGINNINGS
    }
    return {
        record.service_deployment_arn: _row(view, record, callers.get(record.created_at, ""))
        for record in found
    }


def _row(view: View, record: ServiceDeploymentRecord, caller: str) -> DeploymentRow:
    service = view.get(SERVICES, record.service_arn)
    if service is not None and not record.has_ended:
        tasks = view.by(TASKS, "service", record.service_arn)
        record = with_counts(record, service, service_counts(service, tasks))
    sources = record.source_service_revisions
    alarms = {alarm.alarm_name: alarm for alarm in view.all(ALARMS)}
    return DeploymentRow(
        deployment=record,
        source=view.get(SERVICE_REVISIONS, sources[0].arn) if sources else None,
        target=view.get(SERVICE_REVISIONS, record.target_service_revision.arn),
        caller=caller,
        baked_at=baked_at(record, alarms, pace_of(view)),
    )


# ---------------------------------------------------------------- cells


def status_words(row: DeploymentRow) -> str:
    """`ROLLBACK_IN_PROGRESS` as people read it."""
    return row.deployment.status.value.lower().replace("_", " ")


def _status(row: DeploymentRow, _now: float) -> Cell:
    sign = _SIGNS[row.deployment.status]
    return (Span(f"{sign.glyph} ", sign.role), Span(status_words(row)))


def stage_words(row: DeploymentRow, now: float) -> str:
    """The stage, with what is left of the bake time, or that it is paused."""
    if row.paused:
        return f"{row.stage} paused"
    if row.baked_at is not None:
        return f"{row.stage} {duration(max(0.0, row.baked_at - now))}"
    return row.stage


def _why(row: DeploymentRow, _now: float) -> Cell:
    return (Span(clean(row.deployment.status_reason or ""), "muted"),)


COLUMNS: tuple[Column[DeploymentRow], ...] = (
    Column("created", "AGE", lambda row, now: since(row.deployment.created_at, now), 4, priority=0,
           right=True, sort=lambda row: row.deployment.created_at, descending=True, flash=False),
    Column("status", "STATUS", _status, 22, min_width=14, priority=0,
           sort=lambda row: row.deployment.status.value),
    Column("revisions", "REVISIONS", lambda row, _: row.from_to_briefly, 24, min_width=16,
           priority=0, name=True),
    Column("took", "TOOK", lambda row, now: duration(row.seconds(now)), 7, priority=1, right=True,
           flash=False),
    Column("stage", "STAGE", stage_words, 22, min_width=10, priority=3, flash=False),
    Column("caller", "WHO", lambda row, _: row.caller, 18, min_width=10, priority=2, name=True),
    Column("why", "WHY", _why, 40, min_width=20, grow=1, priority=4),
)  # fmt: skip


def search_text(row: DeploymentRow) -> str:
    """What the filter looks in."""
    words = (status_words(row), row.from_to, row.caller, row.stage)
    return "\n".join((*words, clean(row.deployment.status_reason or "")))


# ---------------------------------------------------------------- everything of one


def summary_lines(row: DeploymentRow, now: float, width: int) -> list[Line]:
    """What became of a deployment, how far it is, and what watches it."""
    record = row.deployment
    sign = _SIGNS[record.status]
    found = [
        line(
            Span(f"{sign.glyph} {status_words(row)}", f"bold {sign.role}"),
            f"   {row.from_to}",
            Span(f"   {duration(row.seconds(now))}", "muted"),
        )
    ]
    found += _fact("begun", moment(record.created_at) + (f" by {row.caller}" if row.caller else ""),
                   width)  # fmt: skip
    found += _fact("why", record.status_reason or "", width)
    if record.rollback is not None:
        found += _fact("rollback", record.rollback.reason, width)
    found += _fact("stage", stage_words(row, now), width)
    for hook in row.paused:
        found += _fact("paused", _hook_words(hook, now), width, "status.warning")
    found += _fact("breaker", _breaker_words(record), width)
    found += _fact("alarms", _alarm_words(record), width)
    for name, revisions in (
        ("from", record.source_service_revisions),
        ("to", (record.target_service_revision,)),
    ):
        for summary in revisions:
            known = row.source if name == "from" else row.target
            is_known = known is not None and known.service_revision_arn == summary.arn
            found += _fact(name, _count_words(summary, known if is_known else None), width)
    return found


def _fact(name: str, value: str, width: int, role: str = "") -> list[Line]:
    parts = wrapped(clean(value), max(8, width - _NAME_CELLS), 4) if value else []
    return [
        line(Span(pad(name if not index else "", _NAME_CELLS), "muted"), Span(part, role))
        for index, part in enumerate(parts)
    ]


def _hook_words(hook: HookRecord, now: float) -> str:
    until = ""
    if hook.expires_at is not None:
        action = "goes on" if hook.timeout_action == "CONTINUE" else "rolls back"
        until = f"; {action} by itself in {duration(max(0.0, hook.expires_at - now))}"
    return f"at {shown_stage(hook.stage).value}: a answers{until}"


def _breaker_words(record: ServiceDeploymentRecord) -> str:
    state = record.deployment_circuit_breaker
    if state.status is MonitorStatus.DISABLED:
        return "off"
    return f"{state.failure_count} of {state.threshold} failures, {state.status.value.lower()}"


def _alarm_words(record: ServiceDeploymentRecord) -> str:
    state = record.alarms
    if state.status is MonitorStatus.DISABLED:
        return ""
    words = f"{', '.join(state.alarm_names)}: {state.status.value.lower().replace('_', ' ')}"
    fired = ", ".join(state.triggered_alarm_names)
    return f"{words}; in ALARM: {fired}" if fired else words


def _count_words(summary: RevisionSummary, revision: ServiceRevisionRecord | None) -> str:
    name = summary.arn.rpartition("/")[2] if revision is None else revision_of(
        revision.task_definition
    )  # fmt: skip
    counts = f"{summary.running_task_count} of {summary.requested_task_count} running"
    pending = f", {summary.pending_task_count} pending" if summary.pending_task_count else ""
    weight = summary.requested_production_traffic_weight
    traffic = "" if weight is None else f", {weight:g}% of the traffic"
    return f"{name}  {counts}{pending}{traffic}"


def diff_of_row(view: View, row: DeploymentRow) -> RevisionDiff | None:
    """What the deployment changed in the task definition; None where one of the two is gone."""
    if row.source is None or row.target is None:
        return None
    old = view.get(TASK_DEFINITIONS, row.source.task_definition)
    new = view.get(TASK_DEFINITIONS, row.target.task_definition)
    return None if old is None or new is None else diff_of(old, new)


_COMPARED = (
    "launch_type",
    "capacity_provider_strategy",
    "platform_version",
    "platform_family",
    "network_configuration",
)


def setting_differences(row: DeploymentRow) -> list[str]:
    """What differs between the two service revisions beside the task definition."""
    if row.source is None or row.target is None:
        return []
    found = []
    for member in _COMPARED:
        old, new = getattr(row.source, member), getattr(row.target, member)
        if old != new:
            found.append(f"{member.replace('_', ' ')}: {_value(old)} → {_value(new)}")
    return found


def _value(value: object) -> str:
    if isinstance(value, Shape):
        return ", ".join(f"{k} {_value(v)}" for k, v in value.to_wire().items())
    if isinstance(value, dict):
        return ", ".join(f"{k} {_value(v)}" for k, v in value.items())
    if isinstance(value, tuple | list):
        return ", ".join(_value(each) for each in value) or "none"
    return "none" if value is None else str(value)


def detail_lines(view: View, row: DeploymentRow, now: float, width: int) -> list[Line]:
    """Everything: what became of it, what it changed, and what that means."""
    found = summary_lines(row, now, width)
    diff = diff_of_row(view, row)
    found += [BLANK, line(Span("What it changes", "bold"))]
    for text in setting_differences(row):
        parts = wrapped(clean(text), max(8, width - 2), 3)
        found += [line(Span("~ " if not i else "  ", "diff.changed"), p)
                  for i, p in enumerate(parts)]  # fmt: skip
    if diff is None:
        found.append(line(Span("there is no earlier revision to compare with", "muted")))
        return found
    found += diff_lines(diff, width, 3)
    service = view.get(SERVICES, row.deployment.service_arn)
    if service is not None and diff.differences and not row.deployment.has_ended:
        found += [BLANK, line(Span("What this means", "bold"))]
        found += effect_lines(effects(view, service, diff), width)
    return found


def inspect(view: View, row: DeploymentRow, width: int, height: int, now: float) -> Sequence[Line]:
    """As much of it as fits."""
    return detail_lines(view, row, now, width)[:height]
