"""Runs a command with the Docker Engine that `choice` names, and stops what was started.

However this process ends, the engine ends: on a signal, with its parent, even when killed.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from tests.docker_engine import daemon, images, packages
from tests.docker_engine.api import ApiError, EngineApi
from tests.docker_engine.choice import (
    GivenEngine,
    NoEngine,
    PrivateEngine,
    choose,
    is_required,
)
from tests.docker_engine.errors import EngineUnavailable

_PREFIX = "ecstui-engine-"
_LAST_LOG = Path(__file__).parents[2] / ".cache" / "dockerd.log"
_ENDING = (signal.SIGTERM, signal.SIGHUP)
_OWN_SETTINGS = ("DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_API_VERSION")


def run(command: Sequence[str], ends_with: int | None = None) -> int:
    """Run a command that finds its engine at DOCKER_HOST; return its exit code.

    `ends_with`: the process that started this one; when it is gone everything is stopped.
    """
    if ends_with and sys.platform == "linux":
        daemon.end_with_parent()
        if os.getppid() != ends_with:
            return 128 + signal.SIGTERM  # it was gone before the kernel was told
    choice = choose(os.environ, is_root=os.geteuid() == 0, is_linux=sys.platform == "linux")
    if isinstance(choice, PrivateEngine):
        return _run_with_private_engine(command)
    return _run_without(command, choice)


def up(folder: Path, *, stops_with_us: bool = False) -> subprocess.Popen[bytes]:
    """Start a private engine in `folder`, with the test images.

    Raises:
        EngineUnavailable: it cannot be had here.
    """
    packages.install_engine()
    dockerd = daemon.start(folder, sys.executable, stops_with_us=stops_with_us)
    images.load(EngineApi(daemon.socket_of(folder)))
    return dockerd


def settings_for(folder: Path) -> dict[str, str]:
    """Environment in which every Docker client uses the engine of `folder` and no other."""
    kept = {name: value for name, value in os.environ.items() if name not in _OWN_SETTINGS}
    return kept | {
        "DOCKER_HOST": f"unix://{daemon.socket_of(folder)}",
        "DOCKER_CONFIG": str(folder / "config"),
    }


def _run_with_private_engine(command: Sequence[str]) -> int:
    for number in (*_ENDING, signal.SIGINT):
        signal.signal(number, _interrupted)
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        (folder / "owner.pid").write_text(str(os.getpid()))
        try:
            up(folder, stops_with_us=True)
            packages.install_aws_cli()
        except (ApiError, EngineUnavailable) as error:
            return _run_without(command, NoEngine(str(error)))
        environment = settings_for(folder) | {"ECSTUI_REQUIRE_DOCKER": "1"}
        return _run_child(daemon.inside(folder, command), environment)
    finally:
        for number in (*_ENDING, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        _keep_log(folder)
        daemon.stop(folder)


def _run_without(command: Sequence[str], choice: GivenEngine | NoEngine) -> int:
    if isinstance(choice, GivenEngine):
        return _run_child(command, os.environ | {"ECSTUI_REQUIRE_DOCKER": "1"})
    # Nothing listens there: a test without its marker must not find a person's own engine.
    code = _run_child(command, os.environ | {"DOCKER_HOST": "unix:///nonexistent/docker.sock"})
    if is_required(os.environ):
        print(f"Failed: Docker is required, and there is no engine: {choice.reason}.", flush=True)
        return code or 1
    print(f"Not run: the tests that need Docker, because {choice.reason}.", flush=True)
    return code


def _run_child(command: Sequence[str], environment: dict[str, str]) -> int:
    """Run a command to its end; signals that ask us to stop are passed on to it."""
    ends_with_us = daemon.end_with_parent if sys.platform == "linux" else None
    with subprocess.Popen(command, env=environment, preexec_fn=ends_with_us) as child:  # noqa: PLW1509
        signal.signal(signal.SIGINT, lambda *_: None)  # the terminal sends it to the child as well
        for number in _ENDING:
            signal.signal(number, lambda *_: child.terminate())
        return child.wait()


def _interrupted(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _sweep() -> None:
    """Stop engines whose owner was killed before it could."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            owner = int((folder / "owner.pid").read_text())
        except (OSError, ValueError):
            continue
        if not Path(f"/proc/{owner}").exists():
            daemon.stop(folder)


def _keep_log(folder: Path) -> None:
    """dockerd's log outlives it, for whoever wants to know why a test failed."""
    log = folder / "dockerd.log"
    if log.exists():
        _LAST_LOG.parent.mkdir(exist_ok=True)
        shutil.copyfile(log, _LAST_LOG)
