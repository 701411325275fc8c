"""Form and JSON as panes of one editor, and the commands around them."""

import json
import os
import stat
from contextlib import contextmanager

import pytest
from textual.widgets import Input

from ecstui.ui.screens.diff import DiffScreen
from ecstui.ui.screens.dry_run import DryRunModal
from ecstui.ui.screens.editor_acts import NotesModal
from tests.ui.plane_app import SIZES, bench
from tests.ui.test_editor import change, edit, lost


@pytest.fixture
def drafts(tmp_path):
    return tmp_path / "drafts"


def document(screen):
    return json.loads(screen.editor.text)


def app_member(screen, name):
    return document(screen)["containerDefinitions"][0].get(name)


def row_of(screen):
    """The row with the form's cursor."""
    assert screen.form.row is not None
    return screen.form.row


def go(screen, *path):
    """Put the form's cursor on a row."""
    screen.form.input.focus()
    screen.form.go_to(path)
    if row_of(screen).kind == "head":
        screen.form.move(1)


async def put(b, screen, text):
    """Type into the row of the cursor in the place of what is there, and go on."""
    screen.form.input.value = ""
    await b.press(*({" ": "space"}.get(c, c) for c in text), "enter")


APP = ("containerDefinitions", 0)


@pytest.mark.parametrize("size", SIZES)
async def test_form_and_json_are_one_document(size, drafts):
    async with bench(size, drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b, layout="split")
        assert screen.form.has_input
        go(screen, *APP, "cpu")
        await put(b, screen, "512")
        assert app_member(screen, "cpu") == 512
        screen.editor.check_now()
        assert "● edited" in b.text
        await change(b, screen, '"memory": 64', '"memory": 99')
        go(screen, *APP, "memory")
        await b.pilot.pause()
        assert screen.form.input.value == "99"
        await b.press("ctrl+z", "ctrl+z")
        await b.pilot.pause()
        assert (app_member(screen, "memory"), app_member(screen, "cpu")) == (64, 64)
        assert screen.form.input.value == "64"
        await b.press("ctrl+y")
        assert app_member(screen, "cpu") == 512


async def test_what_is_typed_comes_into_the_json_when_typing_pauses(drafts):
    async with bench((120, 40), drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b, layout="split")
        go(screen, *APP, "image")
        await b.press("end", "0")
        await b.until(lambda: app_member(screen, "image") == "demo/web:10")
        assert screen.form.input.value == "demo/web:10"
        await b.shows('"image": "demo/web:10"')


async def test_an_error_is_at_the_field_and_at_the_line_and_f7_fixes_it(drafts):
    async with bench((120, 40), drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b, layout="split")
        go(screen, "memory")
        await put(b, screen, "32")
        screen.editor.check_now()
        await b.pilot.pause()
        lines = [line for line in b.text.split("\n") if "memory" in line.lower() and "✗" in line]
        assert any(line.index("✗") < 58 for line in lines), b.text
        assert any(line.rindex("✗") > 58 for line in lines), b.text
        await b.press("f7")
        await b.shows("✓ valid")
        assert document(screen)["memory"] == "64"
        assert "^z takes it back" in b.app.said[-1].text
        await b.press("f7")
        assert "no fix that is certain" in b.app.said[-1].text


async def test_choices_flags_lists_and_containers(drafts):
    async with bench((120, 40), drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b, layout="form")
        go(screen, "networkMode")
        await b.press("right", "right")
        assert document(screen)["networkMode"] == "awsvpc"
        await b.press("left", "left")
        assert "networkMode" not in document(screen)
        go(screen, *APP, "essential")
        await b.press("space")
        assert app_member(screen, "essential") is False
        await b.press("space", "x")
        assert app_member(screen, "essential") is True
        go(screen, *APP, "environment", 0)
        await put(b, screen, "A=1")
        await put(b, screen, "B=2")
        assert [p["name"] for p in app_member(screen, "environment")] == ["A", "B"]
        await b.press("ctrl+down")
        assert row_of(screen).kind == "container"
        await put(b, screen, "side")
        assert row_of(screen).path == ("containerDefinitions", 1, "image")
        assert document(screen)["containerDefinitions"][1]["name"] == "side"
        await b.press("ctrl+up", "delete")
        assert len(document(screen)["containerDefinitions"]) == 1


async def test_a_value_that_cannot_be_read_stays_with_its_reason(drafts):
    async with bench((80, 24), drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b, layout="form")
        go(screen, *APP, "cpu")
        await put(b, screen, "much")
        await b.shows("must be a whole number")
        assert screen.form.input.value == "much"
        await b.press("ctrl+z")
        assert screen.form.input.value == "64"


async def test_json_that_is_half_typed_is_no_form(drafts):
    async with bench((120, 40), drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b, layout="split")
        await change(b, screen, '"cpu": 64,', '"cpu": ')
        await b.shows("The JSON is not whole at the moment")
        await b.press("down", "x", "enter")
        await change(b, screen, '"cpu": ', '"cpu": 64,')
        await b.shows("CONTAINER 1/1")


@pytest.mark.parametrize(("size", "layouts"), [((80, 24), 2), ((120, 40), 3)])
async def test_f6_goes_round_the_layouts_and_tab_between_the_panes(size, layouts, drafts):
    async with bench(size, drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b, layout="form")
        seen = []
        for _ in range(layouts):
            seen.append((screen.query_one("#form").display, screen.query_one("#editor").display))
            await b.press("f6")
        assert len(set(seen)) == layouts
        assert screen.query_one("#form").display
        assert screen.form.has_input
        await b.press("tab")
        assert screen.editor.area.has_focus
        await b.press("shift+tab")
        assert screen.form.has_input


async def test_the_cursors_follow_each_other(drafts):
    async with bench((120, 40), drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b, layout="split")
        while row_of(screen).path != (*APP, "image"):
            await b.press("down")
        row, _ = screen.editor.area.cursor_location
        assert '"image"' in screen.editor.text.split("\n")[row]
        await b.press("tab", "down")
        await b.pilot.pause()
        assert row_of(screen).path == (*APP, "cpu")


async def test_completion_in_the_json_pane(drafts):
    async with bench((120, 40), drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        await change(b, screen, '"family": "web",', '"family": "web", "netw')
        row = next(i for i, t in enumerate(screen.editor.text.split("\n")) if "netw" in t)
        screen.editor.area.move_cursor((row, len(screen.editor.text.split("\n")[row])))
        await b.press("tab")
        assert '"networkMode": ' in screen.editor.text
        await b.press("ctrl+@")
        await b.shows("awsvpc")
        await b.press("enter")
        assert '"networkMode": "bridge"' in screen.editor.text


# ---------------------------------------------------------------- f2, f3, f4, import


def sides(b):
    assert isinstance(b.app.screen, DiffScreen)
    return [side.title for side in b.app.screen.sides]


@pytest.mark.parametrize("size", SIZES)
async def test_f2_lets_one_choose_the_revision(size, drafts):
    async with bench(size, drafts=drafts) as b:
        await b.town.definition("web", image="demo/web:1")
        await b.town.definition("web", image="demo/web:2")
        await edit(b)
        await b.press("f2")
        await b.shows("web:3 beside")
        assert "it began as this" in b.words or size[0] < 80
        await b.press("down", "enter")
        await b.until(lambda: isinstance(b.app.screen, DiffScreen))
        assert sides(b)[0] == "web:1"
        await b.press("escape", "f2", "down", "down", "enter")
        await b.shows("family or family:revision")
        await b.type("gone:1")
        await b.press("enter")
        await b.shows("There is no such revision.")
        await b.type("web:2")
        await b.press("enter")
        await b.until(lambda: isinstance(b.app.screen, DiffScreen))
        assert sides(b)[0] == "web:2"


@pytest.mark.parametrize("size", SIZES)
async def test_f3_says_who_could_take_it_and_what_is_done_otherwise(size, drafts):
    async with bench(size, drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        role = '"taskRoleArn": "arn:aws:iam::000000000000:role/x", "networkMode": "awsvpc"'
        await change(b, screen, '"family": "web",', f'"family": "web", {role},')
        await b.press("f3")
        assert isinstance(b.app.screen, DryRunModal)
        await b.shows("3 of 3 instances could take a task now")
        if size[1] > 30:
            await b.shows("taskRoleArn: no role is assumed")
            await b.shows("networkMode: awsvpc: a pause container owns the namespace")
        await b.press("escape")
        await change(b, screen, '"memory": 64', '"memory": 99999')
        await b.press("f3")
        await b.shows("0 of 3 instances could take a task now")
        await b.press("escape")
        await change(b, screen, '"memory": 99999', '"memory": 1')
        await b.press("f3")
        assert not b.app.screen.is_modal
        assert "Not yet: 1 error" in b.app.said[-1].text


@contextmanager
def nothing():
    yield


def script(tmp_path, monkeypatch, lines):
    path = tmp_path / "editor"
    path.write_text("#!/bin/sh\n" + lines)
    path.chmod(0o755)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"{path} --wait")


async def test_f4_brings_back_what_was_saved(drafts, tmp_path, monkeypatch):
    note = tmp_path / "note"
    script(tmp_path, monkeypatch, f'stat -c "%a %n" "$2" > {note}\nsed -i s/web:1/web:7/ "$2"\n')
    async with bench(drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        monkeypatch.setattr(b.app, "suspend", nothing)
        await b.press("f4")
        assert app_member(screen, "image") == "demo/web:7"
        mode, path = note.read_text().split()
        assert mode == "600"
        assert not os.path.exists(path)  # noqa: PTH110
        assert any("web:7" in text for text in [screen.editor.text])
        await b.press("ctrl+z")
        assert app_member(screen, "image") == "demo/web:1"


async def test_f4_keeps_bad_json_and_shows_what_is_wrong(drafts, tmp_path, monkeypatch):
    script(tmp_path, monkeypatch, 'printf \'{"family": \\033[2J\' > "$2"\n')
    async with bench((120, 40), drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b, layout="split")
        monkeypatch.setattr(b.app, "suspend", nothing)
        await b.press("f4")
        assert screen.editor.text == '{"family": \\u001b[2J'
        await b.shows("✗ 1 error")
        assert screen.editor.area.has_focus


@pytest.mark.parametrize(
    ("lines", "words"),
    [("exit 3\n", "ended with 3"), ('head -c 2000000 /dev/zero > "$2"\n', "longer than"),
     ('printf "\\377" > "$2"\n', "not text in UTF-8"), ('rm "$2"\n', "no such file")],
)  # fmt: skip
async def test_f4_says_why_nothing_came_back(lines, words, drafts, tmp_path, monkeypatch):
    script(tmp_path, monkeypatch, lines)
    async with bench(drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        text = screen.editor.text
        monkeypatch.setattr(b.app, "suspend", nothing)
        await b.press("f4")
        assert words in b.app.said[-1].text
        assert screen.editor.text == text


async def test_f4_without_an_editor_or_a_terminal(drafts, monkeypatch):
    async with bench(drafts=drafts) as b:
        await b.town.definition("web")
        await edit(b)
        await b.press("f4")
        assert "cannot be handed to another program" in b.app.said[-1].text
        monkeypatch.setattr(b.app, "suspend", nothing)
        monkeypatch.delenv("VISUAL", raising=False)
        monkeypatch.setenv("EDITOR", "/no/such/program")
        await b.press("f4")
        assert "no such file" in b.app.said[-1].text


@pytest.mark.parametrize("size", SIZES)
async def test_a_compose_file_is_imported_and_its_notes_shown(size, drafts, tmp_path):
    path = tmp_path / "docker-compose.yml"
    path.write_text(
        "services:\n  a:\n    image: i\n    networks: [n]\n    container_name: '\x85'\n"
    )
    async with bench(size, drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        await b.press("ctrl+o")
        b.app.screen.query_one(Input).value = str(path)
        await b.press("enter")
        await b.until(lambda: isinstance(b.app.screen, NotesModal))
        await b.shows("line 4: services.a.networks: a task has one network")
        await b.press("escape")
        assert document(screen)["family"] == "web"
        assert app_member(screen, "image") == "i"
        await b.press("ctrl+z")
        assert app_member(screen, "image") == "demo/web:1"
        assert lost(drafts) == []


def test_files_of_the_editor_belong_to_their_owner(tmp_path, monkeypatch):
    from ecstui.ui.outside_editor import edit_outside, editor_command

    assert editor_command({"EDITOR": "e", "VISUAL": "v -w"}) == ["v", "-w"]
    assert editor_command({"EDITOR": "'"}) == ["vi"]
    script(tmp_path, monkeypatch, f'stat -c %a "$(dirname "$2")" > {tmp_path}/mode\n')
    assert edit_outside("x", os.environ).text == "x"
    assert (tmp_path / "mode").read_text().strip() == "700"
    assert stat.S_IMODE((tmp_path / "editor").stat().st_mode) == 0o755
