"""Engines and container instances: the list, registered and taken out by forms."""

import pytest

from ecstui.model.cluster import EngineRecord
from ecstui.model.engine_link import EngineLinkRecord
from ecstui.model.requests.engines import DeregisterEngineRequest, RegisterEngineRequest
from ecstui.model.requests.instances import (
    DeregisterContainerInstanceRequest,
    RegisterContainerInstanceRequest,
)
from ecstui.ui.modals.confirm import Confirm
from ecstui.ui.modals.register_instance import (
    DeregisterInstanceModal,
    RegisterEngineModal,
    RegisterInstanceModal,
    attributes_in,
)
from ecstui.ui.screens.engines import EnginesScreen
from ecstui.ui.screens.instances import InstancesScreen
from tests.factories import NAMES, an_id
from tests.ui.conftest import until
from tests.ui.town import CLUSTER, NOW, a_town, app_of, ready, town_pilot

SIZES = [(80, 24), (120, 40)]


def two_engines():
    town = a_town()
    town.put_now(
        EngineLinkRecord(
            name="far", address="ssh://me@far.example", zone="zone-x", cluster_name=CLUSTER,
            created_at=NOW - 60,
        ),
        EngineRecord(
            name="far", kind="docker", endpoint="ssh://me@far.example", is_connected=False,
            problem="connection refused \x1b[2J", changed_at=NOW - 30,
        ),
    )  # fmt: skip
    return town


async def engines(pilot):
    app = app_of(pilot)
    app.go_to("engines")
    await until(pilot, lambda: isinstance(app.screen, EnginesScreen))
    await ready(pilot)
    assert isinstance(app.screen, EnginesScreen)
    return app.screen


@pytest.mark.parametrize("size", SIZES)
async def test_engines_say_whether_they_answer_and_what_is_on_them(size):
    async with town_pilot(two_engines(), size=size) as pilot:
        screen = await engines(pilot)
        app = app_of(pilot)
        assert "connected" in app.row_with("simulated…" if size[0] == 80 else "simulated://")
        assert "away" in app.row_with("ssh://me")
        assert screen.table.move_to_key("far")
        await until(pilot, lambda: "connection refused" in app.shown)
        assert "\x1b" not in app.shown


async def test_only_engines_that_were_added_are_taken_away():
    async with town_pilot(two_engines()) as pilot:
        screen = await engines(pilot)
        app = app_of(pilot)
        assert screen.table.move_to_key("local")
        await pilot.pause()
        await pilot.press("ctrl+d")
        await pilot.pause()
        assert isinstance(app.screen, EnginesScreen)
        assert screen.table.move_to_key("far")
        await pilot.pause()
        await pilot.press("ctrl+d")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("right", "enter")
        await until(pilot, lambda: app.town.client.requests(DeregisterEngineRequest))


@pytest.mark.parametrize("size", SIZES)
async def test_another_engine_is_asked_for(size):
    async with town_pilot(two_engines(), size=size) as pilot:
        await engines(pilot)
        app = app_of(pilot)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, RegisterEngineModal))
        await pilot.pause()
        await pilot.press(*"near", "down", *"tcp://127.0.0.9:2376", "ctrl+s")
        await until(pilot, lambda: app.town.client.requests(RegisterEngineRequest))
        request = app.town.client.requests(RegisterEngineRequest)[0]
        assert isinstance(request, RegisterEngineRequest)
        assert (request.name, request.address) == ("near", "tcp://127.0.0.9:2376")


async def instances(pilot):
    app = app_of(pilot)
    app.go_to("instances")
    await until(pilot, lambda: isinstance(app.screen, InstancesScreen))
    await ready(pilot)
    assert isinstance(app.screen, InstancesScreen)
    return app.screen


@pytest.mark.parametrize("size", SIZES)
async def test_n_registers_a_slice_with_cpu_and_memory(size):
    async with town_pilot(size=size) as pilot:
        await instances(pilot)
        app = app_of(pilot)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, RegisterInstanceModal))
        await pilot.pause()
        assert "CPU units" in app.shown
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.town.client.requests(RegisterContainerInstanceRequest))
        request = app.town.client.requests(RegisterContainerInstanceRequest)[0]
        assert isinstance(request, RegisterContainerInstanceRequest)
        assert request.cluster == CLUSTER
        amounts = {r.name: r.integer_value for r in request.total_resources}
        assert amounts == {"CPU": 1024, "MEMORY": 1024}


@pytest.mark.parametrize("size", SIZES)
async def test_an_instance_with_tasks_goes_only_by_force(size):
    async with town_pilot(size=size) as pilot:
        screen = await instances(pilot)
        app = app_of(pilot)
        assert (
            screen.table.move_to_key(NAMES.container_instance(CLUSTER, an_id("ci-a1")))
            or screen.table.cursor_key
        )
        await pilot.pause()
        await pilot.press("ctrl+d")
        await until(pilot, lambda: isinstance(app.screen, DeregisterInstanceModal))
        await pilot.pause()
        assert "the request is refused" in app.shown
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, InstancesScreen))
        assert not app.town.client.requests(DeregisterContainerInstanceRequest)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" , ,", []),
        ("disk=ssd, gpu", [("disk", "ssd"), ("gpu", None)]),
        ("a=b=c", [("a", "b=c")]),
        ("=x", []),
    ],
)
def test_attributes_as_they_are_typed(text, expected):
    assert [(a.name, a.value) for a in attributes_in(text)] == expected
