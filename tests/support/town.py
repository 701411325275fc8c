"""A small town to tell stories in: a control plane, a memory journal, a simulated engine.

Time jumps (`SimLoop`), so minutes take milliseconds. `timeline` draws what people can read:
`#` running, `.` starting, `-` stopping.
"""

import asyncio
import random
from collections.abc import Callable

from ecstui.base.clock import Clock, LoopClock
from ecstui.base.ids import short_name
from ecstui.control.plane import ControlPlane
from ecstui.control.setup import InstanceSetup, Limits, Setup
from ecstui.engine.behaviour import Behaviour
from ecstui.engine.simulated import SimulatedEngine
from ecstui.engine.world import World
from ecstui.model.cluster import ContainerInstanceRecord
from ecstui.model.enums import STARTING, EventSource, RolloutOrder
from ecstui.model.requests.definitions import RegisterTaskDefinitionRequest
from ecstui.model.requests.services import CreateServiceRequest, UpdateServiceRequest
from ecstui.model.requests.tasks import RunTaskRequest
from ecstui.model.service import ServiceRecord
from ecstui.model.task import TaskRecord
from ecstui.plan.pace import PACES, Pace, PaceName
from ecstui.store.journal import MemoryJournal
from ecstui.store.kinds import EVENTS, INSTANCES, SERVICES, TASKS

EPOCH = 1_800_000_000.0
OWNER = "town"


class Town:
    """A control plane with everything that it stands on."""

    def __init__(
        self,
        *,
        instances: int = 3,
        cpu_units: int = 4096,
        memory_mib: int = 8192,
        pace: Pace = PACES[PaceName.LOCAL],
        order: RolloutOrder = RolloutOrder.SURGE_FIRST,
        seed: int = 1,
        limits: Limits | None = None,
    ) -> None:
        """`instances` spread over three zones; nothing runs before `open`."""
        self.clock: Clock = LoopClock(EPOCH)
        self.random = random.Random(seed)
        self.world = World(self.clock, seed=seed)
        self.journal = MemoryJournal()
        self.setup = Setup(
            owner=OWNER,
            pace=pace,
            limits=limits or Limits(),
            ids=self._new_id,
            instances=tuple(
                InstanceSetup(
                    name=f"i-{number + 1}",
                    engine="simulated",
                    zone=f"zone-{'abc'[number % 3]}",
                    cpu_units=cpu_units,
                    memory_mib=memory_mib,
                    ip=f"127.0.{number + 1}.1",
                )
                for number in range(instances)
            ),
            rollout_order=order,
            is_simulation=True,
        )
        self._counter = 0
        self.plane = self._new_plane()

    def _new_id(self) -> str:
        self._counter += 1
        return f"{self._counter:06x}{self.random.getrandbits(104):026x}"

    def _new_plane(self) -> ControlPlane:
        engine = SimulatedEngine(self.world, "simulated")
        return ControlPlane(self.journal, {"simulated": engine}, self.clock, self.setup)

    # -- life -------------------------------------------------------------------------------------

    async def open(self) -> "Town":
        """Start the control plane."""
        await self.plane.start()
        return self

    async def close(self) -> None:
        """Stop it."""
        await self.plane.stop()

    async def crash(self) -> None:
        """Kill the control plane and start another on what it left behind."""
        await self.plane.crash()
        self.plane = self._new_plane()
        await self.plane.start()

    @property
    def now(self) -> float:
        """Seconds since the town was opened."""
        return self.clock.now() - EPOCH

    async def advance(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(seconds)

    async def until(self, is_so: Callable[[], bool], within_seconds: float = 120.0) -> None:
        """Wait until something is so; fails when it does not become so in time."""
        end = self.now + within_seconds
        while not is_so():
            assert self.now < end, f"not so within {within_seconds} s:\n{self.story()}"
            await asyncio.sleep(0.05)

    # -- what people do ---------------------------------------------------------------------------

    def image(self, pattern: str, behaviour: Behaviour) -> None:
        """Have images of this name behave so."""
        self.world.register(pattern, behaviour)

    async def definition(self, family: str = "web", **container: object) -> str:
        """Register a revision with one container; its ARN."""
        values = {"name": "app", "image": "demo/web:1", "cpu": 64, "memory": 64} | container
        return await self.register(family, [values])

    async def register(
        self, family: str, containers: list[dict[str, object]], **members: object
    ) -> str:
        """Register a revision; its ARN."""
        request = RegisterTaskDefinitionRequest.model_validate(
            {"family": family, "container_definitions": containers} | members
        )
        return (await self.plane.call(request)).task_definition.task_definition_arn

    async def service(
        self,
        name: str = "web",
        desired_count: int | None = 1,
        definition: str | None = None,
        **members: object,
    ) -> str:
        """Create a service; its ARN."""
        definition = definition or await self.definition(name)
        request = CreateServiceRequest.model_validate(
            {"service_name": name, "task_definition": definition, "desired_count": desired_count}
            | members
        )
        return (await self.plane.call(request)).service.service_arn

    async def update(self, service: str, **members: object) -> None:
        """Update a service."""
        request = UpdateServiceRequest.model_validate({"service": service} | members)
        await self.plane.call(request)

    async def run(self, definition: str, **members: object) -> list[str]:
        """Run tasks; their ARNs."""
        request = RunTaskRequest.model_validate({"task_definition": definition} | members)
        response = await self.plane.call(request)
        assert not response.failures, response.failures
        return [task.task_arn for task in response.tasks]

    # -- what can be seen -------------------------------------------------------------------------

    def service_record(self, arn: str) -> ServiceRecord:
        """A service as it is now."""
        record = self.plane.store.get(SERVICES, arn)
        assert record is not None, arn
        return record

    def task(self, arn: str) -> TaskRecord:
        """A task as it is now."""
        record = self.plane.store.get(TASKS, arn)
        assert record is not None, arn
        return record

    def tasks(self, service: str | None = None) -> list[TaskRecord]:
        """Tasks that have not stopped, of one service or of all."""
        store = self.plane.store
        found = store.all(TASKS) if service is None else store.by(TASKS, "service", service)
        return [task for task in found if not task.is_stopped]

    def instances(self) -> list[ContainerInstanceRecord]:
        """Container instances in the order of their names."""
        return sorted(self.plane.store.all(INSTANCES), key=lambda i: i.name)

    async def steady(self, arn: str, within_seconds: float = 120.0) -> None:
        """Wait until a service is steady."""
        await self.until(lambda: self.service_record(arn).is_steady, within_seconds)

    def events(self, arn: str | None = None) -> list[str]:
        """What the scheduler told of a service, or everything that was told, oldest first."""
        store = self.plane.store
        if arn is None:
            return [event.message for event in store.all(EVENTS)]
        told = store.by(EVENTS, "service", arn)
        return [event.message for event in told if event.source is EventSource.SERVICE]

    def running_containers(self) -> list[str]:
        """Names of the containers that run in the world."""
        return sorted(n for n, o in self._observed().items() if o == "running")

    def _observed(self) -> dict[str, str]:
        containers = self.world.containers.items()
        return {name: container.observation().phase.value for name, container in containers}

    def picture(self, arn: str) -> str:
        """One line: the tasks of a service by revision."""
        signs: dict[int, str] = {}
        for task in self.tasks(arn):
            revision = int(short_name(task.task_definition_arn).split(":")[1])
            sign = "-" if not task.is_wanted else "." if task.last_status in STARTING else "#"
            signs[revision] = signs.get(revision, "") + sign
        parts = [f"v{r} {''.join(sorted(signs[r], key='#.-'.index))}" for r in sorted(signs)]
        return "  ".join(parts)

    async def timeline(self, arn: str, within_seconds: float = 120.0) -> str:
        """What becomes of a service's tasks until it is steady, a line for each change."""
        began, lines, last = self.now, [], ""
        while True:
            picture = self.picture(arn)
            if picture != last:
                lines.append(f"{self.now - began:5.1f}s  {picture}")
                last = picture
            if self.service_record(arn).is_steady and len(lines) > 1:
                return "\n".join(lines)
            assert self.now - began < within_seconds, "\n".join(lines) + "\n" + self.story()
            await asyncio.sleep(0.05)

    def story(self) -> str:
        """Everything that was told, and every task: for people who read a failed test."""
        tasks = [
            f"{t.task_id[:6]} {t.group} {t.last_status}/{t.desired_status} {t.stopped_reason or ''}"
            for t in self.plane.store.all(TASKS)
        ]
        waiting = [f"{s.service_name}: {s.waiting}" for s in self.plane.store.all(SERVICES)]
        return "\n".join([*self.events(), *tasks, *waiting])
