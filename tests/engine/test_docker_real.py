"""What only a real Docker Engine can show of the Docker engine object, beyond the contract."""

import asyncio
import itertools
import os
import urllib.request
from contextlib import aclosing

import pytest

from ecstui.engine.docker import DockerEngine
from ecstui.engine.docker_stream import _cut
from ecstui.engine.endpoint import Endpoint
from ecstui.model.logs import LogWindow
from ecstui.plan.spec import ContainerSpec, Phase, PortPublication
from ecstui.plan.translate import PAUSE_IMAGE

pytestmark = pytest.mark.docker

PATIENCE_SECONDS = 60
BUSYBOX = "busybox:stable"
_numbers = itertools.count(1)


class Bench:
    """An engine, an owner, and containers that go with it."""

    def __init__(self, address: str) -> None:
        self.engine = DockerEngine(Endpoint(address))
        self.owner = f"real-{os.getpid()}-{next(_numbers)}"

    async def start(self, word, *command, image=BUSYBOX, network_mode="none", **options):
        name = f"{self.owner}-{word}"
        spec = ContainerSpec(
            name, image, self.owner, {}, command, network_mode=network_mode, **options
        )
        await self.engine.create(spec)
        await self.engine.start(name)
        return name

    async def exited(self, name):
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            aclosing(self.engine.hints(self.owner)) as hints,
        ):
            seen = None
            while seen is None or seen.phase is not Phase.EXITED:
                await anext(hints)
                seen = await self.engine.inspect(name)
            return seen

    async def texts(self, name):
        async with asyncio.timeout(PATIENCE_SECONDS):
            batches = [batch async for batch in self.engine.logs(name, LogWindow())]
        return [line.text for batch in batches for line in batch]


@pytest.fixture
async def bench(docker_host):
    bench = Bench(docker_host)
    yield bench
    for name in await bench.engine.list(bench.owner):
        await bench.engine.remove(name)
    await bench.engine.close()


@pytest.fixture
async def pause(bench):
    await bench.engine.ensure_image(PAUSE_IMAGE, lambda _: None)
    return await bench.start(
        "pause",
        image=PAUSE_IMAGE,
        network_mode="bridge",
        hostname="harbour",
        ports=(PortPublication(80, host_ip="127.0.61.1"),),
    )


async def test_containers_share_the_network_of_the_pause_container(bench, pause):
    network = f"container:{pause}"
    site = "mkdir /w; echo hello > /w/index.html; exec httpd -f -v -p 80 -h /w"
    await bench.start("web", "sh", "-c", site, network_mode=network)
    ask = "until wget -qO- http://127.0.0.1/; do usleep 50000; done; hostname"
    asking = await bench.start("ask", "sh", "-c", ask, network_mode=network)
    assert (await bench.texts(asking))[-2:] == ["hello", "harbour"]
    (port,) = (await bench.engine.inspect(pause)).ports
    address = f"http://{port.host_ip}:{port.host_port}/"
    with urllib.request.urlopen(address, timeout=PATIENCE_SECONDS) as answer:
        assert answer.read() == b"hello\n"


async def test_the_pause_container_ends_properly_when_told(bench, pause):
    await bench.engine.stop(pause, 1000)
    assert (await bench.engine.inspect(pause)).exit_code == 0


async def test_the_pause_container_leaves_no_dead_children_about(bench, pause):
    # The inner shell's child outlives it, so that the first process gets it.
    until_reaped = "while ps -o stat | grep -q '^Z'; do usleep 50000; done"
    script = f"(sh -c 'usleep 50000 & exit 0'); usleep 300000; {until_reaped}; ps -o pid,stat,args"
    name = await bench.start("forking", "sh", "-c", script, pid_mode=f"container:{pause}")
    found = await bench.texts(name)
    assert any("/pause" in line for line in found)
    assert [line for line in found if line.split()[1].startswith("Z")] == []


async def test_a_list_of_containers_that_stay_as_they_are_inspects_none(bench, monkeypatch):
    ended = await bench.start("ended", "sh", "-c", "exit 3")
    await bench.exited(ended)
    await bench.start("running", "sleep", "1000000", network_mode="bridge")
    published = (PortPublication(80, host_ip="127.0.62.1"), PortPublication(81, "udp"))
    await bench.start("published", "sleep", "1000000", network_mode="bridge", ports=published)
    first = await bench.engine.list(bench.owner)
    asked = []
    answer = bench.engine._looks.answer

    async def spy(name, *limit):
        asked.append(name)
        return await answer(name, *limit)

    monkeypatch.setattr(bench.engine._looks, "answer", spy)
    assert await bench.engine.list(bench.owner) == first
    assert asked == []
    assert len(first) == 3
    await bench.engine.start(ended)
    await bench.engine.list(bench.owner)
    assert asked == [first[ended].engine_id]


@pytest.mark.parametrize("has_tty", [False, True])
async def test_long_lines_come_whole(bench, has_tty):
    script = "head -c 40000 /dev/zero | tr '\\0' a; echo; echo short"
    name = await bench.start("it", "sh", "-c", script, has_tty=has_tty)
    assert await bench.texts(name) == ["a" * 40000, "short"]


async def test_a_log_read_with_breaks_is_whole(bench):
    script = (
        "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo $i; [ $((i%50)) = 0 ] && usleep 9000; done"
    )
    name = await bench.start("it", "sh", "-c", script)
    found: list[str] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for batch in bench.engine.logs(name, LogWindow()):
            found += [line.text for line in batch]
            for stream in bench.engine._calls._streams:
                if (response := stream._response) is not None:
                    _cut(response)
    assert found == [str(number) for number in range(1, 3001)]


async def test_the_kernel_and_docker_count_alike(bench):
    script = "while true; do :; done"
    name = await bench.start("it", "sh", "-c", script, nano_cpus=250_000_000)
    by_kernel = (await bench.engine.usage([name]))[name]
    _, by_docker = await bench.engine._statistics(name)
    assert by_docker is not None
    for usage in (by_kernel, by_docker):
        assert 16 < usage.cpu_units < 512
        assert 0 < usage.memory_bytes < 64 * 1024**2
