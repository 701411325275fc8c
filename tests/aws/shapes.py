"""Answers held against botocore's model of ECS: every member is known there, with that type."""

import json
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ServiceModel, Shape, StructureShape

_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "float": (int, float),
    "timestamp": (int, float),
    "list": (list,),
    "map": (dict,),
    "structure": (dict,),
}
_NOTHING = StructureShape("Nothing", {"type": "structure", "members": {}}, None)
OURS_IN_ERRORS = {"__type", "message", "field"}
"""Members of a refusal besides those that its shape has; `field` is ecstui's own addition."""


@cache
def model_of(service: str) -> ServiceModel:
    """A service, as the installed botocore has it."""
    return botocore.session.Session().get_service_model(service)


def ecs_model() -> ServiceModel:
    """ECS, likewise."""
    return model_of("ecs")


def mismatches(value: Any, shape: Shape, path: str = "") -> list[str]:
    """Where a JSON value is not what the shape says."""
    name = shape.type_name
    if isinstance(value, bool) and name != "boolean":
        return [f"{path} is a boolean, not of type {name}"]
    if not isinstance(value, _JSON_TYPES[name]):
        return [f"{path} is {type(value).__name__}, not of type {name}"]
    return _inner_mismatches(value, shape, path)


def _inner_mismatches(value: Any, shape: Shape, path: str) -> list[str]:
    name = shape.type_name
    if name == "structure":
        known = shape.members
        found = [f"{path}.{member} is unknown" for member in value if member not in known]
        for member, inner in value.items():
            if member in known:
                found += mismatches(inner, known[member], f"{path}.{member}")
        return found
    if name == "list":
        items = (mismatches(v, shape.member, f"{path}[{n}]") for n, v in enumerate(value))
        return [words for inner in items for words in inner]
    if name == "map":
        values = (mismatches(v, shape.value, f"{path}[{k!r}]") for k, v in value.items())
        return [words for inner in values for words in inner]
    allowed = getattr(shape, "enum", None)
    if name == "string" and allowed and value not in allowed:
        return [f"{path} is {value!r}, none of {allowed}"]
    return []


def check_answer(operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
    """Event handler of botocore: fail when an answer is not of the operation's shape."""
    name = operation_model.name
    body = json.loads(response_dict["body"])
    if response_dict["status_code"] == 200:
        found = mismatches(body, operation_model.output_shape or _NOTHING)
        assert not found, f"{name}: {found}"
        return
    assert response_dict["status_code"] < 500, f"{name}: {body}"
    declared = {shape.name: shape for shape in operation_model.error_shapes}
    shape = declared.get(body["__type"])
    known = set(shape.members) if shape else set()
    assert body.keys() <= known | OURS_IN_ERRORS, f"{name}: {body}"
