"""The container instances: what is reserved on each, which task is where, drain and activate."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical

from ecstui.model.enums import InstanceStatus
from ecstui.model.requests.instances import (
    DescribeContainerInstancesRequest,
    UpdateContainerInstancesStateRequest,
    UpdateContainerInstancesStateResponse,
)
from ecstui.ui import routes
from ecstui.ui.columns import instances as columns
from ecstui.ui.columns.instances import InstanceRow
from ecstui.ui.described import Described, described_by
from ecstui.ui.questions import Question, ask_and_send
from ecstui.ui.screens.list_screen import LIST_COMMANDS, ListScreen
from ecstui.ui.screens.panel import Panel
from ecstui.ui.spans import Line
from ecstui.ui.table import Column
from ecstui.ui.text import clean, plural
from ecstui.ui.widgets.span_lines import SpanLines


class InstancesScreen(ListScreen[InstanceRow]):
    """The list of container instances with a map of their tasks."""

    DEFAULT_CSS = """
    InstancesScreen {
        #list { height: 1fr; min-height: 6; }
        #map-panel { height: auto; max-height: 40%; }
        #map { padding: 0 1; }
        &.-tiny #map-panel, &.-flat #map-panel { display: none; }
        &.-short.-narrow #map-panel { max-height: 6; }
    }
    """
    title_text = "Container instances"
    noun = "container instance"
    kinds = columns.KINDS
    sort = "zone"
    empty_text = "No container instances in this cluster.\nn registers one"
    commands: ClassVar[tuple[str, ...]] = (
        *LIST_COMMANDS,
        "list.group",
        "list.new",
        "list.delete",
        "list.describe",
        "list.json",
        "list.events",
        "instances.drain",
        "instances.ports",
    )
    row_commands = frozenset(commands) - {*LIST_COMMANDS, "list.new"}
    many_commands = frozenset({"instances.drain", "instances.ports"})

    def compose_body(self) -> ComposeResult:
        """List, map, inspector."""
        with Vertical(id="panes"):
            yield from self.compose_list()
            with Panel(title="Placement map", id="map-panel"):
                yield SpanLines(id="map")
            yield from self.compose_inspector()

    def columns(self) -> Sequence[Column[InstanceRow]]:
        """Most important first, where the terminal is narrow."""
        return columns.COLUMNS

    def rows(self) -> Mapping[str, InstanceRow]:
        """Instances that are registered."""
        return columns.instance_rows(self.view, self.cluster)

    def name_of(self, row: InstanceRow) -> str:
        """Its name."""
        return row.name

    def search_text(self, row: InstanceRow) -> str:
        """Name, zone, status, task groups."""
        return columns.search_text(row)

    def groupings(self) -> Mapping[str, Callable[[InstanceRow], str]]:
        """By zone, engine or status."""
        return {
            "ZONE": lambda row: row.zone,
            "ENGINE": lambda row: clean(row.instance.engine),
            "STATUS": lambda row: row.instance.status.value,
        }

    def is_problem(self, row: InstanceRow) -> bool:
        """Draining, or not connected."""
        is_active = row.instance.status is InstanceStatus.ACTIVE
        return not (is_active and row.instance.agent_connected)

    def title_words(self) -> tuple[str, str]:
        """How many, in how many zones."""
        zones = {row.zone for row in self.table.model.rows.values()}
        beside = self.table.summary
        return self.title_text, f"{beside} in {plural(len(zones), 'zone')}" if zones else beside

    def inspect(self, row: InstanceRow, width: int, height: int) -> tuple[str, Sequence[Line]]:
        """What it has, what is left, its host ports, the command."""
        return row.name, columns.inspect(row, self.cluster, width, height)

    def refresh_inspector(self) -> None:
        """The inspector and the map."""
        super().refresh_inspector()
        lines = self.query_one("#map", SpanLines)
        width = lines.content_size.width
        if width:
            rows = list(self.table.model.rows.values())
            drawn = columns.placement_map(rows, width)
            is_high = not self.has_class("-short")
            lines.update([*drawn, columns.MAP_LEGEND] if is_high and drawn else drawn)

    def open_row(self, key: str) -> None:
        """The tasks that are on it."""
        routes.open_tasks_of_instance(self.shell, key)

    def copies(self) -> Sequence[tuple[str, str]]:
        """Name, id, ARN, command."""
        row = self.table.cursor_row
        if row is None:
            return ()
        instance = row.instance
        command = (
            f"aws ecs describe-container-instances --cluster {self.cluster}"
            f" --container-instances {instance.instance_id}"
        )
        return (
            ("name", row.name),
            ("id", instance.instance_id),
            ("ARN", instance.container_instance_arn),
            ("AWS CLI command", command),
        )

    # ---------------------------------------------------------------- verbs

    def action_new(self) -> None:
        """Register a slice of an engine."""
        routes.register_instance(self.shell)

    def action_delete(self) -> None:
        """Take the container instance under the cursor out of its cluster."""
        self.open_row_with(routes.deregister_instance)

    def action_drain(self) -> None:
        """Drain instances, or make drained ones ACTIVE again; the one under the cursor decides."""
        row = self.table.cursor_row
        if row is None:
            return
        is_active = row.instance.status is InstanceStatus.ACTIVE
        wanted = InstanceStatus.DRAINING if is_active else InstanceStatus.ACTIVE
        rows = [r for r in self.selected_rows() if r.instance.status is not wanted]
        if not rows:
            self.shell.say(f"All of them are {wanted} already.")
            return
        names = ", ".join(row.name for row in rows)
        request = UpdateContainerInstancesStateRequest(
            container_instances=tuple(row.instance.instance_id for row in rows),
            status=wanted.value,
            cluster=self.cluster,
        )

        def done(answer: UpdateContainerInstancesStateResponse) -> None:
            for failure in answer.failures:
                self.shell.say(f"{failure.arn}: {failure.reason} {failure.detail or ''}", "error")
            if not answer.failures:
                self.shell.say(f"{names} {'is' if len(rows) == 1 else 'are'} {wanted} now")

        ask_and_send(self, [request], self._question(rows, wanted), done)

    def _question(self, rows: Sequence[InstanceRow], wanted: InstanceStatus) -> Question:
        names = ", ".join(row.name for row in rows[:4])
        what = names if len(rows) <= 4 else plural(len(rows), "container instance")
        tasks = sum(row.counts.running + row.counts.pending for row in rows)
        if wanted is not InstanceStatus.DRAINING:
            facts = ["new tasks may be placed on it again"]
            return Question("Activate", f"Activate {what}?", facts, "", tier=1)
        facts = [
            "no new tasks are placed on it",
            f"tasks of services are replaced elsewhere: {plural(tasks, 'task')} here now",
            "tasks of their own stay until they end",
        ]
        return Question("Drain", f"Drain {what}?", facts, "", tier=1)

    def action_ports(self) -> None:
        """Which of its host ports leads where, which are free, which are in the way."""
        routes.open_ports(self.shell, " ".join(self.keys))

    def action_events(self) -> None:
        """What happened to the instance."""
        self.open_row_with(routes.open_events_of)

    def described(self) -> Described | None:
        """What the API tells of it."""
        row = self.table.cursor_row
        if row is None:
            return None
        request = DescribeContainerInstancesRequest(
            container_instances=(row.instance.container_instance_arn,), cluster=self.cluster
        )
        return described_by(
            row.name,
            request,
            lambda answer: (
                answer.container_instances[0].to_wire() if answer.container_instances else None
            ),
        )
