"""Puts sentences into the event history: what the scheduler, tasks, engines and people did."""

from ecstui.base.ids import Ids
from ecstui.model.cluster import EventRecord
from ecstui.model.enums import EventSource
from ecstui.model.service import ServiceRecord
from ecstui.model.task import TaskRecord
from ecstui.store.tables import Transaction


def say_service(
    tx: Transaction,
    now: float,
    ids: Ids,
    service: ServiceRecord,
    message: str,
    *,
    is_problem: bool = False,
) -> None:
    """A service event: `message` follows `(service NAME) ` (ecs.md 6.11)."""
    tx.put(
        EventRecord(
            id=ids(),
            created_at=now,
            source=EventSource.SERVICE,
            cluster_name=service.cluster_name,
            subject_arn=service.service_arn,
            service_arn=service.service_arn,
            message=f"(service {service.service_name}) {message}",
            is_problem=is_problem,
        )
    )


def say_task(
    tx: Transaction, now: float, ids: Ids, task: TaskRecord, message: str, *, is_problem: bool
) -> None:
    """What became of a task."""
    tx.put(
        EventRecord(
            id=ids(),
            created_at=now,
            source=EventSource.TASK,
            cluster_name=task.cluster_name,
            subject_arn=task.task_arn,
            message=message,
            is_problem=is_problem,
        )
    )


def say_engine(
    tx: Transaction, now: float, ids: Ids, engine: str, message: str, *, is_problem: bool
) -> None:
    """What became of an engine; belongs to no cluster."""
    tx.put(
        EventRecord(
            id=ids(),
            created_at=now,
            source=EventSource.ENGINE,
            cluster_name="",
            subject_arn=engine,
            message=message,
            is_problem=is_problem,
        )
    )
