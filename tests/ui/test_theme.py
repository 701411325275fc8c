import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES
from textual.widgets import Static

from ecstui.ui.roles import (
    LIST_ITEM,
    ROLE_LISTS,
    ROLES,
    Palette,
    RoleStyles,
    default_variables,
    variable,
)
from ecstui.ui.theme import DEFAULT_THEME, contrast, load_themes, packaged_folder, theme_folders
from ecstui.ui.theme_choice import choose_theme
from tests.ui.conftest import WidgetApp, until
from tests.ui.town import a_town, app_of, town_pilot

BASE = '[base]\nprimary = "#5fb3d9"\n'


def write(folder, name, text):
    path = folder / f"{name}.toml"
    path.write_text(text)
    return path


def test_the_shipped_themes_load_without_a_complaint():
    loaded = load_themes([packaged_folder()])
    assert [str(problem) for problem in loaded.problems] == []
    assert {"harbor-dark", "harbor-light"} <= set(loaded.themes)
    assert loaded.themes["harbor-dark"].dark
    assert not loaded.themes["harbor-light"].dark


SHIPPED = load_themes([packaged_folder()]).themes
NAMES = {
    "harbor-dark", "harbor-light", "harbor-red", "ansi", "ansi-light", "mono", "deuter-dark",
    "deuter-light", "tritan-dark", "high-contrast", "projector",
}  # fmt: skip
LISTED = [f"{LIST_ITEM[role]}.{i}" for role, items in ROLE_LISTS.items()
          for i in range(1, len(items) + 1)]  # fmt: skip
LINES = {"frame.border", "frame.border_focus", "frame.skeleton", "chart.grid"}
"""Roles that no letter is written in."""
TEXTS = ["muted", *(role for role in ROLES if role not in LINES), *LISTED]
MIXED = sorted(name for name, theme in SHIPPED.items() if not theme.ansi)


def test_every_theme_that_is_promised_is_shipped():
    assert set(SHIPPED) == NAMES
    assert all(source.stem in NAMES for source in packaged_folder().glob("*.toml"))


@pytest.mark.parametrize("name", MIXED)
def test_every_text_of_a_shipped_theme_can_be_read(name):
    """As WCAG 2 asks of text (AA, or AAA for high contrast), on the page and under the cursor."""
    theme = SHIPPED[name]
    least, least_under_cursor = (7.0, 4.5) if name == "high-contrast" else (4.5, 3.0)
    page = Color.parse(theme.background or "")
    cursor = Color.parse(theme.variables["table-cursor-background"])
    assert contrast(Color.parse(theme.foreground or ""), cursor) >= 7
    for role in TEXTS:
        color = Color.parse(theme.variables[variable(role)])
        own = theme.variables[f"{variable(role)}-background"]
        back = page if own == "transparent" else Color.parse(own)
        assert contrast(color, back) >= least, role
        if own == "transparent":
            assert contrast(color, cursor) >= least_under_cursor, role


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_shipped_theme_has_every_role(name):
    variables = SHIPPED[name].variables
    for role in (*TEXTS, *LINES):
        assert {variable(role), f"{variable(role)}-style"} <= set(variables), role


def test_themes_of_the_terminal_s_palette_mix_no_colours():
    for name in ("ansi", "ansi-light", "mono"):
        variables = SHIPPED[name].variables
        ours = [variables[variable(role)] for role in (*TEXTS, *LINES)]
        assert all(Color.parse(color).ansi is not None for color in ours), name


def test_mono_has_no_colour_and_states_that_call_for_somebody_stand_out():
    variables = SHIPPED["mono"].variables
    assert {variables[variable(role)] for role in TEXTS} == {"ansi_default"}
    styles = [variables[f"status-{state}-style"] for state in ("running", "failed", "warning")]
    assert styles == ["none", "bold reverse", "bold underline"]


@pytest.mark.parametrize("name", ["deuter-dark", "deuter-light"])
def test_good_and_bad_differ_in_blue_for_who_cannot_tell_red_from_green(name):
    good, bad = Color.parse(SHIPPED[name].success or ""), Color.parse(SHIPPED[name].error or "")
    assert abs(good.b - bad.b) > 120


def test_good_and_bad_differ_in_red_for_who_cannot_tell_blue_from_yellow():
    good = Color.parse(SHIPPED["tritan-dark"].success or "")
    assert abs(good.r - Color.parse(SHIPPED["tritan-dark"].error or "").r) > 120


def test_what_matters_less_may_be_a_colour_or_an_attribute(tmp_path):
    write(tmp_path, "night", BASE + 'muted = "italic #818181"\n')
    write(tmp_path, "bad", BASE + 'muted = "mud"\n')
    loaded = load_themes([tmp_path])
    variables = loaded.themes["night"].variables
    assert (variables["muted"], variables["muted-style"]) == ("#818181", "italic")
    assert variables["status-stopped"] == "#818181"
    assert [str(problem) for problem in loaded.problems] == [
        "bad.toml:3: base.muted: no such colour: 'mud'"
    ]


def test_only_the_themes_that_are_asked_for_are_made(tmp_path):
    write(tmp_path, "one", BASE)
    write(tmp_path, "two", BASE + 'error = "rad"\n')
    loaded = load_themes([tmp_path], ("one",))
    assert (set(loaded.themes), loaded.problems) == ({"one"}, ())


def test_only_a_primary_colour_is_needed(tmp_path):
    write(tmp_path, "night", BASE)
    loaded = load_themes([tmp_path])
    assert loaded.problems == ()
    assert set(default_variables(loaded.themes["night"])) <= set(loaded.themes["night"].variables)


def test_a_role_may_name_a_base_colour_mix_it_and_carry_attributes(tmp_path):
    write(tmp_path, "night", BASE + '[status]\nfailed = "bold #ff0000 on primary 20%"\n')
    variables = load_themes([tmp_path]).themes["night"].variables
    assert variables["status-failed"] == "#FF0000"
    assert variables["status-failed-style"] == "bold"
    assert variables["status-failed-background"] not in ("#5FB3D9", "transparent")


def test_later_folders_win_by_name(tmp_path):
    for folder, color in (("a", "#111111"), ("b", "#222222")):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder, "x", f'name = "same"\n[base]\nprimary = "{color}"\n')
    assert load_themes([tmp_path / "a", tmp_path / "b"]).themes["same"].primary == "#222222"


def test_a_theme_inherits_from_a_file_and_from_a_built_in(tmp_path):
    write(tmp_path, "child", 'inherits = "parent"\n[status]\nfailed = "#010101"\n')
    write(tmp_path, "parent", 'inherits = "nord"\n[base]\nerror = "#ff0000"\n')
    child = load_themes([tmp_path]).themes["child"]
    assert child.primary == BUILTIN_THEMES["nord"].primary
    assert child.error == "#ff0000"
    assert child.variables["status-failed"] == "#010101"


@pytest.mark.parametrize(
    ("text", "line", "words", "fatal"),
    [
        ("[base\n", 1, "line 1", True),
        (BASE + "x = \n", 3, "Invalid value", True),
        ("schema = 7\n" + BASE, 1, "schema 7", True),
        ('name = "x"\n[base]\nerror = "red"\n', 2, "primary", True),
        (BASE + 'error = "rad"\n', 3, "base.error: no such colour: 'rad'", False),
        (BASE + '\n[status]\nfailed = "rad"\n', 5, "status.failed: no such colour", False),
        (BASE + '[status]\nfailed = "red 20"\n', 4, "expected a colour", False),
        (BASE + '[status]\nflying = "red"\n', 4, "status.flying: not known", False),
        (BASE + "[stats]\n", 3, "stats: not known", False),
        ('inherits = "gone"\n' + BASE, 1, "no theme 'gone'", False),
        ('inherits = "night"\n' + BASE, 1, "inherits from itself", False),
        (BASE + 'background = "#000"\nforeground = "#111"\n', 4, "contrast", False),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_file_and_line(tmp_path, text, line, words, fatal):
    path = write(tmp_path, "night", text)
    loaded = load_themes([tmp_path])
    problem = loaded.problems[0]
    assert (problem.file, problem.line) == (path, line)
    assert words in str(problem)
    assert str(problem).startswith(f"night.toml:{line}: ")
    assert ("night" in loaded.themes) is not fatal


def test_a_file_that_is_not_text_is_reported(tmp_path):
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "dir.toml").mkdir()
    write(tmp_path, "huge", "#" * 70_000)
    loaded = load_themes([tmp_path, tmp_path / "absent"])
    assert len(loaded.problems) == 3
    assert loaded.themes == {}


def test_folders_are_searched_from_the_package_to_the_project(tmp_path):
    folders = theme_folders({"HOME": "/h", "XDG_CONFIG_HOME": "/c"}, tmp_path)
    assert [str(folder) for folder in folders[1:3]] == ["/etc/ecstui/themes", "/c/ecstui/themes"]
    assert folders[0].joinpath("harbor-dark.toml").is_file()
    assert folders[3] == tmp_path / ".ecstui" / "themes"


@pytest.mark.parametrize("name", sorted(BUILTIN_THEMES))
def test_every_theme_of_textual_has_all_roles(name):
    variables = default_variables(BUILTIN_THEMES[name])
    styles = RoleStyles(variables)
    for role in ROLES:
        assert styles[role].color is not None


def test_a_style_may_have_attributes_before_its_role():
    styles = RoleStyles(default_variables(BUILTIN_THEMES["nord"]))
    assert styles["bold status.failed"].bold
    assert styles["status.failed"].bold is None or not styles["status.failed"].bold
    assert styles["no.such.role"] == styles[""]


def test_muted_lies_between_foreground_and_background():
    palette = Palette(BUILTIN_THEMES["nord"])
    muted = palette["muted"]
    assert palette["background"].brightness < muted.brightness < palette["foreground"].brightness


async def test_css_may_use_the_roles_under_any_theme(size):
    class App(WidgetApp):
        CSS = "Static { color: $status-failed; text-style: $status-failed-style; }"

    app = App(Static("x"), theme_name="harbor-light")
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: set(app.available_themes) >= NAMES)
        for name in ("nord", "ansi-dark", *sorted(NAMES), "harbor-red"):
            app.theme = name
            await pilot.pause()
            assert app._exception is None, name
        assert app.query_one(Static).styles.color.hex == "#EE7B78"


async def test_an_unknown_theme_and_a_bad_file_do_not_stop_the_app(tmp_path):
    write(tmp_path, "bad", "[base\n")
    app = WidgetApp(folders=(packaged_folder(), tmp_path), theme_name="bad")
    async with app.run_test() as pilot:
        assert app.theme == DEFAULT_THEME
        await until(pilot, lambda: app.theme_problems)
        assert [str(problem.file.name) for problem in app.theme_problems] == ["bad.toml"]


async def test_a_changed_file_is_drawn_after_reload(tmp_path):
    write(tmp_path, "mine", BASE + 'error = "#ff0000"\n')
    app = WidgetApp(Static("x"), folders=(tmp_path,), theme_name="mine")
    async with app.run_test() as pilot:
        write(tmp_path, "mine", BASE + 'error = "#00ff00"\n')
        assert app.reload_themes() == ()
        await pilot.pause()
        assert app.theme_variables["error"] == "#00FF00"


class Told(WidgetApp):
    """Keeps what it was told of files that were read again."""

    told: object = None

    def themes_reloaded(self, problems):
        self.told = tuple(map(str, problems))


async def test_a_file_that_changes_is_drawn_and_a_broken_one_leaves_the_theme(tmp_path):
    write(tmp_path, "mine", BASE + 'error = "#ff0000"\n')
    app = Told(Static("x"), folders=(tmp_path,), theme_name="mine")
    async with app.run_test() as pilot:
        await until(pilot, lambda: app._stamps)
        app.look_at_theme_files()
        assert not app.told
        write(tmp_path, "mine", BASE + 'error = "#00ff000"\n')
        app.look_at_theme_files()
        assert str(app.told) == str(("mine.toml:3: base.error: no such colour: '#00ff000'",))
        write(tmp_path, "mine", BASE + 'error = "#0f0"\nx\n')
        app.look_at_theme_files()
        assert "mine.toml:4: " in str(app.told)
        assert (app.theme, app.current_theme.primary) == ("mine", "#5fb3d9")
        write(tmp_path, "mine", BASE + 'error = "#8888ff"\n')
        app.look_at_theme_files()
        await pilot.pause()
        assert not app.told
        assert app.theme_variables["error"] == "#8888FF"
        write(tmp_path, "other", BASE)
        app.look_at_theme_files()
        assert "other" in app.available_themes


@pytest.mark.parametrize(
    ("environ", "slow", "theme"),
    [
        ({"TERM": "xterm-256color"}, False, "harbor-dark"),
        ({"TERM": "xterm-256color", "COLORFGBG": "0;15"}, False, "harbor-light"),
        ({"TERM": "xterm-256color", "COLORFGBG": "15;default;0"}, False, "harbor-dark"),
        ({"TERM": "xterm-kitty"}, False, "harbor-dark"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, False, "harbor-dark"),
        ({"TERM": "xterm-256color"}, True, "ansi"),
        ({"TERM": "xterm"}, False, "ansi"),
        ({"TERM": "linux"}, False, "ansi"),
        ({"TERM": "never-heard-of", "COLORFGBG": "0;15"}, False, "ansi-light"),
        ({}, False, "ansi"),
        ({"TERM": "vt220"}, False, "mono"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, True, "mono"),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, False, "harbor-dark"),
    ],
)
def test_a_terminal_gets_the_theme_that_suits_it(environ, slow, theme):
    assert choose_theme(environ, low_bandwidth=slow) == theme


def test_what_the_terminal_says_of_its_background_is_believed():
    environ = {"TERM": "xterm-256color", "COLORFGBG": "15;0"}
    assert choose_theme(environ, is_light=True) == "harbor-light"


async def test_a_cluster_may_have_a_theme_of_its_own():
    town = a_town()
    themes = {"prod": "harbor-red"}
    async with town_pilot(town, cluster_themes=themes, theme_name="harbor-light") as pilot:
        app = app_of(pilot)
        await until(pilot, lambda: "harbor-red" in app.available_themes)
        seen = []
        for cluster in ("prod", "shop"):
            app.use_cluster(cluster)
            seen.append(app.theme)
        assert seen == ["harbor-red", "harbor-light"]
