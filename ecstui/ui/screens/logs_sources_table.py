"""The sources of a log screen as a table: colour, name, state, lines per second. Pure."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from ecstui.ui.glyphs import FAILED, NEW, Sign
from ecstui.ui.log_drawing import source_role
from ecstui.ui.log_feeds import FeedState, LogFeeds
from ecstui.ui.log_sources import LogSource
from ecstui.ui.logstore import LogStore
from ecstui.ui.spans import Line, Part, fitting, line
from ecstui.ui.table import Cell, Column, Span
from ecstui.ui.text import short_number

RATE_SECONDS = 5.0
"""Rates are means over so long, so that they can be read."""
_HISTORY = 60


class Rates:
    """Lines per second of each source, from counts that are looked at once a second."""

    def __init__(self) -> None:
        """Nothing was counted yet."""
        self._counts: deque[tuple[float, Mapping[int, int]]] = deque(maxlen=int(RATE_SECONDS) + 1)
        self.history: deque[float | None] = deque(maxlen=_HISTORY)
        """Lines per second of all sources together, the newest last."""

    def look(self, at: float, counts: Mapping[int, int]) -> None:
        """Take note of how many lines each source has sent so far; `at` in POSIX seconds."""
        if self._counts and at > self._counts[-1][0]:
            before_at, before = self._counts[-1]
            new = sum(count - before.get(number, 0) for number, count in counts.items())
            self.history.append(max(0.0, new / (at - before_at)))
        self._counts.append((at, dict(counts)))

    def of(self, number: int) -> float:
        """Lines per second of one source."""
        if len(self._counts) < 2:
            return 0.0
        (first_at, first), (last_at, last) = self._counts[0], self._counts[-1]
        passed = last_at - first_at
        return (last.get(number, 0) - first.get(number, 0)) / passed if passed > 0 else 0.0

    @property
    def total(self) -> float:
        """Lines per second of all sources."""
        return sum(self.of(number) for number in (self._counts[-1][1] if self._counts else ()))


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source as it is listed."""

    number: int
    label: str
    sign: Sign
    words: str
    """How it ended, or why it is not read; empty while it runs."""
    rate: float
    is_muted: bool


def source_rows(
    feeds: LogFeeds, rates: Rates, muted: frozenset[str]
) -> Mapping[LogSource, SourceRow]:
    """The sources, those that run first; `muted`: names in the store."""
    labels = feeds.labels
    found = {}
    for source, feed in feeds.feeds.items():
        is_failed = feed.state is FeedState.FAILED or bool(feed.problem)
        words = "not readable" if is_failed else ""
        if not words and not feed.info.is_running:
            words = feed.info.end_words
        found[source] = SourceRow(
            number=feed.number,
            label=labels[source],
            sign=Sign(FAILED, "status.failed") if is_failed else feed.info.sign,
            words=words,
            rate=rates.of(feed.number),
            is_muted=source.name in muted,
        )
    return dict(sorted(found.items(), key=lambda item: bool(item[1].words)))


def counts_of(feeds: LogFeeds, store: LogStore) -> dict[int, int]:
    """Lines that each source has sent so far."""
    return {feed.number: store.received_count(feed.number) for feed in feeds.feeds.values()}


def _name(row: SourceRow, _now: float) -> Cell:
    if row.is_muted:
        return (Span("· ", "muted"), Span(row.label, "muted strike"))
    return (Span(f"{NEW} ", source_role(row.number)), Span(row.label))


def _state(row: SourceRow, _now: float) -> Cell:
    return (Span(row.sign.glyph, row.sign.role),)


def _rate(row: SourceRow, _now: float) -> Cell:
    if row.is_muted:
        return (Span("muted", "muted"),)
    if row.words:
        return (Span(row.words, "muted"),)
    return rate_text(row.rate)


def rate_text(rate: float) -> str:
    """Lines per second: `412/s`, `0.4/s`."""
    return f"{rate:.1f}/s" if 0 < rate < 9.95 else f"{short_number(rate)}/s"


COLUMNS: tuple[Column[SourceRow], ...] = (
    Column("source", "SOURCE", _name, 16, min_width=8, grow=1, priority=0, name=True),
    Column("state", " ", _state, 1, priority=0, sort=lambda row: (bool(row.words), row.number)),
    Column("rate", "LINES", _rate, 7, min_width=6, priority=0, right=True, flash=False,
           sort=lambda row: row.rate, descending=True),
)  # fmt: skip


def sources_line(rows: Mapping[LogSource, SourceRow], width: int) -> Line:
    """All sources in one line, for where there is no room for a table."""
    parts = [
        Part(
            line(
                Span(f"{NEW} ", "muted" if row.is_muted else source_role(row.number)),
                Span(row.label, "muted strike" if row.is_muted else ""),
                Span("" if not row.words else f" {row.sign.glyph}", row.sign.role),
            ),
            index,
        )
        for index, row in enumerate(rows.values())
    ]
    hidden = len(parts)
    shown = fitting(parts, max(1, width - 6))
    hidden -= sum(1 for span in shown if span.text.startswith(NEW))
    return (*shown, Span(f"  +{hidden}", "muted")) if hidden > 0 else shown
