"""How soon an attached UI shows its services, from the start of the process.

Goal: under 0.6 s. Beside it, in the same run, what an interpreter with Textual alone takes.
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
import termios
import time

from tests.bench.figures import Figure
from tests.bench.served import Served, daemon

ROUNDS = 7
SIGN = b"painted-service"


def measure(docker_host: str) -> list[Figure]:
    """Medians of first paint and of the bare import."""
    with daemon(docker_host) as served:
        served.serve(SIGN.decode(), "busybox:stable", 0)
        paints, imports = [], []
        for _ in range(ROUNDS):
            paints.append(first_paint(served))
            imports.append(bare_import())
    paint, bare = statistics.median(paints), statistics.median(imports)
    detail = f"importing Textual alone takes {bare:.2f} s, best paint {min(paints):.2f} s"
    name = "UI first paint, attached to a running daemon"
    return [Figure(name, paint, most=0.6, unit=" s", detail=detail)]


def bare_import() -> float:
    """Seconds that an interpreter takes to import Textual's app."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import textual.app"], check=True)
    return time.perf_counter() - began


def first_paint(served: Served) -> float:
    """Seconds until the name of a service is on the terminal."""
    began = time.perf_counter()
    process_id, terminal = pty.fork()
    if process_id == 0:
        os.execvpe(served.command[0], served.command, served.environ | {"TERM": "xterm-256color"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    seen = b""
    try:
        while SIGN not in seen:
            if not select.select([terminal], [], [], 20)[0]:
                raise TimeoutError(f"nothing painted: {seen[-400:]!r}")
            seen += os.read(terminal, 65536)
        return time.perf_counter() - began
    finally:
        os.kill(process_id, signal.SIGKILL)
        os.waitpid(process_id, 0)
        os.close(terminal)
