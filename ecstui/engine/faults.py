"""What may go wrong between a control plane and a simulated engine, as one frozen object.

All of it is off by default. Ratios are chances per call, between 0 and 1.
"""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Faults:
    """Chances and sizes of what goes wrong; what a container does by itself is its Behaviour."""

    latency_seconds: float = 0.0
    """Mean extra time of each call, some of it before the effect and some after it."""
    slow_ratio: float = 0.0
    """Calls that take `slow_seconds` longer in the mean: the long tail."""
    slow_seconds: float = 10.0
    error_ratio: float = 0.0
    """Calls that fail before they did anything."""
    lost_answer_ratio: float = 0.0
    """Calls that do what they should, and time out all the same."""
    timeout_seconds: float = 60.0
    """How long the caller waits for a lost answer."""
    hint_lost_ratio: float = 0.0
    hint_doubled_ratio: float = 0.0
    hint_late_ratio: float = 0.0
    hint_late_seconds: float = 5.0
    """Mean delay of late hints, which come out of order by that."""
    list_failing_ratio: float = 0.0
    list_stale_ratio: float = 0.0
    """Full looks that show what an earlier one showed."""
    pull_failing_ratio: float = 0.0
    pull_slow_ratio: float = 0.0
    pull_slow_factor: float = 20.0

    def draw_latency(self, lots: random.Random) -> tuple[float, float]:
        """Seconds before and after the effect of one call."""
        total = lots.expovariate(1 / self.latency_seconds) if self.latency_seconds else 0.0
        if happens(self.slow_ratio, lots):
            total += lots.expovariate(1 / self.slow_seconds)
        share = lots.random() if total else 0.0
        return total * share, total * (1 - share)


def happens(ratio: float, lots: random.Random) -> bool:
    """Whether something of this chance happens; no lot is drawn where it cannot."""
    return ratio > 0 and lots.random() < ratio
