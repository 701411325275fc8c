"""Planes behind open doors, and clients in front of them."""

import itertools
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ecstui import __version__
from ecstui.client.http import fetch
from ecstui.client.remote import RemoteClient
from ecstui.serve.app import Doors, Identity
from ecstui.serve.daemon import open_doors
from ecstui.settings import StatePaths
from tests.doors.plane import FakePlane


class Watch:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = 1_700_000_000.0

    def now(self) -> float:
        return self.time


@dataclass
class Served:
    """One run of a daemon's doors."""

    plane: FakePlane
    doors: Doors
    paths: StatePaths
    clock: Watch
    asked_to_stop: list[bool] = field(default_factory=list)

    async def post(self, operation: str, body: bytes, **headers: str) -> tuple[int, bytes]:
        target = f"AmazonEC2ContainerServiceV20141113.{operation}"
        given = {"X-Amz-Target": target, **headers}
        return await fetch(self.paths.socket, "POST", "/", headers=given, body=body)

    async def get(self, target: str) -> tuple[int, bytes]:
        return await fetch(self.paths.socket, "GET", target)


Serve = Callable[..., AbstractAsyncContextManager[Served]]


@pytest.fixture
def paths(tmp_path: Path) -> StatePaths:
    return StatePaths(tmp_path)


@pytest.fixture
def serve(paths: StatePaths) -> Serve:
    """Opens the doors of a plane; each time is another run of the daemon."""
    numbers = itertools.count(1)

    @asynccontextmanager
    async def open_(plane: FakePlane, version: str = __version__) -> AsyncGenerator[Served]:
        run = next(numbers)
        ids = itertools.count(run * 1_000_000)
        clock = Watch()
        asked: list[bool] = []
        identity = Identity(
            version=version,
            owner="0" * 32,
            process_id=4321,
            state_directory=str(paths.root),
            pace="local",
            engine="simulated",
            started_at=clock.now(),
        )
        doors = Doors(plane, identity, clock, lambda: f"{next(ids):032x}", asked.append)
        async with open_doors(paths, doors):
            yield Served(plane, doors, paths, clock, asked)

    return open_


@pytest.fixture
async def served(serve: Serve) -> AsyncGenerator[Served]:
    async with serve(FakePlane()) as one:
        yield one


@pytest.fixture
async def remote(paths: StatePaths) -> AsyncGenerator[RemoteClient]:
    client = RemoteClient(paths)
    yield client
    await client.close()
