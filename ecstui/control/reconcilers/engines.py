"""Keeps the records of engines and of their container instances true to what was observed."""

from collections.abc import Callable, Mapping

from ecstui.base.clock import Clock
from ecstui.base.ids import Ids
from ecstui.control.events import say_engine
from ecstui.control.loop import Reconciled
from ecstui.control.observer import EngineObserver
from ecstui.model.cluster import EngineRecord
from ecstui.plan.translate import TASK_ARN_LABEL
from ecstui.store.kinds import ENGINES, INSTANCES, TASKS
from ecstui.store.tables import Transaction


class EngineReconciler:
    """Reconciles engines by name."""

    def __init__(
        self,
        clock: Clock,
        ids: Ids,
        observers: Callable[[], Mapping[str, EngineObserver]],
        endpoints: Mapping[str, str],
    ) -> None:
        """`endpoints`: engine name to where it is, for people."""
        self._clock = clock
        self._ids = ids
        self._observers = observers
        self._endpoints = endpoints

    def __call__(self, tx: Transaction, name: str) -> Reconciled:
        """Take over whether an engine answers, and what it holds that nobody knows."""
        observer = self._observers().get(name)
        if observer is None:
            return Reconciled()
        before = tx.get(ENGINES, name)
        after = self._record(name, observer, before, _orphans(tx, name, observer))
        if before is None or after.with_(changed_at=before.changed_at) != before:
            tx.put(after)
        if before is None or before.is_connected != after.is_connected:
            self._tell(tx, before, after)
        self._connect_instances(tx, name, observer.is_connected)
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


def _orphans(tx: Transaction, engine: str, observer: EngineObserver) -> tuple[str, ...]:
    """Containers with our label that belong to no record: never removed by themselves."""
    return tuple(
        sorted(
            name
            for name, observation in observer.seen.items()
            if tx.get(TASKS, observation.labels.get(TASK_ARN_LABEL, "")) is None
        )
    )
