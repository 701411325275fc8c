"""Effects of which nothing is under way, for reconcilers that are tried alone."""

from collections.abc import Mapping

from ecstui.plan.actions import Outcome, ResourceKey


class NoEffects:
    """Nothing was done and nothing is being done."""

    def __init__(self) -> None:
        self.last: dict[ResourceKey, Outcome] = {}

    @property
    def running(self) -> Mapping[ResourceKey, object]:
        return {}
