"""The instances of a local Auto Scaling group: how they come, and how they go (ecs.md 4.6).

An instance is decided first (its id is in the group's record), registered when it has booted,
drained when it is to go, and deregistered when nothing is left on it; what is left after the
lifecycle hook's time ends with it. How many there shall be is decided elsewhere.
"""

from collections import Counter

from ecstui.base.errors import EcsError
from ecstui.control.operations.register_instance import (
    engine_with_room,
    free_address,
    own_attributes,
)
from ecstui.control.registration import RESERVED_PORTS
from ecstui.control.setup import Setup
from ecstui.model.capacity import (
    AutoScalingGroupRecord,
    BootingInstance,
    CapacityProviderRecord,
)
from ecstui.model.cluster import ContainerInstanceRecord, EventRecord, VersionInfo
from ecstui.model.enums import (
    EventSource,
    InstanceStatus,
    SchedulingStrategy,
    ServiceStatus,
    StopCode,
)
from ecstui.plan.capacity import Capacity, take
from ecstui.plan.counts import registered_resources
from ecstui.plan.managed_scaling import leaving
from ecstui.plan.placement import Placed, demand_of, place
from ecstui.plan.service_words import constraints_of, group_of
from ecstui.plan.task import stop_task_record
from ecstui.store.kinds import ENGINES, INSTANCES, SERVICES, TASK_DEFINITIONS, TASKS
from ecstui.store.tables import Transaction

TERMINATING = "Its Auto Scaling group takes it away: it goes when nothing is left on it"


class GroupMembers:
    """Instances of groups, by the group's record."""

    def __init__(self, setup: Setup) -> None:
        """`setup`: names and ids."""
        self._setup = setup

    # -- what is there ------------------------------------------------------------------------

    @staticmethod
    def staying(tx: Transaction, group: AutoScalingGroupRecord) -> list[ContainerInstanceRecord]:
        """Instances that run and are not being taken away."""
        members = tx.by(INSTANCES, "group", group.auto_scaling_group_name)
        return [instance for instance in members if not instance.is_terminating]

    @staticmethod
    def task_count(tx: Transaction, instance: ContainerInstanceRecord) -> int:
        """Tasks on an instance that are no daemon's."""
        tasks = tx.by(TASKS, "instance", instance.container_instance_arn)
        alive = [task for task in tasks if not task.is_stopped]
        arns = {task.service_arn for task in alive if task.service_arn}
        services = {arn: tx.get(SERVICES, arn) for arn in arns}
        daemons = {
            arn
            for arn, service in services.items()
            if service is not None and service.scheduling_strategy is SchedulingStrategy.DAEMON
        }
        return sum(1 for task in alive if task.service_arn not in daemons)

    def fresh(
        self,
        tx: Transaction,
        group: AutoScalingGroupRecord,
        provider: CapacityProviderRecord,
        now: float,
    ) -> Capacity:
        """What one more instance would have when its daemons are there, before any other task."""
        zone = self._next_zone(tx, group)
        empty = Capacity(
            instance_arn="",
            instance_id="",
            cluster_name=group.cluster,
            engine="",
            ip="",
            zone=zone,
            is_active=True,
            agent_connected=True,
            cpu_units=group.cpu,
            memory_mib=group.memory,
            used_tcp_ports=frozenset(RESERVED_PORTS),
            attributes={a.name: a.value for a in own_attributes(tx, zone)},
            capacity_provider=provider.name,
            registered_at=now,
        )
        return _with_daemons(tx, empty)

    def _next_zone(self, tx: Transaction, group: AutoScalingGroupRecord) -> str:
        used = Counter([i.zone for i in self.staying(tx, group)] + [b.zone for b in group.booting])
        return min(group.availability_zones, key=lambda zone: used[zone], default="")

    # -- how they come ------------------------------------------------------------------------

    def arrive(
        self,
        tx: Transaction,
        group: AutoScalingGroupRecord,
        provider: CapacityProviderRecord | None,
        now: float,
    ) -> AutoScalingGroupRecord:
        """Register what has booted, and have every instance name its capacity provider."""
        ready = [booting for booting in group.booting if booting.ready_at <= now]
        for booting in ready:
            engine = _engine(tx)
            if engine is None:
                break
            group = group.with_(
                booting=tuple(b for b in group.booting if b != booting),
                number_of_launches=group.number_of_launches + 1,
            )
            self._register(tx, group, booting, engine, now)
        if ready:
            tx.put(group)
        name = None if provider is None else provider.name
        for instance in tx.by(INSTANCES, "group", group.auto_scaling_group_name):
            if instance.capacity_provider_name != name:
                tx.put(instance.with_(capacity_provider_name=name, version=instance.version + 1))
        return group

    def _register(
        self,
        tx: Transaction,
        group: AutoScalingGroupRecord,
        booting: BootingInstance,
        engine: str,
        now: float,
    ) -> None:
        identifier = booting.instance_id
        arn = self._setup.namespace.container_instance(group.cluster, identifier)
        record = tx.get(ENGINES, engine)
        instance = ContainerInstanceRecord(
            container_instance_arn=arn,
            ec2_instance_id=f"i-{identifier[:17]}",
            version_info=VersionInfo(agent_version=self._setup.version),
            attributes=own_attributes(tx, booting.zone),
            registered_at=now,
            instance_id=identifier,
            cluster_name=group.cluster,
            name=f"{group.auto_scaling_group_name}-{group.number_of_launches}",
            engine=engine,
            cpu_units=group.cpu,
            memory_mib=group.memory,
            ip=free_address(tx, engine),
            reserved_ports=RESERVED_PORTS,
            agent_connected=record is not None and record.is_connected,
            is_registered_by_user=True,
            auto_scaling_group=group.auto_scaling_group_name,
        )
        tx.put(instance.with_(registered_resources=registered_resources(instance)))
        words = f"(container-instance {instance.name}) registered by its Auto Scaling group"
        self._say(tx, group, arn, words, now)

    # -- how many -----------------------------------------------------------------------------

    def adjust(
        self,
        tx: Transaction,
        group: AutoScalingGroupRecord,
        provider: CapacityProviderRecord | None,
        now: float,
    ) -> AutoScalingGroupRecord:
        """Launch what is missing, take away what is too much, bid farewell to what is empty."""
        group = self.without_surplus(tx, group)
        surplus = len(self.staying(tx, group)) + len(group.booting) - group.desired_capacity
        if surplus < 0:
            group = self._launch(tx, group, -surplus, now)
        elif surplus > 0:
            self._terminate(tx, group, provider, surplus, now)
        self._let_go(tx, group, now)
        return group

    def without_surplus(
        self, tx: Transaction, group: AutoScalingGroupRecord
    ) -> AutoScalingGroupRecord:
        """Where the group shall have fewer, those that boot go first: they never come."""
        wanted = max(0, group.desired_capacity - len(self.staying(tx, group)))
        if len(group.booting) > wanted:
            group = group.with_(booting=group.booting[:wanted])
            tx.put(group)
        return group

    def _launch(
        self, tx: Transaction, group: AutoScalingGroupRecord, number: int, now: float
    ) -> AutoScalingGroupRecord:
        for _ in range(number):
            booting = BootingInstance(
                instance_id=self._setup.ids(),
                zone=self._next_zone(tx, group),
                ready_at=now + group.boot_delay_seconds,
            )
            group = group.with_(booting=(*group.booting, booting))
        tx.put(group)
        return group

    def _terminate(
        self,
        tx: Transaction,
        group: AutoScalingGroupRecord,
        provider: CapacityProviderRecord | None,
        number: int,
        now: float,
    ) -> None:
        """Begin to take instances away: drained first, or at once with all that is on them."""
        settings = None if provider is None else provider.auto_scaling_group_provider
        is_protected = settings is not None and settings.managed_termination_protection == "ENABLED"
        is_drained = settings is not None and settings.managed_draining == "ENABLED"
        hook_seconds = self._setup.pace.draining_hook_seconds if is_drained else 0.0
        members = {i.container_instance_arn: i for i in self.staying(tx, group)}
        counts = [(arn, self.task_count(tx, instance)) for arn, instance in members.items()]
        for arn in leaving(counts, number, is_protected=is_protected):
            instance = members[arn]
            tx.put(
                instance.with_(
                    status=InstanceStatus.DRAINING,
                    status_reason=TERMINATING,
                    is_terminating=True,
                    terminates_at=now + hook_seconds,
                    version=instance.version + 1,
                )
            )
            how = "drained and then taken away" if is_drained else "taken away"
            words = f"(container-instance {instance.name}) is {how} by its Auto Scaling group"
            self._say(tx, group, arn, words, now)

    @staticmethod
    def held(tx: Transaction, group: AutoScalingGroupRecord) -> list[ContainerInstanceRecord]:
        """Instances that are being taken away, and are held while tasks leave them."""
        members = tx.by(INSTANCES, "group", group.auto_scaling_group_name)
        return [instance for instance in members if instance.is_terminating]

    def _let_go(self, tx: Transaction, group: AutoScalingGroupRecord, now: float) -> None:
        for instance in self.held(tx, group):
            if instance.terminates_at is not None and instance.terminates_at <= now:
                _end_tasks(tx, instance, now)
            tasks = tx.by(TASKS, "instance", instance.container_instance_arn)
            if all(task.is_stopped for task in tasks):
                gone = instance.with_(
                    status=InstanceStatus.INACTIVE,
                    deregistered_at=now,
                    version=instance.version + 1,
                )
                tx.put(gone)
                words = f"(container-instance {instance.name}) deregistered: nothing was left on it"
                self._say(tx, group, instance.container_instance_arn, words, now)

    # -- what to tell -------------------------------------------------------------------------

    def say_scaled(
        self,
        tx: Transaction,
        group: AutoScalingGroupRecord,
        provider: CapacityProviderRecord,
        now: float,
    ) -> None:
        """Tell what managed scaling decided, and from which figures."""
        state = group.scaling
        words = (
            f"(capacity-provider {provider.name}) {state.decision} instances: "
            f"CapacityProviderReservation {state.reservation:.0f} % "
            f"({state.needed_count} needed, {state.running_count} running)"
        )
        self._say(tx, group, provider.capacity_provider_arn, words, now)

    def _say(
        self, tx: Transaction, group: AutoScalingGroupRecord, arn: str, words: str, now: float
    ) -> None:
        tx.put(
            EventRecord(
                id=self._setup.ids(),
                created_at=now,
                source=EventSource.INSTANCE,
                cluster_name=group.cluster,
                subject_arn=arn,
                message=words,
            )
        )


def _with_daemons(tx: Transaction, room: Capacity) -> Capacity:
    """What daemons leave of an empty instance: they are the first to start (ecs.md 6.2)."""
    for service in tx.by(SERVICES, "cluster", room.cluster_name):
        is_daemon = service.scheduling_strategy is SchedulingStrategy.DAEMON
        if not is_daemon or service.status is not ServiceStatus.ACTIVE:
            continue
        definition = tx.get(TASK_DEFINITIONS, service.primary.task_definition)
        assert definition is not None, f"{service.service_arn} has no task definition"
        demand = demand_of(definition, group_of(service), "", is_service=True)
        if isinstance(place(demand, (room,), constraints_of(service, definition)), Placed):
            room = take(room, demand)
    return room


def _engine(tx: Transaction) -> str | None:
    """The engine with most room; None while none is known."""
    try:
        return engine_with_room(tx, ())
    except EcsError:
        return None


def _end_tasks(tx: Transaction, instance: ContainerInstanceRecord, now: float) -> None:
    """The instance goes with all that runs on it (ecs.md 3.3)."""
    reason = f"Host EC2 (instance {instance.ec2_instance_id}) terminated."
    for task in tx.by(TASKS, "instance", instance.container_instance_arn):
        if not task.is_stopped:
            tx.put(stop_task_record(task, StopCode.TERMINATION_NOTICE, reason, now))
