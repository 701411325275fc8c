"""The client: one verb to change things, one live view to read, one stream of log lines.

Front ends know nothing else of the control plane. A client never decides and never retries a
request by itself; it does reconnect its feed.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Protocol, TypeVar

from ecstui.model.exec import ExecOrder, ExecSession
from ecstui.model.logs import LogLine, LogWindow
from ecstui.model.shape import Request, Shape
from ecstui.store.feed import Batch, Resync
from ecstui.store.tables import View

R = TypeVar("R", bound=Shape)


class Client(Protocol):
    """What the UI and the command line hold."""

    @property
    def view(self) -> View:
        """The live tables; reading them never waits."""
        ...

    @property
    def problem(self) -> str | None:
        """Why the view is not live at the moment (daemon gone), in words; None when it is."""
        ...

    async def call(self, request: Request[R]) -> R:
        """Carry out one operation; raises `EcsError` or `DaemonUnreachableError`."""
        ...

    def changes(self) -> AsyncGenerator[Batch | Resync | None]:
        """Each batch after `view` has taken it in; None when `problem` changed."""
        ...

    def logs(
        self, task_arn: str, container: str, window: LogWindow
    ) -> AsyncIterator[Sequence[LogLine]]:
        """Batches of lines of one container of a task, also of stopped ones while kept."""
        ...

    async def execute(self, task_arn: str, container: str, order: ExecOrder) -> ExecSession:
        """Run a command in a container; the name may be empty when the task has only one.

        Raises `EcsError` or `DaemonUnreachableError`. Close the session: that ends the command.
        """
        ...

    async def close(self) -> None:
        """Let go of streams and connections; what runs goes on running."""
        ...
