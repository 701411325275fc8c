"""The simulated engine in real time, as the demo runs it."""

import asyncio
from dataclasses import replace

from ecstui.base.clock import SystemClock
from ecstui.engine.behaviour import PUBLIC_IMAGES
from ecstui.engine.simulated import SimulatedEngine
from ecstui.engine.world import World
from ecstui.model.logs import LogWindow
from ecstui.plan.spec import ContainerSpec, Phase


async def test_it_runs_in_real_time():
    quick = replace(PUBLIC_IMAGES["busybox"], pull_seconds=0.0, create_seconds=0, start_seconds=0)
    world = World(SystemClock(), images={"busybox": quick})
    engine = SimulatedEngine(world)
    hints = engine.hints("us")
    async with asyncio.timeout(30):
        assert await anext(hints) == ""
        await engine.ensure_image("busybox", lambda _: None)
        script = "echo one; sleep 0.1; echo two; exit 3"
        await engine.create(ContainerSpec("it", "busybox", "us", {}, ("sh", "-c", script)))
        await engine.start("it")
        lines = [line.text async for batch in engine.logs("it", LogWindow()) for line in batch]
        assert lines == ["one", "two"]
        assert [await anext(hints), await anext(hints)] == ["it", "it"]
        seen = await engine.inspect("it")
        assert seen is not None
        assert (seen.phase, seen.exit_code) == (Phase.EXITED, 3)
        await engine.close()
        assert [name async for name in hints] == []
