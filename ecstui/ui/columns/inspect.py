"""Lines of inspectors: names with values, and the command that shows the same. Pure."""

import re

from ecstui.ui.spans import Line, Part, fitting, line
from ecstui.ui.table import Span
from ecstui.ui.text import width_of

_LONG_ID = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{24}\b")


def facts_line(width: int, *pairs: tuple[str, str | Span]) -> Line:
    """Names and values: `desired 8   running 8`, as many whole ones as fit in `width` cells.

    Pairs without a value are left out; an empty name is not written.
    """
    parts: list[Part] = []
    for name, value in pairs:
        span = Span(value) if isinstance(value, str) else value
        if span.text:
            spans = line(Span(f"{name} ", "muted"), span) if name else line(span)
            parts.append(Part(spans, len(parts)))
    return fitting(parts, width, "   ")


def command_line(words: str, width: int = 0) -> Line:
    """The AWS CLI line that shows the same; where `width` is too small, long ids are cut."""
    if width and width_of(words) + 10 > width:
        words = _LONG_ID.sub(lambda found: f"{found[1]}…", words)
    return line(Span("$ ", "frame.key"), Span(f"aws ecs {words}", "muted"))
