"""The state directory: made private, locked by one, named once."""

import asyncio
import fcntl
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ecstui.base.errors import SettingsError, StateLockedError
from ecstui.base.ids import new_id
from ecstui.client.http import LONGEST_SOCKET_PATH
from ecstui.serve import state
from ecstui.settings import StatePaths


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_directory_is_made_with_its_parents_and_private(tmp_path: Path):
    paths = StatePaths(tmp_path / "a" / "b")
    state.prepare(paths)
    assert mode(paths.root) == 0o700


def test_an_empty_directory_that_others_may_enter_is_closed(tmp_path: Path):
    root = tmp_path / "open"
    root.mkdir(mode=0o755)
    state.prepare(StatePaths(root))
    assert mode(root) == 0o700


def test_somebody_elses_files_are_not_taken_for_a_state(tmp_path: Path):
    (tmp_path / "thesis.tex").touch()
    tmp_path.chmod(0o755)
    with pytest.raises(SettingsError, match=r"thesis\.tex is in it"):
        state.prepare(StatePaths(tmp_path))
    assert mode(tmp_path) == 0o755


def test_a_start_that_was_broken_off_can_be_repeated(tmp_path: Path):
    paths = StatePaths(tmp_path)
    for path in (paths.lock, paths.start_errors, tmp_path / "owner.new"):
        path.touch()
    state.prepare(paths)


def test_a_file_is_no_directory(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be used as state directory"):
        state.prepare(StatePaths(tmp_path / "file"))


def test_a_path_that_sqlite_cannot_open_is_refused_with_its_length(tmp_path: Path):
    root = tmp_path / "/".join(["d" * 60] * 9)
    with pytest.raises(SettingsError, match=r"bytes long.*choose a shorter one"):
        state.prepare(StatePaths(root))
    assert list(tmp_path.iterdir()) == []


async def test_a_lock_that_is_no_file_is_told(tmp_path: Path):
    paths = StatePaths(tmp_path)
    paths.lock.mkdir()
    with pytest.raises(SettingsError, match=r"lock cannot be opened: Is a directory"):
        await state.take_lock(paths, 1)


def test_the_owner_is_made_once(tmp_path: Path):
    paths = StatePaths(tmp_path)
    first = state.owner_of(paths, new_id)
    assert state.owner_of(paths, new_id) == first
    assert mode(paths.owner) == 0o600


@pytest.mark.parametrize("text", ["", "me\n", "0" * 31 + "\n"])
def test_a_damaged_owner_is_not_replaced(tmp_path: Path, text):
    paths = StatePaths(tmp_path)
    paths.owner.write_text(text)
    with pytest.raises(SettingsError, match="32 hex digits"):
        state.owner_of(paths, new_id)
    assert paths.owner.read_text() == text


async def test_one_process_holds_the_lock_and_the_next_is_told_which(
    paths: StatePaths, monkeypatch: pytest.MonkeyPatch
):
    async def wait(seconds: float) -> None:
        pytest.fail("who holds it is no passer-by: waiting could only take over what was stopped")

    lock = await state.take_lock(paths, 4321)
    assert state.holder(paths) == 4321
    monkeypatch.setattr(asyncio, "sleep", wait)
    with pytest.raises(StateLockedError, match="process id 4321"):
        await state.take_lock(paths, 5)
    lock.release()
    assert state.holder(paths) is None
    (await state.take_lock(paths, 6)).release()


async def test_a_look_at_the_lock_does_not_keep_a_daemon_from_starting(
    paths: StatePaths, monkeypatch: pytest.MonkeyPatch
):
    looking = os.open(paths.lock, os.O_RDONLY | os.O_CREAT)
    fcntl.flock(looking, fcntl.LOCK_SH)
    waits = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            os.close(looking)

    monkeypatch.setattr(asyncio, "sleep", wait)
    (await state.take_lock(paths, 2)).release()
    assert len(waits) == 3


def test_the_kernel_gives_the_lock_free_when_its_process_is_killed(paths: StatePaths):
    program = (
        "import asyncio, os, pathlib, sys\n"
        "from ecstui.serve.state import take_lock\n"
        "from ecstui.settings import StatePaths\n"
        "asyncio.run(take_lock(StatePaths(pathlib.Path(sys.argv[1])), os.getpid()))\n"
        "print('locked', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(paths.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        assert state.holder(paths) == process.pid
        process.kill()
    assert state.holder(paths) is None


@pytest.mark.parametrize("depth", [0, LONGEST_SOCKET_PATH])
def test_the_socket_is_private_from_its_first_moment(tmp_path: Path, depth):
    root = tmp_path / ("x" * depth)
    root.mkdir(exist_ok=True)
    before = os.umask(0)
    try:
        listener = state.listen(StatePaths(root).socket)
    finally:
        os.umask(before)
    assert mode(root / "socket") == 0o600
    assert [path.name for path in root.iterdir()] == ["socket"]
    listener.close()


def test_a_socket_that_nobody_serves_is_replaced(tmp_path: Path):
    paths = StatePaths(tmp_path)
    state.listen(paths.socket).close()
    (tmp_path / "socket.new").touch()
    listener = state.listen(paths.socket)
    assert stat.S_ISSOCK(paths.socket.stat().st_mode)
    listener.close()


def test_a_failure_is_left_behind_if_the_disk_lets_it(tmp_path: Path):
    paths = StatePaths(tmp_path)
    state.leave_failure(paths, "disk full")
    assert paths.failure.read_text() == "disk full\n"
    state.leave_failure(StatePaths(tmp_path / "absent"), "disk full")
