"""Task definitions as people keep them in files, read into a request (ecs.md 2.9).

Takes a register request, the answer of DescribeTaskDefinition, wrapped or not, and a bare list of
containers. Everything that it leaves out is told; nothing is changed in silence.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches
from types import UnionType
from typing import NamedTuple, Union, get_args, get_origin

from pydantic import ValidationError

from ecstui.model.requests.definitions import RegisterTaskDefinitionRequest
from ecstui.model.shape import Shape
from ecstui.plan.json_text import Fault, Json, JsonText
from ecstui.plan.problem import INVALID_PARAMETER, SERIALIZATION, Problem

OUTPUT_ONLY = (
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
    "deleteRequestedAt",
)
"""Members that DescribeTaskDefinition shows and RegisterTaskDefinition does not take."""

_WRAPPER = "taskDefinition"
_DEEPEST = 40


class ParsedDefinition(NamedTuple):
    """What was read from a text."""

    body: RegisterTaskDefinitionRequest | None
    """The request; None when the text has not its shape."""
    problems: tuple[Problem, ...]
    """What is wrong with it, and notices of what was left out."""

    @property
    def is_valid(self) -> bool:
        """Whether the request may be registered: nothing is wrong but what is a mere notice."""
        return self.body is not None and all(problem.is_notice for problem in self.problems)


def read_definition_text(text: str) -> ParsedDefinition:
    """Read a task definition from JSON text, with line and column of each problem of its shape.

    The rules of a definition are not its business; `locate` places what they find in the text.
    """
    located = JsonText(text.removeprefix("\ufeff"))
    value = located.read()
    if isinstance(value, Fault):
        words = f"This is not JSON: {value.words}."
        place = value.place
        problem = Problem("", words, SERIALIZATION, place.line, place.column)
        return ParsedDefinition(None, (problem,))
    reader = _Reader(located)
    body = reader.read(value)
    return ParsedDefinition(body, tuple(reader.problems))


def locate(problems: tuple[Problem, ...], text: str) -> tuple[Problem, ...]:
    """The problems with line and column of the members that they are about."""
    located = JsonText(text.removeprefix("\ufeff"))
    value = located.read()
    prefix = _prefix_of(value) if isinstance(value, dict) else ""
    is_bare = isinstance(value, list)
    return tuple(
        _located(problem, located, _path_in_text(problem.path, prefix, is_bare=is_bare))
        for problem in problems
    )


def _located(problem: Problem, located: JsonText, path: str) -> Problem:
    if problem.line is not None:
        return problem
    place = located.place_of(path)
    return replace(problem, line=place.line, column=place.column)


def _prefix_of(value: dict[str, Json]) -> str:
    return f"{_WRAPPER}." if isinstance(value.get(_WRAPPER), dict) else ""


def _path_in_text(path: str, prefix: str, *, is_bare: bool) -> str:
    """The path of a member of the request, where it stands in the text."""
    if is_bare:
        return path.removeprefix("containerDefinitions")
    return path if path.startswith("tags") else f"{prefix}{path}".rstrip(".")


class _Reader:
    """One reading: gathers problems as it goes."""

    def __init__(self, located: JsonText) -> None:
        self.problems: list[Problem] = []
        self._located = located
        self._prefix = ""
        self._is_bare = False

    def read(self, value: Json) -> RegisterTaskDefinitionRequest | None:
        for path in self._located.duplicates:
            self._tell_raw(path, "This member is given twice.")
        members = self._members_of(value)
        if members is None:
            return None
        self._drop_output(members)
        cleaned = {name: _without_nulls(member, 0) for name, member in members.items()}
        cleaned = {name: member for name, member in cleaned.items() if member is not None}
        for path, words in list(_unknown(cleaned, RegisterTaskDefinitionRequest, "", 0)):
            self._tell(path, words, SERIALIZATION)
        if any(not problem.is_notice for problem in self.problems):
            self._check_shape(cleaned, is_clean=False)
            return None
        return self._check_shape(cleaned, is_clean=True)

    def _members_of(self, value: Json) -> dict[str, Json] | None:
        """The members of the request, unwrapped."""
        if isinstance(value, list):
            self._is_bare = True
            words = "A list of containers was read; a task definition also needs a family."
            self._notice("", words)
            return {"containerDefinitions": value}
        if not isinstance(value, dict):
            self._tell("", "A task definition must be a JSON object.", SERIALIZATION)
            return None
        inner = value.get(_WRAPPER)
        if not isinstance(inner, dict):
            return dict(value)
        self._prefix = f"{_WRAPPER}."
        self._notice("", "The answer of DescribeTaskDefinition was unwrapped.")
        tags = value.get("tags")
        return {**inner, **({"tags": tags} if tags is not None else {})}

    def _drop_output(self, members: dict[str, Json]) -> None:
        dropped = [name for name in OUTPUT_ONLY if name in members]
        for name in dropped:
            del members[name]
        if dropped:
            words = f"ECS makes these members itself, so they were left out: {', '.join(dropped)}."
            self._notice(dropped[0], words)

    def _check_shape(
        self, members: dict[str, Json], *, is_clean: bool
    ) -> RegisterTaskDefinitionRequest | None:
        """The request, or None with its problems told; types are strict, as on the wire."""
        try:
            return RegisterTaskDefinitionRequest.model_validate_json(
                json.dumps(members), strict=True
            )
        except ValidationError as invalid:
            for error in invalid.errors(include_url=False):
                if error["type"] == "extra_forbidden" and not is_clean:
                    continue
                path = _path_of(error["loc"])
                words, code = _in_words(error["type"], error["msg"], path)
                if error["type"] == "int_type" and isinstance(error["input"], str):
                    words = words.replace(".", ", without quotes.")
                self._tell(path, words, code)
            return None

    def _tell(self, path: str, words: str, code: str) -> None:
        place = self._located.place_of(_path_in_text(path, self._prefix, is_bare=self._is_bare))
        self.problems.append(Problem(path, words, code, place.line, place.column))

    def _tell_raw(self, path: str, words: str) -> None:
        """A problem about a path of the text, not of the request."""
        place = self._located.place_of(path)
        self.problems.append(Problem(path, words, SERIALIZATION, place.line, place.column))

    def _notice(self, path: str, words: str) -> None:
        place = self._located.place_of(_path_in_text(path, self._prefix, is_bare=self._is_bare))
        problem = Problem(path, words, line=place.line, column=place.column, is_notice=True)
        self.problems.append(problem)


def _without_nulls(value: Json, depth: int) -> Json:
    """The value without the members that are null: on the wire they count as absent."""
    if depth > _DEEPEST:
        return value
    if isinstance(value, dict):
        members = {name: _without_nulls(member, depth + 1) for name, member in value.items()}
        return {name: member for name, member in members.items() if member is not None}
    if isinstance(value, list):
        items = [_without_nulls(item, depth + 1) for item in value]
        return [item for item in items if item is not None]
    return value


# -- members that a shape does not have ------------------------------------------------------------


def _unknown(value: Json, shape: type[Shape], path: str, depth: int) -> Iterator[tuple[str, str]]:
    """Path and words for every member that its shape does not know."""
    if not isinstance(value, dict) or depth > _DEEPEST:
        return
    known = {field.alias or name: field.annotation for name, field in shape.model_fields.items()}
    for name, member in value.items():
        here = f"{path}.{name}" if path else name
        if name not in known:
            yield here, _unknown_words(name, list(known))
            continue
        inner = _shape_in(known[name])
        if inner is None:
            continue
        if isinstance(member, list):
            for index, item in enumerate(member):
                yield from _unknown(item, inner, f"{here}[{index}]", depth + 1)
        else:
            yield from _unknown(member, inner, here, depth + 1)


def _unknown_words(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1, cutoff=0.75)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    return f"Unknown member '{name}'.{hint}"


def _shape_in(annotation: object) -> type[Shape] | None:
    """The shape inside `X`, `X | None` or `tuple[X, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, Shape):
        return annotation
    if get_origin(annotation) in (tuple, Union, UnionType):
        for argument in get_args(annotation):
            found = _shape_in(argument)
            if found is not None:
                return found
    return None


# -- pydantic's errors, in words -------------------------------------------------------------------

_TYPES = {
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "is too large a number",
    "string_type": "must be text, in quotes",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "dict_type": "must be an object of texts",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "missing": "is missing",
}


def _in_words(kind: str, message: str, path: str) -> tuple[str, str]:
    """Message and error code for one of pydantic's errors."""
    name = path.rsplit(".", 1)[-1] or "The text"
    if kind in _TYPES:
        return f"'{name}' {_TYPES[kind]}.", SERIALIZATION
    if kind in ("enum", "literal_error"):
        allowed = message.removeprefix("Input should be ").replace("'", "")
        return f"'{name}' should be one of [{allowed.replace(' or ', ', ')}].", INVALID_PARAMETER
    return f"'{name}': {message}.", SERIALIZATION


def _path_of(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else part
    return path
