"""The simulated engine beyond the contract: images, behaviours, mishaps, and what it costs."""

import asyncio
import subprocess
import sys
from dataclasses import replace

import pytest

from ecstui.base.clock import LoopClock
from ecstui.base.errors import EngineErrorKind
from ecstui.engine.behaviour import ANY_IMAGE, MIB, Behaviour, LoadCurve, LogKind, adjusted
from ecstui.engine.protocol import PullProgress
from ecstui.engine.simulated import SimulatedEngine
from ecstui.engine.world import World
from ecstui.model.logs import LogWindow
from ecstui.plan.spec import ContainerSpec, HealthProbe, Phase, PortPublication, Probe
from ecstui.plan.translate import PAUSE_IMAGE
from tests.engine.lab import refusal

pytestmark = pytest.mark.sim

EPOCH = 1_790_000_000.0
ASKS_THE_SERVER = HealthProbe(("CMD-SHELL", "curl -f http://localhost/ || exit 1"), 5.0, 2.0, 3)


@pytest.fixture
def world() -> World:
    return World(LoopClock(EPOCH))


@pytest.fixture
def engine(world) -> SimulatedEngine:
    return SimulatedEngine(world)


def spec(name: str, image: str = "nginx", *command: str, **options) -> ContainerSpec:
    wanted = ContainerSpec(name=name, image=image, owner="us", labels={}, command=command)
    return replace(wanted, **options)


async def run(engine, name: str = "it", image: str = "nginx", *command: str, **options) -> None:
    await engine.ensure_image(image, lambda _: None)
    await engine.create(spec(name, image, *command, **options))
    await engine.start(name)


async def texts(engine, name: str = "it") -> list[str]:
    window = LogWindow(follow=False)
    return [line.text async for batch in engine.logs(name, window) for line in batch]


# -- images ------------------------------------------------------------------------------------


async def test_a_pull_tells_how_far_it_is(engine, world):
    steps: list[PullProgress] = []
    await engine.ensure_image("docker.io/library/nginx:1.29", steps.append)
    assert steps[0] == PullProgress("docker.io/library/nginx:1.29", "Pulling")
    amounts = [step.current_bytes for step in steps]
    assert amounts == sorted(amounts)
    assert amounts[-1] == steps[-1].total_bytes == 50 * MIB
    assert len(steps) > 5
    assert asyncio.get_running_loop().time() == pytest.approx(2.0)
    assert world.has_image("nginx:1.29")
    assert not world.has_image("nginx:latest")


async def test_pulls_of_one_image_share_a_download(engine):
    await asyncio.gather(*(engine.ensure_image("nginx", lambda _: None) for _ in range(5)))
    assert asyncio.get_running_loop().time() == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("nginx:no-such", "manifest for nginx:no-such not found"),
        ("example.com/private/thing:1", "pull access denied for example.com/private/thing"),
        ("ngnix", "pull access denied for ngnix"),
    ],
)
async def test_images_that_do_not_exist(engine, image, words):
    error = await refusal(engine.ensure_image(image, lambda _: None))
    assert error.kind is EngineErrorKind.CANNOT_PULL
    assert words in error.message
    assert not error.retryable


async def test_an_image_that_was_pulled_by_another_name_is_there(engine):
    await engine.ensure_image("docker.io/library/redis", lambda _: None)
    await engine.create(spec("it", "redis:latest"))


async def test_a_registered_image_exists_and_wins(engine, world):
    world.register("shop/*", Behaviour(exits_after_seconds=3.0, exit_code=9))
    world.register("nginx", Behaviour(exits_after_seconds=1.0, exit_code=8))
    await run(engine, "a", "shop/web:no-such-tag-rule")
    await run(engine, "b", "nginx")
    await asyncio.sleep(10)
    assert [(await engine.inspect(name)).exit_code for name in ("a", "b")] == [9, 8]


async def test_a_world_may_have_any_image():
    world = World(LoopClock(EPOCH), images=ANY_IMAGE)
    await run(SimulatedEngine(world), image="example.com/a/b:c")
    assert world.containers["it"].phase is Phase.RUNNING


async def test_the_pause_container(engine):
    await run(engine, "pause", PAUSE_IMAGE, ports=(PortPublication(80, "tcp", "127.0.1.1"),))
    await run(engine, "web", "nginx", network_mode="container:pause")
    seen = await engine.inspect("pause")
    assert (len(seen.ports), bool(seen.address)) == (1, True)
    await engine.stop("pause", 5)
    assert (await engine.inspect("pause")).exit_code == 0


# -- behaviours --------------------------------------------------------------------------------


async def test_a_server_runs_until_it_is_stopped(engine):
    await run(engine)
    await asyncio.sleep(86_400)
    assert (await engine.inspect("it")).phase is Phase.RUNNING
    await engine.stop("it", 10)
    assert (await engine.inspect("it")).exit_code == 0
    assert "exit" in (await texts(engine))[-1]


async def test_one_that_ignores_its_signal_is_killed(engine):
    await run(engine, "it", "demo/stubborn")
    before = asyncio.get_running_loop().time()
    await engine.stop("it", 7)
    assert asyncio.get_running_loop().time() - before == pytest.approx(7.0)
    assert (await engine.inspect("it")).exit_code == 137


async def test_one_that_crashes_says_why(engine):
    await run(engine, "it", "demo/crash")
    await asyncio.sleep(20)
    seen = await engine.inspect("it")
    assert seen.exit_code == 1
    assert 4 < seen.finished_at - seen.started_at < 12
    assert "Traceback (most recent call last):" in await texts(engine)


async def test_runs_of_one_that_crashes_differ(engine):
    await run(engine, "it", "demo/crash")
    await asyncio.sleep(20)
    first = await engine.inspect("it")
    await engine.start("it")
    await asyncio.sleep(20)
    second = await engine.inspect("it")
    assert second.finished_at - second.started_at != first.finished_at - first.started_at


async def test_a_leak_ends_in_a_kill(engine):
    await run(engine, "it", "demo/leak", memory_bytes=60 * MIB)
    await asyncio.sleep(10)
    early = (await engine.usage(["it"]))["it"].memory_bytes
    await asyncio.sleep(9)
    assert (await engine.usage(["it"]))["it"].memory_bytes > early
    await asyncio.sleep(2)
    seen = await engine.inspect("it")
    assert (seen.exit_code, seen.is_out_of_memory) == (137, True)


async def test_a_script_may_lead_to_a_server(engine):
    script = "echo first; sleep 1; exec nginx -g 'daemon off;'"
    await run(engine, "it", "nginx", "sh", "-c", script)
    await asyncio.sleep(30)
    assert (await engine.inspect("it")).phase is Phase.RUNNING
    lines = await texts(engine)
    assert lines[0] == "first"
    assert len(lines) > 20


async def test_a_busy_script_leaves_time_for_others(engine):
    await run(engine, "it", "busybox", "sh", "-c", "while true; do echo again; done")
    await asyncio.sleep(1)
    assert len(await texts(engine)) > 500
    await engine.remove("it")


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({"ECSTUI_SIM_EXIT_AFTER": "5"}, 0),
        ({"ECSTUI_SIM_EXIT_AFTER": "5", "ECSTUI_SIM_EXIT_CODE": "42"}, 42),
        ({"ECSTUI_SIM_OUT_OF_MEMORY_AFTER": "5"}, 137),
        ({"ECSTUI_SIM_EXIT_AFTER": "soon"}, None),
        ({"ECSTUI_SIM_EXIT_AFTER": "never"}, None),
    ],
)
async def test_the_environment_says_how_it_ends(engine, environment, code):
    await run(engine, environment=tuple(environment.items()))
    await asyncio.sleep(60)
    assert (await engine.inspect("it")).exit_code == code


def test_the_environment_changes_the_rest():
    changed = adjusted(
        Behaviour(),
        {
            "ECSTUI_SIM_STOP_AFTER": "never",
            "ECSTUI_SIM_STOP_CODE": "143",
            "ECSTUI_SIM_HEALTHY_AFTER": "12.5",
            "ECSTUI_SIM_FLAP_EVERY": "30",
            "ECSTUI_SIM_LOG": "cache",
            "ECSTUI_SIM_LINES_PER_SECOND": "7",
            "ECSTUI_SIM_CPU_UNITS": "300",
            "ECSTUI_SIM_MEMORY_MIB": "64",
            "ECSTUI_SIM_START_SECONDS": "3",
            "ECSTUI_SIM_EXIT_CODE": "many",
        },
    )
    assert changed == Behaviour(
        stops_after_seconds=None,
        stop_exit_code=143,
        healthy_after_seconds=12.5,
        flaps_every_seconds=30.0,
        log=LogKind.CACHE,
        lines_per_second=LoadCurve(7.0),
        cpu_units=LoadCurve(300.0),
        memory_bytes=64 * MIB,
        start_seconds=3.0,
    )


async def test_health_follows_the_server(engine):
    met: list[tuple[float, Probe]] = []
    start = asyncio.get_running_loop().time()

    async def watch() -> None:
        async for _ in engine.hints("us"):
            seen = await engine.inspect("it")
            if seen is not None and (not met or met[-1][1] is not seen.probe):
                met.append((round(asyncio.get_running_loop().time() - begun), seen.probe))

    begun = start
    watching = asyncio.create_task(watch())
    await run(
        engine,
        health=ASKS_THE_SERVER,
        environment=(("ECSTUI_SIM_HEALTHY_AFTER", "12"), ("ECSTUI_SIM_FLAP_EVERY", "40")),
    )
    begun = asyncio.get_running_loop().time()
    await asyncio.sleep(200)
    watching.cancel()
    # Every five seconds a check; unwell from 52 to 92 and from 132 to 172.
    assert [(at, probe) for at, probe in met if probe in (Probe.HEALTHY, Probe.UNHEALTHY)] == [
        (15, Probe.HEALTHY),
        (65, Probe.UNHEALTHY),
        (95, Probe.HEALTHY),
        (145, Probe.UNHEALTHY),
        (175, Probe.HEALTHY),
    ]


async def test_health_may_be_forced(engine, world):
    await run(engine, health=ASKS_THE_SERVER)
    await asyncio.sleep(60)
    assert (await engine.inspect("it")).probe is Probe.HEALTHY
    world.force_health("it", is_well=False)
    await asyncio.sleep(11)
    assert (await engine.inspect("it")).probe is Probe.HEALTHY
    await asyncio.sleep(5)
    assert (await engine.inspect("it")).probe is Probe.UNHEALTHY
    world.force_health("it", None)
    await asyncio.sleep(6)
    assert (await engine.inspect("it")).probe is Probe.HEALTHY


async def test_usage_follows_the_load_up_to_the_limits(engine, world):
    busy = LoadCurve(1000.0, swing_ratio=1.0, period_seconds=600.0)
    world.register("busy", Behaviour(cpu_units=busy, memory_bytes=100 * MIB))
    await run(engine, "free", "busy")
    await run(engine, "bound", "busy", nano_cpus=500_000_000, memory_bytes=50 * MIB)
    met = []
    for _ in range(60):
        await asyncio.sleep(10)
        met.append(await engine.usage(["free", "bound"]))
    free = [usage["free"].cpu_units for usage in met]
    assert max(free) > 1500
    assert min(free) < 400
    assert max(usage["bound"].cpu_units for usage in met) == 512
    assert 20 * MIB < max(usage["bound"].memory_bytes for usage in met) < 50 * MIB


# -- mishaps -----------------------------------------------------------------------------------


async def test_killed_containers_end_and_are_hinted_at(engine, world):
    await run(engine, "a")
    await run(engine, "b", labels={"slice": "one"})
    hints = engine.hints("us")
    assert await anext(hints) == ""
    assert world.kill_where(lambda each: each.spec.labels.get("slice") == "one", 9) == ["b"]
    assert await anext(hints) == "b"
    world.kill("a", is_out_of_memory=True)
    assert await anext(hints) == "a"
    world.kill("a")
    world.kill("nobody")
    a, b = await engine.inspect("a"), await engine.inspect("b")
    assert (a.exit_code, a.is_out_of_memory, b.exit_code) == (137, True, 9)


@pytest.mark.parametrize(("survive", "phase"), [(True, Phase.RUNNING), (False, Phase.EXITED)])
async def test_an_engine_that_goes_down_and_comes_back(engine, world, survive, phase):
    await run(engine)
    hints = engine.hints("us")
    assert await anext(hints) == ""
    slow = asyncio.create_task(engine.ensure_image("postgres", lambda _: None))
    await asyncio.sleep(1)
    world.stop_engine(containers_survive=survive)
    for call in (engine.inspect("it"), engine.start("it"), engine.list("us"), engine.info()):
        error = await refusal(call)
        assert (error.kind, error.retryable) == (EngineErrorKind.UNREACHABLE, True)
    assert (await refusal(slow)).kind is EngineErrorKind.UNREACHABLE
    world.start_engine()
    assert await anext(hints) == ""
    assert (await engine.inspect("it")).phase is phase


async def test_a_log_is_followed_over_a_restart_of_the_engine(engine, world):
    script = "for i in 1 2 3 4 5 6; do echo $i; sleep 1; done"
    await run(engine, "it", "busybox", "sh", "-c", script)

    async def follow() -> list[str]:
        return [line.text async for batch in engine.logs("it", LogWindow()) for line in batch]

    following = asyncio.create_task(follow())
    await asyncio.sleep(1.5)
    world.stop_engine(containers_survive=True)
    await asyncio.sleep(2)
    world.start_engine()
    assert await following == ["1", "2", "3", "4", "5", "6"]


async def test_a_call_under_way_is_lost_when_the_engine_goes_down(engine, world):
    await run(engine, "it", "demo/stubborn")
    stopping = asyncio.create_task(engine.stop("it", 10))
    await asyncio.sleep(1)
    world.stop_engine(containers_survive=True)
    world.start_engine()
    assert (await refusal(stopping)).kind is EngineErrorKind.UNREACHABLE


async def test_a_lost_machine_has_nothing(engine, world):
    await run(engine)
    world.lose_machine()
    world.start_engine()
    assert await engine.list("us") == {}
    assert (await refusal(engine.create(spec("it")))).kind is EngineErrorKind.IMAGE_NOT_FOUND


async def test_what_was_sent_happens_though_its_caller_is_gone(engine, world):
    world.add_image("nginx")
    caller = asyncio.create_task(engine.create(spec("it")))
    await asyncio.sleep(0.01)
    caller.cancel()
    await asyncio.wait([caller])
    assert "it" not in world.containers
    await asyncio.sleep(1)
    assert "it" in world.containers


# -- cost and determinism ----------------------------------------------------------------------


async def test_containers_that_just_run_cost_nothing(engine, world):
    world.add_image("nginx")
    for number in range(300):
        await engine.create(spec(f"n{number}", health=ASKS_THE_SERVER))
    await asyncio.gather(*(engine.start(name) for name in list(world.containers)))
    await asyncio.sleep(60)
    assert {each.probe for each in (await engine.list("us")).values()} == {Probe.HEALTHY}
    loop = asyncio.get_running_loop()
    timers = [each for each in loop._scheduled if not each.cancelled()]  # type: ignore[attr-defined]
    assert timers == []
    assert len(asyncio.all_tasks()) == 1


STORY = """
import asyncio, hashlib
from ecstui.base.clock import LoopClock
from ecstui.base.errors import EngineError
from ecstui.engine.faults import Faults
from ecstui.engine.simulated import SimulatedEngine
from ecstui.engine.world import World
from ecstui.model.logs import LogWindow
from ecstui.plan.spec import ContainerSpec
from tests.support.simloop import SimLoop

async def story():
    faults = Faults(latency_seconds=0.2, slow_ratio=0.1, error_ratio=0.1, lost_answer_ratio=0.05,
                    hint_lost_ratio=0.1, hint_late_ratio=0.3, hint_doubled_ratio=0.2)
    world = World(LoopClock(1.79e9), seed=SEED, faults=faults)
    engine, told = SimulatedEngine(world), []
    async def listen():
        async for name in engine.hints("us"):
            told.append((asyncio.get_running_loop().time(), name))
    async def attempt(call):
        try:
            told.append(await call)
        except EngineError as error:
            told.append((asyncio.get_running_loop().time(), str(error)))
    listening = asyncio.create_task(listen())
    world.add_image("demo/crash"); world.add_image("nginx")
    for n in range(12):
        image = ("demo/crash", "nginx")[n % 2]
        await attempt(engine.create(ContainerSpec(f"c{n}", image, "us", {})))
    await asyncio.gather(*(attempt(engine.start(f"c{n}")) for n in range(12)))
    await asyncio.sleep(30)
    await attempt(engine.list("us"))
    await attempt(engine.usage(list(world.containers)))
    world.faults = Faults()
    for name in world.containers:
        async for batch in engine.logs(name, LogWindow(follow=False)):
            told.append(batch)
    return hashlib.sha256(repr(told).encode()).hexdigest()

with asyncio.Runner(loop_factory=SimLoop) as runner:
    print(runner.run(story()))
"""


def digest_of_story(seed: int, hash_seed: str) -> str:
    program = STORY.replace("SEED", str(seed))
    environment = {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_same_seed_tells_the_same_story():
    first = digest_of_story(1, "1")
    assert digest_of_story(1, "2") == first
    assert digest_of_story(2, "1") != first
