import pytest

from ecstui.base.errors import DaemonUnreachableError
from ecstui.engine.behaviour import Behaviour
from ecstui.model.requests.services import DeleteServiceRequest, UpdateServiceRequest
from ecstui.ui.modals.scale import ScaleModal
from tests.ui.plane_app import SIZES, bench


async def a_service(town, count=2, **members):
    arn = await town.service("web", count, **members)
    await town.steady(arn)
    return arn


@pytest.mark.parametrize("size", SIZES)
async def test_the_count_is_changed_and_the_tasks_follow(size):
    async with bench(size) as b:
        arn = await a_service(b.town)
        answers = await b.show(ScaleModal(arn))
        await b.shows("web:1, desired 2: 2 running")
        await b.type("4")
        await b.shows("2 more tasks of web:1: 128 CPU units and 128 MiB")
        await b.shows("all 2 find room now")
        assert "Cancel" in b.text
        assert "Scale" in b.text
        await b.press("enter")
        await b.until(lambda: answers)
        assert answers == [True]
        await b.until(lambda: len(b.town.tasks(arn)) == 4)
        assert [r.desired_count for r in b.client.of(UpdateServiceRequest)] == [4]


async def test_the_command_says_the_same():
    async with bench((120, 40)) as b:
        arn = await a_service(b.town)
        await b.show(ScaleModal(arn))
        await b.type("5")
        await b.shows("$ aws ecs update-service --cluster default --service web --desired-count 5")
        await b.press("f3")
        assert b.app.copied == (
            "aws ecs update-service --cluster default --service web --desired-count 5"
        )


@pytest.mark.parametrize("size", SIZES)
async def test_a_refusal_stands_beside_the_field_and_nothing_typed_is_lost(size):
    async with bench(size) as b:
        arn = await a_service(b.town)
        answers = await b.show(ScaleModal(arn))
        await b.type("5001")
        await b.press("enter")
        await b.shows("InvalidParameterException: desiredCount must be between 0 and 5000")
        assert answers == []
        assert "5001" in b.text
        await b.press("backspace", "enter")
        await b.until(lambda: answers)
        assert b.town.service_record(arn).desired_count == 500


async def test_more_than_fit_says_what_is_short():
    async with bench((120, 40)) as b:
        arn = await a_service(b.town)
        await b.show(ScaleModal(arn))
        await b.type("200")
        await b.shows("only 94 of 198 find room now")
        await b.shows("the others wait. Closest instance: needs 64 CPU units")


async def test_fewer_tasks_say_how_they_stop():
    async with bench() as b:
        arn = await a_service(b.town, 3)
        await b.show(ScaleModal(arn))
        await b.type("1")
        await b.shows("2 tasks fewer: SIGTERM first, SIGKILL after 30 s")


async def test_a_stop_timeout_below_the_default_is_told_as_it_is():
    async with bench() as b:
        arn = await b.town.service("web", 3, await b.town.definition("web", stop_timeout=5))
        await b.town.steady(arn)
        await b.show(ScaleModal(arn))
        await b.type("1")
        await b.shows("SIGKILL after 5 s")


async def test_tasks_of_the_old_revision_have_their_own_stop_timeout():
    async with bench() as b:
        arn = await b.town.service("web", 2, await b.town.definition("web", stop_timeout=60))
        await b.town.steady(arn)
        new = await b.town.definition("web", image="demo:2", stop_timeout=5)
        b.town.image("demo:2", Behaviour(pull_seconds=600))
        await b.town.update("web", task_definition=new)
        await b.show(ScaleModal(arn))
        await b.type("1")
        await b.shows("SIGKILL after 60 s")


async def test_zero_is_asked_for_once_more_and_no_is_the_default():
    async with bench() as b:
        arn = await a_service(b.town)
        answers = await b.show(ScaleModal(arn))
        await b.type("0")
        await b.shows("every task stops")
        await b.press("enter")
        await b.shows("Stop every task of web?")
        assert b.focused_label == "No"
        await b.press("enter")
        await b.shows("Nothing was changed.")
        assert b.town.service_record(arn).desired_count == 2
        await b.press("ctrl+s")
        await b.shows("Stop every task of web?")
        await b.press("right", "enter")
        await b.until(lambda: answers)
        assert b.town.service_record(arn).desired_count == 0


async def test_a_rollout_on_its_way_is_told_with_its_bounds():
    async with bench((120, 40)) as b:
        arn = await a_service(b.town, 1, deployment_configuration={"maximum_percent": 150})
        await b.town.update("web", task_definition=await b.town.definition("web", image="demo:2"))
        await b.show(ScaleModal(arn))
        await b.type("2")
        await b.shows("while it rolls: never fewer than 2 healthy (100%), never more than 3")


async def test_a_service_that_goes_meanwhile_is_told_and_refused():
    async with bench() as b:
        arn = await a_service(b.town)
        answers = await b.show(ScaleModal(arn))
        await b.town.plane.call(DeleteServiceRequest(service="web", force=True))
        await b.shows("web is not ACTIVE any more")
        await b.type("3")
        await b.press("enter")
        await b.shows("ServiceNotActiveException: Service was not ACTIVE.")
        assert answers == []


async def test_no_daemon_keeps_the_dialog_open():
    async with bench() as b:
        arn = await a_service(b.town)
        answers = await b.show(ScaleModal(arn))
        b.client.refusal = DaemonUnreachableError("The daemon went away.")
        await b.type("3")
        await b.press("enter")
        await b.shows("The daemon went away.")
        assert answers == []
        b.client.refusal = None
        await b.press("enter")
        await b.until(lambda: answers)


async def test_read_only_sends_nothing():
    async with bench(read_only=True) as b:
        arn = await a_service(b.town)
        await b.show(ScaleModal(arn))
        await b.type("3")
        await b.press("enter")
        await b.shows("Read-only")
        assert b.client.made == []


async def test_esc_leaves_everything_as_it_is():
    async with bench() as b:
        arn = await a_service(b.town)
        answers = await b.show(ScaleModal(arn))
        await b.type("9")
        await b.press("escape")
        assert answers == [None]
        assert b.client.made == []
