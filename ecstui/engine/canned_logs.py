"""The log of a simulated container, worked out when it is read.

Lines of canned servers follow from a seed and the time, so a log that nobody reads costs nothing;
lines that scripts print are kept. As with a rotated log, only the newest part can be read.
"""

import heapq
import itertools
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ecstui.engine import canned_lines
from ecstui.engine.behaviour import Behaviour
from ecstui.model.logs import LogLine

HISTORY_LINES = 5_000
"""Lines of a log that can be read, and those that a script can leave."""
_RUNS_KEPT = 10
_LINES_PER_SLOT = 4.0
_SLOT_SECONDS_LEAST, _SLOT_SECONDS_MOST = 0.5, 300.0
_SLOT_GAP_SECONDS = 0.01
_OPENING_SECONDS = 1.5
_LOOKAHEAD_SLOTS = 50
_AFTER_EACH_OTHER_SECONDS = 0.000_05
_TICK_SECONDS = 0.000_001


@dataclass(slots=True)
class ServerLog:
    """What one run of a canned server writes, from its start to its end."""

    behaviour: Behaviour
    seed: int
    started_at: float
    ended_at: float = math.inf
    _slot: tuple[int, list[LogLine]] = field(default=(-2, []))

    def between(self, start: float, end: float) -> Iterator[LogLine]:
        """Lines with start < at <= end, oldest first."""
        end = min(end, self.ended_at)
        slot = self._slot_of(start)
        last = self._slot_of(end)
        while slot <= last:
            yield from (line for line in self._lines(slot) if start < line.at <= end)
            slot += 1

    def before(self, end: float) -> Iterator[LogLine]:
        """Lines with at <= end, newest first."""
        end = min(end, self.ended_at)
        for slot in range(self._slot_of(end), -2, -1):
            yield from (line for line in reversed(self._lines(slot)) if line.at <= end)

    def next_after(self, at: float) -> float:
        """Time of the next line after `at`, or a time before it at which to ask again."""
        slot = self._slot_of(at)
        for number in range(slot, slot + _LOOKAHEAD_SLOTS):
            times = [line.at for line in self._lines(number) if line.at > at]
            if times:
                return min(times[0], self.ended_at)
        return self._start_of(slot + _LOOKAHEAD_SLOTS)

    @property
    def _slot_seconds(self) -> float:
        rate = self.behaviour.lines_per_second.mean
        if not rate:
            return math.inf
        return min(max(_LINES_PER_SLOT / rate, _SLOT_SECONDS_LEAST), _SLOT_SECONDS_MOST)

    def _start_of(self, slot: int) -> float:
        if slot < 0:
            return self.started_at
        passed = slot * self._slot_seconds if slot else 0.0
        return self.started_at + _OPENING_SECONDS + passed

    def _slot_of(self, at: float) -> int:
        """Number of the slot of a time: -1 is the opening."""
        passed = at - self.started_at - _OPENING_SECONDS
        if passed < 0:
            return -1
        return 0 if math.isinf(self._slot_seconds) else int(passed / self._slot_seconds)

    def _lines(self, slot: int) -> list[LogLine]:
        if self._slot[0] != slot:
            self._slot = (slot, self._opening() if slot < 0 else self._made(slot))
        return self._slot[1]

    def _opening(self) -> list[LogLine]:
        lots = random.Random(self.seed)
        kind = self.behaviour.log
        return [
            LogLine(self.started_at + passed, *written)
            for passed, written in canned_lines.opening(kind, lots, self.started_at)
        ]

    def _made(self, slot: int) -> list[LogLine]:
        start, seconds = self._start_of(slot), self._slot_seconds
        if math.isinf(seconds):
            return []
        lots = random.Random(self.seed + 7_919 * (slot + 1))
        count = _poisson(self.behaviour.lines_per_second.at(start) * seconds, lots)
        # What belongs to one moment takes a little longer: it must not reach into the next slot.
        room = seconds - _SLOT_GAP_SECONDS
        times = sorted(start + room * lots.random() for _ in range(count))
        lines: list[LogLine] = []
        for at in times:
            for number, written in enumerate(canned_lines.line(self.behaviour.log, lots, at)):
                lines.append(LogLine(at + number * _AFTER_EACH_OTHER_SECONDS, *written))
        lines.sort(key=lambda line: line.at)
        return lines

    def last_words(self, exit_code: int) -> list[tuple[str, str]]:
        """Stream and text of what it writes when it ends by itself."""
        lots = random.Random(self.seed - 1)
        return list(canned_lines.closing(self.behaviour.log, lots, self.ended_at, exit_code))


def _poisson(mean: float, lots: random.Random) -> int:
    """A number of independent events with this mean; means here are small."""
    limit, product, count = math.exp(-min(mean, 500.0)), lots.random(), 0
    while product > limit:
        product *= lots.random()
        count += 1
    return count


@dataclass(frozen=True, slots=True)
class LogPlace:
    """How far a log was read: a time, and the number of lines printed before."""

    at: float
    printed: int


class ContainerLog:
    """Everything a container has written, over all its runs."""

    def __init__(self) -> None:
        """Start empty."""
        self._printed: list[LogLine] = []  # an empty deque would take 760 bytes
        self._printed_count = 0
        self._servers: list[ServerLog] = []

    def print(self, line: LogLine) -> None:
        """Keep a line; a time that is not later than the line before is moved a little."""
        if self._printed and line.at <= self._printed[-1].at:
            line = replace(line, at=self._printed[-1].at + _TICK_SECONDS)
        self._printed.append(line)
        del self._printed[:-HISTORY_LINES]
        self._printed_count += 1

    def add(self, server: ServerLog) -> None:
        """A canned server began to write."""
        self._servers.append(server)
        del self._servers[:-_RUNS_KEPT]

    def place(self, now: float) -> LogPlace:
        """The end of what is written now."""
        return LogPlace(now, self._printed_count)

    def last(self, count: int | None, since: float | None, now: float) -> list[LogLine]:
        """The last `count` lines up to now that are not older than `since`, oldest first."""
        count = HISTORY_LINES if count is None else min(count, HISTORY_LINES)
        sources = [iter(reversed(self._printed)), *(server.before(now) for server in self._servers)]
        newest_first = heapq.merge(*sources, key=lambda line: line.at, reverse=True)
        wanted = itertools.takewhile(
            lambda line: since is None or line.at >= since, itertools.islice(newest_first, count)
        )
        return list(wanted)[::-1]

    def after(self, place: LogPlace, since: float | None, now: float) -> list[LogLine]:
        """Lines written after a place was taken and not older than `since`, oldest first."""
        first = len(self._printed) - (self._printed_count - place.printed)
        printed = itertools.islice(self._printed, max(first, 0), None)
        servers = (s.between(place.at, now) for s in self._servers if s.ended_at > place.at)
        lines = heapq.merge(printed, *servers, key=lambda line: line.at)
        return [line for line in lines if since is None or line.at >= since]

    def next_after(self, at: float) -> float:
        """When to look again for lines that are not printed by scripts; infinity: never."""
        times = [server.next_after(at) for server in self._servers if server.ended_at > at]
        return min(times, default=math.inf)
