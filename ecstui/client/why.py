"""Why a service or a task waits, asked of a view: the records gathered for `plan/why_service.py`.

Reads records only, through any client's view. It decides nothing and changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ecstui.control.ledger import CapacityLedger
from ecstui.model.cluster import ContainerInstanceRecord
from ecstui.model.enums import InstanceStatus, SchedulingStrategy, ServiceStatus
from ecstui.model.placement import PlacementConstraint
from ecstui.model.service import ServiceRecord
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.plan.capacity import Capacity, Demand
from ecstui.plan.health import TaskHealth, Verdict, judge_task
from ecstui.plan.pace import PACES, Pace, PaceName
from ecstui.plan.placement import demand_of
from ecstui.plan.provider_placement import of_provider
from ecstui.plan.rollout import Bounds
from ecstui.plan.service_words import constraints_of, group_of, is_launched_by_provider
from ecstui.plan.why import Room, Why
from ecstui.plan.why_service import Facts, primary_of, why_service, why_task
from ecstui.store.kinds import INSTANCES, PLANES, SERVICES, TASK_DEFINITIONS, TASKS
from ecstui.store.tables import View


@dataclass(frozen=True, slots=True)
class _Next:
    """What one more task would need, and of whom."""

    demand: Demand | None = None
    constraints: tuple[PlacementConstraint, ...] = ()
    provider: str | None = None


def why_of(view: View, arn: str, now: float) -> Why | None:
    """Why the service or the task with this ARN waits; None when there is no such thing."""
    service = view.get(SERVICES, arn)
    if service is not None:
        return _why_service(view, service, now)
    task = view.get(TASKS, arn)
    return None if task is None else _why_task(view, task, now)


def pace_of(view: View) -> Pace:
    """The pace that the control plane runs at."""
    plane = view.get(PLANES, "plane")
    return PACES[PaceName.LOCAL if plane is None else PaceName(plane.pace)]


def _why_service(view: View, service: ServiceRecord, now: float) -> Why:
    tasks = [t for t in view.by(TASKS, "service", service.service_arn) if not t.is_stopped]
    primary = primary_of(service)
    name = service.task_definition if primary is None else primary.task_definition
    definition = view.get(TASK_DEFINITIONS, name)
    coming = _Next()
    is_on_instances = not is_launched_by_provider(service)
    if definition is not None and service.status is ServiceStatus.ACTIVE and is_on_instances:
        demand = demand_of(definition, group_of(service), "", is_service=True)
        coming = _Next(demand, constraints_of(service, definition))
    facts = _facts(view, service.cluster_name, tasks, service, coming, now)
    return why_service(service, _bounds(service, facts), facts)


def _bounds(service: ServiceRecord, facts: Facts) -> Bounds:
    """A daemon service wants one task on each ACTIVE instance."""
    desired = service.desired_count
    if service.scheduling_strategy is SchedulingStrategy.DAEMON and not service.is_steady:
        desired = sum(1 for room in facts.rooms if room.status == "ACTIVE")
    return Bounds(desired, service.minimum_healthy_percent, service.maximum_percent)


def _why_task(view: View, task: TaskRecord, now: float) -> Why:
    service = view.get(SERVICES, task.service_arn) if task.service_arn else None
    definition = view.get(TASK_DEFINITIONS, task.task_definition_arn)
    coming = _Next()
    if task.is_waiting_for_capacity and definition is not None:
        demand = demand_of(definition, task.group or "", task.task_id, overrides=task.overrides)
        coming = _Next(demand, task.placement_constraints, task.capacity_provider_name)
    tasks = () if task.is_stopped else (task,)
    facts = _facts(view, task.cluster_name, tasks, service, coming, now)
    return why_task(task, facts)


def _facts(
    view: View,
    cluster_name: str,
    tasks: Sequence[TaskRecord],
    service: ServiceRecord | None,
    coming: _Next,
    now: float,
) -> Facts:
    pace = pace_of(view)
    definitions = {}
    for arn in {task.task_definition_arn for task in tasks}:
        definition = view.get(TASK_DEFINITIONS, arn)
        if definition is not None:
            definitions[arn] = definition
    grace = 0 if service is None else service.health_check_grace_period_seconds or 0
    return Facts(
        tasks=tuple(sorted(tasks, key=lambda task: (task.created_at, task.task_id))),
        health={
            task.task_arn: _judged(
                task, definitions.get(task.task_definition_arn), pace, now, grace
            )
            for task in tasks
        },
        definitions=definitions,
        rooms=_rooms(view, cluster_name, coming.provider),
        pace=pace,
        now=now,
        demand=coming.demand,
        constraints=coming.constraints,
    )


def _judged(
    task: TaskRecord, definition: TaskDefinitionRecord | None, pace: Pace, now: float, grace: int
) -> TaskHealth:
    if definition is not None:
        return judge_task(task, definition, pace, now, grace)
    if not task.is_wanted:
        return TaskHealth(Verdict.STOPPING)
    return TaskHealth(Verdict.PENDING if task.started_at is None else Verdict.HEALTHY)


def _rooms(view: View, cluster_name: str, provider: str | None) -> tuple[Room, ...]:
    ledger = CapacityLedger()
    ledger.load(view)
    capacities: Sequence[Capacity] = ledger.of_cluster(cluster_name)
    if provider is not None:
        capacities = of_provider(capacities, provider)
    instances = {i.container_instance_arn: i for i in view.by(INSTANCES, "cluster", cluster_name)}
    return tuple(
        _room(view, capacity, instances[capacity.instance_arn])
        for capacity in sorted(capacities, key=lambda c: instances[c.instance_arn].name)
        if not instances[capacity.instance_arn].is_gone
    )


def _room(view: View, capacity: Capacity, instance: ContainerInstanceRecord) -> Room:
    status = instance.status.value
    if instance.status is InstanceStatus.ACTIVE and not capacity.is_active:
        status = "of another capacity provider"
    tasks = view.by(TASKS, "instance", instance.container_instance_arn)
    return Room(
        capacity=capacity,
        name=instance.name,
        status=status,
        cpu_units=instance.cpu_units,
        memory_mib=instance.memory_mib,
        tasks=tuple(task for task in tasks if not task.is_stopped),
        away_since=None if instance.agent_connected else instance.disconnected_at,
    )
