"""How a service is, in one sign and one word: what the lists, the header and the sort order share.

Pure. It reads what the scheduler has written down; it never plans.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from ecstui.model.enums import HealthStatus, RolloutState, ServiceStatus
from ecstui.model.service import DeploymentRecord, ServiceRecord
from ecstui.model.task import TaskRecord
from ecstui.plan.counts import ServiceCounts, Stage, stage_of
from ecstui.ui.glyphs import CHANGING, DRAINING, FAILED, HEALTHY, STOPPED, WARNING, Sign

_ROLLING_BACK = "rolling back"
_MANY_FAILURES = 3


class Grade(IntEnum):
    """How urgent a condition is; the smallest number comes first in lists."""

    BAD = 0
    CHANGING = 1
    GOOD = 2


class Condition(NamedTuple):
    """A sign, a word or two, and how urgent it is."""

    grade: Grade
    sign: Sign
    text: str


_BAD = "status.failed"
_CHANGING = Sign(CHANGING, "status.changing")
_WARNING = Sign(WARNING, "status.warning")


def condition_of(
    service: ServiceRecord, counts: ServiceCounts, tasks: Sequence[TaskRecord]
) -> Condition:
    """How a service is; `tasks` are its own."""
    if service.status is not ServiceStatus.ACTIVE:
        sign = Sign(DRAINING, "status.draining")
        return Condition(Grade.CHANGING, sign, service.status.value)
    primary = service.primary
    trouble = _trouble(service, primary, tasks)
    if trouble is not None:
        return trouble
    if primary.rollout_state is RolloutState.IN_PROGRESS:
        return _in_progress(service, primary, counts)
    wanted = primary.desired_count or service.desired_count
    if counts.all.pending or counts.all.running != wanted:
        return Condition(Grade.CHANGING, _CHANGING, "SCALING")
    if not wanted:
        return Condition(Grade.GOOD, Sign(STOPPED, "status.stopped"), "SCALED TO 0")
    return Condition(Grade.GOOD, Sign(HEALTHY, "status.running"), primary.rollout_state.value)


def _trouble(
    service: ServiceRecord, primary: DeploymentRecord, tasks: Sequence[TaskRecord]
) -> Condition | None:
    if primary.rollout_state is RolloutState.FAILED:
        return Condition(Grade.BAD, Sign(FAILED, _BAD), "FAILED")
    if primary.quick_exits >= _MANY_FAILURES:
        return Condition(Grade.BAD, Sign(FAILED, _BAD), "CRASH LOOP")
    if primary.start_failures >= _MANY_FAILURES:
        return Condition(Grade.BAD, Sign(FAILED, _BAD), "NOT STARTING")
    if service.last_trouble is not None:
        return Condition(Grade.BAD, _WARNING, "BLOCKED")
    if any(_is_sick(task) for task in tasks):
        return Condition(Grade.BAD, _WARNING, "UNHEALTHY")
    return None


def _is_sick(task: TaskRecord) -> bool:
    is_unhealthy = task.health_status is HealthStatus.UNHEALTHY
    return is_unhealthy and stage_of(task) is Stage.RUNNING


def _in_progress(
    service: ServiceRecord, primary: DeploymentRecord, counts: ServiceCounts
) -> Condition:
    wanted = primary.desired_count or service.desired_count
    percent = 100 if not wanted else min(100, 100 * counts.of(primary.id).running // wanted)
    if _ROLLING_BACK in (primary.rollout_state_reason or ""):
        return Condition(Grade.CHANGING, _WARNING, f"ROLLBACK {percent}%")
    word = "ROLLING" if len(service.deployments) > 1 else "STARTING"
    return Condition(Grade.CHANGING, _CHANGING, f"{word} {percent}%")
