"""Tasks of a service, sorted: by the side of a blue/green deployment, and by where they run.

How many of each are to be there is decided by `plan/blue_green.py` and `plan/rollout.py`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ecstui.model.task import TaskRecord
from ecstui.plan.health import TaskHealth, Verdict
from ecstui.plan.rollout import Bounds, SingleFleet
from ecstui.plan.service_steps import ServiceSituation, Stop

Sorted = Mapping[Verdict, tuple[TaskRecord, ...]]
"""Tasks by what the scheduler makes of them."""
_RUNNING = frozenset({Verdict.WARMING, Verdict.HEALTHY, Verdict.UNHEALTHY})


class Judged(Protocol):
    """Tasks of a service with what the scheduler makes of them, at a time."""

    @property
    def tasks(self) -> tuple[TaskRecord, ...]:
        """The tasks."""

    @property
    def health(self) -> Mapping[str, TaskHealth]:
        """Task ARN to verdict."""

    @property
    def now(self) -> float:
        """When."""


@dataclass(frozen=True, slots=True)
class Sides:
    """The tasks of a service by the side that they are on."""

    blue: Sorted
    green: Sorted
    strays: tuple[TaskRecord, ...]
    """Alive and of neither side."""


def sides_of(situation: Judged, blue: str | None, green: str, draining: Collection[str]) -> Sides:
    """The sides, where what is on a draining instance counts as what it is to become (ecs.md 4.4).

    Running tasks there are replaced as if they were unhealthy, those that start are as good as
    stopping.
    """
    sides: dict[str | None, dict[Verdict, tuple[TaskRecord, ...]]] = {green: {}, blue: {}}
    strays = []
    leaving = {task.task_arn for task in misplaced(situation, draining)}
    for task in situation.tasks:
        verdict = situation.health[task.task_arn].verdict
        side = sides.get(task.deployment_id) if task.deployment_id else None
        if task.task_arn in leaving:
            verdict = Verdict.STOPPING
        elif task.container_instance_arn in draining and verdict in _RUNNING:
            verdict = Verdict.UNHEALTHY
        if side is not None:
            side[verdict] = (*side.get(verdict, ()), task)
        elif verdict is Verdict.PENDING or verdict in _RUNNING:
            strays.append(task)
    return Sides({} if blue is None else sides[blue], sides[green], tuple(strays))


def misplaced(situation: Judged, draining: Collection[str]) -> tuple[TaskRecord, ...]:
    """PENDING tasks on draining instances: they stop at once (ecs.md 4.4)."""
    return tuple(
        task
        for task in situation.tasks
        if task.container_instance_arn in draining
        and situation.health[task.task_arn].verdict is Verdict.PENDING
        and not task.is_protected(situation.now)
    )


def by_draining(old: Sorted, draining: Collection[str]) -> tuple[Sorted, Sorted]:
    """Old tasks that run on draining instances, and those elsewhere; none that are PENDING there.

    Those are `misplaced`, or protected.
    """
    waning: dict[Verdict, tuple[TaskRecord, ...]] = {}
    others: dict[Verdict, tuple[TaskRecord, ...]] = {}
    for verdict, tasks in old.items():
        if verdict is not Verdict.PENDING:
            waning[verdict] = tuple(t for t in tasks if t.container_instance_arn in draining)
        others[verdict] = tuple(t for t in tasks if t.container_instance_arn not in draining)
    return waning, others


def fleet_of(tasks: Sorted) -> SingleFleet:
    """How many tasks there are of each verdict."""
    return SingleFleet(
        healthy=len(tasks.get(Verdict.HEALTHY, ())),
        unhealthy=len(tasks.get(Verdict.UNHEALTHY, ())),
        warming=len(tasks.get(Verdict.WARMING, ())),
        pending=len(tasks.get(Verdict.PENDING, ())),
        stopping=len(tasks.get(Verdict.STOPPING, ())),
    )


def may_go(task: TaskRecord, situation: ServiceSituation) -> bool:
    """Whether protection lets a task be stopped: it holds no unhealthy one (ecs.md 3.10)."""
    is_unhealthy = situation.health[task.task_arn].verdict is Verdict.UNHEALTHY
    return is_unhealthy or not task.is_protected(situation.now)


def above_floor(situation: ServiceSituation, stops: Sequence[Stop], bounds: Bounds) -> list[Stop]:
    """The stops that leave as many healthy tasks as the floor asks for, wherever they run."""
    healthy = {a for a, health in situation.health.items() if health.verdict is Verdict.HEALTHY}
    spare = max(0, len(healthy) - bounds.floor)
    dear = [stop for stop in stops if stop.task_arn in healthy][spare:]
    return [stop for stop in stops if stop not in dear]
