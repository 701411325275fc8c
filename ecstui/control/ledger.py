"""What is left of each container instance, kept current change by change.

A cache of what the records say: it can be made anew from them at any time and decides nothing.
"""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple, Self, TypeVar

from ecstui.model.cluster import ContainerInstanceRecord
from ecstui.model.enums import InstanceStatus
from ecstui.model.task import TaskRecord
from ecstui.plan.counts import Stage, stage_of
from ecstui.plan.placement import Capacity
from ecstui.store.kinds import INSTANCES, TASKS
from ecstui.store.tables import Change, View

K = TypeVar("K", int, str)


class _Used:
    """What the tasks of one instance take."""

    def __init__(self) -> None:
        self.cpu_units = 0
        self.memory_mib = 0
        self.tcp_ports: Counter[int] = Counter()
        self.udp_ports: Counter[int] = Counter()
        self.groups: Counter[str] = Counter()
        self.running = 0

    def add(self, task: TaskRecord, sign: int) -> None:
        reservation = task.reservation
        self.cpu_units += sign * reservation.cpu_units
        self.memory_mib += sign * reservation.memory_mib
        for port in reservation.tcp_ports:
            _add(self.tcp_ports, port, sign)
        for port in reservation.udp_ports:
            _add(self.udp_ports, port, sign)

    def add_wanted(self, task: TaskRecord, sign: int) -> None:
        if task.group:
            _add(self.groups, task.group, sign)
        if stage_of(task) is Stage.RUNNING:
            self.running += sign


class _EnginePorts:
    """Static ports that tasks of one engine take, whatever their cluster."""

    def __init__(self) -> None:
        self.tcp: Counter[int] = Counter()
        self.udp: Counter[int] = Counter()
        self.host_tcp: Counter[int] = Counter()
        """Those taken on every address of the machine."""
        self.host_udp: Counter[int] = Counter()

    def add(self, task: TaskRecord, sign: int) -> None:
        reservation = task.reservation
        is_everywhere = reservation.takes_host_network or not task.instance_ip
        for port in reservation.tcp_ports:
            _add(self.tcp, port, sign)
            _add(self.host_tcp, port, sign if is_everywhere else 0)
        for port in reservation.udp_ports:
            _add(self.udp, port, sign)
            _add(self.host_udp, port, sign if is_everywhere else 0)


def _add(counts: Counter[K], key: K, number: int) -> None:
    """Count, and keep nothing that counts 0: groups and ports come and go for ever."""
    counts[key] += number
    if not counts[key]:
        del counts[key]


def _part_of(task: TaskRecord) -> tuple[object, ...]:
    """All of a task that a ledger counts."""
    return (
        task.container_instance_arn,
        task.engine,
        task.instance_ip,
        task.reservation,
        task.group,
        task.is_stopped,
        task.is_wanted,
        stage_of(task),
    )


class _Standing(NamedTuple):
    """An instance, and what is the same in each of its capacities."""

    instance: ContainerInstanceRecord
    attributes: Mapping[str, str | None]
    reserved_ports: frozenset[int]

    @classmethod
    def of(cls, instance: ContainerInstanceRecord) -> Self:
        attributes = {a.name: a.value for a in instance.attributes}
        return cls(instance, attributes, frozenset(instance.reserved_ports))


class CapacityLedger:
    """Instance ARN to `Capacity`, following the store's changes."""

    def __init__(self) -> None:
        """An empty ledger; `load` fills it."""
        self._instances: dict[str, _Standing] = {}
        self._used: dict[str, _Used] = {}
        self._engines: dict[str, _EnginePorts] = {}
        self._capacities: dict[str, Capacity] = {}
        self._by_cluster: dict[str, tuple[Capacity, ...]] = {}
        self._stale: dict[str, None] = {}

    def load(self, view: View) -> None:
        """Start over from the records."""
        for instance in view.all(INSTANCES):
            self._take_instance(instance.container_instance_arn, instance)
        for task in view.all(TASKS):
            self._take_task(None, task)

    def on_change(self, change: Change) -> None:
        """Take a change in."""
        if change.kind.name == TASKS.name:
            before = change.before if isinstance(change.before, TaskRecord) else None
            after = change.after if isinstance(change.after, TaskRecord) else None
            self._take_task(before, after)
        elif change.kind.name == INSTANCES.name:
            after_instance = change.after
            if isinstance(after_instance, ContainerInstanceRecord) or after_instance is None:
                self._take_instance(change.key, after_instance)

    def _take_instance(self, arn: str, instance: ContainerInstanceRecord | None) -> None:
        if instance is None:
            self._instances.pop(arn, None)
        else:
            self._instances[arn] = _Standing.of(instance)
        self._stale[arn] = None

    def _take_task(self, before: TaskRecord | None, after: TaskRecord | None) -> None:
        if before is not None and after is not None and _part_of(before) == _part_of(after):
            return
        for task, sign in ((before, -1), (after, 1)):
            if task is None or task.container_instance_arn is None:
                continue
            used = self._used.get(task.container_instance_arn)
            if used is None:
                used = self._used[task.container_instance_arn] = _Used()
            if not task.is_stopped:
                used.add(task, sign)
                self._stale[task.container_instance_arn] = None
                self._take_ports(task, sign)
            if task.is_wanted:
                used.add_wanted(task, sign)
                self._stale[task.container_instance_arn] = None

    def _take_ports(self, task: TaskRecord, sign: int) -> None:
        """A static port may be taken on every instance of the engine."""
        if not task.engine or not (task.reservation.tcp_ports or task.reservation.udp_ports):
            return
        self._engines.setdefault(task.engine, _EnginePorts()).add(task, sign)
        for arn, standing in self._instances.items():
            if standing.instance.engine == task.engine:
                self._stale[arn] = None

    def capacities(self) -> Mapping[str, Capacity]:
        """What is left, by instance ARN, in the order in which instances came."""
        self._refresh()
        return self._capacities

    def of_cluster(self, cluster_name: str) -> tuple[Capacity, ...]:
        """What is left of the instances of one cluster."""
        self._refresh()
        found = self._by_cluster.get(cluster_name)
        if found is None:
            found = tuple(c for c in self._capacities.values() if c.cluster_name == cluster_name)
            self._by_cluster[cluster_name] = found
        return found

    def _refresh(self) -> None:
        if not self._stale:
            return
        ports: dict[str, _TakenPorts] = {}
        for arn in self._stale:
            standing = self._instances.get(arn)
            if standing is None:
                self._capacities.pop(arn, None)
                continue
            engine = standing.instance.engine
            taken = ports.get(engine)
            if taken is None:
                taken = ports[engine] = _taken_ports(self._engines.get(engine))
            self._capacities[arn] = _capacity_of(standing, self._used.get(arn) or _Used(), taken)
        self._stale.clear()
        self._by_cluster.clear()


class _TakenPorts(NamedTuple):
    """Ports that are taken on an engine: by anyone, and those taken on every address."""

    tcp: frozenset[int] = frozenset()
    udp: frozenset[int] = frozenset()
    host_tcp: frozenset[int] = frozenset()
    host_udp: frozenset[int] = frozenset()


def _taken_ports(ports: _EnginePorts | None) -> _TakenPorts:
    if ports is None:
        return _TakenPorts()
    return _TakenPorts(*map(_taken, (ports.tcp, ports.udp, ports.host_tcp, ports.host_udp)))


def _taken(ports: Mapping[int, int]) -> frozenset[int]:
    """The ports that some task has."""
    return frozenset(ports)


def _both(some: frozenset[int], more: frozenset[int]) -> frozenset[int]:
    """The union, without a set of its own where one has all: there may be 1,000 instances."""
    return some | more if some and more else some or more


def _capacity_of(standing: _Standing, used: _Used, ports: _TakenPorts) -> Capacity:
    instance = standing.instance
    # An instance without an address of its own publishes on all of them: it meets every port.
    near_tcp, near_udp = (ports.host_tcp, ports.host_udp) if instance.ip else (ports.tcp, ports.udp)
    return Capacity(
        instance_arn=instance.container_instance_arn,
        instance_id=instance.instance_id,
        cluster_name=instance.cluster_name,
        engine=instance.engine,
        ip=instance.ip,
        zone=instance.zone,
        is_active=instance.status is InstanceStatus.ACTIVE,
        agent_connected=instance.agent_connected,
        cpu_units=instance.cpu_units - used.cpu_units,
        memory_mib=instance.memory_mib - used.memory_mib,
        used_tcp_ports=_both(standing.reserved_ports, _both(_taken(used.tcp_ports), near_tcp)),
        used_udp_ports=_both(_taken(used.udp_ports), near_udp),
        engine_tcp_ports=ports.tcp,
        engine_udp_ports=ports.udp,
        attributes=standing.attributes,
        task_groups=dict(used.groups),
        ec2_instance_id=instance.ec2_instance_id or "",
        agent_version=instance.version_info.agent_version or "",
        registered_at=instance.registered_at,
        capacity_provider="" if instance.is_gone else instance.capacity_provider_name or "",
        running_tasks_count=used.running,
    )
