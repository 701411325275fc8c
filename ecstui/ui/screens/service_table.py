"""The tasks of a service as a table: what moves on top, with what it waits for.

Pure: rows and columns. The last tasks that failed stand among them, so that one sees why.
"""

from collections.abc import Mapping

from ecstui.model.enums import HealthStatus
from ecstui.plan.health import TaskHealth, Verdict
from ecstui.store.kinds import TASK_DEFINITIONS
from ecstui.store.tables import View
from ecstui.ui.cockpit import Member, Situation
from ecstui.ui.columns.cells import short_id, since
from ecstui.ui.glyphs import UNKNOWN, sign_of
from ecstui.ui.screens.service_words import doing, sign_of_member
from ecstui.ui.screens.task_words import addresses_of, ports_of
from ecstui.ui.table import Cell, Column, Span
from ecstui.ui.text import clean

FAILURES_SHOWN = 3
_SHOWN_SECONDS = 300.0
_RANKS = {
    Verdict.UNHEALTHY: 0,
    Verdict.PENDING: 1,
    Verdict.WARMING: 2,
    Verdict.STOPPING: 3,
    Verdict.STOPPED: 4,
    Verdict.HEALTHY: 5,
}


def member_rows(view: View, situation: Situation) -> Mapping[str, Member]:
    """Tasks that have not stopped, and the last that failed, by ARN."""
    recent = [
        task
        for task in situation.failures[:FAILURES_SHOWN]
        if situation.now - (task.stopped_at or 0.0) < _SHOWN_SECONDS
    ]
    failed = [
        Member(
            task=task,
            definition=view.get(TASK_DEFINITIONS, task.task_definition_arn),
            is_new=situation.primary is not None and task.deployment_id == situation.primary.id,
            health=TaskHealth(Verdict.STOPPED),
            instance_name="",
        )
        for task in recent
    ]
    return {member.task.task_arn: member for member in [*situation.members, *failed]}


def _task(row: Member, _now: float) -> Cell:
    sign = sign_of_member(row)
    return (Span(f"{sign.glyph} ", sign.role), Span(short_id(row.task.task_id)))


def _doing(row: Member, now: float) -> Cell:
    bad = row.verdict in (Verdict.UNHEALTHY, Verdict.STOPPED)
    quiet = row.verdict is Verdict.HEALTHY
    role = "status.failed" if bad else "muted" if quiet else ""
    return (Span(doing(row, now), role),)


def _age(row: Member, now: float) -> Cell:
    at = row.task.started_at or row.task.created_at
    return since(row.task.stopped_at or at, now)


def _health(row: Member, _now: float) -> Cell:
    status = row.task.health_status
    if status is HealthStatus.UNKNOWN:
        return (Span(UNKNOWN, "muted"),)
    sign = sign_of(status)
    return (Span(f"{sign.glyph} {status.value.lower()}", sign.role),)


def _ports(row: Member, _now: float) -> Cell:
    ports = [port.text for port in ports_of(row.task)]
    return " ".join(ports or addresses_of(row.task))


COLUMNS: tuple[Column[Member], ...] = (
    Column("task", "TASK", _task, 8, priority=0, sort=lambda row: row.task.task_id),
    Column("revision", "TASK DEF", lambda row, _: row.revision, 16, min_width=11, priority=3,
           name=True),
    Column("doing", "STATE", _doing, 26, min_width=16, grow=2, priority=0, flash=False,
           sort=lambda row: (_RANKS[row.verdict], row.is_new, row.task.created_at)),
    Column("health", "HEALTH", _health, 9, priority=6),
    Column("age", "AGE", _age, 4, priority=2, right=True, flash=False,
           sort=lambda row: row.task.created_at, descending=True),
    Column("instance", "INSTANCE", lambda row, _: row.instance_name, 12, min_width=8, priority=4,
           name=True),
    Column("zone", "ZONE", lambda row, _: clean(row.task.availability_zone or ""), 10, min_width=6,
           priority=7, name=True),
    Column("ports", "PORTS", _ports, 22, min_width=20, grow=1, priority=5),
)  # fmt: skip
