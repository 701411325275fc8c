"""From a `ContainerSpec` to the body of Docker's create call, and from image names to pull calls.

Pure: what the caller gives is written down as Docker wants it, nothing is decided here but what
Docker needs and a spec leaves open (log rotation, no health check of the image's own).
"""

from collections.abc import Mapping
from typing import Any

from ecstui.plan.spec import ContainerSpec, HealthProbe, Mount
from ecstui.plan.translate import OWNER_LABEL

ROTATING_DRIVER = "json-file"
ROTATION = {"max-size": "10m", "max-file": "2"}
"""Logs of one container take at most 20 MB of disk unless its definition says otherwise."""

_NANOSECONDS = 1_000_000_000

Body = dict[str, Any]


def create_body(spec: ContainerSpec, most_nano_cpus: int | None = None) -> Body:
    """Body of `POST /containers/create` (ecs.md 2.10).

    `most_nano_cpus`: what the engine has; it refuses a higher ceiling, which would be none anyway.
    0 is an engine that knows no ceilings.
    """
    body: Body = {
        "Image": spec.image,
        "Env": [f"{name}={value}" for name, value in spec.environment],
        "Labels": {**spec.labels, OWNER_LABEL: spec.owner},
        "ExposedPorts": {port: {} for port in _exposed(spec)},
        "Healthcheck": _health_check(spec.health),
        "StopTimeout": spec.stop_timeout_seconds,
        "OpenStdin": spec.has_stdin,
        "Tty": spec.has_tty,
        "NetworkDisabled": spec.is_network_disabled,
        "HostConfig": _host(spec) | _resources(spec, most_nano_cpus),
    }
    optional = {
        "Cmd": list(spec.command),
        "Entrypoint": list(spec.entry_point),
        "Hostname": spec.hostname,
        "User": spec.user,
        "WorkingDir": spec.working_directory,
    }
    return body | {name: value for name, value in optional.items() if value}


def _exposed(spec: ContainerSpec) -> list[str]:
    published = ((port.container_port, port.protocol) for port in spec.ports)
    return [f"{port}/{protocol}" for port, protocol in (*spec.exposed_ports, *published)]


def _health_check(probe: HealthProbe | None) -> Body:
    """The check; none of the spec's means that the image's own must not run (ecs.md 3.7)."""
    if probe is None or probe.test in ((), ("NONE",)):
        return {"Test": ["NONE"]}
    return {
        "Test": list(probe.test),
        "Interval": _nanoseconds(probe.interval_seconds),
        "Timeout": _nanoseconds(probe.timeout_seconds),
        "Retries": probe.retries,
        "StartPeriod": _nanoseconds(probe.start_period_seconds),
    }


def _nanoseconds(seconds: float) -> int:
    return round(seconds * _NANOSECONDS)


def _host(spec: ContainerSpec) -> Body:
    """The part of HostConfig that is not about limits."""
    binds, mounts = _volumes(spec.mounts)
    return {
        "NetworkMode": spec.network_mode,
        "PortBindings": _bindings(spec),
        "Links": [f"{container}:{alias}" for container, alias in spec.links],
        "VolumesFrom": [f"{name}:ro" if ro else name for name, ro in spec.volumes_from],
        "Binds": binds,
        "Mounts": mounts,
        "Privileged": spec.is_privileged,
        "ReadonlyRootfs": spec.is_root_read_only,
        "Init": spec.has_init,
        "Dns": list(spec.dns),
        "DnsSearch": list(spec.dns_search),
        "ExtraHosts": [f"{host}:{address}" for host, address in spec.extra_hosts],
        "SecurityOpt": list(spec.security_options),
        "CapAdd": list(spec.capabilities_added),
        "CapDrop": list(spec.capabilities_dropped),
        "PidMode": spec.pid_mode or "",
        "IpcMode": spec.ipc_mode or "",
        "Sysctls": dict(spec.sysctls),
        "Tmpfs": dict(spec.tmpfs),
        "LogConfig": _logging(spec.log_driver, spec.log_options),
        # A container that ends is the planner's business (ecs.md 3.8).
        "RestartPolicy": {"Name": "no"},
    }


def _resources(spec: ContainerSpec, most_nano_cpus: int | None) -> Body:
    """The part of HostConfig that limits what a container may use."""
    has_most = most_nano_cpus is not None and most_nano_cpus < spec.nano_cpus
    resources: Body = {
        "CpuShares": spec.cpu_shares,
        "NanoCpus": most_nano_cpus if has_most else spec.nano_cpus,
        "Memory": spec.memory_bytes,
        "MemoryReservation": spec.memory_reservation_bytes,
        "Devices": [
            {
                "PathOnHost": device.host_path,
                "PathInContainer": device.container_path,
                "CgroupPermissions": device.permissions,
            }
            for device in spec.devices
        ],
        "Ulimits": [{"Name": u.name, "Soft": u.soft, "Hard": u.hard} for u in spec.ulimits],
    }
    if spec.memory_swap_bytes is not None:
        resources["MemorySwap"] = spec.memory_swap_bytes
    if spec.swappiness is not None:
        resources["MemorySwappiness"] = spec.swappiness
    if spec.shared_memory_bytes:
        resources["ShmSize"] = spec.shared_memory_bytes
    if spec.cgroup_parent:
        resources["CgroupParent"] = spec.cgroup_parent
    if spec.gpu_count:
        gpus = {"Driver": "", "Count": spec.gpu_count, "Capabilities": [["gpu"]]}
        resources["DeviceRequests"] = [gpus]
    return resources


def _bindings(spec: ContainerSpec) -> Body:
    """Published ports; an empty host port lets Docker choose one."""
    bindings: Body = {}
    for port in spec.ports:
        host_port = "" if port.host_port is None else str(port.host_port)
        place = {"HostIp": port.host_ip, "HostPort": host_port}
        bindings.setdefault(f"{port.container_port}/{port.protocol}", []).append(place)
    return bindings


def _volumes(mounts: tuple[Mount, ...]) -> tuple[list[str], list[Body]]:
    """Binds, which make a folder of the host that is missing, and what cannot be written as one."""
    binds, others = [], []
    for mount in mounts:
        if mount.volume is not None or ":" in mount.source + mount.target:
            others.append(_mount(mount))
        else:
            binds.append(f"{mount.source}:{mount.target}" + (":ro" if mount.read_only else ""))
    return binds, others


def _mount(mount: Mount) -> Body:
    body: Body = {
        "Type": "bind" if mount.source.startswith("/") else "volume",
        "Source": mount.source,
        "Target": mount.target,
        "ReadOnly": mount.read_only,
    }
    if mount.volume is not None:
        driver = {"Name": mount.volume.driver, "Options": dict(mount.volume.options)}
        body["VolumeOptions"] = {"DriverConfig": driver, "Labels": dict(mount.volume.labels)}
    return body


def _logging(driver: str | None, options: Mapping[str, str]) -> Body:
    if driver in (None, ROTATING_DRIVER):
        return {"Type": ROTATING_DRIVER, "Config": {**ROTATION, **options}}
    return {"Type": driver, "Config": dict(options)}


def pull_parameters(image: str) -> dict[str, str]:
    """Parameters of `POST /images/create` for a name, a name with a tag or one with a digest."""
    name, at, digest = image.partition("@")
    if at:
        return {"fromImage": name, "tag": digest}
    repository, colon, tag = image.rpartition(":")
    if not colon or "/" in tag:  # what follows the colon is a port and a path
        return {"fromImage": image, "tag": "latest"}
    return {"fromImage": repository, "tag": tag}
