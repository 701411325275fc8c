"""What is left of the container instances, from a view, kept between two questions.

The ledger that the control plane keeps change by change is followed here by comparing records: a
second question costs what changed since the first, not all tasks again. It decides nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, TypeVar

from ecstui.model.cluster import ContainerInstanceRecord
from ecstui.model.enums import InstanceStatus
from ecstui.model.placement import PlacementConstraint
from ecstui.model.shape import Shape
from ecstui.model.task import Reservation
from ecstui.plan.capacity import Capacity, Demand
from ecstui.plan.provider_placement import of_provider
from ecstui.plan.why import PlacementWhy, Room, explain_placement
from ecstui.store.kinds import ENGINES, INSTANCES, PLANES, TASKS
from ecstui.store.tables import Change, Kind, View

if TYPE_CHECKING:
    from ecstui.control.ledger import CapacityLedger
    from ecstui.model.task import TaskRecord

T = TypeVar("T", bound=Shape)
_LONG_SECONDS = 0.004
_REST = 50.0
_OF_ANOTHER = "of another capacity provider"
_KEPT_ANSWERS = 4
"""One question may ask for several tasks: those of blue and of green."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was said, of which state, and until when it is good enough."""

    placement: PlacementWhy
    seq: int
    rests_until: float


class Rooms:
    """Says what each instance says to a task; nothing is read before that is asked.

    Where that takes long it is asked again only after a multiple of the time that it took: its own
    time, so that a machine with other things to do does not make an answer stale.
    """

    def __init__(self) -> None:
        """Knows nothing yet."""
        self._ledger: CapacityLedger | None = None
        self._instances: Mapping[str, ContainerInstanceRecord] = {}
        self._tasks: Mapping[str, TaskRecord] = {}
        self._seq: int | None = None
        self._answers: dict[tuple[object, ...], _Answer] = {}

    def explain(
        self,
        view: View,
        place: tuple[str, str | None],
        demand: Demand,
        constraints: tuple[PlacementConstraint, ...],
    ) -> PlacementWhy:
        """What the instances of a place, a cluster and perhaps a capacity provider, say."""
        asked = (place, demand, constraints)
        now = perf_counter()
        known = self._answers.pop(asked, None)
        if known is not None and (known.seq == view.seq or now < known.rests_until):
            self._answers[asked] = known
            return known.placement
        began = thread_time()
        found = explain_placement(demand, self.of_cluster(view, *place), constraints)
        # Who else holds a port of the engine is known by the others, which are no place to go.
        own = tuple(each for each in found.instances if each.status != _OF_ANOTHER)
        found = replace(found, instances=own)
        took = thread_time() - began
        rests_until = now + (_REST * took if took > _LONG_SECONDS else 0.0)
        self._answers[asked] = _Answer(found, view.seq, rests_until)
        if len(self._answers) > _KEPT_ANSWERS:
            del self._answers[next(iter(self._answers))]
        return found

    def of_cluster(self, view: View, cluster_name: str, provider: str | None) -> tuple[Room, ...]:
        """Its instances that were not deregistered, by name; `provider`: whose may be used."""
        capacities: Sequence[Capacity] = self._followed(view).of_cluster(cluster_name)
        if provider is not None:
            capacities = of_provider(capacities, provider)
        instances = {
            i.container_instance_arn: i for i in view.by(INSTANCES, "cluster", cluster_name)
        }
        return tuple(
            _room(view, capacity, instances[capacity.instance_arn])
            for capacity in sorted(capacities, key=lambda c: instances[c.instance_arn].name)
            if not instances[capacity.instance_arn].is_gone
        )

    def _followed(self, view: View) -> "CapacityLedger":
        """The ledger, with what changed since the last question."""
        if self._ledger is None:
            # Screens ask for nothing of the control plane before somebody needs to know.
            from ecstui.control.ledger import CapacityLedger

            self._ledger = CapacityLedger()
        ledger = self._ledger
        if view.seq == self._seq:
            return ledger
        self._seq = view.seq
        instances = {i.container_instance_arn: i for i in view.all(INSTANCES)}
        tasks = {task.task_arn: task for task in view.by(TASKS, "active", "yes")}
        for instance_change in _changes(INSTANCES, self._instances, instances):
            ledger.on_change(instance_change)
        for task_change in _changes(TASKS, self._tasks, tasks):
            ledger.on_change(task_change)
        self._instances, self._tasks = instances, tasks
        return ledger


def explain_fargate(view: View, demand: Demand) -> PlacementWhy:
    """What each engine says to a Fargate task, which needs room there and no instance."""
    plane = view.get(PLANES, "plane")
    is_limited = plane is not None and plane.is_fargate_limited
    needs = Reservation(
        cpu_units=demand.reservation.cpu_units, memory_mib=demand.reservation.memory_mib
    )
    rooms = []
    for engine in sorted(view.all(ENGINES), key=lambda engine: engine.name):
        tasks = view.by(TASKS, "fargate", engine.name)
        cpu_units = engine.cpu_units if is_limited else needs.cpu_units
        memory_mib = engine.memory_mib if is_limited else needs.memory_mib
        taken_cpu = sum(task.reservation.cpu_units for task in tasks) if is_limited else 0
        taken_memory = sum(task.reservation.memory_mib for task in tasks) if is_limited else 0
        capacity = Capacity(
            instance_arn="", instance_id="", cluster_name="", engine=engine.name, ip="", zone="",
            is_active=True, agent_connected=engine.is_connected,
            cpu_units=cpu_units - taken_cpu, memory_mib=memory_mib - taken_memory,
        )  # fmt: skip
        rooms.append(Room(capacity, engine.name, "ACTIVE", cpu_units, memory_mib))
    found = explain_placement(Demand(needs, demand.group, ""), rooms)
    return replace(found, is_fargate=True)


def _changes(kind: Kind[T], before: Mapping[str, T], after: Mapping[str, T]) -> Iterator[Change]:
    """What is different; records that were not touched are the same objects."""
    for key, record in after.items():
        known = before.get(key)
        if known is not record:
            yield Change(kind, key, known, record)  # type: ignore[arg-type]
    for key, record in before.items():
        if key not in after:
            yield Change(kind, key, record, None)  # type: ignore[arg-type]


def _room(view: View, capacity: Capacity, instance: ContainerInstanceRecord) -> Room:
    status = instance.status.value
    if instance.status is InstanceStatus.ACTIVE and not capacity.is_active:
        status = _OF_ANOTHER
    return Room(
        capacity=capacity,
        name=instance.name,
        status=status,
        cpu_units=instance.cpu_units,
        memory_mib=instance.memory_mib,
        tasks=tuple(
            task
            for task in view.by(TASKS, "instance", instance.container_instance_arn)
            if not task.is_stopped
        ),
    )
