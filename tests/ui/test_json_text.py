import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecstui.ui.json_text import (
    JsonMap,
    Problem,
    changed_lines,
    indented,
    json_problems,
    path_text,
    tokens,
)

TEXT = """{
  "family": "api",
  "containerDefinitions": [
    {
      "name": "api",
      "memory": 896
    },
    { "name": "envoy" }
  ]
}"""


def kinds(text: str) -> list[tuple[str, str]]:
    return [(kind, text[start:end]) for kind, start, end in tokens(text)]


def test_keys_are_told_from_strings():
    assert kinds('"a" : "b\\"c", 1.5e3, true, nul') == [
        ("key", '"a"'), ("mark", ":"), ("string", '"b\\"c"'), ("mark", ","), ("number", "1.5e3"),
        ("mark", ","), ("word", "true"), ("mark", ","), ("odd", "nul"),
    ]  # fmt: skip


def test_a_string_without_end_stops_at_its_line():
    assert kinds('"abc') == [("string", '"abc')]


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("family",), (2, 13, 5)),
        (("containerDefinitions", 0, "memory"), (6, 17, 3)),
        (("containerDefinitions", 1, "name"), (8, 15, 7)),
        (("containerDefinitions", 1, "image"), (8, 5, 1)),
        (("containerDefinitions",), (3, 3, 22)),
        (("nowhere",), (1, 1, 1)),
        ((), (1, 1, 1)),
    ],
)
def test_values_are_found_by_their_path(path, place):
    assert JsonMap(TEXT).locate(path)[0] == place


def test_the_path_under_the_cursor_is_known():
    places = JsonMap(TEXT)
    assert places.path_at(6, 18) == ("containerDefinitions", 0, "memory")
    assert places.path_at(6, 9) == ("containerDefinitions", 0, "memory")
    assert places.path_at(5, 1) == ("containerDefinitions", 0)
    assert places.path_at(99, 1) == ("containerDefinitions", 1, "name")
    assert JsonMap("").path_at(1, 1) == ()


def test_half_typed_text_has_places_too():
    places = JsonMap('{"a": [1, {"b": 2')
    assert places.locate(("a", 1, "b"))[0] == (1, 17, 1)
    assert places.path_at(1, 17) == ("a", 1, "b")


def test_paths_are_written_as_people_write_them():
    assert path_text(("a", 0, "b")) == "a[0].b"
    assert path_text(()) == ""


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("", 1, 1, "nothing here"),
        ('{"a": 1,}', 1, 8, "nothing follows the comma"),
        ('{\n "a": [1,\n ]\n}', 2, 9, "nothing follows the comma"),
        ('{"a" 1}', 1, 6, "a colon is missing"),
        ('{"a": 1 "b": 2}', 1, 9, "a comma is missing"),
        ('{"a": }', 1, 7, "a value is missing"),
        ('{"a": "b}', 1, 7, "no closing quote"),
        ("{a: 1}", 1, 2, "in double quotes"),
        ("{} x", 1, 4, "nothing may follow"),
        ("[" * 100_000, 1, 1, "nested too deeply"),
    ],
)
def test_what_is_not_json_is_told_where_and_how(text, line, column, words):
    (problem,) = json_problems(text)
    assert (problem.line, problem.column) == (line, column)
    assert words in problem.message
    assert problem.severity == "error"


def test_what_a_check_finds_stands_at_its_value():
    found = json_problems(
        TEXT,
        lambda document: [
            (("containerDefinitions", 1, "image"), "is needed"),
            (("containerDefinitions", 0, "memory"), "is too much"),
        ],
    )
    assert found == [
        Problem(6, 17, "containerDefinitions[0].memory", "is too much", 3),
        Problem(8, 5, "containerDefinitions[1].image", "is needed", 1),
    ]


def test_a_name_that_is_there_twice_is_a_warning():
    (problem,) = json_problems('{"a": 1,\n "a": 2}')
    assert (problem.line, problem.severity) == (2, "warning")


@given(st.text(alphabet='{}[]:,"a1 \n\\tru', max_size=40))
def test_nothing_that_one_types_raises(text):
    places = JsonMap(text)
    places.path_at(1, 1)
    places.locate(("a", 0))
    for problem in json_problems(text):
        assert problem.line >= 1
        assert problem.column >= 1


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(DOCUMENTS, st.sampled_from([None, 2]))
def test_every_value_of_a_document_is_located(document, indent):
    text = json.dumps(document, indent=indent)
    places = JsonMap(text)

    def walk(value, path):
        start, end = places.spans[path]
        assert json.loads(text[start:end]) == value
        if isinstance(value, dict):
            for name, inner in value.items():
                walk(inner, (*path, name))
        if isinstance(value, list):
            for index, inner in enumerate(value):
                walk(inner, (*path, index))

    walk(document, ())


def test_documents_are_laid_out_and_keep_their_order():
    assert indented('{"b":1,"a":"é"}') == '{\n  "b": 1,\n  "a": "é"\n}'
    assert indented("{") is None


def test_lines_that_differ_from_the_base_are_marked():
    assert changed_lines(["a", "b", "c"], ["a", "x", "c", "d"]) == {1: "~", 3: "+"}
