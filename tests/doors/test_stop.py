"""`ecstui stop` meets a daemon that is on its way out."""

from pathlib import Path

import pytest

from ecstui.commands import daemon as command
from ecstui.settings import Settings


def test_a_daemon_that_ends_before_it_is_asked_to_has_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    async def answered(_: object) -> bool:
        return True

    monkeypatch.setattr(command, "_answers", answered)
    settings = Settings(state_directory=tmp_path, config_file=tmp_path)
    assert command.stop(settings, tasks=False, is_confirmed=False) == 0
    assert "The daemon has stopped" in capsys.readouterr().out
