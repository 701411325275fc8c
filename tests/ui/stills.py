"""Stills of every screen over the town, each in an app of its own, on a clock that jumps.

Nothing here waits for real: a second of the simulated clock passes when nothing is left to do in
it, so that a screen looks the same however busy the machine is. `python -m tests.ui.stills` keeps
how everything looks now, `python -m tests.ui.stills tasks editor` only some; then read what git
says.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from textual import _time
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from ecstui.store.kinds import TASKS
from ecstui.ui import routes
from ecstui.ui.live import LiveTable
from ecstui.ui.screens.command_output import CommandOutput
from ecstui.ui.screens.diff import DiffScreen
from tests.factories import NAMES
from tests.support.simloop import SimLoop
from tests.ui.conftest import screen_text
from tests.ui.still import Cells, Still
from tests.ui.test_screen_capacity import with_capacity
from tests.ui.test_screen_deployments import a_history, arn_of
from tests.ui.test_screen_engines import two_engines
from tests.ui.test_screen_ports import a_town_with_a_clash
from tests.ui.test_screen_roles import a_town_with_roles
from tests.ui.town import CLUSTER, Town, TownApp, a_town, app_of, town_pilot

FOLDER = Path(__file__).parent / "stills"
SIZES = ((80, 24), (120, 40))
THEMES = ("harbor-dark", "ansi", "mono")
REST_SECONDS = 1.0
"""Clocks on the screen are looked at once a second: two looks that far apart differ if any goes."""
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Scene:
    """What is opened over which town, and the keys that are pressed then."""

    show: Callable[[TownApp], object]
    keys: Sequence[str] = ()
    town: Callable[[], Town] = a_town


def service(name: str) -> str:
    return NAMES.service(CLUSTER, name)


def a_task_of(app: TownApp, name: str) -> str:
    return min(task.task_arn for task in app.view.by(TASKS, "service", service(name)))


def _diff(app: TownApp) -> None:
    routes.open_diff(app, NAMES.task_definition("api", 41), NAMES.task_definition("api", 42))


def _meaning(app: TownApp) -> None:
    old, new = (NAMES.task_definition("api", revision) for revision in (41, 42))
    app.push_screen(DiffScreen(old, new, mode="meaning"))


def _output(app: TownApp) -> None:
    shown = CommandOutput("web of 807715  $ ls /etc/nginx")
    app.push_screen(shown)
    shown.add(b"conf.d\nmime.types\nnginx.conf\n")
    shown.end("ended with 0")


def _go(section: str) -> Callable[[TownApp], object]:
    return lambda app: app.go_to(section)


SCENES: Mapping[str, Scene] = {
    "dashboard": Scene(_go("dashboard")),
    "services": Scene(_go("services")),
    "services-offline": Scene(lambda app: app.town.client.go_offline()),
    "tasks": Scene(_go("tasks")),
    "task-definitions": Scene(_go("task_definitions")),
    "instances": Scene(_go("instances")),
    "capacity": Scene(_go("capacity"), town=with_capacity),
    "capacity-delete": Scene(_go("capacity"), ("ctrl+d",), with_capacity),
    "create-group": Scene(routes.create_auto_scaling_group),
    "update-group": Scene(
        lambda app: routes.update_auto_scaling_group(app, "pool"), town=with_capacity
    ),
    "create-provider": Scene(routes.create_capacity_provider),
    "update-provider": Scene(
        lambda app: routes.update_capacity_provider(app, "burst"), town=with_capacity
    ),
    "engines": Scene(_go("engines"), town=two_engines),
    "events": Scene(_go("events")),
    "clusters": Scene(_go("clusters")),
    "service": Scene(lambda app: routes.open_service(app, service("web"))),
    "service-rolling": Scene(lambda app: routes.open_service(app, service("api"))),
    "service-crashing": Scene(lambda app: routes.open_service(app, service("reports"))),
    "deployments": Scene(lambda app: routes.open_deployments(app, service("api")), town=a_history),
    "deployment": Scene(lambda app: routes.open_deployment(app, arn_of("now")), town=a_history),
    "rollback": Scene(lambda app: routes.open_service(app, service("api")), ("R",), town=a_history),
    "task": Scene(lambda app: routes.open_task(app, a_task_of(app, "web"))),
    "editor": Scene(lambda app: routes.open_editor(app, "api:42")),
    "editor-json": Scene(lambda app: routes.open_editor(app, "api:42"), ("f6",)),
    "editor-dry-run": Scene(lambda app: routes.open_editor(app, "api:42"), ("f3",)),
    "diff": Scene(_diff),
    "diff-meaning": Scene(_meaning),
    "logs": Scene(lambda app: routes.open_logs_of_service(app, service("web"))),
    "tree": Scene(routes.open_tree),
    "map": Scene(routes.open_map),
    "history": Scene(routes.open_history, town=a_history),
    "ports": Scene(routes.open_ports, town=a_town_with_a_clash),
    "forwards": Scene(routes.open_forwards),
    "roles": Scene(routes.open_roles, town=a_town_with_roles),
    "describe": Scene(_go("services"), ("d",)),
    "json": Scene(_go("services"), ("y",)),
    "help": Scene(_go("services"), ("question_mark",)),
    "palette": Scene(_go("services"), ("ctrl+p",)),
    "command-line": Scene(_go("services"), (":", *"scale", "space", *"api", "space", "5")),
    "copy": Scene(_go("services"), ("C",)),
    "why": Scene(lambda app: routes.open_why(app, service("analytics"))),
    "messages": Scene(routes.open_messages),
    "quit": Scene(routes.confirm_quit),
    "scale": Scene(lambda app: routes.scale(app, service("web"))),
    "stop": Scene(lambda app: routes.stop_tasks(app, [a_task_of(app, "web")])),
    "delete": Scene(lambda app: routes.delete_service(app, service("web"))),
    "update": Scene(lambda app: routes.update_service(app, service("web"))),
    "create": Scene(lambda app: routes.create_service(app, "web")),
    "run-task": Scene(lambda app: routes.run_task(app, "web")),
    "register-instance": Scene(routes.register_instance),
    "register-engine": Scene(routes.register_engine),
    "command": Scene(lambda app: routes.open_task(app, a_task_of(app, "mailer")), ("X",)),
    "command-output": Scene(_output),
}


def styles_of(app: TownApp) -> Cells:
    """The style of every cell on the screen."""
    width, height = app.size
    rows = []
    for strip in app.screen._compositor.render_strips()[:height]:
        runs = ([str(segment.style)] * segment.cell_length for segment in strip)
        rows.append(tuple(chain.from_iterable(runs))[:width])
    return tuple(rows)


def is_due(app: TownApp) -> bool:
    """Whether something waits for its next frame, or for its end."""
    tables = [table for screen in app.screen_stack for table in screen.query(LiveTable)]
    return (
        app._following.is_due or app.message is not None or any(table._is_due for table in tables)
    )


async def settled(pilot: Pilot[None]) -> tuple[list[str], Cells]:
    """What is on the screen when nothing is due and a second has changed no cell of it."""
    app = app_of(pilot)
    before = None
    for _ in range(PATIENCE_SECONDS):
        for field in (*app.screen.query(Input), *app.screen.query(TextArea)):
            field.cursor_blink = False
        await asyncio.sleep(REST_SECONDS)
        now = screen_text(app), styles_of(app)
        if now == before and not is_due(app):
            return now
        before = now
    raise AssertionError("the screen does not come to rest:\n" + "\n".join(screen_text(app)))


async def take(scene: Scene, size: tuple[int, int]) -> Still:
    """A still of one screen; its letters are the same in every theme."""
    async with town_pilot(scene.town(), size=size) as pilot:
        app = app_of(pilot)
        scene.show(app)
        await settled(pilot)
        for key in scene.keys:
            await pilot.press(key)
        assert app.theme == THEMES[0]
        lines, styles = await settled(pilot)
        looks = {THEMES[0]: styles}
        for theme in THEMES[1:]:
            app.try_theme(theme)
            letters, looks[theme] = await settled(pilot)
            assert letters == lines, f"other letters in {theme}"
        return Still(tuple(line.ljust(size[0]) for line in lines), looks)


@contextmanager
def anywhere() -> Iterator[None]:
    """Times of day as at Greenwich, colours as if nobody had refused them, Textual's own clock."""
    before, real_time = dict(os.environ), _time.get_time
    os.environ["TZ"] = "UTC"
    os.environ.pop("NO_COLOR", None)
    time.tzset()
    _time.get_time = lambda: asyncio.get_running_loop().time()
    try:
        yield
    finally:
        _time.get_time = real_time
        os.environ.clear()
        os.environ.update(before)
        time.tzset()


def still_of(name: str, size: tuple[int, int]) -> Still:
    """How a screen looks now."""
    with anywhere(), asyncio.Runner(loop_factory=SimLoop) as runner:
        return runner.run(take(SCENES[name], size))


def path_of(name: str, size: tuple[int, int]) -> Path:
    return FOLDER / f"{name}-{size[0]}x{size[1]}.txt"


def write(names: Sequence[str]) -> None:
    """Keep how these look now."""
    for size in SIZES:
        for name in names:
            path_of(name, size).write_text(still_of(name, size).text(), encoding="utf-8")


def write_all() -> None:
    """Keep how everything looks now, and nothing else."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.txt"):
        old.unlink()
    write([*SCENES])


if __name__ == "__main__":
    if unknown := [name for name in sys.argv[1:] if name not in SCENES]:
        sys.exit(f"no such screen: {', '.join(unknown)}; there are {', '.join(SCENES)}")
    write(sys.argv[1:]) if sys.argv[1:] else write_all()
