"""An event loop whose clock jumps: waiting takes no time, and waiting for nothing is an error.

Tests marked `sim` run on it. It never does I/O and never starts a thread.
"""

import asyncio
import selectors
from collections.abc import Callable, Mapping
from selectors import SelectorKey
from typing import NoReturn


class Stuck(Exception):
    """Every task waits and no timer is armed: nothing would ever happen again."""


class JumpingSelector(selectors.BaseSelector):
    """Instead of waiting for `timeout` seconds it moves the loop's clock by as much."""

    def __init__(self) -> None:
        self.now = 0.0
        self._keys: dict[int, SelectorKey] = {}

    def register(self, fileobj: object, events: int, data: object = None) -> SelectorKey:
        """Remember a file: the loop registers the pipe with which it wakes itself."""
        key = SelectorKey(fileobj, _descriptor_of(fileobj), events, data)  # type: ignore[arg-type]
        self._keys[key.fd] = key
        return key

    def unregister(self, fileobj: object) -> SelectorKey:
        """Forget a file."""
        return self._keys.pop(_descriptor_of(fileobj))

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Let `timeout` seconds pass at once.

        Raises:
            Stuck: asked to wait for ever.
        """
        if timeout is None:
            raise Stuck("every task waits and no timer is armed")
        self.now += max(timeout, 0.0)
        return []

    def get_map(self) -> Mapping[int, SelectorKey]:  # type: ignore[override]
        """The files that are registered, by descriptor."""
        return self._keys


class SimLoop(asyncio.SelectorEventLoop):
    """asyncio's loop on a `JumpingSelector`; its clock starts at zero."""

    def __init__(self) -> None:
        self._jumping = JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds since the loop was made, as far as its tasks waited."""
        return self._jumping.now

    def run_in_executor(
        self, executor: object, func: Callable[..., object], *args: object
    ) -> NoReturn:
        """Refuse: a thread would take real time.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(f"{func!r}: no threads in simulated time")


def _descriptor_of(fileobj: object) -> int:
    return fileobj if isinstance(fileobj, int) else fileobj.fileno()  # type: ignore[attr-defined]
