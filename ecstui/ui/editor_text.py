"""Task definitions as text in the editor: made from a revision, taken from a file, checked.

Pure. What comes from elsewhere is made visible before it is edited: a character that would steer
the terminal stands as JSON's escape, which means the same. Nothing is left out in silence.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ecstui.model.requests.definitions import RegisterTaskDefinitionRequest
from ecstui.model.task_definition import TaskDefinitionBody, TaskDefinitionRecord
from ecstui.plan.definition import (
    compatibilities_of,
    normalise,
    parse_definition_text,
    requires_attributes_of,
)
from ecstui.plan.definition_text import OUTPUT_ONLY, locate
from ecstui.plan.json_text import Json
from ecstui.plan.problem import Problem as Fault
from ecstui.plan.untranslated import untranslated
from ecstui.ui.documents import registrable
from ecstui.ui.json_text import JsonMap, Path, Problem, json_problems, tokens, visible

LONGEST_TEXT = 1 << 20
"""Bytes that a file may have."""
LONGEST_CHECKED = 256 * 1024
"""Characters that are checked: four times what ECS takes."""
_FEW_LINES = 3
WRAPPER = "taskDefinition"
CONTAINERS = "containerDefinitions"
TEMPLATE_FAMILY = "my-app"
_TEMPLATE: Mapping[str, object] = {
    "family": TEMPLATE_FAMILY,
    CONTAINERS: [
        {
            "name": "app",
            "image": "nginx:latest",
            "cpu": 128,
            "memory": 128,
            "essential": True,
            "portMappings": [{"containerPort": 80}],
            "environment": [],
        }
    ],
}


def template_text() -> str:
    """What a new family begins as."""
    return json.dumps(_TEMPLATE, indent=2)


def revision_text(definition: TaskDefinitionRecord) -> str:
    """A revision as one would register it again, with its tags."""
    document = dict(registrable(definition))
    if definition.tags:
        document["tags"] = [tag.to_wire() for tag in definition.tags]
    return visible(json.dumps(document, indent=2, ensure_ascii=False))


def imported_text(text: str, family: str) -> str:
    """A file's text as the editor takes it: unwrapped, less what ECS makes itself.

    Takes a request to register, an answer of DescribeTaskDefinition and a list of containers,
    which gets `family`. What is not JSON, or a request on lines of its own, stays as it is.
    """
    text = text.removeprefix("\ufeff")
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return visible(text)
    if isinstance(value, list):
        document: dict[str, object] = {"family": family or TEMPLATE_FAMILY, CONTAINERS: value}
    elif isinstance(value, dict):
        wrapped = value.get(WRAPPER)
        is_wrapped = isinstance(wrapped, dict)
        document = dict(wrapped) if isinstance(wrapped, dict) else dict(value)
        made = [name for name in OUTPUT_ONLY if name in document]
        if not is_wrapped and not made and text.count("\n") >= _FEW_LINES:
            return visible(text)
        for name in made:
            del document[name]
        if is_wrapped and value.get("tags"):
            document["tags"] = value["tags"]
    else:
        return visible(text)
    return visible(json.dumps(document, indent=2, ensure_ascii=False))


# ---------------------------------------------------------------- checking


class Checked(NamedTuple):
    """What the rules of RegisterTaskDefinition say of a text."""

    request: RegisterTaskDefinitionRequest | None
    """What would be registered; None while the text has not its shape."""
    problems: Sequence[Problem]


def checked(text: str) -> Checked:
    """Check a text as RegisterTaskDefinition would; what is not carried out here is a warning."""
    if len(text) > LONGEST_CHECKED:
        words = f"too long to be a task definition: {len(text) // 1024} KiB, ECS takes 64"
        return Checked(None, [Problem(1, 1, "", words)])
    broken = json_problems(text)
    if any(problem.severity == "error" for problem in broken):
        return Checked(None, broken)
    parsed = parse_definition_text(text)
    faults = list(parsed.problems)
    if parsed.is_valid and parsed.body is not None:
        notices = untranslated(parsed.body)
        faults += locate(tuple(Fault(n.path, n.words, is_notice=True) for n in notices), text)
    problems = [_problem(fault, text) for fault in faults]
    return Checked(parsed.body, sorted(problems, key=lambda p: (p.line, p.column)))


def refusal(path: str, message: str, text: str) -> Problem:
    """A refusal of the control plane, at the member that caused it."""
    (fault,) = locate((Fault(path, message),), text)
    return _problem(fault, text)


def _problem(fault: Fault, text: str) -> Problem:
    line, column = fault.line or 1, fault.column or 1
    return Problem(
        line,
        column,
        fault.path,
        fault.message,
        _length_at(text, line, column),
        "warning" if fault.is_notice else "error",
    )


def _length_at(text: str, line: int, column: int) -> int:
    """Characters of the value that begins there, on its line."""
    lines = text.split("\n")
    rest = lines[line - 1][column - 1 :] if line <= len(lines) else ""
    first = next(iter(tokens(rest)), None)
    return 1 if first is None else max(1, first.end)


# ---------------------------------------------------------------- what it would be


def as_definition(request: RegisterTaskDefinitionRequest, revision: int) -> TaskDefinitionRecord:
    """The revision that the request would become; it has no ARN yet."""
    body = normalise(request)
    members = {name: getattr(body, name) for name in TaskDefinitionBody.model_fields}
    return TaskDefinitionRecord.model_construct(
        **members,
        tags=request.tags,
        task_definition_arn=f"{body.family}:{revision}",
        revision=revision,
        requires_attributes=requires_attributes_of(body),
        compatibilities=compatibilities_of(body),
    )


def form_document(text: str) -> tuple[Json, str]:
    """The document for the form and nothing, or nothing and why it cannot be shown as one."""
    if len(text) > LONGEST_CHECKED:
        return None, "It is too long to be a form."
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError):
        return None, "The JSON is not whole at the moment; F6 shows it, F8 goes to what is wrong."
    if not isinstance(value, dict) or isinstance(value.get(WRAPPER), dict):
        return None, "The form needs a request to register; import (^o) makes one of other forms."
    if JsonMap(text).repeated:
        return None, "A member is given twice: the form could not say which one counts."
    return value, ""


def path_in_request(path: Path, text: str) -> Path:
    """The path of a value in the text, as it is in the request."""
    if path[:1] == (WRAPPER,):
        return path[1:]
    return (CONTAINERS, *path) if re.match(r"\s*\[", text) else path
