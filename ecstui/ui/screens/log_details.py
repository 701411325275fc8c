"""One log line with everything about it: exact time, source, level, the whole text, JSON indented.

`[` and `]` go to the line before and after. It changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from ecstui.ui.ansi import to_plain
from ecstui.ui.log_files import exact_time
from ecstui.ui.log_json import pretty
from ecstui.ui.log_levels import level_of
from ecstui.ui.logstore import StoredLine
from ecstui.ui.modals.dialog import Dialog
from ecstui.ui.screens.reader import Reader
from ecstui.ui.shell import shell_of
from ecstui.ui.spans import line as spans_line
from ecstui.ui.table import Span
from ecstui.ui.text import clean, moment, number
from ecstui.ui.widgets.span_lines import SpanLines


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A line and where it comes from."""

    line: StoredLine
    label: str
    source: str
    """ARN of the task and name of the container; empty for the program's own lines."""


def text_of(line: StoredLine) -> tuple[str, bool]:
    """The whole line to read, and whether that is JSON."""
    document = pretty(to_plain(line.text))
    if document is not None:
        return "\n".join(clean(row) for row in document.split("\n")), True
    return clean(line.text), False


class _Facts(SpanLines):
    DEFAULT_CSS = "_Facts { height: 4; }"


class LineDetails(Dialog[None]):
    """Shows a line; `step` gives the next one (1) or the one before (-1)."""

    DEFAULT_CSS = """
    LineDetails {
        & > .frame { width: 120; height: 80%; padding: 0 1; }
        Reader { height: 1fr; background: $surface; padding: 0; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,enter", "cancel", "close", show=False),
        Binding("left_square_bracket", "step(-1)", "line before", show=False),
        Binding("right_square_bracket", "step(1)", "next line", show=False),
        Binding("c", "copy", "copy the line", show=False),
        Binding("C", "copy_document", "copy as shown", show=False),
    ]

    def __init__(self, facts: LineFacts, step: Callable[[int], LineFacts | None]) -> None:
        """`facts`: the line that is shown first."""
        super().__init__()
        self._facts = facts
        self._step = step

    def compose(self) -> ComposeResult:
        """Facts above the text."""
        with Vertical(classes="frame") as frame:
            frame.border_title = "Line"
            frame.border_subtitle = "\\[ ] other lines · c copy · C copy as shown · esc closes"
            yield _Facts()
            yield Reader()

    def on_mount(self) -> None:
        """Show the line."""
        self._show()
        self.query_one(Reader).focus()

    def _show(self) -> None:
        line = self._facts.line
        level = level_of(line.text)
        size = f"{number(len(line.text))} characters"
        source = self._facts.source.rpartition(":")[2] or "ecstui itself"
        when = f"{moment(line.at)}.{int(line.at * 1e6) % 1_000_000:06}"
        self.query_one(_Facts).update([
            spans_line(Span("time    ", "muted"), when, Span(f"  {exact_time(line.at)}", "muted")),
            spans_line(Span("source  ", "muted"), f"{self._facts.label}  ",
                       Span(clean(source), "muted")),
            spans_line(Span("level   ", "muted"),
                       Span(level or "none named", f"log.{level}" if level else "muted"),
                       Span(f"  {size}", "muted")),
            (),
        ])  # fmt: skip
        text, is_json = text_of(line)
        self.query_one(Reader).show(text, is_json=is_json)

    def action_step(self, step: int) -> None:
        """Another line."""
        facts = self._step(step)
        if facts is not None:
            self._facts = facts
            self._show()

    def action_copy(self) -> None:
        """The line as it came, without what steers terminals."""
        shell_of(self).copy(to_plain(self._facts.line.text), "the line")

    def action_copy_document(self) -> None:
        """As it is shown here."""
        shell_of(self).copy(text_of(self._facts.line)[0], "the line as shown")
