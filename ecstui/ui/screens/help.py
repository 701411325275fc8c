"""The keys that work on a screen, by group, from the same bindings that run them.

Typing looks for a key or a word, enter runs what is under the cursor. Keys that are off now say
why; none is hidden.
"""

from collections.abc import Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from ecstui.ui.keymap import Command, key_label
from ecstui.ui.preset_k9s import GROUP_TITLES
from ecstui.ui.screens.base import EcsScreen
from ecstui.ui.screens.frame import LiveKey
from ecstui.ui.spans import Line, line, line_width
from ecstui.ui.table import Span
from ecstui.ui.text import pad, plural, width_of
from ecstui.ui.widgets.span_lines import SpanLines

_COLUMN_CELLS = 34
_KEY_CELLS = 11
_LAST_GROUPS = ("list", "text", "global")


class HelpModal(ModalScreen[None]):
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
                yield Input(placeholder="a key or a word")
                yield Label("", classes="found", markup=False)
            yield SpanLines(id="keys")
            yield SpanLines(id="why")

    def on_mount(self) -> None:
        """Everything, at first."""
        self._draw()

    def on_resize(self, _event: events.Resize) -> None:
        """Another number of columns."""
        self.call_after_refresh(self._draw)

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
            text = key.command.help
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
        group = key.command.group
        return _LAST_GROUPS.index(group) + 1 if group in _LAST_GROUPS else 0

    return sorted(keys, key=place)


def _matches(command: Command, wanted: str) -> bool:
    if not wanted:
        return True
    lowered = wanted.casefold()
    texts = (command.label, command.help, command.id)
    return wanted in map(key_label, command.keys) or any(lowered in t.casefold() for t in texts)


def help_lines(keys: Sequence[LiveKey], index: int, width: int, room: int) -> list[Line]:
    """Keys in columns under the titles of their groups, in at most `room` lines."""
    items: list[tuple[Line, int]] = []
    group = ""
    for place, key in enumerate(keys):
        if key.command.group != group:
            group = key.command.group
            if items:
                items.append(((), -1))
            items.append((line(Span(GROUP_TITLES.get(group, group), "frame.title")), -1))
        items.append((_key_line(key, is_cursor=place == index), place))
    columns = max(1, (width + 2) // (_COLUMN_CELLS + 2))
    height = min(room, max(8, -(-len(items) // columns)))
    pages = [items[start : start + height] for start in range(0, len(items), height)]
    at = next((n for n, page in enumerate(pages) if any(place == index for _, place in page)), 0)
    first = max(0, min(at - columns + 1, len(pages) - columns)) if at >= columns else 0
    shown = pages[first : first + columns]
    lines = []
    for row in range(min(height, max((len(page) for page in shown), default=0))):
        spans: list[Span] = []
        for page in shown:
            item = page[row][0] if row < len(page) else ()
            spans += [*item, Span(" " * max(0, _COLUMN_CELLS + 2 - line_width(item)))]
        lines.append(tuple(spans))
    return lines


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
