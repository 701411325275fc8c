"""Why a task is not placed and a service waits: what is in the way, by how much, what would help.

Pure and total: facts go in, frozen data comes out; `plan/why_words.py` makes sentences of it, also
those of service events. It decides nothing: the planners have decided, this tells what they saw.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ecstui.model.placement import PlacementConstraint
from ecstui.model.service import ServiceRecord
from ecstui.model.task import TaskRecord
from ecstui.plan.capacity import Capacity, Demand
from ecstui.plan.refusal import (
    EnginePorts,
    InstanceRefusal,
    RefusalReason,
    Unplaced,
    refusals_of,
    rules_of,
)
from ecstui.plan.rollout import Blocked

# -- a task that is not placed -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Room:
    """A container instance, what is left of it, and who is on it."""

    capacity: Capacity
    name: str
    status: str
    cpu_units: int
    """All that it has."""
    memory_mib: int
    tasks: tuple[TaskRecord, ...] = ()
    """Its tasks that have not stopped."""


@dataclass(frozen=True, slots=True)
class Place:
    """A container instance that has tasks of those asked about."""

    instance_arn: str
    name: str
    status: str
    engine: str
    agent_connected: bool = True
    away_since: float | None = None
    """When its engine fell silent."""


@dataclass(frozen=True, slots=True)
class PortHolder:
    """Who has a host port that is needed."""

    port: int
    protocol: str
    task_id: str
    """Empty where the port is reserved on the instance."""
    group: str


@dataclass(frozen=True, slots=True)
class InstanceWhy:
    """Why one instance does not take the task: every check that it fails, the first one first."""

    instance_arn: str
    name: str
    status: str
    """ACTIVE, or what keeps it from taking any task."""
    refusals: tuple[InstanceRefusal, ...]
    engine: str = ""
    never_cpu: int | None = None
    """CPU units that it has in all, where that is less than the task needs."""
    never_memory: int | None = None
    """MiB that it has in all, where that is less than the task needs."""
    holders: tuple[PortHolder, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether the task could go there now."""
        return self.status == "ACTIVE" and not self.refusals


@dataclass(frozen=True, slots=True)
class ProviderWhy:
    """A capacity provider and the Auto Scaling group behind it, as who waits for it sees them."""

    name: str
    group: str
    is_scaled: bool
    """Managed scaling is on: tasks wait for instances in PROVISIONING."""
    instances: int
    """That run and are not being taken away."""
    booting: int
    desired: int
    max_size: int
    cpu_units: int
    """Of each of its instances."""
    memory_mib: int
    elsewhere: str = ""
    """The cluster that its instances join, where that is not the one that is asked about."""

    def is_too_small_for(self, cpu_units: int, memory_mib: int) -> bool:
        """Whether not even an empty instance of the group has what a task needs."""
        return cpu_units > self.cpu_units or memory_mib > self.memory_mib


@dataclass(frozen=True, slots=True)
class PlacementWhy:
    """What one task needs, and what each instance says to it."""

    cpu_units: int
    memory_mib: int
    instances: tuple[InstanceWhy, ...]
    provider: ProviderWhy | None = None
    """Whose instances these are, where only those of one capacity provider may be used."""
    group: str = ""
    """Of the task: `service:web`."""
    ports: tuple[str, ...] = ()
    """Host ports that it needs: `80/tcp`."""
    is_fargate: bool = False
    """On Fargate: what stands for instances are the engines."""
    is_daemon: bool = False
    """Each instance is to have one such task; these are the ones without."""

    @property
    def can_never_fit(self) -> bool:
        """Whether no instance would be large enough, even if it were empty."""
        return bool(self.instances) and all(
            each.never_cpu is not None or each.never_memory is not None for each in self.instances
        )


def explain_placement(
    demand: Demand, rooms: Sequence[Room], constraints: Sequence[PlacementConstraint] = ()
) -> PlacementWhy:
    """What each instance says to one task, as placement sees it (ecs.md 3.9, 5.1)."""
    rules = rules_of(constraints)
    engines: dict[str, EnginePorts] = {}
    for room in rooms:
        ports = engines.setdefault(room.capacity.engine, EnginePorts())
        ports.tcp |= room.capacity.used_tcp_ports | room.capacity.engine_tcp_ports
        ports.udp |= room.capacity.used_udp_ports | room.capacity.engine_udp_ports
    needs = demand.reservation
    found = []
    for room in rooms:
        refusals = refusals_of(demand, room.capacity, rules, engines)
        is_port = any(refusal.reason is RefusalReason.PORTS for refusal in refusals)
        found.append(
            InstanceWhy(
                instance_arn=room.capacity.instance_arn,
                name=room.name,
                status=room.status,
                refusals=refusals,
                engine=room.capacity.engine,
                never_cpu=room.cpu_units if needs.cpu_units > room.cpu_units else None,
                never_memory=room.memory_mib if needs.memory_mib > room.memory_mib else None,
                holders=_holders(demand, room, rooms) if is_port else (),
            )
        )
    needed = [f"{port}/tcp" for port in needs.tcp_ports] + [
        f"{port}/udp" for port in needs.udp_ports
    ]
    return PlacementWhy(
        needs.cpu_units, needs.memory_mib, tuple(found), group=demand.group, ports=tuple(needed)
    )


def without_its_own(placement: PlacementWhy) -> PlacementWhy:
    """Of a daemon service: the instances that have no task of it yet, if there are any."""
    found = tuple(
        each
        for each in placement.instances
        if not any(one.reason is RefusalReason.DISTINCT_INSTANCE for one in each.refusals)
    )
    return replace(placement, instances=found or placement.instances, is_daemon=True)


def _holders(demand: Demand, room: Room, rooms: Sequence[Room]) -> tuple[PortHolder, ...]:
    near = [room]
    if demand.takes_host_network:
        near = [other for other in rooms if other.capacity.engine == room.capacity.engine]
    tasks = [task for each in near for task in each.tasks]
    used = {"tcp": room.capacity.used_tcp_ports, "udp": room.capacity.used_udp_ports}
    wanted = {"tcp": demand.reservation.tcp_ports, "udp": demand.reservation.udp_ports}
    found = []
    for protocol, ports in wanted.items():
        for port in ports:
            holder = next((t for t in tasks if port in _ports_of(t)[protocol]), None)
            if holder is not None:
                found.append(PortHolder(port, protocol, holder.task_id, holder.group or ""))
            elif port in used[protocol]:
                found.append(PortHolder(port, protocol, "", ""))
    return tuple(found)


def _ports_of(task: TaskRecord) -> Mapping[str, tuple[int, ...]]:
    return {"tcp": task.reservation.tcp_ports, "udp": task.reservation.udp_ports}


# -- what a service or a task waits for ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NotPlaced:
    """A task finds no place; `placement` is there where instances were looked at."""

    unplaced: Unplaced
    placement: PlacementWhy | None = None
    count: int = 1
    is_blue: bool = False
    """Of the revision that serves while a blue/green deployment brings another."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """The percentages allow neither a start nor a stop."""

    desired_count: int
    floor: int
    ceiling: int


@dataclass(frozen=True, slots=True)
class Throttled:
    """Tasks failed one after another; the next start waits."""

    start_failures: int
    """In a row, without having run; 0: they ran and soon died."""
    quick_exits: int
    until: float
    is_blue: bool = False
    """Of the revision that serves while a blue/green deployment brings another."""


@dataclass(frozen=True, slots=True)
class UnderProtection:
    """Tasks that would be stopped are protected from scale-in."""

    deployment_id: str
    count: int
    until: float | None = None
    """When the first protection ends."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """The deployment failed: nothing more is started."""

    reason: str


@dataclass(frozen=True, slots=True)
class AtCeiling:
    """As many tasks exist as may exist."""

    total: int
    ceiling: int
    maximum_percent: int


@dataclass(frozen=True, slots=True)
class AtFloor:
    """No more healthy tasks than must stay."""

    healthy: int
    floor: int
    desired_count: int


@dataclass(frozen=True, slots=True)
class SurgingFirst:
    """More healthy tasks than must stay, but new ones come before old ones go (`SURGE_FIRST`)."""

    healthy: int
    desired_count: int


@dataclass(frozen=True, slots=True)
class Starting:
    """Tasks are on their way to RUNNING, all of them at the same step."""

    task_ids: tuple[str, ...]
    since: float
    """Since when the first of them."""
    what: str
    """What they do or wait for: `pulling the image`, `starting: web waits for db`."""


@dataclass(frozen=True, slots=True)
class Provisioning:
    """Tasks wait in PROVISIONING until their capacity provider has room (ecs.md 4.6)."""

    task_ids: tuple[str, ...]
    since: float
    """Since when the first of them."""
    until: float
    """When that one is given up."""
    provider_name: str
    cpu_units: int
    """Most that one of them needs."""
    memory_mib: int
    provider: ProviderWhy | None = None
    """None where it is gone."""

    @property
    def can_never_fit(self) -> bool:
        """Whether no instance of the provider would be large enough."""
        known = self.provider
        return known is not None and known.is_too_small_for(self.cpu_units, self.memory_mib)


@dataclass(frozen=True, slots=True)
class Failing:
    """Tasks of the deployment failed and stopped."""

    task_id: str
    """The last of them."""
    at: float
    reason: str
    count_last_minute: int
    has_run: bool = True
    """Whether one of its containers ran, so that there may be a log."""


@dataclass(frozen=True, slots=True)
class Settling:
    """Tasks run and count as healthy at a known time, if nothing happens."""

    task_ids: tuple[str, ...]
    until: float
    settling_seconds: float
    pace: str
    is_grace: bool = False
    """They are unhealthy, and their grace period ends then."""


@dataclass(frozen=True, slots=True)
class Unproven:
    """Tasks run, and no health check has passed yet."""

    task_ids: tuple[str, ...]
    since: float


@dataclass(frozen=True, slots=True)
class Sick:
    """Tasks are unhealthy."""

    task_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stopping:
    """Tasks were told to stop and have not stopped yet."""

    task_ids: tuple[str, ...]
    killed_at: float
    failure: str = ""
    """What went wrong with them, where that is the same with all."""


@dataclass(frozen=True, slots=True)
class OnDraining:
    """Tasks are on an instance that is to be emptied."""

    instance_name: str
    count: int


@dataclass(frozen=True, slots=True)
class EngineAway:
    """The engine of an instance with tasks does not answer."""

    instance_name: str
    engine: str
    count: int
    since: float | None
    lost_at: float | None


@dataclass(frozen=True, slots=True)
class Moving:
    """A task is moved to another Availability Zone."""

    source_zone: str
    target_zone: str


@dataclass(frozen=True, slots=True)
class AtStage:
    """A blue/green deployment is at a stage (ecs.md 6.14)."""

    stage: str
    since: float


@dataclass(frozen=True, slots=True)
class Baking:
    """The new tasks serve, and are watched until the bake time is over."""

    until: float
    alarm_names: tuple[str, ...] = ()
    """Which alarms would end the deployment."""


@dataclass(frozen=True, slots=True)
class Paused:
    """A lifecycle hook waits for somebody's word."""

    hook_id: str
    stage: str
    expires_at: float | None
    timeout_action: str
    """CONTINUE or ROLLBACK: what is done when nobody answers in time."""


@dataclass(frozen=True, slots=True)
class InAlarm:
    """Alarms that were in ALARM before the deployment began, and are so not looked at."""

    alarm_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BeingDeleted:
    """The service was deleted; its tasks are stopping."""

    count: int


@dataclass(frozen=True, slots=True)
class Ended:
    """A task has stopped."""

    task_id: str
    at: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Noted:
    """What the scheduler itself noted, in its own words."""

    words: str


Reason = (
    NotPlaced
    | Stuck
    | Throttled
    | UnderProtection
    | GivenUp
    | AtCeiling
    | AtFloor
    | SurgingFirst
    | Starting
    | Provisioning
    | Failing
    | Settling
    | Unproven
    | Sick
    | Stopping
    | OnDraining
    | EngineAway
    | Moving
    | AtStage
    | Baking
    | Paused
    | InAlarm
    | BeingDeleted
    | Ended
    | Noted
)


@dataclass(frozen=True, slots=True)
class Why:
    """Everything that keeps a service or a task from where it should be, the weightiest first."""

    arn: str
    name: str
    reasons: tuple[Reason, ...]

    @property
    def is_fine(self) -> bool:
        """Whether there is nothing to wait for."""
        return not self.reasons


def hindrances(
    service: ServiceRecord,
    *,
    blocked: Blocked | None = None,
    unplaced: Unplaced | None = None,
    held_until: float | None = None,
    spared: int = 0,
) -> tuple[NotPlaced | Stuck | Throttled | UnderProtection, ...]:
    """What kept a pass over a service from its work, the weightiest first.

    `spared`: tasks that stay only because they are protected.
    """
    found: list[NotPlaced | Stuck | Throttled | UnderProtection] = []
    if unplaced is not None:
        found.append(NotPlaced(unplaced))
    if blocked is Blocked.DEPLOYMENT_CONFIGURATION:
        desired = service.desired_count
        floor = (desired * service.minimum_healthy_percent + 99) // 100
        found.append(Stuck(desired, floor, desired * service.maximum_percent // 100))
    if held_until is not None:
        held = next((d for d in service.deployments if d.next_start_at == held_until), None)
        held = held or service.primary
        found.append(Throttled(held.start_failures, held.quick_exits, held_until))
    if spared > 0:
        found.append(UnderProtection(service.primary.id, spared))
    return tuple(found)
