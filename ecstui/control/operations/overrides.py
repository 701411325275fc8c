"""Rules for what RunTask changes in a task: `overrides`. Source: ecs.md 3.9.

Only refuses; `plan/translate.py` and `plan/reservation.py` apply what is given.
"""

from ecstui.control.operations.checks import invalid
from ecstui.control.operations.names import shown
from ecstui.model.task import ContainerOverride, TaskOverride
from ecstui.model.task_definition import ContainerDefinition, TaskDefinition
from ecstui.plan.units import cpu_units_of, memory_mib_of

LONGEST = 8192
LEAST_MEMORY_MIB = 6
"""The engine takes no lower limit."""


def check_overrides(overrides: TaskOverride, definition: TaskDefinition) -> None:
    """Refuse overrides that name no container of the task, or that cannot be carried out."""
    if len(overrides.model_dump_json(by_alias=True, exclude_none=True)) > LONGEST:
        raise invalid(f"Container Overrides length must be at most {LONGEST}", "overrides")
    if overrides.cpu is not None and not cpu_units_of(overrides.cpu):
        raise invalid(
            f"Invalid 'cpu' setting for task: {shown(overrides.cpu)}. Give CPU units, e.g. 256, "
            "or vCPUs, e.g. .25 vCPU.",
            "overrides.cpu",
        )
    if overrides.memory is not None and not memory_mib_of(overrides.memory):
        raise invalid(
            f"Invalid 'memory' setting for task: {shown(overrides.memory)}. Give MiB, e.g. 512, "
            "or GB, e.g. 0.5 GB.",
            "overrides.memory",
        )
    containers = {container.name: container for container in definition.container_definitions}
    for position, override in enumerate(overrides.container_overrides):
        path = f"overrides.containerOverrides[{position}]"
        container = containers.get(override.name or "")
        if container is None:
            raise invalid(
                f"Override for container named {shown(override.name or '')} is not a container in "
                "the TaskDefinition.",
                f"{path}.name",
            )
        _check_sizes(override, container, path)
        _check_environment(override, path)


def _check_sizes(override: ContainerOverride, container: ContainerDefinition, path: str) -> None:
    if override.cpu is not None and override.cpu < 0:
        raise invalid("cpu cannot be a negative number.", f"{path}.cpu")
    for name in ("memory", "memory_reservation"):
        value: int | None = getattr(override, name)
        member = "memory" if name == "memory" else "memoryReservation"
        if value is not None and value < LEAST_MEMORY_MIB:
            raise invalid(f"{member} must be at least {LEAST_MEMORY_MIB} MiB.", f"{path}.{member}")
    memory = container.memory if override.memory is None else override.memory
    reserved = override.memory_reservation
    if reserved is None:
        reserved = container.memory_reservation
    if memory is not None and reserved is not None and memory < reserved:
        raise invalid(
            f"Invalid setting for container '{container.name}'. 'memory' must be greater than or "
            "equal to 'memoryReservation'",
            f"{path}.memory",
        )


def _check_environment(override: ContainerOverride, path: str) -> None:
    for position, pair in enumerate(override.environment):
        if not pair.name or "=" in pair.name or "\0" in pair.name + pair.value:
            raise invalid(
                "The name of an environment variable can not be blank or hold =, and neither name "
                "nor value may hold a NUL.",
                f"{path}.environment[{position}].name",
            )
