"""Where a Fargate task goes: an engine's own pool, without container instances.

Pure. A pool is endless unless the settings bind it to what the engine has; zones are spread over
as Fargate spreads over the zones of the given subnets. Source: ecs.md 4.6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ecstui.model.task import NetworkConfiguration
from ecstui.plan.capacity import Capacity, Demand
from ecstui.plan.refusal import Unplaced

PLATFORM_VERSION = "1.4.0"
LATEST = "LATEST"
PLATFORM_VERSIONS = (LATEST, PLATFORM_VERSION, "1.3.0")
PLATFORM_FAMILY = "Linux"

UNAVAILABLE = "Capacity is unavailable at this time. Please try again later or in a different "
UNAVAILABLE += "availability zone."
TOO_MANY_VCPUS = "You've reached the limit on the number of vCPUs you can run concurrently."
NO_PLACE = "was unable to place a task. Reason: {}"


@dataclass(frozen=True, slots=True)
class FargatePool:
    """What one engine gives to Fargate tasks."""

    engine: str
    ip: str
    zones: tuple[str, ...]
    cluster_name: str
    is_connected: bool = True
    cpu_units: int | None = None
    """CPU units left; None: endless."""
    memory_mib: int | None = None
    """MiB left; None: endless."""
    number_of_tasks: int = 0
    task_zones: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Task group and zone to tasks wanted RUNNING there."""

    def has_room_for(self, demand: Demand) -> bool:
        """Whether one more task fits."""
        return (self.cpu_units is None or demand.reservation.cpu_units <= self.cpu_units) and (
            self.memory_mib is None or demand.reservation.memory_mib <= self.memory_mib
        )


def place_on_fargate(
    demand: Demand, pools: Sequence[FargatePool], network: NetworkConfiguration | None
) -> tuple[Capacity | Unplaced, tuple[FargatePool, ...]]:
    """Where one task goes, and the pools after it; the pool with fewest tasks takes it."""
    connected = [pool for pool in pools if pool.is_connected]
    fitting = [pool for pool in connected if pool.has_room_for(demand)]
    if not fitting:
        words = TOO_MANY_VCPUS if connected else UNAVAILABLE
        return Unplaced((), NO_PLACE.format(words), words), tuple(pools)
    pool = min(fitting, key=lambda p: p.number_of_tasks)
    zone = min(
        zones_of(pool.zones, network), key=lambda z: pool.task_zones.get((demand.group, z), 0)
    )
    after = tuple(_taken(p, demand, zone) if p is pool else p for p in pools)
    return capacity_of(pool, zone), after


def zones_of(zones: Sequence[str], network: NetworkConfiguration | None) -> tuple[str, ...]:
    """The zones of the given subnets: as many as there are subnets, in the zones' order."""
    # ECS differs: a subnet is in a zone there. Here a subnet is only a name.
    awsvpc = None if network is None else network.awsvpc_configuration
    number = 1 if awsvpc is None else max(1, len(set(awsvpc.subnets)))
    return tuple(zones[:number]) or ("",)


def _taken(pool: FargatePool, demand: Demand, zone: str) -> FargatePool:
    key = (demand.group, zone)
    cpu_units, memory_mib = pool.cpu_units, pool.memory_mib
    return replace(
        pool,
        cpu_units=None if cpu_units is None else cpu_units - demand.reservation.cpu_units,
        memory_mib=None if memory_mib is None else memory_mib - demand.reservation.memory_mib,
        number_of_tasks=pool.number_of_tasks + 1,
        task_zones={**pool.task_zones, key: pool.task_zones.get(key, 0) + 1},
    )


def capacity_of(pool: FargatePool, zone: str) -> Capacity:
    """The place of one task as `new_task` takes it; it has no instance."""
    return Capacity(
        instance_arn="",
        instance_id="",
        cluster_name=pool.cluster_name,
        engine=pool.engine,
        ip=pool.ip,
        zone=zone,
        is_active=True,
        agent_connected=True,
        cpu_units=0,
        memory_mib=0,
    )
