import asyncio

from ecstui.model.enums import ContainerStatus, DesiredStatus, TaskStatus
from ecstui.model.logs import LogLine
from ecstui.ui import routes
from ecstui.ui.log_feeds import MAX_FEEDS
from ecstui.ui.log_sources import LogSource
from ecstui.ui.screens.logs import LogsScreen
from ecstui.ui.screens.logs_sources_table import Rates, sources_line
from ecstui.ui.spans import line_text
from ecstui.ui.widgets.log_view import LogView
from tests.factories import NAMES
from tests.ui.conftest import until
from tests.ui.town import CLUSTER, NOW, TownClient, a_town, app_of, town_pilot


class TalkingClient(TownClient):
    """Every container says `hello` and then what the test lets it say."""

    def __init__(self, store):
        super().__init__(store)
        self.open = {}
        self.windows = []

    async def logs(self, task_arn, container, window):
        queue: asyncio.Queue[list[LogLine] | None] = asyncio.Queue()
        source = LogSource(task_arn, container)
        self.open[source] = queue
        self.windows.append(window)
        try:
            yield [LogLine(NOW - 10, "stdout", f"hello from {container}")]
            while True:
                item = await queue.get()
                if item is None:
                    return
                yield item
        finally:
            if self.open.get(source) is queue:
                del self.open[source]

    def say(self, *texts, source=None, at=NOW):
        queue = self.open[source or next(iter(self.open))]
        queue.put_nowait([LogLine(at + n / 1000, "stdout", text) for n, text in enumerate(texts)])


def talking_town():
    town = a_town()
    town.client = TalkingClient(town.store)
    return town


async def opened(pilot, service="cart"):
    """The logs of a service, with the first lines."""
    app = app_of(pilot)
    routes.open_logs_of_service(app, NAMES.service(CLUSTER, service))
    await until(pilot, lambda: isinstance(app.screen, LogsScreen) and "hello" in app.shown)
    screen = app.screen
    assert isinstance(screen, LogsScreen)
    return screen


async def test_all_containers_of_a_service_are_read_at_once(size):
    town = talking_town()
    async with town_pilot(town, size=size) as pilot:
        await opened(pilot)
        app = app_of(pilot)
        await until(pilot, lambda: len(town.client.open) == 3)
        await until(pilot, lambda: app.shown.count("hello from cart") == 3)
        assert "Logs  service cart" in app.shown
        assert "FOLLOW · tail 200" in app.shown
        assert "3 sources" in app.shown
        assert town.client.windows[0].tail == 200
        if size[0] >= 100:
            assert "Sources 3" in app.shown


async def test_lines_stand_in_order_of_time_with_the_name_of_their_source():
    town = talking_town()
    async with town_pilot(town) as pilot:
        await opened(pilot)
        app = app_of(pilot)
        await until(pilot, lambda: len(town.client.open) == 3)
        one, two, _ = town.client.open
        town.client.say("the second", source=one, at=NOW + 2)
        town.client.say("the first", source=two, at=NOW + 1)
        await until(pilot, lambda: "the first" in app.shown and "the second" in app.shown)
        assert app.shown.index("the first") < app.shown.index("the second")
        assert one.task_arn.rpartition("/")[2][:6] in app.row_with("the second")


async def test_pause_stands_still_and_loses_nothing():
    town = talking_town()
    async with town_pilot(town) as pilot:
        screen = await opened(pilot)
        app = app_of(pilot)
        await pilot.press("space")
        town.client.say(*[f"line {n}" for n in range(300)])
        await until(pilot, lambda: "PAUSED +" in app.shown)
        assert "line 299" not in app.shown
        await pilot.press("space", "G")
        await until(pilot, lambda: "line 299" in app.shown)
        assert screen.store.dropped_count == 0


async def test_find_marks_and_filters():
    town = talking_town()
    async with town_pilot(town) as pilot:
        await opened(pilot)
        app = app_of(pilot)
        town.client.say("GET /a 200", "POST /pay 502", "GET /b 200")
        await until(pilot, lambda: "/b" in app.shown)
        await pilot.press("slash", *"pay", "enter")
        await until(pilot, lambda: "1 of 1" in app.shown)
        await pilot.press("&")
        await until(pilot, lambda: "GET /a" not in app.shown)
        assert "POST /pay 502" in app.shown
        await pilot.press("escape")
        await until(pilot, lambda: "GET /a" in app.shown)
        assert isinstance(app.screen, LogsScreen)


async def test_one_source_alone_and_all_again():
    town = talking_town()
    async with town_pilot(town) as pilot:
        screen = await opened(pilot)
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.count("hello from cart") == 3)
        await pilot.press("tab", "j", "enter")
        await until(pilot, lambda: app.shown.count("hello from cart") == 1)
        assert "3 sources, 2 muted" in app.shown
        await pilot.press("enter")
        await until(pilot, lambda: app.shown.count("hello from cart") == 3)
        assert screen.lines.muted == frozenset()


async def test_a_muted_source_is_hidden_until_all_are_shown():
    town = talking_town()
    async with town_pilot(town) as pilot:
        await opened(pilot)
        app = app_of(pilot)
        await until(pilot, lambda: app.shown.count("hello from cart") == 3)
        await until(pilot, lambda: "▌" in app.shown)
        await pilot.press("x")
        await until(pilot, lambda: app.shown.count("hello from cart") == 2)
        await pilot.press("a")
        await until(pilot, lambda: app.shown.count("hello from cart") == 3)


async def test_where_there_is_little_room_the_sources_come_with_tab():
    town = talking_town()
    async with town_pilot(town, size=(80, 24)) as pilot:
        screen = await opened(pilot)
        app = app_of(pilot)
        assert "↵ solo" not in app.shown
        await pilot.press("x")
        await until(pilot, lambda: "↵ solo" in app.shown and screen.table.has_focus)
        await pilot.press("escape")
        await until(pilot, lambda: "↵ solo" not in app.shown)
        assert isinstance(app.focused, LogView)


async def test_a_new_task_joins_by_itself_and_one_that_stops_stays_readable():
    town = talking_town()
    async with town_pilot(town) as pilot:
        screen = await opened(pilot)
        app = app_of(pilot)
        await until(pilot, lambda: len(town.client.open) == 3)
        old = town.tasks("cart")[0]
        new = town.task(
            town.family("cart", 9), "cart", seed="fresh", age=1, deployment_id=old.deployment_id
        )
        await town.store.flush()
        name = new.task_id[:6]
        await until(pilot, lambda: f"{name} joined" in app.shown)
        await until(pilot, lambda: len(town.client.open) == 4)
        source = LogSource(old.task_arn, old.containers[0].name)
        town.client.say("my last words", source=source)
        town.client.open[source].put_nowait(None)
        container = old.containers[0].with_(last_status=ContainerStatus.STOPPED, exit_code=0)
        await town.put(
            old.with_(
                containers=(container,),
                last_status=TaskStatus.STOPPED,
                desired_status=DesiredStatus.STOPPED,
            )
        )
        await until(pilot, lambda: "ended, its lines stay" in app.shown)
        assert "my last words" in app.shown
        await until(pilot, lambda: "exit 0" in app.shown)
        assert source in screen.feeds.feeds


async def test_closing_the_screen_closes_every_stream():
    town = talking_town()
    async with town_pilot(town) as pilot:
        await opened(pilot)
        await until(pilot, lambda: len(town.client.open) == 3)
        await pilot.press("q")
        await until(pilot, lambda: not town.client.open)


async def test_a_window_in_time_is_asked_of_every_stream():
    town = talking_town()
    async with town_pilot(town) as pilot:
        await opened(pilot)
        app = app_of(pilot)
        town.client.windows.clear()
        await pilot.press("3")
        await until(pilot, lambda: len(town.client.windows) == 3)
        assert {(w.tail, w.since) for w in town.client.windows} == {(None, NOW - 300)}
        await until(pilot, lambda: "FOLLOW · last 5m" in app.shown)
        await pilot.press("0")
        await until(pilot, lambda: "FOLLOW · tail 200" in app.shown)


async def test_there_are_never_too_many_streams_and_it_says_so():
    town = talking_town()
    for number in range(MAX_FEEDS + 5):
        town.task(town.family("cart", 9), "cart", seed=f"more{number}", age=number + 1)
    async with town_pilot(town) as pilot:
        await opened(pilot)
        app = app_of(pilot)
        await until(pilot, lambda: f"{MAX_FEEDS} of {MAX_FEEDS + 8} streams read" in app.shown)
        assert len(town.client.open) == MAX_FEEDS


async def test_stopped_tasks_are_read_when_they_are_asked_for():
    town = talking_town()
    async with town_pilot(town) as pilot:
        await opened(pilot, "reports")
        app = app_of(pilot)
        await until(pilot, lambda: len(town.client.open) == 1)
        for task in town.tasks("reports"):
            container = task.containers[0].with_(started_at=task.created_at)
            town.put_now(task.with_(containers=(container,)))
        await pilot.press("p")
        await until(pilot, lambda: len(town.client.open) == 5)
        assert "stopped tasks are read too" in app.shown


async def test_escapes_in_lines_and_labels_do_not_reach_the_terminal():
    town = talking_town()
    async with town_pilot(town) as pilot:
        await opened(pilot)
        app = app_of(pilot)
        town.client.say("\x1b[2J\x1b]0;title\x07evil \x1b[31mred\x1b[0m")
        await until(pilot, lambda: "evil red" in app.shown)
        assert "\x1b" not in app.shown


async def test_a_mark_is_a_line_across():
    town = talking_town()
    async with town_pilot(town) as pilot:
        await opened(pilot)
        await pilot.press("m")
        await until(pilot, lambda: "mark ────" in app_of(pilot).shown)


# ---------------------------------------------------------------- figures


def test_rates_are_means_over_some_seconds():
    rates = Rates()
    assert rates.total == 0
    for second in range(8):
        rates.look(NOW + second, {1: 100 * second, 2: 0})
    assert rates.of(1) == 100
    assert rates.of(2) == 0
    assert rates.total == 100
    assert list(rates.history) == [100.0] * 7


def test_sources_in_one_line_count_those_that_do_not_fit():
    assert line_text(sources_line({}, 40)) == ""
