"""SpanLines: lines made of spans with roles, for everything that is text but not a table.

Given new lines it refreshes those that differ and no others. It never reads markup: a name with
brackets in it is drawn as it is.
"""

from collections.abc import Callable, Sequence
from itertools import takewhile

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from ecstui.ui.roles import RoleStyles
from ecstui.ui.row_drawing import fit_spans
from ecstui.ui.table import Cell, Span
from ecstui.ui.text import width_of


class SpanLines(Widget):
    """Lines of text in roles; as high as it has lines, unless CSS gives it a height."""

    DEFAULT_CSS = "SpanLines { height: auto; width: 1fr; }"

    def __init__(
        self,
        lines: Sequence[Cell] = (),
        *,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`lines`: what it shows at first."""
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Cell, ...] = tuple(lines)
        self._drawn: tuple[Cell, ...] | None = None
        self._drawn_width = 0
        self._roles: RoleStyles | None = None
        self._base = Style.null()

    def update(self, lines: Sequence[Cell]) -> None:
        """Show these lines."""
        self._lines = tuple(lines)
        self.refresh_changed()

    def make_lines(self, width: int) -> Sequence[Cell]:
        """The lines for a width; widgets that draw something of their own override this."""
        return self._lines

    def refresh_changed(self) -> None:
        """Make the lines anew and refresh those that are not as they were drawn."""
        if not self.is_attached:
            return
        old, new = self._drawn, tuple(self.make_lines(self.size.width))
        if old is None or len(old) != len(new):
            self._drawn = None
            self.refresh(layout=True)
            return
        self._drawn = new
        width = self.size.width
        different = [
            Region(start, y, end - start, 1)
            for y, (was, now) in enumerate(zip(old, new, strict=True))
            if was != now
            for start, end in [changed_cells(was, now, width)]
        ]
        if different:
            self.refresh(*different)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as there are lines."""
        return len(self.make_lines(width))

    def notify_style_update(self) -> None:
        """Another theme: roles look different."""
        super().notify_style_update()
        self._roles = None

    def render_line(self, y: int) -> Strip:
        """One line, cut or filled to the width."""
        width = self.size.width
        if self._drawn is None or width != self._drawn_width:
            self._drawn, self._drawn_width = tuple(self.make_lines(width)), width
        if self._roles is None:
            self._roles, self._base = RoleStyles(self.app.theme_variables), self.rich_style
        if y >= len(self._drawn):
            return Strip.blank(width, self._base)
        return spans_strip(self._drawn[y], width, self._base, self._roles)


class FittedLines(SpanLines):
    """Lines that are made for the cells that there are, again whenever there are others."""

    DEFAULT_CSS = "FittedLines { height: 1fr; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Empty at first."""
        super().__init__(id=id, classes=classes)
        self._make: Callable[[int, int], Sequence[Cell]] = lambda _width, _height: ()

    def show(self, make: Callable[[int, int], Sequence[Cell]]) -> None:
        """Show what `make` gives for a width and a height in cells."""
        self._make = make
        self.refresh_changed()

    def on_resize(self) -> None:
        """Other lines may fit now."""
        self.refresh_changed()

    def make_lines(self, width: int) -> Sequence[Cell]:
        """What fits; nothing before the widget has a size."""
        height = self.size.height
        return self._make(width, height) if width and height else ()


def changed_cells(was: Cell, now: Cell, width: int) -> tuple[int, int]:
    """The first cell in which two lines of `width` cells differ, and the one after the last."""
    old, new = _signs(was), _signs(now)
    old_width, new_width = _width(old), _width(new)
    if max(old_width, new_width) > width:
        return 0, width
    start = _width(_common(old, new))
    if old_width != new_width:
        return start, width
    return start, max(start, new_width - _width(_common(old[::-1], new[::-1])))


_Signs = list[tuple[str, str]]
"""Characters with their roles."""


def _common(old: _Signs, new: _Signs) -> _Signs:
    pairs = zip(old, new, strict=False)
    return [sign for sign, other in takewhile(lambda pair: pair[0] == pair[1], pairs)]


def _width(signs: _Signs) -> int:
    return width_of("".join(sign for sign, _ in signs))


def _signs(cell: Cell) -> _Signs:
    spans = (Span(cell),) if isinstance(cell, str) else cell
    return [(sign, span.role) for span in spans for sign in span.text]


def spans_strip(cell: Cell, width: int, base: Style, roles: RoleStyles) -> Strip:
    """A cell as one line of exactly that width."""
    spans = (Span(cell),) if isinstance(cell, str) else cell
    segments = [Segment(span.text, base + roles[span.role]) for span in fit_spans(spans, width)]
    return Strip(segments).adjust_cell_length(width, base)
