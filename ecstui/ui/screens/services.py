"""The services of the cluster: what moves and what is wrong on top, the verbs of a service below.

It shows and asks; dialogs and the control plane do the rest. As the screen that is there first it
loads what verbs and explanations need only when somebody wants them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from ecstui.base.ids import short_name
from ecstui.store.kinds import TASKS
from ecstui.ui import routes
from ecstui.ui.columns import services as columns
from ecstui.ui.columns.conditions import Grade
from ecstui.ui.columns.services import ServiceRow
from ecstui.ui.described import Described, described_by
from ecstui.ui.screens.list_screen import LIST_COMMANDS, ListScreen
from ecstui.ui.spans import Line
from ecstui.ui.table import Column

if TYPE_CHECKING:
    from ecstui.client.rooms import Rooms


class ServicesScreen(ListScreen[ServiceRow]):
    """The list of services."""

    title_text = "Services"
    noun = "service"
    kinds = columns.KINDS
    sort = "deployment"
    empty_text = "No services in this cluster.\nn creates one"
    commands: ClassVar[tuple[str, ...]] = (
        *LIST_COMMANDS,
        "list.group",
        "list.logs",
        "list.new",
        "list.edit",
        "list.delete",
        "list.describe",
        "list.json",
        "list.events",
        "services.scale",
        "services.redeploy",
        "services.update",
        "services.rollback",
        "services.deployments",
        "services.task_definition",
        "services.stop",
        "services.ports",
        "services.forward",
        "global.why",
    )
    row_commands = frozenset(commands) - {*LIST_COMMANDS, "list.group", "list.new"}
    many_commands = frozenset(
        {"list.delete", "list.logs", "services.redeploy", "services.scale", "services.stop"}
    )

    def __init__(self) -> None:
        """With nothing known of the room that there is."""
        super().__init__()
        self._rooms: Rooms | None = None

    def columns(self) -> Sequence[Column[ServiceRow]]:
        """Most important first, where the terminal is narrow."""
        return columns.COLUMNS

    def rows(self) -> Mapping[str, ServiceRow]:
        """Services that were not deleted."""
        return columns.service_rows(self.view, self.cluster, self.shell.sums)

    def name_of(self, row: ServiceRow) -> str:
        """Its name."""
        return row.name

    def search_text(self, row: ServiceRow) -> str:
        """Name, revision, state."""
        return columns.search_text(row)

    def groupings(self) -> Mapping[str, Callable[[ServiceRow], str]]:
        """By state or by family."""
        return {
            "STATE": lambda row: row.condition.text.partition(" ")[0],
            "FAMILY": lambda row: short_name(row.service.task_definition).partition(":")[0],
        }

    def is_problem(self, row: ServiceRow) -> bool:
        """Whether somebody should look at it."""
        return row.condition.grade is Grade.BAD

    def inspect(self, row: ServiceRow, width: int, height: int) -> tuple[str, Sequence[Line]]:
        """Rollout, counts, why it waits, the command."""
        from ecstui.ui.columns.launch import service_facts

        reasons, launch = self._reasons(row), service_facts(self.view, row.service)
        return row.name, columns.inspect(row, self.cluster, width, height, reasons, launch)

    def _reasons(self, row: ServiceRow) -> Sequence[str]:
        """Why it waits."""
        from ecstui.client.rooms import Rooms
        from ecstui.client.why import why_of
        from ecstui.ui.screens.service_words import reasons_of

        if self._rooms is None:
            self._rooms = Rooms()
        now = self.shell.now()
        return reasons_of(why_of(self.view, row.service.service_arn, now, self._rooms), now)

    def open_row(self, key: str) -> None:
        """The service itself."""
        routes.open_service(self.shell, key)

    def copies(self) -> Sequence[tuple[str, str]]:
        """Name, ARN, command."""
        row = self.table.cursor_row
        if row is None:
            return ()
        command = f"aws ecs describe-services --cluster {self.cluster} --services {row.name}"
        return (("name", row.name), ("ARN", row.service.service_arn), ("AWS CLI command", command))

    # ---------------------------------------------------------------- verbs

    def action_logs(self) -> None:
        """The logs of all tasks of the services that are marked."""
        routes.open_logs_of_service(self.shell, " ".join(self.keys))

    def action_new(self) -> None:
        """Create a service."""
        routes.create_service(self.shell)

    def action_delete(self) -> None:
        """Delete the services that are marked, or the one under the cursor."""
        keys = self.keys
        if len(keys) == 1:
            routes.delete_service(self.shell, keys[0])
        elif keys:
            from ecstui.ui import many_services

            many_services.delete(self, keys)

    def described(self) -> Described | None:
        """What the API tells of it."""
        row = self.table.cursor_row
        if row is None:
            return None
        from ecstui.model.requests.services import DescribeServicesRequest

        request = DescribeServicesRequest(
            services=(row.service.service_arn,), cluster=self.cluster, include=("TAGS",)
        )
        return described_by(
            row.name,
            request,
            lambda answer: answer.services[0].to_wire() if answer.services else None,
        )

    def action_why(self) -> None:
        """Why it waits, and what would help."""
        self.open_row_with(routes.open_why)

    def action_events(self) -> None:
        """What happened to the service."""
        self.open_row_with(routes.open_events_of)

    def action_deployments(self) -> None:
        """The deployments of the service, those that are over too."""
        self.open_row_with(routes.open_deployments)

    def action_task_definition(self) -> None:
        """The revision that it runs."""
        row = self.table.cursor_row
        if row is not None:
            routes.open_task_definition(self.shell, row.service.task_definition)

    def action_edit(self) -> None:
        """A new revision of what it runs."""
        row = self.table.cursor_row
        if row is not None:
            routes.open_editor(self.shell, short_name(row.service.task_definition))

    def action_ports(self) -> None:
        """Open a port of its tasks in the browser; without one, copy its address."""
        if self.key is None:
            return
        tasks = self.view.by(TASKS, "service", self.key)
        from ecstui.ui import task_verbs

        task_verbs.open_ports(self.shell, [task for task in tasks if not task.is_stopped])

    def action_forward(self) -> None:
        """Let a port of 127.0.0.1 lead to whichever of its tasks runs."""
        from ecstui.ui import task_verbs

        if self.key is not None:
            task_verbs.forward(self, self.key)

    def action_scale(self) -> None:
        """Another desired count, for every service that is marked."""
        keys = self.keys
        if len(keys) == 1:
            routes.scale(self.shell, keys[0])
        elif keys:
            from ecstui.ui import many_services

            many_services.scale(self, keys)

    def action_update(self) -> None:
        """Another revision or other settings."""
        self.open_row_with(routes.update_service)

    def action_redeploy(self) -> None:
        """New tasks of the same revision, for every service that is marked."""
        from ecstui.ui import service_verbs

        service_verbs.redeploy(self, self.keys)

    def action_rollback(self) -> None:
        """Back to the revision before."""
        from ecstui.ui import service_verbs

        if self.key is not None:
            service_verbs.roll_back(self, self.key)

    def action_stop(self) -> None:
        """Scale to 0, for every service that is marked."""
        from ecstui.ui import service_verbs

        service_verbs.scale_to_zero(self, self.keys)
