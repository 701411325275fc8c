"""Panel: what stands around a pane: a border, a title, and texts at the other ends of the border.

Textual's borders have one title above and one below; this one writes two above, one at each end.
"""

from typing import Self

from textual import events
from textual.containers import Vertical
from textual.geometry import Region
from textual.markup import escape
from textual.widget import Widget

from ecstui.ui.text import cut_end, width_of

_CORNERS = 6
_MIN_FILL = 2


class Panel(Vertical):
    """A pane with a border, a title, and room for a text at the other end of the border."""

    DEFAULT_CSS = """
    Panel {
        border: round $frame-border; border-title-color: $frame-border;
        border-subtitle-color: $muted; border-subtitle-align: right;
        background: $background; height: 1fr;
    }
    Panel:focus-within {
        border: round $frame-border-focus; border-title-color: $frame-border-focus;
    }
    .-tiny Panel, .-flat Panel, .-tiny Panel:focus-within, .-flat Panel:focus-within {
        border: none; border-top: solid $frame-border;
    }
    """

    def __init__(
        self,
        *children: Widget,
        title: str = "",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`title`: what the pane is, in a word or two."""
        super().__init__(*children, id=id, classes=classes)
        self._title = title
        self._beside = ""
        self._below = ""
        self._written = ("", "")
        self._row_written: int | None = None

    def set_title(self, title: str, beside: str = "") -> None:
        """Title at the left, `beside` at the right of the upper border."""
        if (title, beside) != (self._title, self._beside):
            self._title, self._beside = title, beside
            self._write()

    def set_subtitle(self, text: str) -> None:
        """Text in the lower border."""
        if text != self._below:
            self._below = text
            self._write()

    def on_resize(self, _event: events.Resize) -> None:
        """The line between title and text has another length."""
        self._write()

    def on_mount(self) -> None:
        """Write what was given before there was a border."""
        self._write()

    def _write(self) -> None:
        room = self.outer_size.width - _CORNERS
        if room <= 0:
            return
        title = cut_end(self._title, room)
        fill = room - width_of(title) - width_of(self._beside) - 2
        text = f"[$frame-title bold]{escape(title)}[/]" if title else ""
        if self._beside and fill >= _MIN_FILL:
            text += f" {'─' * fill} [$muted]{escape(self._beside)}[/]"
        below = escape(cut_end(self._below, room))
        if text != self._written[0]:
            self._row_written = -1
            self.border_title = text
        if below != self._written[1]:
            self._row_written = self.outer_size.height - 2
            self.border_subtitle = below or None
        self._written = (text, below)
        self._row_written = None

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """As Textual does; but another title draws the border anew, and not all that is in it."""
        if self._row_written is not None and not regions:
            regions = (Region(-1, self._row_written, self.outer_size.width, 1),)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
