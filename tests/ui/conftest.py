"""Sizes that every screen is tried at, and an app for one widget at a time."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.widget import Widget

from ecstui.ui.keys_in_turn import KeysInTurn
from ecstui.ui.theme import DEFAULT_THEME, packaged_folder
from ecstui.ui.themed_app import ThemedApp

NOW = 1_700_000_000.0


class WidgetApp(ThemedApp):
    """Shows the widgets that it is given, at a time that stands still, without animations."""

    def __init__(
        self,
        *widgets: Widget,
        now: Callable[[], float] = lambda: NOW,
        theme_name: str = DEFAULT_THEME,
        folders: tuple[Path, ...] = (packaged_folder(),),
        ascii_glyphs: bool = False,
    ) -> None:
        super().__init__(
            now, theme_name=theme_name, theme_folders=folders, ascii_glyphs=ascii_glyphs
        )
        self.widgets = widgets
        self.animation_level = "none"

    def compose(self) -> ComposeResult:
        yield from self.widgets


@pytest.fixture(params=[(80, 24), (120, 40)], ids=["80x24", "120x40"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    """The two terminal sizes that everything must look right at."""
    width, height = request.param
    return width, height


def screen_text(app: ThemedApp, *, right: int = 0) -> list[str]:
    """The lines of the screen without trailing spaces, and without the last `right` columns."""
    width, height = app.size
    width -= right
    lines = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in line)[:width].rstrip() for line in lines[:height]]


@pytest.fixture(autouse=True)
def _pressed_keys_are_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pilot goes on when its keys have done what they do: the app hands them on in turn."""
    wait = Pilot._wait_for_screen

    async def wait_for_keys(pilot: Pilot[None]) -> bool:
        app = pilot.app
        await wait(pilot)
        for _ in range(1000):
            if not (isinstance(app, KeysInTurn) and app.is_running and app._is_busy):
                break
            await asyncio.sleep(0.001)
        return await wait(pilot)

    monkeypatch.setattr(Pilot, "_wait_for_screen", wait_for_keys)


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    """Let the app run until the condition holds; fails after a generous number of turns."""
    for _ in range(6000):
        if condition():
            return
        await pilot.pause(0.005)
    raise AssertionError("it never came to pass")
