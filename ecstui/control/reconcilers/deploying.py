"""The history of a service beside its scheduler: read before a pass, written after it.

What is decided stands in `plan/service_deployment.py`; here records are fetched and put.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ecstui.control.setup import Setup
from ecstui.model.deployment import ServiceDeploymentRecord, ServiceDeploymentStatus
from ecstui.model.service import ServiceRecord
from ecstui.model.task import TaskRecord
from ecstui.plan.counts import service_counts
from ecstui.plan.health import TaskHealth
from ecstui.plan.service_deployment import (
    Scene,
    Steering,
    bake_seconds,
    follow,
    steer,
    superseded,
)
from ecstui.plan.service_steps import ServicePlan
from ecstui.store.kinds import ALARMS, SERVICE_DEPLOYMENTS
from ecstui.store.tables import Transaction


class Deploying:
    """One pass over the service deployments of one service."""

    def __init__(
        self,
        tx: Transaction,
        service: ServiceRecord,
        tasks: Sequence[TaskRecord],
        health: Mapping[str, TaskHealth],
        setup: Setup,
        now: float,
    ) -> None:
        """`tasks` and `health` as the scheduler sees them."""
        self._tx = tx
        self._service = service
        self._tasks = tasks
        self._health = health
        self._setup = setup
        self._now = now
        self._alarms = {alarm.alarm_name: alarm for alarm in tx.all(ALARMS)}

    def _current(self) -> ServiceDeploymentRecord | None:
        arn = self._service.current_service_deployment
        return None if arn is None else self._tx.get(SERVICE_DEPLOYMENTS, arn)

    def steer(self) -> Steering:
        """What the scheduler is to go by."""
        return steer(
            Scene(
                service=self._service,
                current=self._current(),
                tasks=self._tasks,
                health=self._health,
                alarms=self._alarms,
                pace=self._setup.pace,
                ids=self._setup.ids,
                now=self._now,
            )
        )

    def follow(self, steering: Steering, plan: ServicePlan) -> tuple[ServicePlan, float | None]:
        """Put what became of the deployments; the plan with all that is told, and when to wake."""
        self._end_superseded(plan.service)
        plan = replace(plan, told=(*steering.told, *plan.told))
        if steering.current is None:
            return plan, plan.wake_at
        configuration = steering.current.deployment_configuration
        bake = bake_seconds(configuration, self._alarms, self._setup.pace)
        counts = service_counts(plan.service, self._tasks)
        followed = follow(steering.current, plan, counts, bake, self._now)
        if followed.current != self._current():
            self._tx.put(followed.current)
        times = [at for at in (plan.wake_at, followed.wake_at) if at is not None]
        return _with_waiting(plan, followed.waiting), min(times, default=None)

    def _end_superseded(self, after: ServiceRecord) -> None:
        """Deployments that a newer one has taken the place of are STOPPED (ecs.md 6.13)."""
        for record in self._tx.by(SERVICE_DEPLOYMENTS, "ongoing", after.service_arn):
            if record.status is ServiceDeploymentStatus.STOP_REQUESTED:
                counts = service_counts(after, self._tasks)
                because = "a newer deployment began"
                self._tx.put(superseded(record, after, counts, self._now, because))


def _with_waiting(plan: ServicePlan, waiting: str | None) -> ServicePlan:
    """The scheduler's own words on what it waits for come first."""
    if waiting is None or plan.service.waiting is not None or plan.service.is_steady:
        return plan
    return replace(plan, service=plan.service.with_(waiting=waiting))
