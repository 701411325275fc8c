"""The doctor's probes against sockets and folders as they may be found."""

import asyncio
import errno
import json
import os
import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ecstui.base.errors import SettingsError
from ecstui.commands import probe
from ecstui.commands.doctor import find_orphans
from ecstui.doctor import EngineFacts, Verdict, check_daemon, check_engine, check_state
from ecstui.engine.endpoint import NoEndpoint, SocketState
from ecstui.serve.state import take_lock
from ecstui.settings import Settings, StatePaths
from tests.doors.conftest import Served

DOCKER = {"Version": "27.1", "ApiVersion": "1.46", "Components": [{"Name": "Engine"}]}
PODMAN = {"Version": "5.0", "ApiVersion": "1.41", "Components": [{"Name": "Podman Engine"}]}
INFO = {"NCPU": 8, "MemTotal": 16 * 1024**3, "DockerRootDir": "/var/lib/x", "OperatingSystem": "D"}


@asynccontextmanager
async def engine_saying(path: Path, **answers: object) -> AsyncGenerator[None]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        name = head.split()[1].strip("/")
        if name in answers:
            body = answers[name]
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(raw) + raw)
        else:
            writer.write(b"220 mail.example.com ESMTP\r\n\r\n")
        writer.close()

    async with await asyncio.start_unix_server(serve, path):
        yield


async def facts(path: Path, **environ: str) -> tuple[EngineFacts, Path | None]:
    settings = Settings(state_directory=path, config_file=path)
    given: Mapping[str, str] = {"HOME": str(path), **environ}
    return await probe.engine_facts(settings, given)


async def test_docker_is_known_by_its_answer(tmp_path: Path):
    async with engine_saying(tmp_path / "s", version=DOCKER, info=INFO):
        found, root = await facts(tmp_path, DOCKER_HOST=f"unix://{tmp_path}/s")
    assert root == Path("/var/lib/x")
    check = check_engine(found)
    assert check.verdict is Verdict.OK
    assert "Docker 27.1" in check.detail
    assert "8 CPUs, 16.0 GiB, D" in check.detail


async def test_podman_is_known_by_its_answer(tmp_path: Path):
    async with engine_saying(tmp_path / "s", version=PODMAN, info=INFO):
        found, _ = await facts(tmp_path, DOCKER_HOST=f"unix://{tmp_path}/s")
    assert "Podman 5.0 answers" in check_engine(found).detail


@pytest.mark.parametrize("answers", [{}, {"version": b"[]"}, {"version": b"<html>"}])
async def test_what_is_no_engine_is_not_taken_for_one(tmp_path: Path, answers):
    async with engine_saying(tmp_path / "s", **answers):
        found, _ = await facts(tmp_path, DOCKER_HOST=f"unix://{tmp_path}/s")
    assert "is no Docker Engine" in check_engine(found).detail


async def test_an_engine_that_hangs_is_told_from_one_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as hurried, socket.socket(socket.AF_UNIX) as listener:
        hurried.setattr(probe, "ANSWER_SECONDS", 0.01)
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        found, _ = await facts(tmp_path, DOCKER_HOST=f"unix://{tmp_path}/s")
    assert "has not answered" in check_engine(found).detail
    found, _ = await facts(tmp_path, DOCKER_HOST=f"unix://{tmp_path}/s")
    assert found.socket is SocketState.REFUSED


async def test_a_host_that_is_no_address_is_told(tmp_path: Path):
    found, _ = await facts(tmp_path, DOCKER_HOST="localhost")
    assert isinstance(found.endpoint, NoEndpoint)


async def test_the_engine_of_the_settings_comes_before_dockers(tmp_path: Path):
    settings = Settings(
        state_directory=tmp_path, config_file=tmp_path, docker_host=f"unix://{tmp_path}/ours"
    )
    found, _ = await probe.engine_facts(settings, {"DOCKER_HOST": "unix:///theirs"})
    assert not isinstance(found.endpoint, NoEndpoint)
    assert found.endpoint.socket_path == f"{tmp_path}/ours"


# -- state and daemon -----------------------------------------------------------------------------


def test_a_state_that_is_not_there_yet_has_a_disk_all_the_same(tmp_path: Path):
    found = probe.state_facts(StatePaths(tmp_path / "a" / "b"))
    assert not found.exists
    assert found.disk is not None
    assert found.disk.free_bytes > 0


def test_a_state_that_is_a_file_is_told(tmp_path: Path):
    (tmp_path / "file").touch()
    assert check_state(probe.state_facts(StatePaths(tmp_path / "file"))).verdict is Verdict.FAIL
    below = StatePaths(tmp_path / "file" / "below")
    assert check_state(probe.state_facts(below)).verdict is Verdict.FAIL


async def test_a_daemon_that_serves_is_found(served: Served):
    found = await probe.daemon_facts(served.paths)
    assert found.serving == 4321
    assert check_daemon(found).verdict is Verdict.OK


async def test_a_lock_without_an_answer_is_found(paths: StatePaths):
    lock = await take_lock(paths, 77)
    found = await probe.daemon_facts(paths)
    lock.release()
    assert (found.holder, found.serving) == (77, None)


async def test_something_else_on_the_socket_is_no_daemon(paths: StatePaths):
    async with engine_saying(paths.socket, **{"_ecstui/status": {"hello": 1}}):
        found = await probe.daemon_facts(paths)
    assert "is no daemon of ecstui" in found.problem


async def test_why_the_latest_daemon_stopped_is_found(paths: StatePaths):
    paths.failure.write_text("disk full\n")
    assert (await probe.daemon_facts(paths)).failure == "disk full"


# -- what belongs to somebody else ----------------------------------------------------------------


@pytest.fixture
def shut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder into which this user may not look, whoever runs the tests."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    stat = os.stat

    def refused(path: object, **options: bool) -> os.stat_result:
        if isinstance(path, str | Path) and folder in Path(path).parents:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return stat(path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "stat", refused)
    return folder


async def test_a_state_of_another_user_is_no_error(shut: Path):
    paths = StatePaths(shut / "state")
    assert "Permission denied" in probe.state_facts(paths).problem
    assert (await probe.daemon_facts(paths)).failure == ""
    assert not probe.is_there(paths.owner)


def test_secrets_that_another_user_keeps_are_no_error(shut: Path):
    settings = Settings(
        state_directory=shut, config_file=shut / "config.toml", secrets={"key": str(shut / "key")}
    )
    assert probe.secret_facts(settings).missing == (str(shut / "key"),)
    folder = shut / "secrets"
    settings = Settings(state_directory=shut, config_file=shut, secrets_directory=folder)
    assert probe.secret_facts(settings).directory == ""


async def test_an_owner_that_is_no_text_is_told(paths: StatePaths):
    paths.owner.write_bytes(b"\xff\xfe")
    settings = Settings(state_directory=paths.root, config_file=paths.root)
    with pytest.raises(SettingsError, match=r"owner cannot be read"):
        await find_orphans(settings, {"DOCKER_HOST": f"unix://{paths.root}/none.sock"})
