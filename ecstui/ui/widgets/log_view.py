"""LogView: the keys of a log: moving about, searching, levels, and how lines are drawn.

What it draws and when, `LogCanvas` knows; here is what each key means. It asks nothing and opens
nothing: what needs a dialog belongs to the screen.
"""

from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType

from ecstui.ui.log_drawing import Times
from ecstui.ui.log_levels import ERROR, INFO, NONE, WARN
from ecstui.ui.log_search import LineIndex
from ecstui.ui.logstore import Position, StoredLine
from ecstui.ui.preset_k9s import PRESET
from ecstui.ui.widgets.log_canvas import LogCanvas

SIDE_STEP = 8
_TIMES: tuple[Times, ...] = ("clock", "utc", "age", "off")
_LEVEL_STEPS = (NONE, INFO, WARN, ERROR)


class LogView(LogCanvas):
    """Draws a `LogStore` and knows its keys. Fill the store, then call `touch`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *PRESET.bindings(
            "logs.pause", "logs.follow", "text.wrap", "logs.times", "logs.levels", "logs.errors",
            "logs.next_error", "logs.all_sources", "logs.clear", "logs.json", "logs.lock",
            "logs.more_context", "logs.less_context", "text.next_match", "text.previous_match",
            "text.only_matches", "text.down", "text.up", "text.left", "text.right",
            "logs.far_left", "logs.far_right", "logs.line_start", "text.top", "text.bottom",
            "text.page_down", "text.page_up", "text.half_down", "text.half_up",
        )
    ]  # fmt: skip

    @property
    def current_line(self) -> StoredLine | None:
        """The line that was gone to, or else the last on the screen (the first when scrolled)."""
        row = self.current_row
        return None if row is None else self._index.line(row)

    def step_line(self, step: int) -> StoredLine | None:
        """Go to the line below (1) the present one, or above it (-1), and say which it is."""
        row = self.current_row
        if row is None:
            return None
        row = min(max(0, row + step), len(self._index) - 1)
        self.go_to(self._index.position(row))
        return self._index.line(row)

    def go_to_time(self, at: float) -> bool:
        """Go to the first line not before `at` (POSIX seconds); false if all are before it."""
        row = self._index.row_of(Position(at, 0))
        if row >= len(self._index):
            return False
        self.go_to(self._index.position(row))
        return True

    @property
    def oldest_at(self) -> float | None:
        """POSIX seconds of the oldest line that is kept; None without lines."""
        chunks = self.store.chunks
        return chunks[0].at[0] if chunks else None

    def last_lines(self, count: int) -> list[StoredLine]:
        """The last lines of those shown, down to the end of the screen."""
        last = self._last_row() + 1
        return [self._index.line(row) for row in range(max(0, last - count), last)]

    def shown_lines(self) -> LineIndex:
        """What is shown, as an index of its own; not looked through yet."""
        return LineIndex(self.store, sieve=self._filter.shown)

    def _step_hit(self, step: int) -> None:
        """To the next match (1) or the one before (-1), round the ends."""
        hits = self._hits
        if hits is None or not len(hits):
            return
        here = self._hit or self._top_position() or Position(0.0, 0)
        row = hits.row_of(here)
        if self._hit is not None or step < 0:
            row += step
        self.go_to(hits.position(row % len(hits)))

    def action_next_match(self) -> None:
        """To the next line that was found."""
        self._step_hit(1)

    def action_previous_match(self) -> None:
        """To the line found before."""
        self._step_hit(-1)

    def action_next_error(self) -> None:
        """To the next line below that reports an error; from the end, to the first one."""
        errors = self.errors
        if not len(errors):
            return
        here = self._top_position() or Position(0.0, 0)
        row = errors.row_of(self._hit or here)
        if self._hit is not None and row < len(errors) and errors.position(row) == self._hit:
            row += 1
        self.go_to(errors.position(row % len(errors)))

    def action_pause(self) -> None:
        """Pause, or go on."""
        self.pause(not self._paused)

    def action_follow(self) -> None:
        """Follow, or stop following."""
        self.follow(not self.following)

    def action_wrap(self) -> None:
        """Wrap long lines, or not."""
        self.wrap = not self.wrap

    def action_times(self) -> None:
        """The next way to write times."""
        self.times = _TIMES[(_TIMES.index(self._times) + 1) % len(_TIMES)]

    def action_errors(self) -> None:
        """Only errors and warnings, or all."""
        self.least_level = NONE if self.least_level == WARN else WARN

    def action_levels(self) -> None:
        """Hide debug lines, then all below warnings, then all but errors, then nothing."""
        self.least_level = _LEVEL_STEPS[(_LEVEL_STEPS.index(self.least_level) + 1) % 4]

    def action_json(self) -> None:
        """Lines of JSON as level, message and key=value, or as they came."""
        self.json = not self.json

    def action_lock(self) -> None:
        """Keep time and source in place while the text is read to the side, or not."""
        self.locked = not self.locked

    def action_more_context(self) -> None:
        """One line more around each match, where only matches are shown."""
        self.context += 1

    def action_less_context(self) -> None:
        """One line less around each match."""
        self.context -= 1

    def action_only_matches(self) -> None:
        """Only lines that were found, or all with the found ones marked."""
        if self._filter.finder is not None:
            self._refilter(replace(self._filter, only_matches=not self._filter.only_matches))

    def action_all_sources(self) -> None:
        """Show muted sources again."""
        self.mute()

    def action_clear(self) -> None:
        """Forget the lines that are here; new ones still arrive."""
        self.store.clear()
        self._anchor = self._hit = None
        self.touch()

    def action_down(self) -> None:
        """One line down."""
        self._scroll_by(1)

    def action_up(self) -> None:
        """One line up."""
        self._scroll_by(-1)

    def action_page_down(self) -> None:
        """One page down."""
        self._scroll_by(self._height)

    def action_page_up(self) -> None:
        """One page up."""
        self._scroll_by(-self._height)

    def action_half_down(self) -> None:
        """Half a page down."""
        self._scroll_by(self._height // 2)

    def action_half_up(self) -> None:
        """Half a page up."""
        self._scroll_by(-(self._height // 2))

    def action_top(self) -> None:
        """To the oldest line."""
        self.scroll_to(y=0, animate=False)

    def action_bottom(self) -> None:
        """To the newest line, and along with it."""
        self.follow()

    def action_left(self) -> None:
        """Long lines from further left."""
        self._shift(-SIDE_STEP)

    def action_right(self) -> None:
        """Long lines from further right."""
        self._shift(SIDE_STEP)

    def action_far_left(self) -> None:
        """Long lines from half a screen further left."""
        self._shift(-max(SIDE_STEP, self.size.width // 2))

    def action_far_right(self) -> None:
        """Long lines from half a screen further right."""
        self._shift(max(SIDE_STEP, self.size.width // 2))

    def action_line_start(self) -> None:
        """Long lines from their beginning."""
        self._shift(-self._left)

    def _scroll_by(self, lines: int) -> None:
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False)

    def _shift(self, columns: int) -> None:
        if not self._wrap:
            self._left = max(0, self._left + columns)
            self._restyle()
