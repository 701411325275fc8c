"""Lines of logs in files: one folder per stream, in it numbered segments, each line a JSON array.

What was written stands whole after a kill: a torn last line is cut off when a stream is opened.
It knows no groups, no retention and no budget; `log_store.py` does.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ecstui.model.logs import LogLine

_SUFFIX = ".log"
_TAIL_BYTES = 4 * 1024 * 1024
"""More than the longest line has as JSON, six bytes for each of its 256 KiB, and a torn one."""
_SLACK_SECONDS = 2.0
"""The two streams of a container are not always in the order of time."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a line stands in its stream: number of the segment, and byte in it."""

    segment: int
    offset: int


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A line with its place; times are POSIX seconds."""

    place: Place
    line: LogLine
    ingested_at: float

    @property
    def milliseconds(self) -> int:
        """Time of the line as CloudWatch gives it."""
        return int(self.line.at * 1000)


@dataclass(slots=True)
class Segment:
    """One file: how large it is and from when to when its lines are, about."""

    number: int
    size: int = 0
    first_at: float = 0.0
    last_at: float = 0.0

    def may_hold(self, start: float | None, end: float | None) -> bool:
        """Whether a line between these times may be in it; None: no bound."""
        is_late = start is None or self.last_at + _SLACK_SECONDS >= start
        return is_late and (end is None or self.first_at - _SLACK_SECONDS <= end)


@dataclass(slots=True)
class StreamFiles:
    """The files of one stream."""

    name: str
    folder: Path
    created_at: float
    segments: list[Segment] = field(default_factory=list)
    last_ingested_at: float = 0.0

    @property
    def size(self) -> int:
        """Bytes of all segments."""
        return sum(segment.size for segment in self.segments)

    @property
    def first_at(self) -> float | None:
        """Time of the first line that is left."""
        return self.segments[0].first_at if self.size else None

    @property
    def last_at(self) -> float | None:
        """Time of the last line."""
        return self.segments[-1].last_at if self.size else None

    def append(self, lines: Sequence[LogLine], now: float, most_bytes: int) -> int:
        """Write lines to the last segment, or a new one when that is full; the bytes written.

        Raises `OSError`; then nothing of them counts as written.
        """
        data = b"".join(_written(line, now) for line in lines)
        if not self.segments or self.segments[-1].size + len(data) > most_bytes:
            number = self.segments[-1].number + 1 if self.segments else 1
            if not self.segments or self.segments[-1].size:
                self.segments.append(Segment(number))
        segment = self.segments[-1]
        descriptor = os.open(self._path(segment), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(descriptor, segment.size)
            written = os.pwrite(descriptor, data, segment.size)
            if written != len(data):
                raise OSError(28, "No space left on device")
        finally:
            os.close(descriptor)
        times = [line.at for line in lines]
        segment.first_at = min(times) if not segment.size else min(segment.first_at, *times)
        segment.last_at = max(segment.last_at, *times)
        segment.size += len(data)
        self.last_ingested_at = now
        return len(data)

    def read(self, segment: Segment) -> Iterator[StoredLine]:
        """The lines of one segment, as far as they were whole when it began."""
        try:
            data = self._path(segment).read_bytes()[: segment.size]
        except OSError:
            return
        offset = 0
        for raw in data.split(b"\n")[:-1]:
            found = _read(raw)
            if found is not None:
                yield StoredLine(Place(segment.number, offset), *found)
            offset += len(raw) + 1

    def drop_first(self) -> int:
        """Remove the oldest segment; its bytes."""
        segment = self.segments.pop(0)
        self._path(segment).unlink(missing_ok=True)
        return segment.size

    def remove(self) -> None:
        """Remove all of it."""
        while self.segments:
            self.drop_first()
        (self.folder / "stream.json").unlink(missing_ok=True)
        self.folder.rmdir()

    def _path(self, segment: Segment) -> Path:
        return self.folder / f"{segment.number:08d}{_SUFFIX}"


def make_stream(folder: Path, name: str, now: float) -> StreamFiles:
    """A stream below its group's folder, with the lines that are there already.

    Raises `OSError`.
    """
    own = folder / folder_name(name)
    own.mkdir(mode=0o700, exist_ok=True)
    known = open_stream(own)
    if known is not None:
        return known
    stream = StreamFiles(name, own, now)
    path = own / "stream.json"
    new = path.with_suffix(".new")
    new.write_text(json.dumps({"name": name, "created_at": now}))
    new.replace(path)
    _open_segments(stream)
    return stream


def open_stream(folder: Path) -> StreamFiles | None:
    """A stream as it was left; None when it is none of ours."""
    try:
        told = json.loads((folder / "stream.json").read_text())
        stream = StreamFiles(str(told["name"]), folder, float(told["created_at"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    _open_segments(stream)
    return stream


def _open_segments(stream: StreamFiles) -> None:
    for path in sorted(stream.folder.glob(f"*{_SUFFIX}")):
        if path.stem.isdigit():
            _open_segment(stream, path)


def _open_segment(stream: StreamFiles, path: Path) -> None:
    with path.open("rb") as file:
        first = file.readline()
        start = max(file.seek(0, os.SEEK_END) - _TAIL_BYTES, 0)
        file.seek(start)
        tail = file.read()
        if start and b"\n" not in tail:
            file.seek(0)
            start, tail = 0, file.read()
    size = start + tail.rfind(b"\n") + 1
    begin = _read(first) if first.endswith(b"\n") else None
    end = next(filter(None, map(_read, _backwards(tail[: size - start]))), begin)
    if end is None:
        path.unlink()  # It holds not one whole line.
        return
    segment = Segment(int(path.stem), size, (begin or end)[0].at, end[0].at)
    stream.segments.append(segment)
    stream.last_ingested_at = end[1]


def _backwards(lines: bytes) -> Iterator[bytes]:
    """Whole lines, the last one first."""
    end = len(lines)
    while end:
        begin = lines.rfind(b"\n", 0, end - 1) + 1
        yield lines[begin:end]
        end = begin


def folder_name(name: str) -> str:
    """A name of a folder for any name."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def _written(line: LogLine, now: float) -> bytes:
    return json.dumps((line.at, line.stream, line.text, now), separators=(",", ":")).encode() + (
        b"\n"
    )


def _read(raw: bytes) -> tuple[LogLine, float] | None:
    try:
        at, stream, text, now = json.loads(raw)
        return LogLine(float(at), str(stream), str(text)), float(now)
    except (ValueError, TypeError):
        return None
