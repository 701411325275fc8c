"""Lines out of Docker's log streams: framed or from a terminal, long, broken and read again."""

import struct
from contextlib import suppress

import pytest

from ecstui.engine.docker_logs import LONGEST_LINE_BYTES, LogPosition, lines_of
from ecstui.model.logs import LogLine, LogWindow

SECOND = 1_767_323_045
"""2026-01-02T03:04:05Z"""
STREAMS = {"stdout": 1, "stderr": 2}


def stamp(nanoseconds=0):
    return f"2026-01-02T03:04:05.{nanoseconds:09}Z "


def framed(text, nanoseconds=0, stream="stdout"):
    message = (stamp(nanoseconds) + text).encode()
    return struct.pack(">BxxxL", STREAMS[stream], len(message)) + message


def read(pieces, position=None, *, has_tty=False, is_last=True):
    position = position or LogPosition(LogWindow())
    batches = lines_of(pieces, position, has_tty=has_tty, is_last=is_last)
    return [line for batch in batches for line in batch]


def texts(pieces, position=None, **options):
    return [line.text for line in read(pieces, position, **options)]


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_frames_are_found_however_they_are_cut(size):
    log = framed("one\n", 1) + framed("två\n", 2, "stderr") + framed("\n", 3)
    pieces = [log[at : at + size] for at in range(0, len(log), size)]
    assert read(pieces) == [
        LogLine(SECOND + 1e-9, "stdout", "one"),
        LogLine(SECOND + 2e-9, "stderr", "två"),
        LogLine(SECOND + 3e-9, "stdout", ""),
    ]


def test_messages_of_one_line_are_joined_though_other_lines_come_between():
    log = [
        framed("a" * 10, 1),
        framed("error\n", 2, "stderr"),
        framed("b" * 10, 1),
        framed("c\n", 1),
    ]
    assert texts(log) == ["error", "a" * 10 + "b" * 10 + "c"]


def test_a_line_that_is_too_long_is_cut_between_characters():
    text = "é" * LONGEST_LINE_BYTES  # two bytes each
    pieces = [framed(text[at : at + 8000], 1) for at in range(0, len(text), 8000)]
    found = texts([*pieces, framed("\n", 1)])
    assert "".join(found) == text
    assert max(len(line.encode()) for line in found) <= LONGEST_LINE_BYTES
    assert "\ufffd" not in "".join(found)


def test_bytes_that_are_no_text_are_marked():
    message = stamp(1).encode() + b"\xff\xfe\n"
    assert texts([struct.pack(">BxxxL", 1, len(message)) + message]) == ["\ufffd\ufffd"]


def test_a_line_without_an_end_counts_only_at_the_end_of_the_log():
    assert texts([framed("waiting", 1)], is_last=False) == []
    assert texts([framed("waiting", 1)], is_last=True) == ["waiting"]


def test_words_of_docker_itself_are_a_line_of_the_time_before():
    words = b"Error grabbing logs: unexpected EOF\n"
    log = framed("one\n", 7) + struct.pack(">BxxxL", 2, len(words)) + words
    assert read([log])[1] == LogLine(SECOND + 7e-9, "stderr", words.decode().strip())


# -- terminals ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_a_terminal_has_one_stream(size):
    log = (stamp(1) + "one\r\n" + stamp(2) + "10%\r20%\r\n").encode()
    pieces = [log[at : at + size] for at in range(0, len(log), size)]
    assert read(pieces, has_tty=True) == [
        LogLine(SECOND + 1e-9, "stdout", "one"),
        LogLine(SECOND + 2e-9, "stdout", "10%\r20%"),
    ]


def test_times_within_a_long_line_of_a_terminal_are_not_part_of_it():
    part = "x" * 16384
    log = stamp(1) + part + stamp(1) + part + stamp(1) + "end\r\n" + stamp(2) + "next\r\n"
    assert texts([log.encode()], has_tty=True) == [part + part + "end", "next"]


def test_a_terminal_without_line_ends_does_not_fill_the_memory():
    pieces = [(stamp(1) + "y" * 100_000).encode(), *(b"y" * 100_000 for _ in range(9))]
    found = texts(pieces, has_tty=True)
    assert "".join(found) == "y" * 1_000_000
    assert max(map(len, found)) <= LONGEST_LINE_BYTES


# -- reading again -----------------------------------------------------------------------------


def test_reading_again_drops_what_was_read_even_with_equal_times():
    position = LogPosition(LogWindow())
    position.parameters()
    first = [framed("a\n", 1), framed("b\n", 1), framed("c\n", 2)]
    assert texts(first[:2], position) == ["a", "b"]
    assert position.parameters() == {"since": f"{SECOND - 1}.900000001", "tail": "all"}
    assert texts([*first, framed("d\n", 2)], position) == ["c", "d"]


def test_the_streams_are_told_apart_when_reading_again():
    position = LogPosition(LogWindow())
    position.parameters()
    assert texts([framed("err\n", 9, "stderr")], position) == ["err"]
    position.parameters()
    # The earlier line of the other stream was written later.
    log = [framed("err\n", 9, "stderr"), framed("out\n", 5)]
    assert texts(log, position) == ["out"]


def test_a_line_that_was_broken_off_is_read_again_whole():
    position = LogPosition(LogWindow())
    position.parameters()
    assert texts([framed("half of", 1)], position, is_last=False) == []
    position.parameters()
    assert texts([framed("half of", 1), framed(" it\n", 1)], position) == ["half of it"]


def test_a_clock_that_is_set_back_loses_no_lines():
    position = LogPosition(LogWindow())
    position.parameters()
    log = [framed("late\n", 500), framed("early\n", 100), framed("on\n", 101)]
    assert texts(log, position) == ["late", "early", "on"]


def test_first_the_window_is_asked_for():
    assert LogPosition(LogWindow()).parameters() == {}
    window = LogWindow(tail=5, since=SECOND + 0.25)
    assert LogPosition(window).parameters() == {"tail": "5", "since": f"{SECOND}.249999750"}


def test_lines_after_an_empty_tail_are_not_lost_by_a_break():
    position = LogPosition(LogWindow(tail=0))
    assert position.parameters() == {"tail": "0"}
    position.opened("Fri, 02 Jan 2026 03:04:05 GMT")
    assert position.parameters() == {"since": f"{SECOND}.000000000", "tail": "all"}


def test_only_a_reading_without_a_break_is_complete():
    def broken():
        yield framed("a\n", 1)
        raise ConnectionResetError

    position = LogPosition(LogWindow())

    def is_complete_after(pieces):
        position.parameters()
        with suppress(ConnectionResetError):
            read(pieces, position)
        return position.is_complete

    assert not is_complete_after(broken())
    assert is_complete_after([framed("a\n", 1)])
    assert not is_complete_after(broken())
