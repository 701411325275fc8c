"""The dashboard: services with their verbs, and beside them what rolls, fills up or is wrong.

One look answers what changes, what is full and what needs somebody. It is the list of services with
other panes around it; what the panes say is made in `ecstui.ui.dashboard`.
"""

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ecstui.ui import dashboard
from ecstui.ui.cockpit import Situation, situation_of
from ecstui.ui.columns import instances, services
from ecstui.ui.columns.services import ServiceRow
from ecstui.ui.presence import is_open
from ecstui.ui.screens.panel import Panel
from ecstui.ui.screens.services import ServicesScreen
from ecstui.ui.table import Column
from ecstui.ui.widgets.span_lines import FittedLines

_COLUMNS = ("name", "running", "deployment", "definition", "cpu", "memory", "age")
_MOST_ROLLOUTS = 12
_SLIM_CELLS = 76


class DashboardScreen(ServicesScreen):
    """Everything at one glance."""

    DEFAULT_CSS = """
    DashboardScreen {
        #upper { height: 1fr; }
        #list { width: 3fr; height: 1fr; }
        #side { width: 2fr; }
        #rollouts { height: 1fr; min-height: 5; }
        #capacity { height: auto; max-height: 50%; }
        #lower { height: 10; }
        #recent { width: 3fr; height: 1fr; }
        #attention { width: 2fr; height: 1fr; }
        #upper SpanLines, #lower SpanLines { padding: 0 1; }
        &.-short #lower { height: 6; }
        &.-narrow.-short #list { width: 1fr; }
        &.-narrow.-short #side { width: 37; }
        &.-plain #side, &.-plain #lower { display: none; }
        &.-slim #side, &.-tiny #side, &.-tiny #lower, &.-flat #lower { display: none; }
        &.-offline #side SpanLines, &.-offline #lower SpanLines { text-opacity: 55%; }
    }
    """
    title_text = "Dashboard"
    kinds = services.KINDS | instances.KINDS

    def columns(self) -> Sequence[Column[ServiceRow]]:
        """Those that leave room for the panes beside them."""
        by_key = {column.key: column for column in services.COLUMNS}
        return [by_key[key] for key in _COLUMNS]

    def compose_body(self) -> ComposeResult:
        """Services and panes; the services take the keys."""
        with Vertical(id="panes"):
            with Horizontal(id="upper"):
                yield from self.compose_list()
                with Vertical(id="side"):
                    with Panel(title="Deployments", id="rollouts"):
                        yield FittedLines()
                    with Panel(title="Capacity", id="capacity"):
                        yield FittedLines()
            with Horizontal(id="lower"):
                with Panel(title="Events", id="recent"):
                    yield FittedLines()
                with Panel(title="Attention", id="attention"):
                    yield FittedLines()

    def on_resize(self, event: events.Resize) -> None:
        """Too narrow for two panes beside each other: the services stay."""
        self.set_class(event.size.width < _SLIM_CELLS, "-slim")
        super().on_resize(event)

    def title_words(self) -> tuple[str, str]:
        """What the list holds, how many, and the key of the screen that is only theirs."""
        return f"Services {self.table.summary}", "[2]"

    # ---------------------------------------------------------------- panes

    def refresh_inspector(self) -> None:
        """All panes beside the services."""
        if not is_open(self):
            return
        view, cluster = self.view, self.cluster
        rows = list(self.table.model.rows.values())
        hosts = list(instances.instance_rows(view, cluster).values())
        self._show_rollouts(rows)
        zones = len({row.zone for row in hosts})
        capacity = self._pane("capacity", "Capacity", "[5]")
        capacity.styles.height = min(zones + 1, max(3, self.size.height // 4))
        capacity.show(lambda width, height: dashboard.capacity_lines(hosts, width, height))
        self._pane("recent", "Events", "[9] live").show(
            lambda width, height: dashboard.event_lines(view, cluster, width, height)
        )
        self._pane("attention", "Attention", "W why").show(
            lambda width, height: dashboard.attention_lines(rows, hosts, width, height)
        )

    def _show_rollouts(self, rows: Sequence[ServiceRow]) -> None:
        rolling = sorted((row for row in rows if dashboard.is_rolling(row)), key=_newest_first)
        found = [self._situation(row) for row in rolling[:_MOST_ROLLOUTS]]
        situations = [situation for situation in found if situation is not None]
        beside = f"{len(rolling)} on the way" if rolling else ""
        self._pane("rollouts", "Deployments", beside).show(
            lambda width, height: dashboard.rollout_lines(situations, width, height)
        )

    def _situation(self, row: ServiceRow) -> Situation | None:
        return situation_of(self.view, row.service.service_arn, self.shell.now())

    def _pane(self, name: str, title: str, beside: str) -> FittedLines:
        panel = self.query_one(f"#{name}", Panel)
        panel.set_title(title, beside)
        return panel.query_one(FittedLines)


def _newest_first(row: ServiceRow) -> float:
    return -row.service.primary.created_at
