"""Starts a daemon in the background and waits until it answers, or says why it did not.

The daemon gets a session of its own, so that it goes on when the terminal closes. Two that are
started at once settle it by the lock: one serves, and both who asked find it.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import ecstui
from ecstui.base.errors import DaemonUnreachableError
from ecstui.client.status import Status, ask_status
from ecstui.serve.state import prepare
from ecstui.settings import Settings, StatePaths

EXIT_LOCKED = 75
"""EX_TEMPFAIL: another daemon has the state directory."""
START_SECONDS = 30.0
_LOOK_SECONDS = 0.03
_ERROR_BYTES = 4_000


async def ensure_daemon(
    settings: Settings, environ: Mapping[str, str], arguments: Sequence[str] = ()
) -> Status:
    """The daemon of a state directory, started if none answers.

    `arguments` are given to `ecstui daemon`. Raises `SettingsError`, and `DaemonUnreachableError`
    with the daemon's own words when it ends at once.
    """
    status = await ask_status(settings.paths)
    if status is not None:
        return status
    prepare(settings.paths)
    settings.paths.failure.unlink(missing_ok=True)
    process_id = _spawn(settings, environ, arguments)
    return await _until_it_answers(settings.paths, process_id)


def _spawn(settings: Settings, environ: Mapping[str, str], arguments: Sequence[str]) -> int:
    paths = settings.paths
    command = [sys.executable, "-m", "ecstui", "--state", str(paths.root)]
    command += ["--pace", settings.pace.value, "daemon", "--quiet", *arguments]
    source = str(Path(ecstui.__file__).parents[1])
    search = os.pathsep.join(filter(None, (source, environ.get("PYTHONPATH", ""))))
    errors = (os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    return os.posix_spawn(
        sys.executable,
        command,
        {**environ, "PYTHONPATH": search},
        setsid=True,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, str(paths.start_errors), *errors),
        ],
    )


async def _until_it_answers(paths: StatePaths, process_id: int) -> Status:
    try:
        async with asyncio.timeout(START_SECONDS):
            exit_code: int | None = None
            while True:
                status = await ask_status(paths)
                if status is not None:
                    if status.process_id != process_id and exit_code is None:
                        await _call_off(process_id)
                    return status
                exit_code = _exit_code(process_id) if exit_code is None else exit_code
                if exit_code is not None and exit_code != EXIT_LOCKED:
                    raise DaemonUnreachableError(f"The daemon did not start: {_last_words(paths)}")
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError as error:
        raise DaemonUnreachableError(
            f"The daemon did not answer within {START_SECONDS:.0f} s; {paths.log} may say why."
        ) from error


async def _call_off(process_id: int) -> None:
    """End a daemon of ours that came second, lest it takes over when the first one is stopped."""
    os.kill(process_id, signal.SIGTERM)
    while _exit_code(process_id) is None:  # noqa: ASYNC110 (nobody tells)
        await asyncio.sleep(_LOOK_SECONDS)


def _exit_code(process_id: int) -> int | None:
    """Its exit code if it has ended, else None."""
    try:
        ended, status = os.waitpid(process_id, os.WNOHANG)
    except ChildProcessError:
        return 1
    return os.waitstatus_to_exitcode(status) if ended else None


def _last_words(paths: StatePaths) -> str:
    """The reason that it left behind, else what it told the terminal that it had not."""
    for path in (paths.failure, paths.start_errors):
        try:
            text = path.read_bytes()[-_ERROR_BYTES:].decode(errors="replace")
        except OSError:
            continue
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        told = [line.removeprefix("ecstui: ") for line in lines if line.startswith("ecstui: ")]
        if told or lines:
            return (told or lines)[-1]
    return f"it said nothing; see {paths.log}."
