"""The part of the app that knows about themes, glyph sets and the time; no screens in it.

Widgets of this package may rely on it: CSS variables of every role exist, `now()` is the time that
ages are counted from, and line filters swap glyphs. Theme files are looked at every other second
and read again when one of them is another: a broken one leaves the theme as it was.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from textual.app import App
from textual.filter import LineFilter

from ecstui.ui.glyphs import AsciiFilter
from ecstui.ui.keys_in_turn import KeysInTurn
from ecstui.ui.opens_whole import OpensWhole
from ecstui.ui.own_screen import OwnScreen
from ecstui.ui.presence import when_drawn
from ecstui.ui.roles import default_variables
from ecstui.ui.theme import DEFAULT_THEME, ThemeProblem, load_themes

WATCH_SECONDS = 2.0
_Stamps = frozenset[tuple[Path, int, int]]
"""Theme files with when they were written, in nanoseconds, and their bytes."""


class ThemedApp(OpensWhole, KeysInTurn):
    """An app whose theme may come from a file and whose glyphs may be ASCII."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        now: Callable[[], float],
        *,
        theme_name: str = DEFAULT_THEME,
        theme_folders: Sequence[Path] = (),
        ascii_glyphs: bool = False,
    ) -> None:
        """`now`: POSIX seconds; `theme_folders`: strongest last, see `theme.theme_folders`."""
        super().__init__()
        self.now = now
        self.theme_problems: tuple[ThemeProblem, ...] = ()
        self._ascii_filter = AsciiFilter(enabled=ascii_glyphs)
        self._theme_folders = tuple(theme_folders)
        self._stamps: _Stamps = frozenset()
        # The other themes are made after the first paint.
        for theme in load_themes(self._theme_folders, (theme_name, DEFAULT_THEME)).themes.values():
            self.register_theme(theme)
        self.theme = theme_name if theme_name in self.available_themes else self._fallback()

    def get_default_screen(self) -> OwnScreen[None]:
        """What lies below all screens."""
        return OwnScreen(id="_default")

    def _fallback(self) -> str:
        return DEFAULT_THEME if DEFAULT_THEME in self.available_themes else "textual-dark"

    def reload_themes(self) -> tuple[ThemeProblem, ...]:
        """Read the theme files again, draw the present theme anew, and return what was wrong."""
        if self._load_themes() and self.is_running:
            # The name is the same, so the reactive sees no change: run its watcher.
            self.mutate_reactive(App.theme)
        return self.theme_problems

    def _load_themes(self) -> bool:
        """Make every theme anew; whether the present one is another now."""
        self._stamps = _stamps_in(self._theme_folders)
        before = self.current_theme
        loaded = load_themes(self._theme_folders)
        self.theme_problems = loaded.problems
        for theme in loaded.themes.values():
            self.register_theme(theme)
        return self.current_theme != before

    def on_mount(self) -> None:
        """Read the other themes when something is on the screen, and watch their files."""
        when_drawn(self, self._load_others)
        self.set_interval(WATCH_SECONDS, self.look_at_theme_files)

    def _validate_theme(self, theme_name: str) -> str:
        """As Textual does; a theme that was not made yet is made first."""
        if theme_name not in self.available_themes:
            self._load_themes()
        return super()._validate_theme(theme_name)

    def _load_others(self) -> None:
        self._load_themes()
        if self.theme_problems:
            self.themes_reloaded(self.theme_problems)

    def look_at_theme_files(self) -> None:
        """Read the themes again if a file has changed, come or gone."""
        if _stamps_in(self._theme_folders) != self._stamps:
            self.themes_reloaded(self.reload_themes())

    def themes_reloaded(self, problems: tuple[ThemeProblem, ...]) -> None:
        """Tell what was wrong with files that have changed; nothing here."""

    @property
    def ascii_glyphs(self) -> bool:
        """Whether signs are drawn as their ASCII twins."""
        return self._ascii_filter.enabled

    @ascii_glyphs.setter
    def ascii_glyphs(self, on: bool) -> None:
        self._ascii_filter.enabled = on
        self.refresh_css(animate=False)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """CSS variables of every role for themes that set none of them."""
        return default_variables(self.current_theme)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own filters, then ours."""
        filters = super().get_line_filters()
        return [*filters, self._ascii_filter] if self._ascii_filter.enabled else filters


def _stamps_in(folders: Sequence[Path]) -> _Stamps:
    found = set()
    for folder in folders:
        for path in folder.glob("*.toml"):
            try:
                status = path.stat()
            except OSError:
                continue
            found.add((path, status.st_mtime_ns, status.st_size))
    return frozenset(found)
