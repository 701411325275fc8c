"""A reader of the feed, as an attached UI is one: its copy must become what the store is (S12).

It may be slow, and it may go away and come back where it was.
"""

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

from ecstui.store.feed import Batch
from ecstui.store.kinds import KINDS
from ecstui.store.store import Store

if TYPE_CHECKING:
    from ecstui.model.shape import Shape

_BATCHES_IN_A_ROW = 40


class Reader:
    """Copies one store after another."""

    def __init__(self, seconds: float) -> None:
        """`seconds`: how long it takes for one batch."""
        self.seconds = seconds
        self.seq = -1
        self.records: dict[tuple[str, str], Shape] = {}

    async def follow(self, store: Store) -> None:
        """Read for ever, leaving and coming back from time to time."""
        since: int | None = None
        while True:
            async with aclosing(store.batches(since)) as batches:
                left = _BATCHES_IN_A_ROW
                async for item in batches:
                    self._take(item)
                    since, left = self.seq, left - 1
                    if self.seconds:
                        await asyncio.sleep(self.seconds)
                    if left <= 0:
                        break
            await asyncio.sleep(self.seconds)

    def _take(self, item: object) -> None:
        if isinstance(item, Batch):
            for change in item.changes:
                if change.after is None:
                    self.records.pop((change.kind.name, change.key), None)
                else:
                    self.records[change.kind.name, change.key] = change.after
            self.seq = item.seq
            return
        self.records = {(kind.name, key): record for kind, key, record in item.records}  # type: ignore[attr-defined]
        self.seq = item.seq  # type: ignore[attr-defined]

    def differs_from(self, store: Store) -> list[str]:
        """Keys in which the copy is wrong, as far as that can be said now."""
        if self.seq != store.seq or not store.is_durable:
            return []
        truth = {
            (kind.name, kind.key(record)): record for kind in KINDS for record in store.all(kind)
        }
        if truth == self.records:
            return []
        keys = {**truth, **self.records}
        odd = [key for key in keys if truth.get(key) != self.records.get(key)]
        return [f"{name} {key}" for name, key in odd[:5]]
