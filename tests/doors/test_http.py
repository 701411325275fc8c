"""The small HTTP client against whatever may listen on a socket."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ecstui.client.http import LONGEST_SOCKET_PATH, fetch, send, short_path


@asynccontextmanager
async def answering(path: Path, *chunks: bytes) -> AsyncGenerator[list[bytes]]:
    """A server that sends these chunks to whoever asks, and remembers what it was asked."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
        writer.close()

    with short_path(path) as short:
        server = await asyncio.start_unix_server(serve, short)
    async with server:
        yield asked


async def test_a_request_is_plain_http(tmp_path: Path):
    answer = b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi"
    async with answering(tmp_path / "s", answer) as asked:
        status, body = await fetch(tmp_path / "s", "GET", "/x?y=1", headers={"A": "b"})
    assert (status, body) == (200, b"hi")
    assert asked == [b"GET /x?y=1 HTTP/1.0\r\nHost: localhost\r\nA: b\r\n\r\n"]


async def test_an_answer_may_come_in_any_pieces(tmp_path: Path):
    pieces = [b"HTTP/1.1 2", b"00 OK\r\nX-A: 1\r\n", b"\r", b"\nli", b"ne\nanother\nhalf"]
    async with answering(tmp_path / "s", *pieces):
        answer = await send(tmp_path / "s", "GET", "/")
        lines = [line async for line in answer.lines()]
        await answer.close()
    assert lines == [b"line", b"another"], "a line cut off is no line"
    assert answer.headers == {"x-a": "1"}


async def test_a_body_that_is_cut_off_is_an_error(tmp_path: Path):
    async with answering(tmp_path / "s", b"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nhi"):
        with pytest.raises(ConnectionResetError):
            await fetch(tmp_path / "s", "GET", "/")


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.0 200 OK\r\n", b"SSH-2.0-OpenSSH\r\n\r\n", b"x" * 200_000]
)
async def test_what_does_not_speak_http_is_an_error(tmp_path: Path, answer):
    async with answering(tmp_path / "s", answer):
        with pytest.raises(ConnectionError):
            await fetch(tmp_path / "s", "GET", "/")


async def test_a_line_without_end_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ecstui.client.http.LONGEST_LINE", 100_000)
    async with answering(tmp_path / "s", b"HTTP/1.0 200 OK\r\n\r\n", *[b"x" * 65_536] * 4):
        answer = await send(tmp_path / "s", "GET", "/")
        with pytest.raises(ConnectionAbortedError):
            [line async for line in answer.lines()]
        await answer.close()


async def test_nobody_there_is_an_error(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        await send(tmp_path / "s", "GET", "/")


async def test_a_socket_in_a_folder_with_a_long_name_is_reached(tmp_path: Path):
    folder = tmp_path / ("long" * 30) / ("folder" * 20)
    folder.mkdir(parents=True)
    assert len(str(folder)) > LONGEST_SOCKET_PATH
    async with answering(folder / "s", b"HTTP/1.0 200 OK\r\n\r\nhi"):
        assert await fetch(folder / "s", "GET", "/") == (200, b"hi")


def test_a_short_way_leaves_nothing_behind(tmp_path: Path):
    with short_path(tmp_path / ("x" * 120) / "s") as short:
        folder = Path(short).parents[1]
        assert folder.stat().st_mode & 0o777 == 0o700
        assert len(short) < LONGEST_SOCKET_PATH
    assert not folder.exists()


def test_a_path_that_fits_is_used_as_it_is():
    with short_path(Path("/run/x/socket")) as short:
        assert short == "/run/x/socket"
