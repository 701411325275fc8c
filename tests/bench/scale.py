"""Ten thousand tasks in the simulated engine: placement, turns, recovery, memory, doors.

One process, 1,000 container instances in three zones, 500 services of 20 tasks, the journal a real
SQLite file. Containers start at once, so that what is measured is the control plane. Set
ECSTUI_SCALE_ENGINES to spread the instances over so many engines, ECSTUI_SCALE_TASKS for fewer.
"""

import asyncio
import gc
import os
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ecstui.base.clock import SystemClock
from ecstui.base.garbage import spare_long_lived
from ecstui.base.ids import new_id
from ecstui.client.local import LocalClient
from ecstui.control.loop import TurnReport
from ecstui.control.plane import ControlPlane
from ecstui.control.setup import InstanceSetup, Setup
from ecstui.engine.behaviour import Behaviour
from ecstui.engine.simulated import SimulatedEngine
from ecstui.engine.world import World
from ecstui.model.requests.clusters import DescribeClustersRequest
from ecstui.model.requests.definitions import RegisterTaskDefinitionRequest
from ecstui.model.requests.services import CreateServiceRequest, UpdateServiceRequest
from ecstui.model.requests.tasks import (
    DescribeTasksRequest,
    ListTasksRequest,
    RunTaskRequest,
    StopTaskRequest,
)
from ecstui.model.shape import Request, Shape
from ecstui.model.task_definition import ContainerDefinition
from ecstui.plan.pace import PACES, PaceName
from ecstui.serve.app import Doors, Identity
from ecstui.serve.daemon import open_doors
from ecstui.settings import StatePaths
from ecstui.store.counts import task_counts_of_cluster
from ecstui.store.journal import SqliteJournal
from ecstui.store.kinds import TASKS
from ecstui.store.store import Store
from tests.bench.door_pace import SocketDoor
from tests.bench.figures import Figure, Spent
from tests.bench.idle import resident_mib
from tests.bench.memory import memory_per_task
from tests.bench.placing import placements_per_second

TASKS_WANTED = int(os.environ.get("ECSTUI_SCALE_TASKS", "10000"))
ENGINES = int(os.environ.get("ECSTUI_SCALE_ENGINES", "1"))
PER_SERVICE = 20
SERVICE_COUNT = TASKS_WANTED // PER_SERVICE
INSTANCE_COUNT = TASKS_WANTED // 10
UPDATED = min(100, SERVICE_COUNT // 2)
IDLE_SECONDS = 20.0
PROMPT = Behaviour(pull_seconds=0.0, create_seconds=0.0, start_seconds=0.0, stops_after_seconds=0.0)
_CONTROL_LOOP = "ControlPlane._run"
_PACE = replace(PACES[PaceName.LOCAL], settling_seconds=0.5)


@dataclass(slots=True)
class Longest:
    """The longest step so far, by each clock, and whose it was."""

    cpu_ms: float = 0.0
    wall_ms: float = 0.0
    whose: str = ""


class Steps:
    """Every step of the event loop: while one lasts, nothing else goes on."""

    def __init__(self) -> None:
        """Watches every step from now on, but for those of who asks: it only measures."""
        self.longest = Longest()
        self.others_seconds = 0.0
        """CPU seconds of all steps that were not the control loop's."""
        watcher = asyncio.current_task()
        run = asyncio.Handle._run

        def timed(handle: asyncio.Handle) -> None:
            wall, cpu = time.perf_counter(), time.thread_time()
            run(handle)
            cpu_ms = (time.thread_time() - cpu) * 1000
            callback = handle._callback  # type: ignore[attr-defined]
            owner = getattr(callback, "__self__", None)
            whose = _name_of(owner, callback)
            if whose != _CONTROL_LOOP:
                self.others_seconds += cpu_ms / 1000
            if owner is watcher:
                return
            longest = self.longest
            longest.wall_ms = max(longest.wall_ms, (time.perf_counter() - wall) * 1000)
            if cpu_ms > longest.cpu_ms:
                longest.cpu_ms, longest.whose = cpu_ms, whose

        setattr(asyncio.Handle, "_run", timed)  # noqa: B010


def _name_of(owner: object, callback: object) -> str:
    """Whose step it was."""
    coroutine = owner.get_coro() if isinstance(owner, asyncio.Task) else callback
    return getattr(coroutine, "__qualname__", type(coroutine).__name__)


class Metropolis:
    """A control plane on simulated engines, with its journal in a file."""

    def __init__(self, folder: Path) -> None:
        """Nothing runs before `open`."""
        self.turns: list[tuple[float, TurnReport]] = []
        """CPU seconds of each turn, with what it says of itself."""
        self.steps = Steps()
        self.clock = SystemClock()
        self.file = folder / "journal.sqlite"
        self.worlds = {
            f"engine-{n}": World(self.clock, seed=n, images={"app": PROMPT}) for n in range(ENGINES)
        }
        for world in self.worlds.values():
            world.add_image("app")
        self.setup = Setup(
            owner="scale",
            pace=_PACE,
            is_simulation=True,
            instances=tuple(
                InstanceSetup(
                    f"i-{n}",
                    f"engine-{n % ENGINES}",
                    f"zone-{'abc'[n % 3]}",
                    cpu_units=8192,
                    memory_mib=16384,
                    ip=f"127.{n // 250}.{n % 250 + 1}.1",
                )
                for n in range(INSTANCE_COUNT)
            ),
        )

    async def open(self) -> "Metropolis":
        """Start a control plane on what the journal holds."""
        journal = await SqliteJournal.open(self.file)
        engines = {name: SimulatedEngine(world, name) for name, world in self.worlds.items()}
        self.plane = ControlPlane(journal, engines, self.clock, self.setup)
        await self.plane.start()
        spare_long_lived()  # as the daemon does
        self.client = LocalClient(self.plane)
        self._time_turns()
        return self

    def _time_turns(self) -> None:
        """Note for each turn what it took of a core, without what others did while it waited."""
        loop, turn, spent = self.plane.loop, self.plane.loop.turn, self.turns

        def own_seconds() -> float:
            return time.thread_time() - self.steps.others_seconds

        async def timed() -> TurnReport:
            before = own_seconds()
            report = await turn()
            spent.append((own_seconds() - before, report))
            return report

        loop.turn = timed  # type: ignore[method-assign]

    def running(self) -> int:
        """Tasks that run and are wanted."""
        return task_counts_of_cluster(self.plane.store, "default", is_fargate=False).running

    async def until(self, is_so: Callable[[], bool], seconds: float = 300.0) -> None:
        """Wait until something is so and the plane is at rest."""
        async with asyncio.timeout(seconds):
            while not (is_so() and self.plane.loop.is_idle and not self.plane.effects.running):  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def populate(self) -> Spent:
        """What it takes from the first CreateService to 10,000 tasks RUNNING."""
        spent = Spent()
        for number in range(SERVICE_COUNT):
            family = f"app-{number}"
            container = ContainerDefinition(name="app", image="app", cpu=64, memory=128)
            await self.client.call(
                RegisterTaskDefinitionRequest(family=family, container_definitions=(container,))
            )
            await self.client.call(
                CreateServiceRequest(
                    service_name=family, task_definition=family, desired_count=PER_SERVICE
                )
            )
        await self.until(lambda: self.running() >= TASKS_WANTED, 600.0)
        return spent.end()


def measure(_docker_host: str) -> list[Figure]:
    """All figures of scale."""
    with TemporaryDirectory(prefix="ecstui-scale-") as folder:
        return [*placements_per_second(), *asyncio.run(_measure(Path(folder)))]


async def _measure(folder: Path) -> list[Figure]:
    town = Metropolis(folder)
    await town.open()
    try:
        return await _life(town, folder)
    finally:
        await town.plane.stop()


async def _life(town: Metropolis, folder: Path) -> list[Figure]:
    before_mib = _resident()
    spent = await town.populate()
    name = f"from 0 to {TASKS_WANTED} tasks running"
    figures = [Figure(name, spent.cpu, 60.0, " s", f"{ENGINES} engines; {spent}")]
    figures += _turns("bring-up", town)
    await asyncio.sleep(3.0)
    resident = (_resident() - before_mib) * 1024 / TASKS_WANTED
    figures += memory_per_task(resident)
    figures += await _middle_of_life(town)
    figures.append(await _idle(town))
    figures += await _local_door(town)
    figures += await _socket_door(town, folder)
    figures += await _recovery(town)
    figures.append(await _memory(town))
    figures.append(_journal(town))
    return figures


def _resident() -> float:
    gc.collect()
    return resident_mib(os.getpid())


# -- turns ------------------------------------------------------------------------------------


async def _middle_of_life(town: Metropolis) -> list[Figure]:
    wanted = TASKS_WANTED
    figures: list[Figure] = []

    async def during(name: str, act: Awaitable[object], more: int = 0) -> None:
        town.turns.clear()
        town.steps.longest = Longest()
        await act
        await asyncio.sleep(2.0)
        await town.until(lambda: town.running() == wanted + more)
        figures.extend(_turns(name, town))

    await during("steady state, 20 s", asyncio.sleep(20.0))
    await during("one service scaled by 20", _update(town, 0, desired_count=PER_SERVICE + 20), 20)
    await during("one service scaled back", _update(town, 0, desired_count=PER_SERVICE))
    await during("a rolling update of 20", _update(town, 1, force_new_deployment=True))
    await during("an instance's tasks lost", _lose_instance(town))
    some = range(SERVICE_COUNT - UPDATED, SERVICE_COUNT)
    await during(f"{UPDATED} services updated at once", _update_many(town, some))
    return figures


async def _update(town: Metropolis, number: int, **members: object) -> None:
    await town.client.call(UpdateServiceRequest(service=f"app-{number}", **members))  # type: ignore[arg-type]


async def _update_many(town: Metropolis, numbers: range) -> None:
    await asyncio.gather(*(_update(town, n, force_new_deployment=True) for n in numbers))


async def _lose_instance(town: Metropolis) -> None:
    arn = town.plane.instances()[5].container_instance_arn
    for task in town.plane.store.by(TASKS, "instance", arn):
        if not task.is_stopped:
            for container in task.containers:
                town.worlds[task.engine].kill(container.engine_name)


def _turns(name: str, town: Metropolis) -> list[Figure]:
    spent = sorted(seconds * 1000 for seconds, _ in town.turns) or [0.0]
    reports = [report for _, report in town.turns]
    wall = max((report.seconds * 1000 for report in reports), default=0.0)
    middle, high = spent[len(spent) // 2], spent[int(len(spent) * 0.99)]
    detail = f"wall {wall:.1f}, p50 {middle:.2f}, p99 {high:.1f} ms of {len(spent)} turns"
    step = town.steps.longest
    found = f"wall {step.wall_ms:.1f} ms; {step.whose}; load {_load()}"
    return [
        Figure(f"turn of the control loop (CPU), {name}", spent[-1], 20.0, " ms", detail),
        Figure(f"  step of the event loop (CPU), {name}", step.cpu_ms, 20.0, " ms", found),
    ]


def _load() -> str:
    """Programs that wanted a core over the last minute."""
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


async def _idle(town: Metropolis) -> Figure:
    before = time.process_time()
    await asyncio.sleep(IDLE_SECONDS)
    percent = (time.process_time() - before) / IDLE_SECONDS * 100
    name = f"idle with {TASKS_WANTED} tasks: share of a core"
    return Figure(name, percent, 2.0, " %", f"simulated engine included; load {_load()}")


# -- doors ------------------------------------------------------------------------------------


async def _rate(call: Callable[[], Coroutine[object, object, object]], times: int) -> Spent:
    """What one call takes, of many one after another."""
    spent = Spent()
    for _ in range(times):
        await call()
    return spent.end(times)


def _requests(town: Metropolis) -> dict[str, tuple[Request[Shape], int]]:
    """What is asked for, and how often."""
    ids = tuple(task.task_id for task in town.plane.store.by(TASKS, "active", "yes"))
    requests: dict[str, tuple[Request[Shape], int]] = {
        "DescribeTasks(1)": (DescribeTasksRequest(tasks=ids[:1]), 1000),  # type: ignore[dict-item]
        "DescribeTasks(100)": (DescribeTasksRequest(tasks=ids[:100]), 100),  # type: ignore[dict-item]
        "ListTasks(100)": (ListTasksRequest(), 50),  # type: ignore[dict-item]
        "ListTasks(service)": (ListTasksRequest(service_name="app-2"), 200),  # type: ignore[dict-item]
        "DescribeClusters": (DescribeClustersRequest(), 200),  # type: ignore[dict-item]
        "RunTask": (RunTaskRequest(task_definition="app-0"), 50),  # type: ignore[dict-item]
    }
    return requests


_LEAST = {"DescribeTasks(1)": 1000.0}
_LEAST_OTHERWISE = 100.0


def _door(name: str, spent: Spent, door: str) -> Figure:
    least = _LEAST.get(name, _LEAST_OTHERWISE)
    detail = f"wall {spent.wall * 1000:.2f} ms; goal {least:.0f} a second; load {_load()}"
    return Figure(f"{name}, {door}", spent.cpu * 1000, 1000 / least, " ms CPU", detail)


async def _local_door(town: Metropolis) -> list[Figure]:
    figures = []
    for name, (request, times) in _requests(town).items():
        rate = await _rate(lambda r=request: town.client.call(r), times)  # type: ignore[misc]
        figures.append(_door(name, rate, "in process"))
    await _stop_extra(town)
    return figures


async def _socket_door(town: Metropolis, folder: Path) -> list[Figure]:
    paths = StatePaths(folder)
    identity = Identity("0", "scale", os.getpid(), str(folder), "local", "simulated", 0.0)
    doors = Doors(town.plane, identity, town.clock, new_id, lambda _: None)
    figures = []
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(open_doors(paths, doors))
        door = await stack.enter_async_context(SocketDoor(paths.socket))
        for name, (request, times) in _requests(town).items():
            rate = await _rate(lambda r=request: door.call(r), times)  # type: ignore[misc]
            figures.append(_door(name, rate, "Unix socket, both ends in one process"))
    await _stop_extra(town)
    return figures


async def _stop_extra(town: Metropolis) -> None:
    """Stop the tasks that RunTask made."""
    for task in town.plane.store.by(TASKS, "active", "yes"):
        if task.service_arn is None:
            await town.client.call(StopTaskRequest(task=task.task_id))
    await town.until(lambda: town.running() == TASKS_WANTED)


# -- recovery, memory, journal ----------------------------------------------------------------


async def _recovery(town: Metropolis) -> list[Figure]:
    await town.plane.crash()
    await town.plane.store.close()
    journal = await SqliteJournal.open(town.file)
    rows = len(list(await journal.load()))
    await journal.close()
    spent = Spent()
    await town.open()
    ready = spent.end()
    await town.until(lambda: town.running() == TASKS_WANTED)
    detail = f"{rows} documents read, every engine looked at, calls answered; load {_load()}"
    return [
        Figure("recovery from the journal, CPU", ready.cpu, 2.0, " s", detail),
        Figure("recovery from the journal, wall", ready.wall, 2.0, " s", f"at rest: {spent.end()}"),
    ]


async def _memory(town: Metropolis) -> Figure:
    """What all records read from the journal take, with the indexes of their tables."""
    await town.plane.store.flush()
    journal = await SqliteJournal.open(town.file)
    store = Store(journal)
    gc.collect()
    tracemalloc.start()
    await store.load()
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    count = store.count(TASKS)
    detail = f"{count} tasks, services, events and all else as a restart reads it, with indexes"
    await journal.close()
    return Figure("memory per task, records", size / count / 1024, 10.0, " KiB", detail)


def _journal(town: Metropolis) -> Figure:
    tasks = town.plane.store.by(TASKS, "active", "yes")
    each = sum(len(t.model_dump_json(by_alias=True, exclude_none=True)) for t in tasks) / len(tasks)
    total = town.file.stat().st_size / 2**20
    detail = f"the file has {total:.0f} MiB with events and tasks that ended"
    return Figure("journal per task", each / 1024, 4.0, " KiB", detail)
