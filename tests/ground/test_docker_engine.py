"""The private engine is whole: it runs the test images and publishes ports."""

import http.client
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import docker
import pytest

from tests.docker_engine import daemon
from tests.docker_engine.api import EngineApi
from tests.docker_engine.images import RECIPES, load

pytestmark = pytest.mark.docker


@pytest.fixture
def client(docker_host):
    with closing(docker.DockerClient(base_url=docker_host)) as client:
        yield client


@pytest.fixture
def run(client):
    started = []

    def start(*args, **kwargs):
        started.append(client.containers.run(*args, detach=True, **kwargs))
        return started[-1]

    yield start
    for container in started:
        container.remove(force=True)


def wait_for_worker(container):
    log = container.logs(stream=True, follow=True)
    with closing(log), closing(log._response):  # closing the stream alone leaves its socket open
        assert any(b"start worker process " in line for line in log)


@pytest.mark.parametrize("name", [name for recipe in RECIPES for name in recipe.names])
def test_every_image_is_there_under_its_public_name(client, name):
    assert name in client.images.get(name).tags


def test_busybox_runs_a_shell(run):
    container = run("busybox:stable", ["sh", "-c", "echo $((6 * 7)); exit 3"])
    assert container.wait()["StatusCode"] == 3
    assert container.logs() == b"42\n"


def test_nginx_answers_on_a_published_port_of_its_own_loopback_address(run):
    container = run("nginx:stable", ports={"80/tcp": ("127.0.9.1", None)})
    wait_for_worker(container)
    container.reload()
    (published,) = container.ports["80/tcp"]
    connection = http.client.HTTPConnection(published["HostIp"], int(published["HostPort"]))
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"<h1>Welcome to nginx!</h1>\n"
    connection.close()


def test_nginx_stops_when_asked(run):
    container = run("nginx:stable")
    wait_for_worker(container)
    container.stop(timeout=60)
    container.reload()
    assert container.attrs["State"]["ExitCode"] == 0


@pytest.fixture
def folder():
    path = Path(
        tempfile.mkdtemp(prefix="ecstui-engine-")
    )  # short: sockets below it have long names
    yield path
    daemon.stop(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="starting an engine takes root")
def test_a_stopped_engine_leaves_nothing_behind(folder):
    dockerd = daemon.start(folder, sys.executable, stops_with_us=True)
    load(EngineApi(daemon.socket_of(folder)))
    with closing(docker.DockerClient(f"unix://{daemon.socket_of(folder)}")) as other:
        container = other.containers.run("busybox:stable", ["sleep", "3600"], detach=True)
        container.reload()
        inside = container.attrs["State"]["Pid"]
    with subprocess.Popen(daemon.inside(folder, ["sleep", "3600"])) as neighbour:
        daemon.stop(folder)
        assert neighbour.wait() == -signal.SIGKILL
    assert dockerd.wait() == 0
    assert not Path(f"/proc/{inside}").exists()
    assert not folder.exists()
    assert not [line for line in Path("/proc/mounts").read_text().split() if str(folder) in line]
    assert not list(Path("/sys/fs/cgroup").glob(f"**/{folder.name}"))
    assert not [path for path in Path("/proc").glob("[0-9]*/cmdline") if mentions(path, folder)]


def mentions(path, folder):
    try:
        return str(folder) in path.read_text(errors="replace")
    except OSError:
        return False
