"""What is done to a daemon and its engine besides killing the daemon, one function for each.

Every scenario acts, hurts, lets things come to rest, and has the oracle of `truth` compare.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker

from tests.chaos.harsh import HarshDaemon, NoAnswer
from tests.chaos.kill_daemon import Chaos
from tests.docker_engine import daemon as dockerd
from tests.docker_engine import images, packages
from tests.docker_engine.api import EngineApi

_CLOCK_LIBRARIES = "*/faketime/libfaketime*.so.1"
_CLOCK_STEPS = ("+1h", "-1h", "+3d", "-30d", "+0")
_STATE_MEBIBYTES = 8
_FULL_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a scenario ended: what was found, and its figures in words."""

    name: str
    figures: str
    differences: tuple[str, ...]

    def line(self) -> str:
        """One line for people."""
        found = f"{len(self.differences)} lost, doubled or leaked"
        return f"{self.name}: {'FAILED' if self.differences else 'ok'}: {self.figures}; {found}"


@contextmanager
def _stage(docker_host: str, seed: int, folder: Path, **daemon: Any) -> Iterator[Chaos]:
    """Services under a daemon; at the end every task is stopped and nothing may be left."""
    client = docker.APIClient(docker_host, version="auto")
    chaos = Chaos(HarshDaemon(folder / "state", docker_host, **daemon), client, seed)
    try:
        chaos.daemon.start()
        chaos.set_up()
        yield chaos
        chaos.daemon.stop()
        left = [c["Names"][0] for c in chaos.truth.containers(everything=False)]
        chaos.differences += [f"leaked: {name} runs after stop --tasks" for name in left]
    finally:
        chaos.daemon.kill()
        chaos.daemon.wait()
        chaos.truth.remove_everything()
        client.close()


def _act_for(chaos: Chaos, seconds: float, lots: random.Random) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        chaos.act()
        time.sleep(lots.uniform(0.0, 0.3))


# -- containers -----------------------------------------------------------------------------------


def containers_killed(rounds: int, seed: int) -> Verdict:
    """Containers are killed behind everybody's back while services roll."""
    lots = random.Random(seed)
    killed = 0
    with _folder() as folder, _stage(os.environ["DOCKER_HOST"], seed, folder) as chaos:
        for number in range(1, rounds + 1):
            chaos.act()
            for _ in range(lots.randint(1, 3)):
                killed += chaos.kill_any()
                time.sleep(lots.uniform(0.0, 0.4))
            chaos.differences += chaos.truth.at_any_time()
            if number % 10 == 0 or number == rounds:
                chaos.settle()
    return _verdict("containers", chaos, f"{killed} containers killed")


# -- engine ---------------------------------------------------------------------------------------


def engine_restarted(rounds: int, seed: int) -> Verdict:
    """dockerd is stopped and started again in the middle of rollouts; containers die with it."""
    lots = random.Random(seed)
    with _folder() as folder:
        home = folder / "engine"
        process = dockerd.start(home, sys.executable, stops_with_us=True)
        try:
            images.load(EngineApi(dockerd.socket_of(home)))
            with _stage(f"unix://{dockerd.socket_of(home)}", seed, folder) as chaos:
                for _ in range(rounds):
                    _act_for(chaos, lots.uniform(0.2, 2.0), lots)
                    process.terminate()
                    process.wait(60)
                    time.sleep(lots.uniform(0.0, 2.0))
                    process = dockerd.start(home, sys.executable, stops_with_us=True)
                    chaos.settle()
        finally:
            dockerd.stop(home)
            process.wait(30)
    return _verdict("engine", chaos, f"{rounds} restarts of dockerd")


# -- disk -----------------------------------------------------------------------------------------


def disk_full(rounds: int, seed: int) -> Verdict:
    """The state directory is on a small disk, which fills while services roll."""
    lots = random.Random(seed)
    refused = ended = 0
    with _folder() as folder, _small_disk(folder / "state"):
        ballast = folder / "state" / "ballast"
        docker_host = os.environ["DOCKER_HOST"]
        with _stage(docker_host, seed, folder, takes_server_errors=True) as chaos:
            for _ in range(rounds):
                _act_for(chaos, lots.uniform(0.2, 1.5), lots)
                _fill(ballast)
                refused += _act_until_refused(chaos, lots)
                ballast.unlink()
                if not chaos.daemon.ends_within(2.0):
                    chaos.daemon.kill()
                else:
                    ended += 1
                chaos.daemon.wait()
                chaos.daemon.start()
                chaos.compare()
                chaos.settle()
    return _verdict(
        "disk", chaos, f"{rounds} times full, {refused} changes refused, the daemon ended {ended}x"
    )


def _act_until_refused(chaos: Chaos, lots: random.Random) -> int:
    end = time.monotonic() + _FULL_SECONDS
    while time.monotonic() < end:
        try:
            chaos.act()
        except NoAnswer:
            return 1
        time.sleep(lots.uniform(0.0, 0.2))
    return 0


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    folder.mkdir(mode=0o700)
    options = f"size={_STATE_MEBIBYTES}m,mode=0700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "ecstui", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def _fill(ballast: Path) -> None:
    """Leave no byte."""
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 65_536)
        except OSError:
            return


# -- clock ----------------------------------------------------------------------------------------


def clock_stepped(rounds: int, seed: int) -> Verdict:
    """The daemon's clock is set forward and back, by hours and days, also while it is dead.

    `libfaketime` moves the daemon's wall clock alone; Docker's stays, and so does the clock that
    only counts, as the kernel has it.
    """
    packages.install({"faketime": "faketime"})
    library = next(Path("/usr/lib").glob(_CLOCK_LIBRARIES))
    lots = random.Random(seed)
    with _folder() as folder:
        offset = folder / "offset"
        offset.write_text("+0")
        environ = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(offset),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        with _stage(os.environ["DOCKER_HOST"], seed, folder, environ=environ) as chaos:
            for number in range(rounds):
                _act_for(chaos, lots.uniform(0.2, 1.0), lots)
                chaos.forgo_stopped_tasks()  # an hour later nobody remembers them
                offset.write_text(_CLOCK_STEPS[number % len(_CLOCK_STEPS)])
                if number % 3 == 2:
                    chaos.daemon.kill()
                    chaos.daemon.wait()
                    chaos.daemon.start()
                _act_for(chaos, lots.uniform(0.2, 1.0), lots)
                chaos.compare()
                chaos.settle()
    return _verdict("clock", chaos, f"{rounds} steps of the clock, by up to 30 days")


# -- parts ----------------------------------------------------------------------------------------


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ecstui-chaos-") as name:
        yield Path(name)


def _verdict(name: str, chaos: Chaos, figures: str) -> Verdict:
    figures = f"{figures}, {chaos.acts} acts, {chaos.daemon.starts} starts of the daemon"
    return Verdict(name, figures, tuple(chaos.differences))


SCENARIOS: dict[str, Callable[[int, int], Verdict]] = {
    "containers": containers_killed,
    "engine": engine_restarted,
    "disk": disk_full,
    "clock": clock_stepped,
}
