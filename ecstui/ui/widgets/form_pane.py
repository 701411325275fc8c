"""FormPane: a task definition as a form, one line per member, the line with the cursor editable.

It shows rows and says what was typed into which; the text itself is changed by who listens. There
is one input, which stands in the line of the cursor: a form of a thousand lines costs as much as
one of ten.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Input, Label

from ecstui.ui.form_rows import CONTAINERS, Row, change, row_at, rows_of
from ecstui.ui.glyphs import FAILED, WARNING
from ecstui.ui.json_edit import TextEdit, remove_value
from ecstui.ui.json_text import Path, Problem, path_text
from ecstui.ui.presence import Parted, when_drawn
from ecstui.ui.screens.service_parts import FluidLines
from ecstui.ui.spans import Line, line
from ecstui.ui.table import Span
from ecstui.ui.text import clean, cut_end, pad, width_of
from ecstui.ui.widgets.form_fields import FieldError
from ecstui.ui.widgets.keys_in_order import OrderedInput

if TYPE_CHECKING:
    from textual.timer import Timer

    from ecstui.plan.json_text import Json

APPLY_SECONDS = 0.3
"""What is typed goes into the text when typing pauses for so long, or the cursor leaves."""
_LABEL_CELLS = 15
_PAGE_ROWS = 10
Suggest = Callable[[Row], Sequence[str]]


class FieldInput(OrderedInput):
    """The line that is edited."""

    DEFAULT_CSS = """
    FieldInput, FieldInput:focus {
        width: 1fr; height: 1; border: none; padding: 0; background: $table-cursor-background;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "field_move(-1)", show=False),
        Binding("down", "field_move(1)", show=False),
        Binding("pageup", f"field_move(-{_PAGE_ROWS})", show=False),
        Binding("pagedown", f"field_move({_PAGE_ROWS})", show=False),
        Binding("ctrl+up", "field_section(-1)", show=False),
        Binding("ctrl+down", "field_section(1)", show=False),
        Binding("enter", "field_enter", show=False),
    ]
    kind: str = "text"

    @property
    def _pane(self) -> "FormPane":
        return next(node for node in self.ancestors if isinstance(node, FormPane))

    def action_field_move(self, step: int) -> None:
        """To another row."""
        self._pane.move(step)

    def action_field_section(self, step: int) -> None:
        """To another section."""
        self._pane.move_section(step)

    def action_field_enter(self) -> None:
        """Take what is typed, and go on."""
        self._pane.enter()

    async def _on_key(self, event: events.Key) -> None:
        if self.kind in ("choice", "flag") and event.key in ("left", "right", "space"):
            event.stop()
            event.prevent_default()
            self._pane.turn(-1 if event.key == "left" else 1)
        elif self.kind == "head" and event.key == "delete":
            event.stop()
            event.prevent_default()
            self._pane.take_out()
        elif self.kind not in ("text", "item", "entry", "container") and _types(event):
            event.stop()
            event.prevent_default()
        else:
            await super()._on_key(event)

    def _on_paste(self, event: events.Paste) -> None:
        if self.kind not in ("text", "item", "entry", "container"):
            event.stop()
            event.prevent_default()
            return
        super()._on_paste(event)


def _types(event: events.Key) -> bool:
    return event.is_printable or event.key in ("backspace", "delete", "ctrl+k", "ctrl+u", "ctrl+w")


class FormPane(Parted, VerticalScroll, can_focus=False):
    """The rows, of which one is edited."""

    DEFAULT_CSS = """
    FormPane {
        height: 1fr; scrollbar-size-vertical: 1;
        #field-row { height: 1; }
        #field-row Label { color: $primary; text-style: bold; }
        #field-row #before { width: auto; }
        #field-row #after { width: auto; color: $muted; }
        &.-unread #field-row { display: none; }
    }
    """

    class Moved(Message):
        """The cursor is on another row."""

        def __init__(self, path: Path) -> None:
            self.path = path
            super().__init__()

    def __init__(
        self, suggest: Suggest, apply_edit: Callable[[TextEdit], None], *, id: str | None = None
    ) -> None:
        """`suggest`: values that may stand in a row, for completing what is typed.

        `apply_edit` changes the text and calls `show` before it returns, so that the next key finds
        the rows as they are then.
        """
        super().__init__(id=id)
        self._apply_edit = apply_edit
        self._is_own = False
        self.rows: Sequence[Row] = ()
        self.index = 0
        self._suggest = suggest
        self._text = ""
        self._document: Json = None
        self._opened: set[Path] = set()
        self._problems: Mapping[int, Sequence[Problem]] = {}
        self._unread = ""
        self._refused = ""
        self._at_first = ""
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """What stands above, the line itself, what stands below."""
        yield FluidLines(id="above")
        with Horizontal(id="field-row"):
            yield Label("", id="before", markup=False)
            yield FieldInput(compact=True)
            yield Label("", id="after", markup=False)
        yield FluidLines(id="below")

    @property
    def input(self) -> FieldInput:
        """The line that is edited."""
        return self.query_one(FieldInput)

    @property
    def row(self) -> Row | None:
        """The row with the cursor."""
        return self.rows[self.index] if self.rows else None

    @property
    def has_input(self) -> bool:
        """Whether the keys go to the form."""
        return self.input.has_focus

    # ---------------------------------------------------------------- showing

    def show(self, text: str, document: "Json", problems: Sequence[Problem], unread: str) -> None:
        """Show a text; `unread`: why it cannot be shown as a form, or nothing."""
        self._text, self._document, self._unread = text, document, unread
        self.set_class(bool(unread), "-unread")
        before = self.row
        self.rows = [] if unread else rows_of(document, self._opened)
        self.index = min(self.index, max(0, len(self.rows) - 1))
        if before is not None and self.rows:
            self.index = self._same(before)
        self._place_problems(problems)
        now = self.row
        is_same = now is not None and before is not None and now.path == before.path
        is_typed = is_same and self._timer is not None
        is_kept = is_same and (self._is_own or is_typed or (now and now.text == self._at_first))
        if not is_kept:
            self._load()
        self._at_first = "" if now is None else now.text
        self._draw()

    def _same(self, row: Row) -> int:
        for index, one in enumerate(self.rows):
            if one.path == row.path and (one.kind == row.kind or one.kind != "head"):
                return index
        return row_at(self.rows, row.path)

    def _place_problems(self, problems: Sequence[Problem]) -> None:
        """Each problem to the row of its member, or the nearest around it."""
        texts = [path_text(row.path) for row in self.rows]
        placed: dict[int, list[Problem]] = {}
        for problem in problems:
            best, length = 0, -1
            for index, text in enumerate(texts):
                fits = problem.path == text or problem.path.startswith((f"{text}.", f"{text}["))
                if (fits or not text) and len(text) > length:
                    best, length = index, len(text)
                elif fits and len(text) == length and self.rows[best].kind == "head":
                    best = index
            placed.setdefault(best, []).append(problem)
        self._problems = placed

    def _load(self) -> None:
        """Put the row's value into the input."""
        row, field = self.row, self.input
        field.kind = "fixed" if row is None else row.kind
        self._refused = ""
        self._stop_timer()
        with field.prevent(Input.Changed):
            field.value = "" if row is None else row.text
        field.placeholder = _example(row) if row is not None else ""
        has_own_width = row is not None and row.kind in ("choice", "flag", "head")
        field.styles.width = max(4, width_of(field.value) + 1) if has_own_width else "1fr"
        names = self._suggest(row) if row is not None and row.kind != "fixed" else ()
        field.suggester = SuggestFromList(names, case_sensitive=False) if names else None
        field.cursor_position = len(field.value)
        self._at_first = "" if row is None else row.text

    def _draw(self) -> None:
        above, below = self.query_one("#above", FluidLines), self.query_one("#below", FluidLines)
        if self._unread:
            words = self._unread
            above.show(lambda width: [line(Span(cut_end(words, width), "status.warning"))])
            below.show(lambda _width: ())
            return
        at = self.index
        above.show(lambda width: self._lines(0, at, width))
        below.show(lambda width: self._tail(at, width))
        row = self.row
        if row is not None:
            front, back = _around(row)
            self.query_one("#before", Label).update(f"▸{pad(row.label, _LABEL_CELLS)} {front}")
            self.query_one("#after", Label).update(back)
        when_drawn(self, self._follow)

    def _follow(self) -> None:
        self.scroll_to_widget(self.query_one("#field-row"), animate=False)

    def _lines(self, start: int, end: int, width: int) -> list[Line]:
        found: list[Line] = []
        for index in range(start, end):
            found.append(_row_line(self.rows[index], width))
            found += self._problem_lines(index, width)
        return found

    def _tail(self, at: int, width: int) -> list[Line]:
        found = list(self._problem_lines(at, width)) if self.rows else []
        if self._refused:
            found.insert(0, _said(FAILED, "status.failed", self._refused, width))
        return [*found, *self._lines(at + 1, len(self.rows), width)]

    def _problem_lines(self, index: int, width: int) -> Sequence[Line]:
        found = []
        for problem in self._problems.get(index, ()):
            is_error = problem.severity == "error"
            glyph, role = (FAILED, "status.failed") if is_error else (WARNING, "status.warning")
            found.append(_said(glyph, role, problem.message, width))
        return found

    # ---------------------------------------------------------------- moving

    def move(self, step: int) -> None:
        """To another row, after what was typed is taken."""
        if self.apply():
            self._go(max(0, min(len(self.rows) - 1, self.index + step)))

    def move_section(self, step: int) -> None:
        """To the head of another section."""
        if not self.apply():
            return
        heads = [i for i, row in enumerate(self.rows) if row.kind in ("head", "container")]
        there = [i for i in heads if (i - self.index) * step > 0]
        if there:
            self._go(min(there) if step > 0 else max(there))

    def go_to(self, path: Path) -> None:
        """To the row of a member, without a word to others."""
        index = row_at(self.rows, path)
        if self.rows and index != self.index and self.apply():
            self.index = index
            self._load()
            self._draw()

    def _go(self, index: int) -> None:
        if self.rows and index != self.index:
            self.index = index
            self._load()
            self._draw()
            self.post_message(self.Moved(self.rows[index].path))

    def enter(self) -> None:
        """Take what is typed; open a section; go to the next row."""
        row = self.row
        if row is None:
            return
        if row.kind == "more":
            self._opened.add(row.path[:-1])
            at = self.index
            self.show(self._text, self._document, [p for ps in self._problems.values() for p in ps],
                      self._unread)  # fmt: skip
            self.index = min(at, len(self.rows) - 1)
            self._load()
            self._draw()
            return
        is_filled = bool(self.input.value.strip())
        if not self.apply(is_last=True):
            return
        if row.kind == "container" and is_filled:
            self._go(min(len(self.rows) - 1, self._index_of((*row.path, "image"))))
        else:
            self.move(1)

    def _index_of(self, path: Path) -> int:
        return next((i for i, row in enumerate(self.rows) if row.path == path), self.index)

    # ---------------------------------------------------------------- changing

    def turn(self, step: int) -> None:
        """The next of the choices; the other state of a flag."""
        row = self.row
        if row is None or row.member is None:
            return
        choices = ("yes", "no") if row.kind == "flag" else ("", *row.member.choices)
        at = choices.index(self.input.value) if self.input.value in choices else -1
        if row.kind == "flag" and at < 0:
            at = 1
        self.input.value = choices[(at + step) % len(choices)]
        self.input.styles.width = max(4, width_of(self.input.value) + 1)
        self.apply()

    def drop_typed(self) -> bool:
        """Forget what is typed and not in the text yet; false if there is no such thing."""
        row = self.row
        if row is None or self.input.value == row.text:
            return False
        self._load()
        self._draw()
        return True

    def take_out(self) -> None:
        """Take the container out whose head the cursor is on; undo brings it back."""
        row = self.row
        if row is not None and row.path[:1] == (CONTAINERS,):
            self._send(remove_value(self._text, row.path))

    def apply(self, *, is_last: bool = False) -> bool:
        """Bring what is typed into the text; false where it is no value, which is then shown.

        A new container is only made at the end (`is_last`): half a name is no container.
        """
        self._stop_timer()
        row = self.row
        if row is None or (row.kind == "container" and not is_last):
            return True
        try:
            edit = change(self._text, self._document, row, self.input.value)
        except FieldError as error:
            self._refused = f"{error}; empty leaves it out"
            self._draw()
            return False
        self._refused = ""
        self._send_own(edit)
        return True

    def _send_own(self, edit: TextEdit | None) -> None:
        """What one types stays as it is typed, also where it would be written otherwise."""
        self._is_own = True
        try:
            self._send(edit)
        finally:
            self._is_own = False

    def _send(self, edit: TextEdit | None) -> None:
        if edit is not None:
            self._apply_edit(edit)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        row = self.row
        if row is None or self.input.value == self._at_first or row.kind == "container":
            return
        self._stop_timer()
        self._timer = self.set_timer(APPLY_SECONDS, self._apply_quietly)

    def _apply_quietly(self) -> None:
        """While one types, what cannot be read yet is no mistake yet."""
        row = self.row
        self._stop_timer()
        if row is None or (row.kind != "text" and not self.input.value.strip()):
            return
        try:
            edit = change(self._text, self._document, row, self.input.value)
        except FieldError:
            return
        self._send_own(edit)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None


def _around(row: Row) -> tuple[str, str]:
    """What stands before and behind the input."""
    match row.kind:
        case "choice":
            return "‹ ", " ›  ←→"
        case "flag":
            return "", "  space turns"
        case "head" if row.path:
            return "", "  del takes it out"
    return "", ""


def _example(row: Row) -> str:
    return f"e.g. {row.example}" if row.example else ""


def _row_line(row: Row, width: int) -> Line:
    room = max(0, width - _LABEL_CELLS - 2)
    label = pad(cut_end(clean(row.label), _LABEL_CELLS), _LABEL_CELLS)
    if row.kind == "head":
        return line(Span(f"{label}  ", "accent"), Span(cut_end(clean(row.text), room), "bold"))
    text = clean(row.text)
    if row.kind == "choice":
        text = f"‹ {text or '–'} ›"
    elif row.kind == "flag":
        text = "[x]" if text == "yes" else "[ ]"
    role = "muted" if row.kind in ("fixed", "more") or row.is_new else ""
    value = Span(cut_end(text or _example(row), room), "muted" if not row.text else role)
    return line(Span(f" {label} ", "muted"), value)


def _said(glyph: str, role: str, words: str, width: int) -> Line:
    text = cut_end(clean(words), max(0, width - 4))
    return line(Span(f"  {glyph} {text}", role))
