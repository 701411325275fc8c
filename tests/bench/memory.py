"""What a task takes of memory: the control plane's part, and that of its simulated container.

The whole is what the process grew by. The container's part is measured alone, in a world without
a control plane; what an observer keeps of it is the control plane's, on Docker as here.
"""

import asyncio
import gc
import tracemalloc

from ecstui.base.clock import SystemClock
from ecstui.engine.behaviour import Behaviour
from ecstui.engine.world import World
from ecstui.plan.spec import ContainerSpec
from ecstui.plan.translate import Setting, container_spec
from tests.bench.figures import Figure
from tests.factories import a_container, a_definition, a_task

CONTAINERS = 1_000


def memory_per_task(resident_kib: float) -> list[Figure]:
    """KiB per task, from what the resident process grew by per task."""
    simulated = _container_kib()
    ours = resident_kib - simulated
    whole = f"{resident_kib:.1f} KiB resident per task, the simulated container taken off"
    alone = f"one of {CONTAINERS} containers with its specification, by tracemalloc"
    return [
        Figure("memory per task, control plane", ours, 10.0, " KiB", whole),
        Figure("memory per simulated container", simulated, 10.0, " KiB", alone),
    ]


def _container_kib() -> float:
    world = World(SystemClock(), images={"app": Behaviour()})
    world.add_image("app")
    _start(world, _spec(0))
    gc.collect()
    tracemalloc.start()
    for number in range(1, CONTAINERS + 1):
        _start(world, _spec(number))
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size / CONTAINERS / 1024


def _start(world: World, spec: ContainerSpec) -> None:
    asyncio.get_running_loop()  # containers keep time by it, so there must be one
    world.create(spec)
    world.start(spec.name)


def _spec(number: int) -> ContainerSpec:
    definition = a_definition(a_container(name="app", image="app", cpu=64, memory=128))
    task = a_task(definition, seed=number)
    container = definition.container_definitions[0]
    return container_spec(task, definition, container, Setting(owner="scale"))
