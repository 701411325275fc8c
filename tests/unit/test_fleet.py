"""What is told of a seed that takes too long."""

import signal
from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.sim import fleet
from tests.sim.run import Trace

FINE = Trace((), "", 1, 0, 0, 0.0)


def swallowing(_scenario: object) -> Trace:
    """As a task of the world does: what is raised in it ends the task, not the world."""
    with suppress(BaseException):
        signal.raise_signal(signal.SIGALRM)
    return FINE


def raising(_scenario: object) -> Trace:
    signal.raise_signal(signal.SIGALRM)
    return FINE


@pytest.mark.parametrize("world", [swallowing, raising])
def test_a_seed_that_is_not_over_in_time_is_told_as_that_and_not_judged(
    world: Callable[[object], Trace], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(signal.SIGALRM)
    monkeypatch.setattr(fleet, "run", world)
    try:
        _, trace = fleet.outcome_of(1)
        (violation,) = trace.violations
        assert violation.rule == "L0"
        assert "not over after" in violation.words
        monkeypatch.setattr(fleet, "run", lambda _scenario: FINE)
        assert fleet.outcome_of(2) == (2, FINE)
    finally:
        signal.signal(signal.SIGALRM, before)
