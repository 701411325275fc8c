"""What one pass over a service is decided from, and what it decides: starts, stops, the record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecstui.base.ids import Ids
from ecstui.model.deployment_configuration import LifecycleStage
from ecstui.model.enums import RolloutOrder
from ecstui.model.service import DeploymentRecord, ServiceRecord
from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import TaskDefinitionRecord
from ecstui.plan.capacity import Capacity
from ecstui.plan.deployments import Told
from ecstui.plan.health import TaskHealth
from ecstui.plan.pace import Pace
from ecstui.plan.provider_placement import Berth, Surroundings


@dataclass(frozen=True, slots=True)
class Start:
    """A task to start: of which deployment, where, under which id."""

    task_id: str
    deployment: DeploymentRecord
    instance_arn: str
    """Empty where `berth` says that the task has no instance (yet)."""
    berth: Berth | None = None
    """Where it goes, when a capacity provider or Fargate takes it."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A task to stop, and the reason it will carry."""

    task_arn: str
    reason: str


@dataclass(frozen=True, slots=True)
class Course:
    """How the deployment that goes on is carried out."""

    stage: LifecycleStage | None = None
    """Stage of a blue/green deployment; None: a rolling update."""
    may_complete: bool = True
    """Whether it may be marked COMPLETED when all is there; not before its bake time is over."""


ROLLING = Course()
"""A rolling update that is over when all is there."""


@dataclass(frozen=True, slots=True)
class ServiceSituation:
    """All that one pass over a service is decided from."""

    service: ServiceRecord
    definitions: Mapping[str, TaskDefinitionRecord]
    """Task definition ARN to definition, for every deployment."""
    tasks: tuple[TaskRecord, ...]
    """Every task of the service that is not stopped, and every stopped one not settled."""
    health: Mapping[str, TaskHealth]
    """Task ARN to verdict."""
    capacities: Sequence[Capacity]
    """What is left of the instances of the service's cluster."""
    pace: Pace
    order: RolloutOrder
    ids: Ids
    now: float
    surroundings: Surroundings | None = None
    """Capacity providers and Fargate; needed only by a service that is launched by them."""
    course: Course = ROLLING


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """What one pass decided."""

    service: ServiceRecord
    starts: tuple[Start, ...] = ()
    stops: tuple[Stop, ...] = ()
    told: tuple[Told, ...] = ()
    wake_at: float | None = None
    is_short_of_room: bool = False
    """Whether freed capacity would let it do more."""
    is_rolled_out: bool = False
    """Whether the PRIMARY deployment has all its tasks, healthy, and nobody else's are left."""
