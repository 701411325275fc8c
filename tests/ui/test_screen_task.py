import pytest

from ecstui.model.enums import TaskStatus
from ecstui.store.kinds import TASKS
from ecstui.ui import routes
from ecstui.ui.modals.confirm import Confirm
from ecstui.ui.screens.logs import LogsScreen
from ecstui.ui.screens.task import TaskScreen
from tests.factories import NAMES
from tests.ui.conftest import until
from tests.ui.town import CLUSTER, app_of, town_pilot


async def opened(pilot, task):
    """The screen of a task, drawn."""
    app = app_of(pilot)
    routes.open_task(app, task.task_arn)
    await until(pilot, lambda: isinstance(app.screen, TaskScreen) and app.screen.table.cursor_key)
    screen = app.screen
    assert isinstance(screen, TaskScreen)
    return screen


def of(pilot, service, number=0):
    return app_of(pilot).town.tasks(service)[number]


async def test_a_running_task_shows_life_containers_place_and_last_lines(size):
    async with town_pilot(size=size) as pilot:
        task = of(pilot, "web")
        await opened(pilot, task)
        app = app_of(pilot)
        await until(pilot, lambda: "web says 2" in app.shown and "32701→8080" in app.shown)
        assert f"Task {task.task_id[:6]}  web:17  service web" in app.shown
        assert "● RUNNING  ✓ HEALTHY" in app.shown
        assert "✓ started 2s" in app.shown
        assert "Containers 2" in app.shown
        assert "envoy" in app.shown
        assert "http://localhost:32701" in app.shown
        assert "shop/web:1.17.0" in app.shown


async def test_a_tiny_terminal_shows_containers_and_place():
    async with town_pilot(size=(60, 16)) as pilot:
        await opened(pilot, of(pilot, "web"))
        app = app_of(pilot)
        await until(pilot, lambda: "http://localhost:32701" in app.shown)
        assert "Containers 2" in app.shown


async def test_why_a_task_stopped_stands_on_top(size):
    async with town_pilot(size=size) as pilot:
        stopped = next(t for t in app_of(pilot).town.tasks("reports") if t.is_stopped)
        await opened(pilot, stopped)
        app = app_of(pilot)
        await until(pilot, lambda: "○ STOPPED" in app.shown)
        assert "EssentialContainerExited: reports exit 137, OutOfMemoryError" in app.shown


async def test_values_of_the_environment_show_on_demand():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        town = app.town
        task = of(pilot, "web")
        overrides = task.overrides.model_validate(
            {"containerOverrides": [
                {"name": "web", "environment": [{"name": "KEY", "value": "hunter2"}]}
            ]}
        )  # fmt: skip
        await town.put(task.with_(overrides=overrides))
        await opened(pilot, task)
        await until(pilot, lambda: "KEY" in app.shown)
        assert "hunter2" not in app.shown
        await pilot.press("v")
        await until(pilot, lambda: "hunter2" in app.shown)
        await pilot.press("v")
        await until(pilot, lambda: "hunter2" not in app.shown)


async def test_the_environment_follows_the_cursor():
    async with town_pilot() as pilot:
        await opened(pilot, of(pilot, "web"))
        app = app_of(pilot)
        await until(pilot, lambda: "Environment of web" in app.shown)
        await pilot.press("j")
        await until(pilot, lambda: "Environment of envoy" in app.shown)


@pytest.mark.parametrize(("key", "sources"), [("enter", 1), ("l", 2)])
async def test_logs_of_one_container_or_of_all(key, sources):
    async with town_pilot() as pilot:
        await opened(pilot, of(pilot, "web"))
        app = app_of(pilot)
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, LogsScreen))
        screen = app.screen
        assert isinstance(screen, LogsScreen)
        await until(pilot, lambda: len(screen.feeds.feeds) == sources)


async def test_previous_logs_are_those_of_the_task_that_stopped_last():
    async with town_pilot() as pilot:
        alive = next(t for t in app_of(pilot).town.tasks("reports") if not t.is_stopped)
        await opened(pilot, alive)
        app = app_of(pilot)
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, LogsScreen))


async def test_its_address_is_copied():
    async with town_pilot() as pilot:
        await opened(pilot, of(pilot, "web"))
        app = app_of(pilot)
        await pilot.press("f")
        await until(pilot, lambda: app.copied == "http://localhost:32701")


async def test_it_is_replaced_only_after_a_question():
    async with town_pilot() as pilot:
        await opened(pilot, of(pilot, "web"))
        app = app_of(pilot)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TaskScreen))
        assert app.town.client.calls == []


async def test_a_stopped_task_cannot_be_stopped_again():
    async with town_pilot() as pilot:
        stopped = next(t for t in app_of(pilot).town.tasks("reports") if t.is_stopped)
        await opened(pilot, stopped)
        app = app_of(pilot)
        await pilot.press("S")
        await until(pilot, lambda: "This task has stopped." in app.shown)


@pytest.mark.parametrize(
    ("key", "crumb"), [("o", "› web"), ("t", "Task definitions"), ("w", "Events of")]
)
async def test_ways_to_what_belongs_to_it(key, crumb):
    async with town_pilot() as pilot:
        await opened(pilot, of(pilot, "web"))
        app = app_of(pilot)
        await pilot.press(key)
        await until(pilot, lambda: crumb in app.shown and not isinstance(app.screen, TaskScreen))


async def test_changes_are_shown_live_and_a_task_that_is_gone_leaves_a_sentence():
    async with town_pilot() as pilot:
        task = of(pilot, "web")
        await opened(pilot, task)
        app = app_of(pilot)
        await app.town.put(task.with_(last_status=TaskStatus.DEACTIVATING))
        await until(pilot, lambda: "DEACTIVATING" in app.shown)
        app.town.store.update(lambda tx: tx.delete(TASKS, task.task_arn))
        await app.town.store.flush()
        await until(pilot, lambda: "There is no task" in app.shown)


async def test_closing_the_screen_closes_its_streams():
    async with town_pilot() as pilot:
        screen = await opened(pilot, of(pilot, "web"))
        await until(pilot, lambda: len(screen._feeds.feeds) == 2)
        workers = [feed.worker for feed in screen._feeds.feeds.values()]
        await pilot.press("q")
        await until(pilot, lambda: all(getattr(w, "is_finished", False) for w in workers))


async def test_a_task_that_never_was():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        routes.open_task(app, NAMES.task(CLUSTER, "f" * 32))
        await until(pilot, lambda: "There is no task ffffff any more." in app.shown)
