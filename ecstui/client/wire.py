"""Requests, answers and errors of the AWS JSON 1.1 protocol, to and from what `call` takes.

Both ends of a door use it, so that what one writes the other reads. What is wrong with a request
is told in ECS's codes, with the path of the member at fault (ecs.md 13.1). It does no I/O.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NoReturn, TypeVar

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from ecstui.base import errors
from ecstui.base.errors import ClientException, EcsError, InvalidParameterException
from ecstui.model.shape import Request, Shape

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

R = TypeVar("R", bound=Shape)

TARGET_PREFIX = "AmazonEC2ContainerServiceV20141113."
CONTENT_TYPE = "application/x-amz-json-1.1"
VERSION_HEADER = "X-Ecstui-Version"
EPOCH_HEADER = "X-Ecstui-Epoch"
"""Names one run of a daemon: numbers of changes count from there."""
SEQ_HEADER = "X-Ecstui-Seq"
"""Number of changes after a call."""

_MOST_WHOLE = 2**63
_KINDS = {
    "string": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "tuple": "a list",
    "list": "a list",
    "dict": "an object",
    "model": "an object",
}
_PLAIN = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}


# -- requests -------------------------------------------------------------------------------------


def read_request(operation: str, body: bytes) -> Request[Shape]:
    """The request of that operation; raises `EcsError` with ECS's code and the member at fault."""
    from ecstui.model.requests.registry import REQUESTS  # only doors need them all

    request_class = REQUESTS.get(operation)
    if request_class is None:
        raise EcsError(
            f"{operation or 'An empty target'} is not an operation that ecstui knows.",
            code="UnknownOperationException",
        )
    return read_shape(request_class, operation, body, _whole_number)


def read_shape(
    kind: type[R], operation: str, body: bytes, parse_int: Callable[[str], int] = int
) -> R:
    """A body as the members of a shape; raises `EcsError` as `read_request` does."""
    members = _json_object(body, parse_int)
    try:
        return kind.model_validate_json(
            json.dumps(members), strict=True, by_alias=True, by_name=False
        )
    except ValidationError as error:
        _refuse(operation, members, error.errors(include_url=False))
    except RecursionError as error:
        raise _too_deep() from error


def write_request(request: Request[R]) -> bytes:
    """The body of a request; what was not set is left out.

    Raises `InvalidParameterException` for what an argument of bytes that are no UTF-8 makes.
    """
    try:
        text = request.model_dump_json(by_alias=True, exclude_none=True, exclude_unset=True)
    except PydanticSerializationError as error:
        raise InvalidParameterException(
            f"{request.operation()} holds bytes that are no UTF-8 text."
        ) from error
    return text.encode()


def read_response(request: Request[R], body: bytes) -> R:
    """The answer to a request; `ValueError` when it is not what this version understands."""
    return request.response.model_validate_json(body)  # type: ignore[return-value]


def _json_object(body: bytes, parse_int: Callable[[str], int]) -> dict[str, object]:
    try:
        value = json.loads(
            body or b"{}",
            object_hook=_without_nulls,
            parse_int=parse_int,
            parse_constant=_no_constant,
        )
    except json.JSONDecodeError as error:
        raise _unreadable(
            f"The request is not valid JSON: {error.msg} (line {error.lineno}, "
            f"column {error.colno})."
        ) from error
    except RecursionError as error:
        raise _too_deep() from error
    except UnicodeDecodeError as error:
        words = f"byte {error.start} belongs to no character of UTF-8"
        raise _unreadable(f"The request is not valid JSON: {words}.") from error
    except ValueError as error:
        words = "a number has too many digits" if "digits" in str(error) else str(error)
        raise _unreadable(f"The request is not valid JSON: {words}.") from error
    if not isinstance(value, dict):
        raise _unreadable(f"The request must be a JSON object, not {_plain(value)}.")
    return value


def _whole_number(digits: str) -> int:
    """A number as AWS's longest type has it: a longer one cannot be reckoned with as a float."""
    number = int(digits)
    if not -_MOST_WHOLE <= number < _MOST_WHOLE:
        raise ValueError("too many digits")
    return number


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _unreadable(message: str, field: str | None = None) -> EcsError:
    return EcsError(message, field=field, code="SerializationException")


def _too_deep() -> EcsError:
    return _unreadable("The request is not valid JSON: it is nested too deeply.")


def _without_nulls(members: dict[str, object]) -> dict[str, object]:
    """A null member is an absent one, at every depth; a null in a list stays, and is an error."""
    if None not in members.values():
        return members
    return {name: inner for name, inner in members.items() if inner is not None}


# -- faults ---------------------------------------------------------------------------------------


def _refuse(
    operation: str, members: dict[str, object], faults: "Iterable[ErrorDetails]"
) -> NoReturn:
    at: dict[str, list[ErrorDetails]] = {}
    for fault in faults:
        at.setdefault(_path(fault, members), []).append(fault)
    path, first = next(iter(at.items()))
    message = _sentence(path, first)
    if len(at) > 1:
        message += f" Also at fault: {', '.join(list(at)[1:6])}."
    if all(_is_wrong_type(fault) for fault in first):
        raise _unreadable(message, path)
    kind = ClientException if operation == "RegisterTaskDefinition" else InvalidParameterException
    raise kind(message, field=path)


def _path(fault: "ErrorDetails", members: object) -> str:
    """Members and positions as `containerDefinitions[0].image`, without pydantic's own marks."""
    path = ""
    value = members
    for part in fault["loc"]:
        if isinstance(part, int) and isinstance(value, list) and part < len(value):
            path += f"[{part}]"
            value = value[part]
        elif isinstance(value, dict) and part in value:
            path += f".{part}" if path else str(part)
            value = value[part]
        elif fault["type"] == "missing" and part == fault["loc"][-1]:
            path += f".{part}" if path else str(part)
    return path


def _is_wrong_type(fault: "ErrorDetails") -> bool:
    kind = fault["type"]
    return kind.endswith(("_type", "_parsing", "_from_float")) or kind in (
        "is_instance_of",
        "json_invalid",
        "string_unicode",
        "int_parsing_size",
    )


def _sentence(path: str, faults: "list[ErrorDetails]") -> str:
    fault = faults[0]
    kind = fault["type"]
    if kind == "missing":
        return f"{path} is missing."
    if kind == "extra_forbidden":
        return f"{path} is not a member that ecstui knows: check its spelling, or leave it out."
    if kind == "json_invalid":
        return f"The request cannot be read: {fault.get('ctx', {}).get('error', fault['msg'])}."
    allowed = _allowed(faults)
    if allowed:
        return f"{path} must be one of {allowed}; it is {_shown(fault['input'])}."
    if _is_wrong_type(fault):
        wanted = _KINDS.get(kind.split("_", 1)[0], "of another type")
        return f"{path or 'The request'} must be {wanted}, not {_plain(fault['input'])}."
    return f"{path}: {fault['msg']}."


def _allowed(faults: "Iterable[ErrorDetails]") -> str:
    """The words that a member may be, when words is what it takes."""
    found = [
        str(fault.get("ctx", {}).get("expected", "")).replace("'", "")
        for fault in faults
        if fault["type"] in ("enum", "literal_error")
    ]
    return ", ".join(words.replace(" or ", ", ") for words in found)


def _plain(value: object) -> str:
    return _PLAIN.get(type(value)) or f"the number {value}"


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


# -- errors ---------------------------------------------------------------------------------------


def write_error(error: EcsError) -> dict[str, object]:
    """The body of a refusal; `field` is our own addition, which AWS's clients pass over."""
    body: dict[str, object] = {"__type": error.code, "message": error.message}
    if error.field is not None:
        body["field"] = error.field
    if isinstance(error, errors.ConflictException) and error.resource_ids:
        body["resourceIds"] = list(error.resource_ids)
    return body


def read_error(body: Mapping[str, object], status: int) -> EcsError:
    """The error that a refusal tells of, of the class that its code names."""
    code = str(body.get("__type", "ServerException")).rsplit("#", 1)[-1]
    message = str(body.get("message") or f"The daemon answered with status {status}.")
    field = body.get("field")
    at = field if isinstance(field, str) else None
    kind = getattr(errors, code, None)
    if not (isinstance(kind, type) and issubclass(kind, EcsError)):
        return EcsError(message, field=at, code=code)
    found: EcsError = kind(message, field=at)
    ids = body.get("resourceIds")
    if isinstance(found, errors.ConflictException) and isinstance(ids, list):
        found.resource_ids = tuple(str(one) for one in ids)
    return found


def read_error_body(body: bytes, status: int) -> EcsError:
    """`read_error` from the bytes of a body, whatever they are."""
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    return read_error(value if isinstance(value, dict) else {}, status)


def status_of(error: EcsError) -> int:
    """HTTP status of a refusal: 500 for a fault of ecstui itself, else 400 or its own."""
    return 500 if error.code == "ServerException" else error.http_status
