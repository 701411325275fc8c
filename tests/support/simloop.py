"""An event loop whose clock jumps: waiting takes no time, and waiting for nothing is an error.

Tests marked `sim` run on it. It never does I/O and never starts a thread, so its inner loop is
asyncio's without the parts for both: half of a simulation's time would go there.
"""

import asyncio
import contextvars
import heapq
import selectors
from collections.abc import Callable, Mapping
from selectors import SelectorKey
from typing import NoReturn, TypeVarTuple, Unpack

_ROUNDS_WITHOUT_TIME = 200_000

Ts = TypeVarTuple("Ts")


class Stuck(Exception):
    """Every task waits and no timer is armed: nothing would ever happen again."""


class InCircles(Exception):
    """The loop ran and ran, and no time passed: a real one would burn a core for ever."""


class _NoSelector(selectors.BaseSelector):
    """Remembers files and never waits: the loop registers the pipe with which it wakes itself."""

    def __init__(self) -> None:
        self._keys: dict[int, SelectorKey] = {}

    def register(self, fileobj: object, events: int, data: object = None) -> SelectorKey:
        """Remember a file."""
        key = SelectorKey(fileobj, _descriptor_of(fileobj), events, data)  # type: ignore[arg-type]
        self._keys[key.fd] = key
        return key

    def unregister(self, fileobj: object) -> SelectorKey:
        """Forget a file."""
        return self._keys.pop(_descriptor_of(fileobj))

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Nothing ever becomes ready."""
        return []

    def get_map(self) -> Mapping[int, SelectorKey]:  # type: ignore[override]
        """The files that are registered, by descriptor."""
        return self._keys


class _Soon(asyncio.Handle):
    """A callback of the next round, without what asyncio keeps for debugging."""

    __slots__ = ()

    def __init__(
        self,
        callback: Callable[..., object],
        args: tuple[object, ...],
        context: contextvars.Context | None,
    ) -> None:
        self._callback = callback
        self._args = args
        self._context = contextvars.copy_context() if context is None else context
        self._cancelled = False
        self._repr = None
        self._source_traceback = None

    def cancel(self) -> None:
        self._cancelled = True
        self._callback = self._args = None  # type: ignore[assignment]


class _Handle(asyncio.TimerHandle):
    """A callback to come, without what asyncio keeps for debugging."""

    __slots__ = ()

    def __init__(
        self,
        when: float,
        callback: Callable[..., object],
        args: tuple[object, ...],
        context: contextvars.Context | None,
    ) -> None:
        self._when = when
        self._callback = callback
        self._args = args
        self._context = contextvars.copy_context() if context is None else context
        self._cancelled = False
        self._scheduled = False
        self._repr = None
        self._source_traceback = None

    def cancel(self) -> None:
        self._cancelled = True
        self._callback = self._args = None  # type: ignore[assignment]


class SimLoop(asyncio.SelectorEventLoop):
    """asyncio's loop on a clock that starts at zero and moves only while every task waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self._timers: list[tuple[float, int, _Handle]] = []
        self._armed = 0
        self._rounds = 0
        super().__init__(_NoSelector())

    def time(self) -> float:
        """Seconds since the loop was made, as far as its tasks waited."""
        return self.now

    def call_soon(
        self,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        """Have a callback run in the next round, after those that came before."""
        if self._closed:  # type: ignore[attr-defined]
            self._check_closed()  # type: ignore[attr-defined]
        handle = _Soon(callback, args, context)
        self._ready.append(handle)  # type: ignore[attr-defined]
        return handle

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Have a callback run at a time; those of one time in the order in which they came."""
        self._check_closed()  # type: ignore[attr-defined]
        handle = _Handle(when, callback, args, context)
        self._armed += 1
        heapq.heappush(self._timers, (when, self._armed, handle))
        return handle

    def _run_once(self) -> None:
        """Rounds until somebody calls `stop`.

        Raises:
            Stuck: every task waits and no timer is armed.
            InCircles: very many rounds at one time.
        """
        ready = self._ready  # type: ignore[attr-defined]
        while True:
            if not ready:
                self._jump()
            if self._timers and self._timers[0][0] <= self.now:
                self._take_due()
            self._rounds += 1
            if self._rounds > _ROUNDS_WITHOUT_TIME:
                self._rounds = 0  # whoever cleans up gets as many
                raise InCircles(f"the event loop runs in circles at {self.now:.3f} s")
            for _ in range(len(ready)):
                handle = ready.popleft()
                if not handle._cancelled:
                    self._call(handle)
            if self._stopping:  # type: ignore[attr-defined]
                return

    def _call(self, handle: _Soon | _Handle) -> None:
        try:
            handle._context.run(handle._callback, *handle._args)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:  # as asyncio does: a callback ends nobody but itself
            message = f"Exception in callback {handle._callback!r}"
            self.call_exception_handler({"message": message, "exception": error, "handle": handle})

    def _jump(self) -> None:
        """Let the time pass until the next timer."""
        timers = self._timers
        while timers and timers[0][2]._cancelled:
            heapq.heappop(timers)
        if not timers:
            if self._stopping:  # type: ignore[attr-defined]
                return
            raise Stuck("every task waits and no timer is armed")
        if timers[0][0] > self.now:
            self.now = timers[0][0]
            self._rounds = 0

    def _take_due(self) -> None:
        timers, now = self._timers, self.now
        while timers and timers[0][0] <= now:
            handle = heapq.heappop(timers)[2]
            if not handle._cancelled:
                self._ready.append(handle)  # type: ignore[attr-defined]

    def run_in_executor(
        self, executor: object, func: Callable[..., object], *args: object
    ) -> NoReturn:
        """Refuse: a thread would take real time.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(f"{func!r}: no threads in simulated time")


def _descriptor_of(fileobj: object) -> int:
    return fileobj if isinstance(fileobj, int) else fileobj.fileno()  # type: ignore[attr-defined]
