"""LogCanvas: draws the lines of a log store, live, with follow, pause, search, wrap and mute.

Taking lines in touches no pixel: the store is filled by whoever reads the containers, `touch` says
that there is more, and once per frame the view catches up. What stands on the screen is held by the
lines' own positions, so nothing moves under the reader while lines arrive or old ones go. It must
never drop a line: only the store does, and it counts.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import tzinfo
from time import perf_counter

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from ecstui.ui.log_drawing import LogLook, Times, draw_line, label_cells
from ecstui.ui.log_levels import ERROR, NAMES
from ecstui.ui.log_search import Finder, LineFilter, LineIndex
from ecstui.ui.log_status import LogStatus, Mode
from ecstui.ui.logstore import OWN_SOURCE, LogStore, Position, StoredLine
from ecstui.ui.roles import RoleStyles
from ecstui.ui.text import pad

FRAME_SECONDS = 0.1
SEARCH_SECONDS = 0.012
"""For so long in each frame lines are searched, so that keys are still answered."""
_MOST_SELECTED = 20_000


class LogCanvas(ScrollView, can_focus=True, inherit_bindings=False):
    """Draws a `LogStore`. Fill the store, then call `touch`."""

    ALLOW_SELECT = True
    DEFAULT_CSS = """
    LogCanvas {
        background: $background; color: $foreground;
        overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1;
    }
    """

    virtual_size: Reactive[Size] = Reactive(Size(0, 0), layout=False, repaint=False)
    """As in Widget, but a log that grows moves no neighbour: no layout, no repaint of it all."""

    class StatusChanged(Message):
        """Something that a title says about the view is different; at most once a frame."""

        def __init__(self, view: "LogCanvas", status: LogStatus) -> None:
            self.view = view
            self.status = status
            super().__init__()

        @property
        def control(self) -> "LogCanvas":
            """The view."""
            return self.view

    def __init__(
        self,
        store: LogStore,
        now: Callable[[], float],
        *,
        zone: tzinfo | None = None,
        empty_text: str = "No log lines yet.",
        frame_seconds: float = FRAME_SECONDS,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`now`: POSIX seconds, for ages; `zone`: for times, the machine's own by default.

        `frame_seconds`: what arrives by itself is drawn no more often; keys are answered at once.
        """
        super().__init__(id=id, classes=classes)
        self.store = store
        self.empty_text = empty_text
        self.labels: dict[str, str] = {}
        """What is written before a source's lines, by the source's name; else the name."""
        self.frame_seconds = frame_seconds
        self._now = now
        self._zone = zone
        self._times: Times = "clock"
        self._wrap = False
        self._json = False
        self._locked = True
        self._left = 0
        self._filter = LineFilter()
        self._hit: Position | None = None
        self._following = True
        self._paused = False
        self._anchor: Position | None = None
        self._is_moving = False
        self._is_due = False
        self._next_frame_at = 0.0
        self._index = LineIndex(store)
        self._hits: LineIndex | None = None
        self.errors = self._index_errors()
        self._look: LogLook | None = None
        self._strips: dict[tuple[int, bool], list[Strip]] = {}
        self._drawn: list[tuple[int, int]] = []
        self._screen_rows: list[tuple[int, int]] = []
        self._status: LogStatus | None = None

    # ---------------------------------------------------------------- state

    @property
    def status(self) -> LogStatus:
        """The view as a title describes it; its counts are as of the last frame."""
        return self._make_status()

    @property
    def following(self) -> bool:
        """Whether the view goes along with the newest line."""
        return self._following and not self._paused

    @property
    def paused(self) -> bool:
        """Whether the screen stands still while lines are taken in."""
        return self._paused

    @property
    def wrap(self) -> bool:
        """Whether long lines go on in the next row."""
        return self._wrap

    @wrap.setter
    def wrap(self, on: bool) -> None:
        self._wrap = on
        self._left = 0
        self._restyle()
        self.flush()

    @property
    def times(self) -> Times:
        """How each line's time is written."""
        return self._times

    @times.setter
    def times(self, times: Times) -> None:
        self._times = times
        self._restyle()

    @property
    def json(self) -> bool:
        """Whether lines of JSON are drawn as level, message and key=value."""
        return self._json

    @json.setter
    def json(self, on: bool) -> None:
        self._json = on
        self._restyle()

    @property
    def locked(self) -> bool:
        """Whether time and label stay when the text is read to the side."""
        return self._locked

    @locked.setter
    def locked(self, on: bool) -> None:
        self._locked = on
        self._restyle()

    @property
    def context(self) -> int:
        """How many lines are shown around each match while the others are hidden."""
        return self._filter.context

    @context.setter
    def context(self, lines: int) -> None:
        self._refilter(replace(self._filter, context=max(0, lines)))

    @property
    def least_level(self) -> int:
        """Lines below this level (see `log_levels`) are hidden."""
        return self._filter.least_level

    @least_level.setter
    def least_level(self, level: int) -> None:
        self._refilter(replace(self._filter, least_level=level))

    @property
    def form_words(self) -> tuple[str, ...]:
        """What is not drawn as it would be at first, for a title."""
        chosen = self._filter
        level = NAMES[chosen.least_level].upper()
        found = {
            f"{level}+" if chosen.least_level < ERROR else level: chosen.least_level > 0,
            "only matches": chosen.only_matches,
            f"±{chosen.context} lines": chosen.only_matches and chosen.context > 0,
            "json": self._json,
            "wrap": self._wrap,
            "column unlocked": not self._locked,
            f"from column {self._left + 1}": self._left > 0,
        }
        return tuple(words for words, holds in found.items() if holds)

    def set_label(self, source: str, label: str) -> None:
        """Write `label` before the lines of that source instead of its name."""
        self.labels[source] = label
        self._restyle()

    def mute(self, *sources: str) -> None:
        """Hide the lines of these sources and of no others; without names, show all."""
        muted = frozenset(self.store.source(name) for name in sources)
        self._refilter(replace(self._filter, muted=muted))

    @property
    def muted(self) -> frozenset[str]:
        """Names of the sources whose lines are hidden."""
        return frozenset(self.store.sources[number] for number in self._filter.muted)

    def find(self, wanted: str, *, regex: bool = False, only: bool | None = None) -> None:
        """Mark what is found and go to the newest; `only` hides all other lines, None leaves that.

        Nothing wanted ends the search. ValueError if it is not a regular expression.
        """
        finder = Finder(wanted, regex=regex) if wanted else None
        self._hit = None
        only_matches = finder is not None and (self._filter.only_matches if only is None else only)
        self._refilter(replace(self._filter, finder=finder, only_matches=only_matches))
        if self._hits is not None and len(self._hits):
            self.go_to(self._hits.position(len(self._hits) - 1))

    def pause(self, on: bool = True) -> None:
        """Let the screen stand still, or go on where it was left; lines are taken in either way."""
        self._paused = on
        self.store.held = on
        if on:
            self._anchor = self._top_position()
        self.flush()

    def follow(self, on: bool = True) -> None:
        """Go along with the newest line, or stay at the lines that are shown."""
        self._following = on
        if on:
            self._hit = None
            self.pause(False)
        else:
            self._anchor = self._top_position()
            self.flush()

    def _refilter(self, chosen: LineFilter) -> None:
        """Another choice of lines; the line at the top stays there if it is still shown."""
        if not self.following:
            self._anchor = self._top_position()
        self._filter = chosen
        self._index = LineIndex(self.store, sieve=chosen.shown)
        found = chosen.found
        self._hits = LineIndex(self.store, sieve=found) if found else None
        self.errors = self._index_errors()
        self._restyle()
        self.flush()

    def _index_errors(self) -> LineIndex:
        """The lines that report an error, among those shown."""
        shown = self._filter.shown
        muted = shown.muted | {OWN_SOURCE}
        sieve = replace(shown, muted=muted, least_level=ERROR, context=0)
        return LineIndex(self.store, sieve=sieve)

    def _restyle(self) -> None:
        """Draw the lines of the screen anew now, as a key may ask for it; more with the frame."""
        self._look = None
        self.refresh()
        self.touch()

    # ---------------------------------------------------------------- frames

    def touch(self) -> None:
        """The store has more, or something else is different: catch up with the next frame."""
        if self._is_due or not self.is_attached:
            return
        self._is_due = True
        wait = self._next_frame_at - asyncio.get_running_loop().time()
        if wait > 0:
            self.set_timer(wait, self.flush)
        else:
            self.call_later(self.flush)

    def flush(self) -> None:
        """Bring the screen up to date now."""
        self._is_due = False
        if not self.is_attached:
            return
        self._next_frame_at = asyncio.get_running_loop().time() + self.frame_seconds
        if not self._search():
            self.touch()
        self._scroll_into_place()
        if (rows := self._row_keys()) != self._drawn or not rows:
            self._drawn = rows
            self.refresh()
        status = self._make_status()
        if status != self._status:
            self._status = status
            self.post_message(self.StatusChanged(self, status))

    def _search(self) -> bool:
        """Look through lines for a while; true when all have been looked at."""
        until = perf_counter() + SEARCH_SECONDS

        def is_enough() -> bool:
            return perf_counter() > until

        indexes = (self._index, self._hits, self.errors)
        done = [index.refresh(is_enough=is_enough) for index in indexes if index is not None]
        return all(done)

    def _make_status(self) -> LogStatus:
        mode: Mode = "paused" if self._paused else "follow" if self._following else "scrolled"
        count = len(self._index)
        hits = self._hits
        return LogStatus(
            mode=mode,
            line_count=count,
            new_count=max(0, count - self._last_row() - 1) if mode != "follow" else 0,
            dropped_count=self.store.dropped_count,
            hit=self._hit_number(hits),
            hit_count=len(hits) if hits else 0,
            is_searching=hits is not None and not hits.is_complete,
        )

    def _hit_number(self, hits: LineIndex | None) -> int:
        if hits is None or self._hit is None:
            return 0
        row = hits.row_of(self._hit)
        return row + 1 if row < len(hits) and hits.position(row) == self._hit else 0

    @property
    def _height(self) -> int:
        return max(1, self.scrollable_content_region.height)

    def _scroll_into_place(self) -> None:
        """Set the scroll bar's range and put the right line at the top."""
        count = len(self._index)
        tail = self._lines_at_end() if self._wrap else min(count, self._height)
        self._is_moving = True
        self.virtual_size = Size(self.size.width, count - tail + self._height)
        if self.following:
            self.scroll_to(y=self.max_scroll_y, animate=False)
        elif self._anchor is not None:
            self.scroll_to(y=self._index.row_of(self._anchor), animate=False)
        self._is_moving = False

    def _lines_at_end(self) -> int:
        """How many of the last lines fill the screen when they are wrapped."""
        rows, lines = 0, 0
        count = len(self._index)
        while lines < count and rows < self._height:
            lines += 1
            rows += len(self._rows_of(self._index.line(count - lines)))
        return lines

    def _top_position(self) -> Position | None:
        row = self.scroll_offset.y
        return self._index.position(row) if 0 <= row < len(self._index) else None

    def _last_row(self) -> int:
        """Row of the last line that is on the screen."""
        if not self._wrap:
            return min(len(self._index), self.scroll_offset.y + self._height) - 1
        return self._shown()[-1][0] if self._shown() else -1

    def _shown(self) -> list[tuple[int, int]]:
        """The screen from top to bottom: the row of the line, and which of its wrapped rows."""
        top, count = self.scroll_offset.y, len(self._index)
        if not self._wrap:
            return [(row, 0) for row in range(top, min(count, top + self._height))]
        shown: list[tuple[int, int]] = []
        for row in range(top, count):
            shown += [(row, part) for part in range(len(self._rows_of(self._index.line(row))))]
            if len(shown) >= self._height and top < self.max_scroll_y:
                break
        # At the end the last row is what must be seen, so the first line may lose its beginning.
        return shown[-self._height :] if top >= self.max_scroll_y else shown[: self._height]

    def _row_keys(self) -> list[tuple[int, int]]:
        return [(self._index.position(row).sequence, part) for row, part in self._shown()]

    # ---------------------------------------------------------------- drawing

    def watch_virtual_size(self, _old: Size, new: Size) -> None:
        """What a layout would have done: set the scrollbar."""
        self._scroll_update(new)

    def notify_style_update(self) -> None:
        """Another theme: nothing that was drawn holds."""
        super().notify_style_update()
        self._restyle()

    def on_mount(self) -> None:
        """Draw what is in the store already; ages are drawn anew from time to time."""
        self.set_interval(1.0, self._tick)
        self.flush()

    def _tick(self) -> None:
        if self._times == "age" and not self._paused and self.screen.is_current:
            self._restyle()

    def on_resize(self) -> None:
        """More or fewer rows fit."""
        self._restyle()
        self.flush()

    def _current_look(self) -> LogLook:
        width = self.scrollable_content_region.width
        names = self.store.sources
        if self._look is None or self._look.width != width or len(self._look.labels) != len(names):
            labels = [self.labels.get(name, name) for name in names]
            roles = RoleStyles(self.app.theme_variables)
            self._look = LogLook(
                width, self.rich_style, roles, self._times, self._zone, self._wrap, self._left,
                labels, label_cells(labels), self._filter.finder, self._json, self._locked,
            )  # fmt: skip
            self._strips.clear()
        return self._look

    def _rows_of(self, line: StoredLine) -> list[Strip]:
        look = self._current_look()
        is_hit = self._hit == line.position
        rows = self._strips.get((line.sequence, is_hit))
        if rows is None:
            if len(self._strips) > 20 * self._height:
                self._strips.clear()
            rows = draw_line(line, look, self._now(), is_hit=is_hit)
            self._strips[line.sequence, is_hit] = rows
        return rows

    def render_lines(self, crop: Region) -> list[Strip]:
        """Look up what is on the screen once, then draw its rows."""
        self._current_look()
        self._screen_rows = self._shown()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        look = self._current_look()
        if y >= len(self._screen_rows):
            empty = self.empty_text if y == 1 and not len(self._index) else ""
            if empty and len(self.store):
                empty = "No line passes the filter."
            text = pad(f" {empty}", look.width)
            return Strip([Segment(text, look.base + look.roles["muted"])], look.width)
        row, part = self._screen_rows[y]
        strip = self._rows_of(self._index.line(row))[part]
        if self._wrap:
            return strip
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(row)) is not None:
            strip = self._with_selection(strip, span)
        return strip.apply_offsets(0, row)

    def _with_selection(self, strip: Strip, span: tuple[int, int]) -> Strip:
        start, end = span
        end = strip.cell_length if end == -1 else min(end, strip.cell_length)
        start = min(start, end)
        style = self.screen.get_component_rich_style("screen--selection")
        before, inside, after = strip.crop(0, start), strip.crop(start, end), strip.crop(end)
        return Strip.join([before, inside.apply_style(style), after])

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text under the selection, as it is drawn."""
        start, end = selection.start, selection.end
        first = start.y if start is not None else 0
        last = min(len(self._index), first + _MOST_SELECTED if end is None else end.y + 1)
        rows = range(first, min(last, first + _MOST_SELECTED))
        lines = [self._rows_of(self._index.line(row))[0].text.rstrip() for row in rows]
        return selection.extract("\n" * first + "\n".join(lines)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw the selection."""
        self.refresh()

    # ---------------------------------------------------------------- moving about

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scrolling up leaves the end, scrolling down to it goes along again."""
        super().watch_scroll_y(old_value, new_value)
        if self._is_moving or round(old_value) == round(new_value):
            return
        self._following = new_value >= self.max_scroll_y
        self._anchor = self._top_position()
        self.touch()

    def go_to(self, position: Position) -> None:
        """Put the line with that position into the upper third of the screen."""
        self._hit = position
        self._following = False
        row = self._index.row_of(position)
        top = self.scroll_offset.y
        if not top <= row < top + self._height or self._wrap:
            self._is_moving = True
            self.scroll_to(y=max(0, row - self._height // 3), animate=False)
            self._is_moving = False
        self._anchor = self._top_position()
        self._drawn = []
        self.flush()

    @property
    def current_row(self) -> int | None:
        """The row of the line that was gone to; without one the last on the screen, or the first.

        None where there is no line.
        """
        count = len(self._index)
        if self._hit is not None:
            row = self._index.row_of(self._hit)
            if row < count and self._index.position(row) == self._hit:
                return row
        row = self._last_row() if self.following else self.scroll_offset.y
        return row if 0 <= row < count else None
