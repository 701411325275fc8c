"""The history on the screen: who did what, and the command that does it again."""

import pytest

from ecstui.model.history import CallRecord
from ecstui.ui.screens.calls import CallsScreen
from tests.ui.conftest import screen_text, until
from tests.ui.town import NOW, a_town, app_of, ready, town_pilot


def a_call(number: int, operation: str, request: str, **more: str) -> CallRecord:
    return CallRecord(
        number=number, at=NOW - 60 + number, caller="anna via aws-cli", operation=operation,
        request=request, **more,
    )  # fmt: skip


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_changes_are_listed_newest_first_with_commands_to_copy(size: tuple[int, int]):
    town = a_town()
    town.put_now(
        a_call(1, "UpdateService", '{"service":"web","desiredCount":5}'),
        a_call(2, "InterruptSpotTask", '{"task":"it\'s"}'),
        a_call(3, "RunTask", ""),
    )
    async with town_pilot(town, size=size) as pilot:
        app = app_of(pilot)
        await pilot.press(":", *"history", "enter")
        await until(pilot, lambda: isinstance(app.screen, CallsScreen))
        await ready(pilot)
        screen = app.screen
        assert isinstance(screen, CallsScreen)
        rows, order = screen.table.model.rows, screen.table.model.order
        assert [rows[key].call.number for key in order] == [3, 2, 1]
        await until(pilot, lambda: "too long to be kept" in "\n".join(screen_text(app)))
        await pilot.press("G", "c")
        assert app.copied == "aws ecs update-service --service web --desired-count 5"
        await pilot.press("k", "c")
        assert app.copied.startswith("ecstui call InterruptSpotTask ")


async def test_without_changes_it_says_so():
    async with town_pilot(size=(80, 24)) as pilot:
        await pilot.press(":", *"history", "enter")
        text = "Nothing was changed yet."
        await until(pilot, lambda: text in "\n".join(screen_text(app_of(pilot))))
