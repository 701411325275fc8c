"""Form: labelled fields in a column, each with its error beside it.

It reads and marks fields, nothing else: what happens with the values is for whoever shows it. One
line per field, so that a form fits into a terminal of 16 rows.
"""

from collections.abc import Mapping, Sequence
from typing import cast

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.reactive import reactive
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input, Label, Select

from ecstui.ui.presence import Parted
from ecstui.ui.text import width_of
from ecstui.ui.widgets.form_fields import (
    CheckField,
    Field,
    FieldError,
    NumberField,
    SelectField,
    TextField,
    Value,
    Values,
)
from ecstui.ui.widgets.keys_in_order import OrderedInput

MAX_LABEL_CELLS = 26


class Check(Widget, can_focus=True):
    """A box that is ticked or not: `[x]`, `[ ]`; its state is a letter, never only a colour."""

    DEFAULT_CSS = """
    Check { width: 3; height: 1; color: $foreground; }
    Check:focus { background: $table-cursor-background; text-style: bold; }
    """
    BINDINGS = [("space,enter", "turn", "tick")]

    value: reactive[bool] = reactive(False)

    class Changed(Message):
        """It was ticked, or the tick was taken away."""

    def __init__(self, value: bool = False) -> None:
        """`value`: ticked at first."""
        super().__init__()
        self.set_reactive(Check.value, value)

    def render(self) -> Text:
        """The box."""
        return Text("[x]" if self.value else "[ ]")

    def watch_value(self) -> None:
        """Tell the form."""
        self.post_message(self.Changed())

    def action_turn(self) -> None:
        """Tick it, or take the tick away."""
        self.value = not self.value

    def on_click(self) -> None:
        """As the space bar."""
        self.action_turn()


class FieldRow(Parted, Vertical):
    """One field: its label, what takes the value, its help, and what is wrong with it."""

    DEFAULT_CSS = """
    FieldRow {
        height: auto;
        & > Horizontal { height: 1; }
        .label { padding: 0 1; color: $muted; text-wrap: nowrap; text-overflow: ellipsis; }
        .hint {
            padding: 0 1; color: $muted; width: auto; max-width: 40%;
            text-wrap: nowrap; text-overflow: ellipsis;
        }
        .problem { display: none; color: $error; width: 1fr; }
        Input, Input:focus { width: 1fr; min-width: 12; height: 1; border: none; }
        Input { background: $panel; }
        Input:focus { background: $table-cursor-background; }
        Select { width: 1fr; height: 1; }
        SelectCurrent { background: $panel; padding: 0 1 0 0; }
        Select:focus > SelectCurrent { background: $table-cursor-background; }
        &.-bad .problem { display: block; }
        &.-bad .label { color: $error; }
    }
    """

    def __init__(self, field: Field, label_cells: int) -> None:
        """`field`: what is asked for; `label_cells`: width of the column of labels."""
        super().__init__()
        self.field = field
        self.control = Widget()
        self._is_composed = False
        self._label_cells = label_cells

    @staticmethod
    def _make_control(field: Field) -> Widget:
        match field:
            case CheckField():
                return Check(field.value)
            case SelectField():
                choices = [(text, value) for text, value in field.choices]
                known = field.value in [value for _, value in choices]
                blank = not field.required or not known
                selected = field.value if known else Select.NULL
                return Select(choices, value=selected, allow_blank=blank, compact=True)
            case TextField() | NumberField():
                value = "" if field.value is None else f"{field.value}"
                suggester = None
                if isinstance(field, TextField) and field.suggestions:
                    suggester = SuggestFromList(field.suggestions)
                return OrderedInput(
                    value, placeholder=field.placeholder, compact=True, suggester=suggester
                )

    def compose(self) -> ComposeResult:
        """Label, control and help in one line; the error below, only when there is one."""
        with Horizontal():
            label = Label(self.field.label, classes="label", markup=False)
            label.styles.width = self._label_cells
            yield label
            self.control = self._make_control(self.field)
            self._is_composed = True
            yield self.control
            if self.field.help:
                yield Label(self.field.help, classes="hint", markup=False)
        problem = Label("", classes="problem", markup=False)
        problem.styles.padding = (0, 1, 0, self._label_cells)
        yield problem

    def read(self) -> Value:
        """The value; FieldError if what was typed is no value for the field."""
        if not self._is_composed:
            return None if self.field.value == "" else self.field.value
        if isinstance(self.field, CheckField):
            return cast("Check", self.control).value
        if isinstance(self.field, SelectField):
            chosen = cast("Select[str]", self.control).value
            return self.field.read(chosen if isinstance(chosen, str) else "")
        return self.field.read(cast("Input", self.control).value)

    def write(self, value: Value) -> None:
        """Put a value into the field."""
        match self.control:
            case Check():
                self.control.value = bool(value)
            case Select():
                self.control.value = Select.NULL if value is None else str(value)
            case Input():
                self.control.value = "" if value is None else str(value)

    def show_error(self, message: str) -> None:
        """Show what is wrong; empty for nothing."""
        self.set_class(bool(message), "-bad")
        self.query_one(".problem", Label).update(message)


class Form(Parted, VerticalScroll):
    """Fields from top to bottom. Up and down move between them, as tab does."""

    DEFAULT_CSS = """
    Form {
        height: auto; max-height: 100%;
        .general { display: none; color: $error; padding: 0 1; width: 1fr; }
        &.-bad .general { display: block; }
    }
    """
    BINDINGS = [
        ("up", "app.focus_previous", "previous field"),
        ("down", "app.focus_next", "next field"),
    ]
    can_focus = False

    class Changed(Message):
        """A value is not what it was."""

        def __init__(self, form: "Form") -> None:
            self.form = form
            super().__init__()

        @property
        def control(self) -> "Form":
            """The form."""
            return self.form

    class Submitted(Changed):
        """Enter was pressed in a field."""

    def __init__(
        self, fields: Sequence[Field], *, label_cells: int = 0, id: str | None = None
    ) -> None:
        """`fields`: from top to bottom; their names must differ.

        `label_cells`: the least width of the labels, for forms that stand below each other.
        """
        super().__init__(id=id)
        longest = max((width_of(field.label) for field in fields), default=0)
        cells = max(label_cells, min(MAX_LABEL_CELLS, longest + 3))
        self._rows = {field.name: FieldRow(field, cells) for field in fields}

    def compose(self) -> ComposeResult:
        """The rows, and a line for what concerns no field."""
        yield from self._rows.values()
        yield Label("", classes="general", markup=False)

    @property
    def names(self) -> frozenset[str]:
        """Names of the fields."""
        return frozenset(self._rows)

    def focus_first(self) -> None:
        """Put the focus into the first field."""
        for row in self._rows.values():
            row.control.focus()
            return

    def peek(self) -> tuple[Values, dict[str, str]]:
        """The values that can be read, and what is wrong with the others; marks nothing."""
        found: Values = {}
        errors: dict[str, str] = {}
        for name, row in self._rows.items():
            try:
                found[name] = row.read()
            except FieldError as error:
                errors[name] = str(error)
        return found, errors

    def write(self, name: str, value: Value) -> None:
        """Put a value into a field; KeyError if there is none of that name."""
        self._rows[name].write(value)

    def show_errors(self, errors: Mapping[str, str]) -> None:
        """Show each message beside its field, those of no field at the end, and go to the first."""
        for name, row in self._rows.items():
            row.show_error(errors.get(name, ""))
        general = [message for name, message in errors.items() if name not in self._rows]
        self.set_class(bool(general), "-bad")
        self.query_one(".general", Label).update("\n".join(general))
        for name, row in self._rows.items():
            if name in errors:
                row.control.focus()
                return

    @on(Input.Changed)
    @on(Select.Changed)
    @on(Check.Changed)
    def _edited(self, event: Message) -> None:
        event.stop()
        self.post_message(self.Changed(self))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Submitted(self))
