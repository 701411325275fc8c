"""A short list in a box, of which one entry is chosen; esc chooses none."""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.markup import escape

from ecstui.ui.modals.dialog import Dialog
from ecstui.ui.screens.picker import Picker
from ecstui.ui.spans import Line, line
from ecstui.ui.table import Span
from ecstui.ui.text import clean, cut_end, cut_middle, pad, width_of

MAX_ROWS = 14
_LINE_CELLS = 66
_NAME_CELLS = 34


class ChooseModal(Dialog[int]):
    """Gives the index of the entry that was chosen, or None."""

    DEFAULT_CSS = "ChooseModal Picker { margin: 0 0 1 0; }"
    BINDINGS = [
        Binding("down,j", "move(1)", "down", show=False),
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("enter", "choose", "choose", show=False),
        Binding("q", "cancel", "cancel", show=False),
    ]

    def __init__(self, title: str, choices: Sequence[tuple[str, str]]) -> None:
        """`choices`: a name and what it stands for."""
        super().__init__()
        self._title = title
        self._choices = [(clean(name), clean(text)) for name, text in choices]

    def compose(self) -> ComposeResult:
        """The entries."""
        with Vertical(classes="frame") as frame:
            frame.border_title = escape(self._title)
            frame.border_subtitle = "↵ chooses · esc cancels"
            yield Picker()

    def on_mount(self) -> None:
        """As high as it has entries, up to a limit."""
        names = min(_NAME_CELLS, max((width_of(name) for name, _ in self._choices), default=0))
        picker = self.query_one(Picker)
        picker.styles.height = min(MAX_ROWS, max(1, self.app.size.height - 8), len(self._choices))
        picker.set_items([_entry_line(name, text, names) for name, text in self._choices])

    def action_move(self, step: int) -> None:
        """Up or down."""
        self.query_one(Picker).move(step)

    @on(Picker.Clicked)
    def action_choose(self) -> None:
        """The entry under the cursor."""
        self.dismiss(self.query_one(Picker).index)


def _entry_line(name: str, text: str, names: int) -> Line:
    room = max(0, _LINE_CELLS - names - 4)
    return line(
        pad(cut_middle(name, names), names), "  ", Span(pad(cut_end(text, room), room), "muted")
    )
