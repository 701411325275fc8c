"""A daemon that is killed a lot: a process on a state directory, spoken to over its socket."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ecstui.client.http import fetch
from ecstui.settings import StatePaths

TARGET = "AmazonEC2ContainerServiceV20141113."
_START_SECONDS = 180.0
_LOOK_SECONDS = 0.02


class NoAnswer(Exception):
    """The daemon ended before it answered: whether the call was carried out is open."""


class Refused(Exception):
    """The daemon refused a call."""


class HarshDaemon:
    """One state directory and the daemon that happens to serve it."""

    def __init__(
        self,
        state: Path,
        docker_host: str,
        *,
        environ: Mapping[str, str] | None = None,
        takes_server_errors: bool = False,
    ) -> None:
        """Nothing is started here; `environ`: more of it for the daemon.

        With `takes_server_errors` an answer of 500 means the same as none.
        """
        self.paths = StatePaths(state)
        engine = {"DOCKER_HOST": docker_host, "ECSTUI_INSTANCE_COUNT": "3"}
        self._environ = os.environ | engine | dict(environ or {})
        self._takes_server_errors = takes_server_errors
        self._process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    @property
    def owner(self) -> str:
        """The label's value on every container of this state directory."""
        return self.paths.owner.read_text().strip()

    @property
    def mark(self) -> str:
        """What tells the names of this state directory's families from others' in one engine."""
        return self.owner[:8]

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start, and wait until it answers."""
        command = [sys.executable, "-m", "ecstui", "--state", str(self.paths.root), "daemon"]
        self._process = subprocess.Popen(
            [*command, "--quiet"], env=self._environ, stdin=subprocess.DEVNULL
        )
        self.starts += 1
        end = time.monotonic() + _START_SECONDS
        while True:
            try:
                self.call("ListClusters")
            except NoAnswer:
                assert self.is_alive, f"no start: {self.paths.log.read_text()[-2000:]}"
                assert time.monotonic() < end, "the daemon does not answer"
                time.sleep(_LOOK_SECONDS)
            else:
                return

    def kill(self) -> None:
        """SIGKILL; returns at once, may be called from another thread."""
        if self._process is not None:
            self._process.kill()

    def wait(self) -> None:
        """Until the process is gone."""
        if self._process is not None:
            self._process.wait()

    def ends_within(self, seconds: float) -> bool:
        """Whether the process ends by itself."""
        assert self._process is not None
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """As `ecstui stop --tasks` does: every task first."""
        command = [sys.executable, "-m", "ecstui", "--state", str(self.paths.root)]
        subprocess.run([*command, "stop", "--tasks", "--yes"], env=self._environ, check=True)
        self.wait()

    def call(self, operation: str, **members: object) -> Any:
        """One operation; raises `NoAnswer` or `Refused`."""
        headers = {"X-Amz-Target": TARGET + operation}
        body = json.dumps(members).encode()
        request = fetch(self.paths.socket, "POST", "/", headers=headers, body=body)
        try:
            status, answer = asyncio.run(request)
        except OSError as error:
            raise NoAnswer(str(error)) from error
        if status >= 500 and self._takes_server_errors:
            raise NoAnswer(answer.decode())
        if status != 200:
            raise Refused(f"{operation}: {answer.decode()}")
        return json.loads(answer)
