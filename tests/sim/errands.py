"""What people ask besides services, tasks and instances: protection, stops, alarms, capacity.

Also what a request and its promise are (S11), for this part and for `clients`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import assert_never

from ecstui.model.capacity import FARGATE_SPOT, AutoScalingGroupRecord
from ecstui.model.cluster import ClusterRecord
from ecstui.model.deployment import ServiceDeploymentRecord, ServiceDeploymentStatus
from ecstui.model.requests.alarms import SetAlarmStateRequest
from ecstui.model.requests.capacity_providers import (
    CreateAutoScalingGroupRequest,
    CreateCapacityProviderRequest,
    InterruptSpotTaskRequest,
    PutClusterCapacityProvidersRequest,
    UpdateAutoScalingGroupRequest,
)
from ecstui.model.requests.deployments import StopServiceDeploymentRequest
from ecstui.model.requests.protection import (
    UpdateTaskProtectionRequest,
    UpdateTaskProtectionResponse,
)
from ecstui.model.shape import Request, Shape
from ecstui.model.task import TaskRecord
from ecstui.store.kinds import (
    ALARMS,
    AUTO_SCALING_GROUPS,
    CAPACITY_PROVIDERS,
    CLUSTERS,
    SERVICE_DEPLOYMENTS,
    SERVICES,
    TASKS,
)
from ecstui.store.tables import View
from tests.sim.acts import (
    Found,
    Interrupt,
    Offer,
    Protect,
    Provide,
    Resize,
    SetAlarm,
    StopDeployment,
)

Durable = Mapping[tuple[str, str], Shape]
Errand = Protect | StopDeployment | SetAlarm | Found | Provide | Offer | Resize | Interrupt
_CLUSTER = "default"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, what it is about, and whether its promise holds in the journal."""

    request: Request[Shape]
    subject: str
    """Requests about the same subject may overtake each other's promises."""
    holds: Callable[[Shape, Durable], bool]
    """Given the answer and what is durable."""
    must_fail: bool = False


def errand(deed: Errand, view: View, arn_of_service: Callable[[str], str]) -> Asked | None:
    """The request of an errand; None when there is nothing to do it to."""
    match deed:
        case Protect():
            return _protect(view, deed)
        case StopDeployment(service=name):
            return _stop_deployment(view, arn_of_service(name))
        case SetAlarm(name=name, is_firing=is_firing):
            values = {"alarm_name": name, "state_value": "ALARM" if is_firing else "OK"}
            return _asked(SetAlarmStateRequest.model_validate(values), (ALARMS.name, name))
        case Interrupt(pick=pick):
            return _interrupt(view, pick)
        case Found() | Provide() | Offer() | Resize():
            return _about_capacity(deed)
        case _:
            assert_never(deed)


def _asked(request: object, key: tuple[str, str]) -> Asked:
    """A request that promises that there is a record."""
    return Asked(request, key[1], lambda _, durable: key in durable)  # type: ignore[arg-type]


# -- tasks and deployments ------------------------------------------------------------------------


def _protect(view: View, protect: Protect) -> Asked | None:
    tasks = [task for task in view.by(TASKS, "active", "yes") if task.service_arn]
    if not tasks:
        return None
    first = protect.pick % len(tasks)
    chosen = [task.task_arn for task in (tasks[first:] + tasks[:first])[: protect.count]]
    is_on = protect.minutes > 0
    values: dict[str, object] = {"tasks": chosen, "protection_enabled": is_on}
    if is_on:
        values["expires_in_minutes"] = protect.minutes

    def holds(answer: Shape, durable: Durable) -> bool:
        assert isinstance(answer, UpdateTaskProtectionResponse)
        found = [durable.get((TASKS.name, each.task_arn)) for each in answer.protected_tasks]
        return all(
            isinstance(task, TaskRecord) and (task.protected_until is not None) is is_on
            for task in found
        )

    request = UpdateTaskProtectionRequest.model_validate(values)
    return Asked(request, "protection", holds)  # type: ignore[arg-type]


def _stop_deployment(view: View, service_arn: str) -> Asked | None:
    service = view.get(SERVICES, service_arn)
    arn = None if service is None else service.current_service_deployment
    if arn is None:
        return None
    before = (ServiceDeploymentStatus.PENDING, ServiceDeploymentStatus.IN_PROGRESS)

    def holds(_: Shape, durable: Durable) -> bool:
        record = durable.get((SERVICE_DEPLOYMENTS.name, arn))
        return not isinstance(record, ServiceDeploymentRecord) or record.status not in before

    request = StopServiceDeploymentRequest(service_deployment_arn=arn)
    return Asked(request, arn, holds)  # type: ignore[arg-type]


def _interrupt(view: View, pick: int) -> Asked | None:
    active = view.by(TASKS, "active", "yes")
    tasks = [task for task in active if task.capacity_provider_name == FARGATE_SPOT]
    if not tasks:
        return None
    arn = tasks[pick % len(tasks)].task_arn

    def holds(_: Shape, durable: Durable) -> bool:
        task = durable.get((TASKS.name, arn))
        return isinstance(task, TaskRecord) and not task.is_wanted

    return Asked(InterruptSpotTaskRequest(task=arn), arn, holds)  # type: ignore[arg-type]


# -- capacity -------------------------------------------------------------------------------------


def _about_capacity(deed: Found | Provide | Offer | Resize) -> Asked:
    match deed:
        case Found():
            values = {
                "auto_scaling_group_name": deed.group,
                "cpu": deed.cpu_units,
                "memory": deed.memory_mib,
                "min_size": deed.minimum,
                "max_size": deed.maximum,
                "desired_capacity": deed.desired,
                "boot_delay_seconds": deed.boot_seconds,
            }
            request = CreateAutoScalingGroupRequest.model_validate(values)
            return _asked(request, (AUTO_SCALING_GROUPS.name, deed.group))
        case Provide():
            return _asked(_provide(deed), (CAPACITY_PROVIDERS.name, deed.group))
        case Offer():
            return _offer(deed)
        case Resize():
            return _resize(deed)


def _provide(provide: Provide) -> CreateCapacityProviderRequest:
    scaling = {"status": "ENABLED", "target_capacity": provide.target, "instance_warmup_period": 2}
    behind = {
        "auto_scaling_group_arn": provide.group,
        "managed_scaling": scaling,
        "managed_draining": "ENABLED" if provide.is_draining else "DISABLED",
        "managed_termination_protection": "ENABLED" if provide.is_protecting else "DISABLED",
    }
    values = {"name": provide.group, "auto_scaling_group_provider": behind}
    return CreateCapacityProviderRequest.model_validate(values)


def _offer(offer: Offer) -> Asked:
    values = {
        "cluster": _CLUSTER,
        "capacity_providers": offer.providers,
        "default_capacity_provider_strategy": (),
    }

    def holds(_: Shape, durable: Durable) -> bool:
        cluster = durable.get((CLUSTERS.name, _CLUSTER))
        return isinstance(cluster, ClusterRecord) and cluster.capacity_providers == offer.providers

    request = PutClusterCapacityProvidersRequest.model_validate(values)
    return Asked(request, _CLUSTER, holds)  # type: ignore[arg-type]


def _resize(resize: Resize) -> Asked:
    values: dict[str, object] = {
        "auto_scaling_group_name": resize.group,
        "min_size": resize.minimum,
        "max_size": resize.maximum,
    }
    if resize.desired is not None:
        values["desired_capacity"] = resize.desired

    def holds(_: Shape, durable: Durable) -> bool:
        group = durable.get((AUTO_SCALING_GROUPS.name, resize.group))
        if not isinstance(group, AutoScalingGroupRecord):
            return False
        return (group.min_size, group.max_size) == (resize.minimum, resize.maximum)

    request = UpdateAutoScalingGroupRequest.model_validate(values)
    return Asked(request, resize.group, holds)  # type: ignore[arg-type]
