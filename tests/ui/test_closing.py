"""Every screen and dialog that closes while it still has something to draw."""

import asyncio

import pytest
from textual.events import Resize

from ecstui.ui.changed import ALL_KINDS
from tests.support.simloop import SimLoop
from tests.ui.stills import SCENES, Scene, anywhere, settled
from tests.ui.town import app_of, town_pilot

KEPT = {
    "capacity", "clusters", "dashboard", "engines", "events", "instances", "services",
    "services-offline", "task-definitions", "tasks",
}  # fmt: skip
"""Sections: they are not closed, only left."""


async def close_with_work_left(scene: Scene) -> None:
    """What is left to draw comes up when the screen is gone; what that raises ends the app."""
    async with town_pilot(scene.town(), size=(80, 24)) as pilot:
        app = app_of(pilot)
        scene.show(app)
        await settled(pilot)
        for key in scene.keys:
            await pilot.press(key)
        await settled(pilot)
        screen = app.screen
        for name, told in (("on_resize", Resize(app.size, app.size)), ("refresh_data", ALL_KINDS)):
            getattr(screen, name, lambda _: None)(told)
        app.pop_screen()
        app.screen.call_later(asyncio.sleep, 0.1)  # the screen below is busy for a while
        await asyncio.sleep(0.05)
        assert not screen.children
        await settled(pilot)
        assert screen not in app.screen_stack


@pytest.mark.parametrize("name", sorted(SCENES.keys() - KEPT))
def test_a_screen_that_closes_leaves_no_work_behind(name: str) -> None:
    with anywhere(), asyncio.Runner(loop_factory=SimLoop) as runner:
        runner.run(close_with_work_left(SCENES[name]))
