"""What is typed after `:` on a log screen: `:at 12:03`, `:pipe wc -l`, `:context 3`, `:save json`.

Each gives an entry that says what it will do; on any other screen it says where it works.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from ecstui.ui.commands import Entry
from ecstui.ui.playing import place_of
from ecstui.ui.spans import line
from ecstui.ui.table import Span
from ecstui.ui.text import clean, clock

if TYPE_CHECKING:
    from ecstui.ui.app import EcsTui
    from ecstui.ui.screens.logs import LogsScreen

_DAY_SECONDS = 86_400
_MOST_CONTEXT = 999


def _wrong(text: str) -> Entry:
    said = line(Span(text, "status.warning"))
    return Entry(text, "?", lambda: None, why_off=text, effect=said)


def _logs(app: "EcsTui") -> "LogsScreen | Entry":
    from ecstui.ui.screens.logs import LogsScreen

    screen = app.top_screen()
    return screen if isinstance(screen, LogsScreen) else _wrong("open logs first: :logs SERVICE")


def moment_of(text: str, now: float) -> float | None:
    """`12:03`, `12:03:04` (the last time that it was so late), `-5m`; None for anything else."""
    at = place_of(text, now)
    if at is not None and at > now and ":" in text:
        at -= _DAY_SECONDS
    return at


def _at(app: "EcsTui", words: Sequence[str]) -> Entry:
    screen = _logs(app)
    if isinstance(screen, Entry):
        return screen
    at = moment_of(words[0], app.now()) if len(words) == 1 else None
    if at is None:
        return _wrong(":at 12:03, :at 12:03:04 or :at -5m")
    return Entry(f"Lines from {clock(at)} on", "logs", lambda: screen.go_to_time(at))


def _pipe(app: "EcsTui", words: Sequence[str]) -> Entry:
    screen = _logs(app)
    if isinstance(screen, Entry):
        return screen
    if not words:
        return _wrong(":pipe needs a command: :pipe less, :pipe grep -c 502")
    from ecstui.ui.screens import logs_acts

    command = list(words)
    effect = line(Span("the lines that are shown, on its standard input", "muted"))
    return Entry(f"Pipe to {clean(' '.join(words))}", "logs",
                 lambda: logs_acts.pipe(screen, command), effect=effect)  # fmt: skip


def _context(app: "EcsTui", words: Sequence[str]) -> Entry:
    screen = _logs(app)
    if isinstance(screen, Entry):
        return screen
    word = words[0] if len(words) == 1 else ""
    if not (word.isascii() and word.isdecimal()) or int(word[:4]) > _MOST_CONTEXT:
        return _wrong(f":context 0 to {_MOST_CONTEXT}: lines around each match")

    def change() -> None:
        screen.lines.context = int(word)

    effect = line(Span("where & shows only matches", "muted"))
    return Entry(f"{int(word)} lines around each match", "logs", change, effect=effect)


def _save(app: "EcsTui", words: Sequence[str]) -> Entry:
    screen = _logs(app)
    if isinstance(screen, Entry):
        return screen
    from ecstui.ui.screens import logs_acts

    forms = {"text": "text", "json": "JSON"}
    form = forms.get(words[0].lower() if words else "text")
    if form is None:
        return _wrong(":save text or :save json")
    return Entry(f"Save the lines that are shown as {form}", "logs",
                 lambda: logs_acts.save(screen, form))  # fmt: skip


LOG_READERS: Mapping[str, Callable[["EcsTui", Sequence[str]], Entry]] = {
    "at": _at,
    "pipe": _pipe,
    "context": _context,
    "save": _save,
}
"""The verbs by name."""
