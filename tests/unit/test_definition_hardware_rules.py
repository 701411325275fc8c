"""Rules for what few definitions have: tmpfs options, GPUs, S3 Files, trusted execution."""

import pytest

from ecstui.model.task_definition import (
    LinuxParameters,
    NvidiaMps,
    ResourceRequirement,
    S3FilesVolumeConfiguration,
    SharingStrategy,
    Tmpfs,
    TrustedExecutionConfiguration,
    Volume,
)
from ecstui.plan.definition import check_definition
from tests.factories import a_container, a_definition

MPS = SharingStrategy(nvidia_mps=NvidiaMps(memory=64))
FILES = "arn:aws:s3files:us-east-1:123456789012:file-system/fs-1"


def found(definition):
    return [(problem.path, problem.message) for problem in check_definition(definition)]


def with_tmpfs(*options):
    mount = Tmpfs(container_path="/t", size=8, mount_options=options)
    return a_definition(a_container(memory=64, linux_parameters=LinuxParameters(tmpfs=(mount,))))


def with_resource(**members):
    requirement = ResourceRequirement(**({"type": "GPU"} | members))
    return a_definition(a_container(memory=64, resource_requirements=(requirement,)))


def with_files(**members):
    configuration = S3FilesVolumeConfiguration(**({"file_system_arn": FILES} | members))
    return a_definition(
        a_container(memory=64),
        volumes=(Volume(name="v", s3files_volume_configuration=configuration),),
    )


def with_trust(mode):
    return a_definition(a_container(memory=64)).with_(
        trusted_execution_configuration=TrustedExecutionConfiguration(isolation_mode=mode)
    )


@pytest.mark.parametrize(
    "definition",
    [
        with_tmpfs("ro", "noexec", "mode=1777", "unbindable", "runbindable", "nostrictatime"),
        with_resource(value="2"),
        with_resource(sharing_strategy=MPS),
        with_resource(type="NeuronDevice", value="1"),
        with_files(),
        with_files(root_directory="/", access_point_arn="arn:x"),
        with_trust("SHARED"),
    ],
)
def test_good(definition):
    assert found(definition) == []


GPU = "containerDefinitions[0].resourceRequirements[0]"


@pytest.mark.parametrize(
    ("definition", "path", "message"),
    [
        (
            with_tmpfs("ro", "size=1"),
            "containerDefinitions[0].linuxParameters.tmpfs[0].mountOptions",
            "Invalid tmpfs mount option 'size=1'.",
        ),
        (with_resource(), f"{GPU}.value", "The number of GPUs must be a positive whole number."),
        (
            with_resource(value="1", sharing_strategy=MPS),
            f"{GPU}.sharingStrategy",
            "sharingStrategy goes with type GPU only, and without a value.",
        ),
        (
            with_resource(type="NeuronDevice"),
            f"{GPU}.value",
            "Resource requirement NeuronDevice needs a value",
        ),
        (
            with_resource(type="TPU", value="1"),
            f"{GPU}.type",
            "Resource requirement type should be one of [GPU, InferenceAccelerator, NeuronDevice]",
        ),
        (
            with_files(file_system_arn="fs-1"),
            "volumes[0].s3filesVolumeConfiguration.fileSystemArn",
            "Invalid arn syntax",
        ),
        (
            with_files(root_directory="/a", access_point_arn="arn:x"),
            "volumes[0].s3filesVolumeConfiguration.rootDirectory",
            'When using an S3 Files access point, the root directory must either be set to "/" or '
            "be omitted",
        ),
        (
            with_trust("ISOLATED_SANDBOX"),
            "trustedExecutionConfiguration.isolationMode",
            "Trusted execution is supported only for Amazon ECS Managed Instances, which are not "
            "here. Use SHARED.",
        ),
    ],
)
def test_bad(definition, path, message):
    assert found(definition) == [(path, message)]
