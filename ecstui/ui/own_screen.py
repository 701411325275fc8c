"""OwnScreen and Box: what every screen and every box above one does as Textual's own do not.

Under load messages come late: a size that the terminal no longer has, a second click on a button
that has closed its box. A screen must never take either at its word.
"""

from typing import Generic

from textual import events
from textual.await_complete import AwaitComplete
from textual.message_pump import MessagePump
from textual.screen import ModalScreen, Screen, ScreenResultType

from ecstui.ui.presence import Parted


class _AsTheTerminal(MessagePump):
    """A screen that is laid out for the terminal as it is now.

    Textual lays a screen out for the size that it is told, and tells it that it has that size then.
    Of two sizes that come while a screen is busy each would bring back the other, for ever.
    """

    async def _on_resize(self, event: events.Resize) -> None:
        # Before Textual's own, which comes after this one.
        event.size = event.virtual_size = event.container_size = self.app.size


class OwnScreen(Parted, _AsTheTerminal, Screen[ScreenResultType], Generic[ScreenResultType]):
    """A screen that fills the terminal."""


class Box(Parted, _AsTheTerminal, ModalScreen[ScreenResultType], Generic[ScreenResultType]):
    """A modal screen, which is answered once.

    Textual closes the screen on top, whichever that is: of two clicks the second one would close
    what is below.
    """

    _is_answered = False
    _result: ScreenResultType | None = None

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """As Textual does, but once, and with others above it only when those are gone."""
        if self._is_answered:
            return _nothing()
        self._is_answered, self._result = True, result
        if not self._is_on_top():
            return _nothing()
        return super().dismiss(result)

    def _on_screen_resume(self, _event: events.ScreenResume) -> None:
        """What was above is gone."""
        if self._is_answered and self._is_on_top():
            super().dismiss(self._result)

    def _is_on_top(self) -> bool:
        # Textual's `is_current` is also true of what is seen below another box.
        return self.app.screen_stack[-1:] == [self]


def _nothing() -> AwaitComplete:
    done: AwaitComplete = AwaitComplete.nothing()  # type: ignore[no-untyped-call]
    return done
