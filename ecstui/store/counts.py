"""Counts that indexes give: no record is read for them, however many there are."""

from ecstui.plan.counts import Stage, TaskCounts
from ecstui.store.kinds import TASKS, stage_key
from ecstui.store.tables import View


def task_counts_of_cluster(view: View, name: str, *, is_fargate: bool) -> TaskCounts:
    """Tasks of a cluster by what they count as, on Fargate or on container instances."""

    def count(stage: Stage) -> int:
        return view.count_by(TASKS, "stage", stage_key(name, stage, is_fargate=is_fargate))

    return TaskCounts(count(Stage.RUNNING), count(Stage.PENDING), count(Stage.STOPPING))
