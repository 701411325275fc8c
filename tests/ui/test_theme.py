import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES
from textual.widgets import Static

from ecstui.ui.roles import ROLES, Palette, RoleStyles, default_variables, variable
from ecstui.ui.theme import DEFAULT_THEME, contrast, load_themes, packaged_folder, theme_folders
from tests.ui.conftest import WidgetApp

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


@pytest.mark.parametrize("name", sorted(load_themes([packaged_folder()]).themes))
def test_every_status_of_a_shipped_theme_can_be_read(name):
    theme = load_themes([packaged_folder()]).themes[name]
    background = Color.parse(theme.background or "")
    for role in ROLES:
        if role.startswith(("status.", "rollout.")):
            assert contrast(Color.parse(theme.variables[variable(role)]), background) >= 3, role


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
    assert problem.is_fatal is fatal
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
        for name in ("nord", "ansi-dark", "harbor-red"):
            app.theme = name
            await pilot.pause()
        assert app.query_one(Static).styles.color.hex == "#EE7B78"


async def test_an_unknown_theme_and_a_bad_file_do_not_stop_the_app(tmp_path):
    write(tmp_path, "bad", "[base\n")
    app = WidgetApp(folders=(packaged_folder(), tmp_path), theme_name="bad")
    async with app.run_test():
        assert app.theme == DEFAULT_THEME
        assert [str(problem.file.name) for problem in app.theme_problems] == ["bad.toml"]


async def test_a_changed_file_is_drawn_after_reload(tmp_path):
    write(tmp_path, "mine", BASE + 'error = "#ff0000"\n')
    app = WidgetApp(Static("x"), folders=(tmp_path,), theme_name="mine")
    async with app.run_test() as pilot:
        write(tmp_path, "mine", BASE + 'error = "#00ff00"\n')
        assert app.reload_themes() == ()
        await pilot.pause()
        assert app.theme_variables["error"] == "#00FF00"
