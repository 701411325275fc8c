"""The map of host ports: which leads to which container, which are free, which are in the way."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from ecstui.store.kinds import INSTANCES
from ecstui.ui import routes, task_verbs
from ecstui.ui.columns import ports as columns
from ecstui.ui.columns.ports import PortRow
from ecstui.ui.screens.list_screen import LIST_COMMANDS, ListScreen
from ecstui.ui.spans import Line
from ecstui.ui.table import Column
from ecstui.ui.text import clean


class PortsScreen(ListScreen[PortRow]):
    """Host ports of the cluster, or of some of its container instances."""

    title_text = "Host ports"
    noun = "host port"
    kinds = columns.KINDS
    sort = "port"
    empty_text = "No host port is in use here."
    commands: ClassVar[tuple[str, ...]] = (
        *LIST_COMMANDS,
        "list.group",
        "list.logs",
        "list.related",
        "ports.open_port",
        "ports.forward",
        "ports.reserved",
    )
    row_commands = frozenset({"list.logs", "list.related", "ports.open_port", "ports.forward"})

    def __init__(self, instance_arns: Sequence[str] = ()) -> None:
        """Of the whole cluster, unless instances are given."""
        super().__init__()
        self.instance_arns = tuple(instance_arns)
        self.with_reserved = False

    def breadcrumb(self) -> str:
        """Whose ports these are."""
        found = [self.view.get(INSTANCES, arn) for arn in self.instance_arns]
        names = [clean(each.name) for each in found if each is not None]
        return f"{self.title_text} of {', '.join(names[:3])}" if names else self.title_text

    def columns(self) -> Sequence[Column[PortRow]]:
        """Most important first, where the terminal is narrow."""
        return columns.COLUMNS

    def rows(self) -> Mapping[str, PortRow]:
        """Ports that are held, reserved or wanted."""
        return columns.port_rows(self.view, self.cluster, self.instance_arns)

    def name_of(self, row: PortRow) -> str:
        """The port and its instance."""
        return f"{row.port} on {row.instance}"

    def search_text(self, row: PortRow) -> str:
        """Port, instance, address, service, container, state, task."""
        return columns.search_text(row)

    def is_kept(self, row: PortRow) -> bool:
        """Reserved ones only when asked for."""
        return self.with_reserved or row.state != "reserved"

    def is_problem(self, row: PortRow) -> bool:
        """Somebody is in somebody's way."""
        return row.state == "clash"

    def groupings(self) -> Mapping[str, Callable[[PortRow], str]]:
        """By instance, service or state."""
        return {
            "INSTANCE": lambda row: row.instance,
            "SERVICE": lambda row: row.owner or row.state,
            "STATE": lambda row: row.state,
        }

    def title_words(self) -> tuple[str, str]:
        """How many are taken, free, in the way."""
        return self.breadcrumb(), columns.summary(list(self.table.model.rows.values()))

    def inspect(self, row: PortRow, width: int, height: int) -> tuple[str, Sequence[Line]]:
        """Where it leads, and who is in whose way."""
        return self.name_of(row), columns.inspect(row, width, height)

    def open_row(self, key: str) -> None:
        """The task that it leads to."""
        task = self.table.model.rows[key].task
        if task is None:
            self.shell.say("No task holds this port.")
        else:
            routes.open_task(self.shell, task.task_arn)

    def copies(self) -> Sequence[tuple[str, str]]:
        """Port and address."""
        row = self.table.cursor_row
        if row is None:
            return ()
        host = "localhost" if row.address == "all" else row.address
        return (("port", str(row.port)), ("address", f"{host}:{row.port}"))

    # ---------------------------------------------------------------- verbs

    def action_open_port(self) -> None:
        """Open it in the browser; without one, copy its address."""
        row = self.table.cursor_row
        if row is None:
            return
        address = self.copies()[1][1]
        if row.protocol == "tcp":
            task_verbs.open_address(self.shell, f"http://{address}")
        else:
            self.shell.copy(address)

    def action_forward(self) -> None:
        """Let a port of 127.0.0.1 lead to the task that holds it."""
        task = self._holder()
        if task is not None:
            task_verbs.forward(self, task)

    def action_logs(self) -> None:
        """The logs of the container that it leads to."""
        row = self.table.cursor_row
        if row is not None and row.task is not None:
            names = [c.name for c in row.task.containers if clean(c.name) == row.container]
            routes.open_logs(self.shell, [(row.task.task_arn, name) for name in names])

    def action_related(self) -> None:
        """The service of its task, or else the tasks on its instance."""
        row = self.table.cursor_row
        if row is None:
            return
        if row.task is not None and row.task.service_arn:
            routes.open_service(self.shell, row.task.service_arn)
        else:
            routes.open_tasks_of_instance(self.shell, row.instance_arn)

    def action_reserved(self) -> None:
        """Show or hide ports that are reserved on the instances."""
        self.with_reserved = not self.with_reserved
        self._keep()

    def _holder(self) -> str | None:
        row = self.table.cursor_row
        if row is not None and row.task is not None:
            return row.task.task_arn
        self.shell.say("No task holds this port.")
        return None
