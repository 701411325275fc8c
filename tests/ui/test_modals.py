import pytest
from textual.widgets import Button

from ecstui.ui.modals.confirm import Confirm
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
