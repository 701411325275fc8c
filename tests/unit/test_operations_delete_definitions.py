"""Task definitions are deleted when they are INACTIVE, and gone when nothing refers to them."""

import pytest

from ecstui.control.reconcilers.reaper import Reaper
from ecstui.control.setup import Limits
from ecstui.model.enums import TaskDefinitionStatus, TaskStatus
from ecstui.model.requests.definitions import (
    DeleteTaskDefinitionsRequest,
    DeregisterTaskDefinitionRequest,
    DescribeTaskDefinitionRequest,
    ListTaskDefinitionFamiliesRequest,
    ListTaskDefinitionsRequest,
)
from ecstui.model.requests.services import UpdateServiceRequest
from ecstui.model.requests.tasks import RunTaskRequest
from ecstui.plan.pace import PACES, PaceName
from ecstui.store.kinds import SERVICES, TASKS
from tests.factories import NAMES, NOW
from tests.support.desk import Desk, create_request
from tests.support.effects import NoEffects

WEB = NAMES.task_definition("web", 1)
DELETING = TaskDefinitionStatus.DELETE_IN_PROGRESS


class Standstill:
    """A clock that shows one time."""

    def now(self) -> float:
        return NOW


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.register()
    return made


def delete(desk, *names):
    return desk.call(DeleteTaskDefinitionsRequest(task_definitions=names))


def deregister(desk, name="web:1"):
    desk.call(DeregisterTaskDefinitionRequest(task_definition=name))


def listed(desk, status):
    return desk.call(ListTaskDefinitionsRequest(status=status)).task_definition_arns


def sweep(desk):
    reaper = Reaper(Standstill(), PACES[PaceName.LOCAL], Limits(), lambda engine: None, NoEffects())
    desk.store.update(lambda tx: reaper(tx, "sweep"))


def test_an_inactive_revision_is_deleted(desk):
    deregister(desk)
    desk.now += 5
    answer = delete(desk, "web:1", WEB)
    assert [(d.task_definition_arn, d.status) for d in answer.task_definitions] == [(WEB, DELETING)]
    assert answer.task_definitions[0].delete_requested_at == NOW + 5
    assert answer.failures == ()
    desk.now += 5
    assert delete(desk, WEB).task_definitions == answer.task_definitions
    assert desk.said()[-1] == "alice deleted task definition web:1"
    assert [line for line in desk.said() if "deleted" in line] == desk.said()[-1:]


def test_a_revision_that_is_being_deleted_is_listed_as_such_only(desk):
    deregister(desk)
    delete(desk, "web:1")
    assert listed(desk, "DELETE_IN_PROGRESS") == (WEB,)
    assert listed(desk, "INACTIVE") == listed(desk, "ACTIVE") == ()
    assert desk.call(ListTaskDefinitionFamiliesRequest()).families == ()


@pytest.mark.parametrize(
    ("text", "arn", "words"),
    [
        ("web:1", WEB, "The specified task definition is still in ACTIVE status."),
        ("web:2", "web:2", "The specified task definition does not exist."),
        ("web", "web", "The specified task definition identifier is invalid."),
        ("web:x", "web:x", "The specified task definition identifier is invalid."),
        ("", "", "The specified task definition identifier is invalid."),
        (NAMES.cluster("a"), NAMES.cluster("a"), "The specified task definition identifier is"),
    ],
)
def test_what_cannot_be_deleted_is_a_failure(desk, text, arn, words):
    desk.register("db")
    deregister(desk, "db:1")
    answer = delete(desk, text, "db:1")
    assert [d.family for d in answer.task_definitions] == ["db"]
    (failure,) = answer.failures
    assert failure.arn == arn
    assert failure.reason.startswith(words)


def test_1_to_10_revisions_are_deleted_at_once(desk):
    names = tuple(f"web:{number}" for number in range(11))
    error = desk.refuse(DeleteTaskDefinitionsRequest(task_definitions=names))
    assert (error.code, error.message, error.field) == (
        "InvalidParameterException",
        "Size of TaskDefinition references list cannot exceed 10",
        "taskDefinitions",
    )
    assert desk.refuse(DeleteTaskDefinitionsRequest(task_definitions=())).field == "taskDefinitions"


def test_nothing_new_begins_with_a_revision_that_is_being_deleted(desk):
    desk.create()
    deregister(desk)
    delete(desk, "web:1")
    for request in (
        RunTaskRequest(task_definition="web:1"),
        create_request("new", task_definition="web:1"),
        UpdateServiceRequest(service="web", force_new_deployment=True),
    ):
        assert desk.refuse(request).message == "TaskDefinition is inactive"
    assert desk.update(desired_count=5).desired_count == 5


def test_a_revision_is_gone_when_nothing_refers_to_it(desk):
    desk.create()
    (task,) = desk.run()
    desk.register()
    deregister(desk)
    sweep(desk)
    assert listed(desk, "INACTIVE") == (WEB,)
    delete(desk, "web:1")
    service = desk.update(task_definition="web:2")
    desk.change(task, last_status=TaskStatus.STOPPED)
    sweep(desk)
    assert listed(desk, "DELETE_IN_PROGRESS") == (WEB,)
    desk.store.update(lambda tx: tx.delete(TASKS, task.task_arn))
    sweep(desk)
    assert listed(desk, "DELETE_IN_PROGRESS") == (WEB,), "a deployment has it still"
    desk.change(service, deployments=service.deployments[:1])
    sweep(desk)
    assert listed(desk, "DELETE_IN_PROGRESS") == ()
    error = desk.refuse(DescribeTaskDefinitionRequest(task_definition="web:1"))
    assert error.message == "Unable to describe task definition."
    assert desk.register().revision == 3


def test_the_definition_of_a_service_stays(desk):
    service = desk.create()
    deregister(desk)
    delete(desk, "web:1")
    desk.change(service, deployments=())
    sweep(desk)
    assert listed(desk, "DELETE_IN_PROGRESS") == (WEB,)
    desk.store.update(lambda tx: tx.delete(SERVICES, service.service_arn))
    sweep(desk)
    assert listed(desk, "DELETE_IN_PROGRESS") == ()


def test_a_revision_that_a_service_can_go_back_to_stays(desk):
    desk.register()
    desk.create(task_definition="web:1")
    service = desk.service("web")
    completed = service.primary
    desk.update(task_definition="web:2")
    service = desk.service("web")
    desk.change(service, deployments=(service.primary,), last_completed=completed)
    deregister(desk)
    delete(desk, "web:1")
    sweep(desk)
    assert listed(desk, DELETING) == (WEB,)
    desk.change(desk.service("web"), last_completed=None)
    sweep(desk)
    assert listed(desk, DELETING) == ()
