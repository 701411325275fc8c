"""What a failed call to Docker means, in the kinds of the ECS agent and in Docker's own words.

The client wraps errors in errors; here they are unwrapped, once. Nothing is tried again here.
"""

import re
from collections.abc import Iterator
from http.client import RemoteDisconnected

from docker.errors import APIError, DockerException
from requests.exceptions import ConnectionError as RequestConnectionError
from requests.exceptions import ReadTimeout, RequestException
from urllib3.exceptions import ReadTimeoutError

from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.engine.docker_observation import one_line
from ecstui.engine.endpoint import Endpoint, connection_problem

CLIENT_ERRORS = (DockerException, RequestException, OSError, ValueError)
"""What the client raises when a call fails; a ValueError is an answer that is not JSON."""

NOT_FOUND = 404
_BAD_REQUEST = 400
_SERVER_ERROR = 500
_UNAVAILABLE = 503

_NO_IMAGE = re.compile("no such image", re.IGNORECASE)
_NAME_TAKEN = re.compile("container name .* is already in use", re.IGNORECASE)
_VOLUME_TROUBLE = re.compile("local volume name|volume (driver|plugin)", re.IGNORECASE)
_DYING_WORDS = re.compile(
    r"(connection|transport) is closing|shutting down|context canceled"
    r"|containerd\.sock|object type \*libnetwork\.\w+: open :"
)
"""What an engine says of calls that come while it is being stopped."""


def status_of(error: Exception) -> int:
    """HTTP status of a refused call, or 0."""
    return error.status_code or 0 if isinstance(error, APIError) else 0


def words_of(error: Exception) -> str:
    """The engine's own words of a refused call, in one line."""
    explanation = error.explanation if isinstance(error, APIError) else None
    return one_line(str(explanation or error))


def engine_error(
    error: Exception, kind: EngineErrorKind, transition: str, endpoint: Endpoint
) -> EngineError:
    """What a failed call means; `kind` when the engine refused it.

    `transition`: what the container should have become, as the ECS agent says when time is up.
    """
    status = status_of(error)
    if status == _UNAVAILABLE or is_version_refused(error) or (status and _is_dying(error)):
        return EngineError(EngineErrorKind.UNREACHABLE, words_of(error), retryable=True)
    if status:
        return EngineError(_kind_of(kind, status, words_of(error)), words_of(error))
    if _is_timeout(error):
        message = f"Could not transition to {transition}; timed out after waiting for the engine"
        return EngineError(EngineErrorKind.TIMEOUT, message, retryable=True)
    if isinstance(error, DockerException) and not isinstance(error, RequestException):
        cause = _system_error_of(error)
        if cause is None:
            return EngineError(kind, words_of(error))
        return _unreachable(cause, endpoint)
    return _unreachable(_system_error_of(error) or ConnectionResetError(), endpoint)


def _unreachable(cause: OSError, endpoint: Endpoint) -> EngineError:
    message = one_line(connection_problem(endpoint, cause))
    return EngineError(EngineErrorKind.UNREACHABLE, message, retryable=True)


def _kind_of(kind: EngineErrorKind, status: int, words: str) -> EngineErrorKind:
    if kind is EngineErrorKind.CANNOT_CREATE:
        if status == NOT_FOUND and _NO_IMAGE.search(words):
            return EngineErrorKind.IMAGE_NOT_FOUND
        if _NAME_TAKEN.search(words):
            return EngineErrorKind.NAME_TAKEN
        if _VOLUME_TROUBLE.search(words):
            return EngineErrorKind.CANNOT_CREATE_VOLUME
    return kind


def _is_dying(error: Exception) -> bool:
    """Whether a refusal only says that the engine is shutting down."""
    return status_of(error) >= _SERVER_ERROR and _DYING_WORDS.search(words_of(error)) is not None


def is_version_refused(error: Exception) -> bool:
    """Whether the engine is another one than the API version was agreed on with."""
    words = words_of(error)
    return status_of(error) == _BAD_REQUEST and "client version" in words and " is too " in words


def _is_timeout(error: Exception) -> bool:
    if isinstance(error, ReadTimeout):
        return True
    return isinstance(error, RequestConnectionError) and any(
        isinstance(each, ReadTimeoutError) for each in _chain(error)
    )


def _system_error_of(error: Exception) -> OSError | None:
    """The operating system's error at the bottom of the client's wrappings, if there is one."""
    for each in _chain(error):
        if isinstance(each, RemoteDisconnected):
            return ConnectionResetError()
        if isinstance(each, OSError) and not isinstance(each, RequestException) and each.args:
            return each
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error, and those that it wraps in any of the ways that the libraries use."""
    waiting, met = [error], set[int]()
    while waiting:
        each = waiting.pop(0)
        if id(each) in met:
            continue
        met.add(id(each))
        yield each
        wrapped = (each.__cause__, each.__context__, getattr(each, "reason", None), *each.args)
        waiting.extend(inner for inner in wrapped if isinstance(inner, BaseException))
