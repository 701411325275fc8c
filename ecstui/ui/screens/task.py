"""One task: its life, its containers, where it is, how it is reached, and its last log lines.

It shows records, again at every change and every second while it is on top. Values of environment
variables are hidden until they are asked for.
"""

from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.worker import Worker

from ecstui.base.ids import short_name
from ecstui.model.logs import LogLine, LogWindow
from ecstui.model.requests.tasks import DescribeTasksRequest
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.store.kinds import EVENTS, INSTANCES, TASK_DEFINITIONS, TASKS
from ecstui.ui import routes, task_verbs
from ecstui.ui.columns.cells import short_id
from ecstui.ui.columns.tasks import TaskRow
from ecstui.ui.described import Described, described_by
from ecstui.ui.live import LiveTable
from ecstui.ui.log_feeds import LogFeeds
from ecstui.ui.log_sources import LogSource, chosen_sources
from ecstui.ui.logstore import LogStore
from ecstui.ui.presence import is_open
from ecstui.ui.screens.base import GO_COMMANDS
from ecstui.ui.screens.panel import Panel
from ecstui.ui.screens.service_parts import EventLines, FluidLines
from ecstui.ui.screens.task_containers import (
    COLUMNS,
    ContainerRow,
    container_rows,
    environment_lines,
    variable_count,
)
from ecstui.ui.screens.task_facts import end_lines, fact_lines, state_words, title
from ecstui.ui.screens.task_words import life_line, ports_of, steps_of
from ecstui.ui.screens.watching import WatchingScreen
from ecstui.ui.spans import Line, line
from ecstui.ui.table import Span
from ecstui.ui.text import clean
from ecstui.ui.widgets.log_view import LogView

KINDS = frozenset({"task", "event", "containerInstance", "taskDefinition"})
_CONTAINERS_SHOWN = 6
_TAIL_LINES = 50
_TAIL_BYTES = 1024 * 1024


class TaskScreen(WatchingScreen):
    """One task."""

    DEFAULT_CSS = """
    TaskScreen {
        #task { height: auto; }
        #containers { height: 5; }
        #containers LiveTable { height: 1fr; }
        #middle { height: 1fr; }
        #bottom { height: 1fr; }
        #environment, #facts { width: 1fr; }
        #events { width: 2fr; }
        #tail { width: 3fr; }
        VerticalScroll { height: 1fr; scrollbar-size-vertical: 1; }
        #gone { height: 1fr; display: none; padding: 1 2; }
        &.-short #bottom { height: 6; }
        &.-narrow #events, &.-tiny #events { display: none; }
        &.-narrow.-events #events, &.-tiny.-events #events { display: block; width: 1fr; }
        &.-narrow.-events #tail, &.-tiny.-events #tail { display: none; }
        &.-low {
            #bottom, #environment { display: none; }
            &.-revealed #environment { display: block; }
            &.-revealed #facts { display: none; }
            Panel { border: none; border-top: solid $frame-border; }
        }
        &.-gone { #task, #containers, #middle, #bottom { display: none; } }
        &.-gone #gone { display: block; }
    }
    """
    commands: ClassVar[tuple[str, ...]] = (
        "list.logs",
        "list.delete",
        "list.describe",
        "list.json",
        "list.events",
        "list.related",
        "task.shell",
        "task.execute",
        "task.attach",
        "task.stop",
        "task.restart",
        "task.previous_logs",
        "task.task_definition",
        "task.ports",
        "task.forward",
        "task.reveal",
        "global.why",
        *GO_COMMANDS,
    )
    title_text = "Task"
    kinds = KINDS

    def __init__(self, task_arn: str) -> None:
        """`task_arn`: the task to watch; it may be gone by now."""
        super().__init__()
        self.task_arn = task_arn
        self._is_revealed = False
        self.table: LiveTable[str, ContainerRow] = LiveTable(
            COLUMNS, self._time, empty_text="No containers."
        )
        self._store = LogStore(_TAIL_BYTES)
        self._lines = LogView(self._store, self._time)
        self._lines.can_focus = False
        self._feeds = LogFeeds(
            self._open_log, self._store, now=self._time, run=self._run, arrived=self._lines.touch
        )
        self._feeds.window = LogWindow(tail=_TAIL_LINES, follow=True)

    def _time(self) -> float:
        return self.shell.now()

    def _open_log(
        self, task_arn: str, container: str, window: LogWindow
    ) -> AsyncIterator[Sequence[LogLine]]:
        return self.client.logs(task_arn, container, window)

    def _run(self, stream: Coroutine[None, None, None]) -> Worker[None]:
        return self.run_worker(stream, group="logs")

    def breadcrumb(self) -> str:
        """The first digits of its id."""
        return f"Task {short_id(self.task_arn)}"

    @property
    def task_record(self) -> TaskRecord | None:
        """The task as it is now; None when it is gone."""
        return self.view.get(TASKS, self.task_arn)

    # ---------------------------------------------------------------- parts

    def compose_body(self) -> ComposeResult:
        """Life, containers, environment and facts, events and lines."""
        yield FluidLines(id="gone")
        with Panel(id="task"):
            yield FluidLines(id="life")
        with Panel(title="Containers", id="containers"):
            yield self.table
        with Horizontal(id="middle"):
            with Panel(title="Environment", id="environment"), VerticalScroll():
                yield FluidLines(id="variables")
            with Panel(title="Placement and network", id="facts"), VerticalScroll():
                yield FluidLines(id="fact_lines")
        with Horizontal(id="bottom"):
            with Panel(title="Events", id="events"):
                yield EventLines()
            with Panel(title="Logs", id="tail"):
                yield self._lines

    def on_mount(self) -> None:
        """The keys move among its containers."""
        super().on_mount()
        self.table.focus()

    # ---------------------------------------------------------------- data

    def look(self) -> None:
        """The task from its life to its lines, or that it is gone."""
        task = self.task_record
        self.set_class(task is None, "-gone")
        if task is None:
            self._show_gone()
            return
        definition = self._definition(task)
        self._show_life(task)
        self._show_containers(task, definition)
        self._show_environment(task)
        self.query_one("#fact_lines", FluidLines).show(
            lambda width: fact_lines(self.view, task, definition, width)
        )
        self.query_one("#facts", Panel).set_title("Placement and network", "f open")
        self._show_events(task)
        self._follow(task)

    def _definition(self, task: TaskRecord) -> TaskDefinitionRecord | None:
        return self.view.get(TASK_DEFINITIONS, task.task_definition_arn)

    def _show_gone(self) -> None:
        text = line(Span(f"There is no task {short_id(self.task_arn)} any more.", "bold"))
        hint = line(Span("Stopped tasks are kept for an hour, then their records go.", "muted"))
        self.query_one("#gone", FluidLines).show(lambda _width: [text, hint])

    def _show_life(self, task: TaskRecord) -> None:
        panel = self.query_one("#task", Panel)
        panel.set_title(title(task), state_words(task))
        now, limit = self.shell.now(), 2 if self.has_class("-short") else 3

        def make(width: int) -> Sequence[Line]:
            return [life_line(steps_of(task, now), width), *end_lines(task, width, limit)]

        self.query_one("#life", FluidLines).show(make)

    def _show_containers(self, task: TaskRecord, definition: TaskDefinitionRecord | None) -> None:
        rows = container_rows(task, definition, self.shell.now())
        self.table.resync(rows)
        panel = self.query_one("#containers", Panel)
        panel.set_title(f"Containers {len(rows)}", "↵ logs")
        frame = 1 if self.has_class("-low") else 2
        panel.styles.height = frame + 1 + max(1, min(len(rows), _CONTAINERS_SHOWN))

    def _show_environment(self, task: TaskRecord) -> None:
        row = self.table.cursor_row
        panel = self.query_one("#environment", Panel)
        if row is None:
            panel.set_title("Environment")
            return
        is_revealed = self._is_revealed
        words = f"Environment of {row.name}  {variable_count(task, row)}"
        panel.set_title(words, "v hide" if is_revealed else "v reveal")
        self.query_one("#variables", FluidLines).show(
            lambda width: environment_lines(task, row, width, is_revealed=is_revealed)
        )

    def _show_events(self, task: TaskRecord) -> None:
        found = self.view.by(EVENTS, "subject", self.task_arn)
        if task.service_arn is not None:
            mine = (
                event
                for event in self.view.by(EVENTS, "service", task.service_arn)
                if task.task_id in event.message
            )
            found = [*found, *mine]
        self.query_one(EventLines).show(found)
        self.query_one("#events", Panel).set_title("Events", "w all")

    def _follow(self, task: TaskRecord) -> None:
        """Read the last lines of its containers, as they start."""
        sources = [LogSource(task.task_arn, record.name) for record in task.containers]
        self._feeds.sync(chosen_sources(self.view, sources), announce=False)
        for source, label in self._feeds.labels.items():
            if self._lines.labels.get(source.name) != label:
                self._lines.set_label(source.name, label)
        self.query_one("#tail", Panel).set_title("Logs", "l full screen")

    @on(LiveTable.Highlighted)
    def _container_changed(self) -> None:
        task = self.task_record
        if task is not None:
            self._show_environment(task)

    def copies(self) -> Sequence[tuple[str, str]]:
        """Id, ARN, command, addresses."""
        name = clean(short_name(self.task_arn))
        command = f"aws ecs describe-tasks --cluster {self.cluster} --tasks {name}"
        task = self.task_record
        ports = () if task is None else ports_of(task)
        return (
            ("id", name),
            ("ARN", self.task_arn),
            ("AWS CLI command", command),
            *(("address", port.address) for port in ports),
        )

    # ---------------------------------------------------------------- verbs

    def why_not(self, action: str) -> str | None:
        """Also: a task that has stopped cannot be stopped."""
        command = self.command_of(action)
        if command is not None and command.dangerous and is_open(self):
            task = self.task_record
            if task is None or task.is_stopped:
                return "This task has stopped."
        return super().why_not(action)

    @on(LiveTable.Opened)
    def _open_container(self, event: LiveTable.Opened) -> None:
        if isinstance(event.key, str):
            routes.open_logs(self.shell, [(self.task_arn, event.key)])

    def action_logs(self) -> None:
        """The logs of all its containers."""
        task = self.task_record
        if task is not None:
            routes.open_logs(self.shell, [(self.task_arn, c.name) for c in task.containers])

    def action_previous_logs(self) -> None:
        """The logs of the task of the same service that stopped last."""
        task = self.task_record
        if task is None or task.service_arn is None:
            self.shell.say("Only a task of a service has one before it.", "warning")
            return
        stopped = [
            other
            for other in self.view.by(TASKS, "service", task.service_arn)
            if other.is_stopped and other.task_arn != task.task_arn and other.swept_at is None
        ]
        if not stopped:
            self.shell.say("No stopped task of this service has logs left.", "warning")
            return
        last = max(stopped, key=lambda other: other.stopped_at or 0.0)
        routes.open_logs(self.shell, [(last.task_arn, c.name) for c in last.containers])

    def action_shell(self) -> None:
        """A shell in its container; the screens step aside."""
        task = self.task_record
        if task is not None:
            task_verbs.open_shell(self, task)

    def action_execute(self) -> None:
        """Run one command in its container and show what it wrote."""
        task = self.task_record
        if task is not None:
            task_verbs.run_command(self, task)

    def action_attach(self) -> None:
        """At the input and output of its container itself; the screens step aside."""
        task = self.task_record
        if task is not None:
            task_verbs.attach(self, task)

    def action_stop(self) -> None:
        """Stop the task."""
        routes.stop_tasks(self.shell, [self.task_arn])

    def action_delete(self) -> None:
        """As stop: a task that has stopped goes away by itself."""
        self.action_stop()

    def action_restart(self) -> None:
        """Stop it; its service puts another in its place."""
        task = self.task_record
        if task is not None:
            instance = self.view.get(INSTANCES, task.container_instance_arn or "")
            name = "" if instance is None else clean(instance.name)
            task_verbs.replace(self, [TaskRow(task, name)])

    def action_task_definition(self) -> None:
        """The revision that it runs."""
        task = self.task_record
        if task is not None:
            routes.open_task_definition(self.shell, task.task_definition_arn)

    def action_related(self) -> None:
        """The service that it belongs to, or else the instance that it is on."""
        task = self.task_record
        if task is not None and task.service_arn:
            routes.open_service(self.shell, task.service_arn)
        elif task is not None and task.container_instance_arn:
            routes.open_tasks_of_instance(self.shell, task.container_instance_arn)

    def action_ports(self) -> None:
        """Open its port in the browser, without one copy the address; of several, ask which."""
        task = self.task_record
        ports = () if task is None else ports_of(task)
        if len(ports) == 1 and ports[0].is_tcp:
            task_verbs.open_address(self.shell, ports[0].url)
        elif task is not None:
            task_verbs.open_ports(self.shell, [task])

    def action_forward(self) -> None:
        """Let a port of 127.0.0.1 lead to one of its ports."""
        task_verbs.forward(self, self.task_arn)

    def action_reveal(self) -> None:
        """Show or hide the values of the environment."""
        self._is_revealed = not self._is_revealed
        self.set_class(self._is_revealed, "-revealed")
        task = self.task_record
        if task is not None:
            self._show_environment(task)

    def action_why(self) -> None:
        """Why it waits, and what would help."""
        routes.open_why(self.shell, self.task_arn)

    def action_events(self) -> None:
        """All its events."""
        routes.open_events_of(self.shell, self.task_arn)

    def described(self) -> Described | None:
        """What the API tells of it."""
        request = DescribeTasksRequest(
            tasks=(self.task_arn,), cluster=self.cluster, include=("TAGS",)
        )
        return described_by(
            short_id(self.task_arn),
            request,
            lambda answer: answer.tasks[0].to_wire() if answer.tasks else None,
        )
