"""The record of a new task: where it is, what it takes, whose it is."""

import pytest

from ecstui.model.enums import (
    DesiredStatus,
    LaunchType,
    NetworkMode,
    PropagateTags,
    TaskStatus,
)
from ecstui.model.shape import Tag
from ecstui.model.task import ContainerOverride, TaskOverride
from ecstui.model.task_definition import Attribute
from ecstui.plan.new_task import new_task
from tests.factories import (
    NAMES,
    NOW,
    a_capacity,
    a_container,
    a_definition,
    a_port,
    a_service,
    an_id,
    ids,
)


def make(definition=None, capacity=None, **members):
    values = {"group": "family:web", "started_by": None, "service": None, "deployment_id": None}
    return new_task(
        definition or a_definition(),
        capacity or a_capacity(),
        NAMES,
        ids("new"),
        NOW,
        **(values | members),
    )


def test_a_task_is_where_its_capacity_is():
    capacity = a_capacity("local-2", zone="local-b", engine="other", ip="127.0.9.9")
    task = make(capacity=capacity)
    assert task.container_instance_arn == capacity.instance_arn
    assert (task.availability_zone, task.engine, task.instance_ip) == (
        "local-b",
        "other",
        "127.0.9.9",
    )
    assert (task.cluster_name, task.cluster_arn) == ("default", NAMES.cluster("default"))
    assert (task.desired_status, task.last_status) == (DesiredStatus.RUNNING, TaskStatus.PENDING)
    assert (task.created_at, task.version) == (NOW, 1)


def test_its_id_is_drawn_unless_it_is_given():
    assert make().task_id == an_id("new:0")
    given = make(task_id=an_id("given"))
    assert given.task_id == an_id("given")
    assert given.task_arn == NAMES.task("default", an_id("given"))
    assert given.containers[0].task_arn == given.task_arn
    assert given.containers[0].container_arn != make().containers[0].container_arn


def test_it_takes_what_its_containers_take():
    definition = a_definition(
        a_container("a", cpu=100, memory=200, port_mappings=(a_port(80, 8080),)),
        a_container("b", cpu=50, memory=300, memory_reservation=30, essential=False),
    )
    task = make(definition)
    assert (task.reservation.cpu_units, task.reservation.memory_mib) == (150, 230)
    assert task.reservation.tcp_ports == (8080,)
    assert (task.cpu, task.memory) == ("150", "230")
    assert [(c.name, c.essential) for c in task.containers] == [("a", True), ("b", False)]


def test_overrides_are_kept_and_counted():
    overrides = TaskOverride(container_overrides=(ContainerOverride(name="app", cpu=512),))
    task = make(overrides=overrides)
    assert task.overrides == overrides
    assert task.reservation.cpu_units == 512


def test_in_awsvpc_mode_it_waits_for_an_interface():
    task = make(a_definition(network_mode=NetworkMode.AWSVPC))
    assert task.last_status is TaskStatus.PROVISIONING
    assert task.pause_engine_name is not None
    assert [(a.type, a.status) for a in task.attachments] == [
        ("ElasticNetworkInterface", "PRECREATED")
    ]


@pytest.mark.parametrize("mode", [None, NetworkMode.HOST, NetworkMode.BRIDGE, NetworkMode.NONE])
def test_in_other_modes_it_has_no_interface(mode):
    task = make(a_definition(network_mode=mode))
    assert (task.pause_engine_name, task.attachments) == (None, ())


def test_a_task_of_a_service_says_so():
    service = a_service()
    deployment = service.primary.id
    task = make(service=service, deployment_id=deployment, started_by=deployment, launch_type=None)
    assert (task.service_arn, task.deployment_id, task.started_by) == (
        service.service_arn,
        deployment,
        deployment,
    )
    assert task.launch_type is LaunchType.EC2


OWN, DEFINITIONS = Tag(key="own", value="1"), Tag(key="definition", value="2")


@pytest.mark.parametrize(
    ("propagate", "tags"),
    [
        (PropagateTags.NONE, ()),
        (PropagateTags.SERVICE, (OWN,)),
        (PropagateTags.TASK_DEFINITION, (DEFINITIONS,)),
    ],
)
def test_a_service_passes_tags_on(propagate, tags):
    service = a_service(tags=(OWN,), propagate_tags=propagate)
    assert make(a_definition(tags=(DEFINITIONS,)), service=service).tags == tags


def test_managed_tags_name_cluster_and_service():
    service = a_service(enable_ecs_managed_tags=True)
    assert {t.key: t.value for t in make(service=service).tags} == {
        "aws:ecs:clusterName": "default",
        "aws:ecs:serviceName": "web",
    }


def test_a_given_tag_wins():
    service = a_service(tags=(OWN,), propagate_tags=PropagateTags.SERVICE)
    given = (Tag(key="own", value="other"),)
    assert make(service=service, tags=given).tags == given


def test_the_processor_is_told_where_it_is_known():
    capacity = a_capacity(attributes={"ecs.cpu-architecture": "x86_64"})
    assert make(capacity=capacity).attributes == (
        Attribute(name="ecs.cpu-architecture", value="x86_64"),
    )
    assert make().attributes == ()
