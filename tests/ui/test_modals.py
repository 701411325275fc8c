import asyncio

import pytest
from textual.widgets import Button

from ecstui.ui.modals.confirm import Confirm
from ecstui.ui.modals.dialog import command_line, fact
from ecstui.ui.modals.form_dialog import FormDialog
from ecstui.ui.widgets.form_fields import Field, NumberField, TextField
from tests.ui.conftest import WidgetApp, screen_text, until

SIZES = [(60, 16), (80, 24), (120, 40)]


async def ask(pilot, app, dialog) -> list[object]:
    answers: list[object] = []
    await app.push_screen(dialog, answers.append)
    await pilot.pause()
    return answers


def text(app) -> str:
    return "\n".join(screen_text(app))


def stop_task(**options) -> Confirm:
    return Confirm(
        "Stop task", "Stop task 7c1e of [api]?", facts=["another one is started"],
        command="aws ecs stop-task --task 7c1e", yes="Stop", **options,
    )  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
async def test_a_question_shows_its_facts_and_its_command(size):
    app = WidgetApp()
    async with app.run_test(size=size) as pilot:
        await ask(pilot, app, stop_task())
        for part in ("Stop task 7c1e of [api]?", "• another one is started", "$ aws ecs stop-task",
                     "No", "Stop"):  # fmt: skip
            assert part in text(app)


@pytest.mark.parametrize("size", [(60, 16), (80, 24)])
async def test_with_many_facts_the_buttons_and_the_command_stay_in_sight(size):
    facts = [f"difference {n} " + "with words enough for more than one row " * 3 for n in range(20)]
    app = WidgetApp()
    async with app.run_test(size=size) as pilot:
        answers = await ask(pilot, app, Confirm("Roll back", "Back?", facts=facts, command="aws x"))
        await until(pilot, lambda: "pgdn more" in text(app))
        for part in ("difference 0", " No ", " Yes ", "$ aws x"):
            assert part in text(app)
        assert "difference 19" not in text(app)
        await pilot.press(*["pagedown"] * 12)
        await until(pilot, lambda: "difference 19" in text(app))
        await pilot.press("pageup", "enter")
        assert answers == [False]


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["enter"], False),
        (["escape"], False),
        (["n"], False),
        (["right", "enter"], True),
        (["tab", "enter"], True),
        (["left", "left", "enter"], False),
    ],
)
async def test_no_is_the_default(keys, answer):
    app = WidgetApp()
    async with app.run_test() as pilot:
        answers = await ask(pilot, app, stop_task())
        await pilot.press(*keys)
        assert answers == [answer]


async def test_one_letter_is_enough_only_for_what_can_be_changed_back():
    app = WidgetApp()
    async with app.run_test() as pilot:
        answers = await ask(pilot, app, stop_task(tier=1))
        await pilot.press("y")
        assert answers == [True]
        answers = await ask(pilot, app, stop_task(tier=2))
        await pilot.press("y")
        assert answers == []


@pytest.mark.parametrize("size", SIZES)
async def test_what_cannot_be_brought_back_wants_its_name(size):
    app = WidgetApp()
    async with app.run_test(size=size) as pilot:
        answers = await ask(pilot, app, stop_task(type_name="search"))
        assert "Type search to confirm:" in text(app)
        await pilot.press(*"sear", "enter")
        assert app.screen.query_one("#yes", Button).disabled
        assert answers == []
        await pilot.press(*"ch")
        await pilot.press("enter", "enter")
        assert answers == [True]


FIELDS: list[Field] = [
    TextField("service_name", "Service", "api"),
    NumberField("desired_count", "Desired", 8),
]


def scale(submit, **options) -> FormDialog:
    return FormDialog("Scale [api]", FIELDS, submit, submit_label="Scale", **options)


@pytest.mark.parametrize("size", SIZES)
async def test_a_refusal_keeps_the_form_open_with_the_error_at_its_field(size):
    tried: list[object] = []

    async def submit(values):
        tried.append(values["desired_count"])
        return {"desired_count": "too many"} if values["desired_count"] > 9 else {}

    app = WidgetApp()
    async with app.run_test(size=size) as pilot:
        answers = await ask(pilot, app, scale(submit))
        await pilot.press("tab", "9", "9", "enter")
        await until(pilot, lambda: "too many" in text(app))
        assert answers == []
        await pilot.press("backspace", "ctrl+s")
        await until(pilot, lambda: answers)
        assert answers == [{"service_name": "api", "desired_count": 9}]
        assert tried == [99, 9]


async def test_values_that_cannot_be_read_are_not_tried():
    async def submit(values):
        raise AssertionError("not to be called")

    app = WidgetApp()
    async with app.run_test() as pilot:
        answers = await ask(pilot, app, scale(submit))
        await pilot.press("tab", "x", "enter")
        await pilot.pause()
        assert "must be a whole number" in text(app)
        await pilot.press("escape")
        assert answers == [None]


async def test_what_would_happen_follows_what_is_typed():
    async def submit(values):
        return {}

    def preview(values):
        return [fact(f"{values.get('desired_count', '?')} tasks"), command_line("aws ecs …")]

    app = WidgetApp()
    async with app.run_test() as pilot:
        await ask(pilot, app, scale(submit, preview=preview, intro="How many?"))
        assert "• 8 tasks" in text(app)
        await pilot.press("tab", "5")
        await pilot.pause()
        assert "• 5 tasks" in text(app)
        await pilot.press("x")
        await pilot.pause()
        assert "• ? tasks" in text(app)


async def test_a_second_enter_does_not_try_twice():
    gate = asyncio.Event()
    tried: list[object] = []

    async def submit(values):
        tried.append(values)
        await gate.wait()
        return {}

    app = WidgetApp()
    async with app.run_test() as pilot:
        answers = await ask(pilot, app, scale(submit))
        await pilot.press("enter", "enter", "ctrl+s")
        gate.set()
        await until(pilot, lambda: answers)
        assert len(tried) == 1


async def test_buttons_do_what_they_say():
    async def submit(values):
        return {}

    app = WidgetApp()
    async with app.run_test(size=(80, 24)) as pilot:
        answers = await ask(pilot, app, scale(submit))
        await pilot.click("#cancel")
        assert answers == [None]
        answers = await ask(pilot, app, scale(submit, dangerous=True))
        await pilot.click("#submit")
        await until(pilot, lambda: answers)
        assert answers[0] is not None
