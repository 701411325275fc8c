"""The control loop: dirty keys and timers in, one turn at a time, actions out.

A turn reconciles every dirty key in a fixed order, makes the changes durable, then starts the
actions. Nothing in a turn waits but the flush. It decides nothing by itself.
"""

import asyncio
import heapq
import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ecstui.base.clock import Clock
from ecstui.base.naps import nap
from ecstui.control.setup import Limits
from ecstui.plan.actions import Action
from ecstui.store.store import Store
from ecstui.store.tables import Transaction

logger = logging.getLogger(__name__)

Key = tuple[str, str]
"""Room (`engines`, `daemons`, `services`, `tasks`, …) and key of the record there."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What reconciling one key asks for, besides the records that it changed."""

    actions: tuple[Action, ...] = ()
    wake_at: float | None = None
    is_short_of_room: bool = False


Reconcile = Callable[[Transaction, str], Reconciled]


@dataclass(frozen=True, slots=True)
class TurnReport:
    """One turn, for the flight recorder."""

    at: float
    seconds: float
    keys: int
    actions: int
    failures: tuple[str, ...] = ()


@dataclass(slots=True)
class _Backoff:
    """How often a key failed in a row."""

    failures: dict[Key, int] = field(default_factory=dict)

    def wait_seconds(self, key: Key) -> float:
        count = self.failures.get(key, 0) + 1
        self.failures[key] = count
        return min(60.0, 2.0 ** (count - 1))


class ControlLoop:
    """Takes dirty keys, reconciles them, and starts what they ask for."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        limits: Limits,
        rooms: Mapping[str, Reconcile],
        perform: Callable[[Key, Action], None],
    ) -> None:
        """`rooms`: reconcilers in the order in which a turn runs them."""
        self._store = store
        self._clock = clock
        self._limits = limits
        self._rooms = rooms
        self._perform = perform
        self._dirty: dict[str, dict[str, None]] = {room: {} for room in rooms}
        self._left: list[Key] = []
        """Taken by an earlier turn, which had no more time: they come before any other."""
        self._heap: list[tuple[float, Key]] = []
        self._wakes: dict[Key, float] = {}
        self._backoff = _Backoff()
        self._poked = asyncio.Event()
        self.short_of_room: dict[str, None] = {}
        """Services that would start more tasks if there were room."""
        self.turns: deque[TurnReport] = deque(maxlen=1_000)

    def mark(self, room: str, key: str) -> None:
        """Have a key reconciled in the next turn."""
        self._dirty[room][key] = None
        self._poked.set()

    def wake(self, room: str, key: str, at: float) -> None:
        """Have a key reconciled at `at` (POSIX seconds), or sooner if it said so before."""
        slot = (room, key)
        known = self._wakes.get(slot)
        if known is None or at < known:
            self._wakes[slot] = at
            heapq.heappush(self._heap, (at, slot))
            self._poked.set()

    @property
    def is_idle(self) -> bool:
        """Whether no key is dirty."""
        return not self._left and not any(self._dirty.values())

    async def run(self) -> None:
        """Turn for ever; ends only by cancellation or a failed flush."""
        while True:
            await self._wait()
            await self.turn()
            await asyncio.sleep(0)  # a turn that changed nothing has not let others go on

    async def _wait(self) -> None:
        self._take_due(self._clock.now())
        while self.is_idle:
            self._poked.clear()
            await nap(self._poked, self._nap_seconds())
            self._take_due(self._clock.now())

    def _nap_seconds(self) -> float:
        limit = self._limits.longest_nap_seconds
        if not self._heap:
            return limit
        return max(0.001, min(limit, self._heap[0][0] - self._clock.now()))

    def _take_due(self, now: float) -> None:
        while self._heap and self._heap[0][0] <= now:
            at, slot = heapq.heappop(self._heap)
            if self._wakes.get(slot) == at:
                del self._wakes[slot]
                self._dirty[slot[0]][slot[1]] = None

    async def turn(self) -> TurnReport:
        """Reconcile dirty keys while there is time, make it durable, start the actions."""
        began = self._clock.now()
        self._take_due(began)
        keys = self._left or self._take_dirty()
        self._left = []
        planned: list[tuple[Key, Reconciled]] = []
        failures = []
        for position, key in enumerate(keys):
            if position and self._clock.now() - began > self._limits.turn_seconds:
                keys, self._left = keys[:position], keys[position:]
                break
            try:
                planned.append((key, self._reconcile(key)))
                self._backoff.failures.pop(key, None)
            except Exception:
                logger.exception("reconciling %s failed; trying again later", key)
                failures.append(f"{key[0]} {key[1]}")
                self.wake(*key, began + self._backoff.wait_seconds(key))
        await self._store.flush()
        count = 0
        for key, reconciled in planned:
            if reconciled.wake_at is not None:
                self.wake(*key, reconciled.wake_at)
            for action in reconciled.actions:
                count += 1
                self._perform(key, action)
        report = TurnReport(began, self._clock.now() - began, len(keys), count, tuple(failures))
        self.turns.append(report)
        return report

    def _reconcile(self, key: Key) -> Reconciled:
        room, name = key
        reconcile = self._rooms[room]
        reconciled = self._store.update(lambda tx: reconcile(tx, name))
        if reconciled.is_short_of_room:
            self.short_of_room[name] = None
        else:
            self.short_of_room.pop(name, None)
        return reconciled

    def _take_dirty(self) -> list[Key]:
        taken: list[Key] = []
        for room, keys in self._dirty.items():
            for key in list(keys):
                if len(taken) >= self._limits.keys_per_turn:
                    return taken
                del keys[key]
                taken.append((room, key))
        return taken
