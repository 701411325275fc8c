"""Recordings: what is written, what is read again, and what is played at which time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from pathlib import Path

import pytest

from ecstui.base.errors import ClientException
from ecstui.cli import parser
from ecstui.client.recording import Recorder, Recording, RecordingError, read_recording
from ecstui.client.replay import LEAST_SPEED, MOST_SPEED, ReplayClient
from ecstui.commands import reading_words
from ecstui.model.requests.clusters import DescribeClustersRequest
from ecstui.store.feed import Batch, Resync
from ecstui.store.journal import MemoryJournal
from ecstui.store.kinds import CLUSTERS
from ecstui.store.store import Store
from ecstui.store.tables import Transaction
from tests.doors.plane import cluster_record


class Watch:
    time = 1_700_000_000.0

    def now(self) -> float:
        return self.time


def change(name: str, tx: Transaction, *, is_there: bool) -> None:
    if is_there:
        tx.put(cluster_record(name))
    else:
        tx.delete(CLUSTERS, name)


async def recorded(path: Path) -> Recording:
    """A cluster at 0 s, another at 10 s, the first one gone at 20 s."""
    watch, store = Watch(), Store(MemoryJournal())
    recorder = Recorder(path, "1.0", watch.now)
    batches = store.batches()
    recorder.take(await anext(batches))
    for seconds, name, is_there in ((0, "a", True), (10, "b", True), (20, "a", False)):
        watch.time = 1_700_000_000.0 + seconds
        store.update(partial(change, name, is_there=is_there))
        await store.flush()
        recorder.take(await anext(batches))
    await batches.aclose()
    recorder.close()
    return read_recording(path)


def names(client: ReplayClient) -> list[str]:
    return [cluster.cluster_name for cluster in client.view.all(CLUSTERS)]


async def items(client: ReplayClient, count: int) -> AsyncIterator[Batch | Resync | None]:
    async with aclosing(client.changes()) as changes:
        for _ in range(count):
            yield await anext(changes)


@pytest.mark.sim
async def test_it_is_played_at_its_own_times(tmp_path: Path):
    client = ReplayClient(await recorded(tmp_path / "r"))
    loop = asyncio.get_running_loop()
    began = loop.time()
    seen = [(round(loop.time() - began), names(client)) async for _ in items(client, 3)]
    assert seen == [(0, ["a"]), (10, ["a", "b"]), (20, ["b"])]
    assert client.is_over
    assert client.now() == 1_700_000_020.0


@pytest.mark.sim
async def test_it_is_played_faster_paused_and_moved(tmp_path: Path):
    client = ReplayClient(await recorded(tmp_path / "r"), speed=10)
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with aclosing(client.changes()) as changes:
        await anext(changes)
        await anext(changes)
        assert round(loop.time() - began) == 1
        client.play(is_paused=True)
        at = client.now()
        await asyncio.sleep(100)
        assert client.now() == at
        client.seek(0)
        assert isinstance(await anext(changes), Resync)
        assert names(client) == ["a"]
        client.seek(1_700_000_015.0)
        await anext(changes)
        assert names(client) == ["a", "b"]
        client.play(is_paused=False, speed=1)
        began = loop.time()
        await anext(changes)
        assert round(loop.time() - began) == 5
        assert names(client) == ["b"]


async def test_nothing_can_be_asked_of_a_recording(tmp_path: Path):
    client = ReplayClient(await recorded(tmp_path / "r"))
    with pytest.raises(ClientException, match="This is a recording"):
        await client.call(DescribeClustersRequest())


async def test_a_recording_is_its_owners_alone_and_never_over_another_file(tmp_path: Path):
    path = tmp_path / "r"
    await recorded(path)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(RecordingError, match="cannot be made: File exists"):
        Recorder(path, "1.0", Watch().now)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is no recording"),
        (b"[1]\n", "is no recording"),
        (b'{"ecstui":"recording","format":9,"version":"7"}\n', "by another version: 7"),
        (b'{"ecstui":"recording","format":1}\n', "holds nothing yet"),
        (b'{"ecstui":"recording","format":1}\nnonsense\n', "is damaged"),
    ],
)
def test_what_is_no_recording_is_told(tmp_path: Path, content: bytes, words: str):
    path = tmp_path / "r"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=words):
        read_recording(path)
    with pytest.raises(RecordingError, match="cannot be read"):
        read_recording(tmp_path / "nowhere")


@pytest.mark.sim
@pytest.mark.parametrize(("damaged", "left"), [(0, []), (1, []), (-1, ["a", "b"])])
async def test_a_damaged_line_is_told_and_what_is_before_it_can_be_played(
    tmp_path: Path, damaged: int, left: list[str]
):
    whole = await recorded(tmp_path / "r")
    lines = list(whole.lines)
    lines[damaged] = (lines[damaged][0], b"{not a line")
    client = ReplayClient(Recording(tuple(lines)))
    with pytest.raises(RecordingError, match="cannot be read on"):
        async for _ in items(client, 4):
            pass
    assert client.is_over
    client.seek(whole.begins_at)
    client.play(speed=1000)
    async for _ in items(client, 3 if left else 1):
        pass
    assert names(client) == left


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "0.09", "1001", "fast", "1" * 9_999])
def test_a_speed_at_which_nothing_can_be_played_is_refused(
    text: str, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(SystemExit):
        parser().parse_args(["replay", "r", "--speed", text])
    assert "is not from 0.1 to 1000" in capsys.readouterr().err


def test_the_speeds_of_the_shell_are_those_of_the_screens():
    for found in (LEAST_SPEED, 1.5, MOST_SPEED):
        assert parser().parse_args(["replay", "r", "--speed", str(found)]).speed == found
    assert (LEAST_SPEED, MOST_SPEED) == (reading_words.LEAST_SPEED, reading_words.MOST_SPEED)


async def test_a_last_line_that_was_cut_off_is_left_out(tmp_path: Path):
    path = tmp_path / "r"
    whole = await recorded(path)
    path.write_bytes(path.read_bytes()[:-20])
    assert read_recording(path).lines == whole.lines[:-1]
