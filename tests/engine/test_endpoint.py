"""Which engine is meant, from the environment, docker's own settings and the sockets there are."""

import hashlib
import json
import socket
from pathlib import Path

import pytest

from ecstui.engine.endpoint import (
    DEFAULT_SOCKET,
    Endpoint,
    NoEndpoint,
    SocketState,
    connection_problem,
    find_endpoint,
    socket_state,
)


def context(home, name, host, **more):
    folder = home / ".docker/contexts/meta" / hashlib.sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    meta = {"Name": name, "Endpoints": {"docker": {"Host": host, **more}}}
    (folder / "meta.json").write_text(json.dumps(meta))


def use(home, name):
    (home / ".docker").mkdir(exist_ok=True)
    (home / ".docker/config.json").write_text(json.dumps({"currentContext": name}))


def found(environment, home):
    endpoint = find_endpoint(environment, home)
    assert isinstance(endpoint, Endpoint), endpoint
    return endpoint


def test_docker_host_comes_first(tmp_path):
    context(tmp_path, "remote", "tcp://10.0.0.1:2375")
    use(tmp_path, "remote")
    given = {"DOCKER_HOST": "unix:///x.sock", "DOCKER_CONTEXT": "remote"}
    assert found(given, tmp_path) == Endpoint("unix:///x.sock", "DOCKER_HOST")


def test_then_the_context_of_the_environment(tmp_path):
    context(tmp_path, "remote", "tcp://10.0.0.1:2375")
    context(tmp_path, "other", "tcp://10.0.0.2:2375")
    use(tmp_path, "other")
    endpoint = found({"DOCKER_CONTEXT": "remote"}, tmp_path)
    assert (endpoint.address, endpoint.source) == ("tcp://10.0.0.1:2375", "docker context 'remote'")


def test_then_the_context_in_use(tmp_path):
    context(tmp_path, "other", "unix:///other.sock")
    use(tmp_path, "other")
    assert found({}, tmp_path).address == "unix:///other.sock"


def test_the_default_context_overrules_the_one_in_use(tmp_path):
    use(tmp_path, "gone")
    assert isinstance(find_endpoint({"DOCKER_CONTEXT": "default"}, tmp_path), Endpoint)


@pytest.mark.parametrize(
    ("environment", "source"),
    [({"DOCKER_CONTEXT": "gone"}, "DOCKER_CONTEXT"), ({}, "currentContext")],
)
def test_a_context_that_does_not_exist_is_told(tmp_path, environment, source):
    use(tmp_path, "gone")
    problem = find_endpoint(environment, tmp_path)
    assert isinstance(problem, NoEndpoint)
    assert problem.source.startswith(source)
    assert "'gone'" in problem.reason
    assert "docker context ls" in problem.reason


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("docker.sock", "not an address"),
        ("fd://3", "not an address"),
        ("unix://relative.sock", "absolute path"),
        ("tcp://", "names no host"),
    ],
)
def test_an_address_that_is_none_is_told(tmp_path, host, words):
    problem = find_endpoint({"DOCKER_HOST": host}, tmp_path)
    assert isinstance(problem, NoEndpoint)
    assert repr(host) in problem.reason
    assert words in problem.reason


def test_certificates_of_docker_host(tmp_path):
    for name in ("ca.pem", "cert.pem", "key.pem"):
        (tmp_path / name).touch()
    given = {"DOCKER_HOST": "tcp://h:2376", "DOCKER_CERT_PATH": str(tmp_path)}
    assert found(given, tmp_path).tls is None
    tls = found(given | {"DOCKER_TLS_VERIFY": "1"}, tmp_path).tls
    assert tls is not None
    assert (tls.ca_file, tls.key_file) == (str(tmp_path / "ca.pem"), str(tmp_path / "key.pem"))
    assert tls.is_verified


def test_certificates_of_a_context(tmp_path):
    context(tmp_path, "far", "tcp://h:2376", SkipTLSVerify=True)
    folder = tmp_path / ".docker/contexts/tls" / hashlib.sha256(b"far").hexdigest() / "docker"
    folder.mkdir(parents=True)
    (folder / "ca.pem").touch()
    tls = found({"DOCKER_CONTEXT": "far"}, tmp_path).tls
    assert tls is not None
    assert (tls.ca_file, tls.key_file) == (str(folder / "ca.pem"), "")
    assert not tls.is_verified


def test_settings_that_cannot_be_read_are_as_none(tmp_path):
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker/config.json").write_text("{")
    assert isinstance(find_endpoint({}, tmp_path), Endpoint)


@pytest.mark.skipif(Path(DEFAULT_SOCKET).exists(), reason="Docker's usual socket comes first")
@pytest.mark.parametrize("path", ["docker.sock", "podman/podman.sock"])
def test_a_socket_that_is_there_is_found(tmp_path, path):
    runtime = {"XDG_RUNTIME_DIR": str(tmp_path)}
    assert found(runtime, tmp_path).socket_path != str(tmp_path / path)
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).touch()
    endpoint = found(runtime, tmp_path)
    assert endpoint.socket_path == str(tmp_path / path)
    assert endpoint.is_podman is ("podman" in path)


def test_sockets_from_outside(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("s") / "s")
    assert socket_state(path) is SocketState.ABSENT
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        assert socket_state(path) is SocketState.REFUSED
        listener.listen()
        assert socket_state(path) is SocketState.LISTENING


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(2, "No such file"), "there is no socket /x.sock (DOCKER_HOST)"),
        (PermissionError(13, "Permission denied"), "join the group that owns it"),
        (ConnectionRefusedError(111, "refused"), "start the Docker daemon"),
        (socket.gaierror(-2, "Name or service not known"), "Name or service not known"),
        (TimeoutError("timed out"), "no answer"),
        (ConnectionResetError(104, "reset"), "closed the connection"),
        (OSError(113, "No route to host"), "No route to host"),
    ],
)
def test_why_an_engine_cannot_be_reached_is_a_sentence(error, words):
    assert words in connection_problem(Endpoint("unix:///x.sock", "DOCKER_HOST"), error)
