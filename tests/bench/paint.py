"""How soon an attached UI shows its services, from the start of the process.

Goal: under 0.5 s. Beside it, in the same run, what an interpreter takes that imports Textual alone,
and the CPU time of both: neighbours on the machine do not count in it. All is compiled beforehand,
as an installer does it.
"""

import fcntl
import os
import pty
import resource
import select
import signal
import statistics
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from tempfile import TemporaryDirectory

from ecstui.commands.background import QUESTION
from tests.bench.figures import Figure
from tests.bench.idle import cpu_seconds
from tests.bench.served import daemon

ROUNDS = 7
SIGN = b"painted-service"
ANSWER = b"\x1b]11;rgb:1010/1515/1c1c\x1b\\\x1b[?62;22c"
"""What a terminal says that is asked for its background."""


def measure(docker_host: str) -> list[Figure]:
    """Medians of first paint and of the bare import."""
    with daemon(docker_host) as served, TemporaryDirectory(prefix="ecstui-bench-") as compiled:
        served.serve(SIGN.decode(), "busybox:stable", 0)
        environ = {**served.environ, "TERM": "xterm-256color", "PYTHONPYCACHEPREFIX": compiled}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        first_paint(served.command, environ)
        rounds = [
            (first_paint(served.command, environ), bare_import(environ)) for _ in range(ROUNDS)
        ]
    paint = statistics.median(seconds for (seconds, _), _ in rounds)
    paint_cpu = statistics.median(cpu for (_, cpu), _ in rounds)
    bare = statistics.median(seconds for _, (seconds, _) in rounds)
    bare_cpu = statistics.median(cpu for _, (_, cpu) in rounds)
    best = min(seconds for (seconds, _), _ in rounds)
    detail = (
        f"{paint_cpu:.2f} s of CPU, best {best:.2f} s; importing Textual alone takes {bare:.2f} s, "
        f"{bare_cpu:.2f} s of CPU; load {os.getloadavg()[0]:.1f}"
    )
    name = "UI first paint, attached to a running daemon"
    return [Figure(name, paint, most=0.5, unit=" s", detail=detail)]


def bare_import(environ: Mapping[str, str]) -> tuple[float, float]:
    """Seconds that an interpreter takes to import Textual's app, and those of CPU."""
    began, before = time.perf_counter(), _cpu_of_children()
    subprocess.run([sys.executable, "-c", "import textual.app"], env=environ, check=True)
    return time.perf_counter() - began, _cpu_of_children() - before


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def first_paint(command: Sequence[str], environ: Mapping[str, str]) -> tuple[float, float]:
    """Seconds until the name of a service is on the terminal, and those of CPU."""
    began = time.perf_counter()
    process_id, terminal = pty.fork()
    if process_id == 0:
        os.execvpe(command[0], list(command), dict(environ))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    seen, is_answered = b"", False
    try:
        while SIGN not in seen:
            if not select.select([terminal], [], [], 20)[0]:
                raise TimeoutError(f"nothing painted: {seen[-400:]!r}")
            seen += os.read(terminal, 65536)
            if not is_answered and QUESTION in seen:
                is_answered = bool(os.write(terminal, ANSWER))
        return time.perf_counter() - began, cpu_seconds(process_id)
    finally:
        os.kill(process_id, signal.SIGKILL)
        os.waitpid(process_id, 0)
        os.close(terminal)
