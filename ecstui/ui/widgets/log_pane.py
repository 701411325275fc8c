"""LogPane: a log view with a line for searching below it.

`/` opens the line, what is typed is found at once, tab turns marking into filtering, enter goes
back to the lines, esc ends the search. It adds nothing else: what a line is, the view knows.
"""

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label

from ecstui.ui.presence import Parted
from ecstui.ui.preset_k9s import PRESET
from ecstui.ui.widgets.keys_in_order import OrderedInput
from ecstui.ui.widgets.log_view import LogView


class FindInput(OrderedInput):
    """The line that takes what is searched for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "end search"),
        Binding("tab", "toggle_only", "mark / filter"),
        Binding("up", "step(-1)", "previous"),
        Binding("down", "step(1)", "next"),
    ]

    def _pane(self) -> "LogPane":
        return self.query_ancestor(LogPane)

    def action_close(self) -> None:
        """End the search."""
        self._pane().close_find()

    def action_toggle_only(self) -> None:
        """Show only what is found, or everything with it marked."""
        self._pane().view.action_only_matches()

    def action_step(self, step: int) -> None:
        """To the next match or the one before, without leaving the line."""
        view = self._pane().view
        (view.action_next_match if step > 0 else view.action_previous_match)()


class LogPane(Parted, Vertical):
    """Compose it with a `LogView`; `view` is that view."""

    DEFAULT_CSS = """
    LogPane {
        LogView { height: 1fr; }
        .find { height: 1; display: none; background: $panel; }
        &.-finding .find { display: block; }
        .find Label { padding: 0 1; color: $muted; }
        .find .slash { color: $accent; text-style: bold; }
        .find .slash.-bad { color: $error; }
        FindInput, FindInput:focus {
            border: none; padding: 0; height: 1; width: 1fr; background: transparent;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*PRESET.bindings("text.find")]

    def __init__(self, view: LogView, *, id: str | None = None, classes: str | None = None) -> None:
        """`view`: the view to put into the pane."""
        super().__init__(id=id, classes=classes)
        self.view = view

    def compose(self) -> ComposeResult:
        """The view, and the line below it."""
        yield self.view
        with Horizontal(classes="find"):
            yield Label("/", classes="slash")
            yield FindInput(placeholder="text, or /regular expression/", select_on_focus=True)
            yield Label("", classes="found", markup=False)

    def action_find(self) -> None:
        """Open the line, with what was searched for last."""
        self.add_class("-finding")
        self.query_one(FindInput).focus()

    def close_find(self) -> bool:
        """End the search; false if there was none."""
        if not self.has_class("-finding"):
            return False
        self.remove_class("-finding")
        self.view.find("")
        self.view.focus()
        return True

    @on(Input.Changed)
    def _search(self, event: Input.Changed) -> None:
        event.stop()
        wanted = event.value
        regex = len(wanted) > 2 and wanted.startswith("/") and wanted.endswith("/")
        slash = self.query_one(".slash")
        try:
            self.view.find(wanted[1:-1] if regex else wanted, regex=regex)
        except ValueError as error:
            slash.add_class("-bad")
            self.query_one(".found", Label).update(str(error))
        else:
            slash.remove_class("-bad")
            self._tell_found()

    @on(Input.Submitted)
    def _back_to_lines(self, event: Input.Submitted) -> None:
        event.stop()
        self.view.focus()

    @on(LogView.StatusChanged)
    def _tell_found(self) -> None:
        found = self.view.status.find_text if self.query_one(FindInput).value else ""
        self.query_one(".found", Label).update(found)

    def on_key(self, event: events.Key) -> None:
        """Esc in the lines ends the search before it means anything else."""
        if event.key == "escape" and self.close_find():
            event.stop()
