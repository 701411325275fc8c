"""The history of calls: what was changed, by whom and when, in the same transaction as the change.

Questions are not noted, nor what was refused: neither changed anything. A bounded number is kept.
"""

from typing import TypeVar

from ecstui.control.context import Context
from ecstui.model.history import CallRecord
from ecstui.model.requests.definitions import RegisterTaskDefinitionResponse
from ecstui.model.shape import Request, Shape
from ecstui.store.kinds import CALLS, call_key
from ecstui.store.tables import Transaction, View

R = TypeVar("R", bound=Shape)

READS = ("Describe", "List", "Get", "Discover")
KEPT = 2_000
LONGEST_REQUEST = 8_192
"""Characters of JSON; a longer request is noted without its members."""


def last_number(view: View) -> int:
    """Number of the newest call that is kept; 0 without any."""
    return max((call.number for call in view.all(CALLS)), default=0)


def note_call(
    tx: Transaction, number: int, request: Request[R], response: Shape, context: Context
) -> bool:
    """Put a change into the history under `number`; false for a question."""
    operation = request.operation()
    if operation.startswith(READS):
        return False
    arn, text = "", request.model_dump_json(by_alias=True, exclude_unset=True, exclude_none=True)
    if isinstance(response, RegisterTaskDefinitionResponse):
        arn, text = response.task_definition.task_definition_arn, ""
    tx.put(
        CallRecord(
            number=number,
            at=context.now,
            caller=context.caller,
            operation=operation,
            request=text if len(text) <= LONGEST_REQUEST else "",
            arn=arn,
        )
    )
    tx.delete(CALLS, call_key(number - KEPT))
    return True
