"""What containers wrote, kept when they are gone: groups of streams of lines, as CloudWatch has.

Bounded by a budget of bytes for all and for each stream, and by the days that a group keeps; what
is oldest goes first. Every file lies below one folder of mode 0700. It follows no container.
"""

import json
import logging
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ecstui.model.logs import LogLine
from ecstui.store.log_segments import (
    Place,
    Segment,
    StoredLine,
    StreamFiles,
    folder_name,
    make_stream,
    open_stream,
)

logger = logging.getLogger(__name__)

DAY_SECONDS = 86_400.0
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class LogLimits:
    """How much is kept."""

    all_bytes: int = 256 * MEBIBYTE
    stream_bytes: int = 16 * MEBIBYTE
    segment_bytes: int = 256 * 1024
    streams: int = 5_000
    """Of all groups; beyond it those that were quiet longest go."""


@dataclass(frozen=True, slots=True)
class StreamName:
    """A stream and its group."""

    group: str
    stream: str


@dataclass(slots=True)
class LogGroup:
    """A group of streams."""

    name: str
    folder: Path
    created_at: float
    retention_days: int | None = None
    deleted_at: float = 0.0
    """When a group of that name was deleted last: what was written before does not come back."""
    is_deleted: bool = False
    streams: dict[str, StreamFiles] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of all streams."""
        return sum(stream.size for stream in self.streams.values())

    def kept_since(self, now: float) -> float | None:
        """Lines before that are not kept any more; None: all are."""
        if self.retention_days is None:
            return None
        return now - self.retention_days * DAY_SECONDS

    def save(self) -> None:
        """Write what is known of the group."""
        told = {
            "name": self.name,
            "created_at": self.created_at,
            "retention_days": self.retention_days,
            "deleted_at": self.deleted_at,
            "is_deleted": self.is_deleted,
        }
        path = self.folder / "group.json"
        new = path.with_suffix(".new")
        new.write_text(json.dumps(told))
        new.replace(path)


class LogStore:
    """The groups of one state directory."""

    def __init__(self, root: Path, limits: LogLimits | None = None) -> None:
        """Nothing is read or made before `load`."""
        self._root = root
        self._limits = limits or LogLimits()
        self._groups: dict[str, LogGroup] = {}
        self._bytes = 0
        self.open: set[StreamName] = set()
        """Streams that are being written: their last segment stays, it says where to go on."""

    @property
    def size(self) -> int:
        """Bytes of all lines."""
        return self._bytes

    def load(self) -> None:
        """Read what there is; raises `OSError`."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in sorted(self._root.iterdir()):
            group = _open_group(folder)
            if group is not None:
                self._groups[group.name] = group
        self._bytes = sum(group.size for group in self._groups.values())

    # -- groups -----------------------------------------------------------------------------------

    def groups(self) -> list[LogGroup]:
        """Every group, by name."""
        found = (group for group in self._groups.values() if not group.is_deleted)
        return sorted(found, key=lambda group: group.name)

    def group(self, name: str) -> LogGroup | None:
        """The group of that name."""
        group = self._groups.get(name)
        return None if group is None or group.is_deleted else group

    def make_group(self, name: str, now: float) -> LogGroup:
        """The group of that name, made when there is none. Raises `OSError`."""
        group = self._groups.get(name)
        if group is not None and not group.is_deleted:
            return group
        folder = self._root / folder_name(name)
        folder.mkdir(mode=0o700, exist_ok=True)
        deleted_at = 0.0 if group is None else group.deleted_at
        made = LogGroup(name, folder, now, deleted_at=deleted_at)
        made.save()  # first: a group that only memory knows would lose its lines with it
        if group is None:
            made.streams = _streams_in(folder)
            self._bytes += made.size
        self._groups[name] = made
        return made

    def delete_group(self, name: str, now: float) -> None:
        """Remove a group with all its lines."""
        group = self._groups[name]
        self._bytes -= group.size
        for stream in group.streams.values():
            shutil.rmtree(stream.folder, ignore_errors=True)
        group.streams.clear()
        group.retention_days = None
        group.deleted_at, group.is_deleted = now, True
        group.save()

    def keep_days(self, name: str, days: int | None, now: float) -> None:
        """Set how long a group keeps lines; None: for ever, within the budget."""
        group = self._groups[name]
        group.retention_days = days
        group.save()
        self.sweep(now)

    # -- lines ------------------------------------------------------------------------------------

    def append(self, name: StreamName, lines: Sequence[LogLine], now: float) -> None:
        """Write lines; group and stream are made when there are none. Raises `OSError`."""
        before = self._groups.get(name.group)
        deleted_at = 0.0 if before is None else before.deleted_at
        kept = [line for line in lines if line.at > deleted_at]
        if not kept:
            return
        group = self.make_group(name.group, now)
        stream = group.streams.get(name.stream)
        if stream is None:
            stream = make_stream(group.folder, name.stream, now)
            while stream.segments and stream.segments[0].last_at <= deleted_at:
                stream.drop_first()  # what could not be removed with the group
            group.streams[name.stream] = stream
            self._bytes += stream.size
        most = self._limits.segment_bytes
        self._bytes += stream.append(kept, now, most)
        while stream.size > self._limits.stream_bytes and len(stream.segments) > 1:
            self._bytes -= stream.drop_first()
        if self._bytes > self._limits.all_bytes:
            self.sweep(now)

    def recent(self, name: StreamName, seconds: float) -> list[LogLine]:
        """The lines of the last `seconds` before the last line of a stream: where to go on."""
        stream = self._stream(name)
        if stream is None or stream.last_at is None:
            return []
        since = stream.last_at - seconds
        segments = [part for part in stream.segments if part.may_hold(since, None)]
        found = (stored.line for part in segments for stored in stream.read(part))
        return [line for line in found if line.at >= since]

    def pieces(
        self, name: StreamName, start: float | None = None, end: float | None = None
    ) -> Iterator[list[StoredLine]]:
        """The lines of a stream between two times, inclusive, a segment at a time.

        Whoever reads many may let others run between two of them.
        """
        stream = self._stream(name)
        for segment in () if stream is None else tuple(stream.segments):
            if stream is not None and segment.may_hold(start, end):
                yield [one for one in stream.read(segment) if _is_between(one.line, start, end)]

    def after(self, name: StreamName, place: Place | None) -> Iterator[list[StoredLine]]:
        """The lines of a stream from a place on, a segment at a time."""
        for stream, segment in self._segments(name):
            if place is None or segment.number >= place.segment:
                yield [s for s in stream.read(segment) if place is None or s.place >= place]

    def before(self, name: StreamName, place: Place | None) -> Iterator[list[StoredLine]]:
        """The lines of a stream before a place, the latest first, a segment at a time."""
        for stream, segment in reversed(self._segments(name)):
            if place is None or segment.number <= place.segment:
                found = [s for s in stream.read(segment) if place is None or s.place < place]
                yield found[::-1]

    def _segments(self, name: StreamName) -> list[tuple[StreamFiles, Segment]]:
        stream = self._stream(name)
        return [] if stream is None else [(stream, segment) for segment in stream.segments]

    def _stream(self, name: StreamName) -> StreamFiles | None:
        group = self.group(name.group)
        return None if group is None else group.streams.get(name.stream)

    # -- bounds -----------------------------------------------------------------------------------

    def sweep(self, now: float) -> None:
        """Remove what is too old, and the oldest of what is too much."""
        for group in self.groups():
            since = group.kept_since(now)
            if since is not None:
                self._drop_before(group, since)
        self._drop_most_quiet()
        if self._bytes > self._limits.all_bytes:
            self._drop_oldest(self._limits.all_bytes * 9 // 10)

    def _drop_before(self, group: LogGroup, since: float) -> None:
        for stream in tuple(group.streams.values()):
            is_open = StreamName(group.name, stream.name) in self.open
            while stream.segments and stream.segments[0].last_at < since:
                if is_open and len(stream.segments) == 1:
                    break
                self._bytes -= stream.drop_first()
            if not stream.segments and not is_open:
                self._remove(group, stream)

    def _drop_most_quiet(self) -> None:
        every = [(g, s) for g in self.groups() for s in g.streams.values()]
        excess = len(every) - self._limits.streams
        if excess <= 0:
            return
        for group, stream in sorted(every, key=lambda one: one[1].last_ingested_at)[:excess]:
            if StreamName(group.name, stream.name) not in self.open:
                self._remove(group, stream)

    def _drop_oldest(self, most: int) -> None:
        """Oldest segments of all streams first; the last one of a stream that is written stays."""
        found = [
            (segment.last_at, group.name, stream.name)
            for group in self.groups()
            for stream in group.streams.values()
            for segment in stream.segments[
                : -1 if StreamName(group.name, stream.name) in self.open else None
            ]
        ]
        for _, group_name, stream_name in sorted(found):
            if self._bytes <= most:
                break
            group = self._groups[group_name]
            stream = group.streams[stream_name]
            self._bytes -= stream.drop_first()
            if not stream.segments:
                self._remove(group, stream)

    def _remove(self, group: LogGroup, stream: StreamFiles) -> None:
        self._bytes -= stream.size
        del group.streams[stream.name]
        try:
            stream.remove()
        except OSError as error:
            logger.warning("a stream of logs could not be removed whole: %s", error)


def _is_between(line: LogLine, start: float | None, end: float | None) -> bool:
    return (start is None or line.at >= start) and (end is None or line.at <= end)


def _open_group(folder: Path) -> LogGroup | None:
    try:
        told = json.loads((folder / "group.json").read_text())
        group = LogGroup(
            name=str(told["name"]),
            folder=folder,
            created_at=float(told["created_at"]),
            retention_days=told["retention_days"],
            deleted_at=float(told["deleted_at"]),
            is_deleted=bool(told["is_deleted"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        if any(folder.glob("*/stream.json")):
            words = "%s has logs of a group without a name: they show when it is written to again"
            logger.warning(words, folder)
        return None
    group.streams = _streams_in(folder)
    return group


def _streams_in(folder: Path) -> dict[str, StreamFiles]:
    """The streams of a group, by name."""
    found = (open_stream(inner) for inner in sorted(folder.iterdir()) if inner.is_dir())
    return {stream.name: stream for stream in found if stream is not None}
