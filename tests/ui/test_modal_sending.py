"""What every dialog that sends a request has of `RequestDialog`, met in those that people meet."""

import pytest
from textual.widgets import Button

from ecstui.base.errors import DaemonUnreachableError
from ecstui.model.requests.services import CreateServiceRequest, UpdateServiceRequest
from ecstui.model.requests.tasks import RunTaskRequest, StopTaskRequest
from ecstui.ui.modals.create_service import CreateServiceModal
from ecstui.ui.modals.run_task import RunTaskModal
from ecstui.ui.modals.scale import ScaleModal
from ecstui.ui.modals.stop_task import StopTaskModal
from ecstui.ui.modals.update_service import UpdateServiceModal
from tests.ui.plane_app import bench


async def a_service(b, count=2):
    arn = await b.town.service("web", count)
    await b.town.steady(arn)
    return arn


async def scaling(b):
    answers = await b.show(ScaleModal(await a_service(b)))
    await b.type("3")
    return answers, UpdateServiceRequest


async def updating(b):
    arn = await a_service(b)
    second = await b.town.definition("web", image="demo/web:2")
    return await b.show(UpdateServiceModal(arn, second)), UpdateServiceRequest


async def creating(b):
    await b.town.definition("web")
    return await b.show(CreateServiceModal("web:1")), CreateServiceRequest


async def running(b):
    await b.town.definition("web")
    return await b.show(RunTaskModal("web:1")), RunTaskRequest


async def stopping(b):
    arn = await a_service(b, 1)
    answers = await b.show(StopTaskModal([task.task_arn for task in b.town.tasks(arn)]))
    await b.press("right")
    assert b.focused_label == "Stop"
    return answers, StopTaskRequest


@pytest.mark.parametrize("open_dialog", [scaling, creating, running])
async def test_a_second_enter_does_not_send_twice(open_dialog):
    async with bench((120, 40)) as b:
        answers, kind = await open_dialog(b)
        b.client.may_answer.clear()
        await b.press("enter", "enter", "ctrl+s")
        assert b.app.screen.query_one("#submit", Button).disabled
        assert answers == []
        b.client.may_answer.set()
        await b.until(lambda: answers)
        assert answers == [True]
        assert len(b.client.of(kind)) == 1


@pytest.mark.parametrize("open_dialog", [updating, stopping])
async def test_a_second_press_of_the_button_neither_sends_twice_nor_cancels(open_dialog):
    async with bench((120, 40)) as b:
        answers, kind = await open_dialog(b)
        b.app.screen.query_one("#submit", Button).focus()
        b.client.may_answer.clear()
        await b.press("enter", "enter", "ctrl+s")
        await b.pilot.click("#submit")
        assert answers == []
        b.client.may_answer.set()
        await b.until(lambda: answers)
        assert answers == [True]
        assert len(b.client.of(kind)) == 1


async def test_a_refused_button_has_the_focus_again():
    async with bench() as b:
        answers, kind = await stopping(b)
        b.client.refusal = DaemonUnreachableError("The daemon went away.")
        await b.press("enter")
        await b.shows("The daemon went away.")
        await b.until(lambda: b.focused_label == "Stop")
        # Textual takes no key on a button that is still drawn as pressed.
        await b.until(lambda: not b.app.screen.query_one("#submit").has_class("-active"))
        b.client.refusal = None
        await b.press("enter")
        await b.until(lambda: answers)
        assert len(b.client.of(kind)) == 2


async def test_what_was_refused_may_be_sent_again():
    async with bench() as b:
        answers, kind = await scaling(b)
        await b.type("5001")
        await b.press("ctrl+s")
        await b.shows("InvalidParameterException: desiredCount must be between 0 and 5000")
        assert not b.app.screen.query_one("#submit", Button).disabled
        assert answers == []
        await b.type("4")
        await b.press("ctrl+s")
        await b.until(lambda: answers)
        assert [request.desired_count for request in b.client.of(kind)] == [5001, 4]


@pytest.mark.parametrize("size", [(60, 16), (80, 24)])
async def test_values_that_cannot_be_read_are_not_sent(size):
    async with bench(size) as b:
        answers, _ = await scaling(b)
        await b.press("x", "enter")
        await b.shows("must be a whole number")
        await b.press("ctrl+s")
        await b.pilot.click("#submit")
        assert b.client.made == []
        await b.press("escape")
        assert answers == [None]


async def test_what_would_come_of_it_follows_what_is_typed():
    async with bench() as b:
        await scaling(b)
        await b.shows("1 more task of web:1")
        await b.shows("--desired-count 3")
        await b.type("4")
        await b.shows("2 more tasks of web:1")
        await b.shows("--desired-count 4")
        await b.press("x")
        await b.until(lambda: "--desired-count" not in b.words)
        assert "more tasks" not in b.words


@pytest.mark.parametrize("open_dialog", [scaling, stopping])
async def test_the_buttons_do_what_they_say(open_dialog):
    async with bench() as b:
        answers, kind = await open_dialog(b)
        await b.pilot.click("#cancel")
        await b.until(lambda: answers)
        assert answers == [None]
        assert b.client.made == []
    async with bench() as b:
        answers, kind = await open_dialog(b)
        await b.pilot.click("#submit")
        await b.until(lambda: answers)
        assert answers == [True]
        assert len(b.client.of(kind)) == 1
