"""The part of the app that knows about themes, glyph sets and the time; no screens in it.

Widgets of this package may rely on it: CSS variables of every role exist, `now()` is the time that
ages are counted from, and line filters swap glyphs. It must never read a theme file after start
unless it is told to.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from textual.app import App
from textual.filter import LineFilter

from ecstui.ui.glyphs import AsciiFilter
from ecstui.ui.roles import default_variables
from ecstui.ui.theme import DEFAULT_THEME, ThemeProblem, load_themes


class ThemedApp(App[None]):
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
        self.reload_themes()
        self.theme = theme_name if theme_name in self.available_themes else self._fallback()

    def _fallback(self) -> str:
        return DEFAULT_THEME if DEFAULT_THEME in self.available_themes else "textual-dark"

    def reload_themes(self) -> tuple[ThemeProblem, ...]:
        """Read the theme files again, draw the present theme anew, and return what was wrong."""
        loaded = load_themes(self._theme_folders)
        self.theme_problems = loaded.problems
        for theme in loaded.themes.values():
            self.register_theme(theme)
        if self.is_running and self.theme in loaded.themes:
            # The name is the same, so the reactive sees no change: run its watcher.
            self.mutate_reactive(App.theme)
        return loaded.problems

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
