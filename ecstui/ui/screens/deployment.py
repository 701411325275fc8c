"""One service deployment: how it went, what watches it, what it changed and what that means."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from ecstui.store.kinds import SERVICE_DEPLOYMENTS
from ecstui.ui import deployment_verbs, routes
from ecstui.ui.columns import deployments as columns
from ecstui.ui.columns.deployments import DeploymentRow
from ecstui.ui.described import Described
from ecstui.ui.presence import is_open
from ecstui.ui.screens.base import GO_COMMANDS
from ecstui.ui.screens.deployments import VERBS, described_deployment
from ecstui.ui.screens.panel import Panel
from ecstui.ui.screens.service_parts import FluidLines
from ecstui.ui.screens.watching import WatchingScreen
from ecstui.ui.spans import Line, line
from ecstui.ui.table import Span
from ecstui.ui.text import clean


class DeploymentScreen(WatchingScreen):
    """A deployment, live while it goes on."""

    DEFAULT_CSS = """
    DeploymentScreen {
        #deployment { height: 1fr; }
        VerticalScroll { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    }
    """
    title_text = "Deployment"
    kinds = columns.KINDS
    commands: ClassVar[tuple[str, ...]] = (
        "list.describe",
        "list.json",
        "list.events",
        *VERBS,
        *GO_COMMANDS,
    )

    def __init__(self, arn: str) -> None:
        """`arn`: of the service deployment; it may be gone by now."""
        super().__init__()
        self.arn = arn
        self._service_arn = ""

    def breadcrumb(self) -> str:
        """Of which service."""
        return f"Deployment {clean(self.arn.rpartition('/')[2])[:12]}"

    def compose_body(self) -> ComposeResult:
        """One pane."""
        with Panel(title="Deployment", id="deployment"), VerticalScroll():
            yield FluidLines(id="lines")

    def on_mount(self) -> None:
        """The keys scroll it."""
        super().on_mount()
        self.query_one(VerticalScroll).focus()
        self.look()

    def _rows(self) -> dict[str, DeploymentRow]:
        record = self.view.get(SERVICE_DEPLOYMENTS, self.arn)
        if record is None:
            return {}
        self._service_arn = record.service_arn
        return dict(columns.deployment_rows(self.view, record.service_arn))

    def look(self) -> None:
        """The deployment, or that it is not kept any more."""
        rows = self._rows()
        row = rows.get(self.arn)
        panel, lines = self.query_one("#deployment", Panel), self.query_one("#lines", FluidLines)
        if row is None:
            gone = line(Span("This deployment is not kept any more.", "muted"))
            lines.show(lambda _width: [gone])
            return
        position = list(rows).index(self.arn)
        panel.set_title(f"Deployment {row.from_to}", f"{position + 1} of {len(rows)}")
        panel.set_subtitle("] older  [ newer")

        def make(width: int) -> Sequence[Line]:
            return columns.detail_lines(self.view, row, self.shell.now(), width)

        lines.show(make)
        self.refresh_bindings()

    def copies(self) -> Sequence[tuple[str, str]]:
        """ARN, command."""
        command = f"aws ecs describe-service-deployments --service-deployment-arns {self.arn}"
        return (("ARN", self.arn), ("AWS CLI command", command))

    def described(self) -> Described | None:
        """What the API tells of it."""
        return described_deployment(self.arn, self.breadcrumb())

    # ---------------------------------------------------------------- verbs

    def why_not(self, action: str) -> str | None:
        """Also: what is over is not stopped, and what is not paused not answered."""
        if is_open(self) and action in ("stop", "answer"):
            record = self.view.get(SERVICE_DEPLOYMENTS, self.arn)
            check = deployment_verbs.why_not_stop
            problem = (check if action == "stop" else deployment_verbs.why_not_answer)(record)
            if problem is not None:
                return problem
        return super().why_not(action)

    def action_stop(self) -> None:
        """Stop the deployment and roll it back."""
        deployment_verbs.stop(self, self.view.get(SERVICE_DEPLOYMENTS, self.arn))

    def action_answer(self) -> None:
        """Continue a paused deployment, or roll it back."""
        deployment_verbs.answer(self, self.view.get(SERVICE_DEPLOYMENTS, self.arn))

    def action_events(self) -> None:
        """What happened to the service."""
        if self._service_arn:
            routes.open_events_of(self.shell, self._service_arn)

    def action_previous(self) -> None:
        """The deployment that came after it."""
        self._step(-1)

    def action_next(self) -> None:
        """The deployment before it."""
        self._step(1)

    def _step(self, step: int) -> None:
        arns = list(self._rows())
        if self.arn not in arns:
            return
        position = arns.index(self.arn) + step
        if not 0 <= position < len(arns):
            self.shell.say("There is no newer one." if step < 0 else "There is no older one.")
            return
        self.arn = arns[position]
        self.query_one(VerticalScroll).scroll_home(animate=False)
        self.look()
        self.refresh_frame()
