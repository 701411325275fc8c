"""`ecstui doctor`: what is wrong and what to do; with `--fix` it removes containers without record.

It is the first answer to a bug report, so it goes on where it can and never fails itself.
"""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

from ecstui.base.clock import SystemClock
from ecstui.base.errors import EcstuiError, SettingsError
from ecstui.commands import probe
from ecstui.commands.config import holding_lines
from ecstui.commands.terminal import confirm, say, tell
from ecstui.doctor import (
    GIB,
    MIB,
    Check,
    Report,
    Verdict,
    check_daemon,
    check_disk,
    check_engine,
    check_ignored,
    check_orphans,
    check_python,
    check_secrets,
    check_settings,
    check_state,
    check_terminal,
)
from ecstui.engine.protocol import ContainerEngine
from ecstui.serve.engines import EngineKind, make_engine
from ecstui.settings import Settings, StatePaths
from ecstui.store.kinds import TASKS
from ecstui.store.tables import View

FIRST_ANSWER_SECONDS = 10.0


def doctor(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    problem: str = "",
    fixes: bool = False,
    is_confirmed: bool = False,
) -> int:
    """Print the report; the exit code. `problem`: what is wrong with the settings."""
    return asyncio.run(_doctor(settings, environ, problem, fixes, is_confirmed))


async def _doctor(
    settings: Settings, environ: Mapping[str, str], problem: str, fixes: bool, is_confirmed: bool
) -> int:
    checks = [
        check_python(sys.version_info[:3]),
        check_terminal(probe.terminal_facts(environ)),
        check_settings(settings.origins, problem),
        *await _state_checks(settings.paths),
    ]
    secrets = check_secrets(probe.secret_facts(settings))
    if secrets is not None:
        checks.append(secrets)
    engine, root = await probe.engine_facts(settings, environ)
    checks.append(check_engine(engine))
    checks += _engine_disk(root)
    orphans: tuple[str, ...] = ()
    # Who never had a state has no containers either.
    is_known = not probe.is_there(settings.paths.owner)
    if engine.answered is not None and not is_known:
        orphans, check, is_known = await _orphans(settings, environ)
        checks.append(check)
    report = Report(tuple(checks))
    for line in report.lines():
        say(line)
    if not problem:
        say("settings:")
        for line in holding_lines(settings):
            say(line)
    if fixes and orphans:
        await _remove(settings, environ, orphans, is_confirmed=is_confirmed)
    elif fixes and is_known:
        say("There is nothing that --fix could remove.")
    elif fixes:
        say("Orphans could not be looked for: see above.")
    return report.exit_code


async def _state_checks(paths: StatePaths) -> list[Check]:
    state = probe.state_facts(paths)
    daemon = await probe.daemon_facts(paths)
    checks = [check_state(state)]
    if state.disk is not None:
        checks.append(check_disk("disk", state.path, state.disk, least=50 * MIB, enough=500 * MIB))
    checks.append(check_daemon(daemon))
    ignored = check_ignored(daemon.ignored_members)
    return checks if ignored is None else [*checks, ignored]


def _engine_disk(root: Path | None) -> list[Check]:
    """Room for images, where the engine's files are on this machine."""
    if root is None or not probe.is_there(root):
        return []
    disk = probe.disk_facts(root)
    if disk is None:
        return []
    return [check_disk("images", str(root), disk, least=100 * MIB, enough=2 * GIB)]


# -- orphans --------------------------------------------------------------------------------------


async def _orphans(
    settings: Settings, environ: Mapping[str, str]
) -> tuple[tuple[str, ...], Check, bool]:
    """Names, what to say of them, and whether they could be looked for."""
    try:
        names = await find_orphans(settings, environ)
    except (EcstuiError, OSError, TimeoutError) as error:
        detail = f"cannot be looked for: {str(error) or 'no answer in time'}"
        return (), Check("orphans", Verdict.WARN, detail), False
    return names, check_orphans(names), True


async def find_orphans(settings: Settings, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Containers of this state directory that belong to no task.

    The engine is asked before the records are read: a container's record is durable before the
    container is made, so none that has a record can be missed.
    """
    engine = make_engine(EngineKind.DOCKER, settings, environ, SystemClock())
    try:
        return await _orphans_in(engine, settings.paths)
    finally:
        await engine.close()


async def _orphans_in(engine: ContainerEngine, paths: StatePaths) -> tuple[str, ...]:
    from ecstui.plan.task import observed_names

    try:
        owner = paths.owner.read_text().strip()
    except UnicodeDecodeError as error:
        raise SettingsError(f"{paths.owner} cannot be read: {error}") from error
    there = await engine.list(owner)
    view = await _records(paths)
    known = {name for task in view.all(TASKS) for name in observed_names(task)}
    return tuple(sorted(there.keys() - known))


async def _records(paths: StatePaths) -> View:
    """The records: from the daemon that serves them, else from the journal."""
    from ecstui.client.status import ask_status
    from ecstui.commands.kept_records import kept_records

    if await ask_status(paths) is not None:
        return await _records_served(paths)
    return await kept_records(paths)


async def _records_served(paths: StatePaths) -> View:
    from ecstui.client.remote import RemoteClient

    client = RemoteClient(paths)
    try:
        async with asyncio.timeout(FIRST_ANSWER_SECONDS):
            async for item in client.changes():
                if item is not None:
                    break
    finally:
        await client.close()
    return client.view


async def _remove(
    settings: Settings, environ: Mapping[str, str], names: tuple[str, ...], *, is_confirmed: bool
) -> None:
    for name in names:
        say(f"  {name}")
    count = "1 container" if len(names) == 1 else f"{len(names)} containers"
    if not is_confirmed and not confirm(f"Remove {count} without a record, with their logs?"):
        tell("Nothing was removed.")
        return
    engine = make_engine(EngineKind.DOCKER, settings, environ, SystemClock())
    try:
        still = await _orphans_in(engine, settings.paths)
        for name in (name for name in names if name in still):
            await engine.remove(name)
            say(f"removed {name}")
    finally:
        await engine.close()
