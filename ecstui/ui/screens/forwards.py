"""The forwards of this session: where each leads, what goes through it; enter opens, S ends one."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from ecstui.store.kinds import SERVICES
from ecstui.ui import routes, task_verbs
from ecstui.ui.columns import forwards as columns
from ecstui.ui.columns.forwards import ForwardRow
from ecstui.ui.forwards import name_of
from ecstui.ui.screens.list_screen import LIST_COMMANDS, ListScreen
from ecstui.ui.spans import Line
from ecstui.ui.table import Column


class ForwardsScreen(ListScreen[ForwardRow]):
    """The list of forwards."""

    title_text = "Forwards"
    noun = "forward"
    kinds = frozenset({"task", "service", "engine"})
    empty_text = "Nothing is forwarded.\nF on a service or a task begins"
    commands: ClassVar[tuple[str, ...]] = (
        *LIST_COMMANDS, "list.related", "forwards.end", "forwards.ports",
    )  # fmt: skip
    row_commands = frozenset({"list.related", "forwards.end", "forwards.ports"})
    many_commands = frozenset({"forwards.end"})

    def on_mount(self) -> None:
        """What goes through them changes no record: look every second too."""
        super().on_mount()
        self.set_interval(1.0, self._tick)

    def _tick(self) -> None:
        if self.is_current and not self.shell.is_frozen:
            self.refresh_data(self.kinds)

    def columns(self) -> Sequence[Column[ForwardRow]]:
        """Most important first, where the terminal is narrow."""
        return columns.COLUMNS

    def rows(self) -> Mapping[str, ForwardRow]:
        """Forwards as they stand now."""
        shell = self.shell
        return columns.forward_rows(
            self.view, [(forward, name_of(shell, forward.goal)) for forward in shell.forwards]
        )

    def name_of(self, row: ForwardRow) -> str:
        """Where it listens."""
        return row.local

    def search_text(self, row: ForwardRow) -> str:
        """Port, name, task, address, problem."""
        return columns.search_text(row)

    def is_problem(self, row: ForwardRow) -> bool:
        """It leads nowhere, or the last connection failed."""
        return bool(row.problem)

    def inspect(self, row: ForwardRow, width: int, height: int) -> tuple[str, Sequence[Line]]:
        """Where it leads and what went through."""
        return row.local, columns.inspect(row, width, height)

    def copies(self) -> Sequence[tuple[str, str]]:
        """Address with and without a scheme."""
        row = self.table.cursor_row
        return () if row is None else (("address", row.local), ("URL", f"http://{row.local}"))

    def open_row(self, key: str) -> None:
        """As f."""
        self.action_ports()

    def action_ports(self) -> None:
        """Open it in the browser; without one, copy its address."""
        row = self.table.cursor_row
        if row is not None:
            task_verbs.open_address(self.shell, f"http://{row.local}")

    def action_end(self) -> None:
        """Listen no more, and cut its connections."""
        ports = {row.port for row in self.selected_rows()}
        self.table.clear_marks()
        for forward in [each for each in self.shell.forwards if each.port in ports]:
            self.shell.forwards.remove(forward)
            self.app.run_worker(forward.close(), group="requests")
            self.shell.say(f"127.0.0.1:{forward.port} is forwarded no more")
        self.refresh_data(self.kinds)

    def action_related(self) -> None:
        """The service or the task that it leads to."""
        row = self.table.cursor_row
        if row is None:
            return
        if self.view.get(SERVICES, row.arn) is not None:
            routes.open_service(self.shell, row.arn)
        else:
            routes.open_task(self.shell, row.arn)
