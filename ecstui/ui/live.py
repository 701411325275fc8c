"""LiveTable: a table over rows that change all the time, which sends only the cells that differ.

Writing a row costs one dictionary entry, wherever the row stands. Once per frame the table looks at
the rows on the screen, compares their cells with what was drawn, and refreshes the regions that are
different. The cursor stays on its row, not on its place. It must never clear and refill itself, and
it never decides what a row means: columns do (`ecstui.ui.table`).
"""

import asyncio
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Generic, Literal, cast

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ecstui.ui.flashes import Flashes
from ecstui.ui.glyphs import CURSOR, DOWN_ARROW, MARK, UP_ARROW
from ecstui.ui.live_messages import TableMessages
from ecstui.ui.preset_k9s import PRESET
from ecstui.ui.roles import RoleStyles
from ecstui.ui.row_drawing import GUTTER, header_strip, row_segments, skeleton_strip, text_strip
from ecstui.ui.table import (
    Cell,
    Column,
    K,
    R,
    Slot,
    TableModel,
    empty_words,
    lay_out,
    lay_out_wide,
)
from ecstui.ui.text import number

if TYPE_CHECKING:
    from textual.timer import Timer

FRAME_SECONDS = 0.1
FLASH_SECONDS = 0.6
QUIET_SECONDS = 1.0
"""Rows keep their places until this long after the last key, so that none jumps under a finger."""
_HEADER = 1

Phase = Literal["loading", "ready", "failed"]


class LiveTable(ScrollView, TableMessages, Generic[K, R], can_focus=True, inherit_bindings=False):
    """Rows of type R by keys of type K. Put it in the layout, then `put`, `drop` and `resync`."""

    DEFAULT_CSS = """
    LiveTable {
        background: $background; color: $foreground;
        overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *PRESET.bindings(
            "list.open", "list.mark", "list.mark_range", "list.mark_all", "list.down", "list.up",
            "list.top", "list.bottom", "list.page_down", "list.page_up",
            "list.sort_left", "list.sort_right", "list.sort_reverse",
        )
    ]  # fmt: skip

    virtual_size: Reactive[Size] = Reactive(Size(0, 0), layout=False, repaint=False)
    """As in Widget, but a table that grows moves no neighbour: no layout, no repaint of it all."""

    def __init__(
        self,
        columns: Sequence[Column[R]],
        now: Callable[[], float],
        *,
        search: Callable[[R], str] | None = None,
        sort: str = "",
        empty_text: str = "Nothing here.",
        follow_top: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`now`: POSIX seconds for ages. `follow_top`: a cursor on the first row stays first."""
        super().__init__(id=id, classes=classes)
        self.model: TableModel[K, R] = TableModel(tuple(columns), search)
        if sort:
            self.model.sort_by(sort)
        self.empty_text = empty_text
        self.follow_top = follow_top
        self._now = now
        self._phase: Phase = "ready"
        self._phase_text = ""
        self._cursor_key: K | None = None
        self._cursor = 0
        self._is_moved = False
        self._quiet_at = 0.0
        self._next_frame_at = 0.0
        self._is_due = False
        self._slots: list[Slot[R]] = []
        self._slots_width = -1
        self._pan: int | None = None
        self._cells: dict[K, tuple[Cell, ...]] = {}
        self._strips: dict[K, Strip] = {}
        self._flashes: Flashes[K] = Flashes(FLASH_SECONDS)
        self._flash_timer: Timer | None = None
        self._roles = RoleStyles({})
        self._base = Style.null()
        self._is_state_stale = True

    # ---------------------------------------------------------------- rows

    def put(self, key: K, row: R) -> None:
        """Add or replace a row; drawn with the next frame if it is on the screen."""
        self.model.put(key, row)
        self._touch()

    def drop(self, key: K) -> None:
        """Take a row away."""
        self.model.drop(key)
        self._touch()

    def resync(self, rows: Mapping[K, R]) -> None:
        """Become exactly these rows; rows that are equal are not touched."""
        self.model.resync(rows)
        self._touch()

    def show_phase(self, phase: Phase, text: str = "") -> None:
        """Without rows, `loading` draws a skeleton and `failed` draws `text`."""
        if (phase, text) != (self._phase, self._phase_text):
            self._phase, self._phase_text = phase, text
            self.refresh()

    # ---------------------------------------------------------------- what is shown

    def set_filter(self, text: str) -> None:
        """Show rows that hold every word of `text`; a word after `!` must not be in them."""
        self.model.set_filter(text)
        self.flush(at_once=True)

    def set_keep(self, keep: Callable[[R], bool] | None) -> None:
        """Show only rows for which `keep` is true; None shows all."""
        self.model.set_keep(keep)
        self.flush(at_once=True)

    def sort(self, column_key: str, *, descending: bool | None = None) -> None:
        """Sort by a column; by the same one again turns the order round."""
        self.model.sort_by(column_key, descending=descending)
        self.flush(at_once=True)

    @property
    def cursor_key(self) -> K | None:
        """The key of the row under the cursor."""
        return self._cursor_key

    @property
    def cursor_row(self) -> R | None:
        """The row under the cursor."""
        return None if self._cursor_key is None else self.model.rows.get(self._cursor_key)

    @property
    def selection(self) -> list[K]:
        """What a verb applies to: the marked rows, or the one under the cursor."""
        return self.model.marked() or ([] if self._cursor_key is None else [self._cursor_key])

    @property
    def summary(self) -> str:
        """Counts for the title: `12`, `4 of 12`, `12 · 2 marked`."""
        shown, total = len(self.model.order), len(self.model.rows)
        text = number(total) if shown == total else f"{number(shown)} of {number(total)}"
        return f"{text} · {len(self.model.marks)} marked" if self.model.marks else text

    @property
    def sort_summary(self) -> str:
        """The order for the frame: `age ↓`; empty if unsorted."""
        titles = {column.key: column.title for column in self.model.columns}
        title = titles.get(self.model.sort_key, "").lower()
        return f"{title} {self._arrow}" if title else ""

    @property
    def _arrow(self) -> str:
        return DOWN_ARROW if self.model.descending else UP_ARROW

    @property
    def pan(self) -> int | None:
        """None: the columns that fit; else all at full width, so many left out after the first."""
        return self._pan

    @pan.setter
    def pan(self, pan: int | None) -> None:
        most = len(self.model.columns) - 2
        self._pan = None if pan is None else max(0, min(pan, most))
        self._slots_width = -1
        self.refresh()

    def group_by(self, title: str, group: Callable[[R], str] | None) -> None:
        """Keep rows of the same group together; None ends that."""
        self.model.group_by(title, group)
        self._slots_width = -1
        self.refresh()
        self.flush(at_once=True)

    # ---------------------------------------------------------------- frames

    def on_mount(self) -> None:
        """Draw what was put before there was a screen, and let ages grow."""
        self.set_interval(1.0, self._tick)
        self.flush(at_once=True)

    def _report(self, kind: type[TableMessages.TableMessage]) -> None:
        self.post_message(kind(cast("LiveTable[Hashable, object]", self), self._cursor_key))

    def _touch(self) -> None:
        if self._is_due or not self.is_attached:
            return
        self._is_due = True
        wait = self._next_frame_at - asyncio.get_running_loop().time()
        if wait > 0:
            self.set_timer(wait, self.flush)
        else:
            self.call_later(self.flush)

    def _tick(self) -> None:
        if self.is_attached and self.screen.is_current:
            self.model.changed.update(self._keys_on_screen())
            self._touch()

    def flush(self, *, at_once: bool = False) -> None:
        """Bring the screen up to date now; `at_once` re-sorts even just after a key."""
        self._is_due = False
        if not self.is_attached:
            return
        started = asyncio.get_running_loop().time()
        if self._slots_width != self.scrollable_content_region.width:
            # What was drawn is about to be forgotten, but may still be on the screen.
            self.refresh()
        if self.model.is_stale:
            if at_once or started >= self._quiet_at:
                self._reorder()
            else:
                self.set_timer(self._quiet_at - started, self._touch)
        self._patch(started)
        took = asyncio.get_running_loop().time() - started
        if self.model.order:  # The first rows wait for nothing.
            # A huge table re-sorts less often: it must never take more than a tenth of the time.
            self._next_frame_at = started + max(FRAME_SECONDS, 10 * took)
        if self._is_state_stale:
            self._is_state_stale = False
            self._report(self.StateChanged)

    def _keys_on_screen(self) -> list[K]:
        top = self.scroll_offset.y
        return self.model.order[top : top + self._page]

    @property
    def _page(self) -> int:
        return max(1, self.scrollable_content_region.height - _HEADER)

    def _reorder(self) -> None:
        """Make the order anew and refresh the lines that hold another row than before."""
        before, top = self._keys_on_screen(), self.scroll_offset.y
        was_empty = not self.model.order
        self.model.rebuild()
        count = len(self.model.order)
        self.virtual_size = Size(self.size.width, count + _HEADER)
        self._is_state_stale = True
        self._follow_cursor(top)
        after = self._keys_on_screen()
        if was_empty or not after or self.scroll_offset.y != top:
            self.refresh()
            return
        width = self.size.width
        lines = max(len(before), len(after))
        moved = [
            Region(0, _HEADER + line, width, 1)
            for line in range(lines)
            if before[line : line + 1] != after[line : line + 1]
        ]
        self.refresh(Region(0, 0, width, 1), *moved)

    def _follow_cursor(self, top: int) -> None:
        """Keep the cursor on its row and, where there is room to scroll, the row in its line."""
        order = self.model.order
        at_top = not self._is_moved or (self.follow_top and self._cursor == 0)
        place = -1
        if self._cursor_key is not None and not at_top:
            place = self.model.place_of(self._cursor_key)
        if place >= 0:
            if top > 0:
                self.scroll_to(y=top + place - self._cursor, animate=False)
            self._cursor = place
            return
        self._cursor = 0 if at_top else max(0, min(self._cursor, len(order) - 1))
        self._set_cursor_key(order[self._cursor] if order else None)

    def _set_cursor_key(self, key: K | None) -> None:
        if key != self._cursor_key:
            self._cursor_key = key
            self._report(self.Highlighted)

    def _patch(self, started: float) -> None:
        """Refresh the cells on the screen that are not as they were drawn."""
        changed = self.model.changed
        if not changed:
            return
        regions: list[Region] = []
        for line, key in enumerate(self._keys_on_screen()):
            if key in changed:
                regions += self._changed_cells(key, _HEADER + line, started)
        for key in changed.difference(self._keys_on_screen()):
            self._strips.pop(key, None)
            self._cells.pop(key, None)
        changed.clear()
        if regions:
            self.refresh(*regions)

    def _changed_cells(self, key: K, y: int, started: float) -> list[Region]:
        # First the layout: another width forgets what was drawn, column by column.
        slots = self._layout()
        row = self.model.rows.get(key)
        drawn = self._cells.get(key)
        if row is None or drawn is None:
            return []
        now = self._now()
        cells = tuple(slot.column.cell(row, now) for slot in slots)
        regions = []
        for slot, old, new in zip(slots, drawn, cells, strict=True):
            if old != new:
                regions.append(Region(slot.x, y, slot.width, 1))
                if slot.column.flash and self.app.animation_level != "none":
                    self._flash(key, slot.column.key, started)
        if regions:
            self._cells[key] = cells
            self._strips.pop(key, None)
        return regions

    def _flash(self, key: K, column_key: str, started: float) -> None:
        self._flashes.light(key, column_key, started)
        if self._flash_timer is None:
            self._flash_timer = self.set_timer(FLASH_SECONDS, self._end_flashes)

    def _end_flashes(self) -> None:
        now = asyncio.get_running_loop().time()
        top = self.scroll_offset.y
        slots = {slot.column.key: slot for slot in self._layout()}
        for key, column_key in self._flashes.put_out(now):
            self._strips.pop(key, None)
            line, slot = self.model.place_of(key) - top, slots.get(column_key)
            if slot is not None and 0 <= line < self._page:
                self.refresh(Region(slot.x, _HEADER + line, slot.width, 1))
        wait = self._flashes.wait(now)
        self._flash_timer = None if wait is None else self.set_timer(wait, self._end_flashes)

    # ---------------------------------------------------------------- drawing

    def watch_virtual_size(self, _old: Size, new: Size) -> None:
        """What a layout would have done: set the scrollbar."""
        self._scroll_update(new)

    def notify_style_update(self) -> None:
        """Another theme or another CSS class: nothing that was drawn holds."""
        super().notify_style_update()
        self._slots_width = -1

    def _layout(self) -> list[Slot[R]]:
        width = self.scrollable_content_region.width
        if width != self._slots_width:
            self._slots_width = width
            gap = 2 if width >= 100 else 1
            columns, room = self.model.columns, width - GUTTER - 1
            if self._pan is None:
                self._slots = lay_out(columns, room, x=GUTTER, gap=gap)
            else:
                self._slots = lay_out_wide(columns, room, self._pan, x=GUTTER, gap=gap)
            self._roles = RoleStyles(self.app.theme_variables)
            self._base = self.rich_style
            self._strips.clear()
            self._cells.clear()
        return self._slots

    def render_lines(self, crop: Region) -> list[Strip]:
        """Look up places and styles once, then draw the lines."""
        self._layout()
        if len(self._strips) > 8 * self._page:
            self._strips.clear()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line: the header, a row, or what stands where rows would be."""
        width = self.scrollable_content_region.width
        if y < _HEADER:
            style = self._base + self._roles["table.header"]
            arrow = self._arrow
            return header_strip(self._layout(), self.model.sort_key, arrow, width, style)
        place = self.scroll_offset.y + y - _HEADER
        order = self.model.order
        if place < len(order):
            return self._row_strip(order[place], place == self._cursor, width)
        if order:
            return Strip.blank(width, self._base)
        return self._empty_strip(y - _HEADER, width)

    def _row_strip(self, key: K, is_cursor: bool, width: int) -> Strip:
        if not is_cursor and (strip := self._strips.get(key)) is not None:
            return strip
        line = self._base
        if is_cursor:
            line += self._roles["table.cursor" if self.has_focus else "table.cursor_blurred"]
        row = self.model.rows.get(key)
        if row is None:
            return Strip.blank(width, line)
        now = self._now()
        cells = tuple(slot.column.cell(row, now) for slot in self._layout())
        self._cells[key] = cells
        flashing = self._flashes.columns_of(key)
        front = [
            Segment(CURSOR if is_cursor else " ", line + self._roles["table.bar"]),
            Segment(MARK if key in self.model.marks else " ", line + self._roles["table.mark"]),
            Segment(" " * (GUTTER - 2), line),
        ]
        segments = front + row_segments(self._layout(), cells, line, self._roles, flashing)
        # Fewer runs are fewer bytes on the line to the terminal.
        strip = Strip(Segment.adjust_line_length(segments, width, line), width).simplify()
        if not is_cursor:
            self._strips[key] = strip
        return strip

    def _empty_strip(self, line: int, width: int) -> Strip:
        if self._phase == "loading":
            return skeleton_strip(
                self._layout(), line, width, self._base + self._roles["frame.skeleton"]
            )
        text, role = self._phase_text, "status.failed"
        if self._phase != "failed":
            text, role = empty_words(self.model, self.empty_text), "foreground"
        return text_strip(text, line, width, self._page, self._base, self._roles, role)

    def on_focus(self) -> None:
        """The cursor line looks different with the focus."""
        self._refresh_place(self._cursor)

    def on_blur(self) -> None:
        """The cursor line looks different without the focus."""
        self._refresh_place(self._cursor)

    def _refresh_place(self, *places: int) -> None:
        top, width = self.scroll_offset.y, self.size.width
        lines = [place - top for place in places if 0 <= place - top < self._page]
        if lines:
            self.refresh(*[Region(0, _HEADER + line, width, 1) for line in lines])

    # ---------------------------------------------------------------- cursor, marks, sorting

    def move_to(self, place: int) -> None:
        """Put the cursor on the row at that place of the order, and scroll it into view."""
        order = self.model.order
        if not order:
            return
        self._is_moved = True
        self._quiet_at = asyncio.get_running_loop().time() + QUIET_SECONDS
        old, self._cursor = self._cursor, max(0, min(place, len(order) - 1))
        self._set_cursor_key(order[self._cursor])
        top = self.scroll_offset.y
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False)
        elif self._cursor >= top + self._page:
            self.scroll_to(y=self._cursor - self._page + 1, animate=False)
        self._refresh_place(old, self._cursor)

    def move_to_key(self, key: K) -> bool:
        """Put the cursor on a row by its key; false if it is not shown."""
        if self.model.is_stale:
            self.flush(at_once=True)
        place = self.model.place_of(key)
        if place >= 0:
            self.move_to(place)
        return place >= 0

    def clear_marks(self) -> bool:
        """Take all marks away; false if there were none."""
        return self._set_marks(set())

    def _set_marks(self, marks: set[K]) -> bool:
        different = self.model.marks ^ marks
        self.model.marks = marks
        for key in different:
            self._strips.pop(key, None)
        if different:
            self._is_state_stale = True
            self._refresh_place(*[self.model.place_of(key) for key in different])
            self.flush(at_once=True)
        return bool(different)

    def action_open(self) -> None:
        """Open what is under the cursor."""
        if self._cursor_key is not None:
            self._report(self.Opened)

    def action_mark(self) -> None:
        """Mark the row under the cursor or take its mark away, and go on to the next."""
        if self._cursor_key is not None:
            self._set_marks(self.model.marks ^ {self._cursor_key})
            self.move_to(self._cursor + 1)

    def action_mark_range(self) -> None:
        """Mark every row from the nearest mark above (or the first row) to the cursor."""
        order = self.model.order
        above = [place for place in range(self._cursor) if order[place] in self.model.marks]
        start = above[-1] if above else 0
        self._set_marks(self.model.marks | set(order[start : self._cursor + 1]))

    def action_mark_all(self) -> None:
        """Mark every row that is shown, or none if all of them are marked."""
        shown = set(self.model.order)
        self._set_marks(set() if shown <= self.model.marks else self.model.marks | shown)

    def action_down(self) -> None:
        """One row down."""
        self.move_to(self._cursor + 1)

    def action_up(self) -> None:
        """One row up."""
        self.move_to(self._cursor - 1)

    def action_page_down(self) -> None:
        """One page down."""
        self.move_to(self._cursor + self._page)

    def action_page_up(self) -> None:
        """One page up."""
        self.move_to(self._cursor - self._page)

    def action_top(self) -> None:
        """To the first row."""
        self.move_to(0)

    def action_bottom(self) -> None:
        """To the last row."""
        self.move_to(len(self.model.order) - 1)

    def action_sort_left(self) -> None:
        """Sort by the column left of the present one."""
        self._sort_beside(-1)

    def action_sort_right(self) -> None:
        """Sort by the column right of the present one."""
        self._sort_beside(1)

    def action_sort_reverse(self) -> None:
        """Turn the order round."""
        if self.model.sort_key:
            self.sort(self.model.sort_key)

    def _sort_beside(self, step: int) -> None:
        keys = [slot.column.key for slot in self._layout()]
        sorted_by = self.model.sort_key
        index = keys.index(sorted_by) + step if sorted_by in keys else (0 if step > 0 else -1)
        self.sort(keys[index % len(keys)])

    def on_click(self, event: events.Click) -> None:
        """A row: put the cursor there, twice opens it. The header: sort."""
        at = event.get_content_offset(self)
        if at is None:
            return
        if at.y < _HEADER:
            for slot in self._layout():
                if slot.x <= at.x < slot.x + slot.width:
                    self.sort(slot.column.key)
            return
        place = self.scroll_offset.y + at.y - _HEADER
        if place < len(self.model.order):
            self.move_to(place)
            if event.chain == 2:
                self.action_open()
