"""Shows what a new revision changes before it is registered; the editor sends the request.

Registering takes nothing away, so yes is where the focus is: what runs goes on with its revision.
"""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Label

from ecstui.ui.modals.dialog import Choice, Dialog
from ecstui.ui.modals.effects import Effect, command_lines, effect_lines
from ecstui.ui.screens.service_parts import FluidLines


class RegisterModal(Dialog[bool]):
    """Gives True for a yes."""

    DEFAULT_CSS = """
    RegisterModal {
        & > .frame { width: 84; }
        .question { text-style: bold; width: 1fr; height: auto; margin: 0 0 1 0; }
        VerticalScroll {
            height: auto; max-height: 50vh; background: $surface; margin: 0 0 1 0;
            scrollbar-size-vertical: 1;
        }
        .command { height: auto; }
        &.-short .question, &.-short VerticalScroll { margin: 0; }
    }
    """
    BINDINGS = [
        Binding("y,ctrl+s", "yes", "register", show=False),
        Binding("n", "cancel", "no", show=False),
        Binding("left", "app.focus_previous", "previous", show=False),
        Binding("right", "app.focus_next", "next", show=False),
        Binding("down,j,pagedown", "scroll(1)", "down", show=False),
        Binding("up,k,pageup", "scroll(-1)", "up", show=False),
    ]

    def __init__(self, name: str, effects: Sequence[Effect], command: str) -> None:
        """`name`: `family:revision` that it will be; `effects`: what differs."""
        super().__init__()
        self._new_name = name
        self._effects = effects
        self._command = command

    def compose(self) -> ComposeResult:
        """The differences, the command, no and yes."""
        with Vertical(classes="frame") as frame:
            frame.border_title = "Register"
            frame.border_subtitle = "^s or ↵ registers · esc goes back"
            yield Label(f"Register {self._new_name}?", classes="question", markup=False)
            with VerticalScroll(can_focus=False):
                yield FluidLines(classes="effects")
            yield FluidLines(classes="command")
            with Horizontal(classes="buttons"):
                yield Choice("Back", id="cancel")
                yield Choice("Register", id="submit", variant="primary")

    def on_mount(self) -> None:
        """Fill it for the width that it has."""
        self.query_one(".effects", FluidLines).show(
            lambda width: effect_lines(self._effects, width)
        )
        self.query_one(".command", FluidLines).show(
            lambda width: command_lines(self._command, width)
        )
        self.query_one("#submit").focus()

    def action_yes(self) -> None:
        """Register it."""
        self.dismiss(True)

    def action_scroll(self, step: int) -> None:
        """Show more of the differences."""
        self.query_one(VerticalScroll).scroll_relative(y=step * 3, animate=False)

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "submit")
