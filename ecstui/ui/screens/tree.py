"""The tree of a cluster: what belongs to what, folded and unfolded, live.

It draws the nodes of `ecstui.ui.tree` as rows of a table; marks are off, as space folds.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from ecstui.store.kinds import TASKS
from ecstui.ui import routes
from ecstui.ui.live import LiveTable
from ecstui.ui.preset_k9s import PRESET
from ecstui.ui.screens.base import GO_COMMANDS
from ecstui.ui.screens.list_screen import ListScreen
from ecstui.ui.table import Column
from ecstui.ui.tree import (
    COLUMNS,
    KINDS,
    Grouping,
    Node,
    Sort,
    keys_to_open,
    opens_at_first,
    search_text,
    summary,
    tree,
)


class TreeTable(LiveTable[str, Node], inherit_bindings=False):
    """A table without marks and without another order than its own."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *PRESET.bindings(
            "list.open", "list.down", "list.up", "list.top", "list.bottom",
            "list.page_down", "list.page_up",
        )
    ]  # fmt: skip


class TreeScreen(ListScreen[Node]):
    """Services, deployments, tasks and containers as a tree."""

    title_text = "Tree"
    noun = "branch"
    kinds = KINDS
    sort = "node"
    empty_text = "Nothing in this cluster."
    table_type = TreeTable
    commands: ClassVar[tuple[str, ...]] = (
        "tree.fold",
        "tree.fold_all",
        "tree.regroup",
        "list.logs",
        "list.filter",
        "list.problems",
        *GO_COMMANDS,
    )
    row_commands = frozenset({"tree.fold", "list.logs"})

    def __init__(self) -> None:
        """By service, with open what moves."""
        super().__init__()
        self.grouping = Grouping.SERVICE
        self.open_keys: set[str] | None = None

    def compose_body(self) -> ComposeResult:
        """The tree alone."""
        yield from self.compose_list()

    def columns(self) -> Sequence[Column[Node]]:
        """The branch, what is known of it, its age."""
        return COLUMNS

    def rows(self) -> Mapping[str, Node]:
        """The nodes that can be seen."""
        return tree(self.view, self.cluster, self.grouping, self._open())

    def _open(self) -> set[str]:
        if self.open_keys is None:
            if not self.shell.facts.is_known:
                return set()
            self.open_keys = opens_at_first(self.view, self.cluster)
        return self.open_keys

    def name_of(self, row: Node) -> str:
        """Its name."""
        return row.name

    def search_text(self, row: Node) -> str:
        """Name and facts."""
        return search_text(row)

    def is_problem(self, row: Node) -> bool:
        """Whether somebody should look at it."""
        return row.is_problem

    def title_words(self) -> tuple[str, str]:
        """What is at the root, and how it is grouped."""
        return f"Tree · {summary(self.table.model.rows)}", self.grouping.value

    def subtitle_words(self) -> str:
        """The keys that only a tree has."""
        return "space fold · x fold all · z regroup"

    def refresh_inspector(self) -> None:
        """There is none."""

    def open_row(self, key: str) -> None:
        """To what the branch stands for."""
        node = self.table.model.rows[key]
        if node.sort in (Sort.SERVICE, Sort.DEPLOYMENT):
            routes.open_service(self.shell, node.arn)
        elif node.sort in (Sort.TASK, Sort.CONTAINER):
            routes.open_task(self.shell, node.arn)
        elif node.sort is Sort.INSTANCE:
            routes.open_tasks_of_instance(self.shell, node.arn)
        else:
            self.action_fold()

    # ---------------------------------------------------------------- verbs

    def action_fold(self) -> None:
        """Fold the branch under the cursor, or unfold it."""
        node = self.table.cursor_row
        if node is not None and node.can_open:
            self._open().symmetric_difference_update({node.key})
            self._rebuild()

    def action_fold_all(self) -> None:
        """Fold everything; when everything is folded, unfold all but the tasks."""
        is_any_open = any(node.is_open for node in self.table.model.rows.values())
        opened = () if is_any_open else keys_to_open(self.view, self.cluster, everything=True)
        self.open_keys = set(opened)
        self._rebuild()

    def action_regroup(self) -> None:
        """By service or by instance."""
        is_by_service = self.grouping is Grouping.SERVICE
        self.grouping = Grouping.INSTANCE if is_by_service else Grouping.SERVICE
        self._rebuild()

    def _rebuild(self) -> None:
        self.table.resync(self.rows())
        self.table.flush(at_once=True)
        self.refresh_titles()

    def action_logs(self) -> None:
        """The logs of what the branch stands for."""
        node = self.table.cursor_row
        if node is None:
            return
        if node.sort in (Sort.SERVICE, Sort.DEPLOYMENT):
            routes.open_logs_of_service(self.shell, node.arn)
            return
        task = self.view.get(TASKS, node.arn)
        if task is None:
            self.shell.say("It has no logs of its own.")
            return
        only = node.key.partition("|")[2]
        names = [c.name for c in task.containers if not only or c.name == only]
        routes.open_logs(self.shell, [(task.task_arn, name) for name in names])
