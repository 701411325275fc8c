"""What a task takes from its container instance, and the limits that its containers run under.

Source: ecs.md 2.4. It counts what is declared, never what is used.
"""

from dataclasses import dataclass
from functools import lru_cache

from ecstui.model.enums import NetworkMode
from ecstui.model.task import ContainerOverride, Reservation, TaskOverride
from ecstui.model.task_definition import ContainerDefinition, TaskDefinitionBody
from ecstui.plan.ports import network_mode_of, static_ports
from ecstui.plan.units import cpu_units_of, memory_mib_of

NO_OVERRIDES = TaskOverride()
_NO_OVERRIDE = ContainerOverride()


@dataclass(frozen=True, slots=True)
class Size:
    """CPU units and MiB of one container, after overrides; None where nothing is said."""

    cpu_units: int
    memory_mib: int | None
    memory_reservation_mib: int | None

    @property
    def reserved_mib(self) -> int:
        """What placement counts: the reservation if there is one, else the limit."""
        if self.memory_reservation_mib is not None:
            return self.memory_reservation_mib
        return self.memory_mib or 0


def override_of(overrides: TaskOverride, container: str) -> ContainerOverride:
    """What RunTask changes in one container; empty when nothing."""
    for override in overrides.container_overrides:
        if override.name == container:
            return override
    return _NO_OVERRIDE


def size_of(container: ContainerDefinition, overrides: TaskOverride) -> Size:
    """The size of one container."""
    override = override_of(overrides, container.name)
    return Size(
        container.cpu if override.cpu is None else override.cpu,
        _first(override.memory, container.memory),
        _first(override.memory_reservation, container.memory_reservation),
    )


def _first(override: int | None, given: int | None) -> int | None:
    return given if override is None else override


def task_cpu_units(definition: TaskDefinitionBody, overrides: TaskOverride) -> int | None:
    """CPU units of the task as a whole; None when only containers have any."""
    return cpu_units_of(overrides.cpu) or cpu_units_of(definition.cpu) or None


def task_memory_mib(definition: TaskDefinitionBody, overrides: TaskOverride) -> int | None:
    """MiB of the task as a whole; None when only containers have any."""
    return memory_mib_of(overrides.memory) or memory_mib_of(definition.memory) or None


def reservation_of(
    definition: TaskDefinitionBody, overrides: TaskOverride = NO_OVERRIDES
) -> Reservation:
    """What placement takes from an instance for one task: CPU units, MiB, static host ports.

    The task's own size if given, else the sum over its containers.
    Source: ECS agent, engine/host_resource_manager (ecs.md 2.4).
    """
    sizes = [size_of(container, overrides) for container in definition.container_definitions]
    cpu_units = task_cpu_units(definition, overrides)
    memory_mib = task_memory_mib(definition, overrides)
    return _one_reservation(
        sum(size.cpu_units for size in sizes) if cpu_units is None else cpu_units,
        sum(size.reserved_mib for size in sizes) if memory_mib is None else memory_mib,
        static_ports(definition, "tcp"),
        static_ports(definition, "udp"),
        network_mode_of(definition) is NetworkMode.HOST,
    )


@lru_cache(maxsize=4096)
def _one_reservation(
    cpu_units: int,
    memory_mib: int,
    tcp_ports: tuple[int, ...],
    udp_ports: tuple[int, ...],
    takes_host_network: bool,
) -> Reservation:
    """The one reservation of these values: thousands of tasks take the same."""
    return Reservation(
        cpu_units=cpu_units,
        memory_mib=memory_mib,
        tcp_ports=tcp_ports,
        udp_ports=udp_ports,
        takes_host_network=takes_host_network,
    )
