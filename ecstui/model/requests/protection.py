"""Requests for scale-in protection of tasks (ecs.md 3.10)."""

from typing import ClassVar

from ecstui.model.shape import Failure, Request, Shape, Timestamp


class ProtectedTask(Shape):
    """Whether a task is protected, and until when."""

    task_arn: str
    protection_enabled: bool
    expiration_date: Timestamp | None = None


class UpdateTaskProtectionResponse(Shape):
    """The protection of each task after the call, and tasks that cannot have any."""

    protected_tasks: tuple[ProtectedTask, ...] = ()
    failures: tuple[Failure, ...] = ()


class UpdateTaskProtectionRequest(Request[UpdateTaskProtectionResponse]):
    """Protect 1 to 10 tasks of services from scale-in for a while, or no more."""

    response: ClassVar[type[Shape]] = UpdateTaskProtectionResponse
    cluster: str | None = None
    tasks: tuple[str, ...]
    protection_enabled: bool
    expires_in_minutes: int | None = None


class GetTaskProtectionResponse(Shape):
    """The protection of each task, and tasks that cannot have any."""

    protected_tasks: tuple[ProtectedTask, ...] = ()
    failures: tuple[Failure, ...] = ()


class GetTaskProtectionRequest(Request[GetTaskProtectionResponse]):
    """Show the protection of up to 100 tasks."""

    response: ClassVar[type[Shape]] = GetTaskProtectionResponse
    cluster: str | None = None
    tasks: tuple[str, ...] = ()


REQUESTS = (UpdateTaskProtectionRequest, GetTaskProtectionRequest)
