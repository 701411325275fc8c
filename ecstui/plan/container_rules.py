"""Rules of RegisterTaskDefinition about one container (ecs.md 2.3, 2.9); networks stand apart.

Each rule yields what it finds and goes on; none of them changes the definition.
"""

import re
from collections.abc import Iterator

from ecstui.model.enums import DependencyCondition, NetworkMode
from ecstui.model.task_definition import (
    ContainerDefinition,
    HealthCheck,
    LinuxParameters,
    LogConfiguration,
    TaskDefinitionBody,
)
from ecstui.plan.problem import INVALID_PARAMETER, ContainerRule, Problem
from ecstui.plan.task_rules import NAME

LEAST_MEMORY_MIB = 4
MOST = 2**31 - 1
"""Of any number: ECS's Integer has 32 bits, and an engine refuses to wait longer (ecs.md 2.3)."""
MOST_IGNORED_CODES = 50
LOG_DRIVERS = (
    "json-file",
    "syslog",
    "journald",
    "gelf",
    "fluentd",
    "awslogs",
    "splunk",
    "awsfirelens",
)
ULIMITS = (
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
)

_IMAGE = re.compile(r"[A-Za-z0-9_:./#-]{1,255}(@sha256:[0-9a-f]{64})?")
_IPC_CONTROL = re.compile(
    r"kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)|fs\.mqueue\..+"
)
_HEALTH_RANGES = (
    ("interval", 5, 300),
    ("timeout", 2, 60),
    ("retries", 1, 10),
)
_RESOURCES = ("GPU", "InferenceAccelerator", "NeuronDevice")
_MOUNT_OPTION = re.compile(
    r"(defaults|r[ow]|(no)?(suid|dev|exec)|a?sync|dirsync|remount|(no)?mand|(no)?(dir)?atime"
    r"|r?(un)?bind(able)?|r?private|r?shared|r?slave|(no)?(rel|strict)atime"
    r"|mode|uid|gid|nr_inodes|nr_blocks|mpol)(=.*)?"
)
"""Source: API Tmpfs.mountOptions."""
_NAMED = "Invalid setting for container '{}'. "


def _identity(
    body: TaskDefinitionBody, container: ContainerDefinition, path: str
) -> Iterator[Problem]:
    if not container.name:
        yield Problem(f"{path}.name", "Container.name should not be null or empty.")
    elif len(container.name) > 255:
        yield Problem(f"{path}.name", "Container.name should not be longer than 255 characters.")
    elif NAME.fullmatch(container.name) is None:
        yield Problem(f"{path}.name", "Container.name contains invalid characters.")
    if not container.image:
        yield Problem(f"{path}.image", "Container.image should not be null or empty.")
    elif _IMAGE.fullmatch(container.image) is None:
        yield Problem(f"{path}.image", "Container.image contains invalid characters.")


def _size(body: TaskDefinitionBody, container: ContainerDefinition, path: str) -> Iterator[Problem]:
    named = _NAMED.format(container.name)
    if container.cpu < 0:
        yield Problem(f"{path}.cpu", f"{named}'cpu' must not be negative")
    elif container.cpu > MOST:
        yield Problem(f"{path}.cpu", f"{named}'cpu' must be at most {MOST}")
    sizes = (("memory", container.memory), ("memoryReservation", container.memory_reservation))
    for member, size in sizes:
        if size is not None and size < LEAST_MEMORY_MIB:
            words = f"{named}'{member}' must be at least {LEAST_MEMORY_MIB} MiB"
            yield Problem(f"{path}.{member}", words)
        elif size is not None and size > MOST:
            yield Problem(f"{path}.{member}", f"{named}'{member}' must be at most {MOST} MiB")
    if container.memory is not None and container.memory < (container.memory_reservation or 0):
        words = f"{named}'memory' must be greater than or equal to 'memoryReservation'"
        yield Problem(f"{path}.memory", words)


def _dependencies(
    body: TaskDefinitionBody, container: ContainerDefinition, path: str
) -> Iterator[Problem]:
    named = {other.name: other for other in body.container_definitions}
    for index, dependency in enumerate(container.depends_on):
        here = f"{path}.dependsOn[{index}]"
        target = named.get(dependency.container_name)
        if target is None:
            words = f"Cannot depend on container {dependency.container_name} because it does not"
            yield Problem(f"{here}.containerName", f"{words} exist")
        elif dependency.condition in _ENDINGS and target.essential:
            yield Problem(f"{here}.condition", _ESSENTIAL_DEPENDENCY)
        elif dependency.condition is DependencyCondition.HEALTHY and target.health_check is None:
            yield Problem(f"{here}.condition", _UNCHECKED_DEPENDENCY)
    for index, volumes in enumerate(container.volumes_from):
        if volumes.source_container not in named:
            words = (
                f"Invalid 'volumesFrom' setting. Unknown container: '{volumes.source_container}'"
            )
            yield Problem(f"{path}.volumesFrom[{index}].sourceContainer", words)


_ENDINGS = (DependencyCondition.COMPLETE, DependencyCondition.SUCCESS)
_ESSENTIAL_DEPENDENCY = (
    "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container"
)
_UNCHECKED_DEPENDENCY = (
    "A dependency container with HEALTHY condition must have health check configured"
)


def _variables(
    body: TaskDefinitionBody, container: ContainerDefinition, path: str
) -> Iterator[Problem]:
    for index, pair in enumerate(container.environment):
        if not pair.name:
            words = "Environment variable names should not be null or empty."
            yield Problem(f"{path}.environment[{index}].name", words)
    names = {pair.name for pair in container.environment}
    for index, secret in enumerate(container.secrets):
        here = f"{path}.secrets[{index}]"
        if not secret.name or not secret.value_from:
            yield Problem(here, "A secret needs both 'name' and 'valueFrom'.")
        if secret.name in names:
            words = (
                "The secret name must be unique and not shared with any new or existing "
                f"environment variables set on the container, such as '{secret.name}'."
            )
            yield Problem(f"{here}.name", words)
        names.add(secret.name)


def _health(
    body: TaskDefinitionBody, container: ContainerDefinition, path: str
) -> Iterator[Problem]:
    check = container.health_check
    if check is None:
        return
    here = f"{path}.healthCheck"
    if len(check.command) < 2 or check.command[0] not in ("CMD", "CMD-SHELL"):
        words = "Health check command must begin with CMD or CMD-SHELL, followed by a command."
        yield Problem(f"{here}.command", words)
    for member, value, low, high in _health_values(check):
        if not low <= value <= high:
            words = f"Health check {member} must be between {low} and {high}, but was {value}."
            yield Problem(f"{here}.{member}", words)


def _health_values(check: HealthCheck) -> Iterator[tuple[str, int, int, int]]:
    values = {"interval": check.interval, "timeout": check.timeout, "retries": check.retries}
    for member, low, high in _HEALTH_RANGES:
        yield member, values[member], low, high
    yield "startPeriod", check.start_period or 0, 0, 300


def _restarts(
    body: TaskDefinitionBody, container: ContainerDefinition, path: str
) -> Iterator[Problem]:
    policy = container.restart_policy
    if policy is None:
        return
    if not 60 <= policy.restart_attempt_period <= 1800:
        words = "restartAttemptPeriod must be between 60 and 1800 seconds."
        yield Problem(f"{path}.restartPolicy.restartAttemptPeriod", words)
    if len(policy.ignored_exit_codes) > MOST_IGNORED_CODES:
        words = f"ignoredExitCodes can have at most {MOST_IGNORED_CODES} exit codes."
        yield Problem(f"{path}.restartPolicy.ignoredExitCodes", words)


def _timeouts(
    body: TaskDefinitionBody, container: ContainerDefinition, path: str
) -> Iterator[Problem]:
    timeouts = (("startTimeout", container.start_timeout), ("stopTimeout", container.stop_timeout))
    for member, seconds in timeouts:
        if seconds is not None and seconds < 0:
            yield Problem(f"{path}.{member}", f"{member} must not be negative.")
        elif seconds is not None and seconds > MOST:
            yield Problem(f"{path}.{member}", f"{member} must be at most {MOST} seconds.")


def _logging(
    body: TaskDefinitionBody, container: ContainerDefinition, path: str
) -> Iterator[Problem]:
    logging = container.log_configuration
    if logging is None:
        return
    here = f"{path}.logConfiguration"
    if logging.log_driver not in LOG_DRIVERS:
        words = f"Log driver should be one of [{', '.join(LOG_DRIVERS)}]"
        yield Problem(f"{here}.logDriver", words, INVALID_PARAMETER)
    if logging.log_driver == "awslogs":
        yield from _awslogs(logging, here)
    elif logging.log_driver == "awsfirelens" and not _has_log_router(body):
        words = "A container of the task must have firelensConfiguration to use awsfirelens."
        yield Problem(f"{here}.logDriver", words)
    mode = (logging.options or {}).get("mode")
    if mode not in (None, "blocking", "non-blocking"):
        words = "Log option mode should be one of [blocking, non-blocking]"
        yield Problem(f"{here}.options.mode", words)


def _awslogs(logging: LogConfiguration, path: str) -> Iterator[Problem]:
    options = logging.options or {}
    missing = [name for name in ("awslogs-region", "awslogs-group") if not options.get(name)]
    if missing:
        words = f"Log driver awslogs requires options: {', '.join(missing)}"
        yield Problem(f"{path}.options", words)
    if "awslogs-datetime-format" in options and "awslogs-multiline-pattern" in options:
        words = "awslogs-datetime-format and awslogs-multiline-pattern exclude each other."
        yield Problem(f"{path}.options", words)


def _has_log_router(body: TaskDefinitionBody) -> bool:
    return any(c.firelens_configuration is not None for c in body.container_definitions)


def _firelens(
    body: TaskDefinitionBody, container: ContainerDefinition, path: str
) -> Iterator[Problem]:
    router = container.firelens_configuration
    if router is not None and router.type not in ("fluentd", "fluentbit"):
        words = "FireLens type should be one of [fluentd, fluentbit]"
        yield Problem(f"{path}.firelensConfiguration.type", words)


def _ulimits(
    body: TaskDefinitionBody, container: ContainerDefinition, path: str
) -> Iterator[Problem]:
    for index, ulimit in enumerate(container.ulimits):
        here = f"{path}.ulimits[{index}]"
        if ulimit.name not in ULIMITS:
            words = f"Ulimit name should be one of [{', '.join(ULIMITS)}]"
            yield Problem(f"{here}.name", words)
        is_unlimited = ulimit.hard_limit == -1
        if not is_unlimited and (ulimit.soft_limit > ulimit.hard_limit or ulimit.soft_limit == -1):
            words = f"Ulimit {ulimit.name}: softLimit must not be greater than hardLimit."
            yield Problem(f"{here}.softLimit", words)


def _hardware(
    body: TaskDefinitionBody, container: ContainerDefinition, path: str
) -> Iterator[Problem]:
    for index, requirement in enumerate(container.resource_requirements):
        here = f"{path}.resourceRequirements[{index}]"
        is_shared = requirement.sharing_strategy is not None
        if requirement.type not in _RESOURCES:
            words = f"Resource requirement type should be one of [{', '.join(_RESOURCES)}]"
            yield Problem(f"{here}.type", words)
        elif is_shared and (requirement.type != "GPU" or requirement.value):
            words = "sharingStrategy goes with type GPU only, and without a value."
            yield Problem(f"{here}.sharingStrategy", words)
        elif is_shared:
            continue
        elif requirement.type != "GPU" and not requirement.value:
            yield Problem(f"{here}.value", f"Resource requirement {requirement.type} needs a value")
        elif requirement.type == "GPU" and re.fullmatch(r"[1-9]\d{0,2}", requirement.value) is None:
            yield Problem(f"{here}.value", "The number of GPUs must be a positive whole number.")
    if len(container.credential_specs) > 1:
        yield Problem(f"{path}.credentialSpecs", "At most one credential spec can be given.")


def _linux(
    body: TaskDefinitionBody, container: ContainerDefinition, path: str
) -> Iterator[Problem]:
    linux = container.linux_parameters
    if linux is None:
        return
    here = f"{path}.linuxParameters"
    for index, device in enumerate(linux.devices):
        if not set(device.permissions) <= {"read", "write", "mknod"}:
            words = "Device permissions should be one of [read, write, mknod]"
            yield Problem(f"{here}.devices[{index}].permissions", words)
    yield from _tmpfs(linux, here)
    if (linux.shared_memory_size or 0) < 0:
        yield Problem(f"{here}.sharedMemorySize", "sharedMemorySize must not be negative.")
    if (linux.max_swap or 0) < 0:
        yield Problem(f"{here}.maxSwap", "maxSwap must not be negative.")
    if not 0 <= (linux.swappiness or 0) <= 100:
        yield Problem(f"{here}.swappiness", "swappiness must be between 0 and 100.")


def _tmpfs(linux: LinuxParameters, here: str) -> Iterator[Problem]:
    for index, mount in enumerate(linux.tmpfs):
        if mount.size <= 0 or not mount.container_path:
            words = "A tmpfs needs a containerPath and a size of at least 1 MiB."
            yield Problem(f"{here}.tmpfs[{index}]", words)
        wrong = [option for option in mount.mount_options if not _MOUNT_OPTION.fullmatch(option)]
        if wrong:
            words = f"Invalid tmpfs mount option '{wrong[0]}'."
            yield Problem(f"{here}.tmpfs[{index}].mountOptions", words)


def _system_controls(
    body: TaskDefinitionBody, container: ContainerDefinition, path: str
) -> Iterator[Problem]:
    for index, control in enumerate(container.system_controls):
        here = f"{path}.systemControls[{index}].namespace"
        name = control.namespace or ""
        if name.startswith("net."):
            if body.network_mode is NetworkMode.HOST:
                yield Problem(here, f"{name} is not supported when networkMode=host")
        elif _IPC_CONTROL.fullmatch(name) is None:
            yield Problem(here, f"System control '{name}' is not supported.")
        elif body.ipc_mode == "host":
            yield Problem(here, f"{name} is not supported when ipcMode=host")


CONTAINER_RULES: tuple[ContainerRule, ...] = (
    _identity,
    _size,
    _dependencies,
    _variables,
    _health,
    _restarts,
    _timeouts,
    _logging,
    _firelens,
    _ulimits,
    _hardware,
    _linux,
    _system_controls,
)
