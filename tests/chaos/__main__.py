"""Command line of chaos on a real Docker Engine; `tests.chaos` says what it is."""

import argparse
import sys

from tests.chaos import kill_daemon
from tests.chaos.scenarios import SCENARIOS

_ROUNDS = {"kill": 200, "containers": 30, "engine": 6, "disk": 6, "clock": 10}


def main(arguments: list[str]) -> int:
    """Run scenarios one after another; 1 when one of them found something."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("scenario", choices=(*_ROUNDS, "all"))
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    names = list(_ROUNDS) if asked.scenario == "all" else [asked.scenario]
    code = 0
    for name in names:
        rounds = asked.rounds or _ROUNDS[name]
        if name == "kill":
            code |= kill_daemon.main(["--rounds", str(rounds), "--seed", str(asked.seed)])
            continue
        verdict = SCENARIOS[name](rounds, asked.seed)
        for difference in verdict.differences:
            print(difference)
        print(verdict.line(), flush=True)
        code |= bool(verdict.differences)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
