"""Six instances in three zones: a zone is lost, comes back, and the tasks are evened out again."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from ecstui.control.plane import ControlPlane
from ecstui.control.setup import InstanceSetup
from ecstui.engine.behaviour import Behaviour
from ecstui.engine.simulated import SimulatedEngine
from ecstui.engine.world import World
from ecstui.model.requests.protection import UpdateTaskProtectionRequest
from ecstui.model.task import TaskRecord
from ecstui.store.kinds import TASKS
from tests.support.town import Town

pytestmark = pytest.mark.sim
ZONES = ("a", "b", "c")


class Zones(Town):
    """A town with an engine for each zone, and two instances on each engine."""

    def __init__(self) -> None:
        super().__init__(instances=0)
        self.worlds = {zone: World(self.clock, seed=k) for k, zone in enumerate(ZONES)}
        plain = Behaviour(
            pull_seconds=0.0, create_seconds=0.0, start_seconds=0.5, stops_after_seconds=1.5
        )
        for world in self.worlds.values():
            world.register("town/*", plain)
        instances = tuple(
            InstanceSetup(f"{zone}{number}", zone, zone, 4096, 8192)
            for zone in ZONES
            for number in (1, 2)
        )
        self.setup = replace(self.setup, instances=instances)
        self.plane = self._new_plane()

    def _new_plane(self) -> ControlPlane:
        worlds = getattr(self, "worlds", {})
        engines = {zone: SimulatedEngine(world, zone) for zone, world in worlds.items()}
        return ControlPlane(self.journal, engines, self.clock, self.setup)

    def picture(self, arn: str) -> str:
        """Tasks of a service by zone: `a ###  b ##.  c`."""
        signs: dict[str, str] = dict.fromkeys(ZONES, "")
        for task in self.tasks(arn):
            is_running = task.last_status.value == "RUNNING"
            sign = "-" if not task.is_wanted else "#" if is_running else "."
            signs[task.availability_zone or ""] += sign
        parts = (f"{zone} {''.join(sorted(signs[zone], key='#.-'.index))}" for zone in ZONES)
        return "  ".join(part.strip() for part in parts)

    def lose(self, zone: str) -> None:
        self.worlds[zone].stop_engine()

    def bring_back(self, zone: str) -> None:
        self.worlds[zone].start_engine()

    def said(self, arn: str) -> list[str]:
        """What was told, without names of tasks."""
        said = [message.split(") ", 1)[1] for message in self.events(arn)]
        return [words.partition(": (task")[0] for words in said]


@pytest.fixture
async def town() -> AsyncIterator[Zones]:
    town = Zones()
    await town.open()
    yield town
    await town.close()


async def nine(town: Zones, **members: object) -> str:
    web = await town.service("web", 9, await town.definition("web", image="town/web:1"), **members)
    await town.steady(web)
    return web


def stopped_by(town: Zones, web: str, reason: str) -> list[TaskRecord]:
    """Tasks that stopped for a reason that begins so."""
    tasks = town.plane.store.by(TASKS, "service", web)
    return [task for task in tasks if (task.stopped_reason or "").startswith(reason)]


async def test_a_zone_is_lost_and_comes_back(town: Zones) -> None:
    web = await nine(town)
    per_instance = Counter(task.container_instance_arn for task in town.tasks(web))
    assert sorted(per_instance.values()) == [1, 1, 1, 2, 2, 2]
    town.lose("c")
    await town.until(lambda: not town.service_record(web).is_steady, within_seconds=60)
    assert (
        "\n" + await town.timeline(web) + "\n"
        == """
  0.0s  a ###.  b ###..  c
  0.5s  a ####  b #####  c
"""
    )
    told = len(town.events(web))
    town.bring_back("c")
    await town.until(lambda: not town.service_record(web).is_steady, within_seconds=60)
    assert (
        "\n" + await town.timeline(web) + "\n"
        == """
  0.0s  a ####  b #####  c .
  0.5s  a ####  b #####  c #
  2.5s  a ####  b ####-  c #
  4.0s  a ####  b ####  c #.
  4.5s  a ####  b ####  c ##
  6.5s  a ###-  b ####  c ##
  8.0s  a ###  b ####  c ##.
  8.5s  a ###  b ####  c ###
 10.5s  a ###  b ###-  c ###
 12.0s  a ###  b ###  c ###
"""
    )
    assert town.said(web)[told:] == [
        "is not AZ balanced with 4 tasks in a, 5 tasks in b, 0 tasks in c. "
        "AZ Rebalancing in progress.",
        "has started 1 tasks in c to AZ Rebalance",
        "has stopped 1 running tasks in b due to AZ rebalancing",
        "has started 1 tasks in c to AZ Rebalance",
        "has stopped 1 running tasks in a due to AZ rebalancing",
        "has started 1 tasks in c to AZ Rebalance",
        "has stopped 1 running tasks in b due to AZ rebalancing",
        "is AZ balanced with 3 tasks in a, 3 tasks in b, 3 tasks in c.",
        "has reached a steady state.",
    ]
    assert len(stopped_by(town, web, "Availability-zone rebalancing initiated by (deployment")) == 3


async def uneven(town: Zones, **members: object) -> str:
    """Nine tasks of which none is in the zone that has just come back."""
    web = await nine(town, **members)
    town.lose("c")
    await town.until(lambda: not town.service_record(web).is_steady, within_seconds=60)
    await town.steady(web)
    return web


async def test_a_service_that_is_not_to_be_rebalanced_stays_as_it_is(town: Zones) -> None:
    web = await uneven(town, availability_zone_rebalancing="DISABLED")
    town.bring_back("c")
    await town.advance(60)
    assert town.picture(web) == "a ####  b #####  c"


async def test_a_deployment_ends_a_rebalancing(town: Zones) -> None:
    web = await uneven(town)
    town.bring_back("c")
    await town.until(lambda: town.service_record(web).rebalancing is not None)
    await town.update("web", task_definition=await town.definition("web", image="town/web:2"))
    await town.steady(web)
    assert town.said(web).count("stopped AZ Rebalancing.") == 1
    assert town.picture(web) == "a ###  b ###  c ###"


async def test_scaling_ends_a_rebalancing_that_begins_again_if_there_is_need(town: Zones) -> None:
    web = await uneven(town)
    town.bring_back("c")
    await town.until(lambda: town.service_record(web).rebalancing is not None)
    await town.update("web", desired_count=8)
    await town.steady(web)
    assert "stopped AZ Rebalancing." in town.said(web)
    counts = Counter(t.availability_zone for t in town.tasks(web))
    assert sorted(counts.values()) == [2, 3, 3]


async def test_protected_tasks_are_not_moved(town: Zones) -> None:
    web = await uneven(town)
    arns = [task.task_arn for task in town.tasks(web)]
    await town.plane.call(
        UpdateTaskProtectionRequest(
            tasks=tuple(arns), protection_enabled=True, expires_in_minutes=1
        )
    )
    town.bring_back("c")
    await town.advance(30)
    assert town.picture(web) == "a ####  b #####  c"
    await town.until(lambda: town.picture(web) == "a ###  b ###  c ###")


async def test_a_crash_in_the_middle_doubles_nothing(town: Zones) -> None:
    web = await uneven(town)
    town.bring_back("c")
    await town.until(lambda: town.service_record(web).rebalancing is not None)
    for moment in (0.1, 0.6, 2.0, 1.0):
        await town.advance(moment)
        await town.crash()
        assert len(town.tasks(web)) <= 10
    await town.until(lambda: town.picture(web) == "a ###  b ###  c ###")


async def test_a_full_zone_is_left_alone(town: Zones) -> None:
    web = await uneven(town)
    town.bring_back("c")
    await town.until(lambda: town.service_record(web).rebalancing is not None)
    await town.steady(web)
    big = await town.definition("big", image="town/web:1", memory=8192 - 3 * 64)
    filling = await town.service(
        "big",
        2,
        big,
        placement_constraints=[
            {"type": "memberOf", "expression": "attribute:ecs.availability-zone == c"}
        ],
    )
    await town.steady(filling)
    before = sorted(t.task_arn for t in town.tasks(web))
    await town.advance(60)
    assert sorted(t.task_arn for t in town.tasks(web)) == before


async def test_a_full_zone_is_used_when_it_has_room_again(town: Zones) -> None:
    big = await town.definition("big", image="town/web:1", memory=8192)
    only_c = {"type": "memberOf", "expression": "attribute:ecs.availability-zone == c"}
    filling = await town.service("big", 2, big, placement_constraints=[only_c])
    await town.steady(filling)
    definition = await town.definition("web", image="town/web:1")
    web = await town.service("web", 4, definition)
    await town.steady(web)
    assert town.picture(web) == "a ##  b ##  c"
    await town.update("big", desired_count=0)
    await town.until(lambda: town.picture(web) in ("a #  b ##  c #", "a ##  b #  c #"))
