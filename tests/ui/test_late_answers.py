"""Answers of the terminal that come when the screens are up do what no key does: nothing."""

import inspect

import pytest
from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver

from ecstui.ui.late_answers import AnswersLeftOut, leave_out_answers


def keys(*reads: str) -> list[str]:
    """The keys in what is read."""
    parser = AnswersLeftOut()
    found = [message for data in reads for message in parser.feed(data)]
    return [message.key for message in found if isinstance(message, events.Key)]


@pytest.mark.parametrize(
    ("reads", "pressed"),
    [
        (("\x1b[?1;2c", "j"), ["j"]),
        (("\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[?62;22c", "j"), ["j"]),
        (("\x1b]11;rgb:ff/ff/ff\x07", "\x1b[?6c", "j"), ["j"]),
        (("k\x1b]11;rgba:0/0/0/ffff\x07j",), ["k", "j"]),
        (("\x1b[A", "?", ":", "c"), ["up", "question_mark", "colon", "c"]),
        (("\x1b\x1bOR",), ["escape", "f3"]),
    ],
)
def test_an_answer_is_no_key(reads, pressed):
    assert keys(*reads) == pressed


def test_textuals_driver_reads_so(monkeypatch):
    monkeypatch.setattr(linux_driver, "XTermParser", XTermParser)
    leave_out_answers()
    assert vars(linux_driver)["XTermParser"] is AnswersLeftOut
    source = inspect.getsource(linux_driver.LinuxDriver)
    assert " = XTermParser(" in source, "Textual reads elsewhere now: look again"
