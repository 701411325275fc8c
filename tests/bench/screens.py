"""What the screens cost on the line and how soon they answer, measured through a pty.

Bytes a second at 80x24 while nothing happens, on the dashboard, the services and a rollout of the
simulated demo; of screens attached to a daemon in which ten thousand tasks change, the time from a
key to its frame, the share of a core, and memory.
"""

import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.idle import cpu_seconds, resident_mib
from tests.ui.town import CLUSTER

SECONDS = float(os.environ.get("ECSTUI_SCREENS_SECONDS", "20"))
TASKS = int(os.environ.get("ECSTUI_SCREENS_TASKS", "10000"))
CHANGES = 1000
PRESSES = 100
KIB = 1024
CURSOR = "▌".encode()
STANDING = [sys.executable, "-m", "tests.bench.standing"]
CROWD = [sys.executable, "-m", "tests.bench.crowd"]
ECSTUI = [sys.executable, "-m", "ecstui"]
CROWDED_SCREENS = {"2": "services", "3": "tasks"}
"""By the keys that open them."""


class Terminal:
    """A program on a pty."""

    def __init__(self, process_id: int, file: int) -> None:
        """`file`: the pty's own end."""
        self.process_id = process_id
        self.file = file
        self.seen = b""

    def read_for(self, seconds: float) -> bytes:
        """All that is written within some seconds."""
        end = time.monotonic() + seconds
        found = b""
        while (left := end - time.monotonic()) > 0:
            if select.select([self.file], [], [], left)[0]:
                found += os.read(self.file, 65536)
        return found

    def read_until(self, sign: bytes, seconds: float = 60.0) -> float:
        """Seconds until something is written."""
        began = time.monotonic()
        found = b""
        while sign not in found:
            left = began + seconds - time.monotonic()
            if left <= 0 or not select.select([self.file], [], [], left)[0]:
                raise TimeoutError(f"{sign!r} was not written, but {found[-300:]!r}")
            found += os.read(self.file, 65536)
        return time.monotonic() - began

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self.file, keys.encode())

    def resize(self, columns: int, lines: int) -> None:
        """Another size."""
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        os.kill(self.process_id, signal.SIGWINCH)


@contextmanager
def terminal(command: Sequence[str], **environ: str) -> Iterator[Terminal]:
    """A program on a pty of 80x24; it is killed at the end."""
    process_id, file = pty.fork()
    if process_id == 0:
        # The size must be there before the program asks for it.
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        colours = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        os.execvpe(command[0], list(command), os.environ | colours | environ)
    try:
        yield Terminal(process_id, file)
    finally:
        os.kill(process_id, signal.SIGKILL)
        os.waitpid(process_id, 0)
        os.close(file)


def measure(_docker_host: str) -> list[Figure]:
    """All of it."""
    return [*idle(), *demo("harbor-dark"), *demo("ansi"), *crowded(), *storm()]


def rate(shown: Terminal, seconds: float = SECONDS) -> float:
    """KiB a second."""
    return len(shown.read_for(seconds)) / seconds / KIB


def idle() -> list[Figure]:
    """Nothing happens but that time passes."""
    with terminal(STANDING) as shown:
        shown.read_until(b"analytics")
        shown.read_for(5)
        before = cpu_seconds(shown.process_id)
        found = shown.read_for(SECONDS)
        percent = (cpu_seconds(shown.process_id) - before) / SECONDS * 100
    written = Figure("screens, idle: bytes", float(len(found)), most=0, detail=f"{SECONDS:.0f} s")
    return [written, Figure("screens, idle: share of a core", percent, most=1.0, unit=" %")]


def demo(theme: str) -> list[Figure]:
    """The simulated demo, in which one service is always rolled."""
    figures = []
    with tempfile.TemporaryDirectory(prefix="ecstui-bench-") as folder:
        command = [*ECSTUI, "--state", folder, "--theme", theme, "demo"]
        with terminal(command, XDG_CONFIG_HOME=folder) as shown:
            shown.read_until(b"checkout")
            shown.read_for(15)
            for keys, name, most in (
                ("2", "services", 6.0),
                ("1", "dashboard", 4.0),
                ("2", "", 0.0),
                ("/checkout\r", "", 0.0),
                ("\r", "rollout", 6.0),
            ):
                shown.type(keys)
                shown.read_for(3)
                if name:
                    kib = rate(shown)
                    figures.append(Figure(f"{name} of the demo, {theme}", kib, most, " KiB/s"))
    return figures


@contextmanager
def crowd(folder: Path) -> Iterator[None]:
    """A daemon's doors, and behind them very many tasks that change."""
    command = [*CROWD, str(folder), str(TASKS), str(CHANGES)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as daemon:
        try:
            assert daemon.stdout is not None
            daemon.stdout.readline()
            yield
        finally:
            daemon.kill()


def crowded() -> list[Figure]:
    """Keys while very many tasks change, on screens that are attached as people attach them."""
    figures = []
    with tempfile.TemporaryDirectory(prefix="ecstui-bench-") as name:
        folder = Path(name)
        config = folder / "ecstui" / "config.toml"
        config.parent.mkdir()
        config.write_text(f'[ui]\ncluster = "{CLUSTER}"\n')
        with (
            crowd(folder),
            terminal([*ECSTUI, "--state", name], XDG_CONFIG_HOME=name) as shown,
        ):
            shown.read_until(b"crowd-", 180)
            for key, screen in CROWDED_SCREENS.items():
                shown.read_for(5)
                shown.type(key)
                shown.read_for(10)
                figures.append(waits(shown, screen))
            memory = resident_mib(shown.process_id)
    name = f"memory of attached screens with {TASKS} tasks"
    return [*figures, Figure(name, memory, most=150, unit=" MiB")]


def waits(shown: Terminal, screen: str) -> Figure:
    """How long a key waits for its frame."""
    found = []
    began, before = time.monotonic(), cpu_seconds(shown.process_id)
    for press in range(PRESSES):
        shown.read_for(0.15 + 0.001 * (press % 7))
        shown.type("k" if press % 2 else "j")
        found.append(shown.read_until(CURSOR) * 1000)
    percent = (cpu_seconds(shown.process_id) - before) / (time.monotonic() - began) * 100
    kib = rate(shown, 5)
    found.sort()
    words = (
        f"median {statistics.median(found):.0f} ms, worst {found[-1]:.0f} ms, {kib:.1f} KiB/s, "
        f"{percent:.0f} % of a core, load {os.getloadavg()[0]:.1f}"
    )
    name = f"key to frame on {screen}, {TASKS} tasks, {CHANGES} changes/s: 99th percentile"
    return Figure(name, found[int(len(found) * 0.99) - 1], most=50, unit=" ms", detail=words)


def storm() -> list[Figure]:
    """A window that is dragged about, then still answers."""
    with terminal(STANDING) as shown:
        shown.read_until(b"analytics")
        for step in range(200):
            shown.resize(40 + step * 37 % 460, 8 + step * 13 % 90)
            shown.read_for(0.005)
        shown.resize(80, 24)
        began = time.monotonic()
        shown.read_for(0.5)
        shown.type("j")
        shown.read_until(CURSOR)
        seconds = time.monotonic() - began
    return [Figure("after 200 sizes in a second: until a key is answered", seconds, 2.0, " s")]
