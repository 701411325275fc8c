"""From the bytes of a container's log to lines, and where to go on reading after a break; pure.

Docker puts a time before each message; a line of more than 16 KiB comes as several messages of the
same time, which are joined again. No line is lost or doubled when a log is read again from
`LogPosition.since`.
"""

import math
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ecstui.engine.docker_observation import http_seconds_of, nanoseconds_of
from ecstui.model.logs import LogLine, LogWindow

LONGEST_LINE_BYTES = 256 * 1024
"""A longer line is cut in pieces."""

_NANOSECONDS = 1_000_000_000
_OVERLAP_NANOSECONDS = 100_000_000
"""The two streams of a container are written side by side, not always in the order of time."""
_FLOAT_NANOSECONDS = 250
"""So much a time of our days may be off as a float: the line that it was taken from counts too."""
_HEADER = struct.Struct(">BxxxL")
_STREAMS = {0: "stdout", 1: "stdout", 2: "stderr"}
_MESSAGE_BYTES = 16 * 1024


@dataclass(slots=True)
class LogPosition:
    """How far a log was read, exactly: time of the last line and how many lines had that time.

    Kept for each stream, since each is in order while both together need not be.
    """

    window: LogWindow
    is_complete: bool = False
    """Whether the last reading came to the end of what there was, without a break."""
    _seen: dict[str, tuple[int, int]] = field(default_factory=dict)
    _at: dict[str, tuple[int, int]] = field(default_factory=dict)
    _catching_up: set[str] = field(default_factory=set)
    _opened_at: int | None = None

    def parameters(self) -> dict[str, str]:
        """Which part of the log to ask for next: first the window, then what comes after."""
        self.is_complete = False
        self._at = {}
        self._catching_up = set(self._seen)
        if self._seen:
            return {"since": _decimal(self.latest() - _OVERLAP_NANOSECONDS), "tail": "all"}
        if self._opened_at is not None and self.window.tail is not None:
            # The tail was empty, or not wanted: what comes after it is.
            return {"since": _decimal(self._opened_at), "tail": "all"}
        wanted: dict[str, str] = {}
        if self.window.since is not None:
            wanted["since"] = _decimal(_nanoseconds(self.window.since) - _FLOAT_NANOSECONDS)
        if self.window.tail is not None:
            wanted["tail"] = str(self.window.tail)
        return wanted

    def opened(self, date: str) -> None:
        """The log was opened; `date`: the engine's time as HTTP gives it."""
        at = http_seconds_of(date)
        if self._opened_at is None and at is not None:
            self._opened_at = at * _NANOSECONDS

    def is_new(self, stream: str, nanoseconds: int) -> bool:
        """Take note of the next line of a stream; False when it was given out before."""
        before, count = self._at.get(stream, (0, 0))
        here = (nanoseconds, count + 1 if nanoseconds == before else 0)
        self._at[stream] = here
        if stream in self._catching_up and here <= self._seen[stream]:
            return False
        # From here on all is new, whatever the engine's clock does.
        self._catching_up.discard(stream)
        self._seen[stream] = here
        return True

    def latest(self) -> int:
        """POSIX nanoseconds of the latest line, 0 before there was one."""
        return max((nanoseconds for nanoseconds, _ in self._seen.values()), default=0)


def _nanoseconds(seconds: float) -> int:
    """POSIX nanoseconds, as exactly as a float gives them."""
    whole = math.floor(seconds)
    return whole * _NANOSECONDS + round((seconds - whole) * _NANOSECONDS)


def _decimal(nanoseconds: int) -> str:
    """Seconds with nine places, exactly: Docker reads them as such."""
    positive = max(nanoseconds, 1)  # 0 would mean the beginning
    return f"{positive // _NANOSECONDS}.{positive % _NANOSECONDS:09d}"


def lines_of(
    pieces: Iterable[bytes], position: LogPosition, *, has_tty: bool, is_last: bool
) -> Iterator[Sequence[LogLine]]:
    """Batches of the lines that are new at this position.

    `is_last`: the log will not be read again, so that a line without an end counts too.
    """
    joiner = _Joiner(position, has_tty=has_tty)
    messages = _terminal_messages(pieces) if has_tty else _framed_messages(pieces)
    for batch in messages:
        lines = [line for stream, message in batch for line in joiner.take(stream, message)]
        if lines:
            yield lines
    if is_last and (rest := list(joiner.rest())):
        yield rest
    position.is_complete = True


def _framed_messages(pieces: Iterable[bytes]) -> Iterator[list[tuple[str, bytes]]]:
    """Messages of a log of two streams: eight bytes of header, then as many as it says."""
    waiting = b""
    for piece in pieces:
        waiting = waiting + piece if waiting else piece
        found, start = [], 0
        while len(waiting) - start >= _HEADER.size:
            kind, length = _HEADER.unpack_from(waiting, start)
            end = start + _HEADER.size + length
            if len(waiting) < end:
                break
            found.append((_STREAMS.get(kind, "stderr"), waiting[start + _HEADER.size : end]))
            start = end
        waiting = waiting[start:]
        if found:
            yield found


def _terminal_messages(pieces: Iterable[bytes]) -> Iterator[list[tuple[str, bytes]]]:
    """Messages of a log of a terminal, which has one stream and no headers."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        end = waiting.rfind(b"\n") + 1
        if not end and len(waiting) < LONGEST_LINE_BYTES * 2:
            continue
        whole = bytes(waiting[: end or len(waiting)])
        del waiting[: len(whole)]
        *lines, rest = whole.split(b"\n")
        ended = [line + b"\n" for line in lines]
        yield [("stdout", part) for line in (*ended, rest) if line for part in _parts(line)]
    if waiting:
        yield [("stdout", part) for part in _parts(bytes(waiting))]


def _parts(line: bytes) -> Iterator[bytes]:
    """The messages that make up one line: the same time stands before each."""
    stamp, blank, _ = line.partition(b" ")
    again = stamp + blank
    while blank and len(line) > len(again) + _MESSAGE_BYTES:
        end = len(again) + _MESSAGE_BYTES
        if not line.startswith(again, end):
            break
        yield line[:end]
        line = line[end:]
    yield line


class _Joiner:
    """Joins the messages of a line, and cuts lines that are too long."""

    def __init__(self, position: LogPosition, *, has_tty: bool) -> None:
        self._position = position
        self._line_end = "\r\n" if has_tty else "\n"
        self._parts: dict[str, bytearray] = {}
        self._second = ("", 0)
        self._last = position.latest()

    def take(self, stream: str, message: bytes) -> Iterator[LogLine]:
        """The lines that are whole with this message: mostly one."""
        stamp, _, text = message.partition(b" ")
        nanoseconds = self._nanoseconds(stamp)
        if nanoseconds is None:  # what Docker itself has to say of a log that it cannot read
            nanoseconds, text = self._last, message
        self._last = nanoseconds
        parts = self._parts.pop(stream, None)
        if parts is not None:
            text = bytes(parts + text)
        while len(text) > LONGEST_LINE_BYTES:
            end = _character_end(text, LONGEST_LINE_BYTES)
            yield from self._line(stream, nanoseconds, text[:end])
            text = text[end:]
        if text.endswith(b"\n"):
            yield from self._line(stream, nanoseconds, text)
        else:
            self._parts[stream] = bytearray(text)

    def rest(self) -> Iterator[LogLine]:
        """Lines that have no end."""
        for stream, text in self._parts.items():
            if text:
                yield from self._line(stream, self._last, bytes(text))

    def _line(self, stream: str, nanoseconds: int, text: bytes) -> Iterator[LogLine]:
        if self._position.is_new(stream, nanoseconds):
            content = text.decode(errors="replace").rstrip(self._line_end)
            yield LogLine(nanoseconds / _NANOSECONDS, stream, content)

    def _nanoseconds(self, stamp: bytes) -> int | None:
        """Time of a message; lines of the same second need no calendar."""
        text = stamp.decode("ascii", errors="replace")
        second, start = self._second
        if len(text) == 30 and text[29] == "Z" and text[:20] == second and text[20:29].isdigit():
            return start + int(text[20:29])
        nanoseconds = nanoseconds_of(text)
        if nanoseconds is not None and len(text) == 30 and text[29] == "Z":
            self._second = (text[:20], nanoseconds // _NANOSECONDS * _NANOSECONDS)
        return nanoseconds


def _character_end(text: bytes, end: int) -> int:
    """A place at or before `end` that is not inside a UTF-8 character."""
    for back in range(4):
        if text[end - back] & 0xC0 != 0x80:
            return end - back
    return end
