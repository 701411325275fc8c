"""A terminal in front of what has none of its own: lines are edited here, output is harmless."""

import asyncio
import os
import pty
import termios
from collections.abc import Iterator

import pytest

from ecstui.client.raw_terminal import HangUpKeys, Left, converse
from ecstui.model.exec import ExecOrder
from tests.doors.plane import Session, until


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The two ends of a terminal: where a person is, and where a program is."""
    person, program = pty.openpty()
    yield person, program
    os.close(person)
    os.close(program)


def harmless(text: str) -> str:
    return text.replace("\x1b", "?")


async def talk(session: Session, program: int) -> Left:
    return await converse(
        session, source=program, outputs=(program, program), is_terminal=True, in_lines=harmless
    )


def seen(person: int) -> bytes:
    os.set_blocking(person, False)
    try:
        return os.read(person, 65_536)
    except BlockingIOError:
        return b""


async def test_lines_go_whole_and_ctrl_p_ctrl_q_leaves(terminal):
    person, program = terminal
    before = termios.tcgetattr(program)
    session = Session("task", "app", ExecOrder((), has_input=True, attaches=True))
    talking = asyncio.ensure_future(talk(session, program))
    await until(lambda: termios.tcgetattr(program) != before)
    os.write(person, b"helo\x7flo\n")  # the terminal's own editing
    await until(lambda: session.taken == [b"hello\n"])
    os.write(person, b"half\x10\x11")
    assert (await talking).exit_code is None
    assert session.taken == [b"hello\n"]
    assert termios.tcgetattr(program) == before


async def test_ctrl_c_leaves_and_kills_nothing(terminal):
    person, program = terminal
    before = termios.tcgetattr(program)
    session = Session("task", "app", ExecOrder((), has_input=True, attaches=True))
    talking = asyncio.ensure_future(talk(session, program))
    await until(lambda: termios.tcgetattr(program) != before)
    os.write(person, b"\x03")
    assert (await talking).exit_code is None
    assert session.taken == []


async def test_what_it_writes_is_made_harmless_and_its_end_is_told(terminal):
    person, program = terminal
    session = Session("task", "app", ExecOrder((), attaches=True))
    session.say("a\x1b[2Jb ü\n".encode()[:-2])
    session.say("ü\n".encode()[1:])
    session.end(4)
    assert (await talk(session, program)).exit_code == 4
    shown = seen(person)
    assert "a?[2Jb ü\r\n".encode() in shown
    assert b"\x1b[2J" not in shown


def test_of_lines_only_whole_ones_go_on():
    keys = HangUpKeys(in_lines=True)
    assert keys.take(b"one\ntw") == (b"one\ntw", False)
    assert keys.take(b"three\nhalf\x03") == (b"three\n", True)
