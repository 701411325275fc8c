"""Rules for what RunTask changes in a task: `overrides`. Source: ecs.md 3.9.

Only refuses; `plan/translate.py` and `plan/reservation.py` apply what is given.
"""

from ecstui.control.operations.checks import invalid
from ecstui.control.operations.names import shown
from ecstui.model.task import ContainerOverride, TaskOverride
from ecstui.model.task_definition import ContainerDefinition, TaskDefinition
from ecstui.plan.fargate_rules import MEMORY_BY_CPU
from ecstui.plan.reservation import task_cpu_units, task_memory_mib
from ecstui.plan.task_rules import environment_file_problems, is_role
from ecstui.plan.units import cpu_units_of, memory_mib_of

LONGEST = 8192
LEAST_MEMORY_MIB = 6
"""The engine takes no lower limit."""


def check_overrides(
    overrides: TaskOverride, definition: TaskDefinition, *, is_fargate: bool = False
) -> None:
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
    _check_task(overrides, definition, is_fargate=is_fargate)
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
        _check_files(override, path)
        for requirement in override.resource_requirements or ():
            if requirement.type == "GPU" and not requirement.value.isdecimal():
                words = "The number of GPUs must be a positive whole number."
                raise invalid(words, f"{path}.resourceRequirements")


def _check_task(overrides: TaskOverride, definition: TaskDefinition, *, is_fargate: bool) -> None:
    if overrides.inference_accelerator_overrides:
        words = "Inference accelerators are no longer supported."
        raise invalid(words, "overrides.inferenceAcceleratorOverrides")
    roles = (
        ("taskRoleArn", overrides.task_role_arn),
        (
            "executionRoleArn",
            overrides.execution_role_arn,
        ),
    )
    for member, role in roles:
        if role and not is_role(role):
            raise invalid("Role is not valid", f"overrides.{member}")
    storage = overrides.ephemeral_storage
    if storage is not None and not is_fargate:
        words = "EphemeralStorage is only supported on Fargate."
        raise invalid(words, "overrides.ephemeralStorage")
    if storage is not None and not 21 <= storage.size_in_gib <= 200:
        bound = "least 21" if storage.size_in_gib < 21 else "most 200"
        path = "overrides.ephemeralStorage.sizeInGiB"
        raise invalid(f"EphemeralStorage size should be at {bound}", path)
    cpu_units = task_cpu_units(definition, overrides) or 0
    memory_mib = task_memory_mib(definition, overrides) or 0
    if is_fargate and memory_mib not in MEMORY_BY_CPU.get(cpu_units, ()):
        raise invalid(
            f"No Fargate configuration exists for given values: {cpu_units} CPU, {memory_mib} "
            "memory. See the Amazon ECS documentation for the valid values.",
            "overrides.memory" if cpu_units in MEMORY_BY_CPU else "overrides.cpu",
        )


def _check_files(override: ContainerOverride, path: str) -> None:
    for problem in environment_file_problems(
        override.environment_files or (), f"{path}.environmentFiles"
    ):
        raise invalid(problem.message, problem.path)


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
