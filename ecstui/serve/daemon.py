"""The daemon: holds one state directory, runs its control plane, and keeps the door open.

Crash-only: start and recovery are the same code, and being killed at any moment loses nothing that
was acknowledged. It stops when told to, or when its journal can no longer be written.
"""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace

from aiohttp import web

from ecstui import __version__
from ecstui.base.clock import Clock
from ecstui.base.errors import EngineError, EngineErrorKind, JournalError
from ecstui.base.garbage import spare_long_lived
from ecstui.base.ids import Ids
from ecstui.client.plane import Plane
from ecstui.control.plane import ControlPlane
from ecstui.control.setup import Setup
from ecstui.engine.protocol import ContainerEngine, EngineInfo
from ecstui.serve.app import Doors, Identity, make_app, make_tcp_app
from ecstui.serve.credentials import credentials_of
from ecstui.serve.engines import linked_engine
from ecstui.serve.guard import Guard
from ecstui.serve.slices import remember_engine, remembered_engine, setup_of
from ecstui.serve.state import (
    BACKLOG,
    StateLock,
    leave_failure,
    listen,
    owner_of,
    prepare,
    take_lock,
    until_removed,
)
from ecstui.serve.task_door import TaskDoor, open_task_door
from ecstui.serve.task_sockets import TaskSockets, task_sockets_of
from ecstui.serve.tcp import endpoint_of, listen_tcp, open_tcp
from ecstui.settings import Settings, StatePaths
from ecstui.store.journal import SqliteJournal

logger = logging.getLogger(__name__)

EXIT_OK = 0
EXIT_JOURNAL = 74
"""EX_IOERR: the journal cannot be read or written."""

INFO_SECONDS = 10.0
SHUTDOWN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a daemon is given besides its settings."""

    engine: ContainerEngine
    clock: Clock
    ids: Ids
    environ: Mapping[str, str]
    process_id: int


class StopAsked:
    """Whether somebody asked to stop, and how."""

    def __init__(self) -> None:
        """Nobody has."""
        self._asked = asyncio.Event()
        self._again = asyncio.Event()
        self.tasks = False

    def ask(self, tasks: bool) -> None:
        """Stop; asked a second time without `tasks`, a stop that waits for tasks waits no more."""
        if self._asked.is_set() and not tasks:
            self._again.set()
        self.tasks = self.tasks or tasks
        self._asked.set()

    async def wait(self) -> None:
        """Until somebody asks."""
        await self._asked.wait()

    async def wait_again(self) -> None:
        """Until somebody does not want to wait for tasks any more."""
        await self._again.wait()


async def run_daemon(settings: Settings, around: Surroundings) -> int:
    """Run until stopped; the exit code.

    Raises `SettingsError`, `StateLockedError` or `EngineError` when it cannot start.
    """
    try:
        return await _run(settings, around)
    finally:
        await around.engine.close()


async def _run(settings: Settings, around: Surroundings) -> int:
    paths = settings.paths
    prepare(paths)
    lock = await take_lock(paths, around.process_id)
    try:
        paths.failure.unlink(missing_ok=True)
        return await _run_locked(settings, around, lock)
    except (JournalError, OSError) as error:
        logger.critical("the daemon has to stop: %s", error)
        if lock.is_in(paths):
            leave_failure(paths, str(error))
        return EXIT_JOURNAL
    finally:
        lock.release()


async def _run_locked(settings: Settings, around: Surroundings, lock: StateLock) -> int:
    paths = settings.paths
    info, is_remembered = await _engine_info(paths, around.engine)
    setup = setup_of(
        settings,
        info,
        engine=around.engine.name,
        owner=owner_of(paths, around.ids),
        version=__version__,
        process_id=around.process_id,
    )
    if setup.log_keeping is not None:
        setup.log_keeping.store.load()
    engine, ids = around.engine, around.ids
    sockets = await task_sockets_of(
        settings, info.gateway, engine, ids, is_remembered=is_remembered
    )
    with closing(sockets) if sockets is not None else nullcontext():
        endpoint = None if sockets is None else sockets.endpoint
        return await _run_plane(
            settings, replace(setup, task_endpoint=endpoint), around, lock, sockets
        )


async def _run_plane(
    settings: Settings,
    setup: Setup,
    around: Surroundings,
    lock: StateLock,
    sockets: TaskSockets | None,
) -> int:
    paths = settings.paths
    journal = await SqliteJournal.open(paths.journal)
    plane = ControlPlane(
        journal,
        {around.engine.name: around.engine},
        around.clock,
        setup,
        lambda link: linked_engine(link, around.clock),
    )
    try:
        try:
            await plane.start()
        except BaseException:
            await plane.crash()
            raise
        spare_long_lived()
        failed = asyncio.create_task(_failure(plane, paths, lock))
        try:
            async with _task_door(plane, sockets, around):
                await _serve(plane, failed, settings, setup, around)
        finally:
            failed.cancel()
            await asyncio.gather(failed, return_exceptions=True)
        return EXIT_OK
    finally:
        await journal.close()


@asynccontextmanager
async def _task_door(
    plane: ControlPlane, sockets: TaskSockets | None, around: Surroundings
) -> AsyncIterator[None]:
    """What containers ask of their own, where they can reach it."""
    if sockets is None:
        yield
        return
    door = TaskDoor(plane, sockets.endpoint, around.engine, around.clock, around.environ)
    door.seen = plane.seen
    async with open_task_door(sockets, door, around.ids):
        yield


async def _failure(plane: Plane, paths: StatePaths, lock: StateLock) -> Exception:
    """Wait for whatever makes it impossible to go on, and say what it is."""
    waits = [
        asyncio.create_task(plane.wait_failed()),
        asyncio.create_task(until_removed(paths, lock)),
    ]
    try:
        done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)


async def _serve(
    plane: Plane,
    failed: "asyncio.Task[Exception]",
    settings: Settings,
    setup: Setup,
    around: Surroundings,
) -> None:
    """Keep the door open until asked to stop; raises what made the plane fail."""
    stop = StopAsked()
    is_over = False
    try:
        async with _all_doors(plane, settings, setup, around, stop) as doors:
            with _signals(stop):
                logger.info("ecstui %s serves %s", __version__, settings.state_directory)
                notify(around.environ, "READY=1")
                await _until(failed, stop.wait())
                notify(around.environ, "STOPPING=1")
                doors.aws.is_stopping = True
                if stop.tasks and not failed.done():
                    logger.info("stopping every task first")
                    is_over = await _until(failed, plane.stop(tasks=True), stop.wait_again())
    finally:
        if not is_over:
            await plane.stop()
    if failed.done():
        raise failed.result()
    logger.info("stopped")


@asynccontextmanager
async def _all_doors(
    plane: Plane, settings: Settings, setup: Setup, around: Surroundings, stop: StopAsked
) -> AsyncIterator[Doors]:
    """The Unix socket and, where a port is set, the door on TCP; `SettingsError` if it is taken."""
    paths, ids = settings.paths, around.ids
    identity = _identity(settings, setup, around)
    if settings.port is None:
        doors = _doors(plane, identity, setup, around, stop)
        async with open_doors(paths, doors):
            yield doors
        return
    guard = Guard(credentials_of(paths.keys, ids), ids)
    with listen_tcp(settings.port) as listener:
        identity = replace(identity, endpoint=endpoint_of(listener))
        doors = _doors(plane, identity, setup, around, stop)
        app = make_tcp_app(doors, guard)
        async with open_tcp([listener], app, guard.limits, ids), open_doors(paths, doors):
            logger.info("AWS's clients are answered at %s", identity.endpoint)
            yield doors


def _doors(
    plane: Plane, identity: Identity, setup: Setup, around: Surroundings, stop: StopAsked
) -> Doors:
    doors = Doors(plane, identity, around.clock, around.ids, stop.ask)
    doors.logs.store = None if setup.log_keeping is None else setup.log_keeping.store
    return doors


async def _until(failed: "asyncio.Task[Exception]", *waits: Coroutine[None, None, None]) -> bool:
    """Wait for the first of `waits`, or for the failure; whether that one is done."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    await asyncio.wait((failed, *tasks), return_when=asyncio.FIRST_COMPLETED)
    is_done = tasks[0].done()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if is_done:
        tasks[0].result()
    return is_done


async def _engine_info(paths: StatePaths, engine: ContainerEngine) -> tuple[EngineInfo, bool]:
    """What the engine says of itself now, or said when it answered last; whether the latter."""
    try:
        async with asyncio.timeout(INFO_SECONDS):
            info = await engine.info()
    except (EngineError, TimeoutError) as error:
        before = remembered_engine(paths, engine.name)
        if before is None:
            if isinstance(error, EngineError):
                raise
            words = f"the engine did not answer within {INFO_SECONDS:.0f} s"
            raise EngineError(EngineErrorKind.TIMEOUT, words) from error
        logger.warning("the engine does not answer (%s); going by what it said before", error)
        return before, True
    remember_engine(paths, info)
    return info, False


def _identity(settings: Settings, setup: Setup, around: Surroundings) -> Identity:
    return Identity(
        version=__version__,
        owner=setup.owner,
        process_id=around.process_id,
        state_directory=str(settings.state_directory),
        pace=setup.pace.name,
        engine=around.engine.name,
        started_at=around.clock.now(),
        names=setup.namespace,
    )


@asynccontextmanager
async def open_doors(paths: StatePaths, doors: Doors) -> AsyncIterator[None]:
    """The Unix socket, served for as long as the block runs."""
    runner = web.AppRunner(
        make_app(doors),
        access_log=None,
        handler_cancellation=True,
        shutdown_timeout=SHUTDOWN_SECONDS,
    )
    await runner.setup()
    try:
        listener = listen(paths.socket)
        name = paths.socket.stat()
        await web.SockSite(runner, listener, backlog=BACKLOG).start()
        yield
        # First the name, so that who comes now learns at once that nobody is here.
        with suppress(OSError):
            if os.path.samestat(paths.socket.stat(), name):
                paths.socket.unlink()
    finally:
        await runner.cleanup()


@contextmanager
def _signals(stop: StopAsked) -> Iterator[None]:
    """SIGTERM, SIGINT and SIGHUP ask to stop; tasks go on running."""
    loop = asyncio.get_running_loop()
    asked = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    for number in asked:
        loop.add_signal_handler(number, stop.ask, False)
    try:
        yield
    finally:
        for number in asked:
            loop.remove_signal_handler(number)


def notify(environ: Mapping[str, str], message: str) -> None:
    """Tell systemd how the daemon is, where it asked for that (sd_notify(3))."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd, suppress(OSError):
        systemd.sendto(message.encode(), address)
