"""The state directory as its one daemon holds it: made, locked, named, and told about.

Only the daemon changes what is in here, and only while it holds the lock, which the kernel gives
free when the process ends in whatever way.
"""

import asyncio
import contextlib
import fcntl
import os
import re
import shutil
import socket
import stat
from pathlib import Path

from ecstui.base.errors import SettingsError, StateLockedError
from ecstui.base.ids import Ids
from ecstui.client.http import short_path
from ecstui.settings import StatePaths

BACKLOG = 512
"""Connections that may wait to be accepted."""
REMOVED_LOOK_SECONDS = 5.0
LONGEST_JOURNAL_PATH = 500
"""Bytes; SQLite opens no file whose path, with its own endings, is longer than 512."""
LOCK_TRIES = 20
LOCK_WAIT_SECONDS = 0.05


def prepare(paths: StatePaths) -> None:
    """Make the state directory, mode 0700; `SettingsError` when it cannot or must not be used."""
    root = paths.root
    length = len(os.fsencode(paths.journal))
    if length > LONGEST_JOURNAL_PATH:
        raise SettingsError(
            f"{paths.journal} is {length} bytes long, and SQLite opens no path longer than "
            f"{LONGEST_JOURNAL_PATH}: choose a shorter one with --state DIR."
        )
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = root.stat()
        if found.st_uid != os.geteuid():
            raise SettingsError(f"{root} belongs to another user: choose another with --state DIR.")
        stranger = _stranger_in(paths)
        if stranger is not None:
            raise SettingsError(
                f"{root} is no state directory of ecstui, {stranger} is in it: choose an empty or "
                "a new one with --state DIR."
            )
        if stat.S_IMODE(found.st_mode) != 0o700:
            root.chmod(0o700)
    except OSError as error:
        raise SettingsError(
            f"{root} cannot be used as state directory: {error.strerror or error}."
        ) from error


def _stranger_in(paths: StatePaths) -> str | None:
    """A file that is not ours in a directory that has not been used yet."""
    if paths.owner.exists():
        return None
    ours = {path.name for path in paths.all()}
    names = sorted(entry.name for entry in paths.root.iterdir())
    return next((name for name in names if name.removesuffix(".new") not in ours), None)


class StateLock:
    """The lock of a state directory while it is held."""

    def __init__(self, descriptor: int) -> None:
        """Use `take_lock`."""
        self._descriptor = descriptor

    def release(self) -> None:
        """Give it free."""
        os.close(self._descriptor)

    def is_in(self, paths: StatePaths) -> bool:
        """Whether the file that is locked is still the one in the state directory."""
        try:
            there = paths.lock.stat()
        except OSError:
            return False
        return os.path.samestat(os.fstat(self._descriptor), there)


async def take_lock(paths: StatePaths, process_id: int) -> StateLock:
    """Lock the state directory for this process.

    Raises `StateLockedError` with the process id of the daemon that has it. Somebody who only
    looks at the lock (`holder`) shares it for a moment, which is waited for.
    """
    try:
        descriptor = os.open(paths.lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise SettingsError(
            f"{paths.lock} cannot be opened: {error.strerror or error}. Make it a file that you "
            "may write, or choose another state directory with --state DIR."
        ) from error
    for _ in range(LOCK_TRIES):
        if _try_lock(descriptor, fcntl.LOCK_EX):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{process_id}\n".encode(), 0)
            return StateLock(descriptor)
        if not _try_lock(descriptor, fcntl.LOCK_SH):
            break
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        await asyncio.sleep(LOCK_WAIT_SECONDS)
    os.close(descriptor)
    raise StateLockedError(
        f"{paths.root} is in use by the daemon with process id {_process_id_in(paths) or '?'}: "
        "`ecstui stop` ends it; --state DIR keeps another one beside it."
    )


async def until_removed(paths: StatePaths, lock: StateLock) -> Exception:
    """Wait until the state directory is gone from under its daemon, which must not go on then."""
    while lock.is_in(paths):  # noqa: ASYNC110 (the file system tells nobody)
        await asyncio.sleep(REMOVED_LOOK_SECONDS)
    return SettingsError(f"{paths.root} was removed while its daemon ran")


def _try_lock(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def holder(paths: StatePaths) -> int | None:
    """Process id of the daemon that holds the lock, 0 when it is not known; None without one."""
    try:
        descriptor = os.open(paths.lock, os.O_RDONLY)
    except OSError:
        return None
    try:
        is_free = _try_lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)
    return None if is_free else _process_id_in(paths)


def _process_id_in(paths: StatePaths) -> int:
    try:
        text = paths.lock.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return 0
    return int(text) if text.isdigit() else 0


def owner_of(paths: StatePaths, ids: Ids) -> str:
    """Id of this state directory, made at its first use and never changed."""
    try:
        owner = paths.owner.read_text().strip()
    except FileNotFoundError:
        owner = ids()
        write_whole(paths.owner, owner + "\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{paths.owner} cannot be read: {error}") from error
    if not re.fullmatch("[0-9a-f]{32}", owner):
        raise SettingsError(
            f"{paths.owner} must hold 32 hex digits, the value of the label ecstui.owner on this "
            "state's containers; it does not. Write them there, or remove the file when there are "
            "no such containers."
        )
    return owner


def write_whole(path: Path, text: str) -> None:
    """Replace a small file so that readers see the old text or the new one; mode 0600."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    fresh.replace(path)


def leave_failure(paths: StatePaths, reason: str) -> None:
    """Tell those who come later why the daemon had to stop, if the disk lets it."""
    try:
        write_whole(paths.failure, reason + "\n")
    except OSError:
        return


def remove(paths: StatePaths) -> None:
    """Remove a state directory that no daemon holds, if nothing but ours is in it."""
    for path in paths.all():
        for suffix in ("", ".new", "-wal", "-shm", ".1", ".2", ".3"):
            file = path.with_name(path.name + suffix)
            if file.is_dir():
                shutil.rmtree(file)
            else:
                file.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        paths.root.rmdir()


def listen(path: Path) -> socket.socket:
    """A listening Unix socket of mode 0600 at `path`, in place of one that nobody serves."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with short_path(fresh) as short:
            before = os.umask(0o177)
            try:
                listener.bind(short)
            finally:
                os.umask(before)
        listener.listen(BACKLOG)
        listener.setblocking(False)
        fresh.replace(path)
    except BaseException:
        listener.close()
        raise
    return listener
