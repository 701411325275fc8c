"""What takes the last change back: the request that makes things as they were before it.

Pure. It looks at the records before a change is sent; what cannot be brought back (a deleted
service, a task of its own that had run for hours) is never offered as if it could.
"""

from dataclasses import dataclass

from ecstui.base.ids import short_name
from ecstui.model.enums import DesiredStatus, InstanceStatus, SchedulingStrategy, ServiceStatus
from ecstui.model.requests.instances import UpdateContainerInstancesStateRequest
from ecstui.model.requests.services import UpdateServiceRequest
from ecstui.model.requests.tasks import RunTaskRequest, StopTaskRequest
from ecstui.model.service import ServiceRecord
from ecstui.model.shape import Request, Shape
from ecstui.store.kinds import INSTANCES, SERVICES, TASKS
from ecstui.store.tables import View
from ecstui.ui.text import clean

_MEMBERS = (
    "desired_count",
    "task_definition",
    "deployment_configuration",
    "health_check_grace_period_seconds",
    "placement_constraints",
    "placement_strategy",
    "network_configuration",
    "enable_execute_command",
    "availability_zone_rebalancing",
)
"""What UpdateService changes that a service still knows the value of."""


@dataclass(frozen=True, slots=True)
class Undo:
    """A way back."""

    words: str
    """What it does: `web: desired count back to 3`."""
    request: Request[Shape]


def undo_of(view: View, request: object, cluster: str) -> Undo | None:
    """What takes the request back, from the records as they are before it; None if nothing can."""
    match request:
        case UpdateServiceRequest():
            return _of_service(view, request, cluster)
        case UpdateContainerInstancesStateRequest():
            return _of_instances(view, request)
        case StopTaskRequest():
            return _of_task(view, request)
    return None


def _of_service(view: View, request: UpdateServiceRequest, cluster: str) -> Undo | None:
    service = _service(view, request, cluster)
    if service is None:
        return None
    before: dict[str, object] = {}
    for name in _MEMBERS:
        wanted, present = getattr(request, name), getattr(service, name)
        if name == "task_definition" and wanted is not None:
            wanted, present = short_name(str(wanted)), short_name(present)
        is_daemon = service.scheduling_strategy is SchedulingStrategy.DAEMON
        if wanted is None or wanted == present or (name == "desired_count" and is_daemon):
            continue
        if present is None:
            return None
        before[name] = present
    if not before:
        return None
    back = UpdateServiceRequest.model_validate(
        {"service": service.service_name, "cluster": service.cluster_name, **before}
    )
    shown = ", ".join(
        f"{name.replace('_', ' ')} back to {value}"
        if isinstance(value, str | int)
        else f"{name.replace('_', ' ')} as before"
        for name, value in before.items()
    )
    return Undo(f"{clean(service.service_name)}: {clean(shown)}", back)  # type: ignore[arg-type]


def _service(view: View, request: UpdateServiceRequest, cluster: str) -> ServiceRecord | None:
    name, where = short_name(request.service), short_name(request.cluster or cluster)
    for service in view.by(SERVICES, "cluster", where):
        if service.service_name == name and service.status is ServiceStatus.ACTIVE:
            return service
    return None


def _of_instances(view: View, request: UpdateContainerInstancesStateRequest) -> Undo | None:
    wanted = {short_name(name) for name in request.container_instances}
    changed = [
        instance
        for instance in view.all(INSTANCES)
        if instance.instance_id in wanted and instance.status != request.status
    ]
    before = {instance.status for instance in changed}
    if len(before) != 1 or not before <= {InstanceStatus.ACTIVE, InstanceStatus.DRAINING}:
        return None
    status = before.pop()
    back = UpdateContainerInstancesStateRequest(
        container_instances=tuple(instance.instance_id for instance in changed),
        status=status.value,
        cluster=changed[0].cluster_name,
    )
    names = ", ".join(clean(instance.name) for instance in changed)
    return Undo(f"{names}: {status} again", back)  # type: ignore[arg-type]


def _of_task(view: View, request: StopTaskRequest) -> Undo | None:
    """Another task in place of one of its own; a service sees to its tasks itself."""
    task = next((t for t in view.all(TASKS) if t.task_id == short_name(request.task)), None)
    if task is None or task.service_arn or task.desired_status is DesiredStatus.STOPPED:
        return None
    definition = short_name(task.task_definition_arn)
    again = RunTaskRequest(
        task_definition=definition,
        cluster=task.cluster_name,
        group=task.group,
        started_by=task.started_by,
        overrides=task.overrides,
    )
    words = f"{clean(definition)}: another task in place of {task.task_id[:6]}, from its beginning"
    return Undo(words, again)  # type: ignore[arg-type]
