"""Takes the pictures in demo/pictures: the whole story on a real Docker Engine, as SVG.

Run it with `demo/pictures.py` on a machine with Docker (DOCKER_HOST is honoured) and the images
nginx:stable and busybox:stable. It uses a daemon and a state directory of its own, drives the
screens with keys as a person would, at 80x24 and 120x40, and removes what it made.
"""

import asyncio
import contextlib
import functools
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from textual.pilot import Pilot

from ecstui.base.clock import SystemClock
from ecstui.client.remote import RemoteClient
from ecstui.demo import load_sample, seed
from ecstui.model.enums import TaskStatus
from ecstui.model.requests.services import UpdateServiceRequest
from ecstui.settings import StatePaths, load_settings
from ecstui.store.kinds import SERVICES, TASK_DEFINITIONS, TASKS
from ecstui.ui import routes
from ecstui.ui.app import EcsTui
from ecstui.ui.theme import packaged_folder

PICTURES = Path(__file__).parent / "pictures"
SIZES = ((80, 24), (120, 40))


class Gallery:
    """One size of terminal: presses keys and takes pictures."""

    def __init__(self, app: EcsTui, pilot: Pilot[None], client: RemoteClient) -> None:
        """`pilot` presses the keys of `app`."""
        self.app = app
        self.pilot = pilot
        self.client = client

    async def press(self, *keys: str, seconds: float = 0.6) -> None:
        """Press keys and let the screen come to rest."""
        await self.pilot.press(*keys)
        await self.pilot.pause(seconds)

    async def type(self, text: str) -> None:
        """Type a word."""
        names = {" ": "space", "-": "minus", ":": "colon", "/": "slash"}
        await self.press(*(names.get(letter, letter) for letter in text), seconds=0.2)

    async def go(self, alias: str) -> None:
        """Go to a section by its name on the command line."""
        await self.press("colon", seconds=0.2)
        await self.type(alias)
        await self.press("enter")

    async def find(self, name: str) -> None:
        """Filter the list to one name."""
        await self.press("slash", seconds=0.2)
        await self.type(name)
        await self.press("enter")

    def take(self, name: str) -> None:
        """Write the screen to a file."""
        size = self.app.size
        path = PICTURES / f"{name}-{size.width}x{size.height}.svg"
        # The picture must not fetch a font: the viewer's own monospaced one does.
        picture = re.sub(
            r"@font-face \{.*?\}\s*",
            "",
            self.app.export_screenshot(title="ecstui"),
            flags=re.DOTALL,
        )
        path.write_text(picture, encoding="utf-8")
        print(path.relative_to(PICTURES.parent.parent))

    async def until(self, is_so: Callable[[], bool], seconds: float = 300.0) -> None:
        """Wait until the records say that something is so."""
        async with asyncio.timeout(seconds):
            while not is_so():
                await self.pilot.pause(0.1)

    def is_steady(self, name: str) -> bool:
        """Whether a service is steady."""
        return any(s.service_name == name and s.is_steady for s in self.client.view.all(SERVICES))

    def is_rolling(self, name: str) -> bool:
        """Whether a rollout is half way: some new tasks run, and some old ones do."""
        tasks = [task for task in self.client.view.all(TASKS) if task.group == f"service:{name}"]
        running = [t for t in tasks if t.last_status is TaskStatus.RUNNING]
        starting = [
            t for t in tasks if t.last_status in (TaskStatus.PENDING, TaskStatus.ACTIVATING)
        ]
        return len({task.task_definition_arn for task in running}) > 1 and bool(starting)

    def definition(self, family: str, revision: int) -> str:
        """The ARN of a revision."""
        name = f"task-definition/{family}:{revision}"
        known = self.client.view.all(TASK_DEFINITIONS)
        return next(d.task_definition_arn for d in known if d.task_definition_arn.endswith(name))


async def story(gallery: Gallery) -> None:
    """What a person does, with a picture of each screen."""
    for name in ("hello-web", "ticker", "shop"):
        await gallery.until(functools.partial(gallery.is_steady, name))
    await lists(gallery)
    await around(gallery)
    await a_service(gallery)
    await definitions(gallery)


async def lists(gallery: Gallery) -> None:
    """The sections."""
    for alias, name in (
        ("dash", "dashboard"), ("svc", "services"), ("task", "tasks"), ("ci", "instances"),
        ("cp", "capacity"), ("ev", "events"),
    ):  # fmt: skip
        await gallery.go(alias)
        gallery.take(name)


async def around(gallery: Gallery) -> None:
    """What is opened from anywhere."""
    for show, name in (
        (routes.open_tree, "tree"),
        (routes.open_map, "map"),
        (routes.open_history, "history"),
    ):
        show(gallery.app)
        await gallery.pilot.pause(1.5)
        gallery.take(name)
        await gallery.press("escape")
    await gallery.go("svc")
    for key, name in (("question_mark", "help"), ("ctrl+p", "palette")):
        await gallery.press(key, seconds=1.0)
        gallery.take(name)
        await gallery.press("escape")


async def a_service(gallery: Gallery) -> None:
    """A service from what stands in it to a rollout, its logs and one of its tasks."""
    await gallery.find("hello")
    for key, name in (("s", "scale"), ("W", "why"), ("y", "document")):
        await gallery.press(key, seconds=1.0)
        gallery.take(name)
        await gallery.press("escape")
    await gallery.press("enter")
    request = UpdateServiceRequest(
        service="hello-web", task_definition="hello-web:2", desired_count=8
    )
    await gallery.client.call(request)
    await gallery.until(lambda: gallery.is_rolling("hello-web"))
    await gallery.pilot.pause(1.0)
    gallery.take("service")
    await gallery.until(lambda: gallery.is_steady("hello-web"))
    await gallery.press("l", seconds=3.0)
    gallery.take("logs")
    await gallery.press("escape")
    await gallery.press("escape")
    await gallery.go("task")
    await gallery.find("shop")
    await gallery.press("enter", seconds=1.0)
    gallery.take("task")
    await gallery.press("escape")


async def definitions(gallery: Gallery) -> None:
    """Task definitions, two revisions side by side, and the editor."""
    await gallery.go("td")
    gallery.take("task-definitions")
    first = gallery.definition("hello-web", 1), gallery.definition("hello-web", 2)
    routes.open_diff(gallery.app, *first)
    await gallery.pilot.pause(1.5)
    gallery.take("diff")
    await gallery.press("escape")
    await gallery.find("shop")
    await gallery.press("e", seconds=2.0)
    gallery.take("editor")
    await gallery.press("escape")


@contextlib.contextmanager
def daemon() -> Iterator[StatePaths]:
    """A daemon of its own; nothing of it is left."""
    with tempfile.TemporaryDirectory(prefix="ecstui-pictures-") as folder:
        command = [sys.executable, "-m", "ecstui", "--state", folder]
        subprocess.run([*command, "daemon", "--detach"], check=True)
        try:
            yield load_settings({}, {"state_directory": folder, "pace": None}).paths
        finally:
            subprocess.run([*command, "stop", "--tasks", "--yes"], check=True)


async def main(paths: StatePaths) -> None:
    """Take every picture at every size."""
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.glob("*.svg"):
        old.unlink()
    client = RemoteClient(paths)
    await seed(client, load_sample("docker"))
    for size in SIZES:
        app = EcsTui(client, now=SystemClock().now, theme_folders=(packaged_folder(),))
        async with app.run_test(size=size) as pilot:
            await pilot.pause(1.0)
            await story(Gallery(app, pilot, client))
        back = UpdateServiceRequest(
            service="hello-web", task_definition="hello-web:1", desired_count=3
        )
        await client.call(back)
    await client.close()


if __name__ == "__main__":
    with daemon() as state:
        asyncio.run(main(state))
