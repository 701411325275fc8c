"""What happens between `ecstui` on the command line and the first screen."""

import io
from pathlib import Path

import pytest

from ecstui import __version__
from ecstui.base.errors import DaemonUnreachableError, SettingsError
from ecstui.client.status import Status, ask_status, ask_to_stop
from ecstui.commands import screens
from ecstui.commands.screens import ScreenOptions
from ecstui.commands.terminal import confirm
from ecstui.plan.pace import PaceName
from ecstui.settings import Settings, StatePaths
from tests.doors.conftest import Served


def settings_at(path: Path, **changes: object) -> Settings:
    return Settings(state_directory=path, config_file=path / "config.toml", **changes)  # type: ignore[arg-type]


def answering(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


async def test_a_daemon_of_this_version_is_used_as_it_is(served: Served):
    found = Status(__version__, 1)
    assert await screens._same_version(settings_at(served.paths.root), found) is found
    assert served.asked_to_stop == []


async def test_a_daemon_of_another_version_is_restarted_if_the_person_wants(
    served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    answering(monkeypatch, "\n")
    found = await screens._same_version(settings_at(served.paths.root), Status("9.9", 1))
    assert found is None
    assert served.asked_to_stop == [False], "tasks keep running"
    assert "runs ecstui 9.9" in capsys.readouterr().err


async def test_a_daemon_of_another_version_is_kept_if_the_person_wants(
    served: Served, monkeypatch: pytest.MonkeyPatch
):
    answering(monkeypatch, "n\n")
    other = Status("9.9", 1)
    assert await screens._same_version(settings_at(served.paths.root), other) is other
    assert served.asked_to_stop == []


@pytest.mark.parametrize(
    ("origin", "is_told"), [("--pace", True), ("$ECSTUI_PACE", True), ("/c/config.toml", False)]
)
def test_a_pace_that_the_daemon_does_not_have_is_told_when_asked_for_now(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], origin, is_told
):
    settings = settings_at(tmp_path, pace=PaceName.AWS, origins={"pace": origin})
    screens._tell_difference(settings, Status("1", 1, pace="local"))
    assert ("runs at the local pace already" in capsys.readouterr().err) is is_told


def test_the_table_of_the_screens_is_read(tmp_path: Path):
    settings = settings_at(tmp_path, screen={"theme": "x", "read_only": True})
    assert ScreenOptions.of(settings) == ScreenOptions(theme="x", read_only=True)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"colour": 1}, "ui.colour is no setting"),
        ({"ascii": "yes"}, "ui.ascii must be true or false"),
        ({"theme": 1}, "ui.theme must be a text"),
    ],
)
def test_what_the_screens_do_not_know_is_named(tmp_path: Path, table, words):
    with pytest.raises(SettingsError, match=words):
        ScreenOptions.of(settings_at(tmp_path, screen=table))


@pytest.mark.parametrize(
    ("given", "default", "answer"),
    [
        ("y\n", False, True),
        ("Yes\n", False, True),
        ("\n", False, False),
        ("\n", True, True),
        ("n\n", True, False),
        ("what\n", True, False),
        ("", True, False),
    ],
)
def test_only_a_clear_yes_is_a_yes(monkeypatch: pytest.MonkeyPatch, given, default, answer):
    answering(monkeypatch, given)
    assert confirm("Sure?", default=default) is answer


# -- questions to a daemon ------------------------------------------------------------------------


async def test_a_daemon_says_who_it_is(served: Served):
    served.clock.time += 5
    found = await ask_status(served.paths)
    assert found is not None
    assert (found.version, found.process_id, found.uptime_seconds) == (__version__, 4321, 5.0)


async def test_nobody_answers_where_no_daemon_is(paths: StatePaths):
    assert await ask_status(paths) is None
    with pytest.raises(DaemonUnreachableError):
        await ask_to_stop(paths, tasks=False)
