"""The closed union of things to do in an engine, as data, and how each of them ended.

Actions are idempotent; `key` names the thing they act on, so that no two run on it at once.
"""

from dataclasses import dataclass
from typing import assert_never

from ecstui.base.errors import EngineError
from ecstui.plan.spec import ContainerName, ContainerSpec

ResourceKey = tuple[str, str]
"""Engine name, and `container:NAME` or `image:NAME` or `volume:NAME`."""


def container_key(engine: str, name: ContainerName) -> ResourceKey:
    """Key of a container."""
    return engine, f"container:{name}"


def image_key(engine: str, image: str) -> ResourceKey:
    """Key of an image: shared by every task that needs it."""
    return engine, f"image:{image}"


@dataclass(frozen=True, slots=True)
class EnsureImage:
    """Have an image: nothing when it is there, else a pull."""

    engine: str
    image: str
    credentials: str = ""
    """Where user and password of its registry are; empty: the engine's own login."""

    @property
    def key(self) -> ResourceKey:
        """What the action acts on."""
        return image_key(self.engine, self.image)


@dataclass(frozen=True, slots=True)
class CreateContainer:
    """Create a container, and start it too when `and_start`."""

    engine: str
    spec: ContainerSpec
    and_start: bool = False

    @property
    def key(self) -> ResourceKey:
        """What the action acts on."""
        return container_key(self.engine, self.spec.name)


@dataclass(frozen=True, slots=True)
class StartContainer:
    """Start a created or exited container."""

    engine: str
    name: ContainerName

    @property
    def key(self) -> ResourceKey:
        """What the action acts on."""
        return container_key(self.engine, self.name)


@dataclass(frozen=True, slots=True)
class StopContainer:
    """Signal a container, wait `timeout_seconds`, then kill it."""

    engine: str
    name: ContainerName
    timeout_seconds: int

    @property
    def key(self) -> ResourceKey:
        """What the action acts on."""
        return container_key(self.engine, self.name)


@dataclass(frozen=True, slots=True)
class RemoveContainer:
    """Remove a container, killing it if it runs, with its anonymous volumes."""

    engine: str
    name: ContainerName

    @property
    def key(self) -> ResourceKey:
        """What the action acts on."""
        return container_key(self.engine, self.name)


@dataclass(frozen=True, slots=True)
class RemoveVolume:
    """Remove a named volume that one task owned."""

    engine: str
    volume: str

    @property
    def key(self) -> ResourceKey:
        """What the action acts on."""
        return self.engine, f"volume:{self.volume}"


Action = (
    EnsureImage | CreateContainer | StartContainer | StopContainer | RemoveContainer | RemoveVolume
)


def container_of(action: Action) -> ContainerName:
    """Name of the container that an action is about; empty for an image or a volume."""
    match action:
        case CreateContainer(spec=spec):
            return spec.name
        case StartContainer() | StopContainer() | RemoveContainer():
            return action.name
        case EnsureImage() | RemoveVolume():
            return ""
        case _:
            assert_never(action)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an action ended: `error` is None when it did what it should."""

    action: Action
    error: EngineError | None
    started_at: float
    ended_at: float
