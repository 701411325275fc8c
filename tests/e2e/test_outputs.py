"""Where the words go: into pipes, on full disks, to streams that the shell closed."""

import json
import os
import selectors
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Ecstui

LIMIT_SECONDS = 60
PROGRAM = f"'{sys.executable}' -m ecstui"


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Ecstui]:
    """As at a person's shell: Python holds output back unless it is told otherwise."""
    one = Ecstui(tmp_path / "state")
    one.environ.pop("PYTHONUNBUFFERED", None)
    yield one
    one.kill()


def shell(ecstui: Ecstui, script: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a script of bash in which `ecstui` is this checkout's."""
    where = {**ecstui.environ, "ECSTUI_STATE": str(ecstui.paths.root), **environ}
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f'ecstui() {{ {PROGRAM} "$@"; }}; {script}'],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=where,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    for trouble in ("Traceback", "Exception ignored"):
        assert trouble not in done.stderr, done.stderr
    return done


def test_lines_come_through_a_pipe_as_they_are_said(plain: Ecstui):
    plain.run("daemon", "--detach")
    container = {"name": "app", "image": "nginx:stable", "memory": 64}
    definition = {"family": "web", "containerDefinitions": [container]}
    plain.run("call", "RegisterTaskDefinition", json.dumps(definition))
    service = '{"serviceName": "web", "taskDefinition": "web", "desiredCount": 1}'
    plain.run("call", "CreateService", service)
    watching = plain.begin("watch", "service", "web", "--for-ever")
    assert watching.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(watching.stdout, selectors.EVENT_READ)
        assert selector.select(LIMIT_SECONDS), "the first line is held back"
    assert watching.poll() is None


@pytest.mark.parametrize("command", ["--help", "config", "status --help"])
def test_a_reader_that_has_gone_is_no_error(plain: Ecstui, command: str):
    # `sleep` holds the command back until its reader has gone.
    done = shell(plain, f"{{ sleep 0.2; ecstui {command}; echo $? >&2; }} | true")
    assert done.stderr == "1\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")  # noqa: PTH110
@pytest.mark.parametrize("command", ["config", "--help", "--version", "status"])
def test_a_full_disk_is_told(plain: Ecstui, command: str):
    done = shell(plain, f"ecstui {command} > /dev/full")
    assert done.returncode == 74
    assert done.stderr == "ecstui: output cannot be written: No space left on device.\n"


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("ecstui config >&-", 0),
        ("ecstui --help >&-", 0),
        ("ecstui status <&- >&- 2>&-", 3),
        ("ecstui --pace no status 2>&-", 78),
        ("ecstui --pace no status 2> /dev/full", 78),
        ("ecstui call ListClusters - <&-", 252),
        ("ecstui --plain --engine simulated <&-", 0),
    ],
)
def test_streams_that_the_shell_closed_are_nowhere(plain: Ecstui, script: str, code: int):
    assert shell(plain, script).returncode == code


def test_a_question_is_a_no_where_nobody_can_answer(plain: Ecstui):
    plain.run("daemon", "--detach")
    done = shell(plain, "ecstui stop --tasks <&-")
    assert done.returncode == 1
    assert "Nothing was stopped" in done.stderr


def test_signs_that_the_encoding_lacks_are_written_as_numbers(plain: Ecstui):
    done = shell(plain, "ecstui doctor", PYTHONIOENCODING="latin-1", ECSTUI_PACE="fast")
    assert done.returncode in (0, 1)
    assert "\\u2192" in done.stdout
