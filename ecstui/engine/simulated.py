"""A container engine that runs nothing: calls change a simulated world, as Docker would its own.

A call that has been sent happens, whatever becomes of its caller; what goes wrong on the way is
the world's to say. It never looks at the wall clock and never starts a thread.
"""

import asyncio
from collections import deque
from collections.abc import (
    AsyncGenerator,
    Callable,
    Collection,
    Coroutine,
    Mapping,
    Sequence,
)
from typing import TypeVar

from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.engine.faults import happens
from ecstui.engine.process import KILLED
from ecstui.engine.protocol import EngineInfo, PullProgress, RegistryLogin, Usage
from ecstui.engine.simulated_attach import SimulatedAttach
from ecstui.engine.simulated_container import SimulatedContainer
from ecstui.engine.simulated_exec import SimulatedExec
from ecstui.engine.world import World
from ecstui.model.exec import ExecOrder, ExecSession
from ecstui.model.logs import LogLine, LogWindow
from ecstui.plan.spec import ContainerName, ContainerSpec, Observation, Phase

T = TypeVar("T")

VERSION = "1.0"
_PULL_STEPS = 20
_PULL_STEP_SECONDS_LEAST = 0.1
_LOG_GAP_SECONDS = 0.05
"""Lines that come in quick succession are read together."""
_LOG_BATCH_LINES = 1_000
_EARLIER_LISTS = 4
"""Among so many a stale look is chosen."""


class SimulatedEngine:
    """The engine of one simulated world; several may share it, as clients share Docker."""

    def __init__(self, world: World, name: str = "simulated") -> None:
        """`name`: under which records know it."""
        self.name = name
        self._world = world
        self._is_closed = False
        self._sent: set[asyncio.Task[object]] = set()
        self._earlier_lists: dict[str, deque[Mapping[ContainerName, Observation]]] = {}
        self._streams: list[Callable[[], None]] = []
        self._executions: set[SimulatedExec | SimulatedAttach] = set()

    async def info(self) -> EngineInfo:
        """Ask who it is."""

        async def ask() -> EngineInfo:
            return EngineInfo(
                kind="simulated",
                version=VERSION,
                endpoint=f"simulated://{self.name}",
                cpu_count=self._world.cpu_count,
                memory_bytes=self._world.memory_bytes,
            )

        return await self._call(EngineErrorKind.UNREACHABLE, ask)

    async def list(self, owner: str) -> Mapping[ContainerName, Observation]:
        """Every container with the owner's label."""

        async def look() -> Mapping[ContainerName, Observation]:
            faults, lots = self._world.faults, self._world.random
            if happens(faults.list_failing_ratio, lots):
                raise _broken(EngineErrorKind.CANNOT_INSPECT)
            earlier = self._earlier_lists.setdefault(owner, deque(maxlen=_EARLIER_LISTS))
            if earlier and happens(faults.list_stale_ratio, lots):
                return lots.choice(earlier)
            found = {
                name: container.observation()
                for name, container in self._world.owned(owner).items()
            }
            if faults.list_stale_ratio:
                earlier.append(found)
            return found

        return await self._call(EngineErrorKind.CANNOT_INSPECT, look)

    async def inspect(self, name: ContainerName) -> Observation | None:
        """One look at one container."""

        async def look() -> Observation | None:
            container = self._world.containers.get(name)
            return None if container is None else container.observation()

        return await self._call(EngineErrorKind.CANNOT_INSPECT, look)

    async def hints(self, owner: str) -> AsyncGenerator[ContainerName]:
        """Names to look at again; an empty one first, and after each restart of the engine."""
        if self._is_closed:
            return
        subscription = self._world.listen(owner)
        self._streams.append(subscription.close)
        try:
            await self._until_up()
            subscription.clear()
            if not self._is_closed:
                yield ""
            while (name := await subscription.get()) is not None:
                yield name
        finally:
            self._streams.remove(subscription.close)
            self._world.forget(subscription)

    async def ensure_image(
        self,
        image: str,
        progress: Callable[[PullProgress], None],
        login: RegistryLogin | None = None,
    ) -> None:
        """Have the image; pulls of the same image share one download."""

        async def ask() -> bool:
            return self._world.has_image(image)

        if await self._call(EngineErrorKind.CANNOT_PULL, ask):
            return
        progress(PullProgress(image, "Pulling"))
        pull = self._world.pull(image)
        for step in range(_PULL_STEPS):
            if await pull.wait(max(pull.seconds / _PULL_STEPS, _PULL_STEP_SECONDS_LEAST)):
                break
            done = pull.total_bytes * (step + 1) // _PULL_STEPS
            progress(PullProgress(image, "Downloading", done, pull.total_bytes))
        await pull.wait(None)
        pull.check()
        progress(PullProgress(image, "Pull complete", pull.total_bytes, pull.total_bytes))

    async def create(self, spec: ContainerSpec) -> None:
        """Create; the same name with the same owner label is success."""

        async def create() -> None:
            behaviour = self._world.behaviour_of(spec.image)
            if behaviour is not None and spec.name not in self._world.containers:
                await asyncio.sleep(behaviour.create_seconds)
            self._world.create(spec)

        await self._call(EngineErrorKind.CANNOT_CREATE, create)

    async def start(self, name: ContainerName) -> None:
        """Start; already running is success."""

        async def start() -> None:
            container = self._world.containers.get(name)
            if container is not None and not container.is_running:
                await asyncio.sleep(container.behaviour.start_seconds)
            self._world.start(name)

        await self._call(EngineErrorKind.CANNOT_START, start)

    async def stop(self, name: ContainerName, timeout_seconds: int) -> None:
        """Signal, wait, kill; already stopped or absent is success."""

        async def stop() -> None:
            container = self._world.containers.get(name)
            if container is None or not container.is_running:
                return
            run = container.runs
            if timeout_seconds > 0:
                container.signal(container.behaviour.stop_signal)
                await _until_it_ends(container, timeout_seconds)
            if container.is_in_run(run):
                self._world.check_up()
                container.kill(KILLED)

        await self._call(EngineErrorKind.CANNOT_STOP, stop)

    async def remove(self, name: ContainerName) -> None:
        """Kill if needed and remove; absent is success."""

        async def remove() -> None:
            self._world.remove(name)

        await self._call(EngineErrorKind.CANNOT_STOP, remove)

    async def remove_volume(self, volume: str) -> None:
        """Remove a named volume; absent is success."""

        async def remove() -> None:
            self._world.remove_volume(volume)

        await self._call(EngineErrorKind.CANNOT_CREATE_VOLUME, remove)

    async def logs(
        self, name: ContainerName, window: LogWindow
    ) -> AsyncGenerator[Sequence[LogLine]]:
        """Batches of lines, oldest first; ends with the container unless it never started."""

        async def find() -> SimulatedContainer:
            container = self._world.containers.get(name)
            if container is None:
                text = f"No such container: {name}"
                raise EngineError(EngineErrorKind.CANNOT_INSPECT, text)
            return container

        container = await self._call(EngineErrorKind.CANNOT_INSPECT, find)
        self._streams.append(container.wake)
        try:
            async for lines in self._read(container, window):
                for start in range(0, len(lines), _LOG_BATCH_LINES):
                    yield lines[start : start + _LOG_BATCH_LINES]
        finally:
            self._streams.remove(container.wake)

    async def usage(self, names: Collection[ContainerName]) -> Mapping[ContainerName, Usage]:
        """What running containers use now."""

        async def look() -> Mapping[ContainerName, Usage]:
            containers = self._world.containers
            found = ((name, containers[name]) for name in names if name in containers)
            return {name: container.usage() for name, container in found if container.is_running}

        return await self._call(EngineErrorKind.CANNOT_INSPECT, look)

    async def execute(self, name: ContainerName, order: ExecOrder) -> ExecSession:
        """Run one more command in a running container: by the shell that is simulated."""
        is_wanted, opened = True, list[SimulatedExec | SimulatedAttach]()

        async def start() -> SimulatedExec | SimulatedAttach:
            container = self._world.containers.get(name)
            if container is None or not container.is_running:
                what = f"No such container: {name}"
                words = what if container is None else f"container {name} is not running"
                raise EngineError(EngineErrorKind.CANNOT_EXECUTE, words)
            session = self._session(container, order)
            self._executions.add(session)
            opened.append(session)
            await asyncio.sleep(0)  # what follows its log has begun: nothing is missed from here on
            if not is_wanted:
                await session.close()
            return session

        try:
            return await self._call(EngineErrorKind.CANNOT_EXECUTE, start)
        except BaseException:
            is_wanted = False  # nobody will ever close it
            for session in opened:
                await session.close()
            raise

    def _session(
        self, container: SimulatedContainer, order: ExecOrder
    ) -> SimulatedExec | SimulatedAttach:
        if not order.attaches:
            return SimulatedExec(container, order, self._executions.discard)
        lines = self._read(container, LogWindow(tail=0))
        return SimulatedAttach(container, order, lines, self._executions.discard)

    async def close(self) -> None:
        """End every stream; what has been sent still happens."""
        for session in tuple(self._executions):
            session.cut()
            await session.close()
        self._is_closed = True
        for wake in tuple(self._streams):
            wake()
        self._world.poke()

    async def _until_up(self) -> None:
        while not (self._world.is_up or self._is_closed):
            await self._world.next_start()

    async def _read(
        self, container: SimulatedContainer, window: LogWindow
    ) -> AsyncGenerator[Sequence[LogLine]]:
        """The window, then what comes, over the engine's restarts, to the end of the run."""
        world, log, runs = self._world, container.log, container.runs
        place = log.place(world.clock.now())
        lines = log.last(window.tail, window.since, place.at)
        while True:
            if lines:
                yield lines
            runs = runs or container.runs
            await self._until_up()
            has_ended = container.runs > runs or container.phase is Phase.EXITED
            is_cut = self._is_closed or container.is_removed
            if has_ended or is_cut or not window.follow:
                return
            next_at = log.next_after(place.at)
            await container.something(max(next_at - world.clock.now(), _LOG_GAP_SECONDS))
            now = world.clock.now()
            lines = log.after(place, window.since, now)
            place = log.place(now)

    async def _call(
        self, kind: EngineErrorKind, effect: Callable[[], Coroutine[object, object, T]]
    ) -> T:
        """Send a call; it goes on when the caller stops waiting."""
        if self._is_closed:
            raise EngineError(EngineErrorKind.UNREACHABLE, f"{self.name} was closed")
        task = asyncio.get_running_loop().create_task(self._carry_out(kind, effect))
        self._sent.add(task)
        task.add_done_callback(self._arrived)
        return await asyncio.shield(task)

    def _arrived(self, task: asyncio.Task[T]) -> None:
        self._sent.discard(task)
        if not task.cancelled():
            task.exception()  # a caller that is gone does not ask for it

    async def _carry_out(
        self, kind: EngineErrorKind, effect: Callable[[], Coroutine[object, object, T]]
    ) -> T:
        world, faults, generation = self._world, self._world.faults, self._world.generation
        before, after = faults.draw_latency(world.random)
        await asyncio.sleep(before)
        world.check_up()
        if happens(faults.error_ratio, world.random):
            raise _broken(kind)
        is_answer_lost = happens(faults.lost_answer_ratio, world.random)
        answer: T | EngineError
        try:
            answer = await effect()
        except EngineError as error:
            answer = error
        await asyncio.sleep(after)
        if is_answer_lost:
            await asyncio.sleep(faults.timeout_seconds)
            text = f"no answer within {faults.timeout_seconds:g} s"
            raise EngineError(EngineErrorKind.TIMEOUT, text, retryable=True)
        if world.generation != generation:
            text = "the engine closed the connection"
            raise EngineError(EngineErrorKind.UNREACHABLE, text, retryable=True)
        if isinstance(answer, EngineError):
            raise answer
        return answer


async def _until_it_ends(container: SimulatedContainer, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    deadline, run = loop.time() + seconds, container.runs
    while container.is_in_run(run) and loop.time() < deadline:
        await container.something(deadline - loop.time())


def _broken(kind: EngineErrorKind) -> EngineError:
    return EngineError(kind, "read: connection reset by peer", retryable=True)
