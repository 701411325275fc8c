"""Where a scenario takes place: a clock that is set, a journal that is slow or fails, and worlds
that tell what is done to them.

Nothing here judges; whoever is told does.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from typing import Protocol

from ecstui.base.errors import JournalError
from ecstui.engine.protocol import EngineInfo
from ecstui.engine.simulated import SimulatedEngine
from ecstui.engine.simulated_container import SimulatedContainer
from ecstui.engine.world import World
from ecstui.plan.spec import ContainerName, ContainerSpec, Observation
from ecstui.store.journal import MemoryJournal, Row
from ecstui.store.tables import Change
from tests.sim.acts import Crash, Moment
from tests.support.simloop import SimLoop

TASK_LABEL = "com.amazonaws.ecs.task-arn"
EPOCH = 1_800_000_000.0
LIFE: ContextVar[int] = ContextVar("life", default=0)
"""Number of the control plane that the running code belongs to; calls that it sent inherit it."""


class MachineClock:
    """A machine's clock that somebody sets; never decreasing for those who ask, as SystemClock."""

    def __init__(self, loop: SimLoop) -> None:
        """`loop`: whose time passes on the machine."""
        self._loop = loop
        self._shift = EPOCH
        self._latest = 0.0

    def now(self) -> float:
        """POSIX seconds UTC."""
        self._latest = max(self._latest, self._loop.now + self._shift)
        return self._latest

    def set(self, seconds: float) -> None:
        """Set it forward, or back: then it stands still for as long."""
        self._shift += seconds

    def steady(self) -> None:
        """Let it go on at once if it stands still."""
        self._shift = max(self._shift, self.now() - self._loop.now)


class Witness(Protocol):
    """Whom the stage tells what happens on it."""

    def on_moment(self, moment: Moment) -> None:
        """Something happened that a crash may follow."""
        ...

    def on_written(self, changes: Sequence[Change]) -> None:
        """Changes are durable now."""
        ...

    def on_awake(self) -> None:
        """A control plane has loaded its records and asks an engine who it is."""
        ...

    def on_answer(self, engine: str) -> None:
        """A control plane was shown everything that an engine has."""
        ...

    def on_call(self, name: ContainerName, verb: str, arn: str | None) -> None:
        """A control plane sends a call about a container; `arn`: of its task, if the call says."""
        ...

    def on_created(self, container: SimulatedContainer) -> None:
        """A container came into being."""
        ...

    def on_started(self, container: SimulatedContainer) -> None:
        """A container runs now, and did not before."""
        ...

    def on_refused_start(self, name: ContainerName, error: Exception) -> None:
        """The engine would not start a container."""
        ...

    def on_shown(self, container: SimulatedContainer) -> None:
        """A look at a container would show something new."""
        ...

    def on_sighted(self, name: ContainerName, observation: Observation) -> None:
        """A control plane takes what it saw of a container for the truth."""
        ...

    def on_lost_sight(self, engine: str, name: ContainerName) -> None:
        """A control plane takes a container for gone."""
        ...


class SlowJournal:
    """One control plane's hold on the journal that outlives it."""

    def __init__(self, kept: MemoryJournal, pace: "JournalPace", witness: Witness) -> None:
        """`pace` is shared: it changes while the journal is open."""
        self._kept = kept
        self._pace = pace
        self._witness = witness
        self._is_dead = False
        self.loaded: Sequence[Row] = ()

    async def load(self) -> Iterable[Row]:
        """Every document."""
        await asyncio.sleep(self._pace.seconds / 2)
        self.loaded = tuple(await self._kept.load())
        return self.loaded

    async def write(self, changes: Sequence[Change]) -> None:
        """Keep the documents, unless the process that asked for it has died meanwhile."""
        self._witness.on_moment(Moment.COMMIT)
        if self._pace.failures:
            self._pace.failures -= 1
            await asyncio.sleep(0)
            raise JournalError("database or disk is full")
        if self._pace.seconds:
            await asyncio.sleep(self._pace.seconds)
        if self._is_dead:
            raise asyncio.CancelledError
        await self._kept.write(changes)
        self._witness.on_written(changes)
        self._witness.on_moment(Moment.COMMITTED)

    async def close(self) -> None:
        """Nothing to give free."""

    def die(self) -> None:
        """The process is gone: what it had not written is never written."""
        self._is_dead = True


class JournalPace:
    """How slow and how broken the disk is."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.failures = 0


class WatchedWorld(World):
    """A world that tells what is done to its containers."""

    witness: Witness

    def create(self, spec: ContainerSpec) -> None:
        """Create, and tell when there was none of that name."""
        is_there = spec.name in self.containers
        super().create(spec)
        if not is_there:
            self.witness.on_created(self.containers[spec.name])
        self.witness.on_moment(Moment.EFFECT)

    def start(self, name: ContainerName) -> None:
        """Start, and tell when it did not run."""
        container = self.containers.get(name)
        was_running = container is not None and container.is_running
        try:
            super().start(name)
        except Exception as error:
            self.witness.on_refused_start(name, error)
            raise
        if not was_running:
            self.witness.on_started(self.containers[name])
        self.witness.on_moment(Moment.EFFECT)

    def changed(self, container: SimulatedContainer) -> None:
        """Tell, and give the hint."""
        self.witness.on_shown(container)
        super().changed(container)


class WatchedEngine(SimulatedEngine):
    """An engine that tells what is asked of it."""

    def __init__(self, world: WatchedWorld, name: str) -> None:
        super().__init__(world, name)
        self._witness = world.witness

    async def info(self) -> EngineInfo:
        """Ask who it is."""
        self._witness.on_awake()
        return await super().info()

    async def list(self, owner: str) -> Mapping[ContainerName, Observation]:
        """Every container with the owner's label."""
        self._witness.on_moment(Moment.LOOK)
        listed = await super().list(owner)
        self._witness.on_answer(self.name)
        return listed

    async def create(self, spec: ContainerSpec) -> None:
        """Create."""
        self._told(spec.name, "create", spec.labels.get(TASK_LABEL))
        await super().create(spec)

    async def start(self, name: ContainerName) -> None:
        """Start."""
        self._told(name, "start")
        await super().start(name)

    async def stop(self, name: ContainerName, timeout_seconds: int) -> None:
        """Stop."""
        self._told(name, "stop")
        await super().stop(name, timeout_seconds)

    async def remove(self, name: ContainerName) -> None:
        """Remove."""
        self._told(name, "remove")
        await super().remove(name)

    def _told(self, name: ContainerName, verb: str, arn: str | None = None) -> None:
        self._witness.on_call(name, verb, arn)
        self._witness.on_moment(Moment.CALL)


class Sight(dict[ContainerName, Observation]):
    """What an observer has seen, telling of each change; `EngineObserver` only sets and pops."""

    def __init__(self, engine: str, witness: Witness) -> None:
        """Nothing yet."""
        super().__init__()
        self._engine = engine
        self._witness = witness

    def __setitem__(self, name: ContainerName, observation: Observation) -> None:
        super().__setitem__(name, observation)
        self._witness.on_sighted(name, observation)

    def pop(self, name: ContainerName, *default: object) -> object:  # type: ignore[override]
        """Lose sight of a container."""
        if name in self:
            self._witness.on_lost_sight(self._engine, name)
        return super().pop(name, *default)


class Fuse:
    """Calls `on_burnt` once, a number of event loop turns after the n-th moment of a kind."""

    def __init__(self, crash: Crash, on_burnt: "Callable[[Fuse], None]") -> None:
        """`crash` says when."""
        self.crash = crash
        self._left = crash.count
        self._on_burnt = on_burnt

    def notice(self, moment: Moment) -> None:
        """Something happened."""
        if moment is not self.crash.moment or self._left <= 0:
            return
        self._left -= 1
        if self._left == 0:
            self._hop(self.crash.hops)

    def _hop(self, left: int) -> None:
        if left <= 0:
            self._on_burnt(self)
        else:
            asyncio.get_running_loop().call_soon(self._hop, left - 1)
