"""Pace: the waits that ECS fixes, in one table with two columns.

`aws` holds ECS's own values, `local` quick ones for a machine of one's own. A value that the user
gives explicitly (health check intervals, stopTimeout, grace period…) always holds as given.
"""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Pace:
    """One column of the table; every value in seconds."""

    name: str
    settling_seconds: float
    """RUNNING for so long, a task without checks counts as healthy (ecs.md 6.4)."""
    throttle_first_seconds: float
    """Wait after the third start in a row that failed; doubles each time (ecs.md 6.10)."""
    throttle_limit_seconds: float
    """The longest wait between failing starts."""
    crash_first_seconds: float
    """Wait after the third task in a row that ran and soon died; doubles each time."""
    crash_limit_seconds: float
    """The longest wait between tasks that run and soon die (a scheduler pass, ecs.md 0.2)."""
    quick_exit_seconds: float
    """A task that died within so long after it started has soon died."""
    repeat_event_seconds: float
    """The same trouble is not told again sooner (ecs.md 6.11)."""
    instance_lost_seconds: float
    """An engine silent for so long has lost its tasks (ecs.md 4.3)."""
    stopped_task_seconds: float
    """Stopped tasks stay visible for so long (ecs.md 0.2)."""
    stopped_container_seconds: float
    """Containers of stopped tasks keep their logs for so long (ecs.md 0.2)."""
    scaling_period_seconds: float
    """Managed scaling looks at a capacity provider so often (ecs.md 4.6)."""
    instance_warmup_seconds: float
    """`instanceWarmupPeriod` where none is given (ecs.md 4.6)."""
    alarm_bake_seconds: float
    """So long a finished rollout is watched for alarms that say nothing of it (ecs.md 6.9)."""
    history_seconds: float
    """Service deployments are kept for so long after they ended (ecs.md 6.13)."""
    waiting_limit_seconds: float
    """A task waits in PROVISIONING for capacity no longer than that (ecs.md 4.6)."""
    draining_hook_seconds: float
    """An instance that its group takes away is held for its tasks so long (ecs.md 4.6)."""


class PaceName(StrEnum):
    """Columns of the table."""

    LOCAL = "local"
    AWS = "aws"


PACES = {
    PaceName.AWS: Pace(
        name="aws",
        settling_seconds=40.0,
        throttle_first_seconds=10.0,
        throttle_limit_seconds=900.0,
        crash_first_seconds=10.0,
        crash_limit_seconds=10.0,
        quick_exit_seconds=10.0,
        repeat_event_seconds=6 * 3600.0,
        instance_lost_seconds=120.0,
        stopped_task_seconds=3600.0,
        stopped_container_seconds=3 * 3600.0,
        scaling_period_seconds=60.0,
        instance_warmup_seconds=300.0,
        alarm_bake_seconds=60.0,
        history_seconds=90 * 86400.0,
        waiting_limit_seconds=900.0,
        draining_hook_seconds=48 * 3600.0,
    ),
    PaceName.LOCAL: Pace(
        name="local",
        settling_seconds=2.0,
        throttle_first_seconds=1.0,
        throttle_limit_seconds=60.0,
        crash_first_seconds=0.5,
        crash_limit_seconds=10.0,
        quick_exit_seconds=10.0,
        repeat_event_seconds=600.0,
        instance_lost_seconds=20.0,
        stopped_task_seconds=3600.0,
        stopped_container_seconds=1800.0,
        scaling_period_seconds=5.0,
        instance_warmup_seconds=10.0,
        alarm_bake_seconds=5.0,
        history_seconds=86400.0,
        waiting_limit_seconds=300.0,
        draining_hook_seconds=3600.0,
    ),
}
