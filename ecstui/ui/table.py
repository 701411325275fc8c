"""Rows by key, and the order in which they are shown, kept apart from each other.

Pure: no Textual, no clock. Writing a row costs the same for ten rows and for ten thousand; the
order is only made again when `rebuild` is called, which the widget does at most once per frame.
A row's key must never change and must never be used again for something else.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")

GROUP_KEY = "group"
"""Key of the column that a grouped table has before all others."""

SortKey = str | float | tuple[str | float, ...]


class Span(NamedTuple):
    """Text in one look: a role, perhaps with attributes before it (`bold status.failed`)."""

    text: str
    role: str = ""


Cell = str | tuple[Span, ...]
"""What stands in one cell: plain text, or runs of text with roles."""


def plain(cell: Cell) -> str:
    """The text of a cell without its roles."""
    return cell if isinstance(cell, str) else "".join(span.text for span in cell)


@dataclass(frozen=True)
class Column(Generic[R]):
    """One column: how a row's cell is made, how wide it is, when it may go, how rows sort by it."""

    key: str
    title: str
    cell: Callable[[R, float], Cell]
    """Makes the cell from the row and the present time (POSIX seconds). Must be quick and pure."""
    width: int
    """Cells that it would like to have."""
    min_width: int = 0
    """Cells that it can live with; 0 means `width`."""
    grow: int = 0
    """Share of the room that is left over; 0 for columns that stay at `width`."""
    priority: int = 1
    """0 is never dropped; the higher, the sooner it goes when the table is narrow."""
    right: bool = False
    """Align right, for numbers."""
    name: bool = False
    """Shorten in the middle instead of at the end."""
    sort: Callable[[R], SortKey | None] | None = None
    """Typed sort key; None stands last in both directions. Without it, the cell's text sorts."""
    descending: bool = False
    """The first time that it is chosen for sorting, the largest comes first."""
    flash: bool = True
    """Show for a moment that the cell has changed; off for ages and meters."""

    @property
    def least(self) -> int:
        """The smallest width at which the column is shown."""
        return self.min_width or self.width


class Slot(NamedTuple, Generic[R]):
    """A column in its place on the screen."""

    column: Column[R]
    x: int
    width: int


def lay_out(columns: Sequence[Column[R]], width: int, *, x: int = 0, gap: int = 1) -> list[Slot[R]]:
    """The columns that fit into `width` cells, with their places.

    Columns are dropped by priority (of two equals the right one), then widened from `min_width` to
    `width` in order of priority, then those that grow share the rest.
    """
    shown = list(columns)
    while len(shown) > 1 and sum(column.least + gap for column in shown) - gap > width:
        worst = max(range(len(shown)), key=lambda index: (shown[index].priority, index))
        if shown[worst].priority == 0:
            break
        del shown[worst]
    widths = {column.key: column.least for column in shown}
    room = max(0, width - sum(widths.values()) - gap * (len(shown) - 1))
    for column in sorted(shown, key=lambda column: column.priority):
        more = min(room, max(0, column.width - column.least))
        widths[column.key] += more
        room -= more
    growing = [column for column in shown if column.grow]
    shares = sum(column.grow for column in growing)
    for column in growing:
        more = room * column.grow // shares
        widths[column.key] += more
        room -= more
        shares -= column.grow
    slots = []
    for column in shown:
        slots.append(Slot(column, x, widths[column.key]))
        x += widths[column.key] + gap
    return slots


def lay_out_wide(
    columns: Sequence[Column[R]], width: int, pan: int, *, x: int = 0, gap: int = 1
) -> list[Slot[R]]:
    """All columns as wide as they would like to be: the first, then those after `pan` others.

    What does not fit is cut at the right; it comes into sight with a larger `pan`.
    """
    slots: list[Slot[R]] = []
    end = x + width
    for column in (*columns[:1], *columns[1 + pan :]):
        room = end - x
        if slots and room < min(column.width, column.least):
            break
        slots.append(Slot(column, x, min(column.width, room)))
        x += min(column.width, room) + gap
    return slots


class Standing(NamedTuple):
    """What decides whether a row is shown, and where."""

    is_shown: bool
    group: str
    value: SortKey | None


@dataclass(slots=True)
class TableModel(Generic[K, R]):
    """Rows, and which of them are shown in which order."""

    columns: tuple[Column[R], ...]
    search: Callable[[R], str] | None = None
    """Text that the filter looks in; without it, the cells' text."""
    rows: dict[K, R] = field(default_factory=dict)
    order: list[K] = field(default_factory=list)
    """Keys of the rows that are shown, as of the last `rebuild`."""
    changed: set[K] = field(default_factory=set)
    """Keys of rows written since they were last drawn."""
    marks: set[K] = field(default_factory=set)
    filter_text: str = ""
    keep: Callable[[R], bool] | None = None
    """A second filter, for what is not text: only problems, only running."""
    group: Callable[[R], str] | None = None
    """What rows are grouped by, before they are sorted."""
    sort_key: str = ""
    descending: bool = False
    is_stale: bool = True
    """The order no longer fits the rows."""
    _standings: dict[K, Standing] = field(default_factory=dict)
    """Of rows whose standing was looked at since what decides it is as it is."""
    _places: dict[K, int] | None = None

    def put(self, key: K, row: R) -> None:
        """Add or replace a row."""
        self.rows[key] = row
        self.changed.add(key)
        standing = self._standing_of(row)
        if self._standings.get(key) != standing:
            self._standings[key] = standing
            self.is_stale = True

    def drop(self, key: K) -> None:
        """Take a row away; nothing happens if it is not there."""
        if self.rows.pop(key, None) is not None:
            self.marks.discard(key)
            self._standings.pop(key, None)
            self.is_stale = True

    def resync(self, rows: Mapping[K, R]) -> None:
        """Become exactly these rows, touching only what differs."""
        for key in [key for key in self.rows if key not in rows]:
            self.drop(key)
        for key, row in rows.items():
            old = self.rows.get(key)
            if old is not row and old != row:
                self.put(key, row)

    def set_filter(self, text: str) -> None:
        """Show only rows that hold every word of `text`; a word after `!` must not be in them."""
        self.filter_text = text
        self._forget_order()

    def set_keep(self, keep: Callable[[R], bool] | None) -> None:
        """Show only rows for which `keep` is true; None shows all."""
        self.keep = keep
        self._forget_order()

    def sort_by(self, column_key: str, *, descending: bool | None = None) -> None:
        """Sort by a column in its own first direction, or turn the order round if it is sorted so.

        An empty key leaves the rows in the order in which they came.
        """
        if descending is not None:
            self.descending = descending
        elif column_key == self.sort_key:
            self.descending = not self.descending
        else:
            self.descending = any(
                column.descending for column in self.columns if column.key == column_key
            )
        self.sort_key = column_key
        self._forget_order()

    def group_by(self, title: str, group: Callable[[R], str] | None) -> None:
        """Keep rows of the same group together, with the group before them; None ends that."""
        self.group = group
        plain_columns = [column for column in self.columns if column.key != GROUP_KEY]
        if group is not None:
            shown: Column[R] = Column(
                GROUP_KEY, title, lambda row, _: (Span(group(row), "accent"),), 18, min_width=10,
                priority=0, name=True, flash=False,
            )  # fmt: skip
            plain_columns.insert(0, shown)
        self.columns = tuple(plain_columns)
        self._forget_order()

    def _forget_order(self) -> None:
        self._standings.clear()
        self.is_stale = True

    def rebuild(self) -> None:
        """Make the order fit the rows again."""
        self.is_stale = False
        self._places = None
        standings = self._standings
        for key, row in self.rows.items():
            if key not in standings:
                standings[key] = self._standing_of(row)
        keys = [key for key in self.rows if standings[key].is_shown]
        self.order = keys
        if self._sorted_column() is not None:
            values = {key: value for key in keys if (value := standings[key].value) is not None}
            known = sorted(values, key=values.__getitem__, reverse=self.descending)
            self.order = known + [key for key in keys if key not in values]
        if self.group is not None:
            self.order.sort(key=lambda key: standings[key].group)

    def shown_rows(self) -> list[R]:
        """The rows that are shown, in order; a place may be left of one that is gone since."""
        return [self.rows[key] for key in self.order if key in self.rows]

    def place_of(self, key: K) -> int:
        """Where the key stands in the order, or -1."""
        if self._places is None:
            self._places = {key: place for place, key in enumerate(self.order)}
        return self._places.get(key, -1)

    def marked(self) -> list[K]:
        """Marked keys in the order shown, then those that the filter hides."""
        return [key for key in self.order if key in self.marks] + [
            key for key in self.rows if key in self.marks and self.place_of(key) < 0
        ]

    def _sorted_column(self) -> Column[R] | None:
        return next((column for column in self.columns if column.key == self.sort_key), None)

    @staticmethod
    def _sort_value(column: Column[R], row: R) -> SortKey | None:
        return column.sort(row) if column.sort else plain(column.cell(row, 0.0)).casefold()

    def _is_shown(self, row: R) -> bool:
        if self.keep is not None and not self.keep(row):
            return False
        return not self.filter_text or _matches(self.filter_text, self._text_of(row))

    def _text_of(self, row: R) -> str:
        if self.search is not None:
            return self.search(row)
        return "\n".join(plain(column.cell(row, 0.0)) for column in self.columns)

    def _standing_of(self, row: R) -> Standing:
        column = self._sorted_column()
        return Standing(
            self._is_shown(row),
            "" if self.group is None else self.group(row).casefold(),
            None if column is None else self._sort_value(column, row),
        )


def _matches(wanted: str, text: str) -> bool:
    text = text.casefold()
    return all(
        word[1:] not in text if word.startswith("!") and len(word) > 1 else word in text
        for word in wanted.casefold().split()
    )


def empty_words(model: TableModel[K, R], nothing: str) -> str:
    """What a table without rows to show says; `nothing`: where there are none at all."""
    if not model.rows:
        return nothing
    if model.filter_text:
        return f"No row matches {model.filter_text!r}.\nesc shows all"
    return "No row to show.\nThe filter hides them all"
