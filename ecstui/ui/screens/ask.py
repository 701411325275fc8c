"""A box that asks for one line and stays open, with the error, until the line is accepted."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label

from ecstui.base.errors import EcsError
from ecstui.model.shape import Request, Shape
from ecstui.ui.modals.dialog import Choice, Dialog
from ecstui.ui.presence import is_open
from ecstui.ui.shell import Shell
from ecstui.ui.text import clean
from ecstui.ui.widgets.keys_in_order import OrderedInput

R = TypeVar("R", bound=Shape)
Submit = Callable[[str], Awaitable[str]]
"""Tries a line; gives why it was refused, or nothing."""


class AskModal(Dialog[str]):
    """Gives the line that was accepted, or None."""

    DEFAULT_CSS = """
    AskModal {
        .line { height: 1; margin: 0 0 1 0; }
        .line Label { width: auto; color: $muted; margin: 0 1 0 0; }
        .line Input { width: 1fr; height: 1; border: none; padding: 0 1; background: $panel; }
        .refused { color: $error; height: auto; width: 1fr; }
    }
    """

    def __init__(self, title: str, label: str, submit: Submit, *, value: str = "") -> None:
        """`label`: what is asked for; `value`: what stands there at first."""
        super().__init__()
        self._title = title
        self._label = label
        self._submit = submit
        self._value = value
        self._is_trying = False

    def compose(self) -> ComposeResult:
        """The line, what was wrong with it, the buttons."""
        with Vertical(classes="frame") as frame:
            frame.border_title = self._title
            frame.border_subtitle = "↵ accepts · esc cancels"
            with Horizontal(classes="line"):
                yield Label(self._label, markup=False)
                yield OrderedInput(self._value, compact=True)
            yield Label("", classes="refused", markup=False)
            with Horizontal(classes="buttons"):
                yield Choice("Cancel", id="cancel")
                yield Choice("OK", id="ok", variant="primary")

    @on(Input.Submitted)
    @on(Button.Pressed, "#ok")
    def _accept(self) -> None:
        self._try(self.query_one(Input).value.strip())

    @on(Button.Pressed, "#cancel")
    def _leave(self) -> None:
        self.action_cancel()

    def _try(self, text: str) -> None:
        """The app's worker carries it out: esc must not hide what comes of what was sent."""
        if not self._is_trying:
            self._is_trying = True
            self.app.run_worker(self._tried(text), group="requests")

    async def _tried(self, text: str) -> None:
        app = self.app
        refused = await self._submit(text)
        self._is_trying = False
        if not is_open(self):
            if refused and isinstance(app, Shell):
                app.say(f"{self._title}: {refused}", "error")
        elif refused:
            self.query_one(".refused", Label).update(clean(refused))
        else:
            self.dismiss(text)


async def why_refused(shell: Shell, request: Request[R]) -> str:
    """Carry out a request for a box that stays open until it is accepted; nothing when it was."""
    refused: list[str] = []

    def note(error: EcsError) -> None:
        refused.append(error.message)

    answer = await shell.send(request, on_error=note)
    if answer is not None:
        return ""
    no_answer = "No answer came: look whether it was done before you try again."
    return refused[0] if refused else shell.why_no_writes() or no_answer
