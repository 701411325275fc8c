"""What reaches the inside of a container on every engine: settings, files, networks, checks.

Each test runs on both.
"""

import asyncio
from contextlib import aclosing

import pytest

from ecstui.base.errors import EngineErrorKind
from ecstui.plan.spec import HealthProbe, Mount, Phase, PortPublication, Probe, PublishedPort
from tests.engine.lab import PATIENCE_SECONDS, SERVER_IMAGE, Lab, refusal

MIB = 1024**2
ONE, TWO = "127.0.51.1", "127.0.52.1"


def check(command: str, **options) -> HealthProbe:
    # A check that takes longer has failed: time enough on a machine that has other things to do.
    wanted = {"interval_seconds": 0.5, "timeout_seconds": 30.0, "retries": 2} | options
    return HealthProbe(("CMD-SHELL", command), **wanted)


# -- settings ----------------------------------------------------------------------------------


async def test_the_environment_reaches_it(lab: Lab):
    environment = (("GREETING", "hello  there"), ("EMPTY", ""), ("SIGNS", "a=b $HOME 'q'"))
    script = 'echo "$GREETING|$EMPTY|$SIGNS|$NOTHING"'
    found = await lab.output("it", script, environment=environment)
    assert found == ["hello  there||a=b $HOME 'q'|"]


async def test_the_entry_point_comes_before_the_command(lab: Lab):
    name = await lab.run("it", "one", "two words", entry_point=("echo", "zero"))
    await lab.exited(name)
    assert await lab.texts(name) == ["zero one two words"]


async def test_without_a_command_the_image_says_what_runs(lab: Lab):
    # busybox: a shell without input, which ends at once.
    name = lab.name("it")
    spec = lab.spec("it")
    await lab.engine.create(type(spec)(name=name, image=spec.image, owner=lab.owner, labels={}))
    await lab.engine.start(name)
    assert (await lab.exited(name)).exit_code == 0


async def test_the_host_name_reaches_it(lab: Lab):
    assert await lab.output("it", "hostname", hostname="harbour") == ["harbour"]


async def test_the_host_name_is_the_short_id_by_default(lab: Lab):
    name = await lab.script("it", "hostname")
    seen = await lab.exited(name)
    assert await lab.texts(name) == [seen.engine_id[:12]]


async def test_a_shell_with_an_open_input_waits_for_it(lab: Lab):
    waiting = await lab.run("waiting", "sh", has_stdin=True)
    await lab.exited(await lab.run("ending", "sh"))
    assert (await lab.look(waiting)).phase is Phase.RUNNING


async def test_a_terminal_has_one_stream(lab: Lab):
    name = await lab.script("it", "echo out; sleep 0.1; echo err >&2", has_tty=True)
    await lab.exited(name)
    found = [(line.stream, line.text) for line in await lab.lines(name)]
    assert found == [("stdout", "out"), ("stdout", "err")]


# -- files -------------------------------------------------------------------------------------


async def test_a_volume_is_shared(lab: Lab):
    mounts = (Mount(lab.volume("data"), "/data"),)
    await lab.output("one", "echo hello > /data/file", mounts=mounts)
    assert await lab.output("other", "cat /data/file", mounts=mounts) == ["hello"]


async def test_a_volume_may_be_read_only(lab: Lab):
    mounts = (Mount(lab.volume("data"), "/data", read_only=True),)
    found = await lab.output("it", "echo x > /data/file || echo refused", mounts=mounts)
    assert "refused" in found


async def test_volumes_of_another_container(lab: Lab):
    mounts = (Mount(lab.volume("data"), "/data"),)
    other = await lab.create("other", mounts=mounts)
    await lab.output("writer", "echo hello > /data/file", mounts=mounts)
    found = await lab.output("it", "cat /data/file", volumes_from=((other, True),))
    assert found == ["hello"]


async def test_files_of_one_are_not_those_of_another(lab: Lab):
    await lab.output("one", "echo hello > /tmp/file")
    assert await lab.output("other", "test -f /tmp/file || echo none") == ["none"]


async def test_a_root_may_be_read_only(lab: Lab):
    script = "echo x > /file || echo refused"
    assert "refused" in await lab.output("it", script, is_root_read_only=True)


async def test_a_removed_volume_is_empty_when_made_again(lab: Lab):
    volume = lab.volume("data")
    mounts = (Mount(volume, "/data"),)
    await lab.output("one", "echo hello > /data/file", mounts=mounts)
    await lab.engine.remove(lab.name("one"))
    await lab.engine.remove_volume(volume)
    assert await lab.output("it", "test -f /data/file || echo none", mounts=mounts) == ["none"]


async def test_a_volume_outlives_its_containers(lab: Lab):
    mounts = (Mount(lab.volume("data"), "/data"),)
    await lab.output("it", "echo hello > /data/file", mounts=mounts)
    await lab.engine.remove(lab.name("it"))
    assert await lab.output("it", "cat /data/file", mounts=mounts) == ["hello"]


async def test_removing_a_volume_that_is_not_there_is_fine(lab: Lab):
    await lab.engine.remove_volume(lab.name("nothing"))


async def test_a_volume_in_use_is_not_removed(lab: Lab):
    volume = lab.volume("data")
    await lab.create("it", mounts=(Mount(volume, "/data"),))
    error = await refusal(lab.engine.remove_volume(volume))
    assert "in use" in error.message


# -- ports -------------------------------------------------------------------------------------


async def test_a_port_is_published_where_it_is_wanted(lab: Lab):
    seen = await lab.look(await lab.run("it", ports=(PortPublication(80, "tcp", ONE, 18080),)))
    assert seen.ports == (PublishedPort(80, "tcp", ONE, 18080),)


async def test_the_engine_chooses_a_port(lab: Lab):
    wanted = (PortPublication(80, "tcp", ONE),)
    found = [(await lab.look(await lab.run(word, ports=wanted))).ports for word in ("a", "b")]
    assert [(p.container_port, p.protocol, p.host_ip) for (p,) in found] == [(80, "tcp", ONE)] * 2
    one, other = (port.host_port for (port,) in found)
    assert 1024 < one != other > 1024


async def test_without_an_address_a_port_is_published_on_all(lab: Lab):
    seen = await lab.look(await lab.run("it", ports=(PortPublication(80),)))
    assert [(port.container_port, port.host_ip) for port in seen.ports] == [(80, "0.0.0.0")]


async def test_several_ports(lab: Lab):
    wanted = (
        PortPublication(80, "tcp", ONE, 18081),
        PortPublication(53, "udp", ONE, 18081),
        PortPublication(443, "tcp", ONE, 18082),
    )
    seen = await lab.look(await lab.run("it", ports=wanted))
    assert sorted(seen.ports, key=lambda port: port.container_port) == [
        PublishedPort(53, "udp", ONE, 18081),
        PublishedPort(80, "tcp", ONE, 18081),
        PublishedPort(443, "tcp", ONE, 18082),
    ]


@pytest.mark.parametrize("second_address", [ONE, ""])
async def test_a_port_that_is_taken_cannot_be_published(lab: Lab, second_address):
    first = await lab.run("first", ports=(PortPublication(80, "tcp", ONE, 18083),))
    wanted = (
        PortPublication(81, "tcp", ONE, 18084),
        PortPublication(80, "tcp", second_address, 18083),
    )
    second = await lab.create("second", ports=wanted)
    error = await refusal(lab.engine.start(second))
    assert error.kind is EngineErrorKind.CANNOT_START
    assert "18083" in error.message
    seen = await lab.look(second)
    assert (seen.phase, seen.ports) == (Phase.CREATED, ())
    assert "18083" in seen.error
    assert (await lab.look(first)).phase is Phase.RUNNING
    # Nothing of the failed start is left: its other port is free, and it starts once it can.
    await lab.engine.stop(first, 0)
    await lab.engine.start(second)
    assert (await lab.look(second)).error == ""


async def test_one_port_on_two_addresses(lab: Lab):
    await lab.run("one", ports=(PortPublication(80, "tcp", ONE, 18085),))
    seen = await lab.look(await lab.run("two", ports=(PortPublication(80, "tcp", TWO, 18085),)))
    assert seen.ports == (PublishedPort(80, "tcp", TWO, 18085),)


@pytest.mark.parametrize("end", ["exit", "removal"])
async def test_a_port_is_free_when_its_container_has_ended(lab: Lab, end):
    wanted = (PortPublication(80, "tcp", ONE, 18086),)
    first = await lab.run("first", "sleep", "0.2" if end == "exit" else "1000", ports=wanted)
    if end == "exit":
        await lab.exited(first)
    else:
        await lab.engine.remove(first)
    second = await lab.run("second", ports=wanted)
    assert (await lab.look(second)).ports[0].host_port == 18086


# -- networks ----------------------------------------------------------------------------------


async def test_in_the_bridge_network_each_has_an_address(lab: Lab):
    names = [await lab.run(word, network_mode="bridge") for word in ("one", "other")]
    one, other = [await lab.look(name) for name in names]
    assert one.address
    assert other.address
    assert one.address != other.address


@pytest.mark.parametrize("mode", ["none", "host"])
async def test_without_a_network_of_its_own_it_has_no_address(lab: Lab, mode):
    seen = await lab.look(await lab.run("it", network_mode=mode))
    assert (seen.phase, seen.address, seen.ports) == (Phase.RUNNING, "", ())


async def test_one_may_share_the_network_of_another(lab: Lab):
    other = await lab.run("other", ports=(PortPublication(80, "tcp", ONE, 18087),))
    seen = await lab.look(await lab.run("it", network_mode=f"container:{other}"))
    assert (seen.phase, seen.address, seen.ports) == (Phase.RUNNING, "", ())


@pytest.mark.parametrize("is_there", [True, False])
async def test_the_network_of_what_does_not_run_cannot_be_shared(lab: Lab, is_there):
    other = await lab.create("other") if is_there else lab.name("other")
    name = await lab.create("it", network_mode=f"container:{other}")
    error = await refusal(lab.engine.start(name))
    assert error.kind is EngineErrorKind.CANNOT_START
    seen = await lab.look(name)
    assert seen.phase is Phase.CREATED
    assert seen.error


async def test_a_link_needs_a_running_container(lab: Lab):
    other = await lab.create("other", network_mode="bridge")
    name = await lab.create("it", links=((other, "other"),))
    assert (await refusal(lab.engine.start(name))).kind is EngineErrorKind.CANNOT_START
    await lab.engine.start(other)
    await lab.engine.start(name)
    assert (await lab.look(name)).phase is Phase.RUNNING


# -- health ------------------------------------------------------------------------------------


@pytest.mark.parametrize("health", [None, HealthProbe(("NONE",))])
async def test_without_a_check_there_is_no_verdict(lab: Lab, health):
    assert (await lab.look(await lab.run("it", health=health))).probe is Probe.NONE


async def test_a_check_begins_without_a_verdict(lab: Lab):
    name = await lab.run("it", health=check("true", interval_seconds=30.0))
    assert (await lab.look(name)).probe is Probe.STARTING


@pytest.mark.parametrize(
    "probe", [check("exit 0"), HealthProbe(("CMD", "true"), interval_seconds=0.5)]
)
async def test_a_check_that_passes_makes_it_healthy(lab: Lab, probe):
    await lab.judged(await lab.run("it", health=probe), Probe.HEALTHY)


@pytest.mark.parametrize("command", ["exit 1", "no-such-program", "sleep 30"])
async def test_a_check_that_fails_often_enough_makes_it_unhealthy(lab: Lab, command):
    probe = check(command, timeout_seconds=0.5)
    seen = await lab.judged(await lab.run("it", health=probe), Probe.UNHEALTHY)
    assert seen.phase is Phase.RUNNING


async def test_a_check_follows_what_it_looks_at(lab: Lab):
    name = await lab.run("it", health=check("test -f /tmp/well"))
    await lab.inside(name, "touch /tmp/well")
    await lab.judged(name, Probe.HEALTHY)
    await lab.inside(name, "rm /tmp/well")
    await lab.judged(name, Probe.UNHEALTHY)
    await lab.inside(name, "touch /tmp/well")
    await lab.judged(name, Probe.HEALTHY)


async def test_a_single_failure_does_not_count(lab: Lab):
    second_fails = (
        "echo -n x >> /tmp/checks; [ $(cat /tmp/checks) != xxxx ] || touch /tmp/fourth; "
        "[ $(cat /tmp/checks) != xx ]"
    )
    until_told = "until [ -f /tmp/fourth ] && [ -f /tmp/seen ]; do sleep 0.1; done"
    name = await lab.script("it", until_told, health=check(second_fails))
    await lab.judged(name, Probe.HEALTHY)
    await lab.inside(name, "touch /tmp/seen")
    met = set()

    def has_ended(seen) -> bool:
        if seen.phase is Phase.RUNNING:
            met.add(seen.probe)
        return seen.phase is Phase.EXITED

    await lab.until(name, has_ended)
    assert met <= {Probe.HEALTHY}


async def test_failures_in_the_start_period_do_not_count(lab: Lab):
    name = await lab.script(
        "it",
        "sleep 3; touch /tmp/well; sleep 1000",
        health=check("test -f /tmp/well", retries=1, start_period_seconds=60.0),
    )
    met = set()

    def is_healthy(seen) -> bool:
        met.add(seen.probe)
        return seen.probe is Probe.HEALTHY

    await lab.until(name, is_healthy)
    assert Probe.UNHEALTHY not in met


async def test_what_has_ended_is_not_healthy(lab: Lab):
    name = await lab.run("it", health=check("exit 0"))
    await lab.judged(name, Probe.HEALTHY)
    await lab.engine.stop(name, 0)
    assert (await lab.look(name)).probe is Probe.UNHEALTHY


async def test_a_second_run_is_judged_anew(lab: Lab):
    name = await lab.run("it", health=check("test -f /tmp/well", retries=1000))
    await lab.inside(name, "touch /tmp/well")
    await lab.judged(name, Probe.HEALTHY)
    await lab.inside(name, "rm /tmp/well")
    await lab.engine.stop(name, 0)
    await lab.engine.start(name)
    assert (await lab.look(name)).probe is Probe.STARTING
    await lab.inside(name, "touch /tmp/well")
    await lab.judged(name, Probe.HEALTHY)


# -- a server --------------------------------------------------------------------------------


async def test_a_server_answers_writes_and_ends_well(lab: Lab):
    await lab.engine.ensure_image(SERVER_IMAGE, lambda _: None)
    command = ("nginx", "-g", "daemon off;")
    asks = check("wget -q -O /dev/null http://127.0.0.1/", retries=20)
    name = await lab.run("it", *command, image=SERVER_IMAGE, network_mode="bridge", health=asks)
    await lab.judged(name, Probe.HEALTHY)
    async with asyncio.timeout(PATIENCE_SECONDS), aclosing(lab.follow(name)) as batches:
        async for lines in batches:
            if any('HTTP/1.1" 200' in line.text for line in lines):
                break
    await lab.engine.stop(name, 30)
    assert (await lab.look(name)).exit_code == 0


# -- limits and use ----------------------------------------------------------------------------


async def test_too_much_memory_ends_it(lab: Lab):
    name = await lab.run(
        "it", "tail", "/dev/zero", memory_bytes=16 * MIB, memory_swap_bytes=16 * MIB
    )
    seen = await lab.exited(name)
    assert seen.exit_code == 137
    assert seen.is_out_of_memory


async def test_more_cpu_than_there_is_may_be_asked_for(lab: Lab):
    name = await lab.run("it", nano_cpus=10_000 * 1_000_000_000)
    assert (await lab.look(name)).phase is Phase.RUNNING


async def test_usage_of_what_runs(lab: Lab):
    names = [await lab.run("a"), await lab.run("b"), await lab.create("c")]
    ended = await lab.exited(await lab.run("d", "true"))
    found = await lab.engine.usage([*names, ended.name, lab.name("nobody")])
    assert sorted(found) == sorted(names[:2])
    assert all(usage.cpu_units >= 0 for usage in found.values())
    assert all(0 < usage.memory_bytes < 512 * MIB for usage in found.values())


async def test_usage_of_nothing(lab: Lab):
    assert await lab.engine.usage([]) == {}


async def test_many_calls_at_once(lab: Lab):
    names = await asyncio.gather(
        *(lab.run(f"n{number}", network_mode="bridge") for number in range(12))
    )
    found = await lab.engine.list(lab.owner)
    assert sorted(found) == sorted(names)
    assert {seen.phase for seen in found.values()} == {Phase.RUNNING}
    assert len({seen.address for seen in found.values()}) == 12
