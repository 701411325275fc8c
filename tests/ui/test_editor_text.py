import json

import pytest

from ecstui.model.requests.definitions import RegisterTaskDefinitionRequest
from ecstui.model.shape import Tag
from ecstui.model.task_definition import ContainerDefinition, TaskDefinitionRecord
from ecstui.ui.editor_file import read_import
from ecstui.ui.editor_text import (
    LONGEST_CHECKED,
    LONGEST_TEXT,
    as_definition,
    checked,
    imported_text,
    path_in_request,
    refusal,
    revision_text,
    template_text,
)
from ecstui.ui.json_text import changed_lines, visible
from ecstui.ui.member_help import HINTS, help_for
from ecstui.ui.screens.service_diff import diff_of
from tests.factories import a_container, a_definition

CONTAINER = {"name": "app", "image": "demo:1", "memory": 64}
BODY = {"family": "web", "containerDefinitions": [CONTAINER]}


def text_of(value: object) -> str:
    return json.dumps(value, indent=2)


# ---------------------------------------------------------------- from records


def test_the_template_may_be_registered_as_it_is():
    found = checked(template_text())
    assert found.request is not None
    assert found.problems == []


def test_a_revision_reads_back_as_itself():
    tags = (Tag(key="team", value="a"),)
    record = a_definition(a_container("app", memory=64), family="web", revision=7).with_(tags=tags)
    assert isinstance(record, TaskDefinitionRecord)
    found = checked(revision_text(record))
    assert found.problems == []
    assert found.request is not None
    assert found.request.tags == tags
    assert diff_of(record, as_definition(found.request, 8)).differences == ()


def test_what_cannot_be_seen_stands_as_an_escape_and_means_the_same():
    odd = "a\x1b[31m\u202e\x00\u00a0\U000e0001é漢"
    record = a_definition(a_container("app", memory=64, command=(odd,)), family="web", revision=1)
    text = revision_text(record)
    assert all(c.isprintable() or c == "\n" for c in text)
    assert "é漢" in text
    request = checked(text).request
    assert request is not None
    assert request.container_definitions[0].command == (odd,)


def test_line_ends_of_other_systems_are_read():
    assert visible("a\r\nb\rc\td\x07") == "a\nb\nc\td\\u0007"


# ---------------------------------------------------------------- checking


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('{\n  "family": "web",\n}', (2, 18), "nothing follows the comma"),
        ("", (1, 1), "nothing here yet"),
        (text_of({**BODY, "famly": "x"}), (10, 12), "'famly'. Did you mean 'family'?"),
        (text_of({**BODY, "family": "a b"}), (2, 13), "Family contains invalid characters"),
        (
            text_of({**BODY, "containerDefinitions": [{**CONTAINER, "memory": "64"}]}),
            (7, 17),
            "'memory' must be a whole number, without quotes.",
        ),
        (
            text_of({**BODY, "containerDefinitions": [{**CONTAINER, "memory": 2}]}),
            (7, 17),
            "memory",
        ),
    ],
)  # fmt: skip
def test_problems_have_their_place(text, place, words):
    problems = checked(text).problems
    assert [(p.line, p.column) for p in problems][:1] == [place]
    assert words in problems[0].message
    assert problems[0].severity == "error"


def test_the_length_of_a_problem_is_its_values():
    (problem, *_) = checked(text_of({**BODY, "family": "a b"})).problems
    assert problem.length == len('"a b"')


def test_what_is_not_carried_out_here_is_a_warning():
    role = "arn:aws:iam::000000000000:role/x"
    body = {**BODY, "executionRoleArn": role,
            "containerDefinitions": [{**CONTAINER, "versionConsistency": "enabled"}]}  # fmt: skip
    problems = checked(text_of(body)).problems
    assert problems
    assert {problem.severity for problem in problems} == {"warning"}
    assert any("its digest is not pinned" in problem.message for problem in problems)
    assert [p.line for p in problems] == sorted(p.line for p in problems)


def test_far_too_long_a_text_is_not_read_at_all():
    (problem,) = checked("[" * (LONGEST_CHECKED + 1)).problems
    assert "too long to be a task definition" in problem.message
    assert changed_lines(["a"] * 5000, ["b"] * 5000) == {}


@pytest.mark.parametrize("text", ["[" * 9000, '{"a": NaN}', "\x00", "nul", '{"a":1}{"b":2}', '"x"'])
def test_no_text_is_too_odd_to_check(text):
    found = checked(visible(text))
    assert found.request is None
    assert found.problems


def test_a_refusal_is_placed_at_its_member():
    text = text_of(BODY)
    problem = refusal("containerDefinitions[0].image", "ClientException: no", text)
    assert (problem.line, problem.column) == (6, 16)
    assert problem.message == "ClientException: no"
    nowhere = refusal("", "ServerException: full", text)
    assert (nowhere.line, nowhere.column) == (1, 1)


# ---------------------------------------------------------------- files


def test_an_answer_of_describe_is_unwrapped():
    described = {
        "taskDefinition": {**BODY, "taskDefinitionArn": "arn", "revision": 4, "status": "ACTIVE"},
        "tags": [{"key": "a", "value": "b"}],
    }
    found = json.loads(imported_text(text_of(described), "other"))
    assert found == {**BODY, "tags": [{"key": "a", "value": "b"}]}


def test_bare_containers_get_the_family():
    found = json.loads(imported_text(text_of([CONTAINER]), "web"))
    assert found == BODY
    assert json.loads(imported_text("[]", ""))["family"] == "my-app"


def test_a_request_stays_as_it_was_written():
    text = '{\n\n "family":   "web",\n "containerDefinitions": []\n}'
    assert imported_text(text, "other") == text
    on_one_line = json.dumps(BODY)
    assert imported_text(on_one_line, "other") == text_of(BODY)


@pytest.mark.parametrize("text", ["", "not json", "3", "\ufeff{", "[" * 9000])
def test_what_is_no_definition_comes_as_it_is(text):
    assert imported_text(text, "web") == visible(text.removeprefix("\ufeff"))


def test_a_file_is_read_or_said_why_not(tmp_path):
    good = tmp_path / "td.json"
    good.write_text("{}")
    assert read_import(str(good)) == ("{}", "")
    big, binary = tmp_path / "big", tmp_path / "binary"
    big.write_bytes(b" " * (LONGEST_TEXT + 1))
    binary.write_bytes(b"\xff\xfe\x00")
    for path, words in (
        ("", "Name a file"),
        (str(tmp_path), "not a file"),
        ("/dev/zero", "not a file"),
        (str(tmp_path / "none"), "No such file"),
        (str(big), "longer than 1024 KiB"),
        (str(binary), "not text in UTF-8"),
        ("a\0b", "null"),
        ("~nobody-of-that-name/x", ""),
    ):
        text, problem = read_import(path)
        assert text == ""
        assert words in problem
        assert problem


# ---------------------------------------------------------------- help


def test_help_knows_types_values_and_members():
    assert help_for(("networkMode",)).kind == "one of bridge, host, awsvpc, none"
    assert help_for(("containerDefinitions", 0, "memory")).kind == "whole number"
    assert help_for(("containerDefinitions", 3, "command", 1)).kind == "text"
    assert help_for(("containerDefinitions",)).kind == "list of objects"
    assert "portMappings" in help_for(("containerDefinitions", 0)).members
    assert help_for(("containerDefinitions", 0, "dockerLabels")).kind == "object of texts"
    assert help_for(()).members[0] == "family"
    assert help_for(("containerDefinitions", 0, "bogus", 4)).name == "containerDefinitions[0]"


def test_every_hint_is_about_a_member_that_exists():
    for name in HINTS:
        steps: list[str | int] = []
        for part in name.split("."):
            steps += [part]
            if help_for(tuple(steps)).kind.startswith("list of objects"):
                steps += [0]
        found = help_for(tuple(steps))
        assert found.hint == HINTS[name], name


def test_every_member_of_a_request_has_a_type_in_words():
    for shape, path in (
        (RegisterTaskDefinitionRequest, ()),
        (ContainerDefinition, ("containerDefinitions", 0)),
    ):
        for field in shape.model_fields.values():
            found = help_for((*path, str(field.alias)))
            assert found.kind
            assert "value" not in found.kind.split()


def test_the_place_in_a_wrapped_text_is_the_one_in_the_request():
    assert path_in_request(("taskDefinition", "cpu"), '{"taskDefinition": {}}') == ("cpu",)
    assert path_in_request((0, "cpu"), " [{}]") == ("containerDefinitions", 0, "cpu")
    assert path_in_request(("cpu",), "{}") == ("cpu",)
