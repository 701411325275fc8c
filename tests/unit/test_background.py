"""The terminal is asked for its background once, shortly, and only where that can be answered."""

import os
import pty
import termios
from collections.abc import Iterator

import pytest

from ecstui.commands import background
from ecstui.commands.background import QUESTION, asking, light_in, may_ask

DA1 = b"\x1b[?62;22c"


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The two ends of a terminal: where it is drawn, and where a program is."""
    drawn, program = pty.openpty()
    yield drawn, program
    os.close(drawn)
    os.close(program)


@pytest.mark.parametrize(
    ("answer", "light"),
    [
        (b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\" + DA1, True),
        (b"\x1b]11;rgb:fd/f6/e3\x07" + DA1, True),
        (b"\x1b]11;rgba:1010/1515/1c1c/ffff\x07" + DA1, False),
        (b"j\x1b]11;rgb:0/0/0\x07" + DA1, False),  # a key was pressed meanwhile
        (b"\x1b]11;rgb:0000/ffff/0000\x07" + DA1, True),
        (b"\x1b]11;rgb:0000/0000/ffff\x07" + DA1, False),
        (DA1, None),
    ],
)
async def test_the_answer_is_read_and_the_terminal_is_as_it_was(terminal, answer, light):
    drawn, program = terminal
    before = termios.tcgetattr(program)
    with asking(program) as question:
        assert os.read(drawn, 100) == QUESTION
        os.write(drawn, answer)
        assert question is not None
        assert await question.is_light() is light
    assert termios.tcgetattr(program) == before
    os.set_blocking(drawn, False)
    with pytest.raises(BlockingIOError):  # nothing of the answer was echoed
        os.read(drawn, 100)


async def test_silence_ends_at_the_limit(terminal, monkeypatch):
    _, program = terminal
    monkeypatch.setattr(background, "LIMIT_SECONDS", 0.0)
    with asking(program) as question:
        assert question is not None
        assert await question.is_light() is None


async def test_what_is_no_terminal_is_not_asked(tmp_path):
    with (tmp_path / "file").open("wb") as file:
        with asking(file.fileno()) as question:
            assert question is None
        assert file.tell() == 0


@pytest.mark.parametrize("answer", [b"", b"garbage", b"\x1b]11;?\x07", b"\x1b]11;rgb:zz/0/0\x07"])
def test_what_is_no_colour_says_nothing(answer):
    assert light_in(answer) is None


@pytest.mark.parametrize(
    ("environ", "may"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "tmux-256color"}, True),
        ({"TERM": "linux"}, False),
        ({"TERM": "dumb"}, False),
        ({}, False),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, False),
    ],
)
def test_only_terminals_that_can_answer_are_asked(environ, may):
    assert may_ask(environ) is may
