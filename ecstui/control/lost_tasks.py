"""The end of tasks whose engine cannot be told to stop them: they count as STOPPED at once.

What still runs of them is stopped by the reaper when the engine is back. Decides nothing: whoever
calls says that a task is lost, and why.
"""

from ecstui.model.enums import ContainerStatus, StopCode, TaskStatus
from ecstui.model.task import TaskRecord
from ecstui.plan.task import stop_task_record


def lost_task_record(task: TaskRecord, code: StopCode, reason: str, now: float) -> TaskRecord:
    """The task STOPPED without a word from its engine; an earlier cause stays (ecs.md 4.5)."""
    task = stop_task_record(task, code, reason, now)
    containers = tuple(c.with_(last_status=ContainerStatus.STOPPED) for c in task.containers)
    return task.with_(
        containers=containers,
        last_status=TaskStatus.STOPPED,
        stopped_at=now,
        connectivity="DISCONNECTED",
        attachments=tuple(a.with_(status="DELETED") for a in task.attachments),
        version=task.version + 1,
    )
