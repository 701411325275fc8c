"""Stills of every main screen over the town: the text once, and how it looks in each theme.

Kept as text instead of SVG: a tenth of the size, and a difference can be read. A still is the lines
of the screen, then for each theme the styles by letter and the runs of each line (`a12b3`: twelve
cells of a, three of b; `3 x` before it: three such lines).
"""

import asyncio
import os
import string
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

from textual.pilot import Pilot

from ecstui.store.kinds import TASKS
from ecstui.ui import routes
from tests.factories import NAMES
from tests.ui.conftest import screen_text
from tests.ui.test_screen_capacity import with_capacity
from tests.ui.town import CLUSTER, TownApp, app_of, town_pilot

FOLDER = Path(__file__).parent / "stills"
SIZES = ((80, 24), (120, 40))
THEMES = ("harbor-dark", "ansi", "mono")
LETTERS = string.ascii_letters + string.digits


def service(name: str) -> str:
    return NAMES.service(CLUSTER, name)


def a_task_of(app: TownApp, name: str) -> str:
    return min(task.task_arn for task in app.view.by(TASKS, "service", service(name)))


def _diff(app: TownApp) -> None:
    routes.open_diff(app, NAMES.task_definition("api", 41), NAMES.task_definition("api", 42))


SCREENS: Mapping[str, Callable[[TownApp], object]] = {
    "dashboard": lambda app: app.go_to("dashboard"),
    "services": lambda app: app.go_to("services"),
    "tasks": lambda app: app.go_to("tasks"),
    "task-definitions": lambda app: app.go_to("task_definitions"),
    "instances": lambda app: app.go_to("instances"),
    "capacity": lambda app: app.go_to("capacity"),
    "events": lambda app: app.go_to("events"),
    "clusters": lambda app: app.go_to("clusters"),
    "service": lambda app: routes.open_service(app, service("web")),
    "service-rolling": lambda app: routes.open_service(app, service("api")),
    "service-crashing": lambda app: routes.open_service(app, service("reports")),
    "task": lambda app: routes.open_task(app, a_task_of(app, "web")),
    "editor": lambda app: routes.open_editor(app, "api:42"),
    "diff": _diff,
    "logs": lambda app: routes.open_logs_of_service(app, service("web")),
    "tree": routes.open_tree,
    "map": routes.open_map,
    "history": routes.open_history,
    "help": lambda app: routes.open_help(app, app.top_screen()),
    "palette": lambda app: routes.open_palette(app, app.top_screen()),
    "quit": routes.confirm_quit,
    "scale": lambda app: routes.scale(app, service("web")),
    "delete": lambda app: routes.delete_service(app, service("web")),
    "why": lambda app: routes.open_why(app, service("analytics")),
}


def still_of(app: TownApp, looks: Mapping[str, str]) -> str:
    text = "\n".join(screen_text(app))
    return "\n".join([text, *(f"== {theme}\n{look}" for theme, look in looks.items())]) + "\n"


def look_of(app: TownApp) -> str:
    """The styles on the screen by letter, and the runs of each line."""
    width, height = app.size
    letters: dict[str, str] = {}
    lines = []
    for strip in app.screen._compositor.render_strips()[:height]:
        cells = [
            letters.setdefault(str(segment.style), LETTERS[min(len(letters), len(LETTERS) - 1)])
            for segment in strip
            for _ in range(segment.cell_length)
        ]
        runs = groupby(cells[:width])
        lines.append("".join(f"{letter}{len(list(run))}" for letter, run in runs))
    counted = [(line, len(list(same))) for line, same in groupby(lines)]
    legend = [f"{letter}: {style}" for style, letter in letters.items()]
    return "\n".join(
        [*legend, *(f"{count} x {line}" if count > 1 else line for line, count in counted)]
    )


async def settled(pilot: Pilot[None]) -> None:
    """Until two looks at the screen show the same."""
    app, before, same = app_of(pilot), "", 0
    for _ in range(300):
        await pilot.pause(0.01)
        now = "\n".join([type(app.screen).__name__, app.theme, *screen_text(app)])
        same = same + 1 if now == before else 0
        if same == 4:
            return
        before = now
    raise AssertionError("the screen does not come to rest")


async def walk(size: tuple[int, int]) -> dict[str, str]:
    """A still of every screen at one size."""
    found = {}
    async with town_pilot(with_capacity(), size=size) as pilot:
        app = app_of(pilot)
        for name, show in SCREENS.items():
            app.go_to("services")
            await settled(pilot)
            show(app)
            looks = {}
            for theme in THEMES:
                app.try_theme(theme)
                await settled(pilot)
                looks[theme] = look_of(app)
            app.try_theme(THEMES[0])
            await settled(pilot)
            found[name] = still_of(app, looks)
    return found


@contextmanager
def in_utc() -> Iterator[None]:
    """Times of day as they are at Greenwich, wherever the tests run."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


def stills(size: tuple[int, int]) -> dict[str, str]:
    """Stills of every screen by name."""
    with in_utc():
        return asyncio.run(walk(size))


def path_of(name: str, size: tuple[int, int]) -> Path:
    return FOLDER / f"{name}-{size[0]}x{size[1]}.txt"


def write() -> None:
    """Keep how everything looks now: `python -m tests.ui.stills`, then read what git says."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.txt"):
        old.unlink()
    for size in SIZES:
        for name, still in stills(size).items():
            path_of(name, size).write_text(still, encoding="utf-8")


if __name__ == "__main__":
    write()
