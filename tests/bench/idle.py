"""What a daemon costs while nothing happens: its share of a core with 30 containers.

Goal: under 1 % of a core.
"""

import os
import time
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.served import daemon

CONTAINERS = 30
SECONDS = 60


def measure(docker_host: str) -> list[Figure]:
    """CPU time of the daemon over a minute, in percent of a core."""
    with daemon(docker_host) as served:
        served.serve("idle", "nginx:stable", CONTAINERS)
        process_id = served.process_id()
        time.sleep(5)
        before = cpu_seconds(process_id)
        time.sleep(SECONDS)
        percent = (cpu_seconds(process_id) - before) / SECONDS * 100
        memory = resident_mib(process_id)
    name = f"idle daemon with {CONTAINERS} containers: share of a core"
    return [Figure(name, percent, most=1.0, unit=" %", detail=f"{memory:.0f} MiB resident")]


def cpu_seconds(process_id: int) -> float:
    """CPU time that a process has used."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(process_id: int) -> float:
    """Memory that a process holds."""
    status = Path(f"/proc/{process_id}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
