"""Rules of RegisterTaskDefinition about volumes and mounts (ecs.md 2.6, 2.9).

Each rule yields what it finds and goes on; whether a path or file system exists is not asked.
"""

from collections.abc import Iterator

from ecstui.model.task_definition import TaskDefinitionBody, Volume
from ecstui.plan.problem import Problem, TaskRule, container_paths
from ecstui.plan.task_rules import NAME


def _names(body: TaskDefinitionBody) -> Iterator[Problem]:
    names: set[str] = set()
    for index, volume in enumerate(body.volumes):
        path = f"volumes[{index}]"
        if not volume.name:
            yield Problem(f"{path}.name", "Volume.name should not be null or empty.")
        elif NAME.fullmatch(volume.name) is None:
            yield Problem(f"{path}.name", "Volume.name contains invalid characters.")
        elif volume.name in names:
            words = "Volume names must be unique within a task definition"
            yield Problem(f"{path}.name", words)
        names.add(volume.name or "")


def _kinds(body: TaskDefinitionBody) -> Iterator[Problem]:
    for index, volume in enumerate(body.volumes):
        path = f"volumes[{index}]"
        kinds = (
            volume.host is not None,
            volume.docker_volume_configuration is not None,
            volume.efs_volume_configuration is not None,
            volume.fsx_windows_file_server_volume_configuration is not None,
            volume.s3files_volume_configuration is not None,
            bool(volume.configured_at_launch),
        )
        if sum(kinds) > 1:
            words = f"Volume '{volume.name}' can be of one kind only: host, Docker, EFS, FSx, S3"
            yield Problem(path, f"{words} Files or configured at launch.")
        docker = volume.docker_volume_configuration
        if docker is not None and docker.scope == "task" and docker.autoprovision:
            words = "autoprovision can only be true for a volume of scope shared"
            yield Problem(f"{path}.dockerVolumeConfiguration.autoprovision", words)
        yield from _efs(volume, f"{path}.efsVolumeConfiguration")
        yield from _s3_files(volume, f"{path}.s3filesVolumeConfiguration")


def _efs(volume: Volume, path: str) -> Iterator[Problem]:
    efs = volume.efs_volume_configuration
    if efs is None:
        return
    is_encrypted = efs.transit_encryption == "ENABLED"
    authorization = efs.authorization_config
    if efs.transit_encryption not in (None, "ENABLED", "DISABLED"):
        words = "transitEncryption should be one of [ENABLED, DISABLED]"
        yield Problem(f"{path}.transitEncryption", words)
    if efs.transit_encryption_port is not None and not is_encrypted:
        words = "TransitEncryptionPort requires that TransitEncryption is enabled"
        yield Problem(f"{path}.transitEncryptionPort", words)
    if authorization is None:
        return
    if authorization.iam == "ENABLED" and not is_encrypted:
        words = "EFS IAM authorization requires TransitEncryption to be enabled"
        yield Problem(f"{path}.authorizationConfig.iam", words)
    if authorization.access_point_id:
        if efs.root_directory not in (None, "", "/"):
            words = 'When using an EFS access point, the root directory must either be set to "/"'
            yield Problem(f"{path}.rootDirectory", f"{words} or be omitted")
        if not is_encrypted:
            words = "EFS access points require TransitEncryption to be enabled"
            yield Problem(f"{path}.authorizationConfig.accessPointId", words)


def _s3_files(volume: Volume, path: str) -> Iterator[Problem]:
    configuration = volume.s3files_volume_configuration
    if configuration is None:
        return
    if not configuration.file_system_arn.startswith("arn:"):
        yield Problem(f"{path}.fileSystemArn", "Invalid arn syntax")
    if configuration.access_point_arn and configuration.root_directory not in (None, "", "/"):
        words = 'When using an S3 Files access point, the root directory must either be set to "/"'
        yield Problem(f"{path}.rootDirectory", f"{words} or be omitted")


def _mounts(body: TaskDefinitionBody) -> Iterator[Problem]:
    names = {volume.name for volume in body.volumes}
    mounted: set[str] = set()
    for path, container in container_paths(body):
        for index, point in enumerate(container.mount_points):
            here = f"{path}.mountPoints[{index}]"
            mounted.add(point.source_volume or "")
            if not point.source_volume:
                yield Problem(f"{here}.sourceVolume", "A mount point needs a 'sourceVolume'.")
            elif point.source_volume not in names:
                words = f"Invalid 'mountPoints' setting. Unknown volume '{point.source_volume}'"
                yield Problem(f"{here}.sourceVolume", words)
            if not point.container_path:
                yield Problem(f"{here}.containerPath", "A mount point needs a 'containerPath'.")
    unused = [v.name for v in body.volumes if v.configured_at_launch and v.name not in mounted]
    if unused:
        listed = ", ".join(str(name) for name in unused)
        words = f"Volumes [{listed}] are not referenced by any of the containers"
        yield Problem("volumes", words)


VOLUME_RULES: tuple[TaskRule, ...] = (_names, _kinds, _mounts)
