"""EcsTui: the app. It knows the way around, keeps the frame of the screens, and what was visited.

Changes reach the screens through `following`; what a screen shows is the screen's own.
"""

import asyncio
import gc
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events
from textual.await_complete import AwaitComplete
from textual.dom import DOMNode

from ecstui.base.clock import SystemClock
from ecstui.client.protocol import Client
from ecstui.client.replay import ReplayClient
from ecstui.ui import routes
from ecstui.ui.columns.plane import Facts
from ecstui.ui.columns.sums import Sums
from ecstui.ui.following import Following
from ecstui.ui.history import History, Place
from ecstui.ui.keymap import Registry
from ecstui.ui.playing import playing_words
from ecstui.ui.preset_k9s import PRESET
from ecstui.ui.routes import SECTIONS
from ecstui.ui.screens.base import EcsScreen
from ecstui.ui.screens.frame import Flags, header_line
from ecstui.ui.shell import Said, Shell
from ecstui.ui.spans import Line
from ecstui.ui.theme import DEFAULT_THEME, ThemeProblem

if TYPE_CHECKING:
    from textual.actions import ActionParseResult
    from textual.timer import Timer

EMPTY: Mapping[str, str] = {}
_ROOT = 2
"""Screens below the first that was opened: an empty one, and the section."""
_REST_SECONDS = 3.0
"""So long nobody has pressed a key: time for what stops the screens for a moment."""
_LEAVE_SECONDS = 2.0
"""A second ctrl+c within so long quits."""


class EcsTui(Shell):
    """The terminal interface of ecstui."""

    CSS = """
    Toast { background: $panel; }
    Toast.-error { border-left: outer $error; }
    ToastRack { align-horizontal: right; }
    """
    TITLE = "ecstui"
    HORIZONTAL_BREAKPOINTS = [
        (0, "-tiny"), (60, "-narrow"), (100, "-normal"), (140, "-wide"),
    ]  # fmt: skip
    VERTICAL_BREAKPOINTS = [
        (0, "-flat"), (16, "-short"), (30, "-tall"),
    ]  # fmt: skip

    def __init__(
        self,
        client: Client,
        *,
        cluster: str = "default",
        now: Callable[[], float] | None = None,
        theme_name: str = DEFAULT_THEME,
        cluster_themes: Mapping[str, str] = EMPTY,
        theme_folders: Sequence[Path] = (),
        ascii_glyphs: bool = False,
        read_only: bool = False,
        is_demo: bool = False,
        registry: Registry = PRESET,
        drafts: Path | None = None,
    ) -> None:
        """`now`: POSIX seconds; `cluster_themes`: theme while that cluster is shown."""
        self.player = client if isinstance(client, ReplayClient) else None
        super().__init__(
            client,
            cluster=cluster,
            now=now or (self.player or SystemClock()).now,
            theme_name=cluster_themes.get(cluster, theme_name),
            theme_folders=theme_folders,
            ascii_glyphs=ascii_glyphs,
            read_only=read_only,
            is_demo=is_demo,
            registry=registry,
            drafts=drafts,
        )
        self.set_keymap(registry.moved_from(PRESET))
        self._own_theme = theme_name
        self._cluster_themes = cluster_themes
        self.message: Said | None = None
        self.is_frozen = False
        self._following = Following(self)
        self._history = History()
        self._sections: dict[str, EcsScreen] = {}
        self._section = ""
        self._key_at = 0.0
        self._has_closed = False
        self._message_timer: Timer | None = None
        self._interrupted_at = float("-inf")

    def on_mount(self) -> None:
        """Show the services, follow the feed, tell what was wrong with the user's files."""
        self._following.sum_up_now()
        self._note_visit("services")
        self.push_screen(self._section_screen("services"))
        self.note_problem()
        self.run_worker(self._following.run(), group="feed", exclusive=True)
        self.set_interval(1.0, self._tick)

    # ---------------------------------------------------------------- the feed

    @property
    def facts(self) -> Facts:
        """The figures of the header."""
        return self._following.facts

    @property
    def sums(self) -> Sums:
        """What is known of each service's tasks."""
        return self._following.sums

    def note_problem(self) -> None:
        """Say whether somebody answers."""
        problem = self.client.problem
        if problem is None:
            if self.offline_since is not None:
                self.say("The daemon is back.")
            self.offline_since = None
        elif self.offline_since is None:
            self.offline_since = self.now()
        if problem is not None:
            self.say(problem, "warning")
        self._following.tell_soon()
        self._refresh_keys()

    def refresh_all(self) -> None:
        """Show everything anew: another cluster, or the end of a freeze."""
        self._following.tell_everything()

    # ---------------------------------------------------------------- the frame

    def header(self, width: int) -> Line:
        """The first row of every screen."""
        now = self.now()
        flags = Flags(
            offline_seconds=None if self.offline_since is None else now - self.offline_since,
            frozen_changes=self._following.missed if self.is_frozen else None,
            read_only=self.read_only and self.player is None,
            playing=playing_words(self.player),
            is_recording=self.recorder is not None,
            clock=datetime.fromtimestamp(now).astimezone().strftime("%H:%M"),
        )
        return header_line(self.facts, flags, width)

    def path(self) -> list[str]:
        """Names of the levels from the cluster to the screen that is shown."""
        return [self.cluster, *(screen.breadcrumb() for screen in self._levels())]

    def _levels(self) -> list[EcsScreen]:
        return [screen for screen in self.screen_stack if isinstance(screen, EcsScreen)]

    def top_screen(self) -> EcsScreen:
        """The screen on top, below any dialog."""
        return self._levels()[-1]

    def refresh_frames(self) -> None:
        """Draw header and messages of the screen that is shown, where they differ."""
        levels = self._levels() if self.is_running else []
        if levels:
            levels[-1].refresh_frame()

    def _refresh_keys(self) -> None:
        if self.is_running:
            self.screen.refresh_bindings()

    def _tick(self) -> None:
        """The clock, how long nobody has answered, and what there is time for now."""
        if not self.is_frozen:
            self._following.sum_up()
        self.refresh_frames()
        if self._has_closed and asyncio.get_running_loop().time() > self._key_at + _REST_SECONDS:
            self._has_closed = False
            gc.collect()

    def show_message(self, said: Said) -> None:
        """Show a message for its time; an error that is long also as a note with all its words."""
        self.message = said
        if self._message_timer is not None:
            self._message_timer.stop()
        if not self.is_running:
            return
        self._message_timer = self.set_timer(said.shown_seconds, self._end_message)
        if said.severity == "error":
            self.notify(said.text, severity="error", timeout=said.shown_seconds, markup=False)
        self.refresh_frames()

    def _end_message(self) -> None:
        self.message = None
        self.refresh_frames()

    # ---------------------------------------------------------------- the way around

    def _section_screen(self, name: str) -> EcsScreen:
        screen = self._sections.get(name)
        if screen is None:
            screen = self._sections[name] = SECTIONS[name].make()
            self.install_screen(screen, name)
        return screen

    def _note_visit(self, name: str) -> None:
        self._section = name
        self._history.visit(Place(name))

    def go_to(self, name: str) -> None:
        """Show a section; what was opened above another one is closed."""
        self._note_visit(name)
        self._go_to(name)

    def _go_to(self, name: str) -> None:
        self._close_above(_ROOT)
        self._section = name
        self.switch_screen(self._section_screen(name))

    def open_screen(self, screen: EcsScreen, place: Place | None) -> None:
        """Show a screen above the present one; `place`: how the history finds it again."""
        if place is not None:
            self._history.visit(place)
        self.push_screen(screen)

    def go_back(self) -> None:
        """Close the screen that is shown, unless it is a section."""
        if len(self.screen_stack) > _ROOT:
            self.pop_screen()
            if len(self.screen_stack) == _ROOT:
                self._history.visit(Place(self._section))

    def go_to_level(self, level: int) -> None:
        """Close screens until the one of that level of the path is shown; 0: all clusters."""
        if level == 0:
            self.go_to("clusters")
        else:
            self._close_above(_ROOT + level - 1)

    def _close_above(self, depth: int) -> None:
        while len(self.screen_stack) > depth:
            self.pop_screen()

    def travel(self, step: int) -> None:
        """Back (-1) or forward (1) through the views that were visited."""
        place = self._history.travel(step)
        if place is None:
            self.say("nothing before this" if step < 0 else "nothing after this")
        else:
            self._reopen(place)

    def go_last(self) -> None:
        """To the view before this one; again to come back."""
        last = self._history.last
        if last is not None:
            self._reopen(last)
            self._history.visit(last)

    def _reopen(self, place: Place) -> None:
        if place.route in SECTIONS:
            self._go_to(place.route)
            return
        self._close_above(_ROOT)
        routes.open_place(self, place)

    def use_cluster(self, name: str) -> None:
        """Show another cluster."""
        before = self._cluster_themes.get(self.cluster)
        self.cluster = name
        if before != self._cluster_themes.get(name):
            self.try_theme(self._cluster_themes.get(name, self._own_theme))
        self.go_to("services")
        self.refresh_all()

    def use_theme(self, name: str) -> None:
        """Take another theme."""
        self._own_theme = name
        self.try_theme(name)
        self.say(f"theme {name}")

    def try_theme(self, name: str) -> None:
        """Show another theme without a word."""
        if name in self.available_themes and name != self.theme:
            self.theme = name

    def reload_theme_files(self) -> None:
        """Read the theme files again and say what is wrong with them."""
        self.themes_reloaded(self.reload_themes())

    def themes_reloaded(self, problems: tuple[ThemeProblem, ...]) -> None:
        """Say what is wrong with theme files that were read again."""
        for problem in problems:
            self.say(f"theme {problem}", "warning")
        if not problems:
            self.say("themes read again")

    def toggle_ascii(self) -> None:
        """Signs or their ASCII twins."""
        self.ascii_glyphs = not self.ascii_glyphs

    def toggle_frozen(self) -> None:
        """Stop drawing changes, or catch up with all that came meanwhile."""
        self.is_frozen = not self.is_frozen
        self._following.missed = 0
        if self.is_frozen:
            self.refresh_frames()
        else:
            self.refresh_all()

    def open_copy(self, choices: Sequence[tuple[str, str]]) -> None:
        """Ask what to copy."""
        routes.open_copy(self, choices)

    def leave(self) -> None:
        """Back; from a section, ask whether to quit."""
        if len(self.screen_stack) > _ROOT:
            self.go_back()
            return
        routes.confirm_quit(self)

    def interrupt(self) -> None:
        """Ctrl+c with nothing to copy: say how to quit; quit when it comes again."""
        now = asyncio.get_running_loop().time()
        if now - self._interrupted_at < _LEAVE_SECONDS:
            self.exit()
        self._interrupted_at = now
        self.say("Press ctrl+c again to quit.")

    # ---------------------------------------------------------------- keys

    async def on_event(self, event: events.Event) -> None:
        """As Textual does; when the last key came is remembered."""
        if isinstance(event, events.Key):
            self._key_at = asyncio.get_running_loop().time()
        await super().on_event(event)

    def pop_screen(self) -> AwaitComplete:
        """As Textual does; what the screen leaves behind is looked for when nobody types."""
        self._has_closed = True
        return super().pop_screen()

    async def run_action(
        self,
        action: "str | ActionParseResult",
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """As Textual does; for a key that is off now, say why."""
        if await super().run_action(action, default_namespace, namespaces):
            return True
        if isinstance(default_namespace, EcsScreen) and isinstance(action, str):
            reason = default_namespace.why_not(action)
            if reason is not None:
                self.say(reason, "warning")
                return True
        return False
