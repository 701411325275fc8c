"""How simulated containers behave: by image, and by what their environment says otherwise.

Only data and small sums: nothing here waits, remembers or draws lots.
"""

import contextlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from ecstui.engine.shell_programs import BUSYBOX
from ecstui.plan.translate import PAUSE_IMAGE

MIB = 1024 * 1024
_PREFIX = "ECSTUI_SIM_"
_NEVER = "never"
_FITS_RATIO = 0.6


class LogKind(StrEnum):
    """What the lines of a container's log look like."""

    QUIET = "quiet"
    WEB = "web"
    API = "api"
    WORKER = "worker"
    DATABASE = "database"
    CACHE = "cache"
    CRASH = "crash"


@dataclass(frozen=True, slots=True)
class LoadCurve:
    """Something that rises and falls with wall time around its mean, the same for everyone."""

    mean: float = 1.0
    swing_ratio: float = 0.0
    """0: always the mean; 1: between nothing and twice the mean."""
    period_seconds: float = 600.0

    def at(self, wall: float) -> float:
        """Value at a POSIX time; never negative."""
        turn = 2 * math.pi * wall / self.period_seconds
        wave = 0.8 * math.sin(turn) + 0.2 * math.sin(7 * turn)
        return max(0.0, self.mean * (1 + self.swing_ratio * wave))


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What the containers of an image do; None stands for never."""

    command: tuple[str, ...] = ("serve",)
    """What runs when a container names no command."""
    programs: frozenset[str] | None = None
    """Programs that the image has; None: any that is asked for."""
    pull_seconds: float = 2.0
    image_bytes: int = 50 * MIB
    create_seconds: float = 0.05
    start_seconds: float = 0.2
    exits_after_seconds: float | None = None
    exits_jitter_ratio: float = 0.0
    """Share of `exits_after_seconds` by which each run's end is drawn earlier or later."""
    exit_code: int = 0
    out_of_memory_after_seconds: float | None = None
    stops_after_seconds: float | None = 0.1
    """From the stop signal to the exit; None: the signal is ignored."""
    stop_exit_code: int = 0
    stop_signal: str = "TERM"
    healthy_after_seconds: float | None = 1.0
    flaps_every_seconds: float | None = None
    """Well and unwell in turns of this length."""
    log: LogKind = LogKind.QUIET
    lines_per_second: LoadCurve = LoadCurve(0.0)
    idle_cpu_units: float = 1.0
    cpu_units: LoadCurve = LoadCurve(0.0)
    """On top of the idle ones."""
    memory_bytes: int = 8 * MIB
    memory_growth_bytes_per_second: float = 0.0
    """A leak: with a memory limit it ends in a kill for want of memory."""

    def is_well(self, uptime_seconds: float) -> bool:
        """Whether a health check that asks the server would pass."""
        if self.healthy_after_seconds is None or uptime_seconds < self.healthy_after_seconds:
            return False
        if self.flaps_every_seconds is None:
            return True
        since_well = uptime_seconds - self.healthy_after_seconds
        return int(since_well / self.flaps_every_seconds) % 2 == 0

    def resident_bytes(self, memory_limit_bytes: int) -> float:
        """Memory of a server once it is warm: servers are set up to fit below their limit."""
        return min(self.memory_bytes, _FITS_RATIO * (memory_limit_bytes or math.inf))

    def settles_after(self) -> float | None:
        """Uptime from which on `is_well` stays the same; None: it never does."""
        if self.flaps_every_seconds is not None:
            return None
        return self.healthy_after_seconds or 0.0


def adjusted(behaviour: Behaviour, environment: Mapping[str, str]) -> Behaviour:
    """The behaviour with what the ECSTUI_SIM_ variables of a container change in it.

    EXIT_AFTER, OUT_OF_MEMORY_AFTER, STOP_AFTER, HEALTHY_AFTER, FLAP_EVERY in seconds, or `never`;
    EXIT_CODE, STOP_CODE, START_SECONDS, LOG (a LogKind), LINES_PER_SECOND, CPU_UNITS, MEMORY_MIB.
    What cannot be read is left out.
    """
    changes: dict[str, object] = {}
    for name, (member, read) in _SETTINGS.items():
        text = environment.get(_PREFIX + name)
        if text is not None:
            with contextlib.suppress(ValueError):
                changes[member] = read(text, getattr(behaviour, member))
    return replace(behaviour, **changes) if changes else behaviour  # type: ignore[arg-type]


def _number(text: str, _: object = None) -> float:
    number = float(text)
    if not math.isfinite(number) or number < 0:
        raise ValueError(text)
    return number


def _seconds_or_never(text: str, _: object) -> float | None:
    return None if text == _NEVER else _number(text)


def _code(text: str, _: object) -> int:
    return int(text) & 255


def _mean(text: str, before: object) -> LoadCurve:
    assert isinstance(before, LoadCurve)
    return replace(before, mean=_number(text))


def _mebibytes(text: str, _: object) -> int:
    return int(_number(text) * MIB)


def _log_kind(text: str, _: object) -> LogKind:
    return LogKind(text)


_SETTINGS: Mapping[str, tuple[str, Callable[[str, object], object]]] = {
    "START_SECONDS": ("start_seconds", _number),
    "EXIT_AFTER": ("exits_after_seconds", _seconds_or_never),
    "EXIT_CODE": ("exit_code", _code),
    "OUT_OF_MEMORY_AFTER": ("out_of_memory_after_seconds", _seconds_or_never),
    "STOP_AFTER": ("stops_after_seconds", _seconds_or_never),
    "STOP_CODE": ("stop_exit_code", _code),
    "HEALTHY_AFTER": ("healthy_after_seconds", _seconds_or_never),
    "FLAP_EVERY": ("flaps_every_seconds", _seconds_or_never),
    "LOG": ("log", _log_kind),
    "LINES_PER_SECOND": ("lines_per_second", _mean),
    "CPU_UNITS": ("cpu_units", _mean),
    "MEMORY_MIB": ("memory_bytes", _mebibytes),
}


_WEB = Behaviour(
    command=("nginx", "-g", "daemon off;"),
    stop_signal="QUIT",
    log=LogKind.WEB,
    lines_per_second=LoadCurve(4.0, 0.6),
    cpu_units=LoadCurve(60.0, 0.6),
    memory_bytes=14 * MIB,
)
_DATABASE = Behaviour(
    command=("postgres",),
    image_bytes=140 * MIB,
    pull_seconds=5.0,
    stops_after_seconds=0.6,
    healthy_after_seconds=2.5,
    log=LogKind.DATABASE,
    lines_per_second=LoadCurve(0.5, 0.4),
    idle_cpu_units=6.0,
    cpu_units=LoadCurve(90.0, 0.4),
    memory_bytes=96 * MIB,
)
_CACHE = Behaviour(
    command=("redis-server",),
    log=LogKind.CACHE,
    lines_per_second=LoadCurve(0.15),
    idle_cpu_units=3.0,
    cpu_units=LoadCurve(25.0, 0.5),
    memory_bytes=18 * MIB,
)
_LANGUAGE = Behaviour(
    command=("python3",),
    image_bytes=45 * MIB,
    # As the first process of a container these ignore signals that they do not handle.
    stops_after_seconds=None,
    log=LogKind.WORKER,
    lines_per_second=LoadCurve(1.0, 0.3),
    cpu_units=LoadCurve(40.0, 0.4),
    memory_bytes=40 * MIB,
)
_BARE = Behaviour(
    command=("sh",),
    programs=BUSYBOX,
    image_bytes=4 * MIB,
    pull_seconds=0.8,
    stops_after_seconds=None,
    memory_bytes=1 * MIB,
)
_SYSTEM = replace(_BARE, programs=None, image_bytes=30 * MIB, pull_seconds=1.5)
_HELLO = replace(_BARE, command=("echo", "Hello from Docker!"), programs=None)
_WORKER = replace(_LANGUAGE, command=("worker",), stops_after_seconds=0.5, stop_exit_code=143)

PUBLIC_IMAGES: Mapping[str, Behaviour] = {
    "nginx": _WEB,
    "nginx/nginx": _WEB,
    "httpd": replace(_WEB, command=("httpd-foreground",), stop_signal="WINCH"),
    "caddy": replace(_WEB, command=("caddy", "run"), stop_signal="TERM"),
    "haproxy": replace(_WEB, command=("haproxy",), stop_signal="USR1"),
    "traefik": replace(_WEB, command=("traefik",), stop_signal="TERM"),
    "kennethreitz/httpbin": replace(_WEB, command=("gunicorn",), stop_signal="TERM"),
    "amazon/amazon-ecs-sample": replace(_WEB, command=("httpd-foreground",)),
    "postgres": replace(_DATABASE, stop_signal="INT"),
    "mysql": replace(_DATABASE, command=("mysqld",)),
    "mariadb": replace(_DATABASE, command=("mariadbd",)),
    "mongo": replace(_DATABASE, command=("mongod",)),
    "rabbitmq": replace(_DATABASE, command=("rabbitmq-server",)),
    "redis": _CACHE,
    "valkey/valkey": replace(_CACHE, command=("valkey-server",)),
    "memcached": replace(_CACHE, command=("memcached",)),
    "python": _LANGUAGE,
    "node": replace(_LANGUAGE, command=("node",)),
    "ruby": replace(_LANGUAGE, command=("irb",)),
    "golang": replace(_SYSTEM, command=("bash",)),
    "busybox": _BARE,
    "alpine": replace(_BARE, command=("/bin/sh",)),
    "debian": replace(_SYSTEM, command=("bash",)),
    "ubuntu": replace(_SYSTEM, command=("/bin/bash",)),
    "amazonlinux": replace(_SYSTEM, command=("/bin/bash",)),
    "hello-world": _HELLO,
    PAUSE_IMAGE.partition(":")[0]: Behaviour(
        command=("/pause",),
        pull_seconds=0.0,
        image_bytes=300,
        stops_after_seconds=0.01,
        idle_cpu_units=0.0,
        memory_bytes=MIB // 4,
    ),
    "demo/web": _WEB,
    "demo/api": replace(
        _WEB,
        command=("api",),
        stop_signal="TERM",
        log=LogKind.API,
        cpu_units=LoadCurve(140.0, 0.6),
        memory_bytes=70 * MIB,
    ),
    "demo/worker": _WORKER,
    "demo/database": _DATABASE,
    "demo/cache": _CACHE,
    "demo/batch": replace(_WORKER, exits_after_seconds=30.0, exits_jitter_ratio=0.5),
    "demo/crash": replace(
        _WORKER,
        log=LogKind.CRASH,
        healthy_after_seconds=None,
        exits_after_seconds=8.0,
        exits_jitter_ratio=0.4,
        exit_code=1,
    ),
    "demo/flaky": replace(_WEB, flaps_every_seconds=45.0),
    "demo/sick": replace(_WEB, healthy_after_seconds=None),
    "demo/slow": replace(_WEB, start_seconds=2.0, healthy_after_seconds=15.0),
    "demo/stubborn": replace(_WORKER, stops_after_seconds=None),
    "demo/leak": replace(
        _WORKER,
        memory_bytes=30 * MIB,
        memory_growth_bytes_per_second=1.5 * MIB,
    ),
}
"""Images that exist in a simulated world, by name without registry and tag."""

ANY_IMAGE: Mapping[str, Behaviour] = {"*": _WEB}
"""A world in which every image exists and runs a server until it is stopped."""


@dataclass(frozen=True, slots=True)
class ImageName:
    """An image reference, taken apart."""

    repository: str
    tag: str
    digest: str
    short: str
    """The repository without the registries that are taken for granted."""


_TAKEN_FOR_GRANTED = ("docker.io/", "public.ecr.aws/docker/", "public.ecr.aws/", "library/")


def parse_image(reference: str) -> ImageName:
    """Take a reference such as `docker.io/library/nginx:1.27@sha256:…` apart."""
    rest, _, digest = reference.partition("@")
    repository, tag = rest, "latest"
    if ":" in rest.rsplit("/", 1)[-1]:
        repository, _, tag = rest.rpartition(":")
    short = repository
    for prefix in _TAKEN_FOR_GRANTED:
        short = short.removeprefix(prefix)
    return ImageName(repository, tag, digest, short)
