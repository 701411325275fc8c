"""The clusters: enter shows one in all other lists; new ones are made, empty ones deleted."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from ecstui.model.requests.clusters import (
    CreateClusterRequest,
    DeleteClusterRequest,
    DescribeClustersRequest,
)
from ecstui.ui.columns import clusters as columns
from ecstui.ui.columns.clusters import ClusterRow
from ecstui.ui.described import Described, described_by
from ecstui.ui.questions import Question, ask_and_send
from ecstui.ui.screens.ask import AskModal, why_refused
from ecstui.ui.screens.list_screen import LIST_COMMANDS, ListScreen
from ecstui.ui.spans import Line
from ecstui.ui.table import Column
from ecstui.ui.text import plural


class ClustersScreen(ListScreen[ClusterRow]):
    """The list of clusters."""

    title_text = "Clusters"
    noun = "cluster"
    kinds = columns.KINDS
    sort = "name"
    empty_text = "No clusters.\nn creates one"
    commands: ClassVar[tuple[str, ...]] = (
        *LIST_COMMANDS,
        "list.new",
        "list.delete",
        "list.describe",
        "list.json",
    )
    row_commands = frozenset({"list.delete", "list.describe", "list.json"})

    def columns(self) -> Sequence[Column[ClusterRow]]:
        """Most important first, where the terminal is narrow."""
        return columns.COLUMNS

    def rows(self) -> Mapping[str, ClusterRow]:
        """Clusters that were not deleted."""
        return columns.cluster_rows(self.view, self.cluster)

    def name_of(self, row: ClusterRow) -> str:
        """Its name."""
        return row.name

    def search_text(self, row: ClusterRow) -> str:
        """The name."""
        return row.name

    def inspect(self, row: ClusterRow, width: int, height: int) -> tuple[str, Sequence[Line]]:
        """What it holds, its ARN, the command."""
        return row.name, columns.inspect(row, width)[:height]

    def open_row(self, key: str) -> None:
        """Show this cluster everywhere."""
        self.shell.use_cluster(key)

    def copies(self) -> Sequence[tuple[str, str]]:
        """Name, ARN, command."""
        row = self.table.cursor_row
        if row is None:
            return ()
        command = f"aws ecs describe-clusters --clusters {row.name}"
        return (
            ("name", row.cluster.cluster_name),
            ("ARN", row.cluster.cluster_arn),
            ("AWS CLI command", command),
        )

    # ---------------------------------------------------------------- verbs

    def action_new(self) -> None:
        """Create a cluster."""

        async def submit(name: str) -> str:
            refused = await why_refused(self.shell, CreateClusterRequest(cluster_name=name))
            if not refused:
                self.shell.say(f"created cluster {name}")
            return refused

        self.app.push_screen(AskModal("New cluster", "Name", submit))

    def action_delete(self) -> None:
        """Delete the cluster under the cursor, after its name was typed."""
        row = self.table.cursor_row
        if row is None:
            return
        name = row.cluster.cluster_name

        counts = row.counts
        question = Question(
            "Delete",
            f"You are about to delete cluster {row.name}",
            [
                f"it holds {plural(counts.active_services, 'service')}, "
                f"{plural(counts.tasks.total, 'task')} and "
                f"{plural(counts.container_instances, 'container instance')}",
                "a cluster that holds anything is not deleted: the request is refused then",
            ],
            f"deleted cluster {row.name}",
            type_name=name,
        )
        ask_and_send(self, [DeleteClusterRequest(cluster=name)], question)

    def described(self) -> Described | None:
        """What the API tells of it."""
        row = self.table.cursor_row
        if row is None:
            return None
        request = DescribeClustersRequest(
            clusters=(row.cluster.cluster_name,), include=("SETTINGS", "STATISTICS", "TAGS")
        )
        return described_by(
            row.name,
            request,
            lambda answer: answer.clusters[0].to_wire() if answer.clusters else None,
        )
