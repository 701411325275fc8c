"""Logs that are worked out when they are read."""

import math
from itertools import pairwise

import pytest

from ecstui.engine.behaviour import Behaviour, LoadCurve, LogKind
from ecstui.engine.canned_logs import HISTORY_LINES, ContainerLog, ServerLog
from ecstui.model.logs import LogLine

START = 1_790_000_000.0
TALKING = [kind for kind in LogKind if kind is not LogKind.QUIET]


def server(kind: LogKind = LogKind.WEB, *, rate: float = 5.0, seed: int = 7, **load) -> ServerLog:
    behaviour = Behaviour(log=kind, lines_per_second=LoadCurve(rate, **load))
    return ServerLog(behaviour, seed, START)


@pytest.mark.parametrize("kind", TALKING)
def test_no_two_lines_of_a_server_are_alike(kind):
    lines = list(server(kind).between(0, START + 300))
    with_time = [line.text for line in lines if line.text[:1] in "0123456789{"]
    assert len(with_time) > 500
    assert len(set(with_time)) == len(with_time)


def test_servers_with_other_seeds_write_other_lines():
    one, other = (list(server(seed=seed).between(START + 2, START + 60)) for seed in (1, 2))
    assert not {line.text for line in one} & {line.text for line in other}


@pytest.mark.parametrize("kind", TALKING)
def test_a_log_is_the_same_however_it_is_read(kind):
    whole = list(server(kind).between(0, START + 100))
    in_steps: list[LogLine] = []
    read = server(kind)
    for step in range(1000):
        in_steps += read.between(START + step / 10, START + (step + 1) / 10)
    assert in_steps == whole
    assert list(server(kind).before(START + 100))[::-1] == whole
    assert all(one.at <= next_one.at for one, next_one in pairwise(whole))


@pytest.mark.parametrize("rate", [0.01, 1.0, 200.0])
def test_the_rate_is_kept(rate):
    seconds = 2000 / rate
    count = len(list(server(rate=rate).between(START + 10, START + 10 + seconds)))
    assert 1500 < count < 2700


def test_the_rate_follows_the_load():
    curve = LoadCurve(10.0, swing_ratio=1.0, period_seconds=1000.0)
    log = server(rate=10.0, swing_ratio=1.0, period_seconds=1000.0)
    times = [line.at for line in log.between(START + 5, START + 1000)]
    busy = [at for at in times if curve.at(at) > 15]
    calm = [at for at in times if curve.at(at) < 5]
    assert len(busy) > 3 * len(calm) > 0


def test_the_next_line_is_foretold():
    log, at = server(rate=0.5), START
    met: list[LogLine] = []
    while len(met) < 50:
        at = log.next_after(at)
        met += list(log.between(math.nextafter(at, 0), at))
    assert met == list(server(rate=0.5).between(0, at))[-50:]


def test_a_server_that_writes_nothing_is_never_waited_for():
    assert math.isinf(server(LogKind.QUIET, rate=0.0).next_after(START + 5))
    assert list(server(LogKind.QUIET, rate=0.0).between(0, START + 5)) == []


def test_nothing_is_written_after_the_end():
    log = server()
    log.ended_at = START + 20
    lines = list(log.between(0, START + 100))
    assert lines[-1].at <= START + 20
    assert lines == list(log.before(START + 100))[::-1]


def test_a_crash_ends_with_its_trace():
    log = server(LogKind.CRASH)
    log.ended_at = START + 20
    words = [text for _, text in log.last_words(1)]
    assert words[0] == "Traceback (most recent call last):"
    assert "Error: " in words[-1]
    assert log.last_words(0) == []


def test_printed_lines_and_servers_are_one_log():
    log = ContainerLog()
    log.add(server(rate=2.0))
    for second in range(10):
        log.print(LogLine(START + second, "stdout", f"printed {second}"))
    lines = log.last(None, None, START + 10)
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    assert sum(line.text.startswith("printed") for line in lines) == 10
    assert len(lines) > 20
    assert log.last(5, None, START + 10) == lines[-5:]
    assert log.last(None, lines[7].at, START + 10) == lines[7:]


def test_only_the_newest_part_is_kept():
    log = ContainerLog()
    for number in range(HISTORY_LINES + 10):
        log.print(LogLine(START, "stdout", str(number)))
    lines = log.last(None, None, START + 1)
    assert len(lines) == HISTORY_LINES
    assert lines[-1].text == str(HISTORY_LINES + 9)
    assert len({line.at for line in lines}) == HISTORY_LINES


def test_what_is_printed_at_the_moment_of_reading_is_not_lost():
    log = ContainerLog()
    log.print(LogLine(START, "stdout", "before"))
    place = log.place(START)
    log.print(LogLine(START, "stdout", "after"))
    assert [line.text for line in log.after(place, None, START)] == ["after"]
