"""Every screen and dialog in terminals of 40 and of 500 columns, and in one that never rests."""

import asyncio

import pytest
from textual.events import Resize
from textual.geometry import Size

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
