"""Where to go on in a log whose stream broke, so that no line is lost and none comes twice.

The engine is asked for everything from the time of the last line on; lines that were seen already
are dropped, counted where several carry the same time.
"""

from collections.abc import Sequence

from ecstui.model.logs import LogLine, LogWindow

_OVERLAP_SECONDS = 0.001


class LogResume:
    """Remembers how far a reader has come."""

    def __init__(self, window: LogWindow) -> None:
        """`window`: what the reader asked for at first."""
        self._first = window
        self._last_at: float | None = None
        self._seen_then = 0
        self._to_drop = 0

    def window(self) -> LogWindow:
        """What to ask for now."""
        if self._last_at is None:
            return self._first
        self._to_drop = self._seen_then
        since = self._last_at - _OVERLAP_SECONDS
        return LogWindow(tail=None, since=since, follow=self._first.follow)

    def fresh(self, lines: Sequence[LogLine]) -> Sequence[LogLine]:
        """The lines that the reader has not had yet."""
        found = lines
        if self._to_drop:
            found = [line for line in lines if not self._was_seen(line)]
        if not found:
            return found
        last_at = found[-1].at
        same = next((n for n, line in enumerate(reversed(found)) if line.at != last_at), len(found))
        goes_on = same == len(found) and last_at == self._last_at
        self._seen_then = same + (self._seen_then if goes_on else 0)
        self._last_at = last_at
        self._to_drop = 0
        return found

    def _was_seen(self, line: LogLine) -> bool:
        if self._last_at is None or line.at > self._last_at or self._to_drop == 0:
            return False
        if line.at == self._last_at:
            self._to_drop -= 1
        return True
