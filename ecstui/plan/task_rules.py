"""Rules of RegisterTaskDefinition about the task as a whole (ecs.md 2.2, 2.9).

Each rule yields what it finds and goes on; none of them changes the definition.
"""

import json
import re
from collections.abc import Iterator, Sequence

from ecstui.model.enums import Compatibility, NetworkMode, PlacementConstraintType
from ecstui.model.task_definition import EnvironmentFile, TaskDefinitionBody
from ecstui.plan.depends import find_cycle
from ecstui.plan.expression import Malformed, parse_expression
from ecstui.plan.problem import Problem, TaskRule, container_paths
from ecstui.plan.reservation import NO_OVERRIDES, reservation_of, size_of, task_memory_mib
from ecstui.plan.units import cpu_units_of, memory_mib_of

NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
"""Families, containers and volumes (ecs.md 1.2)."""

MOST_CONTAINERS = 10
MOST_CONSTRAINTS = 10
MOST_ENVIRONMENT_FILES = 10
MOST_BYTES = 65536
LEAST_TASK_CPU = 128
MOST_TASK_CPU = 196608

_ROLE_ARN = re.compile(r"arn:[\w-]+:iam::\d{12}:role/[\w+=,.@/-]+")
_ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}")
_ARCHITECTURES = ("X86_64", "ARM64")
_PROXY_PORTS = ("AppPorts", "ProxyIngressPort", "ProxyEgressPort")
_PROXY_OWNERS = ("IgnoredUID", "IgnoredGID")


def _family(body: TaskDefinitionBody) -> Iterator[Problem]:
    if not body.family:
        yield Problem("family", "Family should not be null or empty.")
    elif len(body.family) > 255:
        yield Problem("family", "Family should not be longer than 255 characters.")
    elif NAME.fullmatch(body.family) is None:
        yield Problem("family", "Family contains invalid characters.")


def _containers(body: TaskDefinitionBody) -> Iterator[Problem]:
    containers = body.container_definitions
    if not containers:
        yield Problem("containerDefinitions", "Container list cannot be empty.")
        return
    if len(containers) > MOST_CONTAINERS:
        words = f"A task definition can have at most {MOST_CONTAINERS} containers."
        yield Problem("containerDefinitions", words)
    names: set[str] = set()
    for path, container in container_paths(body):
        if container.name in names:
            words = "Container names must be unique within a task definition"
            yield Problem(f"{path}.name", words)
        names.add(container.name)
    if not any(container.essential for container in containers):
        words = "Task definition doesn't have any essential container"
        yield Problem("containerDefinitions", words)


def _cycle(body: TaskDefinitionBody) -> Iterator[Problem]:
    cycle = find_cycle(body)
    if cycle is not None:
        words = f"Container dependencies must not form a cycle: {' -> '.join(cycle)}"
        yield Problem("containerDefinitions", words)


def _size(body: TaskDefinitionBody) -> Iterator[Problem]:
    if body.cpu is not None:
        cpu_units = cpu_units_of(body.cpu)
        if cpu_units is None or not LEAST_TASK_CPU <= cpu_units <= MOST_TASK_CPU:
            words = (
                f"Invalid 'cpu' setting for task. It must be {LEAST_TASK_CPU} to {MOST_TASK_CPU} "
                "CPU units, or as many vCPUs, but was"
            )
            yield Problem("cpu", f"{words} '{body.cpu}'.")
    if body.memory is not None and not memory_mib_of(body.memory):
        words = (
            f"Invalid 'memory' setting for task. It must be a number of MiB or GB, but was "
            f"'{body.memory}'."
        )
        yield Problem("memory", words)


def _memory_of_containers(body: TaskDefinitionBody) -> Iterator[Problem]:
    task_memory = task_memory_mib(body, NO_OVERRIDES)
    if body.memory is not None and task_memory is None:
        return
    for path, container in container_paths(body):
        size = size_of(container, NO_OVERRIDES)
        if task_memory is None:
            if not size.reserved_mib:
                words = (
                    f"Invalid setting for container '{container.name}'. At least one of 'memory' "
                    "or 'memoryReservation' must be specified."
                )
                yield Problem(f"{path}.memory", words)
        elif (size.memory_mib or 0) > task_memory:
            words = f"The 'memory' setting for container '{container.name}' is greater than for"
            yield Problem(f"{path}.memory", f"{words} the task")
    if task_memory is None:
        return
    reserved = reservation_of(body.with_(memory=None, cpu=None)).memory_mib
    if reserved > task_memory:
        words = (
            "The sum of all container 'memory' values cannot be greater than the value of the "
            f"task 'memory': {reserved} MiB are reserved, the task has {task_memory} MiB."
        )
        yield Problem("memory", words)


def _roles(body: TaskDefinitionBody) -> Iterator[Problem]:
    roles = (("taskRoleArn", body.task_role_arn), ("executionRoleArn", body.execution_role_arn))
    for path, role in roles:
        if role and not is_role(role):
            yield Problem(path, "Role is not valid")


def is_role(role: str) -> bool:
    """Whether a text is an IAM role's name or ARN."""
    pattern = _ROLE_ARN if role.startswith("arn:") else _ROLE_NAME
    return pattern.fullmatch(role) is not None


def _secrets_need_role(body: TaskDefinitionBody) -> Iterator[Problem]:
    if body.execution_role_arn:
        return
    for path, container in container_paths(body):
        logging = container.log_configuration
        if container.secrets:
            yield Problem(f"{path}.secrets", _NO_ROLE)
        if logging is not None and logging.secret_options:
            yield Problem(f"{path}.logConfiguration.secretOptions", _NO_ROLE)


_NO_ROLE = (
    "When you are specifying container secrets, you must also specify a value for "
    "'executionRoleArn'"
)


def _environment_files(body: TaskDefinitionBody) -> Iterator[Problem]:
    number = 0
    for path, container in container_paths(body):
        here = f"{path}.environmentFiles"
        yield from environment_file_problems(container.environment_files, here, number)
        number += len(container.environment_files)


def environment_file_problems(
    files: Sequence[EnvironmentFile], path: str, before: int = 0
) -> Iterator[Problem]:
    """What is wrong with files of variables; `before`: so many has the task already."""
    for index, file in enumerate(files):
        here = f"{path}[{index}]"
        if before + index == MOST_ENVIRONMENT_FILES:
            words = "The maximum number of environment files was exceeded. Specify ten or less"
            yield Problem(here, f"{words} and try again")
        if file.type != "s3":
            yield Problem(f"{here}.type", "Environment file type should be one of [s3]")
        if re.fullmatch(r"arn:[\w-]+:s3:::[^/]+/.+", file.value) is None:
            yield Problem(f"{here}.value", "Invalid arn syntax")
        elif not file.value.endswith(".env"):
            yield Problem(f"{here}.value", "An environment file's name must end in .env")


def _modes(body: TaskDefinitionBody) -> Iterator[Problem]:
    if body.pid_mode not in (None, "", "host", "task"):
        yield Problem("pidMode", "Invalid 'pidMode' setting for task. Use one of [host, task].")
    if body.ipc_mode not in (None, "", "host", "task", "none"):
        words = "Invalid 'ipcMode' setting for task. Use one of [host, task, none]."
        yield Problem("ipcMode", words)


def _constraints(body: TaskDefinitionBody) -> Iterator[Problem]:
    if len(body.placement_constraints) > MOST_CONSTRAINTS:
        words = f"Maximum number of constraints is {MOST_CONSTRAINTS}"
        yield Problem("placementConstraints", words)
    for index, constraint in enumerate(body.placement_constraints):
        path = f"placementConstraints[{index}]"
        if constraint.type is not PlacementConstraintType.MEMBER_OF:
            words = "Placement constraints of a task definition should be one of [memberOf]"
            yield Problem(f"{path}.type", words)
        elif not constraint.expression:
            yield Problem(path, "memberOf expression should be specified")
        else:
            expression = parse_expression(constraint.expression)
            if isinstance(expression, Malformed):
                words = f"Invalid expression at character {expression.position + 1}"
                yield Problem(f"{path}.expression", f"{words}: {expression.words}.")


def _platform(body: TaskDefinitionBody) -> Iterator[Problem]:
    platform = body.runtime_platform
    if platform is None:
        return
    family = platform.operating_system_family
    if platform.cpu_architecture not in (None, *_ARCHITECTURES):
        words = f"cpuArchitecture should be one of [{', '.join(_ARCHITECTURES)}]"
        yield Problem("runtimePlatform.cpuArchitecture", words)
    if family is None or family == "LINUX":
        return
    if not family.startswith("WINDOWS_SERVER_"):
        words = "operatingSystemFamily should be LINUX or begin with WINDOWS_SERVER_"
        yield Problem("runtimePlatform.operatingSystemFamily", words)
    elif platform.cpu_architecture == "ARM64":
        words = "Windows containers do not run on the ARM64 architecture."
        yield Problem("runtimePlatform.cpuArchitecture", words)


def _proxy(body: TaskDefinitionBody) -> Iterator[Problem]:
    proxy = body.proxy_configuration
    if proxy is None:
        return
    path = "proxyConfiguration"
    if body.network_mode is not NetworkMode.AWSVPC:
        yield Problem(path, "proxyConfiguration is only supported when networkMode=awsvpc")
    if proxy.type not in (None, "APPMESH"):
        yield Problem(f"{path}.type", "proxyConfiguration type should be one of [APPMESH]")
    if proxy.container_name not in {c.name for c in body.container_definitions}:
        words = f"proxyConfiguration names container '{proxy.container_name}', which does not exist"
        yield Problem(f"{path}.containerName", words)
    given = {pair.name for pair in proxy.properties if pair.value}
    missing = [name for name in _PROXY_PORTS if name not in given]
    if not given.intersection(_PROXY_OWNERS):
        missing.append(" or ".join(_PROXY_OWNERS))
    if missing:
        words = f"proxyConfiguration requires properties: {', '.join(missing)}"
        yield Problem(f"{path}.properties", words)


def _accelerators(body: TaskDefinitionBody) -> Iterator[Problem]:
    if body.inference_accelerators:
        yield Problem("inferenceAccelerators", "Inference accelerators are no longer supported.")


def _trusted_execution(body: TaskDefinitionBody) -> Iterator[Problem]:
    """Whoever asks to be kept apart must not run together with others all the same."""
    trusted = body.trusted_execution_configuration
    if trusted is not None and trusted.isolation_mode != "SHARED":
        words = "Trusted execution is supported only for Amazon ECS Managed Instances, which are"
        yield Problem(
            "trustedExecutionConfiguration.isolationMode", f"{words} not here. Use SHARED."
        )


def _ephemeral_storage(body: TaskDefinitionBody) -> Iterator[Problem]:
    if body.ephemeral_storage is None:
        return
    size = body.ephemeral_storage.size_in_gib
    path = "ephemeralStorage.sizeInGiB"
    if Compatibility.FARGATE not in body.requires_compatibilities:
        yield Problem("ephemeralStorage", "EphemeralStorage is only supported on Fargate.")
    elif size < 21:
        yield Problem(path, "EphemeralStorage size should be at least 21")
    elif size > 200:
        yield Problem(path, "EphemeralStorage size should be at most 200")


def _length(body: TaskDefinitionBody) -> Iterator[Problem]:
    length = len(json.dumps(body.to_wire(), separators=(",", ":")).encode())
    if length > MOST_BYTES:
        words = f"Actual length: '{length}'. Max allowed length is '{MOST_BYTES}' bytes."
        yield Problem("", words)


FIRST_TASK_RULES: tuple[TaskRule, ...] = (_family, _containers, _roles)
"""Checked before the rules of single containers."""

TASK_RULES: tuple[TaskRule, ...] = (
    _size,
    _memory_of_containers,
    _cycle,
    _secrets_need_role,
    _environment_files,
    _modes,
    _constraints,
    _platform,
    _proxy,
    _accelerators,
    _trusted_execution,
    _ephemeral_storage,
    _length,
)
"""Checked after them."""
