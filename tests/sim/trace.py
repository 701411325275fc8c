"""Changes as lines that people read."""

from ecstui.model.cluster import ContainerInstanceRecord, EngineRecord, EventRecord
from ecstui.model.service import ServiceRecord
from ecstui.model.task import TaskRecord
from ecstui.store.tables import Change


def line_of(change: Change) -> str:
    """One line for one change."""
    match change.after:
        case None:
            return f"{change.kind.name} {change.key.rsplit('/', 1)[-1]} deleted"
        case TaskRecord() as task:
            return _task(task)
        case ServiceRecord() as service:
            return _service(service)
        case ContainerInstanceRecord() as instance:
            link = "connected" if instance.agent_connected else "away"
            return f"instance {instance.name} {instance.status} {link}"
        case EngineRecord() as engine:
            link = "connected" if engine.is_connected else f"away: {engine.problem}"
            return f"engine {engine.name} {link} {' '.join(engine.orphans)}"
        case EventRecord() as event:
            return f"event {event.message}"
        case _:
            return f"{change.kind.name} {change.key}"


def _task(task: TaskRecord) -> str:
    containers = " ".join(
        f"{c.name}={c.last_status}/{c.health_status}"
        + (f"/{c.exit_code}" if c.exit_code is not None else "")
        + (f"({c.reason})" if c.reason else "")
        for c in task.containers
    )
    reason = f" {task.stop_code}: {task.stopped_reason}" if task.stop_code else ""
    flags = "".join(
        mark
        for mark, is_so in (("h", task.healthy_at), ("s", task.is_settled), ("w", task.swept_at))
        if is_so
    )
    deployment = (task.deployment_id or "")[-4:]
    return (
        f"task {task.task_id[:6]} {task.group} {deployment} "
        f"{task.last_status}/{task.desired_status} {flags} {containers}{reason}"
    )


def _service(service: ServiceRecord) -> str:
    deployments = " ".join(
        f"{d.id[-4:]}:{d.status}/{d.rollout_state}/{d.desired_count}/f{d.failed_tasks}"
        for d in service.deployments
    )
    steady = "steady" if service.is_steady else "moving"
    return (
        f"service {service.service_name} {service.status} {service.desired_count} {steady} "
        f"[{deployments}] {service.waiting or ''}"
    )
