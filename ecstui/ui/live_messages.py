"""What a live table tells the screen around it."""

from collections.abc import Hashable
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from ecstui.ui.live import LiveTable


class TableMessages:
    """The messages of a table, as names in its class."""

    class TableMessage(Message):
        """A message of one table; `@on(LiveTable.Opened, "#services")` picks by id."""

        def __init__(self, table: "LiveTable[Hashable, object]", key: Hashable) -> None:
            self.table = table
            self.key = key
            super().__init__()

        @property
        def control(self) -> "LiveTable[Hashable, object]":
            """The table."""
            return self.table

    class Highlighted(TableMessage):
        """The cursor has moved to another row, or the row under it is gone (`key` is None)."""

    class Opened(TableMessage):
        """Enter or a double click on a row."""

    class StateChanged(TableMessage):
        """Counts, marks, filter or order are not what they were; at most once a frame."""
