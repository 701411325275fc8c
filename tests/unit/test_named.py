"""Names at the shell: whole ones, so that a script never touches what only begins so."""

import pytest

from ecstui.commands.attached import NotFoundError
from ecstui.commands.execute import task_named
from ecstui.commands.get import RESOURCES, Table, chosen
from ecstui.commands.named import arn_named, check_cluster, service_named
from ecstui.model.enums import ClusterStatus, ServiceStatus, TaskStatus
from tests.factories import a_cluster
from tests.ui.rollouts import ARN, Rollout


@pytest.fixture
def running() -> Rollout:
    """The service `api`, and a task of it that runs."""
    found = Rollout()
    found.rolling(1)
    found.put(found.task(found.new).with_(last_status=TaskStatus.RUNNING))
    return found


def test_a_service_is_named_whole(running: Rollout):
    service = service_named(running.store, "default", "api")
    assert service is not None
    assert service.service_arn == ARN
    assert arn_named(running.store, "api", "default") == ARN
    assert task_named(running.store, "default", "api").service_arn == ARN


@pytest.mark.parametrize("name", ["ap", "a", "api-canary", "API", ""])
def test_what_only_begins_so_is_not_meant(running: Rollout, name: str):
    assert service_named(running.store, "default", name) is None
    with pytest.raises(NotFoundError):
        arn_named(running.store, name, "default")
    with pytest.raises(NotFoundError):
        task_named(running.store, "default", name)


def test_a_service_that_was_deleted_is_not_there(running: Rollout):
    service = service_named(running.store, "default", "api")
    assert service is not None
    running.put(service.with_(status=ServiceStatus.INACTIVE))
    assert service_named(running.store, "default", "api") is None


def test_only_ids_are_got_by_their_beginning():
    services, tasks, *_ = RESOURCES
    canary = Table(("NAME",), {"arn:aws:ecs:x:1:service/default/web-canary": ("web-canary",)})
    with pytest.raises(NotFoundError, match="there is no service web-c in cluster default"):
        chosen(canary, ["web-c"], services, "default")
    arn = "arn:aws:ecs:x:1:task/default/" + "0a1b" * 8
    assert chosen(Table(("ID",), {arn: ("0a1b0a1b",)}), ["0a1b0"], tasks, "default") == [arn]


def test_a_cluster_that_is_not_there_is_told(running: Rollout):
    check_cluster(running.store, "default")
    with pytest.raises(NotFoundError, match=r"there is no cluster prdo: see `ecstui get clusters`"):
        check_cluster(running.store, "prdo")
    running.put(a_cluster("old").with_(status=ClusterStatus.INACTIVE))
    with pytest.raises(NotFoundError):
        check_cluster(running.store, "old")
