"""`ecstui daemon`, `ecstui status` and `ecstui stop`: the life of the daemon from the shell."""

import asyncio
import os
import resource
from collections.abc import Mapping
from urllib.parse import urlsplit

from ecstui.base.clock import SystemClock
from ecstui.base.errors import DaemonUnreachableError
from ecstui.base.ids import new_id
from ecstui.client.status import Status, ask_status, ask_to_stop
from ecstui.commands.terminal import confirm, log_to, progress, say, tell
from ecstui.settings import Settings, StatePaths

_LOOK_SECONDS = 0.03
_LOOKS = 1_000
"""Half a minute."""
FILES = 10_000


# -- run ------------------------------------------------------------------------------------------


def run(settings: Settings, environ: Mapping[str, str], engine: str, *, is_quiet: bool) -> int:
    """Be the daemon until it is told to stop; the exit code."""
    from ecstui.serve.daemon import Surroundings, run_daemon
    from ecstui.serve.engines import EngineKind, make_engine
    from ecstui.serve.state import prepare

    os.umask(0o077)
    allow_files()
    prepare(settings.paths)
    log_to(settings.paths.log, is_quiet=is_quiet)
    if is_quiet:
        os.chdir("/")

    async def main() -> int:
        clock = SystemClock()
        around = Surroundings(
            engine=make_engine(EngineKind(engine), settings, environ, clock),
            clock=clock,
            ids=new_id,
            environ=environ,
            process_id=os.getpid(),
        )
        return await run_daemon(settings, around)

    return asyncio.run(main())


def allow_files() -> None:
    """Let this process open more files than a shell's 1,024: every caller and log takes one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def start(settings: Settings, environ: Mapping[str, str], engine: str) -> int:
    """Start the daemon in the background unless one answers; the exit code."""
    from ecstui.serve.spawn import ensure_daemon

    arguments = ["--engine", engine]
    if settings.port is not None:
        arguments += ["--port", str(settings.port)]
    status = asyncio.run(ensure_daemon(settings, environ, arguments))
    say(f"The daemon of {settings.state_directory} runs as process {status.process_id}.")
    if status.endpoint:
        say(f"AWS's own clients are answered at {status.endpoint} (`ecstui env` has variables).")
    differences = (pace_difference(settings, status), port_difference(settings, status))
    for words in filter(None, differences):
        tell(words)
    return 1 if any(differences) else 0


def pace_difference(settings: Settings, found: Status) -> str:
    """What to say when a daemon runs at another pace than is asked for now; empty when not."""
    origin = settings.origin("pace")
    if not origin.startswith(("--", "$")) or found.pace == settings.pace.value:
        return ""
    return (
        f"The daemon runs at the {found.pace} pace already ({origin} asks for "
        f"{settings.pace.value}): `ecstui stop` first."
    )


def port_difference(settings: Settings, found: Status) -> str:
    """What to say when a daemon answers at another port than is asked for now, or at none."""
    first = "`ecstui stop` it first, its tasks keep running."
    if settings.port is None:
        return ""
    if not found.endpoint:
        return f"It ran already, without a port: {first}"
    if settings.port in (0, urlsplit(found.endpoint).port):
        return ""
    return f"It ran already, not at port {settings.port}: {first}"


# -- status ---------------------------------------------------------------------------------------


def status(settings: Settings) -> int:
    """Say whether a daemon runs and who it is; exit code 3 when none does, as systemctl has it."""
    found = asyncio.run(ask_status(settings.paths))
    if found is None:
        say(f"No daemon runs for {settings.state_directory}.")
        return 3
    say(f"state    {settings.state_directory}")
    say(f"process  {found.process_id}, for {duration(found.uptime_seconds)}")
    say(f"version  {found.version}")
    say(f"engine   {found.engine}")
    say(f"pace     {found.pace}")
    if found.endpoint:
        say(f"endpoint {found.endpoint} (`ecstui env` has the variables)")
    say(f"owner    {found.owner}")
    return 0


def duration(seconds: float) -> str:
    """`45 s`, `12 min`, `3 h 20 min` or `2 d 4 h`."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return f"{int(seconds)} s"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // (24 * 60)} d {minutes // 60 % 24} h"


# -- stop -----------------------------------------------------------------------------------------


def stop(settings: Settings, *, tasks: bool, is_confirmed: bool) -> int:
    """Stop the daemon, and with `tasks` every task first; the exit code."""
    return asyncio.run(_stop(settings, tasks=tasks, is_confirmed=is_confirmed))


async def _stop(settings: Settings, *, tasks: bool, is_confirmed: bool) -> int:
    paths = settings.paths
    if not await _answers(paths):
        say(f"No daemon runs for {settings.state_directory}.")
        return await _tell_tasks_left(paths) if tasks else 0
    if tasks:
        if not await _stop_tasks(paths, is_confirmed=is_confirmed):
            tell("Nothing was stopped.")
            return 1
    else:
        await _ask_to_stop(paths)
    if not await until_gone(paths):
        tell("The daemon has not ended yet; its log says what it waits for.")
        return 1
    say("The daemon has stopped." if tasks else "The daemon has stopped; its tasks keep running.")
    return 0


async def _ask_to_stop(paths: StatePaths) -> None:
    """Have the daemon end; one that answered just now may be on its way out already."""
    try:
        await ask_to_stop(paths, tasks=False)
    except DaemonUnreachableError:
        if not await until_gone(paths):
            raise


async def _tell_tasks_left(paths: StatePaths) -> int:
    """Say which tasks are in the records although nobody serves them; the exit code."""
    from ecstui.commands.kept_records import kept_records
    from ecstui.store.kinds import TASKS

    if not paths.journal.exists():
        return 0
    left = len((await kept_records(paths)).by(TASKS, "active", "yes"))
    if not left:
        return 0
    tell(f"{_tasks(left)} may still run: `ecstui daemon --detach`, then `ecstui stop --tasks`.")
    return 3


async def _answers(paths: StatePaths) -> bool:
    """Whether a daemon is there to be asked, also one that has only just begun."""
    from ecstui.serve.state import holder

    for _ in range(_LOOKS):
        if await ask_status(paths) is not None:
            return True
        if holder(paths) is None:
            return False
        await asyncio.sleep(_LOOK_SECONDS)
    raise DaemonUnreachableError(
        f"process {holder(paths)} holds {paths.root} and does not answer: `kill` it; nothing that "
        "was acknowledged is lost."
    )


async def until_gone(paths: StatePaths) -> bool:
    """Wait until nobody holds the lock, for some time; whether it is so."""
    from ecstui.serve.state import holder

    for _ in range(_LOOKS):
        if holder(paths) is None:
            return True
        await asyncio.sleep(_LOOK_SECONDS)
    return False


async def _stop_tasks(paths: StatePaths, *, is_confirmed: bool) -> bool:
    """Have every task stopped and say how it goes; whether the person wanted it."""
    from ecstui.client.remote import RemoteClient
    from ecstui.store.kinds import TASKS

    client = RemoteClient(paths)
    is_asked = False
    told = -1
    try:
        async for item in client.changes():
            if item is None and client.problem is not None and is_asked:
                progress("every task has stopped", is_last=True)
                return True
            if item is None:
                continue
            left = len(client.view.by(TASKS, "active", "yes"))
            if not is_asked:
                question = f"Stop {_tasks(left)}, scale every service to 0, and stop the daemon?"
                if not is_confirmed and not confirm(question):
                    return False
                await ask_to_stop(paths, tasks=True)
                is_asked = True
            if left != told:
                told = left
                progress(f"{_tasks(left)} to stop")
    finally:
        await client.close()
    return is_asked


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count} tasks"
