"""Scale-in protection: who can have it, for how long, and what is refused (ecs.md 3.10)."""

import pytest

from ecstui.model.enums import DesiredStatus, TaskStatus
from ecstui.model.requests.protection import GetTaskProtectionRequest, UpdateTaskProtectionRequest
from ecstui.plan.protection import held_by_protection
from tests.factories import NAMES, NOW, a_definition, a_service, a_task, an_id
from tests.support.desk import Desk

WEB = a_definition()
SERVICE = NAMES.service("default", "web")


@pytest.fixture
def desk():
    desk = Desk()
    desk.put(a_service())
    desk.put(a_task(WEB, seed="t", service_arn=SERVICE, last_status=TaskStatus.RUNNING))
    desk.put(a_task(WEB, seed="alone"))
    gone = {"service_arn": SERVICE, "desired_status": DesiredStatus.STOPPED}
    desk.put(a_task(WEB, seed="gone", **gone))
    return desk


def protect(*tasks, enabled=True, minutes=None):
    return UpdateTaskProtectionRequest(
        tasks=tasks, protection_enabled=enabled, expires_in_minutes=minutes
    )


def test_two_hours_unless_said_and_every_call_begins_anew(desk):
    (task,) = desk.call(protect(an_id("t"))).protected_tasks
    assert (task.protection_enabled, task.expiration_date) == (True, NOW + 7200)
    desk.now += 60
    (task,) = desk.call(protect(an_id("t"), minutes=1)).protected_tasks
    assert task.expiration_date == NOW + 120
    assert desk.said()[-1] == f"alice protected task {an_id('t')} from scale-in for 1 min"


def test_it_is_over_by_itself(desk):
    desk.call(protect(an_id("t"), minutes=1))
    get = GetTaskProtectionRequest(tasks=(an_id("t"),))
    assert desk.call(get).protected_tasks[0].protection_enabled
    desk.now += 60
    (task,) = desk.call(get).protected_tasks
    assert (task.protection_enabled, task.expiration_date) == (False, None)


def test_it_can_be_ended(desk):
    desk.call(protect(an_id("t")))
    (task,) = desk.call(protect(an_id("t"), enabled=False)).protected_tasks
    assert not task.protection_enabled


@pytest.mark.parametrize(
    ("name", "reason"),
    [("alone", "TASK_NOT_VALID"), ("gone", "TASK_NOT_VALID"), ("nobody", "MISSING")],
)
def test_what_cannot_be_protected_is_a_failure_beside_the_others(desk, name, reason):
    for request in (
        protect(an_id("t"), an_id(name)),
        GetTaskProtectionRequest(tasks=(an_id("t"), an_id(name))),
    ):
        answer = desk.call(request)
        assert len(answer.protected_tasks) == 1
        (failure,) = answer.failures
        assert (failure.reason, failure.arn) == (reason, NAMES.task("default", an_id(name)))


def test_while_protection_holds_a_deployment_up_nothing_more_is_protected(desk):
    held = held_by_protection("ecs-svc/1", 2)
    desk.put(a_service(last_trouble=held))
    (failure,) = desk.call(protect(an_id("t"))).failures
    assert failure.reason == "DEPLOYMENT_BLOCKED"
    assert not desk.call(protect(an_id("t"), enabled=False)).failures


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (protect(), "tasks"),
        (protect(*(an_id(str(n)) for n in range(11))), "tasks"),
        (protect(an_id("t"), minutes=0), "expiresInMinutes"),
        (protect(an_id("t"), minutes=2881), "expiresInMinutes"),
        (GetTaskProtectionRequest(), "tasks"),
    ],
)
def test_limits(desk, request_, field):
    error = desk.refuse(request_)
    assert (error.code, error.field) == ("InvalidParameterException", field)
