"""Failures in a row of a deployment's tasks, counted by the oracle itself (ecs.md 6.10).

What was counted but never became durable is forgotten with the control plane that counted it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from ecstui.model.enums import StopCode
from ecstui.model.task import TaskRecord
from ecstui.plan.pace import Pace

_NOT_ITS_FAULT = (StopCode.USER_INITIATED, StopCode.TERMINATION_NOTICE, StopCode.SPOT_INTERRUPTION)


class End(Enum):
    """How a task of a deployment went, as far as the next start is concerned."""

    NEVER_STARTED = "never started"
    DIED_SOON = "died soon"
    LIVED = "lived"
    PROVEN = "proven"


@dataclass(frozen=True, slots=True)
class _Entry:
    task_arn: str
    end: End
    at: float
    seq: int


@dataclass(frozen=True, slots=True)
class Streak:
    """How many failed in a row, and before when nothing may be started."""

    failures: int
    held_until: float


def _is_together(entry: _Entry, now: float, seq: int) -> bool:
    """Whether an end was noted in this transaction; another life counts its own from 1 again."""
    return entry.seq == seq and entry.at == now


class Streaks:
    """The ends of tasks, by deployment."""

    def __init__(self, pace: Pace) -> None:
        """`pace`: how long each failure makes the next start wait."""
        self._pace = pace
        self._entries: dict[str, list[_Entry]] = {}
        self._primaries: dict[str, str] = {}

    def note_primary(self, service_arn: str, deployment_id: str) -> None:
        """A deployment that becomes PRIMARY starts with a clean sheet, by a rollback too."""
        if self._primaries.get(service_arn) != deployment_id:
            self._primaries[service_arn] = deployment_id
            self._entries.pop(deployment_id, None)

    def note_end(self, task: TaskRecord, now: float, seq: int) -> None:
        """The end of a task was taken into account in this transaction."""
        end = self._end_of(task, now)
        if end is not None and task.deployment_id is not None:
            entries = self._entries.setdefault(task.deployment_id, [])
            if not any(e.end is End.PROVEN and _is_together(e, now, seq) for e in entries):
                entries.append(_Entry(task.task_arn, end, now, seq))

    def note_proof(self, task: TaskRecord, now: float, seq: int) -> None:
        """A task became healthy for the first time: the deployment works."""
        if task.deployment_id is not None:
            entries = self._entries.setdefault(task.deployment_id, [])
            entries[:] = [e for e in entries if not _is_together(e, now, seq)]
            entries.append(_Entry(task.task_arn, End.PROVEN, now, seq))

    def forget(self, is_durable: Callable[[str, End], bool]) -> None:
        """A control plane died: only what is durable was ever counted."""
        for entries in self._entries.values():
            entries[:] = [e for e in entries if is_durable(e.task_arn, e.end)]

    def of(self, deployment_id: str) -> Streak:
        """Where a deployment stands."""
        pace, starts, exits, held_until = self._pace, 0, 0, 0.0
        for entry in self._entries.get(deployment_id, ()):
            match entry.end:
                case End.NEVER_STARTED:
                    starts += 1
                    first, limit = pace.throttle_first_seconds, pace.throttle_limit_seconds
                    held_until = _held(entry.at, starts, first, limit)
                case End.DIED_SOON:
                    starts, exits = 0, exits + 1
                    held_until = _held(
                        entry.at, exits, pace.crash_first_seconds, pace.crash_limit_seconds
                    )
                case End.LIVED | End.PROVEN:
                    starts, exits, held_until = 0, 0, 0.0
        return Streak(starts + exits, held_until)

    def _end_of(self, task: TaskRecord, now: float) -> End | None:
        if task.stop_code in _NOT_ITS_FAULT:
            return None
        if task.started_at is None:
            is_scaled = task.stop_code is StopCode.SERVICE_SCHEDULER_INITIATED
            return None if is_scaled else End.NEVER_STARTED
        if task.stop_code is not StopCode.ESSENTIAL_CONTAINER_EXITED:
            return None
        lived = (task.execution_stopped_at or now) - task.started_at
        return End.DIED_SOON if lived < self._pace.quick_exit_seconds else End.LIVED


def _held(at: float, in_a_row: int, first: float, limit: float) -> float:
    return at + min(limit, first * 2.0 ** (in_a_row - 3)) if in_a_row >= 3 else 0.0
