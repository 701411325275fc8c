"""Brings one task closer to what is wanted of it: gathers, lets `plan_task` decide, puts."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass

from ecstui.base.clock import Clock
from ecstui.base.ids import Ids
from ecstui.control.events import say_task
from ecstui.control.loop import Reconciled
from ecstui.plan.actions import Outcome, ResourceKey
from ecstui.plan.spec import Observation
from ecstui.plan.task import plan_task
from ecstui.plan.task_facts import TaskSituation
from ecstui.plan.translate import Setting
from ecstui.store.kinds import TASK_DEFINITIONS, TASKS
from ecstui.store.tables import Transaction


@dataclass(frozen=True, slots=True)
class Sight:
    """Live views of what is known of engines besides the records."""

    seen: Callable[[str], Mapping[str, Observation]]
    """An engine's containers as last looked at."""
    busy: Container[ResourceKey]
    last: Mapping[ResourceKey, Outcome]
    attempts: Mapping[ResourceKey, int]
    has_looked: Callable[[str], bool]
    """Whether an engine was looked at since the start: before that, absent means nothing."""


class TaskReconciler:
    """Reconciles tasks by ARN."""

    def __init__(self, clock: Clock, ids: Ids, setting: Setting, sight: Sight) -> None:
        """`setting`: what every container is told of this control plane."""
        self._clock = clock
        self._ids = ids
        self._setting = setting
        self._sight = sight

    def __call__(self, tx: Transaction, arn: str) -> Reconciled:
        """One step of one task."""
        task = tx.get(TASKS, arn)
        if task is None or task.is_stopped or not self._sight.has_looked(task.engine):
            return Reconciled()
        definition = tx.get(TASK_DEFINITIONS, task.task_definition_arn)
        assert definition is not None, f"{arn} has no task definition"
        now = self._clock.now()
        plan = plan_task(
            TaskSituation(
                task=task,
                definition=definition,
                seen=self._sight.seen(task.engine),
                busy=self._sight.busy,
                last=self._sight.last,
                attempts=self._sight.attempts,
                now=now,
                setting=self._setting,
            )
        )
        if plan.task is not task:
            tx.put(plan.task)
        if plan.told is not None:
            say_task(tx, now, self._ids, plan.task, plan.told, is_problem=plan.is_problem)
        return Reconciled(plan.actions, plan.wake_at)
