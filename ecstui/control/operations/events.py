"""What people asked for, in the event history: one sentence for each operation that changed things.

Says only what was done; a refused request leaves no event, because its transaction is undone.
"""

from ecstui.control.context import Context
from ecstui.model.cluster import EventRecord
from ecstui.model.enums import EventSource
from ecstui.store.tables import Transaction


def say(
    tx: Transaction,
    context: Context,
    message: str,
    *,
    subject_arn: str,
    cluster_name: str = "",
    service_arn: str | None = None,
) -> None:
    """Record what a user did: `message` goes on after the user's name, e.g. `made cluster x`."""
    event = EventRecord(
        id=context.ids(),
        created_at=context.now,
        source=EventSource.USER,
        cluster_name=cluster_name,
        subject_arn=subject_arn,
        service_arn=service_arn,
        message=f"{context.caller} {message}",
    )
    tx.put(event)
