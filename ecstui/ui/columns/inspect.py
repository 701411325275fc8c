"""Lines of inspectors: names with values, and the command that shows the same. Pure."""

import re

from ecstui.ui.spans import Line, joined, line
from ecstui.ui.table import Span
from ecstui.ui.text import width_of

_LONG_ID = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{24}\b")


def facts_line(*pairs: tuple[str, str | Span]) -> Line:
    """Names and values: `desired 8   running 8`; pairs without a value are left out."""
    parts = []
    for name, value in pairs:
        span = Span(value) if isinstance(value, str) else value
        if span.text:
            parts.append(line(Span(f"{name} ", "muted"), span) if name else line(span))
    return joined(parts, "   ")


def command_line(words: str, width: int = 0) -> Line:
    """The AWS CLI line that shows the same; where `width` is too small, long ids are cut."""
    if width and width_of(words) + 10 > width:
        words = _LONG_ID.sub(lambda found: f"{found[1]}…", words)
    return line(Span("$ ", "frame.key"), Span(f"aws ecs {words}", "muted"))
