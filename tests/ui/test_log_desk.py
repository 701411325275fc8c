"""What can be done with lines on the log screen: levels, JSON, details, time, files, programs."""

import json
from pathlib import Path

import pytest

from ecstui.ui.log_commands import moment_of
from ecstui.ui.screens import logs_acts
from ecstui.ui.screens.choose import ChooseModal
from ecstui.ui.screens.log_details import LineDetails
from ecstui.ui.screens.logs import SLOW_FRAME_SECONDS, LogsScreen
from ecstui.ui.screens.services import ServicesScreen
from tests.ui.conftest import until
from tests.ui.test_screen_logs import opened, talking_town
from tests.ui.town import NOW, app_of, ready, town_pilot

PAY = '{"level":"error","ts":"2026-01-01T10:00:00Z","msg":"pay failed","code":502,"who":"a b"}'


async def typed(pilot, words):
    """A command after the colon, carried out."""
    await pilot.press("colon", *[{" ": "space", "-": "minus"}.get(c, c) for c in words], "enter")
    await pilot.pause()


async def test_v_hides_less_and_less_severe_lines_and_the_title_says_so(size):
    town = talking_town()
    async with town_pilot(town, size=size) as pilot:
        await opened(pilot)
        app = app_of(pilot)
        town.client.say("DEBUG tiny", "INFO usual", "WARN slow", PAY, "no level")
        await until(pilot, lambda: "no level" in app.shown)
        await pilot.press("v")
        await until(pilot, lambda: "tiny" not in app.shown)
        assert "INFO+" in app.shown
        assert "no level" in app.shown
        await pilot.press("v")
        await until(pilot, lambda: "usual" not in app.shown and "WARN+" in app.shown)
        assert "no level" not in app.shown
        await pilot.press("v")
        await until(pilot, lambda: "slow" not in app.shown)
        assert "pay f" in app.shown
        await pilot.press("v")
        await until(pilot, lambda: "tiny" in app.shown)


async def test_o_draws_json_as_level_message_and_members(size):
    town = talking_town()
    async with town_pilot(town, size=size) as pilot:
        await opened(pilot)
        app = app_of(pilot)
        town.client.say(PAY, "plain {not json}")
        await until(pilot, lambda: "plain" in app.shown)
        await pilot.press("o")
        await until(pilot, lambda: 'ERROR pay failed code=502 who="a b"' in app.shown)
        assert "plain {not json}" in app.shown
        await pilot.press("o")
        await until(pilot, lambda: '{"level"' in app.shown)


async def test_enter_shows_the_whole_line_with_time_and_source_and_copies_it(size):
    town = talking_town()
    async with town_pilot(town, size=size) as pilot:
        await opened(pilot)
        app = app_of(pilot)
        town.client.say("before it", PAY)
        await until(pilot, lambda: "pay f" in app.shown)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, LineDetails))
        await until(pilot, lambda: '"msg": "pay failed",' in app.shown)
        assert "+00:00" in app.shown
        assert "task/shop/" in app.shown
        await pilot.press("c")
        assert app.copied == PAY
        await pilot.press("C")
        assert json.loads(app.copied)["code"] == 502
        assert "\n" in app.copied
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: "none named" in app.shown)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, LogsScreen))
        await pilot.press("c")
        assert app.copied == "before it"


async def test_context_stands_around_what_is_found():
    town = talking_town()
    async with town_pilot(town) as pilot:
        await opened(pilot)
        app = app_of(pilot)
        town.client.say(*[f"line {n}x" for n in range(20)])
        await until(pilot, lambda: "line 19x" in app.shown)
        await pilot.press("slash", *"line", "space", *"10x", "enter", "&")
        await until(pilot, lambda: "line 11x" not in app.shown)
        await pilot.press("+")
        await until(pilot, lambda: "line 9x" in app.shown and "line 11x" in app.shown)
        assert "line 8x" not in app.shown
        await typed(pilot, "context 3")
        await until(pilot, lambda: "line 7x" in app.shown and "line 13x" in app.shown)
        assert "±3 lines" in app.shown
        await pilot.press("_")
        await until(pilot, lambda: "line 7x" not in app.shown)


async def test_errors_are_counted_and_e_goes_to_the_next():
    town = talking_town()
    async with town_pilot(town) as pilot:
        screen = await opened(pilot)
        app = app_of(pilot)
        town.client.say("ERROR one", *[f"INFO {n}" for n in range(200)], "ERROR two", at=NOW)
        await until(pilot, lambda: "ERROR two" in app.shown)
        await until(pilot, lambda: "E2 W0 I200" in app.shown)
        assert "e next error" in app.shown
        await pilot.press("g", "e")
        await until(pilot, lambda: "ERROR one" in app.shown)
        await pilot.press("e")
        await until(pilot, lambda: "ERROR two" in app.shown)
        line = screen.lines.current_line
        assert line is not None
        assert line.text == "ERROR two"


async def test_l_lets_time_and_label_go_with_the_text():
    town = talking_town()
    async with town_pilot(town) as pilot:
        screen = await opened(pilot)
        app = app_of(pilot)
        town.client.say("start " + "x" * 300 + " the end")
        await until(pilot, lambda: "start xxx" in app.shown)
        label = screen.feeds.labels[next(iter(town.client.open))]
        await pilot.press("shift+right", *["shift+right"] * 6)
        await until(pilot, lambda: "the end" in app.shown)
        assert f"{label} xxx" in app.row_with("the end")
        await pilot.press("^")
        await until(pilot, lambda: "start xxx" in app.shown)
        await pilot.press("L", "shift+right")
        await until(pilot, lambda: "column unlocked" in app.shown)
        await until(pilot, lambda: "start xxx" not in app.shown)
        assert not screen.lines.locked


async def test_a_moment_is_gone_to_and_what_is_older_is_read_first():
    town = talking_town()
    async with town_pilot(town) as pilot:
        screen = await opened(pilot)
        app = app_of(pilot)
        town.client.say("early", at=NOW - 5)
        town.client.say("late", at=NOW - 1)
        await until(pilot, lambda: "late" in app.shown)
        await typed(pilot, "at -3s")
        await until(pilot, lambda: screen.lines.current_line.text == "late")
        assert not screen.lines.following
        town.client.windows.clear()
        await typed(pilot, "at -10m")
        await until(pilot, lambda: len(town.client.windows) == 3)
        assert {window.since for window in town.client.windows} == {NOW - 600}
        assert "since" in app.shown
        await typed(pilot, "at teatime")
        await until(pilot, lambda: ":at 12:03" in app.shown)


def test_a_time_of_day_is_the_last_one():
    now = NOW
    assert moment_of("-5m", now) == now - 300
    for text in ("00:00", "23:59:59"):
        at = moment_of(text, now)
        assert at is not None
        assert now - 86_400 <= at <= now
    assert moment_of("25:00", now) is None


@pytest.mark.parametrize(("form", "ending"), [("text", "log"), ("JSON", "jsonl")])
async def test_what_is_shown_is_saved(form, ending, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    town = talking_town()
    async with town_pilot(town) as pilot:
        await opened(pilot)
        app = app_of(pilot)
        town.client.say("INFO \x1b[31mred\x1b[0m", "DEBUG hidden")
        await until(pilot, lambda: "hidden" in app.shown)
        await pilot.press("v", "ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, ChooseModal))
        await pilot.press(*(["down"] if form == "JSON" else []), "enter")
        await until(pilot, lambda: "saved 4 lines" in app.shown)
    (path,) = tmp_path.glob(f"ecstui-logs-*.{ending}")
    lines = path.read_text().splitlines()
    assert len(lines) == 4
    if form == "JSON":
        found = json.loads(lines[-1])
        assert found["message"] == "INFO red"
        assert found["level"] == "info"
        assert found["time"].startswith("2023-11-14T22:13:20")
    else:
        assert lines[-1].endswith(" INFO red")


async def test_pipe_says_where_a_terminal_cannot_be_given_away():
    town = talking_town()
    async with town_pilot(town) as pilot:
        await opened(pilot)
        app = app_of(pilot)
        await pilot.press("|")
        await until(pilot, lambda: "cannot be given to another program" in app.shown)
        await typed(pilot, "pipe")
        await until(pilot, lambda: ":pipe needs a command" in app.shown)


def test_a_program_gets_the_lines_on_its_standard_input(tmp_path: Path):
    pager = tmp_path / "less"
    pager.write_text('#!/bin/sh\ncat > "$1"\n')
    pager.chmod(0o755)
    source = tmp_path / "lines"
    source.write_text("one\ntwo\n")
    with source.open() as file:
        assert logs_acts._give_terminal([str(pager), str(tmp_path / "out")], file) == ""
        assert (tmp_path / "out").read_text() == "one\ntwo\n"
        assert "No such file" in logs_acts._give_terminal([str(tmp_path / "none")], file)


@pytest.mark.parametrize(
    ("environ", "words"),
    [({}, ["less"]), ({"PAGER": "less -R"}, ["less", "-R"]), ({"PAGER": "'broken"}, ["less"])],
)
def test_the_pager_is_that_of_the_environment(environ, words):
    assert logs_acts.pager_words(environ) == words


async def test_logs_of_marked_services_are_one_log_with_their_names():
    town = talking_town()
    async with town_pilot(town) as pilot:
        app = app_of(pilot)
        await ready(pilot)
        assert isinstance(app.screen, ServicesScreen)
        model = app.screen.table.model
        model.marks |= {key for key, row in model.rows.items() if row.name in ("cart", "auth")}
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, LogsScreen))
        await until(pilot, lambda: len(town.client.open) == 5)
        assert "2 services" in app.shown
        assert "cart " in app.shown
        assert "auth " in app.shown


async def test_on_a_slow_line_frames_are_few():
    town = talking_town()
    async with town_pilot(town) as pilot:
        app_of(pilot).low_bandwidth = True
        screen = await opened(pilot)
        assert screen.lines.frame_seconds == SLOW_FRAME_SECONDS


async def test_hostile_lines_are_shown_without_what_steers_a_terminal(size):
    town = talking_town()
    evil = [
        "\x1b[2J\x1b]0;t\x07\x1b[31mERROR\x1b[0m red", "\x00\x07\x08nul", "bro\ufffdken",
        "\u202eabc\u202c \u200bzero\u200d", "\ud800lone", "y" * 2**20,
        '{"level":"error","msg":"\\u001b[2J\\u009bx"}', "{" * 5000, "\u05e9\u05dc\u05d5\u05dd",
    ]  # fmt: skip
    async with town_pilot(town, size=size) as pilot:
        await opened(pilot)
        app = app_of(pilot)
        town.client.say(*evil)
        await until(pilot, lambda: "\u05e9\u05dc\u05d5\u05dd" in app.shown)
        await pilot.press("o", "w", "w")
        await until(pilot, lambda: "ERROR" in app.shown)
        bad = set("\x1b\x00\x07\x08\u202e\u200b\u200d\ud800\u009b")
        assert not bad & set(app.shown)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, LineDetails))
        for _ in evil:
            await pilot.press("left_square_bracket")
            assert not bad & set(app.shown)
