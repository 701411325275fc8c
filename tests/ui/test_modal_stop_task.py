import pytest

from ecstui.base.errors import EcsError
from ecstui.model.requests.tasks import StopTaskRequest
from ecstui.ui.modals.stop_task import StopTaskModal
from tests.ui.plane_app import SIZES, bench


async def running(b, service="web", count=2):
    arn = await b.town.service(service, count)
    await b.town.steady(arn)
    return arn, [task.task_arn for task in b.town.tasks(arn)]


@pytest.mark.parametrize("size", SIZES)
async def test_it_lists_what_stops_and_no_is_the_default(size):
    async with bench(size) as b:
        arn, tasks = await running(b)
        answers = await b.show(StopTaskModal(tasks))
        await b.shows("Stop 2 tasks?")
        await b.shows("web:1, service web, RUNNING")
        await b.shows("SIGTERM first, SIGKILL after 30 s")
        await b.shows("service web starts 2 others in their place")
        assert b.focused_label == "Cancel"
        await b.press("enter")
        assert answers == [None]
        assert {task.task_arn for task in b.town.tasks(arn)} == set(tasks)


@pytest.mark.parametrize("size", SIZES)
async def test_a_task_is_stopped_with_its_reason(size):
    async with bench(size) as b:
        _, tasks = await running(b)
        answers = await b.show(StopTaskModal(tasks[:1]))
        await b.fill(reason="too slow")
        await b.press("ctrl+s")
        assert answers == []
        await b.press("right", "enter")
        await b.until(lambda: answers)
        await b.until(lambda: b.town.task(tasks[0]).is_stopped)
        assert b.town.task(tasks[0]).stopped_reason == "too slow"
        assert not b.town.task(tasks[1]).is_stopped
        assert len(b.client.of(StopTaskRequest)) == 1


async def test_the_longest_stop_timeout_of_its_containers_is_told():
    async with bench() as b:
        containers = [
            {"name": name, "image": f"demo/{name}:1", "memory": 32, "stop_timeout": seconds}
            for name, seconds in (("app", 3), ("envoy", 9))
        ]
        tasks = await b.town.run(await b.town.register("job", containers))
        await b.show(StopTaskModal(tasks))
        await b.shows("SIGKILL after 9 s")


async def test_enter_in_the_reason_goes_to_the_button_only():
    async with bench() as b:
        _, tasks = await running(b, count=1)
        answers = await b.show(StopTaskModal(tasks))
        await b.press("up", "x", "enter")
        assert b.focused_label == "Stop"
        assert answers == []
        assert b.client.made == []


async def test_a_task_of_no_service_is_gone_for_good():
    async with bench() as b:
        tasks = await b.town.run(await b.town.definition("job"))
        await b.until(lambda: b.town.task(tasks[0]).last_status == "RUNNING")
        await b.show(StopTaskModal(tasks))
        await b.shows("nothing starts it again")


async def test_the_command_is_the_first_ones():
    async with bench((120, 40)) as b:
        _, tasks = await running(b, count=1)
        await b.show(StopTaskModal(tasks))
        await b.press("f3")
        task_id = b.town.task(tasks[0]).task_id
        assert b.app.copied == f"aws ecs stop-task --cluster default --task {task_id}"


async def test_what_has_stopped_meanwhile_is_left_out():
    async with bench() as b:
        _, tasks = await running(b)
        await b.show(StopTaskModal(tasks))
        await b.shows("Stop 2 tasks?")
        await b.town.plane.call(StopTaskRequest(task=tasks[0]))
        await b.shows("Stop task")
        await b.town.plane.call(StopTaskRequest(task=tasks[1]))
        await b.shows("Nothing to stop")
        await b.press("right", "enter")
        await b.shows("Nothing to stop any more.")
        assert b.client.made == []


async def test_many_are_not_all_listed():
    async with bench((60, 16)) as b:
        _, tasks = await running(b, count=12)
        await b.show(StopTaskModal(tasks))
        await b.shows("Stop 12 tasks?")
        await b.press("pagedown")
        await b.shows("and 4 more")
        assert "Cancel" in b.text


async def test_a_refusal_stays_and_says_how_far_it_came():
    async with bench() as b:
        _, tasks = await running(b, count=3)
        answers = await b.show(StopTaskModal(tasks))
        call = b.client.call

        async def refuse_the_second(request):
            if len(b.client.made) == 1:
                b.client.made.append(request)
                raise EcsError("The disk is full.", code="ServerException")
            return await call(request)

        b.client.call = refuse_the_second  # type: ignore[method-assign]
        await b.press("right", "enter")
        await b.shows("ServerException: The disk is full.")
        assert answers == []
        assert b.app.said[-1].text == "stopping 1 task of 3"
