"""Task definitions: numbered for ever, listed by family, INACTIVE only once."""

import pytest

from ecstui.model.enums import Compatibility, TaskDefinitionStatus
from ecstui.model.requests.definitions import (
    DeregisterTaskDefinitionRequest,
    DescribeTaskDefinitionRequest,
    ListTaskDefinitionFamiliesRequest,
    ListTaskDefinitionsRequest,
    RegisterTaskDefinitionRequest,
)
from ecstui.model.shape import Tag
from ecstui.store.kinds import FAMILIES, TASK_DEFINITIONS
from tests.factories import NAMES, NOW, a_container, a_definition
from tests.support.desk import Desk


def register(desk, family="web", **members):
    members.setdefault("container_definitions", (a_container(),))
    return desk.call(RegisterTaskDefinitionRequest(family=family, **members))


def deregister(desk, name):
    return desk.call(DeregisterTaskDefinitionRequest(task_definition=name)).task_definition


def describe(desk, name, **members):
    return desk.call(DescribeTaskDefinitionRequest(task_definition=name, **members))


def test_the_first_revision_is_1_and_each_later_one_is_one_more():
    desk = Desk()
    assert [register(desk).task_definition.revision for _ in range(3)] == [1, 2, 3]
    assert register(desk, "db").task_definition.task_definition_arn == (
        NAMES.task_definition("db", 1)
    )


def test_a_number_is_never_given_twice():
    desk = Desk()
    register(desk)
    register(desk)
    deregister(desk, "web:2")
    assert register(desk).task_definition.revision == 3
    desk.store.update(lambda tx: tx.delete(TASK_DEFINITIONS, NAMES.task_definition("web", 3)))
    assert register(desk).task_definition.revision == 4


def test_a_revision_says_who_registered_it_when_and_what_for():
    desk = Desk()
    answer = register(desk, tags=(Tag(key="team", value="x"),))
    definition = answer.task_definition
    assert definition.status is TaskDefinitionStatus.ACTIVE
    assert definition.registered_at == NOW
    assert definition.registered_by == "arn:aws:iam::000000000000:user/alice"
    assert Compatibility.EC2 in definition.compatibilities
    assert answer.tags == (Tag(key="team", value="x"),)
    assert not hasattr(definition, "tags")
    assert desk.said() == ["alice registered task definition web:1"]


def test_the_first_broken_rule_is_raised_at_its_member():
    container = a_container(memory=None)
    error = Desk().refuse(
        RegisterTaskDefinitionRequest(family="web", container_definitions=(container,))
    )
    assert error.code == "ClientException"
    assert error.message == (
        "Invalid setting for container 'app'. At least one of 'memory' or 'memoryReservation' "
        "must be specified."
    )
    assert (error.field or "").startswith("containerDefinitions[0]")


def test_bad_tags_of_a_definition_leave_no_revision():
    desk = Desk()
    request = RegisterTaskDefinitionRequest(
        family="web", container_definitions=(a_container(),), tags=(Tag(key="aws:x"),)
    )
    error = desk.refuse(request)
    assert (error.code, error.field) == ("InvalidParameterException", "tags[0].key")
    assert desk.store.get(FAMILIES, "web") is None


def test_a_deregistered_revision_is_inactive_and_still_described_by_number():
    desk = Desk()
    register(desk)
    desk.now += 5
    definition = deregister(desk, "web:1")
    assert definition.status is TaskDefinitionStatus.INACTIVE
    assert definition.deregistered_at == NOW + 5
    assert describe(desk, "web:1").task_definition == definition
    assert desk.said()[-1] == "alice deregistered task definition web:1"
    desk.now += 5
    assert deregister(desk, "web:1") == definition
    assert len(desk.said()) == 2


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("web", "ClientException", "Revision is missing."),
        ("web:9", "ClientException", "Unable to describe task definition."),
        ("web:x", "InvalidParameterException", "Invalid revision number. Number: x"),
        ("", "ClientException", "TaskDefinition can not be blank."),
        (NAMES.cluster("web"), "InvalidParameterException", "Unsupported resource type: cluster"),
    ],
)
def test_what_cannot_be_deregistered_is_refused(name, code, words):
    desk = Desk()
    register(desk)
    error = desk.refuse(DeregisterTaskDefinitionRequest(task_definition=name))
    assert (error.code, error.message, error.field) == (code, words, "taskDefinition")


def test_a_bare_family_means_its_newest_active_revision():
    desk = Desk()
    for _ in range(11):
        register(desk)
    assert describe(desk, "web").task_definition.revision == 11
    deregister(desk, "web:11")
    assert describe(desk, "web").task_definition.revision == 10


@pytest.mark.parametrize("name", ["web", "web:2", "db:1", "a b"])
def test_an_unknown_revision_cannot_be_described(name):
    desk = Desk()
    register(desk)
    deregister(desk, "web:1")
    error = desk.refuse(DescribeTaskDefinitionRequest(task_definition=name))
    assert (error.code, error.message, error.field) == (
        "ClientException",
        "Unable to describe task definition.",
        "taskDefinition",
    )


def test_tags_come_only_when_asked_for():
    desk = Desk()
    register(desk, tags=(Tag(key="a"),))
    assert describe(desk, "web:1").tags == ()
    assert describe(desk, "web:1", include=("TAGS",)).tags == (Tag(key="a"),)


def revisions(desk, **members):
    answer = desk.call(ListTaskDefinitionsRequest(**members))
    return [arn.split("/")[-1] for arn in answer.task_definition_arns]


def families(desk, **members):
    return list(desk.call(ListTaskDefinitionFamiliesRequest(**members)).families)


@pytest.fixture
def shelf():
    """Families web (9 and 10 ACTIVE, 8 INACTIVE), web-admin (ACTIVE), old (INACTIVE)."""
    desk = Desk()
    inactive = TaskDefinitionStatus.INACTIVE
    desk.put(
        a_definition(family="web", revision=10),
        a_definition(family="web", revision=9),
        a_definition(family="web", revision=8, status=inactive),
        a_definition(family="web-admin", revision=1),
        a_definition(family="old", revision=1, status=inactive),
        a_definition(family="gone", status=TaskDefinitionStatus.DELETE_IN_PROGRESS),
    )
    return desk


def test_revisions_are_listed_by_family_and_number(shelf):
    assert revisions(shelf) == ["web:9", "web:10", "web-admin:1"]
    assert revisions(shelf, sort="ASC") == ["web:9", "web:10", "web-admin:1"]
    assert revisions(shelf, sort="DESC") == ["web-admin:1", "web:10", "web:9"]


def test_the_prefix_of_revisions_is_a_whole_family(shelf):
    assert revisions(shelf, family_prefix="web") == ["web:9", "web:10"]
    assert revisions(shelf, family_prefix="we") == []


def test_revisions_are_active_unless_another_status_is_asked_for(shelf):
    assert revisions(shelf, status="INACTIVE") == ["old:1", "web:8"]
    assert revisions(shelf, status="DELETE_IN_PROGRESS") == ["gone:1"]


def test_families_are_listed_by_status(shelf):
    assert families(shelf) == ["old", "web", "web-admin"]
    assert families(shelf, status="ALL") == ["old", "web", "web-admin"]
    assert families(shelf, status="ACTIVE") == ["web", "web-admin"]
    assert families(shelf, status="INACTIVE") == ["old"]


def test_the_prefix_of_families_is_a_prefix(shelf):
    assert families(shelf, family_prefix="we") == ["web", "web-admin"]
    assert families(shelf, family_prefix="x") == []
