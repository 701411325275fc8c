"""The fleet of a service in the past, told from the times in its tasks' records.

Pure. A chart that is opened in the middle of a rollout shows how it began. What was unhealthy for
a while is not in the records: such a task counts as healthy from its first good health on.
"""

from collections.abc import Sequence
from dataclasses import replace

from ecstui.model.task import TaskRecord
from ecstui.ui.cockpit import Situation
from ecstui.ui.widgets.fleet_bar import Fleet, FleetSample


def samples_of(
    situation: Situation, tasks: Sequence[TaskRecord], step_seconds: float, columns: int
) -> list[FleetSample]:
    """Samples at whole steps up to now: from a little before the deployment began, if they fit."""
    primary = situation.primary
    if primary is None or columns <= 0:
        return []
    last = int(situation.now // step_seconds)
    first = last - columns + 1
    if situation.begun_at is not None:
        before = min(columns // 8, 10)
        first = max(first, int(situation.begun_at // step_seconds) - before)
    limits = replace(
        situation.fleet, new_healthy=0, old_serving=0, starting=0, stopping=0, unhealthy=0
    )
    past = [
        FleetSample(
            number * step_seconds, fleet_at(tasks, primary.id, limits, number * step_seconds)
        )
        for number in range(first, last)
    ]
    return [*past, FleetSample(last * step_seconds, situation.fleet)]


def fleet_at(tasks: Sequence[TaskRecord], primary_id: str, limits: Fleet, at: float) -> Fleet:
    """The fleet at a moment of the past; `limits`: floor, ceiling and desired count."""
    counts = {"new_healthy": 0, "old_serving": 0, "starting": 0, "stopping": 0}
    for task in tasks:
        kind = _kind_at(task, primary_id, at)
        if kind:
            counts[kind] += 1
    return replace(limits, **counts)


def _kind_at(task: TaskRecord, primary_id: str, at: float) -> str:
    """What a task counted as at a moment; empty where it did not exist."""
    if at < task.created_at or (task.stopped_at is not None and at >= task.stopped_at):
        return ""
    if task.stopping_at is not None and at >= task.stopping_at:
        return "stopping"
    if task.healthy_at is None or at < task.healthy_at:
        return "starting"
    return "new_healthy" if task.deployment_id == primary_id else "old_serving"
