"""Two engines: one goes away, its tasks are lost and replaced; it comes back; others join."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import pytest

from ecstui.base.errors import EcsError, EngineError, EngineErrorKind
from ecstui.control.plane import ControlPlane
from ecstui.control.setup import InstanceSetup
from ecstui.engine.behaviour import Behaviour
from ecstui.engine.simulated import SimulatedEngine
from ecstui.engine.world import World
from ecstui.model.cluster import ContainerInstanceRecord
from ecstui.model.engine_link import EngineLink
from ecstui.model.enums import StopCode
from ecstui.model.requests.engines import (
    DeregisterEngineRequest,
    DescribeEnginesRequest,
    RegisterEngineRequest,
)
from ecstui.model.requests.instances import DeregisterContainerInstanceRequest
from ecstui.model.requests.tasks import StopTaskRequest
from ecstui.model.task_definition import Attribute
from ecstui.plan.spec import ContainerSpec, Observation
from ecstui.store.kinds import ENGINE_LINKS, ENGINES, INSTANCES, TASKS
from tests.support.town import Town

pytestmark = pytest.mark.sim
LOST_SECONDS = 20.0
"""As the pace `local` has it."""
IMAGE = "town/web:1"


class TwoEngines(Town):
    """A town whose instances are on the engines `east` and `west`; `north` can be linked."""

    def __init__(self) -> None:
        super().__init__(instances=0)
        self.worlds = {
            n: World(self.clock, seed=k) for k, n in enumerate(("east", "west", "north"))
        }
        for world in self.worlds.values():
            world.register("town/*", Behaviour())
        self.setup = self._with_instances()
        self.plane = self._new_plane()

    def _with_instances(self):
        return replace(
            self.setup,
            instances=tuple(
                InstanceSetup(f"{engine}-1", engine, f"zone-{engine}", 4096, 8192)
                for engine in ("east", "west")
            ),
        )

    def _new_plane(self) -> ControlPlane:
        if not hasattr(self, "worlds"):
            return super()._new_plane()
        engines = {n: SimulatedEngine(self.worlds[n], n) for n in ("east", "west")}
        return ControlPlane(self.journal, engines, self.clock, self.setup, self._link)

    def _link(self, link: EngineLink) -> SimulatedEngine:
        return SimulatedEngine(self.worlds[link.address.removeprefix("simulated://")], link.name)

    def running(self, engine: str) -> int:
        """Containers that run in the world of an engine."""
        return sum(
            container.observation().phase.value == "running"
            for container in self.worlds[engine].containers.values()
        )

    def instance(self, name: str) -> ContainerInstanceRecord:
        return next(i for i in self.instances() if i.name == name)

    def ended_on(self, engine: str):
        return [t for t in self.plane.store.all(TASKS) if t.engine == engine and t.is_stopped]


@pytest.fixture
async def town() -> AsyncIterator[TwoEngines]:
    town = TwoEngines()
    await town.open()
    yield town
    await town.close()


async def spread(town: TwoEngines, count: int = 4) -> str:
    definition = await town.definition("web", image=IMAGE)
    web = await town.service("web", count, definition, availability_zone_rebalancing="DISABLED")
    await town.steady(web)
    assert (town.running("east"), town.running("west")) == (count // 2, count // 2)
    return web


async def test_an_engine_that_is_silent_keeps_its_tasks_and_gets_no_new_ones(town):
    web = await spread(town)
    before = {task.task_arn for task in town.tasks(web)}
    town.worlds["west"].stop_engine(containers_survive=True)
    await town.until(lambda: not town.instance("west-1").agent_connected, within_seconds=1)
    await town.update("web", desired_count=6)
    await town.until(lambda: town.running("east") == 4)
    assert {task.task_arn for task in town.tasks(web)} >= before
    assert {t.last_status.value for t in town.tasks(web)} == {"RUNNING"}
    assert town.ended_on("west") == []


async def test_tasks_of_an_engine_that_stays_away_are_replaced_elsewhere(town):
    web = await spread(town)
    town.worlds["west"].stop_engine(containers_survive=True)
    await town.until(lambda: not town.instance("west-1").agent_connected)
    gone_at = town.now
    await town.until(lambda: len(town.ended_on("west")) == 2)
    assert LOST_SECONDS - 1 < town.now - gone_at < LOST_SECONDS + 1
    await town.steady(web)
    assert town.running("east") == 4
    west = town.instance("west-1")
    for task in town.ended_on("west"):
        assert task.stop_code is StopCode.TERMINATION_NOTICE
        reason = f"Host EC2 (instance {west.ec2_instance_id}) stopped/terminated."
        assert task.stopped_reason == reason
        assert task.connectivity == "DISCONNECTED"
    assert any("silent for 20 s: 2 tasks lost" in event for event in town.events())
    assert west.status.value == "ACTIVE"


async def test_what_an_engine_still_runs_when_it_is_back_is_stopped_and_nothing_doubled(town):
    web = await spread(town)
    town.worlds["west"].stop_engine(containers_survive=True)
    await town.until(lambda: len(town.ended_on("west")) == 2)
    await town.steady(web)
    town.worlds["west"].start_engine()
    await town.until(lambda: town.instance("west-1").agent_connected)
    await town.until(lambda: town.running("west") == 0)
    await town.steady(web)
    assert (town.running("east"), len(town.tasks(web))) == (4, 4)
    await town.update("web", desired_count=8)
    await town.until(lambda: town.running("west") > 0)
    await town.steady(web)
    assert town.running("east") + town.running("west") == 8


async def test_an_engine_that_is_back_in_time_has_lost_nothing(town):
    web = await spread(town)
    before = {task.task_arn for task in town.tasks(web)}
    town.worlds["west"].stop_engine(containers_survive=True)
    await town.advance(LOST_SECONDS - 3)
    town.worlds["west"].start_engine()
    await town.until(lambda: town.instance("west-1").agent_connected)
    await town.advance(LOST_SECONDS)
    assert {task.task_arn for task in town.tasks(web)} == before
    assert town.ended_on("west") == []


async def test_a_crash_begins_the_wait_anew_and_tasks_are_lost_all_the_same(town):
    web = await spread(town)
    town.worlds["west"].stop_engine(containers_survive=True)
    await town.until(lambda: not town.instance("west-1").agent_connected)
    await town.advance(LOST_SECONDS - 2)
    await town.crash()
    await town.advance(LOST_SECONDS - 5)
    assert town.ended_on("west") == []
    await town.until(lambda: len(town.ended_on("west")) == 2)
    await town.steady(web)
    assert town.running("east") == 4


async def test_losing_starting_tasks_is_no_fault_of_the_deployment(town):
    town.worlds["west"].register("town/slow:*", Behaviour(start_seconds=60.0))
    town.worlds["east"].register("town/slow:*", Behaviour(start_seconds=0.1))
    web = await town.service("web", 8, await town.definition("web", image="town/slow:1"))
    await town.until(lambda: len(town.tasks(web)) == 8)
    town.worlds["west"].stop_engine()
    await town.until(lambda: len(town.ended_on("west")) == 4)
    await town.steady(web)
    assert town.service_record(web).primary.failed_tasks == 0


async def test_what_waited_for_its_turn_is_not_made_once_its_task_is_lost(town, monkeypatch):
    """Calls that hang hold up others; those must not be sent when the engine is back."""
    create, is_back, sent = SimulatedEngine.create, asyncio.Event(), []

    async def hangs(engine: SimulatedEngine, spec: ContainerSpec) -> None:
        if engine.name == "west":
            sent.append(spec.name)
            await is_back.wait()
        await create(engine, spec)

    monkeypatch.setattr(SimulatedEngine, "create", hangs)
    at_once = town.setup.limits.engine_calls_at_once
    count = 2 * (at_once + 3)
    web = await town.service("web", count, await town.definition("web", image=IMAGE))
    await town.until(lambda: len(sent) == at_once)
    town.worlds["west"].stop_engine()
    await town.until(lambda: len(town.ended_on("west")) > at_once)
    town.worlds["west"].start_engine()
    is_back.set()
    await town.steady(web)
    made_of_lost = {name for name in sent for t in town.ended_on("west") if t.task_id[:6] in name}
    assert len(made_of_lost) <= at_once


async def test_a_task_is_not_forgotten_while_a_call_for_it_is_under_way(town, monkeypatch):
    """A call that an engine took long ago may still make a container: its record must wait."""
    create, is_let = SimulatedEngine.create, asyncio.Event()
    hangs_at: list[str] = []

    async def hangs(engine: SimulatedEngine, spec: ContainerSpec) -> None:
        if engine.name == "west" and not hangs_at:
            hangs_at.append(spec.name)
            await is_let.wait()
        await create(engine, spec)

    monkeypatch.setattr(SimulatedEngine, "create", hangs)
    web = await town.service("web", 4, await town.definition("web", image=IMAGE))
    await town.until(lambda: bool(hangs_at))
    town.worlds["west"].stop_engine()
    await town.until(lambda: len(town.ended_on("west")) == 2)
    town.worlds["west"].start_engine()
    await town.steady(web)
    await town.advance(3 * 3600)
    is_let.set()
    await town.advance(3 * 3600)
    assert hangs_at[0] not in town.worlds["west"].containers
    assert all(engine.orphans == () for engine in town.plane.store.all(ENGINES))


async def test_a_container_that_hangs_on_looks_costs_no_other_task_and_can_be_stopped(
    town, monkeypatch
):
    """As Docker's engine object tells it: a look times out, a list shows what it can."""
    inspect, full_list, sick = SimulatedEngine.inspect, SimulatedEngine.list, list[str]()

    async def hangs(engine: SimulatedEngine, name: str) -> Observation | None:
        if name in sick:
            await asyncio.sleep(LOST_SECONDS)
            raise EngineError(EngineErrorKind.TIMEOUT, "timed out", retryable=True)
        return await inspect(engine, name)

    async def lists(engine: SimulatedEngine, owner: str) -> Mapping[str, Observation]:
        found = await full_list(engine, owner)
        return {n: replace(o, is_only_listed=n in sick) for n, o in found.items()}

    monkeypatch.setattr(SimulatedEngine, "inspect", hangs)
    monkeypatch.setattr(SimulatedEngine, "list", lists)
    web = await spread(town)
    victim = next(t for t in town.plane.store.all(TASKS) if t.engine == "west")
    sick.append(victim.containers[0].engine_name)
    town.plane.observers["west"].look(sick[0])
    await town.advance(10 * LOST_SECONDS)
    assert town.ended_on("west") == []
    assert town.plane.store.get(ENGINES, "west").is_connected
    await town.plane.call(StopTaskRequest(task=victim.task_arn))
    await town.until(lambda: town.task(victim.task_arn).is_stopped)
    await town.steady(web)
    assert town.ended_on("west") == [town.task(victim.task_arn)]


# -- engines that come at run time ----------------------------------------------------------------

NORTH = RegisterEngineRequest(
    name="north",
    address="simulated://north",
    zone="zone-north",
    cpu_units=2048,
    memory_mib=4096,
    reserved_ports=(8080,),
    attributes=(Attribute(name="rack", value="7"),),
)


async def join_north(town: TwoEngines) -> ContainerInstanceRecord:
    await town.plane.call(NORTH)
    await town.until(lambda: any(i.name == "north" for i in town.instances()))
    await town.until(lambda: town.instance("north").agent_connected)
    return town.instance("north")


async def test_an_engine_joins_without_a_restart_and_takes_tasks(town):
    north = await join_north(town)
    assert (north.zone, north.cpu_units, north.memory_mib) == ("zone-north", 2048, 4096)
    assert 8080 in north.reserved_ports
    assert {a.name: a.value for a in north.attributes}["rack"] == "7"
    web = await town.service("web", 6, await town.definition("web", image=IMAGE))
    await town.steady(web)
    assert [town.running(n) for n in ("east", "west", "north")] == [2, 2, 2]


async def test_a_linked_engine_outlives_a_crash_and_is_made_an_instance_once(town):
    await join_north(town)
    web = await town.service("web", 6, await town.definition("web", image=IMAGE))
    await town.steady(web)
    await town.crash()
    await town.until(lambda: town.instance("north").agent_connected)
    await town.steady(web)
    assert [i.name for i in town.instances()] == ["east-1", "north", "west-1"]
    assert [town.running(n) for n in ("east", "west", "north")] == [2, 2, 2]


async def test_a_linked_engine_that_does_not_answer_yet_becomes_an_instance_later(town):
    town.worlds["north"].stop_engine()
    await town.plane.call(NORTH)
    await town.until(
        lambda: (e := town.plane.store.get(ENGINES, "north")) is not None and bool(e.problem)
    )
    assert all(i.name != "north" for i in town.instances())
    town.worlds["north"].start_engine()
    await town.until(lambda: any(i.name == "north" for i in town.instances()))


async def test_a_linked_engine_leaves_when_nothing_is_on_it(town):
    north = await join_north(town)
    web = await town.service("web", 6, await town.definition("web", image=IMAGE))
    await town.steady(web)
    with pytest.raises(EcsError, match="Deregister it first"):
        await town.plane.call(DeregisterEngineRequest(engine="north"))
    arn = north.container_instance_arn
    await town.plane.call(DeregisterContainerInstanceRequest(container_instance=arn, force=True))
    await town.until(lambda: town.running("north") == 0)
    await town.steady(web)
    await town.plane.call(DeregisterEngineRequest(engine="north"))
    assert town.plane.store.get(ENGINE_LINKS, "north") is None
    await town.until(lambda: town.plane.store.get(ENGINES, "north") is None)
    shown = await town.plane.call(DescribeEnginesRequest())
    assert [engine.name for engine in shown.engines] == ["east", "west"]
    await town.crash()
    await town.steady(web)
    assert len(town.tasks(web)) == 6


async def test_one_name_means_one_engine(town):
    await join_north(town)
    again = await town.plane.call(NORTH)
    assert again.engine.name == "north"
    for members, words in (
        ({"address": "simulated://east"}, "known already"),
        ({"name": "east"}, "There is an engine east already"),
        ({"name": "no name"}, "name must be"),
        ({"address": "tcp://127.0.0.1:1"}, "simulated engines only"),
        ({"name": "x", "certificate_file": "/c", "key_file": ""}, "needs its key"),
        ({"name": "x", "key_file": "key.pem"}, "keyFile must be an absolute path"),
        ({"name": "x", "reserved_ports": (0,)}, "must be between 1 and 65535"),
    ):
        with pytest.raises(EcsError, match=words):
            await town.plane.call(NORTH.with_(**members))
    assert len(town.plane.store.all(ENGINE_LINKS)) == 1
    assert len([i for i in town.plane.store.all(INSTANCES) if i.engine == "north"]) == 1
