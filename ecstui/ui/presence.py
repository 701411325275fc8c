"""Whether a screen or widget still has its parts, and work that waits until it is drawn.

A screen that closes loses its parts before itself, and what it left to do after the next refresh
is done by the screen below: it may come when nothing is there any more to do it to.
"""

from collections.abc import Callable

from textual.message_pump import MessagePump
from textual.widget import Widget


def is_open(node: Widget) -> bool:
    """Whether the node is composed and not about to close: only then its parts can be asked for."""
    return node.is_mounted and node.is_running


def when_drawn(node: MessagePump, work: Callable[[], object]) -> None:
    """Do it after the next refresh, unless the node is closing by then."""

    def unless_closed() -> None:
        if node.is_running:
            work()

    node.call_after_refresh(unless_closed)
