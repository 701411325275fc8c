"""How a task ended: whether something went wrong with it, and why, in words.

Pure, from the task's record alone. It never judges tasks that have not been told to stop.
"""

from ecstui.model.enums import StopCode
from ecstui.model.task import TaskRecord
from ecstui.plan.deployments import FAILED_HEALTH_CHECKS


def is_failure(task: TaskRecord) -> bool:
    """Whether a task ended, or ends, because something went wrong with it."""
    if task.stop_code in (StopCode.TASK_FAILED_TO_START, StopCode.ESSENTIAL_CONTAINER_EXITED):
        return True
    return task.stopped_reason == FAILED_HEALTH_CHECKS


def end_of(task: TaskRecord) -> str:
    """Why a task ended: its reason, with the exit codes that are not 0."""
    codes = [
        f"{c.name} exit {c.exit_code}" for c in task.containers if c.exit_code not in (0, None)
    ]
    reasons = [c.reason for c in task.containers if c.reason and c.reason != task.stopped_reason]
    reason = task.stopped_reason or "stopped"
    if codes and reason == "Essential container in task exited":
        return ", ".join([*codes, *reasons])
    return ", ".join([reason, *codes])
