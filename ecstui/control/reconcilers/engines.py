"""Keeps the records of engines and of their container instances true to what was observed.

An engine that is silent keeps its tasks as they were last seen, and gets no new ones. Silent for
too long it has lost them: they are STOPPED, and their services replace them elsewhere. What it
still runs when it is back is stopped by the reaper. Source: ecs.md 4.3, 4.5.
"""

from collections.abc import Callable, Mapping, Sequence

from ecstui.base.clock import Clock
from ecstui.base.ids import Ids
from ecstui.control.events import say_engine
from ecstui.control.loop import Reconciled
from ecstui.control.lost_tasks import lost_task_record
from ecstui.control.observer import EngineObserver
from ecstui.engine.protocol import EngineInfo
from ecstui.model.cluster import EngineRecord
from ecstui.model.engine_link import EngineLinkRecord
from ecstui.model.enums import StopCode
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import Attribute
from ecstui.plan.attributes import ARCHITECTURE, architecture_of
from ecstui.plan.translate import TASK_ARN_LABEL
from ecstui.store.kinds import ENGINE_LINKS, ENGINES, INSTANCES, TASKS
from ecstui.store.tables import Transaction

MakeInstance = Callable[[Transaction, EngineLinkRecord, EngineInfo, float], None]


class EngineReconciler:
    """Reconciles engines by name."""

    def __init__(
        self,
        clock: Clock,
        ids: Ids,
        observers: Callable[[], Mapping[str, EngineObserver]],
        endpoints: Mapping[str, str],
        lost_seconds: float,
        make_instance: MakeInstance,
    ) -> None:
        """`endpoints`: engine name to where it is, for people; `lost_seconds`: silent for so long.

        `make_instance` makes the container instance of a linked engine that has answered.
        """
        self._clock = clock
        self._ids = ids
        self._observers = observers
        self._endpoints = endpoints
        self._lost_seconds = lost_seconds
        self._make_instance = make_instance
        self._missed_since: dict[str, float] = {}

    def __call__(self, tx: Transaction, name: str) -> Reconciled:
        """Take over whether an engine answers, and what it holds that nobody knows."""
        observer = self._observers().get(name)
        if observer is None:
            return self._without(tx, name)
        self._missed_since.pop(name, None)
        before = tx.get(ENGINES, name)
        after = self._record(name, observer, before, _orphans(tx, name, observer))
        if before is None or after.with_(changed_at=before.changed_at) != before:
            tx.put(after)
        if before is None or before.is_connected != after.is_connected:
            self._tell(tx, before, after)
        self._connect_instances(tx, name, observer.is_connected)
        if observer.info is not None:
            _note_architecture(tx, name, architecture_of(observer.info.architecture))
        link = tx.get(ENGINE_LINKS, name)
        if link is not None and observer.is_connected and observer.info is not None:
            self._make_instance(tx, link, observer.info, self._clock.now())
        return self._lose(tx, name, observer.silent_since)

    def _without(self, tx: Transaction, name: str) -> Reconciled:
        """An engine that is used no more: its tasks are lost as those of one that is silent."""
        since = self._missed_since.setdefault(name, self._clock.now())
        if tx.get(ENGINES, name) is not None:
            tx.delete(ENGINES, name)
        self._connect_instances(tx, name, is_connected=False)
        return self._lose(tx, name, since)

    def _lose(self, tx: Transaction, name: str, silent_since: float | None) -> Reconciled:
        """End the tasks of an engine that has been silent for too long."""
        if silent_since is None:
            return Reconciled()
        now, lost_at = self._clock.now(), silent_since + self._lost_seconds
        if now < lost_at:
            return Reconciled(wake_at=lost_at)
        lost = tx.by(TASKS, "engine", name)
        for task in lost:
            reason = _lost_reason(tx, task)
            tx.put(lost_task_record(task, StopCode.TERMINATION_NOTICE, reason, now))
        if lost:
            words = f"(engine {name}) silent for {self._lost_seconds:.0f} s: {_tasks(lost)} lost"
            say_engine(tx, now, self._ids, name, words, is_problem=True)
        return Reconciled()

    def _record(
        self,
        name: str,
        observer: EngineObserver,
        before: EngineRecord | None,
        orphans: tuple[str, ...],
    ) -> EngineRecord:
        info = observer.info
        if info is None:
            return EngineRecord(
                name=name,
                kind=before.kind if before else "",
                endpoint=self._endpoints.get(name, ""),
                is_connected=False,
                problem=observer.problem,
                changed_at=self._clock.now(),
            )
        return EngineRecord(
            name=name,
            kind=info.kind,
            endpoint=info.endpoint,
            version=info.version,
            is_connected=observer.is_connected,
            problem=observer.problem,
            changed_at=self._clock.now(),
            cpu_units=info.cpu_count * 1024,
            memory_mib=info.memory_bytes // 2**20,
            orphans=orphans,
        )

    def _tell(self, tx: Transaction, before: EngineRecord | None, after: EngineRecord) -> None:
        now = self._clock.now()
        if after.is_connected:
            words = f"(engine {after.name}) connected: {after.kind} {after.version}"
            say_engine(tx, now, self._ids, after.name, words, is_problem=False)
        elif before is not None:
            words = f"(engine {after.name}) does not answer: {after.problem}"
            say_engine(tx, now, self._ids, after.name, words, is_problem=True)

    def _connect_instances(self, tx: Transaction, name: str, is_connected: bool) -> None:
        now = self._clock.now()
        for instance in tx.by(INSTANCES, "engine", name):
            if instance.agent_connected != is_connected:
                tx.put(
                    instance.with_(
                        agent_connected=is_connected,
                        disconnected_at=None if is_connected else now,
                        version=instance.version + 1,
                    )
                )


def _note_architecture(tx: Transaction, name: str, architecture: str) -> None:
    """Have the instances of an engine say which processor it has."""
    wanted = Attribute(name=ARCHITECTURE, value=architecture)
    for instance in tx.by(INSTANCES, "engine", name):
        known = [a.value for a in instance.attributes if a.name == ARCHITECTURE]
        if known != [architecture]:
            others = tuple(a for a in instance.attributes if a.name != ARCHITECTURE)
            tx.put(instance.with_(attributes=(*others, wanted)))


def _lost_reason(tx: Transaction, task: TaskRecord) -> str:
    """ECS's words for a task whose machine is gone (ecs.md 3.3)."""
    instance = tx.get(INSTANCES, task.container_instance_arn or "")
    if instance is None:
        return f"Engine {task.engine} does not answer."
    return f"Host EC2 (instance {instance.ec2_instance_id}) stopped/terminated."


def _tasks(tasks: Sequence[TaskRecord]) -> str:
    return "1 task" if len(tasks) == 1 else f"{len(tasks)} tasks"


def _orphans(tx: Transaction, engine: str, observer: EngineObserver) -> tuple[str, ...]:
    """Containers with our label that belong to no record: never removed by themselves."""
    return tuple(
        sorted(
            name
            for name, observation in observer.seen.items()
            if tx.get(TASKS, observation.labels.get(TASK_ARN_LABEL, "")) is None
        )
    )
