"""The keys that work on a screen, by group, from the same bindings that run them.

Typing looks for a key or a word, enter runs what is under the cursor. Keys that are off now say
why; none is hidden.
"""

from collections.abc import Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label

from ecstui.ui.keymap import Command, key_label
from ecstui.ui.own_screen import Box
from ecstui.ui.presence import when_drawn
from ecstui.ui.preset_k9s import GROUP_TITLES
from ecstui.ui.screens.base import EcsScreen
from ecstui.ui.screens.frame import LiveKey
from ecstui.ui.spans import Line, line, line_width
from ecstui.ui.table import Span
from ecstui.ui.text import pad, plural, width_of
from ecstui.ui.widgets.keys_in_order import OrderedInput
from ecstui.ui.widgets.span_lines import SpanLines

_COLUMN_CELLS = 34
_KEY_CELLS = 11
_LAST_TITLES = ("Lists", "Text", "Move, mark, sort", "Go to", "Everywhere")


class HelpModal(Box[None]):
    """The keys of one screen."""

    DEFAULT_CSS = """
    HelpModal {
        align: center middle; background: $background 55%;
        & > Vertical {
            width: 112; max-width: 98%; height: auto; max-height: 96%;
            background: $surface; border: round $frame-border-focus; padding: 0 1;
            border-title-color: $frame-title; border-title-style: bold;
            border-subtitle-color: $muted;
        }
        Horizontal { height: 1; margin: 0 0 1 0; }
        .slash { width: 7; color: $muted; }
        .found { width: auto; color: $muted; }
        Input, Input:focus {
            border: none; padding: 0; height: 1; width: 1fr; background: transparent;
        }
        #keys { height: auto; background: $surface; }
        #why { height: 1; }
        &.-flat Horizontal { margin: 0; }
    }
    """
    BINDINGS = [
        Binding("escape,f1", "leave", "close", show=False),
        Binding("down", "move(1)", "down", show=False, priority=True),
        Binding("up", "move(-1)", "up", show=False, priority=True),
        Binding("pagedown,tab", "move(10)", "page down", show=False, priority=True),
        Binding("pageup,shift+tab", "move(-10)", "page up", show=False, priority=True),
    ]

    def __init__(self, screen: EcsScreen) -> None:
        """`screen`: whose keys are shown, with those of its focused pane."""
        super().__init__()
        self._below = screen
        self._all = _grouped(screen.live_keys())
        self._found: list[LiveKey] = list(self._all)
        self._index = 0

    def compose(self) -> ComposeResult:
        """The line to search in, the keys, why a key is off."""
        with Vertical() as frame:
            frame.border_title = f"Help · {self._below.title_text}"
            frame.border_subtitle = "type to search · ↵ runs it · esc closes"
            with Horizontal():
                yield Label("Search ", classes="slash", markup=False)
                yield OrderedInput(placeholder="a key or a word")
                yield Label("", classes="found", markup=False)
            yield SpanLines(id="keys")
            yield SpanLines(id="why")

    def on_mount(self) -> None:
        """Everything, at first."""
        self._draw()

    def on_resize(self, _event: events.Resize) -> None:
        """Another number of columns."""
        when_drawn(self, self._draw)

    @on(Input.Changed)
    def _search(self, event: Input.Changed) -> None:
        wanted = event.value.strip()
        self._found = [key for key in self._all if _matches(key.command, wanted)]
        self._index = 0
        count = "" if not wanted else plural(len(self._found), "match", "matches")
        self.query_one(".found", Label).update(count)
        self._draw()

    def _draw(self) -> None:
        keys = self.query_one("#keys", SpanLines)
        width = keys.size.width
        if width:
            room = max(4, self.size.height - 8)
            keys.update(help_lines(self._found, self._index, width, room))
            self._show_why()

    def _show_why(self) -> None:
        key = self._found[self._index] if self._found else None
        text, role = "", "muted"
        if key is not None:
            text = key.help
            if not key.is_on:
                text = self._below.why_not(key.command.action) or "not now"
                role = "status.warning"
        self.query_one("#why", SpanLines).update([line(Span(text, role))])

    def action_move(self, step: int) -> None:
        """Another key."""
        if self._found:
            self._index = max(0, min(len(self._found) - 1, self._index + step))
            self._draw()

    @on(Input.Submitted)
    def _run(self) -> None:
        if not self._found:
            return
        command_id = self._found[self._index].command.id
        self.dismiss()
        self.app.call_later(self._below.run_command, command_id)

    def action_leave(self) -> None:
        """Back."""
        self.dismiss()


def _grouped(keys: Sequence[LiveKey]) -> list[LiveKey]:
    """The screen's own keys first, then those of lists, then those of every screen."""

    def place(key: LiveKey) -> int:
        title = _title_of(key.command)
        return _LAST_TITLES.index(title) + 1 if title in _LAST_TITLES else 0

    return sorted(keys, key=place)


def _matches(command: Command, wanted: str) -> bool:
    if not wanted:
        return True
    lowered = wanted.casefold()
    texts = (command.label, command.help, command.id)
    return wanted in map(key_label, command.keys) or any(lowered in t.casefold() for t in texts)


def help_lines(keys: Sequence[LiveKey], index: int, width: int, room: int) -> list[Line]:
    """Keys in columns under the titles of their groups, in at most `room` lines.

    Columns that do not fit beside each other follow the cursor.
    """
    blocks = _blocks(keys, index)
    count = max(1, (width + 2) // (_COLUMN_CELLS + 2))
    total = sum(len(block) + 1 for block in blocks)
    height = max(4, min(room, -(-total // count)))
    columns = _packed(blocks, height)
    while len(columns) > count and height < room:
        height += 1
        columns = _packed(blocks, height)
    at = next((n for n, column in enumerate(columns) if any(c for _, c in column)), 0)
    first = max(0, min(at, len(columns) - count)) if len(columns) > count else 0
    shown = columns[first : first + count]
    lines = []
    for row in range(max((len(column) for column in shown), default=0)):
        spans: list[Span] = []
        for column in shown:
            item = column[row][0] if row < len(column) else ()
            spans += [*item, Span(" " * max(0, _COLUMN_CELLS + 2 - line_width(item)))]
        lines.append(tuple(spans))
    return lines


Item = tuple[Line, bool]
"""A line of help, and whether the cursor is on it."""


def _blocks(keys: Sequence[LiveKey], index: int) -> list[list[Item]]:
    """Title and keys of each group."""
    blocks: list[list[Item]] = []
    title = ""
    for place, key in enumerate(keys):
        if _title_of(key.command) != title:
            title = _title_of(key.command)
            blocks.append([(line(Span(title, "frame.title")), False)])
        is_cursor = place == index
        blocks[-1].append((_key_line(key, is_cursor=is_cursor), is_cursor))
    return blocks


def _packed(blocks: Sequence[list[Item]], height: int) -> list[list[Item]]:
    """The blocks in columns of at most `height` lines; only a block that is higher is split."""
    columns: list[list[Item]] = [[]]
    for block in blocks:
        rest = block
        gap = 1 if columns[-1] else 0
        if columns[-1] and len(columns[-1]) + gap + len(block) > height:
            columns.append([])
        elif gap:
            columns[-1].append(((), False))
        while rest:
            room = height - len(columns[-1])
            columns[-1] += rest[:room]
            rest = rest[room:]
            if rest:
                columns.append([])
    return columns


def _title_of(command: Command) -> str:
    """The group; keys that move and sort, which no footer shows, are a group of their own."""
    if command.group == "list" and not command.shown:
        return "Go to" if command.action.startswith("go_") else "Move, mark, sort"
    return GROUP_TITLES.get(command.group, command.group)


def _key_line(key: LiveKey, *, is_cursor: bool) -> Line:
    front = "table.cursor " if is_cursor else ""
    names = " ".join(dict.fromkeys(key_label(name) for name in key.command.keys))
    if width_of(names) > _KEY_CELLS - 1:
        names = key.command.key_label
    role = "frame.key" if key.is_on else "muted"
    label = key.command.label + ("" if key.is_on else "  (off)")
    return line(
        Span(pad(f" {names}", _KEY_CELLS), front + role),
        Span(pad(label, _COLUMN_CELLS - _KEY_CELLS), front + ("" if key.is_on else "muted")),
    )
