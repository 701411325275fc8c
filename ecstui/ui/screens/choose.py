"""A short list in a box, of which one entry is chosen; esc chooses none."""

from collections.abc import Sequence

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from ecstui.ui.modals.dialog import Dialog
from ecstui.ui.text import clean, cut_end


class ChooseModal(Dialog[int]):
    """Gives the index of the entry that was chosen, or None."""

    DEFAULT_CSS = """
    ChooseModal OptionList {
        height: auto; max-height: 16; border: none; padding: 0; margin: 0 0 1 0;
        background: $surface;
    }
    """
    BINDINGS = [
        Binding("j", "move(1)", "down", show=False),
        Binding("k", "move(-1)", "up", show=False),
    ]

    def __init__(self, title: str, choices: Sequence[tuple[str, str]]) -> None:
        """`choices`: a name and what it stands for."""
        super().__init__()
        self._title = title
        self._choices = choices

    def compose(self) -> ComposeResult:
        """The entries."""
        width = max((len(name) for name, _ in self._choices), default=0)
        with Vertical(classes="frame") as frame:
            frame.border_title = self._title.replace("[", r"\[")
            frame.border_subtitle = "↵ chooses · esc cancels"
            yield OptionList(
                *(
                    Option(
                        Text.assemble(
                            (clean(name).ljust(width + 2), "bold"),
                            (cut_end(clean(text), 60), "dim"),
                        )
                    )
                    for name, text in self._choices
                )
            )

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)

    def action_move(self, step: int) -> None:
        """Up or down, with the keys of lists."""
        options = self.query_one(OptionList)
        (options.action_cursor_down if step > 0 else options.action_cursor_up)()
