"""Which cells have just changed, and until when they are shown so.

Pure: times come in as seconds of one clock and are only compared.
"""

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Flashes(Generic[K]):
    """Cells, by row key and column key, that are lit for a while."""

    def __init__(self, seconds: float) -> None:
        """`seconds`: how long a cell is lit."""
        self._seconds = seconds
        self._until: dict[K, dict[str, float]] = {}

    def light(self, key: K, column: str, now: float) -> None:
        """Light a cell from now on."""
        self._until.setdefault(key, {})[column] = now + self._seconds

    def columns_of(self, key: K) -> frozenset[str]:
        """The columns of a row that are lit."""
        return frozenset(self._until.get(key, ()))

    def put_out(self, now: float) -> list[tuple[K, str]]:
        """Put out the cells whose time is over, and say which they were."""
        over = [
            (key, column)
            for key, columns in self._until.items()
            for column, until in columns.items()
            if until <= now
        ]
        for key, column in over:
            del self._until[key][column]
            if not self._until[key]:
                del self._until[key]
        return over

    def wait(self, now: float) -> float | None:
        """Seconds until the next cell's time is over; None if none is lit."""
        ends = [until for columns in self._until.values() for until in columns.values()]
        return max(0.0, min(ends) - now) if ends else None
