"""Every screen and dialog that closes while it still has something to draw."""

import asyncio
from pathlib import Path

import pytest
from textual.events import Resize
from textual.widgets import RichLog

from ecstui.base.errors import ClientException
from ecstui.ui import routes
from ecstui.ui.changed import ALL_KINDS
from ecstui.ui.drafts import Draft
from ecstui.ui.keys_in_turn import _climb
from ecstui.ui.modals.confirm import Confirm
from ecstui.ui.screens.command_output import CommandOutput
from ecstui.ui.screens.editor import EditorScreen
from ecstui.ui.screens.ports import PortsScreen
from tests.support.simloop import SimLoop
from tests.ui.conftest import until
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


async def told_when_closed() -> None:
    """What was asked for before a screen closed comes after it has."""
    async with town_pilot(size=(80, 24)) as pilot:
        app = app_of(pilot)
        routes.open_editor(app, "api:42")
        editor = app.screen
        assert isinstance(editor, EditorScreen)
        await settled(pilot)
        app.go_back()
        routes.open_ports(app)
        ports = app.screen
        assert isinstance(ports, PortsScreen)
        await settled(pilot)
        app.go_back()
        await settled(pilot)
        editor._refused(ClientException("no more revisions", field="family"))
        assert "no more revisions" in app.said[-1].text
        editor._take(Draft(Path("draft"), "api", "api:41", "{}", 0.0))
        ports._group("PROTOCOL")
        ports.refresh_titles()
        await ports.run_command("list.filter")
        await ports.run_command("global.freeze")
        assert not app.is_frozen
        await settled(pilot)


def test_a_closed_screen_leaves_alone_what_it_is_told() -> None:
    with anywhere(), asyncio.Runner(loop_factory=SimLoop) as runner:
        runner.run(told_when_closed())


async def output_while_closing() -> None:
    """The lines are gone before their box is, which waits for another part of it."""
    async with town_pilot(size=(80, 24)) as pilot:
        app = app_of(pilot)
        shown = CommandOutput("web")
        app.push_screen(shown)
        await settled(pilot)
        app.pop_screen()
        for _ in range(200):
            if not shown.query(RichLog):
                break
            await asyncio.sleep(0)
        assert shown._has_log
        shown.add(b"more\n")
        shown.end("ended with 0")
        await settled(pilot)


def test_output_that_comes_while_its_box_closes_is_not_shown() -> None:
    with anywhere(), asyncio.Runner(loop_factory=SimLoop) as runner:
        runner.run(output_while_closing())


async def close_half_open(scene: Scene) -> None:
    """Textual's own widgets ask for their parts too, each a little later."""
    async with town_pilot(scene.town(), size=(80, 24)) as pilot:
        app = app_of(pilot)
        for rounds in range(0, 48, 4):
            scene.show(app)
            for _ in range(rounds):
                await asyncio.sleep(0)
            app.go_back()
            await asyncio.sleep(0.1)
            assert len(app.screen_stack) == ROOT


async def quit_half_open(scene: Scene, rounds: int) -> None:
    async with town_pilot(scene.town(), size=(80, 24)) as pilot:
        app = app_of(pilot)
        scene.show(app)
        for _ in range(rounds):
            await asyncio.sleep(0)
        app.exit()
        await asyncio.sleep(0.5)
        assert not app.is_running


@pytest.mark.parametrize("name", ["create", "editor", "logs"])
def test_a_screen_that_closes_while_it_opens_opens_first(name: str) -> None:
    with anywhere(), asyncio.Runner(loop_factory=SimLoop) as runner:
        runner.run(close_half_open(SCENES[name]))


@pytest.mark.parametrize("rounds", [0, 6])
@pytest.mark.parametrize("name", ["create", "editor"])
def test_the_app_ends_when_the_screen_that_opens_is_there(name: str, rounds: int) -> None:
    with anywhere(), asyncio.Runner(loop_factory=SimLoop) as runner:
        runner.run(quit_half_open(SCENES[name], rounds))


async def test_what_a_closing_screen_was_asked_to_call_is_called():
    """Keys that wait for their turn would wait for ever."""
    async with town_pilot() as pilot:
        app = app_of(pilot)
        routes.open_editor(app, "api:42")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.is_mounted)
        editor = app.screen
        called: list[object] = []
        nodes = list(editor.walk_children(with_self=True))
        for node in nodes:
            node.call_later(called.append, node)
        app._prune(editor)
        await until(pilot, lambda: set(called) == set(nodes))  # its parts end after it


async def test_keys_wait_for_no_screen_that_is_about_to_close():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        routes.open_editor(app, "api:42")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.is_mounted)
        editor, arrived = app.screen, asyncio.Event()

        async def arrive() -> None:
            arrived.set()

        app.pop_screen()
        app._prune(editor)
        await _climb(iter([editor, app]), arrive)
        async with asyncio.timeout(30):
            await arrived.wait()
