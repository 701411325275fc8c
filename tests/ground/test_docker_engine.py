"""The private engine is whole: it runs the test images and publishes ports."""

import http.client
from contextlib import closing

import docker
import pytest

from tests.docker_engine.images import RECIPES

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
