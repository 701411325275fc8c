"""Wall time. Waiting is asyncio's business; this module only says what time it is.

The time of records must never go back: they are compared by their timestamps.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Tells the time that goes into records."""

    def now(self) -> float:
        """POSIX seconds UTC, never decreasing."""
        ...


class SystemClock:
    """The machine's clock; while that is set back, time goes on from where it was."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        counted: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start at the machine's present time; `counted` is a clock that nobody can set."""
        self._wall = wall
        self._counted = counted
        self._latest = 0.0
        self._looked_at = counted()

    def now(self) -> float:
        """POSIX seconds UTC, never decreasing, and never standing still for long."""
        looked_at = self._counted()
        passed, self._looked_at = looked_at - self._looked_at, looked_at
        goes_on = self._latest + passed if self._latest else 0.0
        self._latest = max(self._wall(), goes_on)
        return self._latest

    def not_before(self, at: float) -> None:
        """Go on from `at`, when the machine's clock says an earlier time than records do."""
        self._latest = max(self.now(), at)


def machine_time() -> float:
    """POSIX seconds as the machine's clock is set now: what others on it go by, not records."""
    return time.time()


class LoopClock:
    """Time of the running event loop, shifted to `epoch`; follows a simulated loop's jumps."""

    def __init__(self, epoch: float) -> None:
        """`epoch`: POSIX seconds at which the loop's own clock was zero."""
        self._epoch = epoch

    def now(self) -> float:
        """POSIX seconds UTC, never decreasing while one loop runs."""
        return self._epoch + asyncio.get_running_loop().time()
