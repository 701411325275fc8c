"""Seeded worlds in which nothing may go wrong, and planted bugs that must be found in them.

Long runs, replays and shrinking by hand: `python -m tests.sim`.
"""

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sim.mutants import MUTANTS, SEEDS, Mutant
from tests.sim.run import run
from tests.sim.shrink import shrink
from tests.sim.workload import scenario_of

_WORLDS = 300
_WORLDS_PER_TEST = 10
_ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _garbage_is_looked_for_once() -> Iterator[None]:
    """The collector takes a fifth of the time if it looks through everything over and over."""
    gc.freeze()
    gc.disable()
    yield
    gc.collect()
    gc.unfreeze()
    gc.enable()


@pytest.mark.parametrize("first", range(0, _WORLDS, _WORLDS_PER_TEST))
def test_no_promise_is_broken_whatever_goes_wrong(first: int) -> None:
    traces = {seed: run(scenario_of(seed)) for seed in range(first, first + _WORLDS_PER_TEST)}
    assert {seed: t.violations for seed, t in traces.items() if t.violations} == {}


def test_the_worlds_are_not_too_peaceful() -> None:
    traces = [run(scenario_of(seed)) for seed in range(30)]
    assert sum(trace.lives for trace in traces) > 4 * len(traces), "crashes have become rare"
    assert sum(trace.changes for trace in traces) > 150 * len(traces), "little happens"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_found(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant.plant(monkeypatch)
    found = next(filter(None, (run(scenario_of(seed)).violations for seed in range(SEEDS))), ())
    assert found, f"{mutant.name} lives through {SEEDS} seeds"
    assert found[0].rule in mutant.rules


def test_every_rule_has_a_planted_bug() -> None:
    broken = {rule for mutant in MUTANTS for rule in mutant.rules[:1]}
    rules = {f"S{number}" for number in range(1, 23)} | {"L1", "L2", "L3"}
    assert rules <= broken


def test_a_replay_by_seed_tells_the_same_to_the_last_line() -> None:
    first, second = (run(scenario_of(11), is_told=True) for _ in range(2))
    assert len(first.lines) > 50
    assert first == second


def test_chance_in_the_interpreter_changes_nothing() -> None:
    told = {_told_by_a_process_of_its_own(hash_seed) for hash_seed in ("1", "2")}
    assert len(told) == 1
    assert "digest" in told.pop()


def _told_by_a_process_of_its_own(hash_seed: str) -> str:
    command = [sys.executable, "-m", "tests.sim", "--seed", "12"]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        command, cwd=_ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout


def test_shrinking_leaves_few_steps_that_break_the_same_rule(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    next(mutant for mutant in MUTANTS if mutant.name == "ceiling_ignored").plant(monkeypatch)
    scenario = next(s for s in map(scenario_of, range(SEEDS)) if _first_rule(s) == "S2")
    small = shrink(scenario)
    assert _first_rule(small) == "S2"
    assert len(small.steps) <= 3 < len(scenario.steps)


def _first_rule(scenario: object) -> str:
    violations = run(scenario).violations  # type: ignore[arg-type]
    return violations[0].rule if violations else ""
