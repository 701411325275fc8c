"""Panes of the service screen that draw what fits: events, and lines that wrap to their width.

They are told what there is and decide only how much of it is shown.
"""

from collections.abc import Callable, Sequence

from ecstui.model.cluster import EventRecord
from ecstui.ui.screens.service_words import event_lines
from ecstui.ui.spans import Line
from ecstui.ui.table import Cell
from ecstui.ui.widgets.span_lines import SpanLines

_UNSIZED_LINES = 40


class EventLines(SpanLines):
    """The newest events that fit."""

    DEFAULT_CSS = "EventLines { height: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        """Without events at first."""
        super().__init__(id=id)
        self._events: Sequence[EventRecord] = ()

    def show(self, events: Sequence[EventRecord]) -> None:
        """Show these events."""
        self._events = events
        self.refresh_changed()

    def make_lines(self, width: int) -> Sequence[Cell]:
        """As many lines as the widget is high."""
        return event_lines(self._events, width, self.size.height or _UNSIZED_LINES)


class FluidLines(SpanLines):
    """Lines that are made for the width that there is."""

    DEFAULT_CSS = "FluidLines { height: auto; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Empty at first."""
        super().__init__(id=id, classes=classes)
        self._make: Callable[[int], Sequence[Line]] = lambda _width: ()

    def show(self, make: Callable[[int], Sequence[Line]]) -> None:
        """Show what `make` gives for a width in cells."""
        self._make = make
        self.refresh_changed()

    def make_lines(self, width: int) -> Sequence[Cell]:
        """What fits the width."""
        return self._make(max(1, width))
