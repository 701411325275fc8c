"""The palette: one line to type in, what fits below it, and what the chosen one will do.

`:` and ctrl+p open the same box. What is typed is read as a command first, then looked for in the
titles of everything that can be done or opened from the screen below.
"""

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label

from ecstui.ui import command_line, commands
from ecstui.ui.commands import Entry
from ecstui.ui.own_screen import Box
from ecstui.ui.presence import when_drawn
from ecstui.ui.screens.base import EcsScreen
from ecstui.ui.screens.picker import Picker
from ecstui.ui.shell import shell_of
from ecstui.ui.spans import Line, line_width, spread
from ecstui.ui.table import Span
from ecstui.ui.text import clean, pad
from ecstui.ui.widgets.keys_in_order import OrderedInput
from ecstui.ui.widgets.span_lines import SpanLines

_KIND_CELLS = 16
_KEY_CELLS = 5


class PaletteModal(Box[None]):
    """Choose something by typing a part of it."""

    DEFAULT_CSS = """
    PaletteModal {
        align: center top; background: $background 55%;
        & > Vertical {
            width: 78; max-width: 96%; height: 20; max-height: 90%; margin: 2 0 0 0;
            background: $surface; border: round $frame-border-focus; padding: 0 1;
            border-title-color: $frame-title; border-title-style: bold;
            border-subtitle-color: $muted;
        }
        Horizontal { height: 1; margin: 0 0 1 0; }
        Label { width: 2; color: $accent; text-style: bold; }
        Input, Input:focus {
            border: none; padding: 0; height: 1; width: 1fr; background: transparent;
        }
        #effect { height: 1; margin: 1 0 0 0; }
        &.-short > Vertical { margin: 0; }
        &.-flat Horizontal, &.-flat #effect { margin: 0; }
    }
    """
    BINDINGS = [
        Binding("escape", "leave", "close", show=False),
        Binding("down,ctrl+n", "move(1)", "down", show=False, priority=True),
        Binding("up", "move(-1)", "up", show=False, priority=True),
        Binding("pagedown", "move(8)", "page down", show=False, priority=True),
        Binding("pageup", "move(-8)", "page up", show=False, priority=True),
        Binding("tab", "complete", "complete", show=False, priority=True),
    ]

    def __init__(self, screen: EcsScreen) -> None:
        """`screen`: whose verbs are offered."""
        super().__init__()
        self._below = screen
        self._offered: list[Entry] = []
        self._hits: list[Entry] = []
        self._theme_before = ""

    def compose(self) -> ComposeResult:
        """The line, the hits, the effect."""
        with Vertical() as frame:
            frame.border_title = "Commands"
            frame.border_subtitle = "↑↓ choose · ↵ run · tab complete · esc close"
            with Horizontal():
                yield Label(":", markup=False)
                yield OrderedInput(placeholder="a verb, a name, svc api, scale api 5, theme …")
            yield Picker(id="hits")
            yield SpanLines(id="effect")

    def on_mount(self) -> None:
        """Everything that there is."""
        shell = shell_of(self)
        self._theme_before = shell.theme
        self._offered = commands.entries(shell, self._below)
        self._find("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._find(event.value)

    def _find(self, text: str) -> None:
        typed = command_line.read(shell_of(self), text)
        hits = commands.find(self._offered, text.strip().removeprefix(":"))
        self._hits = hits if typed is None else [typed, *hits]
        self._draw()

    def _draw(self) -> None:
        picker = self.query_one(Picker)
        width = max(20, picker.size.width - 2)
        picker.set_items([_entry_line(entry, width) for entry in self._hits])
        self._show_effect()

    def on_resize(self, _event: events.Resize) -> None:
        """The lines have another width."""
        when_drawn(self, self._draw)

    @property
    def _entry(self) -> Entry | None:
        index = self.query_one(Picker).index
        return self._hits[index] if index < len(self._hits) else None

    def _show_effect(self) -> None:
        entry = self._entry
        effect: Line = (Span("nothing fits", "muted"),) if entry is None else entry.effect
        self.query_one("#effect", SpanLines).update([effect])
        shell = shell_of(self)
        if entry is not None and entry.preview is not None:
            entry.preview()
        elif shell.theme != self._theme_before:
            shell.try_theme(self._theme_before)

    def action_move(self, step: int) -> None:
        """Another hit."""
        self.query_one(Picker).move(step)
        self._show_effect()

    def action_complete(self) -> None:
        """Take over the title of the hit, to type on."""
        entry = self._entry
        if entry is not None and entry.kind in ("service", "cluster", "task definition"):
            field = self.query_one(Input)
            words = field.value.split()
            field.value = " ".join([*words[:-1], entry.title]) + " "
            field.cursor_position = len(field.value)

    def action_leave(self) -> None:
        """Nothing after all."""
        shell_of(self).try_theme(self._theme_before)
        self.dismiss()

    @on(Input.Submitted)
    @on(Picker.Clicked)
    def _choose(self) -> None:
        entry = self._entry
        if entry is None:
            return
        if entry.why_off:
            self.query_one("#effect", SpanLines).update([(Span(entry.why_off, "status.warning"),)])
            return
        shell_of(self).try_theme(self._theme_before)
        self.dismiss()
        # When the box is gone: what is chosen may open a screen or a dialog of its own.
        self.app.call_later(entry.run)


def _entry_line(entry: Entry, width: int) -> Line:
    role = "muted" if entry.why_off else ""
    right = (
        Span(pad(entry.kind, _KIND_CELLS), "muted"),
        Span(pad(entry.key, _KEY_CELLS, right=True), "frame.key"),
    )
    line = spread((Span(clean(entry.title), role),), right, width)
    return line if line_width(line) <= width else line[:1]
