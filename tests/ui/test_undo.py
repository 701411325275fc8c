"""What takes a change back, and that it is asked, sent, and can be taken back itself."""

import pytest

from ecstui.model.enums import InstanceStatus
from ecstui.model.requests.instances import UpdateContainerInstancesStateRequest
from ecstui.model.requests.services import DeleteServiceRequest, UpdateServiceRequest
from ecstui.model.requests.tasks import RunTaskRequest, StopTaskRequest
from ecstui.store.kinds import INSTANCES, TASKS
from ecstui.ui.modals.confirm import Confirm
from ecstui.ui.undo import undo_of
from tests.factories import a_definition, a_task
from tests.ui.conftest import until
from tests.ui.town import CLUSTER, a_town, app_of, ready, town_pilot


def test_a_scale_goes_back_to_the_count_before():
    town = a_town()
    before = town.service("web").desired_count
    back = undo_of(town.store, UpdateServiceRequest(service="web", desired_count=9), CLUSTER)
    assert back is not None
    assert back.request == UpdateServiceRequest(
        service="web", cluster=CLUSTER, desired_count=before
    )
    assert back.words == f"web: desired count back to {before}"


def test_another_revision_goes_back_and_what_was_not_changed_is_left_alone():
    town = a_town()
    request = UpdateServiceRequest(service="web", task_definition="web:16", desired_count=4)
    back = undo_of(town.store, request, CLUSTER)
    assert back is not None
    assert isinstance(back.request, UpdateServiceRequest)
    assert back.request.task_definition == "web:17"
    assert back.request.desired_count is None


@pytest.mark.parametrize(
    "request_",
    [
        UpdateServiceRequest(service="web", force_new_deployment=True),
        UpdateServiceRequest(service="web", desired_count=4),
        UpdateServiceRequest(service="nobody", desired_count=4),
        DeleteServiceRequest(service="web", force=True),
    ],
)
def test_what_cannot_be_taken_back_is_not_offered(request_: object):
    assert undo_of(a_town().store, request_, CLUSTER) is None


def test_drained_instances_become_active_again():
    store = a_town().store
    ids = [i.instance_id for i in store.all(INSTANCES) if i.status is InstanceStatus.ACTIVE][:2]
    request = UpdateContainerInstancesStateRequest(
        container_instances=tuple(ids), status="DRAINING", cluster=CLUSTER
    )
    back = undo_of(store, request, CLUSTER)
    assert back is not None
    assert isinstance(back.request, UpdateContainerInstancesStateRequest)
    assert back.request.status == "ACTIVE"
    assert set(back.request.container_instances) == set(ids)


def test_a_task_of_its_own_is_run_again_and_that_of_a_service_is_the_services_affair():
    town = a_town()
    own = a_task(a_definition(family="job", revision=3), cluster_name=CLUSTER)
    town.put_now(own)
    back = undo_of(town.store, StopTaskRequest(task=own.task_arn), CLUSTER)
    assert back is not None
    assert isinstance(back.request, RunTaskRequest)
    assert back.request.task_definition == "job:3"
    served = next(task for task in town.store.all(TASKS) if task.service_arn)
    assert undo_of(town.store, StopTaskRequest(task=served.task_arn), CLUSTER) is None


async def test_undo_asks_with_no_as_default_and_takes_back():
    async with town_pilot(size=(100, 30)) as pilot:
        app = app_of(pilot)
        await ready(pilot)
        await pilot.press("ctrl+underscore")
        await until(pilot, lambda: bool(app.said) and "could be taken back" in app.said[-1].text)
        before = app.town.service("web").desired_count
        await app.send(UpdateServiceRequest(service="web", cluster=CLUSTER, desired_count=9))
        assert app.town.service("web").desired_count == 9
        await pilot.press("ctrl+underscore")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, Confirm))
        assert app.town.service("web").desired_count == 9
        await pilot.press("ctrl+underscore")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        app.screen.query_one("#yes").focus()
        await pilot.press("enter")
        await until(pilot, lambda: app.town.service("web").desired_count == before)
        words = "web: desired count back to 9"
        await until(pilot, lambda: [back.words for back in app.undos] == [words])
