"""Judges what is kept beside tasks: the history of deployments and calls, rollbacks, groups.

As the oracle, it keeps its own books and does not ask the planners.
"""

from collections.abc import Callable, Sequence

from ecstui.model.capacity import AutoScalingGroupRecord
from ecstui.model.cluster import ContainerInstanceRecord
from ecstui.model.deployment import (
    ServiceDeploymentRecord,
    ServiceDeploymentStatus,
    ServiceRevisionRecord,
)
from ecstui.model.enums import RolloutState, ServiceStatus
from ecstui.model.history import CallRecord
from ecstui.model.service import DeploymentRecord, ServiceRecord
from ecstui.store.kinds import AUTO_SCALING_GROUPS, CALLS, INSTANCES, SERVICE_DEPLOYMENTS, SERVICES
from ecstui.store.tables import Change, View
from tests.sim.verdict import Findings

Status = ServiceDeploymentStatus
_RANKS = {
    Status.PENDING: 0,
    Status.IN_PROGRESS: 1,
    Status.ROLLBACK_REQUESTED: 2,
    Status.ROLLBACK_IN_PROGRESS: 3,
    Status.STOP_REQUESTED: 4,
    Status.SUCCESSFUL: 5,
    Status.STOPPED: 5,
    Status.ROLLBACK_SUCCESSFUL: 5,
    Status.ROLLBACK_FAILED: 5,
}
"""A service deployment never goes back to a lower rank, and never leaves the highest one."""
_FINAL = 5


class Promises:
    """Watches one control plane after another; the oracle tells it."""

    def __init__(self, findings: Findings, seen: Callable[[], View]) -> None:
        """`seen`: the records of the control plane that lives."""
        self._findings = findings
        self._seen = seen
        self.completed: dict[str, DeploymentRecord] = {}
        """By service: the deployment that was COMPLETED last, unless it is being gone back to."""
        self._last_call = 0
        self._durable_calls = 0
        self._acknowledged = 0
        self._registered: dict[str, None] = {}
        """Instances of groups whose registration became durable."""

    def on_change(self, change: Change) -> None:
        """Judge one change; the view already shows all of its transaction."""
        before, after = change.before, change.after
        match after:
            case ServiceRecord():
                assert before is None or isinstance(before, ServiceRecord)
                self._check_way_back(before, after)
            case ServiceDeploymentRecord():
                assert before is None or isinstance(before, ServiceDeploymentRecord)
                self._check_history(before, after)
            case ServiceRevisionRecord():
                if before is not None:
                    words = f"{after.service_revision_arn} was changed"
                    self._findings.break_rule("S20", words)
            case CallRecord():
                self._check_number(before, after)
            case AutoScalingGroupRecord():
                assert before is None or isinstance(before, AutoScalingGroupRecord)
                if before is not None and len(after.booting) > len(before.booting):
                    self._check_size(after)
                self._check_desired(after)
            case ContainerInstanceRecord() if before is None and after.auto_scaling_group:
                self._check_arrival(after)

    # -- deployments ------------------------------------------------------------------------------

    def _check_way_back(self, before: ServiceRecord | None, after: ServiceRecord) -> None:
        """S22: what a service goes back to is the deployment that was COMPLETED last."""
        if after.status is not ServiceStatus.ACTIVE:
            self.completed.pop(after.service_arn, None)
            return
        known = self.completed.get(after.service_arn)
        if before is not None and after.rolled_back not in (None, before.rolled_back):
            primary = after.primary
            if known is None or (known.id, known.task_definition) != (
                primary.id,
                primary.task_definition,
            ):
                words = f"{after.service_name} goes back to {primary.id}: {primary.task_definition}"
                self._findings.break_rule("S22", f"{words}, last COMPLETED was {known}")
            self.completed.pop(after.service_arn, None)
        if after.task_definition != after.primary.task_definition:
            words = f"{after.service_name} says {after.task_definition}, but runs"
            self._findings.break_rule("S22", f"{words} {after.primary.task_definition}")
        if after.primary.rollout_state is RolloutState.COMPLETED:
            self.completed[after.service_arn] = after.primary

    def _check_history(
        self, before: ServiceDeploymentRecord | None, after: ServiceDeploymentRecord
    ) -> None:
        """S20: a service deployment goes forward, and is over once and for all."""
        if before is None:
            return
        was, now = _RANKS[before.status], _RANKS[after.status]
        if now < was or (was == _FINAL and after != before):
            words = f"{_name(after)} went from {before.status} to {after.status}"
            self._findings.break_rule("S20", words)
        if (now == _FINAL) is (after.finished_at is None):
            words = f"{_name(after)} is {after.status} and ended at {after.finished_at}"
            self._findings.break_rule("S20", words)

    # -- calls ------------------------------------------------------------------------------------

    def _check_number(self, before: object, after: CallRecord) -> None:
        """S21: calls are numbered one by one."""
        if before is not None or after.number != self._last_call + 1:
            words = f"call {after.number} ({after.operation}) follows call {self._last_call}"
            self._findings.break_rule("S21", words)
        self._last_call = after.number

    def on_acknowledged(self, operation: str) -> None:
        """S21: a change that was acknowledged is in the durable history."""
        self._acknowledged += 1
        if self._durable_calls < self._acknowledged:
            words = f"{operation} is acknowledged change {self._acknowledged}, but the history"
            self._findings.break_rule("S21", f"{words} ends with {self._durable_calls}")

    # -- groups -----------------------------------------------------------------------------------

    def _check_arrival(self, instance: ContainerInstanceRecord) -> None:
        """S13: an instance of a group comes once, and under a name of its own."""
        members = self._members(instance.auto_scaling_group)
        if instance.instance_id in self._registered:
            self._findings.break_rule("S13", f"{instance.name} is registered a second time")
        if [i.name for i in members].count(instance.name) > 1:
            self._findings.break_rule("S13", f"there are two instances {instance.name}")
        group = self._seen().get(AUTO_SCALING_GROUPS, instance.auto_scaling_group)
        if group is not None:
            self._check_size(group)

    def _check_size(self, group: AutoScalingGroupRecord) -> None:
        """S13: no instance comes that is more than the group shall have."""
        members = self._members(group.auto_scaling_group_name)
        staying = sum(1 for i in members if not i.is_terminating)
        if staying + len(group.booting) > group.desired_capacity:
            words = f"{group.auto_scaling_group_name} has {staying} instances, and"
            words += f" {len(group.booting)} boot, of {group.desired_capacity}"
            self._findings.break_rule("S13", words)

    def _check_desired(self, group: AutoScalingGroupRecord) -> None:
        """S13: the desired capacity is within bounds."""
        if not group.min_size <= group.desired_capacity <= group.max_size:
            words = f"{group.auto_scaling_group_name} wants {group.desired_capacity}, not"
            words += f" {group.min_size} to {group.max_size}"
            self._findings.break_rule("S13", words)

    def _members(self, group: str) -> Sequence[ContainerInstanceRecord]:
        return self._seen().by(INSTANCES, "group", group)

    # -- the journal ------------------------------------------------------------------------------

    def on_written(self, changes: Sequence[Change]) -> None:
        """Take over what is durable now."""
        for change in changes:
            match change.after:
                case CallRecord(number=number):
                    self._durable_calls = max(self._durable_calls, number)
                case ContainerInstanceRecord(auto_scaling_group=group, instance_id=identifier):
                    if group:
                        self._registered[identifier] = None

    def on_loaded(self, view: View) -> None:
        """What never became durable did not happen."""
        self._last_call = max((call.number for call in view.all(CALLS)), default=0)
        self.completed.clear()
        for service in view.all(SERVICES):
            if service.status is not ServiceStatus.ACTIVE:
                continue
            is_completed = service.primary.rollout_state is RolloutState.COMPLETED
            last = service.primary if is_completed else service.last_completed
            if last is not None:
                self.completed[service.service_arn] = last


def green_of(view: View, service: ServiceRecord) -> str | None:
    """Id of the deployment that stands beside blue now; None: the service rolls, or is at rest."""
    arn = service.current_service_deployment
    record = None if arn is None else view.get(SERVICE_DEPLOYMENTS, arn)
    is_so = (
        record is not None
        and record.deployment_configuration.strategy not in (None, "ROLLING")
        and record.deployment_id == service.primary.id
        and service.primary.rollout_state is RolloutState.IN_PROGRESS
        and service.rolled_back is None
    )
    return service.primary.id if is_so else None


def _name(record: ServiceDeploymentRecord) -> str:
    return f"service deployment {record.deployment_id}"
