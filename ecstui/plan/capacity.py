"""What is left of a container instance, and what one task needs of it: the terms of placement.

Plain data and the sum that a placement makes; which instance it is, `plan/placement.py` decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ecstui.model.cluster import ZONE_ATTRIBUTE
from ecstui.model.task import Reservation
from ecstui.model.task_definition import Attribute


@dataclass(frozen=True, slots=True)
class Capacity:
    """What is left of one container instance."""

    instance_arn: str
    instance_id: str
    cluster_name: str
    engine: str
    ip: str
    zone: str
    is_active: bool
    """Status ACTIVE: neither draining nor deregistered."""
    agent_connected: bool
    cpu_units: int
    memory_mib: int
    used_tcp_ports: frozenset[int] = frozenset()
    used_udp_ports: frozenset[int] = frozenset()
    engine_tcp_ports: frozenset[int] = frozenset()
    """Taken by any task of its engine, on any address, in any cluster."""
    engine_udp_ports: frozenset[int] = frozenset()
    attributes: Mapping[str, str | None] = field(default_factory=dict)
    task_groups: Mapping[str, int] = field(default_factory=dict)
    """Task group (`service:web`, `family:job`) to tasks wanted RUNNING here."""
    ec2_instance_id: str = ""
    agent_version: str = ""
    registered_at: float | None = None
    capacity_provider: str = ""
    """Name of the capacity provider that the instance belongs to, or empty."""
    running_tasks_count: int = 0
    """Tasks that run here, as DescribeContainerInstances counts them (ecs.md 4.1)."""

    def attribute(self, name: str) -> str | None:
        """Value of an attribute, empty for one that has none; None when it is not there."""
        if name in self.attributes:
            return self.attributes[name] or ""
        return (self.zone or None) if name == ZONE_ATTRIBUTE else None


@dataclass(frozen=True, slots=True)
class Demand:
    """What one task needs."""

    reservation: Reservation
    group: str
    """Task group: spread and distinctInstance count the tasks of this group."""
    salt: str
    """Breaks ties, e.g. the id of the task."""
    is_service: bool = False
    """Without strategies, tasks of a service are spread; others go anywhere (ecs.md 5.2)."""
    required_attributes: tuple[Attribute, ...] = ()
    """What the instance must have; one without a value must only be there."""
    takes_host_network: bool = False
    """In network mode `host` a port is taken on every instance of the same engine."""


def take(capacity: Capacity, demand: Demand) -> Capacity:
    """What is left after a task was placed there."""
    reservation = demand.reservation
    groups = dict(capacity.task_groups)
    groups[demand.group] = groups.get(demand.group, 0) + 1
    return replace(
        capacity,
        cpu_units=capacity.cpu_units - reservation.cpu_units,
        memory_mib=capacity.memory_mib - reservation.memory_mib,
        used_tcp_ports=capacity.used_tcp_ports | frozenset(reservation.tcp_ports),
        used_udp_ports=capacity.used_udp_ports | frozenset(reservation.udp_ports),
        task_groups=groups,
    )


def take_ports(capacity: Capacity, demand: Demand) -> Capacity:
    """What is left when a task of another instance took its ports on the whole engine."""
    return replace(
        capacity,
        used_tcp_ports=capacity.used_tcp_ports | frozenset(demand.reservation.tcp_ports),
        used_udp_ports=capacity.used_udp_ports | frozenset(demand.reservation.udp_ports),
    )
