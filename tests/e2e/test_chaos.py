"""The short form of chaos: a few rounds, so that the harness itself is known to work.

The long form is a command of its own: `python -m tests.chaos`.
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.chaos import kill_daemon
from tests.chaos.scenarios import disk_full

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk"),
]


def test_a_daemon_that_is_killed_loses_doubles_and_leaks_nothing(docker_host: str) -> None:
    with TemporaryDirectory(prefix="ecstui-chaos-") as folder:
        assert kill_daemon.run(Path(folder), rounds=3, settle_every=3, seed=7) == 0


def test_a_full_disk_loses_nothing_that_was_acknowledged(docker_host: str) -> None:
    verdict = disk_full(rounds=1, seed=7)
    assert verdict.differences == (), verdict.line()
