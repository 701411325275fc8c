"""What a command in a container wrote, and how it ended: to read, as it comes.

It shows text, whatever the bytes were: nothing of it reaches the terminal as anything else.
"""

from codecs import getincrementaldecoder
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import RichLog

from ecstui.ui.modals.dialog import Dialog
from ecstui.ui.presence import is_closing
from ecstui.ui.shell import shell_of
from ecstui.ui.text import clean, cut_end

if TYPE_CHECKING:
    from collections.abc import Callable

_TITLE_CELLS = 90


class CommandOutput(Dialog[None]):
    """The output; `add` to it, then say its `end`."""

    DEFAULT_CSS = """
    CommandOutput {
        & > .frame { width: 100%; height: 80%; padding: 0 1; }
        RichLog { background: $surface; height: 1fr; scrollbar-size-vertical: 1; }
    }
    """
    BINDINGS: ClassVar = [
        Binding("q,enter", "cancel", "close", show=False),
        Binding("c", "copy", "copy", show=False),
    ]

    def __init__(self, title: str) -> None:
        """`title`: what runs where."""
        super().__init__()
        self.on_close: Callable[[], object] | None = None
        """Called when nobody looks any more."""
        self.state = "runs…"
        self.text = ""
        self._title = cut_end(title, _TITLE_CELLS)
        self._decoder = getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""
        self._waiting: list[str] = []
        self._has_log = False

    def compose(self) -> ComposeResult:
        """The lines."""
        with Vertical(classes="frame") as frame:
            frame.border_title = Text(self._title)
            yield RichLog(wrap=True, markup=False, min_width=1)

    def on_mount(self) -> None:
        """Show what came before there was anything to show it on."""
        self._has_log = True
        self._show()
        self.query_one(RichLog).focus()

    def on_unmount(self) -> None:
        """Nobody looks any more."""
        self._has_log = False
        if self.on_close is not None:
            self.on_close()

    def add(self, data: bytes) -> None:
        """Some more of what it wrote."""
        *lines, self._rest = (self._rest + self._decoder.decode(data)).split("\n")
        self._put(lines)

    def end(self, words: str) -> None:
        """It has ended, so."""
        rest = self._rest + self._decoder.decode(b"", final=True)
        self._rest = ""
        self._put([rest] if rest else [])
        self.state = words
        self._show()

    def _put(self, lines: list[str]) -> None:
        cleaned = [clean(line.rstrip("\r").expandtabs()) for line in lines]
        self.text += "".join(f"{line}\n" for line in cleaned)
        self._waiting += cleaned
        self._show()

    def _show(self) -> None:
        if not self._has_log or is_closing(self):
            return
        log = self.query_one(RichLog)
        if self._waiting:
            log.write(Text("\n".join(self._waiting)))
            self._waiting = []
        self.query_one(".frame").border_subtitle = f"{self.state} · c copies · esc closes"

    def action_copy(self) -> None:
        """Copy all of it."""
        shell_of(self).copy(self.text, "output")
