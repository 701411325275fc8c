"""The roles on the screen: who names them, and where their credentials come from."""

import pytest

from ecstui.client.roles import roles_of
from ecstui.commands.roles import table
from ecstui.model.shape import KeyValuePair
from ecstui.store.kinds import PLANES, TASK_DEFINITIONS
from ecstui.ui.screens.roles import RolesScreen
from tests.ui.conftest import screen_text, until
from tests.ui.town import Town, a_town, app_of, ready, town_pilot

ROLE = "arn:aws:iam::000000000000:role/shop-task"
EXECUTION = "arn:aws:iam::000000000000:role/ecsTaskExecutionRole"


def a_town_with_roles() -> Town:
    town = a_town()
    plane = town.store.get(PLANES, "plane")
    assert plane is not None
    sources = (("shop-task", "profile dev"), ("unused", "profile ci of /k"))
    pairs = tuple(KeyValuePair(name=name, value=words) for name, words in sources)
    definition = town.store.all(TASK_DEFINITIONS)[0]
    named = definition.with_(task_role_arn=ROLE, execution_role_arn=EXECUTION)
    town.put_now(plane.with_(role_sources=pairs), named)
    return town


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_roles_are_listed_with_their_sources(size: tuple[int, int]):
    async with town_pilot(a_town_with_roles(), size=size) as pilot:
        app = app_of(pilot)
        await pilot.press(":", *"roles", "enter")
        await until(pilot, lambda: isinstance(app.screen, RolesScreen))
        await ready(pilot)
        screen = app.screen
        assert isinstance(screen, RolesScreen)
        assert set(screen.table.model.rows) == {ROLE, EXECUTION, "unused"}
        await until(pilot, lambda: "profile dev" in "\n".join(screen_text(app)))
        text = "\n".join(screen_text(app))
        assert "ecsTaskExecutionRole" in text
        assert "profile ci of /k" in text
        assert max(len(row) for row in screen_text(app)) <= size[0]


async def test_without_roles_it_says_so():
    async with town_pilot(size=(80, 24)) as pilot:
        await pilot.press(":", *"roles", "enter")
        text = "No task definition names a role"
        await until(pilot, lambda: text in "\n".join(screen_text(app_of(pilot))))


def test_an_execution_role_brings_no_credentials():
    town = a_town_with_roles()
    found = {role.name: role for role in roles_of(town.store)}
    assert found["shop-task"].source == "profile dev"
    assert found["ecsTaskExecutionRole"].source == ""
    assert found["unused"].uses == ()
    assert table(tuple(found.values()))[0].split() == [
        "ROLE", "USED", "AS", "CREDENTIALS", "TASKS", "TASK", "DEFINITIONS"
    ]  # fmt: skip
