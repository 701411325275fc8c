"""From a thread that reads one of Docker's streams to the event loop: bounded, batched, closable.

The thread waits when the loop does not keep up, so nothing is dropped here. Only this module and
the pools of `docker_calls` have threads.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from docker.errors import DockerException
from docker.types import CancellableStream
from requests import Response
from urllib3.exceptions import HTTPError

T = TypeVar("T")

_CHUNK_BYTES = 65_536
_GATHER_SECONDS = 0.01
"""Of a stream in full flow a batch is taken so often: each wakes the loop, and its readers."""


class StreamThread(Generic[T]):
    """Reads one response in a thread of its own; the loop takes what was read, in batches."""

    def __init__(
        self,
        name: str,
        open_response: Callable[[], Response],
        read: Callable[[Response], Iterator[Sequence[T]]],
        room: int,
        size_of: Callable[[T], int] = lambda _: 1,
    ) -> None:
        """Start; `read` turns the response into batches; items up to a size of `room` may wait."""
        self._open_response = open_response
        self._read = read
        self._room = room
        self._size_of = size_of
        self._loop = asyncio.get_running_loop()
        self._ready = asyncio.Event()
        self._changed = threading.Condition()
        self._items: list[T] = []
        self._size = 0
        self._response: Response | None = None
        self._error: Exception | None = None
        self._next_at = 0.0
        self._is_woken = False
        self._has_ended = False
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    async def batch(self) -> Sequence[T] | None:
        """What has come since the last call, waiting for at least one item; None at the end.

        Raises:
            Exception: what the stream could not be opened or read for.
        """
        await self._gather()
        while True:
            with self._changed:
                if self._is_closed:
                    return None
                if self._items:
                    items, self._items, self._size = self._items, [], 0
                    self._changed.notify_all()
                    self._next_at = self._loop.time() + _GATHER_SECONDS
                    return items
                if self._has_ended:
                    if self._error is not None:
                        raise self._error
                    return None
                self._ready.clear()
                self._is_woken = False
            await self._ready.wait()

    async def _gather(self) -> None:
        """Let more come together, when the last batch was taken just now."""
        wait = self._next_at - self._loop.time()
        if wait > 0 and not self._has_ended and not self._is_closed:
            await asyncio.sleep(wait)

    def close(self) -> None:
        """End it, whatever the thread is waiting for; what was not taken is dropped."""
        with self._changed:
            if self._is_closed:
                return
            self._is_closed = True
            response, self._response = self._response, None
            self._changed.notify_all()
        self._ready.set()
        if response is not None:
            _cut(response)

    @property
    def is_alive(self) -> bool:
        """Whether its thread still runs."""
        return self._thread.is_alive()

    def join(self) -> None:
        """Wait for its thread to end."""
        self._thread.join()

    # -- in the thread -------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._read_all()
        except Exception as error:  # whatever it is, the loop must hear of it
            self._end(error)
        else:
            self._end(None)

    def _read_all(self) -> None:
        response = self._open_response()
        try:
            if self._attach(response):
                for items in self._read(response):
                    if not self._put(items):
                        break
        finally:
            with self._changed:
                self._response = None
            response.close()

    def _attach(self, response: Response) -> bool:
        """Let `close` know what to cut; False when it has been called meanwhile."""
        with self._changed:
            self._response = response
            return not self._is_closed

    def _put(self, items: Sequence[T]) -> bool:
        """Hand items over, when there is room; False when nobody wants them any more."""
        size = sum(map(self._size_of, items))
        with self._changed:
            while self._size >= self._room and not self._is_closed:
                self._changed.wait()
            if self._is_closed:
                return False
            self._items.extend(items)
            self._size += size
            return self._wake()

    def _end(self, error: Exception | None) -> None:
        with self._changed:
            self._has_ended = True
            self._error = error
            self._wake()

    def _wake(self) -> bool:
        """Wake the loop, once until it has looked; False when there is no loop any more."""
        if not self._is_woken:
            self._is_woken = True
            try:
                self._loop.call_soon_threadsafe(self._ready.set)
            except RuntimeError:
                return False
        return True


def _cut(response: Response) -> None:
    """End a read that waits in another thread; a response that has just ended needs none."""
    with suppress(AttributeError, OSError, ValueError, DockerException):
        CancellableStream(None, response).close()


# -- reading a response ------------------------------------------------------------------------


def chunks(response: Response) -> Iterator[bytes]:
    """The body as it comes.

    Raises:
        ConnectionResetError: it broke before its end.
    """
    try:
        while data := response.raw.read1(_CHUNK_BYTES):
            yield data
    except (HTTPError, OSError, ValueError, AttributeError) as error:
        raise ConnectionResetError(*error.args) from error


def json_objects(pieces: Iterable[bytes]) -> Iterator[dict[str, object]]:
    """The objects of a stream that has one on each line, or one after another."""
    decoder = json.JSONDecoder()
    text = b""
    for piece in pieces:
        *lines, text = (text + piece).split(b"\n")
        for line in lines:
            yield from _objects_of(line, decoder)
    yield from _objects_of(text, decoder)


def _objects_of(line: bytes, decoder: json.JSONDecoder) -> Iterator[dict[str, object]]:
    rest = line.decode(errors="replace").strip()
    while rest:
        try:
            value, end = decoder.raw_decode(rest)
        except ValueError:
            return
        if isinstance(value, dict):
            yield value
        rest = rest[end:].lstrip()
