"""How container instances are filtered and ordered for a task: ECS's shapes."""

from ecstui.model.enums import PlacementConstraintType, PlacementStrategyType
from ecstui.model.shape import Shape


class PlacementConstraint(Shape):
    """Filters instances for a task."""

    type: PlacementConstraintType
    expression: str | None = None


class PlacementStrategy(Shape):
    """Orders instances for a task."""

    type: PlacementStrategyType
    field: str | None = None
