"""The list of what becomes of each member of a task definition says the truth, and the README too.

Write the README's part anew with `python -m tests.unit.test_field_support`.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_origin

import pytest

from ecstui.control.sources import SimulatedSources, resolve
from ecstui.engine.docker_spec import create_body
from ecstui.model.enums import NetworkMode
from ecstui.model.requests.definitions import RegisterTaskDefinitionRequest
from ecstui.model.shape import KeyValuePair, Shape
from ecstui.model.task_definition import (
    EfsAuthorizationConfig,
    EfsVolumeConfiguration,
    EnvironmentFile,
    FsxAuthorizationConfig,
    FsxVolumeConfiguration,
    InferenceAccelerator,
    LogConfiguration,
    NvidiaMps,
    ProxyConfiguration,
    ResourceRequirement,
    S3FilesVolumeConfiguration,
    Secret,
    SharingStrategy,
    TaskDefinitionBody,
    TrustedExecutionConfiguration,
    Volume,
)
from ecstui.plan.definition import check_definition
from ecstui.plan.field_support import ENTRIES, SUPPORT, Support, as_markdown
from ecstui.plan.translate import Setting, container_spec, pause_spec, untranslated
from tests.factories import a_task
from tests.unit.test_untranslated import PLACES, VALUES, shape_in, with_container, with_volume

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- task definition fields: begin -->", "<!-- task definition fields: end -->"


def leaves(shape: type[Shape], prefix: str = "") -> Iterator[tuple[str, type[Shape], str]]:
    """Every member that has no members of its own: its path, its shape, its attribute."""
    for name, field in shape.model_fields.items():
        inner = shape_in(field.annotation)
        path = prefix + (field.alias or name)
        if inner is None or name == "tags":
            yield path, shape, name
        else:
            is_list = get_origin(field.annotation) is tuple
            yield from leaves(inner, f"{path}[]." if is_list else f"{path}.")


LEAVES = {path: (shape, name) for path, shape, name in leaves(RegisterTaskDefinitionRequest)}


def test_every_member_is_listed_and_nothing_else_is():
    assert sorted(SUPPORT) == sorted(LEAVES)
    assert sum(len(entry.members) for entry in ENTRIES) == len(SUPPORT)


def test_it_is_the_list_that_amazons_own_client_has():
    """Where botocore is installed: whoever adds a member to ECS adds a line to the list."""
    session = pytest.importorskip("botocore.session")
    model = session.get_session().get_service_model("ecs")
    theirs = set(wire_leaves(model.operation_model("RegisterTaskDefinition").input_shape))
    theirs = {path for path in theirs if not path.startswith("tags[]")} | {"tags"}
    assert {path for path in theirs if path not in SUPPORT} == set()
    assert set(SUPPORT) - theirs == set()


def wire_leaves(shape: Any, prefix: str = "") -> Iterator[str]:
    """The same for a structure of botocore."""
    for name, member in shape.members.items():
        path, inner = prefix + name, member
        if member.type_name == "list":
            inner = member.member
            path += "[]" if inner.type_name == "structure" else ""
        if inner.type_name == "structure" and inner.members:
            yield from wire_leaves(inner, f"{path}.")
        else:
            yield path


# -- what Docker is told ----------------------------------------------------------------------

EFS = EfsVolumeConfiguration(file_system_id="fs-1")
FSX = FsxVolumeConfiguration(
    file_system_id="fs-1",
    root_directory="/",
    authorization_config=FsxAuthorizationConfig(credentials_parameter="x", domain="y"),
)
S3 = S3FilesVolumeConfiguration(file_system_arn="arn:x/fs-1")
SECRET = Secret(name="S", value_from="x")

MORE_PLACES: dict[type[Shape], tuple[Shape, Any]] = {
    Secret: (SECRET, lambda s: with_container(secrets=(s,))),
    EnvironmentFile: (
        EnvironmentFile(value="arn:aws:s3:::b/x.env"),
        lambda s: with_container(environment_files=(s,)),
    ),
    ResourceRequirement: (
        ResourceRequirement(type="GPU", value="1"),
        lambda s: with_container(resource_requirements=(s,)),
    ),
    EfsAuthorizationConfig: (
        EfsAuthorizationConfig(),
        lambda s: with_volume(
            Volume(name="v", efs_volume_configuration=EFS.with_(authorization_config=s))
        ),
    ),
    FsxVolumeConfiguration: (
        FSX,
        lambda s: with_volume(Volume(name="v", fsx_windows_file_server_volume_configuration=s)),
    ),
    S3FilesVolumeConfiguration: (
        S3,
        lambda s: with_volume(Volume(name="v", s3files_volume_configuration=s)),
    ),
}
MORE_VALUES: dict[type[Shape], dict[str, object]] = {
    Secret: {"name": "T", "value_from": "y"},
    EnvironmentFile: {"value": "arn:aws:s3:::b/y.env"},
    ResourceRequirement: {"value": "2", "type": "InferenceAccelerator"},
    EfsAuthorizationConfig: {"access_point_id": "fsap-1"},
    FsxVolumeConfiguration: {"file_system_id": "fs-9", "root_directory": "/a"},
    S3FilesVolumeConfiguration: {
        "file_system_arn": "arn:x/fs-9",
        "root_directory": "/a",
        "access_point_arn": "arn:x/fsap-1",
    },
    TaskDefinitionBody: {"memory": "32", "pid_mode": "host", "ipc_mode": "host"},
}
LOG_SECRET = "containerDefinitions[].logConfiguration.secretOptions[]"


def with_log_secret(secret: Secret) -> Any:
    """A definition whose log driver of Docker's own has a secret option."""
    logging = LogConfiguration(log_driver="splunk", secret_options=(secret,))
    return with_container(log_configuration=logging)


def changed(path: str) -> tuple[Any, Any]:
    """A definition, and one that differs from it in this member only."""
    shape, name = LEAVES[path]
    shape = TaskDefinitionBody if shape is RegisterTaskDefinitionRequest else shape
    base, place = (PLACES | MORE_PLACES)[shape]
    if path.startswith(LOG_SECRET):
        place = with_log_secret
    value = (VALUES.get(shape, {}) | MORE_VALUES.get(shape, {}))[name]
    other = base.with_(**{name: value})
    if name == "container_port_range":
        other = other.with_(container_port=None)
    return place(base), place(other)


def bodies(definition: Any) -> list[Any]:
    """What Docker is told to create, values looked up."""
    task, setting = a_task(definition), Setting(owner="me")
    specs = [
        container_spec(task, definition, container, setting)
        for container in definition.container_definitions
    ]
    if definition.network_mode is NetworkMode.AWSVPC:
        specs.append(pause_spec(task, definition, setting))
    return [create_body(resolve(spec, SimulatedSources())) for spec in specs]


def at(body: Any, path: str) -> Any:
    """The value at a dotted path; None where there is none."""
    for part in path.split("."):
        body = body.get(part) if isinstance(body, dict) else None
    return body


@pytest.mark.parametrize("path", [path for path, entry in SUPPORT.items() if entry.docker])
def test_docker_is_told_what_the_list_says(path):
    before, after = changed(path)
    told = [at(body, SUPPORT[path].docker) for body in bodies(after)]
    assert told != [at(body, SUPPORT[path].docker) for body in bodies(before)]


def test_what_docker_is_told_is_work():
    told = {entry.support for entry in ENTRIES if entry.docker}
    assert told == {Support.WORKS, Support.DIFFERS}


# -- what is told to people, and what is refused -------------------------------------------------

GIVEN: dict[str, Any] = {
    "proxyConfiguration": lambda: with_container().with_(
        proxy_configuration=ProxyConfiguration(
            type="APPMESH",
            container_name="db",
            properties=(KeyValuePair(name="AppPorts", value="1"),),
        )
    ),
    "containerDefinitions[].resourceRequirements[].sharingStrategy": lambda: with_container(
        resource_requirements=(
            ResourceRequirement(
                type="GPU", sharing_strategy=SharingStrategy(nvidia_mps=NvidiaMps())
            ),
        )
    ),
    "volumes[].efsVolumeConfiguration": lambda: with_volume(
        Volume(name="v", efs_volume_configuration=EFS)
    ),
    "volumes[].fsxWindowsFileServerVolumeConfiguration": lambda: with_volume(
        Volume(name="v", fsx_windows_file_server_volume_configuration=FSX)
    ),
    "volumes[].s3filesVolumeConfiguration": lambda: with_volume(
        Volume(name="v", s3files_volume_configuration=S3)
    ),
    "containerDefinitions[].firelensConfiguration": lambda: with_container(
        firelens_configuration=VALUES[LEAVES["containerDefinitions[].image"][0]][
            "firelens_configuration"
        ]
    ),
    "ephemeralStorage": lambda: with_container().with_(
        ephemeral_storage=VALUES[TaskDefinitionBody]["ephemeral_storage"]
    ),
    "inferenceAccelerators": lambda: with_container().with_(
        inference_accelerators=(InferenceAccelerator(device_name="a", device_type="b"),)
    ),
    "trustedExecutionConfiguration": lambda: with_container().with_(
        trusted_execution_configuration=TrustedExecutionConfiguration(
            isolation_mode="ISOLATED_SANDBOX"
        )
    ),
}
"""Members of shapes that are given as a whole, by how their paths begin."""


def given(path: str) -> Any:
    """A definition that gives this member."""
    for beginning, make in GIVEN.items():
        if path.startswith(beginning):
            return make()
    return changed(path)[1]


def of(support: Support) -> list[str]:
    return [path for path, entry in SUPPORT.items() if entry.support is support]


@pytest.mark.parametrize("path", of(Support.REPORTED))
def test_what_is_reported_is_told_in_words(path):
    told = {re.sub(r"\[\d+\]", "[]", notice.path) for notice in untranslated(given(path))}
    bare = {place.replace("[]", "") for place in told}
    assert any(path.replace("[]", "").startswith(place) for place in bare), told


@pytest.mark.parametrize("path", of(Support.REFUSED))
def test_what_is_refused_is_refused(path):
    problems = [problem.path for problem in check_definition(given(path))]
    beginning = path.partition(".")[0].removesuffix("[]")
    assert any(problem.startswith(beginning) for problem in problems)


@pytest.mark.parametrize("path", [p for p, e in SUPPORT.items() if not e.docker])
def test_what_docker_is_not_told_is_explained(path):
    assert SUPPORT[path].words


# -- the README --------------------------------------------------------------------------------


def test_the_readme_shows_the_list():
    text = README.read_text()
    assert text.count(BEGIN) == text.count(END) == 1
    assert text.partition(BEGIN)[2].partition(END)[0].strip() == as_markdown()


if __name__ == "__main__":
    before, _, rest = README.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{as_markdown()}\n{END}{after}")
