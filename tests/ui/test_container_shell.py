"""Shells and commands in containers: who may, which container, what is said and shown."""

import pytest
from textual.widgets import Input, RichLog

from ecstui.base.errors import ClientException, DaemonUnreachableError
from ecstui.client.raw_terminal import HangUpKeys, Left
from ecstui.store.kinds import TASK_DEFINITIONS
from ecstui.ui.container_shell import banner_lines, left_words
from ecstui.ui.screens.ask import AskModal
from ecstui.ui.screens.choose import ChooseModal
from ecstui.ui.screens.command_output import CommandOutput
from ecstui.ui.screens.task import TaskScreen
from tests.ui.conftest import screen_text, until
from tests.ui.test_screens_tasks import arn, at, tasks_pilot
from tests.ui.town import app_of, town_pilot


async def ask(pilot, seed: str = "new5") -> None:
    await tasks_pilot(pilot)
    await at(pilot, seed)
    await again(pilot)


async def again(pilot) -> None:
    await pilot.press("X")
    await until(pilot, lambda: isinstance(pilot.app.screen, ChooseModal))
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, AskModal))


def last_words(pilot) -> str:
    said = app_of(pilot).said
    return said[-1].text if said else ""


async def run(pilot, text: str) -> CommandOutput:
    for key in text:
        await pilot.press("space" if key == " " else key)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, CommandOutput))
    shown = pilot.app.screen
    assert isinstance(shown, CommandOutput)
    return shown


async def test_one_command_runs_and_its_output_is_shown_as_text():
    async with town_pilot() as pilot:
        await ask(pilot)
        shown = await run(pilot, "ls")
        (session,) = app_of(pilot).town.client.sessions
        assert session.asked[0] == arn("new5")
        assert session.asked[2].command == ("/bin/sh", "-c", "ls")
        assert not session.asked[2].has_tty
        session.say(b"one\r\ntw")
        session.say("o ä\n\x1b[31mred\x07".encode())
        session.end(3)
        await until(pilot, lambda: "ended with 3" in shown.state)
        assert shown.text == "one\ntwo ä\n" + shown.text.splitlines()[-1] + "\n"
        assert "\x1b" not in shown.text
        assert "red" in shown.text
        await until(pilot, lambda: "two ä" in "".join(screen_text(app_of(pilot))))
        await until(pilot, lambda: session.is_closed)


async def test_the_last_command_stands_there_again():
    async with town_pilot() as pilot:
        await ask(pilot)
        await run(pilot, "id")
        await pilot.press("escape")
        await again(pilot)
        assert pilot.app.screen.query_one(Input).value == "id"


async def test_closing_the_output_ends_the_command():
    async with town_pilot() as pilot:
        await ask(pilot)
        await run(pilot, "top")
        (session,) = app_of(pilot).town.client.sessions
        await pilot.press("escape")
        await until(pilot, lambda: session.is_closed)


async def test_without_end_the_output_is_ended():
    async with town_pilot() as pilot:
        await ask(pilot)
        shown = await run(pilot, "yes")
        (session,) = app_of(pilot).town.client.sessions
        for _ in range(5):
            session.say(b"y\n" * 16_384)
        await until(pilot, lambda: "more than 128 KiB" in shown.state)
        await until(pilot, lambda: session.is_closed)


@pytest.mark.parametrize(
    "refusal", [ClientException("no such luck"), DaemonUnreachableError("no such luck")]
)
async def test_a_refusal_is_told(refusal):
    async with town_pilot() as pilot:
        await ask(pilot)
        app_of(pilot).town.client.refusal = refusal
        await pilot.press("i", "d", "enter")
        await until(pilot, lambda: "no such luck" in last_words(pilot))


@pytest.mark.parametrize("key", ["s", "X", "a"])
async def test_read_only_and_offline_nothing_runs(key):
    async with town_pilot(read_only=True) as pilot:
        await tasks_pilot(pilot)
        await at(pilot, "new5")
        await pilot.press(key)
        await until(pilot, lambda: "Read-only" in last_words(pilot))
        assert not app_of(pilot).town.client.sessions
    async with town_pilot() as pilot:
        await tasks_pilot(pilot)
        await at(pilot, "new5")
        app_of(pilot).town.client.go_offline()
        await until(pilot, lambda: app_of(pilot).offline_since is not None)
        await pilot.press(key)
        await until(pilot, lambda: "Nothing can be changed" in last_words(pilot))
        assert not app_of(pilot).town.client.sessions


async def test_several_containers_are_offered_on_the_task_too():
    async with town_pilot() as pilot:
        await tasks_pilot(pilot)
        await at(pilot, "new5")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TaskScreen))
        await pilot.press("X")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChooseModal))
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskModal))
        await run(pilot, "id")
        assert app_of(pilot).town.client.sessions[0].asked[1] == "envoy"


async def test_without_a_terminal_there_is_no_shell():
    async with town_pilot() as pilot:
        await tasks_pilot(pilot)
        await at(pilot, "new5")
        await pilot.press("s")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChooseModal))
        await pilot.press("enter")
        await until(pilot, lambda: "no terminal" in last_words(pilot))
        assert not app_of(pilot).town.client.sessions


@pytest.mark.parametrize("width", [200, 80, 60, 30, 8])
async def test_the_banner_has_two_lines_that_fit_and_says_how_to_leave(width):
    async with town_pilot() as pilot:
        task = next(iter(app_of(pilot).town.tasks("api")))
        lines = banner_lines(app_of(pilot), task, "a\x1b[2Jpp", width)
        assert len(lines) == 2
        assert all(len(line) <= width for line in lines)
        assert "\x1b" not in "".join(lines)
        if width >= 60:
            assert "ctrl-d" in lines[0]
            assert "api" in lines[0]


async def test_what_takes_no_input_and_has_no_terminal_is_not_attached_to():
    async with town_pilot() as pilot:
        await tasks_pilot(pilot)
        await at(pilot, "mailer:0")
        await pilot.press("a")
        words = "mailer is not interactive and has no pseudoTerminal: l shows what it writes"
        await until(pilot, lambda: words in last_words(pilot))
        town = app_of(pilot).town
        definition = town.store.get(TASK_DEFINITIONS, town.service("mailer").task_definition)
        assert definition is not None
        (container,) = definition.container_definitions
        interactive = container.with_(interactive=True)
        town.put_now(definition.with_(container_definitions=(interactive,)))
        await pilot.press("a")
        await until(pilot, lambda: "no terminal for an attachment" in last_words(pilot))
        assert not town.client.sessions


async def test_the_task_itself_offers_its_containers_to_attach_to():
    async with town_pilot() as pilot:
        await tasks_pilot(pilot)
        await at(pilot, "new5")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TaskScreen))
        await pilot.press("a")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChooseModal))
        await pilot.press("down", "enter")
        await until(pilot, lambda: "envoy is not interactive" in last_words(pilot))


@pytest.mark.parametrize("width", [200, 60, 8])
async def test_the_banner_of_an_attachment_says_how_to_leave(width):
    async with town_pilot() as pilot:
        task = next(iter(app_of(pilot).town.tasks("api")))
        lines = banner_lines(app_of(pilot), task, "app", width, ("leave ctrl-p ctrl-q", "^p ^q"))
        assert all(len(line) <= width for line in lines)
        assert ("ctrl-p ctrl-q" in lines[0]) == (width >= 60)


def test_what_is_said_after_a_shell():
    assert "hung up" in left_words("The shell", Left(None))[0]
    assert left_words("The shell", Left(3)) == ("The shell ended with 3.", "information")
    tail = b'OCI runtime exec failed: exec: "/bin/sh": no such file or directory\r\n'
    words, severity = left_words("The shell", Left(127, tail))
    assert (severity, "no shell" in words, "no such file" in words) == ("error", True, True)


@pytest.mark.parametrize(
    ("typed", "goes_on", "hangs_up"),
    [
        ([b"abc"], [b"abc"], False),
        ([b"ab\x10\x11cd"], [b"ab"], True),
        ([b"ab\x10", b"\x11"], [b"ab", b""], True),
        ([b"\x10", b"x"], [b"", b"\x10x"], False),
        ([b"\x10", b"\x10", b"\x11"], [b"", b"\x10", b""], True),
        ([b"\x11\x10y"], [b"\x11\x10y"], False),
    ],
)
def test_ctrl_p_ctrl_q_hangs_up_however_it_comes(typed, goes_on, hangs_up):
    keys = HangUpKeys()
    found = [keys.take(data) for data in typed]
    assert [data for data, _ in found] == goes_on
    assert found[-1][1] is hangs_up


async def test_what_came_before_the_box_was_there_is_shown_with_it():
    async with town_pilot() as pilot:
        shown = CommandOutput("web")
        opened = pilot.app.push_screen(shown)
        shown.add(b"together\n")
        shown.end("ended with 3")
        await opened
        await until(pilot, lambda: "together" in app_of(pilot).shown)
        assert "ended with 3" in app_of(pilot).shown


async def test_long_lines_of_a_command_are_wrapped_where_the_terminal_is_narrow():
    async with town_pilot(size=(60, 16)) as pilot:
        shown = CommandOutput("web")
        await pilot.app.push_screen(shown)
        shown.add(b"a" * 70 + b" end\n")
        shown.end("ended with 0")
        await until(pilot, lambda: "end" in app_of(pilot).shown.replace("ended", ""))
        assert not shown.query_one(RichLog).show_horizontal_scrollbar
