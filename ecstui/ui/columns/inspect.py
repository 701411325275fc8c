"""Lines of inspectors: names with values, and the command that shows the same. Pure."""

from ecstui.ui.spans import Line, joined, line
from ecstui.ui.table import Span


def facts_line(*pairs: tuple[str, str | Span]) -> Line:
    """Names and values: `desired 8   running 8`; pairs without a value are left out."""
    parts = []
    for name, value in pairs:
        span = Span(value) if isinstance(value, str) else value
        if span.text:
            parts.append(line(Span(f"{name} ", "muted"), span) if name else line(span))
    return joined(parts, "   ")


def command_line(words: str) -> Line:
    """The AWS CLI line that shows the same."""
    return line(Span("$ ", "frame.key"), Span(f"aws ecs {words}", "muted"))
