"""Rules that hold for task definitions made for Fargate (ecs.md 2.9).

They also tell whether a definition that was not made for it would do. Nothing here runs a task.
"""

import re
from collections.abc import Iterator

from ecstui.model.enums import NetworkMode
from ecstui.model.task_definition import ContainerDefinition, TaskDefinitionBody
from ecstui.plan.problem import ContainerRule, Problem, TaskRule, container_paths
from ecstui.plan.units import cpu_units_of, memory_mib_of

_GIB = 1024
MEMORY_BY_CPU = {
    256: (512, *range(_GIB, 2 * _GIB + 1, _GIB)),
    512: tuple(range(_GIB, 4 * _GIB + 1, _GIB)),
    1024: tuple(range(2 * _GIB, 8 * _GIB + 1, _GIB)),
    2048: tuple(range(4 * _GIB, 16 * _GIB + 1, _GIB)),
    4096: tuple(range(8 * _GIB, 30 * _GIB + 1, _GIB)),
    8192: tuple(range(16 * _GIB, 60 * _GIB + 1, 4 * _GIB)),
    16384: tuple(range(32 * _GIB, 120 * _GIB + 1, 8 * _GIB)),
}
"""MiB that a task may have, by its CPU units: 74 pairs."""

ECR_IMAGE = re.compile(r"\d{12}\.dkr[.-]ecr(-fips)?\.[a-z0-9-]+\.(amazonaws|on)\.[a-z.]+/.+")

_LOG_DRIVERS = ("awslogs", "splunk", "awsfirelens")
_TIMEOUTS = (2, 120)


def _size(body: TaskDefinitionBody) -> Iterator[Problem]:
    if body.cpu is None:
        yield Problem("cpu", "Fargate requires that 'cpu' be defined at the task level.")
    if body.memory is None:
        yield Problem("memory", "Fargate requires that 'memory' be defined at the task level.")
    cpu_units, memory_mib = cpu_units_of(body.cpu), memory_mib_of(body.memory)
    if cpu_units is None or memory_mib is None:
        return
    if memory_mib not in MEMORY_BY_CPU.get(cpu_units, ()):
        words = (
            f"No Fargate configuration exists for given values: {cpu_units} CPU, {memory_mib} "
            "memory. See the Amazon ECS documentation for the valid values."
        )
        yield Problem("memory" if cpu_units in MEMORY_BY_CPU else "cpu", words)
    if sum(container.cpu for container in body.container_definitions) > cpu_units:
        words = "The sum of all container 'cpu' values cannot be greater than the value of the"
        yield Problem("cpu", f"{words} task 'cpu'.")
    if _is_windows(body) and cpu_units < 1024:
        yield Problem("cpu", "Windows tasks on Fargate need at least 1024 CPU units.")


def _is_windows(body: TaskDefinitionBody) -> bool:
    platform = body.runtime_platform
    return platform is not None and (platform.operating_system_family or "").startswith("WINDOWS")


def _modes(body: TaskDefinitionBody) -> Iterator[Problem]:
    if body.network_mode is not NetworkMode.AWSVPC:
        yield Problem("networkMode", "Fargate only supports network mode ‘awsvpc’.")
    if body.pid_mode == "host":
        words = (
            "Tasks using the Fargate launch type do not support pidMode 'host'. The supported "
            "value for pidMode is 'task'."
        )
        yield Problem("pidMode", words)
    if body.ipc_mode:
        words = "Tasks using the Fargate launch type do not support ipcMode."
        yield Problem("ipcMode", words)
    if body.placement_constraints:
        words = "Fargate compatible task definitions do not support placementConstraints"
        yield Problem("placementConstraints", words)


def _volumes(body: TaskDefinitionBody) -> Iterator[Problem]:
    for index, volume in enumerate(body.volumes):
        path = f"volumes[{index}]"
        if volume.docker_volume_configuration is not None:
            words = "Fargate compatible task definitions do not support dockerVolumeConfiguration"
            yield Problem(f"{path}.dockerVolumeConfiguration", words)
        if volume.host is not None and volume.host.source_path:
            words = "Fargate compatible task definitions do not support sourcePath"
            yield Problem(f"{path}.host.sourcePath", words)


def _execution_role(body: TaskDefinitionBody) -> Iterator[Problem]:
    if body.execution_role_arn:
        return
    words = "Fargate requires task definition to have execution role ARN to support "
    for path, container in container_paths(body):
        logging = container.log_configuration
        if ECR_IMAGE.fullmatch(container.image):
            yield Problem("executionRoleArn", f"{words}ECR images.")
            return
        if logging is not None and logging.log_driver == "awslogs":
            yield Problem(f"{path}.logConfiguration", f"{words}log driver awslogs.")
            return


FARGATE_TASK_RULES: tuple[TaskRule, ...] = (_size, _modes, _volumes, _execution_role)


def _refused(
    body: TaskDefinitionBody, container: ContainerDefinition, path: str
) -> Iterator[Problem]:
    refused = (
        ("privileged", container.privileged),
        ("dockerSecurityOptions", container.docker_security_options),
        ("dnsSearchDomains", container.dns_search_domains),
        ("credentialSpecs", container.credential_specs),
        ("resourceRequirements", container.resource_requirements),
    )
    for member, value in refused:
        if value:
            words = f"Fargate compatible task definitions do not support {member}"
            yield Problem(f"{path}.{member}", words)


def _linux(
    body: TaskDefinitionBody, container: ContainerDefinition, path: str
) -> Iterator[Problem]:
    linux = container.linux_parameters
    if linux is None:
        return
    here = f"{path}.linuxParameters"
    refused = (
        ("devices", bool(linux.devices)),
        ("sharedMemorySize", linux.shared_memory_size is not None),
        ("maxSwap", linux.max_swap is not None),
        ("swappiness", linux.swappiness is not None),
    )
    for member, is_given in refused:
        if is_given:
            words = f"Fargate compatible task definitions do not support {member}"
            yield Problem(f"{here}.{member}", words)
    for name in () if linux.capabilities is None else linux.capabilities.add:
        if name != "SYS_PTRACE":
            yield Problem(f"{here}.capabilities.add", f"{name} is not allowed on Fargate.")


def _logging(
    body: TaskDefinitionBody, container: ContainerDefinition, path: str
) -> Iterator[Problem]:
    logging = container.log_configuration
    if logging is None:
        return
    if logging.log_driver not in _LOG_DRIVERS:
        words = f"Fargate only supports log drivers {', '.join(_LOG_DRIVERS)}."
        yield Problem(f"{path}.logConfiguration.logDriver", words)
    options = logging.options or {}
    if logging.log_driver == "awslogs" and not options.get("awslogs-stream-prefix"):
        words = "Log driver awslogs requires options: awslogs-stream-prefix"
        yield Problem(f"{path}.logConfiguration.options", words)


def _timeouts(
    body: TaskDefinitionBody, container: ContainerDefinition, path: str
) -> Iterator[Problem]:
    low, high = _TIMEOUTS
    timeouts = (("startTimeout", container.start_timeout), ("stopTimeout", container.stop_timeout))
    for member, seconds in timeouts:
        if seconds is not None and not low <= seconds <= high:
            words = f"{member} must be between {low} and {high} seconds on Fargate."
            yield Problem(f"{path}.{member}", words)
    for index, ulimit in enumerate(container.ulimits):
        if ulimit.name != "nofile":
            words = f"Ulimit {ulimit.name} is not supported on Fargate: only nofile is."
            yield Problem(f"{path}.ulimits[{index}].name", words)


FARGATE_CONTAINER_RULES: tuple[ContainerRule, ...] = (_refused, _linux, _logging, _timeouts)


def fargate_problems(body: TaskDefinitionBody) -> Iterator[Problem]:
    """All that keeps a definition from running on Fargate, beyond what every one must keep."""
    for rule in FARGATE_TASK_RULES:
        yield from rule(body)
    for path, container in container_paths(body):
        for container_rule in FARGATE_CONTAINER_RULES:
            yield from container_rule(body, container, path)
