"""The whole story at a terminal, on a real Docker Engine: a person with tmux, keys and a screen."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.support.terminal import Terminal

pytestmark = [
    pytest.mark.docker,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed"),
]

CHECKOUT = Path(__file__).parents[2]


class Person:
    """Somebody at a terminal, with a shell beside it."""

    def __init__(self, state: Path, docker_host: str) -> None:
        self.command = [sys.executable, "-m", "ecstui", "--state", str(state)]
        self.environ = {
            "DOCKER_HOST": docker_host,
            "PYTHONPATH": str(CHECKOUT),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "XDG_CONFIG_HOME": str(state / "none"),
        }
        self.docker = docker.APIClient(docker_host, version="auto")

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [*self.command, *words],
            env=os.environ | self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def owner(self) -> str:
        words = self.run("status").split()
        return words[words.index("owner") + 1]

    def running(self) -> set[str]:
        """Ids of the containers that run."""
        label = {"label": f"ecstui.owner={self.owner()}"}
        found: list[dict[str, Any]] = self.docker.containers(filters=label)
        return {container["Id"] for container in found}


@pytest.fixture
def person(tmp_path: Path, docker_host: str) -> Iterator[Person]:
    """A person whose daemon and containers are gone afterwards."""
    person = Person(tmp_path / "state", docker_host)
    yield person
    label = {"label": f"ecstui.owner={person.owner()}"}
    person.run("stop", "--tasks", "--yes")
    for container in person.docker.containers(all=True, filters=label):
        person.docker.remove_container(container["Id"], force=True)
    person.docker.close()


def go(terminal: Terminal, alias: str, title: str) -> None:
    """Go to a section by its name on the command line."""
    terminal.press(":")
    terminal.see("Commands")
    terminal.type(alias)
    terminal.press("Enter")
    terminal.miss("Commands")
    terminal.see(f"› {title}")


def register(terminal: Terminal, revision: int, keys: list[str]) -> None:
    """In the editor: press keys, then register what is there as a revision."""
    terminal.see("^s register")
    for key in keys:
        terminal.press(key)
    terminal.see("valid")
    terminal.press("C-s")
    terminal.see(f"Register my-app:{revision}?")
    terminal.press("Enter")
    terminal.see(f"my-app:{revision} is registered")
    terminal.press("Escape")
    terminal.miss("is registered")


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40)])
def test_a_person_registers_runs_scales_rolls_follows_and_heals(
    person: Person, width: int, height: int
) -> None:
    terminal = Terminal(person.command, person.environ, width=width, height=height)
    try:
        terminal.see("No services in this cluster", "n creates one")

        go(terminal, "td", "Task definitions")
        terminal.press("n")
        register(terminal, 1, [])
        terminal.see("my-app")

        go(terminal, "svc", "Services")
        terminal.press("n")
        terminal.see("Create service")
        terminal.type("web")
        terminal.press("Tab")
        terminal.type("my-app")
        terminal.see("--task-definition my-app")
        terminal.press("C-s")
        terminal.see("1/1", "COMPLETED")

        terminal.press("s")
        terminal.see("Scale web")
        terminal.press("BSpace")
        terminal.type("4")
        terminal.see("--desired-count 4")
        terminal.press("C-s")
        terminal.see("4/4", "COMPLETED")

        go(terminal, "td", "Task definitions")
        terminal.press("e")
        # In the JSON (F6), the line `"cpu": 128,` becomes `"cpu": 12,`.
        register(terminal, 2, ["F6", *["Down"] * 6, "End", "BSpace", "BSpace", ","])
        terminal.see(":2")

        go(terminal, "svc", "Services")
        terminal.press("Enter")
        terminal.see("› Services › web")
        terminal.press("u")
        terminal.see("Update web", "Revision")
        terminal.press("Enter")
        terminal.see("my-app:2")
        terminal.press("Up", "Enter")
        terminal.see("--task-definition my-app:2")
        terminal.press("C-s")
        terminal.see("my-app:1 → :2", "floor 4")
        terminal.see("steady", "my-app:2", "4 of 4 healthy")

        terminal.press("l")
        terminal.see("Logs", "4 sources", "FOLLOW")
        terminal.press("Escape")
        terminal.see("4 of 4 healthy")

        before = person.running()
        assert len(before) == 4
        person.docker.kill(min(before))
        # The screen told before, too, that one task was started: Docker knows when it is another.
        terminal.until(lambda _: len(person.running() - before) == 1, "another container")
        terminal.see("has started 1 tasks", "4 of 4 healthy")
        after = person.running()
        assert len(after) == 4
        assert len(after & before) == 3

        go(terminal, "ev", "Events")
        terminal.see("stopped: Essential container")

        terminal.resize(60, 16)
        terminal.see("Events")
        terminal.resize(width, height)
        terminal.see("› Events")

        terminal.press("q")
        terminal.see("Quit ecstui?")
        terminal.press("y")
        terminal.until(lambda screen: "Events" not in screen, "the screens closed")
    finally:
        terminal.close()
    (service,) = json.loads(person.run("call", "DescribeServices", '{"services": ["web"]}'))[
        "services"
    ]
    assert service["runningCount"] == 4
    assert person.running() == after


def test_a_draft_survives_a_killed_terminal(person: Person) -> None:
    terminal = Terminal(person.command, person.environ, width=100, height=30)
    try:
        terminal.see("No services in this cluster")
        go(terminal, "td", "Task definitions")
        terminal.press("n")
        terminal.see("^s register")
        terminal.press("F6")
        terminal.see('"family"')
        terminal.press("Down", "End")
        terminal.type(" ")
        terminal.see("edited")
    finally:
        terminal.close()
    terminal = Terminal(person.command, person.environ, width=100, height=30)
    try:
        terminal.see("No services in this cluster")
        go(terminal, "td", "Task definitions")
        terminal.press("n")
        terminal.see("draft")
    finally:
        terminal.close()
