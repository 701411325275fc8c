"""Command line of the simulator; `tests.sim` says how it is used."""

import argparse
import os
import sys
from pathlib import Path

from tests.sim.fleet import Tally, sail
from tests.sim.run import run
from tests.sim.shrink import shrink
from tests.sim.workload import scenario_of


def main(arguments: list[str]) -> int:
    """Do what the arguments say; return the exit code."""
    asked = _parser().parse_args(arguments)
    if asked.seed is None:
        return _many(asked)
    if asked.shrink:
        return _shrunk(asked.seed)
    return _one(asked.seed, is_told=asked.trace)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.sim")
    parser.add_argument("--seeds", type=int, default=300, help="so many worlds")
    parser.add_argument("--first", type=int, default=0, help="the first seed of them")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at once")
    parser.add_argument("--log", type=Path, help="a file that gets a line for each violation")
    parser.add_argument("--seed", type=int, help="one world")
    parser.add_argument("--trace", action="store_true", help="a line for each change")
    parser.add_argument("--shrink", action="store_true", help="the fewest steps that fail")
    return parser


def _many(asked: argparse.Namespace) -> int:
    tally = Tally(first=asked.first, wanted=asked.seeds)
    for seed, trace in sail(range(asked.first, asked.first + asked.seeds), asked.jobs):
        tally.add(seed, trace)
        if trace.violations:
            line = f"seed {seed}: {trace.violations[0]}"
            _say(f"{line}\n    python -m tests.sim --seed {seed} --trace")
            _log(asked.log, line)
        if tally.is_telling:
            _say(str(tally))
    _say(f"{tally}\nfailed: {tally.failed[:50] or 'none'}")
    return 1 if tally.failed else 0


def _log(file: Path | None, line: str) -> None:
    if file is not None:
        with file.open("a", encoding="utf-8") as out:
            out.write(line + "\n")


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
