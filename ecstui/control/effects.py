"""Effects: the only concurrency. Carries out actions in engines and reports how each ended.

An action under way is an entry in `busy`, which planners see; its end is an `Outcome`, which
planners judge. Effects never decide; they only space repeated failures.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

from ecstui.base.clock import Clock
from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.control.setup import Limits
from ecstui.control.sources import NO_SOURCES, Sources, resolve, without_values
from ecstui.engine.protocol import ContainerEngine, PullProgress
from ecstui.plan.actions import (
    Action,
    CreateContainer,
    EnsureImage,
    Outcome,
    RemoveContainer,
    RemoveVolume,
    ResourceKey,
    StartContainer,
    StopContainer,
    container_of,
    image_key,
)

logger = logging.getLogger(__name__)

_UNDOING = (StopContainer, RemoveContainer, RemoveVolume)
"""Actions that are repeated until they succeed, whatever the engine says."""


class _NotWantedError(Exception):
    """Nobody wants the action any more: it has no outcome."""


class Effects:
    """Runs actions, one at a time per thing acted on, bounded per engine."""

    def __init__(
        self,
        engines: Mapping[str, ContainerEngine],
        clock: Clock,
        limits: Limits,
        on_end: Callable[[Outcome], None],
        sources: Sources = NO_SOURCES,
        is_wanted: Callable[[Action], bool] = lambda _action: True,
    ) -> None:
        """`engines` may change; `on_end` is called once per action, after it left `running`.

        `sources`: where secrets and files of variables are read as a container is made.
        `is_wanted`: asked again when an action's turn comes; what nobody wants is dropped.
        """
        self._engines = engines
        self._clock = clock
        self._limits = limits
        self._on_end = on_end
        self._sources = sources
        self._is_wanted = is_wanted
        self._tasks: dict[ResourceKey, asyncio.Task[None]] = {}
        self._calls: dict[str, asyncio.Semaphore] = {}
        self._pulls: dict[str, asyncio.Semaphore] = {}
        self.last: dict[ResourceKey, Outcome] = {}
        """How the latest action of each thing ended; of containers only what failed."""
        self.attempts: dict[ResourceKey, int] = {}
        self.retry_at: dict[ResourceKey, float] = {}
        self.pulls: dict[ResourceKey, PullProgress] = {}
        self.last_error: dict[str, EngineError | None] = {}

    @property
    def running(self) -> Mapping[ResourceKey, object]:
        """Things with an action under way."""
        return self._tasks

    def start(self, action: Action) -> bool:
        """Begin an action; False when its thing is busy or waits before it is tried again."""
        key = action.key
        if key in self._tasks:
            return False
        if self.retry_at.get(key, 0.0) > self._clock.now():
            return False
        self._tasks[key] = asyncio.create_task(self._run(action))
        return True

    async def _run(self, action: Action) -> None:
        started_at = self._clock.now()
        error: EngineError | None = None
        try:
            async with self._slot(action):
                self._check_wanted(action)
                await self._perform(self._engine(action.engine), action)
        except _NotWantedError:
            return
        except EngineError as failure:
            error = failure
        except Exception as bug:
            logger.exception("action %s failed unexpectedly", action.key)
            error = EngineError(EngineErrorKind.CANNOT_INSPECT, f"internal error: {bug}")
        finally:
            self._tasks.pop(action.key, None)
        self._record(Outcome(action, error, started_at, self._clock.now()))

    def _check_wanted(self, action: Action) -> None:
        """Its task may have been given up while the action waited for others."""
        if not self._is_wanted(action):
            raise _NotWantedError

    def _engine(self, name: str) -> ContainerEngine:
        engine = self._engines.get(name)
        if engine is None:
            words = f"engine {name} is used no more"
            raise EngineError(EngineErrorKind.UNREACHABLE, words, retryable=True)
        return engine

    def _slot(self, action: Action) -> AbstractAsyncContextManager[None]:
        if isinstance(action, StopContainer):
            return _Unbounded()
        is_pull = isinstance(action, EnsureImage)
        limits = self._limits
        most = limits.pulls_at_once if is_pull else limits.engine_calls_at_once
        pool = self._pulls if is_pull else self._calls
        slot = pool.get(action.engine)
        if slot is None:  # engines come at run time
            slot = pool[action.engine] = asyncio.Semaphore(most)
        return slot

    async def _perform(self, engine: ContainerEngine, action: Action) -> None:
        match action:
            case EnsureImage(image=image, credentials=credentials):
                login = self._sources.login(credentials) if credentials else None
                await engine.ensure_image(image, lambda p: self._on_pull(action.key, p), login)
            case CreateContainer():
                await self._create(engine, action)
            case StartContainer(name=name):
                await engine.start(name)
            case StopContainer(name=name, timeout_seconds=timeout_seconds):
                await engine.stop(name, timeout_seconds)
            case RemoveContainer(name=name):
                await engine.remove(name)
            case RemoveVolume(volume=volume):
                await engine.remove_volume(volume)

    async def _create(self, engine: ContainerEngine, action: CreateContainer) -> None:
        """Create what the spec says with what is read for it; values stay out of the outcome.

        If its task was given up meanwhile it stays unstarted, and its outcome has it looked at.
        """
        spec = resolve(action.spec, self._sources)
        try:
            await engine.create(spec)
            if action.and_start and self._is_wanted(action):
                await engine.start(spec.name)
        except EngineError as error:
            if spec is action.spec:
                raise
            raise without_values(error, action.spec, spec) from None
        except Exception as bug:
            if spec is action.spec:
                raise
            # Its words may hold what was read: they go neither to the log nor to the outcome.
            words = f"internal error: {type(bug).__name__}"
            raise EngineError(EngineErrorKind.CANNOT_CREATE, words) from None

    def _on_pull(self, key: ResourceKey, progress: PullProgress) -> None:
        self.pulls[key] = progress

    def _record(self, outcome: Outcome) -> None:
        key = outcome.action.key
        self.last[key] = outcome
        self.pulls.pop(key, None)
        if outcome.error is not None:
            self._space(outcome, key)
        elif container_of(outcome.action):
            self.forget(key)  # a look tells more, and its spec takes much room
        else:
            self.attempts.pop(key, None)
            self.retry_at.pop(key, None)
        self.last_error[outcome.action.engine] = outcome.error
        self._on_end(outcome)

    def _space(self, outcome: Outcome, key: ResourceKey) -> None:
        """Let a failed action wait before it is tried again, longer each time."""
        attempts = self.attempts.get(key, 0) + 1
        self.attempts[key] = attempts
        wait = self._limits.retry_first_seconds * 2.0 ** min(attempts - 1, 20)
        self.retry_at[key] = outcome.ended_at + min(wait, self._limits.retry_limit_seconds)
        error, action = outcome.error, outcome.action
        if error is not None and not error.retryable and not isinstance(action, _UNDOING):
            self.retry_at.pop(key, None)
        is_image_gone = error is not None and error.kind is EngineErrorKind.IMAGE_NOT_FOUND
        if isinstance(action, CreateContainer) and is_image_gone:
            self.last.pop(image_key(action.engine, action.spec.image), None)

    def forget(self, key: ResourceKey) -> None:
        """Drop what is remembered of a thing."""
        self.last.pop(key, None)
        self.attempts.pop(key, None)
        self.retry_at.pop(key, None)

    async def close(self) -> None:
        """Cancel what runs; its effect in the engine may still happen."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Unbounded(AbstractAsyncContextManager[None]):
    """No slot: a stop mostly waits for the container and must never wait for starts."""

    async def __aexit__(self, *_: object) -> None:
        return None
