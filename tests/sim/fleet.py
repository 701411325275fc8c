"""Runs many seeds in several processes and counts what came of them; judges nothing.

A seed whose process fails altogether counts as a violation, and the others go on.
"""

import gc
import signal
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context

from tests.sim.run import Trace, run
from tests.sim.verdict import Violation
from tests.sim.workload import scenario_of

_TELL_SECONDS = 30.0
_REAL_SECONDS = 60


class Endless(BaseException):
    """A seed takes for ever; no `except Exception` of the product may swallow it."""


_rung: list[Endless] = []
"""Why the world of the present seed is not to be judged: a task may have swallowed the alarm."""


def sail(seeds: Sequence[int], jobs: int) -> Iterator[tuple[int, Trace]]:
    """Run the seeds, some at once; results come in the order of the seeds."""
    with get_context("spawn").Pool(jobs, _prepare) as pool:
        yield from pool.imap(outcome_of, seeds, chunksize=5)


def outcome_of(seed: int) -> tuple[int, Trace]:
    """Run one seed; what breaks the simulator itself is told as a violation of L0."""
    signal.signal(signal.SIGALRM, _on_alarm)
    signal.alarm(_REAL_SECONDS)
    _rung.clear()
    try:
        trace = run(scenario_of(seed))
        for alarm in _rung:
            raise alarm
        return seed, trace
    except (Exception, Endless):
        words = traceback.format_exc().strip().replace("\n", " | ")
        return seed, Trace((Violation("L0", -1.0, words),), "", 0, 0, 0, 0.0)
    finally:
        signal.alarm(0)
        gc.collect()


def _on_alarm(_signal: int, _frame: object) -> None:
    _rung.append(Endless(f"not over after {_REAL_SECONDS} s of real time"))
    raise _rung[-1]


def _prepare() -> None:
    """Have the collector look at one world at a time, and never through the modules again.

    It takes a fifth of the time otherwise. The first world brings up what all of them use.
    """
    gc.disable()
    run(scenario_of(0))
    gc.collect()
    gc.freeze()


@dataclass(slots=True)
class Tally:
    """What came of the seeds so far."""

    first: int
    wanted: int
    began: float = field(default_factory=time.perf_counter)
    runs: int = 0
    lives: int = 0
    turns: int = 0
    changes: int = 0
    simulated_seconds: float = 0.0
    failed: list[int] = field(default_factory=list)
    _told_at: float = field(default_factory=time.perf_counter)

    def add(self, seed: int, trace: Trace) -> None:
        """Count one more."""
        self.runs += 1
        self.lives += trace.lives
        self.turns += trace.turns
        self.changes += trace.changes
        self.simulated_seconds += trace.seconds
        if trace.violations:
            self.failed.append(seed)

    @property
    def is_telling(self) -> bool:
        """Whether it is time for a line again."""
        now = time.perf_counter()
        if now - self._told_at < _TELL_SECONDS:
            return False
        self._told_at = now
        return True

    def __str__(self) -> str:
        seconds = time.perf_counter() - self.began
        return (
            f"{self.runs} of {self.wanted} seeds from {self.first}: {len(self.failed)} failed; "
            f"{self.lives} plane starts, {self.lives - self.runs} of them after a crash or stop, "
            f"{self.turns} turns, {self.changes} changes; {seconds:.0f} s, "
            f"{self.runs / seconds:.1f} seeds/s, {self.simulated_seconds / seconds:,.0f} times "
            "real time"
        )
