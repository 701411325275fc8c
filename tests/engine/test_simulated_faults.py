"""What goes wrong between a control plane and the simulated engine, one fault at a time."""

import asyncio
from collections import Counter

import pytest

from ecstui.base.clock import LoopClock
from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.engine.faults import Faults
from ecstui.engine.simulated import SimulatedEngine
from ecstui.engine.world import World
from ecstui.plan.spec import ContainerSpec, Phase
from tests.engine.lab import refusal

pytestmark = pytest.mark.sim


@pytest.fixture
def world() -> World:
    world = World(LoopClock(1_790_000_000.0))
    world.add_image("nginx")
    return world


@pytest.fixture
def engine(world) -> SimulatedEngine:
    return SimulatedEngine(world)


def spec(name: str) -> ContainerSpec:
    return ContainerSpec(name=name, image="nginx", owner="us", labels={})


def now() -> float:
    return asyncio.get_running_loop().time()


async def run(engine, *names: str) -> None:
    for name in names:
        await engine.create(spec(name))
        await engine.start(name)


async def test_without_faults_looks_take_no_time(engine):
    await run(engine, "it")
    before = now()
    for _ in range(100):
        await engine.inspect("it")
        await engine.list("us")
    assert now() == before


async def test_calls_take_longer(engine, world):
    world.faults = Faults(latency_seconds=0.5)
    times = []
    for _ in range(200):
        before = now()
        await engine.inspect("nobody")
        times.append(now() - before)
    assert 0.3 < sum(times) / 200 < 0.8
    assert max(times) > 3 * min(times)


async def test_some_calls_take_very_long(engine, world):
    world.faults = Faults(slow_ratio=0.1, slow_seconds=20.0)
    times = []
    for _ in range(200):
        before = now()
        await engine.inspect("nobody")
        times.append(now() - before)
    assert 5 < sum(time > 0 for time in times) < 40
    assert max(times) > 20


async def test_calls_fail_before_they_did_anything(engine, world):
    world.faults = Faults(error_ratio=1.0)
    error = await refusal(engine.create(spec("it")))
    assert (error.kind, error.retryable) == (EngineErrorKind.CANNOT_CREATE, True)
    assert "it" not in world.containers


async def test_answers_are_lost_though_the_thing_was_done(engine, world):
    await engine.create(spec("it"))
    world.faults = Faults(lost_answer_ratio=1.0, timeout_seconds=30.0)
    before = now()
    error = await refusal(engine.start("it"))
    assert (error.kind, error.retryable) == (EngineErrorKind.TIMEOUT, True)
    assert now() - before >= 30
    assert world.containers["it"].phase is Phase.RUNNING


async def test_the_answer_to_a_refusal_may_be_lost_too(engine, world):
    world.faults = Faults(lost_answer_ratio=1.0)
    assert (await refusal(engine.start("nobody"))).kind is EngineErrorKind.TIMEOUT


@pytest.mark.parametrize(
    ("faults", "least", "most"),
    [
        (Faults(), 200, 200),
        (Faults(hint_lost_ratio=0.5), 60, 140),
        (Faults(hint_doubled_ratio=0.5), 260, 340),
        (Faults(hint_lost_ratio=1.0), 0, 0),
    ],
)
async def test_hints_are_lost_and_doubled(engine, world, faults, least, most):
    told: Counter[str] = Counter()

    async def listen() -> None:
        async for name in engine.hints("us"):
            told[name] += 1

    listening = asyncio.create_task(listen())
    await run(engine, *(f"n{number}" for number in range(200)))
    told.clear()
    world.faults = faults
    world.kill_where(lambda _: True)
    await asyncio.sleep(60)
    listening.cancel()
    assert least <= told.total() <= most


async def test_hints_are_late_and_out_of_order(engine, world):
    told: dict[str, float] = {}

    async def listen() -> None:
        async for name in engine.hints("us"):
            told[name] = now()

    listening = asyncio.create_task(listen())
    names = [f"n{number}" for number in range(50)]
    await run(engine, *names)
    told.clear()
    world.faults = Faults(hint_late_ratio=1.0, hint_late_seconds=4.0)
    killed_at = now()
    world.kill_where(lambda _: True)
    await asyncio.sleep(120)
    listening.cancel()
    assert sorted(told) == sorted(names)
    assert list(told) != names
    assert 1 < sum(at - killed_at for at in told.values()) / 50 < 10


async def test_lists_fail(engine, world):
    world.faults = Faults(list_failing_ratio=1.0)
    error = await refusal(engine.list("us"))
    assert (error.kind, error.retryable) == (EngineErrorKind.CANNOT_INSPECT, True)


async def test_lists_show_what_was(engine, world):
    world.faults = Faults(list_stale_ratio=0.5)
    await run(engine, "it")
    met = set()
    assert set(await engine.list("us")) == {"it"}
    await engine.remove("it")
    for _ in range(50):
        met.add(tuple(await engine.list("us")))
    assert met == {("it",), ()}
    assert await engine.inspect("it") is None


async def test_pulls_fail_and_crawl(engine, world):
    world.faults = Faults(pull_failing_ratio=1.0)
    error = await refusal(engine.ensure_image("redis", lambda _: None))
    assert (error.kind, error.retryable) == (EngineErrorKind.CANNOT_PULL, True)
    world.faults = Faults(pull_slow_ratio=1.0, pull_slow_factor=30.0)
    before = now()
    await engine.ensure_image("redis", lambda _: None)
    assert now() - before == pytest.approx(60.0)


async def test_one_world_has_its_own_lots():
    async def outcomes(seed: int) -> list[bool]:
        engine = SimulatedEngine(World(LoopClock(0.0), seed=seed, faults=Faults(error_ratio=0.5)))
        found = []
        for _ in range(64):
            try:
                await engine.info()
            except EngineError:
                found.append(False)
            else:
                found.append(True)
        return found

    assert await outcomes(1) == await outcomes(1) != await outcomes(2)
