"""The capacity providers: their figures, what managed scaling does next, desired capacity."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from ecstui.model.requests.capacity_providers import (
    DeleteCapacityProviderRequest,
    DescribeCapacityProvidersRequest,
    UpdateAutoScalingGroupRequest,
)
from ecstui.ui import routes
from ecstui.ui.columns import capacity as columns
from ecstui.ui.columns.capacity import CapacityRow
from ecstui.ui.described import Described, described_by
from ecstui.ui.questions import Question, ask_and_send
from ecstui.ui.screens.ask import AskModal
from ecstui.ui.screens.list_screen import LIST_COMMANDS, ListScreen
from ecstui.ui.spans import Line
from ecstui.ui.table import Column


class CapacityScreen(ListScreen[CapacityRow]):
    """The list of capacity providers, with an inspector."""

    title_text = "Capacity providers"
    noun = "capacity provider"
    kinds = columns.KINDS
    empty_text = "No capacity providers."
    commands: ClassVar[tuple[str, ...]] = (
        *LIST_COMMANDS,
        "list.delete",
        "list.describe",
        "list.json",
        "list.events",
        "capacity.scale",
    )
    row_commands = frozenset(commands) - frozenset(LIST_COMMANDS)

    def columns(self) -> Sequence[Column[CapacityRow]]:
        """Most important first, where the terminal is narrow."""
        return columns.COLUMNS

    def rows(self) -> Mapping[str, CapacityRow]:
        """Every provider; those of Fargate last."""
        return columns.capacity_rows(self.view, self.cluster)

    def name_of(self, row: CapacityRow) -> str:
        """Its name."""
        return row.name

    def search_text(self, row: CapacityRow) -> str:
        """Name and type."""
        return f"{row.name}\n{columns.type_text(row)}"

    def is_problem(self, row: CapacityRow) -> bool:
        """Tasks wait for it."""
        return row.waiting > 0

    def inspect(self, row: CapacityRow, width: int, height: int) -> tuple[str, Sequence[Line]]:
        """Settings, figures, instances, the command."""
        return row.name, columns.inspect(row, width, height, self.shell.now())

    def open_row(self, key: str) -> None:
        """The container instances."""
        self.shell.go_to("instances")

    def copies(self) -> Sequence[tuple[str, str]]:
        """Name, ARN, command."""
        row = self.table.cursor_row
        if row is None:
            return ()
        command = f"aws ecs describe-capacity-providers --capacity-providers {row.raw_name}"
        arn = () if row.provider is None else (("ARN", row.provider.capacity_provider_arn),)
        return (("name", row.raw_name), *arn, ("AWS CLI command", command))

    # ---------------------------------------------------------------- verbs

    def action_scale(self) -> None:
        """Set the desired capacity of the provider's Auto Scaling group."""
        row = self.table.cursor_row
        if row is None:
            return
        if row.group is None:
            self.shell.say(f"{row.name} has no instances to scale.")
            return
        group = row.group

        async def submit(text: str) -> str:
            if not (text.isascii() and text.isdigit() and len(text) <= 6):
                return "a whole number is needed"
            refused: list[str] = []
            request = UpdateAutoScalingGroupRequest(
                auto_scaling_group_name=group.auto_scaling_group_name, desired_capacity=int(text)
            )
            answer = await self.send(request, on_error=lambda error: refused.append(error.message))
            if answer is not None:
                self.shell.say(f"set the desired capacity of {row.name} to {text}")
            return refused[0] if refused else ""

        title = f"Desired capacity of {row.name}"
        label = f"Instances ({group.min_size} to {group.max_size}), now {group.desired_capacity}"
        self.app.push_screen(AskModal(title, label, submit))

    def action_delete(self) -> None:
        """Delete the provider under the cursor, after its name was typed."""
        row = self.table.cursor_row
        if row is None:
            return
        if row.provider is None:
            self.shell.say(f"{row.name} is always there and cannot be deleted.")
            return
        question = Question(
            "Delete",
            f"You are about to delete capacity provider {row.name}",
            [
                "a provider that a cluster uses is not deleted: the request is refused then",
                "its Auto Scaling group and the instances stay",
            ],
            f"deleted capacity provider {row.name}",
            type_name=row.raw_name,
        )
        ask_and_send(
            self, [DeleteCapacityProviderRequest(capacity_provider=row.raw_name)], question
        )

    def action_events(self) -> None:
        """What managed scaling did."""
        row = self.table.cursor_row
        if row is not None and row.provider is not None:
            routes.open_events_of(self.shell, row.provider.capacity_provider_arn)

    def described(self) -> Described | None:
        """What the API tells of it."""
        row = self.table.cursor_row
        if row is None:
            return None
        request = DescribeCapacityProvidersRequest(
            capacity_providers=(row.raw_name,), include=("TAGS",)
        )
        return described_by(
            row.name,
            request,
            lambda answer: (
                answer.capacity_providers[0].to_wire() if answer.capacity_providers else None
            ),
        )
