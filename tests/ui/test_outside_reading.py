"""`E` in text views: the person's editor gets a copy to read, which goes when it ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ecstui.ui import routes
from ecstui.ui.outside_reading import file_stem
from ecstui.ui.screens.diff import DiffScreen
from ecstui.ui.screens.document import DocumentScreen
from ecstui.ui.screens.logs import LogsScreen
from tests.factories import NAMES
from tests.ui.conftest import until
from tests.ui.test_screens_services import at
from tests.ui.town import app_of, town_pilot


@contextmanager
def a_terminal_that_can_be_given_away() -> Iterator[None]:
    yield


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that keeps what it was given, and the folder that it keeps it in."""
    kept = tmp_path / "kept"
    program = tmp_path / "keep"
    program.write_text(
        f'#!/bin/sh\ntest ! -w "$1" || id -u | grep -q ^0$ && mkdir {kept} && cp "$1" {kept}/\n'
        f'echo "$1" > {tmp_path}/path\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(program))
    return kept


async def read_with_e(pilot, kept: Path, monkeypatch) -> str:
    monkeypatch.setattr(app_of(pilot), "suspend", a_terminal_that_can_be_given_away)
    await pilot.press("E")
    path = kept.parent / "path"
    await until(pilot, path.exists)
    await until(pilot, lambda: bool(path.read_text()))
    folder = Path(path.read_text().strip()).parent
    await until(pilot, lambda: not folder.exists())
    (copy,) = kept.iterdir()
    return copy.name + "\n" + copy.read_text()


async def test_lines_of_the_log_desk_with_time_and_source(editor: Path, monkeypatch):
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await at(pilot, "mailer")
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, LogsScreen))
        await until(pilot, lambda: "mailer says 2" in app.shown)
        name, *lines = (await read_with_e(pilot, editor, monkeypatch)).splitlines()
        assert name == "ecstui.log"
        assert [line.split(" ", 2)[2] for line in lines if "says" in line] == [
            f"mailer says {number}" for number in range(3)
        ]
        assert lines[0].startswith("2023-11-14T22:13:20.000000+00:00 ")


async def test_a_document_as_it_is_shown(editor: Path, monkeypatch):
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await at(pilot, "mailer")
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, DocumentScreen))
        await until(pilot, lambda: "serviceName" in app.shown)
        text = await read_with_e(pilot, editor, monkeypatch)
        assert text.startswith("mailer.json\n{")
        assert '"serviceName": "mailer"' in text


async def test_the_differences_of_two_revisions(editor: Path, monkeypatch):
    async with town_pilot() as pilot:
        app = app_of(pilot)
        old, new = (NAMES.task_definition("api", revision) for revision in (41, 42))
        routes.open_diff(app, old, new)
        await until(pilot, lambda: isinstance(app.screen, DiffScreen))
        await pilot.pause()
        name, *lines = (await read_with_e(pilot, editor, monkeypatch)).splitlines()
        assert name == "api-41-api-42.diff"
        assert any("+" in line and "shop/api:1.42.0" in line for line in lines)


async def test_where_the_terminal_cannot_be_given_away_it_is_said(editor: Path):
    async with town_pilot() as pilot:
        app = app_of(pilot)
        await at(pilot, "mailer")
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, DocumentScreen))
        await pilot.press("E")
        await until(pilot, lambda: any("cannot be given" in said.text for said in app.said))
        assert not editor.exists()


async def test_an_editor_that_is_not_there_is_said(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("VISUAL", str(tmp_path / "none"))
    async with town_pilot() as pilot:
        app = app_of(pilot)
        monkeypatch.setattr(app, "suspend", a_terminal_that_can_be_given_away)
        await at(pilot, "mailer")
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, DocumentScreen))
        await pilot.press("E")
        await until(pilot, lambda: any("no such file" in said.text for said in app.said))


@pytest.mark.parametrize(
    ("words", "stem"), [("api:42", "api-42"), ("../x/\x1b[31m", "x-31m"), ("--", "ecstui")]
)
def test_names_of_files_are_harmless(words, stem):
    assert file_stem(words) == stem
