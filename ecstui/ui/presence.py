"""Whether a screen or widget still has its parts, and work that waits until it is drawn.

A screen that closes loses its parts before itself, and what it left to do after the next refresh
is done by the screen below: it may come when nothing is there any more to do it to.
"""

from collections.abc import Callable

from textual.events import Callback, Unmount
from textual.message import Message
from textual.message_pump import MessagePump
from textual.messages import InvokeLater, Prune
from textual.widget import Widget


class Parted(MessagePump):
    """What asks for its parts when it is told something: nothing is told to it once it closes.

    A widget that is to close before it is composed never gets any parts, but Textual goes on to
    tell it that it is mounted. What was asked to be called is called all the same: somebody may
    wait for it, as the keys do that take their turn. To be named before Textual's own class.
    """

    _pruning: bool

    async def _dispatch_message(self, message: Message) -> None:
        if not self._pruning or isinstance(message, Prune | Unmount | Callback | InvokeLater):
            await super()._dispatch_message(message)

    def _post_mount(self) -> None:
        if not self._pruning:
            super()._post_mount()  # type: ignore[no-untyped-call]


def is_open(node: Widget) -> bool:
    """Whether the node is composed and not about to close: only then its parts can be asked for."""
    return node.is_mounted and not is_closing(node)


def is_closing(node: Widget) -> bool:
    """Whether the node is about to close, or has closed; False too for one that is being opened."""
    is_going = node._pruning  # noqa: SLF001 - nothing public tells it
    return is_going or (node.is_mounted and not node.is_running)


def when_drawn(node: MessagePump, work: Callable[[], object]) -> None:
    """Do it after the next refresh, unless the node is closing by then."""

    def unless_closed() -> None:
        if node.is_running:
            work()

    node.call_after_refresh(unless_closed)
