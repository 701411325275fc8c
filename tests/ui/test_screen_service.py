import pytest

from ecstui.model.enums import (
    DeploymentStatus,
    DesiredStatus,
    RolloutState,
    ServiceStatus,
    TaskStatus,
)
from ecstui.model.requests.services import UpdateServiceRequest
from ecstui.store.kinds import SERVICES
from ecstui.ui import routes
from ecstui.ui.modals.confirm import Confirm
from ecstui.ui.screens.service import ServiceScreen
from ecstui.ui.screens.service_diff_modal import DiffModal
from ecstui.ui.screens.task import TaskScreen
from tests.factories import NAMES
from tests.ui.conftest import until
from tests.ui.town import CLUSTER, NOW, app_of, town_pilot


def arn_of(name):
    return NAMES.service(CLUSTER, name)


def updates(app):
    return [call for call in app.town.client.calls if isinstance(call, UpdateServiceRequest)]


def stopped(task):
    return task.with_(
        last_status=TaskStatus.STOPPED, desired_status=DesiredStatus.STOPPED, stopped_at=NOW
    )


async def opened(pilot, name="api"):
    """The screen of a service, drawn."""
    app = app_of(pilot)
    routes.open_service(app, arn_of(name))
    await until(pilot, lambda: isinstance(app.screen, ServiceScreen) and app.screen.situation)
    screen = app.screen
    assert isinstance(screen, ServiceScreen)
    table = screen.table
    await until(pilot, lambda: table.cursor_key or not table.model.rows)
    await pilot.pause()
    return screen


# ---------------------------------------------------------------- what is shown


async def test_a_rollout_shows_fleet_bounds_zones_and_why(size):
    async with town_pilot(size=size) as pilot:
        await opened(pilot)
        shown = app_of(pilot).shown
        assert "api  rolling update  api:41 → :42" in shown
        assert "breaker 0/4" in shown
        assert "start new 8/8" in shown
        assert "floor 8 = desired" in shown
        assert "ceiling 16" in shown
        assert "6 new" in shown
        assert "2 old" in shown
        assert "2 draining" in shown
        assert "Tasks by zone" in shown
        assert "zone-b" in shown
        assert "Fleet over time" in shown
        assert "has started 2 tasks" in shown
        assert "min 100% max 200% · rollback on failure" in shown


async def test_where_there_is_room_the_reasons_and_the_difference_are_beside_the_events():
    async with town_pilot(size=(120, 40)) as pilot:
        await opened(pilot)
        shown = app_of(pilot).shown
        assert "Why is it waiting?" in shown
        assert "2 tasks starting" in shown


async def test_where_there_is_little_room_w_puts_the_reasons_in_place_of_the_events():
    async with town_pilot(size=(80, 24)) as pilot:
        await opened(pilot)
        app = app_of(pilot)
        assert "W waiting: 2 tasks starting" in app.shown
        assert "Why is it waiting?" not in app.shown
        await pilot.press("W")
        await until(pilot, lambda: "Why is it waiting?" in app.shown)
        assert "has started 2 tasks" not in app.shown


async def test_a_tiny_terminal_shows_the_bar_the_tasks_and_the_reason():
    async with town_pilot(size=(60, 16)) as pilot:
        await opened(pilot)
        shown = app_of(pilot).shown
        assert "api  rolling update" in shown
        assert "ceiling 16" in shown
        assert "zone-a" in shown
        assert "W waiting" in shown


async def test_a_steady_service_shows_its_tasks(size):
    async with town_pilot(size=size) as pilot:
        await opened(pilot, "web")
        shown = app_of(pilot).shown
        assert "web  steady  web:17" in shown
        assert "4 of 4 healthy" in shown
        assert "Fleet over time" not in shown
        await until(pilot, lambda: app_of(pilot).shown.count("healthy") >= 5)
        shown = app_of(pilot).shown
        assert ":32701→8080" in shown
        assert "nothing to wait for" in shown


async def test_a_crashing_service_shows_what_killed_its_tasks():
    async with town_pilot(size=(120, 40)) as pilot:
        await opened(pilot, "reports")
        app = app_of(pilot)
        await until(pilot, lambda: "7 tasks in a row died soon: next" in app.shown)
        await until(pilot, lambda: "exit 137" in app.shown)
        assert "4 failed" in app.shown


async def test_a_service_without_room_says_so(size):
    async with town_pilot(size=size) as pilot:
        await opened(pilot, "analytics")
        assert "was unable to place a task" in app_of(pilot).shown


async def test_a_service_that_goes_away_leaves_a_sentence():
    async with town_pilot() as pilot:
        await opened(pilot)
        app = app_of(pilot)
        app.town.store.update(lambda tx: tx.delete(SERVICES, arn_of("api")))
        await app.town.store.flush()
        await until(pilot, lambda: "There is no service api any more." in app.shown)
        await pilot.press("s")
        await until(pilot, lambda: "This service is deleted." in app.shown)


async def test_a_deleted_service_says_what_it_waits_for():
    async with town_pilot() as pilot:
        await opened(pilot, "web")
        app = app_of(pilot)
        draining = app.town.service("web").with_(status=ServiceStatus.DRAINING, desired_count=0)
        await app.town.put(draining)
        await until(pilot, lambda: "web  being deleted" in app.shown)


async def test_changes_are_shown_live_and_frozen_screens_stand_still():
    async with town_pilot() as pilot:
        screen = await opened(pilot)
        app = app_of(pilot)
        await pilot.press("P")
        await app.town.put(app.town.service("api").with_(desired_count=10))
        await until(pilot, lambda: "FROZEN" in app.shown)
        assert "start new 8/8" in app.shown
        await pilot.press("P")
        await until(pilot, lambda: "start new 8/10" in app.shown)
        assert screen.situation is not None
        assert screen.situation.bounds.desired_count == 10


async def test_another_size_shows_other_panes():
    async with town_pilot(size=(120, 40)) as pilot:
        await opened(pilot)
        app = app_of(pilot)
        await pilot.resize_terminal(60, 16)
        await until(pilot, lambda: "Fleet over time" not in app.shown)
        assert "zone-a" in app.shown
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: "Fleet over time" in app.shown)


async def test_the_picture_of_a_rollout_stays_for_a_moment_after_it_is_done():
    async with town_pilot() as pilot:
        await opened(pilot)
        app = app_of(pilot)
        service = app.town.service("api")
        new = service.deployments[0].with_(rollout_state=RolloutState.COMPLETED)
        done = service.with_(deployments=(new,), last_completed=new, is_steady=True)
        for task in app.town.tasks("api"):
            if task.deployment_id != new.id:
                app.town.put_now(stopped(task))
        await app.town.put(done.with_(last_completed=new.with_(updated_at=NOW - 3)))
        await until(pilot, lambda: "api  steady  api:42" in app.shown)
        assert "Fleet over time" in app.shown
        await app.town.put(done.with_(last_completed=new.with_(updated_at=NOW - 60)))
        await until(pilot, lambda: "Fleet over time" not in app.shown)


# ---------------------------------------------------------------- verbs


async def test_enter_opens_the_task_under_the_cursor():
    async with town_pilot() as pilot:
        await opened(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TaskScreen))


async def test_a_rollback_is_asked_about_with_no_as_the_default():
    async with town_pilot() as pilot:
        await opened(pilot)
        app = app_of(pilot)
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert "back to api:41" in app.shown
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ServiceScreen))
        assert not updates(app)
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("tab", "enter")
        await until(pilot, lambda: updates(app))
        assert updates(app)[0].task_definition.endswith("api:41")


async def test_a_redeployment_is_forced_after_a_yes():
    async with town_pilot() as pilot:
        await opened(pilot, "web")
        app = app_of(pilot)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await until(pilot, lambda: "web  rolling update  web:17 again" in app.shown)
        assert updates(app)[0].force_new_deployment


async def test_the_difference_of_the_revisions_in_a_box():
    async with town_pilot() as pilot:
        await opened(pilot)
        app = app_of(pilot)
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, DiffModal))
        assert "api:41 → api:42" in app.shown
        assert "What this means" in app.shown
        assert "8 tasks replaced" in app.shown
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ServiceScreen))


async def test_of_a_service_at_rest_the_difference_is_to_the_revision_before():
    async with town_pilot() as pilot:
        await opened(pilot, "web")
        app = app_of(pilot)
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, DiffModal))
        assert "web:16 → web:17" in app.shown
        assert "image shop/web:1.16.0 → 1.17.0" in app.shown


async def test_addresses_of_tasks_are_offered_to_copy():
    async with town_pilot() as pilot:
        await opened(pilot, "mailer")
        app = app_of(pilot)
        await pilot.press("f")
        await until(pilot, lambda: "↵ chooses" in app.shown)
        await pilot.press("enter")
        await until(pilot, lambda: app.copied.startswith("localhost:"))


@pytest.mark.parametrize(("key", "crumb"), [("t", "Task definitions"), ("w", "Events of api")])
async def test_ways_to_what_belongs_to_it(key, crumb):
    async with town_pilot() as pilot:
        await opened(pilot)
        app = app_of(pilot)
        await pilot.press(key)
        await until(pilot, lambda: crumb in app.shown)


async def test_nothing_is_changed_in_a_session_that_only_looks():
    async with town_pilot(read_only=True) as pilot:
        await opened(pilot)
        app = app_of(pilot)
        await pilot.press("r")
        await until(pilot, lambda: "Read-only" in app.shown)
        assert isinstance(app.screen, ServiceScreen)


async def test_names_with_brackets_and_escapes_are_drawn_as_they_are():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        service = app.town.service("web")
        name = "[red]we\x1b[31mb[/]"
        arn = NAMES.service(CLUSTER, name)
        primary = service.deployments[0].with_(status=DeploymentStatus.PRIMARY)
        await app.town.put(
            service.with_(service_name=name, service_arn=arn, deployments=(primary,))
        )
        routes.open_service(app, arn)
        await until(pilot, lambda: "[red]web[/]  " in app.shown)
