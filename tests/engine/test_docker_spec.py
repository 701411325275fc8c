"""What Docker's create and pull calls are told, and what its answers show."""

from dataclasses import replace

import pytest

from ecstui.engine.docker_observation import (
    nanoseconds_of,
    observation_of,
    one_line,
    seconds_of,
    still_holds,
    summary_of,
)
from ecstui.engine.docker_pull import PullMeter
from ecstui.engine.docker_spec import create_body, pull_parameters
from ecstui.plan.spec import (
    ContainerSpec,
    DeviceMapping,
    HealthProbe,
    Mount,
    Observation,
    Phase,
    PortPublication,
    Probe,
    PublishedPort,
    UlimitSpec,
)

SPEC = ContainerSpec("ecs-a-1-web-0", "nginx:1", "own", {"team": "red", "ecstui.owner": "forged"})


def host_of(**options):
    return create_body(replace(SPEC, **options))["HostConfig"]


# -- create ------------------------------------------------------------------------------------


def test_the_owner_is_on_the_label_whatever_the_spec_says():
    assert create_body(SPEC)["Labels"] == {"team": "red", "ecstui.owner": "own"}


def test_what_is_not_given_is_left_to_the_image():
    assert not {"Cmd", "Entrypoint", "User", "WorkingDir", "Hostname"} & create_body(SPEC).keys()


def test_program_and_surroundings():
    body = create_body(
        replace(
            SPEC,
            command=("a", "b"),
            entry_point=("sh", "-c"),
            environment=(("A", "1"), ("B", "x=y")),
            user="7:7",
            working_directory="/srv",
            hostname="h",
            has_tty=True,
            has_stdin=True,
            stop_timeout_seconds=7,
            is_network_disabled=True,
        )
    )
    expected = {
        "Cmd": ["a", "b"],
        "Entrypoint": ["sh", "-c"],
        "Env": ["A=1", "B=x=y"],
        "User": "7:7",
        "WorkingDir": "/srv",
        "Hostname": "h",
        "Tty": True,
        "OpenStdin": True,
        "StopTimeout": 7,
        "NetworkDisabled": True,
    }
    assert {name: body[name] for name in expected} == expected


@pytest.mark.parametrize("health", [None, HealthProbe(("NONE",)), HealthProbe(())])
def test_the_check_of_the_image_never_runs(health):
    assert create_body(replace(SPEC, health=health))["Healthcheck"] == {"Test": ["NONE"]}


def test_a_check_is_in_nanoseconds():
    probe = HealthProbe(("CMD", "true"), 0.5, 2, retries=4, start_period_seconds=1.5)
    assert create_body(replace(SPEC, health=probe))["Healthcheck"] == {
        "Test": ["CMD", "true"],
        "Interval": 500_000_000,
        "Timeout": 2_000_000_000,
        "Retries": 4,
        "StartPeriod": 1_500_000_000,
    }


def test_ports_are_published_where_they_should_be():
    ports = (
        PortPublication(80, "tcp", "127.0.3.1", 8080),
        PortPublication(80, "tcp", "127.0.4.1"),
        PortPublication(53, "udp"),
    )
    body = create_body(replace(SPEC, ports=ports, exposed_ports=((9, "tcp"),)))
    assert body["ExposedPorts"] == {"9/tcp": {}, "80/tcp": {}, "53/udp": {}}
    assert body["HostConfig"]["PortBindings"] == {
        "80/tcp": [
            {"HostIp": "127.0.3.1", "HostPort": "8080"},
            {"HostIp": "127.0.4.1", "HostPort": ""},
        ],
        "53/udp": [{"HostIp": "", "HostPort": ""}],
    }


def test_mounts_are_binds_unless_a_colon_is_in_the_way():
    mounts = (Mount("/host/a", "/a"), Mount("volume", "/b", read_only=True), Mount("/x:y", "/c"))
    host = host_of(mounts=mounts)
    assert host["Binds"] == ["/host/a:/a", "volume:/b:ro"]
    assert host["Mounts"] == [{"Type": "bind", "Source": "/x:y", "Target": "/c", "ReadOnly": False}]


@pytest.mark.parametrize(
    ("driver", "options", "expected"),
    [
        (None, {}, ("json-file", {"max-size": "10m", "max-file": "2"})),
        (None, {"max-size": "1m"}, ("json-file", {"max-size": "1m", "max-file": "2"})),
        ("json-file", {"max-file": "9"}, ("json-file", {"max-size": "10m", "max-file": "9"})),
        ("local", {}, ("local", {})),
        ("syslog", {"tag": "x"}, ("syslog", {"tag": "x"})),
    ],
)
def test_logs_are_rotated_unless_somebody_else_takes_them(driver, options, expected):
    config = host_of(log_driver=driver, log_options=options)["LogConfig"]
    assert (config["Type"], config["Config"]) == expected


def test_limits():
    host = host_of(
        cpu_shares=256,
        nano_cpus=500_000_000,
        memory_bytes=64,
        memory_reservation_bytes=32,
        memory_swap_bytes=0,
        swappiness=0,
        shared_memory_bytes=16,
        cgroup_parent="/p",
        gpu_count=2,
        ulimits=(UlimitSpec("nofile", 1, 2),),
        devices=(DeviceMapping("/dev/a", "/dev/b", "r"),),
    )
    expected = {
        "CpuShares": 256,
        "NanoCpus": 500_000_000,
        "Memory": 64,
        "MemoryReservation": 32,
        "MemorySwap": 0,
        "MemorySwappiness": 0,
        "ShmSize": 16,
        "CgroupParent": "/p",
        "DeviceRequests": [{"Driver": "", "Count": 2, "Capabilities": [["gpu"]]}],
        "Ulimits": [{"Name": "nofile", "Soft": 1, "Hard": 2}],
        "Devices": [
            {"PathOnHost": "/dev/a", "PathInContainer": "/dev/b", "CgroupPermissions": "r"}
        ],
    }
    assert {name: host[name] for name in expected} == expected


def test_limits_that_are_not_given_are_left_out():
    left_out = {"MemorySwap", "MemorySwappiness", "ShmSize", "CgroupParent", "DeviceRequests"}
    assert not left_out & host_of().keys()


@pytest.mark.parametrize(
    ("asked", "most", "given"), [(3, 2, 2), (1, 2, 1), (3, None, 3), (3, 0, 0), (0, 2, 0)]
)
def test_a_cpu_ceiling_is_not_above_what_the_engine_has(asked, most, given):
    body = create_body(replace(SPEC, nano_cpus=asked), most)
    assert body["HostConfig"]["NanoCpus"] == given


def test_neighbours_and_names():
    host = host_of(
        network_mode="container:pause",
        links=(("one", "alias"),),
        volumes_from=(("one", False), ("two", True)),
        extra_hosts=(("db", "10.0.0.1"),),
        dns=("10.0.0.2",),
        dns_search=("local",),
        pid_mode="host",
        ipc_mode="container:pause",
        sysctls={"net.core.somaxconn": "9"},
        tmpfs={"/t": "size=1m"},
        security_options=("no-new-privileges",),
        capabilities_added=("NET_ADMIN",),
        capabilities_dropped=("ALL",),
        is_privileged=True,
        is_root_read_only=True,
        has_init=True,
    )
    expected = {
        "NetworkMode": "container:pause",
        "Links": ["one:alias"],
        "VolumesFrom": ["one", "two:ro"],
        "ExtraHosts": ["db:10.0.0.1"],
        "Dns": ["10.0.0.2"],
        "DnsSearch": ["local"],
        "PidMode": "host",
        "IpcMode": "container:pause",
        "Sysctls": {"net.core.somaxconn": "9"},
        "Tmpfs": {"/t": "size=1m"},
        "SecurityOpt": ["no-new-privileges"],
        "CapAdd": ["NET_ADMIN"],
        "CapDrop": ["ALL"],
        "Privileged": True,
        "ReadonlyRootfs": True,
        "Init": True,
        "RestartPolicy": {"Name": "no"},
    }
    assert {name: host[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("image", "name", "tag"),
    [
        ("nginx", "nginx", "latest"),
        ("nginx:1.2", "nginx", "1.2"),
        ("team/app:1", "team/app", "1"),
        ("host:5000/team/app", "host:5000/team/app", "latest"),
        ("host:5000/team/app:1", "host:5000/team/app", "1"),
        ("app@sha256:ab", "app", "sha256:ab"),
        ("host:5000/app:1@sha256:ab", "host:5000/app:1", "sha256:ab"),
    ],
)
def test_what_is_pulled(image, name, tag):
    assert pull_parameters(image) == {"fromImage": name, "tag": tag}


def test_a_pull_adds_up_its_layers():
    meter = PullMeter("app:1")
    for layer, current in (("a", 10), ("b", 5), ("a", 40)):
        detail = {"current": current, "total": 50}
        meter.take({"status": "Downloading", "id": layer, "progressDetail": detail})
    assert (meter.progress.current_bytes, meter.progress.total_bytes) == (45, 100)
    meter.take({"status": "Extracting", "id": "a", "progressDetail": {"current": 1, "total": 50}})
    assert (meter.progress.current_bytes, meter.progress.status) == (55, "Extracting")
    assert meter.error == ""
    meter.take({"error": "no\nspace", "errorDetail": {}})
    assert meter.error == "no space"


# -- inspect -----------------------------------------------------------------------------------


def answer(**state):
    return {
        "Id": "f00d",
        "Name": "/web",
        "Image": "sha256:1",
        "Config": {"Labels": {"ecstui.owner": "own"}},
        "State": {"StartedAt": "2026-01-02T03:04:05.123456789Z", "ExitCode": 0, **state},
        "NetworkSettings": {},
    }


@pytest.mark.parametrize(
    ("state", "phase"),
    [
        ({"Status": "created"}, Phase.CREATED),
        ({"Status": "running"}, Phase.RUNNING),
        ({"Status": "paused"}, Phase.RUNNING),
        ({"Status": "restarting"}, Phase.RUNNING),
        ({"Status": "exited"}, Phase.EXITED),
        ({"Status": "dead"}, Phase.EXITED),
        ({"Status": "removing"}, Phase.EXITED),
        ({"Status": "initialized"}, Phase.CREATED),
        ({"Status": "what?", "Running": True}, Phase.RUNNING),
        ({"Status": "what?"}, Phase.EXITED),
        ({"Status": "what?", "StartedAt": "0001-01-01T00:00:00Z"}, Phase.CREATED),
    ],
)
def test_every_state_is_one_of_three_phases(state, phase):
    assert observation_of(answer(**state)).phase is phase


def test_one_that_has_ended():
    ended = {"FinishedAt": "2026-01-02T03:04:06Z", "ExitCode": 137, "OOMKilled": True}
    seen = observation_of(answer(Status="exited", **ended))
    assert (seen.name, seen.engine_id, seen.owner) == ("web", "f00d", "own")
    assert (seen.exit_code, seen.is_out_of_memory) == (137, True)
    assert (seen.started_at, seen.finished_at) == (1767323045.123456789, 1767323046.0)
    assert seen.image_digest == "sha256:1"


def test_one_that_runs_again_has_not_ended():
    seen = observation_of(answer(Status="running", FinishedAt="2026-01-01T00:00:00Z", ExitCode=9))
    assert (seen.exit_code, seen.finished_at) == (None, None)


def test_one_that_could_not_start_says_why():
    seen = observation_of(answer(Status="created", ExitCode=127, Error="exec:\n no such file"))
    assert (seen.phase, seen.exit_code, seen.started_at) == (Phase.CREATED, None, None)
    assert seen.error == "exec: no such file"


@pytest.mark.parametrize(
    ("health", "probe"),
    [
        (None, Probe.NONE),
        ({"Status": "none"}, Probe.NONE),
        ({"Status": "starting"}, Probe.STARTING),
        ({"Status": "healthy"}, Probe.HEALTHY),
        ({"Status": "unhealthy"}, Probe.UNHEALTHY),
        ({"Status": "unheard of"}, Probe.NONE),
    ],
)
def test_health(health, probe):
    assert observation_of(answer(Status="running", Health=health)).probe is probe


def test_ports_and_address():
    both = [{"HostIp": "0.0.0.0", "HostPort": "32768"}, {"HostIp": "::", "HostPort": "32768"}]
    network = {
        "Ports": {
            "443/tcp": None,
            "80/tcp": both,
            "53/udp": [{"HostIp": "127.0.3.1", "HostPort": "53"}],
            "99/tcp": [{"HostIp": "::1", "HostPort": "99"}],
        },
        "Networks": {"a": {"IPAddress": ""}, "b": {"IPAddress": "172.20.0.2"}},
    }
    seen = observation_of(answer(Status="running") | {"NetworkSettings": network})
    assert seen.ports == (
        PublishedPort(53, "udp", "127.0.3.1", 53),
        PublishedPort(80, "tcp", "0.0.0.0", 32768),
        PublishedPort(99, "tcp", "::1", 99),
    )
    assert seen.address == "172.20.0.2"


def test_an_answer_without_anything_is_no_error():
    empty: dict[str, object] = {
        "Config": None,
        "State": [],
        "NetworkSettings": {"Ports": None, "Networks": None},
    }
    assert observation_of(empty) == Observation("", "", "", Phase.CREATED)


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000_000),
        ("2026-01-02T03:04:05.123456789Z", 1_767_323_045_123_456_789),
        ("2026-01-02T03:04:05.5Z", 1_767_323_045_500_000_000),
        ("2026-01-02T05:04:05.5+02:00", 1_767_323_045_500_000_000),
        ("2026-01-01T22:34:05-04:30", 1_767_323_045_000_000_000),
        ("0001-01-01T00:00:00Z", None),
        ("", None),
        ("yesterday", None),
    ],
)
def test_times(text, nanoseconds):
    assert nanoseconds_of(text) == nanoseconds


def test_lines_are_bounded():
    assert one_line(" a\n\tb ") == "a b"
    assert len(one_line("x" * 5000)) == 1000


# -- lists -------------------------------------------------------------------------------------

NOW = 1_767_326_645.0


def item(state="running", status="Up 5 minutes", **more):
    return {"Id": "f00d", "Names": ["/other/link", "/web"], "State": state, "Status": status} | more


def seen_for(phase=Phase.RUNNING, age=330.0, **more):
    times = {Phase.RUNNING: {"started_at": NOW - age}, Phase.EXITED: {"finished_at": NOW - age}}
    return Observation("web", "f00d", "own", phase, **times.get(phase, {}), **more)


@pytest.mark.parametrize(
    ("seen", "listed", "holds"),
    [
        (seen_for(), item(), True),
        (seen_for(age=303), item(), True),
        (seen_for(age=30), item(), False),
        (seen_for(age=3), item(status="Up 3 seconds"), True),
        (seen_for(age=9), item(status="Up 3 seconds"), False),
        (seen_for(age=0), item(status="Up Less than a second"), True),
        (seen_for(age=75), item(status="Up About a minute"), True),
        (seen_for(age=3000), item(status="Up About an hour"), True),
        (seen_for(age=3 * 86400 + 50), item(status="Up 3 days"), True),
        (seen_for(age=330), item(status="Up 2 weeks"), False),
        (seen_for(), item(status="Up 5 minutes (healthy)"), False),
        (seen_for(probe=Probe.HEALTHY), item(status="Up 5 minutes (healthy)"), True),
        (seen_for(probe=Probe.HEALTHY), item(status="Up 5 minutes (unhealthy)"), False),
        (seen_for(probe=Probe.STARTING), item(status="Up 5 minutes (health: starting)"), True),
        (seen_for(), item("paused", "Up 5 minutes (Paused)"), False),
        (seen_for(), item("exited", "Exited (0) 5 minutes ago"), False),
        (seen_for(), item(Id="beef"), False),
        (seen_for(), item(Names=["/renamed"]), False),
        (seen_for(), item(status="for some time"), False),
        (seen_for(Phase.EXITED, exit_code=3), item("exited", "Exited (3) 5 minutes ago"), True),
        (seen_for(Phase.EXITED, exit_code=3), item("exited", "Exited (4) 5 minutes ago"), False),
        (seen_for(Phase.EXITED, exit_code=3), item("exited", "Exited (3) 1 second ago"), False),
        (seen_for(Phase.EXITED, exit_code=3), item("dead", "Dead"), False),
        (seen_for(Phase.CREATED), item("created", "Created"), False),
    ],
)
def test_a_list_shows_whether_an_earlier_look_still_holds(seen, listed, holds):
    assert still_holds(seen, summary_of(listed), NOW) is holds


def test_a_list_shows_ports_and_addresses_as_an_inspection_does():
    listed = item(
        Ports=[
            {"IP": "::", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
            {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
            {"PrivatePort": 443, "Type": "tcp"},
        ],
        NetworkSettings={"Networks": {"bridge": {"IPAddress": "172.17.0.2"}}},
    )
    ports = (PublishedPort(80, "tcp", "0.0.0.0", 8080),)
    assert still_holds(seen_for(ports=ports, address="172.17.0.2"), summary_of(listed), NOW)
    assert not still_holds(seen_for(address="172.17.0.2"), summary_of(listed), NOW)
    assert not still_holds(seen_for(ports=ports), summary_of(listed), NOW)


def test_seconds_are_exact_to_what_a_float_holds():
    assert seconds_of("2026-01-02T03:04:05.123456789Z") == 1767323045.123456789
