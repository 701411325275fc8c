"""The switch for slow lines, from the flag, the environment or config.toml."""

import pytest

from ecstui.base.errors import SettingsError
from ecstui.cli import parser
from ecstui.commands.screens import SPARING, ScreenOptions, spare_the_line
from ecstui.settings import load_settings


def options(tmp_path, *, environ=None, flags=None, text=""):
    folder = tmp_path / "ecstui"
    folder.mkdir(exist_ok=True)
    (folder / "config.toml").write_text(text)
    base = {"XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path)}
    return ScreenOptions.of(load_settings(base | (environ or {}), flags))


def test_it_is_off_until_somebody_asks(tmp_path):
    assert not options(tmp_path).low_bandwidth
    assert not parser().parse_args([]).low_bandwidth


@pytest.mark.parametrize(
    ("given", "is_on"),
    [
        ({"flags": {"low_bandwidth": "1"}}, True),
        ({"environ": {"ECSTUI_LOW_BANDWIDTH": "1"}}, True),
        ({"text": "[ui]\nlow_bandwidth = true\n"}, True),
        ({"text": "[ui]\nlow_bandwidth = true\n", "environ": {"ECSTUI_LOW_BANDWIDTH": "0"}}, False),
    ],
)
def test_each_source_can_ask_for_it(tmp_path, given, is_on):
    assert options(tmp_path, **given).low_bandwidth is is_on
    assert parser().parse_args(["--low-bandwidth"]).low_bandwidth


def test_anything_else_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="neither 0 nor 1"):
        options(tmp_path, environ={"ECSTUI_LOW_BANDWIDTH": "maybe"})
    with pytest.raises(SettingsError, match="low_bandwidth must be true or false"):
        options(tmp_path, text='[ui]\nlow_bandwidth = "yes"\n')


def test_textual_is_told_unless_somebody_has_told_it_already():
    environ = {"TEXTUAL_FPS": "10"}
    spare_the_line(environ)
    assert environ == {**SPARING, "TEXTUAL_FPS": "10"}
