"""Keys are handed on one at a time: the next when all has happened that the last one makes happen.

Textual hands on at once what it has read. Of keys that come together (over a slow line, from a
script) those after `:` would reach the list, where they mean something else, and not the box that
`:` opens. This decides only when a key goes on, never where it goes or what it does.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Iterator

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

_CALM_ROUNDS = 2
"""What a key does may begin with a message, which comes after the key: enter in a line of text."""
_MOST_ROUNDS = 12
_Place = tuple[Screen[object], Widget | None]
"""The screen that is shown, and what has the focus."""


class KeysInTurn(App[None]):
    """An app in which no key overtakes what the keys before it open, close or send."""

    def __init__(self) -> None:
        """No key has come."""
        super().__init__()
        self._waiting: deque[events.Key | events.Paste] = deque()
        self._is_busy = False
        """Whether what a key does is not over."""

    async def on_event(self, event: events.Event) -> None:
        """As Textual does, but a key waits for the one before."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self._is_busy:
            self._waiting.append(event)
        else:
            await self._hand_on(event)

    async def _hand_on(self, event: events.Key | events.Paste) -> None:
        screen, focused = self._place()
        await super().on_event(event)
        if not _is_typing(focused, event):
            self._is_busy = True
            await self._go_round((screen, focused), calm=0, left=_MOST_ROUNDS)

    def _place(self) -> _Place:
        return self.screen, self.focused

    async def _go_round(self, before: _Place, *, calm: int, left: int) -> None:
        """Wait for what is on its way from the focus up to the app, until nothing moves more."""

        async def arrived() -> None:
            calm_now = calm + 1 if self._place() == before else 0
            if calm_now < _CALM_ROUNDS and left:
                await self._go_round(self._place(), calm=calm_now, left=left - 1)
            else:
                await self._go_on()

        screen, focused = self._place()
        await _climb(iter((focused or screen).ancestors_with_self), arrived)

    async def _go_on(self) -> None:
        self._is_busy = False
        while self._waiting and not self._is_busy:
            await self._hand_on(self._waiting.popleft())


def _is_typing(widget: Widget | None, event: events.Event) -> bool:
    """Whether the key is a letter for a text, which takes its keys in their order by itself."""
    if widget is None or not isinstance(event, events.Key):
        return False
    return widget.check_consume_key(event.key, event.character)


async def _climb(nodes: Iterator[DOMNode], arrived: Callable[[], Awaitable[None]]) -> None:
    """Queue behind what each node has to do, one after another; those that close are left out."""
    for node in nodes:
        is_going = node._pruning  # noqa: SLF001 - what is behind the end of its queue is never done
        if not is_going and node.call_later(_climb, nodes, arrived):
            return
    await arrived()
