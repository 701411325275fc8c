"""`ecstui record` and `ecstui replay`: a cluster's life in a file, and on the screens again."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path

from ecstui import __version__
from ecstui.base.clock import SystemClock
from ecstui.client.recording import Recorder, read_recording
from ecstui.client.replay import ReplayClient
from ecstui.commands.attached import attached
from ecstui.commands.screens import ScreenOptions, show
from ecstui.commands.terminal import can_show_screens, tell
from ecstui.settings import Settings


def record(settings: Settings, path: Path, seconds: float | None) -> int:
    """Write what happens into a new file, until interrupted or for so many seconds."""
    return asyncio.run(_record(settings, path, seconds))


async def _record(settings: Settings, path: Path, seconds: float | None) -> int:
    async with attached(settings, "ecstui-record") as client:
        recorder = Recorder(path, __version__, SystemClock().now)
        tell(f"Recording into {path}; ctrl+c ends it.")
        try:
            async with asyncio.timeout(seconds), aclosing(client.changes()) as changes:
                async for item in changes:
                    if item is None:
                        if client.problem is not None:
                            tell(f"ecstui: {client.problem}")
                    else:
                        recorder.take(item)
        except TimeoutError:
            pass
        finally:
            recorder.close()
    return 0


def replay(settings: Settings, environ: Mapping[str, str], path: Path, speed: float) -> int:
    """Show a recording on the screens; the exit code."""
    recording = read_recording(path)
    if not can_show_screens():
        tell("ecstui: the screens need a terminal.")
        return 2
    options = ScreenOptions.of(settings)
    client = ReplayClient(recording, speed)
    return asyncio.run(show(client, settings, environ, options, drafts=settings.paths.drafts))
