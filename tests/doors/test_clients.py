"""One behaviour through both clients: in process, and over the socket."""

from collections.abc import AsyncGenerator

import pytest

from ecstui.base.errors import ClientException, ClusterNotFoundException
from ecstui.client.local import LocalClient
from ecstui.client.protocol import Client
from ecstui.client.remote import RemoteClient
from ecstui.model.enums import LaunchType
from ecstui.model.logs import LogWindow
from ecstui.model.requests.clusters import CreateClusterRequest, DescribeClustersRequest
from ecstui.model.requests.services import CreateServiceRequest
from ecstui.model.shape import Tag
from ecstui.store.feed import Batch, Resync
from ecstui.store.kinds import CLUSTERS
from tests.doors.conftest import Served
from tests.doors.plane import TASK, cluster_record


@pytest.fixture(params=["local", "remote"])
async def client(request: pytest.FixtureRequest, served: Served) -> AsyncGenerator[Client]:
    found = LocalClient(served.plane) if request.param == "local" else RemoteClient(served.paths)
    yield found
    await found.close()


async def test_a_call_gives_the_answer_of_its_class(client: Client):
    response = await client.call(CreateClusterRequest(cluster_name="blue"))
    assert response.cluster.cluster_name == "blue"


async def test_a_refusal_is_raised_as_the_class_of_its_code(client: Client, served: Served):
    served.plane.fault = ClusterNotFoundException("Cluster not found.", field="cluster")
    with pytest.raises(ClusterNotFoundException, match="Cluster not found") as caught:
        await client.call(DescribeClustersRequest(clusters=("blue",)))
    assert caught.value.field == "cluster"


async def test_changes_begin_with_everything_and_the_view_has_it(client: Client, served: Served):
    await served.plane.put(cluster_record("blue"))
    changes = client.changes()
    first = await anext(changes)
    while first is None:
        first = await anext(changes)
    assert isinstance(first, Resync)
    assert [record.cluster_name for record in client.view.all(CLUSTERS)] == ["blue"]
    await changes.aclose()


async def test_a_batch_comes_after_the_view_has_it(client: Client, served: Served):
    changes = client.changes()
    while not isinstance(await anext(changes), Resync):
        pass
    await served.plane.put(cluster_record("blue"))
    batch = await anext(changes)
    assert isinstance(batch, Batch)
    assert [(change.kind, change.before) for change in batch.changes] == [(CLUSTERS, None)]
    assert client.view.get(CLUSTERS, "blue") == cluster_record("blue")
    assert client.view.seq == batch.seq
    await changes.aclose()


async def test_a_change_knows_what_was_there_before(client: Client, served: Served):
    await served.plane.put(cluster_record("blue", created_at=1))
    changes = client.changes()
    while not isinstance(await anext(changes), Resync):
        pass
    await served.plane.put(cluster_record("blue", created_at=2))
    batch = await anext(changes)
    assert isinstance(batch, Batch)
    (change,) = batch.changes
    assert change.before == cluster_record("blue", created_at=1)
    assert change.after == cluster_record("blue", created_at=2)
    await changes.aclose()


async def test_what_a_call_changed_is_in_the_view_when_it_returns(
    client: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ecstui.client.remote.CATCH_UP_SECONDS", 60.0)
    changes = client.changes()
    while not isinstance(await anext(changes), Resync):
        pass
    for number in range(20):
        await client.call(CreateClusterRequest(cluster_name=f"c{number}"))
        assert client.view.get(CLUSTERS, f"c{number}") is not None
    await changes.aclose()


async def test_two_readers_of_one_client_get_the_same(client: Client, served: Served):
    first, second = client.changes(), client.changes()
    for changes in (first, second):
        while not isinstance(await anext(changes), Resync):
            pass
    await served.plane.put(cluster_record("blue"))
    for changes in (first, second):
        batch = await anext(changes)
        assert isinstance(batch, Batch)
        assert batch.seq == 1
    await first.aclose()
    await second.aclose()


async def test_a_log_is_read_to_its_end(client: Client, served: Served):
    served.plane.log.add("one", "two")
    served.plane.log.end()
    texts = [line.text async for lines in client.logs(TASK, "web", LogWindow()) for line in lines]
    assert texts == ["one", "two"]


async def test_a_log_of_no_task_is_refused(client: Client):
    with pytest.raises(ClientException, match="not found"):
        await anext(client.logs("nope", "web", LogWindow()))


async def test_what_a_request_leaves_out_stays_left_out(served: Served, remote: RemoteClient):
    """A member that was not set must not come through as its default."""
    from ecstui.client.wire import read_request, write_request

    request = CreateServiceRequest(
        service_name="web", launch_type=LaunchType.EC2, tags=(Tag(key="a"),)
    )
    body = write_request(request)
    assert body == b'{"serviceName":"web","launchType":"EC2","tags":[{"key":"a"}]}'
    assert read_request("CreateService", body) == request
