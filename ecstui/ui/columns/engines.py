"""The engines: rows from what is known of each and from the links to others, columns, inspector.

Pure: records in, cells and lines out. Files of certificates and keys are named, never read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecstui.model.cluster import ContainerInstanceRecord, EngineRecord
from ecstui.model.engine_link import EngineLinkRecord
from ecstui.store.kinds import ENGINE_LINKS, ENGINES, INSTANCES, TASKS
from ecstui.store.tables import View
from ecstui.ui.columns.cells import memory_text, quiet, since
from ecstui.ui.columns.inspect import facts_line
from ecstui.ui.glyphs import FAILED, HEALTHY, STARTING
from ecstui.ui.spans import Line, line, wrapped
from ecstui.ui.table import Cell, Column, Span
from ecstui.ui.text import clean

KINDS = frozenset({"engine", "engineLink", "containerInstance", "task"})


@dataclass(frozen=True, slots=True)
class EngineRow:
    """An engine, the link that leads to it, and what is on it."""

    raw_name: str
    engine: EngineRecord | None
    """None: it was not asked yet."""
    link: EngineLinkRecord | None
    """None: the daemon's first engine."""
    instances: tuple[ContainerInstanceRecord, ...]
    tasks: int

    @property
    def name(self) -> str:
        """Its name, harmless."""
        return clean(self.raw_name)

    @property
    def address(self) -> str:
        """Where it is."""
        if self.link is not None:
            return clean(self.link.address)
        return "" if self.engine is None else clean(self.engine.endpoint)

    @property
    def is_connected(self) -> bool:
        """Whether it answers."""
        return self.engine is not None and self.engine.is_connected

    @property
    def problem(self) -> str:
        """Why it does not answer."""
        return "" if self.engine is None else clean(self.engine.problem or "")

    @property
    def state(self) -> str:
        """`connected`, `away`, or `not asked yet`."""
        if self.engine is None:
            return "not asked yet"
        return "connected" if self.engine.is_connected else "away"


def engine_rows(view: View) -> Mapping[str, EngineRow]:
    """Every engine by name, the first one first."""
    engines = {engine.name: engine for engine in view.all(ENGINES)}
    links = {link.name: link for link in view.all(ENGINE_LINKS)}
    found = {}
    for name in sorted({*engines, *links}, key=lambda name: (name in links, name)):
        instances = tuple(i for i in view.by(INSTANCES, "engine", name) if not i.is_gone)
        tasks = len(view.by(TASKS, "engine", name))
        found[name] = EngineRow(name, engines.get(name), links.get(name), instances, tasks)
    return found


def _name(row: EngineRow, _now: float) -> Cell:
    glyph, role = (HEALTHY, "status.running") if row.is_connected else (FAILED, "status.failed")
    if row.engine is None:
        glyph, role = STARTING, "status.starting"
    return (Span(f"{glyph} ", role), Span(row.name))


def _state(row: EngineRow, now: float) -> Cell:
    if row.engine is None or row.is_connected:
        return (Span(row.state, "" if row.is_connected else "muted"),)
    return (Span(f"away {since(row.engine.changed_at, now)}", "status.failed"),)


def _version(row: EngineRow, _now: float) -> Cell:
    return quiet("" if row.engine is None else clean(row.engine.version))


COLUMNS: tuple[Column[EngineRow], ...] = (
    Column("name", "NAME", _name, 16, min_width=10, priority=0, name=True,
           sort=lambda row: row.raw_name),
    Column("state", "STATE", _state, 13, priority=0, flash=False,
           sort=lambda row: (row.is_connected, row.raw_name)),
    Column("address", "ENDPOINT", lambda row, _: row.address, 27, min_width=16, priority=1,
           name=True),
    Column("version", "VERSION", _version, 15, min_width=7, priority=3),
    Column("cpu", "CPU", lambda row, _: str(row.engine.cpu_units) if row.engine else "", 7,
           priority=4, right=True),
    Column("memory", "MEM", lambda row, _: memory_text(row.engine.memory_mib) if row.engine else "",
           6, priority=4, right=True),
    Column("instances", "INST", lambda row, _: str(len(row.instances)), 4, priority=2, right=True,
           sort=lambda row: len(row.instances), descending=True),
    Column("tasks", "TASKS", lambda row, _: str(row.tasks), 5, priority=0, right=True,
           sort=lambda row: row.tasks, descending=True),
    Column("problem", "PROBLEM", lambda row, _: (Span(row.problem, "status.failed"),), 12,
           min_width=12, grow=1, priority=5),
)  # fmt: skip


def search_text(row: EngineRow) -> str:
    """What the filter looks in."""
    return f"{row.name}\n{row.address}\n{row.state}\n{row.problem}"


def inspect(row: EngineRow, width: int, height: int) -> Sequence[Line]:
    """Where it is, how it is reached, what it has become."""
    engine, link = row.engine, row.link
    lines = [
        facts_line(
            width,
            ("", row.state),
            ("kind", "" if engine is None else clean(engine.kind)),
            ("", row.address),
        )
    ]
    problems = wrapped(row.problem, width - 2, 2) if row.problem else []
    lines += [line(Span(f"{FAILED} ", "status.failed"), text) for text in problems]
    names = ", ".join(f"{clean(i.name)} ({clean(i.cluster_name)})" for i in row.instances[:8])
    lines.append(facts_line(width, ("instances", names or "none"), ("tasks", str(row.tasks))))
    if link is not None:
        lines.append(
            facts_line(
                width,
                ("cluster", clean(link.cluster_name)),
                ("zone", clean(link.zone)),
                ("CA", clean(link.ca_file)),
                ("certificate", clean(link.certificate_file)),
                ("from", "the settings" if link.is_from_settings else ""),
            )
        )
    if engine is not None and engine.orphans:
        lines.append(facts_line(width, ("containers of no record", str(len(engine.orphans)))))
    return lines[:height]
