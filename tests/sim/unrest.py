"""Tells changes that are unrest from those that may go on for ever (L3).

A steady state and a trouble are told again from time to time (ecs.md 6.11), and managed scaling
notes each look: that alone is rest, as long as it does not come sooner than it should.
"""

from ecstui.base.clock import Clock
from ecstui.model.capacity import AutoScalingGroupRecord, ScalingState
from ecstui.model.cluster import EventRecord
from ecstui.model.service import ServiceRecord
from ecstui.plan.pace import Pace
from ecstui.store.tables import Change

_NOTHING = ScalingState()


class Unrest:
    """Remembers what was told when."""

    def __init__(self, clock: Clock, pace: Pace) -> None:
        """`pace`: how soon what may come again."""
        self._clock = clock
        self._pace = pace
        self._told_at: dict[tuple[str, str], float] = {}

    def is_in(self, change: Change) -> bool:
        """Whether the world is not at rest with such a change; asked once for each."""
        before, after = change.before, change.after
        match after:
            case EventRecord():
                return self._is_news(after)
            case ServiceRecord() if isinstance(before, ServiceRecord):
                return self._is_moved(before, after)
            case AutoScalingGroupRecord() if isinstance(before, AutoScalingGroupRecord):
                seconds = _apart(before.scaling.evaluated_at, after.scaling.evaluated_at)
                is_early = seconds < self._pace.scaling_period_seconds
                return is_early or before.with_(scaling=_NOTHING) != after.with_(scaling=_NOTHING)
            case None:
                return not isinstance(before, EventRecord)
            case _:
                return True

    def _is_news(self, event: EventRecord) -> bool:
        key, now = (event.subject_arn or "", event.message), self._clock.now()
        told_at = self._told_at.get(key)
        self._told_at[key] = now
        return told_at is None or now - told_at < self._pace.repeat_event_seconds

    def _is_moved(self, before: ServiceRecord, after: ServiceRecord) -> bool:
        """Whether more than the time of the last telling changed, or that one too soon."""
        troubled = _apart(before.last_trouble_at, after.last_trouble_at)
        steady = _apart(before.steady_told_at, after.steady_told_at)
        if max(troubled, steady) < self._pace.repeat_event_seconds:
            return True
        told = {"last_trouble_at": None, "steady_told_at": None}
        return before.with_(**told) != after.with_(**told)


def _apart(before: float | None, after: float | None) -> float:
    """Seconds between two times; 0 without them."""
    return 0.0 if before is None or after is None else after - before
