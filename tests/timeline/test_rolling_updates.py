"""Rolling updates: old and new tasks trade places within the bounds that the service gives."""

from collections.abc import AsyncIterator

import pytest

from ecstui.engine.behaviour import Behaviour
from ecstui.model.enums import DeploymentStatus, RolloutOrder, RolloutState
from tests.support.town import Town

pytestmark = pytest.mark.sim


def bounds(minimum: int, maximum: int, *, breaker: bool = False) -> dict[str, object]:
    """A deployment configuration."""
    found: dict[str, object] = {"minimum_healthy_percent": minimum, "maximum_percent": maximum}
    if breaker:
        found["deployment_circuit_breaker"] = {"enable": True, "rollback": True}
    return found


async def steady_web(town: Town, desired_count: int, minimum: int, maximum: int) -> str:
    """A steady service of the first revision."""
    first = await town.definition("web", image="town/web:1")
    configuration = bounds(minimum, maximum)
    web = await town.service("web", desired_count, first, deployment_configuration=configuration)
    await town.steady(web)
    return web


async def rolled(town: Town, desired_count: int, minimum: int, maximum: int) -> str:
    """The timeline of an update of a steady service."""
    web = await steady_web(town, desired_count, minimum, maximum)
    second = await town.definition("web", image="town/web:2")
    await town.update("web", task_definition=second)
    return "\n" + await town.timeline(web) + "\n"


async def test_four_tasks_50_100_make_room_first(town: Town) -> None:
    assert (
        await rolled(town, 4, 50, 100)
        == """
  0.0s  v1 ##--
  1.5s  v1 ##  v2 ..
  2.0s  v1 ##  v2 ##
  4.0s  v1 --  v2 ##
  5.5s  v2 ##..
  6.0s  v2 ####
"""
    )


async def test_four_tasks_100_200_start_all_before_any_stops(town: Town) -> None:
    assert (
        await rolled(town, 4, 100, 200)
        == """
  0.0s  v1 ####  v2 ....
  0.5s  v1 ####  v2 ####
  2.5s  v1 ----  v2 ####
  4.0s  v2 ####
"""
    )


async def test_four_tasks_50_150_surge_before_they_shrink(town: Town) -> None:
    assert (
        await rolled(town, 4, 50, 150)
        == """
  0.0s  v1 ####  v2 ..
  0.5s  v1 ####  v2 ##
  2.5s  v1 ##--  v2 ##
  4.0s  v1 ##  v2 ##..
  4.5s  v1 ##  v2 ####
  6.5s  v1 --  v2 ####
  8.0s  v2 ####
"""
    )


async def test_one_task_100_200_is_never_without_one(town: Town) -> None:
    assert (
        await rolled(town, 1, 100, 200)
        == """
  0.0s  v1 #  v2 .
  0.5s  v1 #  v2 #
  2.5s  v1 -  v2 #
  4.0s  v2 #
"""
    )


@pytest.fixture
async def hasty_town() -> AsyncIterator[Town]:
    """A town whose services use both margins at once."""
    town = Town(order=RolloutOrder.CONCURRENT)
    town.image(
        "town/web",
        Behaviour(pull_seconds=0.0, create_seconds=0.0, start_seconds=0.5, stops_after_seconds=1.5),
    )
    await town.open()
    yield town
    await town.close()


async def test_four_tasks_50_150_concurrent_use_both_margins_at_once(hasty_town: Town) -> None:
    assert (
        await rolled(hasty_town, 4, 50, 150)
        == """
  0.0s  v1 ##--  v2 ..
  0.5s  v1 ##--  v2 ##
  1.5s  v1 ##  v2 ##..
  2.0s  v1 ##  v2 ####
  2.5s  v1 --  v2 ####
  4.0s  v2 ####
"""
    )


async def test_a_finished_update_is_completed_and_tells_so(town: Town) -> None:
    web = await steady_web(town, 2, 100, 200)
    second = await town.definition("web", image="town/web:2")
    await town.update("web", task_definition=second)
    assert len(town.service_record(web).deployments) == 2
    await town.timeline(web)
    (deployment,) = town.service_record(web).deployments
    assert deployment.rollout_state is RolloutState.COMPLETED
    assert deployment.task_definition == second
    said = [message.split(") ", 1)[1] for message in town.events(web)]
    assert said[-2:] == [
        f"(deployment {deployment.id}) deployment completed.",
        "has reached a steady state.",
    ]


async def test_a_third_revision_replaces_a_half_rolled_second(town: Town) -> None:
    web = await steady_web(town, 4, 100, 150)
    await town.update("web", task_definition=await town.definition("web", image="town/web:2"))
    await town.until(lambda: "v2 ##" in town.picture(web))
    third = await town.definition("web", image="town/web:3")
    await town.update("web", task_definition=third)
    await town.timeline(web)
    assert town.picture(web) == "v3 ####"
    assert {task.task_definition_arn for task in town.tasks(web)} == {third}


async def test_desired_count_may_change_in_the_middle(town: Town) -> None:
    web = await steady_web(town, 4, 100, 150)
    await town.update("web", task_definition=await town.definition("web", image="town/web:2"))
    await town.until(lambda: "v2 ##" in town.picture(web))
    await town.update("web", desired_count=6)
    await town.timeline(web)
    assert town.picture(web) == "v2 ######"


async def test_a_revision_that_cannot_start_never_costs_a_healthy_task(town: Town) -> None:
    web = await steady_web(town, 3, 100, 200)
    bad = await town.definition("web", image="nowhere/absent:1")
    await town.update("web", task_definition=bad)
    await town.advance(60)
    assert town.picture(web).startswith("v1 ###")
    record = town.service_record(web)
    assert record.primary.failed_tasks >= 3
    assert any("unable to consistently start tasks" in message for message in town.events(web))
    assert "starts in a row failed" in (record.waiting or "")


async def test_the_circuit_breaker_rolls_back_to_the_last_completed_deployment(town: Town) -> None:
    first = await town.definition("web", image="town/web:1")
    web = await town.service(
        "web", 3, first, deployment_configuration=bounds(100, 200, breaker=True)
    )
    await town.steady(web)
    good = town.service_record(web).primary.id
    bad = await town.definition("web", image="nowhere/absent:1")
    await town.update("web", task_definition=bad)
    await town.until(lambda: town.service_record(web).primary.id == good)
    await town.timeline(web) if not town.service_record(web).is_steady else None
    assert town.picture(web) == "v1 ###"
    said = [message.split(") ", 1)[1] for message in town.events(web)]
    assert any("deployment failed: tasks failed to start." in words for words in said)
    assert f"rolling back to deployment {good}." in said
    assert [d.status for d in town.service_record(web).deployments] == [DeploymentStatus.PRIMARY]


async def test_percentages_that_leave_no_room_are_told_once(town: Town) -> None:
    web = await steady_web(town, 1, 50, 150)
    await town.update("web", task_definition=await town.definition("web", image="town/web:2"))
    await town.advance(60)
    assert town.picture(web) == "v1 #"
    stuck = [m for m in town.events(web) if "because of the service deployment configuration" in m]
    assert len(stuck) == 1
    assert "minimumHealthyPercent or maximumPercent" in (town.service_record(web).waiting or "")


async def test_a_full_cluster_makes_room_by_stopping_old_tasks_down_to_the_floor(
    town: Town,
) -> None:
    first = await town.definition("web", image="town/web:1", memory=4096)
    web = await town.service("web", 6, first, deployment_configuration=bounds(50, 200))
    await town.steady(web)
    second = await town.definition("web", image="town/web:2", memory=4096)
    await town.update("web", task_definition=second)
    lowest = 6
    while not town.service_record(web).is_steady or "v1" in town.picture(web):
        lowest = min(lowest, town.picture(web).count("#"))
        await town.advance(0.1)
    assert lowest >= 3
    assert town.picture(web) == "v2 ######"
    assert any("was unable to place a task" in message for message in town.events(web))
