"""A form in a dialog: it stays open, with the error at its field, until its values are accepted.

The caller gives a coroutine that tries the values and answers with errors by field name, or with
nothing when all went well. The dialog never closes on a refusal, so nothing that was typed is lost.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Label

from ecstui.ui.modals.dialog import Choice, Dialog
from ecstui.ui.presence import is_open
from ecstui.ui.table import Cell
from ecstui.ui.widgets.form import Form
from ecstui.ui.widgets.form_fields import Field, Values
from ecstui.ui.widgets.span_lines import SpanLines

Submit = Callable[[Values], Awaitable[Mapping[str, str]]]
"""Tries the values; gives what was refused, by field name (any other name for what is general)."""
Preview = Callable[[Values], Sequence[Cell]]
"""What would happen with the values that can be read so far."""


class FormDialog(Dialog[Values | None]):
    """Gives the accepted values, or None if it was left."""

    DEFAULT_CSS = """
    FormDialog {
        .intro { margin: 0 0 1 0; color: $muted; width: 1fr; height: auto; }
        Form { margin: 0 0 1 0; max-height: 60vh; }
        .preview { margin: 0 0 1 0; }
        &.-short {
            .intro { display: none; }
            Form { margin: 0; max-height: 50vh; }
            .preview { margin: 0; }
        }
    }
    """
    BINDINGS = [Binding("ctrl+s", "submit", "submit", show=False)]

    def __init__(
        self,
        title: str,
        fields: Sequence[Field],
        submit: Submit,
        *,
        intro: str = "",
        submit_label: str = "OK",
        preview: Preview | None = None,
        dangerous: bool = False,
    ) -> None:
        """`preview`: lines below the fields that follow what is typed, as the command would be."""
        super().__init__(classes="-danger" if dangerous else "")
        self._title = title
        self._fields = fields
        self._submit = submit
        self._intro = intro
        self._submit_label = submit_label
        self._preview = preview

    def compose(self) -> ComposeResult:
        """What it is about, the fields, what would happen, the buttons."""
        with Vertical(classes="frame") as frame:
            frame.border_title = self._title.replace("[", r"\[")
            frame.border_subtitle = "^s or ↵ accepts · esc cancels"
            if self._intro:
                yield Label(self._intro, classes="intro", markup=False)
            yield Form(self._fields)
            if self._preview:
                yield SpanLines(classes="preview")
            with Horizontal(classes="buttons"):
                yield Choice("Cancel", id="cancel")
                yield Choice(self._submit_label, id="submit", variant="primary")

    def on_mount(self) -> None:
        """Begin in the first field."""
        self.query_one(Form).focus_first()
        self._show_preview()

    @on(Form.Changed)
    def _show_preview(self) -> None:
        if self._preview is not None:
            values, _ = self.query_one(Form).peek()
            self.query_one(".preview", SpanLines).update(self._preview(values))

    @on(Form.Submitted)
    def action_submit(self) -> None:
        """Try the values, if they can be read."""
        values = self.query_one(Form).values()
        if values is not None and not self.query_one("#submit", Button).disabled:
            self._try(values)

    @work(exclusive=True)
    async def _try(self, values: Values) -> None:
        button = self.query_one("#submit", Button)
        button.disabled = True
        try:
            refused = await self._submit(values)
        finally:
            button.disabled = False
        if not is_open(self):
            return
        if refused:
            self.query_one(Form).show_errors(refused)
        else:
            self.dismiss(values)

    @on(Button.Pressed, "#submit")
    def _submit_pressed(self) -> None:
        self.action_submit()

    @on(Button.Pressed, "#cancel")
    def _cancel_pressed(self) -> None:
        self.action_cancel()
