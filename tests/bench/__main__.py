"""Runs every benchmark and prints their figures; exit code 1 when a goal was missed."""

import asyncio
import os
import sys

from tests.bench import docker_pace
from tests.bench.figures import Figure, table


def main() -> int:
    """Measure and print."""
    figures: list[Figure] = asyncio.run(docker_pace.measure(os.environ["DOCKER_HOST"]))
    print(table(figures))
    return 0 if all(figure.is_reached for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
