"""Runs benchmarks and prints their figures; exit code 1 when a goal was missed."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping

from tests.bench import docker_pace, idle, logs, moto_pace, paint, scale, screens
from tests.bench.figures import Figure, table

BENCHMARKS: Mapping[str, Callable[[str], list[Figure]]] = {
    "docker": lambda docker_host: asyncio.run(docker_pace.measure(docker_host)),
    "idle": idle.measure,
    "logs": logs.measure,
    "moto": moto_pace.measure,
    "paint": paint.measure,
    "scale": scale.measure,
    "screens": screens.measure,
}


def main(names: list[str]) -> int:
    """Measure and print."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        known = ", ".join(BENCHMARKS)
        print(f"There is no benchmark {unknown[0]}: there are {known}.", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    for name in names or list(BENCHMARKS):
        figures += BENCHMARKS[name](os.environ.get("DOCKER_HOST", ""))
    print(table(figures))
    return 0 if all(figure.is_reached for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
