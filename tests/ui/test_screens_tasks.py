import pytest

from ecstui.model.enums import ServiceStatus, StopCode, TaskStatus
from ecstui.model.requests.tasks import StopTaskRequest
from ecstui.ui.columns.tasks import TaskRow, reason_of, stopped_words
from ecstui.ui.screens.events import EventsScreen
from ecstui.ui.screens.task_definitions import TaskDefinitionsScreen
from ecstui.ui.screens.tasks import TasksScreen
from ecstui.ui.table import plain
from ecstui.ui.task_verbs import REASON
from ecstui.ui.widgets.span_lines import SpanLines
from tests.factories import NAMES, a_container, a_container_record, a_definition, a_task, an_id
from tests.ui.conftest import until
from tests.ui.test_screens_services import top, yes
from tests.ui.town import CLUSTER, a_town, app_of, ready, town_pilot


async def tasks_pilot(pilot) -> TasksScreen:
    await pilot.press("3")
    await ready(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, TasksScreen)
    return screen


def arn(seed: str) -> str:
    return NAMES.task(CLUSTER, an_id(seed))


async def at(pilot, seed: str) -> TasksScreen:
    """Put the cursor on a task."""
    screen = pilot.app.screen
    assert isinstance(screen, TasksScreen)
    assert screen.table.move_to_key(arn(seed))
    await pilot.pause()
    return screen


def statuses(screen: TasksScreen) -> set[TaskStatus]:
    model = screen.table.model
    return {model.rows[key].task.last_status for key in model.order}


def inspector(pilot) -> str:
    return "\n".join(plain(line) for line in pilot.app.screen.query_one("#facts", SpanLines)._lines)


# ---------------------------------------------------------------- rows


async def test_a_row_tells_state_health_place_and_port(size):
    async with town_pilot(size=size) as pilot:
        await tasks_pilot(pilot)
        row = app_of(pilot).row_with(an_id("new5")[:6])
        for part in ("api", "api:42", "● RUNNING", "✓", "ci-c1", "32710"):
            assert part in row


async def test_a_task_told_to_stop_is_drawn_as_stopping():
    async with town_pilot() as pilot:
        await tasks_pilot(pilot)
        assert "▨ DEACTIVATING" in app_of(pilot).row_with(an_id("old2")[:6])


async def test_the_title_sums_up_what_the_tasks_do():
    async with town_pilot() as pilot:
        await tasks_pilot(pilot)
        assert "35 running · 2 starting · 2 stopping" in app_of(pilot).shown


async def test_stopped_tasks_are_hidden_until_x():
    async with town_pilot(size=(120, 60)) as pilot:
        screen = await tasks_pilot(pilot)
        assert TaskStatus.STOPPED not in statuses(screen)
        assert "x shows 4 stopped, 4 failed: last reports exit 137" in app_of(pilot).shown
        await pilot.press("x")
        assert TaskStatus.STOPPED in statuses(screen)
        assert "with stopped" in app_of(pilot).shown
        row = app_of(pilot).row_with(an_id("reports:0")[:6])
        assert "✗ STOPPED" in row
        assert "137" in row
        await pilot.press("x")
        assert TaskStatus.STOPPED not in statuses(screen)


async def test_problems_only_shows_failed_ones_even_if_stopped():
    async with town_pilot() as pilot:
        screen = await tasks_pilot(pilot)
        await pilot.press("!")
        model = screen.table.model
        assert {model.rows[key].owner for key in model.order} == {"reports"}
        assert TaskStatus.STOPPED in statuses(screen)


async def test_the_filter_finds_by_instance_and_by_id():
    async with town_pilot() as pilot:
        screen = await tasks_pilot(pilot)
        await pilot.press("/", *"ci-b2", "enter")
        model = screen.table.model
        await until(pilot, lambda: model.order)
        assert {model.rows[key].instance for key in model.order} == {"ci-b2"}
        await pilot.press("escape")
        await pilot.press("/", *an_id("new5"), "enter")
        await until(pilot, lambda: screen.table.model.order == [arn("new5")])


async def test_a_task_without_service_tells_who_started_it():
    town = a_town()
    definition = a_definition(family="nightly")
    town.put_now(definition)
    lone = a_task(definition, seed="lone", cluster_name=CLUSTER, started_by="cron \x1b[5m")
    town.put_now(lone)
    async with town_pilot(town) as pilot:
        await tasks_pilot(pilot)
        assert "cron" in app_of(pilot).row_with(an_id("lone")[:6])
        await at(pilot, "lone")
        assert "group family:nightly" in inspector(pilot)


async def test_without_tasks_the_list_says_what_to_do():
    async with town_pilot(cluster="staging") as pilot:
        await tasks_pilot(pilot)
        assert "n runs one" in app_of(pilot).shown


# ---------------------------------------------------------------- inspector


async def test_the_inspector_of_a_running_task():
    async with town_pilot() as pilot:
        await tasks_pilot(pilot)
        await at(pilot, "new0")
        shown = inspector(pilot)
        assert "● RUNNING   api:42" in shown
        assert "on ci-c1 zone-c   ports 32705" in shown
        assert "reserved 576 cpu 576M" in shown
        assert "● api  ✓ healthy  32705→8080  shop/api:1.42.0" in shown
        assert "envoyproxy/envoy" in shown
        assert f"--tasks {an_id('new0')}" in shown


async def test_the_inspector_of_a_failed_task_says_why():
    async with town_pilot() as pilot:
        await tasks_pilot(pilot)
        await pilot.press("x")
        await at(pilot, "reports:0")
        shown = inspector(pilot)
        assert "EssentialContainerExited" in shown
        assert "Essential container in task exited: OutOfMemoryError" in shown
        assert "exit 137" in shown
        assert "ran 3s" in shown


async def test_containers_share_a_line_where_there_is_no_room():
    async with town_pilot(size=(80, 24)) as pilot:
        await tasks_pilot(pilot)
        await at(pilot, "new0")
        assert "● api  ● envoy" in inspector(pilot)
        assert f"--tasks {an_id('new0')[:8]}…" in inspector(pilot)


# ---------------------------------------------------------------- verbs


@pytest.mark.parametrize(
    ("key", "opened"),
    [
        ("enter", "TaskScreen"),
        ("l", "LogsScreen"),
        ("S", "StopTaskModal"),
        ("ctrl+d", "StopTaskModal"),
        ("n", "RunTaskModal"),
        ("o", "ServiceScreen"),
        ("d", "DocumentScreen"),
        ("y", "DocumentScreen"),
        ("w", "EventsScreen"),
        ("t", "TaskDefinitionsScreen"),
        ("f", "ChooseModal"),
    ],
)
async def test_keys_open_what_they_name(key, opened):
    async with town_pilot() as pilot:
        await tasks_pilot(pilot)
        await at(pilot, "new0")
        await pilot.press(key)
        await until(pilot, lambda: top(pilot) == opened)


async def test_p_reads_the_logs_of_the_task_before():
    async with town_pilot() as pilot:
        await tasks_pilot(pilot)
        await at(pilot, "reports:up")
        await pilot.press("p")
        await until(pilot, lambda: top(pilot) == "LogsScreen")


async def test_p_says_when_there_was_none():
    async with town_pilot() as pilot:
        await tasks_pilot(pilot)
        await at(pilot, "new0")
        await pilot.press("p")
        assert "No stopped task of this service has logs left." in app_of(pilot).shown


async def test_stop_takes_all_marked_tasks_that_run():
    async with town_pilot() as pilot:
        await tasks_pilot(pilot)
        await pilot.press("x")
        for seed in ("new0", "new1", "reports:0"):
            await at(pilot, seed)
            await pilot.press("space")
        await pilot.press("S")
        await until(pilot, lambda: top(pilot) == "StopTaskModal")
        assert an_id("new0")[:6] in app_of(pilot).shown or "2 tasks" in app_of(pilot).shown


async def test_a_stopped_task_is_not_stopped_again():
    async with town_pilot() as pilot:
        await tasks_pilot(pilot)
        await pilot.press("x")
        await at(pilot, "reports:0")
        await pilot.press("S")
        assert "has stopped already" in app_of(pilot).shown


async def test_replace_stops_a_task_of_a_service():
    async with town_pilot() as pilot:
        await tasks_pilot(pilot)
        await at(pilot, "new0")
        shown = await yes(pilot, "r")
        assert f"Stop {an_id('new0')[:6]} of api, to be replaced?" in shown
        client = app_of(pilot).town.client
        await until(pilot, lambda: client.requests(StopTaskRequest))
        (request,) = client.requests(StopTaskRequest)
        assert isinstance(request, StopTaskRequest)
        assert (request.task, request.reason) == (an_id("new0"), REASON)


async def test_a_lone_task_is_not_replaced():
    town = a_town()
    definition = a_definition(family="nightly")
    town.put_now(definition)
    town.put_now(a_task(definition, seed="lone", cluster_name=CLUSTER))
    async with town_pilot(town) as pilot:
        await tasks_pilot(pilot)
        await at(pilot, "lone")
        await pilot.press("r")
        assert "Only a running task of a service is replaced." in app_of(pilot).shown


@pytest.mark.parametrize("is_marked", [False, True])
async def test_a_task_of_a_service_that_is_being_deleted_is_not_replaced(is_marked):
    town = a_town()
    town.put_now(town.service("api").with_(status=ServiceStatus.DRAINING))
    async with town_pilot(town) as pilot:
        await tasks_pilot(pilot)
        await at(pilot, "new0")
        if is_marked:
            await pilot.press("space")
            await at(pilot, "web:0")
            await pilot.press("space", "r")
            await until(pilot, lambda: top(pilot) == "Confirm")
            await pilot.pause()
            assert f"Stop {an_id('web:0')[:6]} of web, to be replaced?" in app_of(pilot).shown
            assert "1 task left alone: its service is being deleted" in app_of(pilot).shown
        else:
            await pilot.press("r")
            said = "Its service is being deleted: nothing replaces it."
            assert said in app_of(pilot).shown


async def test_a_task_that_is_stopping_already_is_not_replaced():
    async with town_pilot() as pilot:
        await tasks_pilot(pilot)
        await at(pilot, "old2")
        await pilot.press("r")
        assert "Only a running task of a service is replaced." in app_of(pilot).shown


async def test_t_and_w_go_to_what_belongs_to_the_task():
    async with town_pilot() as pilot:
        await tasks_pilot(pilot)
        await at(pilot, "old0")
        await pilot.press("t")
        await ready(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, TaskDefinitionsScreen)
        assert screen.revision is not None
        assert screen.revision.definition.family_revision == "api:41"


async def test_events_of_a_task():
    async with town_pilot() as pilot:
        await tasks_pilot(pilot)
        await pilot.press("x")
        await at(pilot, "reports:0")
        await pilot.press("w")
        await ready(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, EventsScreen)
        assert len(screen.table.model.order) == 1


async def test_copies_of_a_task():
    async with town_pilot() as pilot:
        await tasks_pilot(pilot)
        screen = await at(pilot, "new0")
        await pilot.press("c")
        assert app_of(pilot).copied == an_id("new0")
        assert [name for name, _ in screen.copies()] == ["id", "ARN", "AWS CLI command"]


async def test_tasks_of_one_instance():
    async with town_pilot() as pilot:
        await pilot.press("5")
        await ready(pilot)
        await pilot.press("enter")
        await ready(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, TasksScreen)
        rows = screen.table.model.rows.values()
        assert {row.instance for row in rows} == {"ci-a1"}
        assert "Tasks on ci-a1" in app_of(pilot).shown


# ---------------------------------------------------------------- words


def test_a_task_that_somebody_stopped_is_no_problem():
    town = a_town()
    task = town.tasks("reports")[-1].with_(stop_code=StopCode.USER_INITIATED)
    assert stopped_words([TaskRow(task, "ci-a1")]) == "x shows 1 stopped"


def test_the_reason_joins_what_task_and_container_say():
    task = a_task(a_definition(a_container("a"), a_container("b"))).with_(
        stopped_reason="Task failed to start",
        containers=(
            a_container_record("a"),
            a_container_record("b", reason="CannotPullContainerError: \x1b[1mno such image"),
        ),
    )
    assert reason_of(task) == "Task failed to start: CannotPullContainerError: no such image"
