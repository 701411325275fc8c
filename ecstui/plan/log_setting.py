"""What people set for the lines of containers: whose are kept, and how many."""

from dataclasses import dataclass

KEPT = ("awslogs", "all", "none")
_MOST_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class LogSetting:
    """The `[logs]` table of config.toml."""

    keep: str = "awslogs"
    """Whose lines are kept when the container is gone: `awslogs`, `all` or `none`."""
    all_mib: int = 256
    """So much in all; the oldest go first."""
    stream_mib: int = 16
    """So much of one container."""


PLAIN_LOGS = LogSetting()


def read_logs(value: object) -> LogSetting:
    """The table as it was written; raises `ValueError`."""
    if not isinstance(value, dict):
        raise ValueError("must be a table with keep, all_mib and stream_mib")
    unknown = value.keys() - set(LogSetting.__slots__)
    if unknown:
        raise ValueError(f"has no member {min(unknown)}: there are keep, all_mib and stream_mib")
    keep = value.get("keep", "awslogs")
    if keep not in KEPT:
        raise ValueError(f"keep must be one of {', '.join(KEPT)}, not {keep!r}")
    sizes = {name: size for name, size in value.items() if name != "keep"}
    for name, size in sizes.items():
        if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= _MOST_MIB:
            raise ValueError(f"{name} must be a number of MiB between 1 and {_MOST_MIB}")
    return LogSetting(keep=keep, **sizes)
