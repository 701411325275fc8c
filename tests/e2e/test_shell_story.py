"""A shell in a container, at a terminal: on the simulation of the demo, and on a real Docker."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.test_terminal_story import CHECKOUT, Person, go, person
from tests.support.terminal import Terminal

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed"),
]
__all__ = ["person"]  # a fixture
ENVIRON = {"PYTHONPATH": str(CHECKOUT), "TERM": "xterm-256color", "LANG": "C.UTF-8"}


def see_it_run(terminal: Terminal) -> None:
    """Wait until the task under the cursor runs, and the list has the keys."""

    def is_so(screen: str) -> bool:
        return any("▌" in line and "● RUNNING" in line for line in screen.splitlines())

    terminal.until(is_so, "the task under the cursor runs")
    terminal.see("s shell")


def say(terminal: Terminal, line: str, is_so: Callable[[str], bool]) -> None:
    """Type a line at the shell's prompt, and see what it does.

    Busybox forgets what is typed while it waits to be told where the cursor is, as it asks with
    each prompt: whoever types so fast types it again.
    """
    for _ in range(5):
        prompts = terminal.screen().count("/ #")
        terminal.type(line)
        terminal.press("Enter")
        screen = terminal.until(
            lambda s: is_so(s) or s.count("/ #") > prompts,  # noqa: B023
            f"what comes of {line}, or the next prompt",
        )
        if is_so(screen):
            return
    raise AssertionError(f"no answer to {line}:\n{screen}")


def reckon(terminal: Terminal) -> None:
    """Have the shell say 42."""
    say(terminal, "echo $((6*7))", lambda screen: "\n42\n" in screen)


def use_the_shell(terminal: Terminal, before: str) -> None:
    """Reckon in it, interrupt, see another size, leave; the screens are back as they were."""
    terminal.see("exit", "ctrl-d", "hang up", "/ #")
    reckon(terminal)
    terminal.type("sleep 1000")
    terminal.press("Enter")
    terminal.press("C-c")
    terminal.see("^C")
    terminal.type("true")
    terminal.press("Enter", "C-d")
    terminal.see("ended with 0", before)
    terminal.miss("/ #")


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40)])
def test_a_shell_in_the_demo(tmp_path: Path, width: int, height: int) -> None:
    command = [sys.executable, "-m", "ecstui", "--state", str(tmp_path / "state"), "demo"]
    environ = ENVIRON | {"XDG_CONFIG_HOME": str(tmp_path)}
    terminal = Terminal(command, environ, width=width, height=height)
    try:
        terminal.see("checkout")
        go(terminal, "tasks", "Tasks")
        see_it_run(terminal)
        terminal.press("s")
        use_the_shell(terminal, "STATUS")
        terminal.press("s")
        terminal.see("/ #")
        terminal.press("C-p", "C-q")
        terminal.see("was hung up", "STATUS")
        terminal.press("X")
        terminal.see("Run in")
        terminal.type("echo to''gether; exit 3")
        terminal.press("Enter")
        terminal.see("together", "ended with 3")
    finally:
        terminal.close()


@pytest.mark.docker
@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40)])
def test_a_shell_on_docker(person: Person, width: int, height: int) -> None:
    terminal = Terminal(person.command, person.environ, width=width, height=height)
    try:
        terminal.see("No services in this cluster")
        task_id = run_a_task(person)
        go(terminal, "tasks", "Tasks")
        see_it_run(terminal)
        terminal.press("s")
        terminal.see("/ #")
        terminal.resize(width - 9, height - 3)
        size = f"{height - 3} {width - 9}"
        say(terminal, "while sleep 0.1; do stty size; done", lambda screen: size in screen)
        terminal.press("C-c")
        terminal.resize(width, height)
        say(terminal, "clear", lambda screen: screen.startswith("/ #\n"))
        reckon(terminal)
        terminal.press("C-d")
        terminal.see("ended with 0", "STATUS")
        terminal.press("s")
        terminal.see("/ #")
        terminal.type("sleep 4242")
        terminal.press("Enter")
        terminal.press("C-p", "C-q")
        terminal.see("was hung up", "STATUS")
    finally:
        terminal.close()
    until_it_is_over = "while ps | grep -q '[s]leep 4242'; do sleep 0.1; done"
    script = f"{until_it_is_over}; ps; exit 5"
    words = [*person.command, "exec", task_id, "--", "sh", "-c", script]
    done = subprocess.run(
        words, env=os.environ | person.environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 5, done.stderr
    assert "sleep 100000" in done.stdout


def run_a_task(person: Person) -> str:
    container = {
        "name": "app",
        "image": "busybox:stable",
        "memory": 32,
        "command": ["sleep", "100000"],
        "stopTimeout": 1,
    }
    family = {"family": "app", "containerDefinitions": [container]}
    person.run("call", "RegisterTaskDefinition", json.dumps(family))
    answer = json.loads(person.run("call", "RunTask", '{"taskDefinition": "app"}'))
    return str(answer["tasks"][0]["taskArn"]).rsplit("/", 1)[-1]
