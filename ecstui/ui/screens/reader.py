"""Reader: text to read, with the colours of JSON if it is JSON, and things to find in it.

Long lines go on in the next row, indented. It draws only the rows that are seen, never changes its
text, and has no cursor to lose.
"""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ecstui.ui.json_text import tokens
from ecstui.ui.preset_k9s import PRESET
from ecstui.ui.roles import RoleStyles
from ecstui.ui.text import width_of

_HANG = 4
_LEAST_CELLS = 10


class Row(NamedTuple):
    """What stands in one row: a part of a line, after some spaces."""

    place: int
    start: int
    end: int
    indent: int


class Reader(ScrollView, can_focus=True, inherit_bindings=False):
    """Lines of text; `show` them, `find` in them."""

    DEFAULT_CSS = """
    Reader {
        background: $background; color: $foreground; padding: 0 1;
        scrollbar-size-vertical: 1; scrollbar-size-horizontal: 0;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *PRESET.bindings(
            "text.down", "text.up", "text.top", "text.bottom", "text.page_down", "text.page_up",
            "text.half_down", "text.half_up", "text.next_match", "text.previous_match",
        )
    ]  # fmt: skip

    class Moved(Message):
        """Another part of the text is seen, or another match is the present one."""

    def __init__(self, *, id: str | None = None) -> None:
        """Empty at first."""
        super().__init__(id=id)
        self._lines: Sequence[str] = ()
        self._rows: list[Row] = []
        self._is_json = False
        self._wanted = ""
        self._matches: list[int] = []
        self._match = -1
        self._roles = RoleStyles({})

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self._lines)

    def show(self, text: str, *, is_json: bool) -> None:
        """Show another text from its beginning, unless it is the same."""
        lines = text.split("\n") if text else []
        if (lines, is_json) == (self._lines, self._is_json):
            return
        self._lines, self._is_json = lines, is_json
        self._lay_out()
        self.scroll_to(0, 0, animate=False)
        self.find(self._wanted)
        self.refresh()

    def on_resize(self, _event: events.Resize) -> None:
        """Lines break elsewhere."""
        self._lay_out()

    def _lay_out(self) -> None:
        width = max(_LEAST_CELLS, self.scrollable_content_region.width)
        self._rows = [
            row for place, line in enumerate(self._lines) for row in rows_of(place, line, width)
        ]
        self.virtual_size = Size(width, len(self._rows))

    def find(self, wanted: str) -> int:
        """Mark every place of `wanted`, whatever its case; how many lines have one."""
        self._wanted = wanted.casefold()
        self._matches = [
            index for index, line in enumerate(self._lines) if self._wanted in line.casefold()
        ]
        if not self._wanted:
            self._matches = []
        self._match = -1
        self.refresh()
        if self._matches:
            self.action_next_match()
        return len(self._matches)

    @property
    def found_words(self) -> str:
        """`2 of 7`, or that there is none."""
        if not self._wanted:
            return ""
        return f"{self._match + 1} of {len(self._matches)}" if self._matches else "not found"

    def render_line(self, y: int) -> Strip:
        """One line of what is seen."""
        width = self.scrollable_content_region.width
        base = self.rich_style
        if y == 0:
            self._roles = RoleStyles(self.app.theme_variables)
        index = self.scroll_offset.y + y
        if index >= len(self._rows):
            return Strip.blank(width, base)
        row = self._rows[index]
        text = self._lines[row.place]
        styles = self._styles_of(text, row.place, base)
        segments = [Segment(" " * row.indent, base), *_runs(text, styles, row.start, row.end)]
        return Strip(segments).adjust_cell_length(width, base)

    def _styles_of(self, text: str, place: int, base: Style) -> list[Style]:
        """A style for each character."""
        styles = [base] * len(text)
        if self._is_json:
            for token in tokens(text):
                style = base + self._roles[f"json.{token.kind}"]
                styles[token.start : token.end] = [style] * (token.end - token.start)
        if self._wanted and place in self._matches:
            lowered, size = text.casefold(), len(self._wanted)
            style = base + self._roles["log.match"]
            at = lowered.find(self._wanted)
            while at >= 0:
                styles[at : at + size] = [style] * len(styles[at : at + size])
                at = lowered.find(self._wanted, at + size)
        return styles

    # ---------------------------------------------------------------- moving

    @property
    def _page(self) -> int:
        return max(1, self.scrollable_content_region.height)

    def _move(self, y: int) -> None:
        self.scroll_relative(y=y, animate=False)
        self.post_message(self.Moved())

    def action_down(self) -> None:
        """One line down."""
        self._move(1)

    def action_up(self) -> None:
        """One line up."""
        self._move(-1)

    def action_top(self) -> None:
        """To the first line."""
        self.scroll_to(0, 0, animate=False)

    def action_bottom(self) -> None:
        """To the last line."""
        self.scroll_to(0, self.max_scroll_y, animate=False)

    def action_page_down(self) -> None:
        """One page down."""
        self._move(self._page)

    def action_page_up(self) -> None:
        """One page up."""
        self._move(-self._page)

    def action_half_down(self) -> None:
        """Half a page down."""
        self._move(self._page // 2)

    def action_half_up(self) -> None:
        """Half a page up."""
        self._move(-self._page // 2)

    def action_next_match(self) -> None:
        """To the next line with what is looked for."""
        self._step_match(1)

    def action_previous_match(self) -> None:
        """To the line before with what is looked for."""
        self._step_match(-1)

    def _step_match(self, step: int) -> None:
        if not self._matches:
            return
        self._match = (self._match + step) % len(self._matches)
        place = self._matches[self._match]
        index = next((n for n, row in enumerate(self._rows) if row.place == place), 0)
        top = self.scroll_offset.y
        if not top <= index < top + self._page:
            self.scroll_to(y=max(0, index - self._page // 3), animate=False)
        self.post_message(self.Moved())


def rows_of(place: int, line: str, width: int) -> list[Row]:
    """The rows that a line takes in `width` cells; those after the first hang in."""
    rows: list[Row] = []
    start = indent = 0
    while True:
        end = start + len(first_cells(line[start:], width - indent))
        rows.append(Row(place, start, end, indent))
        if end >= len(line) or end == start:
            return rows
        if not start:
            own = len(line) - len(line.lstrip())
            indent = min(own + _HANG, width // 2)
        start = end


def first_cells(text: str, width: int) -> str:
    """As much of the text as stands in `width` cells."""
    if width_of(text) <= width:
        return text
    end = min(len(text), width)
    while width_of(text[:end]) > width:
        end -= 1
    return text[:end]


def _runs(text: str, styles: Sequence[Style], start: int, end: int) -> list[Segment]:
    """The characters as runs of one style."""
    runs: list[Segment] = []
    at = start
    for index in range(start + 1, end + 1):
        if index == end or styles[index] is not styles[at]:
            runs.append(Segment(text[at:index], styles[at]))
            at = index
    return runs
