import pytest
from textual import on
from textual.widgets import Input, Select

from ecstui.ui.widgets.form import Check, Form
from ecstui.ui.widgets.form_fields import (
    CheckField,
    Field,
    FieldError,
    NumberField,
    SelectField,
    TextField,
)
from tests.ui.conftest import WidgetApp, screen_text

FIELDS: list[Field] = [
    TextField("service_name", "Service", "api", required=True),
    NumberField("desired_count", "Desired count", 8, help="now 8", maximum=64),
    SelectField(
        "task_definition", "Task definition", [("api:42", "arn:42"), ("api:41", "arn:41")], "arn:42"
    ),
    CheckField("force", "Force new deployment"),
    NumberField("percent", "Percent", None, required=False, whole=False),
]  # fmt: skip


class FormApp(WidgetApp):
    def __init__(self):
        self.form = Form(FIELDS)
        self.changes = 0
        self.submitted = 0
        super().__init__(self.form)

    def on_mount(self):
        self.form.focus_first()

    @on(Form.Changed)
    def changed(self, event):
        if type(event) is Form.Changed:
            self.changes += 1

    @on(Form.Submitted)
    def submit(self):
        self.submitted += 1


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        (NumberField("n", "N"), " 1 000 ", 1000),
        (NumberField("n", "N", whole=False), "0.5", 0.5),
        (NumberField("n", "N", required=False), "", None),
        (TextField("t", "T"), "  x ", "x"),
        (TextField("t", "T"), " ", None),
        (SelectField("s", "S", [("a", "b")], required=False), "", None),
    ],
)
def test_fields_read_what_was_typed(field, typed, value):
    assert field.read(typed) == value


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        (NumberField("n", "N"), "", "is needed"),
        (NumberField("n", "N"), "1.5", "whole number"),
        (NumberField("n", "N", whole=False), "x", "must be a number"),
        (NumberField("n", "N"), "-1", "0 or more"),
        (NumberField("n", "N"), "\u0663", "whole number"),
        (NumberField("n", "N"), "1_0", "whole number"),
        (NumberField("n", "N"), "9" * 20, "too big"),
        (NumberField("n", "N"), "9" * 4_000, "too big"),
        (NumberField("n", "N"), "9" * 20_000, "whole number"),
        (NumberField("n", "N", whole=False), "nan", "must be a number"),
        (NumberField("n", "N", whole=False), "1e999", "must be a number"),
        (NumberField("n", "N", maximum=9), "10", "9 or less"),
        (TextField("t", "T", required=True), " ", "is needed"),
        (SelectField("s", "S", []), "", "choose one"),
    ],
)
def test_fields_say_what_is_wrong(field, typed, words):
    with pytest.raises(FieldError, match=words):
        field.read(typed)


async def test_a_form_gives_its_values_by_name(size):
    app = FormApp()
    async with app.run_test(size=size) as pilot:
        assert app.form.peek()[0] == {
            "service_name": "api", "desired_count": 8, "task_definition": "arn:42",
            "force": False, "percent": None,
        }  # fmt: skip
        await pilot.press("tab", "1", "2", "tab", "tab", "space")
        values, errors = app.form.peek()
        assert errors == {}
        assert (values["desired_count"], values["force"]) == (12, True)
        assert app.changes >= 3
        lines = screen_text(app)
        assert lines[1].split() == ["Desired", "count", "12", "now", "8"]
        assert "[x]" in lines[3]


async def test_an_error_stands_beside_its_field_and_has_the_focus(size):
    app = FormApp()
    async with app.run_test(size=size) as pilot:
        await pilot.press("down", "x")
        app.form.show_errors(app.form.peek()[1])
        await pilot.pause()
        assert "must be a whole number" in screen_text(app)[2]
        assert isinstance(app.focused, Input)
        app.form.show_errors({"service_name": "Invalid [name].", "elsewhere": "No room."})
        await pilot.pause()
        lines = screen_text(app)
        assert "Invalid [name]." in lines[1]
        assert "No room." in lines[6]
        assert not any("whole number" in line for line in lines)
        app.form.show_errors({})
        await pilot.pause()
        assert not any("No room." in line for line in screen_text(app))


async def test_a_value_can_be_written_into_each_kind_of_field():
    app = FormApp()
    async with app.run_test() as pilot:
        app.form.write("desired_count", 3)
        app.form.write("task_definition", "arn:41")
        app.form.write("force", True)
        await pilot.pause()
        values, errors = app.form.peek()
        assert errors == {}
        assert [values[name] for name in ("desired_count", "task_definition", "force")] == [
            3, "arn:41", True,
        ]  # fmt: skip


async def test_enter_in_a_field_submits_and_on_a_box_ticks():
    app = FormApp()
    async with app.run_test() as pilot:
        await pilot.press("enter")
        assert app.submitted == 1
        app.query_one(Check).focus()
        await pilot.press("enter")
        assert app.query_one(Check).value
        assert app.submitted == 1
        await pilot.click(Check)
        assert not app.query_one(Check).value


async def test_a_choice_that_is_not_offered_is_left_open():
    form = Form([SelectField("s", "S", [("a", "a")], "gone")])
    app = WidgetApp(form)
    async with app.run_test():
        assert app.query_one(Select).is_blank()
        assert "s" in form.peek()[1]
