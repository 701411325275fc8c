"""What a local client and the doors need of a control plane.

Tests put a plane of their own behind the doors to make them see faults that a real one has only
with a broken disk or a slow engine.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol, TypeVar

from ecstui.model.exec import ExecOrder, ExecSession
from ecstui.model.logs import LogLine, LogWindow
from ecstui.model.shape import Request, Shape
from ecstui.store.feed import Batch, Resync
from ecstui.store.tables import View

R = TypeVar("R", bound=Shape)


class Plane(Protocol):
    """A control plane, as those who call it see it."""

    @property
    def store(self) -> View:
        """Its records."""
        ...

    async def call(self, request: Request[R], caller: str = "local") -> R:
        """Carry out one operation; raises `EcsError`."""
        ...

    def batches(self, since: int | None = None) -> AsyncGenerator[Batch | Resync]:
        """Durable changes as they come."""
        ...

    def logs(
        self, task_arn: str, container: str, window: LogWindow
    ) -> AsyncGenerator[Sequence[LogLine]]:
        """Batches of lines of one container of a task."""
        ...

    async def execute(self, task_arn: str, container: str, order: ExecOrder) -> ExecSession:
        """Run a command in a container of a task; raises `EcsError`."""
        ...

    async def wait_failed(self) -> Exception:
        """Wait until it had to stop by itself, and say why."""
        ...

    async def stop(self, *, tasks: bool = False) -> None:
        """Stop managing; with `tasks`, stop every task first."""
        ...
