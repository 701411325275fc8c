"""A screen about one thing, which may be gone by now: looked at when it changes and each second.

It decides when to look; what there is to see is its subclass's.
"""

from typing import ClassVar

from textual import events

from ecstui.ui.presence import is_open, when_drawn
from ecstui.ui.screens.base import EcsScreen

LOW_ROWS = 20
"""Below so many rows a screen has the class `-low`: there is room for the most important only."""


class WatchingScreen(EcsScreen):
    """One thing, live. Countdowns and ages move without any change, so it looks each second too."""

    kinds: ClassVar[frozenset[str]]
    """Kinds of records that what it shows is made of."""

    def look(self) -> None:
        """Show the thing as it is now. Called while the screen is mounted only."""
        raise NotImplementedError

    def look_again(self) -> None:
        """Look, where there is something to show it on."""
        if is_open(self):
            self.look()

    def on_mount(self) -> None:
        """From now on once a second."""
        super().on_mount()
        self.set_interval(1.0, self._tick)

    def on_resize(self, event: events.Resize) -> None:
        """Other panes may fit now."""
        super().on_resize(event)
        self.set_class(event.size.height < LOW_ROWS, "-low")
        when_drawn(self, self.look_again)

    def refresh_data(self, kinds: frozenset[str]) -> None:
        """Look again if something of it may have changed."""
        if kinds & self.kinds:
            self.look_again()

    def _tick(self) -> None:
        if self.is_current and not self.shell.is_frozen:
            self.look_again()
