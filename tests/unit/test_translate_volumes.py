"""Volumes of tasks as mounts (ecs.md 2.6)."""

import pytest

from ecstui.model.task_definition import (
    DockerVolumeConfiguration,
    EfsVolumeConfiguration,
    HostVolume,
    MountPoint,
    Volume,
    VolumeFrom,
)
from ecstui.plan.spec import Mount
from ecstui.plan.translate import (
    Setting,
    container_spec,
    task_volumes,
    volume_name,
)
from tests.factories import (
    a_container,
    a_definition,
    a_task,
    an_id,
)

SETTING = Setting(owner="me")
TASK_ID = an_id("task")
SHORT = TASK_ID[:12]


def spec_of(definition, name="app", *, setting=SETTING, **changes):
    task = a_task(definition, **changes)
    return container_spec(task, definition, definition.container(name), setting)


def mounted(volume):
    point = MountPoint(source_volume="v", container_path="/v", read_only=True)
    return a_definition(a_container(mount_points=(point,)), volumes=(volume,))


PLAIN_EFS = EfsVolumeConfiguration(file_system_id="fs-1")
SHARED = DockerVolumeConfiguration(scope="shared", driver="local")
OWN = f"ecs-web-1-v-{SHORT}"


@pytest.mark.parametrize(
    ("volume", "source", "is_own"),
    [
        (Volume(name="v"), OWN, True),
        (Volume(name="v", host=HostVolume()), OWN, True),
        (Volume(name="v", host=HostVolume(source_path="/srv")), "/srv", False),
        (Volume(name="v", docker_volume_configuration=DockerVolumeConfiguration()), OWN, True),
        (
            Volume(name="v", docker_volume_configuration=SHARED),
            "v",
            False,
        ),
        (Volume(name="v", configured_at_launch=True), OWN, True),
        (
            Volume(
                name="v", efs_volume_configuration=EfsVolumeConfiguration(file_system_id="fs-1")
            ),
            "ecs-fs-1",
            False,
        ),
        (
            Volume(
                name="v",
                efs_volume_configuration=EfsVolumeConfiguration(
                    file_system_id="fs-2", root_directory="/a/../b"
                ),
            ),
            "/mnt/two/a/b",
            False,
        ),
    ],
)
def test_kinds_of_volumes(volume, source, is_own):
    definition = mounted(volume)
    setting = Setting(owner="me", file_systems={"fs-2": "/mnt/two"})
    assert spec_of(definition, setting=setting).mounts == (Mount(source, "/v", read_only=True),)
    assert task_volumes(a_task(definition), definition) == ((source,) if is_own else ())


def test_two_roots_of_one_file_system_are_two_volumes():
    sources = {
        spec_of(
            mounted(
                Volume(
                    name="v",
                    efs_volume_configuration=EfsVolumeConfiguration(
                        file_system_id="fs-1", root_directory=root
                    ),
                )
            )
        )
        .mounts[0]
        .source
        for root in ("/", None, "/a", "/b")
    }
    assert len(sources) == 3


def test_a_docker_volume_keeps_its_driver_options_and_labels():
    docker = DockerVolumeConfiguration(
        driver="nfs", driver_opts={"device": ":/x"}, labels={"team": "y"}
    )
    (mount,) = spec_of(mounted(Volume(name="v", docker_volume_configuration=docker))).mounts
    assert mount.volume is not None
    assert (mount.volume.driver, mount.volume.options, mount.volume.labels) == (
        "nfs",
        (("device", ":/x"),),
        (("team", "y"),),
    )


def test_a_volume_that_nothing_mounts_is_not_the_tasks():
    definition = a_definition(volumes=(Volume(name="idle"),))
    assert task_volumes(a_task(definition), definition) == ()


def test_volumes_from_name_containers_of_the_same_task():
    app = a_container(volumes_from=(VolumeFrom(source_container="seed", read_only=True),))
    definition = a_definition(app, a_container("seed"))
    assert spec_of(definition).volumes_from == ((f"ecs-web-1-seed-{SHORT}", True),)


def test_volumes_of_two_tasks_are_two():
    definition = a_definition()
    assert volume_name(definition, "v", an_id(1)) != volume_name(definition, "v", an_id(2))
