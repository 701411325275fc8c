"""The AWS CLI line that makes the same request: what a dialog is about to do, for people to learn.

Pure. The line can be pasted into a shell as it stands: values are quoted, and structures are
written in the CLI's shorthand where that says the same, else as JSON.
"""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import TypeVar

from ecstui.model.requests import OWN_OPERATIONS
from ecstui.model.shape import Request, Shape
from ecstui.ui.text import clean, width_of

R = TypeVar("R", bound=Shape)

_UNSHORTENED = frozenset("[]{},=\"' \\")
"""Characters that the shorthand would read as its own."""
_INDENT = "  "


def aws_command(request: Request[R], *, without: Sequence[str] = ("client_token",)) -> str:
    """`aws ecs update-service --service web --desired-count 5`; `without`: attributes left out.

    What ECS does not have is `ecstui call` for: `ecstui call RegisterEngine '{"name": "far"}'`.
    """
    wire, fields = request.to_wire(), type(request).model_fields
    given = {
        name: _without_empty(value)
        for name in sorted(fields, key=lambda name: name != "cluster")
        if (value := wire.get(fields[name].alias or name)) is not None
        and name not in without
        and getattr(request, name) != fields[name].default
    }
    if request.operation() in OWN_OPERATIONS:
        body = {fields[name].alias or name: value for name, value in given.items()}
        text = shlex.quote(json.dumps(body, ensure_ascii=False))
        return clean(f"ecstui call {request.operation()} {text}")
    words = ["aws", "ecs", _kebab(request.operation())]
    for name, value in given.items():
        words += _option(f"--{name.replace('_', '-')}", value)
    return clean(" ".join(words))


def _without_empty(value: object) -> object:
    """The value less the empty lists inside: left out, they mean the same."""
    match value:
        case dict():
            inner = {name: _without_empty(item) for name, item in value.items()}
            return {name: item for name, item in inner.items() if item not in ([], {})}
        case list():
            return [_without_empty(item) for item in value]
    return value


def _option(flag: str, value: object) -> list[str]:
    match value:
        case bool():
            return [flag if value else f"--no-{flag[2:]}"]
        case list() if all(not isinstance(item, dict | list) for item in value):
            return [flag, *(shlex.quote(str(item)) for item in value)] if value else [flag, "[]"]
        case dict() | list():
            return [flag, _structure(value)]
    return [flag, shlex.quote(str(value))]


def _structure(value: Mapping[str, object] | Sequence[object]) -> str:
    short = [_shorthand(item) for item in ([value] if isinstance(value, Mapping) else value)]
    if short and all(text is not None for text in short):
        return " ".join(_bare(text or "") for text in short)
    return shlex.quote(json.dumps(value, ensure_ascii=False))


def _bare(text: str) -> str:
    """Braces need quotes in a shell; colons, commas and equals signs do not."""
    return shlex.quote(text) if set(text) & set("{}[]") else text


def _shorthand(value: object) -> str | None:
    """`type=spread,field=instanceId`; None for what the shorthand cannot say for certain."""
    if not isinstance(value, Mapping):
        return None
    parts = []
    for name, item in value.items():
        text = _shorthand_value(item)
        if text is None:
            return None
        parts.append(f"{name}={text}")
    return ",".join(parts)


def _shorthand_value(value: object) -> str | None:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str():
            is_plain = bool(value) and value.isprintable() and not set(value) & _UNSHORTENED
            return value if is_plain and shlex.quote(value) == value else None
        case dict():
            inner = _shorthand(value)
            return None if inner is None else f"{{{inner}}}"
        case list():
            items = [_shorthand_value(item) for item in value if not isinstance(item, dict)]
            whole = len(items) == len(value) > 0 and all(item is not None for item in items)
            return f"[{','.join(item or '' for item in items)}]" if whole else None
    return None


def _kebab(operation: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in operation).lstrip("-")


def command_rows(command: str, width: int, limit: int) -> list[str]:
    """The command on at most `limit` rows of `width` cells; the last ends in an ellipsis if cut."""
    rows: list[str] = []
    row = ""
    for option in _options(command):
        grown = f"{row} {option}" if row else option
        if width_of(grown) <= width:
            row = grown
            continue
        if row:
            rows.append(row)
        row = f"{_INDENT}{option}" if rows else option
        while width_of(row) > width:
            at = _break_at(row, width)
            rows.append(row[:at])
            row = _INDENT + row[at:]
    rows.append(row)
    if len(rows) > limit:
        rows = [*rows[: limit - 1], rows[limit - 1][: max(0, width - 1)].rstrip() + "…"]
    return rows


def _break_at(row: str, width: int) -> int:
    """Where a row that is too long is broken: behind a comma or space, if one is near its end."""
    near = max(row.rfind(mark, width // 2, width) for mark in (",", " "))
    return near + 1 if near > 0 else width


def _options(command: str) -> list[str]:
    """The command in pieces that belong together: a flag with its value."""
    front, *rest = command.split(" --")
    return [front, *(f"--{part}" for part in rest)]
