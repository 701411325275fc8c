import asyncio

import pytest

from ecstui.base.errors import ClientException, EngineError, EngineErrorKind
from ecstui.model.enums import ContainerStatus, DesiredStatus, TaskStatus
from ecstui.model.logs import LogLine, LogWindow
from ecstui.ui.log_feeds import FeedState, LogFeeds, Turns
from ecstui.ui.log_sources import (
    LogSource,
    SourceInfo,
    chosen_sources,
    labels_of,
    service_sources,
    title_of,
)
from ecstui.ui.logstore import LogStore
from tests.factories import NAMES, a_container, a_definition, a_task
from tests.ui.rollouts import ARN, NOW, Rollout


def a_source(number=0, container="app"):
    return LogSource(NAMES.task("default", f"{number:032x}"), container)


def an_info(source=None, *, started=True, running=True, **changes):
    source = source or a_source()
    task = a_task(task_id=source.task_arn.rpartition("/")[2])
    status = ContainerStatus.RUNNING if running else ContainerStatus.STOPPED
    container = task.containers[0].with_(
        last_status=status if started else ContainerStatus.PENDING,
        started_at=NOW if started else None,
        **changes,
    )
    return SourceInfo(source, task.with_(containers=(container,)), container)


class Logs:
    """Logs that the test writes: each stream takes from its own queue."""

    def __init__(self):
        self.queues = {}
        self.opened = []
        self.closed = []

    def open(self, task_arn, container, window):
        source = LogSource(task_arn, container)
        self.opened.append((source, window))
        return self._read(source)

    async def _read(self, source):
        queue = self.queues.setdefault(source, asyncio.Queue())
        try:
            while True:
                item = await queue.get()
                if isinstance(item, Exception):
                    raise item
                if item is None:
                    return
                yield item
        finally:
            self.closed.append(source)

    def say(self, source, *texts, at=NOW):
        lines = [LogLine(at + n / 1000, "stdout", text) for n, text in enumerate(texts)]
        self._queue(source).put_nowait(lines)

    def end(self, source):
        self._queue(source).put_nowait(None)

    def fail(self, source, error):
        self._queue(source).put_nowait(error)

    def _queue(self, source):
        return self.queues.setdefault(source, asyncio.Queue())


class Rig:
    """Feeds with their store, and the workers that a screen would have."""

    def __init__(self, **options):
        self.logs = Logs()
        self.store = LogStore()
        self.workers = []
        self.arrivals = 0
        self.feeds = LogFeeds(
            self.logs.open,
            self.store,
            now=lambda: NOW,
            run=self._run,
            arrived=self._arrived,
            **options,
        )

    def _run(self, stream):
        task = asyncio.ensure_future(stream)
        self.workers.append(task)
        return task

    def _arrived(self):
        self.arrivals += 1

    async def settle(self):
        """Let the feeds read on; one that has taken much lets others go first for a moment."""
        for _ in range(40):
            await asyncio.sleep(0.001)

    @property
    def texts(self):
        return [text for chunk in self.store.chunks for text in chunk.text]

    async def close(self):
        for worker in self.workers:
            worker.cancel()
        await asyncio.gather(*self.workers, return_exceptions=True)


@pytest.fixture
async def rig():
    made = Rig()
    yield made
    await made.close()


# ---------------------------------------------------------------- streams


async def test_lines_of_all_streams_come_together_in_order_of_time(rig):
    one, two = a_source(1), a_source(2)
    rig.feeds.sync([an_info(one), an_info(two)], announce=False)
    rig.logs.say(one, "b", at=NOW + 2)
    rig.logs.say(two, "a", at=NOW + 1)
    await rig.settle()
    assert rig.texts == ["a", "b"]
    assert rig.arrivals >= 2


async def test_a_container_that_has_not_started_joins_when_it_does(rig):
    source = a_source()
    rig.feeds.sync([an_info(source, started=False)])
    assert not rig.feeds.feeds
    rig.feeds.sync([an_info(source)])
    await rig.settle()
    assert rig.feeds.feeds[source].state is FeedState.READING
    assert rig.texts == ["app joined"]


async def test_no_more_streams_than_allowed_and_the_rest_is_counted():
    rig = Rig(max_feeds=2)
    infos = [an_info(a_source(number)) for number in range(5)]
    rig.feeds.sync(infos, announce=False)
    await rig.settle()
    assert len(rig.logs.opened) == 2
    assert rig.feeds.waiting_count == 3
    rig.logs.end(infos[0].source)
    await rig.settle()
    rig.feeds.sync(infos)
    await rig.settle()
    assert len(rig.logs.opened) == 3
    assert rig.feeds.waiting_count == 2
    await rig.close()


async def test_a_stream_that_ends_leaves_its_lines_and_says_so(rig):
    source = a_source()
    rig.feeds.sync([an_info(source)], announce=False)
    rig.logs.say(source, "hello")
    rig.logs.end(source)
    await rig.settle()
    assert rig.feeds.feeds[source].state is FeedState.ENDED
    assert rig.texts == ["hello", "app ended, its lines stay"]


async def test_the_log_of_a_stopped_container_ends_without_a_word(rig):
    source = a_source()
    rig.feeds.sync([an_info(source, running=False)], announce=False)
    rig.logs.say(source, "last words")
    rig.logs.end(source)
    await rig.settle()
    assert rig.texts == ["last words"]


async def test_a_refusal_is_a_line_and_not_a_crash(rig):
    source = a_source()
    rig.feeds.sync([an_info(source, running=False)], announce=False)
    rig.logs.fail(source, ClientException("The \x1b[31mreferenced task was not found."))
    await rig.settle()
    assert rig.feeds.feeds[source].state is FeedState.FAILED
    assert rig.texts == ["app: The referenced task was not found."]
    assert all(worker.exception() is None for worker in rig.workers)


async def test_a_stream_that_breaks_is_taken_up_again_without_doubling_lines(rig, monkeypatch):
    monkeypatch.setattr("ecstui.ui.log_feeds.FIRST_WAIT_SECONDS", 0.0)
    source = a_source()
    rig.feeds.sync([an_info(source)], announce=False)
    rig.logs.say(source, "one")
    rig.logs.fail(source, EngineError(EngineErrorKind.UNREACHABLE, "gone", retryable=True))
    await rig.settle()
    rig.logs.say(source, "one", "two")
    await rig.settle()
    assert [text for text in rig.texts if "gone" not in text] == ["one", "two"]
    windows = [window for _, window in rig.logs.opened]
    assert windows[0] == LogWindow(tail=200, follow=True)
    assert windows[1].since is not None
    assert windows[1].tail is None


async def test_the_same_problem_is_told_once(rig, monkeypatch):
    monkeypatch.setattr("ecstui.ui.log_feeds.FIRST_WAIT_SECONDS", 0.0)
    source = a_source()
    rig.feeds.sync([an_info(source)], announce=False)
    for _ in range(3):
        rig.logs.fail(source, ClientException("no"))
    await rig.settle()
    assert rig.texts == ["app: no"]


async def test_a_container_that_is_restarted_in_place_is_read_on(rig):
    source = a_source()
    rig.feeds.sync([an_info(source)], announce=False)
    rig.logs.say(source, "one")
    rig.logs.end(source)
    await rig.settle()
    rig.feeds.sync([an_info(source, restart_count=1)])
    rig.logs.say(source, "two", at=NOW + 5)
    await rig.settle()
    assert rig.texts[-1] == "two"
    assert "app restarted" in rig.texts


async def test_another_window_forgets_the_lines_and_asks_again(rig):
    source = a_source()
    rig.feeds.sync([an_info(source)], announce=False)
    rig.logs.say(source, "old")
    await rig.settle()
    rig.feeds.restart([an_info(source)], LogWindow(tail=None, since=NOW - 60))
    rig.logs.say(source, "new")
    await rig.settle()
    assert rig.texts == ["new"]
    assert rig.logs.opened[-1] == (source, LogWindow(tail=None, since=NOW - 60))
    assert rig.logs.closed == [source]


async def test_cancelled_workers_close_their_streams(rig):
    sources = [a_source(number) for number in range(3)]
    rig.feeds.sync([an_info(source) for source in sources], announce=False)
    await rig.settle()
    await rig.close()
    assert sorted(rig.logs.closed) == sorted(sources)


# ---------------------------------------------------------------- sources


def test_labels_are_as_short_as_can_be():
    one, other = a_source(1), a_source(2)
    both = a_source(1, "envoy")
    task = one.task_arn.rpartition("/")[2][:6]
    assert labels_of([one, other])[one] == task
    assert labels_of([one, both]) == {one: "app", both: "envoy"}
    assert labels_of([one, both, other])[both] == f"{task} envoy"


def test_titles_say_what_the_log_is_of():
    task = a_source(1).task_arn.rpartition("/")[2][:6]
    assert title_of((), [ARN]) == "service api"
    assert title_of([a_source(1)]) == f"{task} app"
    assert title_of([a_source(1), a_source(1, "b")]) == f"task {task}"
    assert title_of([a_source(1), a_source(2)]) == "2 tasks"


def test_sources_of_a_service_are_the_containers_of_its_living_tasks():
    rollout = Rollout()
    rollout.old = a_definition(a_container("api"), a_container("envoy"), family="api", revision=1)
    rollout.put(rollout.old)
    rollout.steady(2)
    rollout.healthy(rollout.old, 2)
    rollout.failed(rollout.old, 2)
    found = service_sources(rollout.store, ARN)
    assert [info.source.container for info in found] == ["api", "envoy", "api", "envoy"]
    assert len(service_sources(rollout.store, ARN, stopped_too=True)) == 8


def test_where_nothing_runs_the_last_stopped_tasks_are_read():
    rollout = Rollout()
    rollout.steady(2)
    for number in range(5):
        rollout.failed(rollout.old, created_at=NOW - number)
    found = service_sources(rollout.store, ARN)
    assert len(found) == 3
    assert {info.task.created_at for info in found if info.task} == {NOW, NOW - 1, NOW - 2}


def test_the_sign_of_a_source_follows_its_container():
    assert an_info().sign.glyph == "●"
    assert an_info(running=False, exit_code=0).sign.glyph == "○"
    assert an_info(running=False, exit_code=1).sign.glyph == "✗"
    leaving = an_info()
    task = leaving.task.with_(desired_status=DesiredStatus.STOPPED, last_status=TaskStatus.STOPPING)
    assert SourceInfo(leaving.source, task, leaving.container).sign.glyph == "▨"
    assert SourceInfo(leaving.source, None, None).sign.glyph == "–"


def test_a_source_whose_task_is_gone_is_not_read():
    (info,) = chosen_sources(Rollout().store, [a_source()])
    assert not info.has_started
    assert info.end_words == "ended"


async def test_streams_take_turns_and_others_go_on_in_between():
    turns = Turns()
    order: list[str] = []

    async def stream(name):
        for _ in range(3):
            await turns.take(lambda: order.append(name))

    async def keys():
        for _ in range(3):
            order.append("key")
            await asyncio.sleep(0)

    await asyncio.gather(stream("a"), stream("b"), keys())
    assert [name for name in order if name != "key"] == ["a", "b"] * 3
    assert "key" in order[:2]


def test_sources_of_several_services_carry_their_names():
    one, two = a_source(1), a_source(2)
    labels = labels_of([one, two], {one: "api", two: "web"})
    assert labels[one].startswith("api ")
    assert labels[two].startswith("web ")
