"""The machine behind a simulated engine: images, containers, volumes, ports, and mishaps.

It is the ground truth that tests compare records with. All that happens follows from its seed, its
loop's time and what is done to it; it starts no thread and no task of its own.
"""

import asyncio
import fnmatch
import hashlib
import random
import re
from collections import deque
from collections.abc import Callable, Mapping

from ecstui.base.clock import Clock
from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.engine.behaviour import PUBLIC_IMAGES, Behaviour, adjusted, parse_image
from ecstui.engine.faults import Faults, happens
from ecstui.engine.interior import Files, Interior, Mounted
from ecstui.engine.network import AddressPool, PortTable
from ecstui.engine.process import KILLED
from ecstui.engine.simulated_container import SimulatedContainer
from ecstui.plan.spec import ContainerName, ContainerSpec, Phase

GIB = 1024**3
_MEMORY_LEAST = 6 * 1024 * 1024
_PUBLIC_TAG = re.compile(r"latest|stable|mainline|lts|edge|alpine|slim|bookworm|trixie|.*\d.*")
_HINTS_KEPT = 10_000
_REFUSAL_SECONDS = 0.4
_NEVER_LOOKED: Mapping[ContainerName, SimulatedContainer] = {}


class Subscription:
    """Names to look at again, for one listener."""

    def __init__(self, owner: str) -> None:
        """Nothing yet; `owner`: whose containers."""
        self.owner = owner
        self._names: deque[ContainerName] = deque()
        self._filled = asyncio.Event()
        self.is_closed = False

    def put(self, name: ContainerName) -> None:
        """Add a name; too many become one: look at everything."""
        if len(self._names) >= _HINTS_KEPT:
            self._names.clear()
            name = ""
        self._names.append(name)
        self._filled.set()

    def clear(self) -> None:
        """Lose what has not been read."""
        self._names.clear()

    def close(self) -> None:
        """End it for the reader."""
        self.is_closed = True
        self._filled.set()

    async def get(self) -> ContainerName | None:
        """The next name; None after the end."""
        while not self._names and not self.is_closed:
            self._filled.clear()
            await self._filled.wait()
        return None if self.is_closed else self._names.popleft()


class Pull:
    """A download of an image, for everybody who waits for it."""

    def __init__(self, total_bytes: int, seconds: float) -> None:
        """Begin."""
        self.total_bytes = total_bytes
        self.seconds = seconds
        self._error: EngineError | None = None
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def wait(self, seconds: float | None) -> bool:
        """Wait for its end, at most so long; whether it has ended."""
        await asyncio.wait([self._done], timeout=seconds)
        return self._done.done()

    def end(self, error: EngineError | None = None) -> None:
        """It has ended, well or with an error."""
        if not self._done.done():
            self._error = error
            self._done.set_result(None)

    def check(self) -> None:
        """Have ended well.

        Raises:
            EngineError: it has not.
        """
        if self._error is not None:
            raise self._error


class World:
    """One machine with a container engine."""

    def __init__(
        self,
        clock: Clock,
        *,
        seed: int = 0,
        images: Mapping[str, Behaviour] = PUBLIC_IMAGES,
        faults: Faults = Faults(),  # noqa: B008 (frozen)
        cpu_count: int = 4,
        memory_bytes: int = 16 * GIB,
    ) -> None:
        """`images`: what exists, by name pattern; the pattern that was added last wins."""
        self.clock = clock
        self.random = random.Random(seed)
        self.faults = faults
        self.cpu_count = cpu_count
        self.memory_bytes = memory_bytes
        self.containers: dict[ContainerName, SimulatedContainer] = {}
        """Ground truth."""
        self.volumes: dict[str, Files] = {}
        self.present_images: dict[str, str] = {}
        """Digests of the images that need no pull, by `name:tag`."""
        self.is_up = True
        self.generation = 0
        """Rises each time the engine goes down: what was under way then is lost."""
        self._images = dict(images)
        self._behaviours: dict[str, Behaviour | None] = {}
        """What `behaviour_of` has found already."""
        self._host_files: dict[str, Files] = {}
        self._ports = PortTable()
        self._addresses = AddressPool()
        self._by_owner: dict[str, dict[ContainerName, SimulatedContainer]] = {}
        self._subscriptions: list[Subscription] = []
        self._pulls: dict[str, Pull] = {}
        self._back_up: list[asyncio.Future[None]] = []

    # Images

    def register(self, pattern: str, behaviour: Behaviour) -> None:
        """Have images exist whose name, without or with tag, fits a pattern as `shop/*`."""
        self._images.pop(pattern, None)
        self._images[pattern] = behaviour
        self._behaviours.clear()

    def add_image(self, reference: str) -> None:
        """Have an image on the machine, as after a pull."""
        digest = parse_image(reference).digest or f"sha256:{_hex_digest(_key_of(reference))}"
        self.present_images[_key_of(reference)] = digest

    def has_image(self, reference: str) -> bool:
        """Whether an image needs no pull."""
        return _key_of(reference) in self.present_images

    def behaviour_of(self, reference: str) -> Behaviour | None:
        """How an image's containers behave; None: there is no such image anywhere."""
        if reference not in self._behaviours:
            self._behaviours[reference] = self._find_behaviour(reference)
        return self._behaviours[reference]

    def _find_behaviour(self, reference: str) -> Behaviour | None:
        image = parse_image(reference)
        for pattern in reversed(self._images):
            if fnmatch.fnmatchcase(f"{image.short}:{image.tag}", pattern):
                return self._images[pattern]
            if fnmatch.fnmatchcase(image.short, pattern):
                is_public = PUBLIC_IMAGES.get(pattern) == self._images[pattern]
                return None if is_public and not _is_tag(image.tag) else self._images[pattern]
        return None

    def pull(self, reference: str) -> Pull:
        """Download an image, or join a download that is under way."""
        key = _key_of(reference)
        if key not in self._pulls:
            behaviour = self.behaviour_of(reference)
            seconds = _REFUSAL_SECONDS if behaviour is None else behaviour.pull_seconds
            if happens(self.faults.pull_slow_ratio, self.random):
                seconds *= self.faults.pull_slow_factor
            error = _pull_error(reference) if behaviour is None else None
            if happens(self.faults.pull_failing_ratio, self.random):
                text = "net/http: TLS handshake timeout"
                error = EngineError(EngineErrorKind.CANNOT_PULL, text, retryable=True)
            pull = Pull(behaviour.image_bytes if behaviour else 0, seconds)
            self._pulls[key] = pull
            asyncio.get_running_loop().call_later(seconds, self._pulled, reference, pull, error)
        return self._pulls[key]

    def _pulled(self, reference: str, pull: Pull, error: EngineError | None) -> None:
        if self._pulls.get(_key_of(reference)) is pull:
            del self._pulls[_key_of(reference)]
            if error is None:
                self.add_image(reference)
            pull.end(error)

    # Mishaps and wishes

    def kill(
        self, name: ContainerName, exit_code: int = KILLED, *, is_out_of_memory: bool = False
    ) -> None:
        """End a container as if something in the machine had; one that does not run is left."""
        container = self.containers.get(name)
        if container is not None:
            container.kill(exit_code, is_out_of_memory=is_out_of_memory)

    def kill_where(
        self, fits: Callable[[SimulatedContainer], bool], exit_code: int = KILLED
    ) -> list[ContainerName]:
        """End all running containers that fit, e.g. those of one slice; their names."""
        found = [each for each in self.containers.values() if each.is_running and fits(each)]
        for container in found:
            container.kill(exit_code)
        return [container.name for container in found]

    def force_health(self, name: ContainerName, is_well: bool | None) -> None:
        """Have a container's servers pass or fail health checks; None: as they would."""
        self.containers[name].force_health(is_well)

    def stop_engine(self, *, containers_survive: bool = False) -> None:
        """The engine goes down: calls fail and hints are lost until it starts again.

        Whoever listens for hints notices the break, and may look and fail.
        """
        self.is_up = False
        self.generation += 1
        for subscription in self._subscriptions:
            subscription.clear()
            subscription.put("")  # the connection breaks, and that is noticed
        pulls, self._pulls = self._pulls, {}
        for pull in pulls.values():
            pull.end(_down())
        if not containers_survive:
            for container in [each for each in self.containers.values() if each.is_running]:
                heeds = container.behaviour.stops_after_seconds is not None
                container.kill(container.behaviour.stop_exit_code if heeds else KILLED)
        for container in self.containers.values():
            container.wake()

    def start_engine(self) -> None:
        """The engine is up again; whoever listens for hints is told to look at everything."""
        self.is_up = True
        for subscription in self._subscriptions:
            subscription.put("")
        self.poke()

    def lose_machine(self) -> None:
        """Everything is gone: containers, volumes, images; the engine is down."""
        self.stop_engine()
        for container in list(self.containers.values()):
            self._forget(container)
        self.volumes.clear()
        self._host_files.clear()
        self.present_images.clear()

    # What the engine does; every call raises UNREACHABLE while it is down

    def check_up(self) -> None:
        """Be reachable.

        Raises:
            EngineError: UNREACHABLE, the engine is down.
        """
        if not self.is_up:
            raise _down()

    def owned(self, owner: str) -> Mapping[ContainerName, SimulatedContainer]:
        """Containers with an owner's label, in the order of their creation."""
        return self._by_owner.get(owner, _NEVER_LOOKED)

    def create(self, spec: ContainerSpec) -> None:
        """Create a container.

        Raises:
            EngineError: NAME_TAKEN, IMAGE_NOT_FOUND, CANNOT_CREATE.
        """
        self.check_up()
        there = self.containers.get(spec.name)
        if there is not None:
            if there.spec.owner == spec.owner:
                return
            raise EngineError(
                EngineErrorKind.NAME_TAKEN,
                f'Conflict. The container name "/{spec.name}" is already in use by container '
                f'"{there.engine_id}". You have to remove (or rename) that container to be able '
                "to reuse that name.",
            )
        behaviour = self.behaviour_of(spec.image)
        if behaviour is None or not self.has_image(spec.image):
            text = f"No such image: {_key_of(spec.image)}"
            raise EngineError(EngineErrorKind.IMAGE_NOT_FOUND, text)
        self._check_limits(spec)
        container = SimulatedContainer(
            spec,
            f"{self.random.getrandbits(256):064x}",
            self.present_images[_key_of(spec.image)],
            adjusted(behaviour, dict(spec.environment)),
            Interior(self._mounts_of(spec), is_root_read_only=spec.is_root_read_only),
            self,
        )
        self.containers[spec.name] = container
        self._by_owner.setdefault(spec.owner, {})[spec.name] = container

    def start(self, name: ContainerName) -> None:
        """Start a container; one that runs is left alone.

        Raises:
            EngineError: CANNOT_START, which its observation shows from then on.
        """
        self.check_up()
        container = self.containers.get(name)
        if container is None:
            raise EngineError(EngineErrorKind.CANNOT_START, f"No such container: {name}")
        if container.is_running:
            return
        try:
            self._check_neighbours(container.spec)
            self._check_program(container)
            spec = container.spec
            has_network = _has_network_of_its_own(spec)
            ports = self._ports.claim(name, spec.ports) if has_network else ()
            container.start(ports, self._addresses.take() if has_network else "")
        except EngineError as error:
            container.fail(error.message)
            raise

    def remove(self, name: ContainerName) -> None:
        """Kill a container if it runs, and remove it; absent is fine."""
        self.check_up()
        container = self.containers.get(name)
        if container is not None:
            container.kill(KILLED)
            self._forget(container)

    def remove_volume(self, volume: str) -> None:
        """Remove a named volume; absent is fine.

        Raises:
            EngineError: CANNOT_CREATE_VOLUME, a container has it.
        """
        self.check_up()
        users = [
            container.engine_id
            for container in self.containers.values()
            if any(mount.source == volume for mount in container.spec.mounts)
        ]
        if users:
            raise EngineError(
                EngineErrorKind.CANNOT_CREATE_VOLUME,
                f"remove {volume}: volume is in use - [{', '.join(users)}]",
            )
        self.volumes.pop(volume, None)

    # Hints

    def listen(self, owner: str) -> Subscription:
        """Hear of what happens to an owner's containers from now on."""
        subscription = Subscription(owner)
        self._subscriptions.append(subscription)
        return subscription

    def forget(self, subscription: Subscription) -> None:
        """Hear no more."""
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    async def next_start(self) -> None:
        """Wait until the engine starts, or somebody calls `poke`."""
        future = asyncio.get_running_loop().create_future()
        self._back_up.append(future)
        await future

    def poke(self) -> None:
        """Wake who waits for the engine to start."""
        waiting, self._back_up = self._back_up, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def changed(self, container: SimulatedContainer) -> None:
        """Give a hint, as far as the faults let it through."""
        if not self.is_up:
            return
        faults, lots = self.faults, self.random
        for _ in range(2 if happens(faults.hint_doubled_ratio, lots) else 1):
            if happens(faults.hint_lost_ratio, lots):
                continue
            if happens(faults.hint_late_ratio, lots):
                delay = lots.expovariate(1 / faults.hint_late_seconds)
                loop = asyncio.get_running_loop()
                loop.call_later(delay, self._tell, container.spec.owner, container.name)
            else:
                self._tell(container.spec.owner, container.name)

    def ended(self, container: SimulatedContainer) -> None:
        """A container runs no more: its ports and its address are free."""
        self._ports.release(container.ports)
        if container.address:
            self._addresses.give_back(container.address)
        container.ports, container.address = (), ""

    def _tell(self, owner: str, name: ContainerName) -> None:
        if self.is_up:
            for subscription in self._subscriptions:
                if subscription.owner == owner:
                    subscription.put(name)

    def _forget(self, container: SimulatedContainer) -> None:
        del self.containers[container.name]
        del self._by_owner[container.spec.owner][container.name]
        container.remove()

    # Docker's own checks

    def _check_limits(self, spec: ContainerSpec) -> None:
        kind = EngineErrorKind.CANNOT_CREATE
        if 0 < spec.memory_bytes < _MEMORY_LEAST:
            raise EngineError(kind, "Minimum memory limit allowed is 6MB")
        for name, _ in (*spec.links, *spec.volumes_from):
            if name not in self.containers:
                raise EngineError(kind, f"No such container: {name}")

    def _mounts_of(self, spec: ContainerSpec) -> list[Mounted]:
        mounts = []
        for mount in spec.mounts:
            store = self._host_files if mount.source.startswith("/") else self.volumes
            files = store.setdefault(mount.source, {})
            mounts.append(Mounted(mount.target, files, mount.read_only))
        for name, is_read_only in spec.volumes_from:
            for mounted in self.containers[name].interior.mounts:
                read_only = is_read_only or mounted.is_read_only
                mounts.append(Mounted(mounted.target, mounted.files, read_only))
        return mounts

    def _check_neighbours(self, spec: ContainerSpec) -> None:
        wanted = (
            ("network", spec.network_mode),
            ("PID", spec.pid_mode or ""),
            ("IPC", spec.ipc_mode or ""),
        )
        kind = EngineErrorKind.CANNOT_START
        for what, mode in wanted:
            prefix, _, name = mode.partition(":")
            if prefix != "container":
                continue
            other = self.containers.get(name)
            if other is None:
                raise EngineError(kind, f"No such container: {name}")
            if not other.is_running:
                text = f"cannot join {what} of a non running container: {other.engine_id}"
                raise EngineError(kind, text)
        for name, alias in spec.links:
            if name not in self.containers or self.containers[name].phase is not Phase.RUNNING:
                text = f"Cannot link to a non running container: /{name} AS /{spec.name}/{alias}"
                raise EngineError(kind, text)

    def _check_program(self, container: SimulatedContainer) -> None:
        program = container.words[0]
        if not container.has_program(program):
            raise EngineError(
                EngineErrorKind.CANNOT_START,
                "failed to create shim task: OCI runtime create failed: runc create failed: "
                f'unable to start container process: exec: "{program}": executable file not '
                "found in $PATH: unknown",
            )


def _down() -> EngineError:
    return EngineError(
        EngineErrorKind.UNREACHABLE,
        "Cannot connect to the Docker daemon (simulated). Is the docker daemon running?",
        retryable=True,
    )


def _pull_error(reference: str) -> EngineError:
    image = parse_image(reference)
    if image.short in PUBLIC_IMAGES:
        text = f"manifest for {image.repository}:{image.tag} not found: manifest unknown"
    else:
        text = (
            f"pull access denied for {image.repository}, repository does not exist or may require "
            "'docker login': denied: requested access to the resource is denied"
        )
    return EngineError(EngineErrorKind.CANNOT_PULL, text)


def _has_network_of_its_own(spec: ContainerSpec) -> bool:
    mode = spec.network_mode
    shares = mode in ("host", "none") or mode.startswith("container:")
    return not (shares or spec.is_network_disabled)


def _key_of(reference: str) -> str:
    image = parse_image(reference)
    return f"{image.short}@{image.digest}" if image.digest else f"{image.short}:{image.tag}"


def _is_tag(tag: str) -> bool:
    return _PUBLIC_TAG.fullmatch(tag) is not None


def _hex_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
