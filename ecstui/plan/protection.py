"""Scale-in protection of tasks: what is said while protected tasks hold a service up.

Which tasks are spared, `plan/service.py` decides; here are the words, and how they are known
again. Source: ecs.md 3.10.
"""

_UNABLE = "was unable to reach steady state because (taskSet "
_HELD = ") was unable to scale in due to (reason "


def held_by_protection(deployment_id: str, count: int) -> str:
    """The service event, without `(service NAME) ` in front."""
    return f"{_UNABLE}{deployment_id}{_HELD}{count} tasks under protection)"


def is_blocked_by_protection(trouble: str | None) -> bool:
    """Whether the last trouble of a service is that protected tasks do not go."""
    return trouble is not None and trouble.startswith(_UNABLE) and _HELD in trouble
