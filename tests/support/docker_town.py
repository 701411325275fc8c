"""A town on a real Docker Engine: a control plane with its journal in a file, in real time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ecstui.base.clock import SystemClock
from ecstui.base.ids import new_id
from ecstui.control.plane import ControlPlane
from ecstui.control.setup import InstanceSetup, Limits, Setup
from ecstui.engine.docker import DockerEngine
from ecstui.engine.endpoint import Endpoint
from ecstui.serve.engines import linked_engine
from ecstui.store.journal import SqliteJournal
from tests.support.town import Town


class DockerTown(Town):
    """The same verbs as a simulated town; `client` is Docker's own."""

    def __init__(self, folder: Path, docker_host: str, client: Any, *, instances: int = 3) -> None:
        """`folder` keeps the journal; `client`: a docker APIClient on the same engine."""
        self.clock = SystemClock()
        self.client = client
        self._folder = folder
        self._docker_host = docker_host
        self._began = self.clock.now()
        self.setup = Setup(
            owner=new_id()[:16],
            limits=Limits(full_look_seconds=2.0),
            instances=tuple(
                InstanceSetup(
                    f"local-{n}", "docker", f"zone-{'abc'[n % 3]}", 8192, 8192, f"127.0.{n + 1}.1"
                )
                for n in range(instances)
            ),
        )

    async def open(self) -> "DockerTown":
        """Start a control plane on what the journal says."""
        self._journal = await SqliteJournal.open(self._folder / "journal.sqlite")
        self.engine = DockerEngine(Endpoint(self._docker_host))
        engines = {"docker": self.engine}
        self.plane = ControlPlane(
            self._journal,
            engines,
            self.clock,
            self.setup,
            lambda link: linked_engine(link, self.clock),
        )
        await self.plane.start()
        return self

    async def crash(self) -> None:
        """Kill the control plane, as kill -9 would, and start another on what it left behind."""
        await self.plane.crash()
        await self.engine.close()
        await self._journal.close()
        await self.open()

    async def close(self) -> None:
        """Stop the plane and remove every container and volume that it made."""
        await self.plane.stop()
        await self.engine.close()
        self._sweep()

    def _sweep(self) -> None:
        for container in self.containers(everything=True):
            self.client.remove_container(container["Id"], force=True, v=True)

    @property
    def now(self) -> float:
        """Seconds since the town was made."""
        return self.clock.now() - self._began

    async def until(self, is_so: Callable[[], bool], within_seconds: float = 180.0) -> None:
        """Wait until something is so; fails when it does not become so in time."""
        await super().until(is_so, within_seconds)

    def containers(self, *, everything: bool = False) -> list[dict[str, Any]]:
        """The town's containers in Docker, those that run or all."""
        label = {"label": f"ecstui.owner={self.setup.owner}"}
        found: list[dict[str, Any]] = self.client.containers(all=everything, filters=label)
        return found

    def running_containers(self) -> list[str]:
        """Names of the containers that run in Docker."""
        return sorted(container["Names"][0].removeprefix("/") for container in self.containers())

    def kill(self, name: str) -> None:
        """Kill a container behind the plane's back."""
        self.client.kill(name)
