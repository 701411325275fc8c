"""YAML of a compose file as plain values, with the line of each, within bounds.

Reads what YAML 1.2 calls its core: `22:22` is text and `yes` is text, as Compose has it. Aliases
are unfolded only as far as the bounds go, and no tag makes an object; it must never raise.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import yaml

from ecstui.plan.json_text import Json

MOST_CHARACTERS = 256 * 1024
MOST_VALUES = 20_000
"""After aliases are unfolded: a bomb of them is refused, not built."""
DEEPEST = 40
_PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("null", "bool", "int", "float", "str", "seq", "map", "timestamp", "merge", "value")
)
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_OCTAL = re.compile(r"0o[0-7]{1,20}")
_HEX = re.compile(r"0x[0-9a-fA-F]{1,16}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,30}|[0-9]{1,30}(\.[0-9]{0,30})?)([eE][-+]?[0-9]{1,2})?")
_MERGE = "<<"

Place = tuple[str | int, ...]


class Yaml(NamedTuple):
    """What was read."""

    value: Json
    lines: dict[Place, int]
    """Line of each value, from 1, by its path."""
    problem: str = ""
    """Why it was not read; then there is no value."""
    line: int = 1


class _Refused(Exception):
    """The text goes beyond what is read."""

    def __init__(self, words: str, line: int) -> None:
        self.line = line
        super().__init__(words)


def read_yaml(text: str) -> Yaml:
    """The value of a YAML text of one document, or why there is none."""
    if len(text) > MOST_CHARACTERS:
        return Yaml(None, {}, f"it is longer than {MOST_CHARACTERS // 1024} KiB")
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            return Yaml(None, {}, "there is nothing in it")
        reader = _Reader()
        value = reader.value_of(node, ())
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return Yaml(None, {}, f"this is not YAML: {error.problem or error.context}", line)
    except yaml.YAMLError as error:
        return Yaml(None, {}, f"this is not YAML: {str(error).splitlines()[0]}")
    except _Refused as refused:
        return Yaml(None, {}, str(refused), refused.line)
    except RecursionError:
        return Yaml(None, {}, "it is nested too deeply")
    except (ValueError, TypeError) as error:
        return Yaml(None, {}, f"this is not YAML: {error}")
    return Yaml(value, reader.lines)


class _Reader:
    """One reading; counts what it makes."""

    def __init__(self) -> None:
        self.lines: dict[Place, int] = {}
        self._count = 0

    def value_of(self, node: yaml.Node, path: Place) -> Json:
        line = node.start_mark.line + 1
        self._count += 1
        if self._count > MOST_VALUES:
            raise _Refused(f"it unfolds to more than {MOST_VALUES} values", line)
        if len(path) > DEEPEST:
            raise _Refused("it is nested too deeply", line)
        if node.tag not in _PLAIN_TAGS:
            raise _Refused(f"the tag {node.tag} is not taken", line)
        self.lines[path] = line
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value_of(item, (*path, i)) for i, item in enumerate(node.value)]
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Place) -> Json:
        found: dict[str, Json] = {}
        merged: dict[str, Json] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise _Refused("a name must be plain text", line)
            key = key_node.value
            if key == _MERGE and key_node.style is None:
                for one in self._merged(value_node, path):
                    merged = {**one, **merged}
                continue
            if key in found:
                raise _Refused(f"{key!r} is given twice", line)
            found[key] = self.value_of(value_node, (*path, key))
            self.lines[(*path, key)] = line
        return {**merged, **found}

    def _merged(self, node: yaml.Node, path: Place) -> Iterator[dict[str, Json]]:
        """What `<<` brings in, from one mapping or a list of them."""
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for one in nodes:
            value = self.value_of(one, path)
            if not isinstance(value, dict):
                raise _Refused("only mappings can be merged with <<", one.start_mark.line + 1)
            yield value


def _scalar(node: yaml.Node) -> Json:
    text = str(node.value)
    is_plain = isinstance(node, yaml.ScalarNode) and node.style is None
    if not is_plain or (node.tag == "tag:yaml.org,2002:str" and not _is_number(text)):
        return text
    if text.lower() in ("", "~", "null"):
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    return _number(text)


def _is_number(text: str) -> bool:
    return any(form.fullmatch(text) for form in (_INT, _OCTAL, _HEX, _FLOAT))


def _number(text: str) -> Json:
    if _INT.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text) or _HEX.fullmatch(text):
        return int(text, 0)
    return float(text) if _FLOAT.fullmatch(text) else text
