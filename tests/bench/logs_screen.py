"""The log screen over containers that offer lines, for `tests.bench.logs`: measures its own keys.

`python -m tests.bench.logs_screen REPORT [--rate N] [--containers N] [--preload N]
[--low-bandwidth]`; ends on ctrl+c and writes its figures into REPORT as JSON.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from ecstui.base.garbage import spare_long_lived
from ecstui.commands.screens import FRAMES_PER_SECOND, spare_the_line
from ecstui.model.logs import LogLine
from ecstui.ui.logstore import LogStore

STEP_SECONDS = 0.005
LONGEST_BATCH = 2_000
"""Lines that are made at once: making them is not the screen's work, but it shares the process."""
BACKLOG_SECONDS = 2.0
"""Lines that nobody takes for so long are no longer offered: the engine keeps them."""


def main(arguments: Sequence[str]) -> None:
    """Run the screen until it is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("report", type=Path)
    parser.add_argument("--rate", type=int, default=100_000)
    parser.add_argument("--containers", type=int, default=6)
    parser.add_argument("--preload", type=int, default=0)
    parser.add_argument("--low-bandwidth", action="store_true")
    words = parser.parse_args(arguments)
    if words.low_bandwidth:
        spare_the_line(os.environ)
    os.environ.setdefault("TEXTUAL_FPS", FRAMES_PER_SECOND)
    asyncio.run(_run(words))


class Offers:
    """What the containers write, and how much of it was offered."""

    def __init__(self, rate: int, containers: int, preload: int) -> None:
        """`rate`: lines per second of all together."""
        self.rate = rate / containers
        self.preload = preload
        self.offered = 0
        self._texts = [text(number) for number in range(5000)]

    async def fill(self, store: LogStore) -> None:
        """Put lines that are there at the beginning into the store, of the containers in turn."""
        at, step = time.time() - 3600, 3600 / max(1, self.preload)
        for start in range(0, self.preload, 500):
            source = 1 + start // 500 % 6
            store.extend(source, [
                LogLine(at + n * step, "stdout", f"{n} {self._texts[n * 7 % 5000]}")
                for n in range(start, start + 500)
            ])  # fmt: skip
            await asyncio.sleep(0)

    async def lines(self) -> AsyncGenerator[Sequence[LogLine]]:
        """The log of one container."""
        texts, number = self._texts, 0
        began = time.monotonic()
        while True:
            await asyncio.sleep(STEP_SECONDS)
            due = int((time.monotonic() - began) * self.rate) - number
            if due <= 0:
                continue
            if due > BACKLOG_SECONDS * self.rate:
                began = time.monotonic() - number / self.rate
                continue
            due = min(due, LONGEST_BATCH)
            now = time.time()
            batch = [LogLine(now + n * 1e-6, "stdout", texts[(number + n) % 5000])
                     for n in range(due)]  # fmt: skip
            number += due
            self.offered += due
            yield batch


def text(number: int) -> str:
    """A line of an ordinary log, another for each number."""
    rng = random.Random(number)
    level = rng.choices(("INFO", "DEBUG", "WARN", "ERROR"), (90, 5, 4, 1))[0]
    took, user, trace = rng.randrange(900), rng.randrange(10_000), f"{rng.getrandbits(64):016x}"
    if number % 5 == 0:
        members = {"msg": "request", "id": trace, "ms": took, "user": user}
        return json.dumps({"level": level.lower()} | members)
    status = rng.choice((200, 200, 404, 502))
    path = f"/v1/items/{rng.randrange(10**6)}"
    return f"{level} GET {path} {status} {took}ms user={user} trace={trace}"


async def _run(words: argparse.Namespace) -> None:
    from ecstui.ui import routes
    from ecstui.ui.screens.logs import LogsScreen
    from ecstui.ui.theme_choice import choose_theme
    from tests.factories import NAMES
    from tests.ui.town import CLUSTER, TownApp, TownClient, a_town

    offers = Offers(words.rate, words.containers, words.preload)

    class Client(TownClient):
        async def logs(self, task_arn: str, container: str, window: object):
            async for lines in offers.lines():
                yield lines

    class App(TownApp):
        """Notes when keys come and when what they changed has been written to the terminal."""

        def __init__(self) -> None:
            theme = choose_theme(os.environ, low_bandwidth=words.low_bandwidth)
            super().__init__(town, theme_name=theme)
            self.now = time.time
            self.low_bandwidth = words.low_bandwidth
            self.pressed: float | None = None
            self.times: list[float] = []

        def on_event_key(self) -> None:
            self.pressed = time.perf_counter()

        def _display(self, screen, renderable):
            super()._display(screen, renderable)
            if self.pressed is not None:
                self.times.append(time.perf_counter() - self.pressed)
                self.pressed = None

    town = a_town()
    town.client = Client(town.store)
    for number in range(words.containers - 3):
        town.task(town.family("cart", 9), "cart", seed=f"more{number}", age=number + 1)
    await town.store.flush()
    app = App()
    _note_keys(app)
    app.call_later(routes.open_logs_of_service, app, NAMES.service(CLUSTER, "cart"))
    began, cpu = time.monotonic(), time.process_time()
    screens: list[LogsScreen] = []

    async def look() -> None:
        while not screens:
            await asyncio.sleep(0.1)
            screens.extend(s for s in app.screen_stack if isinstance(s, LogsScreen))
        await offers.fill(screens[0].store)
        words.report.with_suffix(".ready").touch()

    watcher = asyncio.create_task(look())
    # As `ecstui` itself does.
    spare_long_lived(search=False)
    await app.run_async()
    watcher.cancel()
    store = screens[0].store
    seconds = time.monotonic() - began
    taken = sum(store.received_count(n) for n in range(len(store.sources)))
    keys = sorted(app.times) or [0.0]
    from tests.bench.idle import resident_mib

    words.report.write_text(json.dumps({
        "keys": len(app.times),
        "key_p50_ms": keys[len(keys) // 2] * 1000,
        "key_p99_ms": keys[int(len(keys) * 0.99)] * 1000,
        "key_most_ms": keys[-1] * 1000,
        "taken": taken,
        "taken_per_second": taken / seconds,
        "offered_per_second": offers.offered / seconds,
        "cpu_percent": (time.process_time() - cpu) / seconds * 100,
        "kept": len(store),
        "dropped": store.dropped_count,
        "resident_mib": resident_mib(os.getpid()),
    }))  # fmt: skip


def _note_keys(app):
    """Keys are noted as the terminal's driver hands them over, before they wait in any queue."""
    from textual import events

    build = app._build_driver

    def built(*arguments, **options):
        driver = build(*arguments, **options)
        send = driver.send_message

        def sent(message):
            if isinstance(message, events.Key) and message.key == "t":
                app.on_event_key()
            send(message)

        driver.send_message = sent
        return driver

    app._build_driver = built


if __name__ == "__main__":
    main(sys.argv[1:])
