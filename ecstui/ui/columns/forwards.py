"""Forwards of container ports: rows as they stand at one moment, columns, inspector. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecstui.client.forwarding import Forward
from ecstui.client.reach import ways_to
from ecstui.store.tables import View
from ecstui.ui.columns.cells import quiet, short_id
from ecstui.ui.columns.inspect import facts_line
from ecstui.ui.glyphs import FAILED, HEALTHY, WARNING
from ecstui.ui.spans import Line, line, wrapped
from ecstui.ui.table import Cell, Column, Span
from ecstui.ui.text import clean, plural, size


@dataclass(frozen=True, slots=True)
class ForwardRow:
    """A forward at one moment."""

    port: int
    name: str
    """Whose port it is: `api web:80`."""
    arn: str
    task: str
    """Id of the task that the next connection goes to, or empty."""
    address: str
    """Where it goes, or empty."""
    problem: str
    connections: int
    open_connections: int
    bytes_up: int
    bytes_down: int

    @property
    def local(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"


def forward_row(view: View, forward: Forward, name: str) -> ForwardRow:
    """How a forward stands now."""
    ways = ways_to(view, forward.goal)
    last = forward.last
    best = last if last in ways.found else next(iter(ways.found), None)
    traffic = forward.traffic
    return ForwardRow(
        forward.port,
        name,
        forward.goal.arn,
        "" if best is None else short_id(best.task_arn),
        "" if best is None else f"{clean(best.host)}:{best.port}",
        clean(ways.reason or forward.problem),
        traffic.connections,
        traffic.open_connections,
        traffic.bytes_up,
        traffic.bytes_down,
    )


def forward_rows(view: View, named: Sequence[tuple[Forward, str]]) -> Mapping[str, ForwardRow]:
    """Every forward by its port."""
    return {str(forward.port): forward_row(view, forward, name) for forward, name in named}


def _local(row: ForwardRow, _now: float) -> Cell:
    glyph, role = (HEALTHY, "status.running")
    if row.problem:
        glyph, role = (WARNING, "status.warning") if row.address else (FAILED, "status.failed")
    return (Span(f"{glyph} ", role), Span(row.local))


def _problem(row: ForwardRow, _now: float) -> Cell:
    return (Span(row.problem, "status.warning"),)


COLUMNS: tuple[Column[ForwardRow], ...] = (
    Column("local", "LOCAL", _local, 17, min_width=17, priority=0, sort=lambda row: row.port),
    Column("name", "LEADS TO", lambda row, _: row.name, 32, min_width=12, priority=0, name=True),
    Column("task", "TASK", lambda row, _: quiet(row.task), 6, priority=1),
    Column("address", "ADDRESS", lambda row, _: quiet(row.address), 21, min_width=15, priority=3),
    Column("open", "OPEN", lambda row, _: str(row.open_connections), 4, priority=1, right=True,
           sort=lambda row: row.open_connections, descending=True),
    Column("all", "CONNS", lambda row, _: str(row.connections), 5, priority=2, right=True,
           sort=lambda row: row.connections, descending=True),
    Column("up", "UP", lambda row, _: size(row.bytes_up), 8, priority=2, right=True,
           sort=lambda row: row.bytes_up, descending=True, flash=False),
    Column("down", "DOWN", lambda row, _: size(row.bytes_down), 8, priority=2, right=True,
           sort=lambda row: row.bytes_down, descending=True, flash=False),
    Column("problem", "PROBLEM", _problem, 30, min_width=20, grow=1, priority=4),
)  # fmt: skip


def search_text(row: ForwardRow) -> str:
    """What the filter looks in."""
    return f"{row.port}\n{row.name}\n{row.task}\n{row.address}\n{row.problem}"


def inspect(row: ForwardRow, width: int, height: int) -> Sequence[Line]:
    """Where it leads, what went through, what is wrong."""
    conns = plural(row.connections, "connection")
    lines = [
        facts_line(width, ("", f"http://{row.local}"), ("leads to", row.name)),
        facts_line(width, ("task", row.task), ("at", row.address)),
        facts_line(
            width,
            ("", conns),
            ("open", str(row.open_connections)),
            ("up", size(row.bytes_up)),
            ("down", size(row.bytes_down)),
        ),
    ]
    problems = wrapped(row.problem, width - 2, 3) if row.problem else []
    lines += [line(Span("▲ ", "status.warning"), text) for text in problems]
    return lines[:height]
