"""The client of a control plane in the same process: its view is the store itself, no copy.

The demo and the tests use it. It does not own the plane: closing it leaves the plane running.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import TypeVar

from ecstui.client.plane import Plane
from ecstui.client.pull import Pull
from ecstui.model.exec import ExecOrder, ExecSession
from ecstui.model.logs import LogLine, LogWindow
from ecstui.model.shape import Request, Shape
from ecstui.store.feed import Batch, Resync
from ecstui.store.tables import View

R = TypeVar("R", bound=Shape)


class LocalClient:
    """A `Client` over a plane in this process."""

    def __init__(self, plane: Plane) -> None:
        """`plane` runs already."""
        self._plane = plane
        self._problem: str | None = None

    @property
    def view(self) -> View:
        """The plane's own records."""
        return self._plane.store

    @property
    def problem(self) -> str | None:
        """Why the plane had to stop; None while it runs."""
        return self._problem

    async def call(self, request: Request[R]) -> R:
        """Carry out one operation; raises `EcsError`."""
        return await self._plane.call(request)

    async def changes(self) -> AsyncGenerator[Batch | Resync | None]:
        """Each batch, after `view` has it; None when the plane had to stop, and then no more."""
        failed = asyncio.ensure_future(self._plane.wait_failed())
        pull = Pull(self._plane.batches())
        try:
            while await pull.wait(failed):
                item = pull.take()
                if item is None:
                    return
                yield item
            self._problem = f"The control plane had to stop: {failed.result()}"
            yield None
        finally:
            failed.cancel()
            await asyncio.gather(failed, return_exceptions=True)
            await pull.close()

    def logs(
        self, task_arn: str, container: str, window: LogWindow
    ) -> AsyncGenerator[Sequence[LogLine]]:
        """Batches of lines of one container of a task; raises `EcsError`."""
        return self._plane.logs(task_arn, container, window)

    async def execute(self, task_arn: str, container: str, order: ExecOrder) -> ExecSession:
        """Run a command in a container of a task; raises `EcsError`."""
        return await self._plane.execute(task_arn, container, order)

    async def close(self) -> None:
        """Nothing to let go of: streams end with their readers."""
