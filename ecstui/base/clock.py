"""Wall time for records. Waiting is asyncio's business; this module only says what time it is.

It must never go back: records are compared by their timestamps.
"""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time that goes into records."""

    def now(self) -> float:
        """POSIX seconds UTC, never decreasing."""
        ...


class SystemClock:
    """The machine's clock, held still while the machine's clock is set back."""

    def __init__(self) -> None:
        """Start at the machine's present time."""
        self._latest = 0.0

    def now(self) -> float:
        """POSIX seconds UTC, never decreasing."""
        self._latest = max(self._latest, time.time())
        return self._latest


class LoopClock:
    """Time of the running event loop, shifted to `epoch`; follows a simulated loop's jumps."""

    def __init__(self, epoch: float) -> None:
        """`epoch`: POSIX seconds at which the loop's own clock was zero."""
        self._epoch = epoch

    def now(self) -> float:
        """POSIX seconds UTC, never decreasing while one loop runs."""
        return self._epoch + asyncio.get_running_loop().time()
