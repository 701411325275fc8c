"""`ecstui history`: what was changed, by whom and when; as a table, as JSON, or as a script."""

import asyncio
import json
from collections.abc import Sequence

from ecstui.commands.attached import attached
from ecstui.commands.terminal import say
from ecstui.model.history import CallRecord
from ecstui.settings import Settings
from ecstui.store.kinds import CALLS
from ecstui.store.tables import View
from ecstui.ui.call_words import command_of
from ecstui.ui.text import clean, moment


def history(settings: Settings, form: str, count: int) -> int:
    """Print the last `count` changes, the oldest first (0: all); the exit code."""
    return asyncio.run(_history(settings, form, count))


async def _history(settings: Settings, form: str, count: int) -> int:
    async with attached(settings, "ecstui-history") as client:
        calls = sorted(client.view.all(CALLS), key=lambda call: call.number)[-count:]
        for text in _WRITERS[form](client.view, calls):
            say(text)
    return 0


def table(view: View, calls: Sequence[CallRecord]) -> list[str]:
    """A line for each change; what environment variables hold is not told."""
    callers = max((len(clean(call.caller)) for call in calls), default=0)
    return [
        f"{moment(call.at)}  {clean(call.caller):{callers}}  {_told(view, call)}" for call in calls
    ]


def _told(view: View, call: CallRecord) -> str:
    command = command_of(view, call, hides_values=True)
    return command or f"{call.operation} (its members are not kept)"


def script(view: View, calls: Sequence[CallRecord]) -> list[str]:
    """A shell script that makes the same changes in the same order."""
    lines = ["#!/bin/sh", "# Made by ecstui history --script.", "set -e"]
    for call in calls:
        lines.append(f"# {moment(call.at)} {clean(call.caller)}")
        command = command_of(view, call)
        lines.append(command or f"# {call.operation}: its members are not kept")
    return lines


def documents(_view: View, calls: Sequence[CallRecord]) -> list[str]:
    """A JSON list."""
    found = [
        {
            "number": call.number,
            "at": call.at,
            "caller": call.caller,
            "operation": call.operation,
            "request": json.loads(call.request) if call.request else None,
            "arn": call.arn or None,
        }
        for call in calls
    ]
    return [json.dumps(found, indent=2, ensure_ascii=False)]


_WRITERS = {"table": table, "script": script, "json": documents}
