"""A change of the history as the command that makes it again. Pure.

Operations that only ecstui has are written for `ecstui call`, all others for the AWS CLI.
"""

import json
import shlex

from ecstui.base.errors import EcsError
from ecstui.client.wire import read_request
from ecstui.model.history import CallRecord
from ecstui.model.requests import OWN_OPERATIONS
from ecstui.store.kinds import TASK_DEFINITIONS
from ecstui.store.tables import View
from ecstui.ui.aws_cli import aws_command
from ecstui.ui.documents import registrable
from ecstui.ui.text import clean

HIDDEN = "••••••"
_VALUES_OF = "environment"


def command_of(view: View, call: CallRecord, *, hides_values: bool = False) -> str | None:
    """The command line; None when its members are not kept any more.

    `hides_values`: say what environment variables are called, and not what they hold.
    """
    if call.operation == "RegisterTaskDefinition":
        return _registration(view, call, hides_values=hides_values)
    if not call.request:
        return None
    try:
        members = _hidden(call.request) if hides_values else call.request
        return command_line_of(call.operation, members)
    except EcsError:
        return None


def _hidden(members: str) -> str:
    """A request as JSON, without the values of its environment variables."""
    if f'"{_VALUES_OF}"' not in members:
        return members
    return _json(_without_values(json.loads(members)))


def _without_values(part: object) -> object:
    if isinstance(part, list):
        return [_without_values(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        name: _named_only(value) if name == _VALUES_OF else _without_values(value)
        for name, value in part.items()
    }


def _named_only(pairs: object) -> object:
    """Names and values, with the values hidden; what is none of that goes without a trace."""
    if not isinstance(pairs, list):
        return []
    return [{**pair, "value": HIDDEN} for pair in pairs if isinstance(pair, dict)]


def _json(document: object) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def command_line_of(operation: str, members: str) -> str:
    """The command line of a request that is given as JSON; raises `EcsError` for what is none."""
    request = read_request(operation, members.encode())
    if operation in OWN_OPERATIONS:
        return clean(f"ecstui call {operation} {shlex.quote(members)}")
    return aws_command(request)


def _registration(view: View, call: CallRecord, *, hides_values: bool) -> str | None:
    definition = view.get(TASK_DEFINITIONS, call.arn)
    if definition is None:
        return None
    text = _json(registrable(definition))
    text = _hidden(text) if hides_values else text
    return clean(f"aws ecs register-task-definition --cli-input-json {shlex.quote(text)}")
