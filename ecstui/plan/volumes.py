"""Volumes of a task: what is mounted where, and which volumes go when the task goes (ecs.md 2.6).

A volume that belongs to the task carries the task's id in its name; one that does not must never
be listed as the task's own.
"""

import hashlib
from collections.abc import Mapping

from ecstui.model.task import TaskRecord
from ecstui.model.task_definition import ContainerDefinition, TaskDefinition, Volume
from ecstui.plan.naming import bounded, volume_name
from ecstui.plan.spec import Mount, VolumeMaking

_LONGEST_NAME = 128


def is_task_scoped(volume: Volume) -> bool:
    """Whether the volume is made for one task and removed with it."""
    if volume.docker_volume_configuration is not None:
        return volume.docker_volume_configuration.scope == "task"
    if volume.host is not None and volume.host.source_path:
        return False
    return file_system_id_of(volume) is None


def file_system_id_of(volume: Volume) -> str | None:
    """Id of the network file system that the volume stands for, or None."""
    if volume.efs_volume_configuration is not None:
        return volume.efs_volume_configuration.file_system_id
    if volume.fsx_windows_file_server_volume_configuration is not None:
        return volume.fsx_windows_file_server_volume_configuration.file_system_id
    if volume.s3files_volume_configuration is not None:
        return volume.s3files_volume_configuration.file_system_arn.rpartition("/")[2]
    return None


def volume_source(
    volume: Volume, definition: TaskDefinition, task_id: str, file_systems: Mapping[str, str]
) -> str:
    """What to mount for a volume: an absolute path of the host, or the name of a volume."""
    if volume.host is not None and volume.host.source_path:
        return volume.host.source_path
    if is_task_scoped(volume):
        return volume_name(definition, volume.name or "", task_id)
    identifier = file_system_id_of(volume)
    if identifier is None:
        return volume.name or ""
    return _file_system_source(volume, identifier, file_systems)


def _file_system_source(volume: Volume, identifier: str, file_systems: Mapping[str, str]) -> str:
    """A folder of the host that stands for the file system, else a volume that outlives tasks."""
    # ECS differs: nothing is mounted over the network. Tasks that name the same file system and
    # the same root of it still share what they write.
    root = _root_of(volume)
    folder = file_systems.get(identifier)
    if folder is not None:
        return folder.rstrip("/") + ("" if root == "/" else root)
    name = f"ecs-{identifier}"
    if root != "/":
        name += "-" + hashlib.sha256(root.encode()).hexdigest()[:8]
    return bounded(name, _LONGEST_NAME)


def _root_of(volume: Volume) -> str:
    """The part of the file system that is mounted: an access point, or a folder with a slash."""
    access_point, root = _access_of(volume)
    if access_point:
        return f"/{access_point}"
    parts = [part for part in (root or "").split("/") if part not in ("", ".", "..")]
    return "/" + "/".join(parts)


def _access_of(volume: Volume) -> tuple[str | None, str | None]:
    """Access point and root folder that a volume gives, whatever its kind."""
    efs, s3 = volume.efs_volume_configuration, volume.s3files_volume_configuration
    if s3 is not None:
        return (s3.access_point_arn or "").rpartition("/")[2], s3.root_directory
    if efs is not None:
        authorization = efs.authorization_config
        access_point = None if authorization is None else authorization.access_point_id
        return access_point, efs.root_directory
    fsx = volume.fsx_windows_file_server_volume_configuration
    return None, None if fsx is None else fsx.root_directory


def mounts_of(
    container: ContainerDefinition,
    definition: TaskDefinition,
    task_id: str,
    file_systems: Mapping[str, str],
) -> tuple[Mount, ...]:
    """The mounts of one container."""
    named = {volume.name: volume for volume in definition.volumes}
    mounts = []
    for point in container.mount_points:
        volume = named.get(point.source_volume)
        if volume is not None and point.container_path:
            source = volume_source(volume, definition, task_id, file_systems)
            making = _making_of(volume)
            mounts.append(Mount(source, point.container_path, bool(point.read_only), making))
    return tuple(mounts)


def _making_of(volume: Volume) -> VolumeMaking | None:
    """How the engine makes a Docker volume that is more than a name."""
    docker = volume.docker_volume_configuration
    if docker is None:
        return None
    making = VolumeMaking(
        docker.driver or "local",
        tuple((docker.driver_opts or {}).items()),
        tuple((docker.labels or {}).items()),
    )
    return None if making == VolumeMaking() else making


def task_volumes(task: TaskRecord, definition: TaskDefinition) -> tuple[str, ...]:
    """Names of the volumes that belong to this task alone, to be removed after its containers.

    Only those that a container mounts: no other is ever made.
    """
    mounted = {
        point.source_volume
        for container in definition.container_definitions
        for point in container.mount_points
    }
    return tuple(
        volume_name(definition, volume.name or "", task.task_id)
        for volume in definition.volumes
        if volume.name in mounted and is_task_scoped(volume)
    )
