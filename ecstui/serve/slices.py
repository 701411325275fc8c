"""How a control plane is set up: from what people set and what the engine says of itself.

Without instances of their own, an engine is cut into slices of equal size over the zones. What an
engine said is remembered, so that a daemon starts while it is down. Decides; starts nothing.
"""

import json
from dataclasses import asdict

from ecstui.base.ids import Namespace
from ecstui.control.log_keeper import LogKeeping
from ecstui.control.setup import InstanceSetup, Setup
from ecstui.control.sources import LocalSources
from ecstui.engine.protocol import EngineInfo
from ecstui.model.engine_link import EngineLink
from ecstui.model.task_definition import Attribute
from ecstui.plan.pace import PACES
from ecstui.serve.state import write_whole
from ecstui.settings import Settings, StatePaths
from ecstui.store.log_store import LogLimits, LogStore

CPU_UNITS = 1024
MEBIBYTE = 1024 * 1024
GIBIBYTE_IN_MIB = 1024


def slices_of(
    info: EngineInfo, engine: str, zones: tuple[str, ...], count: int | None = None
) -> tuple[InstanceSetup, ...]:
    """Container instances of equal size that share one engine.

    Without a count as many as there are zones, but none smaller than 1 vCPU and 1 GiB, and one
    only where ports cannot be published on addresses of their own (architecture B.6).
    """
    memory_mib = info.memory_bytes // MEBIBYTE
    if count is None:
        count = min(len(zones), info.cpu_count, max(memory_mib // GIBIBYTE_IN_MIB, 1))
        count = max(count, 1) if info.publishes_on_loopback else 1
    return tuple(
        InstanceSetup(
            name=f"local-{number + 1}",
            engine=engine,
            zone=zones[number % len(zones)],
            cpu_units=max(info.cpu_count * CPU_UNITS // count, 1),
            memory_mib=max(memory_mib // count, 1),
            ip=f"127.0.{number + 1}.1" if info.publishes_on_loopback else "",
        )
        for number in range(count)
    )


def instances_of(settings: Settings, info: EngineInfo, engine: str) -> tuple[InstanceSetup, ...]:
    """The instances that people set, or else slices of the engine."""
    if settings.instances:
        return tuple(
            InstanceSetup(
                name=wanted.name,
                engine=engine,
                zone=wanted.zone,
                cpu_units=wanted.cpu_units,
                memory_mib=wanted.memory_mib,
                ip=wanted.ip,
                cluster_name=wanted.cluster,
            )
            for wanted in settings.instances
        )
    return slices_of(info, engine, settings.zones, settings.instance_count)


def setup_of(
    settings: Settings, info: EngineInfo, *, engine: str, owner: str, version: str, process_id: int
) -> Setup:
    """All that a plane on one engine is told at its start; `engine` is the engine's name."""
    return Setup(
        owner=owner,
        namespace=Namespace(region=settings.region, account=settings.account),
        pace=PACES[settings.pace],
        instances=instances_of(settings, info, engine),
        rollout_order=settings.rollout_order,
        is_simulation=info.kind == "simulated",
        version=version,
        process_id=process_id,
        endpoints={engine: info.endpoint},
        links=links_of(settings),
        sources=sources_of(settings),
        file_systems=dict(settings.file_systems),
        auto_scaling_groups=settings.auto_scaling_groups,
        is_fargate_limited=settings.fargate_capacity == "host",
        log_keeping=log_keeping_of(settings),
        roles=dict(settings.roles),
    )


def log_keeping_of(settings: Settings) -> LogKeeping | None:
    """Where lines of containers are kept; what is there is not read yet."""
    if settings.logs.keep == "none":
        return None
    limits = LogLimits(
        all_bytes=settings.logs.all_mib * MEBIBYTE, stream_bytes=settings.logs.stream_mib * MEBIBYTE
    )
    store = LogStore(settings.paths.logs, limits)
    return LogKeeping(store, keeps_all=settings.logs.keep == "all")


def sources_of(settings: Settings) -> LocalSources:
    """Where secrets and files of variables are: as people set, else beside config.toml."""
    beside = settings.config_file.parent
    return LocalSources(
        secrets=settings.secrets,
        buckets=settings.buckets,
        secrets_directory=settings.secrets_directory or beside / "secrets",
        buckets_directory=settings.buckets_directory or beside / "s3",
    )


def links_of(settings: Settings) -> tuple[EngineLink, ...]:
    """The other engines that people set."""
    return tuple(
        EngineLink(
            name=wanted.name,
            address=wanted.address,
            ca_file=wanted.ca_file,
            certificate_file=wanted.certificate_file,
            key_file=wanted.key_file,
            zone=wanted.zone,
            cluster_name=wanted.cluster,
            cpu_units=wanted.cpu_units,
            memory_mib=wanted.memory_mib,
            reserved_ports=wanted.reserved_ports,
            attributes=tuple(Attribute(name=n, value=v) for n, v in wanted.attributes.items()),
        )
        for wanted in settings.engines
    )


def remember_engine(paths: StatePaths, info: EngineInfo) -> None:
    """Keep what an engine said of itself."""
    write_whole(paths.engine, json.dumps(asdict(info), indent=2) + "\n")


def remembered_engine(paths: StatePaths, kind: str) -> EngineInfo | None:
    """What an engine of that kind said of itself when it answered last, if it ever did."""
    try:
        info = EngineInfo(**json.loads(paths.engine.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return info if info.kind == kind else None
