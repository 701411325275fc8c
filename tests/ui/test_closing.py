"""Every screen and dialog that closes while it still has something to draw."""

import asyncio

import pytest
from textual.events import Resize

from ecstui.ui import routes
from ecstui.ui.changed import ALL_KINDS
from ecstui.ui.modals.confirm import Confirm
from tests.support.simloop import SimLoop
from tests.ui.stills import SCENES, Scene, anywhere, settled
from tests.ui.town import app_of, town_pilot

ROOT = 2
"""Screens that are always there: an empty one, and the section."""
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


async def close_at_once(scene: Scene) -> None:
    """The screen has no parts yet when it is to close, and gets none."""
    async with town_pilot(scene.town(), size=(80, 24)) as pilot:
        app = app_of(pilot)
        scene.show(app)
        opened = app.screen
        if len(app.screen_stack) > ROOT:
            app.go_back()
        await settled(pilot)
        assert opened not in app.screen_stack or len(app.screen_stack) == ROOT


@pytest.mark.parametrize(
    "name", sorted(name for name, scene in SCENES.items() if name not in KEPT and not scene.keys)
)
def test_a_screen_that_closes_before_it_has_opened_asks_for_no_parts(name: str) -> None:
    with anywhere(), asyncio.Runner(loop_factory=SimLoop) as runner:
        runner.run(close_at_once(SCENES[name]))


async def answer_late() -> None:
    """What was asked is answered while another box stands above it, and twice."""
    async with town_pilot(size=(80, 24)) as pilot:
        app = app_of(pilot)
        answers: list[bool | None] = []
        box = Confirm("Title", "Question?")
        app.push_screen(box, answers.append)
        await settled(pilot)
        routes.open_messages(app)
        await settled(pilot)
        above = app.screen
        box.dismiss(True)
        box.dismiss(False)
        await settled(pilot)
        assert app.screen is above
        app.pop_screen()
        await settled(pilot)
        assert answers == [True]
        box.dismiss(True)
        await settled(pilot)
        assert len(app.screen_stack) == ROOT


def test_a_box_is_answered_once_and_closes_itself_only() -> None:
    with anywhere(), asyncio.Runner(loop_factory=SimLoop) as runner:
        runner.run(answer_late())
