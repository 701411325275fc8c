"""The IAM roles that are named here, and where tasks get credentials for them; never a secret."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from ecstui.client.roles import Role
from ecstui.ui.columns import roles as columns
from ecstui.ui.screens.list_screen import LIST_COMMANDS, ListScreen
from ecstui.ui.spans import Line
from ecstui.ui.table import Column


class RolesScreen(ListScreen[Role]):
    """Which roles there are."""

    title_text = "Roles"
    noun = "role"
    kinds = columns.KINDS
    empty_text = "No task definition names a role, and [roles] in config.toml maps none."
    commands: ClassVar[tuple[str, ...]] = LIST_COMMANDS
    row_commands = frozenset()

    def columns(self) -> Sequence[Column[Role]]:
        """Most important first, where the terminal is narrow."""
        return columns.COLUMNS

    def rows(self) -> Mapping[str, Role]:
        """Roles of task definitions, of tasks and of the settings."""
        return columns.role_rows(self.view)

    def name_of(self, row: Role) -> str:
        """Its name."""
        return row.name

    def search_text(self, row: Role) -> str:
        """Name, ARN, source, task definitions."""
        return columns.search_text(row)

    def inspect(self, row: Role, width: int, height: int) -> tuple[str, Sequence[Line]]:
        """What it is used for, and by whom."""
        return row.name, columns.inspect(row, width, height)

    def copies(self) -> Sequence[tuple[str, str]]:
        """Name and ARN."""
        row = self.table.cursor_row
        if row is None:
            return ()
        return (("name", row.name), *((("ARN", row.arn),) if row.arn else ()))
