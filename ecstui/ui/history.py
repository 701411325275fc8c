"""The views that were visited: back, forward, and to and fro between the last two.

Pure. It holds names of places, never screens: a place is opened anew when one goes back to it.
"""

from typing import NamedTuple

MAX_PLACES = 100


class Place(NamedTuple):
    """A view, by the name of its route and the key of what it shows."""

    route: str
    key: str = ""


class History:
    """Places in the order of visits, and where in that order one is."""

    def __init__(self) -> None:
        """Nothing visited yet."""
        self._places: list[Place] = []
        self._index = -1
        self._last: Place | None = None

    @property
    def place(self) -> Place | None:
        """Where one is."""
        return self._places[self._index] if self._places else None

    @property
    def last(self) -> Place | None:
        """Where one was before."""
        return self._last

    def visit(self, place: Place) -> None:
        """Note a visit; what lay forward is forgotten."""
        if place == self.place:
            return
        self._last = self.place
        self._places = [*self._places[: self._index + 1], place][-MAX_PLACES:]
        self._index = len(self._places) - 1

    def travel(self, step: int) -> Place | None:
        """Go back (-1) or forward (1); None, and no move, where the way ends."""
        index = self._index + step
        if not 0 <= index < len(self._places):
            return None
        self._last, self._index = self.place, index
        return self._places[index]
