"""Why services and tasks wait, asked while they do: figures and what would help."""

import pytest

from ecstui.client.why import why_of
from ecstui.commands.why import lines_of
from ecstui.engine.behaviour import Behaviour
from ecstui.model.requests.protection import UpdateTaskProtectionRequest
from ecstui.model.requests.tasks import StopTaskRequest
from tests.support.town import Town

pytestmark = pytest.mark.sim

BLUE_GREEN = {"strategy": "BLUE_GREEN", "bake_time_in_minutes": 1}
LARGE = {"cpu": 64, "memory": 5000}
"""An instance has room for one such container."""


def why(town: Town, arn: str) -> str:
    """The whole answer of `ecstui why`."""
    now = town.clock.now()
    found = why_of(town.plane.store, arn, now)
    assert found is not None
    return "\n".join(lines_of(found, now))


async def a_web(town: Town, desired_count: int = 2, **members: object) -> str:
    definition = await town.definition("web", image="town/web:1")
    web = await town.service("web", desired_count, definition, **members)
    await town.steady(web)
    return web


# -- both sides of a blue/green deployment -------------------------------------------------------


async def test_blue_without_room_says_so_instance_by_instance(town: Town) -> None:
    blue = await town.definition("web", image="town/web:1", **LARGE)
    web = await town.service("web", 3, blue, deployment_configuration=BLUE_GREEN)
    await town.steady(web)
    green = await town.definition("web", image="town/web:2")
    await town.update("web", task_definition=green, desired_count=4)
    await town.advance(15)
    told = why(town, web)
    assert (
        "a task of blue, the revision that serves, needs 64 CPU units and 5000 MiB: "
        "none of 3 instances can take it" in told
    )
    assert ": needs 5000 MiB, 3128 MiB left" in told
    assert "free 1872 MiB on" in told
    assert "or wait: green goes on meanwhile" in told
    assert "was unable to place" not in told


async def test_both_sides_without_room_are_told_apart(town: Town) -> None:
    blue = await town.definition("web", image="town/web:1", **LARGE)
    web = await town.service("web", 3, blue, deployment_configuration=BLUE_GREEN)
    await town.steady(web)
    green = await town.definition("web", image="town/web:2", cpu=64, memory=3000)
    await town.update("web", task_definition=green, desired_count=4)
    await town.advance(30)
    told = why(town, web)
    assert "a task of blue, the revision that serves, needs 64 CPU units and 5000 MiB" in told
    assert "a task needs 64 CPU units and 3000 MiB: none of 3 instances can take it" in told
    assert "free 4808 MiB on i-1" in told
    assert "free 2808 MiB on i-1" in told


async def test_blue_throttled_says_when_it_is_tried_again(town: Town) -> None:
    good = Behaviour(pull_seconds=0.0, start_seconds=0.1)
    town.image("town/first", good)
    blue = await town.definition("web", image="town/first:1")
    web = await town.service("web", 2, blue, deployment_configuration=BLUE_GREEN)
    await town.steady(web)
    town.image("town/first", Behaviour(pull_seconds=0.0, exits_after_seconds=0.3, exit_code=1))
    await town.plane.call(StopTaskRequest(task=town.tasks(web)[0].task_arn))
    await town.until(lambda: town.service_record(web).primary.quick_exits >= 8)
    await town.update("web", task_definition=await town.definition("web", image="town/web:2"))
    await town.advance(0.1)
    told = why(town, web)
    assert "blue, the revision that serves: 8 tasks in a row died soon: next attempt in" in told
    assert "green goes on meanwhile" in told


# -- protection ------------------------------------------------------------------------------------


async def test_protection_is_told_once(town: Town) -> None:
    web = await a_web(town, 3)
    request = UpdateTaskProtectionRequest(
        tasks=tuple(task.task_arn for task in town.tasks(web)),
        protection_enabled=True,
        expires_in_minutes=5,
    )
    assert not (await town.plane.call(request)).failures
    await town.update("web", desired_count=1)
    await town.advance(10)
    told = why(town, web)
    assert "2 tasks under scale-in protection; the first ends in 4m50s" in told
    assert "was unable" not in told
