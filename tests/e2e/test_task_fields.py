"""Members of task definitions as a real container meets them: told by the container itself."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker
import pytest

from ecstui.base.ids import short_name
from ecstui.control.sources import LocalSources
from ecstui.model.enums import StopCode
from ecstui.model.requests.tasks import StopTaskRequest
from ecstui.model.task import ContainerRecord
from tests.support.docker_town import DockerTown

pytestmark = pytest.mark.docker

ROLE = "arn:aws:iam::000000000000:role/x"
FOR_EVER = ["sleep", "1000000"]


@pytest.fixture
def client(docker_host: str) -> Iterator[Any]:
    """Docker's own client."""
    client = docker.APIClient(docker_host, version="auto")
    yield client
    client.close()


@pytest.fixture
async def town(tmp_path: Path, docker_host: str, client: Any) -> AsyncIterator[DockerTown]:
    """An open town of one slice, with folders for secrets and buckets."""
    town = DockerTown(tmp_path, docker_host, client, instances=1)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "config").mkdir()
    sources = LocalSources(secrets_directory=tmp_path / "secrets", buckets_directory=tmp_path)
    pace = replace(town.setup.pace, stopped_container_seconds=1.0)
    town.setup = replace(town.setup, sources=sources, pace=pace)
    await town.open()
    yield town
    await town.close()


def box(name: str = "app", **members: object) -> dict[str, object]:
    """A container that sleeps."""
    plain = {"name": name, "image": "busybox:stable", "memory": 32, "command": FOR_EVER}
    return plain | {"stop_timeout": 1} | members


async def started(
    town: DockerTown, *containers: dict[str, object], run: dict[str, object] | None = None, **m: Any
) -> str:
    """A task that runs; its ARN."""
    (task,) = await town.run(await town.register("fields", list(containers), **m), **(run or {}))
    await town.until(lambda: town.task(task).last_status == "RUNNING" or town.task(task).is_stopped)
    assert not town.task(task).is_stopped, town.task(task).stopped_reason
    return task


def record_of(town: DockerTown, task: str, name: str = "app") -> ContainerRecord:
    """A container of a task."""
    return next(c for c in town.task(task).containers if c.name == name)


def said(town: DockerTown, task: str, words: str, name: str = "app") -> str:
    """What a command in a container writes."""
    container = record_of(town, task, name).engine_name

    made = town.client.exec_create(container, ["sh", "-c", words])
    output: bytes = town.client.exec_start(made["Id"])
    return output.decode().strip()


async def test_secrets_and_files_are_in_the_environment(town: DockerTown, tmp_path: Path) -> None:
    (tmp_path / "secrets" / "token").write_text("s3cr3t\n")
    (tmp_path / "config" / "app.env").write_text("MODE=file\nLEVEL=file\nQUOTED='a b'\n")
    app = box(
        environment=[{"name": "LEVEL", "value": "own"}, {"name": "WHO", "value": "own"}],
        environment_files=[{"value": "arn:aws:s3:::config/app.env"}],
        secrets=[{"name": "TOKEN", "value_from": "token"}],
    )
    override = {"name": "app", "environment": [{"name": "WHO", "value": "run"}]}
    task = await started(
        town,
        app,
        execution_role_arn=ROLE,
        run={"overrides": {"container_overrides": [override]}},
    )
    seen = dict(line.split("=", 1) for line in said(town, task, "env").splitlines())
    wanted = {"MODE": "file", "LEVEL": "own", "QUOTED": "'a b'", "TOKEN": "s3cr3t", "WHO": "run"}
    assert {name: seen.get(name) for name in wanted} == wanted
    for file in tmp_path.glob("journal*"):
        assert b"s3cr3t" not in file.read_bytes()


async def test_a_missing_secret_ends_the_task_with_what_to_do(town: DockerTown) -> None:
    app = box(secrets=[{"name": "TOKEN", "value_from": "nobody"}])
    definition = await town.register("fields", [app], execution_role_arn=ROLE)
    (task,) = await town.run(definition)
    await town.until(lambda: town.task(task).is_stopped)
    assert town.task(task).stop_code is StopCode.TASK_FAILED_TO_START
    assert "Write it to" in str(town.task(task).stopped_reason)
    assert town.containers(everything=True) == []


async def test_limits_and_rights_hold_inside(town: DockerTown) -> None:
    app = box(
        user="1000:1001",
        working_directory="/var",
        readonly_root_filesystem=True,
        ulimits=[{"name": "nofile", "soft_limit": 101, "hard_limit": 202}],
        system_controls=[{"namespace": "net.core.somaxconn", "value": "77"}],
        docker_security_options=["no-new-privileges"],
        linux_parameters={
            "init_process_enabled": True,
            "shared_memory_size": 7,
            "capabilities": {"add": ["NET_ADMIN"], "drop": ["CHOWN"]},
            "tmpfs": [{"container_path": "/t", "size": 3, "mount_options": ["noexec"]}],
            "devices": [{"host_path": "/dev/null", "container_path": "/dev/nothing"}],
        },
    )
    task = await started(town, app)
    assert said(town, task, "id -u; id -g; pwd") == "1000\n1001\n/var"
    assert said(town, task, "ulimit -Sn; ulimit -Hn") == "101\n202"
    assert said(town, task, "cat /proc/sys/net/core/somaxconn") == "77"
    assert "Read-only" in said(town, task, "touch /x 2>&1")
    mounts = said(town, task, "mount")
    assert "/dev/shm type tmpfs" in mounts.replace(" on ", " ")
    (tmpfs,) = [line for line in mounts.splitlines() if " /t " in line]
    assert "size=3072k" in tmpfs
    assert "noexec" in tmpfs
    assert said(town, task, "df -k /dev/shm | tail -1 | tr -s ' ' | cut -d' ' -f2") == "7168"
    assert said(town, task, "test -c /dev/nothing && echo yes") == "yes"
    # Docker says that it runs a moment before its first program replaces runc's own.
    wait = "until grep -q init /proc/1/comm; do usleep 10000; done; echo yes"
    assert said(town, task, wait) == "yes"
    bounding = int(said(town, task, "sed -n 's/CapBnd:\\t//p' /proc/1/status"), 16)
    assert bounding & 1 << 12  # NET_ADMIN
    assert not bounding & 1  # CHOWN
    assert said(town, task, "sed -n 's/NoNewPrivs:\\t//p' /proc/1/status") == "1"


async def test_names_and_labels(town: DockerTown, client: Any) -> None:
    app = box(
        hostname="box-1",
        extra_hosts=[{"hostname": "far", "ip_address": "10.9.8.7"}],
        dns_servers=["10.0.0.53"],
        dns_search_domains=["corp.test"],
        docker_labels={"team": "blue"},
        entry_point=["sh", "-c"],
        command=["exec sleep 1000000"],
        pseudo_terminal=True,
        interactive=True,
    )
    task = await started(town, app, box("side", links=["app:web"]))
    assert said(town, task, "hostname") == "box-1"
    assert "10.9.8.7\tfar" in said(town, task, "cat /etc/hosts")
    resolve = said(town, task, "cat /etc/resolv.conf")
    assert "nameserver 10.0.0.53" in resolve
    assert "search corp.test" in resolve
    assert "web" in said(town, task, "cat /etc/hosts", "side")
    found = client.inspect_container(record_of(town, task).engine_name)["Config"]
    assert found["Labels"]["team"] == "blue"
    assert (found["Tty"], found["OpenStdin"]) == (True, True)


async def test_volumes_of_every_kind(town: DockerTown, client: Any, tmp_path: Path) -> None:
    shared = f"ecstui-test-{town.setup.owner}"
    (tmp_path / "bind").mkdir()
    (tmp_path / "bind" / "note").write_text("from the host")
    volumes: list[dict[str, object]] = [
        {"name": "empty"},
        {"name": "bound", "host": {"source_path": str(tmp_path / "bind")}},
        {"name": "task", "docker_volume_configuration": {"labels": {"kind": "task"}}},
        {
            "name": shared,
            "docker_volume_configuration": {
                "scope": "shared",
                "autoprovision": True,
                "driver": "local",
                "driver_opts": {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"},
                "labels": {"kind": "shared"},
            },
        },
    ]
    points = [
        {"source_volume": "empty", "container_path": "/empty"},
        {"source_volume": "bound", "container_path": "/bound", "read_only": True},
        {"source_volume": "task", "container_path": "/task"},
        {"source_volume": shared, "container_path": "/shared"},
    ]
    reader = box("reader", volumes_from=[{"source_container": "app", "read_only": True}])
    task = await started(town, box(mount_points=points), reader, volumes=volumes)
    try:
        assert said(town, task, "cat /bound/note") == "from the host"
        assert "Read-only" in said(town, task, "touch /bound/x 2>&1")
        said(town, task, "echo one > /empty/file; echo two > /task/file")
        assert said(town, task, "cat /empty/file /task/file", "reader") == "one\ntwo"
        assert "Read-only" in said(town, task, "touch /empty/x 2>&1", "reader")
        assert "size=1024k" in said(town, task, "mount | grep /shared")
        assert client.inspect_volume(shared)["Labels"]["kind"] == "shared"
        own = [name for name in volumes_of(client, task) if name != shared]
        assert len(own) == 2
        await town.plane.call(StopTaskRequest(task=task))
        await town.until(lambda: volumes_of(client, task) == [])
        assert client.inspect_volume(shared)["Name"] == shared
    finally:
        for container in town.containers(everything=True):
            client.remove_container(container["Id"], force=True, v=True)
        client.remove_volume(shared, force=True)


def volumes_of(client: Any, task: str) -> list[str]:
    """Volumes of Docker that carry a task's id in their names."""
    found = client.volumes()["Volumes"] or []
    return [v["Name"] for v in found if short_name(task)[:12] in v["Name"]]


@pytest.mark.parametrize(
    ("driver", "options"),
    [
        ("json-file", {"max-size": "1m", "labels": "x"}),
        ("syslog", {"syslog-address": "udp://127.0.0.1:51999", "tag": "{{.Name}}"}),
        ("gelf", {"gelf-address": "udp://127.0.0.1:51999"}),
        ("fluentd", {"fluentd-address": "127.0.0.1:51999", "fluentd-async": "true"}),
    ],
)
async def test_log_drivers_of_the_engine(
    town: DockerTown, client: Any, driver: str, options: dict[str, str]
) -> None:
    task = await started(town, box(log_configuration={"log_driver": driver, "options": options}))
    config = client.inspect_container(record_of(town, task).engine_name)["HostConfig"]["LogConfig"]
    assert config["Type"] == driver
    assert options.items() <= config["Config"].items()


async def test_a_secret_option_reaches_the_log_driver_and_no_error(
    town: DockerTown, client: Any, tmp_path: Path
) -> None:
    (tmp_path / "secrets" / "token").write_text("s3cr3t")
    logging: dict[str, Any] = {
        "log_driver": "splunk",
        "options": {"splunk-url": "http://127.0.0.1:51999", "splunk-verify-connection": "false"},
        "secret_options": [{"name": "splunk-token", "value_from": "token"}],
    }
    task = await started(town, box(log_configuration=logging), execution_role_arn=ROLE)
    config = client.inspect_container(record_of(town, task).engine_name)["HostConfig"]["LogConfig"]
    assert config["Config"]["splunk-token"] == "s3cr3t"
    logging["secret_options"][0]["name"] = "splunk-gzip"
    definition = await town.register(
        "bad", [box(log_configuration=logging)], execution_role_arn=ROLE
    )
    (bad,) = await town.run(definition)
    await town.until(lambda: town.task(bad).is_stopped)
    reason = str(town.task(bad).stopped_reason)
    assert reason.startswith(("CannotCreateContainerError", "CannotStartContainerError"))
    assert "s3cr3t" not in reason


async def test_processes_of_a_task_see_each_other(town: DockerTown) -> None:
    network = {"awsvpc_configuration": {"subnets": ["subnet-1"]}}
    task = await started(
        town,
        box(),
        box("side", command=["sleep", "7654321"]),
        network_mode="awsvpc",
        pid_mode="task",
        ipc_mode="task",
        run={"network_configuration": network},
    )
    assert "sleep 7654321" in said(town, task, "ps")
    ipc = [said(town, task, "readlink /proc/self/ns/ipc", name) for name in ("app", "side")]
    assert ipc[0] == ipc[1]
