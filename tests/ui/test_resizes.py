"""Every screen and dialog in terminals of 40 and of 500 columns, and in one that never rests."""

import asyncio
from typing import Any

import pytest
from textual.events import Resize
from textual.geometry import Size
from textual.screen import Screen

from tests.support.simloop import SimLoop
from tests.ui.stills import SCENES, Scene, anywhere, settled
from tests.ui.town import TownApp, app_of, town_pilot

START = (80, 24)
STORM = ((40, 10), (500, 60), (1, 1), (79, 23), (300, 3), (2, 90), (120, 40), (41, 24), (99, 29))


async def after_a_storm(scene: Scene) -> dict[tuple[int, int], list[str]]:
    """What is on the screen at three sizes, after many others for less than a moment each."""
    async with town_pilot(scene.town(), size=START) as pilot:
        app = app_of(pilot)
        scene.show(app)
        await settled(pilot)
        for key in scene.keys:
            await pilot.press(key)
        before, _ = await settled(pilot)
        found = {}
        for size in ((40, 10), (500, 60), START):
            for width, height in (*STORM, size):
                resize(app, width, height)
                await asyncio.sleep(0.004)
            found[size], _ = await settled(pilot)
        assert found[START] == before
        return found


def resize(app: TownApp, width: int, height: int) -> None:
    """As the terminal tells it: without waiting for what comes of the size before."""
    assert app._driver is not None
    app._driver._size = Size(width, height)
    app.post_message(Resize(Size(width, height), Size(width, height)))


@pytest.mark.parametrize("name", SCENES)
def test_a_screen_survives_a_storm_of_sizes_and_is_as_before(name):
    with anywhere(), asyncio.Runner(loop_factory=SimLoop) as runner:
        found = runner.run(after_a_storm(SCENES[name]))
    for (width, height), lines in found.items():
        assert len(lines) == height
        assert all(len(line) <= width and line.isprintable() for line in lines)
        assert any(line.strip() for line in lines)


async def after_two_at_once(scene: Scene) -> None:
    """Two sizes and work between them wait for a screen that is busy."""
    async with town_pilot(scene.town(), size=START) as pilot:
        app = app_of(pilot)
        scene.show(app)
        await settled(pilot)
        for screen in app.screen_stack:
            screen.call_later(asyncio.sleep, 0.1)
        for width, height in ((120, 40), (99, 29), (120, 40), (70, 20)):
            resize(app, width, height)
            await asyncio.sleep(0.02)
            for screen in app.screen_stack:
                screen.call_later(asyncio.sleep, 0)
        await settled(pilot)
        assert {screen.size for screen in app.screen_stack} == {Size(70, 20)}


@pytest.mark.parametrize("name", ["events", "editor", "help", "palette", "delete", "quit"])
def test_sizes_that_wait_for_a_busy_screen_do_not_bring_each_other_back(name, monkeypatch):
    lay_out, told = Screen._screen_resized, []

    def counted(screen: Screen[Any], size: Size) -> None:
        told.append(size)
        assert len(told) < 100, "the screens are laid out again and again"
        lay_out(screen, size)

    monkeypatch.setattr(Screen, "_screen_resized", counted)
    with anywhere(), asyncio.Runner(loop_factory=SimLoop) as runner:
        runner.run(after_two_at_once(SCENES[name]))
