"""The screens over a real control plane on a simulated engine, in this process and in real time.

What a dialog sends is carried out or refused by the operations themselves, and what comes of it can
be looked at in the records.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Button, Input

from ecstui.base.errors import EcsError
from ecstui.client.local import LocalClient
from ecstui.engine.behaviour import Behaviour
from ecstui.model.shape import Request
from ecstui.plan.pace import PACES, PaceName
from ecstui.store.tables import View
from ecstui.ui.app import EcsTui
from ecstui.ui.theme import packaged_folder
from tests.support.town import Town
from tests.ui.conftest import screen_text, until

CLUSTER = "default"
QUICK = replace(PACES[PaceName.LOCAL], settling_seconds=0.02)
PROMPT = Behaviour(
    pull_seconds=0.01, create_seconds=0.01, start_seconds=0.01, stops_after_seconds=0.01
)
"""Images that keep nobody waiting."""
SIZES = [(60, 16), (80, 24), (120, 40)]


class Calls(LocalClient):
    """Notes what was asked; may be told to refuse, to be unreachable, or not to answer yet."""

    def __init__(self, plane: Any) -> None:
        super().__init__(plane)
        self.made: list[Request[Any]] = []
        self.refusal: Exception | None = None
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def call(self, request: Request[Any]) -> Any:
        self.made.append(request)
        await self.may_answer.wait()
        if self.refusal is not None:
            raise self.refusal
        return await super().call(request)

    def of(self, kind: type[Request[Any]]) -> list[Any]:
        """The requests of one operation."""
        return [request for request in self.made if isinstance(request, kind)]


@dataclass
class Bench:
    """A running app, the plane behind it, and short words for what tests do with them."""

    pilot: Pilot[None]
    app: EcsTui
    town: Town
    client: Calls

    @property
    def view(self) -> View:
        return self.client.view

    @property
    def text(self) -> str:
        """What is on the screen; of a dialog, what is in its frame."""
        frames = self.app.screen.query(".frame") if self.app.screen.is_modal else ()
        lines = screen_text(self.app)
        for frame in frames:
            area = frame.region
            lines = [line[area.x : area.right] for line in lines[area.y : area.bottom]]
        return "\n".join(lines)

    @property
    def words(self) -> str:
        """The same without line breaks, borders and runs of spaces."""
        return " ".join(self.text.replace("│", " ").split())

    async def show(self, dialog: Screen[Any]) -> list[Any]:
        """Open a dialog; its answer comes into the list."""
        answers: list[Any] = []
        await self.app.push_screen(dialog, answers.append)
        await self.pilot.pause()
        await self.pilot.pause()
        return answers

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Put text in the place of what is in the focused field."""
        focused = self.app.focused
        assert isinstance(focused, Input)
        focused.value = ""
        for character in text:
            await self.pilot.press({" ": "space"}.get(character, character))
        await self.pilot.pause()

    async def fill(self, **values: Any) -> None:
        """Put texts into fields by name, wherever the focus is."""
        from ecstui.ui.widgets.form import FieldRow

        for row in self.app.screen.query(FieldRow):
            if row.field.name in values:
                row.write(values[row.field.name])
        await self.pilot.pause()
        await self.pilot.pause()

    async def until(self, condition: Any) -> None:
        await until(self.pilot, condition)

    async def shows(self, words: str) -> None:
        """Wait until the words are on the screen, whatever the line breaks."""

        def is_there() -> bool:
            return words in self.words

        try:
            await self.until(is_there)
        except AssertionError:
            raise AssertionError(f"{words!r} is not in\n{self.text}") from None

    @property
    def focused_label(self) -> str:
        """The label of the focused button; empty for anything else."""
        focused = self.app.focused
        return str(focused.label) if isinstance(focused, Button) else ""


@asynccontextmanager
async def bench(
    size: tuple[int, int] = (80, 24),
    *,
    drafts: Path | None = None,
    town: Town | None = None,
    theme: str = "harbor-dark",
    read_only: bool = False,
) -> AsyncGenerator[Bench]:
    """An app over a plane with three instances in three zones."""
    town = town or Town(instances=3, cpu_units=2048, memory_mib=2048, pace=QUICK)
    town.image("*", PROMPT)
    await town.open()
    client = Calls(town.plane)
    app = EcsTui(
        client,
        cluster=CLUSTER,
        theme_name=theme,
        theme_folders=[packaged_folder()],
        drafts=drafts,
        read_only=read_only,
        now=town.clock.now,
    )
    app.animation_level = "none"
    try:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            yield Bench(pilot, app, town, client)
    finally:
        await town.close()


def refused(code: str, message: str, field: str | None = None) -> EcsError:
    """A refusal, as the plane could give it."""
    return EcsError(message, field=field, code=code)
