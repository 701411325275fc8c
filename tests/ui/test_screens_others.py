import asyncio

import pytest
from textual.widgets import Input

from ecstui.base.errors import DaemonUnreachableError
from ecstui.model.cluster import EventRecord
from ecstui.model.enums import EventSource, InstanceStatus
from ecstui.model.requests.clusters import CreateClusterRequest
from ecstui.model.requests.instances import UpdateContainerInstancesStateRequest
from ecstui.store.kinds import CLUSTERS, INSTANCES
from ecstui.ui.columns.events import event_rows, event_sign, event_words
from ecstui.ui.columns.instances import instance_rows, placement_map
from ecstui.ui.columns.timeline import timeline, window_of
from ecstui.ui.glyphs import CHANGING, DRAINING, FAILED, HEALTHY
from ecstui.ui.screens.ask import AskModal
from ecstui.ui.screens.clusters import ClustersScreen
from ecstui.ui.screens.events import EventsScreen
from ecstui.ui.screens.instances import InstancesScreen
from ecstui.ui.screens.services import ServicesScreen
from ecstui.ui.spans import line_text, line_width
from ecstui.ui.table import plain
from ecstui.ui.widgets.span_lines import SpanLines
from tests.factories import NAMES, a_service, an_id, an_instance
from tests.ui.conftest import until
from tests.ui.test_screens_services import top, yes
from tests.ui.town import CLUSTER, NOW, Town, TownApp, a_town, app_of, ready, town_pilot


def text_of(pilot, selector: str) -> str:
    lines = pilot.app.screen.query_one(selector, SpanLines)
    return "\n".join(plain(line) for line in lines._lines)


def on(app: TownApp, screen: type[object]) -> bool:
    return isinstance(app.screen, screen)


# ---------------------------------------------------------------- container instances


async def instances(pilot, name: str = "ci-a1") -> InstancesScreen:
    await pilot.press("5")
    await ready(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, InstancesScreen)
    screen.table.move_to_key(NAMES.container_instance(CLUSTER, an_id(name)))
    await pilot.pause()
    return screen


async def test_an_instance_tells_zone_tasks_and_what_is_reserved(size):
    async with town_pilot(size=size) as pilot:
        await instances(pilot)
        row = app_of(pilot).row_with(" ci-a1 ")
        for part in ("zone-a", "● ACTIVE", "8 ◇1", "████████░░  77%", "45%"):
            assert part in row
        assert "CPU RESERVED" in app_of(pilot).shown


async def test_the_title_counts_zones():
    async with town_pilot() as pilot:
        await instances(pilot)
        assert "6 in 3 zones" in app_of(pilot).shown


async def test_the_map_has_a_cell_for_each_task():
    async with town_pilot() as pilot:
        await instances(pilot)
        shown = text_of(pilot, "#map")
        assert "zone-a  ci-a1 ┃▨a■a◇a■c■m■s■w■w···" in shown
        assert "letter = service" in shown


async def test_a_draining_instance_has_no_room_on_the_map():
    async with town_pilot() as pilot:
        await instances(pilot)
        line = next(line for line in text_of(pilot, "#map").splitlines() if "ci-c2" in line)
        assert "·" not in line.split("ci-c2")[1]


@pytest.mark.parametrize("width", [40, 60, 76, 116, 200])
def test_the_map_fits_any_width(width):
    rows = list(instance_rows(a_town().store, CLUSTER).values())
    for line in placement_map(rows, width):
        assert line_width(line) <= max(width, 40)


def test_the_map_of_nothing_is_nothing():
    assert placement_map([], 80) == []


def test_tasks_that_do_not_fit_are_not_drawn_over_the_wall():
    town = a_town()
    definition = town.family("tiny", 1, cpu=1, memory=1)
    for number in range(60):
        town.task(definition, None, seed=f"tiny{number}", instance="ci-a1")
    rows = list(instance_rows(town.store, CLUSTER).values())
    lines = placement_map(rows, 80)
    assert all(line_width(line) <= 80 for line in lines)
    assert any("+" in line_text(line) for line in lines)


async def test_the_inspector_lists_host_ports(size):
    async with town_pilot(size=size) as pilot:
        await instances(pilot)
        shown = text_of(pilot, "#facts")
        assert "engine local" in shown
        assert "free 960 cpu 4.4G" in shown
        assert "32701 web:17" in shown


async def test_an_instance_whose_engine_is_gone_says_so():
    town = a_town()
    row = next(i for i in town.store.by(INSTANCES, "cluster", CLUSTER) if i.name == "ci-a1")
    town.put_now(row.with_(agent_connected=False))
    async with town_pilot(town) as pilot:
        await instances(pilot)
        assert "✗ NO AGENT" in app_of(pilot).row_with(" ci-a1 ")
        assert "its engine does not answer" in text_of(pilot, "#facts")


async def test_drain_asks_and_does_it():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await instances(pilot)
        shown = await yes(pilot, "D")
        assert "Drain ci-a1?" in shown
        assert "7 tasks here now" in shown
        await until(pilot, lambda: "ci-a1 is DRAINING now" in app.shown)
        record = app.town.store.get(INSTANCES, NAMES.container_instance(CLUSTER, an_id("ci-a1")))
        assert record is not None
        assert record.status is InstanceStatus.DRAINING


async def test_a_draining_instance_is_made_active_again():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await instances(pilot, "ci-c2")
        shown = await yes(pilot, "D")
        assert "Activate ci-c2?" in shown
        await until(pilot, lambda: "ci-c2 is ACTIVE now" in app.shown)


async def test_marked_instances_are_drained_in_one_request():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await instances(pilot)
        await pilot.press("space", "space", "up")
        await yes(pilot, "D")
        await until(pilot, lambda: app.town.client.calls)
        (request,) = app.town.client.requests(UpdateContainerInstancesStateRequest)
        assert isinstance(request, UpdateContainerInstancesStateRequest)
        assert len(request.container_instances) == 2


async def test_problems_only_shows_what_is_not_active():
    async with town_pilot() as pilot:
        screen = await instances(pilot)
        await pilot.press("!")
        model = screen.table.model
        assert [model.rows[key].name for key in model.order] == ["ci-c2"]


@pytest.mark.parametrize(
    ("key", "opened"),
    [("enter", "TasksScreen"), ("d", "DocumentScreen"), ("y", "DocumentScreen"),
     ("w", "EventsScreen"), ("f", "PortsScreen")],
)  # fmt: skip
async def test_keys_of_instances_open_what_they_name(key, opened):
    async with town_pilot() as pilot:
        await instances(pilot)
        await pilot.press(key)
        await until(pilot, lambda: top(pilot) == opened)


async def test_copies_of_an_instance():
    async with town_pilot() as pilot:
        screen = await instances(pilot)
        await pilot.press("c")
        assert app_of(pilot).copied == "ci-a1"
        assert len(screen.copies()) == 4


async def test_an_instance_name_cannot_steer_the_terminal():
    town = a_town()
    town.put_now(an_instance("evil\x1b[2J", zone="z\x07one", cluster_name=CLUSTER))
    async with town_pilot(town) as pilot:
        await instances(pilot)
        assert "evil" in app_of(pilot).shown
        assert "\x1b" not in app_of(pilot).shown


# ---------------------------------------------------------------- clusters


async def clusters(pilot) -> ClustersScreen:
    await pilot.press("0")
    await ready(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, ClustersScreen)
    return screen


async def test_clusters_with_what_they_hold(size):
    async with town_pilot(size=size) as pilot:
        await clusters(pilot)
        row = app_of(pilot).row_with("▌  ✓")
        for part in ("● ACTIVE", "12", "35 ◇2", "6"):
            assert part in row
        assert "staging" in app_of(pilot).shown


async def test_enter_shows_a_cluster_everywhere():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await clusters(pilot)
        await pilot.press("down", "enter")
        await until(pilot, lambda: on(app, ServicesScreen))
        assert app.cluster == "staging"
        await until(pilot, lambda: "No services in this cluster." in app.shown)


async def test_a_cluster_is_created():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await clusters(pilot)
        await pilot.press("n")
        await until(pilot, lambda: on(app, AskModal))
        await pilot.press(*"test", "enter")
        await until(pilot, lambda: "created cluster test" in app.shown)
        assert app.town.store.get(CLUSTERS, "test") is not None


async def test_a_refused_cluster_keeps_the_box_open_with_the_reason():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await clusters(pilot)
        await pilot.press("n")
        await until(pilot, lambda: on(app, AskModal))
        app.screen.query_one(Input).value = "not a name!"
        await pilot.press("enter")
        await until(pilot, lambda: app.town.client.requests(CreateClusterRequest))
        await until(pilot, lambda: str(app.screen.query_one(".refused").render()).strip())
        assert on(app, AskModal)
        await pilot.press("escape")
        assert on(app, ClustersScreen)


async def test_without_an_answer_the_box_stays_open_with_what_was_typed():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await clusters(pilot)
        await pilot.press("n")
        await until(pilot, lambda: on(app, AskModal))
        app.town.client.refusal = DaemonUnreachableError("The daemon is not running.")
        await pilot.press(*"test", "enter")
        await until(pilot, lambda: "No answer came" in app.shown)
        assert app.screen.query_one(Input).value == "test"


async def test_esc_does_not_hide_what_came_of_what_was_sent():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        answer = asyncio.Event()

        async def submit(text: str) -> str:
            await answer.wait()
            return f"{text} is refused"

        app.push_screen(AskModal("New cluster", "Name", submit))
        await until(pilot, lambda: on(app, AskModal))
        await pilot.press(*"test", "enter", "escape")
        await until(pilot, lambda: not on(app, AskModal))
        answer.set()
        await until(pilot, lambda: "New cluster: test is refused" in app.shown)


async def test_a_cluster_is_deleted_after_its_name_was_typed():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await clusters(pilot)
        await pilot.press("down", "ctrl+d")
        await pilot.press(*"staging", "enter", "enter")
        await until(pilot, lambda: "deleted cluster staging" in app.shown)


async def test_what_a_cluster_holds_is_counted_in_words():
    town = a_town()
    (task,) = town.tasks("mailer")
    service = town.service("mailer")
    town.put_now(
        a_service("mailer", cluster_name="staging", task_definition=service.task_definition),
        task.with_(task_arn=task.task_arn.replace(CLUSTER, "staging"), cluster_name="staging"),
    )
    async with town_pilot(town) as pilot:
        await clusters(pilot)
        await pilot.press("down", "ctrl+d")
        held = "it holds 1 service, 1 task and 0 container instances"
        await until(pilot, lambda: held in app_of(pilot).shown)


async def test_a_cluster_that_holds_something_is_not_deleted():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await clusters(pilot)
        await pilot.press("ctrl+d", *"shop", "enter", "enter")
        await until(pilot, lambda: "ClusterContains" in app.shown)


@pytest.mark.parametrize("key", ["d", "y"])
async def test_a_cluster_can_be_read(key):
    async with town_pilot() as pilot:
        await clusters(pilot)
        await pilot.press(key)
        await until(pilot, lambda: "clusterName" in app_of(pilot).shown)


# ---------------------------------------------------------------- events


async def events(pilot) -> EventsScreen:
    await pilot.press("9")
    await ready(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, EventsScreen)
    return screen


def subjects(screen: EventsScreen) -> list[str]:
    model = screen.table.model
    return [model.rows[key].subject for key in model.order]


async def test_events_newest_first(size):
    async with town_pilot(size=size) as pilot:
        screen = await events(pilot)
        assert subjects(screen)[:4] == ["reports", "api", "api", "ci-c2"]
        assert "has started 2 tasks: (task 00adc1)" in app_of(pilot).shown


async def test_a_new_event_comes_in_on_top_and_the_cursor_stays_there():
    async with town_pilot() as pilot:
        screen = await events(pilot)
        town = app_of(pilot).town
        record = town.event("(service web) has begun.", -5, NAMES.service(CLUSTER, "web"))
        await town.put(record)
        await until(pilot, lambda: subjects(screen)[0] == "web")
        assert screen.table.cursor_key == record.id


async def test_the_timeline_has_a_line_for_each_subject():
    async with town_pilot() as pilot:
        await events(pilot)
        await pilot.pause()
        lines = text_of(pilot, "#timeline").splitlines()
        assert lines[1].startswith("reports ")
        assert next(line for line in lines if line.startswith("analytics")).count("✗") == 1


@pytest.mark.parametrize("width", [5, 12, 40, 71, 120])
def test_the_timeline_fits_any_width_and_height(width):
    rows = list(event_rows(a_town().store, CLUSTER).values())
    for height in (1, 3, 20):
        lines = timeline(rows, NOW, 1800.0, width, height)
        assert len(lines) <= height
        assert all(line_width(line) == width for line in lines)


def test_the_window_of_the_timeline_holds_most_events():
    rows = list(event_rows(a_town().store, CLUSTER).values())
    assert window_of(rows, NOW) == 1800.0
    assert window_of([], NOW) == 600.0


def test_a_problem_is_not_hidden_by_what_came_after():
    town = Town()
    arn = NAMES.service(CLUSTER, "x")
    town.event("(service x) broke", 10, arn, is_problem=True)
    town.event("(service x) has reached a steady state.", 9, arn)
    rows = list(event_rows(town.store, CLUSTER).values())
    drawn = line_text(timeline(rows, NOW, 600.0, 40, 5)[1])
    assert "✗" in drawn
    assert "✓" not in drawn


async def test_only_problems():
    async with town_pilot() as pilot:
        screen = await events(pilot)
        await pilot.press("!")
        assert subjects(screen) == [an_id("reports:0")[:6], "analytics"]


async def test_z_goes_through_the_kinds():
    async with town_pilot() as pilot:
        screen = await events(pilot)
        kinds = []
        for _ in EventSource:
            await pilot.press("z")
            kinds.append(screen.source)
            model = screen.table.model
            shown = {model.rows[key].event.source for key in model.order}
            assert shown <= {screen.source}
        assert kinds == list(EventSource)
        await pilot.press("z")
        assert screen.source is None
        assert "all kinds" in app_of(pilot).shown


async def test_t_turns_times_into_ages():
    async with town_pilot() as pilot:
        await events(pilot)
        assert " 4s " not in app_of(pilot).shown
        await pilot.press("t")
        await until(pilot, lambda: " 4s " in app_of(pilot).shown)
        await pilot.press("t")
        await until(pilot, lambda: " 4s " not in app_of(pilot).shown)


@pytest.mark.parametrize(
    ("subject", "opened"),
    [("api", "ServiceScreen"), (an_id("reports:0")[:6], "TaskScreen"), ("ci-c2", "TasksScreen")],
)
async def test_enter_goes_to_the_subject(subject, opened):
    async with town_pilot() as pilot:
        screen = await events(pilot)
        screen.table.move_to(subjects(screen).index(subject))
        await pilot.press("enter")
        await until(pilot, lambda: top(pilot) == opened)


async def test_a_subject_that_is_gone_is_said():
    async with town_pilot() as pilot:
        screen = await events(pilot)
        screen.table.move_to(subjects(screen).index("local"))
        await pilot.press("enter")
        assert "local is not there any more." in app_of(pilot).shown


async def test_the_inspector_has_the_whole_sentence():
    async with town_pilot(size=(80, 24)) as pilot:
        screen = await events(pilot)
        screen.table.move_to(subjects(screen).index("analytics"))
        await pilot.pause()
        shown = " ".join(text_of(pilot, "#facts").split())
        assert "(service analytics) was unable to place a task" in shown
        assert NAMES.service(CLUSTER, "analytics") in shown


async def test_the_filter_and_copies_of_events():
    async with town_pilot() as pilot:
        screen = await events(pilot)
        await pilot.press("/", *"steady", "enter")
        await until(pilot, lambda: subjects(screen) == ["worker"])
        await pilot.press("c")
        assert app_of(pilot).copied == "(service worker) has reached a steady state."


def test_events_of_other_clusters_are_not_shown():
    town = a_town()
    assert not [
        row
        for row in event_rows(town.store, "staging").values()
        if row.event.cluster_name == CLUSTER
    ]


@pytest.mark.parametrize(
    ("message", "is_problem", "glyph"),
    [
        ("has reached a steady state.", False, HEALTHY),
        ("has started 1 tasks: x", False, CHANGING),
        ("has stopped 1 running tasks: x", False, DRAINING),
        ("anything", True, FAILED),
    ],
)
def test_signs_of_events(message, is_problem, glyph):
    record = EventRecord(
        id="1", created_at=NOW, source=EventSource.SERVICE, cluster_name="c", subject_arn="s",
        message=message, is_problem=is_problem,
    )  # fmt: skip
    assert event_sign(record).glyph == glyph


def test_the_words_of_an_event_are_short():
    message = (
        f"(service api) has started 1 tasks: (task {an_id('x')}) for ecs-svc/1234567890123456789"
    )
    assert event_words(message) == f"has started 1 tasks: (task {an_id('x')[:6]}) for …456789"
