"""How fast a server answers one request of HTTP, sent again and again as bytes written beforehand.

The client does next to nothing, so that what is measured is the server.
"""

import asyncio
import time
from dataclasses import dataclass

from tests.bench.idle import cpu_seconds

CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Pace:
    """What was measured."""

    rate: float
    """Answers a second, over several connections at once."""
    middle_ms: float
    """Of one request after another over one connection: half took less."""
    high_ms: float
    """99 of 100 took less."""
    cpu_ms: float
    """What one request took of the server's core, whoever else was busy on the machine."""

    def __str__(self) -> str:
        """As a table shows it."""
        latency = f"p50 {self.middle_ms:.2f} p99 {self.high_ms:.2f} ms"
        return f"{self.rate:,.0f}/s, {latency}, {self.cpu_ms:.2f} ms of CPU"


async def pace(port: int, process_id: int, request: bytes, times: int) -> Pace:
    """Send a request so many times over one connection, then as many times over eight."""
    before = cpu_seconds(process_id)
    alone = sorted(await _spent(port, request, times))
    began = time.perf_counter()
    share = times // CONNECTIONS
    await asyncio.gather(*(_spent(port, request, share) for _ in range(CONNECTIONS)))
    rate = share * CONNECTIONS / (time.perf_counter() - began)
    cpu = (cpu_seconds(process_id) - before) / (times + share * CONNECTIONS)
    middle, high = alone[len(alone) // 2], alone[len(alone) * 99 // 100]
    return Pace(rate, middle * 1000, high * 1000, cpu * 1000)


async def _spent(port: int, request: bytes, times: int) -> list[float]:
    """Seconds that each answer took, over a connection that is kept where the server keeps it."""
    spent = []
    stream = None
    for _ in range(times):
        began = time.perf_counter()
        if stream is None:
            stream = await asyncio.open_connection("127.0.0.1", port)
        reader, writer = stream
        writer.write(request)
        if not await _read_answer(reader):
            writer.close()
            stream = None
        spent.append(time.perf_counter() - began)
    if stream is not None:
        stream[1].close()
    return spent


async def _read_answer(reader: asyncio.StreamReader) -> bool:
    """Read an answer, which must be one of success; whether the connection stays open."""
    top = (await reader.readuntil(b"\r\n\r\n")).lower()
    first, _, rest = top.partition(b"\r\n")
    assert first.split()[1] == b"200", first
    _, _, length = rest.partition(b"content-length:")
    await reader.readexactly(int(length.split(b"\r\n")[0]))
    return b"connection: close" not in rest
