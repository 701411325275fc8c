"""Changes one value inside a JSON text and leaves the rest as it was typed: spaces, order, all.

Pure. It gives the piece that is replaced, so that an editor can undo it as one step. A text that is
no JSON, or names a member twice, is not touched.
"""

import json
from typing import NamedTuple

from ecstui.plan.json_text import Json
from ecstui.ui.json_text import JsonMap, Path, visible

_INDENT = 2


class TextEdit(NamedTuple):
    """Characters from `start` up to `end` give way to `text`."""

    start: int
    end: int
    text: str

    def applied(self, text: str) -> str:
        """The text after the change."""
        return text[: self.start] + self.text + text[self.end :]


def set_value(text: str, path: Path, value: Json) -> TextEdit | None:
    """Put a value at a path, making what is missing around it; None where that cannot be."""
    places = _places(text)
    if places is None:
        return None
    if path in places.spans:
        start, end = places.spans[path]
        return TextEdit(start, end, _dump(value, _indent_at(text, start)))
    around = path
    while around and around not in places.spans:
        around = around[:-1]
    step = path[len(around)]
    for name in reversed(path[len(around) + 1 :]):
        value = [value] if isinstance(name, int) else {name: value}
    return _insert(text, places, around, step, value)


def remove_value(text: str, path: Path) -> TextEdit | None:
    """Take a value away, and what is left empty around it."""
    places = _places(text)
    if places is None or path not in places.spans or not path:
        return None
    siblings = _children(places, path[:-1])
    while len(siblings) == 1 and len(path) > 1:
        path = path[:-1]
        siblings = _children(places, path[:-1])
    index = siblings.index(path)
    start, end = _whole(places, path)
    if index + 1 < len(siblings):
        return TextEdit(start, _whole(places, siblings[index + 1])[0], "")
    if index > 0:
        return TextEdit(_whole(places, siblings[index - 1])[1], end, "")
    outer = places.spans[path[:-1]]
    return TextEdit(*outer, "{}")


def rename_member(text: str, path: Path, name: str) -> TextEdit | None:
    """Give a member another name; None if there is no such member or one of that name."""
    places = _places(text)
    if places is None or path not in places.keys or (*path[:-1], name) in places.keys:
        return None
    return TextEdit(*places.keys[path], json.dumps(name))


def _places(text: str) -> JsonMap | None:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return None
    places = JsonMap(text)
    return None if places.repeated else places


def _children(places: JsonMap, path: Path) -> list[Path]:
    """Paths of what stands directly in a value, in the order of the text."""
    depth = len(path) + 1
    found = [one for one in places.spans if len(one) == depth and one[:-1] == path]
    return sorted(found, key=lambda one: places.spans[one])


def _whole(places: JsonMap, path: Path) -> tuple[int, int]:
    """From the name of a member, or an item's begin, to its end."""
    start, end = places.spans[path]
    return (places.keys[path][0] if path in places.keys else start), end


def _insert(
    text: str, places: JsonMap, around: Path, step: str | int, value: Json
) -> TextEdit | None:
    start, end = places.spans[around]
    is_object = text[start] == "{"
    if text[start] not in "{[" or is_object != isinstance(step, str):
        return None
    name = f"{json.dumps(step)}: " if is_object else ""
    children = _children(places, around)
    if not children:
        outer = _indent_at(text, start)
        inner = outer + " " * _INDENT
        close = "}" if is_object else "]"
        body = f"{text[start]}\n{inner}{name}{_dump(value, inner)}\n{outer}{close}"
        return TextEdit(start, end, body)
    last = _whole(places, children[-1])
    first = _whole(places, children[0])[0]
    line = text.rfind("\n", 0, first) + 1
    if "\n" not in text[start:first]:
        return TextEdit(
            last[1], last[1], f", {name}{visible(json.dumps(value, ensure_ascii=False))}"
        )
    indent = text[line:first]
    indent = indent if not indent.strip() else _indent_at(text, first)
    return TextEdit(last[1], last[1], f",\n{indent}{name}{_dump(value, indent)}")


def _indent_at(text: str, offset: int) -> str:
    """The spaces that the line begins with."""
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    return line[: len(line) - len(line.lstrip())]


def _dump(value: Json, indent: str) -> str:
    lines = json.dumps(value, indent=_INDENT, ensure_ascii=False).replace("\n", f"\n{indent}")
    return visible(lines)
