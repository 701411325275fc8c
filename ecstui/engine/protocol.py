"""What every container engine can do. Engines carry out; they never decide.

Every method may raise `EngineError`; a call whose answer is lost raises one with `retryable`.
All of them may be repeated: what is already so counts as success.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ecstui.model.exec import ExecOrder, ExecSession
from ecstui.model.logs import LogLine, LogWindow
from ecstui.plan.spec import ContainerName, ContainerSpec, Observation


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine says of itself and of the machine it runs on."""

    kind: str
    """`docker` or `simulated`."""
    version: str
    endpoint: str
    cpu_count: int
    memory_bytes: int
    operating_system: str = "linux"
    architecture: str = "x86_64"
    publishes_on_loopback: bool = True
    """Whether ports can be published on any address of 127.0.0.0/8."""
    gateway: str = ""
    """Address of this machine as containers in bridge mode see it; empty: they do not."""


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far a pull is; bytes may be 0 while unknown."""

    image: str
    status: str
    current_bytes: int = 0
    total_bytes: int = 0


@dataclass(frozen=True, slots=True)
class RegistryLogin:
    """Who pulls an image from a private registry."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a container uses at one moment."""

    cpu_units: float
    memory_bytes: int


class ContainerEngine(Protocol):
    """Runs containers; one object per endpoint."""

    name: str

    async def info(self) -> EngineInfo:
        """Ask who it is; an engine that does not answer raises UNREACHABLE."""
        ...

    async def list(self, owner: str) -> Mapping[ContainerName, Observation]:
        """Every container with the owner's label, whatever its phase."""
        ...

    async def inspect(self, name: ContainerName) -> Observation | None:
        """One look at one container; None when there is none of that name."""
        ...

    def hints(self, owner: str) -> AsyncIterator[ContainerName]:
        """Names to look at again, as things happen; may be late, lost or doubled.

        An empty name means "anything may have changed": take a full look. The iterator outlives
        the engine's restarts: it reconnects by itself (after each reconnection it yields an empty
        name, and may do so when the connection breaks) and ends only when closed.
        """
        ...

    async def ensure_image(
        self,
        image: str,
        progress: Callable[[PullProgress], None],
        login: RegistryLogin | None = None,
    ) -> None:
        """Have the image: nothing when it is there, else pull it (CANNOT_PULL).

        Without a login, with the one that the engine's client has.
        """
        ...

    async def create(self, spec: ContainerSpec) -> None:
        """Create; the same name with the same owner label is success, another's is NAME_TAKEN."""
        ...

    async def start(self, name: ContainerName) -> None:
        """Start; already running is success."""
        ...

    async def stop(self, name: ContainerName, timeout_seconds: int) -> None:
        """Signal, wait, kill; already stopped or absent is success."""
        ...

    async def remove(self, name: ContainerName) -> None:
        """Kill if needed and remove; absent is success."""
        ...

    async def remove_volume(self, volume: str) -> None:
        """Remove a named volume; absent is success."""
        ...

    def logs(self, name: ContainerName, window: LogWindow) -> AsyncIterator[Sequence[LogLine]]:
        """Batches of lines, oldest first; ends with the container unless it never started."""
        ...

    async def usage(self, names: Collection[ContainerName]) -> Mapping[ContainerName, Usage]:
        """What running containers use now; those unknown are left out."""
        ...

    async def execute(self, name: ContainerName, order: ExecOrder) -> ExecSession:
        """Run one more command in a running container (CANNOT_EXECUTE); close the session.

        An order that attaches is at the container's first process instead, and ends nothing.

        A program that is not there is no error of the call: the session ends with 126 or 127.
        """
        ...

    async def close(self) -> None:
        """End every stream and free every thread."""
        ...
