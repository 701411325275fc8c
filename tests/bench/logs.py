"""What the log desk can take: lines offered by containers while keys are pressed.

The real screen, store and feeds in a real terminal driver on a pty of 80x24, over a client that
offers lines. Goals: 100,000 lines/s offered, key to frame p99 under 50 ms, every line taken or
counted, 1,000,000 lines in bounded memory, at most 20 KiB/s to the terminal in low-bandwidth mode.
"""

import asyncio
import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ecstui.model.logs import LogLine
from ecstui.ui.log_feeds import LogFeeds
from ecstui.ui.log_sources import LogSource, SourceInfo
from ecstui.ui.logstore import LogStore
from tests.bench.figures import Figure
from tests.bench.logs_screen import text
from tests.factories import a_task

PATIENCE_SECONDS = 60.0
WARM_SECONDS = 3.0
SECONDS = 15.0
KEY_SECONDS = 0.15


def measure(_docker_host: str) -> list[Figure]:
    """All figures."""
    return [_share(), *_busy(100_000, 6), *_busy(200_000, 1), *_memory(), *_quiet_line()]


def _share() -> Figure:
    """CPU that feeds and store take for a line, whatever else the machine does."""
    seconds = asyncio.run(seconds_per_line())
    name = "logs: share of a core that taking 100,000 lines/s needs"
    detail = f"{seconds * 1e6:.1f} µs of CPU a line, packing included, 6 sources merged"
    return Figure(name, seconds * 100_000 * 100, 60.0, " %", detail)


async def seconds_per_line(count: int = 300_000, sources: int = 6) -> float:
    """CPU seconds a line through `LogFeeds` into a store."""
    store = LogStore()
    began = time.time()
    batches = [
        [LogLine(began + n / 50_000, "stdout", text(n)) for n in range(start, start + 500)]
        for start in range(0, count // sources, 500)
    ]
    over = asyncio.Event()
    open_count = sources

    async def lines(_task: str, _name: str, _window: object) -> AsyncGenerator[Sequence[LogLine]]:
        nonlocal open_count
        for batch in batches:
            yield batch
        open_count -= 1
        if not open_count:
            over.set()

    feeds = LogFeeds(lines, store, now=time.time, run=asyncio.ensure_future, arrived=lambda: None)
    cpu = time.thread_time()
    feeds.sync([a_source(number) for number in range(sources)], announce=False)
    await over.wait()
    taken = sum(store.received_count(number) for number in range(1, sources + 1))
    return (time.thread_time() - cpu) / taken


def a_source(number: int) -> SourceInfo:
    """A container that runs."""
    task = a_task(task_id=f"{number:032x}")
    container = task.containers[0].with_(started_at=time.time())
    source = LogSource(task.task_arn, container.name)
    return SourceInfo(source, task.with_(containers=(container,)), container)


class Desk:
    """The log screen in a process of its own, on a pty that this side reads."""

    def __init__(self, *words: str, environ: dict[str, str] | None = None) -> None:
        """`words`: for `tests.bench.logs_screen`."""
        self._folder = TemporaryDirectory(prefix="ecstui-bench-")
        self.report = Path(self._folder.name) / "report.json"
        self.terminal, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        command = [sys.executable, "-m", "tests.bench.logs_screen", str(self.report), *words]
        self.process = subprocess.Popen(
            command,
            stdin=side,
            stdout=side,
            stderr=side,
            env=os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"} | (environ or {}),
            start_new_session=True,
        )
        os.close(side)
        self.bytes = 0
        self._last = b""
        self._is_up = False
        end = time.monotonic() + PATIENCE_SECONDS
        while not self._is_up and time.monotonic() < end:
            self.read(0.1)
        self.read(WARM_SECONDS)

    def read(self, seconds: float) -> int:
        """Read what it writes for so long; how many bytes that was."""
        before, end = self.bytes, time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.terminal], [], [], left)[0]:
                try:
                    got = os.read(self.terminal, 65536)
                except OSError:  # it has ended
                    break
                self.bytes += len(got)
                self._is_up |= b"FOLLOW" in self._last + got
                self._last = got
        return self.bytes - before

    def end(self) -> dict[str, float]:
        """Let it write its report and end; the report."""
        end = time.monotonic() + PATIENCE_SECONDS
        while self.process.poll() is None and time.monotonic() < end:
            os.write(self.terminal, b"\x03\x03")
            self.read(2.5)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.terminal)
        found: dict[str, float] = json.loads(self.report.read_text())
        self._folder.cleanup()
        return found


def _busy(rate: int, containers: int) -> list[Figure]:
    """Keys while so many lines a second are offered; what is not taken waits at the engine."""
    desk = Desk("--rate", str(rate), "--containers", str(containers))
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        # A key that changes the whole screen at once: times on, off; wrapped, not wrapped.
        os.write(desk.terminal, b"t")
        desk.read(KEY_SECONDS)
    found = desk.end()
    load = f"load {os.getloadavg()[0]:.1f}"
    keys = f"p50 {found['key_p50_ms']:.0f} ms, most {found['key_most_ms']:.0f} ms, " \
           f"{found['keys']:.0f} keys, {load}"  # fmt: skip
    lines = (
        f"{found['taken_per_second']:,.0f} taken/s of {found['offered_per_second']:,.0f} offered/s "
        f"with {found['cpu_percent']:.0f} % of a core; dropped and counted "
        f"{found['dropped']:,.0f}, {load}"
    )
    lost = found["taken"] - found["kept"] - found["dropped"]
    of = f"{containers} containers" if containers > 1 else "one container"
    name = f"logs: key to frame p99 at {rate:,} lines/s of {of}"
    return [
        Figure(name, found["key_p99_ms"], 50.0, " ms", keys),
        Figure(f"logs: lines of {of} neither kept nor counted", lost, 0.0, "", lines),
    ]


def _memory() -> list[Figure]:
    """Memory with a million lines."""
    empty = Desk("--rate", "0", "--containers", "6")
    without = empty.end()
    desk = Desk("--rate", "0", "--containers", "6", "--preload", "1000000")
    end = time.monotonic() + 300
    while not desk.report.with_suffix(".ready").exists() and time.monotonic() < end:
        desk.read(1.0)
    desk.read(5.0)
    found = desk.end()
    more = found["resident_mib"] - without["resident_mib"]
    detail = (
        f"{found['kept']:,.0f} kept, {found['dropped']:,.0f} dropped and counted, "
        f"{found['resident_mib']:.0f} MiB resident, {without['resident_mib']:.0f} without"
    )
    return [Figure("logs: memory for 1,000,000 lines", more, 128.0, " MiB", detail)]


def _quiet_line() -> list[Figure]:
    """Bytes to the terminal in low-bandwidth mode."""
    desk = Desk("--rate", "100", "--containers", "6", "--low-bandwidth")
    rate = desk.read(SECONDS) / SECONDS / 1024
    desk.end()
    full = Desk("--rate", "100", "--containers", "6")
    usual = full.read(SECONDS) / SECONDS / 1024
    full.end()
    detail = f"100 lines/s, 80x24; {usual:.0f} KiB/s otherwise"
    return [Figure("logs: low-bandwidth mode to the terminal", rate, 20.0, " KiB/s", detail)]
