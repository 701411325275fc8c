"""Which theme a terminal gets when nobody has chosen one.

Pure. NO_COLOR is obeyed, a slow line or a terminal that is not known to have many colours gets the
terminal's own palette, and a light background gets a light theme. It must never overrule a choice.
"""

from collections.abc import Mapping

from ecstui.ui.theme import DEFAULT_LIGHT_THEME, DEFAULT_THEME

MONO_THEME = "mono"
ANSI_THEME = "ansi"
ANSI_LIGHT_THEME = "ansi-light"

_NO_COLOR_TERMS = frozenset({"dumb", "vt100", "vt102", "vt220", "xterm-mono"})
_RICH_TERMS = ("alacritty", "contour", "foot", "ghostty", "iterm", "kitty", "mintty", "wezterm")
_LIGHT_COLORS = frozenset({"7", "15"})
"""White and bright white, as COLORFGBG numbers them."""


def choose_theme(
    environ: Mapping[str, str], *, low_bandwidth: bool = False, is_light: bool | None = None
) -> str:
    """The theme for a terminal; `is_light`: its background, where it has said so."""
    if environ.get("NO_COLOR") or environ.get("TERM") in _NO_COLOR_TERMS:
        return MONO_THEME
    light = has_light_background(environ) if is_light is None else is_light
    if low_bandwidth or not has_many_colors(environ):
        return ANSI_LIGHT_THEME if light else ANSI_THEME
    return DEFAULT_LIGHT_THEME if light else DEFAULT_THEME


def has_many_colors(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is known to show at least 256 colours."""
    term = environ.get("TERM", "")
    if environ.get("COLORTERM", "").lower() in {"truecolor", "24bit"}:
        return True
    return term.endswith(("-256color", "-direct")) or any(name in term for name in _RICH_TERMS)


def has_light_background(environ: Mapping[str, str]) -> bool:
    """Whether the terminal has said in COLORFGBG that its background is light."""
    return environ.get("COLORFGBG", "").rpartition(";")[2] in _LIGHT_COLORS
