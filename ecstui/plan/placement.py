"""Where a task goes: filters and orders container instances (ecs.md 5).

Pure: ties are broken by a hash of the salt that the caller gives, never by chance.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ecstui.model.task import Reservation


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
    attributes: Mapping[str, str | None] = field(default_factory=dict)
    task_groups: Mapping[str, int] = field(default_factory=dict)
    """Task group (`service:web`, `family:job`) to tasks wanted RUNNING here."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What one task needs."""

    reservation: Reservation
    group: str
    """Task group: spread and distinctInstance count the tasks of this group."""
    salt: str
    """Breaks ties, e.g. the id of the task."""
