"""Brings one service closer to its desired count: gathers, lets `plan_service` decide, puts."""

from collections.abc import Callable, Mapping, Sequence

from ecstui.base.clock import Clock
from ecstui.control.events import say_service
from ecstui.control.group_members import GroupMembers
from ecstui.control.loop import Reconciled
from ecstui.control.reconcilers.deploying import Deploying
from ecstui.control.setup import Setup
from ecstui.control.surroundings import surroundings_of
from ecstui.model.enums import (
    DeploymentStatus,
    InstanceStatus,
    SchedulingStrategy,
    ServiceStatus,
    StopCode,
)
from ecstui.model.service import ServiceRecord
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.plan.health import TaskHealth, Verdict, judge_task
from ecstui.plan.new_task import new_task
from ecstui.plan.placement import Capacity
from ecstui.plan.provider_placement import Surroundings
from ecstui.plan.service import plan_service
from ecstui.plan.service_placing import launched_as
from ecstui.plan.service_steps import ServicePlan, ServiceSituation, Start
from ecstui.plan.service_words import constraints_of, group_of, is_launched_by_provider
from ecstui.plan.task import stop_task_record
from ecstui.store.kinds import INSTANCES, SERVICES, TASK_DEFINITIONS, TASKS
from ecstui.store.tables import Transaction


class ServiceReconciler:
    """Reconciles services by ARN."""

    def __init__(
        self,
        clock: Clock,
        setup: Setup,
        capacities: Callable[[str], Sequence[Capacity]],
    ) -> None:
        """`capacities`: what is left of the instances of a cluster, by its name."""
        self._clock = clock
        self._setup = setup
        self._capacities = capacities

    def __call__(self, tx: Transaction, arn: str) -> Reconciled:
        """One pass over one service."""
        service = tx.get(SERVICES, arn)
        if service is None or service.status is ServiceStatus.INACTIVE:
            return Reconciled()
        now = self._clock.now()
        tasks = tuple(
            task
            for task in tx.by(TASKS, "service", arn)
            if not (task.is_stopped and task.is_settled)
        )
        definitions = _definitions(tx, service, tasks)
        health = self._judge(service, tasks, definitions, now)
        deploying = Deploying(tx, service, tasks, health, self._setup, now)
        steering = deploying.steer()
        kept = _kept_daemons(tx, service, tasks, health)
        plan = plan_service(
            ServiceSituation(
                service=steering.service,
                definitions=definitions,
                tasks=tuple(task for task in tasks if task.task_arn not in kept),
                health=health,
                capacities=self._capacities(service.cluster_name),
                pace=self._setup.pace,
                order=self._setup.rollout_order,
                ids=self._setup.ids,
                now=now,
                surroundings=_surroundings(tx, service),
                course=steering.course,
            )
        )
        plan, wake_at = deploying.follow(steering, plan)
        self._put_tasks(tx, tasks, health, now)
        self._put(tx, service, plan, definitions, now)
        # Tasks that end give room, or are the last that a kept daemon stays for.
        is_waiting_for_ends = plan.is_short_of_room or bool(kept)
        return Reconciled(wake_at=wake_at, is_short_of_room=is_waiting_for_ends)

    def _judge(
        self,
        service: ServiceRecord,
        tasks: Sequence[TaskRecord],
        definitions: Mapping[str, TaskDefinitionRecord],
        now: float,
    ) -> Mapping[str, TaskHealth]:
        grace = service.health_check_grace_period_seconds or 0
        pace = self._setup.pace
        return {
            task.task_arn: judge_task(task, definitions[task.task_definition_arn], pace, now, grace)
            for task in tasks
        }

    @staticmethod
    def _put_tasks(
        tx: Transaction,
        tasks: Sequence[TaskRecord],
        health: Mapping[str, TaskHealth],
        now: float,
    ) -> None:
        """Remember what was taken into account: ends, and first good health."""
        for task in tasks:
            if task.is_stopped:
                tx.put(task.with_(is_settled=True))
            elif task.healthy_at is None and health[task.task_arn].verdict is Verdict.HEALTHY:
                tx.put(task.with_(healthy_at=now))

    def _put(
        self,
        tx: Transaction,
        before: ServiceRecord,
        plan: ServicePlan,
        definitions: Mapping[str, TaskDefinitionRecord],
        now: float,
    ) -> None:
        ids = self._setup.ids
        for stop in plan.stops:
            task = tx.get(TASKS, stop.task_arn)
            if task is not None:
                code = StopCode.SERVICE_SCHEDULER_INITIATED
                tx.put(stop_task_record(task, code, stop.reason, now))
        capacities = self._capacities(before.cluster_name) if plan.starts else ()
        by_arn = {capacity.instance_arn: capacity for capacity in capacities}
        for start in plan.starts:
            definition = definitions[start.deployment.task_definition]
            capacity = start.berth.capacity if start.berth else by_arn[start.instance_arn]
            self._start(tx, plan.service, start, definition, capacity, now)
        if plan.service != before:
            tx.put(_touched(before, plan.service, now))
        for told in plan.told:
            say_service(tx, now, ids, before, told.message, is_problem=told.is_problem)

    def _start(
        self,
        tx: Transaction,
        service: ServiceRecord,
        start: Start,
        definition: TaskDefinitionRecord,
        capacity: Capacity,
        now: float,
    ) -> None:
        berth = start.berth
        task = new_task(
            definition,
            capacity,
            self._setup.namespace,
            self._setup.ids,
            now,
            group=group_of(service),
            started_by=start.deployment.id,
            service=service,
            deployment_id=start.deployment.id,
            launch_type=launched_as(service, start.deployment).launch_type
            if berth is None
            else berth.launch_type,
            network_configuration=start.deployment.network_configuration,
            enable_execute_command=service.enable_execute_command,
            task_id=start.task_id,
            capacity_provider=None if berth is None else berth.capacity_provider,
            platform_version=start.deployment.platform_version,
        )
        if berth is not None and berth.is_waiting:
            task = task.with_(
                placement_constraints=constraints_of(service, definition),
                placement_strategy=service.placement_strategy,
            )
        tx.put(task)


def room_of(service: ServiceRecord) -> str:
    """Where the loop reconciles a service when instances changed.

    Daemons come before tasks that wait and before other services (ecs.md 6.2).
    """
    is_daemon = service.scheduling_strategy is SchedulingStrategy.DAEMON
    return "daemons" if is_daemon else "services"


def _kept_daemons(
    tx: Transaction,
    service: ServiceRecord,
    tasks: Sequence[TaskRecord],
    health: Mapping[str, TaskHealth],
) -> frozenset[str]:
    """Healthy daemons on draining instances where others' tasks are: last to stop (ecs.md 4.4).

    The scheduler does not see them: a deployment neither waits for them nor counts them. One that
    was not proven yet is not kept, as the scheduler has to learn what becomes of it.
    """
    is_daemon = service.scheduling_strategy is SchedulingStrategy.DAEMON
    if not is_daemon or service.status is not ServiceStatus.ACTIVE:
        return frozenset()
    kept = set()
    for task in tasks:
        is_proven = task.healthy_at is not None
        if not is_proven or health[task.task_arn].verdict is not Verdict.HEALTHY:
            continue
        instance = tx.get(INSTANCES, task.container_instance_arn or "")
        if instance is None or instance.status is not InstanceStatus.DRAINING:
            continue
        if GroupMembers.task_count(tx, instance):
            kept.add(task.task_arn)
    return frozenset(kept)


def _surroundings(tx: Transaction, service: ServiceRecord) -> Surroundings | None:
    """Capacity providers and Fargate, where they launch one of the deployments."""
    ways = (launched_as(service, deployment) for deployment in service.deployments)
    if not any(map(is_launched_by_provider, ways)):
        return None
    return surroundings_of(tx, service.cluster_name)


def _definitions(
    tx: Transaction, service: ServiceRecord, tasks: Sequence[TaskRecord]
) -> dict[str, TaskDefinitionRecord]:
    """Every task definition that the service's deployments and tasks name."""
    arns = {d.task_definition: None for d in service.deployments}
    arns |= {task.task_definition_arn: None for task in tasks}
    if service.last_completed is not None:
        arns[service.last_completed.task_definition] = None
    found = {}
    for arn in arns:
        definition = tx.get(TASK_DEFINITIONS, arn)
        assert definition is not None, f"{service.service_arn} names {arn}, which is not there"
        found[arn] = definition
    return found


def _touched(before: ServiceRecord, after: ServiceRecord, now: float) -> ServiceRecord:
    """The service with `updatedAt` of each deployment that changed, and when it was over."""
    known = {d.id: d for d in before.deployments}
    deployments = tuple(
        d
        if known.get(d.id) == d or d.status is DeploymentStatus.INACTIVE
        else d.with_(updated_at=now)
        for d in after.deployments
    )
    is_over = after.status is ServiceStatus.INACTIVE
    return after.with_(deployments=deployments, inactive_at=now if is_over else None)
