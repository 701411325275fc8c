"""What every dialog has: a frame in the middle of the screen, a title, buttons, esc for no.

A dialog asks one thing and gives one answer through `dismiss`. It must never act by itself, and
what is focused first is never the button that takes something away.
"""

from typing import Generic, Literal, TypeVar

from textual.binding import Binding
from textual.widgets import Button

from ecstui.ui.own_screen import Box

Answer = TypeVar("Answer")


class Choice(Button):
    """A flat button of one line that shows plainly whether it has the focus."""

    DEFAULT_CSS = """
    Choice {
        margin: 0 0 0 2; min-width: 10; height: 1; border: none;
        background: $panel; color: $foreground; text-style: none;
        &.-error { color: $error; }
        &.-primary { color: $primary; }
        &:focus, &:hover, &.-active { background: $primary; color: $background; border: none; }
        &:focus { text-style: bold; }
        &.-error:focus, &.-error:hover { background: $error; color: $background; }
        &:disabled { color: $muted; text-opacity: 60%; }
        &:ansi:focus { text-style: bold reverse; }
    }
    """

    def __init__(
        self,
        label: str,
        *,
        id: str,
        variant: Literal["default", "primary", "error"] = "default",
        disabled: bool = False,
    ) -> None:
        """`variant`: `error` for what takes something away."""
        super().__init__(label, variant, id=id, disabled=disabled, compact=True)
        # Textual's look of buttons hangs on this class; ours is all in the CSS above.
        self.remove_class("-style-default")


class Dialog(Box[Answer], Generic[Answer]):
    """Put everything into one container with the class `frame`."""

    DEFAULT_CSS = """
    Dialog {
        align: center middle;
        background: $background 55%;
        & > .frame {
            width: 74; max-width: 96%; height: auto; max-height: 96%;
            background: $surface; border: round $frame-border-focus; padding: 1 2 0 2;
            border-title-color: $frame-title; border-title-style: bold;
            border-subtitle-color: $muted;
        }
        &.-danger > .frame { border: round $error; }
        .facts, .command { margin: 0 0 1 0; }
        .buttons { height: 1; margin: 0 0 1 0; align-horizontal: right; }
        &.-short {
            & > .frame { padding: 0 1; }
            .facts, .command, .buttons { margin: 0; }
        }
    }
    """
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]
    BINDINGS = [
        Binding("escape", "cancel", "cancel", show=False),
        # Before anything else sees the next key: who types fast must find the next field.
        Binding("tab", "app.focus_next", "next", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", "previous", show=False, priority=True),
    ]

    def action_cancel(self) -> None:
        """Leave without an answer."""
        self.dismiss(None)
