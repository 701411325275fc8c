import json
from pathlib import Path

import pytest
from textual.widgets import OptionList

from ecstui.base.errors import DaemonUnreachableError
from ecstui.model.requests.definitions import RegisterTaskDefinitionRequest
from ecstui.store.kinds import TASK_DEFINITIONS
from ecstui.ui import routes
from ecstui.ui.drafts import DraftFolder
from ecstui.ui.modals.run_task import RunTaskModal
from ecstui.ui.modals.update_service import UpdateServiceModal
from ecstui.ui.screens.diff import DiffScreen
from ecstui.ui.screens.editor import EditorScreen
from ecstui.ui.screens.editor_panes import Layout
from ecstui.ui.screens.help import HelpModal
from tests.ui.plane_app import SIZES, bench, refused


async def edit(b, name: str | None = "web", layout: Layout = "json") -> EditorScreen:
    routes.open_editor(b.app, name)
    await b.pilot.pause()
    await b.until(lambda: isinstance(b.app.screen_stack[-1], EditorScreen) or b.app.screen.is_modal)
    await b.pilot.pause()
    screen = next(s for s in b.app.screen_stack if isinstance(s, EditorScreen))
    screen.show_layout(layout)
    await b.pilot.pause()
    return screen


async def change(b, screen: EditorScreen, old: str, new: str) -> None:
    """Replace a part of the text as one edit, and have it checked."""
    text = screen.editor.text
    assert old in text
    before = text[: text.index(old)]
    start = (before.count("\n"), len(before) - (before.rfind("\n") + 1))
    end = (start[0], start[1] + len(old))
    screen.editor.area.replace(new, start, end)
    screen.editor.check_now()
    await b.pilot.pause()


def revisions(b, family="web"):
    return sorted(r.revision for r in b.view.by(TASK_DEFINITIONS, "family", family))


@pytest.fixture
def drafts(tmp_path):
    return tmp_path / "drafts"


def lost(drafts: Path, family="web"):
    return [draft.text for draft in DraftFolder(drafts).lost(family)]


# ---------------------------------------------------------------- checking


@pytest.mark.parametrize("size", SIZES)
async def test_it_begins_with_the_newest_revision_and_checks_as_one_types(size, drafts):
    async with bench(size, drafts=drafts) as b:
        await b.town.definition("web")
        await b.town.definition("web", image="demo/web:2")
        screen = await edit(b)
        assert "web:3 from web:2" in b.text
        assert "unchanged" in b.text
        assert "valid" in b.text
        await change(b, screen, '"memory": 64', '"memory": 2')
        await b.shows("✗ 1 error")
        assert "● edited" in b.text
        assert "containerDefinitions[0].memory" in b.text
        await b.press("f8")
        row, _ = screen.editor.area.cursor_location
        assert '"memory": 2' in screen.editor.text.split("\n")[row]
        await b.press("ctrl+z")
        screen.editor.check_now()
        await b.shows("valid")
        assert "unchanged" in b.text


async def test_keys_are_checked_when_typing_pauses(drafts):
    async with bench(drafts=drafts) as b:
        await b.town.definition("web")
        await edit(b)
        await b.press("end", "x")
        await b.shows("✗ 1 error")
        await b.press("backspace")
        await b.shows("✓ valid")


async def test_the_line_says_what_is_wrong_with_it_and_the_list_leads_there(drafts):
    async with bench((120, 40), drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        await change(b, screen, '"image": "demo/web:1"', '"imgae": "demo/web:1"')
        (line,) = [line for line in b.text.split("\n") if '"imgae"' in line]
        assert "Unknown member 'imgae'. Did you mean" in line
        listed = b.app.screen.query_one(OptionList)
        assert listed.option_count >= 1
        listed.focus()
        await b.press("home", "enter")
        assert screen.editor.area.has_focus
        assert screen.editor.text.split("\n")[screen.editor.area.cursor_location[0]].strip()


async def test_an_older_revision_can_be_the_beginning(drafts):
    async with bench((120, 40), drafts=drafts) as b:
        await b.town.definition("web")
        await b.town.definition("web", image="demo/web:2")
        screen = await edit(b, "web:1")
        assert "web:3 from web:1" in b.text
        assert "demo/web:1" in screen.editor.text
        await b.press("ctrl+s")
        await b.shows("it began as web:1; web:2 came later")
        await b.shows("~ image demo/web:2 → 1")


async def test_beside_the_text_stand_help_changes_and_room(drafts):
    async with bench((120, 40), drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        await change(b, screen, '"cpu": 64', '"cpu": 512')
        screen.editor.area.move_cursor((5, 10))
        await b.shows("~ cpu 64 → 512")
        await b.shows("512 CPU units, 64 MiB a task")
        await b.shows("12 more fit now: zone-a 4, zone-b 4, zone-c 4")
        await b.shows("containerDefinitions[0].image")
        await b.shows("As docker pull takes it.")


async def test_what_is_not_done_here_is_a_warning_and_no_obstacle(drafts):
    async with bench((120, 40), drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        role = '"executionRoleArn": "arn:aws:iam::000000000000:role/x"'
        await change(b, screen, '"family": "web",', f'"family": "web", {role},')
        await b.shows("▲ 1 warning")
        await b.press("ctrl+s")
        await b.shows("Register web:2?")
        await b.shows("1 warning in the text")


# ---------------------------------------------------------------- registering


@pytest.mark.parametrize("size", SIZES)
async def test_registering_shows_the_change_asks_and_makes_a_revision(size, drafts):
    async with bench(size, drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        await change(b, screen, "demo/web:1", "demo/web:2")
        screen.editor.save_draft_now()
        await b.press("ctrl+s")
        await b.shows("Register web:2?")
        await b.shows("~ image demo/web:1 → 2")
        await b.shows("$ aws ecs register-task-definition --cli-input-json file://web.json")
        assert b.focused_label == "Register"
        assert revisions(b) == [1]
        await b.press("enter")
        await b.until(lambda: revisions(b) == [1, 2])
        await b.shows("web:2 is registered")
        assert not any(isinstance(s, EditorScreen) for s in b.app.screen_stack)
        assert lost(drafts) == []


async def test_an_answer_that_comes_below_a_box_closes_the_editor_after_the_box(drafts):
    async with bench(drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        await change(b, screen, "demo/web:1", "demo/web:2")
        b.client.may_answer.clear()
        await b.press("ctrl+s")
        await b.shows("Register web:2?")
        await b.press("enter")
        await b.until(lambda: b.client.of(RegisterTaskDefinitionRequest))
        await b.press("f1")
        await b.until(lambda: isinstance(b.app.screen, HelpModal))
        b.client.may_answer.set()
        await b.until(lambda: any("registered web:2" in said.text for said in b.app.said))
        await b.pilot.pause()
        assert isinstance(b.app.screen, HelpModal)
        await b.press("escape")
        await b.shows("web:2 is registered")
        assert not any(isinstance(s, EditorScreen) for s in b.app.screen_stack)


async def test_back_from_the_question_changes_nothing(drafts):
    async with bench(drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        await change(b, screen, "demo/web:1", "demo/web:2")
        await b.press("ctrl+s")
        await b.shows("Register web:2?")
        await b.press("escape")
        assert b.app.screen is screen
        assert revisions(b) == [1]
        assert "demo/web:2" in screen.editor.text


async def test_what_is_wrong_is_not_sent(drafts):
    async with bench(drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        await change(b, screen, '"demo/web:1"', '""')
        await b.press("ctrl+s")
        assert b.app.screen is screen
        assert b.client.made == []
        assert "Not yet: 1 error" in b.app.said[-1].text
        row, _ = screen.editor.area.cursor_location
        assert '"image": ""' in screen.editor.text.split("\n")[row]


async def test_a_refusal_stands_at_its_member_and_the_text_stays(drafts):
    async with bench((120, 40), drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        await change(b, screen, '"family": "web",', '"family": "web", "tags": [{"key": "aws:x"}],')
        text = screen.editor.text
        await b.press("ctrl+s", "enter")
        await b.shows("InvalidParameterException: A tag's key may not begin with aws:")
        assert screen.editor.text == text
        line, column = screen.editor.area.cursor_location
        assert text.split("\n")[line][column:].startswith('"aws:x"')
        assert revisions(b) == [1]


async def test_without_a_daemon_nothing_is_lost(drafts):
    async with bench(drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        await change(b, screen, "demo/web:1", "demo/web:2")
        b.client.refusal = DaemonUnreachableError("The daemon went away.")
        await b.press("ctrl+s", "enter")
        await b.until(lambda: b.app.said and "went away" in b.app.said[-1].text)
        assert b.app.screen is screen
        assert "demo/web:2" in screen.editor.text
        b.client.refusal = refused("ServerException", "The disk is full.")
        await b.press("ctrl+s", "enter")
        await b.shows("ServerException: The disk is full.")
        assert "demo/web:2" in screen.editor.text


async def test_a_new_family_is_written_from_a_template(drafts):
    async with bench(drafts=drafts) as b:
        screen = await edit(b, None)
        await b.press(*"orders")
        await b.until(lambda: "orders:1" in b.text)
        assert json.loads(screen.editor.text)["family"] == "orders"
        await b.press("ctrl+s")
        await b.shows("the first revision of a new family, orders")
        await b.press("enter")
        await b.until(lambda: revisions(b, "orders") == [1])


async def test_what_comes_next_is_offered(drafts):
    async with bench((120, 40), drafts=drafts) as b:
        arn = await b.town.service("web", 1)
        screen = await edit(b)
        await change(b, screen, "demo/web:1", "demo/web:2")
        await b.press("ctrl+s", "enter")
        await b.shows("web:2 is registered")
        await b.shows("update web runs web:1")
        await b.press("enter")
        await b.until(lambda: isinstance(b.app.screen, UpdateServiceModal))
        await b.shows("~ image demo/web:1 → 2")
        await b.press("ctrl+s")
        await b.until(lambda: b.town.service_record(arn).task_definition.endswith("web:2"))


async def test_a_task_of_the_new_revision_can_be_run_at_once(drafts):
    async with bench(drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        await change(b, screen, "demo/web:1", "demo/web:2")
        await b.press("ctrl+s", "enter")
        await b.shows("web:2 is registered")
        await b.press("enter")
        await b.until(lambda: isinstance(b.app.screen, RunTaskModal))
        await b.shows("web:2")


# ---------------------------------------------------------------- drafts


async def test_what_is_typed_is_kept_and_offered_again(drafts):
    async with bench(drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        await b.press("end", "x")
        await b.until(lambda: list(drafts.glob("*.json")))
        text = screen.editor.text
        assert lost(drafts) == []  # held by this session
        await b.shows("draft")
        await b.press("backspace")
        await b.until(lambda: not list(drafts.glob("*.json")))
        await b.press("y")
        b.app.exit()
    assert lost(drafts) == [text.replace("x", "y", 1)]


@pytest.mark.parametrize("size", SIZES)
async def test_a_draft_is_taken_up(size, drafts):
    folder = DraftFolder(drafts)
    for number, text in enumerate(('{"family": "older"}', '{"family": "web"}')):
        draft = folder.open("web", "web:1")
        draft.save(text, float(number))
        draft.close()
    async with bench(size, drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        await b.shows("A draft of web was kept")
        await b.shows("from web:1")
        await b.press("enter")
        await b.until(lambda: screen.editor.text == '{"family": "web"}')
        assert lost(drafts) == ['{"family": "older"}']
        assert b.app.screen is screen
    assert lost(drafts) == ['{"family": "web"}', '{"family": "older"}']


async def test_a_draft_that_is_not_wanted_now_stays(drafts):
    draft = DraftFolder(drafts).open("web", "web:1")
    draft.save("half", 1.0)
    draft.close()
    async with bench(drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        await b.shows("A draft of web was kept")
        await b.press("escape")
        assert b.app.screen is screen
        assert screen.editor.text != "half"
        await b.press("escape")
        assert b.app.screen is not screen
    assert lost(drafts) == ["half"]


async def test_a_drafts_control_characters_become_escapes(drafts):
    draft = DraftFolder(drafts).open("web", "")
    draft.save('{"family": "\x1b[31m"}', 1.0)
    draft.close()
    async with bench(drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        await b.shows("A draft of web was kept")
        await b.press("enter")
        await b.until(lambda: screen.editor.text == '{"family": "\\u001b[31m"}')
        assert "\x1b" not in b.text


async def test_another_session_is_told_and_its_draft_left_alone(drafts):
    other = DraftFolder(drafts).open("web", "web:1")
    other.save("theirs", 1.0)
    async with bench((120, 40), drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        await b.shows("another session edits web too")
        await change(b, screen, "demo/web:1", "demo/web:2")
        screen.editor.save_draft_now()
        b.app.exit()
    other.close()
    assert "theirs" in lost(drafts)
    assert len(lost(drafts)) == 2


async def test_a_revision_that_came_meanwhile_is_told_and_compared_with(drafts):
    async with bench((120, 40), drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        await change(b, screen, "demo/web:1", "demo/web:9")
        await b.town.definition("web", image="demo/web:2")
        await b.shows("web:2 was registered meanwhile")
        assert "web:3 from web:1" in b.text
        await b.press("ctrl+s")
        await b.shows("Register web:3?")
        await b.shows("~ image demo/web:2 → 9")


async def test_where_no_draft_can_be_kept_it_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    async with bench((120, 40), drafts=tmp_path / "file" / "drafts") as b:
        await b.town.definition("web")
        screen = await edit(b)
        await change(b, screen, "demo/web:1", "demo/web:2")
        await b.shows("draft not kept: not a directory")
        await b.press("escape")
        await b.shows("leaving loses it")
        assert "Keep the draft" not in b.text
        assert b.focused_label == "Stay"


# ---------------------------------------------------------------- leaving


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("keys", "stays", "kept"),
    [
        (["enter"], True, True),
        (["escape"], True, True),
        (["right", "enter"], False, True),
        (["right", "right", "enter"], False, False),
    ],
)
async def test_leaving_asks_and_stays_unless_told_otherwise(size, keys, stays, kept, drafts):
    async with bench(size, drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        await change(b, screen, "demo/web:1", "demo/web:2")
        await b.press("escape")
        await b.shows("web:2 is not registered.")
        await b.press(*keys)
        assert (screen in b.app.screen_stack) is stays
        assert bool(list(drafts.glob("*.json"))) is kept


async def test_nothing_changed_is_left_without_a_question(drafts):
    async with bench(drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        await b.press("escape")
        await b.until(lambda: screen not in b.app.screen_stack)
        assert not b.app.screen.is_modal
    assert list(drafts.iterdir()) == []


async def test_going_elsewhere_keeps_the_draft(drafts):
    async with bench(drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        await b.press("end", "x")
        text = screen.editor.text
        b.app.go_to("tasks")
        await b.until(lambda: screen not in b.app.screen_stack)
        await b.until(lambda: b.app.said and b.app.said[-1].text == "a draft of web is kept")
        await b.until(lambda: lost(drafts) == [text])


# ---------------------------------------------------------------- more


async def test_a_file_is_imported_and_can_be_taken_back(drafts, tmp_path):
    path = tmp_path / "described.json"
    container = {"name": "app", "image": "demo/other:7", "memory": 64}
    path.write_text(json.dumps([container]))
    async with bench(drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        before = screen.editor.text
        await b.press("ctrl+o")
        await b.shows("File")
        await b.type("/nowhere/at/all")
        await b.press("enter")
        await b.shows("No such file")
        await b.type(str(path))
        await b.press("enter")
        await b.until(lambda: b.app.screen is screen)
        assert json.loads(screen.editor.text) == {
            "family": "web", "containerDefinitions": [container],
        }  # fmt: skip
        assert screen.editor.is_valid
        await b.press("ctrl+z")
        assert screen.editor.text == before


async def test_what_is_pasted_cannot_steer_the_terminal(drafts):
    from textual import events

    async with bench(drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        screen.editor.area.post_message(events.Paste("\x1b]0;owned\x07"))
        await b.until(lambda: "owned" in screen.editor.text)
        assert screen.editor.text.startswith("\\u001b]0;owned\\u0007")
        assert "\x1b" not in b.text


async def test_what_the_draft_means_is_told_against_its_base(drafts):
    async with bench((80, 24), drafts=drafts) as b:
        first = await b.town.definition("web")
        await b.town.service("web", 2, first)
        screen = await edit(b)
        await change(b, screen, "demo/web:1", "demo/web:9")
        await b.press("shift+f2")
        await b.until(lambda: isinstance(b.app.screen, DiffScreen))
        await b.shows("web:1 → web:2")
        await b.shows("~ image demo/web:1 → 9")
        await b.shows("moving web to web:2")
        await b.shows("never fewer than 2 healthy, never more than 4 at once")
        await b.press("escape")
        await change(b, screen, "demo/web:9", "")
        await b.press("shift+f2")
        await b.shows("It is told when both are valid.")


async def test_a_draft_of_no_revision_says_so(drafts):
    async with bench((80, 24), drafts=drafts) as b:
        await edit(b, None)
        await b.press("shift+f2")
        await b.shows("It began as no revision: F2 compares it with any.")


async def test_f2_shows_the_difference_to_the_base(drafts):
    async with bench((120, 40), drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        await change(b, screen, "demo/web:1", "demo/web:2")
        await b.press("f2")
        await b.until(lambda: isinstance(b.app.screen, DiffScreen))
        await b.shows("web:1 → web:2")
        await b.shows("~ image demo/web:1 → 2")
        await b.press("escape")
        assert b.app.screen is screen
        assert "demo/web:2" in screen.editor.text


async def test_a_family_that_is_gone_begins_with_the_template(drafts):
    async with bench(drafts=drafts) as b:
        screen = await edit(b, "ghost:3")
        assert json.loads(screen.editor.text)["family"] == "ghost"
        await b.shows("ghost:1")


async def test_read_only_registers_nothing(drafts):
    async with bench(drafts=drafts, read_only=True) as b:
        await b.town.definition("web")
        screen = await edit(b)
        await change(b, screen, "demo/web:1", "demo/web:2")
        await b.press("ctrl+s")
        assert b.app.screen is screen
        assert "Read-only" in b.app.said[-1].text
        assert b.client.of(RegisterTaskDefinitionRequest) == []


async def test_the_keys_are_in_the_footer(drafts):
    async with bench((80, 24), drafts=drafts) as b:
        await b.town.definition("web")
        await edit(b)
        last = b.text.split("\n")[-1]
        for words in ("^s register", "f6 form/JSON", "f7 fix", "f2 diff", "f1 more"):
            assert words in last


async def test_what_is_selected_is_copied_and_pasted(drafts):
    async with bench(drafts=drafts) as b:
        await b.town.definition("web")
        screen = await edit(b)
        await b.press("shift+down", "ctrl+c")
        assert b.app.copied == "{\n"
        screen.editor.area.move_cursor((0, 0))
        await b.press("ctrl+v")
        assert screen.editor.text.startswith("{\n{\n")
