"""What the interface has colours for: roles such as `status.failed`, and how a theme sets them.

A role is written as in a theme file, `bold error` or `foreground on primary 20%`, and becomes
three CSS variables: `$status-failed`, `$status-failed-background`, `$status-failed-style`. Every
role has a default made from the theme's base colours, so any theme works, Textual's own too.
Widgets that draw their own lines ask `RoleStyles`; they must never name a colour themselves.
"""

from collections.abc import Mapping
from typing import NamedTuple

from rich.style import Style
from textual.color import Color, ColorParseError
from textual.theme import Theme

BASE_COLORS = (
    "primary", "secondary", "accent", "success", "warning", "error",
    "foreground", "background", "surface", "panel",
)  # fmt: skip
ATTRIBUTES = frozenset({"bold", "dim", "italic", "underline", "reverse", "strike"})
MUTED = "muted"
"""What matters less: foreground at 62 % over the background, unless a theme says otherwise."""
MUTED_SHARE = 0.62
TRANSPARENT = "transparent"

ROLES: Mapping[str, str] = {
    "status.running": "success",
    "status.starting": "secondary",
    "status.changing": "primary",
    "status.draining": "warning",
    "status.stopped": "muted",
    "status.failed": "error",
    "status.warning": "accent",
    "status.unknown": "muted",
    "rollout.new": "primary",
    "rollout.old": "muted",
    "rollout.moving": "warning",
    "rollout.failed": "error",
    "rollout.floor": "success",
    "rollout.ceiling": "error",
    "chart.target": "accent",
    "chart.limit": "error",
    "chart.grid": "muted 40%",
    "log.error": "bold error",
    "log.warn": "warning",
    "log.info": "foreground",
    "log.debug": "muted",
    "log.notice": "secondary",
    "log.match": "reverse accent",
    "diff.added": "success",
    "diff.removed": "error",
    "diff.changed": "warning",
    "table.cursor": "on primary 22%",
    "table.cursor_blurred": "on primary 9%",
    "table.bar": "bold primary",
    "table.flash": "on accent 30%",
    "table.mark": "accent",
    "table.header": "muted",
    "table.delta_up": "warning",
    "table.delta_down": "success",
    "frame.border": "muted 45%",
    "frame.border_focus": "primary",
    "frame.skeleton": "muted 20%",
    "frame.title": "bold foreground",
    "frame.key": "bold accent",
    "json.key": "primary",
    "json.string": "success",
    "json.number": "accent",
    "json.word": "secondary",
    "json.mark": "muted",
}
ROLE_LISTS: Mapping[str, tuple[str, ...]] = {
    "chart.series": ("primary", "accent", "success", "secondary", "warning", "error"),
    "log.sources": (
        "primary", "accent", "success", "secondary",
        "warning", "primary 70%", "accent 70%", "success 70%",
    ),
}  # fmt: skip
LIST_ITEM = {"chart.series": "chart.series", "log.sources": "log.source"}
# The terminal's own palette cannot be mixed: what is a tint elsewhere is an attribute here.
_ANSI_ROLES = {
    "table.cursor": "reverse",
    "table.cursor_blurred": "underline",
    "table.flash": "bold reverse",
    "frame.border": "muted",
    "frame.skeleton": "muted",
    "chart.grid": "muted",
}
_ANSI_MUTED = "ansi_bright_black"


class RoleValue(NamedTuple):
    """A role's look: CSS colours (or `transparent`) and CSS text style (or `none`)."""

    color: str
    background: str
    style: str


class Palette:
    """The base colours of one theme, and `muted`, to which role values refer by name."""

    def __init__(self, theme: Theme) -> None:
        """Complete what the theme leaves out as Textual does."""
        generated = theme.to_color_system().generate()
        given = {name: getattr(theme, name) for name in BASE_COLORS}
        self._colors = {
            name: Color.parse(value or generated[name]) for name, value in given.items()
        }
        self._given = theme.variables
        self.is_ansi = theme.ansi or self._colors["background"].ansi is not None
        self._colors[MUTED] = self._muted()

    def _muted(self) -> Color:
        if MUTED in self._given:
            return Color.parse(self._given[MUTED])
        if self.is_ansi:
            return Color.parse(_ANSI_MUTED)
        return self._colors["background"].blend(self._colors["foreground"], MUTED_SHARE, alpha=1)

    def __getitem__(self, name: str) -> Color:
        """The colour of a base name or of CSS colour text; ValueError for anything else."""
        if name in self._colors:
            return self._colors[name]
        try:
            return Color.parse(name)
        except ColorParseError:
            raise ValueError(f"no such colour: {name!r}") from None

    def mix(self, name: str, percent: float) -> str:
        """CSS text of a colour laid over the background with the given opacity."""
        color = self[name]
        if self.is_ansi or color.ansi is not None or percent >= 100:
            return color.hex if color.a == 1 else color.css
        return self._colors["background"].blend(color, percent / 100, alpha=1).hex

    def read(self, text: str) -> RoleValue:
        """Read `[attributes] [colour [NN%]] [on colour [NN%]]`; ValueError says what is wrong."""
        front, _, back = f" {text.strip()} ".partition(" on ")
        words = front.split()
        style = " ".join(word for word in words if word in ATTRIBUTES)
        color = self._color_of([word for word in words if word not in ATTRIBUTES])
        background = self._color_of(back.split())
        return RoleValue(
            color or self.mix("foreground", 100), background or TRANSPARENT, style or "none"
        )

    def _color_of(self, words: list[str]) -> str:
        if not words:
            return ""
        name, *rest = words
        if not rest:
            return self.mix(name, 100)
        percent = rest[0].removesuffix("%")
        if len(rest) > 1 or not rest[0].endswith("%") or not percent.isdecimal():
            raise ValueError(f"expected a colour and perhaps NN%: {' '.join(words)!r}")
        return self.mix(name, float(percent))


def variable(role: str) -> str:
    """The CSS variable of a role: `table.delta_up` is `table-delta-up`."""
    return role.replace(".", "-").replace("_", "-")


def variables_of(role: str, value: RoleValue) -> dict[str, str]:
    """The three CSS variables that carry one role."""
    name = variable(role)
    return {name: value.color, f"{name}-background": value.background, f"{name}-style": value.style}


def default_variables(theme: Theme) -> dict[str, str]:
    """CSS variables of every role, made from the theme's base colours alone."""
    palette = Palette(theme)
    ansi = _ANSI_ROLES if palette.is_ansi else {}
    style = theme.variables.get(f"{MUTED}-style", "none")
    found = variables_of(MUTED, RoleValue(palette.mix(MUTED, 100), TRANSPARENT, style))
    for role, text in ROLES.items():
        found |= variables_of(role, palette.read(ansi.get(role, text)))
    for role, texts in ROLE_LISTS.items():
        for index, text in enumerate(texts, 1):
            found |= variables_of(f"{LIST_ITEM[role]}.{index}", palette.read(text))
    return found


class RoleStyles:
    """Rich styles by role, for widgets that draw their own lines; one per theme in use."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        """`variables`: the app's `theme_variables`."""
        self._variables = variables
        self._styles: dict[str, Style] = {"": Style.null()}

    def __getitem__(self, role: str) -> Style:
        """The style of a role, with attributes before it if wanted: `bold status.failed`.

        A word that is neither a role nor a base colour adds nothing.
        """
        style = self._styles.get(role)
        if style is None:
            style = self._styles[role] = self._make(role)
        return style

    def _make(self, text: str) -> Style:
        style = Style.null()
        for word in text.split():
            style += Style.parse(word) if word in ATTRIBUTES else self._role(variable(word))
        return style

    def _role(self, name: str) -> Style:
        value = self._variables.get(name)
        if value is None or value.startswith("auto"):
            return Style.null()
        background = self._variables.get(f"{name}-background", TRANSPARENT)
        attributes = self._variables.get(f"{name}-style", "none")
        return Style(
            color=Color.parse(value).rich_color,
            bgcolor=None if background == TRANSPARENT else Color.parse(background).rich_color,
        ) + Style.parse(attributes)
