"""What a task definition asks for that this machine does not do, told one by one.

The counterpart of `translate`: whatever does not reach the engine stands here, in words for the
person who wrote the definition. It never changes the definition.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ecstui.model.enums import Compatibility, NetworkMode
from ecstui.model.task_definition import (
    ContainerDefinition,
    LogConfiguration,
    TaskDefinitionBody,
    Volume,
)
from ecstui.plan.ports import MOST_PORTS_OF_A_RANGE, network_mode_of, port_range_of

ENGINE_LOG_DRIVERS = frozenset(
    {"json-file", "local", "journald", "syslog", "gelf", "fluentd", "splunk", "none"}
)
"""Log drivers that the engine itself has; every other one is replaced by its readable default."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A member that is not carried out, and what happens instead."""

    path: str
    """Member of the task definition, e.g. `containerDefinitions[0].secrets`."""
    words: str


_TASK_WORDS = {
    "task_role_arn": "no role is assumed: the task gets what [roles] in config.toml maps to it",
    "execution_role_arn": "the role is kept, not assumed: images are pulled as the engine is set",
    "proxy_configuration": "the proxy container runs, but no traffic is led through it",
    "inference_accelerators": "accelerators are not handed to containers",
    "ephemeral_storage": "the size of the task's disk is not limited",
    "enable_fault_injection": "tasks find no fault injection endpoint",
}

_CONTAINER_WORDS = {
    "version_consistency": "the image is taken by its tag; its digest is not pinned",
    "firelens_configuration": "the log router runs, but no logs are led to it",
    "credential_specs": "credential specs are not handed to the engine",
}


def untranslated(definition: TaskDefinitionBody) -> tuple[Notice, ...]:
    """Every member that is given but not carried out here, in the order of the definition."""
    notices = [
        Notice(_member(TaskDefinitionBody, name), words)
        for name, words in _TASK_WORDS.items()
        if getattr(definition, name)
    ]
    notices += _platform(definition)
    notices += _sharing(definition)
    for index, container in enumerate(definition.container_definitions):
        prefix = f"containerDefinitions[{index}]"
        for check in _CONTAINER_CHECKS:
            notices += check(definition, container, prefix)
    for index, volume in enumerate(definition.volumes):
        notices += _of_volume(volume, f"volumes[{index}]")
    return tuple(notices)


def _member(shape: type[TaskDefinitionBody] | type[ContainerDefinition], name: str) -> str:
    return shape.model_fields[name].alias or name


def _platform(definition: TaskDefinitionBody) -> Iterator[Notice]:
    """Placement keeps to instances of the processor; Fargate here is whatever the engine has."""
    platform = definition.runtime_platform
    is_fargate = Compatibility.FARGATE in definition.requires_compatibilities
    if platform is not None and platform.cpu_architecture and is_fargate:
        words = "on Fargate the engine's own platform is used; no other one is asked for"
        yield Notice("runtimePlatform.cpuArchitecture", words)
    if platform is not None and (platform.operating_system_family or "LINUX") != "LINUX":
        words = "no instance here runs Windows: the task waits for one, or runs on Linux on Fargate"
        yield Notice("runtimePlatform.operatingSystemFamily", words)


def _sharing(definition: TaskDefinitionBody) -> Iterator[Notice]:
    """PID and IPC namespaces of a task need the container that awsvpc mode brings."""
    if network_mode_of(definition) is NetworkMode.AWSVPC:
        return
    for path, mode in (("pidMode", definition.pid_mode), ("ipcMode", definition.ipc_mode)):
        if mode == "task":
            yield Notice(path, "containers share this namespace only in awsvpc mode")


def _plain(
    definition: TaskDefinitionBody, container: ContainerDefinition, prefix: str
) -> Iterator[Notice]:
    for name, words in _CONTAINER_WORDS.items():
        if getattr(container, name):
            yield Notice(f"{prefix}.{_member(ContainerDefinition, name)}", words)


def _logging(
    definition: TaskDefinitionBody, container: ContainerDefinition, prefix: str
) -> Iterator[Notice]:
    logging = container.log_configuration
    if logging is not None:
        words = _words_for(logging)
        if words:
            yield Notice(f"{prefix}.logConfiguration", words)


def _words_for(logging: LogConfiguration) -> str:
    if logging.log_driver == "awslogs":
        return "lines are kept here, told as CloudWatch Logs tells them, and not sent to AWS"
    if logging.log_driver not in ENGINE_LOG_DRIVERS:
        return f"logs stay in the engine, readable here, and are not sent by {logging.log_driver}"
    return ""


def _network(
    definition: TaskDefinitionBody, container: ContainerDefinition, prefix: str
) -> Iterator[Notice]:
    mode = network_mode_of(definition)
    if container.links and mode is not NetworkMode.BRIDGE:
        yield Notice(f"{prefix}.links", "links exist in bridge mode only")
    for index, mapping in enumerate(container.port_mappings):
        path = f"{prefix}.portMappings[{index}]"
        if mapping.name or mapping.app_protocol:
            yield Notice(path, "name and appProtocol are kept for Service Connect, which is absent")
        ports = port_range_of(mapping.container_port_range)
        if ports is None or mode not in (NetworkMode.BRIDGE, NetworkMode.AWSVPC):
            continue
        if len(ports) > MOST_PORTS_OF_A_RANGE:
            words = f"only the first {MOST_PORTS_OF_A_RANGE} ports of the range are published"
        else:
            words = "every port of the range gets a host port of its own, not one host range"
        yield Notice(f"{path}.containerPortRange", words)


def _hardware(
    definition: TaskDefinitionBody, container: ContainerDefinition, prefix: str
) -> Iterator[Notice]:
    for index, requirement in enumerate(container.resource_requirements):
        path = f"{prefix}.resourceRequirements[{index}]"
        if requirement.sharing_strategy is not None:
            yield Notice(f"{path}.sharingStrategy", "GPUs are not shared: none is handed out")
        elif requirement.type == "GPU":
            yield Notice(path, "GPUs are asked of the engine, but placement does not count them")
        else:
            yield Notice(path, f"{requirement.type} is not handed to the container")
    linux = container.linux_parameters
    if linux is not None and linux.swappiness is not None and linux.max_swap is None:
        yield Notice(f"{prefix}.linuxParameters.swappiness", "swappiness needs maxSwap")


_ContainerCheck = Callable[[TaskDefinitionBody, ContainerDefinition, str], Iterator[Notice]]
_CONTAINER_CHECKS: tuple[_ContainerCheck, ...] = (_plain, _logging, _network, _hardware)


def _of_volume(volume: Volume, prefix: str) -> Iterator[Notice]:
    docker = volume.docker_volume_configuration
    if docker is not None:
        yield from _of_docker_volume(volume, prefix)
    if volume.efs_volume_configuration is not None:
        yield Notice(
            f"{prefix}.efsVolumeConfiguration",
            "a folder or volume of this machine stands for the file system; nothing is encrypted "
            "or authorised",
        )
    if volume.fsx_windows_file_server_volume_configuration is not None:
        yield Notice(
            f"{prefix}.fsxWindowsFileServerVolumeConfiguration",
            "a folder or volume of this machine stands for the file system",
        )
    if volume.s3files_volume_configuration is not None:
        yield Notice(
            f"{prefix}.s3filesVolumeConfiguration",
            "a folder or volume of this machine stands for the file system; nothing is encrypted",
        )
    if volume.configured_at_launch:
        yield Notice(f"{prefix}.configuredAtLaunch", "a volume of the engine stands for EBS")


def _of_docker_volume(volume: Volume, prefix: str) -> Iterator[Notice]:
    path = f"{prefix}.dockerVolumeConfiguration"
    docker = volume.docker_volume_configuration
    if docker is None:
        return
    if docker.scope == "shared" and not docker.autoprovision:
        yield Notice(f"{path}.autoprovision", "a volume that does not exist is made all the same")
