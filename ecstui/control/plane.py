"""The control plane: store, loop, effects and observers put together; start is recovery.

Callers use `call`, `batches` and `logs`. Nothing is planned before every engine was looked at once.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Container, Mapping, Sequence
from typing import TypeVar

from ecstui.base.clock import Clock, SystemClock
from ecstui.base.errors import ClientException, EcsError, JournalError
from ecstui.control.call_history import last_number, note_call
from ecstui.control.context import Context
from ecstui.control.effects import Effects
from ecstui.control.events import say_engine
from ecstui.control.execution import open_session
from ecstui.control.ledger import CapacityLedger
from ecstui.control.log_keeper import LogKeeper
from ecstui.control.loop import ControlLoop, Key, Reconcile
from ecstui.control.observer import EngineObserver, Sighting
from ecstui.control.operations import OPERATIONS
from ecstui.control.reconcilers.capacity import CapacityReconciler
from ecstui.control.reconcilers.engines import EngineReconciler
from ecstui.control.reconcilers.reaper import Reaper
from ecstui.control.reconcilers.services import ServiceReconciler, room_of
from ecstui.control.reconcilers.tasks import Sight, TaskReconciler
from ecstui.control.registration import make_link_instance, register
from ecstui.control.setup import Setup
from ecstui.engine.protocol import ContainerEngine
from ecstui.model.capacity import AutoScalingGroupRecord
from ecstui.model.cluster import ContainerInstanceRecord
from ecstui.model.deployment import ServiceDeploymentRecord
from ecstui.model.engine_link import EngineLink, EngineLinkRecord
from ecstui.model.enums import STARTING, HealthStatus, StopCode
from ecstui.model.exec import ExecOrder, ExecSession
from ecstui.model.logs import LogLine, LogWindow
from ecstui.model.service import ServiceRecord
from ecstui.model.shape import Request, Shape
from ecstui.model.task import TaskRecord
from ecstui.plan.actions import (
    Action,
    CreateContainer,
    EnsureImage,
    Outcome,
    RemoveVolume,
    ResourceKey,
    StartContainer,
    container_key,
    container_of,
)
from ecstui.plan.spec import Observation
from ecstui.plan.task import observed_names, stop_task_record
from ecstui.plan.translate import Setting, task_volumes
from ecstui.store.feed import Batch, Resync
from ecstui.store.journal import Journal
from ecstui.store.kinds import (
    ALARMS,
    AUTO_SCALING_GROUPS,
    CAPACITY_PROVIDERS,
    CLUSTERS,
    ENGINE_LINKS,
    EVENTS,
    INSTANCES,
    PLANES,
    SERVICES,
    TASK_DEFINITIONS,
    TASKS,
)
from ecstui.store.store import Store
from ecstui.store.tables import Change, Transaction, View

logger = logging.getLogger(__name__)

R = TypeVar("R", bound=Shape)

_CAPACITY_KINDS = frozenset({AUTO_SCALING_GROUPS.name, CAPACITY_PROVIDERS.name, CLUSTERS.name})

FIRST_SIGN_SECONDS = 3.0
"""So long a start waits for engines to answer; those that do later join then."""


class _Busy(Container[ResourceKey]):
    """Things with an action running or a look pending: a live view for planners."""

    def __init__(self, effects: Effects, observers: Mapping[str, EngineObserver]) -> None:
        self._effects = effects
        self._observers = observers

    def __contains__(self, key: object) -> bool:
        if key in self._effects.running:
            return True
        assert isinstance(key, tuple)
        engine, thing = key
        observer = self._observers.get(engine)
        return observer is not None and observer.is_looking(thing.removeprefix("container:"))


class ControlPlane:
    """Runs one state directory's clusters on its engines."""

    def __init__(
        self,
        journal: Journal,
        engines: Mapping[str, ContainerEngine],
        clock: Clock,
        setup: Setup,
        connect: Callable[[EngineLink], ContainerEngine] | None = None,
    ) -> None:
        """`engines` by the name that container instances give; `connect` makes those linked."""
        self._engines = dict(engines)
        self._connect = connect
        self._linked: dict[str, ContainerEngine] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._is_open = False
        self._clock = clock
        self._setup = setup
        self.store = Store(journal)
        self._call_count = 0
        self._ledger = CapacityLedger()
        limits = setup.limits
        self.effects = Effects(
            self._engines, clock, limits, self._on_outcome, setup.sources, self._is_wanted
        )
        self.observers = {n: self._observer(engine) for n, engine in engines.items()}
        self.log_keeper = LogKeeper(self._engines, self.store, clock, setup.log_keeping)
        self._task_of: dict[tuple[str, str], str] = {}
        self._shaken: dict[str, int] = {}
        """Cluster to the latest transaction that changed some of its instances."""
        self._running: asyncio.Task[None] | None = None
        self._failed: asyncio.Future[Exception] | None = None
        self._engine_room = EngineReconciler(
            clock,
            setup.ids,
            lambda: self.observers,
            setup.endpoints,
            setup.pace.instance_lost_seconds,
            lambda tx, link, info, now: make_link_instance(tx, setup, link, info, now),
        )
        self.loop = ControlLoop(self.store, clock, limits, self._rooms(), self._perform)

    def _observer(self, engine: ContainerEngine) -> EngineObserver:
        setup, clock = self._setup, self._clock
        on_seen, on_engine = self._on_seen, self._on_engine
        return EngineObserver(engine, setup.owner, clock, setup.limits, on_seen, on_engine)

    def _rooms(self) -> dict[str, Reconcile]:
        setup, clock = self._setup, self._clock
        return {
            "engines": self._engine_room,
            "daemons": ServiceReconciler(clock, setup, self._ledger.of_cluster),
            "capacity": CapacityReconciler(clock, setup, self._ledger.of_cluster),
            "services": ServiceReconciler(clock, setup, self._ledger.of_cluster),
            "tasks": TaskReconciler(
                clock,
                setup.ids,
                Setting(
                    owner=setup.owner,
                    region=setup.namespace.region,
                    file_systems=setup.file_systems,
                    endpoint=setup.task_endpoint,
                ),
                Sight(
                    self.seen,
                    _Busy(self.effects, self.observers),
                    self.effects.last,
                    self.effects.attempts,
                    self._has_looked,
                ),
            ),
            "reaper": Reaper(
                clock,
                setup.pace,
                setup.limits,
                self._sighting,
                self.effects,
                self.log_keeper.is_reading,
            ),
        }

    def _has_looked(self, engine: str) -> bool:
        observer = self.observers.get(engine)
        return observer is not None and observer.has_looked

    def seen(self, engine: str) -> Mapping[str, Observation]:
        """What is known of the containers of an engine, by name."""
        observer = self.observers.get(engine)
        return {} if observer is None else observer.seen

    def _sighting(self, engine: str) -> Sighting | None:
        observer = self.observers.get(engine)
        return None if observer is None else observer.sighting()

    # -- life ---------------------------------------------------------------------------------

    async def start(self) -> None:
        """Load, look at every engine, then run; returns as soon as calls can be answered.

        Raises `JournalError` when the journal cannot be read.
        """
        await self.store.load()
        if isinstance(self._clock, SystemClock):
            # The machine's clock may have been set back while nobody looked.
            self._clock.not_before(_latest_record(self.store))
        self._call_count = last_number(self.store)
        self._ledger.load(self.store)
        for task in self.store.all(TASKS):
            self._index(task)
        self.store.on_change(self._on_change)
        self.store.update(lambda tx: register(tx, self._setup, self._clock.now()))
        await self.store.flush()
        self._failed = asyncio.get_running_loop().create_future()
        self.store.on_failure(self._fail)
        for link in self.store.all(ENGINE_LINKS):
            self._join(link)
        self._is_open = True
        for observer in self.observers.values():
            observer.start()
        await self._first_signs(FIRST_SIGN_SECONDS)
        self.store.update(self._note_engines)
        await self.store.flush()
        self._running = asyncio.create_task(self._run())
        self._running.add_done_callback(self._ended)
        self.log_keeper.start()

    # -- engines that come and go -------------------------------------------------------------

    def _join(self, link: EngineLink) -> None:
        """Begin to use a linked engine."""
        if self._connect is None or link.name in self.observers:
            return
        engine = self._connect(link)
        self._engines[link.name] = self._linked[link.name] = engine
        observer = self.observers[link.name] = self._observer(engine)
        if self._is_open:
            observer.start()
        self.loop.mark("engines", link.name)

    def _leave(self, name: str) -> None:
        """Use a linked engine no more; what runs on it goes on."""
        engine, observer = self._linked.pop(name, None), self.observers.get(name)
        self.loop.mark("engines", name)
        if engine is None or observer is None:
            return
        del self.observers[name], self._engines[name]

        async def close() -> None:
            await observer.close()
            await engine.close()

        leaving = asyncio.create_task(close())
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    def _on_link(self, before: EngineLinkRecord | None, after: EngineLinkRecord | None) -> None:
        if before is not None and (after is None or before.as_link() != after.as_link()):
            self._leave(before.name)
        if after is not None:
            self._join(after)

    async def _first_signs(self, seconds: float) -> None:
        """Wait until every engine has answered or failed to, but not longer than that."""
        signs = (observer.first_sign.wait() for observer in self.observers.values())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await asyncio.gather(*signs)

    def _note_engines(self, tx: Transaction) -> None:
        """Have the records of engines and instances say what was found."""
        for name in self.observers:
            self._engine_room(tx, name)

    async def _run(self) -> None:
        self._mark_all()
        await self.loop.run()

    def _ended(self, running: asyncio.Task[None]) -> None:
        """The loop only ends by itself when it cannot go on: say why to whoever waits."""
        if running.cancelled():
            return
        error = running.exception()
        if isinstance(error, Exception):
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """What is in memory cannot be trusted any more, or nobody works on it: the plane ends."""
        if self._failed is not None and not self._failed.done():
            logger.critical("the control plane stops", exc_info=error)
            self._failed.set_result(error)

    def _mark_all(self) -> None:
        for name in {**self.observers, **{i.engine: None for i in self.store.all(INSTANCES)}}:
            self.loop.mark("engines", name)
        for cluster in self.store.all(CLUSTERS):
            self.loop.mark("capacity", cluster.cluster_name)
        for service in self.store.all(SERVICES):
            self.loop.mark(room_of(service), service.service_arn)
        for task in self.store.by(TASKS, "active", "yes"):
            self.loop.mark("tasks", task.task_arn)
        self.loop.mark("reaper", "sweep")

    async def wait_failed(self) -> Exception:
        """Wait until the plane had to stop by itself, and say why."""
        assert self._failed is not None, "start first"
        return await asyncio.shield(self._failed)

    async def stop(self, *, tasks: bool = False) -> None:
        """Stop managing; with `tasks`, stop every task first and wait until all are stopped."""
        if tasks:
            await self._stop_tasks()
        await self.crash()
        await self.store.close()

    async def crash(self) -> None:
        """Drop everything in memory at once, as a killed process does; the journal stays."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        self._is_open = False
        await self.log_keeper.close()
        await self.effects.close()  # first: what ends has the observer look once more
        for observer in self.observers.values():
            await observer.close()
        await asyncio.gather(*self._leaving, *(e.close() for e in self._linked.values()))

    async def _stop_tasks(self) -> None:
        self.store.update(self._scale_to_nothing)
        await self.store.flush()
        async with contextlib.aclosing(self.store.batches()) as batches:
            async for _ in batches:
                if not self.store.by(TASKS, "active", "yes"):
                    return

    def _scale_to_nothing(self, tx: Transaction) -> None:
        now = self._clock.now()
        for service in tx.all(SERVICES):
            if service.desired_count:
                tx.put(service.with_(desired_count=0))
        for task in tx.by(TASKS, "active", "yes"):
            reason = "Task stopped because ecstui was stopped with its tasks"
            tx.put(stop_task_record(task, StopCode.USER_INITIATED, reason, now))
        words = "ecstui was stopped with its tasks: every service was scaled to 0"
        say_engine(tx, now, self._setup.ids, "ecstui", words, is_problem=False)

    # -- what comes up ------------------------------------------------------------------------

    def _on_change(self, change: Change) -> None:
        self._ledger.on_change(change)
        if change.kind.name == TASKS.name:
            before = change.before if isinstance(change.before, TaskRecord) else None
            after = change.after if isinstance(change.after, TaskRecord) else None
            self._on_task(before, after)
        elif change.kind.name == ENGINE_LINKS.name:
            link_before = change.before if isinstance(change.before, EngineLinkRecord) else None
            link_after = change.after if isinstance(change.after, EngineLinkRecord) else None
            self._on_link(link_before, link_after)
        elif isinstance(change.after, ServiceRecord):
            self.loop.mark("services", change.key)
        elif isinstance(change.after, ServiceDeploymentRecord):
            self.loop.mark("services", change.after.service_arn)
        elif change.kind.name == ALARMS.name:
            self._on_alarm(change.key)
        elif isinstance(change.after, ContainerInstanceRecord):
            self._on_instance(change.after)
            if change.before is None:
                self.loop.mark("engines", change.after.engine)
        elif change.kind.name in _CAPACITY_KINDS:
            self._on_capacity(change)

    def _on_task(self, before: TaskRecord | None, after: TaskRecord | None) -> None:
        task = after or before
        assert task is not None
        if after is None:
            self._forget(task)
            self.log_keeper.forget(task)
        else:
            self.log_keeper.on_task(after)
            if before is None or before.engine != after.engine:
                self._index(after)
            if not after.is_stopped:
                self.loop.mark("tasks", after.task_arn)
        if task.service_arn is not None and _scheduler_cares(before, after):
            self.loop.mark("services", task.service_arn)
        if after is None or (after.is_stopped and not (before and before.is_stopped)):
            self._on_room()
        was_waiting = before is not None and before.is_waiting_for_capacity
        if was_waiting and task.engine:
            self._on_room()
        if was_waiting or task.is_waiting_for_capacity or self._is_in_group(task):
            self.loop.mark("capacity", task.cluster_name)

    def _is_in_group(self, task: TaskRecord) -> bool:
        """Whether the end of a task may let an instance of an Auto Scaling group go."""
        if not task.is_stopped or task.container_instance_arn is None:
            return False
        instance = self.store.get(INSTANCES, task.container_instance_arn)
        return instance is not None and bool(instance.auto_scaling_group)

    def _on_capacity(self, change: Change) -> None:
        """Groups, capacity providers and clusters decide on capacity."""
        after = change.after
        if isinstance(after, AutoScalingGroupRecord):
            self.loop.mark("capacity", after.cluster)
        else:
            for cluster in self.store.all(CLUSTERS):
                self.loop.mark("capacity", cluster.cluster_name)

    def _forget(self, task: TaskRecord) -> None:
        for name in observed_names(task):
            self._task_of.pop((task.engine, name), None)
            self.effects.forget(container_key(task.engine, name))
        definition = self.store.get(TASK_DEFINITIONS, task.task_definition_arn)
        for volume in () if definition is None else task_volumes(task, definition):
            self.effects.forget(RemoveVolume(task.engine, volume).key)

    def _index(self, task: TaskRecord) -> None:
        for name in observed_names(task):
            self._task_of[task.engine, name] = task.task_arn

    def _is_wanted(self, action: Action) -> bool:
        """Whether a container may still be made or started: not for a task that has stopped."""
        match action:
            case CreateContainer(spec=spec):
                name = spec.name
            case StartContainer(name=name):
                pass
            case _:
                return True
        task = self.store.get(TASKS, self._task_of.get((action.engine, name), ""))
        return task is not None and not task.is_stopped

    def _on_alarm(self, name: str) -> None:
        """Alarms decide on the deployments that name them."""
        for service in self.store.all(SERVICES):
            alarms = service.deployment_configuration.alarms
            if alarms is not None and name in alarms.alarm_names:
                self.loop.mark("services", service.service_arn)

    def _on_instance(self, instance: ContainerInstanceRecord) -> None:
        cluster = instance.cluster_name
        self.loop.mark("capacity", cluster)
        if self._shaken.get(cluster) != self.store.seq:  # once for all instances of an engine
            self._shaken[cluster] = self.store.seq
            for service in self.store.by(SERVICES, "cluster", cluster):
                self.loop.mark(room_of(service), service.service_arn)

    def _on_room(self) -> None:
        for arn in self.loop.short_of_room:
            self.loop.mark("services", arn)

    def _on_seen(self, engine: str, name: str) -> None:
        arn = self._task_of.get((engine, name))
        if arn is None or engine not in self.observers:
            self.loop.mark("engines", engine)
            return
        task = self.store.get(TASKS, arn)
        if task is None or not task.is_stopped:
            self.loop.mark("tasks", arn)
        elif name in self.observers[engine].seen:
            self.loop.mark("reaper", "sweep")

    def _on_engine(self, engine: str) -> None:
        self.loop.mark("engines", engine)
        observer = self.observers[engine]
        for task in self.store.by(TASKS, "engine", engine):
            self.loop.mark("tasks", task.task_arn)
            if observer.is_connected:
                self._look_for(observer, task)

    @staticmethod
    def _look_for(observer: EngineObserver, task: TaskRecord) -> None:
        """Look for what a task should have and a list did not show: a list is not the last word."""
        for name in observed_names(task):
            if name not in observer.seen:
                observer.look(name)

    # -- what goes down -----------------------------------------------------------------------

    def _perform(self, key: Key, action: Action) -> None:
        room, name = key
        observer = self.observers.get(action.engine)
        if observer is None:
            return
        if not observer.is_connected or observer.is_looking(container_of(action)):
            # Its key is marked again when the engine is back, or when the look has shown more.
            return
        if not self.effects.start(action):
            retry_at = self.effects.retry_at.get(action.key)
            if retry_at is not None and action.key not in self.effects.running:
                self.loop.wake(room, name, retry_at)

    def _on_outcome(self, outcome: Outcome) -> None:
        action = outcome.action
        match action:
            case EnsureImage():
                self._on_image(action)
            case RemoveVolume():
                return
            case _:
                observer = self.observers.get(action.engine)
                if observer is not None:
                    observer.look(container_of(action))

    def _on_image(self, action: EnsureImage) -> None:
        for task in self.store.by(TASKS, "engine", action.engine):
            if task.last_status in STARTING:
                self.loop.mark("tasks", task.task_arn)

    # -- doors --------------------------------------------------------------------------------

    async def call(self, request: Request[R], caller: str = "local") -> R:
        """Carry out one operation; the answer comes after its changes are durable.

        Raises `EcsError` with ECS's own code when the request is refused.
        """
        operation = OPERATIONS.get(request.operation())
        if operation is None:
            raise ClientException(f"Operation {request.operation()} is not known to ecstui.")
        context = Context(
            now=self._clock.now(),
            ids=self._setup.ids,
            names=self._setup.namespace,
            pace=self._setup.pace,
            capacities=self._ledger.capacities(),
            caller=caller,
        )
        number = self._call_count + 1

        def change(tx: Transaction) -> Shape:
            answer = operation(tx, request, context)
            if note_call(tx, number, request, answer, context):
                self._call_count = number
            return answer

        response = self.store.update(change)
        try:
            await self.store.flush()
        except JournalError as error:
            raise EcsError(
                f"The change could not be made durable and is lost: {error}", code="ServerException"
            ) from error
        return response  # type: ignore[return-value]

    def batches(self, since: int | None = None) -> AsyncGenerator[Batch | Resync]:
        """Durable changes as they come."""
        return self.store.batches(since)

    async def logs(
        self, task_arn: str, container: str, window: LogWindow
    ) -> AsyncGenerator[Sequence[LogLine]]:
        """Lines of one container of a task; raises `EcsError` when there is none of that name."""
        task = self.store.get(TASKS, task_arn)
        if task is None:
            raise ClientException("The referenced task was not found.", field="task")
        records = {record.name: record for record in task.containers}
        if container not in records:
            raise ClientException(
                f"The task has no container named {container}; it has: {', '.join(records)}.",
                field="container",
            )
        found = self.log_keeper.lines(task, records[container], window)
        async with contextlib.aclosing(found) as batches:
            async for lines in batches:
                yield lines

    async def execute(self, task_arn: str, container: str, order: ExecOrder) -> ExecSession:
        """Run a command in a container of a task; close the session. Raises `EcsError`."""
        return await open_session(self.store, self._engines, task_arn, container, order)

    def instances(self) -> Sequence[ContainerInstanceRecord]:
        """Every container instance."""
        return self.store.all(INSTANCES)


def _latest_record(view: View) -> float:
    """The latest time in what is written down as things happen, POSIX seconds."""
    told = (event.created_at for event in view.all(EVENTS))
    began = (plane.started_at for plane in view.all(PLANES))
    tasks = (max(t.created_at, t.started_at or 0.0, t.stopped_at or 0.0) for t in view.all(TASKS))
    return max((*told, *began, *tasks), default=0.0)


def _scheduler_cares(before: TaskRecord | None, after: TaskRecord | None) -> bool:
    """Whether a change of a task can change what its service's scheduler decides."""
    if before is None or after is None:
        return True
    return (
        before.last_status is not after.last_status
        or before.desired_status is not after.desired_status
        or _healths(before) != _healths(after)
        or before.protected_until != after.protected_until
    )


def _healths(task: TaskRecord) -> tuple[HealthStatus, ...]:
    """Health of each container: the scheduler looks at those that have a check."""
    return tuple(container.health_status for container in task.containers)
