"""Each operation of botocore's model of ECS has an answer, and nothing is claimed falsely."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecstui.control.operations import OPERATIONS
from ecstui.model.requests import OWN_OPERATIONS
from ecstui.model.requests.registry import REQUESTS
from ecstui.serve.absent import ABSENT
from tests.aws.raw import TARGET, post, signed
from tests.aws.served import Served
from tests.aws.shapes import ecs_model

NAMES = frozenset(ecs_model().operation_names)


def test_each_has_an_answer_of_its_own():
    assert REQUESTS.keys() | ABSENT.keys() >= NAMES, "some are unknown"
    assert OPERATIONS.keys() == REQUESTS.keys()


def test_those_of_ours_are_known_as_such():
    assert REQUESTS.keys() - NAMES == OWN_OPERATIONS


@pytest.mark.parametrize("name", sorted(ABSENT))
def test_a_refusal_has_a_code_that_ecs_declares(name: str):
    declared = {shape.name for shape in ecs_model().operation_model(name).error_shapes}
    assert ABSENT[name].code in declared
    if "UnsupportedFeatureException" in declared:
        assert ABSENT[name].code != "ClientException"


def test_an_empty_request_gets_an_answer_from_each(served: Served):
    """A success only from those that may be asked for nothing in particular."""
    well = set()
    for name in sorted(NAMES):
        answer = post(served, signed(served, name))
        assert answer.status in (200, 400), (name, answer.told)
        if answer.status == 200:
            well.add(name)
        else:
            assert len(answer.told["message"]) > 10, name
            assert answer.code != "UnknownOperationException", name
    assert not well & (ABSENT.keys() - REQUESTS.keys())
    assert all(name.startswith(("Describe", "List", "CreateCluster")) for name in well), well


def test_those_that_are_absent_say_so_to_boto3(served: Served):
    ecs = served.client()
    with pytest.raises(ecs.exceptions.UnsupportedFeatureException, match="schedulingStrategy"):
        ecs.list_daemons()
    with pytest.raises(ecs.exceptions.NamespaceNotFoundException):
        ecs.list_services_by_namespace(namespace="shop")
    with pytest.raises(ecs.exceptions.NoUpdateAvailableException):
        ecs.update_container_agent(containerInstance="x")


def test_an_operation_that_nobody_has_is_unknown(served: Served):
    answer = post(served, signed(served, "MakeCoffee"))
    assert (answer.status, answer.code) == (400, "UnknownOperationException")


def test_other_services_are_told_what_is_here(served: Served):
    dynamo: Any = served.client("dynamodb")
    with pytest.raises(ClientError) as error:
        dynamo.list_tables()
    assert error.value.response["Error"]["Code"] == "UnknownOperationException"
    assert TARGET in error.value.response["Error"]["Message"]
    with pytest.raises(ClientError) as error:
        served.client("ec2").describe_instances()
    assert error.value.response["Error"]["Code"] == "InvalidAction"


def test_what_ecstui_has_learnt_is_refused_no_more():
    assert not ABSENT.keys() & REQUESTS.keys()
