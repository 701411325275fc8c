"""Small pictures in one line: meters, sparklines, phases. Pure functions that make spans.

They fill exactly the cells they are told, so they fit into table columns. A meter always starts at
zero and a sparkline has a fixed window, so that rows compare.
"""

from collections.abc import Sequence
from typing import Literal

from ecstui.ui.glyphs import CHANGING, FAILED, FREE, HEALTHY, RISING, STOPPED, USED
from ecstui.ui.table import Span

Phase = tuple[str, Literal["done", "now", "next", "failed"]]
"""A step of something, and how far it is."""

WARN_RATIO = 0.75
FULL_RATIO = 0.9
_PHASES = {
    "done": (HEALTHY, "status.running", "muted"),
    "now": (CHANGING, "status.changing", "bold"),
    "next": (STOPPED, "status.stopped", "muted"),
    "failed": (FAILED, "status.failed", "status.failed"),
}


def meter(ratio: float | None, cells: int, *, role: str = "") -> tuple[Span, ...]:
    """How full something is: `███░░`. Without a role of its own it warns when it gets full."""
    if ratio is None:
        return (Span("–".ljust(cells), "status.unknown"),)
    used = min(cells, max(0, round(ratio * cells)))
    if ratio > 0 and used == 0:
        used = 1
    return (
        Span(USED * used, role or load_role(ratio)),
        Span(FREE * (cells - used), "frame.border"),
    )


def load_role(ratio: float) -> str:
    """The role of a load: calm, then warning, then failed."""
    if ratio >= FULL_RATIO:
        return "status.failed"
    return "status.warning" if ratio >= WARN_RATIO else "chart.series.1"


def percent(ratio: float | None) -> str:
    """A ratio in four cells: ` 47%`, `100%`, `   –`."""
    return "   –" if ratio is None else f"{min(999, round(ratio * 100)):3}%"


def spark(values: Sequence[float | None], cells: int, top: float | None = None) -> str:
    """The newest values as bars, the newest at the right: `▂▂▃▃▂▂▃▂`; gaps stay empty.

    `top` is the value of a full bar, by default the highest that is shown.
    """
    shown = list(values)[-cells:] if cells else []
    known = [value for value in shown if value is not None]
    highest = top or max(known, default=0) or 1
    steps = len(RISING) - 1
    bars = (
        " " if value is None else RISING[round(min(1.0, max(0.0, value / highest)) * steps)]
        for value in shown
    )
    return "".join(bars).rjust(cells)


def phase_line(phases: Sequence[Phase]) -> tuple[Span, ...]:
    """How far something is: `✓ register  ◆ start new 6/8  ○ drain old`."""
    spans: list[Span] = []
    for text, state in phases:
        sign, sign_role, role = _PHASES[state]
        spans += [Span("  " if spans else ""), Span(f"{sign} ", sign_role), Span(text, role)]
    return tuple(spans)
