"""The dashboard: what it shows at three sizes, that it is live, and that its verbs are those of the
services."""

import pytest

from ecstui.model.enums import InstanceStatus
from ecstui.store.kinds import SERVICES
from ecstui.ui import dashboard
from ecstui.ui.columns.instances import instance_rows
from ecstui.ui.columns.services import service_rows
from ecstui.ui.screens.dashboard import DashboardScreen
from ecstui.ui.screens.service import ServiceScreen
from ecstui.ui.screens.services import ServicesScreen
from ecstui.ui.spans import line_text, line_width
from tests.factories import NAMES
from tests.ui.conftest import screen_text, until
from tests.ui.town import CLUSTER, a_town, app_of, ready, town_pilot


def pane(pilot, name: str) -> str:
    """What a pane shows."""
    area = pilot.app.screen.query_one(f"#{name}").region
    rows = screen_text(app_of(pilot))[area.y : area.bottom]
    return "\n".join(row[area.x : area.right] for row in rows)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_one_look_tells_what_rolls_fills_up_and_needs_somebody(size: tuple[int, int]):
    async with town_pilot(size=size) as pilot:
        await ready(pilot)
        await pilot.press("1")
        await until(pilot, lambda: "web" in pane(pilot, "list"))
        await until(pilot, lambda: "on the way" in pane(pilot, "rollouts"))
        assert isinstance(pilot.app.screen, DashboardScreen)
        assert "api  :41→:42" in pane(pilot, "rollouts")
        assert "6/8✓" in pane(pilot, "rollouts")
        capacity = pane(pilot, "capacity")
        assert all(zone in capacity for zone in ("zone-a", "zone-b", "zone-c"))
        assert "analytics" in pane(pilot, "attention")
        assert "reports" in pane(pilot, "attention")
        assert "api" in pane(pilot, "recent")


async def test_a_narrow_terminal_keeps_the_services():
    async with town_pilot(size=(60, 16)) as pilot:
        await ready(pilot)
        await pilot.press("1")
        await until(pilot, lambda: "COMPLETED" in "\n".join(screen_text(app_of(pilot))))
        assert not pilot.app.screen.query_one("#side").display


async def test_what_comes_of_a_service_is_there_at_once():
    store = (town := a_town()).store
    async with town_pilot(town, size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("1")
        await until(pilot, lambda: "3 on the way" in pane(pilot, "rollouts"))
        arn = NAMES.service(CLUSTER, "api")
        store.update(lambda tx: tx.delete(SERVICES, arn))
        await store.flush()
        await until(pilot, lambda: "2 on the way" in pane(pilot, "rollouts"))


async def test_enter_opens_the_service_and_2_goes_to_the_services():
    async with town_pilot(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("1")
        await until(pilot, lambda: isinstance(pilot.app.screen, DashboardScreen))
        await until(pilot, lambda: "web" in pane(pilot, "list"))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ServiceScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, DashboardScreen))
        await pilot.press("2")
        await until(pilot, lambda: type(pilot.app.screen) is ServicesScreen)


async def test_what_does_not_fit_is_counted():
    store = a_town().store
    services = list(service_rows(store, CLUSTER).values())
    instances = list(instance_rows(store, CLUSTER).values())
    attention = dashboard.attention_lines(services, instances, 30, 1)
    assert line_text(attention[-1]) == "and 2 more"
    zones = dashboard.capacity_lines(instances, 40, 3)
    assert "and 2 zones that are less full" in [line_text(found) for found in zones]
    for found in (*attention, *zones, *dashboard.capacity_lines(instances, 33, 9)):
        assert line_width(found) <= 40


async def test_an_engine_that_does_not_answer_and_no_instance_at_all_are_told():
    store = a_town().store
    (_, row), *_ = instance_rows(store, CLUSTER).items()
    gone = row.instance.with_(agent_connected=False, status=InstanceStatus.ACTIVE)
    store.update(lambda tx: tx.put(gone))
    rows = list(instance_rows(store, CLUSTER).values())
    told = "\n".join(line_text(found) for found in dashboard.attention_lines([], rows, 60, 5))
    assert gone.name in told
    assert "does not answer" in told
    assert "no container instances" in line_text(dashboard.capacity_lines([], 40, 3)[0])
    assert "nothing needs you" in line_text(dashboard.attention_lines([], [], 40, 3)[0])
    assert "nothing is rolling" in line_text(dashboard.rollout_lines([], 40, 3)[0])
