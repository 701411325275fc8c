"""What an operation or a reconciler is told besides the records: time, ids, names, capacity."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ecstui.base.ids import Ids, Namespace
from ecstui.plan.pace import Pace
from ecstui.plan.placement import Capacity


@dataclass(frozen=True, slots=True)
class Context:
    """Handed to every operation; the transaction is handed beside it."""

    now: float
    ids: Ids
    names: Namespace
    pace: Pace
    capacities: Mapping[str, Capacity] = field(default_factory=dict)
    """Container instance ARN to what is left of it, before this transaction."""
    caller: str = "local"
    """Who asks, for the event history."""
