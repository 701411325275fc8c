"""What was deleted stays describable for a while, from its deletion on (ecs.md 6.16)."""

import pytest

from ecstui.control.reconcilers.reaper import INACTIVE_SECONDS
from ecstui.model.enums import ClusterStatus, ServiceStatus
from ecstui.model.requests.clusters import (
    CreateClusterRequest,
    DeleteClusterRequest,
    DescribeClustersRequest,
)
from ecstui.model.requests.definitions import (
    DeleteTaskDefinitionsRequest,
    DeregisterTaskDefinitionRequest,
)
from ecstui.model.requests.services import DeleteServiceRequest, DescribeServicesRequest
from ecstui.store.kinds import CLUSTERS, SERVICES, TASK_DEFINITIONS, TASKS
from tests.support.town import Town

pytestmark = pytest.mark.sim

WAITER_SECONDS = 15 * 40


async def service_status(town: Town) -> str:
    """What DescribeServices says, as a waiter reads it."""
    answer = await town.plane.call(DescribeServicesRequest(services=("web",)))
    found = [str(service.status) for service in answer.services]
    return (found + [failure.reason or "" for failure in answer.failures])[0]


async def cluster_status(town: Town) -> str:
    answer = await town.plane.call(DescribeClustersRequest(clusters=("blue",)))
    found = [str(cluster.status) for cluster in answer.clusters]
    return (found + [failure.reason or "" for failure in answer.failures])[0]


async def test_a_service_without_a_task_stays_describable_once_it_was_deleted(town: Town) -> None:
    await town.service("web", 0, await town.definition("web", image="town/web:1"))
    await town.plane.call(DeleteServiceRequest(service="web"))
    await town.advance(WAITER_SECONDS)
    assert await service_status(town) == "INACTIVE"
    await town.crash()
    await town.advance(INACTIVE_SECONDS - WAITER_SECONDS - 60)
    assert await service_status(town) == "INACTIVE"
    await town.advance(120)
    assert await service_status(town) == "MISSING"


async def test_the_name_of_a_deleted_service_begins_anew(town: Town) -> None:
    definition = await town.definition("web", image="town/web:1")
    await town.service("web", 0, definition)
    for _ in range(2):
        await town.plane.call(DeleteServiceRequest(service="web"))
        await town.advance(INACTIVE_SECONDS - 60)
        assert await service_status(town) == "INACTIVE"
        web = await town.service("web", 0, definition)
        await town.advance(120)
        assert town.service_record(web).inactive_at is None


async def test_an_older_record_of_a_deleted_service_is_forgotten_with_its_tasks(
    town: Town,
) -> None:
    web = await town.service("web", 0, await town.definition("web", image="town/web:1"))
    old = town.service_record(web).with_(status=ServiceStatus.INACTIVE, deployments=())
    town.plane.store.update(lambda tx: tx.put(old))
    await town.until(lambda: town.plane.store.get(SERVICES, web) is None, within_seconds=30)


async def test_tasks_that_outlive_their_deleted_service_are_forgotten_too(town: Town) -> None:
    web = await town.service("web", 1, await town.definition("web", image="town/web:1"))
    await town.steady(web)
    await town.plane.call(DeleteServiceRequest(service="web", force=True))
    await town.until(lambda: not town.tasks(web)[0].is_wanted)
    over = town.service_record(web).with_(status=ServiceStatus.INACTIVE, deployments=())
    town.plane.store.update(lambda tx: tx.put(over))
    await town.until(lambda: not town.tasks(web))
    await town.advance(town.setup.pace.stopped_task_seconds + 60)
    assert not town.plane.store.all(TASKS)
    assert await service_status(town) == "MISSING"


async def test_a_deleted_service_holds_no_task_definition(town: Town) -> None:
    arn = await town.definition("web", image="town/web:1")
    await town.service("web", 0, arn)
    await town.plane.call(DeleteServiceRequest(service="web"))
    await town.plane.call(DeregisterTaskDefinitionRequest(task_definition=arn))
    await town.plane.call(DeleteTaskDefinitionsRequest(task_definitions=(arn,)))
    await town.until(lambda: town.plane.store.get(TASK_DEFINITIONS, arn) is None, within_seconds=30)
    assert await service_status(town) == "INACTIVE"


async def test_an_old_cluster_stays_describable_once_it_was_deleted(town: Town) -> None:
    await town.plane.call(CreateClusterRequest(cluster_name="blue"))
    await town.advance(INACTIVE_SECONDS + 60)
    await town.plane.call(DeleteClusterRequest(cluster="blue"))
    await town.advance(INACTIVE_SECONDS - 60)
    assert await cluster_status(town) == "INACTIVE"
    await town.advance(120)
    assert await cluster_status(town) == "MISSING"


async def test_an_older_record_of_a_deleted_cluster_goes_by_its_age(town: Town) -> None:
    await town.plane.call(CreateClusterRequest(cluster_name="blue"))
    found = town.plane.store.get(CLUSTERS, "blue")
    assert found is not None
    old = found.with_(status=ClusterStatus.INACTIVE)
    town.plane.store.update(lambda tx: tx.put(old))
    await town.advance(60)
    assert await cluster_status(town) == "INACTIVE"
    await town.advance(INACTIVE_SECONDS)
    assert await cluster_status(town) == "MISSING"
