"""Logs of several containers at once, live: follow, pause without loss, find, mute, solo.

Every stream is read by a worker of this screen, so all of them end when it is closed. Lines go into
the store as they come; the view catches up once a frame (see `LogView`).
"""

import os
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.worker import Worker

from ecstui.model.logs import LogLine, LogWindow
from ecstui.ui.changed import ALL_KINDS
from ecstui.ui.live import LiveTable
from ecstui.ui.log_feeds import LogFeeds
from ecstui.ui.log_histogram import histogram_line, level_counts
from ecstui.ui.log_sources import (
    LogSource,
    SourceInfo,
    chosen_sources,
    service_sources,
    title_of,
)
from ecstui.ui.logstore import LogStore
from ecstui.ui.presence import is_open, when_drawn
from ecstui.ui.screens import logs_acts
from ecstui.ui.screens.base import EcsScreen
from ecstui.ui.screens.logs_sources_table import (
    COLUMNS,
    Rates,
    SourceRow,
    counts_of,
    rate_text,
    source_rows,
    sources_line,
)
from ecstui.ui.screens.panel import Panel
from ecstui.ui.screens.service_parts import FluidLines
from ecstui.ui.spans import Line, line
from ecstui.ui.table import Span
from ecstui.ui.text import clock, plural, short_number
from ecstui.ui.widgets.bars import spark
from ecstui.ui.widgets.log_pane import LogPane
from ecstui.ui.widgets.log_view import LogView

__all__ = ["LogSource", "LogsScreen"]

SLOW_FRAME_SECONDS = 0.5
"""In low-bandwidth mode lines that arrive are drawn no more often; keys are answered at once."""
_SPARK_CELLS = 20
_TAIL_LINES = 200
_MINUTES = {"1m": 60, "5m": 300, "15m": 900, "30m": 1800, "1h": 3600}


class SourceTable(LiveTable[LogSource, SourceRow]):
    """The sources; enter shows one alone."""


class LogsScreen(EcsScreen):
    """Logs of a service, or of containers that were chosen."""

    DEFAULT_CSS = """
    LogsScreen {
        #panes { height: 1fr; }
        #logs { width: 1fr; }
        #sources { width: 40; }
        #sources_line { height: 1; padding: 0 1; display: none; }
        #histogram { height: 1; padding: 0 1; }
        &.-narrow #sources, &.-tiny #sources { display: none; }
        &.-narrow #sources_line, &.-tiny #sources_line { display: block; }
        &.-picking {
            #sources { display: block; }
            &.-narrow #panes, &.-tiny #panes { layout: vertical; }
            &.-narrow #sources, &.-tiny #sources { width: 1fr; height: 8; }
            &.-narrow #sources_line, &.-tiny #sources_line { display: none; }
        }
        &.-full #sources, &.-full #sources_line, &.-full #histogram { display: none; }
        &.-flat #histogram { display: none; }
    }
    """
    commands: ClassVar[tuple[str, ...]] = (
        "logs.mute",
        "logs.stopped",
        "logs.mark",
        "logs.details",
        "logs.save",
        "logs.pipe",
        "text.full",
        "text.outside",
        "logs.window_tail",
        "logs.window_head",
        "logs.window_1m",
        "logs.window_5m",
        "logs.window_15m",
        "logs.window_30m",
        "logs.window_1h",
        "logs.window_all",
    )
    title_text = "Logs"

    def __init__(self, what: str | Sequence[LogSource]) -> None:
        """`what`: the containers to read, or ARNs of services, set apart by spaces.

        New tasks of the services join as they come.
        """
        super().__init__()
        self.service_arns = tuple(what.split()) if isinstance(what, str) else ()
        self._chosen: tuple[LogSource, ...] = () if isinstance(what, str) else tuple(what)
        self.store = LogStore()
        self._stopped_too = False
        self._solo: LogSource | None = None
        self._read_since: float | None = None
        self._window_name = f"tail {_TAIL_LINES}"
        self._rates = Rates()
        self.lines = LogView(self.store, self._time)
        self.table = SourceTable(
            COLUMNS, self._time, sort="state", empty_text="No container has started yet."
        )
        self.feeds = LogFeeds(
            self._open_log,
            self.store,
            now=self._time,
            run=self._run,
            arrived=self.lines.touch,
        )

    def _time(self) -> float:
        return self.shell.now()

    def _open_log(
        self, task_arn: str, container: str, window: LogWindow
    ) -> AsyncIterator[Sequence[LogLine]]:
        return self.client.logs(task_arn, container, window)

    def _run(self, stream: Coroutine[None, None, None]) -> Worker[None]:
        return self.run_worker(stream, group="logs")

    def breadcrumb(self) -> str:
        """Logs, of what they are."""
        return f"Logs of {title_of(self._chosen, self.service_arns)}"

    # ---------------------------------------------------------------- parts

    def compose_body(self) -> ComposeResult:
        """The sources beside the lines."""
        yield FluidLines(id="sources_line")
        with Horizontal(id="panes"):
            with Panel(title="Sources", id="sources"):
                yield self.table
            with Panel(title="Logs", id="logs"):
                yield LogPane(self.lines)
                yield FluidLines(id="histogram")

    def on_mount(self) -> None:
        """Open the streams."""
        super().on_mount()
        if self.shell.low_bandwidth:
            self.lines.frame_seconds = SLOW_FRAME_SECONDS
        self.feeds.sync(self._infos(), announce=False)
        self.lines.focus()
        self.set_interval(1.0, self._tick)
        self._show()

    # ---------------------------------------------------------------- sources

    def _infos(self) -> list[SourceInfo]:
        """What to read now; what was read before stays, even where its records are gone."""
        if not self.service_arns:
            return chosen_sources(self.view, self._chosen)
        infos = [
            info
            for arn in self.service_arns
            for info in service_sources(self.view, arn, stopped_too=self._stopped_too)
        ]
        shown = {info.source for info in infos}
        older = [source for source in self.feeds.feeds if source not in shown]
        return [*infos, *chosen_sources(self.view, older)]

    def refresh_data(self, kinds: frozenset[str]) -> None:
        """Containers may have come, started or ended."""
        if is_open(self) and "task" in kinds:
            before = len(self.feeds.feeds)
            self.feeds.sync(self._infos())
            if len(self.feeds.feeds) != before and self._solo is not None:
                self._mute_all_but(self._solo)
            self._show()

    def _tick(self) -> None:
        self._rates.look(self.shell.now(), counts_of(self.feeds, self.store))
        if self.is_current:
            self._show_histogram()
            self._show()

    # ---------------------------------------------------------------- what is shown

    def _show(self) -> None:
        if not self.lines.muted:
            self._solo = None
        self._show_labels()
        rows = source_rows(self.feeds, self._rates, self.lines.muted)
        self.table.resync(rows)
        self.query_one("#sources_line", FluidLines).show(lambda width: [sources_line(rows, width)])
        waiting = self.feeds.waiting_count
        more = f"+{waiting} more" if waiting else ""
        self.query_one("#sources", Panel).set_title(f"Sources {len(rows)}", more)
        self.query_one("#sources", Panel).set_subtitle("↵ solo · x mute")
        self._show_titles()

    def _show_histogram(self) -> None:
        counts, errors = level_counts(self.store), self.lines.errors
        self.query_one("#histogram", FluidLines).show(
            lambda width: [histogram_line(self.store, errors, counts, width)]
        )

    def _show_labels(self) -> None:
        view = self.lines
        for source, label in self.feeds.labels.items():
            if view.labels.get(source.name) != label:
                view.set_label(source.name, label)

    @on(LogView.StatusChanged)
    def _show_titles(self) -> None:
        status = self.lines.status
        panel = self.query_one("#logs", Panel)
        parts = [status.text, self._window_name, *self.lines.form_words]
        if self.feeds.waiting_count:
            read = self.feeds.reading_count
            parts.append(f"{read} of {read + self.feeds.waiting_count} streams read")
        panel.set_title(f"Logs  {title_of(self._chosen, self.service_arns)}", " · ".join(parts))
        words = [
            f"{spark(list(self._rates.history), _SPARK_CELLS)} {rate_text(self._rates.total)}",
            f"{short_number(len(self.store))} lines",
            status.dropped_text,
        ]
        panel.set_subtitle(" · ".join(word for word in words if word))
        self.refresh_crumbs()

    def view_state(self) -> Line:
        """How many sources are hidden, and how many there are."""
        muted = len(self.lines.muted)
        words = plural(len(self.feeds.feeds), "source")
        return line(Span(f"{words}, {muted} muted" if muted else words, "muted"))

    # ---------------------------------------------------------------- sources: mute and solo

    def _mute(self, sources: Sequence[LogSource]) -> None:
        self.lines.mute(*[source.name for source in sources])
        self._show()

    def _mute_all_but(self, chosen: LogSource) -> None:
        self._mute([source for source in self.feeds.feeds if source != chosen])

    @on(LiveTable.Opened)
    def _solo_source(self) -> None:
        """Only this source; again, all."""
        source = self.table.cursor_key
        if source is None or self._solo == source:
            self._solo = None
            self._mute(())
        else:
            self._solo = source
            self._mute_all_but(source)

    def action_mute(self) -> None:
        """Hide the lines of the source under the cursor, or show them again."""
        if not self.table.is_on_screen:
            self.action_next_pane()
            return
        source = self.table.cursor_key
        if source is not None:
            self._solo = None
            muted = self.lines.muted ^ {source.name}
            self._mute([one for one in self.feeds.feeds if one.name in muted])

    def action_next_pane(self) -> None:
        """Between lines and sources; where there is little room the sources come and go."""
        if self.table.has_focus:
            self.remove_class("-picking")
            self.lines.focus()
        else:
            self.remove_class("-full")
            self.add_class("-picking")
            when_drawn(self, self.table.focus)

    def action_previous_pane(self) -> None:
        """There are two panes only."""
        self.action_next_pane()

    def action_stopped(self) -> None:
        """Read the stopped tasks of the service too."""
        if not self.service_arns:
            self.shell.say("These containers were chosen; only a service has more.")
            return
        self._stopped_too = not self._stopped_too
        if self._stopped_too:
            self.refresh_data(ALL_KINDS)
        words = "are read too" if self._stopped_too else "stay as they are, no more are added"
        self.shell.say(f"stopped tasks {words}")

    # ---------------------------------------------------------------- lines

    def action_mark(self) -> None:
        """Draw a line across, to find this moment again."""
        self.store.note(self.shell.now(), "mark")
        self.lines.touch()

    def copies(self) -> Sequence[tuple[str, str]]:
        """The line that one stands on, in every form, and all lines that the screen shows."""
        return logs_acts.copies(self)

    def action_details(self) -> None:
        """Everything about the line that one stands on."""
        logs_acts.open_details(self)

    def action_save(self) -> None:
        """Save the lines that are shown, all of them, as text or as JSON lines."""
        logs_acts.ask_how_to_save(self)

    def action_pipe(self) -> None:
        """Read the lines that are shown in $PAGER; `:pipe COMMAND` takes any command."""
        logs_acts.pipe(self, logs_acts.pager_words(os.environ))

    def action_outside(self) -> None:
        """Read the lines that are shown in $EDITOR, with time and source."""
        logs_acts.read_outside(self)

    def action_full(self) -> None:
        """Only the lines, or the sources beside them."""
        self.remove_class("-picking")
        self.toggle_class("-full")
        self.lines.focus()

    def action_back(self) -> None:
        """One step: the search, the list of sources, then the screen before."""
        pane = self.query_one(LogPane)
        if pane.close_find():
            return
        if self.table.has_focus:
            self.action_next_pane()
            return
        super().action_back()

    def go_to_time(self, at: float) -> None:
        """Go to a moment (POSIX seconds); what is older than the lines that are here is read."""
        oldest = self.lines.oldest_at
        if (oldest is None or at < oldest) and self._read_since != at:
            self._read_since = at
            self._read(f"since {clock(at)}", LogWindow(tail=None, since=at, follow=True))
            self.lines.follow(False)
            self.lines.action_top()
        elif not self.lines.go_to_time(at):
            self.shell.say(f"no line after {clock(at)} yet")

    def _read(self, name: str, window: LogWindow) -> None:
        """Read again with another window."""
        self._window_name = name
        if window.since is None:
            self._read_since = None
        self.feeds.restart(self._infos(), window)
        self.lines.follow(window.follow)
        self._show()

    def _read_minutes(self, name: str) -> None:
        since = self.shell.now() - _MINUTES[name]
        self._read(f"last {name}", LogWindow(tail=None, since=since, follow=True))

    def action_window_tail(self) -> None:
        """The last lines and what comes."""
        self._read(f"tail {_TAIL_LINES}", LogWindow(tail=_TAIL_LINES, follow=True))

    def action_window_head(self) -> None:
        """From the beginning."""
        self._read("from the start", LogWindow(tail=None, follow=True))
        self.lines.follow(False)
        self.lines.action_top()

    def action_window_1m(self) -> None:
        """The last minute and what comes."""
        self._read_minutes("1m")

    def action_window_5m(self) -> None:
        """The last 5 minutes and what comes."""
        self._read_minutes("5m")

    def action_window_15m(self) -> None:
        """The last 15 minutes and what comes."""
        self._read_minutes("15m")

    def action_window_30m(self) -> None:
        """The last 30 minutes and what comes."""
        self._read_minutes("30m")

    def action_window_1h(self) -> None:
        """The last hour and what comes."""
        self._read_minutes("1h")

    def action_window_all(self) -> None:
        """All that the engine has kept, and what comes."""
        self._read("all", LogWindow(tail=None, follow=True))
