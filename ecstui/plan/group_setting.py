"""`[[auto_scaling_groups]]` of config.toml: local Auto Scaling groups that people set up.

Pure: reads values that TOML gave and says in words what they may be. Source: ecs.md 4.6 ([REC]).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

TITLE = "[[auto_scaling_groups]]"
MOST_INSTANCES = 1000
LONGEST_BOOT_SECONDS = 3600.0
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_MEMBERS = frozenset(
    {
        "name",
        "min",
        "max",
        "desired",
        "cpu_units",
        "memory_mib",
        "zones",
        "boot_delay_seconds",
        "cluster",
    }
)


@dataclass(frozen=True, slots=True)
class GroupSetting:
    """A local Auto Scaling group that the settings name."""

    name: str
    min_size: int
    max_size: int
    desired_capacity: int
    """Where it begins; later managed scaling and people set it."""
    cpu_units: int
    memory_mib: int
    zones: tuple[str, ...] = ()
    """Empty: the zones of the region."""
    boot_delay_seconds: float = 3.0
    cluster: str = "default"


def read_groups(value: object) -> tuple[GroupSetting, ...]:
    """The groups that TOML gives; raises `ValueError` with words for people."""
    if not isinstance(value, list):
        raise ValueError(f"must be written as {TITLE}")
    groups = tuple(_group(number, entry) for number, entry in enumerate(value, start=1))
    names = [group.name for group in groups]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"two groups are named {min(twice)}")
    return groups


def _group(number: int, entry: object) -> GroupSetting:
    if not isinstance(entry, dict):
        raise ValueError(f"must be written as {TITLE}")
    unknown = entry.keys() - _MEMBERS
    if unknown:
        raise ValueError(f"group {number} has no member {min(unknown)}")
    name, cluster = entry.get("name"), entry.get("cluster", "default")
    for member, text in (("name", name), ("cluster", cluster)):
        if not isinstance(text, str) or not _NAME.fullmatch(text):
            raise ValueError(f"group {number} needs a {member} of letters, digits, - and _")
    least = _whole(entry, "min", number, 0, MOST_INSTANCES, 0)
    most = _whole(entry, "max", number, least, MOST_INSTANCES, max(least, 10))
    return GroupSetting(
        name=str(name),
        min_size=least,
        max_size=most,
        desired_capacity=_whole(entry, "desired", number, least, most, least),
        cpu_units=_whole(entry, "cpu_units", number, 128, 2**31 - 1),
        memory_mib=_whole(entry, "memory_mib", number, 4, 2**31 - 1),
        zones=_zones(entry.get("zones", []), number),
        boot_delay_seconds=_seconds(entry.get("boot_delay_seconds", 3.0), number),
        cluster=str(cluster),
    )


def _whole(
    entry: Mapping[str, object],
    member: str,
    number: int,
    low: int,
    high: int,
    default: int | None = None,
) -> int:
    value = entry.get(member, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"group {number} needs {member}, a whole number from {low} to {high}")
    return value


def _zones(value: object, number: int) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(zone, str) and zone for zone in value):
        raise ValueError(f"group {number} needs zones, a list of names")
    return tuple(str(zone) for zone in value)


def _seconds(value: object, number: int) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= float(str(value)) <= LONGEST_BOOT_SECONDS:
        raise ValueError(
            f"group {number} needs boot_delay_seconds from 0 to {LONGEST_BOOT_SECONDS:.0f}"
        )
    return float(str(value))
