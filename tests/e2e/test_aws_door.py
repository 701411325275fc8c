"""`ecstui daemon --port` and `ecstui env`: the AWS CLI on a daemon as people start it."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.e2e.conftest import Ecstui

AWS = Path(sys.executable).with_name("aws")


def shell(script: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", script],
        env={
            "HOME": str(home),
            "PATH": "/usr/bin:/bin",
            "AWS_PROFILE": "of-no-use",
            "AWS_ENDPOINT_URL_ECS": "http://127.0.0.1:1",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_aws_cli_works_after_env(ecstui: Ecstui, tmp_path: Path):
    ecstui.run("daemon", "--detach", "--port", "0")
    words = ecstui.run("env", "--shell", "sh")
    done = shell(f"{words}\n'{sys.executable}' '{AWS}' ecs list-clusters", tmp_path)
    assert done.returncode == 0, done.stderr
    (arn,) = json.loads(done.stdout)["clusterArns"]
    assert arn.endswith(":cluster/default")
    keys = ecstui.paths.keys
    assert keys.stat().st_mode & 0o777 == 0o600
    secret = json.loads(keys.read_text())["secret_key"]
    assert secret in words
    assert secret not in ecstui.paths.log.read_text()
    assert "endpoint http://127.0.0.1:" in ecstui.run("status")


def test_without_a_port_env_says_how_to_open_one(ecstui: Ecstui):
    assert "daemon --detach --port" in ecstui.run("env", code=69)
    ecstui.run("daemon", "--detach")
    assert "daemon --detach --port" in ecstui.run("env", code=78)
    assert "It ran already, without a port" in ecstui.run(
        "daemon", "--detach", "--port", "0", code=1
    )


def test_the_port_that_answers_is_said_and_another_one_is_refused(ecstui: Ecstui):
    said = ecstui.run("daemon", "--detach", "--port", "0")
    port = int(said.split("http://127.0.0.1:")[1].split(" ")[0])
    assert f"http://127.0.0.1:{port} " in ecstui.run("status")
    for same in ("0", str(port)):
        assert ecstui.run("daemon", "--detach", "--port", same) == said
    other = port + 1 if port < 65_535 else port - 1
    said = ecstui.run("daemon", "--detach", "--port", str(other), code=1)
    assert f"http://127.0.0.1:{port} " in said
    assert f"It ran already, not at port {other}: `ecstui stop` it first" in said


def test_a_port_that_is_taken_is_told(ecstui: Ecstui, other: Ecstui):
    ecstui.run("daemon", "--detach", "--port", "0")
    told = ecstui.run("status").split("http://127.0.0.1:")[1]
    port = told.split(" ")[0]
    said = other.run("daemon", "--detach", "--port", port, code=69)
    assert f"port {port} of 127.0.0.1 cannot be opened" in said
    assert "port" in other.run("daemon", "--port", "70000", code=78)


def test_a_clock_that_was_set_back_locks_nobody_out(ecstui: Ecstui, tmp_path: Path):
    """Records go on from the latest there is; signatures are made by the machine's clock."""
    ecstui.run("daemon", "--detach", "--port", "0")
    ecstui.run("stop")
    with closing(sqlite3.connect(ecstui.paths.journal)) as journal, journal:
        later = "json_set(doc, '$.startedAt', json_extract(doc, '$.startedAt') + 7200)"
        changed = journal.execute(f"UPDATE object SET doc = {later} WHERE kind = 'plane'")
        assert changed.rowcount == 1
    ecstui.run("daemon", "--detach", "--port", "0")
    words = ecstui.run("env", "--shell", "sh")
    done = shell(f"{words}\n'{sys.executable}' '{AWS}' ecs list-clusters", tmp_path)
    assert done.returncode == 0, done.stderr


class Limited(Ecstui):
    """`ecstui --state DIR` by a shell that lets a process open few files."""

    def command(self, *words: str) -> list[str]:
        limits = 'ulimit -Sn 100 && ulimit -Hn 400 && exec "$@"'
        return ["/bin/sh", "-c", limits, "sh", *super().command(*words)]


def test_callers_that_take_every_file_do_not_stop_the_daemon(tmp_path: Path):
    limited = Limited(tmp_path / "state")
    limited.run("daemon", "--detach", "--port", "0")
    port = int(limited.run("status").split("http://127.0.0.1:")[1].split(" ")[0])
    held: list[socket.socket] = []
    try:
        held += [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(500)]
        limited.run("call", "CreateCluster", '{"clusterName": "blue"}')
        assert "Too many open files" not in limited.paths.log.read_text()
    finally:
        for connection in held:
            connection.close()
        limited.kill()


def test_the_key_outlives_the_daemon(ecstui: Ecstui):
    ecstui.run("daemon", "--detach", "--port", "0")
    first = ecstui.paths.keys.read_text()
    ecstui.run("stop")
    ecstui.run("daemon", "--detach", "--port", "0")
    assert ecstui.paths.keys.read_text() == first
    assert os.environ.get("AWS_SECRET_ACCESS_KEY") != json.loads(first)["secret_key"]
