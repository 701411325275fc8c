"""Drafts: what is being edited, kept in files so that a killed terminal takes nothing with it.

Every editor has a file of its own, written whole and put in place at once, and a lock that lives as
long as its process: two sessions never write the same draft, and a draft that nobody holds is one
that somebody lost. It must never raise for a disk that is full or read-only: it says so.
"""

import contextlib
import fcntl
import json
import os
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from ecstui.base.ids import new_id

MOST_BYTES = 1 << 20
"""A text that is longer is not kept; ECS takes 64 KiB."""
MOST_DRAFTS = 100
"""Beyond so many, the oldest that nobody holds go."""
_SLUG_CHARACTERS = 60
_SESSION_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that was being edited."""

    path: Path
    family: str
    """The family that the editor was opened for; empty for a new one."""
    base: str
    """`family:revision` that the text began as; empty for a new family."""
    text: str
    saved_at: float
    """POSIX seconds."""


class DraftFolder:
    """The drafts of one state directory."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made when the first draft is kept."""
        self._folder = folder

    def lost(self, family: str) -> list[Draft]:
        """Drafts for a family that no living session holds, newest first."""
        found = []
        for path in self._paths(family):
            if not _is_held(_lock_of(path)):
                draft = _read(path)
                if draft is not None and draft.family == family:
                    found.append(draft)
        return sorted(found, key=lambda draft: -draft.saved_at)

    def is_edited_elsewhere(self, family: str, own: "OpenDraft | None") -> bool:
        """Whether a living session other than `own` edits the family."""
        mine = None if own is None else own.lock_path
        locks = self._folder.glob(f"{_slug(family)}-*.lock")
        return any(path != mine and _is_held(path) for path in locks)

    def open(self, family: str, base: str) -> "OpenDraft":
        """A draft of this session's own; nothing is written but its lock."""
        self._prune()
        name = f"{_slug(family)}-{new_id()[:_SESSION_DIGITS]}.json"
        return OpenDraft(self._folder / name, family, base)

    def remove(self, draft: Draft) -> None:
        """Throw away a draft that nobody holds."""
        _remove(draft.path)
        _remove(_lock_of(draft.path))

    def _paths(self, family: str) -> list[Path]:
        return list(self._folder.glob(f"{_slug(family)}-*.json"))

    def _prune(self) -> None:
        """Locks of sessions that ended without a draft, and the oldest drafts beyond the bound."""
        for lock in self._folder.glob("*.lock"):
            if not lock.with_suffix(".json").exists() and not _is_held(lock):
                _remove(lock)
        drafts = sorted(self._folder.glob("*.json"), key=_changed_at)
        for path in drafts[: max(0, len(drafts) - MOST_DRAFTS)]:
            if not _is_held(_lock_of(path)):
                _remove(path)
                _remove(_lock_of(path))


class OpenDraft:
    """The draft of one editor, held as long as the editor is open."""

    def __init__(self, path: Path, family: str, base: str) -> None:
        """Take the lock; without one (a folder that cannot be written) `save` says why."""
        self._path = path
        self._family = family
        self._base = base
        self._lock: int | None = None
        self._problem = ""
        try:
            _make_folder(path.parent)
            self._lock = os.open(self.lock_path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._problem = _words(error)

    @property
    def lock_path(self) -> Path:
        """The file that this session holds."""
        return _lock_of(self._path)

    def save(self, text: str, now: float) -> str:
        """Keep the text; gives why it could not be kept, or nothing. `now`: POSIX seconds."""
        if self._problem:
            return self._problem
        document = {"family": self._family, "base": self._base, "text": text, "savedAt": now}
        data = json.dumps(document).encode()
        if len(data) > MOST_BYTES:
            return f"it is longer than {MOST_BYTES // 1024} KiB"
        try:
            _write_at_once(self._path, data)
        except OSError as error:
            return _words(error)
        return ""

    def discard(self) -> None:
        """Take the text away: it is registered, or as it was at first."""
        _remove(self._path)

    def close(self) -> None:
        """Let go of it; the text stays for the next who edits the family."""
        if self._lock is None:
            return
        if not self._path.exists():
            _remove(self.lock_path)
        os.close(self._lock)
        self._lock = None


def _make_folder(folder: Path) -> None:
    """The folder and what is missing above it, for the owner alone."""
    for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)


def _slug(family: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_.]", "_", family)[:_SLUG_CHARACTERS] or "new"
    return f"{name}-{zlib.crc32(family.encode()):08x}"


def _lock_of(path: Path) -> Path:
    return path.with_suffix(".lock")


def _is_held(lock: Path) -> bool:
    """Whether a living process holds the lock."""
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def _write_at_once(path: Path, data: bytes) -> None:
    """Put the whole file in place, or leave the one that is there."""
    beside = path.with_suffix(".part")
    handle = os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with open(handle, "wb") as file:  # noqa: PTH123 - the mode must be set as it is made
            file.write(data)
        beside.replace(path)
    except OSError:
        _remove(beside)
        raise


def _read(path: Path) -> Draft | None:
    """The draft in a file; None for what is none."""
    try:
        if path.stat().st_size > MOST_BYTES:
            return None
        document: object = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    texts = [document.get(name) for name in ("family", "base", "text")]
    family, base, text = (one if isinstance(one, str) else None for one in texts)
    at = document.get("savedAt")
    if family is None or base is None or text is None or not isinstance(at, int | float):
        return None
    return Draft(path, family, base, text, float(at))


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _words(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
