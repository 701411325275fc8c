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
from dataclasses import replace
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
from ecstui.model.enums import TaskStatus
from ecstui.model.requests.definitions import RegisterTaskDefinitionRequest
from ecstui.model.requests.services import CreateServiceRequest, UpdateServiceRequest
from ecstui.model.requests.tasks import (
    DescribeTasksRequest,
    ListTasksRequest,
    RunTaskRequest,
    StopTaskRequest,
)
from ecstui.model.shape import Request, Shape
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import ContainerDefinition
from ecstui.plan.pace import PACES, PaceName
from ecstui.serve.app import Doors, Identity
from ecstui.serve.daemon import open_doors
from ecstui.settings import StatePaths
from ecstui.store.journal import SqliteJournal
from ecstui.store.kinds import TASKS
from tests.bench.door_pace import SocketDoor
from tests.bench.figures import Figure
from tests.bench.idle import resident_mib
from tests.bench.placing import placements_per_second

TASKS_WANTED = int(os.environ.get("ECSTUI_SCALE_TASKS", "10000"))
ENGINES = int(os.environ.get("ECSTUI_SCALE_ENGINES", "1"))
PER_SERVICE = 20
SERVICE_COUNT = TASKS_WANTED // PER_SERVICE
INSTANCE_COUNT = TASKS_WANTED // 10
UPDATED = min(100, SERVICE_COUNT // 2)
IDLE_SECONDS = 20.0
PROMPT = Behaviour(pull_seconds=0.0, create_seconds=0.0, start_seconds=0.0, stops_after_seconds=0.0)
_PACE = replace(PACES[PaceName.LOCAL], settling_seconds=0.5)


class Steps:
    """CPU seconds of each step of the event loop: while one lasts, nothing else goes on."""

    def __init__(self) -> None:
        """Watches every step from now on, but for those of who asks: it only measures."""
        self.longest = 0.0
        watcher = asyncio.current_task()
        run = asyncio.Handle._run

        def timed(handle: asyncio.Handle) -> None:
            before = time.thread_time()
            run(handle)
            callback = handle._callback  # type: ignore[attr-defined]
            if getattr(callback, "__self__", None) is not watcher:
                self.longest = max(self.longest, time.thread_time() - before)

        setattr(asyncio.Handle, "_run", timed)  # noqa: B010


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
        """Note for each turn what it took of a core: neighbours on the machine do not count."""
        loop, turn, spent = self.plane.loop, self.plane.loop.turn, self.turns

        async def timed() -> TurnReport:
            before = time.thread_time()
            report = await turn()
            spent.append((time.thread_time() - before, report))
            return report

        loop.turn = timed  # type: ignore[method-assign]

    def running(self) -> int:
        """Tasks that run and are wanted."""
        tasks = self.plane.store.by(TASKS, "active", "yes")
        return sum(t.last_status is TaskStatus.RUNNING and t.is_wanted for t in tasks)

    async def until(self, is_so: Callable[[], bool], seconds: float = 300.0) -> None:
        """Wait until something is so and the plane is at rest."""
        async with asyncio.timeout(seconds):
            while not (is_so() and self.plane.loop.is_idle and not self.plane.effects.running):  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def populate(self) -> float:
        """Seconds from the first CreateService to 10,000 tasks RUNNING."""
        began = time.perf_counter()
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
        return time.perf_counter() - began


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
    seconds = await town.populate()
    name = f"from 0 to {TASKS_WANTED} tasks running"
    figures = [Figure(name, seconds, most=60.0, unit=" s", detail=f"{ENGINES} engines")]
    figures.append(_turns("bring-up", town))
    await asyncio.sleep(3.0)
    resident = (_resident() - before_mib) * 1024 / TASKS_WANTED
    detail = "growth of the resident process; containers of the simulation included"
    figures.append(Figure("memory per task, resident", resident, 20.0, " KiB", detail))
    figures += await _middle_of_life(town)
    figures.append(await _idle(town))
    figures += await _local_door(town)
    figures += await _socket_door(town, folder)
    figures += await _recovery(town)
    figures.append(_memory(town))
    figures.append(_journal(town))
    return figures


def _resident() -> float:
    gc.collect()
    return resident_mib(os.getpid())


# -- turns ------------------------------------------------------------------------------------


async def _middle_of_life(town: Metropolis) -> list[Figure]:
    wanted = TASKS_WANTED
    figures = []

    async def during(name: str, act: Awaitable[object], more: int = 0) -> None:
        town.turns.clear()
        town.steps.longest = 0.0
        await act
        await asyncio.sleep(2.0)
        await town.until(lambda: town.running() == wanted + more)
        figures.append(_turns(name, town))

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


def _turns(name: str, town: Metropolis) -> Figure:
    spent = sorted(seconds * 1000 for seconds, _ in town.turns) or [0.0]
    reports = [report for _, report in town.turns]
    keys = max((report.keys for report in reports), default=0)
    wall = max((report.seconds * 1000 for report in reports), default=0.0)
    middle, high = spent[len(spent) // 2], spent[int(len(spent) * 0.99)]
    detail = f"p50 {middle:.2f}, p99 {high:.1f} ms of {len(spent)} turns, up to {keys} keys"
    step = town.steps.longest * 1000
    detail += f"; longest step of the event loop {step:.1f} ms"
    detail += f"; longest by the clock on the wall {wall:.0f} ms"
    return Figure(f"longest turn (CPU), {name}", spent[-1], 20.0, " ms", detail)


async def _idle(town: Metropolis) -> Figure:
    before = time.process_time()
    await asyncio.sleep(IDLE_SECONDS)
    percent = (time.process_time() - before) / IDLE_SECONDS * 100
    name = f"idle with {TASKS_WANTED} tasks: share of a core"
    return Figure(name, percent, most=2.0, unit=" %", detail="simulated engine included")


# -- doors ------------------------------------------------------------------------------------


async def _rate(call: Callable[[], Coroutine[object, object, object]], times: int) -> float:
    """Calls a second, one after another."""
    began = time.perf_counter()
    for _ in range(times):
        await call()
    return times / (time.perf_counter() - began)


def _requests(town: Metropolis) -> dict[str, tuple[Request[Shape], int]]:
    """What is asked for, and how often."""
    ids = tuple(task.task_id for task in town.plane.store.by(TASKS, "active", "yes"))
    requests: dict[str, tuple[Request[Shape], int]] = {
        "DescribeTasks(1)": (DescribeTasksRequest(tasks=ids[:1]), 1000),  # type: ignore[dict-item]
        "DescribeTasks(100)": (DescribeTasksRequest(tasks=ids[:100]), 100),  # type: ignore[dict-item]
        "ListTasks(100)": (ListTasksRequest(), 50),  # type: ignore[dict-item]
        "ListTasks(service)": (ListTasksRequest(service_name="app-2"), 200),  # type: ignore[dict-item]
        "RunTask": (RunTaskRequest(task_definition="app-0"), 50),  # type: ignore[dict-item]
    }
    return requests


_LEAST = {"DescribeTasks(1)": 1000.0}
_LEAST_OTHERWISE = 100.0


def _door(name: str, rate: float, door: str) -> Figure:
    least = _LEAST.get(name, _LEAST_OTHERWISE)
    detail = f"{rate:.0f} a second; goal {least:.0f}"
    return Figure(f"{name}, {door}", 1000 / rate, 1000 / least, " ms", detail)


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
    began = time.perf_counter()
    await town.open()
    ready = time.perf_counter() - began
    await town.until(lambda: town.running() == TASKS_WANTED)
    settled = time.perf_counter() - began
    detail = f"{rows} documents read, every engine looked at, calls answered; then {settled:.2f} s"
    return [Figure("recovery from the journal", ready, 2.0, " s", f"{detail} until at rest")]


def _memory(town: Metropolis) -> Figure:
    """What one more copy of all task records, read as recovery reads them, takes."""
    tasks = town.plane.store.by(TASKS, "active", "yes")
    texts = [task.model_dump_json(by_alias=True, exclude_none=True) for task in tasks]
    gc.collect()
    tracemalloc.start()
    records = [TaskRecord.model_validate_json(text) for text in texts]
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    detail = f"{len(records)} records as read from the journal, by tracemalloc"
    return Figure("memory per task record", size / len(records) / 1024, 10.0, " KiB", detail)


def _journal(town: Metropolis) -> Figure:
    tasks = town.plane.store.by(TASKS, "active", "yes")
    each = sum(len(t.model_dump_json(by_alias=True, exclude_none=True)) for t in tasks) / len(tasks)
    total = town.file.stat().st_size / 2**20
    detail = f"the file has {total:.0f} MiB with events and tasks that ended"
    return Figure("journal per task", each / 1024, 4.0, " KiB", detail)
