"""StartTask: a task on each instance named, with ECS's reasons where one does not fit."""

import pytest

from ecstui.model.enums import InstanceStatus, LaunchType, NetworkMode, PropagateTags, TaskStatus
from ecstui.model.requests.definitions import DeregisterTaskDefinitionRequest
from ecstui.model.requests.tasks import StartTaskRequest
from ecstui.model.shape import Tag
from ecstui.model.task import ContainerOverride, TaskOverride
from ecstui.model.task_definition import Attribute
from ecstui.store.kinds import TASKS
from tests.factories import NAMES, a_container, a_definition, a_port, an_id, an_instance
from tests.support.desk import Desk


def arn_of(name: str) -> str:
    return NAMES.container_instance("default", an_id(name))


ONE, TWO = arn_of("local-1"), arn_of("local-2")


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.put(an_instance("local-2", zone="local-b", ip="127.0.2.1"))
    made.register("web", tags=(Tag(key="from", value="definition"),))
    return made


def request(*instances: str, **members) -> StartTaskRequest:
    values = {"task_definition": "web", "container_instances": instances} | members
    return StartTaskRequest(**values)


def reasons(answer) -> list[tuple[str, str]]:
    return [(failure.arn, failure.reason) for failure in answer.failures]


def test_a_task_goes_to_each_instance_named(desk):
    answer = desk.call(request(TWO, an_id("local-1"), ONE))
    assert [t.container_instance_arn for t in answer.tasks] == [TWO, ONE]
    assert answer.failures == ()
    tasks = [desk.task(task.task_arn) for task in answer.tasks]
    assert [(t.last_status, t.instance_ip, t.availability_zone) for t in tasks] == [
        (TaskStatus.PENDING, "127.0.2.1", "local-b"),
        (TaskStatus.PENDING, "127.0.1.1", "local-a"),
    ]
    assert {(t.group, t.launch_type, t.service_arn) for t in tasks} == {
        ("family:web", LaunchType.EC2, None)
    }
    assert desk.said()[-1] == "alice started 2 tasks of web:1"


def test_members_reach_the_task(desk):
    override = TaskOverride(container_overrides=(ContainerOverride(name="app", cpu=128),))
    (task,) = desk.call(
        request(
            ONE,
            group="batch",
            started_by="cron/1",
            overrides=override,
            enable_ecs_managed_tags=True,
            enable_execute_command=True,
            propagate_tags=PropagateTags.TASK_DEFINITION,
            tags=(Tag(key="a", value="1"),),
        )
    ).tasks
    assert (task.group, task.started_by, task.cpu) == ("batch", "cron/1", "128")
    assert task.enable_execute_command
    assert {tag.key: tag.value for tag in task.tags} == {
        "aws:ecs:clusterName": "default",
        "from": "definition",
        "a": "1",
    }


def test_instances_that_take_nothing_are_failures(desk):
    desk.put(
        an_instance("old", status=InstanceStatus.INACTIVE),
        an_instance("leaving", status=InstanceStatus.DRAINING),
        an_instance("away", agent_connected=False),
    )
    names = ("x", an_id("old"), an_id("leaving"), an_id("away"), ONE)
    answer = desk.call(request(*names))
    assert [t.container_instance_arn for t in answer.tasks] == [ONE]
    assert reasons(answer) == [
        (NAMES.container_instance("default", "x"), "MISSING"),
        (arn_of("old"), "INACTIVE"),
        (arn_of("leaving"), "DRAINING"),
        (arn_of("away"), "AGENT"),
    ]


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        ({"cpu": 2049}, "RESOURCE:CPU"),
        ({"memory": 4097}, "RESOURCE:MEMORY"),
        ({"port_mappings": (a_port(80, 22),)}, "RESOURCE:PORTS"),
    ],
)
def test_a_task_that_does_not_fit_is_a_failure(desk, container, reason):
    desk.put(an_instance(reserved_ports=(22,)))
    desk.register("big", container_definitions=(a_container(**container),))
    answer = desk.call(request(ONE, task_definition="big"))
    assert (answer.tasks, reasons(answer)) == ((), [(ONE, reason)])
    assert desk.store.all(TASKS) == ()
    assert not [line for line in desk.said() if "started" in line]


def test_an_attribute_that_the_instance_lacks_is_a_failure(desk):
    required = (Attribute(name="ecs.capability.of-nobody"),)
    desk.put(a_definition(family="odd", requires_attributes=required))
    assert reasons(desk.call(request(ONE, task_definition="odd"))) == [(ONE, "ATTRIBUTE")]


def test_a_port_of_the_host_is_given_once_for_an_engine(desk):
    container = a_container(port_mappings=(a_port(8080),))
    desk.register("host", network_mode=NetworkMode.HOST, container_definitions=(container,))
    answer = desk.call(request(ONE, TWO, task_definition="host"))
    assert [t.container_instance_arn for t in answer.tasks] == [ONE]
    assert reasons(answer) == [(TWO, "RESOURCE:PORTS")]


@pytest.mark.parametrize("number", [0, 11])
def test_1_to_10_instances_are_named(desk, number):
    error = desk.refuse(request(*(f"i{n}" for n in range(number))))
    assert (error.code, error.field) == ("InvalidParameterException", "containerInstances")


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"started_by": "x" * 37}, "startedBy"),
        ({"started_by": "a b"}, "startedBy"),
        ({"group": "service:web"}, "group"),
        ({"group": "g" * 256}, "group"),
        ({"propagate_tags": PropagateTags.SERVICE}, "propagateTags"),
        ({"tags": (Tag(key="aws:x"),)}, "tags[0].key"),
        ({"container_instances": (ONE, NAMES.task("default", "x"))}, "containerInstances[1]"),
        ({"task_definition": "nothing"}, "taskDefinition"),
    ],
)
def test_members_that_break_a_rule_are_refused(desk, members, field):
    assert desk.refuse(request(ONE, **members)).field == field


def test_volumes_at_launch_are_refused(desk):
    error = desk.refuse(request(ONE, volumeConfigurations=[{"name": "v"}]))
    assert error.code == "UnsupportedFeatureException"


def test_a_deregistered_definition_starts_nothing(desk):
    desk.call(DeregisterTaskDefinitionRequest(task_definition="web:1"))
    error = desk.refuse(request(ONE, task_definition="web:1"))
    assert (error.code, error.message) == (
        "InvalidParameterException",
        "TaskDefinition is inactive",
    )


def test_a_network_is_needed_in_awsvpc_mode(desk):
    desk.register("net", network_mode="awsvpc")
    error = desk.refuse(request(ONE, task_definition="net"))
    assert error.field == "networkConfiguration"
