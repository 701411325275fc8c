"""A client that plays a recording: the same view and feed as when it was made, at any speed.

It can be paused and moved to any time; nothing can be asked of it or changed.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import TypeVar

from ecstui.base.errors import ClientException
from ecstui.client.lines import UnreadableLineError
from ecstui.client.recording import Recording, RecordingError
from ecstui.client.replica import Replica
from ecstui.model.exec import ExecOrder, ExecSession
from ecstui.model.logs import LogLine, LogWindow
from ecstui.model.shape import Request, Shape
from ecstui.store.feed import Batch, Resync
from ecstui.store.tables import View

R = TypeVar("R", bound=Shape)

LEAST_SPEED, MOST_SPEED = 0.1, 1000.0
_NO_ANSWER = "This is a recording: nothing can be asked of it or changed."


class ReplayClient:
    """A `Client` over a recording."""

    def __init__(self, recording: Recording, speed: float = 1.0) -> None:
        """Begins to play when it is used first, inside of an event loop."""
        self._lines, self._ends_at = recording.lines, recording.ends_at
        self._begins_at = recording.begins_at
        self._replica = Replica()
        self._next = 0
        self._speed = speed
        self._is_paused = False
        self._at = recording.begins_at
        self._since: float | None = None
        """Time of the loop at which the recording was at `_at`."""
        self._moved = asyncio.Event()
        self._has_jumped = False

    # -- time ---------------------------------------------------------------------------------

    @property
    def speed(self) -> float:
        """Recorded seconds in each second."""
        return self._speed

    @property
    def is_paused(self) -> bool:
        """Whether it stands still."""
        return self._is_paused

    @property
    def is_over(self) -> bool:
        """Whether everything was played."""
        return self.now() >= self._ends_at

    def now(self) -> float:
        """The recorded time that it is now, POSIX seconds."""
        passed = 0.0
        if self._since is not None and not self._is_paused:
            passed = (asyncio.get_running_loop().time() - self._since) * self._speed
        return min(self._at + passed, self._ends_at)

    def play(self, *, speed: float | None = None, is_paused: bool | None = None) -> None:
        """Go on from here at another speed, or stand still."""
        self._at, self._since = self.now(), asyncio.get_running_loop().time()
        if speed is not None:
            self._speed = max(LEAST_SPEED, min(speed, MOST_SPEED))
        if is_paused is not None:
            self._is_paused = is_paused
        self._wake()

    def seek(self, at: float) -> None:
        """Go on from another time; before its begin is its begin."""
        self._at = max(self._begins_at, min(at, self._ends_at))
        self._since = asyncio.get_running_loop().time()
        self._has_jumped = True
        self._wake()

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    # -- client -------------------------------------------------------------------------------

    @property
    def view(self) -> View:
        """The records as they were."""
        return self._replica

    @property
    def problem(self) -> str | None:
        """A recording is always there."""
        return None

    async def call(self, request: Request[R]) -> R:
        """Nothing can be asked: raises `ClientException`."""
        raise ClientException(_NO_ANSWER)

    async def logs(
        self, task_arn: str, container: str, window: LogWindow
    ) -> AsyncGenerator[Sequence[LogLine]]:
        """Lines were not recorded: raises `ClientException`."""
        for _ in ("once",):  # a generator, as the protocol has it
            raise ClientException("Lines of logs are not in a recording.")
        yield ()

    async def execute(self, task_arn: str, container: str, order: ExecOrder) -> ExecSession:
        """Nothing runs here: raises `ClientException`."""
        raise ClientException("This is a recording: its containers run no more.")

    async def close(self) -> None:
        """Nothing to let go of."""

    async def changes(self) -> AsyncGenerator[Batch | Resync | None]:
        """What changed, at the time at which it did.

        Raises `RecordingError` at a line that is damaged, where the recording ends from then on:
        called again, what is before it can be played.
        """
        if self._since is None:
            self._since = asyncio.get_running_loop().time()
        self._take_until_now()
        yield self._replica.snapshot()
        lines = self._lines
        while True:
            if self._has_jumped:
                self._has_jumped = False
                self._replica, self._next = Replica(), 0
                self._take_until_now()
                yield self._replica.snapshot()
            elif self._next < len(lines) and lines[self._next][0] <= self.now():
                item = self._take()
                if item is not None:
                    yield item
            else:
                await self._wait()

    async def _wait(self) -> None:
        """Until the next line is due, or somebody moved the time."""
        lines = self._lines
        is_still = self._is_paused or self._next >= len(lines)
        seconds = None if is_still else (lines[self._next][0] - self.now()) / self._speed
        try:
            async with asyncio.timeout(None if seconds is None else max(0.0, seconds)):
                await self._moved.wait()
        except TimeoutError:
            return

    def _take_until_now(self) -> None:
        lines, now = self._lines, self.now()
        while self._next < len(lines) and lines[self._next][0] <= now:
            self._take()

    def _take(self) -> Batch | Resync | None:
        _, line = self._lines[self._next]
        try:
            found = self._replica.take_line(line)
        except UnreadableLineError as error:
            self._lines = self._lines[: self._next]
            self._ends_at = self._lines[-1][0] if self._lines else self._begins_at
            raise RecordingError(f"The recording cannot be read on: {error}") from error
        self._next += 1
        return found
