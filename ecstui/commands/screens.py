"""`ecstui` alone: attach the screens to the daemon, which is started if none answers.

Only what the first screen needs is imported before it is painted.
"""

import asyncio
import gc
import os
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ecstui import __version__
from ecstui.base.errors import SettingsError
from ecstui.base.garbage import spare_long_lived
from ecstui.client.protocol import Client
from ecstui.client.replay import ReplayClient
from ecstui.client.status import Status, ask_status, ask_to_stop
from ecstui.commands.background import asking, may_ask
from ecstui.commands.daemon import pace_difference, until_gone
from ecstui.commands.terminal import can_show_screens, confirm, log_to, tell
from ecstui.settings import KIND_WORDS, Settings

if TYPE_CHECKING:
    from ecstui.ui.keymap import Registry

SPARING: Mapping[str, str] = {
    "TEXTUAL_FPS": "4", "TEXTUAL_ANIMATIONS": "none", "TEXTUAL_SMOOTH_SCROLL": "0",
}  # fmt: skip
"""What Textual is told in low-bandwidth mode."""
FRAMES_PER_SECOND = "120"
"""Of the answers to keys: Textual leaves up to two frames' time after each one that it draws.

What changes by itself is drawn at most ten times a second (`ecstui.ui.app`).
"""


def attach(settings: Settings, environ: Mapping[str, str], engine: str) -> int:
    """Open the screens on the daemon of a state directory; the exit code."""
    if not can_show_screens():
        tell("ecstui: the screens need a terminal; `ecstui call` and `ecstui status` do not.")
        return 2
    options = ScreenOptions.of(settings)
    asyncio.run(reach(settings, environ, engine))
    log_to(settings.paths.screen_log)
    from ecstui.client.remote import RemoteClient

    client, drafts = RemoteClient(settings.paths), settings.paths.drafts
    return asyncio.run(show(client, settings, environ, options, drafts=drafts))


@dataclass(frozen=True, slots=True)
class ScreenOptions:
    """The `[ui]` table of config.toml."""

    theme: str | None = None
    cluster: str = "default"
    ascii: bool | None = None
    """Signs as letters; None: where the terminal is known not to show them."""
    read_only: bool = False
    keys: str = "k9s"
    low_bandwidth: bool = False

    @classmethod
    def of(cls, settings: Settings) -> "ScreenOptions":
        """Read the table; `SettingsError` names what cannot be understood."""
        known: dict[str, type] = {
            "theme": str, "cluster": str, "ascii": bool, "read_only": bool, "keys": str,
            "low_bandwidth": bool,
        }  # fmt: skip
        where = f"{settings.config_file}: ui."
        for name, value in settings.screen.items():
            if name not in known:
                raise SettingsError(f"{where}{name} is no setting; there are {', '.join(known)}.")
            if not isinstance(value, known[name]):
                raise SettingsError(f"{where}{name} must be {KIND_WORDS[known[name]]}.")
        given = dict(settings.screen)
        if settings.theme is not None:
            given["theme"] = settings.theme
        if settings.low_bandwidth is not None:
            given["low_bandwidth"] = settings.low_bandwidth
        return cls(**given)  # type: ignore[arg-type]


def spare_the_line(environ: MutableMapping[str, str]) -> None:
    """Few frames and no animations; Textual reads this when it is imported, so not later."""
    for name, value in SPARING.items():
        environ.setdefault(name, value)


def take_the_size_of_the_terminal(environ: MutableMapping[str, str], descriptor: int) -> None:
    """Forget a size that a shell exported where the terminal tells its own.

    Textual believes the variables first, and would never see the window change.
    """
    try:
        size = os.get_terminal_size(descriptor)
    except OSError:
        return
    if size.columns and size.lines:
        for name in ("COLUMNS", "LINES"):
            environ.pop(name, None)


async def show(
    client: Client,
    settings: Settings,
    environ: Mapping[str, str],
    options: ScreenOptions,
    *,
    drafts: Path,
    is_demo: bool = False,
) -> int:
    """Open the screens on a client until the person leaves; the exit code."""
    if options.low_bandwidth:
        spare_the_line(os.environ)
    take_the_size_of_the_terminal(os.environ, sys.stdout.fileno())
    os.environ.setdefault("TEXTUAL_FPS", FRAMES_PER_SECOND)
    is_asked = options.theme is None and may_ask(environ)
    with asking(sys.stdin.fileno()) if is_asked else nullcontext() as background:
        from ecstui.ui.app import EcsTui
        from ecstui.ui.glyphs import wants_ascii
        from ecstui.ui.late_answers import leave_out_answers
        from ecstui.ui.theme import theme_folders
        from ecstui.ui.theme_choice import choose_theme

        is_light = None if background is None else await background.is_light()
    leave_out_answers()
    app = EcsTui(
        client,
        cluster=options.cluster,
        theme_name=options.theme
        or choose_theme(environ, low_bandwidth=options.low_bandwidth, is_light=is_light),
        cluster_themes={} if settings.theme else settings.clusters,
        theme_folders=theme_folders(environ, Path.cwd()),
        ascii_glyphs=wants_ascii(environ) if options.ascii is None else options.ascii,
        read_only=options.read_only or isinstance(client, ReplayClient),
        is_demo=is_demo,
        registry=_keys(settings, options),
        drafts=drafts,
    )
    app.low_bandwidth = options.low_bandwidth
    spare_long_lived(search=False)
    gc.enable()
    try:
        await app.run_async()
    finally:
        await client.close()
    return app.return_code or 0


def _keys(settings: Settings, options: ScreenOptions) -> "Registry":
    """The commands with the keys that hold; what is wrong with the person's own is told."""
    from ecstui.ui.keymap import read_keymap
    from ecstui.ui.presets import MOVES, preset

    if options.keys not in MOVES:
        names = ", ".join(MOVES)
        raise SettingsError(f"{settings.config_file}: ui.keys must be one of {names}.")
    keys, problems = read_keymap(settings.config_file.with_name("keys.toml"))
    registry, more_problems = preset(options.keys).remapped(keys)
    for problem in (*problems, *more_problems):
        tell(f"ecstui: keys.toml: {problem}")
    return registry


async def reach(settings: Settings, environ: Mapping[str, str], engine: str) -> None:
    """See to it that a daemon of this version answers; start one if none does."""
    found = await ask_status(settings.paths)
    if found is not None:
        found = await _same_version(settings, found)
    if found is not None:
        _tell_difference(settings, found)
        return
    from ecstui.serve.spawn import ensure_daemon

    await ensure_daemon(settings, environ, ("--engine", engine))


async def _same_version(settings: Settings, found: Status) -> Status | None:
    """The daemon, or None when it was of another version and has been stopped for a new one."""
    if found.version == __version__:
        return found
    question = (
        f"The daemon runs ecstui {found.version}, this is {__version__}. Restart it? Tasks keep "
        "running."
    )
    if not confirm(question, default=True):
        return found
    await ask_to_stop(settings.paths, tasks=False)
    await until_gone(settings.paths)
    return None


def _tell_difference(settings: Settings, found: Status) -> None:
    """Say when the daemon was set otherwise than asked for now."""
    words = pace_difference(settings, found)
    if words:
        tell(words)
