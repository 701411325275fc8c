"""Readers of a compose service's members, and words for those that ECS has nothing for. Pure."""

import posixpath
import re
from collections.abc import Mapping, Sequence

from ecstui.plan.compose_service import (
    Reader,
    Service,
    env_file,
    environment,
    flag_as,
    memory_as,
    pairs_of,
    text_as,
    texts_as,
    texts_of,
    words_as,
)
from ecstui.plan.compose_values import Port, cpu_units, mebibytes, ports_of, seconds
from ecstui.plan.json_text import Json

_MODES = ("bridge", "host", "none")
_CONDITIONS = {
    "service_started": "START",
    "service_healthy": "HEALTHY",
    "service_completed_successfully": "SUCCESS",
}
_HEALTH = {"interval": (5, 300), "timeout": (2, 60), "start_period": (0, 300)}
_TMPFS_MIB = 64


# -- ports and names -------------------------------------------------------------------------------


def _ports(service: Service, member: str, value: Json) -> None:
    for index, item in enumerate(value if isinstance(value, list) else [value]):
        path = (member, index)
        if isinstance(item, dict):
            found = _long_port(service, path, item)
        elif isinstance(item, str | int) and not isinstance(item, bool):
            found = ports_of(str(item))
        else:
            found = None
        if found is None:
            service.notes.tell(path, "this port is not understood: left out")
            continue
        for port in found:
            _put_port(service, path, port)


def _put_port(service: Service, path: tuple[str | int, ...], port: Port) -> None:
    if port.protocol not in ("tcp", "udp"):
        service.notes.tell(path, f"{port.protocol} is not published by ECS: left out")
        return
    if port.ip not in ("", "0.0.0.0"):
        service.notes.tell(path, f"published on the instance's address, not on {port.ip}")
    mapping: dict[str, Json] = {"containerPort": port.inner}
    if port.host:
        mapping["hostPort"] = port.host
    if port.protocol != "tcp":
        mapping["protocol"] = port.protocol
    service.add("portMappings", mapping)


def _long_port(
    service: Service, path: tuple[str | int, ...], item: Mapping[str, Json]
) -> Sequence[Port] | None:
    for name in item:
        if name not in ("target", "published", "protocol", "host_ip"):
            service.notes.tell((*path, name), "not carried over")
    texts = [item.get(name) for name in ("host_ip", "published", "target", "protocol")]
    if any(isinstance(text, bool | float | list | dict) for text in texts) or texts[2] is None:
        return None
    ip, published, target, protocol = ("" if text is None else str(text) for text in texts)
    front = f"{published}:" if published else ""
    address = f"{ip}:" if ip and front else ""
    return ports_of(f"{address}{front}{target}/{protocol or 'tcp'}")


def _depends_on(service: Service, member: str, value: Json) -> None:
    if isinstance(value, dict):
        waits = {
            name: options if isinstance(options, dict) else {} for name, options in value.items()
        }
    else:
        texts = texts_of(value)
        if texts is None:
            service.refuse(member)
            return
        waits = {name: {} for name in texts}
    for name, options in waits.items():
        target = service.task.names.get(name)
        if target is None or target == service.name:
            service.notes.tell((member, name), "there is no such other service: left out")
            continue
        condition = options.get("condition", "service_started")
        known = _CONDITIONS.get(condition) if isinstance(condition, str) else None
        if known is None:
            service.notes.tell((member, name), "this condition is not known: START stands for it")
        for other in options:
            if other != "condition":
                service.notes.tell((member, name, other), "not carried over")
        if known == "SUCCESS":
            service.task.run_once.add(target)
        service.add("dependsOn", {"containerName": target, "condition": known or "START"})
        _link(service, member, target)


def _link(service: Service, member: str, target: str) -> None:
    """Compose makes names known by itself; bridge mode needs links for that."""
    mode = service.members.get("network_mode")
    if mode not in (None, "bridge") or service.task.network_mode in ("host", "none"):
        return
    service.add("links", target)
    service.notes.tell((member,), f"a link makes the name {target} known, as in Compose")


def _links(service: Service, member: str, value: Json) -> None:
    for text in texts_of(value) or ():
        name, _, alias = text.partition(":")
        target = service.task.names.get(name)
        if target is None:
            service.notes.tell((member,), f"there is no service {name}: left out")
        else:
            service.add("links", f"{target}:{alias}" if alias and alias != target else target)


def _network_mode(service: Service, member: str, value: Json) -> None:
    if value not in _MODES:
        service.refuse(member, "only bridge, host and none are modes of a task: left out")
        return
    if service.task.network_mode not in ("", value):
        words = f"a task has one mode: {service.task.network_mode} of another service holds"
        service.notes.tell((member,), words)
        return
    service.task.network_mode = str(value)


def _extra_hosts(service: Service, member: str, value: Json) -> None:
    pairs: list[tuple[str, Json]] = []
    if isinstance(value, dict):
        pairs += value.items()
    else:
        for text in texts_of(value) or ():
            found = re.fullmatch(r"([^:=]+)[:=](.+)", text)
            if found is None:
                service.refuse(member)
            else:
                pairs.append((found[1], found[2]))
    for name, address in pairs:
        if not isinstance(address, str) or address == "host-gateway":
            service.notes.tell((member,), f"{name}: only a plain address is carried over")
        else:
            service.add("extraHosts", {"hostname": name, "ipAddress": address.strip("[]")})


# -- volumes ---------------------------------------------------------------------------------------


def _volumes(service: Service, member: str, value: Json) -> None:
    if not isinstance(value, list):
        service.refuse(member)
        return
    for index, item in enumerate(value):
        path = (member, index)
        if isinstance(item, str):
            _short_volume(service, path, item)
        elif isinstance(item, dict):
            _long_volume(service, path, item)
        else:
            service.notes.tell(path, "this volume is not understood: left out")


def _short_volume(service: Service, path: tuple[str | int, ...], text: str) -> None:
    parts = text.split(":")
    if len(parts) == 1:
        _mount(service, path, "", parts[0], is_read_only=False)
        return
    if len(parts) > 3 or not parts[0] or not parts[1]:
        service.notes.tell(path, "this volume is not understood: left out")
        return
    options = parts[2].split(",") if len(parts) == 3 else []
    for option in options:
        if option not in ("ro", "rw"):
            service.notes.tell(path, f"option {option} is not carried over")
    _mount(service, path, parts[0], parts[1], is_read_only="ro" in options)


def _long_volume(service: Service, path: tuple[str | int, ...], item: Mapping[str, Json]) -> None:
    kind, source, target = (item.get(name) for name in ("type", "source", "target"))
    for name in item:
        if name not in ("type", "source", "target", "read_only"):
            service.notes.tell((*path, name), "not carried over")
    if kind == "tmpfs" and isinstance(target, str):
        _put_tmpfs(service, path, target, [])
    elif kind in ("volume", "bind", None) and isinstance(target, str):
        if source is not None and not isinstance(source, str):
            service.notes.tell(path, "this volume is not understood: left out")
            return
        is_read_only = item.get("read_only") is True
        _mount(service, path, source or "", target, is_read_only=is_read_only)
    else:
        service.notes.tell(path, "this kind of volume is not carried over")


def _mount(
    service: Service, path: tuple[str | int, ...], source: str, target: str, *, is_read_only: bool
) -> None:
    task = service.task
    if source.startswith(("/", ".", "~")):
        name = _host_volume(service, path, source)
    elif source:
        name = task.named_volumes.setdefault(source, _name_of(source))
    else:
        name = _name_of(f"{service.name}/{target.lstrip('/')}")
        task.host_volumes.append({"name": name})
    mount: dict[str, Json] = {"sourceVolume": name, "containerPath": target}
    if is_read_only:
        mount["readOnly"] = True
    service.add("mountPoints", mount)


def _host_volume(service: Service, path: tuple[str | int, ...], source: str) -> str:
    task = service.task
    where = source
    if source.startswith("~"):
        service.notes.tell(path, "a path of the host must be whole: say what ~ is")
    elif source.startswith("."):
        where = posixpath.normpath(posixpath.join(task.folder, source))
        words = f"{source} is {where}" if task.folder else "the path is beside an unknown folder"
        service.notes.tell(path, words)
    for volume in task.host_volumes:
        assert isinstance(volume, dict)
        if volume.get("host") == {"sourcePath": where}:
            return str(volume["name"])
    taken = {v["name"] for v in task.host_volumes if isinstance(v, dict)}
    name = _name_of(where)
    while name in taken:
        name += "-2"
    task.host_volumes.append({"name": name, "host": {"sourcePath": where}})
    return name


def _name_of(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")[:200] or "volume"


def _tmpfs(service: Service, member: str, value: Json) -> None:
    texts = texts_of(value)
    if texts is None:
        service.refuse(member)
        return
    for text in texts:
        where, _, options = text.partition(":")
        _put_tmpfs(service, (member,), where, options.split(",") if options else [])


def _put_tmpfs(
    service: Service, path: tuple[str | int, ...], where: str, options: Sequence[str]
) -> None:
    sizes = [mebibytes(one.removeprefix("size=")) for one in options if one.startswith("size=")]
    size = next((size for size in sizes if size), None)
    if size is None:
        service.notes.tell(path, f"ECS wants a size: {_TMPFS_MIB} MiB are given")
    found: dict[str, Json] = {"containerPath": where, "size": size or _TMPFS_MIB}
    others: list[Json] = [one for one in options if one and not one.startswith("size=")]
    if others:
        found["mountOptions"] = others
    listed = service.linux().setdefault("tmpfs", [])
    assert isinstance(listed, list)
    listed.append(found)


# -- life ------------------------------------------------------------------------------------------


def _healthcheck(service: Service, member: str, value: Json) -> None:
    if not isinstance(value, dict):
        service.refuse(member)
        return
    test = value.get("test")
    if value.get("disable") is True or test in ("NONE", ["NONE"]):
        service.refuse(member, "switched off: the image's own check is not asked either")
        return
    texts = texts_of(test) if test is not None else None
    if not texts or (
        isinstance(test, list) and (len(texts) < 2 or texts[0] not in ("CMD", "CMD-SHELL"))
    ):
        service.refuse(member, "its test is not understood: left out")
        return
    check: dict[str, Json] = {
        "command": [*texts] if isinstance(test, list) else ["CMD-SHELL", *texts]
    }
    for name, bounds in _HEALTH.items():
        if value.get(name) is not None:
            check |= _bounded(service, name, seconds(value[name]), bounds)
    if value.get("retries") is not None:
        retries = value["retries"]
        whole = retries if isinstance(retries, int) and not isinstance(retries, bool) else None
        check |= _bounded(service, "retries", whole, (1, 10))
    for name in value:
        if name not in ("test", "retries", "disable", *_HEALTH):
            service.notes.tell((member, name), "not carried over")
    service.container["healthCheck"] = check


def _bounded(
    service: Service, name: str, value: int | None, bounds: tuple[int, int]
) -> dict[str, Json]:
    """A number of a health check within ECS's bounds, by its name there."""
    path, (low, high) = ("healthcheck", name), bounds
    if value is None:
        service.notes.tell(path, "this value is not understood: left out")
        return {}
    kept = min(high, max(low, value))
    if kept != value:
        service.notes.tell(path, f"ECS takes {low} to {high}: {value} became {kept}")
    return {"startPeriod" if name == "start_period" else name: kept}


def _restart(service: Service, member: str, value: Json) -> None:
    word, _, most = str(value).partition(":")
    if value is False or word == "no":
        return
    if word not in ("always", "unless-stopped", "on-failure"):
        service.refuse(member)
        return
    policy: dict[str, Json] = {"enabled": True}
    if word == "on-failure":
        policy["ignoredExitCodes"] = [0]
    if most:
        service.notes.tell((member,), f"at most {most} restarts: ECS does not count them")
    service.container["restartPolicy"] = policy


def _stop_grace(service: Service, member: str, value: Json) -> None:
    given = seconds(value)
    if given is None:
        service.refuse(member)
    else:
        service.container["stopTimeout"] = given


def _logging(service: Service, member: str, value: Json) -> None:
    if not isinstance(value, dict):
        service.refuse(member)
        return
    driver = value.get("driver") or "json-file"
    options = pairs_of(value["options"]) if value.get("options") is not None else {}
    if not isinstance(driver, str) or options is None:
        service.refuse(member)
        return
    found: dict[str, Json] = {"logDriver": driver}
    if options:
        found["options"] = {name: text or "" for name, text in options.items()}
    service.container["logConfiguration"] = found


def _deploy(service: Service, member: str, value: Json) -> None:
    if not isinstance(value, dict):
        service.refuse(member)
        return
    for name, given in value.items():
        if name == "resources" and isinstance(given, dict):
            _resources(service, given)
        elif name == "replicas":
            words = f"a service's desiredCount says how many: {given}"
            service.notes.tell((member, name), words)
        elif name == "restart_policy" and isinstance(given, dict):
            condition = given.get("condition", "any")
            word = {"any": "always", "none": "no"}.get(str(condition), str(condition))
            _restart(service, member, word)
            if set(given) - {"condition"}:
                service.notes.tell((member, name), "only its condition is carried over")
        else:
            service.notes.tell((member, name), "not carried over: a service of ECS says this")


def _resources(service: Service, resources: Mapping[str, Json]) -> None:
    for name, to in (("limits", "memory"), ("reservations", "memoryReservation")):
        part = resources.get(name)
        for member, given in part.items() if isinstance(part, dict) else ():
            path = ("deploy", "resources", name, member)
            if member == "memory":
                memory_as(to)(service, "deploy", given)
            elif member == "cpus":
                _cpus(service, "deploy", given)
                if name == "limits":
                    service.notes.tell(path, "cpu is a share here, and what placement counts")
            else:
                service.notes.tell(path, "not carried over")


def _cpus(service: Service, member: str, value: Json) -> None:
    units = cpu_units(value)
    if units is None:
        service.refuse(member)
    else:
        service.container["cpu"] = units


def _cpu_shares(service: Service, member: str, value: Json) -> None:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        service.container["cpu"] = value
    else:
        service.refuse(member)


# -- the machine -----------------------------------------------------------------------------------


def _ulimits(service: Service, member: str, value: Json) -> None:
    for name, given in value.items() if isinstance(value, dict) else ():
        both = [given.get("soft"), given.get("hard")] if isinstance(given, dict) else [given] * 2
        if any(isinstance(one, bool) or not isinstance(one, int) for one in both):
            service.notes.tell((member, name), "this value is not understood: left out")
            continue
        service.add("ulimits", {"name": name, "softLimit": both[0], "hardLimit": both[1]})
    if not isinstance(value, dict):
        service.refuse(member)


def _capabilities(service: Service, member: str, value: Json) -> None:
    texts = texts_of(value)
    if texts is None:
        service.refuse(member)
        return
    names: list[Json] = [text.upper().removeprefix("CAP_") for text in texts]
    found = service.linux().setdefault("capabilities", {})
    assert isinstance(found, dict)
    found[member.removeprefix("cap_")] = names


def _labels(service: Service, member: str, value: Json) -> None:
    pairs = pairs_of(value)
    if pairs is None:
        service.refuse(member)
    elif pairs:
        service.container["dockerLabels"] = {name: text or "" for name, text in pairs.items()}


def _sysctls(service: Service, member: str, value: Json) -> None:
    pairs = pairs_of(value)
    if pairs is None:
        service.refuse(member)
        return
    for name, text in pairs.items():
        service.add("systemControls", {"namespace": name, "value": text or ""})


def _init(service: Service, member: str, value: Json) -> None:
    if not isinstance(value, bool):
        service.refuse(member)
    elif value:
        service.linux()["initProcessEnabled"] = True


def _shm_size(service: Service, member: str, value: Json) -> None:
    size = mebibytes(value)
    if size is None:
        service.refuse(member)
    else:
        service.linux()["sharedMemorySize"] = size


def _devices(service: Service, member: str, value: Json) -> None:
    listed = service.linux().setdefault("devices", [])
    assert isinstance(listed, list)
    for text in texts_of(value) or ():
        host, _, rest = text.partition(":")
        inside, _, letters = rest.partition(":")
        device: dict[str, Json] = {"hostPath": host}
        if inside:
            device["containerPath"] = inside
        words = {"r": "read", "w": "write", "m": "mknod"}
        if letters:
            device["permissions"] = [words[one] for one in letters if one in words]
        listed.append(device)
    if not listed:
        service.refuse(member)
        del service.linux()["devices"]


def _of_task(member_to: str) -> Reader:
    """`pid: host` and `ipc: host` hold for the whole task."""

    def read(service: Service, member: str, value: Json) -> None:
        if value != "host":
            service.refuse(member, "only host is carried over")
            return
        service.task.members[member_to] = "host"
        if len(service.task.names) > 1:
            service.notes.tell((member,), "holds for all containers of the task")

    return read


READERS: Mapping[str, Reader] = {
    "cpus": _cpus, "cpu_shares": _cpu_shares,
    "mem_limit": memory_as("memory"), "mem_reservation": memory_as("memoryReservation"),
    "deploy": _deploy,
    "entrypoint": words_as("entryPoint"), "command": words_as("command"),
    "env_file": env_file, "environment": environment,
    "network_mode": _network_mode, "ports": _ports,
    "depends_on": _depends_on, "links": _links, "extra_hosts": _extra_hosts,
    "dns": texts_as("dnsServers"), "dns_search": texts_as("dnsSearchDomains"),
    "hostname": text_as("hostname"),
    "volumes": _volumes, "tmpfs": _tmpfs, "read_only": flag_as("readonlyRootFilesystem"),
    "healthcheck": _healthcheck, "restart": _restart, "stop_grace_period": _stop_grace,
    "logging": _logging, "labels": _labels,
    "user": text_as("user"), "working_dir": text_as("workingDirectory"),
    "stdin_open": flag_as("interactive"), "tty": flag_as("pseudoTerminal"),
    "privileged": flag_as("privileged"), "security_opt": texts_as("dockerSecurityOptions"),
    "ulimits": _ulimits, "cap_add": _capabilities, "cap_drop": _capabilities,
    "sysctls": _sysctls, "init": _init, "shm_size": _shm_size, "devices": _devices,
    "pid": _of_task("pidMode"), "ipc": _of_task("ipcMode"),
}  # fmt: skip
"""In the order in which they are read: what env files say, `environment` may say better."""

WORDS: Mapping[str, str] = {
    "container_name": "ECS names containers by task and container",
    "networks": "a task has one network: links make names known",
    "expose": "containers reach each other on every port: nothing to say",
    "profiles": "every service becomes a container: take out what is not wanted",
    "scale": "a service's desiredCount says how many",
    "platform": "say runtimePlatform of the task",
    "pull_policy": "the engine's setting holds",
    "stop_signal": "the image's own signal is sent",
    "configs": "configs are not handed out: put the file into the image, or mount a host path",
    "secrets": "secrets come from Secrets Manager or Parameter Store: use `secrets`",
    "extends": "other services are not read in: write out what it takes over",
    "develop": "nothing is watched here",
    "userns_mode": "the engine's setting holds",
    "cgroup_parent": "ECS sets it",
    "group_add": "ECS has no such member",
    "oom_score_adj": "ECS has no such member",
    "oom_kill_disable": "ECS has no such member",
    "memswap_limit": "say linuxParameters.maxSwap",
    "mem_swappiness": "say linuxParameters.swappiness",
    "cpuset": "ECS has no such member",
    "pids_limit": "ECS has no such member",
    "gpus": "say resourceRequirements",
    "volumes_from": "say volumesFrom",
    "annotations": "ECS has no such member",
}
"""Why a member is not carried over."""
