"""The map of host ports: what leads where, what is free, what is in the way."""

import pytest

from ecstui.model.cluster import ContainerInstanceRecord
from ecstui.model.task_definition import PortMapping
from ecstui.store.kinds import INSTANCES, TASK_DEFINITIONS
from ecstui.ui import routes
from ecstui.ui.columns.ports import PortRow, port_rows, summary
from ecstui.ui.command_line import read
from ecstui.ui.screens.ports import PortsScreen
from tests.ui.conftest import until
from tests.ui.test_screen_forwards import at_port
from tests.ui.town import CLUSTER, Town, a_town, app_of, ready, town_pilot

SIZES = [(60, 16), (80, 24), (120, 40)]


def instance_of(town: Town, name: str) -> ContainerInstanceRecord:
    (found,) = [i for i in town.store.all(INSTANCES) if i.name == name]
    return found


def with_fixed_port(town: Town, service: str, port: int) -> None:
    """The service names a host port; its tasks hold others."""
    definition = town.store.get(TASK_DEFINITIONS, town.service(service).task_definition)
    assert definition is not None
    (first, *others) = definition.container_definitions
    mapping = PortMapping(container_port=8080, host_port=port)
    fixed = first.with_(port_mappings=(mapping,))
    town.put_now(definition.with_(container_definitions=(fixed, *others)))


def a_town_with_a_clash() -> Town:
    """mailer wants port 80 of the instances, and web holds that of one."""
    town = a_town()
    with_fixed_port(town, "mailer", 80)
    (mailer,) = town.tasks("mailer")
    holder = next(
        t for t in town.tasks("web")
        if t.container_instance_arn != mailer.container_instance_arn
    )  # fmt: skip
    town.put_now(at_port(holder, 80, "127.0.1.1"))
    return town


def rows_of(town: Town, port: int) -> list[PortRow]:
    return [row for row in port_rows(town.store, CLUSTER).values() if row.port == port]


def test_a_wanted_port_is_free_where_nobody_has_it_and_a_clash_where_somebody_has():
    town = a_town_with_a_clash()
    rows = rows_of(town, 80)
    states = sorted(row.state for row in rows)
    assert states == ["clash", "free", "free", "free", "free"]  # ci-c2 is DRAINING
    (clash,) = [row for row in rows if row.state == "clash"]
    assert (clash.owner, clash.wanted_by) == ("web", ("mailer",))
    (mailer,) = town.tasks("mailer")
    town.put_now(at_port(mailer, 80))
    own = [row for row in rows_of(town, 80) if row.owner == "mailer"]
    assert [(row.state, row.is_fixed) for row in own] == [("taken", True)]


def test_a_reserved_port_that_is_wanted_is_a_clash():
    town = a_town()
    with_fixed_port(town, "mailer", 22)
    assert {row.state for row in rows_of(town, 22) if row.instance != "ci-c2"} == {"clash"}
    assert {row.state for row in rows_of(town, 2375)} == {"reserved"}


def test_instances_without_addresses_of_their_own_share_the_ports_of_their_engine():
    town = a_town_with_a_clash()
    town.put_now(*(i.with_(ip="") for i in town.store.all(INSTANCES)))
    rows = [row for row in rows_of(town, 80) if row.task is None]
    assert {(row.state, row.address) for row in rows} == {("clash", "all")}
    assert {row.held_beside for row in rows} == {"web on ci-a2"}


def test_two_tasks_that_hold_one_port_are_a_clash():
    town = a_town()
    first, second, *_ = town.tasks("web")
    same = second.with_(container_instance_arn=first.container_instance_arn)
    town.put_now(at_port(first, 9000), at_port(same, 9000))
    (row,) = rows_of(town, 9000)
    assert (row.state, len(row.others)) == ("clash", 1)


def test_the_summary_counts_each_state():
    town = a_town_with_a_clash()
    rows = [row for row in port_rows(town.store, CLUSTER).values() if row.port == 80]
    assert summary(rows) == "1 clash · 4 free"


@pytest.mark.parametrize("size", SIZES)
async def test_ports_of_the_cluster_are_listed(size):
    async with town_pilot(a_town_with_a_clash(), size=size) as pilot:
        app = app_of(pilot)
        await pilot.press(":", *"ports", "enter")
        await until(pilot, lambda: isinstance(app.screen, PortsScreen))
        await ready(pilot)
        row = app.row_with("✗ clash")
        assert " 80 " in row
        assert size[0] < 80 or "1 clash" in app.shown
        await pilot.press("!")
        screen = app.screen
        assert isinstance(screen, PortsScreen)
        assert len(screen.table.model.order) == 1
        if size[1] >= 24:
            await until(pilot, lambda: "mailer cannot be placed here" in app.shown)


async def test_from_an_instance_its_own_ports_and_ways_on():
    async with town_pilot(size=(120, 40)) as pilot:
        app = app_of(pilot)
        instance = instance_of(app.town, "ci-a1")
        routes.open_ports(app, instance.container_instance_arn)
        await until(pilot, lambda: isinstance(app.screen, PortsScreen))
        await ready(pilot)
        screen = app.screen
        assert isinstance(screen, PortsScreen)
        assert "Host ports of ci-a1" in app.shown
        assert {row.instance for row in screen.table.model.rows.values()} == {"ci-a1"}
        shown = len(screen.table.model.order)
        await pilot.press("x")
        assert len(screen.table.model.order) == shown + 3
        await pilot.press("x")
        row = screen.table.cursor_row
        assert row is not None
        await pilot.press("f")
        await until(pilot, lambda: app.copied == f"http://{row.address}:{row.port}")
        await pilot.press("enter")
        await until(pilot, lambda: type(app.screen).__name__ == "TaskScreen")
        await pilot.press("escape", "o")
        await until(pilot, lambda: type(app.screen).__name__ == "ServiceScreen")
        await pilot.press("escape", "l")
        await until(pilot, lambda: type(app.screen).__name__ == "LogsScreen")


@pytest.mark.parametrize("key", ["enter", "F"])
async def test_a_free_port_leads_nowhere(key):
    async with town_pilot(a_town_with_a_clash(), size=(120, 40)) as pilot:
        app = app_of(pilot)
        routes.open_ports(app)
        await until(pilot, lambda: isinstance(app.screen, PortsScreen))
        await ready(pilot)
        screen = app.screen
        assert isinstance(screen, PortsScreen)
        free = next(key for key, row in screen.table.model.rows.items() if row.state == "free")
        assert screen.table.move_to_key(free)
        await pilot.press(key)
        await until(
            pilot, lambda: any("No task holds this port." in said.text for said in app.said)
        )
        await pilot.press("o")
        await until(pilot, lambda: type(app.screen).__name__ == "TasksScreen")


async def test_an_instance_is_named_on_the_command_line():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        entry = read(app, "ports ci-b2")
        assert entry is not None
        entry.run()
        await until(pilot, lambda: "Host ports of ci-b2" in app.shown)
        wrong = read(app, "ports nothing")
        assert wrong is not None
        assert "no container instance" in wrong.why_off
