"""Every command of the registry: its key does what its action does, on a screen that has it.

What each action does is told by the tests of its screen; here none is forgotten, none is dead, and
none of them breaks the screens.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from ecstui.ui.keymap import Command
from ecstui.ui.preset_k9s import PRESET
from ecstui.ui.screens.base import EcsScreen
from ecstui.ui.text import clean
from tests.support.simloop import SimLoop
from tests.ui.stills import SCENES, Scene, anywhere, settled
from tests.ui.town import app_of, town_pilot

HOMES: Mapping[str, str] = {
    "global": "services",
    "list": "services",
    "services": "services",
    "service": "service",
    "deployments": "deployments",
    "tasks": "tasks",
    "task": "task",
    "task_definitions": "task-definitions",
    "capacity": "capacity",
    "ports": "ports",
    "forwards": "forwards",
    "instances": "instances",
    "tree": "tree",
    "events": "events",
    "logs": "logs",
    "text": "logs",
    "editor": "editor-json",
    "document": "describe",
    "diff": "diff",
}
"""The still of the screen on which the commands of a group are pressed."""
ELSEWHERE: Mapping[str, str] = {"list.related": "ports"}
"""Commands that the home of their group has not, and the still that has them."""
SHARED: Mapping[str, str] = {"editor.close": "global.back"}
"""Commands that share their key with another one of the screen, which runs them."""


def home_of(command: Command) -> Scene:
    return SCENES[ELSEWHERE.get(command.id, HOMES[command.group])]


@pytest.mark.parametrize("command", PRESET, ids=lambda command: command.id)
def test_a_key_runs_its_action(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    with anywhere(), asyncio.Runner(loop_factory=SimLoop) as runner:
        runner.run(press(home_of(command), command, monkeypatch))


async def press(scene: Scene, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    async with town_pilot(scene.town(), size=(120, 40)) as pilot:
        app = app_of(pilot)
        scene.show(app)
        await settled(pilot)
        for key in scene.keys:
            await pilot.press(key)
        await settled(pilot)
        wanted = SHARED.get(command.id, command.id)
        active = [one for one in app.screen.active_bindings.values() if one.binding.id == wanted]
        assert active, f"nothing on {app.screen} has it"
        node = active[0].node
        name = f"action_{command.action}"
        real, ran = getattr(type(node), name), []

        def noted(self: object) -> object:
            ran.append(name)
            return real(self)

        monkeypatch.setattr(type(node), name, noted)
        why_not = node.why_not(command.action) if isinstance(node, EcsScreen) else None
        said = len(app.said)
        await pilot.press(command.keys[0])
        await settled(pilot)
        if why_not is None:
            assert ran == [name]
        else:
            assert not ran
            assert clean(why_not) in [one.text for one in list(app.said)[said:]]
