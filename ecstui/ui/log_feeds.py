"""Reads the logs of many containers into one store, a worker for each, as many as are allowed.

A stream that fails says so in the log and is taken up again while its container runs; one that
ends leaves its lines. Whoever owns the feeds owns the workers: when those are cancelled, every
stream is closed.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from enum import Enum
from time import thread_time
from typing import Protocol, cast

from ecstui.base.errors import EcstuiError
from ecstui.client.log_resume import LogResume
from ecstui.model.logs import LogLine, LogWindow
from ecstui.ui.log_sources import LogSource, SourceInfo, labels_of
from ecstui.ui.logstore import LogStore
from ecstui.ui.text import clean

MAX_FEEDS = 32
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 15.0
BATCH_LINES = 500
"""So many lines are taken at once: keys wait no longer than that takes."""
SHARE = 0.6
"""Of the time, taking lines gets at most this much; the rest is for keys and drawing."""
_LONGEST_REST_SECONDS = 0.05


OpenLog = Callable[[str, str, LogWindow], AsyncIterator[Sequence[LogLine]]]
"""Opens the log of a container of a task: `Client.logs`."""


class Cancellable(Protocol):
    """What runs a stream."""

    def cancel(self) -> object:
        """Stop it."""
        ...


class FeedState(Enum):
    """How a stream is."""

    READING = "reading"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(slots=True, eq=False)
class Feed:
    """One stream: its number in the store, and how it is."""

    info: SourceInfo
    number: int
    resume: LogResume
    state: FeedState = FeedState.READING
    problem: str = ""
    worker: Cancellable | None = None

    @property
    def source(self) -> LogSource:
        """Which container."""
        return self.info.source


class Turns:
    """Lets streams take lines one after the other, and others go on in between.

    What is not taken waits at the engine; nothing is lost.
    """

    def __init__(self, share: float = SHARE) -> None:
        """`share`: of the time, for taking lines."""
        self._lock = asyncio.Lock()
        self._rest_per_second = (1 - share) / share

    async def take(self, work: Callable[[], None]) -> None:
        """Do the work when it is its turn, then leave as much time as is owed to others."""
        async with self._lock:
            began = thread_time()
            work()
            took = thread_time() - began
            await asyncio.sleep(min(_LONGEST_REST_SECONDS, took * self._rest_per_second))


class LogFeeds:
    """The streams of one screen."""

    def __init__(
        self,
        open_log: OpenLog,
        store: LogStore,
        *,
        now: Callable[[], float],
        run: Callable[[Coroutine[None, None, None]], Cancellable],
        arrived: Callable[[], None],
        max_feeds: int = MAX_FEEDS,
    ) -> None:
        """`run` starts a worker; `arrived` is called when the store has something new."""
        self._open_log = open_log
        self._store = store
        self._now = now
        self._run = run
        self._arrived = arrived
        self._max_feeds = max_feeds
        self._turns = Turns()
        self.feeds: dict[LogSource, Feed] = {}
        self.waiting_count = 0
        """Containers that have lines but no stream, because too many others have one."""
        self.window = LogWindow(tail=200, follow=True)

    @property
    def reading_count(self) -> int:
        """Streams that are open."""
        return sum(1 for feed in self.feeds.values() if feed.state is FeedState.READING)

    @property
    def labels(self) -> dict[LogSource, str]:
        """Names of the sources that have a stream, or had one."""
        owners = {source: feed.info.owner for source, feed in self.feeds.items()}
        return labels_of(list(self.feeds), owners)

    def sync(self, infos: Sequence[SourceInfo], *, announce: bool = True) -> None:
        """Take note of how the containers are, and open streams of those that have none yet.

        What has joined is never dropped again: stopped containers stay readable.
        """
        joined = []
        self.waiting_count = 0
        for info in infos:
            feed = self.feeds.get(info.source)
            if feed is not None:
                self._update(feed, info)
            elif info.has_started:
                if self.reading_count < self._max_feeds:
                    joined.append(self._open(info))
                else:
                    self.waiting_count += 1
        if joined and announce:
            names = self.labels
            for feed in joined:
                self._note(f"{names[feed.source]} joined")

    def restart(self, infos: Sequence[SourceInfo], window: LogWindow) -> None:
        """Forget all lines and read again with another window."""
        for feed in self.feeds.values():
            if feed.worker is not None:
                feed.worker.cancel()
        self.feeds.clear()
        self._store.clear()
        self.window = window
        self.sync(infos, announce=False)
        self._arrived()

    def _update(self, feed: Feed, info: SourceInfo) -> None:
        was_restarted = info.restart_count > feed.info.restart_count
        feed.info = info
        if feed.state is FeedState.ENDED and was_restarted and info.is_running:
            self._note(f"{self.labels[feed.source]} restarted")
            self._start(feed)

    def _open(self, info: SourceInfo) -> Feed:
        number = self._store.source(info.source.name)
        feed = Feed(info, number, LogResume(self.window))
        self.feeds[info.source] = feed
        self._start(feed)
        return feed

    def _start(self, feed: Feed) -> None:
        feed.state = FeedState.READING
        feed.worker = self._run(self._follow(feed))

    def _note(self, text: str) -> None:
        self._store.note(self._now(), clean(text))
        self._arrived()

    async def _follow(self, feed: Feed) -> None:
        """Read until the log ends; try again while the container runs."""
        was_running = feed.info.is_running
        wait_seconds = FIRST_WAIT_SECONDS
        while not await self._read(feed):
            if not feed.info.is_running:
                feed.state = FeedState.FAILED
                self._arrived()
                return
            await asyncio.sleep(wait_seconds)
            wait_seconds = min(2 * wait_seconds, LONGEST_WAIT_SECONDS)
        feed.state = FeedState.ENDED
        self._arrived()
        if was_running:
            self._note(f"{self.labels[feed.source]} ended, its lines stay")

    async def _read(self, feed: Feed) -> bool:
        """Read one stream; true when it came to its end, false when it broke."""
        task_arn, container = feed.source
        stream = self._open_log(task_arn, container, feed.resume.window())
        try:
            async with aclosing(cast("AsyncGenerator[Sequence[LogLine]]", stream)) as batches:
                async for lines in batches:
                    await self._take(feed, lines)
        except EcstuiError as error:
            words = str(error)
            if words != feed.problem:
                feed.problem = words
                self._note(f"{self.labels[feed.source]}: {words}")
            return False
        return True

    async def _take(self, feed: Feed, lines: Sequence[LogLine]) -> None:
        """Put the lines that are new into the store, some at a time."""
        feed.problem = ""
        fresh = feed.resume.fresh(lines)
        for start in range(0, len(fresh), BATCH_LINES):
            part = fresh[start : start + BATCH_LINES]

            def work(part: Sequence[LogLine] = part) -> None:
                self._store.extend(feed.number, part)
                self._arrived()

            await self._turns.take(work)
