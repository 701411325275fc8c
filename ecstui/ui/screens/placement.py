"""The placement map on the whole screen: every instance of the cluster, a cell for each task."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from ecstui.ui.columns.instances import KINDS, MAP_LEGEND, instance_rows, placement_map
from ecstui.ui.presence import is_open
from ecstui.ui.screens.base import GO_COMMANDS, EcsScreen
from ecstui.ui.screens.panel import Panel
from ecstui.ui.screens.service_parts import FluidLines
from ecstui.ui.spans import line
from ecstui.ui.table import Span
from ecstui.ui.text import plural


class PlacementScreen(EcsScreen):
    """What is placed where."""

    DEFAULT_CSS = """
    PlacementScreen { #map { padding: 0 1; } #scroll { height: 1fr; } }
    """
    title_text = "Placement map"
    commands: ClassVar[tuple[str, ...]] = GO_COMMANDS

    def compose_body(self) -> ComposeResult:
        """The map, which scrolls."""
        with Panel(title="Placement map", id="panel"), VerticalScroll(id="scroll"):
            yield FluidLines(id="map")

    def on_mount(self) -> None:
        """Draw, and take the keys that scroll."""
        super().on_mount()
        self.query_one("#scroll").focus()

    def refresh_data(self, kinds: frozenset[str]) -> None:
        """Draw again what has moved."""
        if not is_open(self) or not kinds & KINDS:
            return
        rows = list(instance_rows(self.view, self.cluster).values())
        zones = len({row.zone for row in rows})
        beside = f"{plural(len(rows), 'instance')} in {plural(zones, 'zone')}"
        panel = self.query_one("#panel", Panel)
        panel.set_title("Placement map", beside if rows else "")
        empty = line(Span("No container instances in this cluster.", "muted"))
        self.query_one("#map", FluidLines).show(
            lambda width: [*placement_map(rows, width), (), MAP_LEGEND] if rows else [empty]
        )
