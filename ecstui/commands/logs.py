"""`ecstui logs`: lines of a service's or a task's containers, on standard output.

Without `--follow` the lines of all containers are put in the order of their times. With it, lines
come as they are written, and tasks that a service starts later join by themselves.
"""

import asyncio
import heapq
from collections.abc import AsyncGenerator
from contextlib import aclosing

from ecstui.base.clock import SystemClock
from ecstui.base.errors import EcsError, EcstuiError
from ecstui.client.log_resume import LogResume
from ecstui.client.remote import RemoteClient
from ecstui.commands.attached import NotFoundError, attached
from ecstui.commands.named import arn_named
from ecstui.commands.terminal import say, tell
from ecstui.model.logs import LogLine, LogWindow
from ecstui.settings import Settings
from ecstui.store.kinds import SERVICES, TASKS
from ecstui.ui.log_sources import (
    LogSource,
    SourceInfo,
    chosen_sources,
    labels_of,
    service_sources,
)
from ecstui.ui.text import clean, clock

_AGAIN_SECONDS = 1.0
_PASSING = ("ServerException", "ThrottlingException")
"""Codes of refusals that pass by themselves: the engine was away, too many streams were open."""
_LONGEST_NUMBER = 9


def logs(
    settings: Settings, name: str, cluster: str, container: str | None, window: LogWindow,
    *, with_times: bool,
) -> int:  # fmt: skip
    """Print the lines of a window; `name`: a service, or the beginning of a task's id."""
    return asyncio.run(_logs(settings, name, cluster, container, window, with_times=with_times))


async def _logs(
    settings: Settings, name: str, cluster: str, container: str | None, window: LogWindow,
    *, with_times: bool,
) -> int:  # fmt: skip
    async with attached(settings, "ecstui-logs") as client:
        reader = Reader(client, name, cluster, container, window, with_times=with_times)
        if window.follow:
            await reader.follow()
        else:
            await reader.once()
    return 0


class Reader:
    """The containers that are meant, and their lines on standard output."""

    def __init__(
        self, client: RemoteClient, name: str, cluster: str, container: str | None,
        window: LogWindow, *, with_times: bool,
    ) -> None:  # fmt: skip
        """Raises `NotFoundError` when nothing is called so."""
        self._client = client
        self._container = container
        self._window = window
        self._with_times = with_times
        self._readers: dict[LogSource, asyncio.Task[None]] = {}
        arn = arn_named(client.view, name, cluster)
        is_service = client.view.get(SERVICES, arn) is not None
        self._service_arn, self._task_arn = (arn, "") if is_service else ("", arn)
        if container is not None and not self.sources():
            raise NotFoundError(f"{name} has no container {container}.")

    def sources(self) -> list[SourceInfo]:
        """Containers that have run, by now."""
        view = self._client.view
        if self._service_arn:
            found = service_sources(view, self._service_arn)
        else:
            task = view.get(TASKS, self._task_arn)
            names = [] if task is None else [c.name for c in task.containers]
            found = chosen_sources(view, [LogSource(self._task_arn, name) for name in names])
        return [i for i in found if self._container in (None, i.source.container)]

    async def once(self) -> None:
        """All lines that there are, in the order of their times."""
        infos = [info for info in self.sources() if info.has_started]
        labels = labels_of([info.source for info in infos])
        parts = [
            [(line.at, labels[info.source], line) async for line in self._lines(info.source)]
            for info in infos
        ]
        merged = list(heapq.merge(*parts, key=lambda part: part[0]))
        if self._window.tail is not None:
            merged = merged[-self._window.tail :] if self._window.tail else []
        for _, label, line in merged:
            self._say(label if len(infos) > 1 else "", line)

    async def _lines(self, source: LogSource) -> AsyncGenerator[LogLine]:
        stream = self._client.logs(source.task_arn, source.container, self._window)
        async with aclosing(stream) as batches:
            async for lines in batches:
                for line in lines:
                    yield line

    async def follow(self) -> None:
        """Lines as they come, until interrupted, or until a task that is not a service's ends."""
        try:
            async with aclosing(self._client.changes()) as changes:
                self._join()
                async for _ in changes:
                    self._join()
                    if not self._service_arn and self._is_over():
                        break
            await asyncio.gather(*self._readers.values())
        finally:
            for reader in self._readers.values():
                reader.cancel()
            await asyncio.gather(*self._readers.values(), return_exceptions=True)

    def _is_over(self) -> bool:
        task = self._client.view.get(TASKS, self._task_arn)
        return task is None or task.is_stopped

    def _join(self) -> None:
        for info in self.sources():
            if info.has_started and info.source not in self._readers:
                self._readers[info.source] = asyncio.create_task(self._read(info.source))

    async def _read(self, source: LogSource) -> None:
        resume, told = LogResume(self._window), ""
        while True:
            stream = self._client.logs(source.task_arn, source.container, resume.window())
            try:
                async with aclosing(stream) as batches:
                    async for lines in batches:
                        told = ""
                        label = labels_of(list(self._readers))[source]
                        for line in resume.fresh(lines):
                            self._say(label if len(self._readers) > 1 else "", line)
            except EcstuiError as error:
                if str(error) != told:
                    tell(f"ecstui: {error}")
                told = str(error)
                if isinstance(error, EcsError) and error.code not in _PASSING:
                    return
            else:
                return
            if not any(i.source == source and i.is_running for i in self.sources()):
                return
            await asyncio.sleep(_AGAIN_SECONDS)

    def _say(self, label: str, line: LogLine) -> None:
        time_of_day = f"{clock(line.at, millis=True)} " if self._with_times else ""
        say(f"{time_of_day}{f'{label}  ' if label else ''}{clean(line.text)}")


def seconds_of(text: str) -> float:
    """`90`, `90s`, `10m`, `2h`, `1d` as seconds; raises `NotFoundError` for anything else."""
    units = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
    number, unit = (text[:-1], text[-1]) if text[-1:] in units else (text, "s")
    if not (number.isascii() and number.isdecimal() and len(number) <= _LONGEST_NUMBER):
        raise NotFoundError(f"--since {text} is no time: write 90s, 10m, 2h or 1d.")
    return int(number) * units[unit]


def window_of(since: str | None, tail: int | None, *, follow: bool) -> LogWindow:
    """What the options ask for."""
    begin = None if since is None else max(0.0, SystemClock().now() - seconds_of(since))
    return LogWindow(tail=tail, since=begin, follow=follow)
