"""The tree folds, regroups, leads on and stays live; the map shows every instance."""

import pytest
from textual.pilot import Pilot

from ecstui.ui.screens.placement import PlacementScreen
from ecstui.ui.screens.service import ServiceScreen
from ecstui.ui.screens.task import TaskScreen
from ecstui.ui.screens.tree import TreeScreen
from ecstui.ui.tree import Grouping, Node, Sort, keys_to_open, opens_at_first, tree
from tests.factories import NAMES
from tests.ui.conftest import screen_text, until
from tests.ui.town import CLUSTER, a_town, app_of, ready, town_pilot


async def open_tree(pilot: Pilot[None]) -> TreeScreen:
    await ready(pilot)
    await pilot.press("T")
    await until(pilot, lambda: isinstance(pilot.app.screen, TreeScreen))
    await ready(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, TreeScreen)
    return screen


def names(nodes: dict[str, Node], sort: Sort) -> list[str]:
    return [node.name for node in nodes.values() if node.sort is sort]


def test_by_service_all_services_are_there_and_only_what_is_open_below_them():
    store = a_town().store
    api = NAMES.service(CLUSTER, "api")
    folded = tree(store, CLUSTER, Grouping.SERVICE, ())
    assert "api" in names(folded, Sort.SERVICE)
    assert names(folded, Sort.DEPLOYMENT) == []
    opened = tree(store, CLUSTER, Grouping.SERVICE, {api})
    assert len(names(opened, Sort.DEPLOYMENT)) == 2
    assert names(opened, Sort.TASK) == []
    keys = {api} | {key for key in keys_to_open(store, CLUSTER, everything=False) if api in key}
    deep = tree(store, CLUSTER, Grouping.SERVICE, keys)
    assert len(names(deep, Sort.TASK)) == 12
    assert [node.place for node in deep.values()] == list(range(len(deep)))


def test_by_instance_tasks_tell_whose_they_are():
    store = a_town().store
    keys = keys_to_open(store, CLUSTER, everything=True)
    nodes = tree(store, CLUSTER, Grouping.INSTANCE, keys)
    assert names(nodes, Sort.INSTANCE)[:2] == ["ci-a1", "ci-a2"]
    facts = {"".join(span.text for span in node.facts) for node in nodes.values()}
    assert any("api" in text for text in facts)


def test_in_a_small_cluster_everything_is_open_and_troubles_always():
    store = a_town().store
    assert opens_at_first(store, CLUSTER) == keys_to_open(store, CLUSTER, everything=True)
    troubles = keys_to_open(store, CLUSTER, everything=False)
    assert NAMES.service(CLUSTER, "api") in troubles
    assert NAMES.service(CLUSTER, "web") not in troubles


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40)])
async def test_fold_all_unfold_all_and_one_branch(size: tuple[int, int]):
    async with town_pilot(size=size) as pilot:
        screen = await open_tree(pilot)
        whole = len(screen.table.model.rows)
        await pilot.press("x")
        await until(pilot, lambda: len(screen.table.model.rows) < whole)
        folded = len(screen.table.model.rows)
        await pilot.press("space")
        await until(pilot, lambda: len(screen.table.model.rows) > folded)
        await pilot.press("x", "x")
        await until(pilot, lambda: len(screen.table.model.rows) == whole)


async def test_regrouped_by_instance_and_enter_leads_on():
    async with town_pilot(size=(120, 40)) as pilot:
        screen = await open_tree(pilot)
        await pilot.press("z")
        await until(pilot, lambda: "6 instances" in "\n".join(screen_text(app_of(pilot))))
        await pilot.press("j", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TaskScreen))
        await pilot.press("escape", "z")
        await until(pilot, lambda: screen.grouping is Grouping.SERVICE)
        assert screen.table.move_to_key(NAMES.service(CLUSTER, "api"))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ServiceScreen))


async def test_a_filter_shows_the_branches_that_hold_it():
    async with town_pilot(size=(80, 24)) as pilot:
        screen = await open_tree(pilot)
        await pilot.press("slash", *"mailer")
        await until(pilot, lambda: 0 < len(screen.table.model.order) < 8)
        rows = [screen.table.model.rows[key] for key in screen.table.model.order]
        assert all("mailer" in row.name + str(row.facts) for row in rows)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_map_shows_every_instance(size: tuple[int, int]):
    async with town_pilot(size=size) as pilot:
        await ready(pilot)
        await pilot.press("M")
        await until(pilot, lambda: isinstance(pilot.app.screen, PlacementScreen))
        await until(pilot, lambda: "ci-c2" in "\n".join(screen_text(app_of(pilot))))
        text = "\n".join(screen_text(app_of(pilot)))
        assert all(name in text for name in ("ci-a1", "ci-a2", "ci-b1", "ci-b2", "ci-c1"))
        assert "6 instances in 3 zones" in text
        assert "letter = service" in text
