"""Removes what is over: containers of tasks long stopped, then their records, and old events.

A task's record is deleted only after its containers have been seen gone.
"""

from collections.abc import Callable, Mapping

from ecstui.base.clock import Clock
from ecstui.control.loop import Reconciled
from ecstui.control.registration import NOT_SET_UP
from ecstui.control.setup import Limits
from ecstui.model.enums import ClusterStatus, ServiceStatus
from ecstui.model.task import TaskRecord
from ecstui.plan.actions import Action, RemoveContainer, RemoveVolume
from ecstui.plan.pace import Pace
from ecstui.plan.spec import Observation
from ecstui.plan.task import is_present, observed_names
from ecstui.plan.translate import task_volumes
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


class Reaper:
    """Sweeps everything at intervals; its only key is `sweep`."""

    def __init__(
        self,
        clock: Clock,
        pace: Pace,
        limits: Limits,
        seen: Callable[[str], Mapping[str, Observation]],
    ) -> None:
        """`seen`: an engine's containers as last looked at."""
        self._clock = clock
        self._pace = pace
        self._limits = limits
        self._seen = seen

    def __call__(self, tx: Transaction, _key: str) -> Reconciled:
        """One sweep."""
        now = self._clock.now()
        actions = self._sweep_tasks(tx, now)
        self._sweep_events(tx)
        self._sweep_deleted(tx, now)
        return Reconciled(tuple(actions), wake_at=now + self._limits.sweep_seconds)

    def _sweep_tasks(self, tx: Transaction, now: float) -> list[Action]:
        actions: list[Action] = []
        kept_per_group: dict[str, int] = {}
        stopped = [task for task in tx.all(TASKS) if task.is_stopped]
        for task in sorted(stopped, key=lambda t: t.stopped_at or 0.0, reverse=True):
            group = task.group or ""
            kept_per_group[group] = kept_per_group.get(group, 0) + 1
            is_old = (task.stopped_at or 0.0) + self._pace.stopped_container_seconds < now
            is_one_too_many = kept_per_group[group] > self._limits.stopped_containers_per_group
            if task.swept_at is None and (is_old or is_one_too_many):
                actions += self._sweep_task(tx, task, now)
            elif task.swept_at is not None:
                self._forget_task(tx, task, now)
        return actions

    def _sweep_task(self, tx: Transaction, task: TaskRecord, now: float) -> list[Action]:
        seen = self._seen(task.engine)
        if is_present(task, seen):
            names = [name for name in observed_names(task) if name in seen]
            return [RemoveContainer(task.engine, name) for name in names]
        tx.put(task.with_(swept_at=now))
        definition = tx.get(TASK_DEFINITIONS, task.task_definition_arn)
        volumes = () if definition is None else task_volumes(task, definition)
        return [RemoveVolume(task.engine, volume) for volume in volumes]

    def _forget_task(self, tx: Transaction, task: TaskRecord, now: float) -> None:
        is_settled = task.is_settled or task.service_arn is None
        if is_settled and (task.stopped_at or 0.0) + self._pace.stopped_task_seconds < now:
            tx.delete(TASKS, task.task_arn)

    def _sweep_events(self, tx: Transaction) -> None:
        """Keep the last events of each service, and a bounded number in all."""
        events = tx.all(EVENTS)
        per_service: dict[str, int] = {}
        for position, event in enumerate(reversed(events)):
            excess = position >= self._limits.events_in_all
            if event.service_arn is not None:
                count = per_service[event.service_arn] = per_service.get(event.service_arn, 0) + 1
                excess = excess or count > self._limits.events_per_service
            if excess:
                tx.delete(EVENTS, event.id)

    @staticmethod
    def _sweep_deleted(tx: Transaction, now: float) -> None:
        for service in tx.all(SERVICES):
            if service.status is not ServiceStatus.INACTIVE:
                continue
            if tx.by(TASKS, "service", service.service_arn):
                continue
            tx.delete(SERVICES, service.service_arn)
        for cluster in tx.all(CLUSTERS):
            is_gone = cluster.status is ClusterStatus.INACTIVE
            if is_gone and cluster.created_at + INACTIVE_SECONDS < now:
                tx.delete(CLUSTERS, cluster.cluster_name)
        for instance in tx.all(INSTANCES):
            tasks = tx.by(TASKS, "instance", instance.container_instance_arn)
            if instance.status_reason == NOT_SET_UP and all(task.is_stopped for task in tasks):
                tx.delete(INSTANCES, instance.container_instance_arn)
        for token in tx.all(TOKENS):
            if token.created_at + TOKEN_SECONDS < now:
                tx.delete(TOKENS, token.key)
