"""Tags: put on and taken off whatever an ARN names, within ECS's limits."""

from typing import Any

import pytest

from ecstui.model.enums import ClusterStatus, InstanceStatus, ServiceStatus, TaskStatus
from ecstui.model.requests.tags import (
    ListTagsForResourceRequest,
    TagResourceRequest,
    UntagResourceRequest,
)
from ecstui.model.shape import Request, Tag
from tests.factories import NAMES, a_cluster, a_service, a_task, an_id, an_instance
from tests.support.desk import Desk

CLUSTER = NAMES.cluster("default")
SERVICE = NAMES.service("default", "web")
TASK = NAMES.task("default", an_id("task"))
DEFINITION = NAMES.task_definition("web", 1)
INSTANCE = NAMES.container_instance("default", an_id("local-1"))


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.register()
    made.put(a_service(), a_task())
    return made


def tags(*pairs: str) -> tuple[Tag, ...]:
    return tuple(Tag(key=key, value=value) for key, value in (pair.split("=") for pair in pairs))


def tagging(arn: str, *pairs: str) -> TagResourceRequest:
    return TagResourceRequest(resource_arn=arn, tags=tags(*pairs))


def untagging(arn: str, *keys: str) -> UntagResourceRequest:
    return UntagResourceRequest(resource_arn=arn, tag_keys=keys)


def listing(arn: str) -> ListTagsForResourceRequest:
    return ListTagsForResourceRequest(resource_arn=arn)


@pytest.mark.parametrize("arn", [CLUSTER, SERVICE, TASK, DEFINITION, INSTANCE])
def test_every_taggable_resource_is_tagged_and_untagged(desk: Desk, arn: str):
    desk.call(tagging(arn, "a=1", "b=2"))
    desk.call(tagging(arn, "a=3", "c="))
    assert desk.call(listing(arn)).tags == tags("a=3", "b=2", "c=")
    desk.call(untagging(arn, "b", "never-there"))
    assert desk.call(listing(arn)).tags == tags("a=3", "c=")


def test_who_tagged_what_is_told_and_nothing_is_told_twice(desk: Desk):
    for _ in range(2):
        desk.call(tagging(SERVICE, "a=1", "b=2"))
    for _ in range(2):
        desk.call(untagging(SERVICE, "b"))
    assert desk.said()[-2:] == [
        "alice tagged service web with a, b",
        "alice removed the tags b of service web",
    ]


def test_tags_start_no_deployment(desk: Desk):
    before = desk.service()
    desk.call(tagging(SERVICE, "a=1"))
    assert desk.service() == before.with_(tags=tags("a=1"))


def test_a_resource_has_50_tags_of_its_own_at_most(desk: Desk):
    desk.put(a_task(tags=tags("aws:ecs:clusterName=default")))
    desk.call(tagging(TASK, *(f"k{number}=" for number in range(50))))
    desk.call(tagging(TASK, "k7=again"))
    error = desk.refuse(tagging(TASK, "one-more="))
    assert (error.code, error.field) == ("LimitExceededException", "tags")
    assert len(desk.call(listing(TASK)).tags) == 51


@pytest.mark.parametrize(
    ("pairs", "field"),
    [
        (("=v",), "tags[0].key"),
        ((f"{'k' * 129}=",), "tags[0].key"),
        (("a=", f"b={'v' * 257}"), "tags[1].value"),
        (("AWS:x=",), "tags[0].key"),
        (("x=Aws:y",), "tags[0].value"),
        (("a*=",), "tags[0].key"),
        (("a=1", "a=2"), "tags[1].key"),
        (tuple(f"k{number}=" for number in range(51)), "tags"),
    ],
)
def test_tags_that_break_a_rule_are_refused(desk: Desk, pairs: tuple[str, ...], field: str):
    error = desk.refuse(tagging(CLUSTER, *pairs))
    assert (error.code, error.field) == ("InvalidParameterException", field)


@pytest.mark.parametrize(
    ("keys", "field"),
    [((), "tagKeys"), (("a", ""), "tagKeys[1]"), (("aws:ecs:clusterName",), "tagKeys[0]")],
)
def test_keys_that_cannot_be_removed_are_refused(desk: Desk, keys: tuple[str, ...], field: str):
    error = desk.refuse(untagging(CLUSTER, *keys))
    assert (error.code, error.field) == ("InvalidParameterException", field)
    assert error.message.startswith(("Tag keys cannot", "A tag's key m"))


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "web",
        "arn:aws:ecs:::",
        "arn:aws:s3:r:a:cluster/default",
        NAMES.arn("cluster/"),
        NAMES.arn("cluster/a/b"),
        NAMES.arn("service/default/web/more"),
        NAMES.arn("task-definition/web"),
        NAMES.arn("task-definition/web:x"),
        NAMES.arn("daemon/default/x"),
    ],
)
def test_what_is_no_arn_of_a_taggable_resource_is_refused(desk: Desk, arn: str):
    requests: list[Request[Any]] = [tagging(arn, "a=1"), untagging(arn, "a"), listing(arn)]
    for request in requests:
        error = desk.refuse(request)
        assert (error.code, error.message, error.field) == (
            "InvalidParameterException",
            "The ARN provided is invalid.",
            "resourceArn",
        )


def test_arns_of_the_old_form_are_refused(desk: Desk):
    error = desk.refuse(tagging(NAMES.arn("service/web"), "a=1"))
    assert error.code == "InvalidParameterException"
    assert error.message == "Long arn format must be used for tagging operations"


@pytest.mark.parametrize(
    ("arn", "what"),
    [
        (NAMES.service("default", "x"), "The specified service was not found."),
        (NAMES.task("default", "x"), "The specified task was not found."),
        (NAMES.container_instance("default", "x"), "The specified container instance was not"),
        (NAMES.task_definition("web", 9), "The specified task definition does not exist."),
    ],
)
def test_what_is_not_there_has_no_tags(desk: Desk, arn: str, what: str):
    codes: dict[str, tuple[Request[Any], ...]] = {
        "ResourceNotFoundException": (tagging(arn, "a=1"), untagging(arn, "a")),
        "InvalidParameterException": (listing(arn),),
    }
    for code, requests in codes.items():
        for request in requests:
            error = desk.refuse(request)
            assert (error.code, error.field) == (code, "resourceArn")
            assert error.message.startswith(what)


def test_a_cluster_that_is_not_there_has_its_own_error(desk: Desk):
    for arn in (NAMES.cluster("x"), NAMES.service("x", "web")):
        assert desk.refuse(listing(arn)).code == "ClusterNotFoundException"


@pytest.mark.parametrize(
    ("record", "arn", "what"),
    [
        (a_cluster("old", status=ClusterStatus.INACTIVE), NAMES.cluster("old"), "cluster"),
        (
            a_service("old", status=ServiceStatus.INACTIVE),
            NAMES.service("default", "old"),
            "service",
        ),
        (
            an_instance("old", status=InstanceStatus.INACTIVE),
            NAMES.container_instance("default", an_id("old")),
            "container instance",
        ),
    ],
)
def test_what_was_deleted_has_no_tags(desk: Desk, record, arn: str, what: str):
    desk.put(record)
    error = desk.refuse(tagging(arn, "a=1"))
    assert error.code == "InvalidParameterException"
    assert error.message == (
        f"The specified {what} is inactive. Specify an active {what} and try again."
    )


def test_a_stopped_task_shows_its_tags_and_takes_no_more(desk: Desk):
    desk.put(a_task(last_status=TaskStatus.STOPPED, tags=tags("a=1")))
    assert desk.call(listing(TASK)).tags == tags("a=1")
    error = desk.refuse(tagging(TASK, "b=2"))
    assert error.message == "The specified task is stopped. Specify a running task and try again."
