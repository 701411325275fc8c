"""`ecstui watch service NAME`: a rolling update as lines, one for each thing that changes.

For scripts, logs and screen readers: it ends with 0 when the service is steady, with 1 when its
deployment has failed or it is gone.
"""

import asyncio
import re
from collections.abc import Sequence
from contextlib import aclosing

from ecstui.base.clock import SystemClock
from ecstui.client.remote import RemoteClient
from ecstui.client.rooms import Rooms
from ecstui.client.why import why_of
from ecstui.commands.attached import NotFoundError, attached
from ecstui.commands.named import service_named
from ecstui.commands.terminal import say
from ecstui.settings import Settings
from ecstui.store.kinds import EVENTS
from ecstui.ui.cockpit import Situation, State, situation_of
from ecstui.ui.columns.events import event_words
from ecstui.ui.screens.service_words import reasons_of, revisions
from ecstui.ui.text import clean, clock

_TIMES = re.compile(r"\b[\d.]+ ?(s|m|h)\b")
_LOOK_SECONDS = 1.0
_ENDS = {State.STEADY: 0, State.FAILED: 1, State.GONE: 1}


def watch(settings: Settings, name: str, cluster: str, *, for_ever: bool) -> int:
    """Print what changes until the service is at rest; the exit code."""
    return asyncio.run(_watch(settings, name, cluster, for_ever=for_ever))


async def _watch(settings: Settings, name: str, cluster: str, *, for_ever: bool) -> int:
    async with attached(settings, "ecstui-watch") as client:
        service = service_named(client.view, cluster, name)
        if service is None:
            raise NotFoundError(f"there is no service {name} in cluster {cluster}.")
        watcher = Watcher(client, service.service_arn)
        async with aclosing(client.changes()) as changes:
            coming = asyncio.ensure_future(anext(changes))
            try:
                while True:
                    state = watcher.look(SystemClock().now())
                    if state in _ENDS and not for_ever:
                        return _ENDS[state]
                    await asyncio.wait({coming}, timeout=_LOOK_SECONDS)
                    if coming.done():
                        coming.result()
                        coming = asyncio.ensure_future(anext(changes))
            finally:
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)


class Watcher:
    """Says each thing once."""

    def __init__(self, client: RemoteClient, service_arn: str) -> None:
        """Events that are there already are not said."""
        self._client = client
        self._arn = service_arn
        self._said = ""
        self._rooms = Rooms()
        self._problem: str | None = None
        events = client.view.by(EVENTS, "service", service_arn)
        self._events = {event.id for event in events}

    def look(self, now: float) -> State:
        """Say what is different from the last look; what the service is doing."""
        problem = self._client.problem
        if problem != self._problem:
            self._problem = problem
            say(f"{clock(now)}  {problem or 'the daemon is back'}")
        situation = situation_of(self._client.view, self._arn, now)
        if situation is None:
            say(f"{clock(now)}  it is gone")
            return State.GONE
        for event in self._client.view.by(EVENTS, "service", self._arn):
            if event.id not in self._events:
                self._events.add(event.id)
                say(f"{clock(event.created_at)}  {event_words(event.message)}")
        why = why_of(self._client.view, self._arn, now, self._rooms)
        words = sentence(situation, reasons_of(why, now))
        if _gist(words) != self._said:
            self._said = _gist(words)
            say(f"{clock(now)}  {words}")
        return situation.state


def _gist(words: str) -> str:
    """A sentence without its times, which differ at every look."""
    return _TIMES.sub("", words)


def sentence(situation: Situation, reasons: Sequence[str]) -> str:
    """`web rolling update web:1 → :2: 2 new healthy, 1 starting, 2 old; floor 4, ceiling 8`."""
    fleet, service = situation.fleet, situation.service
    counts = [
        f"{fleet.new_healthy} of {fleet.desired} healthy",
        f"{fleet.starting} starting" if fleet.starting else "",
        f"{fleet.old_serving} old" if fleet.old_serving else "",
        f"{fleet.stopping} stopping" if fleet.stopping else "",
        f"{fleet.unhealthy} unhealthy" if fleet.unhealthy else "",
        f"{fleet.failed} failed" if fleet.failed else "",
    ]
    words = ", ".join(count for count in counts if count)
    if situation.is_moving:
        words += f"; floor {fleet.floor}, ceiling {fleet.ceiling}"
        words += f"; waiting: {'; '.join(reasons)}" if reasons else ""
    name = clean(service.service_name)
    return f"{name} {situation.state.value} {revisions(situation)}: {words}"
