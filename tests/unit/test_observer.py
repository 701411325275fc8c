"""What is known of an engine's containers, by the task that they belong to."""

import asyncio
import random
from dataclasses import replace

import pytest

from ecstui.base.clock import SystemClock
from ecstui.control.observer import EngineObserver
from ecstui.control.setup import Limits
from ecstui.engine.simulated import SimulatedEngine
from ecstui.engine.world import World
from ecstui.plan.spec import ContainerName, Observation, Phase
from ecstui.plan.translate import TASK_ARN_LABEL

ARNS = ("", "one", "two", "three")


class Shown(SimulatedEngine):
    """An engine that shows what it is told to."""

    def __init__(self) -> None:
        super().__init__(World(SystemClock()), "engine")
        self.shown: dict[ContainerName, Observation] = {}

    async def inspect(self, name: ContainerName) -> Observation | None:
        return self.shown.get(name)

    async def list(self, owner: str) -> dict[ContainerName, Observation]:
        return {name: one for name, one in self.shown.items() if one.owner == owner}


@pytest.mark.parametrize("seed", range(5))
async def test_containers_are_found_by_their_task_whatever_becomes_of_them(seed: int) -> None:
    lots = random.Random(seed)
    engine = Shown()
    observer = EngineObserver(
        engine, "me", SystemClock(), Limits(), lambda *_: None, lambda _: None
    )
    observer.start()
    await observer.first_sign.wait()
    for _ in range(200):
        name = f"container-{lots.randrange(6)}"
        if lots.random() < 0.3:
            engine.shown.pop(name, None)
        else:
            labels = {TASK_ARN_LABEL: arn} if (arn := lots.choice(ARNS)) else {}
            owner = "me" if lots.random() < 0.8 else "another"
            one = Observation(name, f"id-{name}", owner, Phase.RUNNING, labels=labels)
            engine.shown[name] = replace(one, exit_code=lots.randrange(3))
        observer.look(name)
        while observer.is_looking(name):  # noqa: ASYNC110 - the observer has no event for it
            await asyncio.sleep(0)
        sighting = observer.sighting()
        assert sighting is not None
        assert sighting.seen == {n: o for n, o in engine.shown.items() if o.owner == "me"}
        for arn in ARNS[1:]:
            of_it = [o for o in sighting.seen.values() if o.labels.get(TASK_ARN_LABEL) == arn]
            assert sorted(o.name for o in sighting.of_task(arn)) == sorted(o.name for o in of_it)
            assert all(one in of_it for one in sighting.of_task(arn))
    await observer.close()
