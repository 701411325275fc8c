"""A Docker Engine behind the `ContainerEngine` protocol.

Every method is a call or a stream and a translation; the bounds are in `docker_calls`. It carries
out what it is told and never decides when, and it takes an answer of "already so" as success.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from requests import Response

from ecstui.base.errors import EngineError, EngineErrorKind
from ecstui.engine import docker_follow
from ecstui.engine.docker_calls import Calls
from ecstui.engine.docker_client import Client
from ecstui.engine.docker_errors import CLIENT_ERRORS, NOT_FOUND, status_of
from ecstui.engine.docker_exec import Executions
from ecstui.engine.docker_looks import Looks
from ecstui.engine.docker_networks import (
    gateway_of,
    join_networks,
    make_credentials_network,
)
from ecstui.engine.docker_observation import Json, is_going, object_at, process_of, text_at
from ecstui.engine.docker_pull import PullMeter, may_pass
from ecstui.engine.docker_spec import create_body, pull_parameters
from ecstui.engine.docker_stream import chunks, json_objects
from ecstui.engine.docker_usage import SHORTEST_SECONDS, Meter, group_files, usage_of_stats
from ecstui.engine.endpoint import Endpoint
from ecstui.engine.pause_image import IMPORT_CHANGES, pause_archive
from ecstui.engine.protocol import EngineInfo, PullProgress, RegistryLogin, Usage
from ecstui.model.exec import ExecOrder, ExecSession
from ecstui.model.logs import LogLine, LogWindow
from ecstui.plan.spec import ContainerName, ContainerSpec, Observation
from ecstui.plan.translate import OWNER_LABEL, PAUSE_IMAGE

_PULL_IDLE_SECONDS = 600.0
_PULL_EVENTS_WAITING = 10_000
_PROGRESS_SECONDS = 0.1
_STATS_AT_ONCE = 8
_NANO_CPUS = 1_000_000_000
_REMOVAL_TRIES = 10
_REMOVAL_WAIT_SECONDS = 0.1


class DockerEngine:
    """One Docker Engine, or Podman where it behaves like one."""

    def __init__(self, endpoint: Endpoint, name: str = "docker") -> None:
        """`name`: under which records know it. Nothing is opened before the first call."""
        self.name = name
        self._calls = Calls(endpoint)
        self._looks = Looks(self._calls)
        self._executions = Executions(self._calls)
        self._meter = Meter()
        self._stats = asyncio.Semaphore(_STATS_AT_ONCE)
        self._told: Json = {}
        """What it said of itself when it was asked last."""

    async def info(self) -> EngineInfo:
        """Ask who it is."""
        answer = await self._calls.look(
            lambda client: client.look_at("/info"), EngineErrorKind.UNREACHABLE
        )
        self._told = answer or {}
        info = engine_info(self._told, self._calls.endpoint)
        return replace(info, gateway=await gateway_of(self._calls, self._told))

    # -- looks -------------------------------------------------------------------------------

    async def list(self, owner: str) -> Mapping[ContainerName, Observation]:
        """Every container with the owner's label."""
        return await self._looks.list(owner)

    async def inspect(self, name: ContainerName) -> Observation | None:
        """One look at one container."""
        return await self._looks.inspect(name)

    def hints(self, owner: str) -> AsyncGenerator[ContainerName]:
        """Names to look at again; an empty one first, and after each break."""
        return docker_follow.hints(self._calls, owner)

    def logs(self, name: ContainerName, window: LogWindow) -> AsyncGenerator[Sequence[LogLine]]:
        """Batches of lines, oldest first, over the engine's restarts."""
        return docker_follow.logs(self._calls, self._looks, name, window)

    async def usage(self, names: Collection[ContainerName]) -> Mapping[ContainerName, Usage]:
        """What running containers use now: from the kernel's files, else Docker's statistics."""
        without_files = [n for n in names if n not in self._meter.files]
        rest = await asyncio.gather(*(self._find_group(name) for name in without_files))
        found = await self._measured(names)
        measured = await asyncio.gather(*(self._statistics(name) for name in rest if name))
        return found | {name: usage for name, usage in measured if usage is not None}

    # -- images ------------------------------------------------------------------------------

    async def ensure_image(
        self,
        image: str,
        progress: Callable[[PullProgress], None],
        login: RegistryLogin | None = None,
    ) -> None:
        """Have the image: nothing when it is there, else pull it, or make it if it is ours."""
        if await self._has_image(image):
            return
        if image == PAUSE_IMAGE:
            await self._make_pause_image()
            return
        await self._pull(image, progress, login)
        if not await self._has_image(image):
            message = f"the pull of {image} ended before it was complete"
            raise EngineError(EngineErrorKind.CANNOT_PULL, message, retryable=True)

    # -- acts --------------------------------------------------------------------------------

    async def create(self, spec: ContainerSpec) -> None:
        """Create; a container of this name and owner is success."""
        connection = await self._calls.connection()
        body = create_body(spec, _most_nano_cpus(self._told or connection.info))
        try:
            await self._calls.act(
                lambda client: client.create_container_from_config(body, spec.name),
                EngineErrorKind.CANNOT_CREATE,
                "created",
            )
        except EngineError as error:
            if error.kind is not EngineErrorKind.NAME_TAKEN:
                raise
            await self._accept(spec, error)
        await join_networks(self._calls, spec)

    async def make_credentials_network(self) -> None:
        """Have the network in which 169.254.170.2 is this machine."""
        await make_credentials_network(self._calls)

    async def start(self, name: ContainerName) -> None:
        """Start; already running is success."""
        self._looks.forget(name)
        await self._calls.act(
            lambda client: client.start(name), EngineErrorKind.CANNOT_START, "started"
        )

    async def stop(self, name: ContainerName, timeout_seconds: int) -> None:
        """Signal, wait, kill; already stopped or absent is success."""
        self._looks.forget(name)
        await self._calls.wait(
            _unless((NOT_FOUND,), lambda client: client.stop(name, timeout=timeout_seconds)),
            EngineErrorKind.CANNOT_STOP,
            "stopped",
        )

    async def remove(self, name: ContainerName) -> None:
        """Kill if needed and remove, anonymous volumes too; absent is success."""
        self._looks.forget(name)
        for is_last in (*[False] * (_REMOVAL_TRIES - 1), True):
            try:
                await self._remove(name)
            except EngineError as error:
                if "already in progress" not in error.message:
                    raise
                if is_last:
                    raise EngineError(error.kind, error.message, retryable=True) from error
            else:
                return
            # Somebody else removes it: wait until it is gone, so that absent means absent.
            await asyncio.sleep(_REMOVAL_WAIT_SECONDS)

    async def _remove(self, name: ContainerName) -> None:
        await self._calls.act(
            _unless((NOT_FOUND,), lambda client: client.remove_container(name, v=True, force=True)),
            EngineErrorKind.CANNOT_STOP,
            "removed",
        )

    async def remove_volume(self, volume: str) -> None:
        """Remove a named volume; absent is success."""
        await self._calls.act(
            _unless((NOT_FOUND,), lambda client: client.remove_volume(volume)),
            EngineErrorKind.CANNOT_CREATE_VOLUME,
            "removed",
        )

    async def execute(self, name: ContainerName, order: ExecOrder) -> ExecSession:
        """Run one more command in a running container, with threads of its own."""
        return await self._executions.open(name, order)

    async def close(self) -> None:
        """Hang up on commands, end every stream, cut every call and free every thread."""
        await self._executions.close()
        await self._calls.close()

    # -- parts -------------------------------------------------------------------------------

    async def _accept(self, spec: ContainerSpec, taken: EngineError) -> None:
        """Take a container of the same name as the one asked for, if it is the owner's."""
        answer = await self._looks.answer(spec.name)
        if answer is None or is_going(answer):
            message = f"the name {spec.name} is being freed"
            raise EngineError(EngineErrorKind.CANNOT_CREATE, message, retryable=True) from taken
        labels = object_at(object_at(answer, "Config"), "Labels")
        if text_at(labels, OWNER_LABEL) != spec.owner:
            raise taken

    async def _has_image(self, image: str) -> bool:
        path = f"/images/{quote(image, safe='/:@')}/json"

        def look(client: Client) -> Json | None:
            return client.look_at(path)

        return await self._calls.look(look, EngineErrorKind.CANNOT_PULL, "pulled") is not None

    async def _make_pause_image(self) -> None:
        connection = await self._calls.connection()
        architecture = text_at(connection.info, "Architecture")
        archive = pause_archive(architecture)
        if archive is None:
            message = f"there is no pause program for machines of the kind {architecture!r}"
            raise EngineError(EngineErrorKind.CANNOT_PULL, message)
        await self._calls.act(
            lambda client: client.import_image(PAUSE_IMAGE, archive, IMPORT_CHANGES),
            EngineErrorKind.CANNOT_PULL,
            "pulled",
        )

    async def _pull(
        self, image: str, progress: Callable[[PullProgress], None], login: RegistryLogin | None
    ) -> None:
        """Pull, telling how far it is some ten times a second; cancelling ends the pull."""
        meter, parameters = PullMeter(image), pull_parameters(image)
        now = asyncio.get_running_loop().time
        told_at = 0.0
        stream = await self._calls.stream(
            "docker-pull",
            lambda client: client.open_pull(parameters, _PULL_IDLE_SECONDS, login),
            _read_pull,
            _PULL_EVENTS_WAITING,
        )
        try:
            while (events := await stream.batch()) is not None:
                for event in events:
                    meter.take(event)
                if now() - told_at >= _PROGRESS_SECONDS:
                    told_at = now()
                    progress(meter.progress)
        except CLIENT_ERRORS as error:
            raise self._pull_error(error) from error
        finally:
            stream.close()
        if meter.error:
            retryable = may_pass(meter.error)
            raise EngineError(EngineErrorKind.CANNOT_PULL, meter.error, retryable=retryable)
        progress(meter.progress)

    def _pull_error(self, failure: Exception) -> EngineError:
        error = self._calls.error(failure, EngineErrorKind.CANNOT_PULL, "pulled")
        if error.kind is EngineErrorKind.CANNOT_PULL and may_pass(error.message):
            return EngineError(error.kind, error.message, retryable=True)
        return error

    async def _find_group(self, name: ContainerName) -> ContainerName | None:
        """Find where the kernel counts for a container; its name when Docker must be asked."""
        answer = await self._looks.answer(name)
        process_id = 0 if answer is None else process_of(answer)
        if answer is None or process_id == 0:
            return None
        engine_id = text_at(answer, "Id")
        files = None
        if self._calls.endpoint.socket_path:
            files = await self._calls.compute(lambda: group_files(engine_id, process_id))
        if files is None:
            return name
        self._meter.files[name] = files
        return None

    async def _measured(self, names: Collection[ContainerName]) -> dict[ContainerName, Usage]:
        """Read the kernel's files; a second time for those that were not read lately."""
        now = asyncio.get_running_loop().time
        known = [name for name in names if name in self._meter.files]
        for _ in range(2):
            readings = await self._calls.compute(lambda: self._meter.read(known, now()))
            self._meter.take(readings)
            self._meter.forget(set(known) - set(readings))
            if all(self._meter.usage_of(name) is not None for name in readings):
                break
            await self._calls.nap(SHORTEST_SECONDS)
        found = ((name, self._meter.usage_of(name)) for name in known)
        return {name: usage for name, usage in found if usage is not None}

    async def _statistics(self, name: ContainerName) -> tuple[ContainerName, Usage | None]:
        answer = await self.statistics(name)
        return name, None if answer is None else usage_of_stats(answer)

    async def statistics(self, name: ContainerName) -> Json | None:
        """Docker's own statistics of a container, which take a second; None: there is none."""
        path = f"/containers/{quote(name, safe='')}/stats"
        async with self._stats:
            return await self._calls.wait(
                lambda client: client.look_at(path, stream="0"),
                EngineErrorKind.CANNOT_INSPECT,
                "measuring",
            )


def engine_info(answer: Json, endpoint: Endpoint) -> EngineInfo:
    """What `GET /info` says, as far as ecstui wants to know."""
    version, system = text_at(answer, "ServerVersion"), text_at(answer, "OperatingSystem")
    is_podman = "BuildahVersion" in answer or endpoint.is_podman
    is_here = bool(endpoint.socket_path) and sys.platform == "linux"
    return EngineInfo(
        kind="docker",
        version=f"Podman {version}" if is_podman else version,
        endpoint=endpoint.address,
        cpu_count=_count(answer, "NCPU"),
        memory_bytes=_count(answer, "MemTotal"),
        operating_system=text_at(answer, "OSType") or "linux",
        architecture=text_at(answer, "Architecture") or "x86_64",
        # Docker Desktop's engine has a loopback of its own, in a virtual machine.
        publishes_on_loopback=is_here and "Docker Desktop" not in system,
    )


def _count(answer: Json, name: str) -> int:
    value = answer.get(name)
    return value if isinstance(value, int) else 0


def _most_nano_cpus(info: Json) -> int | None:
    """The highest CPU ceiling that the engine takes; None when it does not say."""
    if info.get("CpuCfsQuota") is False:
        return 0
    return _count(info, "NCPU") * _NANO_CPUS or None


def _unless(
    statuses: tuple[int, ...], work: Callable[[Client], object]
) -> Callable[[Client], None]:
    """The same call, for which these answers are success too."""

    def call(client: Client) -> None:
        try:
            work(client)
        except CLIENT_ERRORS as error:
            if status_of(error) not in statuses:
                raise

    return call


def _read_pull(response: Response) -> Iterator[Sequence[Json]]:
    for event in json_objects(chunks(response)):
        yield [event]
