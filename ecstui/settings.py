"""What ecstui is told before it starts, and where each value came from.

Three sources, the later wins: `config.toml`, the environment, flags. Reading them decides and
touches nothing: no directory is made here and no file written.
"""

import ipaddress
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from ecstui.base.addresses import address_problem
from ecstui.base.errors import SettingsError
from ecstui.base.ids import ACCOUNT, REGION
from ecstui.base.state_paths import StatePaths
from ecstui.model.enums import RolloutOrder
from ecstui.plan.group_setting import GroupSetting, read_groups
from ecstui.plan.log_setting import PLAIN_LOGS, LogSetting, read_logs
from ecstui.plan.pace import PaceName
from ecstui.plan.role_setting import RoleSetting, expanded, read_roles

__all__ = [
    "EngineSetting",
    "InstanceSetting",
    "Settings",
    "SettingsError",
    "StatePaths",
    "bare_settings",
    "load_settings",
]

T = TypeVar("T")

DEFAULT = "default"
ZONE_LETTERS = ("a", "b", "c")
KIND_WORDS: Mapping[type, str] = {
    str: "a text", bool: "true or false", int: "a whole number", list: "a list", dict: "a table",
}  # fmt: skip
"""What a value must be, for whoever has not written this program."""


@dataclass(frozen=True, slots=True)
class InstanceSetting:
    """A container instance that `[[instances]]` in config.toml asks for."""

    name: str
    zone: str
    cpu_units: int
    memory_mib: int
    ip: str = ""
    """Address for published ports; empty: all addresses of the machine."""
    cluster: str = "default"


@dataclass(frozen=True, slots=True)
class EngineSetting:
    """Another Docker Engine that `[[engines]]` in config.toml or ECSTUI_ENGINES names."""

    name: str
    address: str
    ca_file: str = ""
    """CA certificate, or over ssh a file of known hosts; paths are absolute."""
    certificate_file: str = ""
    key_file: str = ""
    """Key of the certificate, or over ssh the identity."""
    zone: str = ""
    cluster: str = "default"
    cpu_units: int = 0
    """Of its container instance; 0: all that the engine has, and so with `memory_mib`."""
    memory_mib: int = 0
    reserved_ports: tuple[int, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting; `origins` says for each name which source it came from."""

    state_directory: Path
    config_file: Path
    pace: PaceName = PaceName.LOCAL
    rollout_order: RolloutOrder = RolloutOrder.SURGE_FIRST
    region: str = REGION
    account: str = ACCOUNT
    instance_count: int | None = None
    """Slices that the engine is cut into; None: as many as its size allows."""
    instances: tuple[InstanceSetting, ...] = ()
    """Instead of slices of equal size, exactly these."""
    docker_host: str | None = None
    """The engine's endpoint; None: as Docker's own client finds it (context, then its default)."""
    engines: tuple[EngineSetting, ...] = ()
    """Engines besides that one; each becomes a container instance when it answers."""
    port: int | None = None
    """Port of 127.0.0.1 at which AWS's own clients are answered, 0: any free one; None: none."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Name or ARN of a secret to the file with its value."""
    secrets_directory: Path | None = None
    """Folder of files named as their secrets; None: `secrets` beside config.toml."""
    buckets: Mapping[str, str] = field(default_factory=dict)
    """Name of an S3 bucket to the folder that stands for it, for files of variables."""
    buckets_directory: Path | None = None
    """Folder of the other buckets; None: `s3` beside config.toml."""
    file_systems: Mapping[str, str] = field(default_factory=dict)
    """EFS or FSx file system id to the folder of the engine's machine that stands for it."""
    auto_scaling_groups: tuple[GroupSetting, ...] = ()
    """Local Auto Scaling groups behind capacity providers."""
    fargate_capacity: str = "unlimited"
    """`host`: Fargate tasks together have no more CPU and memory than the engine."""
    logs: LogSetting = PLAIN_LOGS
    """Whose lines are kept when the container is gone, and how many."""
    task_metadata: str = "on"
    """Whether containers are told where their task metadata endpoint is: `on` or `off`."""
    roles: Mapping[str, RoleSetting] = field(default_factory=dict)
    """Name or ARN of a task role to where its credentials are."""
    low_bandwidth: bool | None = None
    """Few and small frames for a slow line; None: as `[ui]` says."""
    theme: str | None = None
    """Of the screens, before what `[ui]` says; None: as `[ui]` or the terminal has it."""
    clusters: Mapping[str, str] = field(default_factory=dict)
    """Name of a cluster to the theme while it is shown, from `[clusters.NAME]`."""
    screen: Mapping[str, object] = field(default_factory=dict)
    """The `[ui]` table of config.toml, which the screens read."""
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def paths(self) -> StatePaths:
        """The files of the state directory."""
        return StatePaths(self.state_directory)

    @property
    def zones(self) -> tuple[str, ...]:
        """Availability zones over which slices are spread."""
        return tuple(self.region + letter for letter in ZONE_LETTERS)

    def origin(self, name: str) -> str:
        """Where a setting came from: `default`, a file, `$VARIABLE` or `--flag`."""
        return self.origins.get(name, DEFAULT)


@dataclass(frozen=True, slots=True)
class _Option:
    """One setting with its name in each source; an empty name: not to be set there."""

    name: str
    read: Callable[[object], object]
    variables: tuple[str, ...] = ()
    flag: str = ""
    toml: str = ""


def load_settings(
    environ: Mapping[str, str], flags: Mapping[str, str | None] | None = None
) -> Settings:
    """Put the sources together.

    `flags`: name of a setting to what the command line gave. Raises `SettingsError` naming the
    source, the setting and what it may be.
    """
    config_file = _config_file(environ)
    found: dict[str, object] = {
        "state_directory": default_state_directory(environ),
        "config_file": config_file,
    }
    origins: dict[str, str] = {}
    for source in (
        _from_config(config_file),
        _from_environment(environ),
        _from_flags(flags or {}),
    ):
        for name, (value, origin) in source.items():
            found[name] = value
            origins[name] = origin
    return _completed(Settings(**found, origins=origins))  # type: ignore[arg-type]


def bare_settings(environ: Mapping[str, str], state: str | None) -> Settings:
    """Where things are, for who goes on although the rest cannot be understood."""
    given = (state or environ.get("ECSTUI_STATE") or "").strip()
    try:
        directory = _directory(given)
    except ValueError:  # Nothing was given, or nobody knows where that is.
        directory = default_state_directory(environ)
    return Settings(state_directory=directory, config_file=_config_file(environ))


# -- sources --------------------------------------------------------------------------------------


def _config_file(environ: Mapping[str, str]) -> Path:
    base = environ.get("XDG_CONFIG_HOME") or str(_home(environ) / ".config")
    return Path(base) / "ecstui" / "config.toml"


def default_state_directory(environ: Mapping[str, str]) -> Path:
    """Where the state is unless something else is said."""
    base = environ.get("XDG_STATE_HOME") or str(_home(environ) / ".local" / "state")
    return Path(base) / "ecstui"


def _home(environ: Mapping[str, str]) -> Path:
    try:
        return Path(environ.get("HOME") or Path.home())
    except RuntimeError as error:
        raise SettingsError("this user has no home directory: set HOME.") from error


_Source = dict[str, tuple[object, str]]


def _from_flags(flags: Mapping[str, str | None]) -> _Source:
    given = {name: value for name, value in flags.items() if value is not None}
    options = {option.name: option for option in OPTIONS}
    return {
        name: (_read(options[name], value, options[name].flag), options[name].flag)
        for name, value in given.items()
    }


def _from_environment(environ: Mapping[str, str]) -> _Source:
    found: _Source = {}
    for option in OPTIONS:
        for variable in option.variables:
            value = environ.get(variable)
            if value:
                found[option.name] = (_read(option, value, f"${variable}"), f"${variable}")
                break
    return found


def _from_config(path: Path) -> _Source:
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    try:
        values = _flat(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from error
    by_name = {option.toml: option for option in OPTIONS if option.toml}
    found: _Source = {}
    for key, value in values.items():
        option = by_name.get(key)
        if option is None:
            raise SettingsError(f"{path}: there is no setting {key}; {_there_are(by_name)}.")
        found[option.name] = (_read(option, value, f"{path}: {key}"), str(path))
    return found


_WHOLE_TABLES = ("ui", "clusters", "secrets", "buckets", "file_systems", "roles", "logs")


def _flat(table: Mapping[str, object]) -> dict[str, object]:
    """`[docker] host` as `docker.host`; tables whose names people choose stay whole."""
    found: dict[str, object] = {}
    for key, value in table.items():
        if isinstance(value, dict) and key not in _WHOLE_TABLES:
            found.update({f"{key}.{inner}": v for inner, v in value.items()})
        else:
            found[key] = value
    return found


def _there_are(names: Mapping[str, object]) -> str:
    return f"there are {', '.join(sorted(names))}"


def _read(option: _Option, value: object, where: str) -> object:
    try:
        return option.read(value)
    except ValueError as error:
        raise SettingsError(f"{where}: {error}.") from error


def _completed(settings: Settings) -> Settings:
    """Check what no single value shows, and give a zone to instances that name none."""
    names = [(i.cluster, i.name) for i in settings.instances]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise SettingsError(
            f"{settings.config_file}: two instances of one cluster are named {min(twice)[1]}."
        )
    zones = settings.zones
    placed = tuple(
        instance if instance.zone else replace(instance, zone=zones[number % len(zones)])
        for number, instance in enumerate(settings.instances)
    )
    engines = tuple(
        engine if engine.zone else replace(engine, zone=zones[number % len(zones)])
        for number, engine in enumerate(settings.engines)
    )
    return replace(settings, instances=placed, engines=engines)


# -- values ---------------------------------------------------------------------------------------


def _word_of(words: type[PaceName] | type[RolloutOrder]) -> Callable[[object], object]:
    def read(value: object) -> object:
        try:
            return words(str(value))
        except ValueError:
            allowed = " or ".join(str(word.value) for word in words)
            raise ValueError(f"{value!r} is not one of {allowed}") from None

    return read


def _matching(pattern: str, words: str) -> Callable[[object], object]:
    def read(value: object) -> object:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise ValueError(f"{value!r} is not {words}")
        return value

    return read


def _directory(value: object) -> Path:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a directory must be named")
    return Path(os.path.abspath(expanded(value)))  # noqa: PTH100


def _count(value: object) -> int:
    try:
        count = int(value) if isinstance(value, str | int) and value is not True else 0
    except ValueError:
        count = 0
    if not 1 <= count <= 100:
        raise ValueError(f"{value!r} is not a number of instances (1 to 100)")
    return count


def _port(value: object) -> int:
    try:
        port = int(value) if isinstance(value, str | int) and not isinstance(value, bool) else -1
    except ValueError:
        port = -1
    if not 0 <= port <= 65_535:
        raise ValueError(f"{value!r} is not a port (1 to 65535, or 0 for any that is free)")
    return port


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is not a text")
    return value


def _table(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ValueError("must be a table")
    return value


def _switch(value: object) -> bool:
    if value not in ("0", "1"):
        raise ValueError(f"{value!r} is neither 0 nor 1")
    return value == "1"


def _themes(value: object) -> Mapping[str, str]:
    """`[clusters.prod]` with its theme."""
    found = {}
    for name, entry in _table(value).items():
        if not isinstance(entry, dict) or entry.keys() != {"theme"}:
            raise ValueError(f"{name} must be a table with a theme and nothing else")
        found[name] = str(entry["theme"])
    return found


def _paths(value: object) -> Mapping[str, str]:
    """Names to absolute paths of this machine."""
    if not isinstance(value, dict):
        raise ValueError("must be a table of names and paths")
    for name, path in value.items():
        if not isinstance(path, str) or not expanded(path).is_absolute():
            raise ValueError(f"{name} must be an absolute path or begin with ~")
    return {name: str(_directory(path)) for name, path in value.items()}


def _instances(value: object) -> tuple[InstanceSetting, ...]:
    return _entries("instance", value, _instance)


def _entries(
    what: str, value: object, read: Callable[[int, Mapping[str, object]], T]
) -> tuple[T, ...]:
    """Each table of a list; what is wrong with one is told with its number."""
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise ValueError(f"must be written as [[{what}s]]")
    found = []
    for number, entry in enumerate(value, start=1):
        try:
            found.append(read(number, entry))
        except ValueError as error:
            raise ValueError(f"{what} {number} {error}") from error
    return tuple(found)


def _instance(number: int, entry: Mapping[str, object]) -> InstanceSetting:
    unknown = entry.keys() - {"name", "zone", "cpu_units", "memory_mib", "ip", "cluster"}
    if unknown:
        raise ValueError(f"has no member {min(unknown)}")
    return InstanceSetting(
        name=_member(entry, "name", str, f"local-{number}"),
        zone=_member(entry, "zone", str, ""),
        cpu_units=_at_least(128, entry, "cpu_units"),
        memory_mib=_at_least(4, entry, "memory_mib"),
        ip=_address(_member(entry, "ip", str, "")),
        cluster=_member(entry, "cluster", str, "default"),
    )


_FIRST_ENGINES = ("docker", "simulated")
"""Names of the engine that a daemon has without being told."""


def _engines(value: object) -> tuple[EngineSetting, ...]:
    if isinstance(value, str):
        pairs = (part.strip().partition("=") for part in value.split(","))
        value = [{"name": name, "address": address} for name, _, address in pairs]
    found = _entries("engine", value, _engine)
    names = [engine.name for engine in found]
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}", name) or name in _FIRST_ENGINES:
            raise ValueError(f"{name!r} is not a name for another engine")
        if names.count(name) > 1:
            raise ValueError(f"two engines are named {name}")
    return found


def _engine(_number: int, entry: Mapping[str, object]) -> EngineSetting:
    unknown = entry.keys() - set(EngineSetting.__slots__)
    if unknown:
        raise ValueError(f"has no member {min(unknown)}")
    address = _member(entry, "address", str, "")
    problem = address_problem(address)
    if problem:
        raise ValueError(f"needs an address, but has {address!r}, {problem}")
    files = ("ca_file", "certificate_file", "key_file")
    paths = {name: _path(_member(entry, name, str, "")) for name in files}
    ports = _member(entry, "reserved_ports", list, [])
    if not all(type(port) is int and 1 <= port <= 65535 for port in ports):
        raise ValueError("needs reserved_ports to be numbers between 1 and 65535")
    attributes = _member(entry, "attributes", dict, {})
    if not all(isinstance(value, str) for value in attributes.values()):
        raise ValueError("needs attributes to be texts")
    return EngineSetting(
        name=_member(entry, "name", str, ""),
        address=address,
        **paths,
        zone=_member(entry, "zone", str, ""),
        cluster=_member(entry, "cluster", str, "default"),
        cpu_units=_at_least(128, entry, "cpu_units") if "cpu_units" in entry else 0,
        memory_mib=_at_least(4, entry, "memory_mib") if "memory_mib" in entry else 0,
        reserved_ports=tuple(ports),
        attributes=attributes,
    )


def _path(text: str) -> str:
    return str(_directory(text)) if text.strip() else ""


def _member(entry: Mapping[str, object], name: str, kind: type[T], default: T) -> T:
    value = entry.get(name, default)
    if not isinstance(value, kind):
        raise ValueError(f"needs {name} to be {KIND_WORDS[kind]}")
    return value


def _at_least(least: int, entry: Mapping[str, object], name: str) -> int:
    value = entry.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"needs {name}, a whole number of at least {least}")
    return value


def _address(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text)) if text else ""
    except ValueError:
        raise ValueError(f"needs ip to be an IPv4 address, but has {text!r}") from None


OPTIONS = (
    _Option("state_directory", _directory, ("ECSTUI_STATE",), "--state"),
    _Option("pace", _word_of(PaceName), ("ECSTUI_PACE",), "--pace", "pace"),
    _Option(
        "rollout_order", _word_of(RolloutOrder), ("ECSTUI_ROLLOUT_ORDER",), "", "rollout_order"
    ),
    _Option(
        "region",
        _matching(r"[a-z]{2}(-[a-z]+)+-\d", "a region such as us-east-1"),
        ("ECSTUI_REGION",),
        "",
        "region",
    ),
    _Option(
        "account",
        _matching(r"\d{12}", "an account of 12 digits"),
        ("ECSTUI_ACCOUNT",),
        "",
        "account",
    ),
    _Option("instance_count", _count, ("ECSTUI_INSTANCE_COUNT",), "", "instance_count"),
    _Option("instances", _instances, (), "", "instances"),
    _Option("docker_host", _text, ("ECSTUI_DOCKER_HOST", "DOCKER_HOST"), "", "docker.host"),
    _Option("engines", _engines, ("ECSTUI_ENGINES",), "", "engines"),
    _Option("auto_scaling_groups", read_groups, (), "", "auto_scaling_groups"),
    _Option(
        "fargate_capacity",
        _matching(r"unlimited|host", "unlimited or host"),
        ("ECSTUI_FARGATE_CAPACITY",),
        "",
        "fargate.capacity",
    ),
    _Option("port", _port, ("ECSTUI_PORT",), "--port", "port"),
    _Option("secrets", _paths, (), "", "secrets"),
    _Option("secrets_directory", _directory, ("ECSTUI_SECRETS",), "", "secrets_directory"),
    _Option("buckets", _paths, (), "", "buckets"),
    _Option("buckets_directory", _directory, ("ECSTUI_BUCKETS",), "", "buckets_directory"),
    _Option("file_systems", _paths, (), "", "file_systems"),
    _Option("logs", read_logs, (), "", "logs"),
    _Option(
        "task_metadata",
        _matching(r"on|off", "on or off"),
        ("ECSTUI_TASK_METADATA",),
        "",
        "task_metadata",
    ),
    _Option("roles", read_roles, (), "", "roles"),
    _Option("low_bandwidth", _switch, ("ECSTUI_LOW_BANDWIDTH",), "--low-bandwidth"),
    _Option("theme", _text, ("ECSTUI_THEME",), "--theme"),
    _Option("clusters", _themes, (), "", "clusters"),
    _Option("screen", _table, (), "", "ui"),
)
