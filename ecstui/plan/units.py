"""Task sizes as people write them: `512`, `.5 vCPU`, `0.5 GB`, turned into CPU units and MiB.

Pure text to number. It says None to what it cannot read and never judges whether a size fits.
"""

import re
from fractions import Fraction

CPU_UNITS_PER_VCPU = 1024
MIB_PER_GIB = 1024
BYTES_PER_MIB = 1024 * 1024

_SIZE = re.compile(r"\s*(\d{1,9}(?:\.\d{0,6})?|\.\d{1,6})\s*([A-Za-z]*)\s*")


def cpu_units_of(text: str | None) -> int | None:
    """CPU units of a task-level `cpu`; None when absent or not a size.

    Source: ECS API reference, RegisterTaskDefinition.cpu.
    """
    return _amount(text, {"": 1, "vcpu": CPU_UNITS_PER_VCPU})


def memory_mib_of(text: str | None) -> int | None:
    """MiB of a task-level `memory`; None when absent or not a size.

    Source: ECS API reference, RegisterTaskDefinition.memory.
    """
    return _amount(text, {"": 1, "gb": MIB_PER_GIB})


def _amount(text: str | None, factors: dict[str, int]) -> int | None:
    match = _SIZE.fullmatch(text or "")
    if match is None:
        return None
    factor = factors.get(match[2].lower())
    if factor is None:
        return None
    amount = Fraction(match[1]) * factor
    return int(amount) if amount.denominator == 1 else None
