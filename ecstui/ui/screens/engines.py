"""The engines: which answer, where they are, what is on them; others are added and taken away."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from ecstui.model.requests.engines import DeregisterEngineRequest
from ecstui.ui import routes
from ecstui.ui.columns import engines as columns
from ecstui.ui.columns.engines import EngineRow
from ecstui.ui.questions import Question, ask_and_send
from ecstui.ui.screens.list_screen import LIST_COMMANDS, ListScreen
from ecstui.ui.spans import Line
from ecstui.ui.table import Column
from ecstui.ui.text import plural


class EnginesScreen(ListScreen[EngineRow]):
    """The list of engines."""

    title_text = "Engines"
    noun = "engine"
    kinds = columns.KINDS
    empty_text = "No engine is known."
    commands: ClassVar[tuple[str, ...]] = (*LIST_COMMANDS, "list.new", "list.delete")
    row_commands = frozenset({"list.delete"})

    def columns(self) -> Sequence[Column[EngineRow]]:
        """Most important first, where the terminal is narrow."""
        return columns.COLUMNS

    def rows(self) -> Mapping[str, EngineRow]:
        """Every engine, the daemon's own first."""
        return columns.engine_rows(self.view)

    def name_of(self, row: EngineRow) -> str:
        """Its name."""
        return row.name

    def search_text(self, row: EngineRow) -> str:
        """Name, endpoint, state, problem."""
        return columns.search_text(row)

    def is_problem(self, row: EngineRow) -> bool:
        """It does not answer."""
        return not row.is_connected

    def inspect(self, row: EngineRow, width: int, height: int) -> tuple[str, Sequence[Line]]:
        """How it is reached, and what it has become."""
        return row.name, columns.inspect(row, width, height)

    def open_row(self, key: str) -> None:
        """The container instances."""
        self.shell.go_to("instances")

    def copies(self) -> Sequence[tuple[str, str]]:
        """Name, endpoint."""
        row = self.table.cursor_row
        return () if row is None else (("name", row.raw_name), ("endpoint", row.address))

    # ---------------------------------------------------------------- verbs

    def action_new(self) -> None:
        """Use another Docker Engine."""
        routes.register_engine(self.shell)

    def action_delete(self) -> None:
        """Use the engine under the cursor no more."""
        row = self.table.cursor_row
        if row is None:
            return
        if row.link is None:
            self.shell.say(f"{row.name} is the daemon's own engine and stays.")
            return
        question = Question(
            "Remove",
            f"Use engine {row.name} no more?",
            [
                f"it has {plural(len(row.instances), 'container instance')} and "
                f"{plural(row.tasks, 'task')}",
                "while it has container instances the request is refused: deregister them first",
            ],
            f"engine {row.name} is used no more",
        )
        ask_and_send(self, [DeregisterEngineRequest(engine=row.raw_name)], question)
