"""Tasks that wait in PROVISIONING for capacity, with what each of them needs.

Reads records only; where they go, `reconcilers/capacity.py` asks placement. Source: ecs.md 4.6.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ecstui.model.task import TaskRecord
from ecstui.plan.capacity import Capacity, Demand
from ecstui.plan.placement import Placed, closest, demand_of, place
from ecstui.plan.provider_placement import of_provider
from ecstui.store.kinds import TASK_DEFINITIONS, TASKS
from ecstui.store.tables import View

Likeness = tuple[str, str, str, str, str]
"""Provider, task definition, group and requests: tasks that share them need the same."""


@dataclass(frozen=True, slots=True)
class WaitingTask:
    """A task that waits, and what it needs."""

    task: TaskRecord
    demand: Demand

    @property
    def provider(self) -> str:
        """Name of the capacity provider that it waits for."""
        return self.task.capacity_provider_name or ""

    @property
    def likeness(self) -> Likeness:
        """Equal for tasks that need the same."""
        task = self.task
        rules = f"{task.placement_constraints}{task.placement_strategy}"
        return (
            self.provider,
            task.task_definition_arn,
            task.group or "",
            rules,
            str(task.overrides),
        )


def waiting_tasks(view: View, cluster: str) -> list[WaitingTask]:
    """The cluster's waiting tasks, those that need the same next to each other, oldest first."""
    found: dict[Likeness, list[WaitingTask]] = {}
    tasks = sorted(view.by(TASKS, "waiting", cluster), key=lambda t: (t.created_at, t.task_id))
    for task in tasks:
        if task.is_wanted:
            each = WaitingTask(task, _demand(view, task))
            found.setdefault(each.likeness, []).append(each)
    return [each for same in found.values() for each in same]


def _demand(view: View, task: TaskRecord) -> Demand:
    definition = view.get(TASK_DEFINITIONS, task.task_definition_arn)
    assert definition is not None, f"{task.task_arn} has no task definition"
    return demand_of(
        definition,
        task.group or "",
        task.task_id,
        is_service=task.service_arn is not None,
        overrides=task.overrides,
    )


def give_up_reason(waiting: WaitingTask, capacities: Sequence[Capacity]) -> str:
    """`stoppedReason` of a task that waited too long (ecs.md 3.3)."""
    rooms = of_provider(capacities, waiting.provider)
    if not any(room.capacity_provider == waiting.provider for room in rooms):
        return "TaskFailedToStart: EMPTY CAPACITY PROVIDER"
    if not any(room.is_active for room in rooms):
        return "TaskFailedToStart: NO ACTIVE INSTANCES"
    placement = place(waiting.demand, rooms, waiting.task.placement_constraints)
    refusal = None if isinstance(placement, Placed) else closest(placement)
    return f"TaskFailedToStart: {'AGENT' if refusal is None else refusal.reason}"
