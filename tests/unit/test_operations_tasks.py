"""Tasks: stopped once for one reason, described while they are kept, listed through filters."""

import pytest

from ecstui.model.enums import DesiredStatus, LaunchType, StopCode, TaskStatus
from ecstui.model.requests.tasks import DescribeTasksRequest, ListTasksRequest, StopTaskRequest
from ecstui.model.shape import Tag
from tests.factories import (
    NAMES,
    NOW,
    a_cluster,
    a_definition,
    a_service,
    a_task,
    an_id,
    an_instance,
)
from tests.support.desk import Desk

WEB = a_definition()
DB = a_definition(family="db")
RUNNING = {"last_status": TaskStatus.RUNNING}
TOLD_TO_STOP = {"desired_status": DesiredStatus.STOPPED, "stop_code": StopCode.USER_INITIATED}


@pytest.fixture
def desk():
    desk = Desk()
    desk.put(a_task(WEB, seed="t", **RUNNING))
    return desk


TASK = NAMES.task("default", an_id("t"))


@pytest.mark.parametrize("name", [TASK, an_id("t"), NAMES.arn(f"task/{an_id('t')}")])
def test_a_task_is_told_to_stop(desk, name):
    task = desk.call(StopTaskRequest(task=name)).task
    assert task.desired_status is DesiredStatus.STOPPED
    assert task.last_status is TaskStatus.RUNNING
    assert (task.stop_code, task.stopped_reason) == ("UserInitiated", "Task stopped by user")
    assert (task.stopping_at, task.version) == (NOW, 2)
    assert desk.said() == [f"alice stopped task {an_id('t')}"]


def test_the_reason_is_the_users(desk):
    task = desk.call(StopTaskRequest(task=TASK, reason="too loud")).task
    assert task.stopped_reason == "too loud"
    assert desk.said() == [f"alice stopped task {an_id('t')}: too loud"]


def test_the_first_cause_stays(desk):
    first = desk.call(StopTaskRequest(task=TASK, reason="one")).task
    desk.now += 5
    assert desk.call(StopTaskRequest(task=TASK, reason="two")).task == first
    assert len(desk.said()) == 1


def test_a_stopped_task_is_returned_as_it_is(desk):
    desk.put(a_task(WEB, seed="s", last_status=TaskStatus.STOPPED, **TOLD_TO_STOP))
    task = desk.call(StopTaskRequest(task=an_id("s"))).task
    assert task.last_status is TaskStatus.STOPPED
    assert desk.said() == []


@pytest.mark.parametrize("name", ["x", an_id("other"), NAMES.task("default", "x")])
def test_an_unknown_task_cannot_be_stopped(desk, name):
    error = desk.refuse(StopTaskRequest(task=name))
    assert (error.code, error.message, error.field) == (
        "InvalidParameterException",
        "The referenced task was not found.",
        "task",
    )


def test_a_task_of_another_cluster_is_not_found_by_its_id(desk):
    desk.put(a_cluster("blue"), a_task(WEB, seed="b", cluster_name="blue"))
    assert desk.refuse(StopTaskRequest(task=an_id("b"))).field == "task"
    desk.call(StopTaskRequest(task=an_id("b"), cluster="blue"))


def test_a_reason_is_not_too_long(desk):
    error = desk.refuse(StopTaskRequest(task=TASK, reason="x" * 1025))
    assert (error.code, error.field) == ("InvalidParameterException", "reason")


def test_tasks_are_described_and_unknown_ones_are_failures(desk):
    request = DescribeTasksRequest(tasks=("x", TASK, an_id("t"), NAMES.task("default", "x")))
    answer = desk.call(request)
    assert [task.task_arn for task in answer.tasks] == [TASK]
    assert [(f.arn, f.reason) for f in answer.failures] == [(NAMES.task("default", "x"), "MISSING")]


def test_a_described_task_has_ecs_members_only(desk):
    (task,) = desk.call(DescribeTasksRequest(tasks=(TASK,))).tasks
    wire = task.to_wire()
    assert wire["lastStatus"] == "RUNNING"
    assert "taskId" not in wire
    assert not hasattr(task.containers[0], "engine_name")


def test_tags_of_tasks_come_only_when_asked_for(desk):
    desk.put(a_task(WEB, seed="tagged", tags=(Tag(key="a"),)))
    name = an_id("tagged")
    assert desk.call(DescribeTasksRequest(tasks=(name,))).tasks[0].tags == ()
    request = DescribeTasksRequest(tasks=(name,), include=("TAGS",))
    assert desk.call(request).tasks[0].tags == (Tag(key="a"),)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ((), "Tasks cannot be empty."),
        (("x",) * 101, "Tasks cannot be more than 100, but are 101."),
    ],
)
def test_1_to_100_tasks_are_described_at_once(desk, names, words):
    error = desk.refuse(DescribeTasksRequest(tasks=names))
    assert (error.code, error.message, error.field) == (
        "InvalidParameterException",
        words,
        "tasks",
    )


# -- lists ------------------------------------------------------------------------------------


@pytest.fixture
def crowd():
    """Tasks of two families, a service, two instances and several states."""
    desk = Desk()
    here = NAMES.container_instance("default", an_id("local-1"))
    there = NAMES.container_instance("default", an_id("local-2"))
    service = a_service()
    desk.put(
        service,
        an_instance("local-2"),
        a_task(WEB, seed="web", container_instance_arn=here, **RUNNING),
        a_task(WEB, seed="pending", container_instance_arn=there, started_by="cron"),
        a_task(DB, seed="db", container_instance_arn=here, service_arn=service.service_arn),
        a_task(DB, seed="stopping", container_instance_arn=here, **RUNNING, **TOLD_TO_STOP),
        a_task(DB, seed="stopped", last_status=TaskStatus.STOPPED, **TOLD_TO_STOP),
    )
    return desk


def listed(desk, **members):
    arns = desk.call(ListTasksRequest(**members)).task_arns
    assert list(arns) == sorted(arns)
    seeds = ("web", "pending", "db", "stopping", "stopped")
    return [seed for seed in seeds if NAMES.task("default", an_id(seed)) in arns]


@pytest.mark.parametrize(
    ("members", "seeds"),
    [
        ({}, ["web", "pending", "db"]),
        ({"desired_status": DesiredStatus.RUNNING}, ["web", "pending", "db"]),
        ({"desired_status": DesiredStatus.STOPPED}, ["stopping", "stopped"]),
        ({"desired_status": "PENDING"}, []),
        ({"family": "web"}, ["web", "pending"]),
        ({"family": "we"}, []),
        ({"family": "db", "desired_status": DesiredStatus.STOPPED}, ["stopping", "stopped"]),
        ({"container_instance": an_id("local-2")}, ["pending"]),
        ({"container_instance": an_id("local-1"), "family": "web"}, ["web"]),
        ({"service_name": "web"}, ["db"]),
        ({"service_name": NAMES.service("default", "web"), "family": "web"}, []),
        (
            {"service_name": "web", "container_instance": an_id("local-1")},
            ["db"],
        ),
        ({"started_by": "cron"}, ["pending"]),
        ({"started_by": "cron", "desired_status": DesiredStatus.STOPPED}, []),
        ({"launch_type": LaunchType.EC2}, ["web", "pending", "db"]),
        ({"launch_type": LaunchType.FARGATE}, []),
    ],
)
def test_a_task_is_listed_when_it_passes_every_filter(crowd, members, seeds):
    assert listed(crowd, **members) == seeds


@pytest.mark.parametrize(
    "other",
    [
        {"family": "web"},
        {"service_name": "web"},
        {"container_instance": an_id("local-1")},
    ],
)
def test_started_by_is_the_only_filter(crowd, other):
    error = crowd.refuse(ListTasksRequest(started_by="cron", **other))
    assert (error.code, error.field) == ("InvalidParameterException", "startedBy")


def test_tasks_of_an_unknown_service_or_instance_are_an_error(crowd):
    error = crowd.refuse(ListTasksRequest(service_name="x"))
    assert (error.code, error.message, error.field) == (
        "ServiceNotFoundException",
        "Service not found.",
        "serviceName",
    )
    error = crowd.refuse(ListTasksRequest(container_instance="x"))
    assert (error.code, error.field) == ("InvalidParameterException", "containerInstance")
