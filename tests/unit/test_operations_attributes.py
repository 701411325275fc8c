"""Attributes of container instances: put, deleted, listed, and heeded by placement."""

import pytest

from ecstui.control.ledger import CapacityLedger
from ecstui.control.registration import register
from ecstui.control.setup import InstanceSetup, Setup
from ecstui.model.enums import InstanceStatus, PlacementConstraintType
from ecstui.model.requests.attributes import (
    DeleteAttributesRequest,
    ListAttributesRequest,
    PutAttributesRequest,
)
from ecstui.model.requests.tasks import RunTaskRequest
from ecstui.model.service import PlacementConstraint
from ecstui.model.task_definition import Attribute
from ecstui.plan.expression import Malformed, holds, parse_expression
from ecstui.store.kinds import INSTANCES
from tests.factories import NAMES, NOW, a_cluster, an_id, an_instance, ids
from tests.support.desk import Desk

ONE = NAMES.container_instance("default", an_id("local-1"))
TWO = NAMES.container_instance("default", an_id("local-2"))


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.put(an_instance("local-2", zone="local-b"))
    return made


def an_attribute(name="stack", value="production", target=ONE, **members):
    return Attribute(name=name, value=value, target_id=target, **members)


def putting(*attributes):
    return PutAttributesRequest(attributes=attributes)


def deleting(*attributes):
    return DeleteAttributesRequest(attributes=attributes)


def listed(desk, **members):
    request = ListAttributesRequest(target_type="container-instance", **members)
    return [(a.name, a.value, a.target_id) for a in desk.call(request).attributes]


def test_attributes_are_put_and_replaced(desk):
    answer = desk.call(putting(an_attribute(), an_attribute("gpu", None, TWO)))
    assert [a.to_wire() for a in answer.attributes] == [
        {"name": "stack", "value": "production", "targetId": ONE},
        {"name": "gpu", "targetId": TWO},
    ]
    desk.call(
        putting(
            an_attribute(value="test", target=an_id("local-1"), target_type="container-instance")
        )
    )
    assert listed(desk, attribute_name="stack") == [("stack", "test", ONE)]
    assert listed(desk, attribute_name="gpu") == [("gpu", None, TWO)]
    assert desk.store.get(INSTANCES, ONE).version == 3


def test_an_attribute_that_is_there_already_is_told_once(desk):
    for _ in range(2):
        desk.call(putting(an_attribute()))
    for _ in range(2):
        answer = desk.call(deleting(an_attribute(value=None)))
    assert answer.attributes == ()
    assert desk.said() == [
        "alice put attribute stack on container instance local-1",
        "alice deleted attribute stack of container instance local-1",
    ]


def test_a_deleted_attribute_is_shown_and_gone(desk):
    desk.call(putting(an_attribute(), an_attribute(target=TWO)))
    answer = desk.call(deleting(an_attribute(value=None)))
    assert [(a.value, a.target_id) for a in answer.attributes] == [("production", ONE)]
    assert listed(desk, attribute_name="stack") == [("stack", "production", TWO)]


def test_attributes_are_listed_by_name_and_value(desk):
    desk.call(putting(an_attribute(), an_attribute(value="test", target=TWO)))
    desk.put(an_instance("old", status=InstanceStatus.INACTIVE))
    assert listed(desk, attribute_name="stack", attribute_value="test") == [("stack", "test", TWO)]
    zones = listed(desk, attribute_name="ecs.availability-zone")
    assert sorted(zone for _, zone, _ in zones) == ["local-a", "local-b"]
    assert len(listed(desk)) == 4
    error = desk.refuse(
        ListAttributesRequest(target_type="container-instance", attribute_value="test")
    )
    assert error.field == "attributeValue"


def test_attributes_are_listed_page_by_page(desk):
    desk.call(putting(*(an_attribute(f"a{number}") for number in range(3))))
    found, token = [], None
    while True:
        request = ListAttributesRequest(
            target_type="container-instance", max_results=2, next_token=token
        )
        answer = desk.call(request)
        found += [(a.target_id, a.name) for a in answer.attributes]
        token = answer.next_token
        if token is None:
            break
    assert found == sorted(found)
    assert len(found) == 5


def test_tasks_go_where_an_attribute_sends_them(desk):
    desk.register()
    constraint = PlacementConstraint(
        type=PlacementConstraintType.MEMBER_OF, expression="attribute:stack == production"
    )
    request = RunTaskRequest(task_definition="web", placement_constraints=(constraint,))
    assert {f.reason for f in desk.call(request).failures} == {
        "MemberOf placement constraint unsatisfied"
    }
    desk.call(putting(an_attribute(target=TWO)))
    assert [t.container_instance_arn for t in desk.call(request).tasks] == [TWO]


def test_the_ledger_takes_attributes_in(desk):
    ledger = CapacityLedger()
    ledger.load(desk.store)
    desk.store.on_change(ledger.on_change)
    expression = parse_expression("attribute:gpu exists and attribute:stack =~ prod.*")
    assert not isinstance(expression, Malformed)
    desk.call(putting(an_attribute(), an_attribute("gpu", None)))
    assert [arn for arn, c in ledger.capacities().items() if holds(expression, c)] == [ONE]
    desk.call(deleting(an_attribute("gpu", None)))
    assert [arn for arn, c in ledger.capacities().items() if holds(expression, c)] == []


def test_attributes_outlive_a_restart():
    desk = Desk()
    instance = InstanceSetup("local-1", "local", "local-a", 1024, 1024)
    setup = Setup(owner="o", ids=ids("setup"), instances=(instance,))
    desk.store.update(lambda tx: register(tx, setup, NOW))
    desk.call(putting(an_attribute()))
    desk.store.update(lambda tx: register(tx, setup, NOW + 1))
    assert listed(desk, attribute_name="stack") == [("stack", "production", ONE)]
    assert len(listed(desk, attribute_name="ecs.availability-zone")) == 1


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a b"}, "name"),
        ({"name": "a" * 129}, "name"),
        ({"name": "ecs.os-type"}, "name"),
        ({"name": "com.amazonaws.ecs.capability.x"}, "name"),
        ({"value": ""}, "value"),
        ({"value": " x"}, "value"),
        ({"value": "x "}, "value"),
        ({"value": "x" * 129}, "value"),
        ({"value": "ä"}, "value"),
        ({"target": None}, "targetId"),
        ({"target": ""}, "targetId"),
        ({"target": NAMES.task("default", "x")}, "targetId"),
        ({"target": NAMES.container_instance("blue", "x")}, "targetId"),
        ({"target": an_id("local-1")}, "targetType"),
        ({"target_type": "task"}, "targetType"),
    ],
)
def test_what_is_no_attribute_is_refused(desk, members, field):
    desk.put(a_cluster("blue"))
    error = desk.refuse(putting(an_attribute("first"), an_attribute(**members)))
    assert (error.code, error.field) == ("InvalidParameterException", f"attributes[1].{field}")


@pytest.mark.parametrize("request_of", [putting, deleting])
def test_a_target_must_be_registered(desk, request_of):
    desk.put(an_instance("old", status=InstanceStatus.INACTIVE))
    for identifier in ("x", an_id("old")):
        target = NAMES.container_instance("default", identifier)
        error = desk.refuse(request_of(an_attribute(target=target)))
        assert (error.code, error.field) == ("TargetNotFoundException", "attributes[0].targetId")
        assert error.message.startswith("The specified target wasn't found.")


@pytest.mark.parametrize("request_of", [putting, deleting])
@pytest.mark.parametrize("number", [0, 11])
def test_1_to_10_attributes_are_changed_at_once(desk, request_of, number):
    error = desk.refuse(request_of(*(an_attribute(f"a{n}") for n in range(number))))
    assert (error.code, error.field) == ("InvalidParameterException", "attributes")


def test_ecs_keeps_its_own_attributes(desk):
    assert (
        desk.refuse(deleting(an_attribute("ecs.availability-zone"))).field == "attributes[0].name"
    )


def test_an_instance_has_10_attributes_of_peoples_own_at_most(desk):
    desk.call(putting(*(an_attribute(f"a{number}") for number in range(10))))
    desk.call(putting(an_attribute("a3", "again")))
    error = desk.refuse(putting(an_attribute("one-more")))
    assert (error.code, error.field) == ("AttributeLimitExceededException", "attributes[0]")
