"""The client over the socket, when the daemon goes and comes back."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from aiohttp import web

from ecstui import __version__
from ecstui.base.errors import DaemonUnreachableError
from ecstui.client.http import Answer
from ecstui.client.remote import BATCHES_PER_READER, RemoteClient
from ecstui.model.logs import LogWindow
from ecstui.model.requests.clusters import DescribeClustersRequest
from ecstui.settings import StatePaths
from ecstui.store.feed import Batch, Resync
from ecstui.store.kinds import CLUSTERS
from tests.doors.conftest import Serve, Served
from tests.doors.plane import TASK, FakePlane, cluster_record, until


async def next_of(changes, kind):
    while not isinstance(item := await anext(changes), kind):
        pass
    return item


async def test_without_a_daemon_a_call_says_so(remote: RemoteClient):
    with pytest.raises(DaemonUnreachableError, match="not running"):
        await remote.call(DescribeClustersRequest())


async def test_without_a_daemon_the_problem_is_told_and_not_raised(remote: RemoteClient):
    changes = remote.changes()
    assert await anext(changes) is None
    assert remote.problem == "The daemon is not running."
    await changes.aclose()


async def test_the_reason_that_a_daemon_left_behind_is_told(
    remote: RemoteClient, paths: StatePaths
):
    paths.failure.write_text("the journal cannot be written: disk full\n")
    changes = remote.changes()
    await anext(changes)
    assert remote.problem == ("The daemon had to stop: the journal cannot be written: disk full")
    await changes.aclose()


async def test_the_view_outlives_the_daemon_and_is_renewed_by_the_next(
    serve: Serve, remote: RemoteClient
):
    changes = remote.changes()
    async with serve(FakePlane()) as served:
        await served.plane.put(cluster_record("blue"), cluster_record("green"))
        await next_of(changes, Resync)
    assert await anext(changes) is None
    assert remote.problem == "The daemon is not running."
    assert remote.view.count(CLUSTERS) == 2
    # As many changes as the first run had: only its name tells the runs apart.
    plane = FakePlane()
    await plane.put(cluster_record("red"))
    await plane.put(cluster_record("grey"))
    async with serve(plane):
        await next_of(changes, Resync)
        assert [c.cluster_name for c in remote.view.all(CLUSTERS)] == ["red", "grey"]
        assert not remote.problem
    await changes.aclose()


async def test_a_feed_that_broke_goes_on_where_it_was(served: Served, remote: RemoteClient):
    await served.plane.put(cluster_record("blue"))
    changes = remote.changes()
    await next_of(changes, Resync)
    await served.doors.streams.close(web.Application())
    await served.plane.put(cluster_record("green"))
    seen = []
    while remote.view.count(CLUSTERS) < 2:
        seen.append(await anext(changes))
    assert not any(isinstance(item, Resync) for item in seen), "only what it had missed"
    await changes.aclose()


async def test_a_run_whose_snapshot_never_came_is_not_taken_for_known(
    serve: Serve, remote: RemoteClient
):
    changes = remote.changes()
    async with serve(FakePlane()) as served:
        await served.plane.put(cluster_record("blue"), cluster_record("green"))
        await next_of(changes, Resync)
    plane = FakePlane()
    for name in ("red", "grey", "black"):
        await plane.put(cluster_record(name))

    async def silence(since: int | None = None) -> AsyncGenerator[Resync]:
        await asyncio.get_running_loop().create_future()
        yield Resync(0, ())

    async with serve(plane) as served:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(plane, "batches", silence)
            following = asyncio.create_task(next_of(changes, Batch | Resync))
            await until(lambda: served.doors.streams.open)
            await until(lambda: remote._is_live is False)
        await served.doors.streams.close(web.Application())
        assert isinstance(await following, Resync)
        assert [c.cluster_name for c in remote.view.all(CLUSTERS)] == ["red", "grey", "black"]
    await changes.aclose()


async def test_a_daemon_of_another_version_that_can_be_read_is_no_problem(
    serve: Serve, remote: RemoteClient
):
    async with serve(FakePlane(), version="9.9") as served:
        await served.plane.put(cluster_record("blue"))
        changes = remote.changes()
        await next_of(changes, Resync)
        assert (remote.daemon_version, remote.problem) == ("9.9", None)
        await changes.aclose()


async def test_records_that_cannot_be_read_are_a_problem_and_no_crash(
    serve: Serve, remote: RemoteClient
):
    class Newer(type(cluster_record("blue"))):  # type: ignore[misc]
        colour: str = "blue"

    newer = Newer(**cluster_record("blue").model_dump())
    async with serve(FakePlane(), version="9.9") as served:
        served.plane.store._tables.table(CLUSTERS).put("blue", newer)
        changes = remote.changes()
        while remote.problem is None:
            await anext(changes)
        assert "ecstui 9.9" in remote.problem
        assert __version__ in remote.problem
        await changes.aclose()


async def test_a_socket_that_may_not_be_used_is_told(
    served: Served, remote: RemoteClient, monkeypatch: pytest.MonkeyPatch
):
    async def refuse(*_: object, **__: object):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("ecstui.client.remote.send", refuse)
    with pytest.raises(DaemonUnreachableError, match="belongs to another user"):
        await remote.call(DescribeClustersRequest())


async def test_an_answer_that_is_cut_off_is_not_taken_for_one(
    served: Served, remote: RemoteClient, monkeypatch: pytest.MonkeyPatch
):
    async def cut_off(self: Answer) -> bytes:
        raise ConnectionResetError("the answer was cut off")

    monkeypatch.setattr(Answer, "body", cut_off)
    with pytest.raises(DaemonUnreachableError, match="look whether the change was made"):
        await remote.call(DescribeClustersRequest())


async def test_a_reader_that_does_not_read_gets_everything_anew(
    served: Served, remote: RemoteClient
):
    changes = remote.changes()
    await next_of(changes, Resync)
    for number in range(BATCHES_PER_READER + 5):
        await served.plane.put(cluster_record("blue", created_at=float(number)))
    await until(lambda: remote.view.seq == BATCHES_PER_READER + 5)
    item = await next_of(changes, Resync)
    assert item.seq > 1_000
    await changes.aclose()


async def test_closing_ends_the_feed(served: Served, remote: RemoteClient):
    changes = remote.changes()
    await next_of(changes, Resync)
    await changes.aclose()
    await remote.close()
    await until(lambda: served.doors.streams.open == 0)
    await remote.close()


# -- logs -----------------------------------------------------------------------------------------


async def test_a_log_goes_on_where_it_broke_with_nothing_lost_or_doubled(
    served: Served, remote: RemoteClient
):
    log = served.plane.log
    log.add("one", "two")
    batches = remote.logs(TASK, "web", LogWindow(tail=100))
    texts = [line.text for line in await anext(batches)]
    await served.doors.streams.close(web.Application())
    log.add("three")
    texts += [line.text for line in await anext(batches)]
    log.add("four")
    texts += [line.text for line in await anext(batches)]
    assert texts == ["one", "two", "three", "four"]
    assert [window.tail for window in log.windows] == [100, None]
    await batches.aclose()


async def test_a_log_that_is_not_followed_does_not_wait_for_a_daemon(remote: RemoteClient):
    with pytest.raises(DaemonUnreachableError):
        await anext(remote.logs(TASK, "web", LogWindow(follow=False)))


async def test_leaving_a_log_frees_what_reads_it(served: Served, remote: RemoteClient):
    served.plane.log.add("one")
    batches = remote.logs(TASK, "web", LogWindow())
    await anext(batches)
    await batches.aclose()
    await until(lambda: served.plane.log.readers == 0)
