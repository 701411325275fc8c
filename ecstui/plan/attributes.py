"""Attributes that a task definition asks of container instances, and those that ours have.

Source: ecs.md 2.2 (requiresAttributes) and 4.2. What is asked for and not offered keeps a task
from being placed, with a reason; it is never left out.
"""

from collections.abc import Iterator

from ecstui.model.enums import NetworkMode
from ecstui.model.task_definition import Attribute, ContainerDefinition, TaskDefinitionBody, Volume
from ecstui.plan.container_rules import LOG_DRIVERS
from ecstui.plan.fargate_rules import ECR_IMAGE
from ecstui.plan.ports import network_mode_of

_OLD = "com.amazonaws.ecs.capability."
_NEW = "ecs.capability."
_API = f"{_OLD}docker-remote-api."
_OLDEST_API, _NEWEST_API = 17, 44

OS_TYPE = "ecs.os-type"
ARCHITECTURE = "ecs.cpu-architecture"
_ARCHITECTURES = {"aarch64": "arm64", "amd64": "x86_64"}

_RESERVED_PREFIXES = ("ecs.", "com.amazonaws.ecs.")


def is_custom(name: str) -> bool:
    """Whether an attribute is one of people's own: ECS's names have prefixes (ecs.md 4.2)."""
    return not name.startswith(_RESERVED_PREFIXES)


def architecture_of(machine: str) -> str:
    """The value of the attribute for a machine as its engine names it, e.g. `aarch64`."""
    return _ARCHITECTURES.get(machine, machine)


def requires_attributes_of(body: TaskDefinitionBody) -> tuple[Attribute, ...]:
    """What RegisterTaskDefinition puts into `requiresAttributes`, as far as it is known."""
    names = dict.fromkeys((*_of_task(body), *_of_containers(body), *_of_volumes(body)))
    return tuple(Attribute(name=name) for name in names)


def required_of(body: TaskDefinitionBody, given: tuple[Attribute, ...]) -> tuple[Attribute, ...]:
    """What placement asks of an instance: `given`, the processor, and Windows where wanted."""
    platform = body.runtime_platform
    if platform is None:
        return given
    if platform.cpu_architecture:
        given += (Attribute(name=ARCHITECTURE, value=platform.cpu_architecture.lower()),)
    if (platform.operating_system_family or "").startswith("WINDOWS"):
        given += (Attribute(name=OS_TYPE, value="windows"),)
    return given


def _of_task(body: TaskDefinitionBody) -> Iterator[str]:
    # Every definition that AWS is known to have described asks for this version.
    yield f"{_API}1.18"
    mode = network_mode_of(body)
    if mode is NetworkMode.AWSVPC:
        yield f"{_NEW}task-eni"
    if body.task_role_arn:
        yield f"{_OLD}task-iam-role"
        if mode is NetworkMode.HOST:
            yield f"{_OLD}task-iam-role-network-host"
    if body.pid_mode or body.ipc_mode:
        yield f"{_NEW}pid-ipc-namespace-sharing"
    if body.proxy_configuration is not None:
        yield f"{_NEW}aws-appmesh"


def _of_containers(body: TaskDefinitionBody) -> Iterator[str]:
    has_role = bool(body.execution_role_arn)
    for container in body.container_definitions:
        yield from _of_logging(container, has_role=has_role)
        if ECR_IMAGE.fullmatch(container.image):
            yield f"{_OLD}ecr-auth"
            if has_role:
                yield f"{_NEW}execution-role-ecr-pull"
        yield from _of_secrets(container)
        yield from _of_members(container)


def _of_logging(container: ContainerDefinition, *, has_role: bool) -> Iterator[str]:
    logging = container.log_configuration
    if logging is not None:
        yield f"{_OLD}logging-driver.{logging.log_driver}"
        if logging.log_driver == "awslogs":
            yield f"{_API}1.19"
            if (logging.options or {}).get("awslogs-create-group") == "true":
                yield f"{_API}1.29"
            if has_role:
                yield f"{_NEW}execution-role-awslogs"
    if container.firelens_configuration is not None:
        yield f"{_NEW}firelens.{container.firelens_configuration.type}"


def _of_secrets(container: ContainerDefinition) -> Iterator[str]:
    for secret in container.secrets:
        is_asm = ":secretsmanager:" in secret.value_from
        yield f"{_NEW}secrets.{'asm' if is_asm else 'ssm'}.environment-variables"
    if container.environment_files:
        yield f"{_NEW}env-files.s3"
    if container.repository_credentials is not None:
        yield f"{_NEW}private-registry-authentication.secretsmanager"


def _of_members(container: ContainerDefinition) -> Iterator[str]:
    if container.memory_reservation is not None:
        yield f"{_API}1.21"
    if container.privileged:
        yield f"{_OLD}privileged-container"
    if container.health_check is not None:
        yield f"{_NEW}container-health-check"
        yield f"{_API}1.29" if container.health_check.start_period else f"{_API}1.24"
    if container.depends_on:
        yield f"{_NEW}container-ordering"
    if container.restart_policy is not None:
        yield f"{_NEW}container-restart-policy"
    if any(mapping.container_port_range for mapping in container.port_mappings):
        yield f"{_NEW}network.container-port-range"


def _of_volumes(body: TaskDefinitionBody) -> Iterator[str]:
    for volume in body.volumes:
        name = _of_volume(volume)
        if name is not None:
            yield name


def _of_volume(volume: Volume) -> str | None:
    docker, efs = volume.docker_volume_configuration, volume.efs_volume_configuration
    if docker is not None:
        return f"{_NEW}docker-plugin.{docker.driver or 'local'}"
    if efs is not None:
        is_plain = efs.transit_encryption != "ENABLED" and efs.authorization_config is None
        return f"{_NEW}efs" if is_plain else f"{_NEW}efsAuth"
    if volume.fsx_windows_file_server_volume_configuration is not None:
        return f"{_NEW}fsxWindowsFileServer"
    return None


_OFFERED = (
    *(f"{_OLD}logging-driver.{driver}" for driver in LOG_DRIVERS),
    *(f"{_API}1.{minor}" for minor in range(_OLDEST_API, _NEWEST_API + 1)),
    f"{_OLD}ecr-auth",
    f"{_OLD}privileged-container",
    f"{_OLD}task-iam-role",
    f"{_OLD}task-iam-role-network-host",
    f"{_NEW}aws-appmesh",
    f"{_NEW}container-health-check",
    f"{_NEW}container-ordering",
    f"{_NEW}container-restart-policy",
    f"{_NEW}docker-plugin.local",
    f"{_NEW}efs",
    f"{_NEW}efsAuth",
    f"{_NEW}env-files.s3",
    f"{_NEW}execution-role-awslogs",
    f"{_NEW}execution-role-ecr-pull",
    f"{_NEW}firelens.fluentbit",
    f"{_NEW}firelens.fluentd",
    f"{_NEW}network.container-port-range",
    f"{_NEW}pid-ipc-namespace-sharing",
    f"{_NEW}private-registry-authentication.secretsmanager",
    f"{_NEW}secrets.asm.environment-variables",
    f"{_NEW}secrets.ssm.environment-variables",
    f"{_NEW}task-cpu-mem-limit",
    f"{_NEW}task-eni",
)

INSTANCE_CAPABILITIES = tuple(Attribute(name=name) for name in _OFFERED)
"""The value-less attributes that an instance of ours registers.

Some of what they promise is left to the engine or only recorded; `untranslated` tells which.
"""
