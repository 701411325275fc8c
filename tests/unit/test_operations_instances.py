"""Container instances: shown with what is left of them, drained and taken back."""

import pytest

from ecstui.model.enums import InstanceStatus, TaskStatus
from ecstui.model.requests.instances import (
    DescribeContainerInstancesRequest,
    ListContainerInstancesRequest,
    UpdateContainerInstancesStateRequest,
)
from ecstui.model.shape import Tag
from tests.factories import NAMES, a_container, a_definition, a_port, a_task, an_id, an_instance
from tests.support.desk import Desk

ONE = NAMES.container_instance("default", an_id("local-1"))
TWO = NAMES.container_instance("default", an_id("local-2"))


def describe(desk, *names, **members):
    request = DescribeContainerInstancesRequest(container_instances=names, **members)
    return desk.call(request)


def update(desk, status, *names):
    return desk.call(UpdateContainerInstancesStateRequest(container_instances=names, status=status))


def resources(instance_resources):
    return {r.name: r.string_set_value or r.integer_value for r in instance_resources}


def test_an_instance_shows_what_is_left_of_it():
    desk = Desk()
    container = a_container(
        cpu=512,
        memory=1024,
        port_mappings=(a_port(80, 8080), a_port(53, 53, protocol="udp"), a_port(81)),
    )
    definition = a_definition(container)
    desk.put(
        an_instance(reserved_ports=(22, 2375)),
        a_task(definition, seed=1, container_instance_arn=ONE, last_status=TaskStatus.RUNNING),
        a_task(seed=2, container_instance_arn=ONE),
        a_task(definition, seed=3, container_instance_arn=ONE, last_status=TaskStatus.STOPPED),
    )
    (instance,) = describe(desk, ONE).container_instances
    assert resources(instance.registered_resources) == {
        "CPU": 2048,
        "MEMORY": 4096,
        "PORTS": ("22", "2375"),
        "PORTS_UDP": 0,
    }
    assert resources(instance.remaining_resources) == {
        "CPU": 2048 - 512 - 64,
        "MEMORY": 4096 - 1024 - 64,
        "PORTS": ("22", "2375", "8080"),
        "PORTS_UDP": ("53",),
    }
    assert [r.type for r in instance.remaining_resources] == [
        "INTEGER",
        "INTEGER",
        "STRINGSET",
        "STRINGSET",
    ]
    assert (instance.running_tasks_count, instance.pending_tasks_count) == (1, 1)
    assert "cpuUnits" not in instance.to_wire()


def test_tags_of_instances_come_only_when_asked_for():
    desk = Desk()
    desk.put(an_instance(tags=(Tag(key="a"),)))
    assert describe(desk, ONE).container_instances[0].tags == ()
    (instance,) = describe(desk, ONE, include=("TAGS",)).container_instances
    assert instance.tags == (Tag(key="a"),)


def test_unknown_instances_are_failures():
    answer = describe(Desk(), an_id("local-1"), "x", ONE)
    assert [i.container_instance_arn for i in answer.container_instances] == [ONE]
    assert [(f.arn, f.reason) for f in answer.failures] == [
        (NAMES.container_instance("default", "x"), "MISSING")
    ]


@pytest.mark.parametrize("number", [0, 101])
def test_1_to_100_instances_are_described_at_once(number):
    request = DescribeContainerInstancesRequest(container_instances=("x",) * number)
    error = Desk().refuse(request)
    assert (error.code, error.field) == ("InvalidParameterException", "containerInstances")


def arns(desk, **members):
    return list(desk.call(ListContainerInstancesRequest(**members)).container_instance_arns)


def test_instances_are_listed_by_status():
    desk = Desk()
    desk.put(
        an_instance("local-2", status=InstanceStatus.DRAINING),
        an_instance("local-3", status=InstanceStatus.INACTIVE),
    )
    three = NAMES.container_instance("default", an_id("local-3"))
    assert arns(desk) == sorted([ONE, TWO])
    assert arns(desk, status=InstanceStatus.ACTIVE) == [ONE]
    assert arns(desk, status=InstanceStatus.DRAINING) == [TWO]
    assert arns(desk, status=InstanceStatus.INACTIVE) == [three]


def test_instances_are_listed_by_an_expression():
    desk = Desk()
    desk.put(an_instance("local-2", zone="local-b"))
    assert arns(desk, filter="attribute:ecs.availability-zone == local-b") == [TWO]
    assert arns(desk, filter="attribute:nothing exists") == []


@pytest.mark.parametrize("text", ["", "what", "attribute:a ==", "(" * 500])
def test_an_expression_that_is_none_is_refused(text):
    error = Desk().refuse(ListContainerInstancesRequest(filter=text))
    assert (error.code, error.field) == ("InvalidParameterException", "filter")
    assert error.message.startswith("Invalid expression: ")


def test_an_instance_is_drained_and_taken_back():
    desk = Desk()
    (instance,) = update(desk, "DRAINING", ONE).container_instances
    assert (instance.status, instance.version) == (InstanceStatus.DRAINING, 2)
    (instance,) = update(desk, "DRAINING", ONE).container_instances
    assert instance.version == 2
    (instance,) = update(desk, "ACTIVE", an_id("local-1")).container_instances
    assert (instance.status, instance.version) == (InstanceStatus.ACTIVE, 3)
    assert desk.said() == [
        "alice set container instance local-1 to draining",
        "alice took container instance local-1 back from draining",
    ]


def test_what_cannot_be_drained_is_a_failure():
    desk = Desk()
    desk.put(
        an_instance("local-2", status=InstanceStatus.INACTIVE),
        an_instance("local-3", status=InstanceStatus.REGISTERING),
    )
    answer = update(desk, "DRAINING", TWO, "x", an_id("local-3"), ONE)
    assert [i.container_instance_arn for i in answer.container_instances] == [ONE]
    assert [f.reason for f in answer.failures] == ["MISSING", "INACTIVE", "REGISTERING"]


@pytest.mark.parametrize("status", ["INACTIVE", "draining", "", "REGISTERING"])
def test_only_active_and_draining_can_be_set(status):
    request = UpdateContainerInstancesStateRequest(container_instances=(ONE,), status=status)
    error = Desk().refuse(request)
    assert (error.code, error.message, error.field) == (
        "InvalidParameterException",
        "Container instance status should be one of [ACTIVE, DRAINING]",
        "status",
    )


@pytest.mark.parametrize("number", [0, 11])
def test_1_to_10_instances_are_changed_at_once(number):
    request = UpdateContainerInstancesStateRequest(
        container_instances=("x",) * number, status="ACTIVE"
    )
    assert Desk().refuse(request).field == "containerInstances"
