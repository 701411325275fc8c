"""The observer: turns hints into looks, and looks into what planners see.

A hint is never a fact: it only says where to look. One look at a time per container; a look that
began before an action ended is not believed. A container that cannot be inspected is taken as a
list shows it, so that it can be stopped and removed, and says nothing about its engine.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import dataclass

from ecstui.base.clock import Clock
from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.base.naps import nap
from ecstui.control.setup import Limits
from ecstui.engine.protocol import ContainerEngine, EngineInfo
from ecstui.plan.spec import ContainerName, Observation
from ecstui.plan.translate import TASK_ARN_LABEL

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sighting:
    """All that is known of an engine's containers, and since when."""

    seen: Mapping[ContainerName, Observation]
    by_task: Mapping[str, Collection[ContainerName]]
    """Those of each task, by the ARN on their label, under whatever name."""
    looked_at: float
    """When the last full look began, POSIX seconds."""
    unsure: Container[ContainerName]
    """Containers with a look pending."""

    def of_task(self, arn: str) -> Sequence[Observation]:
        """The containers of a task."""
        return [self.seen[name] for name in self.by_task.get(arn, ())]

    def shows(self, name: ContainerName, since: float) -> bool:
        """Whether what is known of a container, or that there is none, is newer than `since`."""
        return self.looked_at > since and name not in self.unsure


class EngineObserver:
    """What one engine's containers look like."""

    def __init__(
        self,
        engine: ContainerEngine,
        owner: str,
        clock: Clock,
        limits: Limits,
        on_seen: Callable[[str, ContainerName], None],
        on_engine: Callable[[str], None],
    ) -> None:
        """`on_seen(engine, name)`: a container looks different; `on_engine`: reachable or not."""
        self._engine = engine
        self._owner = owner
        self._clock = clock
        self._limits = limits
        self._on_seen = on_seen
        self._on_engine = on_engine
        self.seen: dict[ContainerName, Observation] = {}
        self._by_task: dict[str, tuple[ContainerName, ...]] = {}
        self.info: EngineInfo | None = None
        self.problem: str | None = None
        self.is_connected = False
        self.has_looked = False
        self.silent_since: float | None = None
        """Since when the engine has not answered, POSIX seconds; None while it answers."""
        self._looked_at = 0.0
        self.first_sign = asyncio.Event()
        """Set when the first full look has succeeded or failed."""
        self._looking: dict[ContainerName, asyncio.Task[None]] = {}
        self._again: dict[ContainerName, None] = {}
        self._failing: set[ContainerName] = set()
        """Of those that are looked at: the engine answers, but not for them."""
        self._touched: dict[ContainerName, int] = {}
        self._touches = 0
        self._jobs: list[asyncio.Task[None]] = []
        self._wanted_look = asyncio.Event()
        self._is_back = asyncio.Event()
        """Set while the engine answers."""

    def is_looking(self, name: ContainerName) -> bool:
        """Whether a look at the container is pending."""
        return name in self._looking

    def sighting(self) -> Sighting | None:
        """All that is known; None before the first full look."""
        if not self.has_looked:
            return None
        return Sighting(self.seen, self._by_task, self._looked_at, self._looking)

    def start(self) -> None:
        """Begin to listen and to look around from time to time."""
        self.silent_since = self._clock.now()
        self._jobs = [
            asyncio.create_task(self._listen()),
            asyncio.create_task(self._look_around()),
        ]

    def look(self, name: ContainerName) -> None:
        """Look at one container soon; asked during a look, look once more after it."""
        self._touches += 1
        self._touched[name] = self._touches
        if name in self._looking:
            self._again[name] = None
            return
        self._looking[name] = asyncio.create_task(self._look(name))

    async def _look(self, name: ContainerName) -> None:
        """Look until a look succeeds: what was done to a container is never guessed."""
        wait = self._limits.retry_first_seconds
        try:
            while True:
                self._again.pop(name, None)
                try:
                    observation = await self._engine.inspect(name)
                except Exception as error:
                    self._note_failed_look(name, error)
                    self._wanted_look.set()
                    await self._before_next_try(wait)
                    wait = min(wait * 2.0, self._limits.retry_limit_seconds)
                    continue
                if name in self._again:
                    continue
                self._take(name, observation)
                break
        finally:
            if self._looking.get(name) is asyncio.current_task():  # else it was given up
                self._end_look(name)
        self._on_seen(self._engine.name, name)

    def _end_look(self, name: ContainerName) -> None:
        self._looking.pop(name, None)
        self._again.pop(name, None)
        self._failing.discard(name)

    def _note_failed_look(self, name: ContainerName, error: Exception) -> None:
        """A look at one container that took too long tells nothing of the engine's health."""
        if not isinstance(error, EngineError):
            logger.error("a look at container %s failed", name, exc_info=error)
            return
        if error.kind is not EngineErrorKind.UNREACHABLE:
            self._failing.add(name)
        if error.kind is not EngineErrorKind.TIMEOUT:
            self._note(error)

    async def _before_next_try(self, seconds: float) -> None:
        """Wait so long, and for as long as the engine is away."""
        await asyncio.sleep(seconds)
        if not self.is_connected:
            await self._is_back.wait()

    def _take(self, name: ContainerName, observation: Observation | None) -> None:
        before = self.seen.get(name)
        is_ours = observation is not None and observation.owner == self._owner
        if observation is not None and is_ours:
            self.seen[name] = observation
        else:
            self.seen.pop(name, None)
        was_of, is_of = _task_of(before), _task_of(observation) if is_ours else ""
        if was_of != is_of:
            self._move(name, was_of, is_of)

    def _move(self, name: ContainerName, before: str, after: str) -> None:
        """Note a container as one of another task's; empty for none."""
        left = tuple(one for one in self._by_task.pop(before, ()) if one != name)
        if before and left:
            self._by_task[before] = left
        if after:
            self._by_task[after] = (*self._by_task.get(after, ()), name)

    async def _listen(self) -> None:
        while True:
            try:
                async for name in self._engine.hints(self._owner):
                    if name:
                        self.look(name)
                    else:
                        self._wanted_look.set()
            except Exception:
                logger.exception("listening to engine %s failed", self._engine.name)
                await asyncio.sleep(self._limits.retry_limit_seconds)
            else:
                return

    async def _look_around(self) -> None:
        """A full look at the start, after each reconnection, and from time to time."""
        wait = self._limits.retry_first_seconds
        while True:
            self._wanted_look.clear()
            has_succeeded = await self._full_look()
            self.first_sign.set()
            if has_succeeded:
                wait = self._limits.retry_first_seconds
                await nap(self._wanted_look, self._limits.full_look_seconds)
            else:
                await asyncio.sleep(wait)
                wait = min(wait * 2.0, self._limits.retry_limit_seconds / 5.0)

    async def _full_look(self) -> bool:
        mark, began_at = self._touches, self._clock.now()
        try:
            if self.info is None or not self.is_connected:
                self.info = await self._engine.info()
            listed = await self._engine.list(self._owner)
        except EngineError as error:
            self._note(error)
            return False
        except Exception:
            logger.exception("a look at engine %s failed unexpectedly", self._engine.name)
            return False
        self._compare(listed, mark)
        was_connected, self.is_connected, self.problem = self.is_connected, True, None
        self.silent_since = None
        self._is_back.set()
        is_first, self.has_looked = not self.has_looked, True
        self._looked_at = began_at
        if is_first or not was_connected:
            self._on_engine(self._engine.name)
        return True

    def _compare(self, listed: Mapping[ContainerName, Observation], mark: int) -> None:
        """Take in what a full look shows for the first time; what differs is looked at again.

        Containers that were touched since it began are left alone. A list may be older than what
        is known: on its word alone no container is gone, and none runs again.
        """
        for name in [*self.seen, *(n for n in listed if n not in self.seen)]:
            before, after = self.seen.get(name), listed.get(name)
            if self._touched.get(name, 0) > mark:
                continue
            if name in self._looking:
                if after is not None and after.is_only_listed and name in self._failing:
                    self._settle(name, after)
                continue
            if before is after or before == after:  # the same one, as long as nothing changes
                continue
            if self.has_looked or name in self.seen:
                self.look(name)
            else:
                self._take(name, after)
                self._on_seen(self._engine.name, name)
        if len(self._touched) > 10_000:
            self._touched.clear()

    def _settle(self, name: ContainerName, listed: Observation) -> None:
        """Give up looking at a container that the engine cannot inspect: believe its list."""
        self._looking[name].cancel()
        self._end_look(name)
        self._take(name, listed)
        self._on_seen(self._engine.name, name)

    def _note(self, error: EngineError) -> None:
        if error.retryable:
            was_connected, self.is_connected, self.problem = self.is_connected, False, str(error)
            self._is_back.clear()
            if was_connected:
                self.silent_since = self._clock.now()
                self._on_engine(self._engine.name)
        else:
            logger.warning("a look at engine %s failed: %s", self._engine.name, error)

    async def close(self) -> None:
        """Stop listening and looking."""
        jobs = [*self._jobs, *self._looking.values()]
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)


def _task_of(observation: Observation | None) -> str:
    """ARN of the task that a container belongs to by its label, or empty."""
    return "" if observation is None else observation.labels.get(TASK_ARN_LABEL, "")
