"""What the tasks of a service add up to, remembered for as long as its records are the same.

Records never change, they are replaced: a service whose own record and tasks are the same objects
as before is as it was, and among thousands of tasks nearly all are. It decides nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import is_

from ecstui.model.service import ServiceRecord
from ecstui.model.task import TaskRecord
from ecstui.plan.counts import ServiceCounts, service_counts, usage_of
from ecstui.store.kinds import SERVICES, TASKS
from ecstui.store.tables import View
from ecstui.ui.columns.conditions import Condition, condition_of


@dataclass(frozen=True, slots=True)
class ServiceSum:
    """A service with what its tasks add up to."""

    service: ServiceRecord
    tasks: Sequence[TaskRecord]
    counts: ServiceCounts
    condition: Condition
    cpu_units: int
    """Reserved, as is `memory_mib`."""
    memory_mib: int

    def holds(self, service: ServiceRecord, tasks: Sequence[TaskRecord]) -> bool:
        """Whether it was made of these very records."""
        return (
            self.service is service
            and len(self.tasks) == len(tasks)
            and all(map(is_, self.tasks, tasks))
        )


def sum_up(service: ServiceRecord, tasks: Sequence[TaskRecord]) -> ServiceSum:
    """Add up the tasks of a service."""
    counts, usage = service_counts(service, tasks), usage_of(tasks)
    condition = condition_of(service, counts, tasks)
    return ServiceSum(service, tasks, counts, condition, usage.cpu_units, usage.memory_mib)


class Sums:
    """The services of one cluster after another, each added up again only when it is another."""

    def __init__(self) -> None:
        """Nothing is remembered yet."""
        self._known: Mapping[str, ServiceSum] = {}

    def of_cluster(self, view: View, cluster: str) -> Mapping[str, ServiceSum]:
        """Every service of a cluster by ARN, deleted ones too."""
        services = view.by(SERVICES, "cluster", cluster)
        self._known = {service.service_arn: self._of(view, service) for service in services}
        return self._known

    def _of(self, view: View, service: ServiceRecord) -> ServiceSum:
        tasks = view.by(TASKS, "service", service.service_arn)
        known = self._known.get(service.service_arn)
        if known is not None and known.holds(service, tasks):
            return known
        return sum_up(service, tasks)
