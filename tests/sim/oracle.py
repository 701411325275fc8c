"""Judges every change of the store: what may never be, whatever goes wrong (architecture E.5).

It keeps its own books and its own sums, and does not ask the planners. What happens in the worlds
themselves is judged in `ground`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ecstui.base.clock import Clock
from ecstui.model.cluster import ContainerInstanceRecord
from ecstui.model.enums import (
    TASK_STATUS_ORDER,
    ContainerStatus,
    HealthStatus,
    InstanceStatus,
    LaunchType,
    RolloutState,
    SchedulingStrategy,
    ServiceStatus,
    StopCode,
    TaskStatus,
)
from ecstui.model.service import ServiceRecord
from ecstui.model.task import ContainerRecord, TaskRecord
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.plan.pace import Pace
from ecstui.store.kinds import (
    AUTO_SCALING_GROUPS,
    CALLS,
    INSTANCES,
    SERVICE_DEPLOYMENTS,
    SERVICE_REVISIONS,
    SERVICES,
    TASK_DEFINITIONS,
    TASKS,
)
from ecstui.store.tables import Change, View
from tests.sim.promises import Promises, green_of
from tests.sim.streaks import End, Streaks
from tests.sim.verdict import Findings

if TYPE_CHECKING:
    from ecstui.model.shape import Shape


_KEPT = (
    SERVICES,
    TASKS,
    TASK_DEFINITIONS,
    SERVICE_DEPLOYMENTS,
    SERVICE_REVISIONS,
    AUTO_SCALING_GROUPS,
    CALLS,
)
"""Kinds that a control plane leaves alone while it loads."""


class Oracle:
    """Watches one control plane after another."""

    def __init__(self, findings: Findings, clock: Clock, pace: Pace) -> None:
        """`pace`: the waits that the scenario has."""
        self.findings = findings
        self.durable: dict[tuple[str, str], Shape] = {}
        """What the journal holds, by kind and key."""
        self.changes = 0
        self._gone: dict[str, None] = {}
        """Tasks whose records were durable once."""
        self._clock = clock
        self._pace = pace
        self._view: View | None = None
        self._streaks = Streaks(pace)
        self.promises = Promises(findings, self._seen)

    def watch(self, view: View) -> None:
        """From now on this is what the records are."""
        self._view = view
        self._streaks.forget(self._is_counted)

    def _is_counted(self, task_arn: str, end: End) -> bool:
        task = self.durable.get((TASKS.name, task_arn))
        if not isinstance(task, TaskRecord):
            return task_arn in self._gone
        return task.healthy_at is not None if end is End.PROVEN else task.is_settled

    # -- every change ---------------------------------------------------------------------------

    def on_change(self, change: Change) -> None:
        """Judge one change; the view already shows all of its transaction."""
        self.changes += 1
        before, after = change.before, change.after
        if isinstance(after, TaskRecord):
            assert before is None or isinstance(before, TaskRecord)
            self._judge_task(before, after)
        elif isinstance(after, ServiceRecord):
            self._streaks.note_primary(after.service_arn, _primary_of(after))
        self.promises.on_change(change)

    def _judge_task(self, before: TaskRecord | None, after: TaskRecord) -> None:
        self._check_order(before, after)
        self._check_essentials(after)
        if before is None:
            self._judge_new(after)
            return
        if before.is_wanted and not after.is_wanted:
            self._judge_stop(before, after)
        if before.is_waiting_for_capacity and after.is_wanted:
            self._check_room(after)
        now, seq = self._clock.now(), self._seen().seq
        if after.is_settled and not before.is_settled:
            self._streaks.note_end(after, now, seq)
        if after.healthy_at is not None and before.healthy_at is None:
            self._streaks.note_proof(after, now, seq)

    def _check_order(self, before: TaskRecord | None, after: TaskRecord) -> None:
        """S1 and S10: forward only, against memory and against what is durable."""
        durable = self.durable.get((TASKS.name, after.task_arn))
        for known in (before, durable):
            if not isinstance(known, TaskRecord):
                continue
            if TASK_STATUS_ORDER[after.last_status] < TASK_STATUS_ORDER[known.last_status]:
                words = f"{_name(after)} went from {known.last_status} to {after.last_status}"
                self.findings.break_rule("S1", words)
            if after.is_wanted and not known.is_wanted:
                self.findings.break_rule("S10", f"{_name(after)} is wanted again")

    def _check_essentials(self, task: TaskRecord) -> None:
        """S9: with an essential container gone for good, the task is not wanted any more."""
        for container in task.containers:
            is_gone = container.essential and container.last_status is ContainerStatus.STOPPED
            if is_gone and task.is_wanted and not self._restarts(task, container):
                words = f"{_name(task)} is wanted though its essential {container.name} has stopped"
                self.findings.break_rule("S9", words)

    def _restarts(self, task: TaskRecord, container: ContainerRecord) -> bool:
        """Whether a container's policy brings it back in place (ecs.md 3.8)."""
        policy = self._definition_of(task).container(container.name).restart_policy
        return (
            policy is not None
            and container.started_at is not None
            and container.exit_code is not None
            and (container.finished_at or 0.0)
            >= container.started_at + policy.restart_attempt_period
        )

    # -- a new task -----------------------------------------------------------------------------

    def _judge_new(self, task: TaskRecord) -> None:
        self._check_room(task)
        view = self._seen()
        service = None if task.service_arn is None else view.get(SERVICES, task.service_arn)
        if service is None:
            return
        self._streaks.note_primary(service.service_arn, _primary_of(service))
        self._check_ceiling(service, task)
        self._check_deployment(service, task)

    def _check_room(self, task: TaskRecord) -> None:
        """S7: an instance gives no more than it has, and no host port twice."""
        view = self._seen()
        if task.launch_type is LaunchType.FARGATE or task.is_waiting_for_capacity:
            return
        instance = view.get(INSTANCES, task.container_instance_arn or "")
        if instance is None:
            self.findings.break_rule("S7", f"{_name(task)} is on no instance")
            return
        held = held_on(view, instance)
        if sum(t.reservation.cpu_units for t in held) > instance.cpu_units:
            self.findings.break_rule("S7", f"{instance.name} gives more CPU than it has")
        if sum(t.reservation.memory_mib for t in held) > instance.memory_mib:
            self.findings.break_rule("S7", f"{instance.name} gives more memory than it has")
        ports = [port for t in held for port in t.reservation.tcp_ports]
        if len(ports) != len({*ports}):
            self.findings.break_rule("S7", f"{instance.name} gives a port twice: {sorted(ports)}")

    def _check_ceiling(self, service: ServiceRecord, task: TaskRecord) -> None:
        """S2: no task is created above the ceiling, those that are stopping counted in."""
        alive = [t for t in self._tasks_of(service) if not t.is_stopped]
        ceiling = ceiling_of(service)
        if green_of(self._seen(), service) is not None:  # the bounds are those of either side
            alive = [t for t in alive if t.deployment_id == task.deployment_id]
        if service.scheduling_strategy is SchedulingStrategy.DAEMON:
            alive = [t for t in alive if not is_last(self._seen(), t)]
        if len(alive) > ceiling:
            words = f"{_name(task)} makes {len(alive)} tasks of {service.service_name}"
            self.findings.break_rule("S2", f"{words}, the ceiling is {ceiling}")

    def _check_deployment(self, service: ServiceRecord, task: TaskRecord) -> None:
        """Only the newest deployment starts tasks, unless it failed, and not while throttled."""
        primary = service.primary
        mine = next((d for d in service.deployments if d.id == task.deployment_id), None)
        if mine is None or mine.task_definition != task.task_definition_arn:
            self.findings.break_rule("S14", f"{_name(task)} is not what its deployment runs")
        is_blue = green_of(self._seen(), service) is not None
        if task.deployment_id != primary.id and not is_blue:
            self.findings.break_rule("S14", f"{_name(task)} is not of the newest deployment")
        if primary.rollout_state is RolloutState.FAILED:
            self.findings.break_rule("S14", f"{_name(task)} is of a deployment that failed")
        streak = self._streaks.of(task.deployment_id or "")
        if streak.held_until > self._clock.now():
            words = f"{_name(task)} starts {streak.held_until - self._clock.now():.3f} s too early"
            self.findings.break_rule("S15", f"{words} after {streak.failures} failures in a row")

    # -- a task that is told to stop ------------------------------------------------------------

    def _judge_stop(self, before: TaskRecord, task: TaskRecord) -> None:
        """S3: the scheduler does not go below the floor by stopping healthy tasks."""
        if task.stop_code is not StopCode.SERVICE_SCHEDULER_INITIATED or task.service_arn is None:
            return
        view = self._seen()
        service = view.get(SERVICES, task.service_arn)
        if service is None:
            self.findings.break_rule("S3", f"{_name(task)} is of no service")
            return
        self._check_protection(service, before)
        tasks = self._tasks_of(service)
        left = sum(1 for t in tasks if t.is_wanted and self.is_healthy(t))
        now = self._clock.now()
        stopped_now = [t for t in tasks if not t.is_wanted and t.stopping_at == now]
        by_scheduler = [
            t
            for t in stopped_now
            if t.stop_code is StopCode.SERVICE_SCHEDULER_INITIATED and self.is_healthy(t)
        ]
        if self.is_healthy(task) and left < min(floor_of(service), left + len(by_scheduler)):
            words = f"{_name(task)} leaves {left} healthy tasks of {service.service_name}"
            self.findings.break_rule("S3", f"{words}, the floor is {floor_of(service)}")

    def _check_protection(self, service: ServiceRecord, task: TaskRecord) -> None:
        """S19: what is protected goes for no reason but its own health (ecs.md 3.10)."""
        is_kept = service.status is ServiceStatus.ACTIVE and task.is_protected(self._clock.now())
        checks = [c.health_status for c in task.containers if c.essential]
        if is_kept and HealthStatus.UNHEALTHY not in checks:
            self.findings.break_rule("S19", f"{_name(task)} is stopped though it is protected")

    def is_healthy(self, task: TaskRecord) -> bool:
        """Whether a task counts toward the floor, or did until it was told to stop (ecs.md 6.4)."""
        if task.last_status is not TaskStatus.RUNNING or task.started_at is None:
            return False
        definition = self._definition_of(task)
        checked = {c.name for c in definition.container_definitions if c.health_check is not None}
        judged = [c for c in task.containers if c.essential and c.name in checked]
        if judged:
            return all(c.health_status is HealthStatus.HEALTHY for c in judged)
        return self._clock.now() >= task.started_at + self._pace.settling_seconds

    # -- the journal ----------------------------------------------------------------------------

    def on_written(self, changes: Sequence[Change]) -> None:
        """Take over what is durable now."""
        self.promises.on_written(changes)
        for change in changes:
            if change.after is None:
                self.durable.pop((change.kind.name, change.key), None)
                self._gone[change.key] = None
            else:
                self.durable[change.kind.name, change.key] = change.after

    def on_loaded(self, view: View) -> None:
        """S11: a control plane that has just loaded knows what was durable, and nothing else.

        Its own registration, which it has put already, touches none of these kinds.
        """
        self.promises.on_loaded(view)
        for kind in _KEPT:
            durable = {
                key: record for (name, key), record in self.durable.items() if name == kind.name
            }
            loaded = {kind.key(record): record for record in view.all(kind)}  # type: ignore[misc]
            if durable != loaded:
                odd = [key for key in {**durable, **loaded} if durable.get(key) != loaded.get(key)]
                words = f"{kind.name} {odd[:3]} came back from the journal in another way"
                self.findings.break_rule("S11", words)

    # -- what the records say -------------------------------------------------------------------

    def _seen(self) -> View:
        assert self._view is not None, "watch first"
        return self._view

    def _tasks_of(self, service: ServiceRecord) -> Sequence[TaskRecord]:
        return self._seen().by(TASKS, "service", service.service_arn)

    def _definition_of(self, task: TaskRecord) -> TaskDefinitionRecord:
        definition = self._seen().get(TASK_DEFINITIONS, task.task_definition_arn)
        assert definition is not None, task.task_definition_arn
        return definition


def held_on(view: View, instance: ContainerInstanceRecord) -> Sequence[TaskRecord]:
    """The tasks that take something from an instance."""
    tasks = view.by(TASKS, "instance", instance.container_instance_arn)
    return [task for task in tasks if not task.is_stopped]


def is_last(view: View, task: TaskRecord) -> bool:
    """Whether a daemon stays on a draining instance for tasks that are no daemons (ecs.md 4.4)."""
    instance = view.get(INSTANCES, task.container_instance_arn or "")
    if instance is None or instance.status is not InstanceStatus.DRAINING:
        return False
    if not _is_daemon(view, task):
        return False
    return any(not _is_daemon(view, other) for other in held_on(view, instance))


def _is_daemon(view: View, task: TaskRecord) -> bool:
    service = view.get(SERVICES, task.service_arn or "")
    return service is not None and service.scheduling_strategy is SchedulingStrategy.DAEMON


def floor_of(service: ServiceRecord) -> int:
    """Tasks that must stay healthy: rounded up."""
    return -(-service.desired_count * service.minimum_healthy_percent // 100)


def ceiling_of(service: ServiceRecord) -> int:
    """Tasks that may exist: rounded down."""
    return service.desired_count * service.maximum_percent // 100


def _primary_of(service: ServiceRecord) -> str:
    return next((d.id for d in service.deployments if d.status == "PRIMARY"), "")


def _name(task: TaskRecord) -> str:
    return f"task {task.task_id[:6]} ({task.group})"
