"""Tasks under scale-in protection outlast scaling and deployments, until it is over."""

import pytest

from ecstui.model.enums import TaskStatus
from ecstui.model.requests.protection import UpdateTaskProtectionRequest
from ecstui.model.requests.tasks import StopTaskRequest
from ecstui.model.task import TaskRecord
from tests.support.town import Town

pytestmark = pytest.mark.sim


async def a_web(town: Town, desired_count: int, **members: object) -> str:
    definition = await town.definition("web", image="town/web:1")
    web = await town.service("web", desired_count, definition, **members)
    await town.steady(web)
    return web


async def protect(town: Town, *tasks: TaskRecord, minutes: int = 1) -> None:
    request = UpdateTaskProtectionRequest(
        tasks=tuple(task.task_arn for task in tasks),
        protection_enabled=True,
        expires_in_minutes=minutes,
    )
    assert not (await town.plane.call(request)).failures


async def test_scaling_in_spares_protected_tasks_until_their_time_is_over(town: Town) -> None:
    web = await a_web(town, 4)
    spared = town.tasks(web)[:3]
    await protect(town, *spared)
    await town.update("web", desired_count=1)
    await town.advance(30)
    assert {t.task_arn for t in town.tasks(web)} == {t.task_arn for t in spared}
    (told,) = [m for m in town.events(web) if "under protection" in m]
    assert told.endswith("was unable to scale in due to (reason 2 tasks under protection)")
    primary = town.service_record(web).primary.id
    assert f"because (taskSet {primary}) was unable" in told
    began = town.now
    await town.steady(web)
    assert 28 < town.now - began < 33
    assert town.picture(web) == "v1 #"


async def test_a_deployment_waits_for_protected_tasks_and_blocks_more_protection(
    town: Town,
) -> None:
    web = await a_web(town, 2)
    (old, other) = town.tasks(web)
    await protect(town, old)
    await town.update("web", task_definition=await town.definition("web", image="town/web:2"))
    await town.advance(20)
    assert town.picture(web) == "v1 #  v2 ##"
    assert any("reason 1 tasks under protection" in m for m in town.events(web))
    new = next(t for t in town.tasks(web) if t.task_arn not in {old.task_arn, other.task_arn})
    request = UpdateTaskProtectionRequest(tasks=(new.task_arn,), protection_enabled=True)
    (failure,) = (await town.plane.call(request)).failures
    assert failure.reason == "DEPLOYMENT_BLOCKED"
    await town.plane.call(
        UpdateTaskProtectionRequest(tasks=(old.task_arn,), protection_enabled=False)
    )
    await town.steady(web, within_seconds=5)
    assert town.picture(web) == "v2 ##"


async def test_protection_keeps_nobody_from_stopping_a_task(town: Town) -> None:
    web = await a_web(town, 2)
    task = town.tasks(web)[0]
    await protect(town, task)
    await town.plane.call(StopTaskRequest(task=task.task_arn))
    await town.until(lambda: town.task(task.task_arn).is_stopped, within_seconds=5)


async def test_a_protected_task_that_is_unhealthy_is_replaced(town: Town) -> None:
    check = {"command": ["CMD-SHELL", "curl -f localhost"], "interval": 5, "retries": 1}
    definition = await town.definition("web", image="town/web:1", health_check=check)
    web = await town.service("web", 2, definition)
    await town.steady(web)
    sick = town.tasks(web)[0]
    await protect(town, sick, minutes=60)
    town.world.force_health(sick.containers[0].engine_name, False)
    await town.until(lambda: town.task(sick.task_arn).is_stopped)
    assert sum(t.last_status is TaskStatus.RUNNING for t in town.tasks(web)) == 2


async def test_a_crash_forgets_no_protection(town: Town) -> None:
    web = await a_web(town, 2)
    spared = town.tasks(web)[0]
    await protect(town, spared)
    await town.crash()
    await town.update("web", desired_count=0)
    await town.advance(30)
    assert [t.task_arn for t in town.tasks(web)] == [spared.task_arn]
    await town.steady(web)
    assert town.tasks(web) == []
