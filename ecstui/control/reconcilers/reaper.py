"""Removes what is over: containers of tasks long stopped, then their records, and old events.

Containers that run although their task has stopped are stopped (a `docker restart` by hand, a
start that came through after a crash). A task's record is deleted only after its containers have
been seen gone, by a look that is newer than its end, and its volumes were removed; containers
without a record are never touched. What is much is done in portions, a turn for each.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from ecstui.base.clock import Clock
from ecstui.control.loop import Reconciled
from ecstui.control.observer import Sighting
from ecstui.control.reconcilers.history import sweep_history
from ecstui.control.registration import NOT_SET_UP
from ecstui.control.setup import Limits
from ecstui.model.cluster import ContainerInstanceRecord
from ecstui.model.enums import ClusterStatus, InstanceStatus, ServiceStatus, TaskDefinitionStatus
from ecstui.model.task import TaskRecord
from ecstui.plan.actions import (
    Action,
    Outcome,
    RemoveContainer,
    RemoveVolume,
    ResourceKey,
    StopContainer,
    container_key,
)
from ecstui.plan.pace import Pace
from ecstui.plan.spec import Observation, Phase
from ecstui.plan.task import observed_names, stop_timeout_seconds
from ecstui.plan.translate import CONTAINER_NAME_LABEL, task_volumes
from ecstui.store.kinds import (
    CLUSTERS,
    EVENTS,
    INSTANCES,
    SERVICES,
    TASK_DEFINITIONS,
    TASKS,
    TOKENS,
)
from ecstui.store.tables import Transaction

TOKEN_SECONDS = 24 * 3600.0
INACTIVE_SECONDS = 3600.0
"""So long what was deleted stays describable (ecs.md 6.16); waiters look for 10 minutes."""


class EffectsSeen(Protocol):
    """What a sweep looks at of the effects."""

    last: dict[ResourceKey, Outcome]
    """How the latest action of each thing ended."""

    @property
    def running(self) -> Mapping[ResourceKey, object]:
        """Things with an action that may still take effect."""
        ...


class Reaper:
    """Sweeps everything at intervals; its only key is `sweep`."""

    def __init__(
        self,
        clock: Clock,
        pace: Pace,
        limits: Limits,
        sighting: Callable[[str], Sighting | None],
        effects: EffectsSeen,
        is_reading: Callable[[str, str], bool] = lambda _engine, _name: False,
    ) -> None:
        """`sighting`: what is known of an engine, None before it was looked at once.

        `is_reading`: whether the log of a container is still to be kept.
        """
        self._clock = clock
        self._pace = pace
        self._limits = limits
        self._sighting = sighting
        self._effects = effects
        self._is_reading = is_reading
        self._left: deque[tuple[str, bool]] = deque()
        """Of the sweep under way: ARNs of tasks, and whether their group has enough newer ones."""

    def __call__(self, tx: Transaction, _key: str) -> Reconciled:
        """One sweep, or the next portion of one that has much to do."""
        now = self._clock.now()
        actions = self._sweep_tasks(tx, now)
        is_over = self._sweep_events(tx) and not self._left
        if is_over:
            self._sweep_deleted(tx, now)
            sweep_history(tx, self._pace.history_seconds, now)
            _sweep_definitions(tx)
        wake_at = now + self._limits.sweep_seconds if is_over else now
        return Reconciled(tuple(actions), wake_at=wake_at)

    def _sweep_tasks(self, tx: Transaction, now: float) -> list[Action]:
        """Sweep stopped tasks: those that the sweep under way has left, or all of them anew."""
        if not self._left:
            self._left.extend(self._stopped(tx))
        portion = self._portion(tx, now)
        engines = {task.engine: None for task, _ in portion if task.engine}
        sightings = {name: self._sighting(name) for name in engines}
        actions: list[Action] = []
        for task, is_due in portion:
            sighting = sightings.get(task.engine)
            if not task.engine:
                self._forget_unplaced(tx, task, now)
            elif sighting is not None:
                actions += self._sweep_task(tx, task, sighting, now, is_due=is_due)
        return actions

    def _stopped(self, tx: Transaction) -> Iterator[tuple[str, bool]]:
        """ARNs of stopped tasks, newest first, and whether their group has enough newer ones."""
        kept_per_group: Counter[str] = Counter()
        most = self._limits.stopped_containers_per_group
        stopped = tx.by(TASKS, "stopped", "yes")
        for task in sorted(stopped, key=lambda t: t.stopped_at or 0.0, reverse=True):
            group = task.group or ""
            kept_per_group[group] += bool(task.engine)
            yield task.task_arn, kept_per_group[group] > most

    def _portion(self, tx: Transaction, now: float) -> list[tuple[TaskRecord, bool]]:
        """The next tasks, and whether all that is left of each is due to go."""
        portion: list[tuple[TaskRecord, bool]] = []
        busy = 0
        most, most_looked_at = self._limits.swept_at_once, self._limits.looked_at_by_sweep
        while self._left and busy < most and len(portion) < most_looked_at:
            arn, is_one_too_many = self._left.popleft()
            task = tx.get(TASKS, arn)
            if task is None:
                continue
            is_old = (task.stopped_at or 0.0) + self._pace.stopped_container_seconds < now
            is_due = task.swept_at is not None or is_old or is_one_too_many
            busy += is_due and (task.swept_at is None or self._is_forgotten(tx, task, now))
            portion.append((task, is_due))
        return portion

    def _sweep_task(
        self, tx: Transaction, task: TaskRecord, sighting: Sighting, now: float, *, is_due: bool
    ) -> list[Action]:
        here = sighting.of_task(task.task_arn)
        if not is_due:
            return _stop_strays(tx, task, here)
        if here:
            return [
                RemoveContainer(task.engine, each.name)
                for each in here
                if not self._is_reading(task.engine, each.name)
            ]
        if _shows_nothing_of(sighting, task) and not self._is_touched(task):
            return self._finish(tx, task, now)
        return []

    def _is_touched(self, task: TaskRecord) -> bool:
        """Whether a call that was sent for it may still make a container."""
        keys = (container_key(task.engine, name) for name in observed_names(task))
        return any(key in self._effects.running for key in keys)

    def _forget_unplaced(self, tx: Transaction, task: TaskRecord, now: float) -> None:
        """A task that waited for capacity in vain has left nothing anywhere."""
        if task.swept_at is None:
            tx.put(task.with_(swept_at=now))
        else:
            self._forget_task(tx, task, now)

    def _finish(self, tx: Transaction, task: TaskRecord, now: float) -> list[Action]:
        """No container is left: remove volumes, then the task is swept, then forgotten."""
        if task.swept_at is not None:
            self._forget_task(tx, task, now)
            return []
        definition = tx.get(TASK_DEFINITIONS, task.task_definition_arn)
        volumes = () if definition is None else task_volumes(task, definition)
        removals = [RemoveVolume(task.engine, volume) for volume in volumes]
        left = [removal for removal in removals if not self._has_succeeded(removal)]
        if not left:
            tx.put(task.with_(swept_at=now))
        return list(left)

    def _has_succeeded(self, action: Action) -> bool:
        outcome = self._effects.last.get(action.key)
        return outcome is not None and outcome.error is None

    def _forget_task(self, tx: Transaction, task: TaskRecord, now: float) -> None:
        if self._is_forgotten(tx, task, now):
            tx.delete(TASKS, task.task_arn)

    def _is_forgotten(self, tx: Transaction, task: TaskRecord, now: float) -> bool:
        """Whether nobody needs to see a stopped task any more."""
        if (task.stopped_at or 0.0) + self._pace.stopped_task_seconds >= now:
            return False
        return task.is_settled or not _is_scheduled(tx, task)

    def _sweep_events(self, tx: Transaction) -> bool:
        """Keep the last events of each service, and a bounded number in all; whether that is so."""
        events = tx.all(EVENTS)
        per_service: Counter[str] = Counter()
        excess = []
        for position, event in enumerate(reversed(events)):
            is_one_too_many = position >= self._limits.events_in_all
            if event.service_arn is not None:
                per_service[event.service_arn] += 1
                most = self._limits.events_per_service
                is_one_too_many = is_one_too_many or per_service[event.service_arn] > most
            if is_one_too_many:
                excess.append(event.id)
        portion = excess[: self._limits.swept_at_once]
        for event_id in portion:
            tx.delete(EVENTS, event_id)
        return len(portion) == len(excess)

    @staticmethod
    def _sweep_deleted(tx: Transaction, now: float) -> None:
        _sweep_services(tx, now)
        _sweep_clusters(tx, now)
        for instance in tx.all(INSTANCES):
            if _is_over(tx, instance, now):
                tx.delete(INSTANCES, instance.container_instance_arn)
        for token in tx.all(TOKENS):
            if token.created_at + TOKEN_SECONDS < now:
                tx.delete(TOKENS, token.key)


def _shows_nothing_of(sighting: Sighting, task: TaskRecord) -> bool:
    """Whether it is known that no container is left since the task ended or was swept."""
    since = max(task.stopped_at or 0.0, task.swept_at or 0.0)
    return all(sighting.shows(name, since) for name in observed_names(task))


def _is_over(tx: Transaction, instance: ContainerInstanceRecord, now: float) -> bool:
    """Whether nobody needs an instance: it was drained for good, or deregistered long ago."""
    is_set_up = instance.status_reason != NOT_SET_UP
    if is_set_up and (
        instance.status is not InstanceStatus.INACTIVE or instance.deregistered_at is None
    ):
        return False
    tasks = tx.by(TASKS, "instance", instance.container_instance_arn)
    if not is_set_up:
        return all(task.is_stopped for task in tasks)
    return not tasks and (instance.deregistered_at or 0.0) + INACTIVE_SECONDS < now


def _is_scheduled(tx: Transaction, task: TaskRecord) -> bool:
    """Whether a service scheduler still takes the task's end into account."""
    service = tx.get(SERVICES, task.service_arn or "")
    return service is not None and service.status is not ServiceStatus.INACTIVE


def _sweep_services(tx: Transaction, now: float) -> None:
    """Forget services that were deleted long ago; a task names its service for as long as it is."""
    for service in tx.all(SERVICES):
        if service.status is not ServiceStatus.INACTIVE:
            continue
        since = service.inactive_at
        is_old = since is None or since + INACTIVE_SECONDS < now
        if is_old and not tx.count_by(TASKS, "service", service.service_arn):
            tx.delete(SERVICES, service.service_arn)


def _sweep_clusters(tx: Transaction, now: float) -> None:
    """Forget clusters that were deleted long ago."""
    for cluster in tx.all(CLUSTERS):
        if cluster.status is ClusterStatus.INACTIVE:
            since = cluster.created_at if cluster.inactive_at is None else cluster.inactive_at
            if since + INACTIVE_SECONDS < now:
                tx.delete(CLUSTERS, cluster.cluster_name)


def _sweep_definitions(tx: Transaction) -> None:
    """Forget task definitions that are being deleted once nothing refers to them (ecs.md 2.1)."""
    leaving = [
        definition
        for definition in tx.all(TASK_DEFINITIONS)
        if definition.status is TaskDefinitionStatus.DELETE_IN_PROGRESS
    ]
    if not leaving:
        return
    in_use = {task.task_definition_arn for task in tx.all(TASKS)}
    for service in tx.all(SERVICES):
        is_over = service.status is ServiceStatus.INACTIVE
        if is_over and not tx.count_by(TASKS, "service", service.service_arn):
            continue
        in_use.add(service.task_definition)
        in_use.update(deployment.task_definition for deployment in service.deployments)
        if service.last_completed is not None:  # where a failed deployment rolls back to
            in_use.add(service.last_completed.task_definition)
    for definition in leaving:
        if definition.task_definition_arn not in in_use:
            tx.delete(TASK_DEFINITIONS, definition.task_definition_arn)


def _stop_strays(tx: Transaction, task: TaskRecord, here: Sequence[Observation]) -> list[Action]:
    """Stop what runs although its task has stopped."""
    strays = [observation for observation in here if observation.phase is Phase.RUNNING]
    definition = tx.get(TASK_DEFINITIONS, task.task_definition_arn) if strays else None
    if definition is None:
        return []
    return [
        StopContainer(
            task.engine,
            stray.name,
            stop_timeout_seconds(definition, stray.labels.get(CONTAINER_NAME_LABEL, "")),
        )
        for stray in strays
    ]
