"""Which containers a log screen reads, what they are called there, and how they are.

Pure: records in, a list of sources out. It opens no stream; `ecstui.ui.log_feeds` does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ecstui.base.ids import short_name
from ecstui.model.enums import ContainerStatus
from ecstui.model.task import ContainerRecord, TaskRecord
from ecstui.store.kinds import TASKS
from ecstui.store.tables import View
from ecstui.ui.columns.cells import short_id
from ecstui.ui.glyphs import DRAINING, FAILED, UNKNOWN, Sign, sign_of
from ecstui.ui.text import clean

STOPPED_SHOWN = 3
"""Stopped tasks of a service that are read where none runs, so that there is something to read."""


class LogSource(NamedTuple):
    """One container of one task."""

    task_arn: str
    container: str

    @property
    def name(self) -> str:
        """Its name in the log store; no two sources share one."""
        return f"{self.task_arn} {self.container}"


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A source with the records that tell how it is; None where they are gone."""

    source: LogSource
    task: TaskRecord | None
    container: ContainerRecord | None

    @property
    def owner(self) -> str:
        """Name of the service that the task belongs to; empty if to none."""
        arn = None if self.task is None else self.task.service_arn
        return short_name(arn) if arn else ""

    @property
    def has_started(self) -> bool:
        """Whether the container has run, so that there may be lines."""
        return self.container is not None and self.container.started_at is not None

    @property
    def is_running(self) -> bool:
        """Whether more lines may come."""
        record = self.container
        return record is not None and record.last_status is ContainerStatus.RUNNING

    @property
    def restart_count(self) -> int:
        """How often the container was started again in place."""
        return 0 if self.container is None else self.container.restart_count

    @property
    def sign(self) -> Sign:
        """How the container is."""
        if self.task is None or self.container is None:
            return Sign(UNKNOWN, "status.unknown")
        if self.container.exit_code:
            return Sign(FAILED, "status.failed")
        if not self.task.is_wanted and self.is_running:
            return Sign(DRAINING, "status.draining")
        return sign_of(self.container.last_status.value)

    @property
    def end_words(self) -> str:
        """How the container ended: `exit 0`, `exit 137: OutOfMemoryError: …`."""
        record = self.container
        if record is None or record.exit_code is None:
            return "ended"
        reason = f": {clean(record.reason)}" if record.reason else ""
        return f"exit {record.exit_code}{reason}"


def chosen_sources(view: View, sources: Iterable[LogSource]) -> list[SourceInfo]:
    """The sources that somebody chose, with what the records say of them now."""
    return [_info(source, view.get(TASKS, source.task_arn)) for source in sources]


def service_sources(view: View, service_arn: str, *, stopped_too: bool = False) -> list[SourceInfo]:
    """All containers of the tasks of a service, the oldest task first.

    Stopped tasks are among them if they are asked for; where none runs, the last few are.
    """
    tasks = sorted(view.by(TASKS, "service", service_arn), key=lambda task: task.created_at)
    alive = [task for task in tasks if not task.is_stopped]
    stopped = [task for task in tasks if task.is_stopped and task.swept_at is None]
    shown = alive
    if stopped_too:
        shown = [*stopped, *alive]
    elif not alive:
        shown = stopped[-STOPPED_SHOWN:]
    return [
        _info(LogSource(task.task_arn, record.name), task)
        for task in shown
        for record in task.containers
    ]


def _info(source: LogSource, task: TaskRecord | None) -> SourceInfo:
    records = () if task is None else task.containers
    record = next((record for record in records if record.name == source.container), None)
    return SourceInfo(source, task, record)


def labels_of(
    sources: Sequence[LogSource], owners: Mapping[LogSource, str] | None = None
) -> dict[LogSource, str]:
    """What tells the sources apart, as short as can be: the task, the container, or both.

    Where they are of several `owners` (services), those stand in front.
    """
    owners = owners or {}
    has_owners = len(set(owners.values())) > 1
    tasks = {source.task_arn for source in sources}
    # Within one service the task tells enough where all its tasks have one container.
    containers = {(owners.get(source, ""), source.container) for source in sources}
    has_one = len(containers) == len({owner for owner, _ in containers})
    found = {}
    for source in sources:
        task, container = short_id(source.task_arn), clean(source.container)
        if len(tasks) == 1:
            found[source] = container
        else:
            found[source] = task if has_one else f"{task} {container}"
        if has_owners and owners.get(source):
            found[source] = f"{clean(owners[source])} {found[source]}"
    return found


def title_of(sources: Sequence[LogSource], service_arns: Sequence[str] = ()) -> str:
    """What the log is of: `service api`, `3 services`, `task 5f20ab`, `5f20ab app`, `3 tasks`."""
    if len(service_arns) > 1:
        return f"{len(service_arns)} services"
    if service_arns:
        return f"service {clean(short_name(service_arns[0]))}"
    tasks = {source.task_arn for source in sources}
    if len(tasks) != 1:
        return f"{len(tasks)} tasks"
    task = short_id(sources[0].task_arn)
    return f"{task} {clean(sources[0].container)}" if len(sources) == 1 else f"task {task}"
