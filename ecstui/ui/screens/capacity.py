"""The capacity providers: their figures, what managed scaling does next, desired capacity."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from ecstui.model.requests.capacity_providers import (
    DescribeAutoScalingGroupsRequest,
    DescribeCapacityProvidersRequest,
    UpdateAutoScalingGroupRequest,
)
from ecstui.store.kinds import AUTO_SCALING_GROUPS
from ecstui.ui import capacity_verbs, routes
from ecstui.ui.aws_cli import aws_command
from ecstui.ui.columns import capacity as columns
from ecstui.ui.columns.capacity import CapacityRow
from ecstui.ui.described import Described, described_by
from ecstui.ui.modals import group_effects
from ecstui.ui.screens.ask import AskModal, why_refused
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
        "list.new",
        "list.edit",
        "list.delete",
        "list.describe",
        "list.json",
        "list.events",
        "capacity.scale",
        "capacity.interrupt",
    )
    row_commands = frozenset(commands) - {*LIST_COMMANDS, "list.new", "capacity.interrupt"}

    def columns(self) -> Sequence[Column[CapacityRow]]:
        """Most important first, where the terminal is narrow."""
        return columns.COLUMNS

    def rows(self) -> Mapping[str, CapacityRow]:
        """Every provider, those of Fargate last, and the groups without one."""
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
        if row.provider is None and row.group is not None:
            return (("name", row.raw_name), ("ARN", row.group.auto_scaling_group_arn))
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
            request = UpdateAutoScalingGroupRequest(
                auto_scaling_group_name=group.auto_scaling_group_name, desired_capacity=int(text)
            )
            if not await self._is_sure(request):
                return "Nothing was changed."
            refused = await why_refused(self.shell, request)
            if not refused:
                self.shell.say(f"set the desired capacity of {row.name} to {text}")
            return refused

        title = f"Desired capacity of {row.name}"
        label = f"Instances ({group.min_size} to {group.max_size}), now {group.desired_capacity}"
        self.app.push_screen(AskModal(title, label, submit))

    async def _is_sure(self, request: UpdateAutoScalingGroupRequest) -> bool:
        """Where tasks end with their instances, it is asked for once more."""
        group = self.view.get(AUTO_SCALING_GROUPS, request.auto_scaling_group_name)
        desired = request.desired_capacity
        if group is None or desired is None:
            return True
        sure = group_effects.question(self.view, group, desired, aws_command(request))
        return sure is None or await self.app.push_screen_wait(sure)

    def action_new(self) -> None:
        """Make a capacity provider or an Auto Scaling group."""
        capacity_verbs.create(self)

    def action_edit(self) -> None:
        """Change how it scales, or the bounds of its group."""
        row = self.table.cursor_row
        if row is not None:
            capacity_verbs.edit(self, row)

    def action_delete(self) -> None:
        """Delete what is under the cursor, after its name was typed."""
        row = self.table.cursor_row
        if row is not None:
            capacity_verbs.delete(self, row)

    def action_interrupt(self) -> None:
        """Take a Spot task's capacity away, as AWS does now and then."""
        capacity_verbs.interrupt(self)

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
        if row.provider is None and row.group is not None:
            groups = DescribeAutoScalingGroupsRequest(auto_scaling_group_names=(row.raw_name,))
            return described_by(
                row.name,
                groups,
                lambda answer: (
                    answer.auto_scaling_groups[0].to_wire() if answer.auto_scaling_groups else None
                ),
            )
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
