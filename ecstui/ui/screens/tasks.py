"""The tasks of a cluster, of one service or of one container instance.

Stopped tasks are hidden until asked for, except where nothing else is there to see.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from ecstui.base.ids import short_name
from ecstui.client.rooms import Rooms
from ecstui.client.why import why_of
from ecstui.model.requests.tasks import DescribeTasksRequest
from ecstui.model.task import TaskRecord
from ecstui.plan.why_help import help_of
from ecstui.store.kinds import INSTANCES, TASKS
from ecstui.ui import routes, task_verbs
from ecstui.ui.changed import Changed
from ecstui.ui.columns import tasks as columns
from ecstui.ui.columns.cells import revision_of
from ecstui.ui.columns.tasks import TaskRow
from ecstui.ui.described import Described, described_by
from ecstui.ui.glyphs import UNKNOWN
from ecstui.ui.screens.list_screen import LIST_COMMANDS, ListScreen
from ecstui.ui.screens.service_words import reasons_of
from ecstui.ui.spans import Line
from ecstui.ui.table import Column
from ecstui.ui.text import clean


class TasksScreen(ListScreen[TaskRow]):
    """The list of tasks."""

    title_text = "Tasks"
    noun = "task"
    kinds = columns.KINDS
    sort = "owner"
    empty_text = "No tasks here.\nn runs one, x shows stopped ones"
    commands: ClassVar[tuple[str, ...]] = (
        *LIST_COMMANDS,
        "list.group",
        "list.logs",
        "list.new",
        "list.delete",
        "list.describe",
        "list.json",
        "list.events",
        "list.related",
        "tasks.shell",
        "tasks.execute",
        "tasks.attach",
        "tasks.stop",
        "tasks.restart",
        "tasks.previous_logs",
        "tasks.task_definition",
        "tasks.ports",
        "tasks.forward",
        "global.why",
        "tasks.stopped",
    )
    row_commands = frozenset(commands) - {*LIST_COMMANDS, "list.group", "list.new", "tasks.stopped"}
    many_commands = frozenset(
        {"list.logs", "list.delete", "tasks.stop", "tasks.restart", "tasks.ports"}
    )

    def __init__(self, *, service_arn: str = "", instance_arn: str = "") -> None:
        """Of the whole cluster, unless a service or an instance is given."""
        super().__init__()
        self.service_arn = service_arn
        self.instance_arn = instance_arn
        self.with_stopped = False
        self._rooms = Rooms()

    def breadcrumb(self) -> str:
        """Whose tasks these are."""
        if self.service_arn:
            return f"Tasks of {clean(short_name(self.service_arn))}"
        if self.instance_arn:
            instance = self.view.get(INSTANCES, self.instance_arn)
            return f"Tasks on {clean(instance.name) if instance else 'an instance that is gone'}"
        return self.title_text

    def columns(self) -> Sequence[Column[TaskRow]]:
        """Most important first, where the terminal is narrow."""
        return columns.COLUMNS

    def rows(self) -> Mapping[str, TaskRow]:
        """Tasks, also stopped ones while they are kept."""
        return columns.task_rows(
            self.view,
            self.cluster,
            service_arn=self.service_arn,
            instance_arn=self.instance_arn,
            before=self.table.model.rows,
        )

    def changed_rows(self, changed: Changed) -> Mapping[str, TaskRow | None] | None:
        """Rows of tasks that changed, unless instances did too: rows show their names."""
        keys = changed.keys_of(TASKS)
        if keys is None or INSTANCES.name in changed.kinds:
            return None
        return {key: self._row(key) for key in keys}

    def _row(self, task_arn: str) -> TaskRow | None:
        task = self.view.get(TASKS, task_arn)
        if task is None or not self._is_listed(task):
            return None
        instance = self.view.get(INSTANCES, task.container_instance_arn or "")
        return TaskRow(task, "" if instance is None else clean(instance.name))

    def _is_listed(self, task: TaskRecord) -> bool:
        if self.service_arn:
            return task.service_arn == self.service_arn
        if self.instance_arn:
            return task.container_instance_arn == self.instance_arn
        return task.cluster_name == self.cluster

    def name_of(self, row: TaskRow) -> str:
        """Its name."""
        return row.id

    def search_text(self, row: TaskRow) -> str:
        """Id, service, revision, instance, status, reason."""
        return columns.search_text(row)

    def is_kept(self, row: TaskRow) -> bool:
        """Stopped ones only when asked for; with `!` those that failed are shown too."""
        return self.with_stopped or self.only_problems or not row.task.is_stopped

    def groupings(self) -> Mapping[str, Callable[[TaskRow], str]]:
        """By what owns, carries or describes them."""
        return {
            "SERVICE": lambda row: row.owner,
            "REVISION": lambda row: revision_of(row.task.task_definition_arn),
            "INSTANCE": lambda row: row.instance or UNKNOWN,
            "ZONE": lambda row: clean(row.task.availability_zone or UNKNOWN),
            "STATUS": lambda row: row.task.last_status.value,
        }

    def is_problem(self, row: TaskRow) -> bool:
        """Unhealthy, or ended by itself."""
        return row.is_problem

    def title_words(self) -> tuple[str, str]:
        """What the tasks are doing, rather than how many rows there are."""
        model = self.table.model
        words = [columns.summary(model.shown_rows())]
        if model.filter_text or self.only_problems:
            words.insert(0, self.table.summary.partition(" · ")[0])
        return self.breadcrumb(), " · ".join(word for word in words if word)

    def subtitle_words(self) -> str:
        """The order, and what is hidden."""
        hidden = (
            "" if self.with_stopped else columns.stopped_words(list(self.table.model.rows.values()))
        )
        return " · ".join(part for part in (hidden, super().subtitle_words()) if part)

    def state_words(self) -> Sequence[str]:
        """Whether stopped tasks are shown."""
        return ("with stopped",) if self.with_stopped else ()

    def inspect(self, row: TaskRow, width: int, height: int) -> tuple[str, Sequence[Line]]:
        """State, place, why it waits or ended, containers, the command."""
        waits = () if row.task.is_stopped else self._waits(row.task.task_arn)
        return f"{row.id}  {row.owner}", columns.inspect(row, self.cluster, width, height, waits)

    def _waits(self, task_arn: str) -> Sequence[str]:
        """Why it waits, and what would help."""
        now = self.shell.now()
        why = why_of(self.view, task_arn, now, self._rooms)
        helps = [] if why is None else [f"→ {clean(text)}" for text in help_of(why, now)]
        return [*reasons_of(why, now), *helps]

    def open_row(self, key: str) -> None:
        """The task itself."""
        routes.open_task(self.shell, key)

    def copies(self) -> Sequence[tuple[str, str]]:
        """Id, ARN, command."""
        row = self.table.cursor_row
        if row is None:
            return ()
        task = row.task
        command = f"aws ecs describe-tasks --cluster {self.cluster} --tasks {task.task_id}"
        return (("id", task.task_id), ("ARN", task.task_arn), ("AWS CLI command", command))

    # ---------------------------------------------------------------- verbs

    def action_logs(self) -> None:
        """The logs of all containers of the tasks that are marked."""
        routes.open_logs(
            self.shell,
            [
                (row.task.task_arn, c.name)
                for row in self.selected_rows()
                for c in row.task.containers
            ],
        )

    def action_new(self) -> None:
        """Run a task."""
        routes.run_task(self.shell)

    def action_shell(self) -> None:
        """A shell in its container; the screens step aside."""
        row = self.table.cursor_row
        if row is not None:
            task_verbs.open_shell(self, row.task)

    def action_execute(self) -> None:
        """Run one command in its container and show what it wrote."""
        row = self.table.cursor_row
        if row is not None:
            task_verbs.run_command(self, row.task)

    def action_attach(self) -> None:
        """At the input and output of its container itself; the screens step aside."""
        row = self.table.cursor_row
        if row is not None:
            task_verbs.attach(self, row.task)

    def action_stop(self) -> None:
        """Stop the tasks that are marked."""
        running = [row.task.task_arn for row in self.selected_rows() if not row.task.is_stopped]
        if running:
            routes.stop_tasks(self.shell, running)
        else:
            self.shell.say("This task has stopped already.", "warning")

    def action_delete(self) -> None:
        """As stop: a task that has stopped goes away by itself."""
        self.action_stop()

    def action_restart(self) -> None:
        """Stop tasks whose service will put others in their place."""
        task_verbs.replace(self, self.selected_rows())

    def action_stopped(self) -> None:
        """Show or hide tasks that have stopped."""
        self.with_stopped = not self.with_stopped
        self._keep()

    def action_previous_logs(self) -> None:
        """The logs of the task of the same service that stopped last."""
        row = self.table.cursor_row
        if row is not None:
            task_verbs.open_previous_logs(self, row.task)

    def action_ports(self) -> None:
        """Open a port of it in the browser; without one, copy its address."""
        task_verbs.open_ports(self.shell, [row.task for row in self.selected_rows()])

    def action_forward(self) -> None:
        """Let a port of 127.0.0.1 lead to one of its ports."""
        if self.key is not None:
            task_verbs.forward(self, self.key)

    def action_task_definition(self) -> None:
        """The revision that it runs."""
        row = self.table.cursor_row
        if row is not None:
            routes.open_task_definition(self.shell, row.task.task_definition_arn)

    def action_related(self) -> None:
        """The service that it belongs to, or else the instance that it is on."""
        row = self.table.cursor_row
        if row is None:
            return
        if row.task.service_arn and row.task.service_arn != self.service_arn:
            routes.open_service(self.shell, row.task.service_arn)
        elif row.task.container_instance_arn:
            routes.open_tasks_of_instance(self.shell, row.task.container_instance_arn)

    def action_why(self) -> None:
        """Why it waits, and what would help."""
        self.open_row_with(routes.open_why)

    def action_events(self) -> None:
        """What happened to the task."""
        self.open_row_with(routes.open_events_of)

    def described(self) -> Described | None:
        """What the API tells of it."""
        row = self.table.cursor_row
        if row is None:
            return None
        request = DescribeTasksRequest(
            tasks=(row.task.task_arn,), cluster=self.cluster, include=("TAGS",)
        )
        return described_by(
            row.id,
            request,
            lambda answer: answer.tasks[0].to_wire() if answer.tasks else None,
        )
