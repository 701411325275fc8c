"""Where to go on in a container's log, told by the lines that are stored already.

The stored lines are the cursor, so that no kill can part them. The two streams of a container
are not always in the order of time: what was stored of the last moments is told apart line by line.
"""

from collections import Counter
from collections.abc import Sequence

from ecstui.model.logs import LogLine, LogWindow

OVERLAP_SECONDS = 0.5
"""So much is read again."""
_SLACK_SECONDS = 0.001


class LogCursor:
    """How far a log is stored."""

    def __init__(self, stored: Sequence[LogLine]) -> None:
        """`stored`: the lines of the last `OVERLAP_SECONDS` of what is stored, or more."""
        self._recent = list(stored)
        self._latest = max((line.at for line in stored), default=None)
        self._again: Counter[LogLine] = Counter()
        self._again_until = 0.0

    def window(self, *, follow: bool) -> LogWindow:
        """What to ask the engine for now."""
        if self._latest is None:
            return LogWindow(follow=follow)
        since = self._latest - OVERLAP_SECONDS / 2
        self._recent = self._since(since - _SLACK_SECONDS)
        self._again = Counter(self._recent)
        self._again_until = self._latest
        return LogWindow(since=since, follow=follow)

    def fresh(self, lines: Sequence[LogLine]) -> list[LogLine]:
        """The lines that are not stored yet."""
        return [line for line in lines if not self._is_stored(line)]

    def note(self, lines: Sequence[LogLine]) -> None:
        """These are stored now."""
        if not lines:
            return
        latest = max(line.at for line in lines)
        self._latest = latest if self._latest is None else max(self._latest, latest)
        self._recent += lines
        if len(self._recent) > 1_000:
            self._recent = self._since(self._latest - OVERLAP_SECONDS)

    def _since(self, at: float) -> list[LogLine]:
        return [line for line in self._recent if line.at >= at]

    def _is_stored(self, line: LogLine) -> bool:
        if not self._again or line.at > self._again_until:
            return False
        if self._again[line]:
            self._again[line] -= 1
            return True
        return False
