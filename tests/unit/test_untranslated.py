"""No member of a task definition is dropped in silence, whatever members the model gains.

Each member gets a value of its own here. With it, something that is made of the definition must
differ: a spec, a record, a dependency, a volume, what placement counts, or a notice.
"""

from collections.abc import Callable
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest

from ecstui.model.enums import ContainerStatus, DependencyCondition, PlacementConstraintType
from ecstui.model.shape import KeyValuePair, Shape
from ecstui.model.task_definition import (
    Capabilities,
    ContainerDefinition,
    ContainerDependency,
    Device,
    DockerVolumeConfiguration,
    EfsAuthorizationConfig,
    EfsVolumeConfiguration,
    EnvironmentFile,
    EphemeralStorage,
    FirelensConfiguration,
    FsxAuthorizationConfig,
    FsxVolumeConfiguration,
    HealthCheck,
    HostEntry,
    HostVolume,
    InferenceAccelerator,
    LinuxParameters,
    LogConfiguration,
    MountPoint,
    NvidiaMps,
    PortMapping,
    ProxyConfiguration,
    RepositoryCredentials,
    ResourceRequirement,
    RestartPolicy,
    RuntimePlatform,
    S3FilesVolumeConfiguration,
    Secret,
    SharingStrategy,
    SystemControl,
    TaskDefinitionBody,
    TaskDefinitionPlacementConstraint,
    TaskDefinitionRecord,
    Tmpfs,
    TrustedExecutionConfiguration,
    Ulimit,
    Volume,
    VolumeFrom,
)
from ecstui.plan.depends import ContainerState, can_start, dependencies_of
from ecstui.plan.placement import demand_of
from ecstui.plan.translate import (
    Setting,
    container_spec,
    pause_spec,
    reservation_of,
    task_volumes,
    untranslated,
)
from tests.factories import NOW, a_container, a_definition, a_task

SETTING = Setting(owner="me")

ELSEWHERE = {
    (TaskDefinitionBody, "container_definitions"): "every test here",
    (TaskDefinitionBody, "volumes"): "every test of volumes here",
    (TaskDefinitionBody, "placement_constraints"): "placement (service_words, run_task)",
    (TaskDefinitionBody, "requires_compatibilities"): "registration and launch types",
    (TaskDefinitionBody, "trusted_execution_configuration"): "refused at registration",
    (TaskDefinitionPlacementConstraint, "type"): "placement",
    (TaskDefinitionPlacementConstraint, "expression"): "placement",
    (ContainerDefinition, "restart_policy"): "plan_task restarts in place",
    (ContainerDefinition, "repository_credentials"): "plan_task pulls with it",
    (RestartPolicy, "enabled"): "plan_task",
    (RestartPolicy, "ignored_exit_codes"): "plan_task",
    (RestartPolicy, "restart_attempt_period"): "plan_task",
}
"""Members that another part of the house acts on, and which."""

NAMED = (
    InferenceAccelerator,
    EphemeralStorage,
    ProxyConfiguration,
    S3FilesVolumeConfiguration,
    SharingStrategy,
    NvidiaMps,
    TrustedExecutionConfiguration,
    RuntimePlatform,
    FirelensConfiguration,
    RepositoryCredentials,
    EnvironmentFile,
    Secret,
    FsxAuthorizationConfig,
    FsxVolumeConfiguration,
    EfsAuthorizationConfig,
    ResourceRequirement,
)
"""Shapes told as a whole: one notice stands for all their members."""


def made_of(definition: TaskDefinitionRecord) -> object:
    """All that comes of a definition, to be compared."""
    task = a_task(definition)
    first = definition.container_definitions[0]
    running = ContainerState(ContainerStatus.RUNNING, NOW, seen_running_at=NOW)
    states = {c.name: running for c in definition.container_definitions}
    return (
        [container_spec(task, definition, c, SETTING) for c in definition.container_definitions],
        pause_spec(task, definition, SETTING),
        task_volumes(task, definition),
        reservation_of(definition),
        demand_of(definition, "family:web", "salt"),
        task.containers,
        dependencies_of(first),
        [can_start(c.name, definition, states, NOW + 99) for c in definition.container_definitions],
        untranslated(definition),
    )


def with_container(**changes: Any) -> TaskDefinitionRecord:
    """`app`, which mounts the volume `v`, and a second container that waits for it."""
    point = MountPoint(source_volume="v", container_path="/v")
    app = a_container("app", memory=64, mount_points=(point,)).with_(**changes)
    waits = ContainerDependency(container_name="app", condition=DependencyCondition.COMPLETE)
    check = HealthCheck(command=("CMD", "x"))
    db = a_container("db", health_check=check, depends_on=(waits,))
    return a_definition(app, db, volumes=(Volume(name="v"),))


def with_volume(volume: Volume) -> TaskDefinitionRecord:
    return with_container().with_(volumes=(volume,))


def linux(**changes: Any) -> TaskDefinitionRecord:
    return with_container(linux_parameters=LinuxParameters(**changes))


EFS = EfsVolumeConfiguration(file_system_id="fs-1")
WAIT = ContainerDependency(container_name="db", condition=DependencyCondition.SUCCESS)

PLACES: dict[type[Shape], tuple[Shape, Callable[[Any], TaskDefinitionRecord]]] = {
    TaskDefinitionBody: (with_container(), lambda body: body),
    ContainerDefinition: (
        with_container().container_definitions[0],
        lambda c: with_container(**{name: getattr(c, name) for name in type(c).model_fields}),
    ),
    PortMapping: (PortMapping(container_port=80), lambda s: with_container(port_mappings=(s,))),
    HealthCheck: (HealthCheck(command=("CMD",)), lambda s: with_container(health_check=s)),
    ContainerDependency: (WAIT, lambda s: with_container(depends_on=(s,))),
    MountPoint: (
        MountPoint(source_volume="v", container_path="/v"),
        lambda s: with_container(mount_points=(s,)),
    ),
    VolumeFrom: (VolumeFrom(source_container="db"), lambda s: with_container(volumes_from=(s,))),
    Ulimit: (
        Ulimit(name="core", soft_limit=1, hard_limit=2),
        lambda s: with_container(ulimits=(s,)),
    ),
    LogConfiguration: (
        LogConfiguration(log_driver="syslog"),
        lambda s: with_container(log_configuration=s),
    ),
    KeyValuePair: (KeyValuePair(name="A", value="1"), lambda s: with_container(environment=(s,))),
    LinuxParameters: (
        LinuxParameters(max_swap=1),
        lambda s: with_container(linux_parameters=s),
    ),
    Capabilities: (Capabilities(), lambda s: linux(capabilities=s)),
    Device: (Device(host_path="/dev/a"), lambda s: linux(devices=(s,))),
    Tmpfs: (Tmpfs(container_path="/t", size=1), lambda s: linux(tmpfs=(s,))),
    HostEntry: (
        HostEntry(hostname="a", ip_address="10.0.0.1"),
        lambda s: with_container(extra_hosts=(s,)),
    ),
    SystemControl: (
        SystemControl(namespace="net.a", value="1"),
        lambda s: with_container(system_controls=(s,)),
    ),
    Volume: (Volume(name="v"), with_volume),
    HostVolume: (HostVolume(), lambda s: with_volume(Volume(name="v", host=s))),
    DockerVolumeConfiguration: (
        DockerVolumeConfiguration(scope="shared", autoprovision=True),
        lambda s: with_volume(Volume(name="v", docker_volume_configuration=s)),
    ),
    EfsVolumeConfiguration: (
        EFS,
        lambda s: with_volume(Volume(name="v", efs_volume_configuration=s)),
    ),
}

VALUES: dict[type[Shape], dict[str, object]] = {
    TaskDefinitionBody: {
        "family": "other",
        "task_role_arn": "role",
        "execution_role_arn": "role",
        "network_mode": "host",
        "cpu": "256",
        "memory": "256",
        "pid_mode": "task",
        "ipc_mode": "task",
        "proxy_configuration": ProxyConfiguration(container_name="db"),
        "inference_accelerators": (InferenceAccelerator(device_name="a", device_type="b"),),
        "ephemeral_storage": EphemeralStorage(size_in_gib=30),
        "runtime_platform": RuntimePlatform(cpu_architecture="ARM64"),
        "enable_fault_injection": True,
    },
    ContainerDefinition: {
        "name": "renamed",
        "image": "other",
        "cpu": 7,
        "memory": 77,
        "memory_reservation": 7,
        "links": ("db",),
        "port_mappings": (PortMapping(container_port=80),),
        "essential": False,
        "entry_point": ("x",),
        "command": ("x",),
        "environment": (KeyValuePair(name="A", value="1"),),
        "environment_files": (EnvironmentFile(value="arn:aws:s3:::b/x.env"),),
        "mount_points": (),
        "volumes_from": (VolumeFrom(source_container="db"),),
        "linux_parameters": LinuxParameters(init_process_enabled=True),
        "secrets": (Secret(name="S", value_from="x"),),
        "depends_on": (WAIT,),
        "start_timeout": 5,
        "stop_timeout": 5,
        "version_consistency": "enabled",
        "hostname": "box",
        "user": "nobody",
        "working_directory": "/w",
        "disable_networking": True,
        "privileged": True,
        "readonly_root_filesystem": True,
        "dns_servers": ("9.9.9.9",),
        "dns_search_domains": ("example",),
        "extra_hosts": (HostEntry(hostname="a", ip_address="10.0.0.1"),),
        "docker_security_options": ("no-new-privileges",),
        "interactive": True,
        "pseudo_terminal": True,
        "docker_labels": {"a": "b"},
        "ulimits": (Ulimit(name="core", soft_limit=1, hard_limit=2),),
        "log_configuration": LogConfiguration(log_driver="syslog"),
        "health_check": HealthCheck(command=("CMD", "x")),
        "system_controls": (SystemControl(namespace="net.a", value="1"),),
        "resource_requirements": (ResourceRequirement(type="GPU", value="1"),),
        "firelens_configuration": FirelensConfiguration(type="fluentbit"),
        "repository_credentials": RepositoryCredentials(credentials_parameter="x"),
        "credential_specs": ("x",),
    },
    PortMapping: {
        "container_port": 81,
        "host_port": 82,
        "protocol": "udp",
        "name": "web",
        "app_protocol": "http",
        "container_port_range": "90-91",
    },
    HealthCheck: {
        "command": ("CMD", "y"),
        "interval": 7,
        "timeout": 7,
        "retries": 7,
        "start_period": 7,
    },
    ContainerDependency: {
        "container_name": "app",
        "condition": DependencyCondition.COMPLETE,
    },
    MountPoint: {"source_volume": None, "container_path": "/w", "read_only": True},
    VolumeFrom: {"source_container": "app", "read_only": True},
    Ulimit: {"name": "cpu", "soft_limit": 0, "hard_limit": 9},
    LogConfiguration: {
        "log_driver": "awslogs",
        "options": {"tag": "x"},
        "secret_options": (Secret(name="S", value_from="x"),),
    },
    KeyValuePair: {"name": "B", "value": "2"},
    LinuxParameters: {
        "capabilities": Capabilities(add=("CHOWN",)),
        "devices": (Device(host_path="/dev/a"),),
        "init_process_enabled": True,
        "shared_memory_size": 9,
        "tmpfs": (Tmpfs(container_path="/t", size=1),),
        "max_swap": 9,
        "swappiness": 9,
    },
    Capabilities: {"add": ("CHOWN",), "drop": ("ALL",)},
    Device: {"host_path": "/dev/b", "container_path": "/dev/c", "permissions": ("read",)},
    Tmpfs: {"container_path": "/u", "size": 2, "mount_options": ("ro",)},
    HostEntry: {"hostname": "b", "ip_address": "10.0.0.2"},
    SystemControl: {"namespace": "net.b", "value": "2"},
    Volume: {
        "name": "w",
        "host": HostVolume(source_path="/srv"),
        "docker_volume_configuration": DockerVolumeConfiguration(scope="shared"),
        "efs_volume_configuration": EFS,
        "fsx_windows_file_server_volume_configuration": FsxVolumeConfiguration(
            file_system_id="fs-2",
            root_directory="/",
            authorization_config=FsxAuthorizationConfig(credentials_parameter="x", domain="y"),
        ),
        "s3files_volume_configuration": S3FilesVolumeConfiguration(file_system_arn="arn:x/fs-3"),
        "configured_at_launch": True,
    },
    HostVolume: {"source_path": "/srv"},
    DockerVolumeConfiguration: {
        "scope": "task",
        "autoprovision": False,
        "driver": "nfs",
        "driver_opts": {"a": "b"},
        "labels": {"a": "b"},
    },
    EfsVolumeConfiguration: {
        "file_system_id": "fs-9",
        "root_directory": "/a",
        "transit_encryption": "ENABLED",
        "transit_encryption_port": 9,
        "authorization_config": EfsAuthorizationConfig(access_point_id="fsap-1"),
    },
}

TOLD_BY_THE_WHOLE = {
    (EfsVolumeConfiguration, "transit_encryption"),
    (EfsVolumeConfiguration, "transit_encryption_port"),
}
"""Members of a shape that is given already: its notice was there before."""


def shapes_of(shape: type[Shape]) -> set[type[Shape]]:
    """The shape and all that it is made of."""
    found = {shape}
    for field in shape.model_fields.values():
        inner = shape_in(field.annotation)
        if inner is not None:
            found |= shapes_of(inner)
    return found


def shape_in(annotation: object) -> type[Shape] | None:
    if isinstance(annotation, type) and issubclass(annotation, Shape):
        return annotation
    if get_origin(annotation) in (tuple, Union, UnionType):
        return next(filter(None, map(shape_in, get_args(annotation))), None)
    return None


EVERY_MEMBER = [
    (shape, name)
    for shape in sorted(shapes_of(TaskDefinitionBody) - set(NAMED), key=lambda s: s.__name__)
    for name in shape.model_fields
]


@pytest.mark.parametrize(
    ("shape", "name"), EVERY_MEMBER, ids=[f"{s.__name__}.{n}" for s, n in EVERY_MEMBER]
)
def test_a_member_changes_something_or_is_told(shape, name):
    if (shape, name) in ELSEWHERE or (shape, name) in TOLD_BY_THE_WHOLE:
        return
    assert name in VALUES[shape], f"give {shape.__name__}.{name} a value here"
    base, place = PLACES[shape]
    with_it = base.with_(**{name: VALUES[shape][name]})
    if shape is PortMapping and name == "container_port_range":
        with_it = with_it.with_(container_port=None)
    assert made_of(place(with_it)) != made_of(place(base))


@pytest.mark.parametrize("shape", NAMED, ids=lambda s: s.__name__)
def test_a_shape_told_as_a_whole_is_reached(shape):
    assert shape in shapes_of(TaskDefinitionBody)


def test_a_plain_definition_has_nothing_to_tell():
    assert untranslated(with_container()) == ()


def test_notices_name_members_as_ecs_does():
    definition = with_container(
        secrets=(Secret(name="S", value_from="x"),),
        credential_specs=("x",),
        linux_parameters=LinuxParameters(swappiness=1),
    ).with_(execution_role_arn="role", pid_mode="task")
    assert [notice.path for notice in untranslated(definition)] == [
        "executionRoleArn",
        "pidMode",
        "containerDefinitions[0].credentialSpecs",
        "containerDefinitions[0].linuxParameters.swappiness",
    ]


def test_constraints_are_not_told_for_placement_keeps_them():
    constraint = TaskDefinitionPlacementConstraint(
        type=PlacementConstraintType.MEMBER_OF, expression="attribute:a exists"
    )
    definition = with_container().with_(placement_constraints=(constraint,))
    assert untranslated(definition) == ()
