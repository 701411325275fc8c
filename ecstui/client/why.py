"""Why a service or a task waits, asked of a view: the records gathered for `plan/why_service.py`.

Reads records only, through any client's view. It decides nothing and changes nothing.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from ecstui.client.rooms import Rooms, explain_fargate
from ecstui.model.capacity import FARGATE_PROVIDERS
from ecstui.model.enums import SchedulingStrategy, ServiceStatus
from ecstui.model.placement import PlacementConstraint
from ecstui.model.service import DeploymentRecord, ServiceRecord
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.plan.capacity import Demand
from ecstui.plan.health import TaskHealth, Verdict, judge_task
from ecstui.plan.pace import PACES, Pace, PaceName
from ecstui.plan.placement import demand_of
from ecstui.plan.rollout import Bounds
from ecstui.plan.service_deployment import blue_of
from ecstui.plan.service_placing import launched_as
from ecstui.plan.service_words import constraints_of, group_of, is_launched_by_provider
from ecstui.plan.task_end import is_failure
from ecstui.plan.why import Place, PlacementWhy, ProviderWhy, Why, without_its_own
from ecstui.plan.why_service import Facts, primary_of, why_service, why_task
from ecstui.store.kinds import (
    ALARMS,
    AUTO_SCALING_GROUPS,
    CAPACITY_PROVIDERS,
    INSTANCES,
    PLANES,
    SERVICE_DEPLOYMENTS,
    SERVICES,
    TASK_DEFINITIONS,
    TASKS,
)
from ecstui.store.tables import View


@dataclass(frozen=True, slots=True)
class _Asked:
    """Of which records, and when."""

    view: View
    now: float
    rooms: Rooms


@dataclass(frozen=True, slots=True)
class _Next:
    """What one more task would need, and of whom."""

    demand: Demand | None = None
    constraints: tuple[PlacementConstraint, ...] = ()
    providers: tuple[ProviderWhy, ...] = ()
    """Whose instances may take it, where it goes by capacity provider."""
    is_daemon: bool = False
    is_fargate: bool = False


def why_of(view: View, arn: str, now: float, rooms: Rooms | None = None) -> Why | None:
    """Why the service or the task with this ARN waits; None when there is no such thing.

    `rooms`, kept by who asks again and again, makes the next answer cheap.
    """
    asked = _Asked(view, now, Rooms() if rooms is None else rooms)
    service = view.get(SERVICES, arn)
    if service is not None:
        return _why_service(asked, service)
    task = view.get(TASKS, arn)
    return None if task is None else _why_task(asked, task)


def pace_of(view: View) -> Pace:
    """The pace that the control plane runs at."""
    plane = view.get(PLANES, "plane")
    return PACES[PaceName.LOCAL if plane is None else PaceName(plane.pace)]


def _why_service(asked: _Asked, service: ServiceRecord) -> Why:
    view = asked.view
    every = view.by(TASKS, "service", service.service_arn)
    tasks = [task for task in every if not task.is_stopped]
    primary = primary_of(service)
    coming = _coming(view, service, primary)
    facts = _facts(asked, service.cluster_name, tasks, service, coming)
    blue_id = blue_of(service) if len(service.deployments) > 1 else None
    blue = next((d for d in service.deployments if d.id == blue_id), None)
    blue_coming = _coming(view, service, blue)
    bounds = Bounds(service.desired_count, service.minimum_healthy_percent, service.maximum_percent)
    return why_service(service, bounds, replace(
        facts,
        placing_blue=_placing(asked, service.cluster_name, blue_coming),
        failures=failures_of(service, every),
        deployment=next(iter(view.by(SERVICE_DEPLOYMENTS, "ongoing", service.service_arn)), None),
        alarms={alarm.alarm_name: alarm for alarm in view.all(ALARMS)},
    ))  # fmt: skip


def _coming(view: View, service: ServiceRecord, deployment: DeploymentRecord | None) -> _Next:
    """What a task more of a deployment needs, where instances take its tasks."""
    if deployment is None or service.status is not ServiceStatus.ACTIVE:
        return _Next()
    definition = view.get(TASK_DEFINITIONS, deployment.task_definition)
    launched = launched_as(service, deployment)
    providers: tuple[ProviderWhy, ...] = ()
    is_fargate = False
    if is_launched_by_provider(launched):
        given = [item.capacity_provider for item in launched.capacity_provider_strategy]
        known = _providers(view, given, service.cluster_name)
        is_fargate = all(name in FARGATE_PROVIDERS for name in given)
        # Where managed scaling is on, its tasks wait for themselves.
        found = (known[name] for name in given if name in known)
        providers = tuple(provider for provider in found if not provider.is_scaled)
        if not providers and not is_fargate:
            return _Next()
    if definition is None:
        return _Next()
    demand = demand_of(definition, group_of(service), "", is_service=True)
    is_daemon = service.scheduling_strategy is SchedulingStrategy.DAEMON
    rules = constraints_of(service, definition)
    return _Next(demand, rules, providers, is_daemon, is_fargate)


def _providers(view: View, names: Collection[str], cluster_name: str) -> dict[str, ProviderWhy]:
    """Capacity providers of Auto Scaling groups, by name, as a cluster sees them."""
    found = {}
    for record in view.all(CAPACITY_PROVIDERS):
        if record.name not in names:
            continue
        group = view.get(AUTO_SCALING_GROUPS, record.auto_scaling_group)
        if group is None:
            continue
        members = view.by(INSTANCES, "group", group.auto_scaling_group_name)
        found[record.name] = ProviderWhy(
            name=record.name,
            group=group.auto_scaling_group_name,
            is_scaled=record.auto_scaling_group_provider.managed_scaling.status == "ENABLED",
            instances=sum(1 for instance in members if not instance.is_terminating),
            booting=len(group.booting),
            desired=group.desired_capacity,
            max_size=group.max_size,
            cpu_units=group.cpu,
            memory_mib=group.memory,
            elsewhere="" if group.cluster == cluster_name else group.cluster,
        )
    return found


def failures_of(service: ServiceRecord, tasks: Sequence[TaskRecord]) -> tuple[TaskRecord, ...]:
    """Tasks of its deployments, and of one rolled back, that failed and stopped, newest first."""
    ids = {deployment.id for deployment in service.deployments}
    failed = [
        task
        for task in tasks
        if task.is_stopped
        and is_failure(task)
        and (task.deployment_id in ids or service.rolled_back is not None)
    ]
    return tuple(sorted(failed, key=lambda task: task.stopped_at or 0.0, reverse=True))


def _why_task(asked: _Asked, task: TaskRecord) -> Why:
    view = asked.view
    service = view.get(SERVICES, task.service_arn) if task.service_arn else None
    definition = view.get(TASK_DEFINITIONS, task.task_definition_arn)
    coming = _Next()
    awaited = task.capacity_provider_name if task.is_waiting_for_capacity else None
    provider = (
        None if awaited is None else _providers(view, [awaited], task.cluster_name).get(awaited)
    )
    if definition is not None and provider is not None:
        demand = demand_of(definition, task.group or "", task.task_id, overrides=task.overrides)
        coming = _Next(demand, task.placement_constraints, (provider,))
    tasks = () if task.is_stopped else (task,)
    facts = _facts(asked, task.cluster_name, tasks, service, coming)
    return why_task(task, facts)


def _facts(
    asked: _Asked,
    cluster_name: str,
    tasks: Sequence[TaskRecord],
    service: ServiceRecord | None,
    coming: _Next,
) -> Facts:
    view, now = asked.view, asked.now
    pace = pace_of(view)
    definitions = {}
    for arn in {task.task_definition_arn for task in tasks}:
        definition = view.get(TASK_DEFINITIONS, arn)
        if definition is not None:
            definitions[arn] = definition
    awaited = {t.capacity_provider_name or "" for t in tasks if t.is_waiting_for_capacity}
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
        places=_places(view, tasks),
        placing=_placing(asked, cluster_name, coming),
        pace=pace,
        now=now,
        providers=_providers(view, awaited, cluster_name) if awaited else {},
    )


def _placing(asked: _Asked, cluster_name: str, coming: _Next) -> Callable[[], PlacementWhy] | None:
    demand = coming.demand
    if demand is None:
        return None
    view, rooms, rules = asked.view, asked.rooms, coming.constraints

    def said() -> PlacementWhy:
        if coming.is_fargate:
            return explain_fargate(view, demand)
        if not coming.providers:
            found = rooms.explain(view, (cluster_name, None), demand, rules)
            return without_its_own(found) if coming.is_daemon else found
        every = [
            replace(rooms.explain(view, (cluster_name, each.name), demand, rules), provider=each)
            for each in coming.providers
        ]
        is_full = (each for each in every if not any(one.fits for one in each.instances))
        return next(is_full, every[0])

    return said


def _judged(
    task: TaskRecord, definition: TaskDefinitionRecord | None, pace: Pace, now: float, grace: int
) -> TaskHealth:
    if definition is not None:
        return judge_task(task, definition, pace, now, grace)
    if not task.is_wanted:
        return TaskHealth(Verdict.STOPPING)
    return TaskHealth(Verdict.PENDING if task.started_at is None else Verdict.HEALTHY)


def _places(view: View, tasks: Sequence[TaskRecord]) -> tuple[Place, ...]:
    """The instances that the tasks are on, by name."""
    arns = {task.container_instance_arn for task in tasks if task.container_instance_arn}
    found = (view.get(INSTANCES, arn) for arn in arns)
    places = (
        Place(
            instance_arn=instance.container_instance_arn,
            name=instance.name,
            status=instance.status.value,
            engine=instance.engine,
            agent_connected=instance.agent_connected,
            away_since=None if instance.agent_connected else instance.disconnected_at,
        )
        for instance in found
        if instance is not None
    )
    return tuple(sorted(places, key=lambda place: (place.name, place.instance_arn)))
