"""Pages of stored lines, as GetLogEvents and FilterLogEvents give them, and their tokens.

A token names a place in a stream, so that a page goes on where the last one ended however many
lines came meanwhile. Others run between two segments. It reads; it changes nothing.
"""

import asyncio
import hashlib
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from ecstui.base.errors import InvalidParameterException
from ecstui.store.log_segments import Place, StoredLine
from ecstui.store.log_store import LogStore, StreamName

PAGE_BYTES = 1024 * 1024
_EVENT_BYTES = 26
"""CloudWatch counts so much for an event besides its message."""
_IN_STREAM = re.compile(r"([fb])/([0-9]{1,9})\.([0-9]{1,15})/s")
_IN_GROUP = re.compile(r"([0-9]{1,15})/([0-9]{1,9})\.([0-9]{1,15})/((?s:.+))")


@dataclass(frozen=True, slots=True)
class Range:
    """Milliseconds, `start` inclusive, `end` exclusive; None: no bound."""

    start: int | None = None
    end: int | None = None

    def takes(self, stored: StoredLine) -> bool:
        """Whether a line is in it."""
        at = stored.milliseconds
        return (self.start is None or at >= self.start) and (self.end is None or at < self.end)

    @property
    def seconds(self) -> tuple[float | None, float | None]:
        """The same in seconds, a little wider."""
        start = None if self.start is None else self.start / 1000 - 0.001
        return start, None if self.end is None else self.end / 1000


@dataclass(slots=True)
class Page:
    """Lines within the limits of a page."""

    limit: int
    lines: list[StoredLine] = field(default_factory=list)
    _bytes: int = 0

    def add(self, stored: StoredLine) -> bool:
        """Take a line; False when the page is full."""
        self._bytes += len(stored.line.text.encode(errors="replace")) + _EVENT_BYTES
        if len(self.lines) >= self.limit or (self.lines and self._bytes > PAGE_BYTES):
            return False
        self.lines.append(stored)
        return True


# -- tokens ---------------------------------------------------------------------------------------


class ListRequest(Protocol):
    """A request for one page of a list."""

    @property
    def next_token(self) -> str | None:
        """Where the page begins."""
        ...

    @property
    def limit(self) -> int:
        """How much the page may have."""
        ...

    def model_dump_json(self, *, exclude: set[str]) -> str:
        """The members as JSON, less the excluded ones."""
        ...


def begin_of(request: ListRequest) -> str | None:
    """Where the page before ended; `InvalidParameterException` for a token of another list."""
    if request.next_token is None:
        return None
    digest, _, place = request.next_token.partition("/")
    if digest != _digest(request):
        raise _bad_token()
    return place


def token_at(request: ListRequest, place: str) -> str:
    """The token of the page after `place`: good for the same filters only."""
    return f"{_digest(request)}/{place}"


def _digest(request: ListRequest) -> str:
    filters = request.model_dump_json(exclude={"next_token", "limit"})
    return hashlib.sha256(f"{type(request).__name__}{filters}".encode()).hexdigest()[:16]


def _bad_token() -> InvalidParameterException:
    return InvalidParameterException("The specified nextToken is invalid.", field="nextToken")


# -- one stream -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StreamPage:
    """Lines of one stream, oldest first, and where to go on."""

    lines: list[StoredLine]
    forward: str
    backward: str


async def page_of_stream(
    store: LogStore, name: StreamName, times: Range, limit: int, token: str | None, *, head: bool
) -> StreamPage:
    """A page of GetLogEvents; raises `InvalidParameterException` for a token that is none.

    At either end the token that was given comes again.
    """
    at, is_forward = _stream_token(token, head=head)
    pieces = store.after(name, at) if is_forward else store.before(name, at)
    page = Page(limit)
    await _fill(page, pieces, times)
    lines = page.lines if is_forward else page.lines[::-1]
    if lines:
        after = Place(lines[-1].place.segment, lines[-1].place.offset + 1)
        return StreamPage(lines, _write_token("f", after), _write_token("b", lines[0].place))
    place = at or _ends(store, name)[0 if is_forward else 1]
    return StreamPage(lines, _write_token("f", place), _write_token("b", place))


def _ends(store: LogStore, name: StreamName) -> tuple[Place, Place]:
    last = next((p[0].place for p in store.before(name, None) if p), Place(0, 0))
    return Place(0, 0), Place(last.segment, last.offset + 1)


async def _fill(page: Page, pieces: Iterator[list[StoredLine]], times: Range) -> None:
    for piece in pieces:
        for stored in piece:
            if times.takes(stored) and not page.add(stored):
                return
        await asyncio.sleep(0)


def _stream_token(token: str | None, *, head: bool) -> tuple[Place | None, bool]:
    if token is None:
        return None, head
    found = _IN_STREAM.fullmatch(token)
    if found is None:
        raise _bad_token()
    way, segment, offset = found.groups()
    return Place(int(segment), int(offset)), way == "f"


def _write_token(way: str, place: Place) -> str:
    return f"{way}/{place.segment}.{place.offset}/s"


# -- a group --------------------------------------------------------------------------------------

_Key = tuple[int, str, Place]
"""Milliseconds, stream, place: the order of lines of a group."""


@dataclass(frozen=True, slots=True)
class GroupPage:
    """Lines of a group with their streams, oldest first, and where to go on."""

    lines: list[tuple[str, StoredLine]]
    end: str | None
    """Where it ended; None: there is no more."""


async def page_of_group(
    store: LogStore,
    group: str,
    streams: Iterable[str],
    times: Range,
    takes: Callable[[str], bool],
    request: tuple[int, str | None],
) -> GroupPage:
    """A page of FilterLogEvents; `request`: limit, and where the page before ended."""
    limit, begin = request
    after = None if begin is None else _group_place(begin)
    start = times.start if after is None else max(times.start or 0, after[0])
    times = Range(start, times.end)
    found: dict[_Key, StoredLine] = {}
    for stream in streams:
        for piece in store.pieces(StreamName(group, stream), *times.seconds):
            for stored in piece:
                key = (stored.milliseconds, stream, stored.place)
                is_asked = (after is None or key > after) and times.takes(stored)
                if is_asked and takes(stored.line.text):
                    found[key] = stored
            if len(found) > 4 * limit + 1_000:
                found = {key: found[key] for key in sorted(found)[: limit + 1]}
            await asyncio.sleep(0)
    page, keys = Page(limit), sorted(found)
    for key in keys:
        if not page.add(found[key]):
            break
    taken = keys[: len(page.lines)]
    end = _place_text(taken[-1]) if len(keys) > len(taken) else None
    return GroupPage([(key[1], found[key]) for key in taken], end)


def event_id(stream: str, stored: StoredLine) -> str:
    """A number of digits that no other line of the group has."""
    place = stored.place
    which = zlib.crc32(stream.encode())
    return f"{stored.milliseconds}{which:010d}{place.segment:08d}{place.offset:010d}"


def _place_text(key: _Key) -> str:
    at, stream, place = key
    return f"{at}/{place.segment}.{place.offset}/{stream}"


def _group_place(text: str) -> _Key:
    found = _IN_GROUP.fullmatch(text)
    if found is None:
        raise _bad_token()
    at, segment, offset, stream = found.groups()
    return int(at), stream, Place(int(segment), int(offset))
