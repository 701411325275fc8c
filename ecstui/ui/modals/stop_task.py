"""Asks before tasks are stopped: lists them, and says what comes in their place."""

from collections.abc import Sequence

from ecstui.base.ids import short_name
from ecstui.model.enums import ServiceStatus
from ecstui.model.requests.tasks import StopTaskRequest, StopTaskResponse
from ecstui.model.task import TaskRecord
from ecstui.store.kinds import SERVICES, TASKS
from ecstui.ui.columns.cells import revision_of, short_id, since
from ecstui.ui.modals.effects import Effect
from ecstui.ui.modals.request_dialog import GENERAL, Errors, RequestDialog, text_in
from ecstui.ui.stop_timeouts import stop_seconds
from ecstui.ui.text import clean, plural
from ecstui.ui.widgets.form_fields import Field, TextField, Values

MOST_LISTED = 8


class StopTaskModal(RequestDialog[StopTaskResponse]):
    """Stops tasks one after another."""

    members = {"reason": "reason"}
    is_dangerous = True
    submit_label = "Stop"

    def __init__(self, task_arns: Sequence[str]) -> None:
        """Of the tasks with these ARNs; those that have stopped already are left out."""
        self._arns = list(task_arns)
        super().__init__("Stop task" if len(self._arns) == 1 else "Stop tasks")

    def _tasks(self) -> list[TaskRecord]:
        """Those that run and are meant to."""
        found = [self.view.get(TASKS, arn) for arn in self._arns]
        return [task for task in found if task is not None and task.is_wanted]

    def question(self) -> str:
        """How many."""
        tasks = self._tasks()
        if not tasks:
            return "Nothing to stop: every one of them is stopping or has stopped."
        if len(tasks) == 1:
            return f"Stop task {short_id(tasks[0].task_arn)}?"
        return f"Stop {plural(len(tasks), 'task')}?"

    def facts(self) -> Sequence[Effect]:
        """Which."""
        tasks = self._tasks()
        now = self.shell.now()
        found = [Effect(_task_text(task, now)) for task in tasks[:MOST_LISTED]]
        more = len(tasks) - len(found)
        return [*found, *[Effect(f"and {more} more")] * bool(more)]

    def fields(self) -> Sequence[Field]:
        """Why, for those who look at the stopped task later."""
        return [TextField("reason", "Reason", placeholder="Task stopped by user")]

    def effects(self, values: Values) -> Sequence[Effect]:
        """How they stop, and what comes in their place."""
        tasks = self._tasks()
        if not tasks:
            return ()
        seconds = stop_seconds(self.view, [task.task_definition_arn for task in tasks])
        found = [Effect(f"SIGTERM first, SIGKILL after {seconds} s")]
        kept, lost = self._owners(tasks)
        for name, count in kept.items():
            others = "another in its place" if count == 1 else f"{count} others in their place"
            found.append(Effect(f"service {clean(name)} starts {others}"))
        if lost:
            what = "it" if len(tasks) == 1 else plural(lost, "task")
            found.append(Effect(f"nothing starts {what} again", "warning"))
        return found

    def _owners(self, tasks: Sequence[TaskRecord]) -> tuple[dict[str, int], int]:
        """Tasks by the ACTIVE service that replaces them, and how many nobody replaces."""
        kept: dict[str, int] = {}
        lost = 0
        for task in tasks:
            service = self.view.get(SERVICES, task.service_arn or "")
            if service is None or service.status is not ServiceStatus.ACTIVE:
                lost += 1
            else:
                kept[service.service_name] = kept.get(service.service_name, 0) + 1
        return kept, lost

    def command(self, values: Values) -> str:
        """The line for the first; nothing when there is none."""
        return super().command(values) if self._tasks() else ""

    def request(self, values: Values) -> StopTaskRequest:
        """StopTask of the first."""
        tasks = self._tasks()
        return self._request_for(tasks[0].task_arn if tasks else "", values)

    def _request_for(self, task_arn: str, values: Values) -> StopTaskRequest:
        return StopTaskRequest(
            cluster=self.cluster,
            task=short_name(task_arn),
            reason=text_in(values, "reason") or None,
        )

    async def carry_out(self, values: Values) -> Errors:
        """One request for each; the first refusal ends it."""
        tasks = self._tasks()
        if not tasks:
            return {GENERAL: "Nothing to stop any more."}
        for done, task in enumerate(tasks):
            _, errors = await self.try_request(self._request_for(task.task_arn, values))
            if errors:
                if done:
                    self.shell.say(f"stopping {plural(done, 'task')} of {len(tasks)}", "warning")
                return errors
        what = short_id(tasks[0].task_arn) if len(tasks) == 1 else plural(len(tasks), "task")
        self.shell.say(f"stopping {what}")
        return {}


def _task_text(task: TaskRecord, now: float) -> str:
    """`7c1e3f: api:42, service api, RUNNING 2h, zone-a`."""
    age = since(task.started_at or task.created_at, now)
    group = clean(task.group or "").replace("service:", "service ").replace("family:", "")
    revision = revision_of(task.task_definition_arn)
    parts = [
        revision,
        group if group != revision.partition(":")[0] else "",
        f"{task.last_status} {age}",
        clean(task.availability_zone or ""),
    ]
    return f"{short_id(task.task_arn)}: {', '.join(part for part in parts if part)}"
