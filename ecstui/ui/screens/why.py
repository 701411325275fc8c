"""Why a service or a task waits: the reasons, what each instance says, and what would help.

Read anew every second while it is open, from the live records. It never changes anything.
"""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll

from ecstui.client.rooms import Rooms
from ecstui.client.why import why_of
from ecstui.plan.why import PlacementWhy, Why
from ecstui.plan.why_help import help_of
from ecstui.plan.why_words import instance_words, placements_of, sentences
from ecstui.ui.glyphs import FAILED, HEALTHY, MARK
from ecstui.ui.modals.dialog import Dialog
from ecstui.ui.screens.service_parts import FluidLines
from ecstui.ui.shell import shell_of
from ecstui.ui.spans import Line, line, wrapped
from ecstui.ui.table import Span
from ecstui.ui.text import clean

_MOST_INSTANCES = 40
_LONGEST = 6


class WhyModal(Dialog[None]):
    """The answer to `W`."""

    DEFAULT_CSS = """
    WhyModal {
        & > .frame { width: 100; height: auto; max-height: 90%; padding: 0 1; }
        VerticalScroll { height: auto; background: $surface; scrollbar-size-vertical: 1; }
    }
    """
    BINDINGS: ClassVar = [Binding("q,enter,W", "cancel", "close", show=False)]

    def __init__(self, arn: str) -> None:
        """`arn`: of a service or a task; it may be gone by now."""
        super().__init__()
        self._arn = arn
        self._rooms = Rooms()

    def compose(self) -> ComposeResult:
        """The lines, as many as there are."""
        with Vertical(classes="frame") as frame:
            frame.border_title = "Why"
            frame.border_subtitle = "esc closes"
            with VerticalScroll():
                yield FluidLines(id="reasons")

    def on_mount(self) -> None:
        """Answer now, and again every second."""
        self._answer()
        self.set_interval(1.0, self._answer)
        self.query_one(VerticalScroll).focus()

    def _answer(self) -> None:
        shell = shell_of(self)
        now = shell.now()
        found = why_of(shell.client.view, self._arn, now, self._rooms)
        if found is not None:
            self.query_one(".frame").border_title = f"Why  {clean(found.name)}"
        lines = self.query_one("#reasons", FluidLines)
        lines.show(lambda width: why_lines(found, now, width))


def why_lines(why: Why | None, now: float, width: int) -> list[Line]:
    """The whole answer in lines of at most `width` cells."""
    if why is None:
        return [line(Span("It is gone.", "muted"))]
    if why.is_fine:
        return [line(Span(f"{HEALTHY} ", "status.running"), "nothing to wait for")]
    found: list[Line] = []
    for text in sentences(why, now):
        found += _item(MARK, "muted", text, width)
    for heading, placement in placements_of(why).items():
        found += [line(""), line(Span(heading, "bold"))]
        found += _instances(placement, width)
    helps = help_of(why, now)
    if helps:
        found += [line(""), line(Span("What would help", "bold"))]
        for text in helps:
            found += _item("→", "status.changing", text, width)
    return found


def _instances(placement: PlacementWhy, width: int) -> list[Line]:
    found: list[Line] = []
    for instance in placement.instances[:_MOST_INSTANCES]:
        glyph, role = (HEALTHY, "status.running") if instance.fits else (FAILED, "status.failed")
        found += _item(glyph, role, f"{instance.name}  {instance_words(instance)}", width)
    left = len(placement.instances) - _MOST_INSTANCES
    if left > 0:
        found.append(line(Span(f"and {left} more", "muted")))
    return found


def _item(glyph: str, role: str, text: str, width: int) -> list[Line]:
    parts = wrapped(clean(text), max(8, width - 2), _LONGEST)
    return [
        line(Span(f"{glyph} " if index == 0 else "  ", role), part)
        for index, part in enumerate(parts)
    ]
