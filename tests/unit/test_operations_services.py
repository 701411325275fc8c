"""Services: described with their counts and events, listed while ACTIVE, deleted by draining."""

from typing import Any

import pytest

from ecstui.model.cluster import EventRecord
from ecstui.model.enums import (
    DeploymentStatus,
    DesiredStatus,
    EventSource,
    LaunchType,
    SchedulingStrategy,
    ServiceStatus,
    TaskStatus,
)
from ecstui.model.requests.services import (
    DeleteServiceRequest,
    DescribeServicesRequest,
    ListServicesRequest,
)
from ecstui.model.shape import Tag
from tests.factories import NAMES, NOW, a_deployment, a_service, a_task, an_id
from tests.support.desk import Desk

WEB = NAMES.service("default", "web")


def describe(desk, *names, **members):
    return desk.call(DescribeServicesRequest(services=names, **members))


def an_event(seed, **members):
    values: dict[str, Any] = {
        "id": an_id(seed),
        "created_at": NOW,
        "source": EventSource.SERVICE,
        "cluster_name": "default",
        "subject_arn": WEB,
        "service_arn": WEB,
        "message": f"(service web) {seed}",
    }
    return EventRecord(**(values | members))


def a_running_task(seed, deployment, **members):
    values = {
        "service_arn": WEB,
        "deployment_id": deployment.id,
        "last_status": TaskStatus.RUNNING,
    }
    return a_task(seed=seed, **(values | members))


def test_a_service_is_described_with_counts_for_each_deployment():
    desk = Desk()
    new = a_deployment("new")
    old = a_deployment("old", status=DeploymentStatus.ACTIVE)
    stopping = {"desired_status": DesiredStatus.STOPPED}
    desk.put(
        a_service(deployments=(new, old), desired_count=4),
        a_running_task(1, new),
        a_running_task(2, new, last_status=TaskStatus.PENDING),
        a_running_task(3, new, last_status=TaskStatus.ACTIVATING),
        a_running_task(4, old),
        a_running_task(5, old),
        a_running_task(6, old, last_status=TaskStatus.STOPPING, **stopping),
        a_running_task(7, old, last_status=TaskStatus.STOPPED, **stopping),
        a_running_task(8, a_deployment("gone")),
        a_task(seed=9, last_status=TaskStatus.RUNNING),
    )
    (service,) = describe(desk, "web").services
    assert (service.running_count, service.pending_count) == (4, 2)
    assert [(d.running_count, d.pending_count) for d in service.deployments] == [(1, 2), (2, 0)]
    assert service.desired_count == 4


def test_events_are_the_schedulers_newest_first():
    desk = Desk()
    desk.put(
        a_service(created_at=NOW),
        an_event("namesake", created_at=NOW - 1),
        an_event("first"),
        an_event("user", source=EventSource.USER),
        an_event("second", created_at=NOW + 1),
        an_event("other", service_arn=NAMES.service("default", "db")),
    )
    (service,) = describe(desk, "web").services
    assert [e.message for e in service.events] == ["(service web) second", "(service web) first"]
    assert service.events[0].created_at == NOW + 1


def test_at_most_a_hundred_events_are_shown():
    desk = Desk()
    desk.put(a_service(), *(an_event(str(number)) for number in range(105)))
    (service,) = describe(desk, "web").services
    assert len(service.events) == 100
    assert service.events[0].message.endswith(" 104")
    assert service.events[-1].message.endswith(" 5")


def test_services_of_every_status_are_described_and_unknown_ones_are_failures():
    desk = Desk()
    desk.put(
        a_service("draining", status=ServiceStatus.DRAINING),
        a_service("inactive", status=ServiceStatus.INACTIVE),
    )
    answer = describe(desk, "draining", "x", NAMES.service("default", "inactive"), "draining")
    assert [s.status for s in answer.services] == ["DRAINING", "INACTIVE"]
    assert [(f.arn, f.reason) for f in answer.failures] == [
        (NAMES.service("default", "x"), "MISSING")
    ]


def test_tags_of_services_come_only_when_asked_for():
    desk = Desk()
    desk.put(a_service(tags=(Tag(key="a"),)))
    assert describe(desk, "web").services[0].tags == ()
    assert describe(desk, "web", include=("TAGS",)).services[0].tags == (Tag(key="a"),)


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "Services cannot be empty."), (11, "Services cannot be more than 10, but are 11.")],
)
def test_1_to_10_services_are_described_at_once(number, words):
    error = Desk().refuse(DescribeServicesRequest(services=("web",) * number))
    assert (error.code, error.message, error.field) == (
        "InvalidParameterException",
        words,
        "services",
    )


def test_active_services_are_listed_by_name():
    desk = Desk()
    desk.put(
        a_service("web", launch_type=LaunchType.EC2),
        a_service("db", scheduling_strategy=SchedulingStrategy.DAEMON),
        a_service("gone", status=ServiceStatus.DRAINING),
        a_service("was", status=ServiceStatus.INACTIVE),
    )

    def listed(**members):
        arns = desk.call(ListServicesRequest(**members)).service_arns
        return [arn.split("/")[-1] for arn in arns]

    assert listed() == ["db", "web"]
    assert listed(launch_type=LaunchType.EC2) == ["web"]
    assert listed(scheduling_strategy=SchedulingStrategy.DAEMON) == ["db"]
    assert listed(launch_type=LaunchType.FARGATE) == []


# -- deletion ---------------------------------------------------------------------------------


def delete(desk, **members):
    return desk.call(DeleteServiceRequest(service="web", **members)).service


def test_a_service_scaled_to_0_is_deleted():
    desk = Desk()
    desk.put(a_service(desired_count=0))
    service = delete(desk)
    assert (service.status, service.desired_count) == (ServiceStatus.DRAINING, 0)
    assert desk.said() == ["alice deleted service web"]


def test_a_service_scaled_above_0_is_deleted_by_force_only():
    desk = Desk()
    desk.put(a_service(desired_count=1))
    error = desk.refuse(DeleteServiceRequest(service="web"))
    assert (error.code, error.message, error.field) == (
        "InvalidParameterException",
        "The service cannot be stopped while it is scaled above 0.",
        "force",
    )
    assert delete(desk, force=True).desired_count == 0


def test_a_daemon_needs_no_force():
    desk = Desk()
    desk.put(a_service(scheduling_strategy=SchedulingStrategy.DAEMON, desired_count=3))
    assert delete(desk).status is ServiceStatus.DRAINING


def test_deleting_again_while_it_drains_is_fine():
    desk = Desk()
    desk.put(a_service(desired_count=0))
    first = delete(desk)
    assert delete(desk) == first
    assert len(desk.said()) == 1


@pytest.mark.parametrize("name", ["x", "gone"])
def test_what_is_not_there_cannot_be_deleted(name):
    desk = Desk()
    desk.put(a_service("gone", status=ServiceStatus.INACTIVE))
    error = desk.refuse(DeleteServiceRequest(service=name))
    assert (error.code, error.message, error.field) == (
        "ServiceNotFoundException",
        "Service not found.",
        "service",
    )
