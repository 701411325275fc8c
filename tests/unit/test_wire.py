"""Requests and errors on the wire, beyond what the doors' tests show."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecstui.base.errors import (
    ClientException,
    ConflictException,
    EcsError,
    InvalidParameterException,
)
from ecstui.client.wire import (
    read_error,
    read_error_body,
    read_request,
    write_error,
    write_request,
)
from ecstui.model.requests.clusters import CreateClusterRequest
from ecstui.model.requests.definitions import RegisterTaskDefinitionRequest
from ecstui.model.requests.registry import REQUESTS

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from(["ACTIVE", "EC2", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def members_of(operation: str) -> list[str]:
    fields = REQUESTS[operation].model_fields
    return [field.alias or name for name, field in fields.items()]


@given(data=st.data(), operation=st.sampled_from(sorted(REQUESTS)))
def test_whatever_comes_is_a_request_or_a_refusal(data, operation):
    names = st.sampled_from([*members_of(operation), "unknown"])
    body = json.dumps(data.draw(st.dictionaries(names, JSON, max_size=4))).encode()
    assert outcome(operation, body) in (
        operation,
        "SerializationException",
        "InvalidParameterException",
        "ClientException",
    )


@given(body=st.binary(max_size=30))
def test_bytes_that_are_no_json_are_refused(body):
    assert outcome("ListClusters", body) in (
        "ListClusters",
        "SerializationException",
        "InvalidParameterException",
    )


def outcome(operation: str, body: bytes) -> str:
    """The operation that was understood, or the code of the refusal; anything else is raised."""
    try:
        return read_request(operation, body).operation()
    except EcsError as error:
        return error.code


def refused(operation: str, request: object) -> EcsError:
    with pytest.raises(EcsError) as caught:
        read_request(operation, json.dumps(request).encode())
    return caught.value


def definition(**container: object) -> dict[str, object]:
    return {"family": "web", "containerDefinitions": [{"name": "a"}, container]}


def test_the_path_to_a_fault_is_written_as_ecs_writes_it():
    error = refused(
        "RegisterTaskDefinition", definition(portMappings=[{"containerPort": "eighty"}])
    )
    assert error.field == "containerDefinitions[1].portMappings[0].containerPort"
    assert error.code == "SerializationException"
    assert error.message == f"{error.field} must be a whole number, not a string."


def test_a_word_that_is_not_allowed_is_a_client_exception_when_registering():
    error = refused("RegisterTaskDefinition", {"family": "web", "networkMode": "moon"})
    assert isinstance(error, ClientException)
    assert error.message == ('networkMode must be one of bridge, host, awsvpc, none; it is "moon".')


def test_a_member_inside_that_nobody_knows_is_refused_and_named():
    error = refused("RegisterTaskDefinition", definition(imagee="nginx"))
    assert isinstance(error, ClientException)
    assert error.field == "containerDefinitions[1].imagee"


def test_something_missing_inside_is_named():
    error = refused("RegisterTaskDefinition", definition(ulimits=[{"name": "nofile"}]))
    assert error.field == "containerDefinitions[1].ulimits[0].softLimit"
    assert "is missing" in error.message
    assert "Also at fault: containerDefinitions[1].ulimits[0].hardLimit." in error.message


def test_a_member_that_takes_words_of_two_kinds_names_all_of_them():
    error = refused("ListTasks", {"desiredStatus": "ASLEEP"})
    assert isinstance(error, InvalidParameterException)
    assert error.field == "desiredStatus"
    assert "RUNNING, STOPPED, PENDING" in error.message


def test_a_null_in_a_list_is_not_dropped():
    error = refused("DescribeTasks", {"tasks": [None]})
    assert (error.code, error.field) == ("SerializationException", "tasks[0]")


def test_a_number_is_not_taken_for_a_text_nor_a_text_for_a_number():
    assert refused("RegisterTaskDefinition", {"cpu": 256}).code == "SerializationException"
    assert refused("ListTasks", {"maxResults": "5"}).code == "SerializationException"
    assert refused("ListTasks", {"maxResults": 5.5}).code == "SerializationException"


def test_a_null_deep_inside_is_as_if_it_were_not_there():
    body = json.dumps(definition(name="b", memory=None, portMappings=[{"name": None}]))
    request = read_request("RegisterTaskDefinition", body.encode())
    assert isinstance(request, RegisterTaskDefinitionRequest)
    assert request.container_definitions[1].port_mappings[0].name is None


@pytest.mark.parametrize(
    "error",
    [
        ClientException("a", field="b"),
        InvalidParameterException("a"),
        ConflictException("a", resource_ids=("x", "y")),
        EcsError("a", code="ThrottlingException"),
    ],
)
def test_an_error_comes_through_as_it_was(error: EcsError):
    found = read_error(write_error(error), 400)
    assert type(found) is type(error)
    assert (found.code, found.message, found.field) == (error.code, error.message, error.field)
    assert getattr(found, "resource_ids", ()) == getattr(error, "resource_ids", ())


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"__type": "EcstuiError"}'])
def test_an_answer_that_is_no_error_of_ecs_is_still_an_error(body):
    error = read_error_body(body, 502)
    assert isinstance(error, EcsError)
    assert "502" in error.message


def test_what_is_no_text_is_refused_before_it_is_sent():
    with pytest.raises(InvalidParameterException, match="CreateCluster holds bytes that are no"):
        write_request(CreateClusterRequest(cluster_name="\udcff"))
