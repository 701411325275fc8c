"""Gathers what the doctor judges: from the terminal, the state directory, the daemon, the engine.

It looks and changes nothing. Every question has a time limit; what cannot be found out is a fact
as well.
"""

import asyncio
import errno
import grp
import json
import os
import pwd
import shutil
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from ecstui import __version__
from ecstui.base.clock import SystemClock
from ecstui.base.errors import DaemonUnreachableError, EcstuiError
from ecstui.client.http import fetch
from ecstui.client.remote import gone
from ecstui.client.status import ask_status
from ecstui.doctor import (
    Answered,
    DaemonFacts,
    DiskFacts,
    EngineFacts,
    SecretFacts,
    StateFacts,
    TerminalFacts,
)
from ecstui.engine.endpoint import Endpoint, NoEndpoint, SocketState, socket_state
from ecstui.engine.protocol import EngineInfo
from ecstui.serve.engines import EngineKind, endpoint_of, make_engine
from ecstui.serve.state import holder
from ecstui.settings import Settings, StatePaths

ANSWER_SECONDS = 10.0
GIB = 1024**3


def terminal_facts(environ: Mapping[str, str]) -> TerminalFacts:
    """Standard output as it is now."""
    size = shutil.get_terminal_size()
    return TerminalFacts(
        is_terminal=sys.stdout.isatty(),
        size=(size.columns, size.lines),
        term=environ.get("TERM", ""),
        colour_term=environ.get("COLORTERM", ""),
        encoding=sys.stdout.encoding or "",
    )


def secret_facts(settings: Settings) -> SecretFacts:
    """Where secrets are, which are missing and which anybody may read; none of them is opened."""
    folder = settings.secrets_directory or settings.config_file.parent / "secrets"
    files = [Path(path) for path in settings.secrets.values()]
    has_folder = os.path.isdir(folder)  # noqa: PTH112 (a folder that is not ours is none)
    kept = [folder, *files] if has_folder else files
    return SecretFacts(
        directory=str(folder) if has_folder else "",
        missing=tuple(str(file) for file in files if not is_there(file)),
        exposed=tuple(str(path) for path in kept if is_there(path) and _is_open(path)),
    )


def is_there(path: Path) -> bool:
    """Whether something is there that this user may look at."""
    return os.path.exists(path)  # noqa: PTH110 (`Path.exists` raises where one may not look)


def _is_open(path: Path) -> bool:
    """Whether group or others may read; what lies in a folder is as closed as the folder."""
    return bool(path.stat().st_mode & 0o044)


# -- state directory and daemon -------------------------------------------------------------------


def state_facts(paths: StatePaths) -> StateFacts:
    """The state directory as it is found."""
    path = str(paths.root)
    try:
        found = paths.root.stat()
    except FileNotFoundError:
        return StateFacts(path, exists=False, disk=disk_facts(paths.root))
    except OSError as error:
        return StateFacts(path, problem=error.strerror or str(error))
    if not stat.S_ISDIR(found.st_mode):
        return StateFacts(path, problem="is no directory")
    is_own = found.st_uid == os.geteuid()
    may_write = os.access(paths.root, os.R_OK | os.W_OK | os.X_OK)
    return StateFacts(
        path,
        is_own=is_own,
        mode=stat.S_IMODE(found.st_mode),
        problem="" if may_write or not is_own else "cannot be written to",
        disk=disk_facts(paths.root),
    )


def disk_facts(path: Path) -> DiskFacts | None:
    """Room where `path` is or would be; None when that cannot be found out."""
    for folder in (path, *path.parents):
        try:
            found = os.statvfs(folder)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR):
                return None
            continue
        # Some file systems count no files at all.
        files = found.f_favail if found.f_files else None
        return DiskFacts(found.f_bavail * found.f_frsize, files)
    return None


async def daemon_facts(paths: StatePaths) -> DaemonFacts:
    """Who holds the lock and who answers on the socket."""
    failure = gone(paths).partition("stop: ")[2] if is_there(paths.failure) else ""
    try:
        found = await ask_status(paths)
    except DaemonUnreachableError as error:
        return DaemonFacts(holder=holder(paths), own_version=__version__, problem=str(error))
    return DaemonFacts(
        holder=holder(paths),
        serving=None if found is None else found.process_id,
        version="" if found is None else found.version,
        own_version=__version__,
        failure=failure,
        ignored_members=() if found is None else found.ignored_members,
    )


# -- engine ---------------------------------------------------------------------------------------


async def engine_facts(
    settings: Settings, environ: Mapping[str, str]
) -> tuple[EngineFacts, Path | None]:
    """How far one gets on the way to the Docker Engine, and where it keeps its files."""
    endpoint = endpoint_of(settings, environ)
    has_program = any(shutil.which(name) for name in ("docker", "dockerd"))
    if isinstance(endpoint, NoEndpoint):
        return EngineFacts(endpoint, has_program), None
    if not endpoint.socket_path:
        return await _facts_by_client(settings, environ, endpoint, has_docker=has_program), None
    state = socket_state(endpoint.socket_path)
    if state is not SocketState.LISTENING:
        group, is_in_group = _group_of(endpoint.socket_path)
        return EngineFacts(endpoint, has_program, state, group, is_in_group), None
    return await _facts_by_socket(endpoint, has_docker=has_program)


def _group_of(path: str) -> tuple[str, bool]:
    """The group of a socket, and whether the user database has this user in it."""
    try:
        group = grp.getgrgid(os.stat(path).st_gid)  # noqa: PTH116 (what connecting sees)
        name = pwd.getpwuid(os.geteuid()).pw_name
    except (OSError, KeyError):
        return "", False
    return group.gr_name, name in group.gr_mem


async def _facts_by_socket(
    endpoint: Endpoint, *, has_docker: bool
) -> tuple[EngineFacts, Path | None]:
    """Ask in plain HTTP, so that anything that answers can be told apart."""
    where = Path(endpoint.socket_path)
    try:
        version, info = await _ask(where, "/version"), await _ask(where, "/info")
    except TimeoutError:
        problem = f"what listens at {where} has not answered for {ANSWER_SECONDS:.0f} s"
    except (OSError, ValueError):
        problem = f"what listens at {where} is no Docker Engine"
    else:
        answered = _answered(version, info)
        root = info.get("DockerRootDir")
        return (
            EngineFacts(endpoint, has_docker, SocketState.LISTENING, answered=answered),
            Path(root) if isinstance(root, str) else None,
        )
    return EngineFacts(endpoint, has_docker, SocketState.LISTENING, problem=problem), None


async def _ask(where: Path, target: str) -> dict[str, object]:
    async with asyncio.timeout(ANSWER_SECONDS):
        status, body = await fetch(where, "GET", target)
    value = json.loads(body)
    if status != 200 or not isinstance(value, dict):
        raise ValueError(f"status {status}")
    return value


def _answered(version: Mapping[str, object], info: Mapping[str, object]) -> Answered:
    memory, cpus = info.get("MemTotal"), info.get("NCPU")
    detail = ""
    if isinstance(memory, int) and isinstance(cpus, int):
        detail = f"{cpus} CPUs, {memory / GIB:.1f} GiB, {info.get('OperatingSystem', '')}"
    return Answered(
        version=str(version.get("Version", "")),
        api_version=str(version.get("ApiVersion", "")),
        is_podman="podman" in json.dumps(version.get("Components", "")).lower(),
        detail=detail.rstrip(", "),
    )


async def _facts_by_client(
    settings: Settings, environ: Mapping[str, str], endpoint: Endpoint, *, has_docker: bool
) -> EngineFacts:
    """Ask through Docker's own client, which knows TLS and SSH."""
    try:
        info = await _info(settings, environ)
    except (EcstuiError, OSError, TimeoutError) as error:
        problem = str(error) or f"no answer within {ANSWER_SECONDS:.0f} s"
        return EngineFacts(endpoint, has_docker, problem=problem)
    detail = f"{info.cpu_count} CPUs, {info.memory_bytes / GIB:.1f} GiB"
    answered = Answered(version=info.version, api_version="1.24", detail=detail)
    return EngineFacts(endpoint, has_docker, answered=answered)


async def _info(settings: Settings, environ: Mapping[str, str]) -> EngineInfo:
    engine = make_engine(EngineKind.DOCKER, settings, environ, SystemClock())
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await engine.info()
    finally:
        await engine.close()
