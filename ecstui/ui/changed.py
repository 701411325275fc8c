"""What is other than it was when the screens were told last; collected until they are told again.

Most screens look at all records of the kinds that changed. One that shows thousands can ask which
records they were, and leave the others alone.
"""

from collections.abc import Iterable, Set
from typing import TypeVar

from ecstui.model.shape import Shape
from ecstui.store.kinds import KINDS
from ecstui.store.tables import Change, Kind

T = TypeVar("T", bound=Shape)

ALL_KINDS = frozenset(kind.name for kind in KINDS)
"""Names of all kinds: when anything may have changed."""


class Changed:
    """Records that have changed, by their kinds and keys."""

    def __init__(self) -> None:
        """Nothing has."""
        self._is_everything = False
        self._keys: dict[str, set[str]] = {}

    @property
    def kinds(self) -> frozenset[str]:
        """Names of the kinds of which records changed."""
        return ALL_KINDS if self._is_everything else frozenset(self._keys)

    def keys_of(self, kind: Kind[T]) -> Set[str] | None:
        """Keys of the records of a kind that changed; None: any may have."""
        return None if self._is_everything else self._keys.get(kind.name, frozenset())

    def note(self, changes: Iterable[Change]) -> None:
        """These changed."""
        for change in changes:
            self._keys.setdefault(change.kind.name, set()).add(change.key)

    def note_everything(self) -> None:
        """Anything may have changed."""
        self._is_everything = True
        self._keys.clear()
