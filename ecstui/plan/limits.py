"""CPU, memory and hardware of a container as an engine counts them (ecs.md 2.3, 2.4).

A task's own size becomes a limit of each of its containers: there is no parent cgroup here. It
sets what the definition asks for and never judges whether that is wise.
"""

from dataclasses import replace

from ecstui.model.task import TaskOverride
from ecstui.model.task_definition import ContainerDefinition, LinuxParameters, TaskDefinitionBody
from ecstui.plan.reservation import Size, override_of, size_of, task_cpu_units, task_memory_mib
from ecstui.plan.spec import ContainerSpec, DeviceMapping, UlimitSpec
from ecstui.plan.units import BYTES_PER_MIB, CPU_UNITS_PER_VCPU

LEAST_CPU_SHARES = 2
MOST_CPU_SHARES = 262144
LEAST_MEMORY_BYTES = 6 * BYTES_PER_MIB
"""The engine takes no lower limit; the ECS agent raises lower ones to it."""

_PERMISSION_LETTERS = {"read": "r", "write": "w", "mknod": "m"}


def with_limits(
    spec: ContainerSpec,
    definition: TaskDefinitionBody,
    container: ContainerDefinition,
    overrides: TaskOverride,
) -> ContainerSpec:
    """The spec of a container, with its CPU, memory, swap and process limits."""
    size = size_of(container, overrides)
    linux = container.linux_parameters or LinuxParameters()
    memory_bytes = _memory_bytes(definition, overrides, size)
    return replace(
        spec,
        cpu_shares=min(MOST_CPU_SHARES, max(LEAST_CPU_SHARES, size.cpu_units)),
        nano_cpus=_nano_cpus(definition, overrides),
        memory_bytes=memory_bytes,
        memory_reservation_bytes=_memory_reservation_bytes(size, memory_bytes),
        memory_swap_bytes=_memory_swap_bytes(linux, memory_bytes),
        swappiness=None if linux.max_swap is None else linux.swappiness,
        shared_memory_bytes=(linux.shared_memory_size or 0) * BYTES_PER_MIB,
        ulimits=tuple(UlimitSpec(u.name, u.soft_limit, u.hard_limit) for u in container.ulimits),
        gpu_count=_gpu_count(container, overrides),
    )


def _nano_cpus(definition: TaskDefinitionBody, overrides: TaskOverride) -> int:
    """The task's CPU as a ceiling of each container; 0 without one."""
    return (task_cpu_units(definition, overrides) or 0) * 1_000_000_000 // CPU_UNITS_PER_VCPU


def _memory_bytes(definition: TaskDefinitionBody, overrides: TaskOverride, size: Size) -> int:
    """The lower of the container's and the task's limit, at least what the engine takes."""
    limits = [size.memory_mib, task_memory_mib(definition, overrides)]
    given = [limit * BYTES_PER_MIB for limit in limits if limit]
    return max(LEAST_MEMORY_BYTES, min(given)) if given else 0


def _memory_reservation_bytes(size: Size, memory_bytes: int) -> int:
    if not size.memory_reservation_mib:
        return 0
    reservation = max(LEAST_MEMORY_BYTES, size.memory_reservation_mib * BYTES_PER_MIB)
    return min(reservation, memory_bytes) if memory_bytes else reservation


def _memory_swap_bytes(linux: LinuxParameters, memory_bytes: int) -> int | None:
    """Memory and swap together; without a memory limit there is none for swap."""
    if linux.max_swap is None or not memory_bytes:
        return None
    return memory_bytes + linux.max_swap * BYTES_PER_MIB


def _gpu_count(container: ContainerDefinition, overrides: TaskOverride) -> int:
    given = override_of(overrides, container.name).resource_requirements
    return sum(
        int(requirement.value)
        for requirement in (container.resource_requirements if given is None else given)
        if requirement.type == "GPU" and requirement.value.isdecimal()
    )


def with_privileges(spec: ContainerSpec, container: ContainerDefinition) -> ContainerSpec:
    """The spec of a container, with what it may do to its machine and what it sees of it."""
    linux = container.linux_parameters or LinuxParameters()
    capabilities = linux.capabilities
    return replace(
        spec,
        user=container.user or None,
        is_privileged=bool(container.privileged),
        is_root_read_only=bool(container.readonly_root_filesystem),
        has_init=linux.init_process_enabled,
        security_options=tuple(map(_security_option, container.docker_security_options)),
        capabilities_added=() if capabilities is None else capabilities.add,
        capabilities_dropped=() if capabilities is None else capabilities.drop,
        devices=_devices(linux),
        tmpfs=_tmpfs(linux),
    )


def _security_option(option: str) -> str:
    """`apparmor:PROFILE` as engines write it, with an equals sign."""
    kind, colon, value = option.partition(":")
    return f"{kind}={value}" if colon and "=" not in kind else option


def _devices(linux: LinuxParameters) -> tuple[DeviceMapping, ...]:
    return tuple(
        DeviceMapping(
            device.host_path,
            device.container_path or device.host_path,
            "".join(_PERMISSION_LETTERS.get(p, "") for p in device.permissions) or "rwm",
        )
        for device in linux.devices
    )


def _tmpfs(linux: LinuxParameters) -> dict[str, str]:
    return {
        mount.container_path: ",".join((f"size={mount.size}m", *mount.mount_options))
        for mount in linux.tmpfs
    }
