"""`ecstui instance` and `ecstui engine`: people register, drain and take away from the shell."""

import json

import pytest

from tests.e2e.conftest import Ecstui

LOOKS = 50


@pytest.fixture
def running(ecstui: Ecstui) -> Ecstui:
    ecstui.run("daemon", "--detach")
    return ecstui


def rows(said: str) -> dict[str, str]:
    """Lines of a table of instances by the name in them."""
    return {line.split()[1]: line for line in said.splitlines()[1:]}


def test_a_slice_is_registered_drained_and_deregistered(running: Ecstui):
    running.run("call", "CreateCluster", '{"clusterName": "blue"}')
    arn = running.run(
        *("instance", "register", "--cluster", "blue", "--cpu", "512", "--memory", "256"),
        *("--zone", "zone-x", "--attribute", "rack=7", "--reserve-port", "8080"),
    ).strip()
    line = rows(running.run("instance", "list", "--cluster", "blue"))["slice-1"]
    assert line.split()[:6] == ["blue", "slice-1", "ACTIVE", "zone-x", "512", "256"]
    request = {"cluster": "blue", "containerInstances": [arn]}
    answer = running.run("call", "DescribeContainerInstances", json.dumps(request))
    (shown,) = json.loads(answer)["containerInstances"]
    assert {"name": "rack", "value": "7"} in shown["attributes"]
    assert running.run("instance", "drain", "slice-1") == "slice-1 is DRAINING.\n"
    assert "DRAINING" in rows(running.run("instance", "list"))["slice-1"]
    running.run("instance", "activate", "slice-1")
    asked = running.run("instance", "deregister", "slice-1", given="\n", code=1)
    assert "[y/N]" in asked
    assert "slice-1" in rows(running.run("instance", "list"))
    running.run("instance", "deregister", "slice-1", given="yes\n")
    assert "slice-1" not in rows(running.run("instance", "list"))


def test_what_cannot_be_meant_is_told(running: Ecstui):
    said = running.run("instance", "drain", "moon", code=2)
    assert "there is no container instance moon" in said
    said = running.run("instance", "list", "--cluster", "prdo", code=1)
    assert "there is no cluster prdo" in said
    said = running.run("instance", "drain", "local-1", "--cluster", "prdo", code=1)
    assert "there is no cluster prdo" in said
    said = running.run("instance", "register", "--cpu", "0", "--memory", "64", code=2)
    assert "argument --cpu: '0' is not a whole number from 1 to 2147483647" in said
    assert rows(running.run("instance", "list", "--cluster", "default"))
    said = running.run("engine", "add", "far", "tcp://127.0.0.1:1", code=1)
    assert "simulated engines only" in said
    said = running.run("engine", "remove", "simulated", "--yes", code=1)
    assert "is the daemon's own and stays" in said


def test_an_engine_is_added_and_removed_while_the_daemon_runs(running: Ecstui):
    running.run("engine", "add", "shed", "simulated://shed", "--zone", "zone-s", "--cpu", "1024")
    looks = (running.run("instance", "list") for _ in range(LOOKS))
    assert any("shed" in rows(said) for said in looks), "it does not become an instance"
    assert "zone-s" in rows(running.run("instance", "list"))["shed"]
    assert "connected" in running.run("engine", "list")
    said = running.run("engine", "remove", "shed", "--yes", code=1)
    assert "Deregister it first" in said
    running.run("instance", "deregister", "shed", "--force", "--yes")
    assert "[y/N]" in running.run("engine", "remove", "shed", code=1)
    running.run("engine", "remove", "shed", "--yes")
    assert "shed" not in running.run("engine", "list")


def test_without_a_daemon_it_says_so(ecstui: Ecstui):
    assert "ecstui" in ecstui.run("instance", "list", code=69)
