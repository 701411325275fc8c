"""Asks before something is changed or taken away; no is the default.

Three tiers: `y` is enough for what can be changed back (1), the button must be chosen for what
stops tasks (2), the name must be typed for what cannot be brought back (3). It says what will
happen as facts; it must never soften them.
"""

from collections.abc import Sequence
from typing import Literal

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Input, Label

from ecstui.ui.modals.dialog import Choice, Dialog
from ecstui.ui.modals.effects import Effect, command_lines, effect_lines
from ecstui.ui.presence import when_drawn
from ecstui.ui.table import Cell
from ecstui.ui.widgets.keys_in_order import OrderedInput
from ecstui.ui.widgets.span_lines import SpanLines

Tier = Literal[1, 2, 3]
_KEYS = "esc cancels"
_SHARE = 0.96
"""Of the screen's height, as the frame may have it."""


class FactLines(SpanLines):
    """Facts, each wrapped under its own sign; cells that are made already stay as they are."""

    def make_lines(self, width: int) -> Sequence[Cell]:
        """The facts in that width."""
        found: list[Cell] = []
        for one in self._lines:
            found += effect_lines([Effect(one)], width) if isinstance(one, str) else [one]
        return found


class CommandLines(SpanLines):
    """A command on as many rows as it takes."""

    def __init__(self, command: str, *, classes: str) -> None:
        """`command`: as one would type it."""
        super().__init__(classes=classes)
        self._command = command

    def make_lines(self, width: int) -> Sequence[Cell]:
        """The command in that width."""
        return command_lines(self._command, width)


class Confirm(Dialog[bool]):
    """Gives True only for a yes; esc and no give False."""

    DEFAULT_CSS = """
    Confirm {
        .body { height: auto; width: 1fr; }
        .question { margin: 0 0 1 0; text-style: bold; width: 1fr; height: auto; }
        .typed { height: 1; margin: 0 0 1 0; }
        .typed Label { color: $muted; width: auto; max-width: 60%; }
        .typed Input {
            width: 1fr; height: 1; border: none; padding: 0 1; background: $panel; margin: 0 0 0 1;
        }
        &.-short .question, &.-short .typed { margin: 0; }
    }
    """
    BINDINGS = [
        Binding("y", "yes", "yes", show=False),
        Binding("n", "cancel", "no", show=False),
        Binding("left", "app.focus_previous", "previous", show=False),
        Binding("right", "app.focus_next", "next", show=False),
        Binding("pagedown", "page_down", "more", show=False),
        Binding("pageup", "page_up", "back", show=False),
    ]

    def __init__(
        self,
        title: str,
        question: str,
        *,
        facts: Sequence[str | Cell] = (),
        command: str = "",
        yes: str = "Yes",
        no: str = "No",
        tier: Tier = 2,
        type_name: str = "",
    ) -> None:
        """`type_name`: what must be typed for a yes; it makes the dialog tier 3."""
        super().__init__(classes="-danger" if tier > 1 or type_name else "")
        self._title = title
        self._question = question
        self._facts = facts
        self._command = command
        self._yes, self._no = yes, no
        self._tier: Tier = 3 if type_name else tier
        self._type_name = type_name

    def compose(self) -> ComposeResult:
        """Question, facts, perhaps the name to type, no and yes, the command."""
        with Vertical(classes="frame") as frame:
            frame.border_title = self._title.replace("[", r"\[")
            frame.border_subtitle = _KEYS
            with VerticalScroll(classes="body", can_focus=False):
                yield Label(self._question, classes="question", markup=False)
                if self._facts:
                    yield FactLines(self._facts, classes="facts")
            if self._type_name:
                with Horizontal(classes="typed"):
                    yield Label(f"Type {self._type_name} to confirm:", markup=False)
                    yield OrderedInput(compact=True)
            with Horizontal(classes="buttons"):
                yield Choice(self._no, id="no")
                yield Choice(
                    self._yes,
                    id="yes",
                    variant="error" if self._tier > 1 else "primary",
                    disabled=bool(self._type_name),
                )
            if self._command:
                yield CommandLines(self._command, classes="command")

    def on_mount(self) -> None:
        """Nothing is focused that would say yes."""
        body = self.query_one(".body")
        self.watch(body, "show_vertical_scrollbar", self._tell_more, init=False)
        self.query_one(Input if self._type_name else "#no").focus()

    def on_resize(self, _: events.Resize) -> None:
        """Buttons and command stay in sight: what does not fit above them is scrolled."""
        when_drawn(self, self._leave_room)

    def _leave_room(self) -> None:
        frame, body = self.query_one(".frame"), self.query_one(".body", VerticalScroll)
        below = [child for child in frame.children if child is not body]
        taken = sum(child.outer_size.height + child.styles.margin.height for child in below)
        most = int(self.size.height * _SHARE) - frame.gutter.height - taken
        body.styles.max_height = max(2, most)

    def _tell_more(self, has_more: bool) -> None:
        self.query_one(".frame").border_subtitle = f"pgdn more · {_KEYS}" if has_more else _KEYS

    def action_page_down(self) -> None:
        """On with what is asked."""
        self.query_one(".body").scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        """Back in what is asked."""
        self.query_one(".body").scroll_page_up(animate=False)

    def action_yes(self) -> None:
        """`y`: only where it is enough."""
        if self._tier == 1:
            self.dismiss(True)

    def action_cancel(self) -> None:
        """No."""
        self.dismiss(False)

    @on(Input.Changed)
    def _compare(self, event: Input.Changed) -> None:
        self.query_one("#yes", Button).disabled = event.value != self._type_name

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        if event.value == self._type_name:
            self.query_one("#yes").focus()

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")
