"""Loads themes from TOML files and says, by file and line, what is wrong with a bad one.

Later folders win by name: packaged, /etc, the user's, the project's. Only `[base]` is required,
everything else is derived (`ecstui.ui.roles`). A bad file must never stop the program: a value
that cannot be read leaves its role at the default, a file that cannot be read leaves its theme out.
"""

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from textual.color import Color, ColorParseError
from textual.theme import BUILTIN_THEMES, Theme

import ecstui
from ecstui.ui.roles import (
    BASE_COLORS,
    LIST_ITEM,
    MUTED,
    ROLE_LISTS,
    ROLES,
    TRANSPARENT,
    Palette,
    default_variables,
    variable,
    variables_of,
)

DEFAULT_THEME = "harbor-dark"
DEFAULT_LIGHT_THEME = "harbor-light"
SCHEMA = 1
MAX_BYTES = 64 * 1024
TEXT_CONTRAST = 4.5
GLYPH_CONTRAST = 3.0

_TOP_KEYS = {"schema", "name", "inherits", "author", "description", "homepage", "dark", "ansi"}
_SECTIONS = {"base", "glyphs"} | {role.partition(".")[0] for role in (*ROLES, *ROLE_LISTS)}
_READ_SECTIONS = {"status", "rollout", "log", "json", "diff"}
_LINE_IN_ERROR = re.compile(r"\(at line (\d+)")

Document = dict[str, object]


@dataclass(frozen=True, slots=True)
class ThemeProblem:
    """Something in a theme file that was not used, or why all of it was left out."""

    file: Path
    line: int
    message: str

    def __str__(self) -> str:
        """As a compiler says it: `night.toml:12: status.failed: no such colour: 'rad'`."""
        return f"{self.file.name}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class ThemeSet:
    """The themes that could be loaded, by name, and everything that was wrong."""

    themes: Mapping[str, Theme] = field(default_factory=dict)
    problems: tuple[ThemeProblem, ...] = ()


@dataclass(slots=True)
class _Source:
    """One theme file as read, with the problems found in it so far."""

    path: Path
    text: str
    document: Document
    problems: list[ThemeProblem] = field(default_factory=list)

    @property
    def name(self) -> str:
        name = self.document.get("name")
        return name if isinstance(name, str) and name else self.path.stem

    def report(self, message: str, section: str = "", key: str = "") -> None:
        line = _line_of(self.text, section, key)
        self.problems.append(ThemeProblem(self.path, line, message))


def packaged_folder() -> Path:
    """Where the shipped themes are: inside the installed package, or beside it in a checkout."""
    package = Path(ecstui.__file__).parent
    installed = package / "_themes"
    return installed if installed.is_dir() else package.parent / "themes"


def theme_folders(environ: Mapping[str, str], working_directory: Path) -> list[Path]:
    """Folders that may hold theme files, the strongest last; they need not exist."""
    home = Path(environ.get("HOME") or "/")
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    return [
        packaged_folder(),
        Path("/etc/ecstui/themes"),
        config / "ecstui" / "themes",
        working_directory / ".ecstui" / "themes",
    ]


def load_themes(folders: Iterable[Path], names: Collection[str] | None = None) -> ThemeSet:
    """Every theme file of the folders; of two themes with one name the later stands.

    With `names`, only those are made, which is quicker, and only their problems are found.
    """
    sources: dict[str, _Source] = {}
    problems: list[ThemeProblem] = []
    for folder in folders:
        for path in sorted(folder.glob("*.toml")):
            read = _read(path)
            if isinstance(read, ThemeProblem):
                problems.append(read)
            else:
                sources[read.name] = read
    themes: dict[str, Theme] = {}
    for name, source in sources.items():
        if names is not None and name not in names:
            continue
        theme = _build(source, sources)
        if theme is not None:
            themes[name] = theme
        problems += source.problems
    return ThemeSet(themes, tuple(problems))


def _read(path: Path) -> _Source | ThemeProblem:
    try:
        if path.stat().st_size > MAX_BYTES:
            return ThemeProblem(path, 1, f"larger than {MAX_BYTES} bytes")
        text = path.read_text("utf-8")
        source = _Source(path, text, dict(tomllib.loads(text)))
    except (OSError, UnicodeDecodeError) as error:
        return ThemeProblem(path, 1, str(error))
    except tomllib.TOMLDecodeError as error:
        found = _LINE_IN_ERROR.search(str(error))
        return ThemeProblem(path, int(found[1]) if found else 1, str(error))
    schema = source.document.get("schema", SCHEMA)
    if schema != SCHEMA:
        line = _line_of(text, "", "schema")
        return ThemeProblem(path, line, f"schema {schema} is not known here")
    return source


def _build(source: _Source, sources: Mapping[str, _Source]) -> Theme | None:
    _report_unknown(source)
    parents, builtin = _ancestry(source, sources)
    merged = _merge([parent.document for parent in reversed(parents)] + [source.document])
    theme = _base_theme(source, merged, builtin)
    if theme is None:
        return None
    palette = Palette(theme)
    variables = default_variables(theme) | _role_variables(source, merged, palette)
    theme.variables = {**theme.variables, **variables, **_textual_variables(variables, palette)}
    _check_contrast(source, palette, variables)
    return theme


def _ancestry(
    source: _Source, sources: Mapping[str, _Source]
) -> tuple[list[_Source], Theme | None]:
    """The files that this one inherits from, nearest first, and the built-in theme at the root."""
    parents: list[_Source] = []
    current = source
    while isinstance(name := current.document.get("inherits", ""), str) and name:
        parent = sources.get(name)
        if parent is None:
            if name not in BUILTIN_THEMES:
                source.report(f"inherits: no theme {name!r}", key="inherits")
            return parents, BUILTIN_THEMES.get(name)
        if parent is source or parent in parents:
            source.report(f"inherits: {name!r} inherits from itself", key="inherits")
            break
        parents.append(parent)
        current = parent
    return parents, None


def _merge(documents: Iterable[Document]) -> Document:
    merged: Document = {}
    for document in documents:
        for key, value in document.items():
            below = merged.get(key)
            if isinstance(value, dict) and isinstance(below, dict):
                merged[key] = {**below, **value}
            else:
                merged[key] = value
    return merged


def _base_theme(source: _Source, merged: Document, builtin: Theme | None) -> Theme | None:
    section = merged.get("base")
    colors: dict[str, str] = {}
    if builtin is not None:
        colors = {name: value for name in BASE_COLORS if (value := getattr(builtin, name))}
    for key, value in (section if isinstance(section, dict) else {}).items():
        if key in BASE_COLORS and (color := _color(source, key, value)):
            colors[key] = color
    if "primary" not in colors:
        source.report("[base] needs at least primary", "base")
        return None
    theme = Theme(
        name=source.name,
        primary=colors["primary"],
        dark=bool(merged.get("dark", builtin.dark if builtin else True)),
        ansi=bool(merged.get("ansi", builtin.ansi if builtin else False)),
        variables=dict(builtin.variables) if builtin else {},
    )
    for name, value in colors.items():
        setattr(theme, name, value)
    if theme.ansi:
        theme.variables = _ansi_variables(theme, colors) | theme.variables
    _set_muted(source, theme, section.get(MUTED) if isinstance(section, dict) else None)
    return theme


def _ansi_variables(theme: Theme, colors: Mapping[str, str]) -> dict[str, str]:
    """What Textual's own widgets need in the terminal's palette: its own theme's, or no colours."""
    found = dict(BUILTIN_THEMES["ansi-dark" if theme.dark else "ansi-light"].variables)
    if set(colors.values()) != {"ansi_default"}:
        return found
    plain = {name: "ansi_default" for name, value in found.items() if value.startswith("ansi_")}
    reverse = ("block-cursor-text-style", "input-cursor-text-style")
    return found | plain | dict.fromkeys(reverse, "reverse")


def _set_muted(source: _Source, theme: Theme, value: object) -> None:
    """What matters less, where the theme does not leave that to be mixed."""
    if value is None:
        return
    try:
        theme.variables |= variables_of(MUTED, Palette(theme).read(str(value)))
    except ValueError as error:
        source.report(f"base.{MUTED}: {error}", "base", MUTED)


def _color(source: _Source, key: str, value: object) -> str | None:
    try:
        return value if isinstance(value, str) and Color.parse(value) else None
    except ColorParseError:
        source.report(f"base.{key}: no such colour: {value!r}", "base", key)
        return None


def _role_variables(source: _Source, merged: Document, palette: Palette) -> dict[str, str]:
    found: dict[str, str] = {}
    for section, values in merged.items():
        if section in ("base", "glyphs") or not isinstance(values, dict):
            continue
        for key, value in values.items():
            role = f"{section}.{key}"
            texts = {role: value}
            if role in ROLE_LISTS and isinstance(value, list):
                texts = {f"{LIST_ITEM[role]}.{index}": one for index, one in enumerate(value, 1)}
            elif role not in ROLES:
                continue
            for name, text in texts.items():
                try:
                    found |= variables_of(name, palette.read(str(text)))
                except ValueError as error:
                    source.report(f"{role}: {error}", section, str(key))
    return found


def _textual_variables(variables: Mapping[str, str], palette: Palette) -> dict[str, str]:
    """Textual's own variables, so that its widgets look like ours."""
    if palette.is_ansi:
        return {}
    return {
        "text-muted": variables["muted"],
        "border": variables["frame-border-focus"],
        "border-blurred": variables["frame-border"],
        "scrollbar": palette.mix("muted", 35),
        "scrollbar-hover": palette.mix("muted", 55),
        "scrollbar-active": palette.mix("primary", 80),
        "scrollbar-background": palette.mix("background", 100),
        "scrollbar-background-hover": palette.mix("background", 100),
        "scrollbar-background-active": palette.mix("background", 100),
        "scrollbar-corner-color": palette.mix("background", 100),
        "block-cursor-background": palette.mix("primary", 30),
        "block-cursor-foreground": palette.mix("foreground", 100),
        "block-cursor-text-style": "bold",
        "input-selection-background": palette.mix("primary", 35),
        "input-cursor-background": palette.mix("foreground", 100),
        "input-cursor-foreground": palette.mix("background", 100),
        "footer-key-foreground": variables["frame-key"],
    }


def _report_unknown(source: _Source) -> None:
    for key, value in source.document.items():
        if key in _TOP_KEYS:
            continue
        if key not in _SECTIONS or not isinstance(value, dict):
            source.report(f"{key}: not known", key=key)
            continue
        known = {*BASE_COLORS, MUTED} if key == "base" else {"set"} if key == "glyphs" else set()
        known |= {
            role.partition(".")[2] for role in (*ROLES, *ROLE_LISTS) if role.startswith(f"{key}.")
        }
        for name in value:
            if name not in known:
                source.report(f"{key}.{name}: not known", key, name)


def _check_contrast(source: _Source, palette: Palette, variables: Mapping[str, str]) -> None:
    """Report what would be hard to read; the theme is used all the same."""
    if palette.is_ansi:
        return
    page = palette["background"]
    if contrast(palette["foreground"], page) < TEXT_CONTRAST:
        source.report(f"base.foreground: contrast below {TEXT_CONTRAST}:1", "base", "foreground")
    for role in ROLES:
        section, _, key = role.partition(".")
        name = variable(role)
        behind = variables[f"{name}-background"]
        back = page if behind == TRANSPARENT else Color.parse(behind)
        color = Color.parse(variables[name])
        if section in _READ_SECTIONS and contrast(color, back) < GLYPH_CONTRAST:
            source.report(f"{role}: contrast below {GLYPH_CONTRAST}:1", section, key)


def contrast(one: Color, other: Color) -> float:
    """Contrast of two opaque colours, 1 to 21, as WCAG 2 defines it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in color.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _line_of(text: str, section: str, key: str) -> int:
    """The line of a key in its section; of the section, or line 1, where it is not written."""
    current, section_line = "", 1
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("["):
            current = stripped.strip("[] ").partition("]")[0]
            if current == (section or key):
                section_line = number
        elif key and current == section and stripped.partition("=")[0].strip(' "') == key:
            return number
    return section_line
