"""Forwards from the screens: asked for, listed, used, ended; and addresses opened in a browser."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from ecstui.client.reach import Goal, ways_to
from ecstui.model.enums import DesiredStatus, TaskStatus
from ecstui.model.task import NetworkBinding, TaskRecord
from ecstui.ui import routes
from ecstui.ui.browser import browser_command
from ecstui.ui.screens.ask import AskModal
from ecstui.ui.screens.choose import ChooseModal
from ecstui.ui.screens.forwards import ForwardsScreen
from ecstui.ui.screens.ports import PortsScreen
from ecstui.ui.screens.service import ServiceScreen
from ecstui.ui.screens.task import TaskScreen
from ecstui.ui.screens.tasks import TasksScreen
from tests.factories import NAMES
from tests.ui.conftest import until
from tests.ui.test_screens_services import at
from tests.ui.town import CLUSTER, Town, TownApp, a_town, app_of, ready, town_pilot

SIZES = [(80, 24), (120, 40)]


@asynccontextmanager
async def server(name: bytes) -> AsyncGenerator[int]:
    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(name)
        writer.close()

    found = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield found.sockets[0].getsockname()[1]
    finally:
        found.close()


def at_port(task: TaskRecord, port: int, bind_ip: str = "127.0.0.1") -> TaskRecord:
    """The task, reached at a port of this machine."""
    binding = NetworkBinding(bind_ip=bind_ip, container_port=8080, host_port=port)
    first, *others = task.containers
    return task.with_(containers=(first.with_(network_bindings=(binding,)), *others))


def real_town(*ports: int) -> Town:
    """A town on Docker, whose service mailer has a task at each of the ports."""
    town = a_town()
    town.put_now(town.engine().with_(kind="docker", endpoint="unix:///run/docker.sock"))
    task = town.tasks("mailer")[0]
    town.put_now(at_port(task, ports[0]))
    for number, port in enumerate(ports[1:], 1):
        other = NAMES.task(CLUSTER, f"{number:032x}")
        copy = task.with_(task_arn=other, task_id=f"{number:032x}", created_at=task.created_at - 1)
        town.put_now(at_port(copy, port))
    return town


def is_shown(app: TownApp, words: str) -> bool:
    return words in app.shown


async def fetch(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return await reader.read()
    finally:
        writer.close()


async def forwarded(pilot, port: str = "0") -> int:
    """Forward the port of mailer; where it listens."""
    app = app_of(pilot)
    await at(pilot, "mailer")
    await pilot.press("F")
    await until(pilot, lambda: isinstance(app.screen, AskModal))
    await pilot.press("end", *["backspace"] * 5, *port, "enter")
    await until(pilot, lambda: len(app.forwards) == 1)
    await until(pilot, lambda: not app.screen.is_modal)
    return app.forwards[0].port


@pytest.mark.parametrize("size", SIZES)
async def test_a_service_is_forwarded_used_listed_and_ended(size):
    async with server(b"hello") as port, town_pilot(real_town(port), size=size) as pilot:
        app = app_of(pilot)
        here = await forwarded(pilot)
        assert f"127.0.0.1:{here} leads to mailer mailer:8080" in app.said[-1].text
        assert await fetch(here) == b"hello"
        await pilot.press(":", *"forwards", "enter")
        await until(pilot, lambda: isinstance(app.screen, ForwardsScreen))
        await ready(pilot)
        await until(pilot, lambda: f"✓ 127.0.0.1:{here}" in app.shown)
        assert "mailer mailer:8080" in app.shown
        assert "1 connection" in app.shown
        assert "5 B" in app.shown
        await pilot.press("S")
        await until(pilot, lambda: not app.forwards)
        await until(pilot, lambda: "Nothing is forwarded." in app.shown)
        with pytest.raises(ConnectionRefusedError):
            await fetch(here)


@pytest.mark.parametrize(
    ("where", "kind"),
    [
        ("service", ServiceScreen),
        ("tasks", TasksScreen),
        ("task", TaskScreen),
        ("ports", PortsScreen),
    ],
)
async def test_every_screen_of_services_tasks_and_ports_forwards(where, kind):
    async with server(b"hello") as port, town_pilot(real_town(port)) as pilot:
        app = app_of(pilot)
        (task,) = app.town.tasks("mailer")
        if where == "service":
            routes.open_service(app, app.town.service("mailer").service_arn)
        elif where == "ports":
            routes.open_ports(app)
        else:
            routes.open_task(app, task.task_arn)
            if where == "tasks":
                routes.open_tasks_of_service(app, app.town.service("mailer").service_arn)
        await until(pilot, lambda: isinstance(app.screen, kind))
        await until(pilot, lambda: kind is PortsScreen or "mailer" in app.shown)
        screen = app.screen
        if isinstance(screen, PortsScreen):
            await ready(pilot)
            key = next(k for k, row in screen.table.model.rows.items() if row.port == port)
            assert screen.table.move_to_key(key)
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, AskModal))
        await pilot.press("end", *["backspace"] * 5, "0", "enter")
        await until(pilot, lambda: len(app.forwards) == 1)
        goal = app.forwards[0].goal
        assert goal.arn == (task.service_arn if where == "service" else task.task_arn)
        assert await fetch(app.forwards[0].port) == b"hello"


async def test_ways_on_from_a_forward():
    async with server(b"hello") as port, town_pilot(real_town(port)) as pilot:
        app = app_of(pilot)
        here = await forwarded(pilot)
        routes.open_forwards(app)
        await until(pilot, lambda: isinstance(app.screen, ForwardsScreen))
        await ready(pilot)
        for key in ("f", "enter"):
            app.copied = ""
            await pilot.press(key)
            await until(pilot, lambda: app.copied == f"http://127.0.0.1:{here}")
        await pilot.press("c")
        await until(pilot, lambda: app.copied == f"127.0.0.1:{here}")
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, ServiceScreen))


async def test_it_goes_on_with_the_next_task():
    async with server(b"first") as one, server(b"second") as two:
        town = real_town(one, two)
        async with town_pilot(town) as pilot:
            here = await forwarded(pilot)
            assert await fetch(here) == b"first"
            gone = town.tasks("mailer")
            (old,) = [t for t in gone if t.containers[0].network_bindings[0].host_port == one]
            await town.put(old.with_(desired_status=DesiredStatus.STOPPED))
            assert await fetch(here) == b"second"


async def test_leaving_the_screens_ends_it():
    async with server(b"hello") as port:
        async with town_pilot(real_town(port)) as pilot:
            here = await forwarded(pilot)
        with pytest.raises(ConnectionRefusedError):
            await fetch(here)


async def test_a_port_that_is_taken_or_none_keeps_the_box_open():
    async with server(b"hello") as port, town_pilot(real_town(port)) as pilot:
        app = app_of(pilot)
        await at(pilot, "mailer")
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, AskModal))
        await until(pilot, lambda: "8080" in app.shown)
        for wrong, words in ((str(port), "in use"), ("70000", "no port"), ("x", "no port")):
            await pilot.press("end", *["backspace"] * 6, *wrong, "enter")
            await until(pilot, partial(is_shown, app, words))
        assert not app.forwards


async def test_a_simulated_engine_and_no_running_task_say_why():
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await at(pilot, "mailer")
        await pilot.press("F")
        await until(pilot, lambda: bool(app.said))
        assert "The engine is simulated: nothing listens at its ports." in app.said[-1].text
        for task in app.town.tasks("mailer"):
            await app.town.put(task.with_(last_status=TaskStatus.DEACTIVATING))
        await pilot.press("F")
        await until(pilot, lambda: "No task of it is RUNNING." in app.said[-1].text)


def test_loopback_of_another_machine_is_no_way():
    town = real_town(80)
    goal = Goal(NAMES.service(CLUSTER, "mailer"), "mailer", 8080)
    engine = town.engine().with_(endpoint="tcp://10.0.0.5:2376")
    town.put_now(engine)
    found = ways_to(town.store, goal)
    assert not found.found
    assert "published at 127.0.0.1 of the machine of engine local" in found.reason
    (task,) = town.tasks("mailer")
    town.put_now(at_port(task, 80, "0.0.0.0"))
    assert [way.host for way in ways_to(town.store, goal).found] == ["10.0.0.5"]
    town.put_now(engine.with_(endpoint="tcp://[::1]:2376"))
    assert [way.host for way in ways_to(town.store, goal).found] == ["127.0.0.1"]


# ---------------------------------------------------------------- the browser


@pytest.mark.parametrize(
    ("environ", "platform", "there", "words"),
    [
        ({"DISPLAY": ":0"}, "linux", {"xdg-open"}, ["/bin/xdg-open"]),
        ({"WAYLAND_DISPLAY": "w"}, "linux", {"gio"}, ["/bin/gio", "open"]),
        ({}, "linux", {"xdg-open"}, []),
        ({"DISPLAY": ":0"}, "linux", set(), []),
        ({"DISPLAY": ":0", "SSH_TTY": "/dev/pts/1"}, "linux", {"xdg-open"}, []),
        ({}, "darwin", {"open"}, ["/bin/open"]),
        ({"SSH_CONNECTION": "a b"}, "darwin", {"open"}, []),
    ],
)
def test_a_browser_is_started_only_where_there_is_a_desktop(environ, platform, there, words):
    def which(name: str) -> str | None:
        return f"/bin/{name}" if name in there else None

    assert browser_command(environ, platform=platform, which=which) == words


async def test_f_opens_the_port_in_the_browser(tmp_path: Path, monkeypatch):
    opened = tmp_path / "opened"
    program = tmp_path / "xdg-open"
    program.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}.new; mv {opened}.new {opened}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setenv("DISPLAY", ":0")
    for name in ("SSH_CONNECTION", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await at(pilot, "mailer")
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, ChooseModal))
        await pilot.press("enter")
        await until(pilot, opened.exists)
        assert opened.read_text().startswith("http://localhost:327")
        assert app.said[-1].text.startswith("opened http://localhost:327")
