"""The command line as a person uses it: processes on state directories of their own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecstui.serve.state import holder
from ecstui.settings import StatePaths

CHECKOUT = Path(__file__).parents[2]
LIMIT_SECONDS = 120


class Ecstui:
    """`ecstui --state DIR` on the simulated engine."""

    def __init__(self, root: Path) -> None:
        self.paths = StatePaths(root)
        self.environ = {
            name: value for name, value in os.environ.items() if not name.startswith("DOCKER")
        }
        self.environ["PYTHONPATH"] = str(CHECKOUT)
        self._begun: list[subprocess.Popen[str]] = []

    def command(self, *words: str) -> list[str]:
        ours = [sys.executable, "-m", "ecstui", "--state", str(self.paths.root)]
        return [*ours, "--engine", "simulated", *words]

    def run(self, *words: str, given: str = "", code: int = 0) -> str:
        """Run a command to its end; what it said, standard error after standard output."""
        found, said = self._end(words, given)
        assert found == code, said
        return said

    def try_to(self, *words: str) -> bool:
        """Run a command to its end; whether it went well."""
        return self._end(words, "")[0] == 0

    def _end(self, words: tuple[str, ...], given: str) -> tuple[int, str]:
        done = subprocess.run(
            self.command(*words),
            input=given,
            capture_output=True,
            text=True,
            env=self.environ,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        said = done.stdout + done.stderr
        assert "Traceback" not in said, said
        return done.returncode, said

    def begin(self, *words: str, **options: object) -> "subprocess.Popen[str]":
        """Begin a command that the test waits for itself."""
        begun: subprocess.Popen[str] = subprocess.Popen(
            self.command(*words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environ,
            **options,  # type: ignore[call-overload]
        )
        self._begun.append(begun)
        return begun

    def process_id(self) -> int:
        """The daemon's process."""
        found = holder(self.paths)
        assert found, "no daemon runs"
        return found

    def kill(self) -> None:
        """Kill the daemon and what was begun, and wait for their ends."""
        for begun in self._begun:
            begun.kill()
            begun.communicate()
        process_id = holder(self.paths)
        if process_id:
            os.kill(process_id, signal.SIGKILL)
        self.wait_until_gone()

    def wait_until_gone(self) -> None:
        """Wait until the daemon's process has ended, which somebody else has asked of it."""
        while holder(self.paths) is not None:
            time.sleep(0.01)  # noqa: TID251 - it takes the time that it takes


@pytest.fixture
def ecstui(tmp_path: Path) -> Iterator[Ecstui]:
    one = Ecstui(tmp_path / "state")
    yield one
    one.kill()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Ecstui]:
    """A second state directory, with a path that is too long for a socket's address."""
    one = Ecstui(tmp_path / ("other" * 30))
    yield one
    one.kill()


class Notifications:
    """What a daemon tells systemd."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(LIMIT_SECONDS)

    def next(self) -> str:
        return self._socket.recv(1000).decode()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def systemd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notifications]:
    heard = Notifications(tmp_path_factory.mktemp("n") / "s")
    yield heard
    heard.close()
