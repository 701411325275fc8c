"""A control plane on a quick simulated engine behind the door on TCP, in a thread of its own.

So a test reads like the script of somebody who uses boto3: calls that block, real signatures.
"""

import asyncio
import concurrent.futures
import gc
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import boto3
from botocore.config import Config

from ecstui.base.clock import SystemClock
from ecstui.base.ids import new_id
from ecstui.control.log_keeper import LogKeeping
from ecstui.control.plane import ControlPlane
from ecstui.control.setup import InstanceSetup, Setup
from ecstui.engine.behaviour import Behaviour
from ecstui.engine.simulated import SimulatedEngine
from ecstui.engine.world import World
from ecstui.plan.pace import PACES, PaceName
from ecstui.serve.app import Doors, Identity, make_tcp_app
from ecstui.serve.credentials import Credentials, make_credentials
from ecstui.serve.guard import Guard, GuardLimits
from ecstui.serve.tcp import endpoint_of, listen_tcp, open_tcp
from ecstui.store.journal import Journal, MemoryJournal
from ecstui.store.log_store import LogStore
from tests.aws.shapes import check_answer

T = TypeVar("T")

REGION = "us-east-1"
QUICK = replace(
    PACES[PaceName.LOCAL],
    settling_seconds=0.02,
    crash_first_seconds=0.02,
    throttle_first_seconds=0.02,
)
PROMPT = Behaviour(
    pull_seconds=0.01, create_seconds=0.001, start_seconds=0.01, stops_after_seconds=0.01
)
CRASHING = replace(PROMPT, exits_after_seconds=0.01, exit_code=3)
WAIT = {"Delay": 0.05, "MaxAttempts": 2000}
"""Waiters ask as often as that instead of every 6 or 15 s."""

_IN_THE_ENGINE = SimulatedEngine._carry_out.__qualname__
_SESSION = boto3.session.Session(
    aws_access_key_id="unused", aws_secret_access_key="unused", region_name=REGION
)


class Served:
    """One run of the door."""

    def __init__(
        self,
        *,
        journal: Callable[[], Journal] = MemoryJournal,
        limits: GuardLimits | None = None,
        instances: int = 3,
        logs: Path | None = None,
    ) -> None:
        self.credentials: Credentials = make_credentials(new_id)
        self.clock = SystemClock()
        self.world = World(self.clock, images={"web": PROMPT, "crash": CRASHING})
        self.endpoint = ""
        self._journal = journal
        self._limits = limits
        self._logs = None if logs is None else LogStore(logs)
        self._setup = Setup(
            owner="aws",
            log_keeping=None if self._logs is None else LogKeeping(self._logs),
            pace=QUICK,
            is_simulation=True,
            instances=tuple(
                InstanceSetup(
                    name=f"i-{number}",
                    engine="simulated",
                    zone=f"us-east-1{'abc'[number % 3]}",
                    cpu_units=4096,
                    memory_mib=8192,
                    ip=f"127.0.{number + 1}.1",
                )
                for number in range(instances)
            ),
        )
        self._clients: list[Any] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._is_over: asyncio.Event
        self._running: concurrent.futures.Future[None]

    # -- life -------------------------------------------------------------------------------------

    def open(self) -> "Served":
        self._thread.start()
        ready: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._running = asyncio.run_coroutine_threadsafe(self._serve(ready), self._loop)
        concurrent.futures.wait(
            (ready, self._running), return_when=concurrent.futures.FIRST_COMPLETED
        )
        if self._running.done():
            self._running.result()
        return self

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self._loop.call_soon_threadsafe(self._is_over.set)
        self._running.result(120)
        self.left = self.do(_others())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _serve(self, ready: "concurrent.futures.Future[None]") -> None:
        self._is_over = asyncio.Event()
        if self._logs is not None:
            self._logs.load()
        engine = SimulatedEngine(self.world, "simulated")
        self.plane = ControlPlane(self._journal(), {"simulated": engine}, self.clock, self._setup)
        await self.plane.start()
        with listen_tcp(0) as listener:
            self.endpoint = endpoint_of(listener)
            identity = Identity(
                version="0",
                owner="aws",
                process_id=1,
                state_directory="/",
                pace="local",
                engine="simulated",
                started_at=self.clock.now(),
                endpoint=self.endpoint,
            )
            self.guard = Guard(self.credentials, new_id, self._limits)
            self.doors = Doors(self.plane, identity, self.clock, new_id, lambda tasks: None)
            self.doors.logs.store = self._logs
            app = make_tcp_app(self.doors, self.guard)
            async with open_tcp([listener], app, self.guard.limits, new_id):
                ready.set_result(None)
                await self._is_over.wait()
        await self.plane.stop()
        await engine.close()

    def do(self, what: Coroutine[Any, Any, T]) -> T:
        """Run something on the server's loop."""
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(120)

    def tasks(self) -> int:
        """asyncio tasks of the server, besides those that are always there."""
        return self.do(_others())

    # -- clients ----------------------------------------------------------------------------------

    @property
    def port(self) -> int:
        return int(self.endpoint.rsplit(":", 1)[1])

    def client(self, service: str = "ecs", *, checks: bool = True, **changes: Any) -> Any:
        """A boto3 client with the right key; each answer is held against botocore's model."""
        given = {
            "aws_access_key_id": self.credentials.access_key,
            "aws_secret_access_key": self.credentials.secret_key,
            "endpoint_url": self.endpoint,
            "config": Config(retries={"total_max_attempts": 1}, parameter_validation=False),
        }
        client = _SESSION.client(service, **(given | changes))
        self._clients.append(client)
        if service in ("ecs", "logs") and checks:
            name = client.meta.service_model.service_id.hyphenize()
            client.meta.events.register(f"before-parse.{name}", check_answer)
        return client

    def environ(self, home: Path) -> dict[str, str]:
        """What `ecstui env` has a shell export."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": self.credentials.secret_key,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": str(home / "config"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            "HOME": str(home),
        }


def wait(client: Any, name: str, **request: Any) -> None:
    """One of botocore's waiters, asking more often than it does by itself."""
    client.get_waiter(name).wait(WaiterConfig=WAIT, **request)


async def _others() -> int:
    """Tasks that are left but for this one, and for calls under way in the engine.

    What was sent to an engine happens there, whether who sent it is still there or not.
    """
    gc.collect()
    left = [task.get_coro() for task in asyncio.all_tasks() - {asyncio.current_task()}]
    return sum(getattr(coro, "__qualname__", "") != _IN_THE_ENGINE for coro in left)
