import pytest
from textual import on
from textual.widgets import OptionList

from ecstui.ui.json_text import Problem, json_problems
from ecstui.ui.widgets import json_editor
from ecstui.ui.widgets.json_editor import JsonEditor
from tests.ui.conftest import WidgetApp, screen_text, until

TEXT = '{\n  "family": "api",\n  "memory": 2048\n}'


def check(document):
    if document["memory"] > 1024:
        yield ("memory",), "more than the task's 1024"
    if "cpu" not in document:
        yield ("cpu",), "is needed"


def validate(text: str) -> list[Problem]:
    return json_problems(text, check)


class EditorApp(WidgetApp):
    def __init__(self, text: str = TEXT, **options):
        self.drafts: list[str] = []
        self.checks = 0
        self.editor = JsonEditor(text, validate=validate, save_draft=self.drafts.append, **options)
        super().__init__(self.editor)

    def on_mount(self):
        self.editor.area.focus()

    @on(JsonEditor.Checked)
    def count(self):
        self.checks += 1


async def test_problems_are_listed_marked_and_underlined(size):
    app = EditorApp()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        lines = screen_text(app)
        assert lines[0] == "1✗ {"
        assert lines[2] == '3✗   "memory": 2048'
        assert lines[-2] == "✗ 1:1  cpu  is needed"
        assert lines[-1] == "✗ 3:13  memory  more than the task's 1024"
        assert app.editor.summary == "2 errors"
        underlined = [
            segment.text
            for segment in app.editor.area.render_line(2)
            if segment.style and segment.style.underline
        ]
        assert "".join(underlined) == "2048"


async def test_tokens_have_colours():
    app = EditorApp()
    async with app.run_test():
        colours = {
            segment.text.strip(): segment.style.color
            for segment in app.editor.area.render_line(1)
            if segment.style
        }
        assert len({colours['"family"'], colours['"api"'], colours[":"]}) == 3


async def test_it_checks_when_typing_pauses(size):
    app = EditorApp('{"memory": 1, "cpu": 1}')
    async with app.run_test(size=size) as pilot:
        assert app.editor.is_valid
        checks = app.checks
        await pilot.press("end", "backspace")
        assert app.checks == checks
        await until(pilot, lambda: not app.editor.is_valid)
        await pilot.press("}")
        await until(pilot, lambda: app.editor.is_valid)
        assert "✗" not in "".join(screen_text(app))


async def test_the_problem_list_leads_to_the_place(size):
    app = EditorApp()
    async with app.run_test(size=size) as pilot:
        await pilot.press("f8")
        assert app.editor.area.cursor_location == (2, 12)
        await pilot.press("f8")
        assert app.editor.area.cursor_location == (0, 0)
        await pilot.press("shift+f8")
        assert app.editor.area.cursor_location == (2, 12)
        app.editor.area.move_cursor((0, 0))
        listed = app.query_one(OptionList)
        listed.focus()
        listed.highlighted = 1
        await pilot.press("enter")
        assert app.editor.area.cursor_location == (2, 12)
        assert app.editor.area.has_focus


async def test_undo_and_redo_bring_keys_back():
    app = EditorApp()
    async with app.run_test() as pilot:
        await pilot.press("x", "y")
        assert app.editor.text.startswith("xy{")
        await pilot.press("ctrl+z")
        assert app.editor.text == TEXT
        await pilot.press("ctrl+y")
        assert app.editor.text.startswith("xy{")


async def test_formatting_is_one_step_that_can_be_undone():
    app = EditorApp('{"memory":1,"cpu":2}')
    async with app.run_test() as pilot:
        await pilot.press("f5")
        assert app.editor.text == '{\n  "memory": 1,\n  "cpu": 2\n}'
        await pilot.press("ctrl+z")
        assert app.editor.text == '{"memory":1,"cpu":2}'


async def test_enter_indents_and_opens_brackets():
    app = EditorApp("")
    async with app.run_test() as pilot:
        await pilot.press("{", "}", "left", "enter", *'"a": 1')
        assert app.editor.text == '{\n  "a": 1\n}'
        await pilot.press(",", "enter", "x")
        assert app.editor.text == '{\n  "a": 1,\n  x\n}'


async def test_drafts_are_handed_over_and_the_last_one_with_the_end(size, monkeypatch):
    monkeypatch.setattr(json_editor, "DRAFT_SECONDS", 600)
    app = EditorApp()
    async with app.run_test(size=size) as pilot:
        assert app.drafts == []
        await pilot.press("x")
        assert app.editor._draft_timer is not None
        app.editor.save_draft_now()
        await pilot.press("y")
    assert app.drafts == [f"x{TEXT}", f"xy{TEXT}"]


async def test_a_refused_registration_is_shown_like_a_problem():
    app = EditorApp('{"memory": 1, "cpu": 1}')
    async with app.run_test() as pilot:
        app.editor.show_problems([Problem(1, 2, "memory", "ClientException: no [such] thing")])
        await pilot.pause()
        assert screen_text(app)[-1] == "✗ 1:2  memory  ClientException: no [such] thing"


async def test_changes_against_the_base_are_marked():
    app = EditorApp(
        '{\n  "cpu": 1,\n  "memory": 7,\n  "x": 1\n}', base_text='{\n  "cpu": 1,\n  "memory": 6\n}'
    )
    async with app.run_test() as pilot:
        await pilot.pause()
        assert [line[:2].strip() for line in screen_text(app)[:5]] == ["1", "2", "3~", "4~", "5"]


async def test_escape_is_left_to_the_screen():
    class Screenlike(EditorApp):
        BINDINGS = [("escape", "leave", "leave")]
        left = False

        def action_leave(self):
            self.left = True

    app = Screenlike()
    async with app.run_test() as pilot:
        await pilot.press("escape")
        assert app.left
        assert app.editor.area.has_focus


@pytest.mark.parametrize("text", ["\x1b[31m", "[" * 5000, '{"a": "\t\x00'])
async def test_odd_text_is_drawn(text):
    app = EditorApp(text)
    async with app.run_test() as pilot:
        await pilot.pause()
        assert not app.editor.is_valid


async def test_the_list_keeps_its_place_when_a_check_finds_the_same_again():
    app = EditorApp()
    async with app.run_test() as pilot:
        listed = app.query_one(OptionList)
        listed.focus()
        await pilot.press("end")
        place = listed.highlighted
        assert place
        app.editor.check_now()
        assert listed.highlighted == place
