"""From what Docker says of a container to an `Observation`; pure.

Whatever is missing from an answer, or has an unknown shape, is left at its default: a look must
never fail because an engine is older, newer or not quite Docker.
"""

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.utils import mktime_tz, parsedate_tz

from ecstui.plan.spec import Observation, Phase, Probe, PublishedPort
from ecstui.plan.translate import OWNER_LABEL

_NANOSECONDS = 1_000_000_000
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:Z|([+-])(\d\d):(\d\d))$"
)
_PHASES = {
    # `configured` and so on are Podman's.
    **dict.fromkeys(("created", "configured", "initialized"), Phase.CREATED),
    # One that is paused, or about to be restarted, still holds its ports and its name.
    **dict.fromkeys(("running", "paused", "restarting", "stopping"), Phase.RUNNING),
    **dict.fromkeys(("exited", "dead", "removing", "stopped"), Phase.EXITED),
}

Json = Mapping[str, object]


def nanoseconds_of(text: str) -> int | None:
    """POSIX nanoseconds of an RFC 3339 time; None for Docker's year 1, which means never."""
    found = _TIME.match(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    if year < 1970:
        return None
    fraction, sign, zone_hours, zone_minutes = found.groups()[6:]
    seconds = calendar.timegm((year, month, day, hour, minute, second))
    if sign:
        offset = int(zone_hours) * 3600 + int(zone_minutes) * 60
        seconds -= offset if sign == "+" else -offset
    return seconds * _NANOSECONDS + int((fraction or "0").ljust(9, "0"))


def seconds_of(text: str) -> float | None:
    """POSIX seconds of an RFC 3339 time, or None."""
    nanoseconds = nanoseconds_of(text)
    return None if nanoseconds is None else nanoseconds / _NANOSECONDS


def http_seconds_of(date: str) -> int | None:
    """POSIX seconds of a time in an HTTP header, or None."""
    parts = parsedate_tz(date)
    return None if parts is None else mktime_tz(parts)


def observation_of(answer: Json, image_digest: str | None = None) -> Observation:
    """What `GET /containers/NAME/json` shows."""
    state = object_at(answer, "State")
    labels = _labels_of(object_at(answer, "Config").get("Labels"))
    network = object_at(answer, "NetworkSettings")
    phase = _phase_of(state)
    has_ended = phase is Phase.EXITED
    return Observation(
        name=text_at(answer, "Name").lstrip("/"),
        engine_id=text_at(answer, "Id"),
        owner=labels.get(OWNER_LABEL, ""),
        phase=phase,
        labels=labels,
        image_digest=image_digest or text_at(answer, "Image") or None,
        exit_code=_integer_at(state, "ExitCode") if has_ended else None,
        is_out_of_memory=state.get("OOMKilled") is True,
        error=one_line(text_at(state, "Error")),
        probe=_probe_of(text_at(object_at(state, "Health"), "Status")),
        started_at=None if phase is Phase.CREATED else seconds_of(text_at(state, "StartedAt")),
        finished_at=seconds_of(text_at(state, "FinishedAt")) if has_ended else None,
        ports=tuple(sorted(_published(object_at(network, "Ports")), key=_port_order)),
        address=_address_of(network),
    )


def has_tty(answer: Json) -> bool:
    """Whether a container writes to a terminal, with its two streams as one."""
    return object_at(answer, "Config").get("Tty") is True


def is_going(answer: Json) -> bool:
    """Whether a container is being removed, so that its name will soon be free."""
    return text_at(object_at(answer, "State"), "Status") in ("removing", "dead")


def process_of(answer: Json) -> int:
    """Process id of a container's first process in the engine's system; 0 when none runs."""
    return _integer_at(object_at(answer, "State"), "Pid") or 0


def _phase_of(state: Json) -> Phase:
    known = _PHASES.get(text_at(state, "Status"))
    if known is not None:
        return known
    if state.get("Running") is True:
        return Phase.RUNNING
    has_started = seconds_of(text_at(state, "StartedAt")) is not None
    return Phase.EXITED if has_started else Phase.CREATED


def _probe_of(status: str) -> Probe:
    return Probe(status) if status in set(Probe) else Probe.NONE


def _published(ports: Json) -> Iterator[PublishedPort]:
    """Host ports; of a port published on IPv4 and IPv6 only the former (ecs.md 2.5)."""
    for key, places in ports.items():
        port, _, protocol = key.partition("/")
        bound = [place for place in objects_in(places) if text_at(place, "HostPort").isdecimal()]
        on_ipv4 = [place for place in bound if ":" not in text_at(place, "HostIp")]
        for place in on_ipv4 or bound:
            host_port = int(text_at(place, "HostPort"))
            yield PublishedPort(int(port), protocol or "tcp", text_at(place, "HostIp"), host_port)


def _port_order(port: PublishedPort) -> tuple[int, str, str, int]:
    return port.container_port, port.protocol, port.host_ip, port.host_port


def _address_of(network: Json) -> str:
    networks = object_at(network, "Networks")
    addresses = (text_at(object_at(networks, name), "IPAddress") for name in sorted(networks))
    return next(filter(None, addresses), text_at(network, "IPAddress"))


# -- lists -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Summary:
    """What a list shows of one container: enough to see whether an older look still holds."""

    name: str
    engine_id: str
    state: str
    status: str
    """Docker's words, e.g. `Up 3 minutes (healthy)` or `Exited (1) 5 seconds ago`."""
    ports: tuple[PublishedPort, ...]
    address: str
    labels: Mapping[str, str] = field(default_factory=dict)
    image_id: str = ""
    created_at: float | None = None


def summary_of(item: Json) -> Summary:
    """One item of `GET /containers/json`."""
    names = item.get("Names")
    own = [str(n) for n in names if str(n).count("/") < 2] if isinstance(names, list) else []
    return Summary(
        name=own[0].lstrip("/") if own else "",
        engine_id=text_at(item, "Id"),
        state=text_at(item, "State"),
        status=text_at(item, "Status"),
        ports=tuple(sorted(_listed_ports(item), key=_port_order)),
        address=_address_of(object_at(item, "NetworkSettings")),
        labels=_labels_of(item.get("Labels")),
        image_id=text_at(item, "ImageID"),
        created_at=_integer_at(item, "Created"),
    )


def _listed_ports(item: Json) -> Iterator[PublishedPort]:
    ports = [port for port in objects_in(item.get("Ports")) if _integer_at(port, "PublicPort")]
    on_ipv4 = {_inner_port(port) for port in ports if ":" not in text_at(port, "IP")}
    for port in ports:
        if ":" in text_at(port, "IP") and _inner_port(port) in on_ipv4:
            continue
        host_port = _integer_at(port, "PublicPort") or 0
        yield PublishedPort(*_inner_port(port), text_at(port, "IP"), host_port)


def _inner_port(port: Json) -> tuple[int, str]:
    return _integer_at(port, "PrivatePort") or 0, text_at(port, "Type") or "tcp"


def still_holds(seen: Observation, summary: Summary, engine_now: float) -> bool:
    """Whether a list shows that a container is as an earlier look found it.

    Told from the id, the state, the health, the ports, and the age that Docker's words give: one
    that ended or started again meanwhile is younger. `engine_now`: POSIX seconds of its clock.
    """
    if (seen.engine_id, seen.name) != (summary.engine_id, summary.name):
        return False
    status = summary.status
    if seen.phase is Phase.RUNNING and summary.state == "running":
        same = seen.ports == summary.ports and seen.address == summary.address
        return (
            same
            and seen.probe is _told_probe(status)
            and _fits(seen.started_at, engine_now, status)
        )
    if seen.phase is Phase.EXITED and summary.state == "exited":
        told = _EXIT.match(status)
        same = told is not None and int(told[1]) == seen.exit_code
        return same and _fits(seen.finished_at, engine_now, status)
    return False


def listed_observation(summary: Summary, seen: Observation | None) -> Observation:
    """What a list alone shows of a container that cannot be inspected.

    `seen`: an earlier look, whose details are taken over. Where there was none the container has
    started when it was created, since a list gives no time that stays the same.
    """
    phase = _PHASES.get(summary.state, Phase.CREATED)
    told = _EXIT.match(summary.status) if phase is Phase.EXITED else None
    exit_code = None if told is None else int(told[1])
    if seen is not None and (seen.phase, seen.exit_code) == (phase, exit_code):
        return replace(seen, is_only_listed=True)
    known = seen or Observation(summary.name, summary.engine_id, "", phase)
    began_at = known.started_at or summary.created_at
    return replace(
        known,
        owner=summary.labels.get(OWNER_LABEL, ""),
        labels=summary.labels,
        phase=phase,
        image_digest=known.image_digest or summary.image_id or None,
        exit_code=exit_code,
        is_out_of_memory=False,
        probe=_told_probe(summary.status),
        started_at=None if phase is Phase.CREATED else began_at,
        finished_at=None,
        ports=summary.ports,
        address=summary.address,
        is_only_listed=True,
    )


def _told_probe(status: str) -> Probe:
    if "(healthy)" in status:
        return Probe.HEALTHY
    if "(unhealthy)" in status:
        return Probe.UNHEALTHY
    return Probe.STARTING if "(health: starting)" in status else Probe.NONE


_UNITS = {
    "second": 1,
    "minute": 60,
    "hour": 3600,
    "day": 86400,
    "week": 7 * 86400,
    "month": 30 * 86400,
    "year": 365 * 86400,
}
_AGE = re.compile(r"(Less than a|About an?|\d+) (second|minute|hour|day|week|month|year)s?\b")
_SLACK_SECONDS = 2.0
_EXIT = re.compile(r"Exited \((-?\d+)\)")


def _fits(at: float | None, now: float, status: str) -> bool:
    """Whether Docker's words for an age go with a time."""
    words = _AGE.search(status)
    if at is None or words is None:
        return False
    count = int(words[1]) if words[1].isdecimal() else (0 if words[1].startswith("Less") else 1)
    unit = _UNITS[words[2]]
    rounding = 0 if unit <= _UNITS["minute"] else unit  # hours and more are rounded
    lowest, highest = count * unit - rounding, (count + 1) * unit + rounding
    return lowest - _SLACK_SECONDS <= now - at <= highest + _SLACK_SECONDS


# -- reading JSON ------------------------------------------------------------------------------


def object_at(value: Json, name: str) -> Json:
    """A member that is an object; empty when it is missing or something else."""
    member = value.get(name)
    return member if isinstance(member, dict) else {}


def objects_in(value: object) -> list[Json]:
    """The objects of a list; none when it is missing or something else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text_at(value: Json, name: str) -> str:
    """A member that is a string; empty when it is missing or something else."""
    member = value.get(name)
    return member if isinstance(member, str) else ""


def _integer_at(value: Json, name: str) -> int | None:
    member = value.get(name)
    return member if isinstance(member, int) and not isinstance(member, bool) else None


def _labels_of(value: object) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}


def one_line(text: str) -> str:
    """An engine's words without line breaks and runs of blanks, bounded."""
    line = " ".join(text.split())
    return line if len(line) <= 1000 else f"{line[:999]}…"
