"""The next item of an async iterator, waited for beside other things and never lost.

Waiting for an item may be given up and taken up again; closing ends the iterator as well.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Generic, TypeVar

T = TypeVar("T")


class Pull(Generic[T]):
    """Draws items from an iterator, one at a time."""

    def __init__(self, items: AsyncGenerator[T]) -> None:
        """`items` is this object's alone from now on."""
        self._items = items
        self._coming: asyncio.Task[T] | None = None

    async def wait(
        self, *others: "asyncio.Future[Exception]", limit_seconds: float | None = None
    ) -> bool:
        """Wait for an item, for one of `others` or for the limit; whether an item is there.

        The end of the iterator, and what it raised, count as an item.
        """
        if self._coming is None:
            self._coming = asyncio.create_task(self._next())
        await asyncio.wait(
            {self._coming, *others},  # type: ignore[type-var]
            timeout=limit_seconds,
            return_when=asyncio.FIRST_COMPLETED,
        )
        return self._coming.done()

    async def _next(self) -> T:
        return await anext(self._items)

    def take(self) -> T | None:
        """The item that is there, None at the end; raises what the iterator raised."""
        assert self._coming is not None, "wait first"
        coming, self._coming = self._coming, None
        try:
            return coming.result()
        except StopAsyncIteration:
            return None

    async def close(self) -> None:
        """Give up waiting and end the iterator."""
        if self._coming is not None:
            self._coming.cancel()
            await asyncio.gather(self._coming, return_exceptions=True)
        await self._items.aclose()
