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


def command_of(view: View, call: CallRecord) -> str | None:
    """The command line; None when its members are not kept any more."""
    if call.operation == "RegisterTaskDefinition":
        return _registration(view, call)
    if not call.request:
        return None
    try:
        return command_line_of(call.operation, call.request)
    except EcsError:
        return None


def command_line_of(operation: str, members: str) -> str:
    """The command line of a request that is given as JSON; raises `EcsError` for what is none."""
    request = read_request(operation, members.encode())
    if operation in OWN_OPERATIONS:
        return clean(f"ecstui call {operation} {shlex.quote(members)}")
    return aws_command(request)


def _registration(view: View, call: CallRecord) -> str | None:
    definition = view.get(TASK_DEFINITIONS, call.arn)
    if definition is None:
        return None
    text = json.dumps(registrable(definition), separators=(",", ":"), ensure_ascii=False)
    return clean(f"aws ecs register-task-definition --cli-input-json {shlex.quote(text)}")
