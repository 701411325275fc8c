"""Makes a scenario happen, with crashes and restarts, and has everything judged.

`run` is all that others need. The same scenario gives the same trace, to the last digit.
"""

import asyncio
import contextlib
import hashlib
import logging
import random
from collections import deque
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from ecstui.base.errors import EcsError, JournalError
from ecstui.base.ids import Namespace
from ecstui.control.loop import TurnReport
from ecstui.control.plane import ControlPlane
from ecstui.control.setup import Setup
from ecstui.engine.behaviour import PUBLIC_IMAGES
from ecstui.engine.faults import Faults
from ecstui.engine.simulated_container import SimulatedContainer
from ecstui.model.capacity import AutoScalingGroupRecord
from ecstui.model.enums import InstanceStatus
from ecstui.model.requests.instances import UpdateContainerInstancesStateRequest
from ecstui.plan.spec import ContainerName, Observation
from ecstui.store.journal import MemoryJournal
from ecstui.store.kinds import AUTO_SCALING_GROUPS
from ecstui.store.store import Store
from ecstui.store.tables import Change
from tests.sim.acts import (
    IN_PEACE,
    IN_WAR,
    Act,
    Crash,
    Jump,
    Mishap,
    Moment,
    Outage,
    Resize,
    Scenario,
    Slowness,
    Strike,
    Weather,
)
from tests.sim.clients import Deed, ask
from tests.sim.errands import Asked
from tests.sim.ground import Ground
from tests.sim.oracle import Oracle
from tests.sim.reader import Reader
from tests.sim.rest import Rest
from tests.sim.stage import (
    LIFE,
    Fuse,
    JournalPace,
    MachineClock,
    Sight,
    SlowJournal,
    WatchedEngine,
    WatchedWorld,
)
from tests.sim.trace import line_of
from tests.sim.unrest import Unrest
from tests.sim.verdict import Findings, Violation
from tests.support.simloop import InCircles, SimLoop, Stuck

OWNER = "sim"
REST_SECONDS = 900.0
"""Protection ends after three minutes; then groups shrink, and then what stopped is forgotten."""
QUIET_SECONDS = 300.0
MOST_IN_PEACE = 40
"""Instances that every Auto Scaling group may have at the end: all tasks find room."""
_RESTART_SECONDS = 1.0
_READER_SECONDS = 1.0
"""In peace a reader that is awake needs no longer for what there is."""
_PARTS_OF_A_PLANE = ("ControlPlane", "ControlLoop", "EngineObserver", "Effects")
_IMAGES = {nature.image: does for nature, does in IN_WAR.items()} | {
    "ecstui/pause": PUBLIC_IMAGES["ecstui/pause"]
}
_PEACEFUL = {nature.image: does for nature, does in IN_PEACE.items()}


@dataclass(frozen=True, slots=True)
class Trace:
    """What came of a scenario."""

    violations: tuple[Violation, ...]
    digest: str
    """Hash of every durable change and its time."""
    lives: int
    """Starts of a control plane; all but the first followed a crash or a stop."""
    turns: int
    changes: int
    seconds: float
    """Simulated time."""
    lines: tuple[str, ...] = ()


def run(scenario: Scenario, *, is_told: bool = False) -> Trace:
    """Run a scenario; `is_told`: with a line for each change."""
    loop = SimLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        simulation = Simulation(scenario, loop, is_told=is_told)
        try:
            runner.run(simulation.run())
        except (InCircles, Stuck) as error:
            simulation.findings.violations.append(Violation("L0", -1.0, str(error)))
        return simulation.trace()


class Turns(deque[TurnReport]):
    """Turns of the control loop over all lives: counted, and the latest kept."""

    def __init__(self) -> None:
        super().__init__(maxlen=10)
        self.count_of_all = 0

    def append(self, report: TurnReport) -> None:
        """Count one more."""
        self.count_of_all += 1
        super().append(report)


class Simulation:
    """One run of one scenario."""

    def __init__(self, scenario: Scenario, loop: SimLoop, *, is_told: bool) -> None:
        self.scenario = scenario
        self.findings = Findings()
        self._lines: list[str] | None = [] if is_told else None
        self._clock = MachineClock(loop)
        self._oracle = Oracle(self.findings, self._clock, scenario.pace)
        self._ground = Ground(self.findings, self._oracle, self._clock, scenario.pace)
        self._kept = MemoryJournal()
        self._disk = JournalPace()
        self._lots = random.Random(scenario.seed)
        self._digest = hashlib.blake2b(digest_size=16)
        self._counter = 0
        self._turns = Turns()
        self._lives = 0
        self._has_loaded = False
        self._plane: ControlPlane | None = None
        self._journal: SlowJournal | None = None
        self._fuses: dict[Fuse, None] = {}
        self._crash: Crash | None = None
        self._clients: dict[asyncio.Task[None], None] = {}
        self._asked: dict[str, int] = {}
        self._mishaps: dict[asyncio.Task[None], None] = {}
        self._readers = (Reader(0.0), Reader(scenario.reader_seconds))
        self._last_change_at = 0.0
        """When something changed that is not told or looked at again and again."""
        self._unrest = Unrest(self._clock, scenario.pace)
        self._worlds: dict[str, WatchedWorld] = {}
        self._ready = asyncio.Event()
        """Set while a control plane answers."""
        self._doom = asyncio.Event()
        """Set when the control plane is to die."""
        self._ended_at = 0.0

    def trace(self) -> Trace:
        """What came of it."""
        return Trace(
            violations=tuple(self.findings.violations),
            digest=self._digest.hexdigest(),
            lives=self._lives,
            turns=self._turns.count_of_all,
            changes=self._oracle.changes,
            seconds=self._ended_at,
            lines=tuple(self._lines or ()),
        )

    # -- the course of it ------------------------------------------------------------------------

    async def run(self) -> None:
        """From the first start to the last look."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._on_loop_error)
        self._make_worlds()
        with self._listening_to_logs():
            supervisor = asyncio.create_task(self._keep_alive())
            try:
                await self._steps()
                await self._rest()
            finally:
                self._ended_at = loop.time()
                supervisor.cancel()
                await asyncio.gather(supervisor, return_exceptions=True)
                await self._kill()
                await _cancelled([*self._mishaps])

    def _make_worlds(self) -> None:
        for number in range(self.scenario.engines):
            name = f"e-{number + 1}"
            world = WatchedWorld(
                self._clock,
                seed=self.scenario.seed * 8 + number,
                images=_IMAGES,
                faults=self.scenario.weather[number],
            )
            world.witness = self
            self._worlds[name] = world
        self._ground.open(self._worlds, self._store)

    async def _steps(self) -> None:
        for step in self.scenario.steps:
            await asyncio.sleep(step.after_seconds)
            await self._ready.wait()
            if not self.findings.is_clean:
                return
            self._do(step.act)
            self._compare_readers()

    async def _rest(self) -> None:
        """Peace, and time for everything to come to rest."""
        if not self.findings.is_clean:
            return
        await self._make_peace()
        loop = asyncio.get_running_loop()
        peace_at = loop.time()
        latest = peace_at + REST_SECONDS
        while (quiet_at := max(peace_at, self._last_change_at) + QUIET_SECONDS) <= latest:
            if loop.time() >= quiet_at:
                break
            await asyncio.sleep(quiet_at - loop.time())
        else:
            words = f"the last change was {loop.time() - self._last_change_at:.1f} s ago"
            self.findings.break_rule("L3", words)
        store = self._store()
        if store is None or not self._ready.is_set():
            self.findings.break_rule("L0", "no control plane is up")
            return
        await self._check_readers(store)
        if self.findings.is_clean:
            Rest(self.findings, self._oracle, self._ground, self._worlds).judge(store)

    async def _check_readers(self, store: Store) -> None:
        """S12: in peace every reader has heard of a change a moment later."""
        seq = store.seq
        await asyncio.sleep(_READER_SECONDS)
        self._compare_readers()
        for reader in self._readers:
            if reader.seq < seq:
                self.findings.break_rule("S12", f"a reader is at {reader.seq} of {seq}")

    async def _make_peace(self) -> None:
        """Nothing goes wrong any more; whoever is unwell recovers."""
        self._fuses.clear()
        self._crash = None
        self._disk.seconds = self._disk.failures = 0
        self._clock.steady()
        for reader in self._readers:
            reader.seconds = 0.0
        await _settled([*self._mishaps])
        for world in self._worlds.values():
            world.faults = Faults()
            for nature, does in IN_PEACE.items():
                world.register(nature.image, does)
            for container in world.containers.values():
                image = container.spec.image.partition(":")[0]
                if image in _PEACEFUL:
                    container.behaviour = _PEACEFUL[image]
                container.force_health(True)
        await asyncio.sleep(_RESTART_SECONDS)
        await self._ready.wait()
        await _settled([*self._clients])
        await self._ready.wait()
        if not self.scenario.ends_drained:
            await self._undrain()
        for group in self._groups():
            self._ask(Resize(group.auto_scaling_group_name, group.min_size, MOST_IN_PEACE))
        await _settled([*self._clients])

    def _groups(self) -> Sequence[AutoScalingGroupRecord]:
        store = self._store()
        return [] if store is None else store.all(AUTO_SCALING_GROUPS)

    async def _undrain(self) -> None:
        plane = self._plane
        assert plane is not None
        drained = [i for i in plane.instances() if i.status is InstanceStatus.DRAINING]
        arns = [i.container_instance_arn for i in drained]
        if not arns:
            return
        request = UpdateContainerInstancesStateRequest(
            container_instances=tuple(arns), status=InstanceStatus.ACTIVE
        )
        await plane.call(request)

    # -- lives of the control plane -------------------------------------------------------------

    async def _keep_alive(self) -> None:
        """Start a control plane; when it dies, start the next one."""
        while True:
            self._doom.clear()
            await self._live()
            crash, self._crash = self._crash, None
            await self._kill(is_graceful=crash is not None and crash.is_graceful)
            await asyncio.sleep(_RESTART_SECONDS if crash is None else crash.down_seconds)

    async def _live(self) -> None:
        """One life, up to its doom."""
        self._lives += 1
        self._ground.begin_life(self._lives)
        LIFE.set(self._lives)
        self._has_loaded = False
        self._journal = SlowJournal(self._kept, self._disk, self)
        engines = {name: WatchedEngine(world, name) for name, world in self._worlds.items()}
        plane = ControlPlane(self._journal, engines, self._clock, self._setup())
        for name, observer in plane.observers.items():
            observer.seen = Sight(name, self)
        self._plane = plane
        self._oracle.watch(plane.store)
        plane.store.on_change(self._on_change)
        plane.loop.turns = self._turns
        doom = asyncio.create_task(self._doom.wait())
        life = asyncio.create_task(self._open(plane))
        await asyncio.wait([doom, life], return_when=asyncio.FIRST_COMPLETED)
        await _cancelled([doom, life])

    async def _open(self, plane: ControlPlane) -> None:
        """Start, serve readers, and end when the plane ends by itself."""
        try:
            await plane.start()
        except JournalError:
            return
        readers = [asyncio.create_task(r.follow(plane.store)) for r in self._readers]
        self._ready.set()
        try:
            await plane.wait_failed()
        finally:
            await _cancelled(readers)

    async def _kill(self, *, is_graceful: bool = False) -> None:
        """End the life that is: nothing that it had in memory is left."""
        self._ready.clear()
        plane, self._plane = self._plane, None
        if plane is None:
            return
        await _cancelled([*self._clients])
        if self._journal is not None and not is_graceful:
            self._journal.die()
        with contextlib.suppress(JournalError):
            await (plane.stop() if is_graceful else plane.crash())
        self._check_gone()

    def _check_gone(self) -> None:
        """S18: a control plane that has ended does nothing any more."""
        names = sorted(getattr(t.get_coro(), "__qualname__", "") for t in asyncio.all_tasks())
        left = [name for name in names if name.partition(".")[0] in _PARTS_OF_A_PLANE]
        if left:
            self.findings.break_rule("S18", f"{left} goes on after its control plane has ended")

    def _setup(self) -> Setup:
        scenario = self.scenario
        return Setup(
            owner=OWNER,
            pace=scenario.pace,
            limits=scenario.limits,
            ids=self._new_id,
            instances=scenario.instances,
            rollout_order=scenario.order,
            is_simulation=True,
        )

    def _new_id(self) -> str:
        self._counter += 1
        return f"{self._counter:06x}{self._lots.getrandbits(104):026x}"

    def _store(self) -> Store | None:
        return None if self._plane is None else self._plane.store

    # -- acts ------------------------------------------------------------------------------------

    def _do(self, act: Act) -> None:
        self._say(f"-- {act}")
        match act:
            case Strike():
                self._strike(act)
            case Outage():
                self._later(self._outage(act))
            case Weather(engine=engine, faults=faults):
                [*self._worlds.values()][engine].faults = faults
            case Slowness(seconds=seconds, failures=failures):
                self._disk.seconds, self._disk.failures = seconds, failures
            case Crash():
                fuse = Fuse(act, self._on_burnt)
                self._fuses[fuse] = None
            case Jump(seconds=seconds):
                self._clock.set(seconds)
            case _:
                self._ask(act)

    def _ask(self, deed: Deed) -> None:
        plane = self._plane
        assert plane is not None
        asked = ask(deed, plane.store, lambda name: Namespace().service("default", name))
        if asked is not None:
            task = asyncio.create_task(self._call(plane, asked))
            self._clients[task] = None
            task.add_done_callback(lambda _: self._clients.pop(task, None))

    async def _call(self, plane: ControlPlane, asked: Asked) -> None:
        number = self._asked[asked.subject] = self._asked.get(asked.subject, 0) + 1
        try:
            answer = await plane.call(asked.request)
        except EcsError as error:
            self._say(f"-- refused: {error}")
            if error.code == "ServerException" and not isinstance(error.__cause__, JournalError):
                self.findings.break_rule("L0", f"{asked.request.operation()}: {error}")
            return
        if asked.must_fail:
            self.findings.break_rule("S11", f"{asked.request} was not refused")
            return
        self._oracle.promises.on_acknowledged(asked.request.operation())
        is_newest = self._asked[asked.subject] == number
        if is_newest and not asked.holds(answer, self._oracle.durable):
            words = f"{asked.request.operation()} was answered before it was durable"
            self.findings.break_rule("S11", f"{words}: {asked.request}")

    def _strike(self, strike: Strike) -> None:
        running = [
            (world, container)
            for world in self._worlds.values()
            for container in world.containers.values()
            if container.is_running and world.is_up
        ]
        if not running:
            return
        world, container = running[strike.pick % len(running)]
        match strike.mishap:
            case Mishap.KILLED:
                world.kill(container.name, 137)
            case Mishap.OUT_OF_MEMORY:
                world.kill(container.name, 137, is_out_of_memory=True)
            case Mishap.REMOVED:
                world.remove(container.name)
            case Mishap.SICKENED:
                container.force_health(False)
            case _:
                assert_never(strike.mishap)

    async def _outage(self, outage: Outage) -> None:
        world = [*self._worlds.values()][outage.engine]
        if not world.is_up:
            return
        if outage.is_machine_lost:
            world.lose_machine()
        else:
            world.stop_engine(containers_survive=outage.containers_survive)
        await asyncio.sleep(outage.seconds)
        world.start_engine()

    def _later(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._mishaps[task] = None
        task.add_done_callback(lambda _: self._mishaps.pop(task, None))

    # -- what is noticed -------------------------------------------------------------------------

    def _on_change(self, change: Change) -> None:
        if self._unrest.is_in(change):
            self._last_change_at = asyncio.get_running_loop().time()
        self._say_change(change)
        self._oracle.on_change(change)
        self._ground.on_change(change)
        self.on_moment(Moment.CHANGE)

    def on_moment(self, moment: Moment) -> None:
        """Something happened that a crash may follow."""
        for fuse in [*self._fuses]:
            fuse.notice(moment)

    def _on_burnt(self, fuse: Fuse) -> None:
        if self._fuses.pop(fuse, True) is None:
            self._crash = fuse.crash
            self._doom.set()

    def on_written(self, changes: Sequence[Change]) -> None:
        """Changes are durable now."""
        now = asyncio.get_running_loop().time()
        for change in changes:
            key = (change.kind.name, change.key)
            document = self._kept.documents.get(key, "")
            self._digest.update(f"{now:.6f} {key} {document}\n".encode())
        self._oracle.on_written(changes)
        self._ground.on_written(changes)

    def on_awake(self) -> None:
        """A control plane has loaded its records and asks an engine who it is."""
        store = self._store()
        if not self._has_loaded and store is not None:
            self._has_loaded = True
            self._oracle.on_loaded(store)

    def on_call(self, name: ContainerName, verb: str, arn: str | None) -> None:
        """A control plane sends a call about a container."""
        self._say(f"call    {verb} {name}")
        self._ground.on_call(name, verb, arn)

    def on_created(self, container: SimulatedContainer) -> None:
        """A container came into being."""
        self._say(f"world   {container.name} created")
        self._ground.on_created(container)

    def on_started(self, container: SimulatedContainer) -> None:
        """A container runs now, and did not before."""
        self._ground.on_started(container)

    def on_refused_start(self, name: ContainerName, error: Exception) -> None:
        """The engine would not start a container."""
        self._say(f"world   {name} cannot start: {error}")
        self._ground.on_refused_start(name, error)

    def on_shown(self, container: SimulatedContainer) -> None:
        """A look at a container would show something new."""
        state = "removed" if container.is_removed else container.phase
        self._say(f"world   {container.name} {state} {container.exit_code} {container.probe}")
        self._ground.on_shown(container)

    def on_answer(self, engine: str) -> None:
        """A control plane was shown everything that an engine has."""
        self._ground.on_answer(engine)

    def on_sighted(self, name: ContainerName, observation: Observation) -> None:
        """A control plane takes what it saw of a container for the truth."""
        self._ground.on_sighted(name, observation)

    def on_lost_sight(self, engine: str, name: ContainerName) -> None:
        """A control plane takes a container for gone."""
        self._ground.on_lost_sight(engine, name)

    def _compare_readers(self) -> None:
        store = self._store()
        for reader in self._readers:
            odd = [] if store is None else reader.differs_from(store)
            if odd:
                self.findings.break_rule("S12", f"a reader differs in {odd}")

    def _on_loop_error(self, _: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        error = context.get("exception")
        if not isinstance(error, JournalError):
            self.findings.break_rule("L0", f"{context.get('message')}: {error!r}")

    @contextlib.contextmanager
    def _listening_to_logs(self) -> Iterator[None]:
        """Errors that the product logs are bugs, but for a journal that failed."""
        logger, handler = logging.getLogger("ecstui"), _ErrorHandler(self.findings)
        before = logger.propagate, logger.level
        logger.addHandler(handler)
        logger.propagate = False
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logger.propagate = before[0]

    # -- what is told ----------------------------------------------------------------------------

    def _say(self, words: str) -> None:
        if self._lines is not None:
            self._lines.append(f"{asyncio.get_running_loop().time():9.3f} {words}")

    def _say_change(self, change: Change) -> None:
        if self._lines is not None:
            self._say(f"record  {line_of(change)}")


class _ErrorHandler(logging.Handler):
    """Takes logged errors for findings."""

    def __init__(self, findings: Findings) -> None:
        super().__init__(logging.ERROR)
        self._findings = findings

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, JournalError):
            self._findings.break_rule("S0", f"{record.getMessage()}: {error!r}")


async def _cancelled(tasks: Sequence[asyncio.Task[object]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _settled(tasks: Sequence[asyncio.Task[None]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)
