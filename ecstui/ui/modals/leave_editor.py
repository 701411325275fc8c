"""Asks before an editor with unsaved changes is left; staying is the default."""

from typing import Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Label

from ecstui.ui.modals.dialog import Choice, Dialog
from ecstui.ui.modals.effects import Effect, effect_lines
from ecstui.ui.screens.service_parts import FluidLines

Leave = Literal["stay", "keep", "discard"]


class LeaveEditorModal(Dialog[Leave]):
    """Gives what is to be done; esc stays."""

    DEFAULT_CSS = """
    LeaveEditorModal {
        .question { text-style: bold; width: 1fr; height: auto; margin: 0 0 1 0; }
        &.-short .question { margin: 0; }
    }
    """
    BINDINGS = [
        Binding("left", "app.focus_previous", "previous", show=False),
        Binding("right", "app.focus_next", "next", show=False),
    ]

    def __init__(self, name: str, *, is_kept: bool) -> None:
        """`name`: what is edited; `is_kept`: a draft of it is on the disk."""
        super().__init__()
        self._subject = name
        self._is_kept = is_kept

    def compose(self) -> ComposeResult:
        """The question and three answers, or two where nothing can be kept."""
        with Vertical(classes="frame") as frame:
            frame.border_title = "Leave the editor"
            frame.border_subtitle = "esc stays"
            question = f"{self._subject} is not registered."
            yield Label(question, classes="question", markup=False)
            yield FluidLines(classes="facts")
            with Horizontal(classes="buttons"):
                yield Choice("Stay", id="stay")
                if self._is_kept:
                    yield Choice("Keep the draft", id="keep", variant="primary")
                yield Choice("Throw away", id="discard", variant="error")

    def on_mount(self) -> None:
        """Nothing is focused that loses anything."""
        words = Effect("the draft is offered when the family is edited again")
        if not self._is_kept:
            words = Effect("no draft could be kept: leaving loses it", "warning")
        self.query_one(".facts", FluidLines).show(lambda width: effect_lines([words], width))
        self.query_one("#stay").focus()

    def action_cancel(self) -> None:
        """Stay."""
        self.dismiss("stay")

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        answers: dict[str | None, Leave] = {"keep": "keep", "discard": "discard"}
        self.dismiss(answers.get(event.button.id, "stay"))
