"""Commands in containers through the Unix socket: both ways, ends, refusals, clients that go."""

import asyncio
import json
from pathlib import Path

import pytest

from ecstui.base.errors import DaemonUnreachableError, EcsError, EngineError, EngineErrorKind
from ecstui.client import exec_wire
from ecstui.client.http import Answer, fetch
from ecstui.client.local import LocalClient
from ecstui.client.remote import RemoteClient
from ecstui.client.websocket import BINARY, TEXT, Channel, open_channel
from ecstui.model.exec import ExecOrder, ExecOutput, TerminalSize
from ecstui.settings import StatePaths
from tests.doors.conftest import Serve, Served
from tests.doors.plane import TASK, FakePlane, Session, until

ORDER = ExecOrder(("sh", "-c", "echo 'ä'"), has_tty=True, has_input=True, size=TerminalSize(91, 33))


async def last_session(served: Served) -> Session:
    await until(lambda: served.plane.sessions)
    return served.plane.sessions[-1]


async def everything(session) -> bytes:
    pieces = []
    while (outputs := await session.read()) is not None:
        pieces += [each.data for each in outputs]
    return b"".join(pieces)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_the_order_arrives_as_it_was_given(served: Served, remote: RemoteClient):
    session = await remote.execute(TASK, "app", ORDER)
    assert (await last_session(served)).asked == (TASK, "app", ORDER)
    await session.close()


async def test_an_order_to_attach_arrives_as_one(served: Served, remote: RemoteClient):
    order = ExecOrder((), has_tty=True, has_input=True, attaches=True)
    session = await remote.execute(TASK, "app", order)
    assert (await last_session(served)).asked == (TASK, "app", order)
    await session.close()


async def test_output_input_size_and_end_go_through(served: Served, remote: RemoteClient):
    session = await remote.execute(TASK, "app", ORDER)
    inside = await last_session(served)
    inside.say(b"\x00\xff out")
    assert await session.read() == [ExecOutput("stdout", b"\x00\xff out")]
    inside.say(b"err", "stderr")
    assert await session.read() == [ExecOutput("stderr", b"err")]
    await session.write(b"typed\x04")
    await session.resize(TerminalSize(61, 17))
    await session.end_input()
    assert inside.taken == [b"typed\x04"]
    assert inside.sizes == [TerminalSize(61, 17)]
    assert inside.has_input_ended
    inside.end(42)
    assert await session.read() is None
    assert await session.exit_code() == 42
    await session.close()
    await until(lambda: inside.is_closed and not served.doors.executions.open)


async def test_much_goes_through_whole_both_ways(served: Served, remote: RemoteClient):
    session = await remote.execute(TASK, "app", ORDER)
    inside = await last_session(served)
    data = bytes(range(256)) * 4096
    for start in range(0, len(data), 65_536):
        inside.say(data[start : start + 65_536])
    await session.write(data)
    assert b"".join(inside.taken) == data
    inside.end(0)
    assert await everything(session) == data
    await session.close()


async def test_output_waits_for_its_reader(served: Served, remote: RemoteClient):
    session = await remote.execute(TASK, "app", ORDER)
    inside = await last_session(served)
    for _ in range(400):
        inside.say(b"x" * 65_536)
    inside.end(0)
    for _ in range(2_000):
        await asyncio.sleep(0)
    assert inside._outputs.qsize() > 200
    assert len(await everything(session)) == 400 * 65_536
    await session.close()


@pytest.mark.parametrize("way", ["closed", "cut", "cut while input waits"])
async def test_a_client_that_vanishes_leaves_nothing_open(served: Served, way: str):
    tasks_before, before = len(asyncio.all_tasks()), descriptors()
    channel = await open_channel(served.paths.socket, exec_wire.PATH)
    assert isinstance(channel, Channel)
    await channel.send(TEXT, exec_wire.order_text(TASK, "app", ORDER).encode())
    assert await channel.receive() == (TEXT, exec_wire.STARTED.encode())
    inside = await last_session(served)
    if way == "cut while input waits":
        inside.takes_input.clear()
        await channel.send(BINARY, b"never taken")
    if way == "closed":
        await channel.close()
    else:
        channel._writer.transport.abort()
    await until(lambda: inside.is_closed and not served.doors.executions.open)
    await until(lambda: len(asyncio.all_tasks()) <= tasks_before and descriptors() <= before)


async def test_many_sessions_come_and_go_without_a_trace(served: Served, remote: RemoteClient):
    tasks_before, before = len(asyncio.all_tasks()), descriptors()
    for _ in range(30):
        session = await remote.execute(TASK, "app", ORDER)
        await session.close()
    await until(lambda: all(each.is_closed for each in served.plane.sessions))
    await until(lambda: len(asyncio.all_tasks()) <= tasks_before and descriptors() <= before)


async def test_what_the_plane_refuses_is_told(served: Served, remote: RemoteClient):
    with pytest.raises(EcsError, match="The referenced task was not found"):
        await remote.execute("no-task", "app", ORDER)
    with pytest.raises(EcsError, match="not found") as raised:
        await LocalClient(served.plane).execute("no-task", "app", ORDER)
    assert raised.value.code == "ClientException"
    await until(lambda: not served.doors.executions.open)


async def test_a_session_that_breaks_off_says_why(served: Served, remote: RemoteClient):
    session = await remote.execute(TASK, "app", ORDER)
    inside = await last_session(served)
    inside.break_off(EngineError(EngineErrorKind.UNREACHABLE, "the engine is gone"))
    with pytest.raises(EcsError, match="the engine is gone"):
        await session.read()
    with pytest.raises(EcsError):
        await session.exit_code()
    await session.write(b"more")
    await session.close()


async def test_a_daemon_that_goes_away_is_told(serve: Serve, remote: RemoteClient):
    plane = FakePlane()
    async with serve(plane) as served:
        session = await remote.execute(TASK, "app", ORDER)
        inside = await last_session(served)
    assert inside.is_closed
    with pytest.raises(DaemonUnreachableError, match="broke off"):
        await session.read()
    await session.close()


async def test_without_a_daemon_nothing_runs(paths: StatePaths, remote: RemoteClient):
    with pytest.raises(DaemonUnreachableError, match="not running"):
        await remote.execute(TASK, "app", ORDER)


async def test_there_are_not_too_many_at_once(
    served: Served, remote: RemoteClient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ecstui.serve.executions.SESSIONS_AT_ONCE", 1)
    first = await remote.execute(TASK, "app", ORDER)
    with pytest.raises(EcsError, match="1 sessions are open") as raised:
        await remote.execute(TASK, "app", ORDER)
    assert raised.value.code == "ThrottlingException"
    await first.close()
    await until(lambda: not served.doors.executions.open)
    await (await remote.execute(TASK, "app", ORDER)).close()


@pytest.mark.parametrize(
    "first",
    [
        "nonsense",
        "[]",
        "{}",
        "[" * 100_000,
        json.dumps({"task": TASK, "command": "sh"}),
        json.dumps({"task": TASK, "command": [1]}),
        json.dumps({"task": {}, "command": ["sh"]}),
    ],
    ids=["words", "list", "nothing", "deep", "text", "number", "object"],
)
async def test_an_order_that_is_none_is_refused(served: Served, first: str):
    channel = await open_channel(served.paths.socket, exec_wire.PATH)
    assert isinstance(channel, Channel)
    await channel.send(TEXT, first.encode())
    answer = await channel.receive()
    assert answer is not None
    assert json.loads(answer[1])["__type"] == "InvalidParameterException"
    await channel.close()
    assert not served.plane.sessions


async def test_a_size_that_cannot_be_is_left_out(served: Served):
    channel = await open_channel(served.paths.socket, exec_wire.PATH)
    assert isinstance(channel, Channel)
    await channel.send(TEXT, exec_wire.order_text(TASK, "app", ORDER).encode())
    await channel.receive()
    inside = await last_session(served)
    for size in ([0, 5], [10**9, 5], ["a", "b"], [1], "80x24", [80, 24]):
        await channel.send(TEXT, json.dumps({"size": size}).encode())
    await until(lambda: inside.sizes)
    assert inside.sizes == [TerminalSize(80, 24)]
    await channel.close()


async def test_a_plain_request_is_told_what_this_is(served: Served):
    status, body = await served.get(exec_wire.PATH)
    assert status == 400
    assert b"WebSockets only" in body


async def test_a_socket_of_something_else_is_no_door(tmp_path: Path):
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_unix_server(answer, tmp_path / "socket"):
        found = await open_channel(tmp_path / "socket", exec_wire.PATH)
    assert isinstance(found, Answer)
    assert found.status == 404
    await found.close()


async def test_it_is_not_for_other_programs(served: Served):
    assert not any(exec_wire.PATH in str(route) for route in served.doors.aws_routes())
    assert any(exec_wire.PATH in str(route) for route in served.doors.own_routes())
    assert served.paths.socket.stat().st_mode & 0o077 == 0
    status, _ = await fetch(served.paths.socket, "POST", exec_wire.PATH)
    assert status == 405
