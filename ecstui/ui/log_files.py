"""What a log view shows, as a file: text as it is read, or JSON lines for programs.

It works through the lines in slices, so that keys are answered meanwhile, and never keeps them all
in memory. Text is made harmless: who reads the file in a terminal must not be steered by it.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from ecstui.ui.ansi import to_plain
from ecstui.ui.log_levels import level_of
from ecstui.ui.log_search import LineIndex
from ecstui.ui.logstore import OWN_SOURCE, StoredLine

_SLICE_LINES = 2000
_SLICE_CHUNKS = 4

Labels = Mapping[int, str]
"""What is written before the lines of each source, by its number."""
Writer = Callable[[StoredLine, Labels], str]


def exact_time(at: float) -> str:
    """POSIX seconds as ISO 8601 in UTC, to the microsecond."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")


def text_line(line: StoredLine, labels: Labels) -> str:
    """`2026-01-01T12:00:00.000000+00:00 5f20 GET / 200`."""
    label = "---" if line.source == OWN_SOURCE else labels.get(line.source, "")
    return " ".join(part for part in (exact_time(line.at), label, to_plain(line.text)) if part)


def json_line(line: StoredLine, labels: Labels) -> str:
    """An object with time, source, level and message."""
    text = to_plain(line.text)
    found: dict[str, object] = {"time": exact_time(line.at), "source": labels.get(line.source, "")}
    if level := level_of(line.text):
        found["level"] = level
    found["message"] = text
    return json.dumps(found, ensure_ascii=False)


FORMS: Mapping[str, tuple[str, Writer]] = {"text": ("log", text_line), "JSON": ("jsonl", json_line)}
"""Ending and writer of each form."""


async def write_lines(lines: LineIndex, file: TextIO, writer: Writer, labels: Labels) -> int:
    """Write every line of the index, which is looked through first; how many there were."""
    for _ in range(lines.chunk_count + 1):
        # Lines that come meanwhile may be left out: this must end.
        if lines.refresh(_SLICE_CHUNKS):
            break
        await asyncio.sleep(0)
    count = len(lines)
    for start in range(0, count, _SLICE_LINES):
        rows = range(start, min(count, start + _SLICE_LINES))
        file.writelines(writer(lines.line(row), labels) + "\n" for row in rows)
        await asyncio.sleep(0)
    return count


async def save_lines(lines: LineIndex, path: Path, writer: Writer, labels: Labels) -> int:
    """Write a file that is not there yet; OSError if that cannot be."""
    with path.open("x", encoding="utf-8", errors="replace") as file:
        return await write_lines(lines, file, writer, labels)
