"""What the simulator found, told as small stories: each failed before it was put right."""

import asyncio

import pytest

from ecstui.engine.behaviour import Behaviour
from ecstui.engine.faults import Faults
from tests.support.town import Town

pytestmark = pytest.mark.sim


@pytest.mark.parametrize("rounds_later", range(8))
async def test_nothing_looks_on_when_an_action_ends_while_the_plane_does(rounds_later):
    town = await Town().open()
    town.image("town/*", Behaviour(pull_seconds=0.5, create_seconds=0.5, start_seconds=0.5))
    town.world.faults = Faults(hint_lost_ratio=1.0)
    await town.service("web", 2, await town.definition("web", image="town/web:1"))
    await asyncio.sleep(1.5)  # in this very moment the containers run
    town.world.faults = Faults(hint_lost_ratio=1.0, latency_seconds=5.0)
    for _ in range(rounds_later):
        await asyncio.sleep(0)
    await town.plane.crash()
    left = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()]
    assert [name for name in left if name.startswith("EngineObserver")] == []
