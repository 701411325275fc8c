"""A log that goes on where it broke."""

from hypothesis import given
from hypothesis import strategies as st

from ecstui.client.log_resume import LogResume
from ecstui.model.logs import LogLine, LogWindow


def lines_at(*times: float) -> list[LogLine]:
    return [LogLine(at, "stdout", f"{number}") for number, at in enumerate(times)]


def test_before_the_first_line_the_same_is_asked_again():
    resume = LogResume(LogWindow(tail=5, since=3.0))
    assert resume.window() == LogWindow(tail=5, since=3.0)
    assert resume.window() == LogWindow(tail=5, since=3.0)


def test_after_a_line_everything_since_then_is_asked():
    resume = LogResume(LogWindow(tail=5))
    resume.fresh(lines_at(10.0, 20.0))
    window = resume.window()
    assert window.tail is None
    assert window.since is not None
    assert 19.9 < window.since < 20.0


@given(
    steps=st.lists(st.sampled_from([0.0, 0.0, 0.0004, 1.0]), min_size=1, max_size=40),
    breaks=st.lists(st.integers(1, 40), max_size=5),
    size=st.integers(1, 7),
)
def test_whatever_breaks_every_line_comes_once(steps, breaks, size):
    times = [100.0 + sum(steps[: number + 1]) for number in range(len(steps))]
    log = lines_at(*times)
    resume = LogResume(LogWindow())
    got: list[LogLine] = []
    for length in [*breaks, len(log)]:
        window = resume.window()
        there = [line for line in log if line.at >= (window.since or 0.0)]
        # The connection lasts for so many lines, which come in batches.
        sent = there[: length if length < len(log) else None]
        for start in range(0, len(sent), size):
            got += resume.fresh(sent[start : start + size])
    assert got == log
