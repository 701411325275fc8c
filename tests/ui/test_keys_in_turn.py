"""Keys that come together do what they do one after another."""

import asyncio

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from ecstui.model.requests.services import UpdateServiceRequest
from ecstui.ui import routes
from ecstui.ui.modals.confirm import Confirm
from ecstui.ui.modals.scale import ScaleModal
from ecstui.ui.screens.help import HelpModal
from ecstui.ui.screens.palette import PaletteModal
from ecstui.ui.screens.service import ServiceScreen
from ecstui.ui.screens.services import ServicesScreen
from ecstui.ui.screens.task import TaskScreen
from ecstui.ui.screens.task_definitions import TaskDefinitionsScreen
from ecstui.ui.screens.tasks import TasksScreen
from tests.ui.conftest import until
from tests.ui.town import app_of, town_pilot

NAMES = {":": "colon", "/": "slash", "\r": "enter", "\x1b": "escape", "?": "question_mark"}


def type_at_once(pilot: Pilot[None], text: str) -> None:
    """Hand the app all keys before it can handle the first, as one write to a terminal does."""
    for letter in text:
        pilot.app.post_message(events.Key(NAMES.get(letter, letter), letter))


async def all_done(pilot: Pilot[None]) -> None:
    """Wait until the app has taken in every key and each has done what it does."""
    app, taken = app_of(pilot), asyncio.Event()
    app.call_later(taken.set)
    await taken.wait()
    await until(pilot, lambda: not app._waiting and not app._is_busy)


@pytest.mark.parametrize(
    ("text", "screen"),
    [
        (":task\r", TasksScreen),
        (":td\r", TaskDefinitionsScreen),
        (":task\r:td\r:svc\r", ServicesScreen),
        (":svc api\r", ServiceScreen),
        (":task\r\r", TaskScreen),
        (":task\r\r\x1b", TasksScreen),
        (":help\x1b?", HelpModal),
        ("/web\rs", ScaleModal),
        ("/web\rs\x1b:", PaletteModal),
        ("q", Confirm),
    ],
)
async def test_what_is_typed_in_one_go_arrives_where_it_was_meant(text, screen):
    async with town_pilot() as pilot:
        app = app_of(pilot)
        type_at_once(pilot, text)
        await all_done(pilot)
        assert isinstance(app.screen, screen)


async def test_a_count_that_is_typed_at_once_is_the_count_that_is_sent():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        type_at_once(pilot, ":scale web 5\r")
        await until(pilot, lambda: app.town.client.requests(UpdateServiceRequest))
        (request,) = app.town.client.requests(UpdateServiceRequest)
        assert isinstance(request, UpdateServiceRequest)
        assert request.desired_count == 5


async def test_what_is_pasted_after_a_key_goes_into_the_box_that_the_key_opens():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        type_at_once(pilot, ":")
        app.post_message(events.Paste("task"))
        await all_done(pilot)
        assert app.screen.query_one(Input).value == "task"


async def test_keys_go_on_when_what_was_sent_one_is_gone():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        routes.confirm_quit(app)
        await until(pilot, lambda: isinstance(app.screen, Confirm) and app.focused)
        type_at_once(pilot, "x")
        app.pop_screen()
        type_at_once(pilot, "?")
        await all_done(pilot)
        assert isinstance(app.screen, HelpModal)
