from dataclasses import replace

import pytest

from ecstui.ui.keymap import Command, Registry, key_label, read_keymap
from ecstui.ui.preset_k9s import COMMANDS, GROUP_TITLES, PRESET, SCOPES


def test_no_key_of_the_preset_means_two_things_on_one_screen():
    assert PRESET.clashes() == []


def test_a_clash_is_found_and_named():
    commands = [Command("a.x", "s", "x", "a"), Command("b.y", "t,s", "y", "b")]
    registry = Registry(commands, {"screen": ("a", "b"), "other": ("a",)})
    assert registry.clashes() == ["screen: s is both a.x and b.y"]


def test_ids_are_unique_and_groups_have_titles():
    assert len({command.id for command in COMMANDS}) == len(COMMANDS)
    assert {command.group for command in COMMANDS} == set(GROUP_TITLES)
    named = {group for groups in SCOPES.values() for group in groups}
    without = {group.removeprefix("-") for group in named if group.startswith("-")}
    assert {group for group in named if not group.startswith("-")} == set(GROUP_TITLES)
    assert without <= {command.id for command in COMMANDS}


@pytest.mark.parametrize("key", ["ctrl+a", "ctrl+k", "ctrl+i", "ctrl+m", "ctrl+h", "ctrl+j"])
def test_keys_that_terminals_take_are_never_bound(key):
    assert [command.id for command in COMMANDS if key in command.keys] == []


def test_what_takes_away_is_never_a_plain_small_letter():
    taking = [command for command in COMMANDS if command.action in ("delete", "stop", "rollback")]
    assert taking
    for command in taking:
        assert all(not (len(key) == 1 and key.islower()) for key in command.keys)


def test_bindings_carry_id_action_and_key():
    (binding,) = PRESET.bindings("services.scale")
    assert (binding.key, binding.action, binding.id) == ("s", "scale", "services.scale")
    assert PRESET["services.scale"].dangerous
    with pytest.raises(KeyError):
        PRESET.bindings("services.nothing")


@pytest.mark.parametrize(
    ("key", "label"),
    [("ctrl+d", "^d"), ("enter", "↵"), ("shift+tab", "⇧tab"), ("f7", "f7"), ("+", "+")],
)
def test_keys_are_written_as_people_write_them(key, label):
    assert key_label(key) == label


def test_a_user_moves_a_command_and_only_what_clashes_is_refused():
    registry, problems = PRESET.remapped(
        {"services.scale": "ctrl+n", "services.redeploy": "u", "no.such": "x", "logs.pause": " "}
    )
    assert registry["services.scale"].key == "ctrl+n"
    assert registry["services.redeploy"].key == PRESET["services.redeploy"].key
    assert [problem.command_id for problem in problems] == [
        "services.redeploy",
        "no.such",
        "logs.pause",
    ]
    assert "services.update" in str(problems[0])
    assert registry.moved_from(PRESET) == {"services.scale": "ctrl+n"}


def test_two_commands_may_trade_keys_in_two_steps():
    registry, problems = PRESET.remapped({"services.scale": "ctrl+n", "services.redeploy": "s"})
    assert not problems
    assert registry["services.redeploy"].key == "s"


def test_a_keymap_file_is_read_and_a_bad_one_is_reported(tmp_path):
    path = tmp_path / "keymap.toml"
    assert read_keymap(path) == ({}, [])
    path.write_text('[keys]\n"services.scale" = "ctrl+n"\n"list.open" = 3\n')
    keys, problems = read_keymap(path)
    assert keys == {"services.scale": "ctrl+n"}
    assert [problem.command_id for problem in problems] == ["list.open"]
    path.write_text("[keys\n")
    keys, (problem,) = read_keymap(path)
    assert keys == {}
    assert "line 1" in str(problem)


def test_the_footer_order_is_the_order_of_the_registry():
    assert PRESET.rank("list.open") < PRESET.rank("services.scale") < PRESET.rank("global.help")
    assert replace(PRESET["list.open"], key="o,enter").key_label == "o"
