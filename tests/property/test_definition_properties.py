"""Reading and checking task definitions: any text, any shape, any damage to a real file."""

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ecstui.model.task_definition import TaskDefinitionBody
from ecstui.plan.definition import (
    check_definition,
    compatibilities_of,
    normalise,
    parse_definition_text,
    requires_attributes_of,
)
from ecstui.plan.naming import engine_name
from ecstui.plan.translate import Setting, container_spec, pause_spec, untranslated
from tests.factories import a_container, a_definition, a_task, an_id

CORPUS = sorted((Path(__file__).parents[1] / "corpus").glob("*.json"))
TEXTS = [file.read_text() for file in CORPUS]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=10,
)


def told_well(text: str) -> None:
    """Reading ends with a body or with a problem, each at a place that the text has."""
    parsed = parse_definition_text(text)
    lines = text.split("\n")
    assert parsed.body is not None or parsed.problems
    for problem in parsed.problems:
        assert problem.line is not None
        assert problem.column is not None
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
        assert problem.message
    if parsed.body is not None:
        normal = normalise(parsed.body)
        assert normalise(normal) == normal
        compatibilities_of(normal)
        requires_attributes_of(normal)
        untranslated(normal)


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_any_text_is_read(text):
    told_well(text)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TEXTS), st.data())
def test_a_damaged_file_is_read(text, data):
    start = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 40))
    put_in = data.draw(st.text('"{}[],:0a\n\\', max_size=4))
    told_well(text[:start] + put_in + text[start + length :])


def paths_in(value, path=()):
    """The path of every value inside."""
    yield path
    if isinstance(value, dict):
        for name, member in value.items():
            yield from paths_in(member, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from paths_in(item, (*path, index))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TEXTS), json_values, st.data())
def test_a_file_with_anything_in_place_of_one_value_is_read(text, value, data):
    document = json.loads(text)
    path = data.draw(st.sampled_from([p for p in paths_in(document) if p]))
    inside = document
    for part in path[:-1]:
        inside = inside[part]
    inside[path[-1]] = value
    told_well(json.dumps(document))


names = st.text("ab_-", min_size=1, max_size=6)


@settings(max_examples=100, deadline=None)
@given(st.lists(names, min_size=1, max_size=6, unique=True), names)
def test_names_in_the_engine_are_distinct_and_plain(containers, family):
    definition = a_definition(*(a_container(name) for name in containers), family=family)
    task_id = an_id("task")
    made = [engine_name(definition, name, task_id) for name in containers]
    assert len(set(made)) == len(made)
    for name in made:
        assert name.startswith(f"ecs-{family}-1-")
        assert name.endswith(f"-{task_id[:12]}")
        assert all(letter.isalnum() or letter in "-_" for letter in name)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(TEXTS))
def test_what_passes_the_rules_can_be_translated(text):
    parsed = parse_definition_text(text)
    if parsed.body is None or check_definition(parsed.body):
        return
    body = normalise(parsed.body)
    members = {name: getattr(body, name) for name in TaskDefinitionBody.model_fields}
    definition = a_definition(**members)
    task = a_task(definition)
    specs = [
        container_spec(task, definition, container, Setting(owner="me"))
        for container in definition.container_definitions
    ]
    pause = pause_spec(task, definition, Setting(owner="me"))
    assert len({spec.name for spec in (*specs, pause)}) == len(specs) + 1
