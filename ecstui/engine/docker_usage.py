"""What containers use: from the kernel's control group files where they can be read, else stats.

The files cost Docker nothing; its own statistics take a second or two for each container. CPU is
the difference of two readings, in units of 1/1024 of a core.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ecstui.engine.docker_observation import Json, nanoseconds_of, object_at, text_at
from ecstui.engine.protocol import Usage

_UNITS_PER_CORE = 1024
_NANOSECONDS = 1_000_000_000
SHORTEST_SECONDS = 0.2
"""A shorter time between two readings says little: the kernel counts in ticks."""
LONGEST_SECONDS = 30.0
"""What was used over a longer time is not what is used now."""
_ROOT = Path("/sys/fs/cgroup")
_PROCESSES = Path("/proc")


@dataclass(frozen=True, slots=True)
class GroupFiles:
    """Where the kernel counts for one container."""

    cpu: Path
    """Version 1: nanoseconds alone. Version 2: `usage_usec` and a number."""
    memory: Path
    memory_details: Path
    cache_key: str
    """Name of the count of file pages that can be given back."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Counts at one moment; `at` in seconds of a clock that only goes forward."""

    at: float
    cpu_nanoseconds: int
    memory_bytes: int


def group_files(
    engine_id: str, process_id: int, processes: Path = _PROCESSES, root: Path = _ROOT
) -> GroupFiles | None:
    """The files of a container whose first process is `process_id`; None where there are none.

    That the group is the container's own is told from its id in the group's name, so a process of
    the same number on another machine is never mistaken for it.
    """
    text = _read(processes / str(process_id) / "cgroup") if process_id > 0 else None
    groups: dict[str, str] = {}
    for line in (text or "").splitlines():
        _, controllers, path = line.split(":", 2)
        if engine_id in path:
            groups |= dict.fromkeys(controllers.split(","), path.lstrip("/"))
    if "memory" in groups and "cpuacct" in groups:
        memory, cpu = root / "memory" / groups["memory"], root / "cpuacct" / groups["cpuacct"]
        return GroupFiles(
            cpu / "cpuacct.usage",
            memory / "memory.usage_in_bytes",
            memory / "memory.stat",
            "total_inactive_file",
        )
    if "" in groups and (root / "cgroup.controllers").exists():
        group = root / groups[""]
        return GroupFiles(
            group / "cpu.stat", group / "memory.current", group / "memory.stat", "inactive_file"
        )
    return None


def read_group(files: GroupFiles, at: float) -> Reading | None:
    """The counts now; None when the container is gone."""
    cpu, memory = _read(files.cpu), _read(files.memory)
    if cpu is None or memory is None:
        return None
    try:
        microseconds = _count_in(cpu, "usage_usec")
        nanoseconds = int(cpu) if microseconds is None else microseconds * 1000
        reclaimable = _count_in(_read(files.memory_details) or "", files.cache_key) or 0
        return Reading(at, nanoseconds, max(0, int(memory) - reclaimable))
    except ValueError:
        return None


def usage_between(before: Reading, after: Reading) -> Usage:
    """What was used between two readings; a container that began anew counts from zero."""
    seconds = max(after.at - before.at, 1e-3)
    used = after.cpu_nanoseconds - before.cpu_nanoseconds
    if used < 0:
        used = after.cpu_nanoseconds
    cpu_units = used / _NANOSECONDS / seconds * _UNITS_PER_CORE
    return Usage(cpu_units=cpu_units, memory_bytes=after.memory_bytes)


def usage_of_stats(answer: Json) -> Usage | None:
    """What Docker's statistics show; None for a container that does not run.

    Source: Docker Engine API, ContainerStats; memory without file pages as the ECS agent has it.
    """
    after, before = (
        nanoseconds_of(text_at(answer, "read")),
        nanoseconds_of(text_at(answer, "preread")),
    )
    memory = object_at(answer, "memory_stats")
    used = _integer(memory.get("usage"))
    if after is None or before is None or used is None:
        return None
    details = object_at(memory, "stats")
    reclaimable = _integer(details.get("total_inactive_file", details.get("inactive_file"))) or 0
    now, then = (
        Reading(at / _NANOSECONDS, _cpu_of(object_at(answer, name)), max(0, used - reclaimable))
        for at, name in ((after, "cpu_stats"), (before, "precpu_stats"))
    )
    return usage_between(then, now)


def _cpu_of(statistics: Json) -> int:
    return _integer(object_at(statistics, "cpu_usage").get("total_usage")) or 0


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _count_in(text: str, name: str) -> int | None:
    found = (line.split() for line in text.splitlines() if line.startswith(f"{name} "))
    return next((int(words[1]) for words in found), None)


def _read(path: Path) -> str | None:
    try:
        return path.read_text()
    except OSError:
        return None


class Meter:
    """Remembers the last reading of each container, so that the next one shows what was used."""

    def __init__(self) -> None:
        """Begin without readings."""
        self.files: dict[str, GroupFiles] = {}
        self._before: dict[str, Reading] = {}
        self._usage: dict[str, Usage] = {}

    def read(self, names: Iterable[str], at: float) -> Mapping[str, Reading]:
        """Read the files of these containers; those that cannot be read are forgotten."""
        found: dict[str, Reading] = {}
        for name in names:
            files = self.files.get(name)
            reading = None if files is None else read_group(files, at)
            if reading is not None:
                found[name] = reading
        return found

    def take(self, readings: Mapping[str, Reading]) -> None:
        """Work out what was used since the last reading, if that is neither too new nor too old."""
        for name, reading in readings.items():
            before = self._before.get(name)
            if before is None or reading.at - before.at > LONGEST_SECONDS:
                self._before[name] = reading
                self._usage.pop(name, None)
            elif reading.at - before.at >= SHORTEST_SECONDS:
                self._usage[name] = usage_between(before, reading)
                self._before[name] = reading

    def usage_of(self, name: str) -> Usage | None:
        """What a container used lately; None before its second reading."""
        return self._usage.get(name)

    def forget(self, names: Iterable[str]) -> None:
        """Drop containers that are gone."""
        for name in list(names):
            for table in (self.files, self._before, self._usage):
                table.pop(name, None)
