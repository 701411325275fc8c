"""Keys of other tools: each preset is sound, and its keys do what they say."""

from pathlib import Path

import pytest

from ecstui.base.errors import SettingsError
from ecstui.commands.keys import keys, table
from ecstui.settings import Settings
from ecstui.ui.preset_k9s import PRESET
from ecstui.ui.presets import MOVES, preset
from ecstui.ui.screens.service import ServiceScreen
from tests.ui.conftest import until
from tests.ui.town import app_of, ready, town_pilot


@pytest.mark.parametrize("name", MOVES)
def test_a_preset_has_no_clash_and_moves_only_what_there_is(name: str):
    registry = preset(name)
    assert registry.clashes() == []
    assert all(PRESET.get(command_id) is not None for command_id in MOVES[name])
    for command in registry:
        assert not {"ctrl+k", "ctrl+a"} & set(command.keys)
        if command.action in ("delete", "stop", "rollback"):
            assert all(not (len(key) == 1 and key.islower()) for key in command.keys)


async def test_with_e1s_l_opens_and_h_goes_back():
    async with town_pilot(size=(80, 24), registry=preset("e1s")) as pilot:
        await ready(pilot)
        await pilot.press("l")
        await until(pilot, lambda: isinstance(pilot.app.screen, ServiceScreen))
        await pilot.press("h")
        await until(pilot, lambda: not isinstance(pilot.app.screen, ServiceScreen))


async def test_with_vim_ctrl_d_goes_down_and_deletes_nothing():
    async with town_pilot(size=(80, 24), registry=preset("vim")) as pilot:
        await ready(pilot)
        screen = app_of(pilot).screen
        await pilot.press("ctrl+d")
        assert app_of(pilot).screen is screen


def test_the_table_names_every_command_and_a_bad_file_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert len(table(PRESET)) == len(list(PRESET))
    settings = Settings(state_directory=tmp_path, config_file=tmp_path / "config.toml")
    assert keys(settings, "vim") == 0
    (tmp_path / "keys.toml").write_text('[keys]\n"services.scale" = "u"\n')
    assert keys(settings, "k9s") == 1
    assert "services.scale" in capsys.readouterr().err
    with pytest.raises(SettingsError, match="there are k9s, e1s"):
        keys(settings, "emacs")
