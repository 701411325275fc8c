"""Task definitions read from text: what people paste, and what the editor shows beside it."""

import json

import pytest

from ecstui.plan.definition import normalise, parse_definition_text
from ecstui.plan.json_text import Fault, JsonText, Place
from tests.support.bodies import APP, body

PLAIN = {"family": "web", "containerDefinitions": [APP]}


def parse(value):
    return parse_definition_text(value if isinstance(value, str) else json.dumps(value))


def told(parsed):
    return [(problem.path, problem.message) for problem in parsed.problems]


def with_app(**members):
    return {"family": "web", "containerDefinitions": [APP | members]}


# -- what is taken ---------------------------------------------------------------------------------


def test_a_register_request():
    parsed = parse(PLAIN | {"tags": [{"key": "a", "value": "b"}]})
    assert parsed.is_valid
    assert parsed.problems == ()
    assert parsed.body is not None
    assert parsed.body.family == "web"
    assert parsed.body.tags[0].key == "a"


def test_the_answer_of_describe_task_definition():
    inner = PLAIN | {"taskDefinitionArn": "arn:x", "revision": 3, "status": "ACTIVE"}
    parsed = parse({"taskDefinition": inner, "tags": [{"key": "a", "value": "b"}]})
    assert parsed.is_valid
    assert parsed.body is not None
    assert parsed.body.tags[0].value == "b"
    assert [problem.is_notice for problem in parsed.problems] == [True, True]
    assert parsed.problems[1].message == (
        "ECS makes these members itself, so they were left out: taskDefinitionArn, revision, "
        "status."
    )


def test_a_bare_list_of_containers_lacks_a_family():
    parsed = parse([APP])
    assert parsed.body is not None
    assert parsed.body.container_definitions[0].name == "app"
    assert [p.message for p in parsed.problems if not p.is_notice] == [
        "Family should not be null or empty."
    ]


def test_nulls_count_as_absent():
    parsed = parse(
        with_app(command=None, environment=[{"name": "A", "value": None}, None], cpu=None)
    )
    assert parsed.is_valid
    assert parsed.body is not None
    container = parsed.body.container_definitions[0]
    assert (container.command, container.cpu) == ((), 0)
    assert [(pair.name, pair.value) for pair in container.environment] == [("A", "")]


def test_a_byte_order_mark_is_no_fault():
    assert parse("\ufeff" + json.dumps(PLAIN)).is_valid


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words", "line", "column"),
    [
        ("", "This is not JSON: Expecting value.", 1, 1),
        ('{"family": "web",\n "cpu": }', "This is not JSON: Expecting value.", 2, 9),
        ('{"family": "web"', "This is not JSON: Expecting ',' delimiter.", 1, 17),
        ('{"family": NaN}', "This is not JSON: NaN is no JSON value.", 1, 1),
        pytest.param(
            "[" * 100_000, "This is not JSON: The text is too deeply nested.", 1, 1, id="deep"
        ),
        ("7", "A task definition must be a JSON object.", 1, 1),
        ('"web"', "A task definition must be a JSON object.", 1, 1),
    ],
)
def test_what_is_no_object(text, words, line, column):
    parsed = parse(text)
    assert parsed.body is None
    (problem,) = parsed.problems
    assert (problem.message, problem.line, problem.column) == (words, line, column)
    assert problem.code == "SerializationException"


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        (
            with_app(memory="2048"),
            "containerDefinitions[0].memory",
            "'memory' must be a whole number, without quotes.",
        ),
        (
            with_app(memory=1.5),
            "containerDefinitions[0].memory",
            "'memory' must be a whole number.",
        ),
        (
            with_app(essential="true"),
            "containerDefinitions[0].essential",
            "'essential' must be true or false.",
        ),
        (
            with_app(command="sleep 1"),
            "containerDefinitions[0].command",
            "'command' must be a list.",
        ),
        (
            with_app(healthCheck=[]),
            "containerDefinitions[0].healthCheck",
            "'healthCheck' must be an object.",
        ),
        (
            with_app(environment=[{"value": "x"}]),
            "containerDefinitions[0].environment[0].name",
            "'name' is missing.",
        ),
        (PLAIN | {"cpu": 256}, "cpu", "'cpu' must be text, in quotes."),
        (
            PLAIN | {"networkMode": "vpc"},
            "networkMode",
            "'networkMode' should be one of [bridge, host, awsvpc, none].",
        ),
        (
            with_app(portMappings=[{"containerPort": 80, "protocol": "sctp"}]),
            "containerDefinitions[0].portMappings[0].protocol",
            "'protocol' should be one of [tcp, udp].",
        ),
        (
            with_app(memroy=64),
            "containerDefinitions[0].memroy",
            "Unknown member 'memroy'. Did you mean 'memory'?",
        ),
        (
            with_app(port_mappings=[]),
            "containerDefinitions[0].port_mappings",
            "Unknown member 'port_mappings'. Did you mean 'portMappings'?",
        ),
        (PLAIN | {"replicas": 3}, "replicas", "Unknown member 'replicas'."),
    ],
)
def test_a_wrong_shape_is_told_in_words(value, path, message):
    parsed = parse(value)
    assert parsed.body is None
    assert told(parsed) == [(path, message)]


def test_unknown_members_and_wrong_types_are_told_together():
    parsed = parse(with_app(memory="64", colour="red"))
    assert told(parsed) == [
        ("containerDefinitions[0].colour", "Unknown member 'colour'."),
        ("containerDefinitions[0].memory", "'memory' must be a whole number, without quotes."),
    ]


def test_a_member_given_twice_is_told():
    text = '{"family": "a", "family": "b", "containerDefinitions": []}'
    parsed = parse(text)
    assert parsed.body is None
    (problem,) = parsed.problems
    assert (problem.path, problem.message, problem.column) == (
        "family",
        "This member is given twice.",
        27,
    )


def test_rules_are_told_with_the_body():
    parsed = parse(with_app(image=""))
    assert parsed.body is not None
    assert not parsed.is_valid
    assert told(parsed) == [
        ("containerDefinitions[0].image", "Container.image should not be null or empty.")
    ]


# -- places ----------------------------------------------------------------------------------------

TEXT = """{
  "family": "web",
  "containerDefinitions": [
    { "name": "app", "image": "", "memory": 64,
      "links": ["a", "b"] }
  ]
}"""


def test_every_value_has_its_place():
    located = JsonText(TEXT)
    assert located.place_of("family") == Place(2, 13)
    assert located.place_of("containerDefinitions[0].image") == Place(4, 31)
    assert located.place_of("containerDefinitions[0].links[1]") == Place(5, 22)
    assert located.place_of("") == Place(1, 1)


def test_a_member_that_is_not_there_stands_where_it_would_be():
    located = JsonText(TEXT)
    assert located.place_of("containerDefinitions[0].healthCheck.command") == Place(4, 5)
    assert located.place_of("volumes[3].name") == Place(1, 1)


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        (TEXT, "containerDefinitions[0].image", 4),
        ('{"taskDefinition":\n' + TEXT + "}", "containerDefinitions[0].image", 5),
        ('[\n{"name": "app", "memory": 64,\n"image": ""}]', "containerDefinitions[0].image", 3),
    ],
)
def test_problems_are_found_in_the_text_however_it_is_wrapped(text, path, line):
    parsed = parse_definition_text(text)
    (problem,) = [problem for problem in parsed.problems if problem.path == path]
    assert problem.line == line


def test_half_typed_text_keeps_the_places_of_what_is_there():
    located = JsonText('{"family": "web", "containerDefinitions": [{"name": "a')
    assert located.place_of("containerDefinitions[0].name") == Place(1, 53)


def test_text_with_brackets_and_quotes_in_strings():
    text = r'{"a": "x]}\",{", "b": [1, {"c": 2}]}'
    located = JsonText(text)
    columns = {"": 1, "a": 7, "b": 23, "b[0]": 24, "b[1]": 27, "b[1].c": 33}
    assert {path: located.place_of(path).column for path in columns} == columns


def test_a_number_too_long_is_no_json():
    assert isinstance(JsonText("1" * 10_000).read(), Fault)


# -- normal form -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"cpu": ".25 vCPU", "memory": "0.5 GB"}, ("256", "512")),
        ({"cpu": "1 vcpu", "memory": "2GB"}, ("1024", "2048")),
        ({"cpu": "0256", "memory": "512 "}, ("256", "512")),
        ({}, (None, None)),
    ],
)
def test_sizes_become_units(given, expected):
    normal = normalise(body(**given))
    assert (normal.cpu, normal.memory) == expected


@pytest.mark.parametrize(
    ("mode", "host_port"), [(None, 0), ("bridge", 0), ("host", 80), ("awsvpc", 80)]
)
def test_host_ports_are_filled_in(mode, host_port):
    container = APP | {
        "portMappings": [{"containerPort": 80}, {"containerPort": 81, "hostPort": 81}]
    }
    normal = normalise(body(container, networkMode=mode))
    ports = [mapping.host_port for mapping in normal.container_definitions[0].port_mappings]
    assert ports == [host_port, 81]


def test_a_range_gets_no_host_port():
    normal = normalise(body(APP | {"portMappings": [{"containerPortRange": "1-2"}]}))
    assert normal.container_definitions[0].port_mappings[0].host_port is None


def test_volumes_are_filled_in():
    volumes = [
        {"name": "a"},
        {"name": "b", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}},
        {"name": "c", "dockerVolumeConfiguration": {}},
        {"name": "d", "configuredAtLaunch": True},
    ]
    normal = normalise(body(volumes=volumes)).to_wire()["volumes"]
    assert normal == [
        {"name": "a", "host": {}},
        {"name": "b", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "rootDirectory": "/"}},
        {"name": "c", "dockerVolumeConfiguration": {"scope": "task"}},
        {"name": "d", "configuredAtLaunch": True},
    ]
