"""How fast services start and heal on Docker, beside a bare script and Swarm, in turns.

Goals: start 0 to 16 tasks in at most 1.15 times the bare script's time and faster than Swarm; heal
in at most 1.5 times a bare create and start, and at least 3 times faster than Swarm.
"""

import asyncio
import math
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from ecstui.base.clock import SystemClock
from ecstui.base.ids import new_id
from ecstui.control.plane import ControlPlane
from ecstui.control.setup import InstanceSetup, Setup
from ecstui.engine.docker import DockerEngine
from ecstui.engine.endpoint import Endpoint
from ecstui.model.requests.definitions import RegisterTaskDefinitionRequest
from ecstui.model.requests.services import CreateServiceRequest, UpdateServiceRequest
from ecstui.store.journal import SqliteJournal
from ecstui.store.kinds import SERVICES, TASKS
from tests.bench import rivals
from tests.bench.figures import Figure

TASKS_STARTED = 16
ROUNDS = 5
HEALS = 8
THREADS = (2, 4, 6, 8, 12, 16)


class Ecstui:
    """A control plane with one service, on the measured engine."""

    def __init__(self, plane: ControlPlane, owner: str, client: Any) -> None:
        """`plane` runs already."""
        self.plane = plane
        self.owner = owner
        self.client = client

    @classmethod
    async def open(cls, folder: Path, docker_host: str, client: Any) -> "Ecstui":
        """A plane on its own journal, with one big instance."""
        owner = new_id()[:12]
        instance = InstanceSetup("local-1", "docker", "zone-a", 65536, 65536, "127.0.0.1")
        setup = Setup(owner=owner, instances=(instance,))
        engine = DockerEngine(Endpoint(docker_host))
        journal = await SqliteJournal.open(folder / "journal.sqlite")
        plane = ControlPlane(journal, {"docker": engine}, SystemClock(), setup)
        await plane.start()
        container = {"name": "web", "image": rivals.IMAGE, "memory": 64, "memoryReservation": 64}
        await plane.call(
            RegisterTaskDefinitionRequest.model_validate(
                {"family": "bench", "containerDefinitions": [container]}
            )
        )
        await plane.call(
            CreateServiceRequest(service_name="bench", task_definition="bench", desired_count=0)
        )
        return cls(plane, owner, client)

    async def scale(self, count: int) -> None:
        """Ask for so many tasks."""
        await self.plane.call(UpdateServiceRequest(service="bench", desired_count=count))

    async def start(self, count: int) -> float:
        """Seconds from the request to the start of the last container, as Docker tells it."""
        watch = rivals.Watch(self.client, f"ecstui.owner={self.owner}")
        await asyncio.sleep(0.2)
        began = time.perf_counter()
        await self.scale(count)
        seconds = await asyncio.to_thread(watch.wait_for, count) - began
        await asyncio.to_thread(watch.close)
        await self.until_quiet()
        return seconds

    async def heal(self) -> float:
        """Seconds from the kill of a container to the start of its replacement."""
        watch = rivals.Watch(self.client, f"ecstui.owner={self.owner}")
        await asyncio.sleep(0.2)
        victim = next(t for t in self.plane.store.all(TASKS) if not t.is_stopped)
        began = time.perf_counter()
        await asyncio.to_thread(self.client.kill, victim.containers[0].engine_name)
        seconds = await asyncio.to_thread(watch.wait_for, 1) - began
        await asyncio.to_thread(watch.close)
        await self.until_quiet()
        return seconds

    async def until_quiet(self) -> None:
        """Wait until the service is steady."""
        while not all(s.is_steady for s in self.plane.store.all(SERVICES)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """Scale to nothing and wait."""
        await self.scale(0)
        await asyncio.sleep(0.1)
        await self.until_quiet()
        while self.plane.store.by(TASKS, "active", "yes"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    async def close(self) -> None:
        """Stop the plane and remove its containers."""
        await self.plane.stop()
        found = self.client.containers(all=True, filters={"label": f"ecstui.owner={self.owner}"})
        for container in found:
            self.client.remove_container(container["Id"], force=True)


def best_thread_count(client: Any) -> int:
    """With how many threads the bare script is fastest here."""
    times: dict[int, list[float]] = {threads: [] for threads in THREADS}
    for _ in range(2):
        for threads in THREADS:
            seconds = rivals.start_bare(client, TASKS_STARTED, threads, port=False)
            times[threads].append(seconds)
            rivals.sweep_bare(client)
    return min(THREADS, key=lambda threads: min(times[threads]))


def bare_heal(client: Any) -> float:
    """Seconds that one bare create and start takes."""
    began = time.perf_counter()
    rivals.create_and_start(client, port=False)
    return time.perf_counter() - began


async def measure(docker_host: str) -> list[Figure]:
    """All figures of this page."""
    client = rivals.connect()
    threads = await asyncio.to_thread(best_thread_count, client)
    times: dict[str, list[float]] = {"bare": [], "ecstui": [], "swarm": []}
    heals: dict[str, list[float]] = {"bare": [], "ecstui": [], "swarm": []}
    eager: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        ecstui = await Ecstui.open(Path(folder), docker_host, client)
        swarm = await asyncio.to_thread(rivals.Swarm, client)
        try:
            for _ in range(ROUNDS):
                bare = rivals.start_bare
                times["bare"].append(
                    await asyncio.to_thread(bare, client, TASKS_STARTED, threads, port=False)
                )
                await asyncio.to_thread(rivals.sweep_bare, client)
                times["ecstui"].append(await ecstui.start(TASKS_STARTED))
                await ecstui.stop()
                times["swarm"].append(await asyncio.to_thread(swarm.start, TASKS_STARTED))
                await asyncio.to_thread(swarm.stop)
            await ecstui.start(4)
            await asyncio.to_thread(swarm.start, 4)
            for _ in range(HEALS):
                heals["bare"].append(await asyncio.to_thread(bare_heal, client))
                heals["ecstui"].append(await ecstui.heal())
                heals["swarm"].append(await asyncio.to_thread(swarm.heal))
                await asyncio.sleep(1.0)
            await asyncio.to_thread(rivals.sweep_bare, client)
            await asyncio.to_thread(swarm.stop)
            await asyncio.to_thread(swarm.start, 4, restart_delay_seconds=0)
            for _ in range(HEALS):
                eager.append(await asyncio.to_thread(swarm.heal))
                await asyncio.sleep(1.0)
            await asyncio.to_thread(swarm.stop)
            await ecstui.stop()
        finally:
            await asyncio.to_thread(swarm.leave)
            await ecstui.close()
    print(f"bare script: best with {threads} threads")
    against_eager = Figure(
        "heal: time as a share of Swarm's when Swarm is told not to wait (no goal)",
        statistics.median(heals["ecstui"]) / statistics.median(eager),
        most=math.inf,
        detail=f"swarm without restart delay {statistics.median(eager) * 1000:.0f} ms",
    )
    return [
        *figures("start 0 to 16 tasks", times, 1.15, 1.0),
        *figures("heal", heals, 1.5, 1 / 3),
        against_eager,
    ]


def figures(
    name: str, times: dict[str, list[float]], most_of_bare: float, most_of_swarm: float
) -> list[Figure]:
    """Ratios of medians, with what they are made of."""
    medians = {who: statistics.median(seconds) for who, seconds in times.items()}
    detail = ", ".join(f"{who} {seconds * 1000:.0f} ms" for who, seconds in medians.items())
    ours = medians["ecstui"]
    return [
        Figure(
            f"{name}: time as a share of the bare script's",
            ours / medians["bare"],
            most=most_of_bare,
            detail=detail,
        ),
        Figure(
            f"{name}: time as a share of Swarm's",
            ours / medians["swarm"],
            most=most_of_swarm,
            detail=detail,
        ),
    ]
