"""A daemon for a benchmark: started on a state directory of its own, stopped with its tasks."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ECSTUI = [sys.executable, "-m", "ecstui"]


class Served:
    """A running daemon."""

    def __init__(self, state: Path, docker_host: str) -> None:
        """Nothing is started here."""
        self.state = state
        self.environ = os.environ | {"DOCKER_HOST": docker_host}

    @property
    def command(self) -> list[str]:
        """The command line that speaks to this daemon."""
        return [*ECSTUI, "--state", str(self.state)]

    def run(self, *words: str) -> str:
        """Run one command; what it printed."""
        done = subprocess.run(
            [*self.command, *words], env=self.environ, capture_output=True, text=True, check=True
        )
        return done.stdout

    def call(self, operation: str, **members: object) -> Any:
        """Carry out one operation."""
        return json.loads(self.run("call", operation, json.dumps(members)))

    def process_id(self) -> int:
        """Of the daemon."""
        words = self.run("status").split()
        return int(words[words.index("process") + 1].rstrip(","))

    def serve(self, name: str, image: str, desired_count: int) -> None:
        """A steady service."""
        container = {"name": "app", "image": image, "memory": 16, "memoryReservation": 16}
        self.call("RegisterTaskDefinition", family=name, containerDefinitions=[container])
        self.call(
            "CreateService", serviceName=name, taskDefinition=name, desiredCount=desired_count
        )
        while True:
            (service,) = self.call("DescribeServices", services=[name])["services"]
            if service["deployments"][0]["rolloutState"] == "COMPLETED":
                return
            time.sleep(0.5)


@contextmanager
def daemon(docker_host: str) -> Iterator[Served]:
    """A daemon on the engine, and nothing of it afterwards."""
    with TemporaryDirectory(prefix="ecstui-bench-") as folder:
        served = Served(Path(folder), docker_host)
        served.run("daemon", "--detach")
        try:
            yield served
        finally:
            served.run("stop", "--tasks", "--yes")
