"""The Why panel: reachable by `W`, tells the reasons, fits small terminals."""

import pytest

from ecstui.ui.screens.services import ServicesScreen
from ecstui.ui.screens.why import WhyModal
from tests.factories import NAMES
from tests.ui.conftest import until
from tests.ui.town import CLUSTER, app_of, ready, town_pilot

SIZES = [(80, 24), (120, 40)]


@pytest.mark.parametrize("size", SIZES)
async def test_why_a_service_without_room_waits(size):
    async with town_pilot(size=size) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, ServicesScreen)
        assert screen.table.move_to_key(NAMES.service(CLUSTER, "analytics"))
        await pilot.pause()
        await pilot.press("W")
        await until(pilot, lambda: isinstance(pilot.app.screen, WhyModal))
        await pilot.pause()
        shown = app_of(pilot).shown
        assert "Why  analytics" in shown
        assert "Instance by instance" in shown
        assert "ci-a1" in shown
        await pilot.press("W")
        await until(pilot, lambda: not isinstance(pilot.app.screen, WhyModal))


async def test_what_is_steady_waits_for_nothing():
    async with town_pilot() as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, ServicesScreen)
        assert screen.table.move_to_key(NAMES.service(CLUSTER, "auth"))
        await pilot.pause()
        await pilot.press("W")
        await until(pilot, lambda: isinstance(pilot.app.screen, WhyModal))
        await pilot.pause()
        assert "nothing to wait for" in app_of(pilot).shown


async def test_why_of_a_task_from_the_tasks():
    async with town_pilot() as pilot:
        app_of(pilot).go_to("tasks")
        await ready(pilot)
        await pilot.press("W")
        await until(pilot, lambda: isinstance(pilot.app.screen, WhyModal))
