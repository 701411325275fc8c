"""The text of the JSON editor: TextArea with colours, underlined problems and marks in the gutter.

JSON's tokens never go over a line end, so the lines on the screen are coloured as they are drawn.
It must never be given a `language`: with Textual 8.2 and tree-sitter 0.26 the first key ends the
whole process with a segmentation fault.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea
from textual.widgets.text_area import TextAreaTheme

from ecstui.ui.glyphs import FAILED, WARNING
from ecstui.ui.json_text import Problem, indented, tokens, visible
from ecstui.ui.preset_k9s import PRESET
from ecstui.ui.roles import RoleStyles
from ecstui.ui.text import clean, cut_end, width_of
from ecstui.ui.widgets.keys_in_order import KeysInOrder

INDENT = 2
_OPENING = ("{", "[")
_MESSAGE_GAP = 2
_LEAST_MESSAGE = 12
_LOOK = "roles"


class JsonArea(KeysInOrder, TextArea):
    """Edits JSON. It is told what is wrong; it does not check."""

    DEFAULT_CSS = """
    JsonArea, JsonArea:focus {
        border: none; padding: 0; background: $background;
        & .text-area--gutter { color: $muted; }
        & .text-area--cursor-gutter {
            color: $foreground; background: $table-cursor-blurred-background;
        }
        scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *PRESET.bindings("editor.undo", "editor.redo", "editor.complete")
    ]

    def __init__(self, text: str, *, read_only: bool = False) -> None:
        """`text`: what is in it at first."""
        super().__init__(
            text,
            soft_wrap=False,
            show_line_numbers=True,
            tab_behavior="indent",
            read_only=read_only,
        )
        self.indent_width = INDENT
        for key in ("f6", "f7"):
            # TextArea selects with them; here they are commands of the screen.
            self._bindings.key_to_bindings.pop(key, None)
        self._problems: dict[int, list[Problem]] = {}
        self._marks: Mapping[int, str] = {}
        self._roles = RoleStyles({})
        self.with_messages = False
        """Say what is wrong with a line behind its text, where there is room."""

    class Asked(Message):
        """What could stand at the cursor is asked for."""

    def action_complete(self) -> None:
        """Offer what could stand at the cursor; tab does so too, behind a word."""
        if not self.read_only:
            self.post_message(self.Asked())

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Underline these and no others."""
        self._problems = {}
        for problem in problems:
            self._problems.setdefault(problem.line - 1, []).append(problem)
        self._redraw()

    def show_marks(self, marks: Mapping[int, str]) -> None:
        """Write a sign beside lines (from 0): `+` new, `~` changed."""
        if marks != self._marks:
            self._marks = marks
            self._redraw()

    def go_to(self, problem: Problem) -> None:
        """Put the cursor on a problem."""
        line = min(problem.line - 1, self.document.line_count - 1)
        self.move_cursor((line, problem.column - 1), center=True)

    def format_text(self) -> bool:
        """Lay the document out anew, as one step that can be undone; false if it is not valid."""
        text = indented(self.text)
        if text is None or self.read_only:
            return False
        if text != self.text:
            self.replace(text, (0, 0), self.document.end)
        return True

    def _redraw(self) -> None:
        self._line_cache.clear()
        self.refresh()

    def on_mount(self) -> None:
        """Draw the line with the cursor in its own ground, and leave its colours alone."""
        self._register_look()
        self.theme = _LOOK

    def _app_theme_changed(self) -> None:
        self._register_look()
        super()._app_theme_changed()

    def _register_look(self) -> None:
        self._roles = RoleStyles(self.app.theme_variables)
        ground = Style(bgcolor=self._roles["table.cursor_blurred"].bgcolor)
        self.register_theme(TextAreaTheme(name=_LOOK, cursor_line_style=ground))

    def get_line(self, line_index: int) -> Text:
        """A line with its colours and what is wrong in it underlined."""
        line = super().get_line(line_index)
        roles = self._roles
        for token in tokens(line.plain):
            line.stylize(_color_only(roles[f"json.{token.kind}"]), token.start, token.end)
        for problem in self._problems.get(line_index, ()):
            start = min(problem.column - 1, max(0, len(line) - 1))
            role = "status.failed" if problem.severity == "error" else "status.warning"
            look = _color_only(roles[role]) + Style(underline=True)
            line.stylize(look, start, max(start + 1, start + problem.length))
        return line

    def render_line(self, y: int) -> Strip:
        """A line of the screen, with a sign in the gutter where there is something to say."""
        strip = super().render_line(y)
        row = y + self.scroll_offset.y
        if row in self._problems:
            is_error = any(problem.severity == "error" for problem in self._problems[row])
            sign, role = (FAILED, "status.failed") if is_error else (WARNING, "status.warning")
        elif row in self._marks:
            sign = self._marks[row]
            role = "diff.added" if sign == "+" else "diff.changed"
        else:
            return strip
        if self.with_messages and row in self._problems:
            strip = self._with_message(strip, row, role)
        at = self.gutter_width - 2
        style = _color_only(self._roles[role])
        before, after = strip.crop(0, at), strip.crop(at + 1)
        ground = next((segment.style for segment in strip.crop(at, at + 1)), None) or Style.null()
        return Strip.join([before, Strip([Segment(sign, ground + style)], 1), after])

    def _with_message(self, strip: Strip, row: int, role: str) -> Strip:
        """The line with its first problem behind its text, if most of that fits."""
        used = self.gutter_width + width_of(self.document.get_line(row).expandtabs(8))
        start = used - self.scroll_offset.x + _MESSAGE_GAP
        room = self.size.width - start - 1
        if room < _LEAST_MESSAGE or start < self.gutter_width:
            return strip
        message = cut_end(clean(self._problems[row][0].message), room)
        ground = next((segment.style for segment in strip.crop(start, start + 1)), None)
        style = (ground or Style.null()) + _color_only(self._roles[role]) + Style(italic=True)
        end = start + width_of(message)
        written = Strip([Segment(message, style)], width_of(message))
        return Strip.join([strip.crop(0, start), written, strip.crop(end)])

    def on_paste(self, event: events.Paste) -> None:
        """What would steer the terminal becomes JSON's escape before it is in the text."""
        event.text = visible(event.text)

    def on_key(self, event: events.Key) -> None:
        """Enter keeps the indentation; esc is left to the screen (TextArea moves the focus)."""
        if event.key == "escape":
            event.prevent_default()
        elif event.key == "tab" and self._is_behind_word():
            event.prevent_default()
            event.stop()
            self.action_complete()
        elif event.key == "enter" and not self.read_only:
            event.prevent_default()
            event.stop()
            self._new_line()

    def _is_behind_word(self) -> bool:
        row, column = self.cursor_location
        before = self.document.get_line(row)[:column]
        return before.rstrip()[-1:] not in ("", "{", "[", ",") and self.selection.is_empty

    def _new_line(self) -> None:
        start, end = sorted(self.selection)
        row, column = start
        before = self.document.get_line(row)[:column]
        after = self.document.get_line(end[0])[end[1] :].lstrip()
        indent = before[: len(before) - len(before.lstrip())]
        deeper = indent + " " * INDENT if before.rstrip().endswith(_OPENING) else indent
        self.replace(f"\n{deeper}", start, end, maintain_selection_offset=False)
        if deeper != indent and after.startswith(("}", "]")):
            cursor = self.cursor_location
            self.insert(f"\n{indent}", cursor, maintain_selection_offset=False)
            self.move_cursor(cursor)


def _color_only(style: Style) -> Style:
    return Style(color=style.color, bold=style.bold)
