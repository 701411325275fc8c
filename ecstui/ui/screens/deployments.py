"""The deployments of one service: what was deployed when and by whom, how it went, and why."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from ecstui.base.ids import short_name
from ecstui.model.deployment import ENDED, ServiceDeploymentRecord, ServiceDeploymentStatus
from ecstui.model.requests.deployments import DescribeServiceDeploymentsRequest
from ecstui.ui import deployment_verbs, routes
from ecstui.ui.columns import deployments as columns
from ecstui.ui.columns.deployments import DeploymentRow
from ecstui.ui.described import Described, described_by
from ecstui.ui.screens.list_screen import LIST_COMMANDS, ListScreen
from ecstui.ui.spans import Line
from ecstui.ui.table import Column
from ecstui.ui.text import clean

VERBS = ("deployments.stop", "deployments.answer")
_GOOD = ServiceDeploymentStatus.SUCCESSFUL


def described_deployment(arn: str, name: str) -> Described:
    """What the API tells of a deployment."""
    return described_by(
        name,
        DescribeServiceDeploymentsRequest(service_deployment_arns=(arn,)),
        lambda answer: (
            answer.service_deployments[0].to_wire() if answer.service_deployments else None
        ),
    )


class DeploymentsScreen(ListScreen[DeploymentRow]):
    """The list of deployments."""

    title_text = "Deployments"
    noun = "deployment"
    kinds = columns.KINDS
    sort = "created"
    empty_text = "No deployment is kept."
    follow_top = True
    commands: ClassVar[tuple[str, ...]] = (
        *LIST_COMMANDS,
        "list.describe",
        "list.json",
        "list.events",
        *VERBS,
    )
    row_commands = frozenset({"list.describe", "list.json", *VERBS})

    def __init__(self, service_arn: str) -> None:
        """Of that service."""
        super().__init__()
        self.service_arn = service_arn

    def breadcrumb(self) -> str:
        """Whose deployments."""
        return f"Deployments of {clean(short_name(self.service_arn))}"

    def columns(self) -> Sequence[Column[DeploymentRow]]:
        """Most important first, where the terminal is narrow."""
        return columns.COLUMNS

    def rows(self) -> Mapping[str, DeploymentRow]:
        """Deployments that are kept."""
        return columns.deployment_rows(self.view, self.service_arn)

    def name_of(self, row: DeploymentRow) -> str:
        """From what to what."""
        return row.from_to

    def search_text(self, row: DeploymentRow) -> str:
        """Status, revisions, who, why."""
        return columns.search_text(row)

    def is_problem(self, row: DeploymentRow) -> bool:
        """Anything that is over and was no success."""
        return row.deployment.status in ENDED and row.deployment.status is not _GOOD

    def inspect(self, row: DeploymentRow, width: int, height: int) -> tuple[str, Sequence[Line]]:
        """How it went and what it changed."""
        lines = columns.inspect(self.view, row, width, height, self.shell.now())
        return row.from_to, lines

    def open_row(self, key: str) -> None:
        """Everything of one."""
        routes.open_deployment(self.shell, key)

    def copies(self) -> Sequence[tuple[str, str]]:
        """ARN, command."""
        if self.key is None:
            return ()
        command = f"aws ecs describe-service-deployments --service-deployment-arns {self.key}"
        return (("ARN", self.key), ("AWS CLI command", command))

    def described(self) -> Described | None:
        """What the API tells of it."""
        row = self.table.cursor_row
        if row is None:
            return None
        return described_deployment(row.deployment.service_deployment_arn, row.from_to)

    # ---------------------------------------------------------------- verbs

    def _deployment(self) -> ServiceDeploymentRecord | None:
        row = self.table.cursor_row
        return None if row is None else row.deployment

    def action_stop(self) -> None:
        """Stop the deployment and roll it back."""
        deployment_verbs.stop(self, self._deployment())

    def action_answer(self) -> None:
        """Continue a paused deployment, or roll it back."""
        deployment_verbs.answer(self, self._deployment())

    def action_events(self) -> None:
        """What happened to the service."""
        routes.open_events_of(self.shell, self.service_arn)
