import pytest
from textual.widgets import Button

from ecstui.engine.behaviour import Behaviour
from ecstui.model.enums import ServiceStatus
from ecstui.model.requests.services import DeleteServiceRequest
from ecstui.store.kinds import SERVICES
from ecstui.ui.modals.delete_service import DeleteServiceModal
from tests.ui.plane_app import SIZES, bench


async def running(b, count=2, name="web"):
    arn = await b.town.service(name, count)
    await b.town.steady(arn)
    return arn


@pytest.mark.parametrize("size", SIZES)
async def test_a_service_that_runs_wants_its_name(size):
    async with bench(size) as b:
        arn = await running(b)
        answers = await b.show(DeleteServiceModal(arn))
        for words in (
            "Delete service web?",
            "2 tasks of it will be stopped: SIGTERM first, SIGKILL after 30 s",
            "it is scaled to 2 tasks, so it is deleted by force",
            "task definition web:1 is kept",
        ):
            await b.shows(words)
        await b.press("f3")
        assert b.app.copied == "aws ecs delete-service --cluster default --service web --force"
        submit = b.app.screen.query_one("#submit", Button)
        await b.press(*"we", "enter", "ctrl+s")
        assert submit.disabled
        assert answers == []
        assert b.client.made == []
        await b.press("b", "enter")
        assert b.focused_label == "Delete"
        assert answers == []
        await b.press("enter")
        await b.until(lambda: answers)
        assert [r.force for r in b.client.of(DeleteServiceRequest)] == [True]
        await b.until(lambda: not b.town.tasks(arn))


async def test_tasks_of_an_old_revision_that_still_run_have_their_own_stop_timeout():
    async with bench() as b:
        arn = await b.town.service("web", 2, await b.town.definition("web", stop_timeout=7))
        await b.town.steady(arn)
        new = await b.town.definition("web", image="demo:2", stop_timeout=2)
        b.town.image("demo:2", Behaviour(pull_seconds=600))
        await b.town.update("web", task_definition=new)
        await b.show(DeleteServiceModal(arn))
        await b.shows("SIGKILL after 7 s")


async def test_an_idle_service_needs_no_typing_but_no_is_the_default():
    async with bench() as b:
        arn = await b.town.service("web", 0)
        answers = await b.show(DeleteServiceModal(arn))
        await b.shows("it runs nothing now")
        assert "Type web" not in b.text
        assert b.focused_label == "Cancel"
        await b.press("enter")
        assert answers == [None]
        answers = await b.show(DeleteServiceModal(arn))
        await b.press("right", "enter")
        await b.until(lambda: answers)
        assert [r.force for r in b.client.of(DeleteServiceRequest)] == [False]
        service = b.view.get(SERVICES, arn)
        assert service is None or service.status is not ServiceStatus.ACTIVE


async def test_a_service_scaled_up_meanwhile_is_not_deleted_by_force():
    async with bench() as b:
        arn = await b.town.service("web", 0)
        answers = await b.show(DeleteServiceModal(arn))
        await b.town.update("web", desired_count=3)
        await b.press("right", "enter")
        await b.shows("InvalidParameterException: The service cannot be stopped while it is scaled")
        assert answers == []
        assert b.town.service_record(arn).status is ServiceStatus.ACTIVE


async def test_esc_leaves_it_alone():
    async with bench() as b:
        arn = await running(b)
        answers = await b.show(DeleteServiceModal(arn))
        await b.press(*"web", "escape")
        assert answers == [None]
        assert b.client.made == []
