"""Shows what differs between two revisions of a service's task definition, and what it means.

A box to read; it changes nothing.
"""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll

from ecstui.ui.modals.dialog import Dialog
from ecstui.ui.screens.service_diff import RevisionDiff, diff_lines, effect_lines
from ecstui.ui.screens.service_parts import FluidLines
from ecstui.ui.spans import BLANK, Line, line
from ecstui.ui.table import Span
from ecstui.ui.text import clean


class DiffModal(Dialog[None]):
    """Two revisions in words."""

    DEFAULT_CSS = """
    DiffModal {
        & > .frame { width: 84; }
        VerticalScroll { height: auto; max-height: 70vh; background: $surface; }
        FluidLines { background: $surface; margin: 0 0 1 0; }
    }
    """
    BINDINGS = [
        Binding("q,D,enter", "cancel", "close", show=False),
        Binding("j", "scroll(1)", "down", show=False),
        Binding("k", "scroll(-1)", "up", show=False),
    ]

    def __init__(self, diff: RevisionDiff, effects: Sequence[tuple[bool, str]]) -> None:
        """`effects`: whether each is fine, and a sentence."""
        super().__init__()
        self._diff = diff
        self._effects = effects

    def compose(self) -> ComposeResult:
        """The differences, and what they mean."""
        old, new = clean(self._diff.old.family_revision), clean(self._diff.new.family_revision)
        with Vertical(classes="frame") as frame:
            frame.border_title = f"{old} → {new}".replace("[", r"\[")
            frame.border_subtitle = "esc closes"
            with VerticalScroll():
                yield FluidLines(id="differences")

    def on_mount(self) -> None:
        """Fill it for the width that it has."""
        self.query_one("#differences", FluidLines).show(self._lines)

    def _lines(self, width: int) -> Sequence[Line]:
        found = [*diff_lines(self._diff, width, 3)]
        if self._effects:
            found += [BLANK, line(Span("What this means", "bold"))]
            found += effect_lines(self._effects, width)
        return found

    def action_scroll(self, step: int) -> None:
        """Down or up, with the keys of lists."""
        self.query_one(VerticalScroll).scroll_relative(y=step, animate=False)
