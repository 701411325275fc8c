"""A port of loopback that leads to a container: bytes both ways, replaced tasks, no way at all."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import pytest

from ecstui.client.forwarding import Forward, open_forward
from ecstui.client.reach import Goal, Way, Ways

GOAL = Goal("arn:task/one", "web", 80)


@asynccontextmanager
async def speaker(name: str) -> AsyncGenerator[int]:
    """A server that says its name, then echoes to the end of what it reads."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(name.encode())
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.write(b"bye")
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def forward_to(find: Callable[[], Ways]) -> AsyncGenerator[Forward]:
    forward = await open_forward(GOAL, find)
    try:
        yield forward
    finally:
        await forward.close()


def ways(*ports: int) -> Ways:
    return Ways(tuple(Way(f"task-{port}", "127.0.0.1", port) for port in ports))


async def dial(forward: Forward) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", forward.port)


async def heard(forward: Forward, size: int) -> bytes:
    """The first bytes that come through a connection of its own."""
    reader, writer = await dial(forward)
    try:
        return await reader.read(size)
    finally:
        writer.transport.abort()


async def test_bytes_pass_both_ways_and_each_end_may_close_first():
    async with speaker("one") as port, forward_to(lambda: ways(port)) as forward:
        reader, writer = await dial(forward)
        large = bytes(range(256)) * 4096
        writer.write(large)
        writer.write_eof()
        answer = await reader.read()
        assert answer == b"one" + large + b"bye"
        assert forward.traffic.bytes_up == len(large)
        assert forward.traffic.bytes_down == len(answer)
        assert forward.traffic.connections == 1
        assert forward.problem == ""
        writer.close()


async def test_another_task_takes_over_when_the_one_before_is_gone():
    async with speaker("two") as second:
        found = [Way("old", "127.0.0.1", 0)]
        async with forward_to(lambda: Ways(tuple(found))) as forward:
            async with speaker("one") as first:
                found[:] = [Way("old", "127.0.0.1", first), Way("new", "127.0.0.1", second)]
                assert await heard(forward, 3) == b"one"
                found.reverse()  # the task of the connection before is preferred while it is there
                assert await heard(forward, 3) == b"one"
            assert await heard(forward, 3) == b"two"  # nobody answers there any more
            found[:] = [Way("new", "127.0.0.1", second)]
            assert await heard(forward, 3) == b"two"
            assert forward.last == Way("new", "127.0.0.1", second)


async def test_without_a_way_the_connection_ends_and_the_reason_is_kept():
    async with forward_to(lambda: Ways((), "No task of it is RUNNING.")) as forward:
        with pytest.raises(ConnectionError):
            _ = await heard(forward, 1) or _end()
        assert forward.problem == "No task of it is RUNNING."
        assert forward.traffic.open_connections == 0


def _end() -> bytes:
    raise ConnectionResetError


async def test_what_refuses_is_told_with_its_address():
    async with speaker("gone") as port:
        pass
    async with forward_to(lambda: ways(port)) as forward:
        with pytest.raises(ConnectionError):
            _ = await heard(forward, 1) or _end()
        assert forward.problem.startswith(f"127.0.0.1:{port}: ")
        assert "refused" in forward.problem


async def test_a_port_that_is_taken_is_an_error():
    async with speaker("one") as port:
        with pytest.raises(OSError, match="in use"):
            await open_forward(GOAL, lambda: ways(port), port)


async def test_closing_cuts_connections_and_frees_the_port():
    async with speaker("one") as port:
        forward = await open_forward(GOAL, lambda: ways(port))
        reader, writer = await dial(forward)
        assert await reader.readexactly(3) == b"one"
        await forward.close()
        with pytest.raises(ConnectionError):
            _ = await reader.read(1) or _end()
        writer.transport.abort()
        await forward.until_closed()
        again = await open_forward(GOAL, lambda: ways(port), forward.port)
        await again.close()


async def test_it_listens_on_loopback_only():
    async with forward_to(lambda: ways(1)) as forward:
        assert forward._server is not None
        assert [s.getsockname()[0] for s in forward._server.sockets] == ["127.0.0.1"]
