"""`ecstui demo`: a cluster to play with, simulated or small and real, apart from one's own.

The simulation lives in this process and is gone with it. The one on Docker has a state directory
of its own and a daemon, and offers to remove everything at the end.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Mapping
from dataclasses import replace

from ecstui import __version__
from ecstui.base.clock import SystemClock
from ecstui.base.errors import EcstuiError
from ecstui.base.ids import Namespace, new_id
from ecstui.client.protocol import Client
from ecstui.client.status import ask_to_stop
from ecstui.commands.daemon import until_gone
from ecstui.commands.screens import ScreenOptions, show
from ecstui.commands.terminal import can_show_screens, confirm, tell
from ecstui.settings import Settings

logger = logging.getLogger(__name__)

INSTANCES = 6
INSTANCE_CPU_UNITS = 4096
INSTANCE_MEMORY_MIB = 7824
GIB = 1024**3
VIEW_SECONDS = 15.0


def demo(settings: Settings, environ: Mapping[str, str], *, on_docker: bool) -> int:
    """Open the screens on a sample cluster; the exit code."""
    if not can_show_screens():
        tell("ecstui: the demo needs a terminal.")
        return 2
    options = ScreenOptions.of(settings)
    # Whatever is logged must not be written across the screen.
    logging.getLogger().addHandler(logging.NullHandler())
    if on_docker:
        return asyncio.run(_on_docker(_apart(settings), environ, options))
    return asyncio.run(_simulated(settings, environ, options))


# -- simulated ------------------------------------------------------------------------------------


async def _simulated(settings: Settings, environ: Mapping[str, str], options: ScreenOptions) -> int:
    from ecstui.client.local import LocalClient
    from ecstui.control.plane import ControlPlane
    from ecstui.control.setup import InstanceSetup, Setup
    from ecstui.control.sources import SimulatedSources
    from ecstui.engine.simulated import SimulatedEngine
    from ecstui.engine.world import World
    from ecstui.plan.pace import PACES
    from ecstui.store.journal import MemoryJournal

    clock = SystemClock()
    world = World(
        clock, cpu_count=INSTANCES * INSTANCE_CPU_UNITS // 1024, memory_bytes=INSTANCES * 8 * GIB
    )
    engine = SimulatedEngine(world)
    setup = Setup(
        owner=new_id(),
        namespace=Namespace(region=settings.region, account=settings.account),
        pace=PACES[settings.pace],
        instances=tuple(
            InstanceSetup(
                name=f"demo-{number + 1}",
                engine=engine.name,
                zone=settings.zones[number % len(settings.zones)],
                cpu_units=INSTANCE_CPU_UNITS,
                memory_mib=INSTANCE_MEMORY_MIB,
                ip=f"127.0.{number + 1}.1",
            )
            for number in range(INSTANCES)
        ),
        rollout_order=settings.rollout_order,
        is_simulation=True,
        sources=SimulatedSources(),
        version=__version__,
        process_id=os.getpid(),
        endpoints={engine.name: "simulated"},
    )
    plane = ControlPlane(MemoryJournal(), {engine.name: engine}, clock, setup)
    await plane.start()
    client = LocalClient(plane)
    acting = asyncio.create_task(_act(client))
    try:
        drafts = _apart(settings).paths.drafts
        return await show(client, settings, environ, options, drafts=drafts, is_demo=True)
    finally:
        acting.cancel()
        await asyncio.gather(acting, return_exceptions=True)
        await plane.stop()
        await engine.close()


async def _act(client: Client) -> None:
    """Set the scene, and keep it moving."""
    from ecstui.demo import direct, load_sample, seed, settled

    try:
        await seed(client, load_sample("simulated"))
        await settled(client)
        await direct(client)
    except EcstuiError:
        logger.exception("the demo's script broke off")


# -- on Docker ------------------------------------------------------------------------------------


def _apart(settings: Settings) -> Settings:
    """The settings with a state directory of the demo's own: its end removes what is in there."""
    return replace(settings, state_directory=settings.paths.demo)


async def _on_docker(settings: Settings, environ: Mapping[str, str], options: ScreenOptions) -> int:
    from ecstui.client.remote import RemoteClient
    from ecstui.demo import load_sample, seed
    from ecstui.serve.spawn import ensure_daemon

    tell(f"Starting a daemon of the demo's own in {settings.state_directory}.")
    await ensure_daemon(settings, environ)
    client = RemoteClient(settings.paths)
    await _until_there(client)
    await seed(client, load_sample("docker"))
    drafts = settings.paths.drafts
    code = await show(client, settings, environ, options, drafts=drafts, is_demo=True)
    if confirm("Remove what the demo started: services, containers, state?", default=True):
        await _remove_all(settings, environ)
    else:
        place = settings.state_directory
        tell(f"It keeps running. `ecstui --state {place}` shows it again, `ecstui demo --docker`")
        tell("too, which offers to remove it at its end.")
    return code


async def _until_there(client: Client) -> None:
    """Wait until the view has everything once."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(VIEW_SECONDS), contextlib.aclosing(client.changes()) as changes:
            async for item in changes:
                if item is not None:
                    return


async def _remove_all(settings: Settings, environ: Mapping[str, str]) -> None:
    """Stop every task and the daemon, then remove the containers and the state."""
    from ecstui.serve.engines import EngineKind, make_engine
    from ecstui.serve.state import remove

    paths = settings.paths
    tell("Stopping every task …")
    await ask_to_stop(paths, tasks=True)
    if not await until_gone(paths):
        tell(f"It has not ended yet: see {paths.log}; `ecstui demo --docker` can try again.")
        return
    owner = paths.owner.read_text().strip()
    engine = make_engine(EngineKind.DOCKER, settings, environ, SystemClock())
    try:
        for name in sorted(await engine.list(owner)):
            await engine.remove(name)
    finally:
        await engine.close()
    remove(paths)
    tell("Everything that the demo started is gone.")
