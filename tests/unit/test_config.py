"""`ecstui config`: a file with every setting, which changes nothing and is true."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

from ecstui.cli import run
from ecstui.commands.config import DEFAULT_FILE, holding, holding_lines
from ecstui.commands.screens import ScreenOptions
from ecstui.settings import OPTIONS, EngineSetting, InstanceSetting, Settings, load_settings

EXAMPLES = {"instance_count", "port", "secrets_directory", "buckets_directory", "docker_host"}
"""What is shown with a value that is not the default, since the default is none."""
SET = "\n".join(
    line[1:] if re.match(r"#(\[|[a-z_]+ = |\"|fs-|my-)", line) else line
    for line in DEFAULT_FILE.splitlines()
)


def written(folder: Path, text: str) -> dict[str, str]:
    file = folder / ".config" / "ecstui" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return {"HOME": str(folder)}


def test_as_printed_it_changes_nothing(tmp_path):
    settings = load_settings(written(tmp_path, DEFAULT_FILE))
    assert (settings.origins, tomllib.loads(DEFAULT_FILE)) == ({}, {})


def test_every_setting_is_in_it():
    table = tomllib.loads(SET)
    flat = {*table} | {
        f"{name}.{key}" for name, t in table.items() if isinstance(t, dict) for key in t
    }
    assert {option.toml for option in OPTIONS if option.toml} <= flat
    assert {f"ui.{field.name}" for field in fields(ScreenOptions)} <= flat
    assert set(table["instances"][0]) == {field.name for field in fields(InstanceSetting)}
    assert set(table["engines"][0]) == {field.name for field in fields(EngineSetting)}
    for option in OPTIONS:
        for name in (*option.variables, option.flag):
            assert name in DEFAULT_FILE


def test_with_all_its_comments_taken_away_it_says_what_holds_without_it(tmp_path):
    settings = load_settings(written(tmp_path, SET))
    plain = Settings(state_directory=tmp_path, config_file=tmp_path)
    for option in OPTIONS:
        value = getattr(settings, option.name)
        if option.toml and not isinstance(value, (dict, tuple)) and option.name not in EXAMPLES:
            assert value == getattr(plain, option.name), option.name
    ScreenOptions.of(settings)


def test_it_is_printed_even_where_the_present_file_is_broken(tmp_path, capsys):
    assert run(["config"], written(tmp_path, "[[[")) == 0
    assert capsys.readouterr().out == DEFAULT_FILE


def test_what_holds_says_where_it_came_from(tmp_path):
    environ = written(tmp_path, 'pace = "aws"\n[ui]\nascii = true\n[secrets]\na = "/b"\n')
    environ |= {"ECSTUI_REGION": "eu-west-1", "ECSTUI_THEME": "mono"}
    settings = load_settings(environ, {"port": "4599"})
    told = {name: (value, origin) for name, value, origin in holding(settings)}
    file = str(settings.config_file)
    assert told["pace"] == ("aws", file)
    assert told["region"] == ("eu-west-1", "$ECSTUI_REGION")
    assert told["port"] == ("4599", "--port")
    assert told["account"] == (settings.account, "default")
    assert told["secrets"] == ("1 set", file)
    assert told["ui.ascii"] == ("yes", file)
    assert told["theme"] == ("mono", "$ECSTUI_THEME")
    assert all("/b" not in line for line in holding_lines(settings))


def test_the_environment_comes_before_the_file_and_a_flag_before_both(tmp_path):
    environ = written(tmp_path, '[ui]\ntheme = "nord"\n[clusters.prod]\ntheme = "harbor-red"\n')
    assert ScreenOptions.of(load_settings(environ)).theme == "nord"
    environ["ECSTUI_THEME"] = "mono"
    assert ScreenOptions.of(load_settings(environ)).theme == "mono"
    settings = load_settings(environ, {"theme": "ansi"})
    assert ScreenOptions.of(settings).theme == "ansi"
    assert settings.clusters == {"prod": "harbor-red"}
