"""A town to show on screens: a shop's cluster in the middle of an ordinary day, standing still.

Six instances in three zones, a dozen services, one in a rolling update, one that crashes all the
time, one without room. `TownClient` answers calls with the real operations, without a control
loop: what a test changes is all that changes.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from ecstui.control.context import Context
from ecstui.control.operations import OPERATIONS
from ecstui.model.cluster import EngineRecord, EventRecord, PlaneRecord
from ecstui.model.enums import (
    ContainerStatus,
    DeploymentStatus,
    DesiredStatus,
    EventSource,
    HealthStatus,
    InstanceStatus,
    RolloutState,
    StopCode,
    TaskStatus,
)
from ecstui.model.exec import ExecOrder
from ecstui.model.logs import LogLine, LogWindow
from ecstui.model.service import (
    CircuitBreakerConfiguration,
    DeploymentConfiguration,
    ServiceRecord,
)
from ecstui.model.shape import Request, Shape
from ecstui.model.task import NetworkBinding, TaskRecord
from ecstui.model.task_definition import FamilyRecord, HealthCheck, TaskDefinitionRecord
from ecstui.plan.pace import PACES, PaceName
from ecstui.store.feed import Batch, Resync
from ecstui.store.journal import MemoryJournal
from ecstui.store.kinds import ENGINES, INSTANCES, SERVICES, TASKS
from ecstui.store.store import Store
from ecstui.store.tables import View
from ecstui.ui.app import EcsTui
from ecstui.ui.screens.list_screen import ListScreen
from ecstui.ui.theme import packaged_folder
from tests.factories import (
    NAMES,
    a_cluster,
    a_container,
    a_definition,
    a_deployment,
    a_port,
    a_service,
    a_task,
    an_id,
    an_instance,
    ids,
)

if TYPE_CHECKING:
    from ecstui.base.errors import EcstuiError


from textual.pilot import Pilot

from tests.doors.plane import Session
from tests.ui.conftest import screen_text, until

R = TypeVar("R", bound=Shape)

CLUSTER = "shop"
NOW = 1_700_000_000.0
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
INSTANCES_OF_TOWN = ("ci-a1", "ci-a2", "ci-b1", "ci-b2", "ci-c1", "ci-c2")


class TownClient:
    """A `Client` over a store; operations work, but nothing happens by itself."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.calls: list[Request[Shape]] = []
        self.sessions: list[Session] = []
        """Commands in containers that were asked for."""
        self.refusal: EcstuiError | None = None
        """What the next calls are answered with."""
        self._problem: str | None = None
        self._problem_told = asyncio.Event()
        self._ids = ids("client")

    @property
    def view(self) -> View:
        return self.store

    @property
    def problem(self) -> str | None:
        return self._problem

    def go_offline(self, problem: str | None = "The daemon is not running.") -> None:
        """The daemon goes away, or with None comes back."""
        self._problem = problem
        self._problem_told.set()

    async def call(self, request: Request[R]) -> R:
        self.calls.append(request)  # type: ignore[arg-type]
        if self.refusal is not None:
            raise self.refusal
        context = Context(
            now=NOW, ids=self._ids, names=NAMES, pace=PACES[PaceName.LOCAL], caller="test"
        )
        operation = OPERATIONS[request.operation()]
        response = self.store.update(lambda tx: operation(tx, request, context))
        await self.store.flush()
        return response  # type: ignore[return-value]

    async def changes(self) -> AsyncGenerator[Batch | Resync | None, None]:
        batches = self.store.batches()
        coming = asyncio.ensure_future(anext(batches))
        told = asyncio.ensure_future(self._problem_told.wait())
        try:
            while True:
                await asyncio.wait({coming, told}, return_when=asyncio.FIRST_COMPLETED)
                if told.done():
                    self._problem_told.clear()
                    told = asyncio.ensure_future(self._problem_told.wait())
                    yield None
                if coming.done():
                    item = coming.result()
                    coming = asyncio.ensure_future(anext(batches))
                    yield item
        finally:
            told.cancel()
            coming.cancel()
            await asyncio.gather(told, coming, return_exceptions=True)

    async def logs(
        self, task_arn: str, container: str, window: LogWindow
    ) -> AsyncGenerator[Sequence[LogLine], None]:
        yield [LogLine(NOW + i, "stdout", f"{container} says {i}") for i in range(3)]

    async def execute(self, task_arn: str, container: str, order: ExecOrder) -> Session:
        if self.refusal is not None:
            raise self.refusal
        self.sessions.append(Session(task_arn, container, order))
        return self.sessions[-1]

    async def close(self) -> None:
        pass

    def requests(self, kind: type[Request[R]]) -> list[Request[R]]:
        """The calls of one operation."""
        return [request for request in self.calls if isinstance(request, kind)]


class Town:
    """Records, put one after another, and the client that shows them."""

    def __init__(self) -> None:
        self.store = Store(MemoryJournal())
        self.client = TownClient(self.store)
        self._ports = 32_700
        self._at = 0

    async def put(self, *records: Shape) -> None:
        """Change records as the control plane would, and let everybody know."""
        self.put_now(*records)
        await self.store.flush()

    def put_now(self, *records: Shape) -> None:
        def put_all(tx: Any) -> None:
            for record in records:
                tx.put(record)

        self.store.update(put_all)

    # ---------------------------------------------------------------- parts

    def service(self, name: str) -> ServiceRecord:
        found = self.store.get(SERVICES, NAMES.service(CLUSTER, name))
        assert found is not None
        return found

    def engine(self) -> EngineRecord:
        found = self.store.get(ENGINES, "local")
        assert found is not None
        return found

    def tasks(self, service: str) -> list[TaskRecord]:
        return list(self.store.by(TASKS, "service", NAMES.service(CLUSTER, service)))

    def build(self) -> "Town":
        """The whole town."""
        self.put_now(
            PlaneRecord(
                owner="0123456789ab", pace="local", is_simulation=True, version="0.1.0",
                started_at=NOW - HOUR, region="us-east-1", account="000000000000", process_id=4711,
            ),
            EngineRecord(
                name="local", kind="simulated", endpoint="simulated://local", version="1.0",
                is_connected=True, changed_at=NOW - HOUR, cpu_units=24_576, memory_mib=49_152,
            ),
            a_cluster(CLUSTER),
            a_cluster("staging"),
        )  # fmt: skip
        for number, name in enumerate(INSTANCES_OF_TOWN):
            status = InstanceStatus.DRAINING if name == "ci-c2" else InstanceStatus.ACTIVE
            self.put_now(
                an_instance(
                    name, zone=f"zone-{name[3]}", cluster_name=CLUSTER, cpu_units=4096,
                    memory_mib=8192, ip=f"127.0.{number // 2 + 1}.{number % 2 + 1}", status=status,
                    registered_at=NOW - 9 * DAY, reserved_ports=(22, 2375, 2376),
                )
            )  # fmt: skip
        for seed in SEEDS:
            seed(self)
        self._events()
        return self

    def family(
        self, name: str, revisions: int, *, cpu: int = 256, memory: int = 256, sidecar: bool = False
    ) -> TaskDefinitionRecord:
        """A family with some of its revisions; the newest is returned."""
        health = HealthCheck(command=("CMD-SHELL", "wget -q -O- localhost:8080/health"))
        newest = None
        for revision in range(max(1, revisions - 5), revisions + 1):
            containers = [
                a_container(
                    name.split("-", maxsplit=1)[0], image=f"shop/{name}:1.{revision}.0",
                    cpu=cpu, memory=memory, port_mappings=(a_port(8080),), health_check=health,
                )
            ]  # fmt: skip
            if sidecar:
                containers.append(
                    a_container("envoy", image="envoyproxy/envoy:v1.31", cpu=64, memory=64)
                )
            newest = a_definition(
                *containers, family=name, revision=revision,
                registered_at=NOW - (revisions - revision + 1) * 2 * HOUR,
            )  # fmt: skip
            self.put_now(newest)
        assert newest is not None
        self.put_now(FamilyRecord(family=name, latest_revision=revisions))
        return newest

    def task(
        self,
        definition: TaskDefinitionRecord,
        service: str | None,
        *,
        seed: object,
        status: TaskStatus = TaskStatus.RUNNING,
        age: float = DAY,
        instance: str | None = None,
        **changes: Any,
    ) -> TaskRecord:
        """A task on the next instance in turn, as it is after `age` seconds."""
        name = instance or INSTANCES_OF_TOWN[self._at % 5]
        self._at += instance is None
        place = an_instance(name, cluster_name=CLUSTER)
        is_up = status is TaskStatus.RUNNING
        self._ports += 1
        task = a_task(
            definition,
            seed=seed,
            cluster_name=CLUSTER,
            container_instance_arn=place.container_instance_arn,
            availability_zone=f"zone-{name[3]}",
            last_status=status,
            created_at=NOW - age,
            started_at=NOW - age + 2 if is_up else None,
            service_arn=service and NAMES.service(CLUSTER, service),
            group=f"service:{service}" if service else f"family:{definition.family}",
            health_status=HealthStatus.HEALTHY if is_up else HealthStatus.UNKNOWN,
        )
        health = HealthStatus.HEALTHY if is_up else HealthStatus.UNKNOWN
        binding = NetworkBinding(container_port=8080, host_port=self._ports)
        containers = [
            container.with_(
                last_status=ContainerStatus.RUNNING if is_up else ContainerStatus.PENDING,
                health_status=HealthStatus.UNKNOWN if index else health,
                network_bindings=(binding,) if is_up and not index else (),
                started_at=NOW - age + 2 if is_up else None,
            )
            for index, container in enumerate(task.containers)
        ]
        task = task.with_(**{"containers": tuple(containers), **changes})
        self.put_now(task)
        return task

    def steady(
        self, name: str, count: int, revision: int, *, age: float = 6 * DAY, **family: Any
    ) -> ServiceRecord:
        """A service at rest."""
        definition = self.family(name, revision, **family)
        deployment = a_deployment(
            seed=name, task_definition=definition.task_definition_arn, desired_count=count,
            created_at=NOW - age, updated_at=NOW - age, rollout_state=RolloutState.COMPLETED,
        )  # fmt: skip
        service = a_service(
            name, cluster_name=CLUSTER, desired_count=count, deployments=(deployment,),
            task_definition=definition.task_definition_arn, is_steady=True,
            last_completed=deployment, created_at=NOW - age,
        )  # fmt: skip
        self.put_now(service)
        for number in range(count):
            self.task(
                definition, name, seed=f"{name}:{number}", age=age, deployment_id=deployment.id
            )
        return service

    def event(
        self,
        message: str,
        ago: float,
        subject: str,
        source: EventSource = EventSource.SERVICE,
        **more: Any,
    ) -> EventRecord:
        """Something that happened so many seconds ago."""
        service = subject if ":service/" in subject else None
        record = EventRecord(
            id=an_id(f"{message}{ago}"), created_at=NOW - ago, source=source, cluster_name=CLUSTER,
            subject_arn=subject, message=message, service_arn=service, **more,
        )  # fmt: skip
        self.put_now(record)
        return record

    # ---------------------------------------------------------------- services that are not at rest

    def rolling(self) -> None:
        """`api` on its way from revision 41 to 42."""
        new = self.family("api", 42, cpu=512, memory=512, sidecar=True)
        old_arn = NAMES.task_definition("api", 41)
        before = a_deployment(
            seed="api:41", task_definition=old_arn, desired_count=8, created_at=NOW - DAY,
            status=DeploymentStatus.ACTIVE, rollout_state=RolloutState.COMPLETED,
        )  # fmt: skip
        now = a_deployment(
            seed="api:42", task_definition=new.task_definition_arn, desired_count=8,
            created_at=NOW - 134, updated_at=NOW - 2,
        )  # fmt: skip
        self.put_now(
            a_service(
                "api", cluster_name=CLUSTER, desired_count=8, deployments=(now, before),
                task_definition=new.task_definition_arn, last_completed=before,
                waiting="waiting for 2 tasks starting, 2 tasks stopping",
                deployment_configuration=DeploymentConfiguration(
                    deployment_circuit_breaker=CircuitBreakerConfiguration(
                        enable=True, rollback=True
                    )
                ),
            )
        )  # fmt: skip
        for number in range(6):
            self.task(new, "api", seed=f"new{number}", age=90 - 10 * number, deployment_id=now.id)
        for number, status in enumerate((TaskStatus.PENDING, TaskStatus.ACTIVATING)):
            self.task(new, "api", seed=f"young{number}", status=status, age=4, deployment_id=now.id)
        old = a_definition(*new.container_definitions, family="api", revision=41)
        for number in range(4):
            gone = number > 1
            self.task(
                old, "api", seed=f"old{number}", age=6 * HOUR, deployment_id=before.id,
                status=TaskStatus.DEACTIVATING if gone else TaskStatus.RUNNING,
                desired_status=DesiredStatus.STOPPED if gone else DesiredStatus.RUNNING,
            )  # fmt: skip

    def crashing(self) -> None:
        """`reports` dies again and again."""
        definition = self.family("reports", 3, cpu=256, memory=256)
        deployment = a_deployment(
            seed="reports", task_definition=definition.task_definition_arn, desired_count=2,
            created_at=NOW - 25 * MINUTE, failed_tasks=0, quick_exits=7, next_start_at=NOW + 5,
        )  # fmt: skip
        self.put_now(
            a_service(
                "reports", cluster_name=CLUSTER, desired_count=2, deployments=(deployment,),
                task_definition=definition.task_definition_arn,
                waiting="7 tasks in a row died soon; waiting before the next start",
            )
        )  # fmt: skip
        self.task(
            definition, "reports", seed="reports:up", age=3, deployment_id=deployment.id,
            health_status=HealthStatus.UNHEALTHY,
        )  # fmt: skip
        for number in range(4):
            task = self.task(
                definition, "reports", seed=f"reports:{number}", status=TaskStatus.STOPPED,
                age=(number + 1) * 5 * MINUTE, deployment_id=deployment.id,
            )  # fmt: skip
            container = task.containers[0].with_(
                last_status=ContainerStatus.STOPPED, exit_code=137, reason="OutOfMemoryError"
            )
            self.put_now(
                task.with_(
                    containers=(container,), desired_status=DesiredStatus.STOPPED,
                    stopped_at=task.created_at + 4, started_at=task.created_at + 1,
                    stop_code=StopCode.ESSENTIAL_CONTAINER_EXITED,
                    stopped_reason="Essential container in task exited",
                )
            )  # fmt: skip

    def blocked(self) -> None:
        """`analytics` wants more memory than any instance has."""
        definition = self.family("analytics", 1, cpu=1024, memory=16_384)
        deployment = a_deployment(
            seed="analytics", task_definition=definition.task_definition_arn, desired_count=1,
            created_at=NOW - 12 * MINUTE,
        )  # fmt: skip
        trouble = (
            "was unable to place a task because no container instance met all of its requirements. "
            "Reason: No Container Instances were found with 16384 MiB of free memory."
        )
        self.put_now(
            a_service(
                "analytics", cluster_name=CLUSTER, desired_count=1, deployments=(deployment,),
                task_definition=definition.task_definition_arn, waiting=trouble,
                last_trouble=trouble, last_trouble_at=NOW - 11 * MINUTE,
            )
        )  # fmt: skip
        self.event(
            f"(service analytics) {trouble}", 11 * MINUTE, NAMES.service(CLUSTER, "analytics"),
            is_problem=True,
        )  # fmt: skip

    def _events(self) -> None:
        api, reports = NAMES.service(CLUSTER, "api"), NAMES.service(CLUSTER, "reports")
        started = " ".join(f"(task {an_id(f'young{number}')})" for number in range(2))
        self.event(f"(service api) has started 2 tasks: {started}.", 4, api)
        stopped = " ".join(f"(task {an_id(f'old{number}')})" for number in (2, 3))
        self.event(f"(service api) has stopped 2 running tasks: {stopped}.", 14, api)
        self.event("(service api) updated: task definition api:42", 134, api, EventSource.USER)
        self.event("(service worker) has reached a steady state.", 40 * MINUTE,
                   NAMES.service(CLUSTER, "worker"))  # fmt: skip
        dead = NAMES.task(CLUSTER, an_id("reports:0"))
        self.event("Essential container in task exited (exit code 137, OutOfMemoryError)",
                   5 * MINUTE, dead, EventSource.TASK, is_problem=True)  # fmt: skip
        self.event(f"(service reports) has started 1 tasks: (task {an_id('reports:up')}).", 3,
                   reports)  # fmt: skip
        instance = self.store.by(INSTANCES, "cluster", CLUSTER)[5]
        self.event("status is now DRAINING", 2 * MINUTE, instance.container_instance_arn,
                   EventSource.INSTANCE)  # fmt: skip
        self.event("engine local is connected", HOUR, "local", EventSource.ENGINE)


SEEDS: tuple[Callable[[Town], object], ...] = (
    lambda town: town.steady("web", 4, 17, sidecar=True),
    Town.rolling,
    lambda town: town.steady("cart", 3, 9, cpu=128),
    lambda town: town.steady("checkout", 3, 5, age=4 * DAY),
    lambda town: town.steady("payments", 2, 8, age=9 * DAY),
    lambda town: town.steady("search", 3, 21, cpu=512, memory=1024),
    lambda town: town.steady("image-resizer-with-a-long-name", 2, 3, memory=512),
    lambda town: town.steady("worker", 6, 12, age=DAY),
    lambda town: town.steady("mailer", 1, 2, cpu=64, memory=64, age=9 * DAY),
    lambda town: town.steady("auth", 2, 6),
    Town.crashing,
    Town.blocked,
)


def a_town() -> Town:
    """The whole town."""
    return Town().build()


class TownApp(EcsTui):
    """The app over a town, at a time that stands still, without animations."""

    def __init__(self, town: Town, **options: Any) -> None:
        options = {"cluster": CLUSTER, "theme_folders": [packaged_folder()]} | options
        super().__init__(town.client, now=lambda: NOW, **options)
        self.town = town
        self.animation_level = "none"

    @property
    def shown(self) -> str:
        """All text on the screen."""
        return "\n".join(screen_text(self))

    def row_with(self, text: str) -> str:
        """The first line on the screen with that text in it."""
        return next((line for line in screen_text(self) if text in line), "")


@asynccontextmanager
async def town_pilot(
    town: Town | None = None, size: tuple[int, int] = (120, 40), **options: Any
) -> AsyncIterator[Pilot[None]]:
    """A pilot of the app over a town, when the first list is there."""
    town = town or a_town()
    await town.store.flush()
    app = TownApp(town, **options)
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        yield pilot


async def ready(pilot: Pilot[None]) -> None:
    """Wait until the list that is shown has taken in what there is."""
    app = app_of(pilot)

    def is_ready() -> bool:
        screen = app.screen
        if not (isinstance(screen, ListScreen) and screen.is_mounted):
            return False
        table = screen.table
        return not table.model.is_stale and bool(table.cursor_key) == bool(table.model.order)

    await until(pilot, is_ready)
    await pilot.pause()


def app_of(pilot: Pilot[None]) -> TownApp:
    """The app that the pilot steers."""
    assert isinstance(pilot.app, TownApp)
    return pilot.app
