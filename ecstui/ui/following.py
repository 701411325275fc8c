"""Following: reads the feed of changes, and keeps the screens that can be seen in step.

One worker reads `client.changes()` and marks kinds as stale; at most ten times a second the
screens that can be seen are told which. It never polls, and it never ends because a daemon went
away: the app says so, and it goes on when the daemon is back.
"""

import asyncio
from contextlib import aclosing
from time import thread_time
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from ecstui.client.recording import RecordingError
from ecstui.store.feed import Batch
from ecstui.ui.changed import Changed
from ecstui.ui.columns.plane import HEADER_KINDS, Facts, facts_of
from ecstui.ui.columns.sums import Sums
from ecstui.ui.presence import is_open
from ecstui.ui.screens.base import EcsScreen

if TYPE_CHECKING:
    from ecstui.ui.app import EcsTui

FRAME_SECONDS = 0.1
_LONG_SECONDS = 0.004
_REST = 50
"""What takes longer is done only after so many times as long."""


@runtime_checkable
class Refreshed(Protocol):
    """A screen that wants to know of changes; dialogs may be one too."""

    def refresh_data(self, kinds: frozenset[str]) -> None:
        """Bring what is shown in line with the view."""
        ...


class Following:
    """What has changed since the screens were told, and the figures that the header shows."""

    def __init__(self, app: "EcsTui") -> None:
        """`app`: whose screens are told."""
        self._app = app
        self.facts = Facts(app.cluster)
        self.sums = Sums()
        self.missed = 0
        """Changes that came since the screens were frozen."""
        self._changed = Changed()
        self._facts_are_stale = False
        self._facts_at = 0.0
        self.is_due = False
        """Whether the screens will be told soon."""
        self._next_frame_at = 0.0

    async def run(self) -> None:
        """Follow the feed until the app ends."""
        while True:
            try:
                await self._follow()
            except RecordingError as error:
                self._app.say(str(error), "error")
            else:
                return

    async def _follow(self) -> None:
        async with aclosing(self._app.client.changes()) as items:
            async for item in items:
                if item is None:
                    self._app.note_problem()
                    continue
                self._app.record(item)
                if isinstance(item, Batch):
                    self._changed.note(item.changes)
                    self.missed += len(item.changes)
                else:
                    self._changed.note_everything()
                self.tell_soon()

    def tell_soon(self) -> None:
        """Tell the screens with the next frame."""
        app = self._app
        if not app.is_frozen:
            self.missed = 0
        if not self.is_due:
            self.is_due = True
            wait = self._next_frame_at - asyncio.get_running_loop().time()
            if wait > 0:
                app.set_timer(wait, self._tell)
            else:
                app.call_later(self._tell)

    def tell_everything(self) -> None:
        """Have the screens show all of it anew."""
        self.sum_up_now()
        self._changed.note_everything()
        self.tell_soon()

    def _tell(self) -> None:
        """Tell the screens that can be seen what has changed since they were told last."""
        self.is_due = False
        started = asyncio.get_running_loop().time()
        if not self._app.is_frozen:
            changed, self._changed = self._changed, Changed()
            self._facts_are_stale |= bool(changed.kinds & HEADER_KINDS)
            self.sum_up()
            for screen in self._seen_screens():
                if isinstance(screen, EcsScreen):
                    screen.take_changes(changed)
                else:
                    screen.refresh_data(changed.kinds)
        self._app.refresh_frames()
        took = asyncio.get_running_loop().time() - started
        # Where a look at everything takes long, it is taken less often: never most of the time.
        self._next_frame_at = started + max(FRAME_SECONDS, 5 * took)

    def sum_up(self) -> None:
        """Bring the figures of the header up to date; where that takes long, only now and then."""
        now = asyncio.get_running_loop().time()
        if not self._facts_are_stale or now < self._facts_at:
            return
        self._facts_are_stale = False
        began = thread_time()
        self.sum_up_now()
        took = thread_time() - began
        if took > _LONG_SECONDS:
            self._facts_at = now + _REST * took

    def sum_up_now(self) -> None:
        """Bring the figures of the header up to date, however long it takes."""
        self.facts = facts_of(self._app.view, self._app.cluster, self.sums)

    def _seen_screens(self) -> list[Refreshed]:
        """The screen on top, and while that is a dialog, those below it."""
        found: list[Refreshed] = []
        for screen in reversed(self._app.screen_stack):
            if is_open(screen) and isinstance(screen, Refreshed):
                found.append(screen)
            if not screen.is_modal:
                break
        return found
