"""Lines of which one is under the cursor; more of them than there are rows scroll by themselves.

The box that shows it moves the cursor and reads it; typing goes elsewhere. It never has the focus.
"""

from collections.abc import Sequence

from textual import events
from textual.message import Message

from ecstui.ui.glyphs import CURSOR
from ecstui.ui.spans import Line, line
from ecstui.ui.table import Cell, Span
from ecstui.ui.widgets.span_lines import SpanLines


class Picker(SpanLines):
    """A list of lines with a cursor. Give it a height."""

    DEFAULT_CSS = "Picker { height: 1fr; background: $surface; }"

    class Clicked(Message):
        """A line was clicked; the cursor is on it."""

    def __init__(self, *, id: str | None = None) -> None:
        """Empty at first."""
        super().__init__(id=id)
        self._items: tuple[Line, ...] = ()
        self._top = 0
        self.index = 0

    def set_items(self, items: Sequence[Line]) -> None:
        """Show these, with the cursor on the first."""
        self._items = tuple(items)
        self.index = self._top = 0
        self.refresh_changed()

    def move(self, step: int) -> None:
        """Move the cursor, round the ends."""
        if self._items:
            self.index = (self.index + step) % len(self._items)
            self.refresh_changed()

    def make_lines(self, width: int) -> Sequence[Cell]:
        """The lines around the cursor."""
        height = max(1, self.size.height)
        self._top = max(self.index - height + 1, min(self._top, self.index))
        shown = self._items[self._top : self._top + height]
        drawn: list[Cell] = []
        for place, item in enumerate(shown, self._top):
            if place == self.index:
                spans = [Span(s.text, f"table.cursor {s.role}".strip()) for s in item]
                drawn.append((Span(f"{CURSOR} ", "table.cursor table.bar"), *spans))
            else:
                drawn.append(line("  ", *item))
        return drawn + [()] * (height - len(drawn))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor there and tell the box."""
        place = self._top + event.y
        if place < len(self._items):
            self.index = place
            self.refresh_changed()
            self.post_message(self.Clicked())
