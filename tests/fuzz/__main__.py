"""Command line of the fuzz; `tests.fuzz` says how it is used."""

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor

from tests.fuzz.over_tcp import run_over_tcp
from tests.fuzz.world import Outcome, run_world

PER_WORLD = 2_500


def main(arguments: list[str]) -> int:
    """Do what the arguments say; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--requests", type=int, default=10_000, help="so many in all")
    parser.add_argument("--first", type=int, default=0, help="seed of the first world")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at once")
    parser.add_argument("--seed", type=int, help="one world")
    parser.add_argument("--trace", action="store_true", help="a line for each request")
    parser.add_argument("--tcp", action="store_true", help="signed, through a socket, real time")
    asked = parser.parse_args(arguments)
    if asked.tcp:
        return _report(run_over_tcp(asked.first, asked.requests))
    if asked.seed is not None:
        outcome = run_world(asked.seed, PER_WORLD, tell=_say if asked.trace else None)
        return _report(outcome)
    outcome = Outcome()
    worlds = range(asked.first, asked.first - (-asked.requests // PER_WORLD))
    with ProcessPoolExecutor(asked.jobs) as pool:
        for one in pool.map(run_world, worlds, [PER_WORLD] * len(worlds)):
            outcome.add(one)
            for words in one.faults[:5]:
                _say(words[:3_000])
    return _report(outcome)


def _report(outcome: Outcome) -> int:
    _say(f"{outcome.requests} requests, {len(outcome.worked)} operations worked at least once")
    _say("answers: " + ", ".join(f"{code} {n}" for code, n in outcome.codes.most_common()))
    _say("worked: " + ", ".join(f"{name} {n}" for name, n in outcome.worked.most_common()))
    _say(f"faults: {len(outcome.faults)}")
    for words in outcome.faults[:10]:
        _say(words[:3_000])
    return 1 if outcome.faults else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
