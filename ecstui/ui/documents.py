"""Documents as text: JSON as the API writes it, YAML, and plain lines for people. Pure.

Every text in a document comes from users: it is made harmless here, but keeps its line breaks
where JSON shows them as escapes.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import yaml
from pydantic import TypeAdapter

from ecstui.model.task_definition import TaskDefinitionBody
from ecstui.ui.text import clean

INDENT = "  "
_TIME_NAMES = ("At", "_at")
_OLDEST = 1e8


def json_text(document: Mapping[str, object]) -> str:
    """The document as JSON, indented; characters that steer a terminal stay escapes."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return "\n".join(clean(line) for line in text.split("\n"))


def yaml_text(document: Mapping[str, object]) -> str:
    """The document as YAML, in its own order; characters that steer a terminal are escapes."""
    text: str = yaml.safe_dump(json.loads(json.dumps(document)), sort_keys=False, width=100)
    return "\n".join(clean(line) for line in text.rstrip("\n").split("\n"))


def described(document: Mapping[str, object]) -> str:
    """Names and values one below the other, without brackets; empty ones left out."""
    return "\n".join(_lines(document, 0))


def forms_of(document: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """The forms in which a document can be copied."""
    return ("JSON", json_text(document)), ("YAML", yaml_text(document))


def _lines(value: Mapping[str, object], depth: int) -> list[str]:
    shown = [(name, item) for name, item in value.items() if not _is_empty(item)]
    simple = [name for name, item in shown if not isinstance(item, Mapping | list | tuple)]
    width = max((len(name) for name in simple), default=0)
    lines = []
    for name, item in shown:
        if isinstance(item, Mapping):
            lines += [f"{INDENT * depth}{clean(name)}", *_lines(item, depth + 1)]
        elif isinstance(item, list | tuple):
            lines += _sequence(name, item, depth)
        else:
            text = _scalar(name, item)
            lines.append(f"{INDENT * depth}{clean(name).ljust(width)}  {text}")
    return lines


def _sequence(name: str, items: Sequence[object], depth: int) -> list[str]:
    if not any(isinstance(item, Mapping | list | tuple) for item in items):
        return [f"{INDENT * depth}{clean(name)}  {' '.join(_scalar('', item) for item in items)}"]
    lines = [f"{INDENT * depth}{clean(name)}"]
    for item in items:
        inner = _lines(item, 0) if isinstance(item, Mapping) else [_scalar("", item)]
        for index, text in enumerate(inner):
            lines.append(f"{INDENT * (depth + 1)}{'- ' if not index else '  '}{text}")
    return lines


def _scalar(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value > _OLDEST and name.endswith(_TIME_NAMES):
        return datetime.fromtimestamp(value, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return clean(str(value))


def _is_empty(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, list | tuple | dict) and not value)


def registrable(definition: TaskDefinitionBody) -> Mapping[str, object]:
    """What one would give to RegisterTaskDefinition for the same again: nothing that ECS adds."""
    members = TypeAdapter(TaskDefinitionBody).dump_python(
        definition, mode="json", by_alias=True, exclude_none=True, exclude_defaults=True
    )
    assert isinstance(members, dict)
    return {str(name): value for name, value in members.items()}
