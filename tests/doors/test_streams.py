"""The feed and the logs as lines, for readers that are quick, slow, or gone."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.client.http import Answer, send
from ecstui.client.lines import RECORDS_PER_PART
from ecstui.store.kinds import CLUSTERS
from tests.doors.conftest import Served
from tests.doors.plane import TASK, cluster_record, until


class Reader:
    """Reads a stream line by line."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.headers = answer.headers
        self._lines = answer.lines()

    async def next(self) -> Any:
        """The next line that says something."""
        while True:
            value = json.loads(await anext(self._lines))
            if value:
                return value

    async def next_or_heartbeat(self) -> Any:
        return json.loads(await anext(self._lines))

    async def is_over(self) -> bool:
        return await anext(self._lines, None) is None


@asynccontextmanager
async def reading(served: Served, target: str) -> AsyncGenerator[Reader]:
    answer = await send(served.paths.socket, "GET", target)
    assert answer.status == 200, await answer.body()
    reader = Reader(answer)
    try:
        yield reader
    finally:
        await reader._lines.aclose()
        await answer.close()


async def test_a_reader_gets_everything_and_then_each_batch(served: Served):
    await served.plane.put(cluster_record("blue"))
    async with reading(served, "/_ecstui/changes") as reader:
        first = await reader.next()
        assert first["seq"] == 1
        assert list(first["snapshot"]["cluster"]) == ["blue"]
        await served.plane.put(cluster_record("green"))
        second = await reader.next()
    assert second["seq"] == 2
    assert [change["key"] for change in second["changes"]] == ["green"]
    assert second["changes"][0]["doc"]["clusterName"] == "green"


async def test_a_deleted_record_comes_as_null(served: Served):
    await served.plane.put(cluster_record("blue"))
    async with reading(served, "/_ecstui/changes") as reader:
        await reader.next()
        served.plane.store.update(lambda tx: tx.delete(CLUSTERS, "blue"))
        await served.plane.store.flush()
        line = await reader.next()
    assert line["changes"] == [{"kind": "cluster", "key": "blue", "doc": None}]


async def test_many_records_come_in_parts_and_the_last_one_has_the_number(served: Served):
    await served.plane.put(*(cluster_record(f"c{n}") for n in range(RECORDS_PER_PART + 1)))
    async with reading(served, "/_ecstui/changes") as reader:
        first, second = await reader.next(), await reader.next()
    assert "seq" not in first
    assert len(first["snapshot"]["cluster"]) == RECORDS_PER_PART
    assert second["seq"] == RECORDS_PER_PART + 1
    assert len(second["snapshot"]["cluster"]) == 1


async def test_an_empty_store_has_a_snapshot_too(served: Served):
    async with reading(served, "/_ecstui/changes") as reader:
        assert await reader.next() == {"seq": 0, "snapshot": {}}


async def test_a_reader_that_comes_back_gets_what_it_missed(served: Served):
    await served.plane.put(cluster_record("blue"))
    async with reading(served, "/_ecstui/changes") as reader:
        epoch = reader.headers["x-ecstui-epoch"]
    await served.plane.put(cluster_record("green"))
    async with reading(served, f"/_ecstui/changes?since=1&epoch={epoch}") as reader:
        line = await reader.next()
    assert (line["seq"], [change["key"] for change in line["changes"]]) == (2, ["green"])


async def test_numbers_of_another_run_of_the_daemon_are_void(served: Served):
    for name in ("blue", "green", "red"):
        await served.plane.put(cluster_record(name))
    async with reading(served, "/_ecstui/changes?since=2&epoch=another") as reader:
        line = await reader.next()
    assert list(line["snapshot"]["cluster"]) == ["blue", "green", "red"]


async def test_the_first_line_comes_at_once_though_nothing_changes(served: Served):
    await served.plane.put(cluster_record("blue"))
    async with reading(served, "/_ecstui/changes") as reader:
        epoch = reader.headers["x-ecstui-epoch"]
    async with reading(served, f"/_ecstui/changes?since=1&epoch={epoch}") as reader:
        assert await reader.next_or_heartbeat() == {}


async def test_a_quiet_feed_shows_that_it_lives(served: Served):
    served.doors.streams._heartbeat_seconds = 0.01
    async with reading(served, "/_ecstui/changes") as reader:
        await reader.next()
        assert [await reader.next_or_heartbeat() for _ in range(3)] == [{}, {}, {}]


async def test_a_slow_reader_stops_nobody_and_gets_everything_anew(served: Served):
    served.plane.limit_feed(batches_per_reader=3)
    big = "x" * 100_000
    async with reading(served, "/_ecstui/changes") as slow:
        async with reading(served, "/_ecstui/changes") as quick:
            await quick.next()
            for number in range(60):
                record = cluster_record(f"c{number}").with_(tags=())
                await served.plane.put(record.with_(cluster_arn=big))
                assert (await quick.next())["seq"] == number + 1
        seen = [await slow.next()]
        while seen[-1].get("seq") != 60:
            seen.append(await slow.next())
    assert len(seen) < 60, "it was not sent every batch"
    snapshots = [line for line in seen[1:] if "snapshot" in line]
    assert snapshots
    assert len(snapshots[-1]["snapshot"]["cluster"]) > 3


async def test_a_reader_that_takes_nothing_is_let_go(served: Served):
    served.doors.streams._stalled_seconds = 0.05
    await served.plane.put(
        *(cluster_record(f"c{n}").with_(cluster_arn="x" * 50_000) for n in range(200))
    )
    answer = await send(served.paths.socket, "GET", "/_ecstui/changes")
    await until(lambda: served.doors.streams.open == 1)
    await until(lambda: served.doors.streams.open == 0)
    assert [line async for line in answer.lines()] == [b"{}"], "the snapshot was cut off"
    await answer.close()


async def test_a_reader_that_leaves_frees_its_place_at_once(served: Served):
    async with reading(served, "/_ecstui/changes") as reader:
        await reader.next()
        assert served.doors.streams.open == 1
        assert len(served.plane.store.feed._readers) == 1
    await until(lambda: served.doors.streams.open == 0)
    assert not served.plane.store.feed._readers


async def test_streams_have_a_limit(served: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ecstui.serve.streams.STREAMS_AT_ONCE", 1)
    async with reading(served, "/_ecstui/changes") as reader:
        await reader.next()
        status, body = await served.get("/_ecstui/changes")
    assert (status, json.loads(body)["__type"]) == (400, "ThrottlingException")


async def test_the_doors_close_though_somebody_reads(served: Served):
    async with reading(served, "/_ecstui/changes") as reader:
        await reader.next()
        await served.doors.streams.close(web.Application())
        assert await reader.is_over()


@pytest.mark.parametrize("query", ["since=x", "since=-1", "since=nan", "since=1e999"])
async def test_a_number_must_be_one(served: Served, query):
    status, body = await served.get(f"/_ecstui/changes?{query}")
    assert (status, json.loads(body)["field"]) == (400, "since")


# -- logs -----------------------------------------------------------------------------------------


async def test_a_log_is_followed_line_by_line(served: Served):
    served.plane.log.add("one", "two")
    async with reading(served, f"/_ecstui/logs?task={TASK}&container=web") as reader:
        line = await reader.next()
        assert [text for _, _, text in line["lines"]] == ["one", "two"]
        served.plane.log.add("three")
        assert (await reader.next())["lines"] == [[1_700_000_002.0, "stdout", "three"]]
        served.plane.log.end()
        assert await reader.next() == {"end": True}
        assert await reader.is_over()


async def test_the_window_of_a_log_is_handed_on(served: Served):
    target = f"/_ecstui/logs?task={TASK}&container=web&tail=5&since=12.5&follow=0"
    async with reading(served, target) as reader:
        assert await reader.next() == {"end": True}
    (window,) = served.plane.log.windows
    assert (window.tail, window.since, window.follow) == (5, 12.5, False)


async def test_a_log_that_cannot_be_read_says_why_in_the_stream(served: Served):
    async with reading(served, "/_ecstui/logs?task=nope&container=web") as reader:
        line = await reader.next()
    assert line["error"]["__type"] == "ClientException"
    assert line["error"]["field"] == "task"


async def test_a_log_that_breaks_off_says_why(served: Served, caplog: pytest.LogCaptureFixture):
    served.plane.log.add("one")
    served.plane.log.end(EngineError(EngineErrorKind.UNREACHABLE, "the engine is gone"))
    async with reading(served, f"/_ecstui/logs?task={TASK}&container=web") as reader:
        await reader.next()
        line = await reader.next()
    assert "the engine is gone" in line["error"]["message"]


async def test_closing_a_log_frees_what_reads_it(served: Served):
    served.plane.log.add("one")
    async with reading(served, f"/_ecstui/logs?task={TASK}&container=web") as reader:
        await reader.next()
        assert served.plane.log.readers == 1
    await until(lambda: served.plane.log.readers == 0)


async def test_a_log_needs_a_task_and_a_container(served: Served):
    for query, field in (("container=web", "task"), (f"task={TASK}", "container")):
        status, body = await served.get(f"/_ecstui/logs?{query}")
        assert (status, json.loads(body)["field"]) == (400, field)
