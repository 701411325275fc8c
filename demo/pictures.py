"""Takes the pictures in demo/pictures: the whole story on a real Docker Engine, as SVG.

Run it with `python -m demo.pictures` on a machine with Docker (DOCKER_HOST is honoured) and the
images nginx:stable and busybox:stable. It uses a daemon and a state directory of its own, drives
the screens with keys as a person would, at 80x24 and 120x40 (or one of them, if it is named), links
each picture in the README, and removes what it made.
"""

import asyncio
import contextlib
import functools
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from textual.pilot import Pilot

from ecstui.base.clock import SystemClock
from ecstui.client.remote import RemoteClient
from ecstui.demo import load_sample, seed
from ecstui.model.capacity import AutoScalingGroupProvider, ManagedScaling
from ecstui.model.enums import TaskStatus
from ecstui.model.requests.capacity_providers import (
    CreateAutoScalingGroupRequest,
    CreateCapacityProviderRequest,
    PutClusterCapacityProvidersRequest,
)
from ecstui.model.requests.definitions import RegisterTaskDefinitionRequest
from ecstui.model.requests.services import CreateServiceRequest, UpdateServiceRequest
from ecstui.model.task_definition import ContainerDefinition
from ecstui.settings import StatePaths, load_settings
from ecstui.store.kinds import SERVICES, TASK_DEFINITIONS, TASKS
from ecstui.ui import routes
from ecstui.ui.app import EcsTui
from ecstui.ui.theme import packaged_folder

PICTURES = Path(__file__).parent / "pictures"
README = PICTURES.parent.parent / "README.md"
SIZES = ((80, 24), (120, 40))
TITLES = {
    "dashboard": "Dashboard",
    "services": "services",
    "service": "a rolling update",
    "rollback": "what a rollback undoes",
    "deployments": "deployments",
    "deployment": "a deployment",
    "why": "why something waits",
    "tasks": "tasks",
    "task": "a task",
    "output": "one command in a container",
    "task-definitions": "task definitions",
    "editor": "the editor's form",
    "editor-json": "the editor's JSON",
    "dry-run": "a dry run of placement",
    "diff": "two revisions",
    "logs": "logs of a service",
    "log-desk": "logs of all services",
    "tree": "tree",
    "map": "placement map",
    "instances": "container instances",
    "ports": "host ports",
    "capacity": "capacity providers",
    "engines": "engines",
    "clusters": "clusters",
    "events": "events",
    "history": "history",
    "document": "an answer as JSON",
    "create-service": "a new service",
    "update": "an update",
    "scale": "scaling",
    "delete": "before something is deleted",
    "stop": "before a task is stopped",
    "run-task": "running a task",
    "register-instance": "a new container instance",
    "create-group": "a new Auto Scaling group",
    "create-provider": "a new capacity provider",
    "palette": "command palette",
    "command-line": "command line",
    "help": "help",
}
"""What each picture shows, in the order of the README."""


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
        path = path_of(name, self.app.size)
        path.write_text(slim(self.app.export_screenshot(title="ecstui")), encoding="utf-8")
        print(path.relative_to(PICTURES.parent.parent))

    async def until(self, is_so: Callable[[], bool], seconds: float = 300.0) -> None:
        """Wait until the records say that something is so."""
        async with asyncio.timeout(seconds):
            while not is_so():
                await self.pilot.pause(0.02)

    def is_steady(self, name: str) -> bool:
        """Whether a service is steady."""
        return any(s.service_name == name and s.is_steady for s in self.client.view.all(SERVICES))

    def is_rolling(self, name: str) -> bool:
        """Whether a rollout is half way: tasks of both revisions are there, and a new one runs."""
        tasks = [t for t in self.client.view.all(TASKS) if t.group == f"service:{name}"]
        there = {t.task_definition_arn for t in tasks if not t.is_stopped}
        is_new = self.definition(name, 2)
        runs = {t.task_definition_arn for t in tasks if t.last_status is TaskStatus.RUNNING}
        return len(there) > 1 and is_new in runs

    def definition(self, family: str, revision: int) -> str:
        """The ARN of a revision."""
        name = f"task-definition/{family}:{revision}"
        known = self.client.view.all(TASK_DEFINITIONS)
        return next(d.task_definition_arn for d in known if d.task_definition_arn.endswith(name))

    async def show(self, open_it: Callable[[EcsTui], object], name: str) -> None:
        """Open a screen or dialog, take its picture, close it."""
        open_it(self.app)
        await self.pilot.pause(1.5)
        self.take(name)
        await self.press("escape")

    async def dialog(self, key: str, name: str) -> None:
        """Press a key, take the picture of what it opens, close that."""
        await self.press(key, seconds=1.5)
        self.take(name)
        await self.press("escape")

    def service_arn(self, name: str) -> str:
        """The ARN of a service."""
        services = self.client.view.all(SERVICES)
        return next(s.service_arn for s in services if s.service_name == name)


def path_of(name: str, size: tuple[int, int]) -> Path:
    """Where a picture is kept."""
    return PICTURES / f"{name}-{size[0]}x{size[1]}.svg"


def slim(picture: str) -> str:
    """The picture without the font that it would fetch, and with short names and numbers."""
    picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)
    picture = re.sub(r"terminal-\d+", "t", picture)
    return re.sub(r'(?<=")\d+\.\d{3,}(?=")', lambda number: f"{float(number[0]):.1f}", picture)


async def story(gallery: Gallery) -> None:
    """What a person does, with a picture of each screen."""
    for name in ("hello-web", "ticker", "shop"):
        await gallery.until(functools.partial(gallery.is_steady, name))
    await lists(gallery)
    await around(gallery)
    await a_service(gallery)
    await a_task(gallery)
    await definitions(gallery)


async def lists(gallery: Gallery) -> None:
    """The sections."""
    for alias, name in (
        ("dash", "dashboard"), ("svc", "services"), ("task", "tasks"), ("ci", "instances"),
        ("cp", "capacity"), ("eng", "engines"), ("cl", "clusters"), ("ev", "events"),
    ):  # fmt: skip
        await gallery.go(alias)
        await gallery.pilot.pause(1.0)
        gallery.take(name)


async def around(gallery: Gallery) -> None:
    """What is opened from anywhere."""
    await gallery.go("svc")
    for show, name in (
        (routes.open_tree, "tree"),
        (routes.open_map, "map"),
        (routes.open_history, "history"),
        (routes.open_ports, "ports"),
        (routes.create_service, "create-service"),
        (routes.run_task, "run-task"),
        (routes.register_instance, "register-instance"),
        (routes.create_auto_scaling_group, "create-group"),
        (routes.create_capacity_provider, "create-provider"),
    ):
        await gallery.show(show, name)
    await gallery.dialog("question_mark", "help")
    await gallery.dialog("ctrl+p", "palette")
    await gallery.press("colon", seconds=0.2)
    await gallery.type("scale hello-web 5")
    gallery.take("command-line")
    await gallery.press("escape")


async def a_service(gallery: Gallery) -> None:
    """A service from what stands in it to a rollout, its logs and its deployments."""
    await gallery.find("hello")
    for key, name in (
        ("s", "scale"), ("u", "update"), ("ctrl+d", "delete"), ("y", "document"),
    ):  # fmt: skip
        await gallery.dialog(key, name)
    await gallery.show(lambda app: routes.open_why(app, gallery.service_arn("report")), "why")
    await gallery.press("enter")
    request = UpdateServiceRequest(
        service="hello-web", task_definition="hello-web:2", desired_count=8
    )
    await gallery.client.call(request)
    await gallery.until(lambda: gallery.is_rolling("hello-web"))
    await gallery.pilot.pause(0.3)
    gallery.take("service")
    await gallery.dialog("R", "rollback")
    await gallery.until(lambda: gallery.is_steady("hello-web"))
    await gallery.press("p", seconds=1.0)
    gallery.take("deployments")
    await gallery.press("enter", seconds=1.0)
    gallery.take("deployment")
    await gallery.press("escape")
    await gallery.press("escape")
    await gallery.press("l", seconds=3.0)
    gallery.take("logs")
    await gallery.press("escape")
    await gallery.press("escape")
    arns = " ".join(gallery.service_arn(name) for name in ("hello-web", "ticker", "shop"))
    routes.open_logs_of_service(gallery.app, arns)
    await gallery.pilot.pause(3.0)
    gallery.take("log-desk")
    await gallery.press("escape")


async def a_task(gallery: Gallery) -> None:
    """A task, what stops it, and a command in one of its containers."""
    await gallery.go("task")
    await gallery.find("hello")
    await gallery.dialog("S", "stop")
    await gallery.press("X", seconds=0.5)
    await gallery.type("ls -l /etc/nginx")
    await gallery.press("enter", seconds=3.0)
    gallery.take("output")
    await gallery.press("escape")
    await gallery.press("slash", *["backspace"] * 5)
    await gallery.type("shop")
    await gallery.press("enter")
    await gallery.press("enter", seconds=1.5)
    gallery.take("task")
    await gallery.press("escape")


async def definitions(gallery: Gallery) -> None:
    """Task definitions, two revisions side by side, and the editor."""
    await gallery.go("td")
    gallery.take("task-definitions")
    first = gallery.definition("hello-web", 1), gallery.definition("hello-web", 2)
    await gallery.show(lambda app: routes.open_diff(app, *first), "diff")
    await gallery.find("shop")
    await gallery.press("e", seconds=2.0)
    gallery.take("editor")
    await gallery.dialog("f3", "dry-run")
    await gallery.press("f6", seconds=1.0)
    gallery.take("editor-json")
    await gallery.press("escape")


async def ask_too_much(client: RemoteClient) -> None:
    """A service that finds room nowhere."""
    await client.call(
        RegisterTaskDefinitionRequest(
            family="report",
            container_definitions=(
                ContainerDefinition(name="report", image="busybox:stable", cpu=256, memory=64_000),
            ),
        )
    )
    await client.call(
        CreateServiceRequest(service_name="report", task_definition="report", desired_count=1)
    )


async def scale_by_need(client: RemoteClient) -> None:
    """A capacity provider with a group of small instances."""
    group = await client.call(
        CreateAutoScalingGroupRequest(
            auto_scaling_group_name="pool", cpu=512, memory=512, min_size=1, max_size=4
        )
    )
    await client.call(
        CreateCapacityProviderRequest(
            name="burst",
            auto_scaling_group_provider=AutoScalingGroupProvider(
                auto_scaling_group_arn=group.auto_scaling_group.auto_scaling_group_arn,
                managed_scaling=ManagedScaling(status="ENABLED", target_capacity=90),
            ),
        )
    )
    await client.call(
        PutClusterCapacityProvidersRequest(
            cluster="default",
            capacity_providers=("burst", "FARGATE_SPOT"),
            default_capacity_provider_strategy=(),
        )
    )
    await client.call(
        CreateAutoScalingGroupRequest(auto_scaling_group_name="spare", cpu=256, memory=256)
    )


def links() -> str:
    """The lines of the README that lead to the pictures."""
    found = [
        title + "".join(
            f" [{width}x{height}](demo/pictures/{name}-{width}x{height}.svg)"
            for width, height in SIZES
        )
        for name, title in TITLES.items()
    ]  # fmt: skip
    return " ·\n".join(found) + "\n"


def link_them() -> None:
    """Put the links between their marks in the README."""
    text = README.read_text(encoding="utf-8")
    begin, end = "<!-- pictures: begin -->\n", "<!-- pictures: end -->"
    before, rest = text.split(begin)
    README.write_text(before + begin + links() + end + rest.split(end)[1], encoding="utf-8")


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


async def main(paths: StatePaths, sizes: Sequence[tuple[int, int]]) -> None:
    """Take every picture at these sizes."""
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.glob("*.svg"):
        if any(old.stem.endswith(f"-{width}x{height}") for width, height in sizes):
            old.unlink()
    client = RemoteClient(paths)
    await seed(client, load_sample("docker"))
    await scale_by_need(client)
    await ask_too_much(client)
    for size in sizes:
        app = EcsTui(client, now=SystemClock().now, theme_folders=(packaged_folder(),))
        async with app.run_test(size=size) as pilot:
            await pilot.pause(1.0)
            await story(Gallery(app, pilot, client))
        back = UpdateServiceRequest(
            service="hello-web", task_definition="hello-web:1", desired_count=3
        )
        await client.call(back)
    await client.close()
    link_them()


if __name__ == "__main__":
    with daemon() as state:
        chosen = [size for size in SIZES if f"{size[0]}x{size[1]}" in sys.argv[1:]]
        asyncio.run(main(state, chosen or SIZES))
