"""Task definitions as people keep them in public repositories: taken, or refused with a reason.

Expected: what ECS makes of the same body, where it is known; where it is not, what its
documentation says. Two differ on purpose: 14 (ECS skips unknown members, which hides typing
errors) and 34 (the answer of DescribeTaskDefinition is unwrapped for the person who pasted it).
"""

import json
from pathlib import Path

import pytest

from ecstui.plan.definition import (
    check_definition,
    compatibilities_of,
    normalise,
    parse_definition_text,
    requires_attributes_of,
)
from ecstui.plan.translate import Setting, container_spec, pause_spec, untranslated
from tests.factories import a_definition, a_task

CORPUS = Path(__file__).parents[1] / "corpus"
FILES = sorted(CORPUS.glob("*.json"))
assert len(FILES) == 40

CLIENT, SERIALIZATION = "ClientException", "SerializationException"
_IMAGE = "containerDefinitions[0].image"

REFUSED = {
    "05": (CLIENT, _IMAGE, "Container.image contains invalid characters."),
    "06": (CLIENT, "family", "Family contains invalid characters."),
    "14": (
        SERIALIZATION,
        "containerDefinitions[1].linuxParameters.privileged",
        "Unknown member 'privileged'.",
    ),
    "21": (CLIENT, _IMAGE, "Container.image contains invalid characters."),
    "22": (
        CLIENT,
        "containerDefinitions[0].healthCheck.command",
        "Health check command must begin with CMD or CMD-SHELL, followed by a command.",
    ),
    "23": (
        CLIENT,
        "containerDefinitions[0].privileged",
        "Fargate compatible task definitions do not support privileged",
    ),
    "24": (CLIENT, "family", "Family should not be null or empty."),
    "26": (CLIENT, _IMAGE, "Container.image should not be null or empty."),
    "28": (CLIENT, "executionRoleArn", "Role is not valid"),
    "32": (
        SERIALIZATION,
        "containerDefinitions[0].environment[3].secrets",
        "Unknown member 'secrets'.",
    ),
    "33": (
        CLIENT,
        "containerDefinitions[0].portMappings[0].hostPort",
        "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
    ),
    "37": (
        CLIENT,
        "containerDefinitions[0].linuxParameters.capabilities.add",
        "CHOWN is not allowed on Fargate.",
    ),
    "39": (
        CLIENT,
        "cpu",
        "Invalid 'cpu' setting for task. It must be 128 to 196608 CPU units, or as many vCPUs, "
        "but was '__TASK_CPU__'.",
    ),
    "40": (
        SERIALIZATION,
        "containerDefinitions[0].memory",
        "'memory' must be a whole number, without quotes.",
    ),
}

DESCRIBED = {
    "04": {"ecr-auth", "execution-role-ecr-pull"},
    "07": set(),
    "08": {"docker-remote-api.1.17"},
    "13": {"docker-remote-api.1.17"},
    "15": set(),
    "34": set(),
}
"""Files that carry what ECS computed, and what differs here.

The images of 04 were replaced by hand; what asks for version 1.17 in 08 and 13 is not known.
"""


def number_of(file):
    return file.name[:2]


def file_of(number):
    return next(file for file in FILES if number_of(file) == number)


def accepted():
    return [file for file in FILES if number_of(file) not in REFUSED]


def body_of(file):
    parsed = parse_definition_text(file.read_text())
    assert parsed.body is not None
    return parsed.body


@pytest.mark.parametrize("file", accepted(), ids=lambda file: file.stem)
def test_a_good_file_is_taken(file):
    parsed = parse_definition_text(file.read_text())
    assert [problem for problem in parsed.problems if not problem.is_notice] == []
    assert parsed.is_valid


@pytest.mark.parametrize("number", REFUSED)
def test_a_bad_file_is_refused_with_a_reason(number):
    parsed = parse_definition_text(file_of(number).read_text())
    assert not parsed.is_valid
    first = next(problem for problem in parsed.problems if not problem.is_notice)
    assert (first.code, first.path, first.message) == REFUSED[number]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_problem_has_a_place_in_the_text(file):
    text = file.read_text()
    lines = text.split("\n")
    for problem in parse_definition_text(text).problems:
        assert problem.line is not None
        assert problem.column is not None
        assert 1 <= problem.column <= len(lines[problem.line - 1])


def test_a_problem_stands_at_the_value_at_fault():
    text = file_of("05").read_text()
    (problem,) = parse_definition_text(text).problems
    assert problem.line is not None
    assert problem.column is not None
    line = text.split("\n")[problem.line - 1]
    assert line[problem.column - 1 :].startswith('"<IMAGE1_NAME>"')


@pytest.mark.parametrize("file", accepted(), ids=lambda file: file.stem)
def test_normal_form_is_good_and_stays_as_it_is(file):
    normal = normalise(body_of(file))
    assert check_definition(normal) == ()
    assert normalise(normal) == normal


@pytest.mark.parametrize("file", accepted(), ids=lambda file: file.stem)
def test_a_good_file_can_be_translated(file):
    body = normalise(body_of(file))
    members = {name: getattr(body, name) for name in type(body).model_fields if name != "tags"}
    definition = a_definition(**members)
    task = a_task(definition)
    setting = Setting(owner="me")
    specs = [
        container_spec(task, definition, container, setting)
        for container in definition.container_definitions
    ]
    names = [spec.name for spec in (*specs, pause_spec(task, definition, setting))]
    assert len(set(names)) == len(names)
    assert [record.engine_name for record in task.containers] == [spec.name for spec in specs]
    untranslated(definition)


@pytest.mark.parametrize("number", DESCRIBED)
def test_what_ecs_computed_is_computed_here(number):
    given = json.loads(file_of(number).read_text())
    given = given.get("taskDefinition", given)
    body = normalise(body_of(file_of(number)))
    theirs = {attribute["name"] for attribute in given["requiresAttributes"]}
    ours = {attribute.name for attribute in requires_attributes_of(body)}
    differing = {name.partition("capability.")[2] for name in theirs ^ ours}
    assert differing == DESCRIBED[number]
    assert {str(c) for c in compatibilities_of(body)} == set(given["compatibilities"])


@pytest.mark.parametrize("number", ["04", "07", "08", "13", "15", "34"])
def test_what_ecs_described_is_read_back_the_same(number):
    given = json.loads(file_of(number).read_text())
    given = given.get("taskDefinition", given)
    normal = without_empty(normalise(body_of(file_of(number))).to_wire())
    theirs = {name: value for name, value in given.items() if name in normal}
    assert without_empty(theirs) == normal


def without_empty(value):
    """Nulls and empty lists say the same as nothing."""
    if isinstance(value, dict):
        inner = {name: without_empty(member) for name, member in value.items()}
        return {name: member for name, member in inner.items() if member not in (None, [], {})}
    if isinstance(value, list):
        return [without_empty(item) for item in value]
    return value
