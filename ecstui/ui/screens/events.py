"""The events of the cluster, or of one thing in it, the newest first and live."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical

from ecstui.base.ids import short_name
from ecstui.model.enums import EventSource
from ecstui.store.kinds import INSTANCES, SERVICES, TASKS
from ecstui.ui import routes
from ecstui.ui.columns import events as columns
from ecstui.ui.columns.events import EventRow
from ecstui.ui.columns.timeline import timeline, window_of
from ecstui.ui.screens.list_screen import LIST_COMMANDS, ListScreen
from ecstui.ui.screens.panel import Panel
from ecstui.ui.spans import Line
from ecstui.ui.table import Column
from ecstui.ui.text import age, clean
from ecstui.ui.widgets.span_lines import SpanLines

_SOURCES: tuple[EventSource | None, ...] = (None, *EventSource)


class EventsScreen(ListScreen[EventRow]):
    """The list of events, with a timeline where there is room."""

    DEFAULT_CSS = """
    EventsScreen {
        #below { height: 11; layout: horizontal; }
        #timeline-panel { width: 3fr; height: 1fr; }
        #timeline { height: 1fr; padding: 0 1; }
        #inspector { width: 2fr; height: 1fr; }
        &.-short #below { height: 6; }
        &.-narrow #timeline-panel, &.-short #timeline-panel { display: none; }
        &.-plain #below, &.-tiny #below, &.-flat #below { display: none; }
    }
    """

    title_text = "Events"
    noun = "event"
    kinds = columns.KINDS
    sort = "time"
    empty_text = "Nothing has happened yet."
    follow_top = True
    commands: ClassVar[tuple[str, ...]] = (*LIST_COMMANDS, "events.times", "events.kinds")
    row_commands = frozenset()

    def __init__(self, *, subject_arn: str = "") -> None:
        """Of the whole cluster, unless a service, task or instance is given."""
        self._times = columns.Times()
        super().__init__()
        self.subject_arn = subject_arn
        self.source: EventSource | None = None

    def breadcrumb(self) -> str:
        """Whose events these are."""
        if not self.subject_arn:
            return self.title_text
        instance = self.view.get(INSTANCES, self.subject_arn)
        name = instance.name if instance is not None else short_name(self.subject_arn)
        return f"Events of {clean(name)[:40]}"

    def compose_body(self) -> ComposeResult:
        """List, timeline, inspector."""
        with Vertical(id="panes"):
            yield from self.compose_list()
            with Vertical(id="below"):
                with Panel(title="Timeline", id="timeline-panel"):
                    yield SpanLines(id="timeline")
                yield from self.compose_inspector()

    def refresh_inspector(self) -> None:
        """The inspector and the timeline."""
        super().refresh_inspector()
        lines = self.query_one("#timeline", SpanLines)
        width, height = lines.content_size
        if width:
            rows = self.table.model.shown_rows()
            now = self.shell.now()
            seconds = window_of(rows, now)
            lines.update(timeline(rows, now, seconds, width, height))
            panel = self.query_one("#timeline-panel", Panel)
            panel.set_title(f"Timeline {age(seconds)}", "now ▸")

    def columns(self) -> Sequence[Column[EventRow]]:
        """Most important first, where the terminal is narrow."""
        return columns.event_columns(self._times)

    def rows(self) -> Mapping[str, EventRow]:
        """Events that are kept."""
        return columns.event_rows(self.view, self.cluster, self.subject_arn)

    def name_of(self, row: EventRow) -> str:
        """Its name."""
        return row.subject

    def search_text(self, row: EventRow) -> str:
        """Subject, source, words."""
        return columns.search_text(row)

    def is_problem(self, row: EventRow) -> bool:
        """Whether it tells of something that went wrong."""
        return row.event.is_problem

    def is_kept(self, row: EventRow) -> bool:
        """Of the chosen kind."""
        return self.source is None or row.event.source is self.source

    def title_words(self) -> tuple[str, str]:
        """How many, and that they are live."""
        return self.breadcrumb(), f"live · {self.table.summary}"

    def subtitle_words(self) -> str:
        """The order."""
        return f"{super().subtitle_words()} · ↵ goes to the subject"

    def state_words(self) -> Sequence[str]:
        """Which kind is shown."""
        return (f"{self.source} only",) if self.source is not None else ("all kinds",)

    def inspect(self, row: EventRow, width: int, height: int) -> tuple[str, Sequence[Line]]:
        """The whole sentence, when, about what."""
        return row.subject, columns.inspect(row, width, height)

    def open_row(self, key: str) -> None:
        """To what the event is about."""
        row = self.table.model.rows[key]
        arn = row.event.subject_arn
        if self.view.get(SERVICES, arn) is not None:
            routes.open_service(self.shell, arn)
        elif self.view.get(TASKS, arn) is not None:
            routes.open_task(self.shell, arn)
        elif self.view.get(INSTANCES, arn) is not None:
            routes.open_tasks_of_instance(self.shell, arn)
        else:
            self.shell.say(f"{row.subject} is not there any more.", "warning")

    def copies(self) -> Sequence[tuple[str, str]]:
        """The sentence, the ARN."""
        row = self.table.cursor_row
        if row is None:
            return ()
        return (("message", row.event.message), ("subject", row.event.subject_arn))

    def action_times(self) -> None:
        """Times of day, or how long ago."""
        self._times.is_absolute = not self._times.is_absolute
        self.table.model.changed.update(self.table.model.rows)
        self.table.flush(at_once=True)

    def action_kinds(self) -> None:
        """Show only one kind of event, the next one each time, then all again."""
        place = _SOURCES.index(self.source)
        self.source = _SOURCES[(place + 1) % len(_SOURCES)]
        self._keep()
