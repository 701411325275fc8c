"""The fleet of a service while it changes: old and new tasks against floor and ceiling.

Pure drawing of a `Fleet`, and the widgets that show it. The markers stand still and the bar moves,
so one sees whether old tasks may stop. It counts nothing itself: the numbers come from the plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ecstui.ui.glyphs import DRAINING, EMPTY, FAILED, FREE, LIMIT, MOVING, STARTING, USED, WARNING
from ecstui.ui.table import Cell, Span
from ecstui.ui.text import clock, pad, width_of
from ecstui.ui.widgets.span_lines import SpanLines

_LABEL = "fleet  "
_MIN_BAR_CELLS = 16
_MAX_CELLS_PER_TASK = 4
_AXIS_CELLS = 4


@dataclass(frozen=True, slots=True)
class Fleet:
    """Tasks of a service, counted by what they are doing."""

    new_healthy: int = 0
    old_serving: int = 0
    starting: int = 0
    stopping: int = 0
    unhealthy: int = 0
    """Tasks that run but do not pass their checks."""
    failed: int = 0
    desired: int = 0
    floor: int = 0
    """Healthy tasks that must not be undercut (minimumHealthyPercent of desired)."""
    ceiling: int = 0
    """Tasks that must not be exceeded (maximumPercent of desired)."""
    ceiling_percent: int = 0

    @property
    def total(self) -> int:
        """Tasks that exist; failed ones do not."""
        return sum(part.tasks for part in _parts(self))

    @property
    def headroom(self) -> int:
        """Tasks that may be started now."""
        return max(0, self.ceiling - self.total)


class _Part(NamedTuple):
    tasks: int
    glyph: str
    role: str


def _parts(fleet: Fleet) -> tuple[_Part, ...]:
    return (
        _Part(fleet.new_healthy, USED, "rollout.new"),
        _Part(fleet.old_serving, FREE, "rollout.old"),
        _Part(fleet.starting, MOVING, "status.starting"),
        _Part(fleet.stopping, MOVING, "rollout.moving"),
        _Part(fleet.unhealthy, FAILED, "rollout.failed"),
    )


def _scale(fleet: Fleet) -> int:
    return max(1, fleet.ceiling, fleet.total, fleet.desired)


def bar_spans(fleet: Fleet, cells: int) -> tuple[Span, ...]:
    """The stacked bar in exactly `cells` cells; every kind of task that exists has at least one."""
    scale = _scale(fleet)
    spans = []
    done = at = 0
    for part in _parts(fleet):
        done += part.tasks
        end = min(cells, max(round(done * cells / scale), at + 1 if part.tasks else at))
        spans.append(Span(part.glyph * (end - at), part.role))
        at = end
    return (*(span for span in spans if span.text), Span(EMPTY * (cells - at), "chart.grid"))


def fleet_lines(fleet: Fleet, width: int) -> list[Cell]:
    """Bar, markers and legend for a width: three lines."""
    is_wide = width >= 90
    facts = f"  {fleet.total} of {fleet.ceiling}" if is_wide else f" {fleet.total}/{fleet.ceiling}"
    room = f"   headroom {fleet.headroom}" if is_wide else f" headroom {fleet.headroom}"
    label = _LABEL if is_wide else _LABEL.rstrip() + " "
    free = max(_MIN_BAR_CELLS, width - len(label) - len(facts) - len(room))
    cells = _whole_tasks(_scale(fleet), free)
    bar = (Span(label, "muted"), *bar_spans(fleet, cells), Span(facts, "bold"), Span(room, "muted"))
    return [bar, _marker_line(fleet, len(label), cells, width), _legend(fleet, is_wide=is_wide)]


def _whole_tasks(scale: int, cells: int) -> int:
    """As many cells as give every task the same number of them, if each can have one."""
    return scale * min(_MAX_CELLS_PER_TASK, cells // scale) if scale <= cells else cells


def _marker_line(fleet: Fleet, left: int, cells: int, width: int) -> Cell:
    """The floor's and the ceiling's markers under the bar, their labels beside them."""
    scale = _scale(fleet)
    floor_at = left + max(0, round(fleet.floor * cells / scale) - 1)
    ceiling_at = left + max(0, round(fleet.ceiling * cells / scale) - 1)
    same = " = desired" if fleet.floor == fleet.desired else ""
    floor_label = f"{WARNING} floor {fleet.floor}{same}"
    percent = f" ({fleet.ceiling_percent}%)" if fleet.ceiling_percent else ""
    ceiling_label = f"{WARNING} ceiling {fleet.ceiling}{percent}"
    if ceiling_at + width_of(ceiling_label) > width:
        ceiling_label = f"{WARNING} ceiling {fleet.ceiling}"
    if floor_at == ceiling_at:
        both = f"{WARNING} floor and ceiling {fleet.floor}"
        if fleet.floor != fleet.ceiling:
            both = f"{WARNING} floor {fleet.floor} · ceiling {fleet.ceiling}"
        return (Span(" " * floor_at), Span(both, "rollout.floor"))
    front = floor_at
    if floor_at + width_of(floor_label) + 1 > ceiling_at:
        floor_label = f"floor {fleet.floor} {WARNING}"
        front = floor_at + 1 - width_of(floor_label)
    if front < 0:
        front, floor_label = floor_at, WARNING
    gap = ceiling_at - front - width_of(floor_label)
    return (
        Span(" " * front),
        Span(floor_label, "rollout.floor"),
        Span(" " * gap),
        Span(ceiling_label, "rollout.ceiling"),
    )


def _legend(fleet: Fleet, *, is_wide: bool) -> Cell:
    new, old, starting, stopping, unhealthy = _parts(fleet)
    gap = "   " if is_wide else "  "
    more = (" healthy", " serving") if is_wide else ("", "")
    return (
        Span(" " * len(_LABEL) if is_wide else ""),
        Span(f"{new.glyph} ", new.role),
        Span(f"{new.tasks} new{more[0]}{gap}"),
        Span(f"{old.glyph} ", old.role),
        Span(f"{old.tasks} old{more[1]}{gap}"),
        Span(f"{starting.glyph} ", starting.role),
        Span(f"{starting.tasks} starting "),
        Span(STARTING, starting.role),
        Span(gap),
        Span(f"{stopping.glyph} ", stopping.role),
        Span(f"{stopping.tasks} draining "),
        Span(DRAINING, stopping.role),
        Span(gap),
        *_bad_spans(unhealthy.tasks, fleet.failed, gap),
    )


def _bad_spans(unhealthy: int, failed: int, gap: str) -> tuple[Span, ...]:
    """What goes wrong: tasks that run but should not count, and tasks that are gone."""
    bad = "rollout.failed"
    gone = Span(f"{FAILED} {failed} failed", bad if failed else "muted")
    if not unhealthy:
        return (gone,)
    sick = Span(f"{FAILED} {unhealthy} unhealthy", bad)
    return (sick, Span(gap), gone) if failed else (sick,)


class FleetBar(SpanLines):
    """Bar, markers and legend of one service."""

    def __init__(self, fleet: Fleet | None = None, *, id: str | None = None) -> None:
        """`fleet`: what is shown at first."""
        super().__init__(id=id)
        self._fleet = fleet or Fleet()

    @property
    def fleet(self) -> Fleet:
        """What is shown; setting it refreshes only the lines that differ."""
        return self._fleet

    @fleet.setter
    def fleet(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self.refresh_changed()

    def make_lines(self, width: int) -> Sequence[Cell]:
        """The three lines."""
        return fleet_lines(self._fleet, width)


class FleetSample(NamedTuple):
    """The fleet at one moment, POSIX seconds."""

    at: float
    fleet: Fleet


def chart_lines(samples: Sequence[FleetSample], width: int, height: int) -> list[Cell]:
    """The fleet over time, one column per sample, the newest at the right of what is filled."""
    columns = max(1, width - _AXIS_CELLS - len(" max"))
    shown = list(samples)[-columns:]
    latest = shown[-1].fleet if shown else Fleet()
    rows = max(1, height - 1)
    levels = _levels(max([_scale(sample.fleet) for sample in shown], default=1), rows)
    lines: list[Cell] = [""] * (rows - len(levels))
    for low, high in levels:
        limit = _limit_of(latest, low, high)
        axis = f"{round(high):>{_AXIS_CELLS - 1}}┤" if high == int(high) else " " * 3 + "│"
        cells = [_chart_cell(sample.fleet, (low + high) / 2) for sample in shown]
        rest = (LIMIT if limit else " ") * (columns - len(shown))
        spans = [Span(axis, "muted"), *_grouped(cells, limit), Span(rest, "chart.grid")]
        lines.append((*spans, Span(f" {limit}", f"rollout.{_LIMIT_ROLES[limit]}" if limit else "")))
    return [*lines, _time_axis(shown, columns)]


def _levels(top: int, rows: int) -> list[tuple[float, float]]:
    """Lower and upper value of every row, the highest first: whole tasks or whole parts of one."""
    if top <= rows:
        per_task = rows // top
        used, step = top * per_task, 1 / per_task
    else:
        step = -(-top // rows)
        used = -(-top // int(step))
    return [(step * (row - 1), step * row) for row in range(used, 0, -1)]


_LIMIT_ROLES = {"max": "ceiling", "min": "floor"}


def _limit_of(fleet: Fleet, below: float, value: float) -> str:
    """Which limit runs through a row of the chart."""
    if below < fleet.ceiling <= value:
        return "max"
    return "min" if below < fleet.floor <= value else ""


def _chart_cell(fleet: Fleet, level: float) -> tuple[str, str]:
    """Glyph and role of the kind of task that reaches that level of the stack."""
    done = 0
    for part in _parts(fleet):
        done += part.tasks
        if done >= level:
            return part.glyph, part.role
    return "", ""


def _grouped(cells: Sequence[tuple[str, str]], limit: str) -> list[Span]:
    spans: list[Span] = []
    for glyph, role in cells:
        drawn, look = (glyph, role) if glyph else (LIMIT if limit else " ", "chart.grid")
        if spans and spans[-1].role == look:
            spans[-1] = Span(spans[-1].text + drawn, look)
        else:
            spans.append(Span(drawn, look))
    return spans


def _time_axis(samples: Sequence[FleetSample], columns: int) -> Cell:
    """The time under the first column of every minute, where there is room."""
    text = ""
    for index, sample in enumerate(samples):
        is_new = index == 0 or sample.at // 60 != samples[index - 1].at // 60
        if is_new and len(text) <= index and index + 5 <= columns:
            text = pad(text, index) + clock(sample.at)[:5] + " "
    return (Span(" " * _AXIS_CELLS + text, "muted"),)


class FleetChart(SpanLines):
    """The fleet over the last minutes, sampled at even steps of time."""

    DEFAULT_CSS = "FleetChart { height: 1fr; min-height: 4; }"

    def __init__(self, *, max_samples: int = 400, id: str | None = None) -> None:
        """`max_samples`: how many are kept; the chart shows as many as it is wide."""
        super().__init__(id=id)
        self._samples: list[FleetSample] = []
        self._max_samples = max_samples

    def show(self, samples: Sequence[FleetSample]) -> None:
        """Show these samples, the newest last."""
        self._samples = list(samples)[-self._max_samples :]
        self.refresh_changed()

    @property
    def columns(self) -> int:
        """How many samples it has room for."""
        return max(1, self.size.width - _AXIS_CELLS - len(" max"))

    def make_lines(self, width: int) -> Sequence[Cell]:
        """As many lines as the widget is high."""
        return chart_lines(self._samples, width, max(2, self.size.height))
