"""The form as rows, changes inside a JSON text, completion and fixes: all pure."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecstui.ui.completion import Known, complete, suggestions
from ecstui.ui.definition_fixes import first_fix
from ecstui.ui.editor_text import checked, template_text
from ecstui.ui.form_notation import member_at
from ecstui.ui.form_rows import CONTAINERS, change, rows_of
from ecstui.ui.json_edit import remove_value, rename_member, set_value
from ecstui.ui.widgets.form_fields import FieldError

BODY: Any = {
    "family": "web",
    "containerDefinitions": [
        {
            "name": "app", "image": "i", "memory": 64,
            "portMappings": [{"containerPort": 80, "hostPort": 8080, "name": "kept"}],
            "environment": [{"name": "A", "value": "1"}],
            "logConfiguration": {"logDriver": "json-file", "options": {"max-size": "1m"}},
            "systemControls": [{"namespace": "net.core.somaxconn", "value": "1024"}],
        },
        {"name": "db", "image": "p", "memory": 64},
    ],
    "volumes": [{"name": "data"}],
}  # fmt: skip
TEXT = json.dumps(BODY, indent=2)


def typed(row_path, value, text=TEXT, opened=frozenset()):
    """The document after a value was typed into the row."""
    document = json.loads(text)
    row = next(r for r in rows_of(document, opened) if r.path == row_path and r.kind != "head")
    edit = change(text, document, row, value)
    return json.loads(text if edit is None else edit.applied(text))


def app(*path):
    return (CONTAINERS, 0, *path)


# ---------------------------------------------------------------- one document


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (("networkMode",), "awsvpc", "awsvpc"),
        (("cpu",), "256", "256"),
        (("requiresCompatibilities",), "EC2 FARGATE", ["EC2", "FARGATE"]),
        (app("memory"), "128", 128),
        (app("memory"), "", None),
        (app("essential"), "no", False),
        (app("command"), "sh -c 'sleep 1'", ["sh", "-c", "sleep 1"]),
        (app("portMappings", 0), "81/udp",
         {"containerPort": 81, "protocol": "udp", "name": "kept"}),
        (app("portMappings", 1), "53", {"containerPort": 53}),
        (app("environment", 0), "B=x=y ", {"name": "B", "value": "x=y "}),
        (app("environment", 1), "C=", {"name": "C", "value": ""}),
        (app("environment", 0), "", None),
        (app("mountPoints", 0), "data:/d:ro",
         {"sourceVolume": "data", "containerPath": "/d", "readOnly": True}),
        (app("dependsOn", 0), "db healthy", {"containerName": "db", "condition": "HEALTHY"}),
        (app("healthCheck", "command"), "curl -f x | y", ["CMD-SHELL", "curl -f x | y"]),
        (app("healthCheck", "command"), "CMD curl x", ["CMD", "curl", "x"]),
        (app("logConfiguration", "options", "max-size"), "max-size=2m", "2m"),
        (app("logConfiguration", "logDriver"), "syslog", "syslog"),
        (app("restartPolicy", "enabled"), "yes", True),
        (("volumes", 0), "data /srv", {"name": "data", "host": {"sourcePath": "/srv"}}),
        (("volumes", 1), "more", {"name": "more"}),
        (("placementConstraints", 0), "attribute:x == y",
         {"type": "memberOf", "expression": "attribute:x == y"}),
    ],
)  # fmt: skip
def test_what_is_typed_into_a_row_is_in_the_document(path, text, expected):
    after = typed(path, text)
    assert member_at(after, path) == expected
    assert after["containerDefinitions"][1] == BODY["containerDefinitions"][1]


@pytest.mark.parametrize(
    ("path", "text"),
    [(app("memory"), "x"), (app("memory"), "1e3"), (app("memory"), "٣"), (app("memory"), "9" * 30),
     (app("portMappings", 0), "a"), (app("portMappings", 0), "1:b"), (app("environment", 1), "A"),
     (app("environment", 1), "=x"), (app("command"), "'"), (app("mountPoints", 0), "data"),
     (app("dependsOn", 0), "a b c")],
)  # fmt: skip
def test_what_is_no_value_is_refused_in_words(path, text):
    with pytest.raises(FieldError):
        typed(path, text)


def test_an_entry_can_be_renamed_added_and_not_doubled():
    options = app("logConfiguration", "options")
    after = typed((*options, "max-size"), "max-file=3")
    assert member_at(after, options) == {"max-file": "3"}
    after = typed((*options, ""), "a=b", opened={app()})
    assert member_at(after, options) == {"max-size": "1m", "a": "b"}
    with pytest.raises(FieldError, match="already"):
        typed((*options, ""), "max-size=b")


def test_a_new_container_has_what_it_needs_but_an_image():
    after = typed((CONTAINERS, 2), "side")
    assert [c["name"] for c in after["containerDefinitions"]] == ["app", "db", "side"]
    problems = checked(json.dumps(after)).problems
    assert {p.path for p in problems if p.severity == "error"} == {"containerDefinitions[2].image"}


def test_taking_the_last_item_away_takes_the_empty_list_too():
    assert "environment" not in typed(app("environment", 0), "")["containerDefinitions"][0]


def test_what_has_no_row_is_named():
    rows = rows_of(BODY)
    assert any(r.kind == "fixed" and r.text == "systemControls" for r in rows)
    assert any(r.kind == "more" for r in rows)
    opened = rows_of(BODY, {(), app()})
    assert len(opened) > len(rows)


@pytest.mark.parametrize(
    "value", ["\x1b[2J", "a\nb", "\u202eabc", "z\u200bw", "\x9b1m", "y" * 70_000, "\ud800"]
)
def test_what_cannot_be_typed_is_shown_as_escapes_and_left_to_the_json(value):
    document = {"family": value, "containerDefinitions": [{"name": value, value: 1}]}
    for row in rows_of(document, {(), app()}):
        assert row.text.isprintable() or row.kind == "head"
        assert len(row.text) < 20_000
        if row.path in (("family",), app("name")) and row.kind != "head":
            assert row.kind == "fixed"


def test_the_rest_of_the_text_stays_as_it_was_typed():
    text = '{ "family":"a",\n\n  "containerDefinitions" : [ {"name":"x","image":"i"} ] }'
    edit = set_value(text, app("image"), "j")
    assert edit is not None
    assert edit.applied(text) == text.replace('"i"', '"j"')
    edit = set_value(text, app("memory"), 5)
    assert edit is not None
    assert '"image":"i", "memory": 5}' in edit.applied(text)


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


def paths(value, path=()):
    yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from paths(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths(inner, (*path, index))


def put(value, path, new):
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = put(copy[path[0]], path[1:], new)
    return copy


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.text(max_size=3), JSONS, max_size=4),
    JSONS,
    st.data(),
    st.sampled_from([None, 2]),
)
def test_a_change_of_one_value_is_that_and_nothing_else(document, new, data, indent):
    text = json.dumps(document, indent=indent)
    path = data.draw(st.sampled_from(list(paths(document))))
    edit = set_value(text, path, new)
    assert edit is not None
    assert json.loads(edit.applied(text)) == put(document, path, new)
    present = member_at(document, path)
    if isinstance(present, dict) and "new" not in present:
        added = set_value(text, (*path, "new", "deep"), new)
        assert added is not None
        assert member_at(json.loads(added.applied(text)), (*path, "new")) == {"deep": new}
    if path:
        removed = remove_value(text, path)
        assert removed is not None
        after = json.loads(removed.applied(text))
        assert list(paths(after)) != list(paths(document))


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet='{}[]",:a1\\ \n', max_size=40), st.integers(0, 40))
def test_half_typed_text_is_never_too_odd(text, offset):
    complete(text, min(offset, len(text)), Known())
    set_value(text, ("a",), 1)
    first_fix(text, checked(text).problems)


def test_a_doubled_member_is_not_touched():
    assert set_value('{"a": 1, "a": 2}', ("a",), 3) is None
    assert rename_member('{"a": 1, "b": 2}', ("a",), "b") is None


# ---------------------------------------------------------------- completion

KNOWN = Known(("web", "worker"), ("nginx:1", "redis:7"))


def offered(text):
    """Completions at the `^`, and what the first one makes of the text."""
    offset = text.index("^")
    text = text.replace("^", "")
    found = complete(text, offset, KNOWN)
    return ([], text) if found is None else (list(found.options), found.edits[0].applied(text))


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ('{"fam^', "family", '{"family": '),
        ('{"fam^": "x"}', "family", '{"family": "x"}'),
        ('{"family": "wo^"}', "worker", '{"family": "worker"}'),
        ('{"family": ^}', "web", '{"family": "web"}'),
        ('{"networkMode": "aw^"}', "awsvpc", '{"networkMode": "awsvpc"}'),
        ('{"containerDefinitions": [{"im^"}]}', "image", '{"containerDefinitions": [{"image": }]}'),
        ('{"containerDefinitions": [{"image": "red^"}]}', "redis:7",
         '{"containerDefinitions": [{"image": "redis:7"}]}'),
        ('{"containerDefinitions": [{"essential": t^}]}', "true",
         '{"containerDefinitions": [{"essential": true}]}'),
        ('{"containerDefinitions": [{"name": "a"}, {"dependsOn": [{"containerName": "^"}]}]}', "a",
         '{"containerDefinitions": [{"name": "a"}, {"dependsOn": [{"containerName": "a"}]}]}'),
        ('{"volumes": [{"name": "d"}], "containerDefinitions": [{"mountPoints": '
         '[{"sourceVolume": "^', "d",
         '{"volumes": [{"name": "d"}], "containerDefinitions": [{"mountPoints": '
         '[{"sourceVolume": "d"'),
        ('{"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "^"}', "512",
         '{"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}'),
        ('{"containerDefinitions": [{"links": ["^"], "name": "b"}, {"name": "a"}]}', "a",
         '{"containerDefinitions": [{"links": ["a"], "name": "b"}, {"name": "a"}]}'),
    ],
)  # fmt: skip
def test_completion_in_the_json(text, first, after):
    options, result = offered(text)
    assert options[0] == first
    assert result == after


def test_members_that_are_there_are_not_offered_again():
    options, _ = offered('{"family": "x", ^}')
    assert "family" not in options
    assert "containerDefinitions" in options


def test_hostile_names_are_not_offered():
    found = complete('{"family": "', 12, Known(("a\x1b[2J", "ok"), ()))
    assert found is not None
    assert list(found.options) == ["ok"]


def test_suggestions_in_the_form_are_in_its_own_notation():
    rows = rows_of(BODY)
    of = {row.path: suggestions(row, BODY, KNOWN) for row in rows if row.kind != "head"}
    assert "db HEALTHY" in of[app("dependsOn", 0)]
    assert of[app("mountPoints", 0)] == ["data:/"]
    assert of[app("image")] == ["nginx:1", "redis:7"]
    assert of[("family",)] == ["web", "worker"]


# ---------------------------------------------------------------- fixes


def fixed(**members):
    """The document after the offered fix, and its words; with what is changed in the container."""
    container = {"name": "app", "image": "i", "memory": 64, **members.pop("container", {})}
    document = {"family": "f", "containerDefinitions": [container], **members}
    document = {k: v for k, v in document.items() if v is not None}
    text = json.dumps(document, indent=2)
    fix = first_fix(text, checked(text).problems)
    return (None, "") if fix is None else (json.loads(fix.edit.applied(text)), fix.words)


FARGATE = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc"}


def test_a_fargate_pair_becomes_the_nearest_that_there_is():
    after, words = fixed(**FARGATE, cpu="300", memory="700")
    assert (after["cpu"], after["memory"]) == ("512", "1024")
    assert "cpu" in words
    after, _ = fixed(**FARGATE, cpu="256", memory="600")
    assert after["cpu"] == "256"
    assert after["memory"] == "1024"


@pytest.mark.parametrize(
    ("members", "path", "value"),
    [
        ({"container": {"memory": "64"}}, app("memory"), 64),
        ({"container": {"essential": "true"}}, app("essential"), True),
        ({"container": {"command": "sh"}}, app("command"), ["sh"]),
        ({"container": {"memory": None}}, app("memoryReservation"), 128),
        ({"container": {"essential": False}}, app("essential"), True),
        ({"networkMode": "Bridge"}, ("networkMode",), "bridge"),
        ({"networkMode": "awsvcp"}, ("networkMode",), "awsvpc"),
        ({"memory": "32"}, ("memory",), "64"),
        ({"container": {"memory": 64, "memoryReservation": 128}}, app("memory"), 128),
        ({"container": {"healthCheck": {"command": ["CMD", "x"], "interval": 1}}},
         app("healthCheck", "interval"), 5),
        ({"container": {"name": "a b"}}, app("name"), "a-b"),
        ({"container": {"links": ["x"]}, "networkMode": "awsvpc"}, app("links"), None),
        ({"requiresCompatibilities": ["fargate"], "networkMode": "awsvpc", "cpu": "256",
          "memory": "512"}, ("requiresCompatibilities", 0), "FARGATE"),
    ],
)  # fmt: skip
def test_obvious_fixes(members, path, value):
    after, words = fixed(**members)
    assert after is not None
    assert member_at(after, path) == value
    assert words


def test_a_member_that_is_spelt_wrong_is_renamed():
    text = json.dumps(
        {"famly": "f", "containerDefinitions": [{"name": "a", "image": "i", "memory": 9}]}
    )
    fix = first_fix(text, checked(text).problems)
    assert fix is not None
    assert json.loads(fix.edit.applied(text))["family"] == "f"
    assert fix.words == "famly renamed to family"


def test_no_fix_is_offered_where_none_is_certain():
    assert fixed(container={"image": ""})[0] is None
    text = template_text()
    assert first_fix(text, checked(text).problems) is None
