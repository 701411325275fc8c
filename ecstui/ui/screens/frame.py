"""The rows around every screen: header, breadcrumb, messages, keys.

They show what they are told. The keys come from the bindings that are live at the moment, in the
order of the command registry; the frame must never know what a screen can do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message

from ecstui.ui.columns.plane import (
    Facts,
    engine_lamps,
    reserved_line,
    service_counts_line,
    task_counts_line,
)
from ecstui.ui.keymap import Command
from ecstui.ui.row_drawing import fit_spans
from ecstui.ui.shell import Said, Severity
from ecstui.ui.spans import Line, Part, joined, line, line_width, spread
from ecstui.ui.table import Cell, Span, plain
from ecstui.ui.text import age, clean, cut_middle, width_of
from ecstui.ui.widgets.span_lines import SpanLines

SEPARATOR = Span(" │ ", "frame.border")
_WIDE = 100
MESSAGE_ROLES: dict[Severity, str] = {
    "information": "status.running",
    "warning": "status.warning",
    "error": "status.failed",
}


@dataclass(frozen=True, slots=True)
class Flags:
    """Modes that the header must never hide."""

    offline_seconds: float | None = None
    frozen_changes: int | None = None
    read_only: bool = False
    playing: str = ""
    """Where a recording is that is played: `PLAY ×4 12:03:04`."""
    is_recording: bool = False
    clock: str = ""


def header_line(facts: Facts, flags: Flags, width: int) -> Line:
    """The first row: where one is, how it goes, what is unusual."""
    wide = width >= _WIDE
    cluster = line(Span(f"{cut_middle(clean(facts.cluster), 24)} ▾", "bold foreground"))
    lamps = engine_lamps(facts, named=wide)
    left = [
        Part(line(Span("ecstui", "muted")) if wide else (), 6),
        Part((*cluster, Span("  "), *lamps) if lamps else cluster, 0),
        Part(service_counts_line(facts) if facts.is_known else (), 1),
        Part(task_counts_line(facts) if facts.is_known else (), 3),
    ]
    right = [
        *(Part(line(span), 0) for span in _warnings(facts, flags, wide=wide)),
        Part(_pace(facts), 2),
        Part(reserved_line(facts, named=wide), 5),
        Part(line(Span(flags.clock, "muted")), 4),
    ]
    while True:
        shown_left = joined((part.spans for part in left), SEPARATOR)
        shown_right = joined(part.spans for part in right)
        if line_width(shown_left) + line_width(shown_right) + 4 <= width:
            break
        worst = max((*left, *right), key=lambda part: part.rank if part.spans else -1)
        if worst.rank <= 0 or not worst.spans:
            break
        side = left if worst in left else right
        side.remove(worst)
    return spread((Span(" "), *shown_left), (*shown_right, Span(" ")), width)


def _pace(facts: Facts) -> Line:
    return line(Span("pace ", "muted"), facts.pace) if facts.pace else ()


def _warnings(facts: Facts, flags: Flags, *, wide: bool) -> list[Span]:
    found = []
    if flags.offline_seconds is not None:
        found.append(Span(f"OFFLINE {age(flags.offline_seconds)}", "bold status.failed"))
    if flags.frozen_changes is not None:
        found.append(Span(f"FROZEN +{flags.frozen_changes}", "bold status.warning"))
    if flags.read_only:
        found.append(Span("RO", "bold status.warning"))
    if flags.is_recording:
        found.append(Span("REC", "bold status.failed"))
    if flags.playing:
        found.append(Span(flags.playing, "bold status.warning"))
    if facts.is_simulation and not flags.playing:
        found.append(Span("SIMULATION" if wide else "SIM", "bold status.warning"))
    return found


class FrameBar(SpanLines):
    """A row of the frame; the same text again costs nothing, shown or not."""

    def update(self, lines: Sequence[Cell]) -> None:
        """Show another text."""
        if tuple(lines) != self._lines:
            super().update(lines)


class HeaderBar(FrameBar):
    """The first row."""

    DEFAULT_CSS = "HeaderBar { height: 1; background: $panel; }"

    class ClusterClicked(Message):
        """Somebody wants another cluster."""

    def on_click(self, event: events.Click) -> None:
        """On the name of the cluster: choose another one."""
        text = plain(self._lines[0]) if self._lines else ""
        if event.x <= text.find("▾"):
            self.post_message(self.ClusterClicked())


class CrumbBar(FrameBar):
    """The second row: where one is, every level clickable; at the right what the view hides."""

    DEFAULT_CSS = "CrumbBar { height: 1; }"

    class Chosen(Message):
        """A level was clicked; 0 is the cluster."""

        def __init__(self, level: int) -> None:
            self.level = level
            super().__init__()

    def __init__(self) -> None:
        """Empty until it is told where one is."""
        super().__init__()
        self._ends: list[int] = []

    def show_path(self, levels: Sequence[str], state: Line, said: Said | None) -> None:
        """`said`: a message that stands here where there is no row for it."""
        width = self.size.width
        if said is not None:
            self.update([message_line(said, width)])
            return
        state = tuple(fit_spans(state, width * 2 // 3))
        shown = _fit_levels([clean(level) for level in levels], width - line_width(state) - 4)
        spans: list[Span] = [Span(" ")]
        self._ends = []
        for index, level in enumerate(shown):
            if index:
                spans.append(Span(" › ", "muted"))
            last = index == len(shown) - 1
            spans.append(Span(level, "bold foreground" if last else "muted"))
            self._ends.append(line_width(spans))
        self.update([spread(tuple(spans), (*state, Span(" ")), width)])

    def on_click(self, event: events.Click) -> None:
        """Go to the level that was clicked."""
        for level, end in enumerate(self._ends):
            if event.x < end:
                self.post_message(self.Chosen(level))
                return


def _fit_levels(levels: list[str], room: int) -> list[str]:
    """The levels cut in their middles until they fit, the longest first."""
    shown = list(levels)
    while shown and sum(width_of(level) + 3 for level in shown) - 3 > room:
        longest = max(range(len(shown)), key=lambda index: width_of(shown[index]))
        width = width_of(shown[longest])
        if width <= 6:
            break
        shown[longest] = cut_middle(levels[longest], width - 1)
    return shown


def message_line(said: Said, width: int) -> Line:
    """A message as one row."""
    return spread(line(" ", Span(said.text, MESSAGE_ROLES[said.severity])), (), width)


class MessageBar(FrameBar):
    """The row for messages, where the terminal is high enough to spare one."""

    DEFAULT_CSS = """
    MessageBar { height: 1; }
    .-short MessageBar, .-flat MessageBar { display: none; }
    """

    def show_said(self, said: Said | None) -> None:
        """Show a message, or nothing."""
        self.update([() if said is None else message_line(said, self.size.width)])


@dataclass(frozen=True, slots=True)
class LiveKey:
    """A command whose key works now; `is_on` is false for one that would only say why not."""

    command: Command
    is_on: bool = True
    help: str = ""
    """One sentence on what it does here."""


class KeyBar(FrameBar):
    """The last row: the most used keys that work here, as many as fit, and `?` for the rest."""

    DEFAULT_CSS = "KeyBar { height: 1; background: $panel; }"

    class Pressed(Message):
        """A key was clicked."""

        def __init__(self, command_id: str) -> None:
            self.command_id = command_id
            super().__init__()

    def __init__(self) -> None:
        """Empty until it is told what works."""
        super().__init__()
        self._places: list[tuple[int, str]] = []

    def show_keys(self, keys: Sequence[LiveKey], more: Command) -> None:
        """`keys`: most important first; `more`: the command that shows them all."""
        width = self.size.width
        gap = 2 if width >= _WIDE else 1
        rest = line(Span(more.key_label, "frame.key"), Span(" more", "muted"))
        spans: list[Span] = [Span(" ")]
        self._places = []
        left = [key for key in keys if key.command.id != more.id]
        for index, key in enumerate(left):
            item = _key_spans(key)
            room = width - 1 - gap - line_width(rest)
            if line_width(spans) + gap + line_width(item) > room:
                break
            if index:
                spans.append(Span(" " * gap))
            spans += item
            self._places.append((line_width(spans), key.command.id))
        spans += [Span(" " * gap if left else ""), *rest]
        self._places.append((line_width(spans), more.id))
        self.update([tuple(spans)])

    def on_click(self, event: events.Click) -> None:
        """Run what was clicked."""
        for end, command_id in self._places:
            if event.x < end:
                self.post_message(self.Pressed(command_id))
                return


def _key_spans(key: LiveKey) -> Line:
    if not key.is_on:
        return line(Span(f"{key.command.key_label} {key.command.label}", "muted"))
    return line(Span(key.command.key_label, "frame.key"), f" {key.command.label}")
