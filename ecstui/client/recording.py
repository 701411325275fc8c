"""Recordings of a cluster's life: the lines of the feed in a file, each with its time.

The first line says what the file is. Whoever has the file sees what the records hold, task
definitions and their plain variables among them: it is made for its owner alone (0600). Lines of
logs are not in it.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ecstui.base.errors import EcstuiError
from ecstui.client.lines import batch_line, snapshot_lines
from ecstui.store.feed import Batch, Resync
from ecstui.store.kinds import KINDS
from ecstui.store.tables import View

FORMAT = 1


class RecordingError(EcstuiError):
    """A recording cannot be made or read; the message says why."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What was recorded: lines of the feed with their times (POSIX seconds), in order."""

    lines: tuple[tuple[float, bytes], ...]

    @property
    def begins_at(self) -> float:
        """Time of the first line."""
        return self.lines[0][0]

    @property
    def ends_at(self) -> float:
        """Time of the last line."""
        return self.lines[-1][0]


def snapshot_of(view: View) -> Resync:
    """Everything that a view holds, for the begin of a recording."""
    return Resync(
        0, tuple((kind, kind.key(record), record) for kind in KINDS for record in view.all(kind))
    )


class Recorder:
    """Writes what a feed tells into a new file."""

    def __init__(self, path: Path, version: str, now: Callable[[], float]) -> None:
        """Raises `RecordingError` when the file is there already or cannot be made."""
        self.path = path
        self._now = now
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise RecordingError(f"{path} cannot be made: {error.strerror or error}.") from error
        self._file: BinaryIO = os.fdopen(descriptor, "wb")
        self._put({"ecstui": "recording", "format": FORMAT, "version": version, "at": now()})

    def take(self, item: Batch | Resync) -> None:
        """Write down what has changed; raises `RecordingError` when the disk takes no more."""
        lines = [batch_line(item)] if isinstance(item, Batch) else snapshot_lines(item)
        at = f"{self._now():.3f} ".encode()
        try:
            for line in lines:
                self._file.write(at + line)
            self._file.flush()
        except OSError as error:
            raise RecordingError(f"{self.path}: {error.strerror or error}.") from error

    def _put(self, head: dict[str, object]) -> None:
        self._file.write(json.dumps(head).encode() + b"\n")

    def close(self) -> None:
        """End the recording; raises `RecordingError` when its rest cannot be written."""
        try:
            self._file.close()
        except OSError as error:
            raise RecordingError(f"{self.path}: {error.strerror or error}.") from error


def read_recording(path: Path) -> Recording:
    """A recording that was made before; raises `RecordingError`.

    A last line that was cut off (the disk was full, the recorder was killed) is left out.
    """
    try:
        head, *lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror or error}.") from error
    try:
        what = json.loads(head)
        is_ours = isinstance(what, dict) and what.get("ecstui") == "recording"
    except ValueError:
        is_ours = False
    if not is_ours:
        raise RecordingError(f"{path} is no recording of ecstui.")
    if what.get("format") != FORMAT:
        raise RecordingError(f"{path} was recorded by another version: {what.get('version')}.")
    found = tuple(_timed(line, path) for line in lines[:-1])
    if not found:
        raise RecordingError(f"{path} holds nothing yet.")
    return Recording(found)


def _timed(line: bytes, path: Path) -> tuple[float, bytes]:
    at, _, rest = line.partition(b" ")
    try:
        return float(at), rest
    except ValueError:
        raise RecordingError(f"{path} is damaged: a line has no time.") from None
