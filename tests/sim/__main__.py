"""Command line of the simulator; `tests.sim` says how it is used."""

import argparse
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor

from tests.sim.run import Trace, run
from tests.sim.shrink import shrink
from tests.sim.workload import scenario_of


def main(arguments: list[str]) -> int:
    """Do what the arguments say; return the exit code."""
    asked = _parser().parse_args(arguments)
    if asked.seed is None:
        return _many(range(asked.first, asked.first + asked.seeds), asked.jobs)
    if asked.shrink:
        return _shrunk(asked.seed)
    return _one(asked.seed, is_told=asked.trace)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.sim")
    parser.add_argument("--seeds", type=int, default=300, help="so many worlds")
    parser.add_argument("--first", type=int, default=0, help="the first seed of them")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once")
    parser.add_argument("--seed", type=int, help="one world")
    parser.add_argument("--trace", action="store_true", help="a line for each change")
    parser.add_argument("--shrink", action="store_true", help="the fewest steps that fail")
    return parser


def outcome_of(seed: int) -> tuple[int, Trace]:
    """Run one seed."""
    return seed, run(scenario_of(seed))


def _many(seeds: Iterable[int], jobs: int) -> int:
    began = time.perf_counter()
    failed: list[int] = []
    runs = crashes = turns = changes = 0
    simulated = 0.0
    with ProcessPoolExecutor(jobs) as pool:
        for seed, trace in pool.map(outcome_of, seeds, chunksize=5):
            runs += 1
            crashes += trace.lives - 1
            turns += trace.turns
            changes += trace.changes
            simulated += trace.seconds
            if trace.violations:
                failed.append(seed)
                _say(f"seed {seed}: {trace.violations[0]}")
    seconds = time.perf_counter() - began
    _say(
        f"{runs} seeds, {len(failed)} failed; {crashes} crashes, {turns} turns, {changes} changes; "
        f"{seconds:.1f} s, {runs / seconds:.1f} seeds/s, {simulated / seconds:,.0f} times real time"
    )
    return 1 if failed else 0


def _one(seed: int, *, is_told: bool) -> int:
    scenario = scenario_of(seed)
    trace = run(scenario, is_told=is_told)
    for line in trace.lines:
        _say(line)
    for violation in trace.violations:
        _say(str(violation))
    _say(
        f"seed {seed}: {len(scenario.steps)} steps, {trace.lives} lives, {trace.turns} turns, "
        f"{trace.changes} changes, {trace.seconds:.0f} s, digest {trace.digest}"
    )
    return 1 if trace.violations else 0


def _shrunk(seed: int) -> int:
    scenario = shrink(scenario_of(seed))
    for step in scenario.steps:
        _say(f"{step.after_seconds:8.3f}  {step.act}")
    _say(f"{scenario.limits}\n{scenario.pace}\n{scenario.order}\n{scenario.weather}")
    _say("\n".join(str(violation) for violation in run(scenario).violations) or "nothing fails")
    return 1


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
